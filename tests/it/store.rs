//! The store suite: the same on both engines.

use crate::harness::{Engine, House, START, engines, fresh_place, on_each, post};
use sqlx::{ConnectOptions, Connection};
use webcared::domain::time::{Span, Timestamp};
use webcared::store::inbox::{self, CursorMove, Received};
use webcared::store::rows::ActionRow;
use webcared::store::{self, Db, OpenError, Place, StoreError, Tx, lease, outbox};

fn received(n: u8, body: &[u8]) -> Received {
    Received {
        id: format!("inb_{n}"),
        source: "hook".into(),
        place: n.to_string(),
        received_at: START,
        body: body.to_vec(),
    }
}

#[test]
fn every_payload_is_kept_as_it_came_and_settled_once() {
    on_each(|house| async move {
        let bodies: [&[u8]; 4] = [b"{\"a\":1}", "naïve ☃".as_bytes(), b"\xff\x00\xfe", b"nul \0 here"];
        for (n, body) in bodies.iter().enumerate() {
            let item = Received { place: format!("a\0{n}"), ..received(n as u8, body) };
            house
                .write(move |tx| Box::pin(async move { inbox::receive(tx, &[item], None).await }))
                .await
                .unwrap();
        }
        let waiting = house.write(|tx| Box::pin(inbox::waiting(tx, 10))).await.unwrap();
        let stored: Vec<Vec<u8>> = waiting.into_iter().map(|w| w.body.unwrap()).collect();
        assert_eq!(stored, bodies.map(<[u8]>::to_vec));
        let verdict = vec![("inb_0".to_owned(), "filtered", Some("no_brand".to_owned()), None)];
        house
            .write(move |tx| Box::pin(async move { inbox::settle(tx, &verdict, START).await }))
            .await
            .unwrap();
        let again = vec![("inb_0".to_owned(), "mention", None, None)];
        house.write(move |tx| Box::pin(async move { inbox::settle(tx, &again, START).await })).await.unwrap();
        let verdicts: Vec<(Option<String>,)> = house.all("SELECT verdict FROM inbox ORDER BY id").await;
        assert_eq!(verdicts[0].0.as_deref(), Some("filtered"), "a settled payload stays settled");
        assert_eq!(house.write(|tx| Box::pin(inbox::backlog(tx))).await.unwrap().0, 3);
        assert_eq!(
            house.write(|tx| Box::pin(inbox::counts(tx))).await.unwrap(),
            [("hook".into(), "received".into(), 4)]
        );
        let forgotten =
            house.write(|tx| Box::pin(inbox::forget_bodies(tx, START.plus(Span(1))))).await.unwrap();
        assert_eq!(forgotten, 1, "only what is settled is forgotten");
    });
}

#[test]
fn an_id_with_a_nul_in_it_holds_nothing_up() {
    on_each(|house| async move {
        let named = |n: u8, body: &[u8]| Received { place: format!("hook/{n}\0"), ..received(n, body) };
        for items in [vec![named(1, b"{}"), received(2, b"{}")], vec![named(3, b"\xff"), received(4, b"{}")]]
        {
            house
                .write(move |tx| Box::pin(async move { inbox::receive(tx, &items, None).await }))
                .await
                .unwrap();
        }
        let places: Vec<(String,)> = house.all("SELECT place FROM inbox ORDER BY id").await;
        let places: Vec<String> = places.into_iter().map(|p| p.0).collect();
        assert_eq!(places, ["hook/1\u{fffd}", "2", "hook/3\u{fffd}", "4"]);
    });
}

#[test]
fn a_write_that_failed_lets_go_of_the_store_at_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let place = fresh_place(Engine::Sqlite).await;
        let opened = store::open::open(&place.place).await.unwrap();
        let failed: Result<(), StoreError> = opened
            .db
            .write("failing", |tx| {
                Box::pin(async move {
                    inbox::receive(tx, &[received(1, b"{}")], None).await?;
                    Err(StoreError::Interrupted { what: "a test" })
                })
            })
            .await;
        assert!(failed.is_err());
        let Place::Folder(folder) = &place.place else { panic!("a folder") };
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.join("webcared.db"))
            .busy_timeout(std::time::Duration::ZERO);
        let mut beside = options.connect().await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut beside).await.expect("nobody holds the lock");
        sqlx::query("ROLLBACK").execute(&mut beside).await.unwrap();
        assert_eq!(opened.db.read("counting", |tx| Box::pin(inbox::backlog(tx))).await.unwrap().0, 0);
    });
}

#[test]
fn a_read_sees_the_store_as_it_was_when_it_began() {
    on_each(|house| async move {
        let db = house.db.clone();
        let seen = house
            .db
            .read("looking twice", move |tx| {
                Box::pin(async move {
                    let before = inbox::backlog(tx).await?.0;
                    let item = received(1, b"{}");
                    db.write("another", |tx| {
                        Box::pin(async move { inbox::receive(tx, &[item], None).await })
                    })
                    .await?;
                    Ok((before, inbox::backlog(tx).await?.0))
                })
            })
            .await
            .unwrap();
        assert_eq!(seen, (0, 0));
        assert_eq!(house.write(|tx| Box::pin(inbox::backlog(tx))).await.unwrap().0, 1);
    });
}

#[test]
fn a_cursor_moves_with_its_page_and_never_under_a_stale_lease() {
    on_each(|house| async move {
        let mv = |cursor: &str, epoch| CursorMove {
            source: "s".into(),
            stream: "t".into(),
            cursor: cursor.into(),
            epoch,
        };
        let step = |n: u8, to: CursorMove| {
            house.write(move |tx| {
                Box::pin(async move { inbox::receive(tx, &[received(n, b"{}")], Some(&to)).await })
            })
        };
        assert!(step(1, mv("a", 1)).await.unwrap());
        assert!(step(2, mv("b", 2)).await.unwrap());
        assert!(!step(3, mv("stale", 1)).await.unwrap());
        let cursor = house.write(|tx| Box::pin(inbox::cursor(tx, "s", "t"))).await.unwrap();
        assert_eq!(cursor.as_deref(), Some("b"));
        assert_eq!(
            house.count("SELECT COUNT(*) FROM inbox").await,
            3,
            "what a stale reader read is kept all the same"
        );
        // The page and its cursor stand or fall together.
        assert!(step(3, mv("c", 2)).await.is_err(), "an id that stands already");
        let cursor = house.write(|tx| Box::pin(inbox::cursor(tx, "s", "t"))).await.unwrap();
        assert_eq!(cursor.as_deref(), Some("b"));
    });
}

#[test]
fn a_lease_has_one_holder_and_its_epoch_unmasks_the_last() {
    on_each(|house| async move {
        let take = |owner: &'static str, at: i64| {
            house.write(move |tx| Box::pin(lease::take(tx, "l", owner, Timestamp(at), Span::seconds(60))))
        };
        let first = take("a", 0).await.unwrap().unwrap();
        assert_eq!((first.epoch, first.until), (1, Timestamp(60_000)));
        assert!(take("b", 30_000).await.unwrap().is_none());
        assert_eq!(take("a", 50_000).await.unwrap().unwrap().epoch, 1, "renewing keeps the epoch");
        assert!(take("b", 109_999).await.unwrap().is_none());
        assert_eq!(take("b", 110_000).await.unwrap().unwrap().epoch, 2);
        assert!(take("a", 111_000).await.unwrap().is_none());
        house.write(|tx| Box::pin(lease::give_back(tx, "l", "b"))).await.unwrap();
        assert_eq!(take("a", 111_000).await.unwrap().unwrap().epoch, 3);
    });
}

#[test]
fn turns_of_those_who_vanished_are_forgotten_and_other_leases_stay() {
    on_each(|house| async move {
        for (name, at) in [("seen:people/jan", 0), ("seen:people/mia", 50_000), ("send:seen:", 0)] {
            house
                .write(move |tx| Box::pin(lease::take(tx, name, "a", Timestamp(at), Span::seconds(60))))
                .await
                .unwrap();
        }
        house.write(|tx| Box::pin(lease::forget_over(tx, lease::SEEN, Timestamp(60_000)))).await.unwrap();
        let left: Vec<(String,)> = house
            .all("SELECT name FROM lease WHERE name LIKE 'seen:%' OR name LIKE 'send:seen:%' ORDER BY name")
            .await;
        assert_eq!(left, [("seen:people/mia".to_owned(),), ("send:seen:".to_owned(),)]);
    });
}

fn action(n: u8, kind: &str) -> ActionRow {
    ActionRow::ready(format!("act_{n}"), "brd", kind, "cred", format!("once {n}"), START)
}

#[test]
fn what_only_our_own_people_read_goes_once_more_when_its_sender_vanished() {
    on_each(|house| async move {
        let kinds = [outbox::TEAM_KINDS, &["reply"]].concat();
        let rows: Vec<_> = (0_u8..).zip(&kinds).map(|(n, kind)| action(n, kind)).collect();
        let all = rows.len();
        house
            .write(move |tx| Box::pin(async move { store::bulk::insert_actions(tx, &rows).await }))
            .await
            .unwrap();
        let sending = house
            .write(|tx| {
                Box::pin(async move {
                    let mine = outbox::claim(tx, "cred", START, Span::seconds(60), 100).await?;
                    outbox::mark_sending(tx, &mine, START).await
                })
            })
            .await
            .unwrap();
        assert_eq!(sending.len(), all);
        let late = START.plus(Span::seconds(61));
        house.write(move |tx| Box::pin(outbox::sweep(tx, late))).await.unwrap();
        let found: Vec<(String, String, i64)> =
            house.all("SELECT kind, state, repeat_marked FROM action ORDER BY kind").await;
        for (kind, state, marked) in found {
            let wanted = if kind == "reply" { ("unknown", 0) } else { ("ready", 1) };
            assert_eq!((state.as_str(), marked), wanted, "{kind}");
        }
    });
}

#[test]
fn an_intent_is_one_action_claimed_by_one_owner() {
    on_each(|house| async move {
        let rows = [action(1, "reply"), action(2, "reply"), action(1, "reply")];
        house
            .write(move |tx| Box::pin(async move { store::bulk::insert_actions(tx, &rows).await }))
            .await
            .unwrap();
        assert_eq!(house.count("SELECT COUNT(*) FROM action").await, 2);
        let claim = || house.write(|tx| Box::pin(outbox::claim(tx, "cred", START, Span::seconds(60), 10)));
        let (mine, theirs) = (claim().await.unwrap(), claim().await.unwrap());
        assert_eq!((mine.len(), theirs.len()), (2, 0));
        let stale = mine.clone();
        let sending = house
            .write(move |tx| Box::pin(async move { outbox::mark_sending(tx, &mine, START).await }))
            .await
            .unwrap();
        assert_eq!(sending.len(), 2);
        // The owner vanishes; what was sending is never ready again.
        let late = START.plus(Span::seconds(61));
        assert_eq!(house.write(move |tx| Box::pin(outbox::sweep(tx, late))).await.unwrap(), (0, 2));
        let record = outbox::Record {
            id: stale[0].id.clone(),
            token: stale[0].token,
            attempt: 1,
            settled: webcared::domain::delivery::RetryLaw::default().settle(
                &webcared::domain::delivery::Outcome::Done { remote_id: "r".into(), at: None },
                1,
                webcared::domain::delivery::Repeat::Never,
                late,
                0.5,
            ),
            outcome: "done",
            detail: String::new(),
            remote_id: Some("r".into()),
            remote_at: None,
        };
        let moved = house
            .write(move |tx| Box::pin(async move { outbox::record(tx, &record, late).await }))
            .await
            .unwrap();
        assert!(!moved, "an outcome after the lease changes nothing");
        let evidence: Vec<(Option<String>,)> =
            house.all("SELECT outcome FROM attempt ORDER BY action_id").await;
        assert_eq!(evidence[0].0.as_deref(), Some("done"), "but is kept as evidence");
        let shown = house.write(|tx| Box::pin(outbox::to_look_at(tx, 10))).await.unwrap();
        assert_eq!(shown.len(), 2);
        assert!(claim().await.unwrap().is_empty());
        let decided = house
            .write(move |tx| Box::pin(outbox::decide(tx, "act_1", outbox::Decision::Again, "per_x", late)))
            .await
            .unwrap();
        assert!(decided);
    });
}

#[test]
fn the_kill_switch_and_a_deleted_post_stop_what_was_about_to_go() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let mention: Vec<(String,)> = house.all("SELECT id FROM mention").await;
        let mut about = action(1, "reply");
        about.mention_id = Some(mention[0].0.clone());
        let rows = [about, action(2, "reply"), action(3, "alert")];
        house
            .write(move |tx| Box::pin(async move { store::bulk::insert_actions(tx, &rows).await }))
            .await
            .unwrap();
        let claimed = house
            .write(|tx| Box::pin(outbox::claim(tx, "cred", START, Span::seconds(60), 10)))
            .await
            .unwrap();
        house
            .write(|tx| Box::pin(outbox::set_switch(tx, outbox::KILL_SWITCH, true, "per_x", START)))
            .await
            .unwrap();
        let mark = |claimed: Vec<ActionRow>| {
            house.write(move |tx| Box::pin(async move { outbox::mark_sending(tx, &claimed, START).await }))
        };
        assert!(mark(claimed.clone()).await.unwrap().is_empty());
        house
            .write(|tx| Box::pin(outbox::set_switch(tx, outbox::KILL_SWITCH, false, "per_x", START)))
            .await
            .unwrap();
        let sql = "UPDATE mention SET deleted_at = 1";
        let gone = house.write(move |tx| {
            Box::pin(async move {
                match tx {
                    store::Tx::Sqlite(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                    store::Tx::Postgres(t) => sqlx::query(sql).execute(&mut **t).await.map(|_| ()).unwrap(),
                }
                Ok(())
            })
        });
        gone.await.unwrap();
        let mut going = mark(claimed).await.unwrap();
        going.sort();
        assert_eq!(going, ["act_2", "act_3"], "what is about a post that is gone is called off");
    });
}

#[test]
fn the_kill_switch_holds_over_a_restart() {
    on_each(|house| async move {
        let rows = [action(1, "reply")];
        house
            .write(|tx| Box::pin(outbox::turn_sending(tx, true, ("per_x", "wrong words"), START)))
            .await
            .unwrap();
        house
            .write(move |tx| Box::pin(async move { store::bulk::insert_actions(tx, &rows).await }))
            .await
            .unwrap();
        let engine = house.engine;
        let again = House::build_in(engine, house.leave().await, START, 8).await;
        let claimed = again
            .write(|tx| Box::pin(outbox::claim(tx, "cred", START, Span::seconds(60), 10)))
            .await
            .unwrap();
        assert_eq!(claimed.len(), 1);
        let going = again
            .write(move |tx| Box::pin(async move { outbox::mark_sending(tx, &claimed, START).await }))
            .await
            .unwrap();
        assert!(going.is_empty(), "{going:?}");
    });
}

#[tokio::test]
async fn a_second_daemon_on_the_same_folder_is_told_so() {
    let place = fresh_place(Engine::Sqlite).await;
    let first = store::open::open(&place.place).await.unwrap();
    assert!(first.is_locked());
    assert!(matches!(store::open::open(&place.place).await, Err(OpenError::Locked { .. })));
    assert!(store::open::open_to_read(&place.place).await.is_ok(), "reading beside it is fine");
    let missing = Place::Folder("/nonexistent/webcared".into());
    assert!(matches!(store::open::open_to_read(&missing).await, Err(OpenError::Folder { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_takes_nothing_is_known_until_it_takes_something() {
    let place = fresh_place(Engine::Sqlite).await;
    let db = store::open::open(&place.place).await.unwrap().db;
    let limit = |sql: &'static str| {
        let limited = db.write("a test", move |tx| {
            Box::pin(async move {
                let Tx::Sqlite(t) = tx else { panic!("a file") };
                sqlx::query(sql).execute(&mut **t).await.unwrap();
                Ok(())
            })
        });
        async move { limited.await.unwrap() }
    };
    // As small as it is already, as on a disk that is full.
    limit("PRAGMA max_page_count = 1").await;
    assert!(!db.is_failing_to_write());
    let large = received(1, &vec![b'x'; 2_000_000]);
    let stored = db.write("a test", |tx| Box::pin(async move { inbox::receive(tx, &[large], None).await }));
    assert!(stored.await.is_err());
    assert!(db.is_failing_to_write());
    let refused: Result<(), StoreError> =
        db.write("a test", |_| Box::pin(async { Err(StoreError::Refused("no".into())) })).await;
    assert!(refused.is_err() && db.is_failing_to_write(), "that tells nothing of the file");
    limit("PRAGMA max_page_count = 1000000").await;
    assert!(!db.is_failing_to_write());
    db.close().await;
}

#[test]
fn the_version_before_runs_on_the_schema_after() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for engine in engines() {
        runtime.block_on(async {
            let place = fresh_place(engine).await;
            let opened = store::open::open(&place.place).await.unwrap();
            let later = "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
                 SELECT 999999, 'later', installed_on, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
            match &opened.db {
                Db::Sqlite { .. } => {
                    let Place::Folder(folder) = &place.place else { panic!("a folder") };
                    let options =
                        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("webcared.db"));
                    let mut beside = options.connect().await.unwrap();
                    sqlx::query(later).execute(&mut beside).await.unwrap();
                    beside.close().await.unwrap();
                }
                Db::Postgres(pool) => {
                    sqlx::query(later).execute(pool).await.unwrap();
                }
            }
            opened.db.close().await;
            drop(opened);
            let again = store::open::open(&place.place).await.unwrap();
            assert_eq!(again.db.read("counting", |tx| Box::pin(inbox::backlog(tx))).await.unwrap().0, 0);
            again.db.close().await;
        });
    }
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    let shape = |sql: &str| -> Vec<(String, Vec<String>)> {
        let mut tables = Vec::new();
        for part in sql.split("CREATE TABLE ").skip(1) {
            let (name, rest) = part.split_once(" (").unwrap();
            let body = &rest[..rest.find("\n)").unwrap()];
            let columns = body
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty() && !l.starts_with("PRIMARY KEY") && !l.starts_with("--"))
                .map(|l| {
                    let word = l.split_whitespace().next().unwrap();
                    format!("{word} {}", l.contains("NOT NULL"))
                })
                .collect();
            tables.push((name.to_owned(), columns));
        }
        tables.sort();
        tables.retain(|(name, _): &(String, _)| name != "search");
        tables
    };
    let folder =
        |engine: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let mut tables = 0;
    for file in std::fs::read_dir(folder("sqlite")).unwrap() {
        let name = file.unwrap().file_name();
        let read = |engine: &str| std::fs::read_to_string(folder(engine).join(&name)).unwrap();
        let (sqlite, postgres) = (read("sqlite"), read("postgres"));
        let both = (shape(&sqlite), shape(&postgres));
        tables += both.0.len();
        assert_eq!(both.0, both.1, "{name:?}");
        let added = |sql: &str| {
            let words = |l: &str| l.split_whitespace().take(6).map(ToOwned::to_owned).collect::<Vec<_>>();
            sql.lines().filter(|l| l.starts_with("ALTER TABLE")).map(words).collect::<Vec<_>>()
        };
        assert_eq!(added(&sqlite), added(&postgres), "{name:?}");
    }
    assert!(tables > 45);
}

/// What is asked about one case: of two indexes that fit, one reads every correction of the brand.
const OF_A_CASE: &str = "EXPLAIN QUERY PLAN SELECT k.field FROM correction k
    WHERE k.brand_id = 'b' AND k.case_id = 'c' ORDER BY k.at";

#[test]
fn the_planner_knows_which_index_tells_rows_apart_and_keeps_nothing_of_them() {
    on_each(|house| async move {
        let Place::Folder(folder) = house.place() else { return };
        let file = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("webcared.db"));
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
            INSERT INTO correction (id, brand_id, case_id, mention_id, revision, field, was, became, person_id, at,
                rules_version)
            SELECT 'cor_' || i, 'b', 'case_' || i, 'm', 1, 'level', 'P1', 'P2', 'p', i, 'r' FROM n";
        house.execute(fill).await;
        // On a connection of its own: a plan alone does not look whether the counts have changed.
        let plan = || async {
            let mut fresh = file.connect().await.unwrap();
            let rows: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(OF_A_CASE).fetch_all(&mut fresh).await.unwrap();
            rows.into_iter().map(|(.., said)| said).collect::<Vec<_>>().join("; ")
        };
        let before = plan().await;
        house.db.count_indexes().await.unwrap();
        let after = plan().await;
        assert!(
            !before.contains("correction_case") && after.contains("correction_case"),
            "{before}\n{after}"
        );
        // Samples would be words and ids of people, outside the place that an erasure looks through.
        assert_eq!(house.count("SELECT COUNT(*) FROM sqlite_stat4").await, 0, "only counts are kept");
    });
}
