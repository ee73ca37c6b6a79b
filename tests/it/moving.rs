//! Everything out of one installation and into another, on each engine from each, checked by counts and sums.

use crate::harness::{Engine, House, START, answer, engines, fresh_place, on_each, person, post};
use crate::privacy::{GONE, STAYS, everything, holds, privacy};
use std::collections::BTreeMap;
use std::io::{BufReader, Cursor, Write};
use std::sync::{Arc, Mutex};
use webcared::casework::Act;
use webcared::domain::file::Media;
use webcared::domain::time::{Span, Timestamp};
use webcared::moving::{self, FORMAT, Manifest};
use webcared::privacy::By;
use webcared::store::attachment::{self, Keeping};
use webcared::store::backup::Ledger;
use webcared::store::inbox::{self, CursorMove};
use webcared::store::{Db, StoreError, audit, lease, open, outbox, person as people};

/// What was written, for the test to look at.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn exported(db: &Db) -> (Manifest, Vec<u8>) {
    let out = Written::default();
    let manifest = moving::export(db, out.clone(), START).await.unwrap();
    let bytes = out.0.lock().unwrap().clone();
    (manifest, bytes)
}

async fn imported(db: &Db, bytes: &[u8]) -> Result<Manifest, StoreError> {
    moving::import(db, BufReader::new(Cursor::new(bytes.to_vec())), START).await
}

/// A house in which much has happened, also odd texts and raw bytes.
async fn lived_in(engine: Engine) -> House {
    let house = House::build(engine).await;
    house
        .take(&[
            post(
                "1",
                "sanne",
                "a",
                0,
                "@Acme my parcel is gone, call 06 12345678 \u{202e}\"'\\ 荷物が来ない",
            ),
            post("2", "piet", "b", 1, "@Acme the site is down, nobody can log in!"),
            post("3", "zoë", "c", 2, "@Tempo thanks, lovely"),
        ])
        .await;
    let case = house.case(1).await;
    let case = house.act(&case, 1, Act::Claim { until: None }).await.unwrap();
    house.act(&case, 1, Act::Note { text: "for Piet\nsecond line".into() }).await.unwrap();
    house.take(&[answer("o1", "2", "b", 5)]).await;
    house.advance(Span::hours(5)).await;
    let row = people::PersonRow {
        id: person(1).to_string(),
        login: "jan".into(),
        name: "Jan".into(),
        role: "agent".into(),
        password: None,
        disabled_at: None,
        brands: None,
    };
    house.write(move |tx| Box::pin(async move { people::add(tx, &row, START).await })).await.unwrap();
    house
        .write(|tx| {
            Box::pin(async move {
                let kept = webcared::store::inbox::Received {
                    id: "inb_1".into(),
                    source: "s".into(),
                    place: "p".into(),
                    received_at: START,
                    body: vec![0, 255, 10, 13, 39],
                };
                webcared::store::inbox::keep_quarantined(tx, &[(kept, "odd".into())]).await
            })
        })
        .await
        .unwrap();
    files(&house).await;
    house
}

/// Ten files of three pieces each: more than goes in at a time.
async fn files(house: &House) {
    let mut with = post("4", "mia", "d", 3, "@Acme it came broken");
    let file =
        |n: u8| serde_json::json!({ "url": format!("https://files.example/{n}.gif"), "type": "image/gif" });
    with["attachments"] = (0..10).map(file).collect();
    house.take(&[with]).await;
    let now = house.clock_now();
    let kept = house.write(move |tx| {
        Box::pin(async move {
            let due = attachment::take_due(tx, now, Span::minutes(2), 20).await?;
            for (n, file) in due.iter().enumerate() {
                let bytes = vec![u8::try_from(n).unwrap(); 2 * 1024 * 1024 + 1];
                let keeping = Keeping { media: Media::Gif, size: Some((1, 1)), bytes };
                assert!(attachment::keep(tx, &file.id, &keeping, now).await?);
            }
            Ok(due.len())
        })
    });
    assert_eq!(kept.await.unwrap(), 10);
}

async fn search(db: &Db, brand: &str, words: &str) -> Vec<i64> {
    let wanted = webcared::store::listed::Wanted {
        words: Some(words.to_owned()),
        limit: 10,
        ..webcared::store::listed::Wanted::default()
    };
    let brand = brand.to_owned();
    let found = db.read("search", move |tx| {
        Box::pin(async move { webcared::store::listed::page(tx, &brand, &wanted).await })
    });
    found.await.unwrap().into_iter().map(|c| c.number).collect()
}

#[test]
fn everything_goes_from_each_engine_to_each() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut sums: BTreeMap<&str, Manifest> = BTreeMap::new();
        for from in engines() {
            let house = lived_in(from).await;
            let (manifest, bytes) = exported(&house.db).await;
            assert!(manifest.rows() > 50, "{manifest:?}");
            assert_eq!(manifest.tables["cases"].rows, 4);
            assert!(manifest.tables["inbox"].rows > 0 && manifest.tables["clock_event"].rows > 0);
            for engine in engines() {
                let place = fresh_place(engine).await;
                let opened = open::open(&place.place).await.unwrap();
                assert_eq!(imported(&opened.db, &bytes).await.unwrap(), manifest, "{from:?} to {engine:?}");
                let (again, _) = exported(&opened.db).await;
                let but_the_switch = |m: &Manifest| {
                    let mut tables = m.tables.clone();
                    tables.remove("switch");
                    // That it was imported stands there.
                    tables.remove("audit");
                    tables.remove("audit_head");
                    tables
                };
                let rows = |m: &Manifest| m.tables["audit"].rows;
                assert_eq!(rows(&again), rows(&manifest) + 1, "one row for the import");
                let whole = opened.db.read("chain", |tx| Box::pin(audit::verify(tx, Vec::new())));
                assert!(whole.await.unwrap().is_ok(), "the chain that came along goes on");
                assert_eq!(but_the_switch(&again), but_the_switch(&manifest));
                let stopped =
                    opened.db.read("switch", |tx| Box::pin(outbox::switch(tx, outbox::KILL_SWITCH)));
                assert!(stopped.await.unwrap(), "nothing is sent until somebody says so");
                assert_eq!(manifest.tables["attachment_chunk"].rows, 30);
                assert_eq!(search(&opened.db, &house.brand_id, "PARCEL").await, [1]);
                assert_eq!(search(&opened.db, &house.brand_id, "荷物").await, [1]);
                // A second one does not go in.
                let twice = imported(&opened.db, &bytes).await.unwrap_err().to_string();
                assert!(twice.contains("not empty"), "{twice}");
                opened.db.close().await;
                drop(opened);
                lives_on(&house, engine, place).await;
            }
            sums.insert(if from == Engine::Sqlite { "SQLite" } else { "PostgreSQL" }, manifest);
        }
        // The same life on each engine gives the same lines, table by table, but for what names the process.
        if let [a, b] = sums.into_values().collect::<Vec<_>>().as_slice() {
            let same = a.tables.iter().filter(|(name, sum)| b.tables.get(*name) == Some(*sum)).count();
            assert!(same + 3 >= a.tables.len(), "{same} of {}: {a:?} {b:?}", a.tables.len());
        }
    });
}

/// In the new place the cases are as they were, and work goes on.
async fn lives_on(old: &House, engine: Engine, place: crate::harness::Place2) {
    let new = House::build_in(engine, place, old.clock_now(), 8).await;
    assert_eq!(new.cases().await, old.cases().await);
    assert_eq!(new.clocks().await, old.clocks().await);
    assert_eq!(new.events().await, old.events().await);
    assert_eq!(new.clock_events().await, old.clock_events().await);
    assert_eq!(new.brand_id, old.brand_id);
    let case = new.case(2).await;
    let case = new.act(&case, 2, Act::Dismiss { reason: "done elsewhere".into() }).await.unwrap();
    assert_eq!(case.state, "dismissed");
    // What was known is known: the same post again is a duplicate.
    let tally = new.take(&[post("2", "piet", "b", 1, "@Acme the site is down, nobody can log in!")]).await;
    assert_eq!((tally.mention, tally.duplicate), (0, 1));
}

#[test]
fn who_was_erased_since_an_export_does_not_come_back_with_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for engine in engines() {
            let house = House::build(engine).await;
            crate::privacy::lived(&house).await;
            let (_, bytes) = exported(&house.db).await;
            house.clock.advance(Span::minutes(1));
            privacy(&house).erase("sannehandle", false, &By::Command).await.unwrap();
            let ledger = privacy(&house).ledger().await.unwrap();
            let place = fresh_place(engine).await;
            let opened = open::open(&place.place).await.unwrap();
            imported(&opened.db, &bytes).await.unwrap();
            opened.db.close().await;
            drop(opened);
            let new = House::build_in(engine, place, house.clock_now(), 8).await;
            assert!(holds(&everything(&new).await, "secretparcel"), "the export still has it");
            let settled = privacy(&new).settle_imported(vec![ledger]).await.unwrap();
            assert!(settled.accounts > 0 && settled.held == 0, "{settled:?}");
            let found = everything(&new).await;
            for word in GONE {
                assert!(!holds(&found, word), "{word}");
            }
            assert!(holds(&found, STAYS));
            // What another installation erased says nothing of this one.
            let other = Ledger { key: Some("another".into()), ..privacy(&house).ledger().await.unwrap() };
            privacy(&new).settle_imported(vec![other]).await.unwrap();
            let key: Vec<(String,)> = new.all("SELECT value FROM meta WHERE name = 'gone_key'").await;
            assert_ne!(key[0].0, "another");
        }
    });
}

#[test]
fn what_is_not_whole_or_does_not_fit_is_refused_and_leaves_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let house = lived_in(Engine::Sqlite).await;
        let (_, bytes) = exported(&house.db).await;
        let text = String::from_utf8(bytes).unwrap();
        let place = fresh_place(Engine::Sqlite).await;
        let opened = open::open(&place.place).await.unwrap();
        let cut: String = text.lines().take(20).map(|l| format!("{l}\n")).collect();
        let schema = |to: &str| {
            let (first, rest) = text.split_once('\n').unwrap();
            let mut head: serde_json::Value = serde_json::from_str(first).unwrap();
            head["schema"] = to.parse().unwrap();
            format!("{head}\n{rest}")
        };
        let spoilt = text.replacen("for Piet", "for Paul", 1);
        let without_last = text.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
        for (what, bad, told) in [
            ("empty", String::new(), "ends too early"),
            ("something else", "{}\n".to_owned(), "no export"),
            ("cut short", cut, "ends too early"),
            ("without its end", without_last, "ends too early"),
            ("older schema", schema("5"), "schema 5"),
            ("newer schema", schema("500"), "schema 500"),
            ("another format", text.replacen("\"version\":1", "\"version\":9", 1), "format 9"),
            ("changed", spoilt, "came to"),
        ] {
            let error = imported(&opened.db, bad.as_bytes()).await.unwrap_err().to_string();
            assert!(error.contains(told), "{what}: {error}");
        }
        assert!(text.starts_with(&format!("{{\"format\":\"{FORMAT}\"")));
        assert!(!text.contains("token_hash"), "log-ins stay at home");
        // None of them left anything, or this would not go in.
        imported(&opened.db, text.as_bytes()).await.unwrap();
    });
}

#[test]
fn a_lease_that_did_not_come_along_still_moves_the_cursors_that_did() {
    on_each(|house| async move {
        let to = CursorMove { source: "s".into(), stream: "t".into(), cursor: "a".into(), epoch: 7 };
        house
            .write(move |tx| Box::pin(async move { inbox::receive(tx, &[], Some(&to)).await }))
            .await
            .unwrap();
        let take = |owner: &'static str, at: i64| {
            house.write(move |tx| {
                Box::pin(lease::take(tx, "source:s", owner, Timestamp(at), Span::seconds(60)))
            })
        };
        let epoch = take("a", 0).await.unwrap().unwrap().epoch;
        assert_eq!(epoch, 8);
        let to = CursorMove { source: "s".into(), stream: "t".into(), cursor: "b".into(), epoch };
        let moved =
            house.write(move |tx| Box::pin(async move { inbox::receive(tx, &[], Some(&to)).await })).await;
        assert!(moved.unwrap());
        assert_eq!(take("a", 50_000).await.unwrap().unwrap().epoch, 8, "renewing keeps the epoch");
        assert_eq!(take("b", 110_000).await.unwrap().unwrap().epoch, 9);
    });
}
