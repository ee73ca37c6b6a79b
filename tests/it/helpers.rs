//! The ledger of helpers: kept from what a forum says of members' answers, counted with caps, and erased with who
//! helped.

use crate::harness::{House, START, on_each, post};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use webcared::crediting::Crediting;
use webcared::domain::kudos::{self as helper, Rules, Void};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::kudos::{Helpers, Received};
use webcared::sources::reply::PostRef;
use webcared::sources::{Source, SourceTrouble, TroubleState};
use webcared::store::erase::{self, Scope};
use webcared::store::kudos::LedgerRow;

/// A forum that tells how answers were received, and what it was asked.
#[derive(Default)]
struct Forum {
    received: Mutex<HashMap<String, Received>>,
    asked: Mutex<Vec<String>>,
    away: Mutex<bool>,
}

impl Source for Forum {
    fn name(&self) -> &str {
        "test"
    }
    fn kind(&self) -> &'static str {
        "discourse"
    }
    fn counts_from(&self) -> Option<Timestamp> {
        None
    }
    fn helpers(&self) -> Option<&dyn Helpers> {
        Some(self)
    }
}

#[async_trait]
impl Helpers for Forum {
    async fn received(&self, posts: &[PostRef]) -> Result<Vec<Option<Received>>, SourceTrouble> {
        if *self.away.lock().unwrap() {
            return Err(SourceTrouble::new(TroubleState::Unreachable, "away"));
        }
        let known = self.received.lock().unwrap();
        self.asked.lock().unwrap().extend(posts.iter().map(|p| p.external_id.clone()));
        Ok(posts.iter().map(|p| Some(known.get(&p.external_id).copied().unwrap_or_default())).collect())
    }
}

const RULES: Rules =
    Rules { accepted: 10, liked: 3, likes_min: 3, daily_max: 50, weekly_max: 150, pair_weekly_max: 2 };

async fn crediting(house: &House, forum: &Arc<Forum>, owner: &str) -> Crediting {
    let brands: Vec<(String,)> = house.all("SELECT id FROM brand WHERE name = 'Acme'").await;
    let source: Arc<dyn Source> = forum.clone();
    Crediting {
        db: house.db.clone(),
        clock: house.clock.clone(),
        owner: owner.into(),
        sources: vec![(source, brands[0].0.clone())],
    }
}

fn peer(id: &str, author: &str, thread: &str, minutes: i64) -> Value {
    let mut answer = post(id, author, thread, minutes, "try to hold both buttons");
    (answer["context"], answer["in_reply_to"]) = (json!(true), json!(format!("q-{thread}")));
    answer
}

async fn ledger(house: &House) -> Vec<LedgerRow> {
    let brands: Vec<String> =
        house.all::<(String,)>("SELECT id FROM brand").await.into_iter().map(|b| b.0).collect();
    let read = house.write(move |tx| {
        Box::pin(async move {
            let until = START.plus(Span::days(60));
            webcared::store::kudos::ledger(tx, &brands, START.minus(Span::days(60)), until).await
        })
    });
    read.await.unwrap()
}

/// Points by handle.
async fn points(house: &House) -> Vec<(String, i64)> {
    let rows = ledger(house).await;
    let answers: Vec<helper::Answer> = rows.iter().map(LedgerRow::answer).collect();
    let scored = helper::score(&answers, &RULES, &jiff::tz::TimeZone::UTC);
    let sums = helper::sums(&scored, START.minus(Span::days(60)), START.plus(Span::days(60)));
    let handle = |id: &String| {
        let row = rows.iter().find(|r| r.helper_id == *id).unwrap();
        let profile: Value = serde_json::from_str(row.profile.as_deref().unwrap()).unwrap();
        profile["handle"].as_str().unwrap_or_default().split('@').next().unwrap_or_default().to_owned()
    };
    let mut found: Vec<(String, i64)> = sums.iter().map(|(id, sum)| (handle(id), sum.points)).collect();
    found.sort();
    found
}

#[test]
fn answers_are_asked_after_again_and_points_follow_what_is_so() {
    on_each(|house| async move {
        let forum = Arc::new(Forum::default());
        let question =
            |thread: &str| post(&format!("q-{thread}"), "sanne", thread, 0, "@acme it broke, help");
        house.take(&[question("t1"), question("t2"), question("t3")]).await;
        let answers = [
            peer("a1", "eva", "t1", 1),
            peer("a2", "eva", "t2", 2),
            peer("a3", "eva", "t3", 3),
            peer("a4", "ben", "t1", 4),
            peer("own", "sanne", "t1", 5),
            // A topic of which nobody knows who began it.
            peer("lost", "eva", "t9", 6),
        ];
        house.take(&answers).await;
        let say = |id: &str, accepted, likes, void| {
            let received = Received { accepted, likes, void };
            forum.received.lock().unwrap().insert(id.into(), received);
        };
        for id in ["a1", "a2", "a3", "own"] {
            say(id, true, 9, None);
        }
        let one = crediting(&house, &forum, "one").await;
        assert_eq!(one.run_once().await.unwrap(), 5);
        assert!(!forum.asked.lock().unwrap().contains(&"lost".to_owned()));
        let two = crediting(&house, &forum, "two").await;
        assert_eq!(two.run_once().await.unwrap(), 0, "another process asks");
        // The third answer to the same asker counts for nothing, nor does the own topic; likes were too few.
        let of = |pairs: &[(&str, i64)]| pairs.iter().map(|(h, n)| ((*h).to_owned(), *n)).collect::<Vec<_>>();
        assert_eq!(points(&house).await, of(&[("ben", 0), ("eva", 20), ("sanne", 0)]));
        assert_eq!(one.run_once().await.unwrap(), 0, "not so soon again");
        // Likes come late, a mark is taken away, an answer is flagged.
        say("a4", false, 3, None);
        say("a1", false, 0, None);
        say("a2", true, 9, Some(Void::Flagged));
        house.clock.advance(Span::hours(7));
        *forum.away.lock().unwrap() = true;
        assert_eq!(one.run_once().await.unwrap(), 0);
        assert_eq!(points(&house).await[1], ("eva".to_owned(), 20), "a forum that is away changes nothing");
        *forum.away.lock().unwrap() = false;
        house.clock.advance(Span::hours(1));
        assert_eq!(one.run_once().await.unwrap(), 5);
        assert_eq!(points(&house).await, of(&[("ben", 3), ("eva", 10), ("sanne", 0)]));
        house.clock.advance(Span::days(31));
        assert_eq!(one.run_once().await.unwrap(), 0, "after a month nothing more is asked");
    });
}

#[test]
fn who_is_erased_leaves_the_ledger_and_who_had_asked_is_forgotten() {
    on_each(|house| async move {
        let forum = Arc::new(Forum::default());
        house.take(&[post("q-t1", "sanne", "t1", 0, "@acme it broke, help")]).await;
        // What names us beside the answer is a mention, which stays without words when its author is erased.
        let mut named = post("a3", "eva", "t1", 3, "@acme try to hold both buttons");
        named["in_reply_to"] = json!("q-t1");
        house.take(&[peer("a1", "eva", "t1", 1), peer("a2", "ben", "t1", 2), named]).await;
        for id in ["a1", "a2"] {
            let received = Received { accepted: true, ..Received::default() };
            forum.received.lock().unwrap().insert(id.into(), received);
        }
        crediting(&house, &forum, "one").await.run_once().await.unwrap();
        assert_eq!(points(&house).await.len(), 2);
        let erase = async |name: &str| {
            let rows = ledger(&house).await;
            let askers: Vec<(String,)> =
                house.all("SELECT DISTINCT author_id FROM mention WHERE external_id = 'q-t1'").await;
            let is = |r: &&LedgerRow| r.profile.as_deref().unwrap_or_default().contains(name);
            let id = rows.iter().find(is).map_or_else(|| askers[0].0.clone(), |r| r.helper_id.clone());
            let scope = Scope { accounts: vec![id], ..Scope::default() };
            let now = house.clock_now();
            house
                .write(move |tx| Box::pin(async move { erase::erase(tx, &scope, now).await }))
                .await
                .unwrap();
        };
        erase("eva").await;
        let left = points(&house).await;
        assert_eq!(left, [("ben".to_owned(), 10)]);
        house.clock.advance(Span::hours(7));
        crediting(&house, &forum, "one").await.run_once().await.unwrap();
        assert_eq!(points(&house).await, left, "who was erased does not come back");
        erase("sanne").await;
        assert_eq!(ledger(&house).await[0].asker_id, "");
        assert_eq!(points(&house).await, left, "what ben did stays");
    });
}
