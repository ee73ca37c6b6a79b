//! An account on a platform of the tests' own, with a ledger that nobody but the platform writes.

use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::enclosed::FileLimits;
use webcared::domain::post::RawAuthor;
use webcared::domain::reply::{Counting, Limits, signed};
use webcared::domain::time::Timestamp;
use webcared::domain::window::WindowRule;
use webcared::sources::private::{Private, Reach};
use webcared::sources::reply::{Composed, Draft, Measure, Outgoing, PostRef, Reply};
use webcared::sources::{Account, Accounts, Source};

/// What the platform does with the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Posts it and says so.
    Fine,
    /// Posts it, and the answer is lost.
    PostsAndIsSilent,
    /// Does not post it, and the answer is lost.
    DropsAndIsSilent,
    /// Says no.
    Refuses,
    /// Was never reached.
    Unreachable,
}

/// One message as the platform has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub id: String,
    pub key: String,
    pub text: String,
    pub to: String,
    pub visibility: String,
    /// Name, description and bytes of each file.
    pub files: Vec<(String, String, Vec<u8>)>,
}

#[derive(Debug)]
pub struct Ledger {
    pub posted: Vec<Posted>,
    pub measures: Vec<(Measure, String)>,
    pub mood: Mood,
    pub now: Timestamp,
    /// What a look says when the message does not stand there.
    pub absent: Looked,
    /// How people can be reached in private; `None` is a platform without.
    pub reach: Option<Reach>,
    /// Of whom that was asked.
    pub asked: Vec<String>,
    /// The longest public text.
    pub text_max: usize,
    /// How long after a private message of theirs people may be written to.
    pub window: Option<WindowRule>,
    /// How words begin that may go when it is closed; empty is none.
    pub approved: String,
    /// The next call waits here before it posts anything.
    pub gate: Option<Arc<Notify>>,
}

/// The account of Acme.
pub struct Fake {
    pub ledger: Arc<Mutex<Ledger>>,
}

impl Fake {
    pub fn new(now: Timestamp) -> Arc<Self> {
        let absent = Looked::Person { evidence: "not found".into() };
        let ledger = Ledger {
            posted: vec![],
            measures: vec![],
            mood: Mood::Fine,
            now,
            absent,
            reach: Some(Reach::Open),
            asked: vec![],
            text_max: 100,
            window: None,
            approved: String::new(),
            gate: None,
        };
        Arc::new(Self { ledger: Arc::new(Mutex::new(ledger)) })
    }

    pub fn accounts(self: &Arc<Self>) -> Accounts {
        let accounts = Accounts::default();
        accounts.set(vec![Account { source: self.clone(), brand: Some("Acme".into()) }]);
        accounts
    }

    pub fn mood(&self, mood: Mood) {
        self.ledger.lock().unwrap().mood = mood;
    }

    pub fn posted(&self) -> Vec<Posted> {
        self.ledger.lock().unwrap().posted.clone()
    }
}

impl Source for Fake {
    fn name(&self) -> &str {
        "acme-account"
    }

    fn kind(&self) -> &'static str {
        "fake"
    }

    fn counts_from(&self) -> Option<Timestamp> {
        None
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }

    fn private(&self) -> Option<&dyn Private> {
        self.ledger.lock().unwrap().reach.is_some().then_some(self as &dyn Private)
    }
}

/// Private messages stand in a conversation of their own for each person, as in a chat.
#[async_trait]
impl Private for Fake {
    fn limits(&self) -> Limits {
        Limits { text_max: 1000, counting: Counting::Graphemes, bytes_max: None }
    }

    fn window(&self) -> Option<WindowRule> {
        self.ledger.lock().unwrap().window
    }

    fn is_approved(&self, text: &str) -> bool {
        let approved = self.ledger.lock().unwrap().approved.clone();
        !approved.is_empty() && text.contains(&approved)
    }

    fn way_in(&self) -> Option<String> {
        Some("https://toot.example/@acme".into())
    }

    async fn reachable(&self, to: &PostRef) -> Reach {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.asked.push(to.author_id.clone());
        ledger.reach.clone().unwrap()
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(&draft.text, &draft.sign);
        let measure = Private::limits(self).measure(&text);
        let refused = (!measure.fits).then(|| "too long".to_owned());
        Composed { text, visibility: "direct".into(), measure, refused }
    }

    async fn send(&self, out: &Outgoing) -> Outcome {
        Reply::send(self, &Outgoing { visibility: "direct".into(), ..out.clone() }).await
    }

    async fn look(&self, out: &Outgoing) -> Looked {
        Reply::look(self, out).await
    }

    fn conversation_of(&self, remote_id: &str) -> Option<String> {
        Some(remote_id.split_once('/')?.0.to_owned())
    }
}

#[async_trait]
impl Reply for Fake {
    fn credential(&self) -> &str {
        "fake:acme"
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: "acme-own".into(), handle: Some("acme@toot.example".into()), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        "mastodon"
    }

    fn limits(&self) -> Limits {
        Limits {
            text_max: self.ledger.lock().unwrap().text_max,
            counting: Counting::Graphemes,
            bytes_max: None,
        }
    }

    fn threads(&self) -> bool {
        true
    }

    fn files(&self) -> FileLimits {
        FileLimits { picture_bytes: 4_000, ..webcared::sources::mastodon::FILES }
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("k{}-{chance}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(&format!("@{} {}", draft.to.author_handle, draft.text), &draft.sign);
        let measure = Reply::limits(self).measure(&text);
        let refused = (!measure.fits).then(|| format!("{} characters; {} fit", measure.length, measure.max));
        let visibility = if draft.to.visibility == "direct" { "direct" } else { "unlisted" };
        Composed { text, visibility: visibility.into(), measure, refused }
    }

    async fn send(&self, out: &Outgoing) -> Outcome {
        // A process may vanish before the request is written, and after it before the answer.
        tokio::task::yield_now().await;
        let gate = self.ledger.lock().unwrap().gate.take();
        if let Some(gate) = gate {
            gate.notified().await;
        }
        let outcome = self.take(out);
        tokio::task::yield_now().await;
        outcome
    }

    async fn look(&self, out: &Outgoing) -> Looked {
        let ledger = self.ledger.lock().unwrap();
        match ledger.posted.iter().find(|p| p.key == out.key) {
            Some(p) => Looked::Done { remote_id: p.id.clone(), at: Some(ledger.now) },
            None => ledger.absent.clone(),
        }
    }

    fn measures(&self) -> &'static [Measure] {
        &[Measure::Like, Measure::Block]
    }

    async fn moderate(&self, measure: Measure, out: &Outgoing, _reason: &str) -> Outcome {
        let mut ledger = self.ledger.lock().unwrap();
        if ledger.mood == Mood::Unreachable {
            return Outcome::Retry { after: None, why: "no network".into() };
        }
        ledger.measures.push((measure, out.to.external_id.clone()));
        Outcome::Done { remote_id: String::new(), at: None }
    }
}

impl Fake {
    fn take(&self, out: &Outgoing) -> Outcome {
        let mut ledger = self.ledger.lock().unwrap();
        let post = |ledger: &mut Ledger| {
            let n = ledger.posted.len() + 1;
            let chat = out.visibility == "direct" && ledger.reach.is_some();
            let id = if chat { format!("chat-{}/own-{n}", out.to.author_id) } else { format!("own-{n}") };
            ledger.posted.push(Posted {
                id: id.clone(),
                key: out.key.clone(),
                text: out.text.clone(),
                to: out.to.external_id.clone(),
                visibility: out.visibility.clone(),
                files: out.files.iter().map(|f| (f.name.clone(), f.alt.clone(), f.bytes.to_vec())).collect(),
            });
            id
        };
        match ledger.mood {
            Mood::Fine => Outcome::Done { remote_id: post(&mut ledger), at: Some(ledger.now) },
            Mood::PostsAndIsSilent => {
                post(&mut ledger);
                Outcome::Unknown { evidence: "500".into() }
            }
            Mood::DropsAndIsSilent => Outcome::Unknown { evidence: "timed out".into() },
            Mood::Refuses => Outcome::Refused { reason: "blocked".into() },
            Mood::Unreachable => Outcome::Retry { after: None, why: "no network".into() },
        }
    }
}
