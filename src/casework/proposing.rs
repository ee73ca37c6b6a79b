//! Promises that are recognised in what somebody types are proposed to them, never written down silently: the answer
//! comes back once with what was found, and goes with it or without it as they say.

use super::answering::{Answer, invalid};
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

/// Most promises in one answer.
pub const AT_ONCE_MAX: usize = 8;

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
    /// These are, and nothing else is.
    With(Vec<NewPromise>),
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

/// The promises in a text, without what they contradict.
pub(super) fn found(language: &str, asked: &Asked, text: &str) -> Vec<Proposal> {
    let Some((frame, language)) = frame(language, asked) else { return Vec::new() };
    let mut all: Vec<Proposal> = Vec::new();
    for found in promise::find(text, language, &frame) {
        let owed_by = if found.act == Act::Visit { FRONT_OFFICE } else { "webcare" };
        let one = Proposal {
            text: text[found.start..found.end].chars().take(TEXT_CHARS_MAX).collect(),
            due: found.due,
            act: found.act.code().to_owned(),
            owed_by: owed_by.to_owned(),
            standing: Vec::new(),
        };
        // The same said twice is one promise.
        if all.len() < AT_ONCE_MAX && !all.iter().any(|p| p.due == one.due && p.act == one.act) {
            all.push(one);
        }
    }
    all
}

/// A holding answer promises a substantive one: by the time that it names, or by what the policy promises for a next
/// answer.
pub(super) fn holding(file: &CaseFile, asked: &Asked, text: &str) -> Vec<Proposal> {
    let found = found(&file.case.language, asked, text);
    if !found.is_empty() {
        return found;
    }
    let promised = || {
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
    };
    promised().into_iter().collect()
}

/// The refusal that proposes.
pub(super) async fn propose<T>(
    tx: &mut Tx,
    file: &CaseFile,
    mut proposals: Vec<Proposal>,
) -> Result<Result<T, CaseworkError>, StoreError> {
    for proposal in &mut proposals {
        proposal.standing = promising::standing(tx, file, proposal.due, &proposal.act).await?;
    }
    Ok(Err(CaseworkError::Promise(proposals)))
}

/// Before an answer is written: what is found in it is proposed, what was confirmed is checked. Gives what each
/// confirmed promise contradicts.
pub(super) async fn before(
    tx: &mut Tx,
    file: &CaseFile,
    asked: &Asked,
    wanted: &Answer,
) -> Result<Result<Vec<Vec<Standing>>, CaseworkError>, StoreError> {
    let confirmed = match &wanted.promise {
        Promising::Unasked | Promising::Without => return Ok(Ok(Vec::new())),
        Promising::Ask => {
            let found = found(&file.case.language, asked, &wanted.text);
            if found.is_empty() {
                return Ok(Ok(Vec::new()));
            }
            return propose(tx, file, found).await;
        }
        Promising::With(confirmed) => confirmed,
    };
    if confirmed.len() > AT_ONCE_MAX {
        return Ok(invalid("promise", format!("at most {AT_ONCE_MAX} in one answer")));
    }
    let (mut standing, mut asks) = (Vec::new(), Vec::new());
    for new in confirmed {
        match promising::checked(tx, file, asked, new).await? {
            Ok(found) => {
                asks.push(promising::proposal(new, found.clone()));
                standing.push(found);
            }
            Err(CaseworkError::Promise(mut contradicts)) => asks.append(&mut contradicts),
            Err(refused) => return Ok(Err(refused)),
        }
    }
    // One of which something is to be said: all are asked about, so that none is lost.
    if standing.len() < confirmed.len() { Ok(Err(CaseworkError::Promise(asks))) } else { Ok(Ok(standing)) }
}

/// After it: what was promised is written down with it.
pub(super) async fn after(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wanted: &Answer,
    (standing, action): (&[Vec<Standing>], &str),
) -> Result<(), StoreError> {
    let Promising::With(confirmed) = &wanted.promise else { return Ok(()) };
    for (new, standing) in confirmed.iter().zip(standing) {
        promising::write(tx, file, asked, new, (standing, Some(action))).await?;
    }
    Ok(())
}
