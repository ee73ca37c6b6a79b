//! Days: what leads note of them, and the figures that were mailed.

use super::ask::{Call, Reply};
use super::figures::Day;
use super::office::Decided;
use super::pages::{self, KEPT_MAX, PageQuery};
use super::problem::{Kind, Problem};
use super::word::At;
use crate::domain::time::Timestamp;
use crate::reports::frozen;
use crate::store::{day_note, published};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most mailed reports on a page.
const SENT_MAX: usize = 200;

/// Of which days.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotesQuery {
    /// The first day, in the zone of the team.
    #[schemars(with = "Day")]
    pub from: jiff::civil::Date,
    /// The last day.
    #[schemars(with = "Day")]
    pub to: jiff::civil::Date,
    /// Only this brand, by name.
    #[serde(default)]
    pub brand: Option<String>,
}

/// What a lead noted of a day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Note {
    /// Its id.
    pub id: String,
    /// The brand by name.
    pub brand: String,
    /// The day.
    #[schemars(with = "Day")]
    pub day: String,
    /// The words.
    pub words: String,
    /// When it was noted.
    pub at: At,
}

/// Notes of days.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Notes {
    /// By day.
    pub notes: Vec<Note>,
}

/// Notes something of a day.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// The day.
    #[schemars(with = "Day")]
    pub day: jiff::civil::Date,
    /// The words, at most 120 characters, without names of people: they stand in mails.
    pub words: String,
    /// Only for this brand, by name; left out, for all that the token sees.
    #[serde(default)]
    pub brand: Option<String>,
}

fn note(row: day_note::DayNote) -> Option<Note> {
    let at = At(Timestamp(row.at));
    Some(Note { id: row.id, brand: row.brand, day: row.day, words: row.words?, at })
}

impl Call {
    /// The brands that are asked for, by id: never none, for that would mean all.
    pub(super) fn ids(&self, name: Option<&String>) -> Result<Vec<String>, Problem> {
        let ids: Vec<String> = self.chosen(name)?.into_iter().map(|b| b.id).collect();
        if ids.is_empty() {
            let what = "there is none that this token sees";
            return Err(Problem::new(Kind::Request, format!("brand: {what}")).by("brand", what));
        }
        Ok(ids)
    }
}

/// `GET /day-notes`.
pub async fn notes(call: Call) -> Result<Reply, Problem> {
    let asked: NotesQuery = call.query()?;
    let ids = call.ids(asked.brand.as_ref())?;
    let (first, last) = (asked.from.to_string(), asked.to.to_string());
    let rows = call.api.db.read("reading notes of days", move |tx| {
        Box::pin(async move { day_note::of_days(tx, &ids, &first, &last).await })
    });
    Reply::json(&Notes { notes: rows.await?.into_iter().filter_map(note).collect() })
}

/// `GET /day-notes/{note}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let (ids, wanted) = (call.ids(None)?, call.part("note").to_owned());
    let read = call.api.db.read("reading a note of a day", move |tx| {
        Box::pin(async move {
            for brand in &ids {
                if let Some(row) = day_note::one(tx, brand, &wanted).await? {
                    return Ok(Some(row));
                }
            }
            Ok(None)
        })
    });
    let told = read.await?.and_then(note).ok_or_else(Problem::not_found)?;
    Reply::json(&told)
}

/// `POST /day-notes`.
pub async fn add(call: Call) -> Result<Reply, Problem> {
    let body: NoteBody = call.body()?;
    let ids = call.ids(body.brand.as_ref())?;
    let made = call.casework().note_day(&ids, body.day, &body.words, &call.actor()).await?;
    Reply::json(&Notes { notes: made.into_iter().filter_map(note).collect() })
}

/// `POST /day-notes/{note}/remove`.
pub async fn remove(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let ids = call.ids(None)?;
    call.casework().drop_day_note(&ids, call.part("note"), &call.actor()).await?;
    Reply::json(&Decided { decided: true })
}

/// A report as it was mailed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sent {
    /// The name of the letter in the settings.
    pub letter: String,
    /// `daily`, `weekly`, `monthly` or `monday`.
    pub kind: String,
    /// The first day.
    pub first_day: String,
    /// The last day.
    pub last_day: String,
    /// When its figures were read.
    pub made_at: At,
    /// When the mail server took it.
    pub sent_at: Option<At>,
    /// Figure to number, as it was sent; no correction changes it.
    pub figures: BTreeMap<String, i64>,
}

/// Reports that were mailed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AllSent {
    /// The latest first, at most 200.
    pub sent: Vec<Sent>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /reports/sent`.
pub async fn sent(call: Call) -> Result<Reply, Problem> {
    let asked: PageQuery = call.query()?;
    // When the last one was made, its letter, its kind and its first day.
    let from: Option<(i64, String, String, String)> = pages::key(asked.cursor.as_deref())?;
    let seen: Vec<String> = call.brands().into_iter().map(|b| b.id).collect();
    let all = call.api.catalogue.get().brands.len() == seen.len();
    // Who sees every brand is told of every row; only behind a wall it is not known how many make a page.
    let most = if all { pages::one_more(SENT_MAX) } else { KEPT_MAX };
    let rows = call.api.db.read("reading the reports that were sent", move |tx| {
        Box::pin(async move {
            let Some((made_at, letter, kind, first_day)) = &from else {
                return published::list(tx, most).await;
            };
            published::list_behind(tx, (*made_at, letter, kind, first_day), most).await
        })
    });
    let within = |row: &published::PublishedRow| {
        let brands: Vec<String> = serde_json::from_str(&row.brands).unwrap_or_default();
        all || (!brands.is_empty() && brands.iter().all(|b| seen.contains(b)))
    };
    let rows = rows.await?.into_iter().filter(within).collect();
    let key = |row: &published::PublishedRow| {
        (row.made_at, row.letter.clone(), row.kind.clone(), row.first_day.clone())
    };
    let (page, next) = pages::keyed(rows, SENT_MAX, key);
    let one = |row: published::PublishedRow| Sent {
        letter: row.letter,
        kind: row.kind,
        first_day: row.first_day,
        last_day: row.last_day,
        made_at: At(Timestamp(row.made_at)),
        sent_at: row.sent_at.map(|at| At(Timestamp(at))),
        figures: frozen::read(&row.figures),
    };
    Reply::json(&AllSent { sent: page.into_iter().map(one).collect(), next })
}
