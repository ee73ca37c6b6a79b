//! How a case ended, as choices: filled in as proposed in the forms that resolve, as said where the case is over.

use super::forms::Choice;
use super::{Loaded, Typed};
use crate::casework::ending::known;
use crate::domain::case::CaseState;
use crate::domain::ending::{BackDoor, Difference, Ending, Known, Solved, propose, why};
use crate::domain::time::Timestamp;
use crate::store::ending::{self, EndingRow};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx};
use crate::web::App;
use crate::web::auth::Fields;
use crate::web::error::Error;
use crate::web::texts::Texts;

/// What the store knows of an ending.
pub struct Ended {
    said: Option<EndingRow>,
    answered_at: Option<Timestamp>,
    /// Whether reasons are asked on this case.
    pub asks: bool,
}

/// Reads it.
pub async fn load(tx: &mut Tx, brand_id: &str, id: &str) -> Result<Ended, StoreError> {
    let said = ending::of_case(tx, brand_id, id).await?;
    Ok(Ended { said, answered_at: ending::answered_at(tx, brand_id, id).await?, asks: true })
}

/// Whether reasons are asked on a case.
pub fn asks(app: &App, case: &CaseRow) -> bool {
    app.catalogue.get().brand(&case.brand_id).is_none_or(|w| w.brand.front_office.asks(&case.id))
}

fn proposed(found: &Loaded, answered_at: Option<Timestamp>) -> Ending {
    let proposed = propose(&known_of(found, answered_at));
    if found.ended.asks { proposed } else { Ending { back_door: None, ..proposed } }
}

fn known_of(found: &Loaded, answered_at: Option<Timestamp>) -> Known {
    known(&found.case, &found.links, answered_at, found.office.clues.clone())
}

/// The choices of the form that resolves. What was chosen in a form that was not taken stands there again.
pub fn choices(found: &Loaded, typed: Option<&Typed>, t: &'static Texts) -> Vec<Choice> {
    listed(typed.and_then(|a| a.ending).unwrap_or_else(|| proposed(found, found.ended.answered_at)), found, t)
}

/// The choices beside an answer that may resolve, and is then the one that solves; none for what is not the front
/// office's, so that nobody is asked with every answer.
pub fn answering(found: &Loaded, typed: Option<&Typed>, now: Timestamp, t: &'static Texts) -> Vec<Choice> {
    let proposed = proposed(found, Some(now));
    if !proposed.solved.is_theirs() {
        return Vec::new();
    }
    listed(typed.and_then(|a| a.ending).unwrap_or(proposed), found, t)
}

/// The choices by which it is put right how a case ended that is over; none if it is not.
pub fn put_right(found: &Loaded, typed: Option<&Typed>, t: &'static Texts) -> Vec<Choice> {
    let said = found.ended.said.as_ref().and_then(|row| row.ending().ok());
    match found.case.case_state() {
        // Where its author took everything back there is nothing to say.
        Ok(CaseState::Resolved) if found.messages.iter().any(|m| m.deleted_at.is_none()) => {}
        Ok(CaseState::Resolved | CaseState::Closed) if said.is_some() => {}
        _ => return Vec::new(),
    }
    match (typed.and_then(|a| a.ending), said) {
        (Some(ending), _) | (None, Some(ending)) => listed(ending, found, t),
        (None, None) => choices(found, None, t),
    }
}

fn listed(now: Ending, found: &Loaded, t: &'static Texts) -> Vec<Choice> {
    // How certain the proposed reason is stands beside it.
    let sure = why(&known_of(found, found.ended.answered_at));
    let named = |b: BackDoor| match sure {
        Some((reason, percent)) if reason == b => {
            format!("{} ({}, {percent} %)", t.name("back_door", b.code()), t.office().certain)
        }
        _ => t.name("back_door", b.code()),
    };
    let label = |field: &str| t.name("ended", field);
    // Where something was given, that is mostly why.
    let given = found.office.given.is_given() && now.solved.by_webcare();
    let now = Ending { difference: now.difference.or(given.then_some(Difference::Goodwill)), ..now };
    let none = |chosen: bool| ("", t.ends().ending_none.to_owned(), chosen);
    let solved = Solved::ALL.iter().map(|s| (s.code(), t.name("solved", s.code()), *s == now.solved));
    let back = BackDoor::ALL.iter().map(|b| (b.code(), named(*b), Some(*b) == now.back_door));
    let apart = Difference::ALL
        .iter()
        .map(|d| (d.code(), t.name("difference", d.code()), Some(*d) == now.difference));
    let mut list = vec![Choice { name: "solved", label: label("solved"), options: solved.collect() }];
    // Reasons are asked only where the matter is the front office's, and on one case in so many.
    if now.solved.is_theirs() && found.ended.asks {
        let options = std::iter::once(none(now.back_door.is_none())).chain(back).collect();
        list.push(Choice { name: "back_door", label: label("back_door"), options });
        let options = std::iter::once(none(now.difference.is_none())).chain(apart).collect();
        list.push(Choice { name: "difference", label: label("difference"), options });
    }
    list
}

/// What a form says of how a case ended; none if it does not ask.
pub fn of_fields(fields: &Fields) -> Result<Option<Ending>, Error> {
    fn read<T>(fields: &Fields, field: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Error> {
        let word = fields.get(field);
        let bad = || Error::Invalid(format!("{field}: '{word}' is not known"));
        if word.is_empty() { Ok(None) } else { read(word).map(Some).ok_or_else(bad) }
    }
    let Some(solved) = read(fields, "solved", Solved::from_code)? else { return Ok(None) };
    let difference = read(fields, "difference", Difference::from_code)?;
    Ok(Some(Ending { solved, difference, back_door: read(fields, "back_door", BackDoor::from_code)? }))
}

/// What was said, as the timeline shows it.
pub fn told(body: &serde_json::Value, t: &Texts) -> String {
    let one = |field: &str| {
        let code = body[field].as_str()?;
        Some(format!("{}: {}", t.name("ended", field), t.name(field, code)))
    };
    ["solved", "back_door", "difference"].into_iter().filter_map(one).collect::<Vec<_>>().join("; ")
}
