//! Answering in public: one record under a key of our own, written only where nothing stands yet.
//!
//! The key and the record's time are fixed when the answer is asked for, so a second attempt writes
//! the very same record, which the server takes as done already; if something else stands under the key
//! it is refused, and looked at. Nobody but us checks whether what is answered still stands and may be
//! answered: the server takes any reply. Once an answer stood, its key must never be used again: after
//! a delete the server would take it.

use super::BlueskyAccount;
use super::caller::{Failed, Purpose, Refusal};
use super::line::{Trouble, after_sending, before_sending, read};
use super::{FILES, KIND, facets};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::FileLimits;
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, signed};
use crate::domain::time::Timestamp;
use crate::http_client::CallError;
use crate::sources::bluesky::{POSTS, split_uri, tid};
use crate::sources::held::Away;
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, Reply};
use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What the lexicon `app.bsky.feed.post` allows.
const LIMITS: Limits = Limits { text_max: 300, counting: Counting::Graphemes, bytes_max: Some(3_000) };
const GONE: &str = "its author has removed the post";

impl BlueskyAccount {
    /// What is answered, as the view shows it now; or why it cannot be answered.
    async fn parent(&self, uri: &str) -> Result<Value, Outcome> {
        let own = self.line.session.who().did;
        if let Some((_, key)) = split_uri(uri).filter(|(account, _)| own.as_deref() == Some(*account)) {
            return self.own_parent(key).await;
        }
        let now = self.clock.now();
        let refused = |reason: &str| Err(Outcome::Refused { reason: reason.to_owned() });
        let before = |t: Trouble| before_sending(&t, now);
        let found = self.line.posts(&[uri.to_owned()], Purpose::Act).await.map_err(before)?;
        let Some(parent) = found.get(uri) else {
            return match self.line.is_gone(uri, Purpose::Act).await.map_err(before)? {
                Some(true) => {
                    let account = split_uri(uri).map_or("", |(account, _)| account);
                    match self.line.away(account, Purpose::Act).await.map_err(before)? {
                        None | Some(Away::Deleted) => refused(GONE),
                        Some(away) => refused(&format!("its author's account is {}", away.words())),
                    }
                }
                Some(false) => refused("its author has blocked this account, or is blocked by it"),
                None => refused("the post is not shown to this account"),
            };
        };
        if parent["viewer"]["replyDisabled"] == true {
            return refused("its author does not let this account reply (the thread is limited)");
        }
        if parent["cid"].as_str().is_none() {
            return Err(Outcome::Retry { after: None, why: "the post is not shown as described".to_owned() });
        }
        Ok(parent.clone())
    }

    /// A post of our own on which an answer goes, as it stands in our repository: views show it a moment later only.
    async fn own_parent(&self, key: &str) -> Result<Value, Outcome> {
        match self.line.own_record(POSTS, key).await {
            Ok(Some(found)) if found["cid"].is_string() => {
                Ok(json!({ "cid": found["cid"], "record": found["value"] }))
            }
            Ok(Some(_)) => {
                let why = "our own post is not shown as described".to_owned();
                Err(Outcome::Retry { after: None, why })
            }
            Ok(None) => {
                Err(Outcome::Refused { reason: "our own post, on which it goes, is gone".to_owned() })
            }
            Err(trouble) => Err(before_sending(&trouble, self.clock.now())),
        }
    }

    /// The accounts to which the handles in a text lead; who cannot be found stays text.
    async fn resolved(&self, text: &str) -> HashMap<String, String> {
        let one = |handle: String| async move {
            let asked = [("handle", handle.clone())];
            let answer = self.line.query("com.atproto.identity.resolveHandle", &asked, Purpose::Act).await;
            let did = read(&answer.ok()?).ok()?["did"].as_str()?.to_owned();
            Some((handle, did))
        };
        join_all(facets::handles(text).into_iter().map(one)).await.into_iter().flatten().collect()
    }

    async fn write(&self, outgoing: &Outgoing) -> Result<Outcome, Outcome> {
        let parent = self.parent(&outgoing.to.external_id).await?;
        let pictures = self.pictures(outgoing).await?;
        let mut record = record(outgoing, &parent, &self.resolved(&outgoing.text).await);
        if let Some(pictures) = pictures {
            record["embed"] = pictures;
        }
        self.sent.note(&outgoing.key, self.clock.now());
        match self.line.put(POSTS, &outgoing.key, &record).await {
            Ok(answer) => {
                let body = read(&answer).unwrap_or_default();
                match body["uri"].as_str().filter(|uri| split_uri(uri).is_some()) {
                    Some(uri) => Ok(Outcome::Done { remote_id: uri.to_owned(), at: self.written_at(&body) }),
                    None => {
                        Ok(Outcome::Unknown { evidence: "the server's answer names no record".to_owned() })
                    }
                }
            }
            Err(Trouble::Failed(Failed::Call(error))) if is_taken(&error) => {
                Ok(self.standing(outgoing).await)
            }
            Err(trouble) => Ok(after_sending(&trouble, self.clock.now())),
        }
    }

    /// When the server wrote it: the revision of the repository is a key that it made itself. A
    /// repeat that wrote nothing has none.
    fn written_at(&self, body: &Value) -> Option<Timestamp> {
        let at = tid::instant(body["commit"]["rev"].as_str()?)?;
        Some(at.min(self.clock.now()))
    }

    /// Something else stands under our key: an earlier attempt of ours, if it says the same.
    async fn standing(&self, outgoing: &Outgoing) -> Outcome {
        match self.line.own_record(POSTS, &outgoing.key).await {
            Ok(Some(found)) => match done(&found, &outgoing.text) {
                Some(remote_id) => Outcome::Done { remote_id, at: None },
                None => {
                    Outcome::Refused { reason: "another post stands under the key of this answer".to_owned() }
                }
            },
            Ok(None) => Outcome::Unknown { evidence: "what stood under its key is gone".to_owned() },
            Err(_) => Outcome::Unknown { evidence: "what stands under its key could not be read".to_owned() },
        }
    }
}

/// The address of a record, if it says the same.
fn done(found: &Value, text: &str) -> Option<String> {
    (found["value"]["text"].as_str() == Some(text)).then(|| found["uri"].as_str().map(ToOwned::to_owned))?
}

fn is_taken(error: &CallError) -> bool {
    matches!(error, CallError::Status { code: 400, .. }) && Refusal::of(error).error == "InvalidSwap"
}

/// The record of an answer: the same bytes at every attempt, as long as what is answered stays as
/// it is.
fn record(outgoing: &Outgoing, parent: &Value, dids: &HashMap<String, String>) -> Value {
    let parent_ref = json!({ "uri": outgoing.to.external_id, "cid": parent["cid"] });
    let above = &parent["record"]["reply"]["root"];
    let is_ref = above["uri"].is_string() && above["cid"].is_string();
    let root = if is_ref { json!({ "uri": above["uri"], "cid": above["cid"] }) } else { parent_ref.clone() };
    let mut record = json!({
        "$type": POSTS,
        "text": outgoing.text,
        "createdAt": outgoing.made_at.rfc3339(),
        "reply": { "root": root, "parent": parent_ref },
    });
    if !outgoing.language.is_empty() {
        record["langs"] = json!([outgoing.language]);
    }
    let facets = facets::facets(&outgoing.text, dids);
    if !facets.is_empty() {
        record["facets"] = Value::Array(facets);
    }
    record
}

#[async_trait]
impl Reply for BlueskyAccount {
    fn credential(&self) -> &str {
        &self.credential
    }

    fn account(&self) -> RawAuthor {
        let who = self.line.session.who();
        RawAuthor { id: who.did.unwrap_or_default(), handle: who.handle, ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        KIND
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn files(&self) -> FileLimits {
        FILES
    }

    fn threads(&self) -> bool {
        true
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        tid::of(made_at, chance)
    }

    fn expected_id(&self, key: &str) -> Option<String> {
        Some(format!("at://{}/{POSTS}/{key}", self.line.session.who().did?))
    }

    fn compose(&self, draft: &Draft) -> Composed {
        // Whoever is answered is told by the platform; no handle is needed in front.
        let text = signed(&draft.text, &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = if split_uri(&draft.to.external_id).is_none() {
            Some("this is no post of Bluesky".to_owned())
        } else if measure.length > measure.max {
            Some(format!("{} characters; Bluesky takes {}", measure.length, measure.max))
        } else {
            (!measure.fits).then(|| format!("{} bytes; Bluesky takes 3000", text.len()))
        };
        Composed { text, visibility: "public".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        if split_uri(&outgoing.to.external_id).is_none() || tid::instant(&outgoing.key).is_none() {
            return Outcome::Refused { reason: "this is no answer to a post of Bluesky".to_owned() };
        }
        self.write(outgoing).await.unwrap_or_else(|early| early)
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        match self.line.own_record(POSTS, &outgoing.key).await {
            Ok(Some(found)) => match done(&found, &outgoing.text) {
                Some(remote_id) => Looked::Done { remote_id, at: None },
                None => {
                    Looked::Person { evidence: "another post stands under the key of this answer".to_owned() }
                }
            },
            Ok(None) => {
                Looked::Again { why: "nothing stands under its key, and a key is written once".to_owned() }
            }
            Err(trouble) => {
                let why = super::line::of_looking(&trouble, self.clock.now()).why;
                Looked::Later { evidence: format!("the repository could not be read: {why}") }
            }
        }
    }

    fn measures(&self) -> &'static [Measure] {
        &Measure::OF_ACCOUNTS
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
        self.take_measure(measure, outgoing, reason).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::reply::PostRef;

    fn outgoing() -> Outgoing {
        Outgoing {
            action_id: "act".into(),
            key: "3mabcdefghi22".into(),
            to: PostRef { external_id: "at://did:plc:a/app.bsky.feed.post/3k".into(), ..PostRef::default() },
            text: "Hi https://acme.example ^Jan".into(),
            visibility: "public".into(),
            language: "nl".into(),
            made_at: Timestamp(1_795_688_579_123),
            first_sent_at: None,
            case_number: None,
            files: Vec::new(),
        }
    }

    #[test]
    fn the_root_is_that_of_what_is_answered_and_the_time_that_of_the_intent() {
        let parent =
            json!({ "cid": "c1", "record": { "reply": { "root": { "uri": "at://r", "cid": "c0" } } } });
        let made = record(&outgoing(), &parent, &HashMap::new());
        assert_eq!(made["reply"]["root"], json!({ "uri": "at://r", "cid": "c0" }));
        assert_eq!(made["reply"]["parent"]["cid"], "c1");
        assert_eq!(made["createdAt"], outgoing().made_at.rfc3339());
        assert_eq!((&made["langs"], made["facets"].as_array().unwrap().len()), (&json!(["nl"]), 1));
        assert_eq!(made.to_string(), record(&outgoing(), &parent, &HashMap::new()).to_string());
        for alone in
            [json!({ "cid": "c1" }), json!({ "cid": "c1", "record": { "reply": { "root": "junk" } } })]
        {
            let made = record(&outgoing(), &alone, &HashMap::new());
            assert_eq!(made["reply"]["root"], made["reply"]["parent"]);
        }
    }

    #[test]
    fn only_the_same_words_are_ours() {
        let found = json!({ "uri": "at://x", "value": { "text": "Hi" } });
        assert_eq!(done(&found, "Hi").as_deref(), Some("at://x"));
        assert_eq!(done(&found, "Ho"), None);
        assert_eq!(done(&json!({}), ""), None);
    }
}
