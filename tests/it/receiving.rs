//! Group commit: what is acknowledged is there, from many senders at once.

use crate::harness::{Engine, on_each, post};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Notify;
use webcared::clock::Clock;
use webcared::domain::time::Span;
use webcared::receiving::{NotTaken, Receiving};
use webcared::shutdown::Shutdown;

#[test]
fn everything_acknowledged_is_stored_and_settled() {
    on_each(|house| async move {
        let shutdown = Shutdown::default();
        let clock: Arc<dyn Clock> = house.clock.clone();
        let nudge = Arc::new(Notify::new());
        let receiving = Receiving::spawn(&shutdown, house.db.clone(), clock, house.mint.clone(), nudge);
        let mut senders = tokio::task::JoinSet::new();
        for n in 0..200 {
            let receiving = receiving.clone();
            let post = crate::harness::post(
                &format!("m{n}"),
                "jan",
                &format!("t{n}"),
                -1,
                "@acme my parcel never arrived, please help me",
            );
            senders.spawn(async move {
                receiving.take("hook", vec![(n.to_string(), post.to_string().into_bytes())]).await
            });
        }
        while let Some(taken) = senders.join_next().await {
            assert_eq!(taken.unwrap().unwrap(), 1);
        }
        assert_eq!(house.count("SELECT COUNT(*) FROM inbox WHERE verdict IS NULL").await, 200);
        while house.intake.run_once(64).await.unwrap() > 0 {}
        assert_eq!(house.cases().await.len(), 200);
        assert_eq!(
            house.count("SELECT CAST(SUM(n) AS BIGINT) FROM intake_count WHERE what = 'received'").await,
            200
        );
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(5)).await);
        let late = receiving.take("hook", vec![("x".into(), b"{}".to_vec())]).await;
        assert!(matches!(late, Err(NotTaken::Stopping)), "{late:?}");
    });
}

#[test]
fn what_postgres_cannot_hold_keeps_nothing_behind_it_from_being_read() {
    on_each(|house| async move {
        let shutdown = Shutdown::default();
        let clock: Arc<dyn Clock> = house.clock.clone();
        let nudge = Arc::new(Notify::new());
        let receiving = Receiving::spawn(&shutdown, house.db.clone(), clock, house.mint.clone(), nudge);
        let mut unmapped = post("r1", "a", "t1", -1, "hello");
        unmapped["unmapped"] = "no \0 here".into();
        let mut report = post("r2", "b", "t2", -1, "hello");
        report["undelivered"] = json!({ "of": "\0", "failed": true, "status": "\0" });
        report["filtered"] = "delivery_report".into();
        let mut receipt = post("r3", "c", "t3", -1, "hello");
        receipt["receipt"] = json!({ "action": "\0", "key": "\0" });
        receipt["own"] = true.into();
        let fine = post("m1", "jan", "t4", -1, "@acme my parcel never arrived, please help me");
        let all = [unmapped, report, receipt, fine];
        let items = all.iter().map(|post| ("a\0".to_owned(), post.to_string().into_bytes())).collect();
        assert_eq!(receiving.take("hook", items).await.unwrap(), 4);
        while house.intake.run_once(64).await.unwrap() > 0 {}
        assert_eq!(house.count("SELECT COUNT(*) FROM inbox WHERE verdict IS NULL").await, 0);
        assert_eq!(house.count("SELECT COUNT(*) FROM inbox WHERE verdict = 'quarantined'").await, 1);
        assert_eq!(house.cases().await.len(), 1);
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(5)).await);
    });
}

#[test]
fn one_delivery_that_the_database_refuses_keeps_no_other_waiting() {
    on_each(|house| async move {
        let shutdown = Shutdown::default();
        let clock: Arc<dyn Clock> = house.clock.clone();
        let nudge = Arc::new(Notify::new());
        let receiving = Receiving::spawn(&shutdown, house.db.clone(), clock, house.mint.clone(), nudge);
        house
            .execute(match house.engine {
                Engine::Sqlite => {
                    "CREATE TRIGGER no_bad BEFORE INSERT ON mention WHEN NEW.external_id LIKE 'bad%'
                     BEGIN SELECT RAISE(ABORT, 'no'); END"
                }
                Engine::Postgres => {
                    "ALTER TABLE mention ADD CONSTRAINT no_bad CHECK (external_id NOT LIKE 'bad%')"
                }
            })
            .await;
        let send = async |names: &[&str]| {
            let one = |name: &&str| {
                let text = "@acme my parcel never arrived, please help me";
                let post = post(name, name, name, -1, text);
                ((*name).to_owned(), post.to_string().into_bytes())
            };
            receiving.take("hook", names.iter().map(one).collect()).await.unwrap();
        };
        send(&["bad1", "bad2"]).await;
        house.intake.run_once(64).await.unwrap_err();
        let waiting = "SELECT COUNT(*) FROM inbox WHERE verdict IS NULL";
        assert_eq!(house.count(waiting).await, 2, "where nothing goes well, nothing is given up");
        send(&["m1", "m2", "bad3", "m3", "m4", "m5"]).await;
        while house.intake.run_once(64).await.unwrap() > 0 {}
        assert_eq!(house.cases().await.len(), 5);
        assert_eq!(house.count(waiting).await, 0);
        let kept: Vec<(String, String, i64)> = house
            .all(
                "SELECT place, why, CAST(LENGTH(body) AS BIGINT) FROM inbox
                 WHERE verdict = 'quarantined' ORDER BY id",
            )
            .await;
        let places: Vec<_> = kept.iter().map(|k| k.0.as_str()).collect();
        assert_eq!(places, ["bad1", "bad2", "bad3"]);
        assert!(kept.iter().all(|k| k.1.contains("refused") && k.2 > 100), "{kept:?}");
        let counted: Vec<(String, i64)> = house
            .all("SELECT what, CAST(SUM(n) AS BIGINT) FROM intake_count GROUP BY what ORDER BY what")
            .await;
        let as_counted = |(what, n): &(&str, i64)| ((*what).to_owned(), *n);
        let expected: Vec<_> =
            [("mention", 5), ("quarantined", 3), ("received", 8)].iter().map(as_counted).collect();
        assert_eq!(counted, expected);
        shutdown.token.cancel();
        assert!(shutdown.drain(Span::seconds(5)).await);
    });
}
