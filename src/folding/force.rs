//! What holds of a message: what triage said of it, and what people put right in that.

use crate::domain::correction::{Field, level_from_code};
use crate::domain::judgement::Level;
use crate::store::correction::CorrectionRow;
use crate::store::intake::CaseMessage;

/// Lays corrections over what triage said of messages. `corrections` are in the order in which they
/// were made: of several of one field the last holds.
///
/// One that was made on words that have been edited since holds on towards care only: new words may
/// be more urgent by themselves, need an answer or a private channel, never less than a person said.
pub fn in_force(messages: &mut [CaseMessage], corrections: &[CorrectionRow]) {
    if corrections.is_empty() {
        return;
    }
    for message in messages {
        for field in Field::ALL {
            let of = |c: &&CorrectionRow| {
                c.mention_id == message.mention_id
                    && c.brand_id == message.brand_id
                    && c.field == field.code()
            };
            if let Some(last) = corrections.iter().rfind(of) {
                lay(message, field, last);
            }
        }
    }
}

fn lay(message: &mut CaseMessage, field: Field, correction: &CorrectionRow) {
    let edited_since = correction.revision != message.revision;
    let became = correction.became.as_str();
    let flag = |judged: i64| if edited_since && judged == 1 { 1 } else { i64::from(became == "1") };
    match field {
        Field::Level => {
            let said = level_from_code(became).unwrap_or(Level::from_number(message.level));
            if edited_since && said.number() > message.level {
                return;
            }
            message.level = said.number();
            let (low, high) = said.band();
            message.urgency = message.urgency.clamp(i64::from(low), i64::from(high));
        }
        Field::Intent => became.clone_into(&mut message.intent),
        Field::Language => became.clone_into(&mut message.language),
        Field::NeedsAnswer => {
            message.needs_answer = flag(message.needs_answer);
            message.silenced = 1 - message.needs_answer;
        }
        Field::NeedsPrivate => message.needs_private = flag(message.needs_private),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(revision: i64, level: i64, needs: i64) -> CaseMessage {
        CaseMessage {
            case_id: "c".into(),
            brand_id: "b".into(),
            mention_id: "m".into(),
            external_id: "e".into(),
            posted_at: 0,
            received_at: 0,
            historic: 0,
            revision,
            level,
            urgency: i64::from(Level::from_number(level).band().0) + 5,
            intent: "question".into(),
            language: "nl".into(),
            needs_answer: needs,
            needs_private: 0,
            source: String::new(),
            kind: String::new(),
            private: 0,
            handles: String::new(),
            silenced: 0,
        }
    }

    fn said(field: Field, became: &str) -> CorrectionRow {
        CorrectionRow {
            id: String::new(),
            brand_id: "b".into(),
            case_id: "c".into(),
            mention_id: "m".into(),
            revision: 1,
            field: field.code().into(),
            was: String::new(),
            became: became.into(),
            person_id: "p".into(),
            at: 0,
            rules_version: String::new(),
        }
    }

    fn after(message: CaseMessage, list: &[CorrectionRow]) -> CaseMessage {
        let mut all = [message];
        in_force(&mut all, list);
        all[0].clone()
    }

    #[test]
    fn the_last_word_holds_and_the_urgency_follows_the_level() {
        let list = [said(Field::Level, "P1"), said(Field::Level, "P4"), said(Field::Intent, "request")];
        let found = after(message(1, 2, 1), &list);
        assert_eq!((found.level, found.urgency, found.intent.as_str()), (4, 39, "request"));
        assert_eq!(after(message(1, 5, 1), &list[..1]).urgency, 80);
    }

    #[test]
    fn another_brands_word_and_another_messages_word_change_nothing() {
        let mut other = said(Field::NeedsAnswer, "1");
        other.brand_id = "another".into();
        assert_eq!(after(message(1, 5, 0), &[other.clone()]).needs_answer, 0);
        other.brand_id = "b".into();
        other.mention_id = "another".into();
        assert_eq!(after(message(1, 5, 0), &[other]).needs_answer, 0);
    }

    #[test]
    fn edited_words_may_be_more_urgent_and_never_less_than_a_person_said() {
        let level =
            |became: &str, judged: i64| after(message(2, judged, 0), &[said(Field::Level, became)]).level;
        assert_eq!((level("P4", 1), level("P4", 5), level("P2", 3)), (1, 4, 2));
        let needs = |became: &str, judged: i64| {
            after(message(2, 5, judged), &[said(Field::NeedsAnswer, became)]).needs_answer
        };
        assert_eq!((needs("1", 0), needs("0", 1), needs("0", 0)), (1, 1, 0));
        assert_eq!(after(message(1, 5, 1), &[said(Field::NeedsAnswer, "0")]).needs_answer, 0);
    }
}
