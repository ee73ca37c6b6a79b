//! Goodwill within limits by role, and formal complaints with clocks of their own, on both engines.

use crate::harness::{House, on_each, person, post};
use jiff::tz::TimeZone;
use webcared::casework::batch::Wanted;
use webcared::casework::{Act, Actor, CaseworkError, ComplaintAct, GoodwillAct};
use webcared::catalogue::Catalogue;
use webcared::domain::batch::Kind;
use webcared::domain::complaint::Outcome;
use webcared::domain::goodwill::{GoodwillKind, UNIT};
use webcared::domain::time::Span;
use webcared::reports::write::{Format, write};
use webcared::reports::{Ask, Report, report};
use webcared::store::complaint::ComplaintRow;
use webcared::store::goodwill::GoodwillRow;
use webcared::store::rows::{CaseRow, ObligationRow};

const HELP: &str = "@acme my parcel never arrived, please help me";

fn set(house: &House, limits: &[(&str, i64)], complaints: bool) {
    let mut catalogue: Catalogue = (*house.current.get()).clone();
    for watched in catalogue.brands.iter_mut().filter(|w| w.brand.name == "Acme") {
        let office = &mut watched.brand.front_office;
        office.goodwill.limits = limits.iter().map(|(role, n)| ((*role).to_owned(), *n)).collect();
        office.complaints = complaints;
    }
    house.current.set(catalogue);
}

async fn act(house: &House, who: u8, lead: bool, act: Act) -> Result<CaseRow, CaseworkError> {
    let case = house.case(1).await;
    let actor = Actor { person: person(who), lead };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
}

fn give(units: i64) -> Act {
    let kind = GoodwillKind::Voucher;
    Act::Goodwill(GoodwillAct::Grant { kind, micros: units * UNIT, why: "three weeks late".into() })
}

async fn given(house: &House) -> Vec<GoodwillRow> {
    house.all("SELECT * FROM goodwill ORDER BY made_at, id").await
}

async fn made(house: &House) -> Report {
    let now = house.clock_now();
    let ask = Ask {
        from: now.minus(Span::days(90)),
        to: now.plus(Span(1)),
        brands: Vec::new(),
        zone: TimeZone::UTC,
    };
    report(&house.db, &ask, now).await.unwrap()
}

#[test]
fn above_the_limit_of_a_role_somebody_whose_role_may_says_yes() {
    on_each(|house| async move {
        set(&house, &[("agent", 25), ("lead", 250)], false);
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        act(&house, 1, false, give(20)).await.unwrap();
        act(&house, 1, false, give(10)).await.unwrap();
        let rows = given(&house).await;
        assert_eq!(
            (rows[0].state.as_str(), rows[1].state.as_str()),
            ("granted", "asked"),
            "in parts it is one"
        );
        let decide = |id: &str, goes| Act::Goodwill(GoodwillAct::Decide { id: id.into(), goes });
        let own = act(&house, 1, true, decide(&rows[1].id, true)).await.unwrap_err();
        assert!(own.to_string().contains("somebody else"), "{own}");
        act(&house, 1, false, give(300)).await.unwrap();
        let big = given(&house).await[2].id.clone();
        let above = act(&house, 2, true, decide(&big, true)).await.unwrap_err();
        assert!(above.to_string().contains("250.00 EUR"), "{above}");
        act(&house, 2, true, decide(&big, false)).await.unwrap();
        act(&house, 2, true, decide(&rows[1].id, true)).await.unwrap();
        let again = act(&house, 2, true, decide(&rows[1].id, false)).await.unwrap_err();
        assert!(matches!(again, CaseworkError::Refused(_)));
        let back = Act::Goodwill(GoodwillAct::TakeBack { id: rows[0].id.clone(), why: "sent twice".into() });
        let other = act(&house, 3, false, back.clone()).await.unwrap_err();
        assert!(matches!(other, CaseworkError::Refused(_)), "only who gave it");
        act(&house, 1, false, back).await.unwrap();
        let states: Vec<String> = given(&house).await.into_iter().map(|g| g.state).collect();
        assert_eq!(states, ["taken_back", "granted", "refused"]);
        for (bad, field) in [(give(0), "amount"), (give(2_000_000), "amount")] {
            let wrong = act(&house, 1, false, bad).await.unwrap_err();
            assert!(matches!(wrong, CaseworkError::Invalid { field: f, .. } if f == field));
        }
        let told = made(&house).await;
        let total = told.goodwill.groups.iter().find(|f| f.by == "total").unwrap();
        assert_eq!((total.count, total.amount.as_str(), total.cases.as_slice()), (1, "10.00", &[1][..]));
        assert!(write(&told, Format::Text).contains("Acme: 10.00 EUR in 1 times"));
        assert!(write(&told, Format::Csv).contains("goodwill,Acme,EUR,total,,1,10.00\r\n"));
        let kinds: Vec<String> = house.events().await.into_iter().map(|e| e.kind).collect();
        for kind in
            ["goodwill", "goodwill_asked", "goodwill_approved", "goodwill_refused", "goodwill_taken_back"]
        {
            assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
        }
        let audit: Vec<(String,)> = house.all("SELECT act FROM audit WHERE act LIKE 'case.goodwill%'").await;
        assert!(audit.len() >= 6, "{audit:?}");
        // Why stands in content alone.
        let words: Vec<(String,)> = house.all("SELECT body FROM content WHERE kind = 'goodwill'").await;
        assert_eq!(words.len(), 3);
    });
}

#[test]
fn what_two_colleagues_give_counts_as_one() {
    on_each(|house| async move {
        set(&house, &[("agent", 25), ("lead", 30)], false);
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        act(&house, 1, false, give(20)).await.unwrap();
        house.clock.advance(Span::minutes(1));
        act(&house, 2, false, give(15)).await.unwrap();
        let rows = given(&house).await;
        assert_eq!((rows[0].state.as_str(), rows[1].state.as_str()), ("granted", "asked"));
        let yes = Act::Goodwill(GoodwillAct::Decide { id: rows[1].id.clone(), goes: true });
        let above = act(&house, 3, true, yes.clone()).await.unwrap_err();
        assert!(above.to_string().contains("35.00"), "{above}");
        set(&house, &[("agent", 25), ("lead", 35)], false);
        act(&house, 3, true, yes).await.unwrap();
        assert_eq!(given(&house).await[1].state, "granted");
    });
}

#[test]
fn without_limits_nobody_is_asked() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        act(&house, 1, false, give(5000)).await.unwrap();
        assert_eq!(given(&house).await[0].state, "granted");
        assert!(made(&house).await.complaints.register.is_empty());
    });
}

fn complaint(act: ComplaintAct) -> Act {
    Act::Complaint(act)
}

async fn clocks(house: &House) -> Vec<ObligationRow> {
    house.clocks().await.into_iter().filter(|o| o.kind.starts_with("complaint")).collect()
}

#[test]
fn a_formal_complaint_has_two_clocks_an_outcome_and_a_line_in_the_register() {
    on_each(|house| async move {
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        let off = act(&house, 1, false, complaint(ComplaintAct::Mark { made: None })).await.unwrap_err();
        assert!(matches!(off, CaseworkError::Refused(_)), "{off}");
        set(&house, &[], true);
        act(&house, 1, false, complaint(ComplaintAct::Mark { made: None })).await.unwrap();
        let started = clocks(&house).await;
        let spans: Vec<(&str, i64)> =
            started.iter().map(|o| (o.kind.as_str(), (o.due_at - o.started_at) / 86_400_000)).collect();
        assert_eq!(spans, [("complaint_acknowledge", 5), ("complaint_decision", 42)]);
        let twice = act(&house, 1, false, complaint(ComplaintAct::Mark { made: None })).await.unwrap_err();
        assert!(matches!(twice, CaseworkError::Refused(_)));
        // An answer and a solution end neither.
        act(&house, 1, false, Act::Resolve { reason: "sent anew".into(), ending: None }).await.unwrap();
        assert!(clocks(&house).await.iter().all(|o| o.state == "running"));
        house.advance(Span::days(6)).await;
        let broken = house.clock_events().await.into_iter().filter(|e| e.stage == 100);
        let broken: Vec<String> = broken.map(|e| e.kind).filter(|k| k.starts_with("complaint")).collect();
        assert_eq!(broken, ["complaint_acknowledge"], "broken once, with its own kind");
        act(&house, 1, false, complaint(ComplaintAct::Acknowledge)).await.unwrap();
        let silent = ComplaintAct::Decide { outcome: Outcome::Partly, reason: " ".into() };
        let silent = act(&house, 1, false, complaint(silent)).await.unwrap_err();
        assert!(matches!(silent, CaseworkError::Invalid { field: "reason", .. }));
        let decide = ComplaintAct::Decide { outcome: Outcome::Partly, reason: "late, but it came".into() };
        act(&house, 1, false, complaint(decide)).await.unwrap();
        let states: Vec<String> = clocks(&house).await.into_iter().map(|o| o.state).collect();
        assert_eq!(states, ["broken", "kept"]);
        let told = made(&house).await;
        let line = &told.complaints.register[0];
        assert_eq!((line.acknowledged, line.decided), ("late", "kept"));
        assert_eq!(line.outcome.as_deref(), Some("partly"));
        assert_eq!(line.why.as_deref(), Some("late, but it came"));
        assert!(write(&told, Format::Text).contains("Formal complaints"));
        assert!(write(&told, Format::Csv).contains("complaint,Acme,1,"));
        let none = act(&house, 1, false, complaint(ComplaintAct::Unmark { reason: "x".into() })).await;
        assert!(matches!(none, Err(CaseworkError::Refused(_))), "what was decided stays");
        // Putting it right changes no time.
        let right = ComplaintAct::Decide { outcome: Outcome::Upheld, reason: "seen again".into() };
        house.clock.advance(Span::days(1));
        let before: Vec<ComplaintRow> = house.all("SELECT * FROM complaint").await;
        act(&house, 2, true, complaint(right)).await.unwrap();
        let after: Vec<ComplaintRow> = house.all("SELECT * FROM complaint").await;
        assert_eq!(
            (after[0].decided_at, after[0].outcome.as_deref()),
            (before[0].decided_at, Some("upheld"))
        );
    });
}

#[test]
fn a_case_with_an_open_formal_complaint_cannot_be_dismissed_alone_or_among_many() {
    on_each(|house| async move {
        set(&house, &[], true);
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        house.take(&[post("m2", "ann", "t2", 0, HELP)]).await;
        act(&house, 1, false, complaint(ComplaintAct::Mark { made: None })).await.unwrap();
        let dismiss = || Act::Dismiss { reason: "not about us".into() };
        let no = act(&house, 1, false, dismiss()).await.unwrap_err();
        let wanted =
            "a formal complaint is owed an answer: decide it first, or say with a reason that it is none";
        assert!(matches!(&no, CaseworkError::Refused(why) if why.starts_with(wanted)), "{no}");
        let (one, other) = (house.case(1).await, house.case(2).await);
        let chosen = [one, other].map(|c| (c.brand_id, c.id, c.version));
        let many =
            Wanted { kind: Kind::Dismiss, reason: "spam".into(), colleague: String::new(), label: None };
        let by = Actor { person: person(1), lead: false };
        let done = house.casework.batch(&chosen, &many, &by).await.unwrap();
        assert_eq!((done.done, done.refused.len()), (1, 1), "the other goes");
        assert!(done.refused[0].0 == chosen[0].1 && done.refused[0].1.contains(wanted), "{:?}", done.refused);
        assert!(clocks(&house).await.iter().all(|o| o.state == "running"), "and its clocks go on");
        let decide =
            ComplaintAct::Decide { outcome: Outcome::NotUpheld, reason: "it is another firm's".into() };
        act(&house, 1, false, complaint(decide)).await.unwrap();
        act(&house, 1, false, dismiss()).await.unwrap();
        assert!(clocks(&house).await.iter().all(|o| o.state == "kept"), "what was decided stays so");
        let told = made(&house).await.complaints;
        assert_eq!((told.register.len(), told.register[0].decided), (1, "kept"));
    });
    on_each(|house| async move {
        set(&house, &[], true);
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        act(&house, 1, false, complaint(ComplaintAct::Mark { made: None })).await.unwrap();
        // Nobody could decide it any more.
        set(&house, &[], false);
        act(&house, 1, false, Act::Dismiss { reason: "spam".into() }).await.unwrap();
        assert!(clocks(&house).await.iter().all(|o| o.state == "void"));
    });
}

#[test]
fn taken_back_or_marked_by_mistake_it_counts_neither_way() {
    on_each(|house| async move {
        set(&house, &[], true);
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        act(&house, 1, false, complaint(ComplaintAct::Mark { made: None })).await.unwrap();
        act(&house, 1, false, complaint(ComplaintAct::Unmark { reason: "an ordinary one".into() }))
            .await
            .unwrap();
        assert!(clocks(&house).await.iter().all(|o| o.state == "void"));
        assert!(made(&house).await.complaints.register.is_empty());
        act(&house, 1, false, complaint(ComplaintAct::Mark { made: None })).await.unwrap();
        let back = ComplaintAct::Decide { outcome: Outcome::Withdrawn, reason: "so they said".into() };
        act(&house, 1, false, complaint(back)).await.unwrap();
        assert!(clocks(&house).await.iter().all(|o| o.state == "void"));
        house.advance(Span::days(60)).await;
        let told = made(&house).await.complaints;
        assert_eq!((told.register[0].acknowledged, told.register[0].decided), ("none", "none"));
        // The wait for an answer was none of theirs, and runs as it did.
        let first: Vec<ObligationRow> =
            house.clocks().await.into_iter().filter(|o| o.kind == "first_response").collect();
        assert_eq!((first.len(), first[0].state.as_str()), (1, "running"));
    });
}
