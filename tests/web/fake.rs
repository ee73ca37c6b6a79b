//! An account that answers on a platform of its own making, with a ledger of all that was asked of it.

use crate::site::Site;
use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use webcared::answering::AnswerDeliver;
use webcared::clock::Chance;
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::enclosed::FileLimits;
use webcared::domain::file::Media;
use webcared::domain::post::RawAuthor;
use webcared::domain::reply::{Counting, Limits, signed};
use webcared::domain::time::Timestamp;
use webcared::outbox::Worker;
use webcared::sources::private::{Approved, Private, Reach};
use webcared::sources::reply::{Composed, Draft, Measure, Outgoing, PostRef};
use webcared::sources::{Account, Reply, Source};

/// What was asked of the account.
#[derive(Default)]
pub struct Ledger {
    pub sent: Mutex<Vec<Outgoing>>,
    pub moderated: Mutex<Vec<(Measure, String)>>,
    /// What the next calls end as; `Done` when nothing is said.
    pub next: Mutex<Vec<Outcome>>,
}

pub struct FakeAccount {
    pub ledger: Arc<Ledger>,
    pub handle: String,
    pub text_max: usize,
}

impl Source for FakeAccount {
    fn name(&self) -> &str {
        "toots"
    }

    fn kind(&self) -> &'static str {
        "mastodon"
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

#[async_trait]
impl Private for FakeAccount {
    fn limits(&self) -> Limits {
        Reply::limits(self)
    }

    fn way_in(&self) -> Option<String> {
        Some("https://toot.example/@acme".into())
    }

    fn approved(&self) -> Vec<Approved> {
        let text = "Hello {{1}}, we have an answer. Reply to go on.".to_owned();
        vec![Approved { name: "again".into(), language: "en".into(), text, micros: 50_000, currency: "USD" }]
    }

    fn is_approved(&self, text: &str) -> bool {
        text.starts_with("Hello ") && text.ends_with(", we have an answer. Reply to go on.")
    }

    async fn reachable(&self, _to: &PostRef) -> Reach {
        Reach::Open
    }

    fn compose(&self, draft: &Draft) -> Composed {
        Composed { visibility: "direct".into(), ..Reply::compose(self, draft) }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        Reply::send(self, outgoing).await
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        Reply::look(self, outgoing).await
    }
}

#[async_trait]
impl Reply for FakeAccount {
    fn credential(&self) -> &str {
        "mastodon:acme-own"
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: "acme-own".into(), handle: Some(self.handle.clone()), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        "mastodon"
    }

    fn limits(&self) -> Limits {
        let counting = Counting::GraphemesWithLinks { link: 23 };
        Limits { text_max: self.text_max, counting, bytes_max: None }
    }

    fn threads(&self) -> bool {
        true
    }

    fn files(&self) -> FileLimits {
        FileLimits {
            count: 2,
            media: vec![Media::Jpeg, Media::Gif, Media::Pdf].into(),
            document_bytes: 1_000_000,
            ..webcared::sources::mastodon::FILES
        }
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("{}-{chance}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let handle = &draft.to.author_handle;
        let text = signed(&format!("@{handle} {}", draft.text), &draft.sign);
        let measure = Reply::limits(self).measure(&text);
        let refused = (!measure.fits).then(|| format!("{} of {} characters", measure.length, measure.max));
        Composed { text, visibility: draft.to.visibility.clone(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let mut sent = self.ledger.sent.lock().unwrap();
        sent.push(outgoing.clone());
        let done = Outcome::Done { remote_id: format!("own-{}", sent.len()), at: None };
        self.ledger.next.lock().unwrap().pop().unwrap_or(done)
    }

    async fn look(&self, _outgoing: &Outgoing) -> Looked {
        Looked::Person { evidence: "nothing <b>like it</b> was seen".into() }
    }

    fn measures(&self) -> &'static [Measure] {
        &[Measure::Like, Measure::Unlike, Measure::Mute, Measure::Unmute, Measure::Block, Measure::Report]
    }

    async fn moderate(&self, measure: Measure, _outgoing: &Outgoing, reason: &str) -> Outcome {
        self.ledger.moderated.lock().unwrap().push((measure, reason.to_owned()));
        Outcome::Done { remote_id: String::new(), at: None }
    }
}

impl Site {
    /// Gives Acme an account that answers on Mastodon.
    pub fn connect(&self, text_max: usize, handle: &str) -> (Arc<Ledger>, Arc<dyn Source>) {
        let ledger = Arc::new(Ledger::default());
        let account = FakeAccount { ledger: ledger.clone(), handle: handle.to_owned(), text_max };
        let source: Arc<dyn Source> = Arc::new(account);
        self.accounts.set(vec![Account { source: source.clone(), brand: Some("Acme".into()) }]);
        (ledger, source)
    }

    /// Lets everything leave that may leave now, and takes in what comes back of it.
    pub async fn send_out(&self, source: &Arc<dyn Source>) {
        let (db, clock, mint) = (self.house.db.clone(), self.house.clock.clone(), self.house.mint.clone());
        let deliver = AnswerDeliver::new(db.clone(), clock.clone(), mint, source.clone()).unwrap();
        let worker = Worker::new(db, clock, Chance::seeded(3), "w".into(), Arc::new(deliver));
        let worker = worker.waking(Arc::new(Notify::new()));
        while worker.run_once().await.unwrap() > 0 {}
        while self.house.intake.run_once(100).await.unwrap() > 0 {}
    }
}
