//! Answering in public, hiding what stands below our posts, and looking for an answer of which nobody knows whether
//! it left.
//!
//! The platform lets an app answer only who named or quoted the account. What it would refuse is not sent: it is a
//! person's to post, at an address that opens the answer with its words. Nothing has a key, so what is unknown is
//! looked for among our own last posts, and otherwise a person decides. Answers are never stopped by our own budget.

use super::X;
use super::client::{As, CAPPED, Failed, Family, Refused, WANTS_MONEY};
use super::config::Unit;
use super::messages::split_id;
use super::poll::WITHIN;
use super::post::{Me, id_at, split_handle};
use super::read::{field, id_in, list, plain, referenced};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, same_words, sign_of, signed};
use crate::domain::time::{Span, Timestamp};
use crate::domain::weighted::{found, without_links};
use crate::http_client::CallError;
use crate::sources::Right;
use crate::sources::private::Private;
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, PostRef, Reply};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};
use url::Url;

/// What the platform takes: weighted, a link as 23.
pub const LIMITS: Limits =
    Limits { text_max: 280, counting: Counting::Weighted { link: 23 }, bytes_max: None };
const POSTING: Span = Span::seconds(10);
/// How far the platform's clock may lie before ours.
const CLOCK_SLACK: Span = Span::minutes(1);
/// How long a request may still be at work after its answer was lost.
const AT_WORK: Span = Span::minutes(1);
/// How the refusal begins that is about who may be answered.
const NOT_SUMMONED: &str = "reply to this conversation is not allowed";
/// The address that opens X's own window for an answer.
const INTENT: &str = "https://x.com/intent/post";

/// Where the address of the private way stands in a text, with the code of a case behind it or without.
fn way_within<'a>(text: &'a str, way_in: &str) -> Option<(usize, &'a str)> {
    let way = way_in.split('&').next()?;
    let at = text.find(way)?;
    let rest = text.get(at + way.len()..)?;
    let goes_on = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'&' | b'=' | b'-' | b'_' | b'%' | b'+');
    let more = rest.bytes().take_while(goes_on).count();
    let address = text.get(at..at + way.len() + more)?;
    // The address of somebody whose number begins like ours is none of ours.
    (more == 0 || rest.starts_with('&')).then_some((at, address))
}

/// An answer as it is sent: without the address of the private way, which becomes a button.
fn with_button(text: &str, way_in: Option<&str>) -> (String, Option<String>) {
    let Some((at, way)) = way_in.and_then(|way| way_within(text, way)) else {
        return (text.to_owned(), None);
    };
    let before = text.get(..at).unwrap_or_default().trim_end();
    let after = text.get(at + way.len()..).unwrap_or_default().trim();
    // In the middle of a sentence it would leave a hole; there it stays, and the button stands beside it.
    let is_last = after.is_empty() || sign_of(after).is_some_and(|s| s.len() + 1 == after.len());
    if before.is_empty() || !is_last {
        return (text.to_owned(), Some(way.to_owned()));
    }
    (format!("{before} {after}").trim_end().to_owned(), Some(way.to_owned()))
}

#[async_trait]
impl Reply for X {
    fn credential(&self) -> &str {
        self.client.credential()
    }

    fn account(&self) -> RawAuthor {
        let id = self.me.get().map_or_else(|| self.account.to_lowercase(), |me| me.id.clone());
        RawAuthor { id, handle: Some(self.account.clone()), ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        super::post::KIND
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        if split_id(&draft.to.external_id).is_some() {
            return Private::compose(self, draft);
        }
        let text = signed(draft.text.trim(), &draft.sign);
        let way = self.way_in();
        let measure = LIMITS.measure(&with_button(&text, way.as_deref()).0);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else {
            (!measure.fits)
                .then(|| format!("{} characters as X counts; it takes {}", measure.length, measure.max))
        };
        Composed { text, visibility: "public".to_owned(), measure, refused }
    }

    fn by_hand(&self, to: &PostRef, text: &str) -> Option<String> {
        let (id, summoned) = target(to);
        let may = self.answers_all || summoned != Some(false) || split_id(&to.external_id).is_some();
        (!may).then(|| intent(id, text))
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        if split_id(&outgoing.to.external_id).is_some() {
            return Private::send(self, outgoing).await;
        }
        let (id, summoned) = target(&outgoing.to);
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return Outcome::Refused { reason: "its id is none of X".to_owned() };
        }
        // How it ended is kept and logged beside the answer, so no words stand in that address.
        if let Some(url) = self.by_hand(&outgoing.to, "") {
            return Outcome::ByHand { url };
        }
        self.learn_me().await;
        let way = self.way_in();
        let (text, button) = with_button(&outgoing.text, way.as_deref());
        let mut body = json!({ "text": text, "reply": { "in_reply_to_tweet_id": id } });
        if let Some(button) = button {
            body["direct_message_deep_link"] = json!(button);
        }
        let posting =
            self.client.write((Family::Post, As::Account), (Method::POST, &["tweets"]), Some(&body), POSTING);
        match posting.await {
            Ok(value) => match id_in(&value["data"], "id") {
                Some(posted) => {
                    self.count_post(&text, summoned);
                    self.client.tokens.grants.given(Right::Answer);
                    Outcome::Done { at: super::post::time_of(&posted), remote_id: posted }
                }
                None => Outcome::Unknown { evidence: "X answers, but names no post".to_owned() },
            },
            Err(failed) => self.not_posted(&failed, id),
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        if split_id(&outgoing.to.external_id).is_some() {
            return Private::look(self, outgoing).await;
        }
        match self.find_post(outgoing).await {
            Ok(Some((remote_id, at))) => {
                let (text, _) = with_button(&outgoing.text, self.way_in().as_deref());
                self.count_post(&text, target(&outgoing.to).1);
                Looked::Done { remote_id, at }
            }
            Ok(None) => {
                let evidence = "it is not among the account's last posts".to_owned();
                let age = self.client.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < AT_WORK { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn measures(&self) -> &'static [Measure] {
        &[Measure::Hide, Measure::Unhide]
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, _reason: &str) -> Outcome {
        let hidden = match measure {
            Measure::Hide => true,
            Measure::Unhide => false,
            _ => return Outcome::Refused { reason: "X has no such measure for an app".to_owned() },
        };
        let (id, _) = target(&outgoing.to);
        let path = ["tweets", id, "hidden"];
        let body = json!({ "hidden": hidden });
        let done =
            self.client.write((Family::Hide, As::Account), (Method::PUT, &path), Some(&body), POSTING).await;
        match done {
            Ok(value) if value["data"]["hidden"].as_bool() == Some(hidden) => {
                self.spend(Unit::Hide);
                Outcome::Done { remote_id: String::new(), at: None }
            }
            Ok(_) => Outcome::Unknown { evidence: "X answers, but not that it was done".to_owned() },
            Err(failed) => refused(&failed, self.client.now()),
        }
    }
}

/// The last version of a post, and whether its author named or quoted us, as far as known.
fn target(to: &PostRef) -> (&str, Option<bool>) {
    match to.local_id.as_deref() {
        Some(handle) => split_handle(handle),
        None => (&to.external_id, None),
    }
}

/// The address at which a person posts the answer; without words it ends where they belong.
fn intent(id: &str, text: &str) -> String {
    let given = Url::parse_with_params(INTENT, [("in_reply_to", id), ("text", text)]);
    given.map_or_else(|_| INTENT.to_owned(), Into::into)
}

/// How a call ended that did something, where it failed.
pub(super) fn refused(failed: &Failed, now: Timestamp) -> Outcome {
    if failed.is_unsent() {
        return before(failed, now);
    }
    let Failed::Call(error) = failed else { return Outcome::Unknown { evidence: failed.words() } };
    match (Refused::of(error), error) {
        (Some(Refused::TooMany(wait)), _) => {
            Outcome::Retry { after: Some(wait), why: "X asks for fewer calls".to_owned() }
        }
        (Some(Refused::Capped), _) => Outcome::Refused { reason: CAPPED.to_owned() },
        (Some(Refused::WantsMoney), _) => Outcome::Refused { reason: WANTS_MONEY.to_owned() },
        (None, CallError::Status { code: 400..=499, .. }) => Outcome::Refused { reason: failed.words() },
        _ => Outcome::Unknown { evidence: failed.words() },
    }
}

/// Whether words that X shows are these of ours: it writes every link otherwise, also one that had no `https`.
pub(super) fn is_ours(there: &str, ours: &str) -> bool {
    let there = plain(there);
    let rest = without_links(ours);
    same_words(&there, ours) || (!rest.is_empty() && same_words(&without_links(&there), &rest))
}

/// How an attempt ended of which nothing has left.
pub(super) fn before(failed: &Failed, now: Timestamp) -> Outcome {
    Outcome::Retry { after: failed.wait(now), why: failed.words() }
}

impl X {
    /// Counts a post of ours: whichever price it has.
    fn count_post(&self, text: &str, summoned: Option<bool>) {
        self.spend(match (found(text).is_empty(), summoned) {
            (false, _) => Unit::PostWithLink,
            (true, Some(true)) => Unit::Answer,
            (true, _) => Unit::Post,
        });
    }

    fn not_posted(&self, failed: &Failed, id: &str) -> Outcome {
        let said = failed.said().unwrap_or_default().to_ascii_lowercase();
        if failed.status() == Some(403) && said.contains(NOT_SUMMONED) {
            return Outcome::ByHand { url: intent(id, "") };
        }
        if failed.status() == Some(403) && said.contains("duplicate content") {
            // The same words stand there: perhaps this very answer, of an attempt before.
            return Outcome::Unknown {
                evidence: "X says that the account has posted the same words already".to_owned(),
            };
        }
        if failed.status() == Some(403) && said.contains("scope") {
            self.client.tokens.grants.lost(Right::Answer, &failed.words());
        }
        refused(failed, self.client.now())
    }

    /// An answer of ours with these words among our own last posts.
    async fn find_post(&self, outgoing: &Outgoing) -> Result<Option<(String, Option<Timestamp>)>, Failed> {
        let me: Me = self.me().await?;
        let from = outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(CLOCK_SLACK);
        let since = id_at(from);
        let query = [
            ("tweet.fields", "created_at,referenced_tweets,note_tweet,entities,edit_history_tweet_ids"),
            ("since_id", since.as_str()),
            ("max_results", "100"),
        ];
        let path = ["users", me.id.as_str(), "tweets"];
        let page = self.client.get((Family::Timeline, As::Account), &path, &query, WITHIN).await?;
        self.bill(Unit::OwnedRead, &page);
        let (id, _) = target(&outgoing.to);
        let way = self.way_in();
        let (words, _) = with_button(&outgoing.text, way.as_deref());
        let is_it = |tweet: &&Value| {
            let parent = referenced(tweet, "replied_to");
            let there =
                field(&tweet["note_tweet"], "text").or_else(|| field(tweet, "text")).unwrap_or_default();
            parent.is_some_and(|p| p == id || p == outgoing.to.external_id) && is_ours(there, &words)
        };
        let found = list(&page["data"]).find(is_it);
        Ok(found.and_then(|t| {
            let at = field(t, "created_at").and_then(|at| Timestamp::parse(at).ok());
            Some((super::read::root_of(t).or_else(|| id_in(t, "id"))?, at))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_in_becomes_a_button_where_it_stands_last() {
        let address = "https://x.com/messages/compose?recipient_id=1111";
        let (way, button) = (Some(address), Some(address.to_owned()));
        let text = format!("Write to us here: {address}");
        assert_eq!(with_button(&text, way), ("Write to us here:".to_owned(), button.clone()));
        let middle = format!("Write to {address} and mention K7");
        assert_eq!(with_button(&middle, way), (middle.clone(), button.clone()));
        let signed = format!("Write to us: {address} ^Jan");
        assert_eq!(with_button(&signed, way), ("Write to us: ^Jan".to_owned(), button));
        assert_eq!(with_button("hello", way), ("hello".to_owned(), None));
        assert_eq!(with_button("hello", None), ("hello".to_owned(), None));
        // As it is offered: with the code of the case in its place.
        let way = Some("https://x.com/messages/compose?recipient_id=1111&text={code}");
        let coded = format!("{address}&text=K7Q2M");
        let text = format!("Write to us: {coded} ^Jan");
        assert_eq!(with_button(&text, way), ("Write to us: ^Jan".to_owned(), Some(coded)));
        assert_eq!(with_button(&signed, way).1.as_deref(), Some(address));
        let other = format!("Write to them: {address}2&text=K7Q2M");
        assert_eq!(with_button(&other, way), (other.clone(), None));
    }

    #[test]
    fn an_answer_is_known_again_although_its_links_are_written_otherwise() {
        let ours = "It is on acme.com/help. ^Jan";
        assert!(is_ours("@mia It is on https://t.co/a1. ^Jan", ours));
        assert!(is_ours("Tom &amp; Co: https://t.co/a1", "Tom & Co: https://acme.example/x"));
        assert!(!is_ours("@mia It was on https://t.co/a1. ^Jan", ours));
        assert!(!is_ours("https://t.co/a1", "acme.com/help"), "nothing but a link may be another one");
    }

    #[test]
    fn a_person_posts_at_an_address_with_the_words() {
        assert_eq!(
            intent("77", "sorry & more ^Jan"),
            "https://x.com/intent/post?in_reply_to=77&text=sorry+%26+more+%5EJan"
        );
    }
}
