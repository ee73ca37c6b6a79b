//! A customer of another platform who gave a mail address is written to by the brand's mailbox, and what they answer
//! by mail stands in the same case.

use crate::account::Fake;
use crate::harness::{House, START, on_each, person, post};
use crate::mail::{BOX, below, mail, take};
use crate::private::private;
use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use webcared::answering::AnswerDeliver;
use webcared::casework::{Act, Actor, Answer, Answers, Casework, CaseworkError, Given, Handed, PrivateAct};
use webcared::clock::Chance;
use webcared::domain::audit::Caller;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::post::RawAuthor;
use webcared::domain::reply::{Counting, Limits};
use webcared::domain::role::Role;
use webcared::domain::time::{Span, Timestamp};
use webcared::outbox::Worker;
use webcared::sources::private::{Private, Reach};
use webcared::sources::reply::{Composed, Draft, Outgoing, PostRef, Reply};
use webcared::sources::{Account, Accounts, Source};

/// A mailbox that keeps a ledger of what it sent.
#[derive(Default)]
struct Mailbox {
    sent: Mutex<Vec<Outgoing>>,
}

impl Source for Mailbox {
    fn name(&self) -> &str {
        "care"
    }

    fn kind(&self) -> &'static str {
        "mail"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        None
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }

    fn private(&self) -> Option<&dyn Private> {
        Some(self)
    }
}

const LIMITS: Limits = Limits { text_max: 20_000, counting: Counting::Scalars, bytes_max: None };

#[async_trait]
impl Reply for Mailbox {
    fn credential(&self) -> &str {
        "email:care@acme.example"
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: BOX.into(), handle: Some(BOX.into()), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        "email"
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn new_key(&self, _made_at: Timestamp, chance: u64) -> String {
        format!("{chance:x}")
    }

    fn expected_id(&self, key: &str) -> Option<String> {
        Some(format!("wc.{key}@acme.example"))
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let measure = LIMITS.measure(&draft.text);
        Composed { text: draft.text.clone(), visibility: "direct".into(), measure, refused: None }
    }

    async fn send(&self, out: &Outgoing) -> Outcome {
        self.sent.lock().unwrap().push(out.clone());
        Outcome::Done { remote_id: format!("wc.{}@acme.example", out.key), at: None }
    }

    async fn look(&self, _out: &Outgoing) -> Looked {
        Looked::Person { evidence: "mail cannot be asked after".into() }
    }
}

#[async_trait]
impl Private for Mailbox {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn way_in(&self) -> Option<String> {
        Some(BOX.into())
    }

    fn to_address(&self, address: &str) -> Option<PostRef> {
        let reads = address.contains('@') && address != BOX && !address.starts_with("no-reply");
        reads.then(|| PostRef {
            authority: BOX.into(),
            author_id: address.to_owned(),
            visibility: "direct".into(),
            ..PostRef::default()
        })
    }

    async fn reachable(&self, _to: &PostRef) -> Reach {
        Reach::Open
    }

    fn compose(&self, draft: &Draft) -> Composed {
        Reply::compose(self, draft)
    }

    fn expected_id(&self, key: &str) -> Option<String> {
        Reply::expected_id(self, key)
    }

    async fn send(&self, out: &Outgoing) -> Outcome {
        Reply::send(self, out).await
    }

    async fn look(&self, out: &Outgoing) -> Looked {
        Reply::look(self, out).await
    }
}

struct Post {
    house: House,
    mailbox: Arc<Mailbox>,
    workers: Vec<Worker>,
    casework: Casework,
}

impl Post {
    /// A public case of Jan whose platform lets nobody write in private but an offer was made, and who came.
    async fn open(house: House, said: &str) -> Self {
        let (fake, mailbox) = (Fake::new(house.clock_now()), Arc::new(Mailbox::default()));
        fake.ledger.lock().unwrap().text_max = 500;
        let accounts = Accounts::default();
        let brand = Some("Acme".to_owned());
        accounts.set(vec![
            Account { source: fake.clone(), brand: brand.clone() },
            Account { source: mailbox.clone(), brand },
        ]);
        let casework = house.casework.clone().answering(Answers { accounts, undo: Span::ZERO });
        let (db, clock, mint) = (house.db.clone(), house.clock.clone(), house.mint.clone());
        let sources: [Arc<dyn Source>; 2] = [fake.clone(), mailbox.clone()];
        let worker = |source: Arc<dyn Source>| {
            let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint.clone(), source).unwrap();
            Worker::new(db.clone(), clock.clone(), Chance::seeded(3), "run_test".into(), Arc::new(deliver))
        };
        let workers = sources.into_iter().map(worker).collect();
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let desk = Self { house, mailbox, workers, casework };
        let case = desk.house.case(1).await;
        desk.casework.ask_reach(&case.brand_id, &case.id, &agent()).await.unwrap();
        desk.act(Act::Private(PrivateAct::Offer { text: String::new(), again: false })).await.unwrap();
        desk.settle().await;
        let minutes = desk.minutes();
        desk.house.take(&[private("p1", "jan", "talk", minutes, said)]).await;
        desk
    }

    fn minutes(&self) -> i64 {
        self.house.clock_now().since(START).millis() / 60_000 + 1
    }

    async fn act(&self, act: Act) -> Result<(), CaseworkError> {
        let case = self.house.case(1).await;
        self.casework.act(&case.brand_id, &case.id, case.version, &agent(), act).await.map(|_| ())
    }

    async fn settle(&self) {
        self.house.clock.advance(Span::minutes(2));
        for worker in &self.workers {
            while worker.run_once().await.unwrap() > 0 {}
        }
        while self.house.intake.run_once(500).await.unwrap() > 0 {}
    }

    async fn addresses(&self) -> Vec<Given> {
        let case = self.house.case(1).await;
        self.casework.private_ready(&case.brand_id, &case.id, &agent()).await.unwrap().addresses
    }

    async fn by_mail(&self, key: &str) -> Result<(), CaseworkError> {
        self.act(Act::Answer(Answer {
            text: "Here we are, by mail.".into(),
            handed: Handed::Private,
            by_mail: Some(key.to_owned()),
            ..Answer::default()
        }))
        .await
    }
}

fn agent() -> Actor {
    Actor { person: person(1), lead: false }
}

const GAVE: &str = "You can mail me at Jan@Home.example, my number is in there";

#[test]
fn an_address_given_in_private_is_written_to_and_the_answer_joins_the_case() {
    on_each(|house| async move {
        let desk = Post::open(house, GAVE).await;
        let given = desk.addresses().await;
        assert_eq!(given.len(), 1);
        assert_eq!(given[0].shown, "j•••@home.example");
        let reader = desk.casework.called(Caller { role: Some(Role::Auditor), ..Caller::default() });
        let case = desk.house.case(1).await;
        let read = reader.private_ready(&case.brand_id, &case.id, &agent()).await.unwrap();
        assert!(read.addresses.is_empty(), "who may not write to it is told nothing");
        desk.by_mail(&given[0].key).await.unwrap();
        desk.settle().await;
        let sent = desk.mailbox.sent.lock().unwrap().clone();
        assert_eq!(sent.len(), 1, "sent once");
        assert_eq!(sent[0].to.author_id, "jan@home.example");
        assert_eq!(sent[0].to.external_id, "", "it stands below nothing");
        let codes: Vec<(String,)> = desk.house.all("SELECT code FROM handover").await;
        let subject = sent[0].to.letter.clone().unwrap().subject;
        assert_eq!(subject, format!("Acme {}", codes[0].0));
        let ours = format!("wc.{}@acme.example", sent[0].key);
        // The address is personal: it stands with the person's content, and in nothing that tells of the act.
        let kept = "SELECT COUNT(*) FROM content c JOIN author a ON a.id = c.subject
            WHERE c.kind = 'reply_to' AND c.body = 'jan@home.example' AND a.external_id = 'jan'";
        assert_eq!(desk.house.count(kept).await, 1);
        // By it they are found, whoever asks to be forgotten by mail.
        let found = crate::privacy::privacy(&desk.house).preview("Jan@Home.example").await.unwrap();
        assert_eq!(found.cases, ["Acme #1"]);
        for sql in [
            "SELECT COUNT(*) FROM action WHERE payload LIKE '%home.example%'",
            "SELECT COUNT(*) FROM case_event WHERE body LIKE '%home.example%'",
        ] {
            assert_eq!(desk.house.count(sql).await, 0, "{sql}");
        }
        // What comes back by mail, from an address that nobody here has heard of, answers our mail.
        let answer = mail("r1", "jan@home.example", desk.minutes(), "Thank you, and where is it now?");
        take(&desk.house, &[below(answer, &ours, &ours, &[])]).await;
        let cases = desk.house.cases().await;
        assert_eq!(cases.len(), 1, "one case holds it all");
        let of_case = "SELECT COUNT(*) FROM mention m JOIN judgement g ON g.mention_id = m.id
            JOIN cases k ON k.id = g.case_id WHERE m.platform = 'email' AND k.number = 1";
        assert_eq!(desk.house.count(of_case).await, 1);
        let merged = "SELECT COUNT(*) FROM conversation_event WHERE kind = 'merge' AND evidence = 'reply'";
        assert!(desk.house.count(merged).await >= 1);
        assert_eq!(desk.house.count("SELECT COUNT(*) FROM handover_join").await, 0, "nobody is asked");
    });
}

#[test]
fn a_mail_that_only_holds_the_code_is_proposed_and_never_joined_unasked() {
    on_each(|house| async move {
        let desk = Post::open(house, GAVE).await;
        let given = desk.addresses().await;
        desk.by_mail(&given[0].key).await.unwrap();
        desk.settle().await;
        let codes: Vec<(String,)> = desk.house.all("SELECT code FROM handover").await;
        let words = format!("My code is {}, where is it?", codes[0].0);
        take(&desk.house, &[mail("r2", "jan@home.example", desk.minutes(), &words)]).await;
        assert_eq!(desk.house.cases().await.len(), 2);
        let proposed = "SELECT COUNT(*) FROM handover_join WHERE state = 'proposed' AND evidence = 'code'";
        assert_eq!(desk.house.count(proposed).await, 1);
    });
}

#[test]
fn what_is_nobodys_or_our_own_or_said_in_public_is_not_offered() {
    on_each(|house| async move {
        let desk = Post::open(house, "I wrote to care@acme.example and no-reply@shop.example before").await;
        assert!(desk.addresses().await.is_empty());
        let minutes = desk.minutes();
        let public = post("m2", "jan", "t1", minutes, "@acme mail me at jan@public.example");
        desk.house.take(&[public]).await;
        assert!(desk.addresses().await.is_empty(), "what all can read is not used");
        let refused = desk.by_mail("men_x:0").await.unwrap_err();
        assert!(refused.to_string().contains("no such address"), "{refused}");
        // By mail goes only a private word.
        let wanted = Answer { text: "x".into(), by_mail: Some("men_x:0".into()), ..Answer::default() };
        let refused = desk.act(Act::Answer(wanted)).await.unwrap_err();
        assert!(refused.to_string().contains("in private"), "{refused}");
        assert!(desk.mailbox.sent.lock().unwrap().is_empty());
    });
}

#[test]
fn what_somebody_else_in_the_talk_gives_is_not_offered() {
    on_each(|house| async move {
        let desk = Post::open(house, GAVE).await;
        desk.house.clock.advance(Span::minutes(2));
        let mut other =
            private("p2", "eve", "talk", desk.minutes(), "@acme rather mail me at eve@away.example");
        other["in_reply_to"] = "p1".into();
        desk.house.take(&[other]).await;
        let told = "SELECT COUNT(*) FROM mention m JOIN judgement g ON g.mention_id = m.id
            JOIN cases k ON k.id = g.case_id WHERE m.external_id = 'p2' AND k.number = 1";
        assert_eq!(desk.house.count(told).await, 1, "it stands in the talk of the case");
        let shown: Vec<String> = desk.addresses().await.into_iter().map(|a| a.shown).collect();
        assert_eq!(shown, ["j•••@home.example"]);
    });
}

#[test]
fn an_address_that_was_edited_since_it_was_chosen_is_not_written_to() {
    on_each(|house| async move {
        let desk = Post::open(house, GAVE).await;
        let chosen = desk.addresses().await.remove(0).key;
        let minutes = desk.minutes();
        desk.house.clock.advance(Span::minutes(3));
        let mut edit = private("p1", "jan", "talk", minutes, "You can mail me at jan@work.example");
        edit["edited_at"] = START.plus(Span::minutes(minutes + 1)).rfc3339().into();
        desk.house.take(&[edit]).await;
        assert_eq!(desk.addresses().await[0].shown, "j•••@work.example");
        assert!(desk.by_mail(&chosen).await.unwrap_err().to_string().contains("no such address"));
    });
}
