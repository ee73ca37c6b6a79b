//! What is given to a customer: within what one's role may give at once, above that by the word of a second person
//! whose role may.

use super::answering::invalid;
use super::{Asked, CaseworkError, REASON_CHARS_MAX};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::goodwill::{GoodwillKind, Terms, UNIT, UNITS_MAX, shown};
use crate::domain::ids::GoodwillId;
use crate::domain::role::Role;
use crate::store::goodwill::{self, GoodwillRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer};
use serde_json::json;

/// What a person does about goodwill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoodwillAct {
    /// Give something. What is above one's limit waits for somebody who may.
    Grant {
        /// What it is.
        kind: GoodwillKind,
        /// How much, in millionths of the brand's currency.
        micros: i64,
        /// Why; must not be empty.
        why: String,
    },
    /// Decide about what a colleague wants to give.
    Decide {
        /// Which.
        id: String,
        /// Whether it is given.
        goes: bool,
    },
    /// It was not given after all.
    TakeBack {
        /// Which.
        id: String,
        /// Why; must not be empty.
        why: String,
    },
}

impl GoodwillAct {
    /// The word in the audit.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Grant { .. } => "case.goodwill",
            Self::Decide { goes: true, .. } => "case.goodwill_approve",
            Self::Decide { .. } => "case.goodwill_refuse",
            Self::TakeBack { .. } => "case.goodwill_take_back",
        }
    }
}

type Acted = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

fn refused<T>(why: String) -> Result<T, CaseworkError> {
    Err(CaseworkError::Refused(why))
}

fn terms(asked: &Asked) -> Terms {
    let watched = asked.catalogue.brand(&asked.brand_id);
    watched.map(|w| w.brand.front_office.goodwill.clone()).unwrap_or_default()
}

/// How much who asks may give on one case; `None` for no limit.
fn limit(asked: &Asked) -> Option<i64> {
    terms(asked).limit(asked.caller.role.unwrap_or(Role::Auditor))
}

fn has_reason(why: &str) -> Result<(), CaseworkError> {
    if why.trim().is_empty() || why.chars().count() > REASON_CHARS_MAX {
        return invalid(
            "reason",
            format!("say in a few words why, in at most {REASON_CHARS_MAX} characters"),
        );
    }
    Ok(())
}

pub(super) async fn act(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, wanted: &GoodwillAct) -> Acted {
    match wanted {
        GoodwillAct::Grant { kind, micros, why } => grant(tx, file, asked, (*kind, *micros, why)).await,
        GoodwillAct::Decide { id, goes } => decide(tx, file, asked, id, *goes).await,
        GoodwillAct::TakeBack { id, why } => take_back(tx, file, asked, id, why).await,
    }
}

fn note(file: &mut CaseFile, asked: &Asked, event: &str, row: &GoodwillRow, why: Option<&str>) {
    let mut body = json!({
        "goodwill": row.id, "kind_of": row.kind, "amount": format!("{} {}", shown(row.micros), row.currency),
        "state": row.state, "content": row.why_id(),
    });
    if let Some(why) = why {
        body["reason"] = json!(why.trim());
    }
    file.note(event, &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
}

async fn grant(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (kind, micros, why): (GoodwillKind, i64, &str),
) -> Acted {
    if micros <= 0 || micros > UNITS_MAX * UNIT {
        return Ok(invalid("amount", format!("allowed: more than 0, up to {UNITS_MAX}")));
    }
    if let Err(wrong) = has_reason(why) {
        return Ok(Err(wrong));
    }
    let (by, limit) = (asked.actor.person.as_str(), limit(asked));
    // What is given in parts counts as one, whoever gave them.
    let given = goodwill::standing(tx, &asked.brand_id, &asked.case_id).await?;
    let within = limit.is_none_or(|limit| given.saturating_add(micros) <= limit);
    let row = GoodwillRow {
        id: asked.mint.id(asked.now, GoodwillId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        case_id: asked.case_id.clone(),
        kind: kind.code().to_owned(),
        micros,
        currency: terms(asked).currency,
        state: if within { "granted" } else { "asked" }.to_owned(),
        made_by: by.to_owned(),
        made_at: asked.now.millis(),
        limit_micros: limit,
        decided_by: None,
        decided_at: None,
    };
    goodwill::put(tx, &row).await?;
    answer::put_content(tx, &row.why_id(), &file.case.author_id, "goodwill", why.trim()).await?;
    note(file, asked, if within { "goodwill" } else { "goodwill_asked" }, &row, None);
    Ok(Ok(Vec::new()))
}

async fn found(tx: &mut Tx, asked: &Asked, id: &str) -> Result<Option<GoodwillRow>, StoreError> {
    let rows = goodwill::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    Ok(rows.into_iter().find(|g| g.id == id))
}

async fn decide(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, id: &str, goes: bool) -> Acted {
    let Some(mut row) = found(tx, asked, id).await? else { return Ok(Err(CaseworkError::NotFound)) };
    if row.state != "asked" {
        return Ok(refused("somebody has decided about it already".to_owned()));
    }
    if row.made_by == asked.actor.person.as_str() {
        return Ok(refused("you asked for it yourself; somebody else decides".to_owned()));
    }
    let given = goodwill::standing(tx, &asked.brand_id, &asked.case_id).await?;
    let sum = given.saturating_add(row.micros);
    if let Some(limit) = limit(asked).filter(|limit| goes && sum > *limit) {
        let (limit, currency) = (shown(limit), &row.currency);
        let why = format!(
            "your role may approve up to {limit} {currency} on one case, and with this it is {}",
            shown(sum)
        );
        return Ok(refused(why));
    }
    if goes { "granted" } else { "refused" }.clone_into(&mut row.state);
    row.decided_by = Some(asked.actor.person.to_string());
    row.decided_at = Some(asked.now.millis());
    goodwill::put(tx, &row).await?;
    note(file, asked, if goes { "goodwill_approved" } else { "goodwill_refused" }, &row, None);
    Ok(Ok(Vec::new()))
}

async fn take_back(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, id: &str, why: &str) -> Acted {
    if let Err(wrong) = has_reason(why) {
        return Ok(Err(wrong));
    }
    let Some(mut row) = found(tx, asked, id).await? else { return Ok(Err(CaseworkError::NotFound)) };
    if !matches!(row.state.as_str(), "asked" | "granted") {
        return Ok(refused("it is not given, and not asked for any more".to_owned()));
    }
    if row.made_by != asked.actor.person.as_str() && !asked.actor.lead {
        return Ok(refused("only who gave it, or a lead, takes it back".to_owned()));
    }
    "taken_back".clone_into(&mut row.state);
    row.decided_by = Some(asked.actor.person.to_string());
    row.decided_at = Some(asked.now.millis());
    goodwill::put(tx, &row).await?;
    note(file, asked, "goodwill_taken_back", &row, Some(why));
    Ok(Ok(Vec::new()))
}
