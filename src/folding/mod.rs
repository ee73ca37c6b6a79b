//! What follows from the messages of a case, what people corrected in them, and our answers,
//! whatever order they came in.
//!
//! All of it is pure and looks at all messages and answers at once, in the platform's order. So the
//! same deliveries in any order give the same case and the same waits. Intake folds a case with each
//! batch that touches it, casework when a person corrects what triage said.

mod course;
mod force;
pub mod learned;
pub mod members;
mod waits;

pub use course::press;
pub use force::in_force;
pub use waits::{NO_ANSWER, covers, run_clocks};

use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::store::intake::{CaseMessage, KnownOwnPost};
use crate::store::rows::CaseRow;

/// What the messages of a case make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The first mention.
    pub first_mention_id: String,
    /// When it was posted.
    pub opened_at: i64,
    /// When we received it.
    pub received_at: i64,
    /// When the last was posted.
    pub last_message_at: i64,
    /// The most urgent level.
    pub level: i64,
    /// The highest urgency.
    pub urgency: i64,
    /// The intent of the first message that needs an answer, else of the first.
    pub intent: String,
    /// Sticky: that of the first that can be told, until two in a row are in another.
    pub language: String,
    /// Whether any needs an answer.
    pub needs_answer: i64,
    /// Whether any needs a private channel.
    pub needs_private: i64,
    /// Whether all are history.
    pub historic: i64,
}

/// Puts messages in the platform's order.
pub fn sort(messages: &mut [CaseMessage]) {
    messages.sort_by(|a, b| (a.posted_at, &a.external_id).cmp(&(b.posted_at, &b.external_id)));
}

/// Sums up sorted messages; `None` when there are none.
pub fn summarise(messages: &[CaseMessage]) -> Option<Summary> {
    let (first, last) = (messages.first()?, messages.last()?);
    let asking = messages.iter().find(|m| m.needs_answer == 1).unwrap_or(first);
    Some(Summary {
        first_mention_id: first.mention_id.clone(),
        opened_at: first.posted_at,
        received_at: first.received_at,
        last_message_at: last.posted_at,
        level: messages.iter().map(|m| m.level).min().unwrap_or(5),
        urgency: messages.iter().map(|m| m.urgency).max().unwrap_or(0),
        intent: asking.intent.clone(),
        language: language(messages),
        needs_answer: i64::from(messages.iter().any(|m| m.needs_answer == 1)),
        needs_private: i64::from(messages.iter().any(|m| m.needs_private == 1)),
        historic: i64::from(messages.iter().all(|m| m.historic == 1)),
    })
}

fn language(messages: &[CaseMessage]) -> String {
    let unknown = Language::Unknown.code();
    let mut told = messages.iter().map(|m| m.language.as_str()).filter(|l| *l != unknown);
    let Some(mut sticky) = told.next() else { return unknown.to_owned() };
    let mut other: Option<&str> = None;
    for language in told {
        match other {
            _ if language == sticky => other = None,
            Some(before) if before == language => {
                sticky = language;
                other = None;
            }
            _ => other = Some(language),
        }
    }
    sticky.to_owned()
}

/// Brings the row of a case in line with its messages and answers; its state is not touched.
pub fn apply(case: &mut CaseRow, s: &Summary, answers: &[Answer]) {
    if case.version == 0 {
        case.state_since = s.opened_at;
    }
    case.first_mention_id.clone_from(&s.first_mention_id);
    case.opened_at = s.opened_at;
    case.received_at = s.received_at;
    case.last_message_at = s.last_message_at;
    case.level = s.level;
    case.urgency = s.urgency;
    case.intent.clone_from(&s.intent);
    case.language.clone_from(&s.language);
    case.needs_answer = s.needs_answer;
    case.needs_private = s.needs_private;
    case.historic = s.historic;
    case.first_answer_at = answers.iter().map(|a| a.at.millis()).find(|at| *at >= s.opened_at);
}

/// Our answers to one author among our posts in one conversation, in order.
pub fn answers_to(own: &[KnownOwnPost], brand_id: &str, author: &str) -> Vec<Answer> {
    let counts = |o: &&KnownOwnPost| {
        o.brand_id == brand_id
            && o.answers_author_id.as_deref() == Some(author)
            && o.counts == 1
            && o.deleted_at.is_none()
    };
    let mut answers: Vec<Answer> = own
        .iter()
        .filter(counts)
        .map(|o| Answer { at: Timestamp(o.posted_at), own_post_id: o.id.clone() })
        .collect();
    answers.sort();
    answers
}

/// An answer of ours to the author of a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// The platform's time of it.
    pub at: Timestamp,
    /// Our post.
    pub own_post_id: String,
}

/// One wait for an answer, as the messages and answers have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The first unanswered message.
    pub mention_id: String,
    /// When it was posted.
    pub start: Timestamp,
    /// Whether nothing was answered before it.
    pub first: bool,
    /// The answer that ended it.
    pub answered: Option<Answer>,
}

/// The waits of a case. `messages` and `answers` are sorted; `ends` are the instants at which
/// people ended the case without an answer, sorted. A message that `covers` denies begins no wait.
pub fn waits(
    messages: &[CaseMessage],
    answers: &[Answer],
    ends: &[Timestamp],
    covers: impl Fn(&CaseMessage) -> bool,
) -> Vec<Wait> {
    let mut all: Vec<Wait> = Vec::new();
    let mut engaged = false;
    let mut open: Option<usize> = None;
    let mut next_answer = 0;
    let began = messages.first().map_or(i64::MAX, |m| m.posted_at);
    let mut answered_before = false;
    for message in messages {
        let at = Timestamp(message.posted_at);
        while let Some(answer) = answers.get(next_answer).filter(|a| a.at < at) {
            if let Some(wait) = open.take() {
                all[wait].answered = Some(answer.clone());
            }
            answered_before |= answer.at.millis() >= began;
            next_answer += 1;
        }
        // A person ended the case after having seen what stood there: what came later is new.
        if let Some(wait) = open
            && ends.iter().any(|e| *e >= all[wait].start && e.millis() < message.received_at)
        {
            open = None;
        }
        engaged |= message.needs_answer == 1;
        // What a person said needs no answer begins no wait, wherever it stands.
        let may_begin = message.historic == 0 && message.silenced == 0;
        if open.is_none() && engaged && may_begin && covers(message) {
            open = Some(all.len());
            all.push(Wait {
                mention_id: message.mention_id.clone(),
                start: at,
                first: !answered_before && all.is_empty(),
                answered: None,
            });
        }
    }
    if let (Some(wait), Some(answer)) = (open, answers.get(next_answer)) {
        all[wait].answered = Some(answer.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn message(n: i64, at: i64, needs_answer: bool, language: &str) -> CaseMessage {
        CaseMessage {
            case_id: String::new(),
            brand_id: String::new(),
            mention_id: format!("m{n}"),
            external_id: format!("e{n}"),
            posted_at: at,
            received_at: at + 1,
            historic: 0,
            revision: 1,
            level: 5 - i64::from(needs_answer) * 2,
            urgency: 10,
            intent: "question".into(),
            language: language.into(),
            needs_answer: i64::from(needs_answer),
            needs_private: 0,
            source: "s".into(),
            kind: "post".into(),
            private: 0,
            handles: String::new(),
            silenced: 0,
        }
    }

    fn waits(messages: &[CaseMessage], answers: &[Answer], ends: &[Timestamp]) -> Vec<Wait> {
        super::waits(messages, answers, ends, |_| true)
    }

    fn answer(at: i64) -> Answer {
        Answer { at: Timestamp(at), own_post_id: format!("o{at}") }
    }

    fn shape(waits: &[Wait]) -> Vec<(&str, bool, Option<i64>)> {
        waits
            .iter()
            .map(|w| (w.mention_id.as_str(), w.first, w.answered.as_ref().map(|a| a.at.millis())))
            .collect()
    }

    #[test]
    fn an_impatient_second_message_makes_no_second_wait() {
        let messages = [message(1, 10, true, "nl"), message(2, 20, true, "nl")];
        assert_eq!(shape(&waits(&messages, &[], &[])), [("m1", true, None)]);
        assert_eq!(shape(&waits(&messages, &[answer(30)], &[])), [("m1", true, Some(30))]);
    }

    #[test]
    fn after_an_answer_the_next_message_starts_the_next_wait() {
        let messages = [message(1, 10, true, "nl"), message(2, 20, false, "nl")];
        let found = waits(&messages, &[answer(15)], &[]);
        assert_eq!(shape(&found), [("m1", true, Some(15)), ("m2", false, None)]);
    }

    #[test]
    fn what_a_person_said_needs_no_answer_begins_no_wait_and_the_next_message_does() {
        let mut thanks = message(2, 20, false, "nl");
        thanks.silenced = 1;
        let messages = [message(1, 10, true, "nl"), thanks, message(3, 30, false, "nl")];
        let found = waits(&messages, &[answer(15)], &[]);
        assert_eq!(shape(&found), [("m1", true, Some(15)), ("m3", false, None)]);
    }

    #[test]
    fn chatter_and_history_start_nothing() {
        assert!(waits(&[message(1, 10, false, "nl")], &[], &[]).is_empty());
        let mut old = message(1, 10, true, "nl");
        old.historic = 1;
        assert!(waits(&[old.clone()], &[], &[]).is_empty());
        let found = waits(&[old, message(2, 50, true, "nl")], &[answer(5)], &[]);
        assert_eq!(shape(&found), [("m2", true, None)]);
    }

    #[test]
    fn what_comes_after_a_person_ended_it_is_a_new_wait() {
        let messages = [message(1, 10, true, "nl"), message(2, 40, true, "nl")];
        let found = waits(&messages, &[], &[Timestamp(30)]);
        assert_eq!(shape(&found), [("m1", true, None), ("m2", false, None)]);
    }

    #[test]
    fn what_is_not_covered_begins_no_wait_and_hides_none() {
        let messages = [message(1, 10, true, "nl"), message(2, 20, true, "nl"), message(3, 30, true, "nl")];
        let found = super::waits(&messages, &[answer(40)], &[], |m| m.mention_id != "m1");
        assert_eq!(shape(&found), [("m2", true, Some(40))]);
    }

    #[test]
    fn the_language_sticks_until_two_in_a_row_differ() {
        let say = |languages: &[&str]| {
            let messages: Vec<_> =
                languages.iter().enumerate().map(|(n, l)| message(n as i64, n as i64, true, l)).collect();
            summarise(&messages).unwrap().language
        };
        assert_eq!(say(&["unknown", "nl", "en", "nl"]), "nl");
        assert_eq!(say(&["nl", "en", "en"]), "en");
        assert_eq!(say(&["nl", "en", "unknown", "en"]), "en");
        assert_eq!(say(&["unknown"]), "unknown");
    }
}
