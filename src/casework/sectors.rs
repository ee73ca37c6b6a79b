//! Sectors: proposed whenever a case, its words or its tickets change; said by a person who may. And contacts of
//! the customer elsewhere, which an agent writes down.

use super::{Act, Asked, CaseworkError};
use crate::casefile::{CaseFile, When, Who};
use crate::catalogue::Catalogue;
use crate::domain::contact::ContactKind;
use crate::domain::ids::ContactId;
use crate::domain::sector::{self, Confirm};
use crate::domain::time::{Span, Timestamp};
use crate::store::rows::ActionRow;
use crate::store::sector::{self as store, ContactRow};
use crate::store::{StoreError, Tx, answer};
use serde_json::json;
use std::collections::BTreeMap;

/// Longest note on a contact, in characters.
pub const CONTACT_CHARS_MAX: usize = 2_000;

/// Proposes the sectors of cases of brands that have any; costs nothing where none do.
pub async fn propose(
    tx: &mut Tx,
    catalogue: &Catalogue,
    cases: &[(String, String)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let has = |brand: &str| catalogue.brand(brand).is_some_and(|w| !w.brand.sectors.is_empty());
    let cases: Vec<(String, String)> = cases.iter().filter(|(brand, _)| has(brand)).cloned().collect();
    let mut said: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
    for row in store::tellings(tx, &cases).await? {
        let words = row.body.as_deref().and_then(store::words_of).unwrap_or_default();
        let entry = said.entry((row.brand_id, row.case_id)).or_insert_with(|| (row.intent, String::new()));
        entry.1.push_str(&words);
        entry.1.push('\n');
    }
    let queues = if catalogue.has_tickets { store::queues(tx, &cases).await? } else { Vec::new() };
    let mut rows = Vec::new();
    for ((brand_id, case_id), (intent, words)) in said {
        let Some(watched) = catalogue.brand(&brand_id) else { continue };
        let of_case: Vec<String> =
            queues.iter().filter(|(case, _)| *case == case_id).map(|(_, queue)| queue.clone()).collect();
        let found = sector::propose(&watched.brand.sectors, &words, &intent, &of_case);
        let (name, certainty) = found.map_or((String::new(), 0), |p| (p.name, p.certainty));
        rows.push((brand_id, case_id, name, certainty));
    }
    store::propose(tx, &rows, now).await
}

/// What proposes a sector may have changed with an act: intent, or the queues of tickets.
pub(super) async fn follow(tx: &mut Tx, asked: &Asked) -> Result<(), StoreError> {
    if !matches!(asked.act, Act::Correct(_) | Act::LinkTicket { .. } | Act::UnlinkTicket { .. }) {
        return Ok(());
    }
    let key = (asked.brand_id.clone(), asked.case_id.clone());
    propose(tx, &asked.catalogue, &[key], asked.now).await
}

/// A person says of which sector the case is; empty means of none.
pub(super) async fn say(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    name: &str,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let sectors = asked.catalogue.brand(&asked.brand_id).map(|w| w.brand.sectors.clone()).unwrap_or_default();
    let known = |name: &str| sectors.iter().find(|s| s.name == name);
    if !name.is_empty() && known(name).is_none() {
        let names: Vec<&str> = sectors.iter().map(|s| s.name.as_str()).collect();
        let what = format!("'{name}' is not a sector of this brand; there are {}", names.join(", "));
        return Ok(Err(CaseworkError::Invalid { field: "sector", what }));
    }
    let before = store::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    let was = before.map(|b| b.sector).unwrap_or_default();
    let wants_lead = |name: &str| known(name).is_some_and(|s| s.confirm == Confirm::Lead);
    if (wants_lead(name) || wants_lead(&was)) && !asked.actor.lead {
        let which = if wants_lead(name) { name } else { &was };
        let why = format!("only a lead says whether a case is of the sector '{which}'");
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let by = asked.actor.person.as_str();
    store::say(tx, (&asked.brand_id, &asked.case_id), name, by, asked.now).await?;
    let body = json!({ "was": was, "became": name });
    file.note("sector", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    Ok(Ok(Vec::new()))
}

/// An agent writes down that the customer made contact elsewhere about this matter.
pub(super) async fn contact(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (kind, at, text): (ContactKind, Timestamp, &str),
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let invalid = |field, what: String| Ok(Err(CaseworkError::Invalid { field, what }));
    let text = text.trim();
    if text.chars().count() > CONTACT_CHARS_MAX {
        let what = format!("{} characters; at most {CONTACT_CHARS_MAX} are kept", text.chars().count());
        return invalid("text", what);
    }
    if at > asked.now.plus(Span::minutes(1)) {
        return invalid("at", "in the future; wanted is when the customer made contact".to_owned());
    }
    let row = ContactRow {
        id: asked.mint.id(asked.now, ContactId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        case_id: asked.case_id.clone(),
        kind: kind.code().to_owned(),
        at: at.millis(),
        person_id: asked.actor.person.to_string(),
        recorded_at: asked.now.millis(),
    };
    store::put_contact(tx, &row).await?;
    let mut body = json!({ "contact": kind.code() });
    if !text.is_empty() {
        let id = format!("{}/text", row.id);
        answer::put_content(tx, &id, &file.case.author_id, "contact", text).await?;
        body["content"] = json!(id);
    }
    let when = When { at, now: asked.now };
    file.note("contact", &Who::Person(asked.actor.person.clone()), when, &body);
    Ok(Ok(Vec::new()))
}
