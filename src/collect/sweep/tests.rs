//! When sweeps are due, and what becomes of what they find.

use super::*;
use crate::clock::{Chance, Clock, ManualClock, Mint};
use crate::collect::board::Board;
use crate::sources::SweptPage;
use crate::sources::sweep::only_unseen;
use crate::store::source::Registered;
use crate::store::{self, Db, Place, open};
use std::sync::Arc;
use tokio::sync::Notify;

const START: Timestamp = Timestamp(1_795_688_579_000);

#[test]
fn two_days_each_hour_and_a_week_each_day() {
    let mut done = Done { hourly: START.millis(), daily: START.millis() };
    assert_eq!(done.due(START.plus(Span::minutes(59))), None);
    let mut widths = Vec::new();
    for hour in 1..=25 {
        let now = START.plus(Span::hours(hour));
        let back = done.due(now).unwrap();
        done = done.with(back, now);
        widths.push(back);
        assert_eq!(done.due(now), None, "once");
    }
    assert_eq!(widths.iter().filter(|w| **w == Span::days(7)).count(), 1);
    assert_eq!(widths[23], Span::days(7));
}

/// A list of posts: when, and the id.
struct List(Mutex<Vec<(Timestamp, &'static str)>>);

#[async_trait]
impl Sweep for List {
    fn streams(&self) -> Vec<String> {
        vec!["all".to_owned()]
    }

    async fn page(
        &self,
        _stream: &str,
        from: Timestamp,
        _page: Option<&str>,
        unseen: &dyn Unseen,
    ) -> Result<SweptPage, SourceTrouble> {
        let posts = self.0.lock().unwrap().clone();
        let shown = posts.len();
        let raw = |(at, id): (Timestamp, &str)| {
            (at, RawPost { platform: "mastodon".into(), external_id: id.into(), ..RawPost::default() })
        };
        let wanted = posts.into_iter().filter(|(at, _)| *at >= from).map(raw).collect();
        let new: Vec<(Timestamp, RawPost)> = only_unseen(wanted, |(_, post)| post, unseen).await?;
        let items = new.iter().map(|(at, post)| RawItem::of(post.external_id.clone(), post, *at)).collect();
        Ok(SweptPage { shown, items, next: None })
    }
}

async fn collector(clock: &Arc<ManualClock>) -> (Collector, store::Opened, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let opened = open::open(&Place::Folder(folder.path().to_path_buf())).await.unwrap();
    let dyn_clock: Arc<dyn Clock> = clock.clone();
    let collector = Collector {
        db: opened.db.clone(),
        clock: dyn_clock,
        mint: Mint::new(Chance::seeded(1)),
        nudge: Arc::new(Notify::new()),
        owner: "one".to_owned(),
        board: Arc::new(Board::default()),
    };
    (collector, opened, folder)
}

async fn places(db: &Db) -> Vec<String> {
    let rows = db.write("reading", |tx| async move { crate::store::inbox::waiting(tx, 100).await }.boxed());
    let mut places: Vec<String> = rows.await.unwrap().into_iter().map(|w| w.place).collect();
    places.sort();
    places
}

#[tokio::test]
async fn what_was_passed_over_goes_into_the_inbox_marked_and_once() {
    let clock = ManualClock::at(START);
    let (collector, opened, _folder) = collector(&clock).await;
    let counts_from = START.minus(Span::hours(3));
    let rows = [Registered { name: "list".into(), kind: "mastodon".into(), counts_from }];
    let entered = opened
        .db
        .write("entering", move |tx| async move { source::register(tx, &rows, START).await }.boxed());
    entered.await.unwrap();
    let at = |minutes: i64| START.plus(Span::minutes(minutes));
    let list = List(Mutex::new(vec![
        (at(-600), "before it counted"),
        (at(-60), "old"),
        (at(20), "settled"),
        (at(55), "young"),
    ]));
    let token = CancellationToken::new();
    let reading = Reading { collector: &collector, source: "list", stream: STREAM, epoch: 1, token: &token };
    let handed = Handed::default();
    let round = async || {
        let done = collector.sweep_if_due(&reading, &list, &handed).await;
        assert!(done.is_ok());
        places(&opened.db).await
    };
    assert!(round().await.is_empty(), "the first connection has nothing behind it");
    clock.advance(Span::minutes(59));
    assert!(round().await.is_empty(), "not due");
    clock.advance(Span::minutes(1));
    assert_eq!(round().await, ["sweep/old", "sweep/settled"]);
    clock.advance(Span::hours(1));
    assert_eq!(round().await, ["sweep/old", "sweep/settled", "sweep/young"], "each once");
    // After a restart nothing is remembered but when it was done.
    let fresh = Handed::default();
    assert!(collector.sweep_if_due(&reading, &list, &fresh).await.is_ok());
    assert_eq!(places(&opened.db).await.len(), 3);
    // A lease that was lost ends it.
    clock.advance(Span::hours(1));
    let stale = Reading { epoch: 0, ..reading };
    assert!(matches!(collector.sweep_if_due(&stale, &list, &handed).await, Err(Stop::Ended)));
}
