//! Group commit: what is acknowledged is there, from many senders at once.

use crate::harness::on_each;
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
