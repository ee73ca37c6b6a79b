//! The library of answers for programs: listed and searched, written, decided about.

use super::ask::{Call, Reply};
use super::office::Decided;
use super::problem::Problem;
use super::word::{At, LanguageWord, at};
use crate::casework::library::Written;
use crate::domain::similar::ranked;
use crate::store::library as store;
use crate::store::person;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most answers of a brand that are looked at.
const LOOKED_MAX: i64 = 5_000;
/// Most that are listed.
const LISTED_MAX: usize = 200;

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LibraryQuery {
    /// Only in this language.
    pub language: Option<LanguageWord>,
    /// Words that it is to be like, the likest first; without them the latest first.
    pub q: Option<String>,
}

/// An answer of the library.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LibraryAnswer {
    /// Its id.
    pub id: String,
    /// Its language.
    pub language: String,
    /// `proposed` or `approved`.
    pub state: String,
    /// What it is called.
    pub title: String,
    /// Its words; `{name}` and `{brand}` are filled in when it is used.
    pub text: String,
    /// Who wrote it, by login.
    pub made_by: String,
    /// When.
    pub made_at: At,
    /// In how many answers it was used.
    pub used: i64,
    /// In how many of these its words were changed before.
    pub edited: i64,
    /// How many of the cases were resolved after it.
    pub resolved: i64,
    /// How many of these were opened again.
    pub reopened: i64,
}

/// Answers of the library.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LibraryList {
    /// At most two hundred.
    pub answers: Vec<LibraryAnswer>,
}

/// `GET /brands/{brand}/library`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let (brand, asked): (_, LibraryQuery) = (call.brand()?, call.query()?);
    let language = asked.language.map_or_else(String::new, |l| l.0.code().to_owned());
    let read = call.api.db.read("reading the library", move |tx| {
        Box::pin(async move {
            let mut rows = Vec::new();
            for state in ["proposed", "approved"] {
                rows.extend(store::of_brand(tx, &brand.id, (state, &language), LOOKED_MAX).await?);
            }
            let logins: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.login)).collect();
            Ok((rows, logins))
        })
    });
    let (rows, logins) = read.await?;
    let mut answers: Vec<LibraryAnswer> = Vec::new();
    for row in rows {
        let Some((title, text)) = row.said() else { continue };
        answers.push(LibraryAnswer {
            made_by: logins.get(&row.made_by).cloned().unwrap_or_default(),
            made_at: at(row.made_at),
            id: row.id,
            language: row.language,
            state: row.state,
            title,
            text,
            used: row.used,
            edited: row.edited,
            resolved: row.resolved,
            reopened: row.reopened,
        });
    }
    answers.sort_by(|a, b| b.id.cmp(&a.id));
    if let Some(words) = asked.q.filter(|q| !q.trim().is_empty()) {
        let texts: Vec<String> = answers.iter().map(|a| format!("{} {}", a.title, a.text)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let places = ranked(&words, &texts, LISTED_MAX);
        answers = places.into_iter().filter_map(|(place, _)| answers.get(place).cloned()).collect();
    }
    answers.truncate(LISTED_MAX);
    Reply::json(&LibraryList { answers })
}

/// An answer that is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LibraryBody {
    /// Its language.
    pub language: LanguageWord,
    /// What it is called, in 1 to 100 characters.
    pub title: String,
    /// Its words; allowed in braces are `{name}` and `{brand}`.
    pub text: String,
    /// The answer that it is to replace, by id.
    #[serde(default)]
    pub replaces: Option<String>,
}

/// What was written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LibraryWritten {
    /// Its id.
    pub id: String,
}

/// `POST /brands/{brand}/library`.
pub async fn write(call: Call) -> Result<Reply, Problem> {
    let (brand, body): (_, LibraryBody) = (call.brand()?, call.body()?);
    let written =
        Written { language: body.language.0, title: body.title, text: body.text, replaces: body.replaces };
    let id = call.casework().write_answer(&brand.id, &written, &call.actor()).await?;
    Reply::json(&LibraryWritten { id })
}

/// What is decided about an answer.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LibraryDecision {
    /// Whether it may be used; false withdraws it.
    pub approved: bool,
}

/// `POST /brands/{brand}/library/{answer}`.
pub async fn decide(call: Call) -> Result<Reply, Problem> {
    let (brand, body): (_, LibraryDecision) = (call.brand()?, call.body()?);
    let id = call.part("answer").to_owned();
    let decided = call.casework().decide_answer(&brand.id, &id, body.approved, &call.actor()).await?;
    Reply::json(&Decided { decided })
}
