//! Planned peaks and the crisis switch, by program.

use super::ask::{Call, Reply};
use super::problem::Problem;
use super::shape::{Names, Who, names, who};
use super::word::{At, at};
use crate::casework::peaks::NewPeak;
use crate::domain::ids::PeakId;
use crate::domain::time::Timestamp;
use crate::store::answer;
use crate::store::peak::{self, PeakRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const LISTED_MAX: i64 = 200;

/// A planned peak, or a crisis.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Peak {
    /// Its id.
    pub id: String,
    /// The brand by name.
    pub brand: String,
    /// `peak` or `crisis`.
    pub kind: String,
    /// What it is.
    pub title: Option<String>,
    /// When it begins.
    pub starts_at: At,
    /// When it is over.
    pub until: At,
    /// Whether it holds now.
    pub now: bool,
    /// By which words it is known.
    pub words: Option<String>,
    /// What is said, a line a language: `nl: …`.
    pub lines: Option<String>,
    /// Who stands by.
    pub standby: Vec<Who>,
    /// Who entered it.
    pub made_by: Who,
    /// How many minutes somebody may expect to wait while it lasts, if a lead said so.
    pub wait_minutes: Option<i64>,
}

/// Peaks and crises.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Peaks {
    /// Those that are not over.
    pub peaks: Vec<Peak>,
}

/// The contents that hold the words of a peak.
fn contents_of(p: &PeakRow) -> [String; 3] {
    ["title", "words", "lines"].map(|what| p.content_id(what))
}

fn shape(
    p: &PeakRow,
    brand: &str,
    (words, names): (&HashMap<String, String>, &Names),
    now: Timestamp,
) -> Peak {
    let standby: Vec<String> = serde_json::from_str(&p.standby).unwrap_or_default();
    let word = |what: &str| words.get(&p.content_id(what)).cloned();
    Peak {
        id: p.id.clone(),
        brand: brand.to_owned(),
        kind: p.kind.clone(),
        title: word("title"),
        starts_at: at(p.starts_at),
        until: at(p.until_at),
        now: p.holds(now),
        words: word("words"),
        lines: word("lines"),
        standby: standby.iter().map(|id| who(id, names)).collect(),
        made_by: who(&p.made_by, names),
        wait_minutes: p.wait_minutes,
    }
}

async fn peaks_of(call: &Call, brand: Option<&String>) -> Result<Reply, Problem> {
    let (brands, now) = (call.chosen(brand)?, call.api.clock.now());
    let read = call.api.db.read("listing peaks", move |tx| {
        Box::pin(async move {
            let (names, rows) = (names(tx).await?, peak::running(tx, LISTED_MAX).await?);
            let ids: Vec<String> = rows.iter().flat_map(contents_of).collect();
            let words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
            let one = |p: &PeakRow| {
                let brand = brands.iter().find(|b| b.id == p.brand_id)?;
                Some(shape(p, &brand.brand.name, (&words, &names), now))
            };
            let ahead = rows.iter().filter(|p| p.until_at > now.millis());
            Ok(Peaks { peaks: ahead.filter_map(one).collect() })
        })
    });
    Reply::json(&read.await?)
}

/// `GET /peaks`.
pub async fn peaks(call: Call) -> Result<Reply, Problem> {
    let asked: super::protocols::BrandQuery = call.query()?;
    peaks_of(&call, asked.brand.as_ref()).await
}

/// `GET /peaks/{peak}`. It changes by its end only; who saw it standing and finds it over is told that it is not there.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let id = PeakId::parse(call.part("peak")).map_err(|_| Problem::not_found())?.to_string();
    let (brands, now) = (call.brands(), call.api.clock.now());
    let read = call.api.db.read("reading a peak", move |tx| {
        Box::pin(async move {
            let names = names(tx).await?;
            for brand in &brands {
                let Some(row) = peak::get(tx, &brand.id, &id).await? else { continue };
                if row.ended_at.is_some() || row.until_at <= now.millis() {
                    return Ok(None);
                }
                let words: HashMap<String, String> =
                    answer::contents(tx, &contents_of(&row)).await?.into_iter().collect();
                return Ok(Some(shape(&row, &brand.brand.name, (&words, &names), now)));
            }
            Ok(None)
        })
    });
    let told: Peak = read.await?.ok_or_else(Problem::not_found)?;
    // Whether it holds already is no change of it.
    Ok(Reply::json(&told)?.of_version(1))
}

/// Enters a peak, or switches the crisis on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeakBody {
    /// The brand by name.
    pub brand: String,
    /// Whether it is the crisis switch: it begins now.
    #[serde(default)]
    pub crisis: bool,
    /// What it is.
    pub title: String,
    /// When it begins; left out, now.
    #[serde(default)]
    pub starts: Option<At>,
    /// When it ends.
    pub until: At,
    /// Words by which it is known.
    #[serde(default)]
    pub words: String,
    /// What is said, a line a language: `nl: …`.
    #[serde(default)]
    pub lines: String,
    /// Who stands by, by log-in.
    #[serde(default)]
    pub standby: Vec<String>,
    /// How many minutes somebody may expect to wait while it lasts, 1 to 1440; left out, what is measured is told.
    #[serde(default)]
    pub wait_minutes: Option<i64>,
}

/// `POST /peaks`.
pub async fn begin_peak(call: Call) -> Result<Reply, Problem> {
    let body: PeakBody = call.body()?;
    let (brand_id, brand) = call.named_brand(&body.brand)?;
    let peak = NewPeak {
        crisis: body.crisis,
        title: body.title,
        starts: body.starts.map(|at| at.0),
        until: Some(body.until.0),
        words: body.words,
        lines: body.lines.replace("\r\n", "\n"),
        standby: body.standby.join(" "),
        wait: body.wait_minutes,
    };
    call.casework().begin_peak(&brand_id, &peak, &call.actor()).await?;
    peaks_of(&call, Some(&brand)).await
}

/// `POST /peaks/{peak}/end`.
pub async fn end_peak(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let id = PeakId::parse(call.part("peak")).map_err(|_| Problem::not_found())?.to_string();
    let (brands, looked) = (call.brands(), id.clone());
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let read = call.api.db.read("looking for a peak", move |tx| {
        Box::pin(async move {
            for brand in ids {
                if peak::get(tx, &brand, &looked).await?.is_some() {
                    return Ok(Some(brand));
                }
            }
            Ok(None)
        })
    });
    let brand_id = read.await?.ok_or_else(Problem::not_found)?;
    call.casework().end_peak(&brand_id, &id, &call.actor()).await?;
    peaks_of(&call, None).await
}
