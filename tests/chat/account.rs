//! An account that can answer, with a ledger of what was posted and outcomes on order.

use async_trait::async_trait;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use webcared::domain::delivery::{Looked, Outcome};
use webcared::domain::enclosed::FileLimits;
use webcared::domain::file::Media;
use webcared::domain::post::RawAuthor;
use webcared::domain::reply::{Counting, Limits, signed};
use webcared::domain::time::Timestamp;
use webcared::sources::private::Reach;
use webcared::sources::reply::{Composed, Draft, Outgoing, PostRef};
use webcared::sources::{Account, Private, Reply, Source};

#[derive(Default)]
pub struct Ledger {
    /// What stands on the platform: key and text.
    pub posts: Vec<(String, String)>,
    pub outcomes: VecDeque<Outcome>,
    pub looks: VecDeque<Looked>,
    /// How people can be reached in private, where the account can talk there at all.
    pub reach: Option<Reach>,
    /// More characters than the 60 that it takes otherwise.
    pub roomy: bool,
    /// Whether long answers may go in parts.
    pub threads: bool,
    /// What went along with each post, by name.
    pub files: Vec<Vec<String>>,
}

#[derive(Clone, Default)]
pub struct Toot(pub Arc<Mutex<Ledger>>);

impl Toot {
    pub fn account(&self) -> Account {
        Account { source: Arc::new(self.clone()), brand: None }
    }

    pub fn posts(&self) -> Vec<String> {
        self.0.lock().unwrap().posts.iter().map(|(_, text)| text.clone()).collect()
    }

    pub fn outcome(&self, outcome: Outcome) {
        self.0.lock().unwrap().outcomes.push_back(outcome);
    }

    pub fn looked(&self, looked: Looked) {
        self.0.lock().unwrap().looks.push_back(looked);
    }
}

impl Source for Toot {
    fn name(&self) -> &str {
        "s"
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
        let talks = self.0.lock().unwrap().reach.is_some();
        talks.then_some(self as &dyn Private)
    }
}

#[async_trait]
impl Private for Toot {
    fn limits(&self) -> Limits {
        Reply::limits(self)
    }

    fn way_in(&self) -> Option<String> {
        Some("https://toot.example/acme".into())
    }

    async fn reachable(&self, _: &PostRef) -> Reach {
        self.0.lock().unwrap().reach.clone().unwrap()
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
impl Reply for Toot {
    fn credential(&self) -> &str {
        "mastodon:acme@toot.example"
    }

    fn account(&self) -> RawAuthor {
        RawAuthor { id: "1".into(), handle: Some("acme@toot.example".into()), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        "mastodon"
    }

    fn limits(&self) -> Limits {
        let text_max = if self.0.lock().unwrap().roomy { 2_000 } else { 60 };
        Limits { text_max, counting: Counting::Graphemes, bytes_max: None }
    }

    fn files(&self) -> FileLimits {
        FileLimits {
            count: 2,
            media: Cow::Borrowed(&[Media::Gif, Media::Pdf]),
            alone: &[],
            picture_bytes: 1_000,
            document_bytes: 1_000,
            total_bytes: 2_000,
            alt_chars: Some(100),
            text_utf16: None,
        }
    }

    fn threads(&self) -> bool {
        self.0.lock().unwrap().threads
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("{}-{chance}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        let text = signed(&format!("@{} {}", draft.to.author_handle, draft.text), &draft.sign);
        let measure = Reply::limits(self).measure(&text);
        let refused = (!measure.fits).then(|| "too long".to_owned());
        Composed { text, visibility: "unlisted".into(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        let mut l = self.0.lock().unwrap();
        let outcome = l.outcomes.pop_front();
        if matches!(outcome, Some(Outcome::Refused { .. } | Outcome::Retry { .. })) {
            return outcome.unwrap();
        }
        l.posts.push((outgoing.key.clone(), outgoing.text.clone()));
        l.files.push(outgoing.files.iter().map(|f| f.name.clone()).collect());
        let at = Some(outgoing.made_at);
        outcome.unwrap_or(Outcome::Done { remote_id: format!("toot-{}", l.posts.len()), at })
    }

    async fn look(&self, _outgoing: &Outgoing) -> Looked {
        let nobody = Looked::Person { evidence: "the server did not tell".into() };
        self.0.lock().unwrap().looks.pop_front().unwrap_or(nobody)
    }
}
