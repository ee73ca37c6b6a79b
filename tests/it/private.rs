//! Into a private channel: asked before it is offered, offered once, waited for, answered in private, and
//! ended where nobody comes.

use crate::account::{Fake, Mood};
use crate::harness::{House, START, on_each, person, post};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::sync::Arc;
use webcared::answering::AnswerDeliver;
use webcared::casework::{
    Act, Actor, Answer, Answers, Casework, CaseworkError, Handed, PrivateAct, Promising,
};
use webcared::clock::Chance;
use webcared::domain::template::{Template, TemplateKind};
use webcared::domain::time::Span;
use webcared::outbox::Worker;
use webcared::reports::leads::{AskLeads, leads};
use webcared::reports::period::Period;
use webcared::sources::private::Reach;
use webcared::store::handover::HandoverRow;
use webcared::store::rows::{ActionRow, CaseRow};
use webcared::store::{leading, leading_more};

const HELP: &str = "@acme my parcel never arrived, please help me";

/// A house with an account that talks in private, and one open case of Jan.
pub struct Desk {
    pub house: House,
    pub fake: Arc<Fake>,
    pub worker: Worker,
    pub casework: Casework,
}

impl Desk {
    pub async fn open(house: House) -> Self {
        let fake = Fake::new(house.clock_now());
        fake.ledger.lock().unwrap().text_max = 500;
        let answers = Answers { accounts: fake.accounts(), undo: Span::ZERO };
        let casework = house.casework.clone().answering(answers);
        let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint, fake.clone()).unwrap();
        let worker = Worker::new(db, clock, Chance::seeded(3), "run_test".into(), Arc::new(deliver));
        house.take(&[post("m1", "jan", "t1", 0, HELP)]).await;
        Self { house, fake, worker, casework }
    }

    pub async fn act_as(&self, n: i64, who: u8, lead: bool, act: Act) -> Result<CaseRow, CaseworkError> {
        let case = self.house.case(n).await;
        let actor = Actor { person: person(who), lead };
        self.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await
    }

    pub async fn act(&self, n: i64, act: Act) -> Result<CaseRow, CaseworkError> {
        self.act_as(n, 1, false, act).await
    }

    pub async fn private(&self, n: i64, act: PrivateAct) -> Result<CaseRow, CaseworkError> {
        self.act(n, Act::Private(act)).await
    }

    pub async fn ask(&self, n: i64) -> Result<CaseRow, CaseworkError> {
        let case = self.house.case(n).await;
        let actor = Actor { person: person(1), lead: false };
        self.casework.ask_reach(&case.brand_id, &case.id, &actor).await
    }

    pub async fn offer(&self, n: i64) {
        self.ask(n).await.unwrap();
        self.private(n, offer("")).await.unwrap();
        self.settle(Span::seconds(1)).await;
    }

    pub async fn say(&self, n: i64, text: &str) -> Result<CaseRow, CaseworkError> {
        let answer = Answer { text: text.into(), handed: Handed::Private, ..Answer::default() };
        self.act(n, Act::Answer(answer)).await
    }

    /// Lets time pass, the worker work and intake take in what came of it.
    pub async fn settle(&self, by: Span) {
        self.house.clock.advance(by);
        self.fake.ledger.lock().unwrap().now = self.house.clock_now();
        while self.worker.run_once().await.unwrap() > 0 {}
        while self.house.intake.run_once(500).await.unwrap() > 0 {}
    }

    /// Lets time pass, and what is due in hand-overs be done.
    pub async fn wait(&self, by: Span) {
        self.settle(by).await;
        while self.casework.handovers_due().await.unwrap() > 0 {}
        self.settle(Span::seconds(1)).await;
    }

    pub async fn way(&self, n: i64) -> HandoverRow {
        let case = self.house.case(n).await;
        let all: Vec<HandoverRow> = self.house.all("SELECT * FROM handover").await;
        all.into_iter().find(|h| h.case_id == case.id).unwrap()
    }

    pub async fn kinds(&self, n: i64) -> Vec<String> {
        let case = self.house.case(n).await;
        let events = self.house.events().await;
        events.into_iter().filter(|e| e.case_id == case.id).map(|e| e.kind).collect()
    }

    pub async fn actions(&self) -> Vec<ActionRow> {
        self.house.all("SELECT * FROM action WHERE kind = 'reply' ORDER BY created_at, id").await
    }

    pub async fn waits(&self, n: i64, kind: &str) -> Vec<(String, Option<String>)> {
        let case = self.house.case(n).await;
        let clocks = self.house.clocks().await;
        let of = clocks.into_iter().filter(|o| o.case_id == case.id && o.kind == kind);
        of.map(|o| (o.state, o.ended_by)).collect()
    }

    /// Gives the brand texts.
    pub async fn texts(&self, templates: Vec<Template>, link: Option<&str>) {
        let mut catalogue = (*self.house.current.get()).clone();
        let watched = catalogue.brands.iter_mut().find(|w| w.id == self.house.brand_id).unwrap();
        watched.brand.templates = templates;
        watched.brand.private_link = link.map(ToOwned::to_owned);
        self.house.current.set(catalogue);
    }

    pub fn minutes(&self) -> i64 {
        self.house.clock_now().since(START).millis() / 60_000 + 1
    }
}

pub fn offer(text: &str) -> PrivateAct {
    PrivateAct::Offer { text: text.into(), again: false }
}

/// A private message in a talk of its own.
pub fn private(id: &str, author: &str, talk: &str, minutes: i64, text: &str) -> Value {
    let mut said = post(id, author, talk, minutes, text);
    said["private"] = json!(true);
    said["visibility"] = json!("direct");
    said["mentions"] = json!(["acme"]);
    said
}

pub fn at_desk<F, Fut>(test: F)
where
    F: Fn(Desk) -> Fut + Copy,
    Fut: Future<Output = ()>,
{
    on_each(|house| async move { test(Desk::open(house).await).await });
}

#[test]
fn the_offer_is_asked_for_first_and_is_the_public_answer() {
    at_desk(|desk| async move {
        let early = desk.private(1, offer("")).await.unwrap_err();
        assert!(early.to_string().contains("ask first"), "{early}");
        assert!(desk.fake.posted().is_empty());
        desk.ask(1).await.unwrap();
        assert_eq!(desk.fake.ledger.lock().unwrap().asked, ["jan"]);
        let way = desk.way(1).await;
        assert_eq!((way.reach.as_str(), way.state.as_str()), ("open", ""));
        let case = desk.private(1, offer("")).await.unwrap();
        assert_eq!(case.state, "working", "it stands nowhere yet");
        desk.settle(Span::seconds(1)).await;
        let posted = desk.fake.posted();
        assert_eq!(posted.len(), 1);
        let text = &posted[0].text;
        assert!(text.starts_with("@jan@toot.example Hi jan,") && text.contains(&way.code), "{text}");
        assert!(text.contains("https://toot.example/@acme"), "{text}");
        let case = desk.house.case(1).await;
        assert_eq!(case.state, "waiting_private");
        let way = desk.way(1).await;
        assert_eq!(way.state, "offered");
        assert_eq!(way.next_at, way.offered_at.map(|at| at + Span::hours(24).millis()));
        assert_eq!(desk.waits(1, "first_response").await[0].0, "kept");
        for kind in ["first_resolution", "total_resolution"] {
            assert_eq!(desk.waits(1, kind).await[0].0, "held", "{kind}");
        }
        let twice = desk.private(1, offer("")).await.unwrap_err();
        assert!(matches!(twice, CaseworkError::AnsweredAlready), "{twice}");
        // What the connector said holds for a quarter of an hour.
        desk.settle(Span::minutes(16)).await;
        let again = PrivateAct::Offer { text: "Please come in".into(), again: true };
        assert!(desk.private(1, again.clone()).await.unwrap_err().to_string().contains("ask first"));
        desk.ask(1).await.unwrap();
        desk.private(1, again).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.fake.posted().len(), 2);
    });
}

#[test]
fn where_there_is_no_way_in_the_brands_own_is_named_or_a_person_does_it() {
    at_desk(|desk| async move {
        let blocked = Reach::Nobody { why: "they have blocked this account".into() };
        desk.fake.ledger.lock().unwrap().reach = Some(blocked);
        desk.ask(1).await.unwrap();
        let refused = desk.private(1, offer("")).await.unwrap_err().to_string();
        assert!(refused.contains("they have blocked this account"), "{refused}");
        desk.texts(Vec::new(), Some("https://acme.example/contact")).await;
        desk.ask(1).await.unwrap();
        assert_eq!(desk.way(1).await.reach, "link");
        desk.private(1, offer("")).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert!(desk.fake.posted()[0].text.contains("https://acme.example/contact"));
        // A platform without anything of the kind.
        desk.house.take(&[post("m2", "piet", "t2", desk.minutes(), HELP)]).await;
        desk.fake.ledger.lock().unwrap().reach = None;
        desk.texts(Vec::new(), None).await;
        desk.ask(2).await.unwrap();
        assert_eq!(desk.way(2).await.reach, "none");
        assert!(desk.private(2, offer("")).await.is_err());
        assert!(matches!(desk.say(2, "hello").await, Err(CaseworkError::Refused(_))));
        let by_phone = PrivateAct::ByHand { note: "by telephone".into() };
        assert_eq!(desk.private(2, by_phone).await.unwrap().state, "waiting_private");
        assert_eq!(desk.way(2).await.state, "by_hand");
        desk.private(2, PrivateAct::Close).await.unwrap();
        assert_eq!(desk.way(2).await.state, "closed");
        assert_eq!(desk.fake.posted().len(), 1);
    });
}

#[test]
fn an_offer_speaks_the_customers_language_and_holding_words_are_sent_by_a_person() {
    at_desk(|desk| async move {
        let text = |kind, language: &str, text: &str| Template {
            kind,
            language: Some(language.into()),
            text: text.into(),
            ..Template::default()
        };
        desk.texts(
            vec![
                text(TemplateKind::Offer, "en", "In private please, {name}: {link} ({code})"),
                text(TemplateKind::Holding, "fr", "Merci {name}, nous répondons demain à 9 h."),
            ],
            None,
        )
        .await;
        let klacht =
            "@acme mijn pakket is nog steeds niet aangekomen, wat is hier aan de hand en wie helpt mij?";
        let plainte = "@acme mon colis n'est toujours pas arrivé, qui peut m'aider s'il vous plaît ?";
        let mut posts = [post("m2", "piet", "t2", 0, klacht), post("m3", "luc", "t3", 0, plainte)];
        posts[0]["lang"] = json!("nl");
        posts[1]["lang"] = json!("fr");
        desk.house.take(&posts).await;
        desk.offer(1).await;
        desk.offer(2).await;
        let posted = desk.fake.posted();
        assert!(posted[0].text.contains("In private please, jan:"), "{}", posted[0].text);
        assert!(posted[1].text.contains("Hoi piet, we helpen je graag"), "{}", posted[1].text);
        let none = desk
            .private(1, PrivateAct::Holding { again: false, promise: Promising::Unasked })
            .await
            .unwrap_err();
        assert!(none.to_string().contains("no holding words"), "{none}");
        desk.private(3, PrivateAct::Holding { again: false, promise: Promising::Unasked }).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert!(desk.fake.posted()[2].text.ends_with("Merci luc, nous répondons demain à 9 h."));
        assert!(desk.kinds(3).await.contains(&"holding_sent".to_owned()));
        // What they say is a promise, though nobody could be asked: tomorrow at nine.
        let promised: Vec<(i64,)> =
            desk.house.all("SELECT due_at FROM obligation WHERE kind = 'promise' AND ended_at IS NULL").await;
        assert_eq!(promised.len(), 1, "{promised:?}");
        assert_eq!(desk.house.case(3).await.state, "waiting_customer");
        // Reports count them apart from substantive answers.
        desk.house.advance(Span::minutes(5)).await;
        let tomorrow = START.plus(Span::days(1));
        let ask = AskLeads::last(Period::Daily, Vec::new(), &TimeZone::UTC, tomorrow).unwrap();
        let made = leads(&desk.house.db, &ask, tomorrow).await.unwrap();
        assert_eq!(made.holding_answers, 1, "{made:?}");
        assert_eq!(made.on_time_substantive_permille, Some(1000), "{made:?}");
        let (from, to) = ask.span().unwrap();
        let listed = async |what: &'static str| {
            let read = desk.house.db.read("a test", move |tx| {
                Box::pin(async move {
                    let of = leading::Span { brands: &[], from, to, now: tomorrow };
                    leading_more::cases(tx, of, what, 10).await
                })
            });
            read.await.unwrap().into_iter().map(|(_, number)| number).collect::<Vec<_>>()
        };
        assert_eq!(listed("holding").await, [3]);
        assert_eq!(listed("substantive").await, [1, 2]);
    });
}

#[test]
fn the_private_talk_is_answered_in_private_and_keeps_its_own_promises() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        let at = desk.minutes();
        desk.house.clock.advance(Span::minutes(2));
        desk.house.take(&[private("p1", "jan", "chat-jan", at, "Here I am, it is order AB-12345")]).await;
        assert_eq!(desk.house.cases().await.len(), 1, "the same case");
        let case = desk.house.case(1).await;
        assert_eq!((case.state.as_str(), case.private), ("working", 0));
        assert_eq!(desk.way(1).await.state, "linked");
        assert_eq!(desk.waits(1, "next_response").await[0].0, "running");
        assert_eq!(desk.waits(1, "first_resolution").await[0].0, "running", "the customer came");
        let offered = desk.private(1, offer("")).await.unwrap_err();
        assert!(offered.to_string().contains("in private already"), "{offered}");
        // An answer to a private message goes to it, whatever box it was typed in; data may stand there.
        let text = "We send AB-12345 again to jan@example.org".to_owned();
        desk.act(1, Act::Answer(Answer { text: text.clone(), ..Answer::default() })).await.unwrap();
        desk.settle(Span::seconds(5)).await;
        let posted = desk.fake.posted();
        assert_eq!((posted[1].text.as_str(), posted[1].visibility.as_str()), (text.as_str(), "direct"));
        assert_eq!(posted[1].to, "p1");
        assert_eq!(desk.waits(1, "next_response").await[0].0, "kept");
        assert_eq!(desk.house.case(1).await.state, "waiting_customer");
        let twice = Answer { text: "and once more".into(), ..Answer::default() };
        let twice = desk.act(1, Act::Answer(twice)).await.unwrap_err();
        assert!(matches!(twice, CaseworkError::AnsweredAlready), "{twice}");
        assert!(matches!(desk.say(1, "and once more").await, Err(CaseworkError::AnsweredAlready)));
        // The customer goes on in the same talk; the case ends, and the hand-over with it.
        let at = desk.minutes();
        desk.house.clock.advance(Span::minutes(2));
        desk.house.take(&[private("p2", "jan", "chat-jan", at, "it has arrived")]).await;
        assert_eq!(desk.house.cases().await.len(), 1);
        desk.act(1, Act::Resolve { reason: "sent again".into(), ending: None }).await.unwrap();
        assert_eq!(desk.way(1).await.state, "closed");
        let kinds = desk.kinds(1).await;
        let walk = [
            "private_asked",
            "private_offer_queued",
            "private_offered",
            "private_opened",
            "private_linked",
            "private_closed",
        ];
        let seen: Vec<&str> = kinds.iter().map(String::as_str).filter(|k| walk.contains(k)).collect();
        assert_eq!(seen, walk, "on the timeline, in this order: {kinds:?}");
    });
}

#[test]
fn who_can_be_reached_may_be_written_to_at_once() {
    at_desk(|desk| async move {
        desk.say(1, "May we have your order number?").await.unwrap();
        desk.settle(Span::seconds(5)).await;
        assert_eq!(desk.fake.posted()[0].visibility, "direct");
        assert_eq!(desk.house.case(1).await.state, "waiting_private");
        assert_eq!(desk.way(1).await.state, "offered");
        assert_eq!(desk.waits(1, "first_response").await[0].0, "kept", "an answer in private is an answer");
        // What they write back in that talk answers our private word, without code and without asking.
        let at = desk.minutes();
        desk.house.clock.advance(Span::minutes(2));
        desk.house.take(&[private("p1", "jan", "chat-jan", at, "It is 4711")]).await;
        assert_eq!((desk.house.cases().await.len(), desk.way(1).await.state.as_str()), (1, "linked"));
        let merges: Vec<(String, String)> =
            desk.house.all("SELECT kind, evidence FROM conversation_event").await;
        assert_eq!(merges, [("merge".to_owned(), "reply".to_owned())]);
    });
}

#[test]
fn one_reminder_then_the_wait_ends_without_result() {
    at_desk(|desk| async move {
        let reminder = Template {
            kind: TemplateKind::Reminder,
            text: "We are still here: {link}".into(),
            ..Template::default()
        };
        desk.texts(vec![reminder], None).await;
        desk.offer(1).await;
        desk.wait(Span::hours(23)).await;
        assert_eq!(desk.fake.posted().len(), 1);
        desk.wait(Span::hours(1)).await;
        desk.wait(Span::hours(24)).await;
        let posted = desk.fake.posted();
        assert_eq!(posted.len(), 2, "once");
        assert!(posted[1].text.contains("We are still here"), "{}", posted[1].text);
        let counts: Vec<(i64,)> = desk.house.all("SELECT counts FROM own_post ORDER BY posted_at").await;
        assert_eq!(counts, [(1,), (0,)], "what goes by itself is no answer");
        assert_eq!(desk.house.case(1).await.state, "waiting_private");
        desk.wait(Span::hours(24)).await;
        let case = desk.house.case(1).await;
        assert_eq!((case.state.as_str(), case.ended_why.as_deref()), ("resolved", Some("lapsed")));
        assert_eq!(desk.way(1).await.state, "lapsed");
        for kind in ["first_resolution", "total_resolution"] {
            assert_eq!(
                desk.waits(1, kind).await,
                [("lapsed".to_owned(), Some("lapsed".to_owned()))],
                "{kind}"
            );
        }
        assert_eq!(desk.waits(1, "first_response").await[0].0, "kept");
        assert_eq!(desk.fake.posted().len(), 2);
        assert_eq!(desk.casework.handovers_due().await.unwrap(), 0, "nothing is due any more");
    });
}

#[test]
fn a_customer_who_comes_late_opens_the_case_again() {
    at_desk(|desk| async move {
        desk.offer(1).await;
        let code = desk.way(1).await.code;
        desk.wait(Span::hours(73)).await;
        assert_eq!(desk.house.case(1).await.state, "resolved");
        let at = desk.minutes();
        desk.house.clock.advance(Span::minutes(2));
        desk.house.take(&[private("p1", "jan", "chat-jan", at, &format!("sorry, {code}"))]).await;
        assert_eq!(desk.house.cases().await.len(), 1);
        assert_eq!(desk.house.case(1).await.state, "new");
        assert_eq!(desk.way(1).await.state, "linked");
    });
}

#[test]
fn an_offer_that_could_not_be_made_leaves_all_as_it_was() {
    at_desk(|desk| async move {
        desk.ask(1).await.unwrap();
        desk.fake.mood(Mood::Refuses);
        desk.private(1, offer("")).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.actions().await[0].state, "refused");
        assert_eq!(
            (desk.house.case(1).await.state.as_str(), desk.way(1).await.state.as_str()),
            ("working", "")
        );
        assert_eq!(desk.waits(1, "first_response").await[0].0, "running");
        // It may be tried again, and one of which nobody knows is looked for and not said twice.
        desk.fake.mood(Mood::PostsAndIsSilent);
        desk.private(1, offer("")).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        desk.fake.mood(Mood::Fine);
        desk.settle(Span::seconds(10)).await;
        assert_eq!(desk.fake.posted().len(), 1);
        assert_eq!(desk.house.case(1).await.state, "waiting_private");
    });
}

#[test]
fn what_a_customer_does_not_want_is_waited_for_no_longer() {
    at_desk(|desk| async move {
        let h = &desk.house;
        desk.private(1, PrivateAct::Propose).await.unwrap();
        assert_eq!(desk.way(1).await.state, "proposed");
        desk.offer(1).await;
        assert_eq!(
            (desk.way(1).await.state.as_str(), h.case(1).await.state.as_str()),
            ("offered", "waiting_private")
        );
        desk.private(1, PrivateAct::Propose).await.unwrap_err();
        let held = "SELECT COUNT(*) FROM obligation WHERE held_since IS NOT NULL";
        assert!(h.count(held).await > 0);
        let refuse = || PrivateAct::Refuse { note: "would rather stay here".into() };
        desk.private(1, refuse()).await.unwrap();
        let way = desk.way(1).await;
        assert_eq!((way.state.as_str(), way.next_at), ("refused", None), "nobody is reminded");
        assert!(matches!(h.case(1).await.state.as_str(), "new" | "working"));
        assert_eq!(h.count(held).await, 0, "the clocks run on");
        assert!(desk.kinds(1).await.contains(&"private_refused".to_owned()));
        desk.private(1, refuse()).await.unwrap_err();
        desk.wait(Span::days(4)).await;
        assert_eq!(desk.way(1).await.state, "refused", "nor does it lapse");
        // They may be asked again.
        desk.ask(1).await.unwrap();
        desk.private(1, PrivateAct::Offer { text: String::new(), again: true }).await.unwrap();
        desk.settle(Span::seconds(1)).await;
        assert_eq!(desk.way(1).await.state, "offered");
    });
}
