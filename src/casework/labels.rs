//! Labels on authors: set and taken away by people, with a reason and an end; no rule sets one.

use super::answering::invalid;
use super::{Actor, Asked, Casework, CaseworkError, REASON_CHARS_MAX};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::ids::LabelId;
use crate::domain::label::{HOLDS, HOLDS_MAX, Label};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::label::{self as store, LabelRow};
use crate::store::{StoreError, Tx, answer, audit};
use serde_json::json;

/// Most labels that are listed of a brand.
pub const LISTED_MAX: i64 = 500;

/// What a person says of the author of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelAct {
    /// Set a label; one that holds is set anew.
    Set {
        /// Which.
        label: Label,
        /// Why; must not be empty.
        reason: String,
        /// Until when; without a word ninety days.
        until: Option<Timestamp>,
    },
    /// Take one away.
    End {
        /// Which.
        label: Label,
    },
}

impl LabelAct {
    /// The word in the audit.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Set { .. } => "author.label",
            Self::End { .. } => "author.unlabel",
        }
    }
}

/// Carries it out.
pub(super) async fn act(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    act: &LabelAct,
) -> Result<Result<(), CaseworkError>, StoreError> {
    match act {
        LabelAct::Set { label, reason, until } => set(tx, file, asked, (*label, reason, *until)).await,
        LabelAct::End { label } => {
            let of = (asked.brand_id.as_str(), file.case.author_id.as_str(), label.code());
            if !store::end(tx, of, asked.actor.person.as_str(), asked.now).await? {
                return Ok(Err(CaseworkError::Refused("the author has no such label".to_owned())));
            }
            note(file, asked, "label_ended", &json!({ "label": label.code() }));
            Ok(Ok(()))
        }
    }
}

fn note(file: &mut CaseFile, asked: &Asked, kind: &str, body: &serde_json::Value) {
    file.note(kind, &Who::Person(asked.actor.person.clone()), When::now(asked.now), body);
}

async fn set(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (label, reason, until): (Label, &str, Option<Timestamp>),
) -> Result<Result<(), CaseworkError>, StoreError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        let what = format!("say in 1 to {REASON_CHARS_MAX} characters why; its author may read it");
        return Ok(invalid("reason", what));
    }
    let until = until.unwrap_or_else(|| asked.now.plus(HOLDS));
    if until <= asked.now || until > asked.now.plus(HOLDS_MAX) {
        return Ok(invalid("until", "wanted is an instant ahead, within a year"));
    }
    let row = LabelRow {
        id: asked.mint.id(asked.now, LabelId::new).to_string(),
        brand_id: asked.brand_id.clone(),
        author_id: file.case.author_id.clone(),
        label: label.code().to_owned(),
        set_by: asked.actor.person.to_string(),
        set_at: asked.now.millis(),
        until_ms: until.millis(),
        ended_at: None,
        ended_by: None,
    };
    store::set(tx, &row).await?;
    answer::put_content(tx, &row.reason_id(), &row.author_id, "label", reason).await?;
    note(file, asked, "labelled", &json!({ "label": label.code(), "until": until.millis() }));
    Ok(Ok(()))
}

impl Casework {
    /// Takes a label away from the page of labels, by author; only who steers.
    pub async fn end_label(
        &self,
        brand_id: &str,
        author_id: &str,
        label: Label,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        self.require(actor, Right::Steer, "author.unlabel", (brand_id, author_id)).await?;
        let (now, entry) = (self.clock.now(), self.done(actor, "author.unlabel", (brand_id, author_id)));
        let (brand_id, author_id, by) = (brand_id.to_owned(), author_id.to_owned(), actor.person.to_string());
        let done = self.db.write("taking a label away", move |tx| {
            Box::pin(async move {
                let done = store::end(tx, (&brand_id, &author_id, label.code()), &by, now).await?;
                if done {
                    audit::append(tx, &entry, now).await?;
                }
                Ok(done)
            })
        });
        if done.await? { Ok(()) } else { Err(CaseworkError::NotFound) }
    }
}
