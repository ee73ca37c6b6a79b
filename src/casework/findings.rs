//! Findings: raised from a case to whoever can take something away, counted by the cases that are added to them,
//! decided by their owner or a lead; who raised them is told what became of them, on the console and by the bot.

use super::{Actor, Asked, Casework, CaseworkError, personal};
use crate::casefile::{CaseFile, When, Who};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::finding::FindingState;
use crate::domain::ids::{ActionId, FindingId};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::finding::{self as store, FindingRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, audit, bulk};
use serde_json::json;
use std::collections::BTreeSet;

/// Longest words of a finding, in characters.
pub const FINDING_CHARS_MAX: usize = 2_000;
/// Longest name of an owner, in characters.
pub const OWNER_CHARS_MAX: usize = 60;
/// The kind of the action that tells in the chat what became of a finding.
pub const TOLD: &str = "finding";

type Acted = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

/// Raises a finding from a case.
pub(super) async fn raise(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (owner, text): (&str, &str),
) -> Acted {
    let invalid = |field, what: String| Ok(Err(CaseworkError::Invalid { field, what }));
    let (owner, text) = (owner.trim(), text.trim());
    if owner.is_empty() || owner.chars().count() > OWNER_CHARS_MAX {
        let what = format!("wanted is who should take it away, in 1 to {OWNER_CHARS_MAX} characters");
        return invalid("owner", what);
    }
    if text.is_empty() || text.chars().count() > FINDING_CHARS_MAX {
        let what = format!("wanted is what goes wrong, in 1 to {FINDING_CHARS_MAX} characters");
        return invalid("text", what);
    }
    let row = FindingRow {
        id: asked.mint.id(asked.now, FindingId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        number: store::next_number(tx, &asked.brand_id).await?,
        state: FindingState::Open.code().to_owned(),
        owner: owner.to_owned(),
        raised_by: asked.actor.person.to_string(),
        raised_at: asked.now.millis(),
        decided_by: None,
        decided_at: None,
        version: 1,
    };
    store::put(tx, &row).await?;
    // The words are a colleague's: they go with that person, not with the customer.
    answer::put_content(tx, &row.content_id(), asked.actor.person.as_str(), "finding", text).await?;
    count(tx, file, asked, &row).await
}

/// Counts a case to a finding that stands.
pub(super) async fn attach(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, number: i64) -> Acted {
    let Some(row) = store::by_number(tx, &asked.brand_id, number).await? else {
        let what = format!("there is no finding {number} of this brand");
        return Ok(Err(CaseworkError::Invalid { field: "finding", what }));
    };
    count(tx, file, asked, &row).await
}

async fn count(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, row: &FindingRow) -> Acted {
    let by = asked.actor.person.as_str();
    if !store::attach(tx, row, &asked.case_id, by, asked.now).await? {
        let why = format!("the case belongs to finding {} already", row.number);
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let body = json!({ "finding": row.number });
    file.note("finding", &Who::Person(asked.actor.person.clone()), When::now(asked.now), &body);
    Ok(Ok(Vec::new()))
}

/// What somebody decides about a finding.
#[derive(Clone, Debug)]
struct Decision {
    brand_id: String,
    id: String,
    seen: i64,
    state: FindingState,
    by: String,
    now: Timestamp,
}

impl Casework {
    /// Decides about a finding that the person saw at version `seen`. Who may is the caller's to know: its owner,
    /// and leads.
    pub async fn decide_finding(
        &self,
        (brand_id, id): (&str, &str),
        seen: i64,
        state: FindingState,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        let decision = Decision {
            brand_id: brand_id.to_owned(),
            id: id.to_owned(),
            seen,
            state,
            by: actor.person.to_string(),
            now: self.clock.now(),
        };
        let (catalogue, mint) = (self.catalogue.get(), self.mint.clone());
        let word = format!("finding.{}", state.code());
        self.require(actor, Right::FindingsDecide, &word, (brand_id, id)).await?;
        let entry = self.done(actor, &word, (brand_id, id));
        let done = self.db.write_again("deciding about a finding", move |tx| {
            let (decision, catalogue, mint) = (decision.clone(), catalogue.clone(), mint.clone());
            let entry = entry.clone();
            Box::pin(async move {
                let done = decide(tx, &decision, &catalogue, &mint).await?;
                if done.is_ok() {
                    audit::append(tx, &entry, decision.now).await?;
                }
                Ok(done)
            })
        });
        done.await??;
        self.outbox.notify_waiters();
        Ok(())
    }

    /// Notes that somebody has seen what became of a finding.
    pub async fn saw_finding(&self, id: &str, actor: &Actor) -> Result<(), CaseworkError> {
        let (id, by) = (id.to_owned(), actor.person.to_string());
        let seen = self.db.write("noting that news was seen", move |tx| {
            Box::pin(async move { store::seen(tx, &by, &id).await })
        });
        Ok(seen.await?)
    }
}

async fn decide(
    tx: &mut Tx,
    d: &Decision,
    catalogue: &Catalogue,
    mint: &Mint,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let Some(mut row) = store::get(tx, &d.brand_id, &d.id).await? else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let state = FindingState::from_code(&row.state).unwrap_or(FindingState::Open);
    if row.version != d.seen || !state.may_become(d.state) {
        let why = format!("finding {} is {} by now; look at it again", row.number, row.state);
        return Ok(Err(CaseworkError::Refused(why)));
    }
    d.state.code().clone_into(&mut row.state);
    row.decided_by = Some(d.by.clone());
    row.decided_at = Some(d.now.millis());
    row.version += 1;
    store::put(tx, &row).await?;
    if d.state.is_told() {
        let actions = tell(tx, d, &row, catalogue, mint).await?;
        bulk::insert_actions(tx, &actions).await?;
    }
    Ok(Ok(()))
}

/// Those who raised it or counted a case to it are told on the console and by the bot in their own chat, where they have
/// one; their teams by the bot.
async fn tell(
    tx: &mut Tx,
    d: &Decision,
    row: &FindingRow,
    catalogue: &Catalogue,
    mint: &Mint,
) -> Result<Vec<ActionRow>, StoreError> {
    let brand = catalogue.brand(&d.brand_id).map(|w| w.brand.name.clone()).unwrap_or_default();
    let mut cares = store::who_cares(tx, row).await?;
    cares.retain(|p| *p != d.by);
    for person in &cares {
        store::put_news(tx, row, person, d.now).await?;
    }
    let teams = catalogue.teams.iter().filter(|t| !t.leads && t.hears(&brand));
    let mut chats: BTreeSet<(String, String)> =
        teams.map(|t| (t.credential.clone(), t.chat.clone())).collect();
    for (_, chat) in personal::chats(tx, &d.brand_id, &cares).await? {
        chats.insert((personal::CREDENTIAL.to_owned(), chat));
    }
    let one = |(credential, chat): (String, String)| {
        let id = mint.id(d.now, ActionId::new).to_string();
        let once = format!("finding:{}:{}:{credential}:{chat}", row.id, row.version);
        let mut action = ActionRow::ready(id, &d.brand_id, TOLD, &credential, once, d.now);
        action.payload = json!({ "chat": chat, "finding": row.id, "brand": d.brand_id }).to_string();
        action
    };
    Ok(chats.into_iter().map(one).collect())
}
