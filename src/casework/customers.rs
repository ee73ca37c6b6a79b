//! Whose matter a case is, where that is not who wrote: said by somebody who works on it, changed, and taken back.
//!
//! The events tell which pieces are known, never what they say. What was said holds from then on: tickets are searched by
//! it, calls go to it, and a public answer that gives it away is refused like any other personal data.

use super::answering::{guarded, invalid};
use super::{Asked, CaseworkError};
use crate::casefile::{CaseFile, When, Who};
use crate::clock::Mint;
use crate::domain::customer::Customer;
use crate::domain::judgement::PersonalData;
use crate::domain::ledger;
use crate::domain::time::Timestamp;
use crate::store::about::{self, AboutRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, bulk, erase, intake, ticket, ticket_note};
use crate::telling;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// What a person says of whose matter a case is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerAct {
    /// It is somebody else's than who wrote; also puts right what was said before.
    Say(Customer),
    /// It is theirs who wrote, after all.
    TakeBack,
}

impl CustomerAct {
    /// The word in the audit.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Say(_) => "case.customer",
            Self::TakeBack => "case.customer_take_back",
        }
    }
}

type Acted = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

/// The key of the hashes by which something is known again; made with the first.
///
/// # Errors
/// The store's.
pub async fn hash_key(tx: &mut Tx, mint: &Mint) -> Result<String, StoreError> {
    if let Some(key) = intake::gone_key(tx).await? {
        return Ok(key);
    }
    erase::put_key(tx, &URL_SAFE_NO_PAD.encode(mint.chance().token_bytes())).await?;
    Ok(intake::gone_key(tx).await?.unwrap_or_default())
}

/// What a person says of whose matter a case is.
pub(super) async fn act(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, wanted: &CustomerAct) -> Acted {
    match wanted {
        CustomerAct::Say(customer) => say(tx, file, asked, &customer.trimmed()).await,
        CustomerAct::TakeBack => take_back(tx, file, asked).await,
    }
}

async fn say(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, customer: &Customer) -> Acted {
    if let Some((field, what)) = customer.mistake() {
        return Ok(invalid(field, what));
    }
    let before = about::words(tx, &asked.brand_id, &asked.case_id).await?;
    if before.as_ref() == Some(customer) {
        let why = "the case says so already".to_owned();
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let row = AboutRow {
        case_id: asked.case_id.clone(),
        brand_id: asked.brand_id.clone(),
        said_by: asked.actor.person.to_string(),
        said_at: asked.now.millis(),
        erased_at: None,
    };
    put(tx, &row, customer, &asked.mint).await?;
    let body = json!({ "kinds": customer.kinds() });
    let kind = if before.is_some() { "customer_changed" } else { "customer_said" };
    file.note(kind, &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    if before.is_none() {
        return Ok(Ok(Vec::new()));
    }
    Ok(Ok(rewrite_notes(tx, file, "edited", (&asked.mint, asked.now)).await?))
}

async fn put(tx: &mut Tx, row: &AboutRow, customer: &Customer, mint: &Mint) -> Result<(), StoreError> {
    let keys = customer.keys();
    let mut hashes = Vec::new();
    if !keys.is_empty() {
        let key = hash_key(tx, mint).await?;
        hashes.extend(
            keys.iter().map(|(kind, plain)| ledger::customer(&key, &row.brand_id, (*kind, plain.as_str()))),
        );
    }
    about::say(tx, row, customer, &hashes).await
}

async fn take_back(tx: &mut Tx, file: &mut CaseFile, asked: &Asked) -> Acted {
    if about::of_case(tx, &asked.brand_id, &asked.case_id).await?.is_none() {
        let why = "nobody said that it is about somebody else".to_owned();
        return Ok(Err(CaseworkError::Refused(why)));
    }
    about::take_back(tx, &asked.brand_id, &asked.case_id).await?;
    let who = Who::Person(asked.actor.person.clone());
    file.note("customer_taken_back", &who, When::now(asked.now), &json!({}));
    Ok(Ok(rewrite_notes(tx, file, "edited", (&asked.mint, asked.now)).await?))
}

/// What asks that our notes on tickets are written anew by what is known of the customer now; `cause` says why it changed.
///
/// # Errors
/// The store's.
pub async fn rewrite_notes(
    tx: &mut Tx,
    file: &CaseFile,
    cause: &str,
    (mint, now): (&Mint, Timestamp),
) -> Result<Vec<ActionRow>, StoreError> {
    const HOLD: [&str; 2] = ["timeline", "customer"];
    let mut notes = ticket_note::of_case(tx, &file.case.brand_id, &file.case.id).await?;
    // What is owed to somebody who was erased stays owed to them.
    let owed = |n: &ticket_note::NoteRow| n.cause == "erased" && n.is_owed();
    notes.retain(|n| n.state != "gone" && HOLD.contains(&n.what.as_str()) && !owed(n));
    let mut actions = Vec::new();
    for note in &mut notes {
        let Some(link) = ticket::get(tx, &note.brand_id, &note.link_id).await? else { continue };
        "asked".clone_into(&mut note.state);
        cause.clone_into(&mut note.cause);
        let asked = format!("customer:{}", now.millis());
        actions.push(telling::withdrawal(&file.case, &link, (note, "edited"), &asked, (mint, now)));
    }
    ticket_note::put(tx, &notes).await?;
    Ok(actions)
}

/// What was said of one case holds for the case into which it is joined, where nobody said anything of that; tells whether
/// it does from now on.
pub(super) async fn with_join(
    tx: &mut Tx,
    (from, into): (&CaseFile, &mut CaseFile),
    asked: &Asked,
    who: &Who,
) -> Result<bool, StoreError> {
    let brand_id = &asked.brand_id;
    let Some(customer) = about::words(tx, brand_id, &from.case.id).await? else { return Ok(false) };
    if customer.kinds().is_empty() || about::of_case(tx, brand_id, &into.case.id).await?.is_some() {
        return Ok(false);
    }
    let row = AboutRow {
        case_id: into.case.id.clone(),
        brand_id: brand_id.clone(),
        said_by: asked.actor.person.to_string(),
        said_at: asked.now.millis(),
        erased_at: None,
    };
    put(tx, &row, &customer, &asked.mint).await?;
    let body = json!({ "kinds": customer.kinds(), "from": from.case.number });
    into.note("customer_said", who, When::now(asked.now), &body);
    Ok(true)
}

/// The customer of a case, where the other is about somebody else.
pub(super) async fn apart(
    tx: &mut Tx,
    brand_id: &str,
    (from, into): (&str, &str),
) -> Result<Option<Customer>, StoreError> {
    let here = about::words(tx, brand_id, from).await?;
    let there = about::words(tx, brand_id, into).await?;
    Ok(here.filter(|h| !h.kinds().is_empty() && there.is_some_and(|t| t != *h)))
}

/// What came with a case that was joined goes when that is undone, unless somebody said otherwise since: what is left is
/// theirs who wrote.
pub(super) async fn with_split(
    tx: &mut Tx,
    (from, own): (&mut CaseFile, &CaseFile),
    asked: &Asked,
    who: &Who,
) -> Result<(), StoreError> {
    let brand_id = &asked.brand_id;
    let here = about::words(tx, brand_id, &from.case.id).await?;
    if here.is_none() || here != about::words(tx, brand_id, &own.case.id).await? {
        return Ok(());
    }
    about::take_back(tx, brand_id, &from.case.id).await?;
    let body = json!({ "into": own.case.number });
    from.note("customer_taken_back", who, When::now(asked.now), &body);
    let actions = rewrite_notes(tx, from, "edited", (&asked.mint, asked.now)).await?;
    bulk::insert_actions(tx, &actions).await
}

/// Who the customer is, where that is somebody else than who is answered and `public` says that others would read it.
pub(super) async fn kept_from_others(
    tx: &mut Tx,
    asked: &Asked,
    public: bool,
) -> Result<Option<Customer>, StoreError> {
    if !public {
        return Ok(None);
    }
    about::words(tx, &asked.brand_id, &asked.case_id).await
}

/// By what words are read before others read them: the brand's forms and what it allows, who the customer is where that
/// is somebody else, and the profile of who is answered.
type Read<'a> = (Option<&'a (Vec<String>, Vec<String>)>, Option<&'a Customer>, Option<&'a str>);

/// What is found of personal data in words that others would read, with what gives the customer away.
pub(super) fn given_away(text: &str, (guard, customer, profile): Read<'_>) -> Vec<PersonalData> {
    let Some((forms, allow)) = guard else { return Vec::new() };
    let mut found = guarded(text, forms, allow);
    let Some(customer) = customer else { return found };
    let profile: serde_json::Value = profile.and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let word = |key: &str| profile[key].as_str().unwrap_or_default();
    for one in customer.found_in(text, &format!("{} {}", word("name"), word("handle"))) {
        if !found.iter().any(|f| f.start < one.end && one.start < f.end) {
            found.push(one);
        }
    }
    found.sort_by_key(|f| f.start);
    found
}
