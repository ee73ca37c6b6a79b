//! Holding words: approved texts for those whose language nobody reads at present, sent by a person. They promise an answer,
//! which is written down with them; what a newcomer sends waits for their buddy, as any answer of theirs does.

use super::answering::{self, Answer};
use super::proposing::{self, Proposal};
use super::{Asked, Beside, CaseworkError, Promising, guarding, private};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::clocks::ObligationKind;
use crate::domain::ids::PersonId;
use crate::domain::policy::{Policy, Selector};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::guard::PassRow;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx};
use serde_json::json;

/// Stands with the kinds of what waits, where it is holding words.
const HOLDING: &str = "holding";

/// Whether what waits is holding words.
pub(super) fn is_of(pass: &PassRow) -> bool {
    pass.kinds.split(' ').any(|kind| kind == HOLDING)
}

/// The word for the kinds of what waits.
pub(super) const fn word() -> &'static str {
    HOLDING
}

/// Sends them, or has them wait for who may.
pub(super) async fn send(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    (again, promise): (bool, &Promising),
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let text = match private::holding_words(tx, file, asked).await? {
        Ok(text) => text,
        Err(refused) => return Ok(Err(refused)),
    };
    if !asked.may(Right::Answer) {
        let wanted = Answer { text, again, automatic: true, ..Answer::default() };
        return guarding::ask(tx, file, asked, (&wanted, ""), false).await;
    }
    let made = proposing::holding(file, asked, &text);
    let promise = match promise {
        Promising::Ask if !made.is_empty() => return proposing::propose(tx, file, made).await,
        // Nobody could be asked: they promise what they say.
        Promising::Unasked => promised(&made),
        said => said.clone(),
    };
    let wanted = Answer { text, again, promise, automatic: true, ..Answer::default() };
    let done = answering::answer(tx, file, asked, &wanted).await?;
    if done.is_ok() {
        note(file, asked, &asked.actor.person);
    }
    Ok(done)
}

fn promised(made: &[Proposal]) -> Promising {
    match made {
        [] => Promising::Without,
        all => Promising::With(all.iter().map(Proposal::confirmed).collect()),
    }
}

/// Holding words that waited, as they go once somebody stands for them: with the promise that they make, counted from then.
pub(super) fn passed(file: &CaseFile, asked: &Asked, wanted: Answer) -> Answer {
    let mut promise = promised(&proposing::holding(file, asked, &wanted.text));
    if let Promising::With(all) = &mut promise {
        for new in all {
            // Whoever stands for the words is asked nothing more: what was promised before stands beside it.
            new.beside = Beside::Both { reason: HOLDING.to_owned() };
        }
    }
    Answer { automatic: true, promise, ..wanted }
}

/// How many minutes from now a first answer is promised, rounded up; hours in which nobody is there count as well, for
/// whoever waits waits through them. Nothing where nothing is promised.
pub(super) fn promised_wait(policy: &Policy, on: &Selector, now: Timestamp) -> Option<i64> {
    let promised = policy.target(ObligationKind::FirstResponse, on)?;
    let until = promised.hours.reach(now, promised.span)?;
    Some((until.since(now).millis() + 59_999) / 60_000)
}

/// What reports know holding words by.
pub(super) fn note(file: &mut CaseFile, asked: &Asked, writer: &PersonId) {
    let body = json!({ "language": file.case.language });
    file.note("holding_sent", &Who::Person(writer.clone()), When::now(asked.now), &body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Calendar, CalendarSpec};
    use crate::domain::judgement::Level;
    use crate::domain::language::Language;
    use crate::domain::policy::{Channel, Target};
    use std::collections::BTreeMap;
    use std::sync::Arc;

    #[test]
    fn a_night_in_which_nobody_is_there_is_waited_through() {
        let hours = vec!["09:00-17:00".to_owned()];
        let spec = CalendarSpec {
            name: "desk".into(),
            zone: "UTC".into(),
            mon: hours.clone(),
            tue: hours,
            ..CalendarSpec::default()
        };
        let desk = Arc::new(Calendar::new(&spec).unwrap());
        let target = Target { first_response_minutes: Some(30), ..Target::default() };
        let policy = Policy { calendar: "desk".into(), targets: vec![target], ..Policy::default() };
        let policy = policy.with_calendars(&BTreeMap::from([("desk".to_owned(), desk)]));
        let on =
            Selector { channel: Channel::Social, level: Level::P3, language: Language::Fr, private: None };
        let at = |time: &str| Timestamp::parse(time).unwrap();
        assert_eq!(promised_wait(&policy, &on, at("2026-09-21T10:00:00Z")), Some(30));
        assert_eq!(promised_wait(&policy, &on, at("2026-09-21T16:50:00Z")), Some(16 * 60 + 30));
        let nothing = Policy { targets: Vec::new(), ..policy };
        assert_eq!(promised_wait(&nothing, &on, at("2026-09-21T10:00:00Z")), None);
    }
}
