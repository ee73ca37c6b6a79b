//! Answering in public, moderating what stands on the account, and looking for an answer of which nobody knows whether it
//! left.
//!
//! Below our own posts an answer stands below a comment; elsewhere only what names us is answered, by a way of its own.
//! Nothing has a key, so only a readable answer says that it was done and only a refusal that it was not; the rest is
//! looked for below what was answered, and otherwise a person decides.

use super::comment::{is_elsewhere, is_id, media_of, mention_of, tagged_of};
use super::poll::{BELOW, REPLIES};
use super::{Instagram, KIND};
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::post::RawAuthor;
use crate::domain::reply::{Counting, Limits, links, same_words, signed};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Right;
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::meta::looking::next_page;
use crate::sources::meta::read::{field, id_in, list, time_in};
use crate::sources::meta::talks::split_id;
use crate::sources::private::Private;
use crate::sources::reply::{Composed, Draft, Measure, Outgoing, PostRef, Reply};
use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

/// What the platform takes as a comment.
pub const LIMITS: Limits = Limits { text_max: 300, counting: Counting::Scalars, bytes_max: None };
/// Most hashtags and links in a comment.
const HASHTAGS_MAX: usize = 4;
const LINKS_MAX: usize = 1;
/// What the account may do with what stands on it.
const MEASURES: &[Measure] = &[Measure::Hide, Measure::Unhide, Measure::Remove];
/// How far the platform's clock may lie before ours.
pub(super) const CLOCK_SLACK: Span = Span::minutes(1);
/// How long a request may still be at work after its answer was lost, or a list not show it yet.
pub(super) const AT_WORK: Span = Span::minutes(2);
/// Most pages that are looked through.
const LOOK_PAGES_MAX: u32 = 3;
pub(super) const POSTING: Span = Span::seconds(10);
const GONE: &str = "it is no longer there, or not shown to the account";

/// How many hashtags a text has.
fn hashtags(text: &str) -> usize {
    let mut before = None;
    let mut found = 0;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let begins = signs.peek().is_some_and(|c| c.is_alphanumeric() || *c == '_');
        if sign == '#' && begins && !before.is_some_and(char::is_alphanumeric) {
            found += 1;
        }
        before = Some(sign);
    }
    found
}

/// Why the platform would not take a text as a comment, in words.
fn refused(text: &str) -> Option<String> {
    let (tags, addresses) = (hashtags(text), links(text).len());
    if tags > HASHTAGS_MAX {
        return Some(format!("{tags} hashtags; Instagram takes {HASHTAGS_MAX}"));
    }
    if addresses > LINKS_MAX {
        return Some(format!("{addresses} links; Instagram takes {LINKS_MAX}"));
    }
    let shouts = text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase);
    shouts.then(|| "capital letters only; Instagram takes no such comment".to_owned())
}

/// Where a comment of ours goes, and the body without its words; nothing if no comment can go there.
fn way(us: &str, to: &PostRef) -> Option<(Vec<String>, Value)> {
    let to_words = |path: [&str; 2]| path.map(ToOwned::to_owned).to_vec();
    let (id, local) = (to.external_id.as_str(), to.local_id.as_deref().unwrap_or_default());
    if let Some((media, comment)) = mention_of(local) {
        let body = comment.map_or_else(
            || json!({ "media_id": media }),
            |comment| json!({ "media_id": media, "comment_id": comment }),
        );
        return Some((to_words([us, "mentions"]), body));
    }
    if let Some(media) = tagged_of(local).or_else(|| media_of(id)) {
        return Some((to_words([media, BELOW]), json!({})));
    }
    is_id(id).then(|| (to_words([id, REPLIES]), json!({})))
}

#[async_trait]
impl Reply for Instagram {
    fn credential(&self) -> &str {
        self.graph.credential()
    }

    fn account(&self) -> RawAuthor {
        let handle = Some(self.us.username.clone());
        RawAuthor { id: self.us.id.clone(), handle, ..RawAuthor::default() }
    }

    fn platform(&self) -> &'static str {
        KIND
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn new_key(&self, made_at: Timestamp, chance: u64) -> String {
        format!("webcared-{:x}-{chance:016x}", made_at.millis())
    }

    fn expected_id(&self, _key: &str) -> Option<String> {
        None
    }

    fn compose(&self, draft: &Draft) -> Composed {
        if split_id(&draft.to.external_id).is_some() {
            return Private::compose(self, draft);
        }
        let text = signed(draft.text.trim(), &draft.sign);
        let measure = LIMITS.measure(&text);
        let refused = if draft.text.trim().is_empty() {
            Some("empty; write an answer".to_owned())
        } else if measure.fits {
            refused(&text)
        } else {
            Some(format!("{} characters; Instagram takes {}", measure.length, measure.max))
        };
        Composed { text, visibility: "public".to_owned(), measure, refused }
    }

    async fn send(&self, outgoing: &Outgoing) -> Outcome {
        if split_id(&outgoing.to.external_id).is_some() {
            return Private::send(self, outgoing).await;
        }
        let Some((path, mut body)) = way(&self.us.id, &outgoing.to) else {
            return Outcome::Refused { reason: "its id is none of Instagram".to_owned() };
        };
        body["message"] = json!(outgoing.text);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match self.graph.write((Method::POST, &path), Some(&body), POSTING).await {
            Ok(value) => match id_in(&value, "id") {
                Some(remote_id) => {
                    self.grants.given(Right::Answer);
                    Outcome::Done { remote_id, at: None }
                }
                None => Outcome::Unknown { evidence: "Instagram answers, but names no comment".to_owned() },
            },
            Err(failed) => self.not_posted(&failed, &outgoing.to),
        }
    }

    async fn look(&self, outgoing: &Outgoing) -> Looked {
        if split_id(&outgoing.to.external_id).is_some() {
            return Private::look(self, outgoing).await;
        }
        if is_elsewhere(outgoing.to.local_id.as_deref()) {
            let evidence = "what stands below the posts of others is not shown to programs".to_owned();
            return Looked::Person { evidence };
        }
        match self.find_comment(outgoing).await {
            Ok(Some((remote_id, at))) => Looked::Done { remote_id, at },
            Ok(None) => {
                let evidence = "not among the comments below it".to_owned();
                let age = self.graph.now().since(outgoing.first_sent_at.unwrap_or(outgoing.made_at));
                if age < AT_WORK { Looked::Later { evidence } } else { Looked::Person { evidence } }
            }
            Err(failed) if failed.is_gone() => Looked::Person { evidence: GONE.to_owned() },
            Err(failed) => Looked::Later { evidence: failed.words() },
        }
    }

    fn measures(&self) -> &'static [Measure] {
        MEASURES
    }

    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, _reason: &str) -> Outcome {
        let id = outgoing.to.external_id.as_str();
        if !is_id(id) || is_elsewhere(outgoing.to.local_id.as_deref()) {
            let reason = "only comments below the account's own posts can be moderated";
            return Outcome::Refused { reason: reason.to_owned() };
        }
        let body = match measure {
            Measure::Hide => Some(json!({ "hide": true })),
            Measure::Unhide => Some(json!({ "hide": false })),
            Measure::Remove => None,
            _ => return Outcome::Refused { reason: "Instagram has no such measure".to_owned() },
        };
        let method = if body.is_some() { Method::POST } else { Method::DELETE };
        match self.graph.write((method, &[id]), body.as_ref(), POSTING).await {
            Ok(value) if value["success"].as_bool() == Some(false) => {
                Outcome::Refused { reason: "Instagram says that it was not done".to_owned() }
            }
            Ok(_) => Outcome::Done { remote_id: String::new(), at: None },
            // What is gone needs no hiding and no removing.
            Err(failed) if failed.is_gone() && measure != Measure::Unhide => {
                Outcome::Done { remote_id: String::new(), at: None }
            }
            // It may be about this one alone: whether the account may answer is not told by it.
            Err(failed) if failed.meaning() == Some(GraphMeaning::NoRight) => {
                Outcome::Refused { reason: failed.words() }
            }
            Err(failed) => self.not_posted(&failed, &outgoing.to),
        }
    }
}

impl Instagram {
    /// How an attempt in public ended that failed.
    fn not_posted(&self, failed: &Failed, to: &PostRef) -> Outcome {
        let elsewhere = is_elsewhere(to.local_id.as_deref());
        match failed.meaning() {
            // On somebody else's account the interface may not, but a person may.
            Some(GraphMeaning::NoRight | GraphMeaning::Gone | GraphMeaning::Other) if elsewhere => {
                match &to.url {
                    Some(url) => Outcome::ByHand { url: url.clone() },
                    None => Outcome::Refused { reason: failed.words() },
                }
            }
            Some(GraphMeaning::TokenInvalid | GraphMeaning::NoRight | GraphMeaning::Restricted) => {
                self.grants.lost(Right::Answer, &failed.words());
                Outcome::Refused { reason: failed.words() }
            }
            Some(GraphMeaning::Gone) => Outcome::Refused { reason: GONE.to_owned() },
            _ => failed.outcome(self.graph.now()),
        }
    }

    /// An answer of ours with these words: below what was answered, or below the comment that began its thread, where
    /// the platform puts answers to answers.
    async fn find_comment(&self, outgoing: &Outgoing) -> Result<Option<(String, Option<Timestamp>)>, Failed> {
        let to = outgoing.to.external_id.as_str();
        if let Some(media) = media_of(to) {
            return self.find_below((media, BELOW), outgoing).await;
        }
        let query = [("fields", "id,parent_id")];
        let answered = self.graph.get(Share::Answering, &[to], &query, POSTING).await?;
        let parent = id_in(&answered, "parent_id").filter(|p| is_id(p));
        for place in std::iter::once(to.to_owned()).chain(parent) {
            if let Some(found) = self.find_below((place.as_str(), REPLIES), outgoing).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// An answer of ours in one list. Whether such a list begins with the newest the platform does not tell, so it is read
    /// on as long as there are pages to look through.
    async fn find_below(
        &self,
        place: (&str, &str),
        outgoing: &Outgoing,
    ) -> Result<Option<(String, Option<Timestamp>)>, Failed> {
        let from = outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(CLOCK_SLACK);
        let mut after: Option<String> = None;
        for _ in 0..LOOK_PAGES_MAX {
            let page = self.below(Share::Answering, place, after.as_deref()).await?;
            let found = list(&page["data"]).find(|comment| {
                let of = id_in(&comment["from"], "id").unwrap_or_default();
                let name = field(&comment["from"], "username").or_else(|| field(comment, "username"));
                self.us.is(&of, name.unwrap_or_default())
                    && time_in(comment, "timestamp").is_some_and(|at| at >= from)
                    && same_words(field(comment, "text").unwrap_or_default(), &outgoing.text)
            });
            if let Some(found) = found.and_then(|c| Some((id_in(c, "id")?, time_in(c, "timestamp")))) {
                return Ok(Some(found));
            }
            after = next_page(&page);
            if after.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_platform_would_refuse_is_known_before() {
        assert_eq!(refused("We look into it: https://a.example #one #two #three #four"), None);
        assert!(refused("#a #b #c #d #e").is_some_and(|why| why.starts_with("5 hashtags")));
        assert!(
            refused("https://a.example and https://b.example").is_some_and(|why| why.starts_with("2 links"))
        );
        assert!(refused("WE LOOK INTO IT").is_some() && refused("👍 100").is_none());
        assert_eq!(hashtags("a#b # #_x #ü"), 2);
    }

    #[test]
    fn each_place_is_answered_by_its_own_way() {
        let to = |id: &str, local: Option<&str>| PostRef {
            external_id: id.to_owned(),
            local_id: local.map(ToOwned::to_owned),
            ..PostRef::default()
        };
        let path = |to: &PostRef| way("77", to).map(|(path, body)| (path.join("/"), body));
        assert_eq!(path(&to("101", None)), Some(("101/replies".to_owned(), json!({}))));
        assert_eq!(path(&to("media/90", None)), Some(("90/comments".to_owned(), json!({}))));
        let comment = json!({ "media_id": "80", "comment_id": "201" });
        assert_eq!(path(&to("201", Some("mention/80/201"))), Some(("77/mentions".to_owned(), comment)));
        let caption = json!({ "media_id": "80" });
        assert_eq!(path(&to("media/80", Some("mention/80/"))), Some(("77/mentions".to_owned(), caption)));
        assert_eq!(path(&to("media/81", Some("tagged/81"))), Some(("81/comments".to_owned(), json!({}))));
        assert_eq!(path(&to("dm/5/m", None)), None);
    }
}
