//! Threads and authors that are collected, by program.

use super::acts::Body;
use super::ask::{Call, Reply};
use super::pages::{self, PageQuery};
use super::problem::Problem;
use super::shape::covered;
use super::word::{At, ScopeWord, at};
use crate::casework::{Act, CollectAct};
use crate::domain::judgement::PersonalData;
use crate::domain::time::{Span, Timestamp};
use crate::store::collecting::{self as store, ListedPost, ShownCollecting};
use crate::tokens::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long one that is over stays in the list.
const KEPT: Span = Span::days(30);
const SHOWN_MAX: i64 = 200;
/// Posts on a page.
const PAGE: usize = 100;

/// A thread or an author that is collected.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Collecting {
    /// `thread` or `author`.
    pub scope: String,
    /// The brand by name.
    pub brand: String,
    /// The case that keeps what is collected, by id.
    pub case: String,
    /// Its number.
    pub number: i64,
    /// The platform.
    pub platform: String,
    /// Whether it goes on.
    pub goes_on: bool,
    /// When it was set.
    pub set_at: At,
    /// By whom.
    pub set_by: Option<String>,
    /// Until when it goes on by itself, or when it was ended before.
    pub until: At,
    /// Why.
    pub reason: Option<String>,
    /// How many posts are collected and stand.
    pub posts: i64,
    /// Of how many authors.
    pub authors: i64,
}

/// What is collected.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AllCollecting {
    /// What goes on, and what was over in the last thirty days; at most 200 a brand.
    pub collecting: Vec<Collecting>,
}

fn shape(c: ShownCollecting, brand: &str, now: Timestamp) -> Collecting {
    Collecting {
        goes_on: c.holds(now),
        brand: brand.to_owned(),
        case: c.case_id,
        number: c.number,
        platform: c.platform,
        set_at: at(c.set_at),
        set_by: c.name,
        until: at(c.ended_at.map_or(c.until_ms, |ended| ended.min(c.until_ms))),
        reason: c.reason,
        posts: c.posts,
        authors: c.authors,
        scope: c.scope,
    }
}

/// Which brand.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CollectingQuery {
    /// Only this brand, by name.
    pub brand: Option<String>,
}

/// `GET /collecting`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: CollectingQuery = call.query()?;
    let (brands, now) = (call.chosen(asked.brand.as_ref())?, call.api.clock.now());
    let read = call.api.db.read("listing what is collected", move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for brand in &brands {
                let rows = store::of_brand(tx, &brand.id, now.minus(KEPT), now, SHOWN_MAX).await?;
                found.extend(rows.into_iter().map(|c| shape(c, &brand.brand.name, now)));
            }
            Ok(AllCollecting { collecting: found })
        })
    });
    Reply::json(&read.await?)
}

/// A post that is collected.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CollectedPost {
    /// The mention, by id.
    pub mention: String,
    /// The platform's id.
    pub external_id: String,
    /// When it was posted.
    pub posted_at: At,
    /// `P3`, `P4` or `P5`, as triage judged it.
    pub level: String,
    /// Its intent.
    pub intent: String,
    /// Its language.
    pub language: String,
    /// What its author is called there.
    pub handle: Option<String>,
    /// Its words, if they are still kept; personal data in them is covered without `read_personal`.
    pub text: Option<String>,
}

/// What a case keeps.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CollectedPosts {
    /// All that the case collects or collected.
    pub collecting: Vec<Collecting>,
    /// The posts, the latest first, at most 100.
    pub posts: Vec<CollectedPost>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// Where personal data stands in a post.
fn places(m: &ListedPost) -> Vec<PersonalData> {
    serde_json::from_str(&m.personal_data).unwrap_or_default()
}

fn post(m: ListedPost, open: bool) -> CollectedPost {
    let places = places(&m);
    let json =
        |text: Option<&str>| -> Value { text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default() };
    let (profile, body) = (json(m.profile.as_deref()), json(m.body.as_deref()));
    CollectedPost {
        mention: m.mention_id,
        external_id: m.external_id,
        posted_at: at(m.posted_at),
        level: format!("P{}", m.level),
        intent: m.intent,
        language: m.language,
        handle: profile["handle"].as_str().map(ToOwned::to_owned),
        text: body["text"].as_str().map(|t| if open { t.to_owned() } else { covered(t, &places) }),
    }
}

/// `GET /cases/{case}/collected`.
pub async fn posts(call: Call) -> Result<Reply, Problem> {
    let asked: PageQuery = call.query()?;
    let (of, now) = (call.case().await?, call.api.clock.now());
    let (from, behind) = pages::place(asked.cursor.as_deref())?;
    let (open, looked) = (call.bearer.has(Scope::ReadPersonal), (of.brand_id.clone(), of.id.clone()));
    let read = call.api.db.read("reading collected posts", move |tx| {
        Box::pin(async move {
            let rows = store::shown_of_case(tx, &of.brand_id, &of.id).await?;
            let of_case = (of.brand_id.as_str(), of.id.as_str());
            let found = store::posts(tx, of_case, (from, &behind), pages::one_more(PAGE)).await?;
            let (page, next) = pages::behind(found, PAGE, |m| (m.posted_at, m.mention_id.clone()));
            let uncovers = open && page.iter().any(|m| !places(m).is_empty());
            let told = CollectedPosts {
                collecting: rows.into_iter().map(|c| shape(c, &of.brand, now)).collect(),
                posts: page.into_iter().map(|m| post(m, open)).collect(),
                next,
            };
            Ok((told, uncovers))
        })
    });
    let (told, uncovers) = read.await?;
    if uncovers {
        call.casework().note_all_uncovered(&[looked], &call.actor()).await?;
    }
    Reply::json(&told)
}

/// Collects the thread of a case, or its author.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectBody {
    /// What; an author only by a token of a lead.
    pub scope: ScopeWord,
    /// Why.
    pub reason: String,
    /// Until when; left out, 14 days for a thread and 90 for an author.
    #[serde(default)]
    pub until: Option<At>,
}

impl Body for CollectBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        let until = self.until.map(|u| u.0);
        Ok(Act::Collect(CollectAct::Set { scope: self.scope.0, reason: self.reason, until }))
    }
}

/// Collects no more.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectEndBody {
    /// What; an author only by a token of a lead.
    pub scope: ScopeWord,
}

impl Body for CollectEndBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Collect(CollectAct::End { scope: self.scope.0 }))
    }
}

/// Gives a collected post a case of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectOutBody {
    /// The mention, by id.
    pub mention: String,
}

impl Body for CollectOutBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Collect(CollectAct::Release { mention: self.mention }))
    }
}
