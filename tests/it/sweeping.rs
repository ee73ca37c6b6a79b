//! After an erasure the words are in no file of the database, also where a server keeps the files.

use crate::harness::{Engine, House, on_each, person};
use crate::privacy::{GONE, STAYS, lived, privacy, retention};
use webcared::casework::Act;
use webcared::domain::time::Span;
use webcared::privacy::config::RetentionConfig;
use webcared::privacy::sweeping::{Sweeping, Swept};
use webcared::privacy::{By, PrivacyRequest};
use webcared::store::{Db, Place};

fn sweeping(house: &House, owner: &str) -> Sweeping {
    Sweeping { db: house.db.clone(), clock: house.clock.clone(), owner: owner.to_owned() }
}

/// Which of the words stand in a file of this database: on a server in what it keeps for it under `base`.
async fn in_files(house: &House, words: &[&'static str]) -> Vec<&'static str> {
    match (&house.db, house.place()) {
        (Db::Postgres(pool), _) => {
            sqlx::query("CHECKPOINT").execute(pool).await.unwrap();
            let sql = "SELECT COUNT(*) FROM
                    (SELECT 'base/' || (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS folder) d,
                    LATERAL pg_ls_dir(d.folder) AS f(name)
                 WHERE position(convert_to($1, 'UTF8')
                    IN pg_read_binary_file(d.folder || '/' || f.name, 0, 64000000, true)) > 0";
            let mut found = Vec::new();
            for word in words {
                let (n,): (i64,) = sqlx::query_as(sql).bind(*word).fetch_one(pool).await.unwrap();
                found.extend((n > 0).then_some(*word));
            }
            found
        }
        (Db::Sqlite { .. }, Place::Folder(folder)) => {
            let mut bytes = Vec::new();
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    bytes.extend(std::fs::read(path).unwrap());
                }
            }
            let stands = |word: &&&str| bytes.windows(word.len()).any(|at| at == word.as_bytes());
            words.iter().filter(stands).copied().collect()
        }
        _ => panic!("SQLite is in a folder"),
    }
}

/// Until nothing is owed: a look of the server's own at a table may hold it for a moment.
async fn swept(house: &House) -> Swept {
    for _ in 0..50 {
        let swept = sweeping(house, "one").run_once().await.unwrap();
        assert!(!swept.busy);
        if swept.left.is_empty() {
            return swept;
        }
        house.clock.advance(Span::minutes(1));
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("{:?}", sweeping(house, "one").run_once().await);
}

#[test]
fn after_an_erasure_the_words_are_in_no_file() {
    on_each(|house| async move {
        lived(&house).await;
        if house.engine == Engine::Postgres {
            // The planner's samples hold values of columns too; on SQLite none are ever taken.
            house.execute("ANALYZE").await;
        }
        assert_eq!(in_files(&house, &GONE).await, GONE, "each stands in a file before");
        privacy(&house).erase("sannehandle", false, &By::Command).await.unwrap();
        if house.engine == Engine::Postgres {
            let before = in_files(&house, &GONE).await;
            assert!(before.contains(&"secretparcel"), "without the rewrite it is still there: {before:?}");
            let owed = house.count("SELECT COUNT(*) FROM file_sweep").await;
            assert!(owed > 20, "{owed}");
        }
        swept(&house).await;
        assert_eq!(in_files(&house, &GONE).await, [""; 0], "no file holds any of it");
        assert_eq!(in_files(&house, &[STAYS]).await, [STAYS], "what others wrote stays");
        assert_eq!(house.count("SELECT COUNT(*) FROM file_sweep").await, 0);
        // Work goes on.
        assert_eq!(house.case(2).await.open, 1);
    });
}

#[test]
fn a_reader_from_before_is_told_of_and_waited_for() {
    on_each(|house| async move {
        let Db::Postgres(pool) = &house.db else { return };
        lived(&house).await;
        let mut old = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await.unwrap();
        sqlx::query("SELECT COUNT(*) FROM content").execute(&mut *old).await.unwrap();
        privacy(&house).erase("sannehandle", false, &By::Person(person(1))).await.unwrap();
        let told = sweeping(&house, "one").run_once().await.unwrap();
        assert!(told.done.is_empty(), "{told:?}");
        assert!(told.left.iter().any(|o| o.why.contains("webcared still reads as of")), "{told:?}");
        assert_eq!(in_files(&house, &["secretparcel"]).await, ["secretparcel"]);
        // The server may have ended it by itself meanwhile.
        drop(old.rollback().await);
        house.clock.advance(Span::minutes(1));
        swept(&house).await;
        assert_eq!(in_files(&house, &GONE).await, [""; 0]);
    });
}

#[test]
fn a_table_in_use_is_waited_for_a_moment_only_and_one_process_does_it() {
    on_each(|house| async move {
        let Db::Postgres(pool) = &house.db else { return };
        lived(&house).await;
        privacy(&house).erase("sannehandle", false, &By::Command).await.unwrap();
        let mut holds = pool.begin().await.unwrap();
        sqlx::query("LOCK TABLE content IN ACCESS SHARE MODE").execute(&mut *holds).await.unwrap();
        let (one, other) = (sweeping(&house, "one"), sweeping(&house, "other"));
        let (a, b) = tokio::join!(one.run_once(), other.run_once());
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.busy || b.busy || a.done.is_empty() || b.done.is_empty(), "{a:?} {b:?}");
        drop(holds.rollback().await);
        let left: Vec<(String,)> = house.all("SELECT why FROM file_sweep WHERE name = 'content'").await;
        assert!(left[0].0.contains("used the table") || left[0].0.contains("still reads"), "{left:?}");
        house.clock.advance(Span::minutes(1));
        swept(&house).await;
        assert_eq!(in_files(&house, &GONE).await, [""; 0]);
    });
}

#[test]
fn the_command_does_it_at_once_and_says_so() {
    on_each(|house| async move {
        lived(&house).await;
        let privacy = privacy(&house);
        privacy.erase("sannehandle", false, &By::Command).await.unwrap();
        let mut lines = privacy.asked(&PrivacyRequest::SweepFiles).await;
        for _ in 0..20 {
            if lines.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            lines = privacy.asked(&PrivacyRequest::SweepFiles).await;
        }
        let lines = lines.unwrap();
        assert!(lines.last().unwrap().contains("nothing that was taken away is in the files"), "{lines:?}");
        assert_eq!(in_files(&house, &GONE).await, [""; 0]);
        let acts = house.count("SELECT COUNT(*) FROM audit WHERE act = 'files.sweep'").await;
        assert!(acts >= 1);
    });
}

#[test]
fn what_the_daily_round_lets_go_leaves_the_files_too_where_that_is_asked_for() {
    on_each(|house| async move {
        lived(&house).await;
        let case = house.case(1).await;
        house.act(&case, 1, Act::Resolve { reason: "done".into(), ending: None }).await.unwrap();
        assert_eq!(in_files(&house, &["quietnote"]).await, ["quietnote"]);
        house.clock.advance(Span::days(181));
        let round = retention(&house);
        round.run_once().await.unwrap();
        let kept = "SELECT COUNT(*) FROM content WHERE body LIKE '%quietnote%'";
        assert_eq!(house.count(kept).await, 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM file_sweep").await, 0, "not unless it is asked for");
        round.rules.set(&RetentionConfig { rewrite_files: true, ..RetentionConfig::default() });
        house.clock.advance(Span::days(1));
        round.run_once().await.unwrap();
        swept(&house).await;
        assert_eq!(in_files(&house, &["quietnote"]).await, [""; 0]);
    });
}
