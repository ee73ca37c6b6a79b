//! Promises that are recognised in what somebody types are proposed to them, never written down silently: the answer
//! comes back once with what was found, and goes with it or without it as they say.

use super::answering::Answer;
use super::promising::{self, FRONT_OFFICE, NewPromise, Standing, TEXT_CHARS_MAX};
use super::{Asked, CaseworkError};
use crate::casefile::CaseFile;
use crate::domain::calendar::Hours;
use crate::domain::clocks::ObligationKind;
use crate::domain::language::Language;
use crate::domain::promise::{self, Act, Frame};
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx};
use jiff::tz::TimeZone;

/// What becomes of a promise that stands in the words of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Promising {
    /// Nothing is looked for: nobody could be asked, or the words are not theirs.
    #[default]
    Unasked,
    /// What is found is proposed: the answer is refused with it.
    Ask,
    /// It is no promise.
    Without,
    /// It is one.
    With(Box<NewPromise>),
}

/// A promise that is proposed, with what stands already and says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The words.
    pub text: String,
    /// Until when.
    pub due: Timestamp,
    /// What is to be done, a code; may be empty.
    pub act: String,
    /// Who owes it.
    pub owed_by: String,
    /// What stands already.
    pub standing: Vec<Standing>,
}

impl Proposal {
    /// As the promise that it becomes when somebody confirms it.
    pub fn confirmed(&self) -> NewPromise {
        NewPromise {
            text: self.text.clone(),
            due: self.due,
            owed_by: self.owed_by.clone(),
            act: self.act.clone(),
            ..NewPromise::default()
        }
    }
}

/// When and where an answer to this case is written.
fn frame(language: &str, asked: &Asked) -> Option<(Frame, Language)> {
    let policy = &asked.catalogue.brand(&asked.brand_id)?.policy.1;
    let hours = policy.hours(&policy.calendar);
    let zone = match &hours {
        Hours::Always => asked.zone.clone(),
        Hours::Open(_) => TimeZone::get(hours.zone()).unwrap_or_else(|_| asked.zone.clone()),
    };
    let language = Language::from_code(language).unwrap_or(Language::Unknown);
    // Who answers in a language that nobody recognised mostly does so in English.
    let language = if Language::TEN.contains(&language) { language } else { Language::En };
    Some((Frame { now: asked.now, zone, hours }, language))
}

/// The first promise in a text, without what it contradicts.
pub(super) fn found(language: &str, asked: &Asked, text: &str) -> Option<Proposal> {
    let (frame, language) = frame(language, asked)?;
    let found = promise::find(text, language, &frame).into_iter().next()?;
    let owed_by = if found.act == Act::Visit { FRONT_OFFICE } else { "webcare" };
    Some(Proposal {
        text: text[found.start..found.end].chars().take(TEXT_CHARS_MAX).collect(),
        due: found.due,
        act: found.act.code().to_owned(),
        owed_by: owed_by.to_owned(),
        standing: Vec::new(),
    })
}

/// A holding answer promises a substantive one: by the time that it names, or by what the policy promises for a next
/// answer.
pub(super) fn holding(file: &CaseFile, asked: &Asked, text: &str) -> Option<Proposal> {
    found(&file.case.language, asked, text).or_else(|| {
        let policy = &asked.catalogue.brand(&asked.brand_id)?.policy.1;
        let selector = file.case.selector();
        let of = |kind| policy.target(kind, &selector);
        let target = of(ObligationKind::NextResponse).or_else(|| of(ObligationKind::FirstResponse))?;
        Some(Proposal {
            text: text.trim().chars().take(TEXT_CHARS_MAX).collect(),
            due: target.hours.add(asked.now, target.span),
            act: Act::Answer.code().to_owned(),
            owed_by: "webcare".to_owned(),
            standing: Vec::new(),
        })
    })
}

/// The refusal that proposes.
pub(super) async fn propose<T>(
    tx: &mut Tx,
    file: &CaseFile,
    mut proposal: Proposal,
) -> Result<Result<T, CaseworkError>, StoreError> {
    proposal.standing = promising::standing(tx, file, proposal.due, &proposal.act).await?;
    Ok(Err(CaseworkError::Promise(Box::new(proposal))))
}

/// Before an answer is written: what is found in it is proposed, what was confirmed is checked. Gives what the
/// confirmed promise contradicts.
pub(super) async fn before(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    wanted: &Answer,
) -> Result<Result<Vec<Standing>, CaseworkError>, StoreError> {
    match &wanted.promise {
        Promising::Unasked | Promising::Without => Ok(Ok(Vec::new())),
        Promising::Ask => match found(&file.case.language, asked, &wanted.text) {
            None => Ok(Ok(Vec::new())),
            Some(proposal) => propose(tx, file, proposal).await,
        },
        Promising::With(new) => promising::checked(tx, file, asked, new).await,
    }
}

/// After it: the promise is written down with it.
pub(super) async fn after(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wanted: &Answer,
    (standing, action): (&[Standing], &str),
) -> Result<(), StoreError> {
    match &wanted.promise {
        Promising::With(new) => promising::write(tx, file, asked, new, (standing, Some(action))).await,
        _ => Ok(()),
    }
}
