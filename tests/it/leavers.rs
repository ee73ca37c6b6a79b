//! What somebody has in hand who may no longer log in, on both engines.

use crate::harness::{House, on_each, post};
use webcared::casework::{Act, Actor};
use webcared::domain::ids::PersonId;
use webcared::domain::shift::ShiftRules;
use webcared::domain::time::Span;
use webcared::people::People;

async fn who(house: &House, login: &str) -> Actor {
    let all: Vec<(String, String)> = house.all("SELECT id, login FROM person").await;
    let id = all.into_iter().find(|p| p.1 == login).unwrap().0;
    Actor { person: PersonId::parse(&id).unwrap(), lead: false }
}

/// Also where nobody ever said or planned anything, and where claims do not end with shifts.
#[test]
fn what_somebody_has_who_may_no_longer_log_in_returns_and_nothing_else_does() {
    on_each(|house| async move {
        let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
        let people = People::new(db, clock, mint, Span::hours(10), Span::hours(1));
        for login in ["jan", "els"] {
            people.add(login, login, "agent").await.unwrap();
        }
        for (n, login) in [(1, "jan"), (2, "els")] {
            let (id, author, thread) = (format!("m{n}"), format!("c{n}"), format!("t{n}"));
            house
                .take(&[post(&id, &author, &thread, 0, "@acme my parcel never arrived, please help me")])
                .await;
            let (case, actor) = (house.case(n).await, who(&house, login).await);
            let claim = Act::Claim { until: None };
            house.casework.act(&case.brand_id, &case.id, case.version, &actor, claim).await.unwrap();
        }
        let rules = ShiftRules { claims_end: false, ..ShiftRules::default() };
        assert_eq!(house.casework.shifts_due(&rules).await.unwrap(), 0);
        people.disable("jan").await.unwrap();
        assert_eq!(house.casework.shifts_due(&rules).await.unwrap(), 1);
        assert_eq!(house.casework.shifts_due(&rules).await.unwrap(), 0);
        let (his, hers) = (house.case(1).await, house.case(2).await);
        assert_eq!((his.claimed_by, his.state.as_str()), (None, "new"));
        assert!(hers.claimed_by.is_some());
        let told: Vec<(String,)> =
            house.all("SELECT body FROM case_event WHERE kind = 'release' AND who = 'shift_end'").await;
        assert!(told.len() == 1 && told[0].0.contains("gone"), "{told:?}");
    });
}
