//! Reading X: the mentions timeline as the truth, the search for the brand's words, our own posts, private messages,
//! and the upkeep of the webhook.
//!
//! The mark moves only once all pages were handed over, to the newest of the first page; the next look begins a few
//! minutes before it, for ids are given before posts can be seen. What was handed over and stored is not handed over
//! again. How often is looked depends on the money that is left; where all of it is gone, nothing is read.

use super::X;
use super::client::{As, Failed, Family};
use super::config::Unit;
use super::post::{Seen, id_at, is_later, post, time_of};
use super::read::{Includes, field, id_in, list, referenced};
use crate::domain::money::{Look, pace};
use crate::domain::time::{Span, Timestamp};
use crate::sources::{Aside, Batch, Poll, RawItem, SourceTrouble, TroubleState};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is said to the account.
pub const MENTIONS: &str = "mentions";
/// What names the brand.
pub const SEARCH: &str = "search";
/// What the account says itself.
pub const OWN: &str = "own posts";
/// Private messages.
pub const MESSAGES: &str = "messages";
/// The webhook and its subscriptions.
pub const WEBHOOK: &str = "webhook";

/// Most pages of one look.
const PAGES_MAX: u32 = 20;
/// So long before the mark a look begins.
const OVERLAP: Span = Span::minutes(3);
/// Search goes back no further.
const SEARCHED: Span = Span::days(7);
/// How often the webhook is looked at.
const UPKEEP: Span = Span::minutes(10);
/// How often our own posts are looked at: what we sent by ourselves is known already.
const OWN_EVERY: Span = Span::minutes(5);
/// Most beginnings of conversations that are asked for beside one page.
const BESIDE_MAX: usize = 20;
pub(super) const WITHIN: Span = Span::seconds(15);

/// What is asked for of each post.
pub(super) const FIELDS: [(&str, &str); 4] = [
    (
        "tweet.fields",
        "created_at,author_id,conversation_id,in_reply_to_user_id,referenced_tweets,entities,attachments,lang,public_metrics,edit_history_tweet_ids,edit_controls,note_tweet,reply_settings,possibly_sensitive",
    ),
    (
        "expansions",
        "author_id,in_reply_to_user_id,referenced_tweets.id,referenced_tweets.id.author_id,attachments.media_keys",
    ),
    ("user.fields", "username,name,public_metrics,verified_type,protected,receives_your_dm"),
    ("media.fields", "type,url,preview_image_url,alt_text"),
];

/// Where a stream was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Mark {
    /// The newest id of the last look that came to its end.
    pub since: String,
    /// Where this look goes on, and the newest id of its first page.
    pub next: Option<(String, String)>,
    pages: u32,
}

#[async_trait]
impl Poll for X {
    fn every(&self) -> Span {
        self.waits.first().copied().unwrap_or(OWN_EVERY)
    }

    fn every_of(&self, stream: &str) -> Span {
        if stream == WEBHOOK {
            return UPKEEP;
        }
        let streams = self.read_streams();
        let Some(at) = streams.iter().position(|s| s == stream) else { return self.every() };
        let wanted: Vec<Span> = streams.iter().map(|s| self.wanted(s)).collect();
        let Some((left, time)) = self.purse.left() else {
            return wanted.get(at).copied().unwrap_or(OWN_EVERY);
        };
        let looks: Vec<Look> = streams
            .iter()
            .zip(&wanted)
            .map(|(s, wanted)| Look { wanted: *wanted, longest: self.longest, micros: self.costs.of(s) })
            .collect();
        pace(&looks, left, time).get(at).copied().unwrap_or(OWN_EVERY)
    }

    fn streams(&self) -> Vec<String> {
        let mut streams = self.read_streams();
        if self.client.has_app() && !self.webhook_url.is_empty() {
            streams.push(WEBHOOK.to_owned());
        }
        streams
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        if stream == WEBHOOK {
            self.upkeep().await?;
            return Ok(Batch::default());
        }
        self.may_read()?;
        let before = cursor.and_then(|c| serde_json::from_str::<Mark>(c).ok());
        self.known.confirm(stream, cursor);
        let looked = self.look(stream, before.as_ref()).await;
        looked.map_err(|failed| self.client.trouble(&failed))
    }

    fn aside(&self, stream: &str) -> Aside {
        Aside { note: (stream == WEBHOOK).then(|| self.webhook_note()).flatten(), rest: Span::ZERO }
    }
}

/// One page as it came.
pub(super) struct Page {
    /// Its posts or messages, newest first.
    pub value: Value,
    /// What one look cost, in millionths.
    pub cost: i64,
}

impl X {
    /// What can be read, the tightest first.
    fn read_streams(&self) -> Vec<String> {
        let mut streams = vec![MENTIONS.to_owned()];
        if self.messages {
            streams.push(MESSAGES.to_owned());
        }
        if self.searches() {
            streams.push(SEARCH.to_owned());
        }
        streams.push(OWN.to_owned());
        streams
    }

    fn wanted(&self, stream: &str) -> Span {
        let [mentions, messages, search] = self.waits;
        match stream {
            MENTIONS => mentions,
            MESSAGES => messages,
            SEARCH => search,
            _ => OWN_EVERY,
        }
    }

    /// Whether anything may be read now.
    pub(super) fn may_read(&self) -> Result<(), SourceTrouble> {
        let Err(until) = self.purse.may_read() else { return Ok(()) };
        let why = format!(
            "our budget of this month is used up, so nothing is read until {}; answers go on",
            until.day()
        );
        // Looked at again each hour: a larger budget may have been given by another process.
        let wait = until.since(self.client.now()).min(Span::hours(1));
        Err(SourceTrouble::new(TroubleState::OverBudget { until }, why).after(wait))
    }

    async fn look(&self, stream: &str, before: Option<&Mark>) -> Result<Batch, Failed> {
        let is_first = before.is_none();
        let mut mark = before.cloned().unwrap_or_default();
        let page = match self.page(stream, &mark).await {
            // The word for a page may lapse while nobody looks: from the front, past what is known.
            Err(failed) if failed.status() == Some(400) && mark.next.is_some() => {
                (mark.next, mark.pages) = (None, 0);
                self.page(stream, &mark).await?
            }
            page => page?,
        };
        self.costs.note(stream, page.cost);
        let (items, handed) = if stream == MESSAGES {
            self.messages_of(&page.value).await?
        } else {
            self.posts_of(stream, &page.value).await?
        };
        let next = go_on(mark.clone(), &page.value, is_first);
        let more = next.next.is_some();
        // Texts and numbers, all of which JSON can write.
        let cursor = (before != Some(&next)).then(|| serde_json::to_string(&next).unwrap_or_default());
        let stands = cursor.clone().or_else(|| before.and_then(|b| serde_json::to_string(b).ok()));
        self.known.hand(stream, stands, handed);
        Ok(Batch { items, cursor, more })
    }

    /// One page of a stream.
    async fn page(&self, stream: &str, mark: &Mark) -> Result<Page, Failed> {
        let me = self.me().await?;
        let token = mark.next.as_ref().map(|(token, _)| token.as_str());
        if stream == MESSAGES {
            return self.messages_page(token, &mark.since).await;
        }
        let now = self.client.now();
        let since = time_of(&mark.since).map(|at| at.minus(OVERLAP));
        let mut query: Vec<(&str, String)> = FIELDS.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        query.push(("max_results", "100".to_owned()));
        match since {
            // Search refuses ids that are older than it goes back.
            Some(at) if stream == SEARCH && now.since(at) >= SEARCHED.minus_some() => {
                query.push(("start_time", now.minus(SEARCHED.minus_some()).rfc3339()));
            }
            Some(at) => query.push(("since_id", id_at(at))),
            None => {}
        }
        if let Some(token) = token {
            query.push((if stream == SEARCH { "next_token" } else { "pagination_token" }, token.to_owned()));
        }
        let (family, whose, unit) = match stream {
            SEARCH => (Family::Search, As::App, Unit::PostRead),
            _ => (Family::Timeline, As::Account, Unit::OwnedRead),
        };
        let path: Vec<&str> = match stream {
            SEARCH => {
                query.push(("query", self.words_wanted()));
                vec!["tweets", "search", "recent"]
            }
            OWN => vec!["users", &me.id, "tweets"],
            _ => vec!["users", &me.id, "mentions"],
        };
        let query: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let value = self.client.get((family, whose), &path, &query, WITHIN).await?;
        is_page(&value)?;
        let cost = self.bill(unit, &value);
        Ok(Page { value, cost })
    }

    /// Counts what an answer with posts costs.
    pub(super) fn bill(&self, unit: Unit, value: &Value) -> i64 {
        let ids: Vec<String> = list(&value["data"]).filter_map(|t| id_in(t, "id")).collect();
        let beside: Vec<String> =
            Includes::of(&value["includes"]).tweets().filter_map(|t| id_in(t, "id")).collect();
        self.spend_on(unit, &ids) + self.spend_on(Unit::PostRead, &beside)
    }

    /// The posts of a page in our form, oldest first, with what stands above them.
    pub(super) async fn posts_of(
        &self,
        stream: &str,
        page: &Value,
    ) -> Result<(Vec<RawItem>, Vec<String>), Failed> {
        let (me, now) = (self.me().await?, self.client.now());
        let includes = Includes::of(&page["includes"]);
        let seen = Seen { summoned: stream == MENTIONS, context: false };
        let tweets: Vec<&Value> = list(&page["data"]).collect();
        let fresh: Vec<&&Value> = tweets
            .iter()
            .rev()
            .filter(|t| id_in(t, "id").is_none_or(|id| !self.known.holds(stream, &id)))
            .collect();
        let mut items = self.beside(&fresh, includes, stream, now).await?;
        let mut handed = Vec::new();
        for tweet in fresh {
            let id = id_in(tweet, "id");
            if let Ok((raw, at)) = post(tweet, &includes, &me, seen, now) {
                self.versions.note(tweet);
                handed.extend(id.clone());
                items.push(RawItem::of(format!("{stream}/{}", id.unwrap_or_default()), &raw, at));
            } else {
                let raw = tweet.to_string();
                let name = format!("junk/{}", crate::sources::taken::hash(&[&raw]));
                if !self.known.holds(stream, &name) {
                    handed.push(name);
                    items.push(RawItem::unreadable(&raw));
                }
            }
        }
        Ok((items, handed))
    }

    /// What stands above posts: what the answer shows beside them, and where conversations began.
    async fn beside(
        &self,
        fresh: &[&&Value],
        includes: Includes<'_>,
        stream: &str,
        now: Timestamp,
    ) -> Result<Vec<RawItem>, Failed> {
        if stream == OWN {
            return Ok(Vec::new());
        }
        let me = self.me().await?;
        let seen = Seen { context: true, ..Seen::default() };
        let mut items = Vec::new();
        let mut wanted: Vec<String> = Vec::new();
        for tweet in fresh {
            for id in ["replied_to", "quoted"].iter().filter_map(|kind| referenced(tweet, kind)) {
                let Some(above) = includes.tweet(&id) else { continue };
                if self.shown.is_new(&id)
                    && let Ok((raw, at)) = post(above, &includes, &me, seen, now)
                {
                    items.push(RawItem::of(format!("above/{id}"), &raw, at));
                }
            }
            let began = id_in(tweet, "conversation_id").filter(|c| id_in(tweet, "id").as_ref() != Some(c));
            let has_it = |c: &String| {
                includes.tweet(c).is_some() || fresh.iter().any(|t| id_in(t, "id").as_ref() == Some(c))
            };
            wanted.extend(began.filter(|c| !has_it(c) && self.shown.is_new(c)));
        }
        wanted.truncate(BESIDE_MAX);
        if wanted.is_empty() {
            return Ok(items);
        }
        // Without it people see less; what is said to us matters more.
        let Ok(found) = self.posts_by_id(&wanted).await else { return Ok(items) };
        let around = Includes::of(&found["includes"]);
        for tweet in list(&found["data"]) {
            if let Ok((raw, at)) = post(tweet, &around, &me, seen, now) {
                items.push(RawItem::of(format!("above/{}", raw.external_id), &raw, at));
            }
        }
        Ok(items)
    }

    /// Posts by their ids, at most a hundred.
    pub(super) async fn posts_by_id(&self, ids: &[String]) -> Result<Value, Failed> {
        let ids = ids.join(",");
        let query: Vec<(&str, &str)> = FIELDS.iter().copied().chain([("ids", ids.as_str())]).collect();
        let whose = if self.client.has_app() { As::App } else { As::Account };
        let value = self.client.get((Family::Lookup, whose), &["tweets"], &query, WITHIN).await?;
        self.bill(Unit::PostRead, &value);
        Ok(value)
    }
}

/// An answer with a list; where nothing is found the list itself is left out.
pub(super) fn is_page(value: &Value) -> Result<(), Failed> {
    let is_list = value.get("data").is_none_or(Value::is_array);
    if is_list && (value["data"].is_array() || value["meta"].is_object()) {
        Ok(())
    } else {
        Err(Failed::Unreadable)
    }
}

/// Notes where a look stands after a page.
pub(super) fn go_on(mut mark: Mark, page: &Value, is_first: bool) -> Mark {
    let newest = list(&page["data"])
        .filter_map(|t| id_in(t, "id"))
        .fold(String::new(), |a, b| if is_later(&b, &a) { b } else { a });
    let of_first = mark.next.as_ref().map_or(newest, |(_, newest)| newest.clone());
    let token = field(&page["meta"], "next_token").map(ToOwned::to_owned);
    let same = |t: &String| mark.next.as_ref().is_some_and(|(before, _)| before == t);
    mark.pages = mark.pages.saturating_add(1);
    if let Some(token) = token.filter(|t| !is_first && !same(t) && mark.pages < PAGES_MAX) {
        mark.next = Some((token, of_first));
    } else {
        if is_later(&of_first, &mark.since) {
            mark.since = of_first;
        }
        (mark.next, mark.pages) = (None, 0);
    }
    mark
}

trait MinusSome {
    fn minus_some(self) -> Self;
}

impl MinusSome for Span {
    /// A little less, for our clock may be behind.
    fn minus_some(self) -> Self {
        Self(self.millis() - Span::minutes(10).millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(ids: &[&str], next: Option<&str>) -> Value {
        let data: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        json!({"data": data, "meta": {"next_token": next, "result_count": ids.len()}})
    }

    #[test]
    fn the_mark_moves_only_when_all_pages_were_read() {
        let first = go_on(Mark::default(), &page(&["300", "200"], Some("t")), true);
        assert_eq!((first.since.as_str(), &first.next), ("300", &None), "the first look reads one page");
        let one = go_on(first.clone(), &page(&["900", "800"], Some("a")), false);
        assert_eq!((one.since.as_str(), one.next.clone()), ("300", Some(("a".into(), "900".into()))));
        let two = go_on(one.clone(), &page(&["700", "600"], Some("b")), false);
        let end = go_on(two, &page(&["500"], None), false);
        assert_eq!((end.since.as_str(), &end.next), ("900", &None));
        let stuck = go_on(one, &page(&[], Some("a")), false);
        assert_eq!(
            (stuck.since.as_str(), &stuck.next),
            ("900", &None),
            "a page that names itself ends the look"
        );
        let nothing = go_on(end.clone(), &json!({"meta": {"result_count": 0}}), false);
        assert_eq!(nothing, end);
    }

    #[test]
    fn a_page_is_a_list_or_says_that_there_is_nothing() {
        assert!(is_page(&json!({"meta": {"result_count": 0}})).is_ok());
        assert!(is_page(&json!({"data": []})).is_ok());
        for bad in [json!({}), json!({"data": {}}), json!({"errors": []})] {
            assert!(is_page(&bad).is_err(), "{bad}");
        }
    }
}
