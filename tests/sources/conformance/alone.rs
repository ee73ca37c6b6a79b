//! That one source which is switched off, refused, broken or silent leaves all others as they are: each keeps reading and
//! storing what its platform shows.

use super::fixtures::all;
use super::{Fixtures, NOON};
use crate::site::{FakeSite, Reply};
use crate::{Shelf, configured, eventually, fresh, http, outside};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::clock::{Chance, Clock, ManualClock, Mint, SystemClock};
use webcared::domain::time::Span;
use webcared::shutdown::Shutdown;
use webcared::sources::{Outside, build};
use webcared::store::{inbox, open, source};

/// The closed platforms that are looked at by asking.
const CLOSED: [&str; 10] = [
    "x",
    "youtube",
    "reddit",
    "facebook",
    "threads",
    "instagram",
    "google_business",
    "google_play",
    "app_store",
    "trustpilot",
];

/// A name of a source, for kinds hold signs that names do not.
fn named(kind: &str) -> String {
    kind.replace('_', "-")
}

/// A platform that shows two things, or whatever it is given in their place for everything.
async fn platform(fixtures: Fixtures, instead: Option<Reply>) -> FakeSite {
    let site = FakeSite::start().await;
    site.decide(move |asked| {
        if instead.is_some() {
            return instead.clone();
        }
        if (fixtures.is_page)(asked) {
            return Some(Reply::ok((fixtures.page)(asked, &[1, 2], false)));
        }
        (fixtures.around)(asked)
    });
    site
}

/// What goes wrong with one of them.
fn troubles() -> [Reply; 4] {
    [
        Reply::status(401),
        Reply::status(500),
        Reply { hangs: true, ..Reply::ok("") },
        Reply::ok("<html>maintenance</html>"),
    ]
}

/// All closed platforms beside one another, of which one is broken and the one behind it is switched off.
async fn beside(at: usize) {
    let (broken, off) = (CLOSED[at], CLOSED[(at + 1) % CLOSED.len()]);
    let (mut sites, mut configs) = (Vec::new(), Vec::new());
    for fixtures in all().into_iter().filter(|f| CLOSED.contains(&f.kind)) {
        let trouble = (fixtures.kind == broken).then(|| troubles()[at % 4].clone());
        let site = platform(fixtures, trouble).await;
        if fixtures.kind != off {
            let mut config = (fixtures.config)(&site.url);
            config["name"] = named(fixtures.kind).into();
            configs.extend(configured(config));
        }
        sites.push((fixtures.kind, site));
    }
    assert_eq!((sites.len(), configs.len()), (CLOSED.len(), CLOSED.len() - 1));
    let around = Outside {
        http: http(3),
        clock: ManualClock::at(NOON),
        vault: Arc::new(Shelf::default()),
        ..outside()
    };
    let sources = build(&configs, &around).unwrap();
    let place = fresh();
    let opened = open::open(&place.place).await.unwrap();
    let (shutdown, db) = (Shutdown::default(), opened.db.clone());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let (mint, nudge) = (Mint::new(Chance::from_system()), Arc::new(Notify::new()));
    webcared::collect::spawn(&shutdown, db.clone(), clock, mint, sources, nudge, "test".to_owned());
    let others: BTreeSet<String> =
        CLOSED.into_iter().filter(|kind| *kind != broken && *kind != off).map(named).collect();
    let what = format!("{broken} broken, {off} off: what the others show is stored");
    eventually(&what, async || {
        let waiting = db.write("test", |tx| Box::pin(inbox::waiting(tx, 1_000))).await.unwrap();
        let found: BTreeSet<String> = waiting.into_iter().map(|row| row.source).collect();
        assert!(!found.contains(&named(broken)) && !found.contains(&named(off)), "{what}: {found:?}");
        found == others
    })
    .await;
    eventually("the broken one tells of it", async || {
        let rows = db.read("test", |tx| Box::pin(source::list(tx))).await.unwrap();
        assert!(rows.iter().all(|row| row.name != named(off)), "what is off is listed nowhere");
        rows.iter()
            .any(|row| row.name == named(broken) && row.state != "connected" && row.state != "starting")
    })
    .await;
    let unasked = sites.iter().find(|(kind, _)| *kind == off).unwrap();
    assert!(unasked.1.asked().is_empty(), "{off} is off, and was asked");
    shutdown.token.cancel();
    assert!(shutdown.drain(Span::seconds(10)).await, "{broken} keeps nobody from stopping");
    opened.db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_off_or_broken_leaves_all_others_alone() {
    futures_util::future::join_all((0..CLOSED.len()).map(beside)).await;
}
