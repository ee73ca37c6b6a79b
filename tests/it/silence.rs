//! What ends because its customer is silent.

use crate::harness::{acme, on_each, post};
use webcared::catalogue;
use webcared::domain::brand::Brand;
use webcared::domain::policy::Policy;
use webcared::domain::time::Span;

#[test]
fn many_who_are_waited_for_longer_keep_nobody_from_ending_in_time() {
    on_each(|house| async move {
        let (mint, now) = (house.mint.clone(), house.clock_now());
        let catalogue = house.write(move |tx| {
            Box::pin(async move {
                let patient = Policy { name: "patient".into(), no_reply_days: 30, ..Policy::default() };
                let mut tempo = Brand::watched("Tempo");
                tempo.policy = "patient".into();
                let brands = [acme(), tempo];
                catalogue::import(tx, &brands, &[patient], "file:x", &mint, now).await
            })
        });
        house.current.set(catalogue.await.unwrap());
        let theirs =
            |n| post(&format!("p{n}"), &format!("a{n}"), &format!("t{n}"), 0, "@tempo please help me");
        let many: Vec<_> = (0..501).map(theirs).collect();
        for part in many.chunks(250) {
            house.take(part).await;
        }
        house.clock.advance(Span::hours(1));
        house.take(&[post("m1", "jan", "t", 60, "@acme please help me")]).await;
        // Those of the patient brand wait for longer already, and are more than are looked at in one round.
        house.execute("UPDATE cases SET state = 'waiting_customer', state_since = opened_at").await;
        let waiting = "SELECT COUNT(*) FROM cases WHERE state = 'waiting_customer' AND policy = 'patient'";
        assert_eq!(house.count(waiting).await, 501);
        house.clock.advance(Span::days(8));
        assert_eq!(house.deadlines.end_silent().await.unwrap(), 1);
        assert_eq!(house.case(1).await.ended_why.as_deref(), Some("no_reply"));
        assert_eq!(house.count(waiting).await, 501);
        // Then they end as well, a batch at a time.
        house.clock.advance(Span::days(23));
        assert_eq!(house.deadlines.end_silent().await.unwrap(), 500);
        assert_eq!(house.deadlines.end_silent().await.unwrap(), 1);
        assert_eq!(house.count(waiting).await, 0);
    });
}
