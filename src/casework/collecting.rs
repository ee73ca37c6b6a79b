//! Threads and authors that are set to be collected, and what is taken out of that again by hand.
//!
//! Which posts are collected is for intake, by [`crate::domain::collecting`]. A person sets it from a case, which keeps
//! what is collected, and ends it; the end moves nothing.

use super::answering::invalid;
use super::{Asked, CaseworkError, REASON_CHARS_MAX, joining};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::collecting::{HOLDS_MAX, Scope};
use crate::domain::ids::CollectingId;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::collecting::{self as store, CollectingRow};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, answer, case};
use serde_json::json;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectAct {
    /// Collect from now on.
    Set {
        /// The thread of the case, or its author.
        scope: Scope,
        /// Why; must not be empty.
        reason: String,
        /// Until when; without a word as long as [`Scope::holds`] says.
        until: Option<Timestamp>,
    },
    /// Collect no more; what is collected stays where it is.
    End {
        /// The thread of the case, or its author.
        scope: Scope,
    },
    /// A post that is collected gets a case of its own.
    Release {
        /// The mention.
        mention: String,
    },
}

impl CollectAct {
    /// The word in the audit.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Set { .. } => "case.collect",
            Self::End { .. } => "case.collect_end",
            Self::Release { .. } => "case.collect_release",
        }
    }

    /// What somebody must be allowed to.
    pub const fn right(&self) -> Right {
        match self {
            Self::Set { .. } | Self::End { .. } => Right::Moderate,
            Self::Release { .. } => Right::Work,
        }
    }
}

fn refused<T>(why: &str) -> Result<T, CaseworkError> {
    Err(CaseworkError::Refused(why.to_owned()))
}

type Done = Result<Result<Vec<ActionRow>, CaseworkError>, StoreError>;

/// Carries it out.
pub(super) async fn act(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, act: &CollectAct) -> Done {
    match act {
        CollectAct::Set { scope, reason, until } => set(tx, file, asked, (*scope, reason, *until)).await,
        CollectAct::End { scope } => end(tx, file, asked, *scope).await,
        CollectAct::Release { mention } => release(tx, file, asked, mention).await,
    }
}

/// To collect what one person says everywhere is for a lead, as a block is.
fn not_for(asked: &Asked, scope: Scope) -> Option<CaseworkError> {
    (scope == Scope::Author && !asked.actor.lead)
        .then(|| CaseworkError::Refused("to collect an author needs a lead".to_owned()))
}

fn note(file: &mut CaseFile, asked: &Asked, kind: &str, body: &serde_json::Value) {
    file.note(kind, &Who::Person(asked.actor.person.clone()), When::now(asked.now), body);
}

async fn set(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (scope, reason, until): (Scope, &str, Option<Timestamp>),
) -> Done {
    if let Some(error) = not_for(asked, scope) {
        return Ok(Err(error));
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Ok(invalid("reason", format!("say in 1 to {REASON_CHARS_MAX} characters why")));
    }
    let until = until.unwrap_or_else(|| asked.now.plus(scope.holds()));
    if until <= asked.now || until > asked.now.plus(HOLDS_MAX) {
        return Ok(invalid("until", "wanted is an instant ahead, within a year"));
    }
    if scope == Scope::Thread && file.case.private == 1 {
        return Ok(refused("what is said in private is not collected"));
    }
    if !file.case.case_state()?.is_open() {
        return Ok(refused("the case is over; reopen it first"));
    }
    let at = (file.case.conversation_id.as_str(), file.case.author_id.as_str());
    if let Some(other) = store::standing(tx, &asked.brand_id, scope, at, asked.now).await?.first() {
        let number = case::look(tx, &asked.brand_id, &other.case_id).await?.map_or(0, |c| c.number);
        return Ok(refused(&format!("it is collected already, with case #{number}")));
    }
    let row = CollectingRow {
        id: asked.mint.id(asked.now, CollectingId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        case_id: file.case.id.clone(),
        scope: scope.code().to_owned(),
        conversation_id: file.case.conversation_id.clone(),
        author_id: file.case.author_id.clone(),
        set_by: asked.actor.person.to_string(),
        set_at: asked.now.millis(),
        until_ms: until.millis(),
        ended_at: None,
        ended_by: None,
    };
    store::add(tx, &row).await?;
    answer::put_content(tx, &row.reason_id(), &row.author_id, "collecting", reason).await?;
    note(file, asked, "collect_begun", &json!({ "scope": scope.code(), "until": until.millis() }));
    Ok(Ok(Vec::new()))
}

async fn end(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, scope: Scope) -> Done {
    if let Some(error) = not_for(asked, scope) {
        return Ok(Err(error));
    }
    let all = store::of_case(tx, &asked.brand_id, &file.case.id).await?;
    let Some(row) = all.iter().find(|r| r.scope() == scope && r.holds(asked.now)) else {
        return Ok(refused("nothing of this kind is collected with the case"));
    };
    store::end(tx, row, asked.actor.person.as_str(), asked.now).await?;
    note(file, asked, "collect_ended", &json!({ "scope": scope.code() }));
    Ok(Ok(Vec::new()))
}

/// The post, and what its author said there after it, stand with a case of theirs: an open one, or a new one.
async fn release(tx: &mut Tx, file: &mut CaseFile, asked: &Asked, mention: &str) -> Done {
    let Some(post) = store::kept(tx, &asked.brand_id, &file.case.id, mention).await? else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let (author, conversation) = (post.2.as_str(), post.3.as_str());
    if (author, conversation) == (file.case.author_id.as_str(), file.case.conversation_id.as_str()) {
        store::release(tx, &asked.brand_id, &post, &file.case.id).await?;
        note(file, asked, "collect_released", &json!({ "mention": mention }));
        joining::fold(tx, file, asked).await?;
        return Ok(Ok(Vec::new()));
    }
    let mut own = joining::own_case(tx, file, asked, None, (conversation, author)).await?;
    if own.case.version == 0 {
        own.case.private = 0;
    }
    store::release(tx, &asked.brand_id, &post, &own.case.id).await?;
    let (by, when) = (Who::Person(asked.actor.person.clone()), When::now(asked.now));
    own.note("split_from", &by, when, &json!({ "from": file.case.number }));
    joining::fold(tx, &mut own, asked).await?;
    let alerts = asked.catalogue.actions_of(&own, &asked.mint, asked.now);
    super::save(tx, &own, &alerts, asked.now).await?;
    note(file, asked, "collect_released", &json!({ "mention": mention, "into": own.case.number }));
    Ok(Ok(Vec::new()))
}
