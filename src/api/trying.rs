//! "Would this post match?" for programs: which brands a text would match, by what, and how it would be judged.

use super::ask::{Call, Reply};
use super::problem::Problem;
use crate::casework::trying::{OfBrand, Pasted};
use crate::domain::judgement::Judgement;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A post that is tried.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TryPostBody {
    /// Its words, in 1 to 10,000 characters.
    pub text: String,
    /// The language as a platform would tell it (BCP 47).
    #[serde(default)]
    pub language: Option<String>,
    /// The name that its author shows.
    #[serde(default)]
    pub author: Option<String>,
    /// Its author's handle.
    #[serde(default)]
    pub handle: Option<String>,
    /// Only for this brand, by name; left out, for all that the token sees.
    #[serde(default)]
    pub brand: Option<String>,
}

/// A term that stands in the text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TermHit {
    /// `handle`, `hashtag`, `keyword`, `phrase` or `domain`.
    pub kind: String,
    /// The term as the settings have it.
    pub term: String,
    /// Whether it counts.
    pub counts: bool,
}

/// A reason of a judgement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriedReason {
    /// Its name.
    pub what: String,
    /// What it adds.
    pub weight: i32,
    /// The words that gave it, where some did.
    pub words: Option<String>,
}

/// How it would be judged.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriedJudgement {
    /// The level.
    pub level: String,
    /// From 0 to 100.
    pub urgency: u8,
    /// What is wanted.
    pub intent: String,
    /// The tone.
    pub sentiment: String,
    /// The language that was recognised.
    pub language: String,
    /// Whether it needs an answer.
    pub needs_answer: bool,
    /// Whether it needs a private channel.
    pub needs_private: bool,
    /// The protocols that it proposes.
    pub protocols: Vec<String>,
    /// The kinds of personal data in it.
    pub personal_data: Vec<String>,
    /// Why.
    pub reasons: Vec<TriedReason>,
}

/// What one brand makes of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriedBrand {
    /// The brand by name.
    pub brand: String,
    /// Whether a post like this would become a mention.
    pub matches: bool,
    /// The strongest way in which it is named: `handle`, `addressed`, `hashtag`, `keyword` or `domain`.
    pub by: Option<String>,
    /// The platform on which its author is an account of the brand's own: then it is an answer, never a mention.
    pub own_account: Option<String>,
    /// The terms that stand in it.
    pub hits: Vec<TermHit>,
    /// The exclusions by which words do not count.
    pub stopped_by: Vec<String>,
    /// Whether words count only beside a context word, and none stands there.
    pub lacks_context: bool,
    /// The context words that stand in it.
    pub supported_by: Vec<String>,
    /// How it would be judged, whether or not it matches.
    pub judgement: TriedJudgement,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriedPost {
    /// In the order of the settings.
    pub brands: Vec<TriedBrand>,
}

/// The word of a value that the domain writes as one.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

fn judged(judgement: &Judgement, text: &str) -> TriedJudgement {
    let reason = |r: &crate::domain::judgement::Reason| TriedReason {
        what: r.what.to_string(),
        weight: r.weight,
        words: Judgement::words_of(r, text).map(ToOwned::to_owned),
    };
    let mut personal_data: Vec<String> = judgement.personal_data.iter().map(|d| word(&d.kind)).collect();
    personal_data.dedup();
    TriedJudgement {
        level: judgement.level.code().to_owned(),
        urgency: judgement.urgency,
        intent: judgement.intent.code().to_owned(),
        sentiment: judgement.sentiment.code().to_owned(),
        language: judgement.language.code().to_owned(),
        needs_answer: judgement.needs_answer,
        needs_private: judgement.needs_private,
        protocols: judgement.protocols.iter().map(|p| p.code().to_owned()).collect(),
        personal_data,
        reasons: judgement.reasons.iter().map(reason).collect(),
    }
}

fn one(of: OfBrand, text: &str) -> TriedBrand {
    let hit = |h: crate::casework::trying::Hit| TermHit {
        kind: h.kind.code().to_owned(),
        term: h.term,
        counts: h.counts,
    };
    TriedBrand {
        judgement: judged(&of.judgement, text),
        matches: of.matches,
        by: of.by.map(ToOwned::to_owned),
        own_account: of.own_account,
        hits: of.hits.into_iter().map(hit).collect(),
        stopped_by: of.stopped_by,
        lacks_context: of.lacks_context,
        supported_by: of.supported_by,
        brand: of.brand,
    }
}

/// `POST /brands/try`.
pub async fn attempt(call: Call) -> Result<Reply, Problem> {
    let body: TryPostBody = call.body()?;
    let brands = call.chosen(body.brand.as_ref())?;
    let or = |value: Option<String>| value.unwrap_or_default();
    let pasted = Pasted {
        text: body.text,
        language: or(body.language),
        author: or(body.author),
        handle: or(body.handle),
    };
    let tried = call.casework().try_post(&brands, &pasted).await?;
    let text = tried.text;
    Reply::json(&TriedPost { brands: tried.brands.into_iter().map(|of| one(of, &text)).collect() })
}
