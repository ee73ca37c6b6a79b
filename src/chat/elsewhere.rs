//! What a card with buttons says on another channel, where the bot does not get through: what is to be done, for whom
//! and where. Never a customer's words, nor those of an answer or a note, nor a number to call.

use super::approve::{APPROVAL, GRADUATED};
use super::card::Look;
use super::deliver::CREDENTIAL;
use super::line::{self, LINE};
use super::named::NAMED;
use super::shift::{ASK, OFFER, ShiftBody, ToShift};
use crate::domain::time::Timestamp;
use crate::store::chat::Facts;
use crate::store::guard::{self, PassRow};
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, Tx, answer, chat, chat_person, person};
use serde::Deserialize;

/// What is said of one card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// For whom, by name; nobody where a group was asked, or where a name is nobody else's business.
    pub whom: Option<String>,
    /// What is to be done, in one line.
    pub what: String,
    /// Where.
    pub url: String,
}

/// What the payloads of these actions say, as far as it matters here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    /// The chat that was meant.
    meant: String,
    /// What became of an answer that waited.
    kind: String,
    /// That answer.
    pass: String,
    /// Who wrote a note.
    by: String,
}

/// What a card is about, as it is now.
enum Found {
    Shift(Box<ToShift>),
    Pass { kind: String, pass: Box<PassRow>, writer: String, decider: Option<String>, facts: Box<Facts> },
    Note { by: Option<String>, facts: Box<Facts> },
    Line { day: String, at: Timestamp },
}

/// Whether actions of this kind are cards of the bot that people act on.
pub fn is_card(kind: &str) -> bool {
    [APPROVAL, NAMED, LINE, OFFER, ASK].contains(&kind)
}

/// Notes in a payload which chat was meant, before another channel takes its place.
pub fn mean(kind: &str, payload: &mut serde_json::Value) {
    if is_card(kind) && payload["meant"].is_null() {
        payload["meant"] = payload["chat"].as_str().unwrap_or_default().into();
    }
}

/// What is said of a card; nothing where there is nothing to do any more.
///
/// # Errors
/// The store's.
pub async fn told(
    db: &Db,
    look: &Look,
    action: &ActionRow,
    now: Timestamp,
) -> Result<Option<Aside>, StoreError> {
    let action = action.clone();
    let read = db.read("reading what a card says", move |tx| {
        Box::pin(async move {
            let body: Told = serde_json::from_str(&action.payload).unwrap_or_default();
            let meant = chat_person::get(tx, CREDENTIAL, &body.meant).await?;
            let whom = match meant {
                Some(meant) => person::by_id(tx, &meant.person_id).await?.map(|p| p.name),
                None => None,
            };
            Ok(found(tx, &action, body, now).await?.map(|found| (found, whom)))
        })
    });
    Ok(read.await?.map(|(found, whom)| found.said(look, whom)))
}

async fn found(
    tx: &mut Tx,
    action: &ActionRow,
    body: Told,
    now: Timestamp,
) -> Result<Option<Found>, StoreError> {
    if action.kind == LINE {
        let Ok(told) = serde_json::from_str::<line::Told>(&action.payload) else { return Ok(None) };
        let past = line::past(tx, &told).await?;
        return Ok(past.map(|past| Found::Line { day: told.day, at: past.at }));
    }
    if action.kind == OFFER || action.kind == ASK {
        let Ok(mut body) = serde_json::from_str::<ShiftBody>(&action.payload) else { return Ok(None) };
        body.kind.clone_from(&action.kind);
        let read = ToShift::read(tx, body).await?;
        return Ok(read.filter(|card| card.is_open(now)).map(|card| Found::Shift(Box::new(card))));
    }
    let Some(case) = action.case_id.clone() else { return Ok(None) };
    let facts = chat::facts(tx, &[case]).await?.pop();
    let Some(facts) = facts.filter(|f| f.brand_id == action.brand_id).map(Box::new) else { return Ok(None) };
    if action.kind == NAMED {
        let by = person::by_id(tx, &body.by).await?.map(|p| p.name);
        return Ok(Some(Found::Note { by, facts }));
    }
    let Some(pass) = guard::get(tx, &action.brand_id, &body.pass).await? else { return Ok(None) };
    if body.kind == "asked" {
        let words = answer::contents(tx, &[format!("{}/text", pass.id)]).await?;
        if pass.state != "asked" || words.is_empty() || facts.open == 0 {
            return Ok(None);
        }
    }
    let writer = person::by_id(tx, &pass.asked_by).await?.map(|p| p.name).unwrap_or_default();
    let decider = match &pass.decided_by {
        Some(id) => person::by_id(tx, id).await?.map(|p| p.name),
        None => None,
    };
    Ok(Some(Found::Pass { kind: body.kind, pass: Box::new(pass), writer, decider, facts }))
}

impl Found {
    fn said(self, look: &Look, whom: Option<String>) -> Aside {
        let t = look.lang;
        match self {
            Self::Shift(card) => Aside { whom, what: card.head(t), url: look.case_url(card.facts()) },
            Self::Note { by, facts } => {
                let by = by.unwrap_or_else(|| t.somebody().to_owned());
                let what = t.named_in_note(facts.number, &facts.brand, by);
                Aside { whom, what, url: look.case_url(&facts) }
            }
            // Whose day it was is told in private only.
            Self::Line { day, at } => {
                Aside { whom: None, what: t.line_overdue_of_somebody(day), url: line::list(look, at) }
            }
            Self::Pass { kind, pass, writer, decider, facts } => {
                let (n, brand) = (facts.number, &facts.brand);
                let who = decider.as_deref().unwrap_or_else(|| t.somebody());
                let what = match kind.as_str() {
                    "asked" => {
                        let kinds: Vec<String> =
                            pass.kinds.split_whitespace().map(|k| t.name("data", k)).collect();
                        format!(
                            "{} · {}",
                            t.approval_head(n, brand),
                            t.approval_by(&writer, kinds.join(", "))
                        )
                    }
                    GRADUATED => t.graduated(&writer),
                    _ if pass.state == "passed" => t.outcome_group_sent(n, brand, &writer, who),
                    _ => t.outcome_group_back(n, brand, &writer, who),
                };
                Aside { whom, what, url: look.case_url(&facts) }
            }
        }
    }
}
