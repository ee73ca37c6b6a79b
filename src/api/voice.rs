//! Surveys and thanks for programs: the figures, the list, a card that was written, a gesture.

use super::ask::{Call, Reply};
use super::back_door::written;
use super::figures::{FormatWord, ReportQuery};
use super::office::Decided;
use super::problem::Problem;
use super::word::{At, at};
use crate::casework::answering::guarded;
use crate::casework::thanking::Given;
use crate::domain::thanks::{self, Gesture};
use crate::domain::time::Span;
use crate::reports::survey;
use crate::reports::write::csv_cell;
use crate::store::person;
use crate::store::thanks::{self as store, GestureRow};
use crate::tokens::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How far back lists go.
const SHOWN_FOR: Span = Span::days(14);
/// Most cases of a brand.
const SHOWN_MAX: i64 = 200;

/// The figures of surveys; its members are those of `survey` in a report. Empty where nobody was asked, and where no brand asks.
#[derive(JsonSchema)]
#[schemars(transparent, rename = "SurveyFigures")]
pub struct SurveyShape(#[expect(dead_code, reason = "for its schema")] Map<String, Value>);

/// `GET /reports/survey`.
pub async fn figures(call: Call) -> Result<Reply, Problem> {
    let asked: ReportQuery = call.query()?;
    // Of a module that is off nothing is told, not even what was answered before.
    let is_on = call.chosen(asked.brand.as_ref())?.iter().any(|b| b.brand.survey.enabled);
    let ask = call.asked_for(&asked)?;
    let made = if is_on { survey::report(&call.api.db, &ask).await? } else { None };
    if asked.format == FormatWord::Csv {
        let line =
            |cells: &Vec<String>| cells.iter().map(|c| csv_cell(c)).collect::<Vec<_>>().join(",") + "\r\n";
        let body: String = survey::csv_tables(made.as_ref()).iter().flatten().map(line).collect();
        return Ok(written(body, FormatWord::Csv));
    }
    match made {
        Some(made) => Reply::json(&made),
        None => Reply::json(&Map::new()),
    }
}

/// Something that was given.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gave {
    /// `card`, `flowers` or `voucher`.
    pub kind: String,
    /// Its worth, such as `12.50`; none where it has none.
    pub amount: Option<String>,
    /// The currency of that; empty without one.
    pub currency: String,
    /// What was written; empty without `read_personal`.
    pub words: String,
    /// Who gave it, by login.
    pub by: String,
    /// When.
    pub at: At,
}

/// A case of the thank-you list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The case, by id.
    pub case: String,
    /// Its short number.
    pub number: i64,
    /// The brand by name.
    pub brand: String,
    /// The day of the list.
    pub day: String,
    /// Why it is on it: `promoter`, `promise_broken`, `patience`, `compliment`.
    pub reasons: Vec<String>,
    /// Who wrote the card, by login.
    pub written_by: Option<String>,
    /// When.
    pub written_at: Option<At>,
    /// What was given.
    pub gestures: Vec<Gave>,
}

/// The thank-you list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct List {
    /// The latest first, of fourteen days.
    pub cases: Vec<Listed>,
}

/// `GET /thanks`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let mut brands: Vec<(String, String)> =
        call.brands().into_iter().filter(|b| b.brand.thanks.enabled).map(|b| (b.id, b.brand.name)).collect();
    brands.sort();
    let since = call.api.clock.now().minus(SHOWN_FOR).day();
    let opens = call.bearer.has(Scope::ReadPersonal);
    let read = call.api.db.read("reading the thank-you list", move |tx| {
        Box::pin(async move {
            let logins: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.login)).collect();
            let mut cases = Vec::new();
            for (id, name) in &brands {
                let listed = store::lists(tx, id, &since, SHOWN_MAX).await?;
                let ids: Vec<String> = listed.iter().map(|c| c.case_id.clone()).collect();
                let given = store::gestures(tx, id, &ids).await?;
                cases.extend(listed.into_iter().map(|c| {
                    Listed {
                        gestures: given
                            .iter()
                            .filter(|g| g.case_id == c.case_id)
                            .map(|g| gave(g, &logins, opens))
                            .collect(),
                        brand: name.clone(),
                        number: c.number,
                        day: c.day,
                        reasons: serde_json::from_str(&c.reasons).unwrap_or_default(),
                        written_by: c.written_by.and_then(|id| logins.get(&id).cloned()),
                        written_at: c.written_at.map(at),
                        case: c.case_id,
                    }
                }));
            }
            Ok(cases)
        })
    });
    let mut cases = read.await?;
    cases.sort_by(|a, b| (&b.day, &a.brand, a.number).cmp(&(&a.day, &b.brand, b.number)));
    // Where the token does not open them, there are no words.
    let has_personal = |c: &&Listed| c.gestures.iter().any(|g| !guarded(&g.words, &[], &[]).is_empty());
    let opened = cases.iter().filter(has_personal);
    let opened: Vec<_> = opened.filter_map(|c| Some((call.id_of(&c.brand)?, c.case.clone()))).collect();
    call.casework().note_all_uncovered(&opened, &call.actor()).await?;
    Reply::json(&List { cases })
}

fn gave(g: &GestureRow, logins: &HashMap<String, String>, opens: bool) -> Gave {
    Gave {
        kind: g.kind.clone(),
        amount: g.micros.map(thanks::amount),
        currency: g.currency.clone(),
        words: g.words.clone().filter(|_| opens).unwrap_or_default(),
        by: logins.get(&g.person_id).cloned().unwrap_or_default(),
        at: at(g.at),
    }
}

/// `POST /cases/{case}/card`.
pub async fn card(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let case = call.case().await?;
    let decided = call.casework().card_written((&case.brand_id, &case.id), &call.actor()).await?;
    Reply::json(&Decided { decided })
}

/// What is given.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GestureWord {
    /// A card.
    Card,
    /// Flowers.
    Flowers,
    /// A voucher; it has an amount.
    Voucher,
}

/// Something that was given to the customer of a case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GestureBody {
    /// What.
    pub kind: GestureWord,
    /// What was written, at most 500 characters.
    #[serde(default)]
    pub words: String,
    /// Its worth, such as `12.50`; left out where it has none.
    #[serde(default)]
    pub amount: Option<String>,
    /// The currency of that, such as `EUR`.
    #[serde(default)]
    pub currency: String,
}

/// `POST /cases/{case}/gestures`.
pub async fn gesture(call: Call) -> Result<Reply, Problem> {
    let (case, body): (_, GestureBody) = (call.case().await?, call.body()?);
    let micros = match body.amount.as_deref() {
        None => None,
        Some(text) => {
            let wrong = || Problem::invalid("amount", "wanted is an amount such as 12.50".to_owned());
            Some(thanks::micros(text).ok_or_else(wrong)?)
        }
    };
    let kind = match body.kind {
        GestureWord::Card => Gesture::Card,
        GestureWord::Flowers => Gesture::Flowers,
        GestureWord::Voucher => Gesture::Voucher,
    };
    let given = Given { kind, words: body.words, micros, currency: body.currency };
    call.casework().give((&case.brand_id, &case.id), &given, &call.actor()).await?;
    Reply::json(&Decided { decided: true })
}
