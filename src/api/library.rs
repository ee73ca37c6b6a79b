//! The library of answers for programs: listed and searched, written, decided about.

use super::ask::{Call, Reply, state_of};
use super::office::Decided;
use super::problem::{Kind, Problem};
use super::templates::TemplateLength;
use super::word::{At, LanguageWord, at};
use crate::casework::Casework;
use crate::casework::library::Written;
use crate::domain::ids::LibraryId;
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
    /// Words that it is to be like, the likest first, at most two hundred; without them the latest first.
    pub q: Option<String>,
    /// Where the page begins: `next` of the page before, with the same question.
    pub cursor: Option<String>,
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
    /// Where the brand answers and the words are too long for one post, filled in for a customer with a short name.
    pub too_long: Vec<TemplateLength>,
}

/// Answers of the library.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LibraryList {
    /// At most two hundred.
    pub answers: Vec<LibraryAnswer>,
    /// The `cursor` of the next page; none on the last, and none with `q`.
    pub next: Option<String>,
}

/// Which answers are listed of all that there are, by id and words: those most like some words, or the latest before one;
/// and whether there are more before the last of them.
fn chosen(mut all: Vec<(String, (String, String))>, asked: &LibraryQuery) -> (Vec<String>, bool) {
    all.sort_by(|a, b| b.0.cmp(&a.0));
    if let Some(words) = asked.q.as_deref().filter(|q| !q.trim().is_empty()) {
        let texts: Vec<String> = all.iter().map(|(_, (title, text))| format!("{title} {text}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let places = ranked(words, &texts, LISTED_MAX);
        return (places.into_iter().filter_map(|(at, _)| Some(all.get(at)?.0.clone())).collect(), false);
    }
    all.retain(|(id, _)| asked.cursor.as_ref().is_none_or(|before| id < before));
    let more = all.len() > LISTED_MAX;
    (all.into_iter().take(LISTED_MAX).map(|(id, _)| id).collect(), more)
}

fn too_long(casework: &Casework, brand: &str, text: &str) -> Vec<TemplateLength> {
    casework.too_long(brand, text).iter().map(TemplateLength::of).collect()
}

fn shaped(
    row: store::LibraryRow,
    logins: &HashMap<String, String>,
    too_long: impl Fn(&str) -> Vec<TemplateLength>,
) -> Option<LibraryAnswer> {
    let (title, text) = row.said()?;
    Some(LibraryAnswer {
        made_by: logins.get(&row.made_by).cloned().unwrap_or_default(),
        made_at: at(row.made_at),
        too_long: too_long(&text),
        id: row.id,
        language: row.language,
        state: row.state,
        title,
        text,
        used: row.used,
        edited: row.edited,
        resolved: row.resolved,
        reopened: row.reopened,
    })
}

/// `GET /brands/{brand}/library`. Only of those that are listed is counted what came of them.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let (brand, asked): (_, LibraryQuery) = (call.brand()?, call.query()?);
    let (casework, named) = (call.casework(), brand.brand.name.clone());
    if asked.cursor.as_ref().is_some_and(|cursor| LibraryId::parse(cursor).is_err()) {
        let what = "take it as it came";
        return Err(Problem::new(Kind::Request, format!("cursor: {what}")).by("cursor", what));
    }
    let language = asked.language.as_ref().map_or_else(String::new, |l| l.0.code().to_owned());
    let read = call.api.db.read("reading the library", move |tx| {
        Box::pin(async move {
            let mut all: Vec<(String, (String, String))> = Vec::new();
            for state in ["proposed", "approved"] {
                for (id, body) in store::words(tx, &brand.id, (state, &language), LOOKED_MAX).await? {
                    if let Ok(said) = serde_json::from_str::<(String, String)>(&body) {
                        all.push((id, said));
                    }
                }
            }
            let (ids, more) = chosen(all, &asked);
            let wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
            let rows = store::these(tx, &brand.id, &wanted).await?;
            let logins: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.login)).collect();
            Ok((ids, more, rows, logins))
        })
    });
    let (ids, more, rows, logins) = read.await?;
    let next = ids.last().filter(|_| more).cloned();
    let mut rows: HashMap<String, store::LibraryRow> =
        rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let mut answers: Vec<LibraryAnswer> = Vec::with_capacity(ids.len());
    for row in ids.iter().filter_map(|id| rows.remove(id)) {
        let long = |text: &str| too_long(&casework, &named, text);
        answers.extend(shaped(row, &logins, long));
    }
    Reply::json(&LibraryList { answers, next })
}

/// `GET /brands/{brand}/library/{answer}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let (brand, id) = (call.brand()?, call.part("answer").to_owned());
    let (casework, named) = (call.casework(), brand.brand.name.clone());
    let read = call.api.db.read("reading an answer of the library", move |tx| {
        Box::pin(async move {
            let row = store::get(tx, &brand.id, &id).await?;
            let logins: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.login)).collect();
            Ok((row, logins))
        })
    });
    let (row, logins) = read.await?;
    // What was withdrawn is listed no more, and is not there here either.
    let row = row.filter(|row| ["proposed", "approved"].contains(&row.state.as_str()));
    let told = row.and_then(|row| shaped(row, &logins, |text| too_long(&casework, &named, text)));
    let told = told.ok_or_else(Problem::not_found)?;
    // How often it was used is no change of it.
    let version =
        state_of([told.state.as_str(), told.language.as_str(), told.title.as_str(), told.text.as_str()]);
    Ok(Reply::json(&told)?.of_version(version))
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
    /// Where the brand answers and its words are too long for one post.
    pub too_long: Vec<TemplateLength>,
}

/// `POST /brands/{brand}/library`.
pub async fn write(call: Call) -> Result<Reply, Problem> {
    let (brand, body): (_, LibraryBody) = (call.brand()?, call.body()?);
    let written =
        Written { language: body.language.0, title: body.title, text: body.text, replaces: body.replaces };
    let id = call.casework().write_answer(&brand.id, &written, &call.actor()).await?;
    let too_long = too_long(&call.casework(), &brand.brand.name, &written.text);
    Reply::json(&LibraryWritten { id, too_long })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_library_follow_one_another_and_words_find_the_likest() {
        let all: Vec<(String, (String, String))> = (0..450)
            .map(|n| (format!("lib_{n:03}"), (format!("title {n}"), "about a parcel".to_owned())))
            .collect();
        let mut asked = LibraryQuery::default();
        let mut seen = Vec::new();
        loop {
            let (ids, more) = chosen(all.clone(), &asked);
            asked.cursor = ids.last().cloned();
            seen.extend(ids);
            if !more {
                break;
            }
        }
        let wanted: Vec<String> = all.iter().rev().map(|(id, _)| id.clone()).collect();
        assert_eq!(seen, wanted, "each once, the latest first");
        let mut some = all[..3].to_vec();
        some[1].1.1 = "when our shops are open".to_owned();
        let asked = LibraryQuery { q: Some("shops open".to_owned()), ..LibraryQuery::default() };
        assert_eq!(chosen(some, &asked).0.first().map(String::as_str), Some("lib_001"));
    }
}
