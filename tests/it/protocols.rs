//! Protocols and labels on authors, on both engines: proposed, told, begun, locked, done step by step, ended; and what people
//! say of an author goes with that author.

use crate::account::Fake;
use crate::harness::{House, START, on_each, person, post};
use std::sync::Arc;
use webcared::casework::{
    Act, Actor, Answer, Answers, Casework, CaseworkError, Handed, LabelAct, PrivateAct, ProtocolAct,
};
use webcared::domain::audit::Caller;
use webcared::domain::label::Label;
use webcared::domain::protocol::ProtocolKind;
use webcared::domain::role::Role;
use webcared::domain::time::{Span, Timestamp};
use webcared::privacy::By;
use webcared::reports::protocols::figures;
use webcared::store::hold::{self, HoldRow};
use webcared::store::outbox::{self, Decision};
use webcared::store::rows::CaseRow;

const PRESS: &str = "Hi @acme, I'm a journalist with the Gazette, could you comment on your new shop?";
const HARM: &str = "@acme you take everything, I want to end my life";
const PLAIN: &str = "@acme my parcel never arrived";

struct Desk {
    house: House,
    fake: Arc<Fake>,
    casework: Casework,
}

impl Desk {
    fn open(house: House) -> Self {
        let fake = Fake::new(house.clock_now());
        let answers = Answers { accounts: fake.accounts(), undo: Span::seconds(5) };
        let casework = house.casework.clone().answering(answers);
        Self { house, fake, casework }
    }

    async fn case(&self, text: &str) -> CaseRow {
        let n = self.house.cases().await.len() + 1;
        let minutes = self.house.clock_now().since(START).millis() / 60_000;
        let (id, author, thread) = (format!("m{n}"), format!("jan{n}"), format!("t{n}"));
        self.house.take(&[post(&id, &author, &thread, minutes, text)]).await;
        self.house.cases().await.pop().unwrap()
    }

    /// Does something as somebody, having seen the case as it is.
    async fn act(&self, case: &CaseRow, who: &Actor, role: Role, act: Act) -> Result<CaseRow, CaseworkError> {
        let seen = self.house.cases().await.into_iter().find(|c| c.id == case.id).unwrap().version;
        let casework = self.casework.called(Caller { role: Some(role), ..Caller::default() });
        casework.act(&case.brand_id, &case.id, seen, who, act).await
    }

    async fn agent(&self, case: &CaseRow, act: Act) -> Result<CaseRow, CaseworkError> {
        self.act(case, &agent(), Role::Agent, act).await
    }

    async fn lead(&self, case: &CaseRow, act: Act) -> Result<CaseRow, CaseworkError> {
        self.act(case, &lead(), Role::Lead, act).await
    }

    async fn communications(&self, case: &CaseRow, act: Act) -> Result<CaseRow, CaseworkError> {
        let who = Actor { person: person(3), lead: false };
        self.act(case, &who, Role::Communications, act).await
    }

    /// Kind and state of all protocols.
    async fn protocols(&self) -> Vec<(String, String)> {
        self.house.all("SELECT kind, state FROM protocol ORDER BY proposed_at, kind").await
    }

    /// Answers that may leave begin to; gives the state of each.
    async fn leave(&self) -> Vec<String> {
        self.house.clock.advance(Span::seconds(10));
        let now = self.house.clock_now();
        let by: Vec<(String,)> =
            self.house.all("SELECT DISTINCT credential FROM action WHERE kind = 'reply'").await;
        for (credential,) in by {
            let left = self.house.write(move |tx| {
                Box::pin(async move {
                    let claimed = outbox::claim(tx, &credential, now, Span::minutes(1), 10).await?;
                    outbox::mark_sending(tx, &claimed, now).await
                })
            });
            left.await.unwrap();
        }
        let states: Vec<(String,)> =
            self.house.all("SELECT state FROM action WHERE kind = 'reply' ORDER BY created_at, id").await;
        states.into_iter().map(|(state,)| state).collect()
    }

    /// What waits for a lead goes.
    async fn passes(&self, case: &CaseRow) -> Result<CaseRow, CaseworkError> {
        let asked: Vec<(String,)> =
            self.house.all("SELECT id FROM guard_pass WHERE state = 'asked' ORDER BY asked_at, id").await;
        let pass = asked.into_iter().next().unwrap().0;
        self.lead(case, Act::Pass { pass, goes: true, reason: String::new() }).await
    }

    /// How often a protocol was told.
    async fn told(&self) -> i64 {
        self.house.count("SELECT COUNT(*) FROM action WHERE payload LIKE '%\"occasion\":\"protocol\"%'").await
    }
}

fn agent() -> Actor {
    Actor { person: person(1), lead: false }
}

fn lead() -> Actor {
    Actor { person: person(2), lead: true }
}

fn answer(text: &str) -> Act {
    Act::Answer(Answer { text: text.to_owned(), again: true, ..Answer::default() })
}

fn start(kind: ProtocolKind) -> Act {
    Act::Protocol(ProtocolAct::Start { kind })
}

fn step(kind: ProtocolKind, step: &str, note: &str) -> Act {
    Act::Protocol(ProtocolAct::Step { kind, step: step.to_owned(), note: note.to_owned() })
}

fn end(kind: ProtocolKind, false_alarm: bool) -> Act {
    Act::Protocol(ProtocolAct::End { kind, reason: "settled".to_owned(), false_alarm })
}

fn resolve() -> Act {
    Act::Resolve { reason: "done".to_owned(), ending: None }
}

#[track_caller]
fn refused(result: Result<CaseRow, CaseworkError>, with: &str) {
    match result {
        Err(error @ (CaseworkError::Refused(_) | CaseworkError::Invalid { .. })) => {
            assert!(error.to_string().contains(with), "{error}");
        }
        other => panic!("wanted a refusal with '{with}', got {other:?}"),
    }
}

#[test]
fn the_press_is_answered_by_who_speaks_to_it_within_its_deadline() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let kind = ProtocolKind::Press;
        let case = desk.case(PRESS).await;
        assert_eq!(desk.protocols().await, [("press".to_owned(), "proposed".to_owned())]);
        assert_eq!(desk.told().await, 0, "a person begins it first");
        // What is on its way when it begins does not leave.
        desk.agent(&case, answer("We love to comment!")).await.unwrap();
        let colleague = Actor { person: person(4), lead: false };
        desk.act(&case, &colleague, Role::Agent, start(kind)).await.unwrap();
        let states: Vec<(String,)> = desk.house.all("SELECT state FROM action WHERE kind = 'reply'").await;
        assert_eq!(states, [("cancelled".to_owned(),)]);
        // Its words are its writer's again, not those of who began it.
        let drafts: Vec<(String, String)> = desk
            .house
            .all("SELECT d.person_id, c.body FROM draft d JOIN content c ON c.id = 'draft/' || d.case_id || '/' || d.person_id")
            .await;
        assert_eq!(drafts, [(person(1).to_string(), "We love to comment!".to_owned())]);
        assert!(desk.told().await >= 1, "those whom it names are told");
        refused(desk.agent(&case, answer("No comment.")).await, "communications");
        refused(
            desk.agent(&case, Act::Private(PrivateAct::Offer { text: String::new(), again: false })).await,
            "press",
        );
        refused(
            desk.lead(&case, Act::Private(PrivateAct::Holding { again: false, promise: Default::default() }))
                .await,
            "ready-made",
        );
        // Its deadline is a wait of its own, owed by communications.
        let owed: Vec<(String, String, i64)> = desk
            .house
            .all("SELECT p.owed_by, p.origin, o.due_at FROM promise p JOIN obligation o ON o.case_id = p.case_id AND o.wait = p.wait")
            .await;
        let due = desk.house.clock_now().plus(Span::hours(2)).millis();
        assert_eq!(owed, [("communications".to_owned(), "protocol".to_owned(), due)]);
        refused(desk.agent(&case, Act::Protocol(ProtocolAct::Take { kind })).await, "lead");
        desk.communications(&case, Act::Protocol(ProtocolAct::Take { kind })).await.unwrap();
        let has: Vec<(Option<String>,)> = desk.house.all("SELECT claimed_by FROM cases").await;
        assert_eq!(has[0].0, Some(person(3).to_string()), "who takes it has the case");
        refused(desk.lead(&case, resolve()).await, "who asks");
        refused(desk.agent(&case, step(kind, "who_asks", "the Gazette")).await, "communications");
        refused(desk.communications(&case, step(kind, "who_asks", " ")).await, "note");
        refused(desk.communications(&case, step(kind, "nothing", "x")).await, "step");
        desk.communications(&case, step(kind, "who_asks", "Eva of the Gazette, by 17:00")).await.unwrap();
        refused(desk.communications(&case, step(kind, "who_asks", "again")).await, "done already");
        desk.communications(&case, answer("We open in May.")).await.unwrap();
        desk.communications(&case, step(kind, "answered", "by mail")).await.unwrap();
        let kept = "SELECT COUNT(*) FROM obligation WHERE kind = 'promise' AND state = 'kept'";
        assert_eq!(desk.house.count(kept).await, 1);
        desk.lead(&case, resolve()).await.unwrap();
        // The case is over: what is left behind ends by itself, once.
        assert_eq!(desk.casework.protocols_due().await.unwrap(), 1);
        assert_eq!(desk.casework.protocols_due().await.unwrap(), 0);
        assert_eq!(desk.protocols().await, [("press".to_owned(), "ended".to_owned())]);
        let kinds: Vec<(String,)> =
            desk.house.all("SELECT kind FROM case_event WHERE kind LIKE 'protocol%' ORDER BY seq").await;
        let kinds: Vec<&str> = kinds.iter().map(|k| k.0.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "protocol_proposed",
                "protocol_started",
                "protocol_stopped",
                "protocol_taken",
                "protocol_step",
                "protocol_step",
                "protocol_ended",
            ]
        );
        let acts = "SELECT COUNT(*) FROM audit WHERE act LIKE 'protocol.%' AND outcome = 'done'";
        assert_eq!(desk.house.count(acts).await, 4, "start, take and two steps");
        assert!(desk.fake.posted().is_empty(), "nothing was sent by itself");
    });
}

#[test]
fn who_may_harm_themselves_is_told_of_at_once_and_again_until_somebody_takes_it() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let kind = ProtocolKind::SelfHarm;
        let case = desk.case(HARM).await;
        assert_eq!(desk.told().await, 1, "in the commit of the post");
        assert_eq!(desk.casework.protocols_due().await.unwrap(), 0, "not yet");
        desk.house.clock.advance(Span::minutes(5));
        assert_eq!(desk.casework.protocols_due().await.unwrap(), 1);
        assert_eq!(desk.told().await, 2);
        // A hold that ends sooner is not enough.
        desk.house
            .write({
                let id = case.id.clone();
                let brand = case.brand_id.clone();
                move |tx| {
                    Box::pin(async move {
                        let row = HoldRow {
                            id: "hld_1".to_owned(),
                            brand_id: brand,
                            case_id: id,
                            set_by: person(2).to_string(),
                            set_at: START.millis(),
                            until_ms: START.plus(Span::days(1)).millis(),
                            ended_by: None,
                            ended_at: None,
                        };
                        hold::add(tx, &row, "a lawyer asked").await
                    })
                }
            })
            .await
            .unwrap();
        desk.agent(&case, start(kind)).await.unwrap();
        let held: Vec<(String, i64)> =
            desk.house.all("SELECT case_id, MAX(until_ms) FROM legal_hold GROUP BY case_id").await;
        let until = desk.house.clock_now().plus(Span::days(180)).millis();
        assert_eq!(held, [(case.id.clone(), until)], "evidence is held");
        let before = desk.told().await;
        desk.house.clock.advance(Span::minutes(5));
        desk.casework.protocols_due().await.unwrap();
        assert_eq!(desk.told().await, before + 1, "nobody took it");
        // What an agent writes waits for a lead.
        desk.agent(&case, answer("Please call 113.")).await.unwrap();
        let passes: Vec<(String, String, String)> =
            desk.house.all("SELECT id, kinds, state FROM guard_pass").await;
        assert_eq!((passes[0].1.as_str(), passes[0].2.as_str()), ("protocol", "asked"));
        let pass = Act::Pass { pass: passes[0].0.clone(), goes: true, reason: String::new() };
        let other = Actor { person: person(4), lead: false };
        refused(desk.act(&case, &other, Role::Agent, pass.clone()).await, "lead");
        desk.lead(&case, pass).await.unwrap();
        assert_eq!(
            desk.house.count("SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state = 'ready'").await,
            1
        );
        desk.lead(&case, Act::Protocol(ProtocolAct::Take { kind })).await.unwrap();
        let before = desk.told().await;
        desk.house.clock.advance(Span::hours(1));
        assert_eq!(desk.casework.protocols_due().await.unwrap(), 0, "somebody has it");
        assert_eq!(desk.told().await, before);
        // A false alarm is ended by a lead without its notes, by nobody else.
        refused(desk.agent(&case, end(kind, true)).await, "lead");
        refused(desk.lead(&case, end(kind, false)).await, "help line");
        desk.lead(&case, end(kind, true)).await.unwrap();
        desk.lead(&case, answer("All well?")).await.unwrap();
        // It counts in reports, with the time until somebody took it.
        let (from, to) = (START, START.plus(Span::days(1)));
        let made =
            desk.house.db.read("test", move |tx| Box::pin(async move { figures(tx, &[], (from, to)).await }));
        let made = made.await.unwrap();
        assert_eq!((made[0].kind.as_str(), made[0].came_up, made[0].started), ("self_harm", 1, 1));
        assert_eq!(made[0].taken_median_ms, Some(Span::minutes(10).millis()));
    });
}

#[test]
fn a_lead_who_took_it_lets_an_answer_go_and_nothing_private_comes_out_in_public() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let case = desk.case(HARM).await;
        desk.lead(&case, start(ProtocolKind::SelfHarm)).await.unwrap();
        let has = "SELECT claimed_by FROM cases";
        assert_eq!(desk.house.all::<(Option<String>,)>(has).await[0].0, Some(person(2).to_string()));
        let text = "We know where you live, are you home?".to_owned();
        let private = Answer { text, handed: Handed::Private, ..Answer::default() };
        refused(desk.agent(&case, Act::Answer(private.clone())).await, "in private");
        let ask = Act::AskPass { answer: private, reason: "why".to_owned() };
        refused(desk.agent(&case, ask).await, "in private");
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM guard_pass").await, 0);
        desk.agent(&case, answer("Please call 113.")).await.unwrap();
        desk.passes(&case).await.unwrap();
        assert_eq!(desk.house.all::<(Option<String>,)>(has).await[0].0, Some(person(2).to_string()));
        let by: Vec<(Option<String>,)> =
            desk.house.all("SELECT made_by FROM action WHERE kind = 'reply'").await;
        assert_eq!(by, [(Some(person(1).to_string()),)], "it is the writer's");
        assert_eq!(desk.leave().await, ["sending"], "who has the case let it go");
        // Another answer is meant, also when it is let go.
        desk.agent(&case, answer("Or write to us.")).await.unwrap();
        desk.house.clock.advance(Span::seconds(1));
        desk.passes(&case).await.unwrap();
        let once = Act::Answer(Answer { text: "And again.".to_owned(), ..Answer::default() });
        assert!(matches!(desk.agent(&case, once).await, Err(CaseworkError::AnsweredAlready)));
    });
}

#[test]
fn what_was_written_before_a_protocol_does_not_leave_unless_a_lead_says_so() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let case = desk.case(PLAIN).await;
        desk.agent(&case, answer("Ha, what a story!")).await.unwrap();
        assert_eq!(desk.leave().await, ["sending"]);
        desk.agent(&case, start(ProtocolKind::Threat)).await.unwrap();
        // The platform sent it back.
        desk.house.execute("UPDATE action SET state = 'ready' WHERE kind = 'reply'").await;
        assert_eq!(desk.leave().await, ["held"]);
        let id = desk.house.all::<(String,)>("SELECT id FROM action WHERE kind = 'reply'").await.remove(0).0;
        let again = |by: Actor, role: Role| {
            let casework = desk.casework.called(Caller { role: Some(role), ..Caller::default() });
            let (brand, id) = (case.brand_id.clone(), id.clone());
            async move { casework.settle(&brand, &id, None, Decision::Again, &by).await }
        };
        let no = again(agent(), Role::Agent).await;
        assert!(matches!(no, Err(CaseworkError::Refused(ref why)) if why.contains("lead")), "{no:?}");
        assert_eq!(desk.leave().await, ["held"]);
        again(lead(), Role::Lead).await.unwrap();
        assert_eq!(desk.leave().await, ["sending"]);
    });
}

#[test]
fn told_no_more_often_than_the_settings_say_and_not_of_history() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        desk.case(HARM).await;
        for _ in 0..30 {
            desk.house.clock.advance(Span::minutes(5));
            desk.casework.protocols_due().await.unwrap();
        }
        assert_eq!(desk.told().await, 13, "once, and twelve times again");
        let mut old = post("old", "piet", "told", -60 * 24, HARM);
        old["sample"] = true.into();
        desk.house.take(&[old]).await;
        assert_eq!(desk.told().await, 13);
    });
}

#[test]
fn a_troll_gets_one_answer_and_two_people_say_that_it_was_the_last() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let kind = ProtocolKind::Troll;
        let case = desk.case(PLAIN).await;
        assert!(desk.protocols().await.is_empty());
        desk.agent(&case, start(kind)).await.unwrap();
        desk.agent(&case, answer("Thanks for your view.")).await.unwrap();
        refused(desk.agent(&case, answer("And another one.")).await, "one answer");
        refused(desk.lead(&case, answer("And mine.")).await, "one answer");
        let (first, second) = ("no_further_reply", "no_further_reply_agreed");
        refused(desk.agent(&case, step(kind, second, "")).await, "first says");
        desk.agent(&case, step(kind, first, "insults only")).await.unwrap();
        refused(desk.agent(&case, step(kind, second, "")).await, "second person");
        // Nor is one of them what a token of a service does.
        let program = Actor { person: person(9), lead: true };
        refused(desk.act(&case, &program, Role::Service, step(kind, second, "")).await, "program");
        desk.lead(&case, step(kind, second, "")).await.unwrap();
        let owed = "SELECT COUNT(*) FROM obligation WHERE kind LIKE '%response' AND ended_at IS NULL";
        assert_eq!(desk.house.count(owed).await, 0, "nothing more is owed");
        desk.agent(&case, resolve()).await.unwrap();
    });
}

#[test]
fn what_was_declined_is_not_proposed_again_and_a_second_round_is_another_row() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let case = desk.case(PRESS).await;
        let kind = ProtocolKind::Press;
        let no = |reason: &str| Act::Protocol(ProtocolAct::Decline { kind, reason: reason.to_owned() });
        refused(desk.agent(&case, no(" ")).await, "reason");
        desk.agent(&case, no("a student paper")).await.unwrap();
        desk.house.take(&[post("again", "jan1", "t1", 1, PRESS)]).await;
        assert_eq!(desk.protocols().await, [("press".to_owned(), "declined".to_owned())]);
        desk.agent(&case, start(kind)).await.unwrap();
        refused(desk.agent(&case, start(kind)).await, "cannot take");
        assert_eq!(desk.protocols().await.len(), 2);
    });
}

#[test]
fn a_label_is_set_by_a_person_holds_for_a_time_and_goes_with_its_author() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let case = desk.case(PLAIN).await;
        let set = |label: Label, reason: &str, until: Option<Timestamp>| {
            Act::Label(LabelAct::Set { label, reason: reason.to_owned(), until })
        };
        refused(desk.agent(&case, set(Label::Vip, "", None)).await, "reason");
        let late = desk.house.clock_now().plus(Span::days(400));
        refused(desk.agent(&case, set(Label::Vip, "gold", Some(late))).await, "year");
        desk.agent(&case, set(Label::Vip, "goldencontract", None)).await.unwrap();
        desk.agent(&case, set(Label::Press, "writesforgazette", None)).await.unwrap();
        // Set anew it is one that holds, and one that ended.
        desk.agent(&case, set(Label::Vip, "goldencontract two", None)).await.unwrap();
        let holds = "SELECT COUNT(*) FROM author_label WHERE ended_at IS NULL";
        assert_eq!(desk.house.count(holds).await, 2);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM author_label").await, 3);
        // The row of the case itself does not change by it: level and score are triage's.
        let after = desk.house.cases().await.pop().unwrap();
        assert_eq!((after.level, after.urgency), (case.level, case.urgency));
        // What they write next has the protocol proposed; nobody else's.
        desk.house.take(&[post("next", "jan1", "t9", 1, "@acme where is it?")]).await;
        desk.house.take(&[post("other", "piet", "t8", 1, "@acme where is it?")]).await;
        let proposed: Vec<(String, String)> = desk.house.all("SELECT kind, origin FROM protocol").await;
        assert_eq!(proposed, [("press".to_owned(), "label".to_owned())]);
        refused(desk.agent(&case, Act::Label(LabelAct::End { label: Label::Troll })).await, "no such label");
        desk.agent(&case, Act::Label(LabelAct::End { label: Label::Vip })).await.unwrap();
        // Ninety days later none holds.
        desk.house.clock.advance(Span::days(91));
        desk.house.take(&[post("late", "jan1", "t7", 91 * 24 * 60, "@acme where is it?")]).await;
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM protocol").await, 1);
        // Exported with the person, and erased with them.
        let privacy = crate::privacy::privacy(&desk.house);
        let export = privacy.export("jan1").await.unwrap();
        let text = format!("{export:?}");
        assert!(text.contains("writesforgazette") && text.contains("vip"), "{text}");
        privacy.erase("jan1", false, &By::Command).await.unwrap();
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM author_label").await, 0);
        let left = crate::privacy::everything(&desk.house).await;
        assert!(!String::from_utf8_lossy(&left).contains("writesforgazette"));
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM protocol WHERE open = 1").await, 0);
    });
}

#[test]
fn no_label_has_a_protocol_proposed_that_would_lower_a_p1() {
    on_each(|house| async move {
        let desk = Desk::open(house);
        let case = desk.case(PLAIN).await;
        let troll = Act::Label(LabelAct::Set { label: Label::Troll, reason: "insults".into(), until: None });
        desk.agent(&case, troll).await.unwrap();
        desk.house
            .take(&[post("p1", "jan1", "t9", 1, "@acme smoke and flames come out of my charger, help!")])
            .await;
        let urgent = desk.house.cases().await.into_iter().find(|c| c.level == 1);
        assert!(urgent.is_some(), "the text is a P1");
        assert!(desk.protocols().await.is_empty(), "who provokes and is in danger is in danger");
        desk.house.take(&[post("p5", "jan1", "t8", 1, "@acme where is my parcel, fools?")]).await;
        assert_eq!(desk.protocols().await, [("troll".to_owned(), "proposed".to_owned())]);
    });
}
