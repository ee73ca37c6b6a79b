//! Whatever people, customers and the clock do to a case: there are never two open ones, and its
//! timeline folds to its columns.

use super::{block_on, cases};
use crate::harness::{self, Engine, House, START, answer, post};
use proptest::prelude::*;
use webcared::casework::{Act, CaseworkError};
use webcared::domain::case::{CaseEvent, CaseState, next};
use webcared::domain::time::Span;
use webcared::store::person::{self, PersonRow};
use webcared::store::rows::{CaseEventRow, CaseRow};

#[derive(Clone, Debug)]
enum Step {
    Write,
    Answer,
    Act(u8, Box<Act>),
    Wait(Span),
    EndSilent,
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        Just(Act::Claim { until: None }),
        Just(Act::Release),
        Just(Act::Assign { to: "p2".into(), line: "look at this".into() }),
        Just(Act::AwaitCustomer),
        Just(Act::AwaitFrontOffice),
        Just(Act::Resolve { reason: "done".into(), ending: None }),
        Just(Act::Close),
        Just(Act::Dismiss { reason: "not ours".into() }),
        Just(Act::Reopen),
    ];
    let span = prop_oneof![Just(Span::minutes(10)), Just(Span::minutes(45)), Just(Span::days(8))];
    prop_oneof![
        3 => Just(Step::Write),
        2 => Just(Step::Answer),
        6 => (1..4u8, act).prop_map(|(who, act)| Step::Act(who, Box::new(act))),
        2 => span.prop_map(Step::Wait),
        1 => Just(Step::EndSilent),
    ]
}

async fn take(house: &House, n: usize, step: &Step) {
    let minutes = (house.clock_now().since(START)).millis() / 60_000;
    match step {
        Step::Write => {
            house.take(&[post(&format!("m{n:02}"), "jan", "t1", minutes, "acme, still nothing")]).await;
        }
        Step::Answer => {
            house.take(&[answer(&format!("o{n:02}"), "m00", "t1", minutes)]).await;
        }
        Step::Act(who, act) => {
            let latest = house.cases().await.into_iter().next_back().unwrap();
            match house.act(&latest, *who, Act::clone(act)).await {
                Ok(_) | Err(CaseworkError::Refused(_)) => {}
                Err(error) => panic!("{act:?}: {error}"),
            }
        }
        Step::Wait(span) => house.advance(*span).await,
        Step::EndSilent => {
            house.deadlines.end_silent().await.unwrap();
        }
    }
    house.clock.advance(Span::minutes(1));
}

/// The people who act, as those who may log in.
async fn known(house: &House) {
    let row = |n: u8| PersonRow {
        id: harness::person(n).to_string(),
        login: format!("p{n}"),
        name: format!("P {n}"),
        role: "agent".to_owned(),
        password: None,
        disabled_at: None,
        brands: None,
    };
    let add = house.db.write("adding people", move |tx| {
        Box::pin(async move {
            for n in 1..4 {
                person::add(tx, &row(n), START).await?;
            }
            Ok(())
        })
    });
    add.await.unwrap();
}

/// The columns that a timeline alone would give: state, who has it, version, changed at.
fn fold(events: &[&CaseEventRow]) -> (String, Option<String>, i64, i64) {
    let mut state = CaseState::New;
    let mut claimed: Option<String> = None;
    let (mut version, mut changed) = (0, 0);
    for event in events {
        let after = CaseState::from_code(&event.state).unwrap();
        let named = CaseEvent::ALL.into_iter().find(|e| e.code() == event.kind);
        let taken = [Some(CaseEvent::Claim), Some(CaseEvent::Assign)].contains(&named);
        let has_claim = claimed.is_some() || taken;
        let has_claim = has_claim && named != Some(CaseEvent::Release);
        if after != state {
            let named = named.unwrap_or_else(|| panic!("'{}' moved the state", event.kind));
            assert_eq!(next(state, has_claim, named), Ok(after), "{event:?}");
        }
        match named {
            Some(CaseEvent::Claim) => claimed.clone_from(&event.who),
            Some(CaseEvent::Assign) => {
                let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
                claimed = body["to"].as_str().map(str::to_owned);
            }
            Some(CaseEvent::Release) => claimed = None,
            _ if !after.is_open() => claimed = None,
            _ => {}
        }
        assert_eq!(event.seq, version + 1, "no step is missing");
        (state, version, changed) = (after, event.seq, event.recorded_at);
    }
    (state.code().to_owned(), claimed, version, changed)
}

pub fn check(cases: &[CaseRow], events: &[CaseEventRow]) {
    assert!(cases.iter().filter(|c| c.open == 1).count() <= 1, "two open cases of one author in one thread");
    for case in cases {
        let own: Vec<_> = events.iter().filter(|e| e.case_id == case.id).collect();
        let columns = (case.state.clone(), case.claimed_by.clone(), case.version, case.changed_at);
        assert_eq!(fold(&own), columns);
        assert_eq!(case.open == 1, case.case_state().unwrap().is_open());
        assert_eq!(case.claimed_by.is_some(), case.claimed_since.is_some());
    }
}

proptest! {
    #![proptest_config(cases(24))]
    #[test]
    fn timelines_fold_to_columns_and_one_case_is_open(steps in prop::collection::vec(step(), 1..14)) {
        block_on(async {
            let house = House::build(Engine::Sqlite).await;
            known(&house).await;
            take(&house, 0, &Step::Write).await;
            for (n, step) in steps.iter().enumerate() {
                take(&house, n + 1, step).await;
                check(&house.cases().await, &house.events().await);
            }
        });
    }
}
