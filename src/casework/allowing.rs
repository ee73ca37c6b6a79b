//! Whether somebody may do what they ask for: the table of roles before every act, and the word of it in the
//! audit where they may not.

use super::answering::Answer;
use super::{Act, Actor, Asked, Casework, CaseworkError, Handed, PrivateAct, REASON_CHARS_MAX};
use crate::domain::audit::{Caller, Entry};
use crate::domain::role::{Right, Role};
use crate::store::{StoreError, Tx, audit, explain};

/// What is said to who may not.
pub const NOT_ALLOWED: &str = "your role does not allow this";
/// What is said where two people are to look at something.
pub(super) const NO_PERSON: &str = "this is for two people, and a program that acts for nobody is none";
const PRESS_ONLY: &str = "your role answers the press, and this is not about the press";
/// The reason by which triage says that something comes from the press.
const PRESS: &str = "press";

impl Asked {
    /// Whether who asks may do something.
    pub(super) fn may(&self, right: Right) -> bool {
        self.caller.role.is_some_and(|role| role.may(right))
    }

    /// Whether a program asks that acts for nobody: whoever holds its token may be the first of two already.
    pub(super) fn is_program(&self) -> bool {
        self.caller.role == Some(Role::Service)
    }
}

impl Casework {
    /// Who asks, with the person and the role of the actor where the door said none.
    pub(super) fn caller_of(&self, actor: &Actor) -> Caller {
        let role = self.caller.role.unwrap_or(if actor.lead { Role::Lead } else { Role::Agent });
        Caller { person: actor.person.to_string(), role: Some(role), ..self.caller.clone() }
    }

    /// The act, if it is allowed. What a newcomer answers becomes the wish that a colleague sends it.
    pub(super) fn allowed(&self, actor: &Actor, act: Act) -> Result<Act, CaseworkError> {
        let role = self.caller_of(actor).role.unwrap_or(Role::Auditor);
        if role.may(act.right()) {
            return Ok(act);
        }
        match act {
            // What a newcomer sends of these waits as well.
            holding @ Act::Private(PrivateAct::Holding { .. }) if role.may(Right::Propose) => Ok(holding),
            Act::Answer(answer) if role.may(Right::AnswerPress) => Ok(Act::Answer(answer)),
            Act::Answer(answer) | Act::AskPass { answer, .. }
                if role.may(Right::Propose) && answer.handed == Handed::No =>
            {
                let answer = Answer { resolve: None, ..answer };
                Ok(Act::AskPass { answer, reason: String::new() })
            }
            _ => Err(CaseworkError::Refused(NOT_ALLOWED.to_owned())),
        }
    }

    /// Refuses, on record, who may not do something.
    pub(super) async fn require(
        &self,
        actor: &Actor,
        right: Right,
        word: &str,
        on: (&str, &str),
    ) -> Result<(), CaseworkError> {
        if self.caller_of(actor).role.is_some_and(|role| role.may(right)) {
            return Ok(());
        }
        self.noted_refusal(actor, word, on, CaseworkError::Refused(NOT_ALLOWED.to_owned())).await
    }

    /// The row of the audit for something that this actor does.
    pub(super) fn done(&self, actor: &Actor, word: &str, (brand_id, target): (&str, &str)) -> Entry {
        Entry::done(&self.caller_of(actor), word, target).in_brand(brand_id)
    }

    /// Writes down that an act was refused, and gives the refusal back.
    pub(super) async fn noted_refusal<T>(
        &self,
        actor: &Actor,
        word: &str,
        (brand_id, target): (&str, &str),
        error: CaseworkError,
    ) -> Result<T, CaseworkError> {
        let entry = Entry::refused(&self.caller_of(actor), word, target).in_brand(brand_id);
        let now = self.clock.now();
        let noted = self.db.write_again("writing down a refusal", move |tx| {
            let entry = entry.clone();
            Box::pin(async move { audit::append(tx, &entry, now).await })
        });
        noted.await?;
        Err(error)
    }
}

/// Why somebody who speaks to the press only may not answer this case; nothing for everybody else.
pub(super) async fn not_of_the_press(tx: &mut Tx, asked: &Asked) -> Result<Option<String>, StoreError> {
    let answers = matches!(asked.act, Act::Answer(_));
    if !answers || asked.may(Right::Answer) {
        return Ok(None);
    }
    if super::protocols::is_for_the_press(tx, &asked.brand_id, &asked.case_id).await? {
        return Ok(None);
    }
    let judged = explain::judged(tx, &asked.brand_id, &asked.case_id).await?;
    let about = judged.is_some_and(|j| {
        let reasons: Vec<crate::domain::judgement::Reason> =
            serde_json::from_str(&j.reasons).unwrap_or_default();
        reasons.iter().any(|r| r.what == PRESS || r.what.starts_with("press:"))
    });
    Ok((!about).then(|| PRESS_ONLY.to_owned()))
}

/// Whether the words that an act needs are there, and not too long.
pub(super) fn check(act: &Act) -> Result<(), CaseworkError> {
    let invalid = |what: String| Err(CaseworkError::Invalid { field: "reason", what });
    match act {
        Act::Dismiss { reason } if reason.trim().is_empty() => {
            invalid("empty; say in a few words why this is not for us".to_owned())
        }
        Act::Dismiss { reason }
        | Act::Resolve { reason, .. }
        | Act::Answer(Answer { resolve: Some(reason), .. })
            if reason.chars().count() > REASON_CHARS_MAX =>
        {
            invalid(format!("{} characters; at most {REASON_CHARS_MAX} are kept", reason.chars().count()))
        }
        _ => Ok(()),
    }
}
