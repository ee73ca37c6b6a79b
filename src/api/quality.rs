//! The quality of answers: what waits for a score, scoring, having seen it, averages.

use super::ask::{Call, Reply};
use super::figures::ReportQuery;
use super::office::Decided;
use super::problem::Problem;
use super::word::At;
use crate::casework::answering::guarded;
use crate::domain::ids::QualityId;
use crate::domain::quality::{Average, Score};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::reports::quality as means;
use crate::store::quality::{self as store, SampleRow};
use crate::tokens::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most answers of a brand in each list.
const SHOWN_MAX: i64 = 200;

/// One criterion of a card.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Asks {
    /// What it is called.
    pub name: String,
    /// What it asks.
    pub about: String,
    /// The best score; the worst is 1.
    pub scale: i64,
}

/// One score.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Scored {
    /// The criterion.
    pub name: String,
    /// The points.
    pub points: i64,
    /// The scale.
    pub scale: i64,
}

/// A drawn answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sample {
    /// Its id.
    pub id: String,
    /// The brand by name.
    pub brand: String,
    /// The case.
    pub case: String,
    /// Its short number.
    pub number: i64,
    /// When it was posted.
    pub posted_at: At,
    /// Until when it may be scored.
    pub until: At,
    /// What was answered; only for a token that reads personal data.
    pub answer: Option<String>,
    /// The card by which it is scored.
    pub card: Vec<Asks>,
    /// The scores; none while it waits.
    pub scores: Vec<Scored>,
    /// What who scored said; only for a token that reads personal data.
    pub word: Option<String>,
    /// When who gave it had seen the scores.
    pub seen_at: Option<At>,
    /// What they said to it; only for a token that reads personal data.
    pub line: Option<String>,
}

/// Drawn answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct List {
    /// What waits for a score and is not of whom the token acts for.
    pub to_score: Vec<Sample>,
    /// What was said of the answers of whom the token acts for.
    pub mine: Vec<Sample>,
}

/// A filled card.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreBody {
    /// Criterion to points; all criteria of the card.
    pub scores: BTreeMap<String, i64>,
    /// A word about it, at most 500 characters.
    #[serde(default)]
    pub word: String,
}

/// That scores were seen.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SeenBody {
    /// One line to it, at most 500 characters.
    pub line: String,
}

/// An average.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Mean {
    /// The criterion.
    pub criterion: String,
    /// Its scale.
    pub scale: i64,
    /// How many answers were scored by it.
    pub answers: i64,
    /// Of how many people.
    pub people: usize,
    /// The average in tenths of a point; none where fewer than five people stand behind it.
    pub tenths: Option<i64>,
}

/// Averages.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Averages {
    /// By criterion.
    pub averages: Vec<Mean>,
}

fn text_of(body: Option<&str>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body?).ok()?;
    body["text"].as_str().map(ToOwned::to_owned)
}

fn sample(row: SampleRow, brand: &str, card: &[Asks], opens: bool) -> Sample {
    let scores: Vec<Score> =
        row.scores.as_deref().and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default();
    let at = |ms: i64| At(Timestamp(ms));
    let scored = |(name, points, scale): Score| Scored { name, points, scale };
    Sample {
        answer: text_of(row.body.as_deref()).filter(|_| opens),
        word: row.word.filter(|_| opens),
        line: row.line.filter(|_| opens),
        brand: brand.to_owned(),
        number: row.number,
        posted_at: at(row.posted_at),
        until: at(row.until_at),
        card: card.to_vec(),
        scores: scores.into_iter().map(scored).collect(),
        seen_at: row.seen_at.map(at),
        id: row.id,
        case: row.case_id,
    }
}

/// `GET /quality`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let brands: Vec<_> = call.brands().into_iter().filter(|b| b.brand.quality.enabled).collect();
    let (me, now) = (call.bearer.person.to_string(), call.api.clock.now());
    let opens = call.bearer.has(Scope::ReadPersonal);
    // What waits for a score is shown to who may give one, as in the console.
    let scores = call.bearer.role.may(Right::Answer);
    let read = call.api.db.read("reading the quality of answers", move |tx| {
        Box::pin(async move {
            let (mut to_score, mut mine) = (Vec::new(), Vec::new());
            for b in &brands {
                let asks = |c: crate::domain::quality::Criterion| Asks {
                    name: c.name,
                    about: c.about,
                    scale: c.scale,
                };
                let card: Vec<Asks> = b.brand.quality.card().into_iter().map(asks).collect();
                let shown = |row: SampleRow| sample(row, &b.brand.name, &card, opens);
                if scores {
                    let waiting = store::to_score(tx, &b.id, &me, (now, SHOWN_MAX)).await?;
                    to_score.extend(waiting.into_iter().map(shown));
                }
                mine.extend(store::of_person(tx, &b.id, &me, SHOWN_MAX).await?.into_iter().map(shown));
            }
            Ok(List { to_score, mine })
        })
    });
    let list = read.await?;
    let has_personal = |s: &&Sample| {
        let texts = [&s.answer, &s.word, &s.line];
        texts.into_iter().flatten().any(|text| !guarded(text, &[], &[]).is_empty())
    };
    // Where the token does not open them, there are no words.
    let opened = list.to_score.iter().chain(&list.mine).filter(has_personal);
    let opened: Vec<_> = opened.filter_map(|s| Some((call.id_of(&s.brand)?, s.case.clone()))).collect();
    call.casework().note_all_uncovered(&opened, &call.actor()).await?;
    Reply::json(&list)
}

impl Call {
    /// The drawn answer that stands in the address, with its brand; only of brands that may be seen.
    async fn sample(&self) -> Result<(String, String), Problem> {
        let id = QualityId::parse(self.part("sample")).map_err(|_| Problem::not_found())?.to_string();
        let wanted = id.clone();
        let read = self.api.db.read("reading a drawn answer", move |tx| {
            Box::pin(async move { store::brand_of(tx, &wanted).await })
        });
        let brand = read.await?.filter(|of| self.brands().iter().any(|b| b.id == *of));
        brand.map(|brand| (brand, id)).ok_or_else(Problem::not_found)
    }
}

/// `POST /quality/{sample}/score`.
pub async fn score(call: Call) -> Result<Reply, Problem> {
    let body: ScoreBody = call.body()?;
    let (brand, id) = call.sample().await?;
    let decided = call.casework().score((&brand, &id), &body.scores, &body.word, &call.actor()).await?;
    Reply::json(&Decided { decided })
}

/// `POST /quality/{sample}/seen`.
pub async fn seen(call: Call) -> Result<Reply, Problem> {
    let body: SeenBody = call.body()?;
    let (brand, id) = call.sample().await?;
    let decided = call.casework().score_seen((&brand, &id), &body.line, &call.actor()).await?;
    Reply::json(&Decided { decided })
}

/// `GET /reports/quality`.
pub async fn averages(call: Call) -> Result<Reply, Problem> {
    let asked: ReportQuery = call.query()?;
    let (ask, now) = (call.asked_for(&asked)?, call.api.clock.now());
    let read =
        call.api.db.read("reading scores", move |tx| Box::pin(async move { means::of(tx, &ask, now).await }));
    let mean = |a: Average| Mean {
        criterion: a.name,
        scale: a.scale,
        answers: a.answers,
        people: a.people,
        tenths: a.tenths,
    };
    Reply::json(&Averages { averages: read.await?.into_iter().map(mean).collect() })
}
