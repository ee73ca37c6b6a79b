//! Figures and settings to read: reports, brands, policies and what they promise.

use super::ask::{Call, JSON, Reply, state_of};
use super::problem::Problem;
use super::word::{At, LanguageWord, LevelWord};
use crate::catalogue::Watched;
use crate::domain::clocks::ObligationKind;
use crate::domain::explain::{Question, explain};
use crate::domain::language::Language;
use crate::domain::policy::Channel;
use crate::reports;
use crate::reports::write::{Format, write};
use crate::store::safety;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormatWord {
    /// For programs.
    #[default]
    Json,
    /// For spreadsheets.
    Csv,
}

/// Of which days.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// The first day, in the zone of the team.
    #[schemars(with = "Day")]
    pub from: jiff::civil::Date,
    /// The last day.
    #[schemars(with = "Day")]
    pub to: jiff::civil::Date,
    /// Only this brand, by name.
    #[serde(default)]
    pub brand: Option<String>,
    /// How it is written.
    #[serde(default)]
    pub format: FormatWord,
}

/// A day such as 2026-11-24.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Day(
    #[schemars(extend("format" = "date"))]
    #[expect(dead_code, reason = "for its schema")]
    String,
);

/// A report; its members are those of `webcared report --format json`.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "Report")]
pub struct ReportShape(#[expect(dead_code, reason = "for its schema")] serde_json::Map<String, Value>);

/// `GET /reports`.
pub async fn report(call: Call) -> Result<Reply, Problem> {
    let asked: ReportQuery = call.query()?;
    let ask = call.asked_for(&asked)?;
    let mut report = reports::report(&call.api.db, &ask, call.api.clock.now()).await?;
    if !call.chosen(asked.brand.as_ref())?.iter().any(|b| b.brand.survey.enabled) {
        // A module that is off leaves no trace.
        report.survey = None;
    }
    let (format, media) = match asked.format {
        FormatWord::Json => (Format::Json, JSON),
        FormatWord::Csv => (Format::Csv, "text/csv; charset=utf-8"),
    };
    Ok(Reply { status: 200, body: write(&report, format), media, version: None, kept: false })
}

/// A brand as it is watched.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// Its handles.
    pub handles: Vec<String>,
    /// Its hashtags.
    pub hashtags: Vec<String>,
    /// Words that name it.
    pub keywords: Vec<String>,
    /// Its languages.
    pub languages: Vec<String>,
    /// Its policy by name.
    pub policy: String,
    /// The version of that policy.
    pub policy_version: i64,
    /// Whether what needs no answer leaves the main list.
    pub hides_no_answer: bool,
}

/// All brands that the token sees.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Brands {
    /// In the order of the settings.
    pub brands: Vec<Brand>,
}

/// `GET /brands`.
pub async fn brands(call: Call) -> Result<Reply, Problem> {
    let brands = call.brands();
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let read = call.api.db.read("reading what is hidden", move |tx| {
        Box::pin(async move {
            let mut hides = Vec::new();
            for id in &ids {
                hides.push(safety::hides(tx, id).await?);
            }
            Ok(hides)
        })
    });
    let one = |(b, hides): (&Watched, bool)| Brand {
        name: b.brand.name.clone(),
        handles: b.brand.handles.clone(),
        hashtags: b.brand.hashtags.clone(),
        keywords: b.brand.keywords.clone(),
        languages: b.brand.languages.iter().map(|l| l.code().to_owned()).collect(),
        policy: b.policy.1.name.clone(),
        policy_version: b.policy.0,
        hides_no_answer: hides,
    };
    let hides = read.await?;
    Reply::json(&Brands { brands: brands.iter().zip(hides).map(one).collect() })
}

/// Whether what needs no answer leaves the main list.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HideBody {
    /// Hidden, or not any more.
    pub hidden: bool,
}

/// Whether it is hidden, and how that stands for who says what they saw of it.
async fn hides(call: &Call, brand_id: &str) -> Result<(HideBody, i64), Problem> {
    let id = brand_id.to_owned();
    let read = call
        .api
        .db
        .read("reading what is hidden", move |tx| Box::pin(async move { safety::hides(tx, &id).await }));
    let hidden = read.await?;
    Ok((HideBody { hidden }, state_of([if hidden { "hidden" } else { "shown" }])))
}

/// `GET /brands/{brand}/hide-no-answer`.
pub async fn hidden(call: Call) -> Result<Reply, Problem> {
    let (now, state) = hides(&call, &call.brand()?.id).await?;
    Ok(Reply::json(&now)?.of_version(state))
}

/// `PUT /brands/{brand}/hide-no-answer`.
pub async fn hide(call: Call) -> Result<Reply, Problem> {
    let (brand, asked): (_, HideBody) = (call.brand()?, call.body()?);
    call.unchanged(hides(&call, &brand.id).await?.1)?;
    call.casework().hide_no_answer(&brand.id, asked.hidden, &call.actor()).await?;
    Ok(Reply::json(&asked)?.of_version(hides(&call, &brand.id).await?.1))
}

/// What is promised.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its current version.
    pub version: i64,
    /// The brands that promise it.
    pub brands: Vec<String>,
    /// The promise in words.
    pub promise: String,
    /// The promise as it is published.
    pub published: String,
    /// Its calendars in words.
    pub calendars: Vec<String>,
}

/// All policies of the brands that the token sees.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Policies {
    /// By name.
    pub policies: Vec<Policy>,
}

/// `GET /policies`.
pub fn policies(call: &Call) -> Result<Reply, Problem> {
    let mut found: Vec<Policy> = Vec::new();
    for b in call.brands() {
        let (version, policy) = &b.policy;
        if let Some(known) = found.iter_mut().find(|p| p.name == policy.name) {
            known.brands.push(b.brand.name.clone());
            continue;
        }
        found.push(Policy {
            name: policy.name.clone(),
            version: *version,
            brands: vec![b.brand.name.clone()],
            promise: policy.in_words(),
            published: policy.published(),
            calendars: policy.calendars.values().map(|c| format!("{}: {}", c.name(), c.in_words())).collect(),
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Reply::json(&Policies { policies: found })
}

/// A channel of policies.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the channels are those of policies")]
pub enum ChannelWord {
    #[default]
    Social,
    Email,
    Forum,
    Review,
}

/// A clock of policies.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the clocks are those of policies")]
pub enum ClockWord {
    #[default]
    FirstResponse,
    NextResponse,
    FirstResolution,
    TotalResolution,
}

/// The message that is asked about.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainQuery {
    /// When it was posted.
    pub at: At,
    /// The channel.
    #[serde(default)]
    pub channel: ChannelWord,
    /// The language; unknown without a word.
    #[serde(default)]
    pub language: Option<LanguageWord>,
    /// The level; without a word one that no target names.
    #[serde(default)]
    pub level: Option<LevelWord>,
    /// The clock.
    #[serde(default)]
    pub clock: ClockWord,
    /// Whether only the brand can read it.
    #[serde(default)]
    pub private: Option<bool>,
    /// The source by which it comes.
    #[serde(default)]
    pub source: Option<String>,
    /// What it is: post, comment, review, message, mail.
    #[serde(default)]
    pub kind: Option<String>,
    /// The handle of the brand that it names.
    #[serde(default)]
    pub handle: Option<String>,
}

/// When it has to be answered, and why; its members are those of `webcared policy explain`.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "Explained")]
pub struct ExplainedShape(#[expect(dead_code, reason = "for its schema")] serde_json::Map<String, Value>);

/// `GET /policies/{policy}/explain`.
pub fn explained(call: &Call) -> Result<Reply, Problem> {
    let asked: ExplainQuery = call.query()?;
    let name = call.part("policy");
    let watched = call.brands().into_iter().find(|b| b.policy.1.name == name);
    let (version, policy) = watched.ok_or_else(Problem::not_found)?.policy;
    let question = Question {
        at: asked.at.0,
        channel: match asked.channel {
            ChannelWord::Social => Channel::Social,
            ChannelWord::Email => Channel::Email,
            ChannelWord::Forum => Channel::Forum,
            ChannelWord::Review => Channel::Review,
        },
        language: asked.language.map_or(Language::Unknown, |l| l.0),
        level: asked.level.map(|l| l.0),
        clock: match asked.clock {
            ClockWord::FirstResponse => ObligationKind::FirstResponse,
            ClockWord::NextResponse => ObligationKind::NextResponse,
            ClockWord::FirstResolution => ObligationKind::FirstResolution,
            ClockWord::TotalResolution => ObligationKind::TotalResolution,
        },
        private: asked.private,
        source: asked.source,
        kind: asked.kind,
        handle: asked.handle,
    };
    Reply::json(&explain(&policy, version.to_string(), &question))
}
