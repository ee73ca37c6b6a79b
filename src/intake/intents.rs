//! Posts of our own are matched to the intents they came of before anything else.
//!
//! An answer that we sent comes back as a post: from our own outbox with the platform's word, and
//! again when the platform is read. Whatever comes first settles the action, also one whose outcome
//! was unknown; what comes second is a duplicate. Who gave an answer is known from the intent, or
//! from the signature at its end.

use super::plan::Planner;
use super::read::{Item, OUTBOX};
use crate::domain::post::Post;
use crate::domain::reply::{same_words, sign_of};
use crate::domain::time::Span;
use crate::store::intake::Intent;

/// How far a platform's clock may lie before ours when an answer is known again by its words.
const CLOCK_SLACK: Span = Span::minutes(1);

/// What a post of ours came of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The action.
    pub action_id: Option<String>,
    /// The person.
    pub person_id: Option<String>,
    /// What is to follow once it stands: `resolve` and the reason.
    pub then_resolve: Option<String>,
    /// What it is in a hand-over: `offer`, `private` or `reminder`.
    pub handed: Option<String>,
    /// It goes on an answer that an earlier part began.
    pub goes_on: bool,
}

impl Planner<'_> {
    /// Finds what a post of ours came of, and settles that action if it was still open.
    pub(super) fn origin(&mut self, item: &Item, post: &Post, brand_id: &str) -> Origin {
        let Some(at) = self.intent_of(item, post) else {
            let person_id = sign_of(&post.text).and_then(|sign| self.signed_by(sign, brand_id));
            return Origin { person_id, ..Origin::default() };
        };
        let intent = self.known.intents[at].clone();
        // What our own outbox tells is recorded with it, but for what it learned after its lease had ended.
        let is_open = match intent.state.as_str() {
            "unknown" => true,
            "sending" => item.source != OUTBOX,
            _ => false,
        };
        if is_open {
            let seen = (intent.id.clone(), post.external_id.clone(), post.posted_at.millis());
            self.changes.settled.push(seen);
            "done".clone_into(&mut self.known.intents[at].state);
        }
        let payload: serde_json::Value = serde_json::from_str(&intent.payload).unwrap_or_default();
        Origin {
            action_id: Some(intent.id),
            person_id: intent.made_by,
            then_resolve: payload["resolve"].as_str().map(ToOwned::to_owned),
            // What is said when the case is over hands nothing over.
            handed: payload["handed"]
                .as_str()
                .filter(|_| payload["afterwards"] != true)
                .map(ToOwned::to_owned),
            goes_on: payload["part"]["n"].as_u64().is_some_and(|n| n > 1),
        }
    }

    fn intent_of(&self, item: &Item, post: &Post) -> Option<usize> {
        // A receipt has shown its key before it came here.
        let named = post.action.as_ref().filter(|_| item.source == OUTBOX || post.receipt.is_some());
        let by_name = |i: &Intent| named == Some(&i.id);
        let by_id = |i: &Intent| [&i.expected_id, &i.remote_id].contains(&&Some(post.external_id.clone()));
        let by_words = |i: &Intent| {
            matches!(i.state.as_str(), "sending" | "unknown")
                && i.expected_id.is_none()
                && post.in_reply_to.is_some()
                && i.answers_id == post.in_reply_to
                && post.posted_at.millis() >= i.created_at - CLOCK_SLACK.millis()
                && i.text.as_deref().is_some_and(|text| same_words(text, &post.text))
        };
        let all = &self.known.intents;
        all.iter()
            .position(by_name)
            .or_else(|| all.iter().position(by_id))
            .or_else(|| all.iter().position(by_words))
    }

    /// Whose signature it is, if it is one person's only.
    fn signed_by(&self, sign: &str, brand_id: &str) -> Option<String> {
        let of = |brand: &str| {
            let mut found = self
                .known
                .signatures
                .iter()
                .filter(|(_, b, s)| b == brand && s.eq_ignore_ascii_case(sign))
                .map(|(person, _, _)| person);
            let first = found.next()?;
            found.next().is_none().then(|| first.clone())
        };
        of(brand_id).or_else(|| of(""))
    }
}
