//! Group commit: what is acknowledged is there, from many senders at once.

use crate::harness::{on_each, post};
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
