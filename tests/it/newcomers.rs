//! A newcomer's answers: the buddy on shift looks first, anybody from 60 % of the target on; enough that passed unchanged
//! make an agent.

use crate::harness::person;
use crate::private::{Desk, at_desk};
use jiff::tz::TimeZone;
use webcared::casework::{Act, Actor, Answer, CaseworkError, PrivateAct, Promising, ProtocolAct};
use webcared::domain::audit::Caller;
use webcared::domain::protocol::ProtocolKind;
use webcared::domain::role::Role;
use webcared::domain::template::{Template, TemplateKind};
use webcared::domain::time::{Span, Timestamp};
use webcared::duty::Duty;
use webcared::store::guard::PassRow;
use webcared::store::person::{self as people, PersonRow};

async fn team(desk: &Desk) {
    let now = desk.house.clock_now();
    for (n, role) in [(1, "newcomer"), (2, "agent"), (3, "agent")] {
        let row = PersonRow {
            id: person(n).to_string(),
            login: format!("p{n}"),
            name: format!("P{n}"),
            role: role.to_owned(),
            password: None,
            disabled_at: None,
            brands: None,
        };
        let added = desk.house.write(move |tx| Box::pin(async move { people::add(tx, &row, now).await }));
        added.await.unwrap();
    }
    let house = &desk.house;
    let duty = Duty::new(house.db.clone(), house.clock.clone(), house.mint.clone(), house.current.clone());
    let at = |h: i64| now.plus(Span::hours(h)).rfc3339();
    let plan = format!(
        "person,from,until,role,buddy\np1,{0},{1},newcomer,p2\np2,{0},{1},,\np3,{0},{1},,\n",
        at(-1),
        at(20)
    );
    assert_eq!(duty.import("rota", &plan, &TimeZone::UTC).await.unwrap().shifts, 3);
}

/// The newcomer answers; what waits then.
async fn answers(desk: &Desk, text: &str) -> PassRow {
    let case = desk.house.case(1).await;
    let caller = Caller { role: Some(Role::Newcomer), ..Caller::default() };
    let actor = Actor { person: person(1), lead: false };
    let act = Act::Answer(Answer { text: text.into(), again: true, ..Answer::default() });
    desk.casework.called(caller).act(&case.brand_id, &case.id, case.version, &actor, act).await.unwrap();
    let all: Vec<PassRow> = desk.house.all("SELECT * FROM guard_pass WHERE state = 'asked'").await;
    all.into_iter().next().unwrap()
}

fn goes(pass: &PassRow) -> Act {
    Act::Pass { pass: pass.id.clone(), goes: true, reason: String::new() }
}

#[test]
fn the_buddy_looks_first_and_anybody_from_three_fifths_of_the_target_on() {
    at_desk(|desk| async move {
        team(&desk).await;
        let pass = answers(&desk, "One moment, we look at it").await;
        assert_eq!(pass.kinds, "newcomer");
        let early = desk.act_as(1, 3, false, goes(&pass)).await.unwrap_err();
        assert!(matches!(&early, CaseworkError::Refused(why) if why.contains("buddy")), "{early}");
        let owed = desk.house.clocks().await.into_iter().find(|c| c.ended_at.is_none()).unwrap();
        // One instant before it is theirs, and then it is: the clock of the case counts day and night here.
        let opens = Timestamp(owed.started_at).plus(Span(owed.target_ms * 6 / 10));
        if opens > desk.house.clock_now().plus(Span::seconds(1)) {
            desk.house.clock.set(opens.minus(Span(1)));
            assert!(desk.act_as(1, 3, false, goes(&pass)).await.is_err());
            desk.house.clock.set(opens);
        }
        desk.act_as(1, 3, false, goes(&pass)).await.unwrap();
    });
}

#[test]
fn holding_words_of_a_newcomer_wait_for_the_buddy_and_make_their_promise_once_they_go() {
    at_desk(|desk| async move {
        team(&desk).await;
        let words = Template {
            kind: TemplateKind::Holding,
            text: "Thanks {name}, a colleague who reads this answers soon.".into(),
            ..Template::default()
        };
        desk.texts(vec![words], None).await;
        let desk = Desk { casework: desk.casework.clone().graduating(1), ..desk };
        let case = desk.house.case(1).await;
        let caller = Caller { role: Some(Role::Newcomer), ..Caller::default() };
        let actor = Actor { person: person(1), lead: false };
        let act = Act::Private(PrivateAct::Holding { again: true, promise: Promising::Unasked });
        desk.casework.called(caller).act(&case.brand_id, &case.id, case.version, &actor, act).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert!(desk.fake.posted().is_empty(), "nothing goes before the buddy saw it");
        let all: Vec<PassRow> = desk.house.all("SELECT * FROM guard_pass WHERE state = 'asked'").await;
        assert_eq!((all.len(), all[0].kinds.as_str()), (1, "newcomer holding"));
        let promises = || async {
            let all: Vec<(i64,)> =
                desk.house.all("SELECT due_at FROM obligation WHERE kind = 'promise'").await;
            all
        };
        assert!(promises().await.is_empty(), "what is not sent promises nothing");
        let early = desk.act_as(1, 3, false, goes(&all[0])).await.unwrap_err();
        assert!(matches!(&early, CaseworkError::Refused(why) if why.contains("buddy")), "{early}");
        desk.house.clock.advance(Span::minutes(1));
        desk.act_as(1, 2, false, goes(&all[0])).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.fake.posted().len(), 1);
        assert!(desk.fake.posted()[0].text.contains("a colleague who reads this answers soon."));
        assert!(desk.kinds(1).await.contains(&"holding_sent".to_owned()));
        let due = promises().await;
        assert!(due.len() == 1 && due[0].0 > desk.house.clock_now().millis(), "{due:?}");
        let role: Vec<(String,)> = desk.house.all("SELECT role FROM person WHERE login = 'p1'").await;
        assert_eq!(role[0].0, "newcomer", "ready-made words tell nothing of how they write");
    });
}

#[test]
fn holding_words_that_wait_do_not_go_once_a_protocol_runs() {
    at_desk(|desk| async move {
        team(&desk).await;
        let words = Template {
            kind: TemplateKind::Holding,
            text: "Thanks {name}, a colleague answers soon.".into(),
            ..Template::default()
        };
        desk.texts(vec![words], None).await;
        let case = desk.house.case(1).await;
        let caller = Caller { role: Some(Role::Newcomer), ..Caller::default() };
        let actor = Actor { person: person(1), lead: false };
        let act = Act::Private(PrivateAct::Holding { again: true, promise: Promising::Unasked });
        desk.casework.called(caller).act(&case.brand_id, &case.id, case.version, &actor, act).await.unwrap();
        let all: Vec<PassRow> = desk.house.all("SELECT * FROM guard_pass WHERE state = 'asked'").await;
        let kind = ProtocolKind::Troll;
        desk.act_as(1, 2, false, Act::Protocol(ProtocolAct::Start { kind })).await.unwrap();
        desk.house.clock.advance(Span::minutes(1));
        for lead in [false, true] {
            let no = desk.act_as(1, 2, lead, goes(&all[0])).await.unwrap_err();
            assert!(
                matches!(&no, CaseworkError::Refused(why) if why.contains("no ready-made words")),
                "{no}"
            );
        }
        desk.settle(Span::seconds(1)).await;
        assert!(desk.fake.posted().is_empty());
    });
}

#[test]
fn enough_that_passed_unchanged_make_an_agent() {
    at_desk(|desk| async move {
        team(&desk).await;
        let desk = Desk { casework: desk.casework.clone().graduating(2), ..desk };
        let role = || async {
            let rows: Vec<(String,)> = desk.house.all("SELECT role FROM person WHERE login = 'p1'").await;
            rows[0].0.clone()
        };
        let first = answers(&desk, "One moment, we look at it").await;
        desk.act_as(1, 2, false, goes(&first)).await.unwrap();
        assert_eq!(role().await, "newcomer");
        // It counts as well while a protocol ran.
        desk.house.execute("UPDATE guard_pass SET kinds = 'protocol newcomer' WHERE state = 'passed'").await;
        // One that was sent back counts nothing.
        let back = answers(&desk, "No").await;
        let no = Act::Pass { pass: back.id.clone(), goes: false, reason: "kinder".into() };
        desk.act_as(1, 2, false, no).await.unwrap();
        assert_eq!(role().await, "newcomer");
        desk.house.clock.advance(Span::minutes(1));
        let second = answers(&desk, "It is on its way to you").await;
        desk.act_as(1, 2, false, goes(&second)).await.unwrap();
        assert_eq!(role().await, "agent");
        let noted = "SELECT COUNT(*) FROM audit WHERE act = 'people.graduate'";
        assert_eq!(desk.house.count(noted).await, 1);
    });
}
