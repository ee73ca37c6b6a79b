//! What the course of a case adds to its urgency: its customer had to ask again, asked after we were late, or wrote while
//! what it is about was rising.
//!
//! It is found anew from all messages, answers and clocks each time, so that it is the same whatever
//! order they came in. A message is of a rise by when it was posted: one that begins or ends moves no case by itself. The
//! level stays what the words say.

use super::Answer;
use super::waits::by_itself;
use crate::casefile::CaseFile;
use crate::domain::clocks::{ObligationKind, ObligationState};
use crate::domain::course::{Course, lift};
use crate::domain::judgement::{Intent, Level};
use crate::domain::time::Span;
use crate::store::intake::CaseMessage;
use crate::store::rows::ObligationRow;
use crate::store::surge::RiseRow;

/// Messages that come within so long of the one before are one word in several posts.
const TOGETHER: Span = Span::minutes(10);
/// How far back asking again counts.
const WEEK: Span = Span::days(7);

/// Adds to the urgency of a case, which is that of its most urgent message, what its course adds. `messages` and
/// `answers` are sorted, and its clocks are in line with them; `rises` are those in whose time any of it was said.
pub fn press(file: &mut CaseFile, messages: &[CaseMessage], answers: &[Answer], rises: &[RiseRow]) {
    let asked = asked(messages, answers);
    let course = Course {
        author_posts_7d: asked.iter().enumerate().map(|(n, at)| again(&asked[..n], *at)).max().unwrap_or(0),
        unanswered_beyond_target: asked.iter().skip(1).any(|at| file.clocks.iter().any(|o| is_late(o, *at))),
        velocity: messages.iter().any(|m| rises.iter().any(|r| is_of(m, r))),
    };
    let case = &mut file.case;
    let level = Level::from_number(case.level);
    let mut reasons = Vec::new();
    if !(level == Level::P5 && case.intent == Intent::Spam.code()) {
        let urgency = u8::try_from(case.urgency.clamp(0, 100)).unwrap_or(100);
        case.urgency = i64::from(lift(level, urgency, &course, &mut reasons));
    }
    case.set_course(&reasons);
}

/// When the customer asked: by words that need an answer, or by any while those before had none. Who thanks or praises asks
/// nothing.
fn asked(messages: &[CaseMessage], answers: &[Answer]) -> Vec<i64> {
    let mut asked: Vec<i64> = Vec::new();
    let mut spoke: Option<i64> = None;
    let kind = [Intent::Compliment.code(), Intent::Praise.code()];
    let counts = |m: &&CaseMessage| m.historic == 0 && m.silenced == 0 && !kind.contains(&m.intent.as_str());
    for m in messages.iter().filter(counts) {
        let answered =
            |since: i64| answers.iter().any(|a| a.at.millis() >= since && a.at.millis() < m.posted_at);
        let waits = spoke.is_some_and(|last| !answered(last));
        let together = spoke.is_some_and(|before| m.posted_at - before <= TOGETHER.millis());
        if m.needs_answer == 1 || waits {
            if asked.is_empty() || !together {
                asked.push(m.posted_at);
            }
            spoke = Some(m.posted_at);
        }
    }
    asked
}

/// Whether a message was posted while what it says was rising, in its language.
fn is_of(message: &CaseMessage, rise: &RiseRow) -> bool {
    message.historic == 0
        && message.silenced == 0
        && message.brand_id == rise.brand_id
        && rise.topic.strip_prefix("intent:") == Some(message.intent.as_str())
        && message.language == rise.language
        && message.posted_at >= rise.opened_at
        && rise.ended_at.is_none_or(|over| message.posted_at < over)
}

/// How often it was asked in the week before.
fn again(before: &[i64], at: i64) -> u32 {
    let count = before.iter().rev().take_while(|b| at - **b <= WEEK.millis()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether an answer was owed and overdue at an instant. That somebody ended the case later without one takes
/// nothing back.
fn is_late(clock: &ObligationRow, at: i64) -> bool {
    let owed = match ObligationState::from_code(&clock.state) {
        ObligationState::Running | ObligationState::Broken => true,
        ObligationState::Void => !by_itself(clock),
        _ => false,
    };
    owed && ObligationKind::from_code(&clock.kind).is_some_and(ObligationKind::is_response)
        && clock.due_at <= at
        && clock.ended_at.is_none_or(|ended| ended > at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::folding::tests::message;

    const MINUTE: i64 = 60_000;

    fn answer(minute: i64) -> Answer {
        Answer { at: Timestamp(minute * MINUTE), own_post_id: String::new() }
    }

    fn minutes(list: &[(i64, bool)], answers: &[Answer]) -> Vec<i64> {
        let one = |(n, (at, needs)): (usize, &(i64, bool))| message(n as i64, at * MINUTE, *needs, "nl");
        let messages: Vec<_> = list.iter().enumerate().map(one).collect();
        asked(&messages, answers).iter().map(|at| at / MINUTE).collect()
    }

    #[test]
    fn asking_again_is_what_asks_or_what_is_said_while_nobody_answered() {
        assert_eq!(minutes(&[(0, true), (60, false)], &[]), [0, 60], "'hello?'");
        assert_eq!(minutes(&[(0, true), (60, false)], &[answer(30)]), [0], "'thanks'");
        assert_eq!(minutes(&[(0, true), (60, true)], &[answer(30)]), [0, 60], "another question");
        assert_eq!(minutes(&[(0, false), (60, true)], &[]), [60], "chatter before asks nothing");
        let more = [(0, true), (5, true), (60, false)];
        assert_eq!(minutes(&more, &[answer(3)]), [0, 60], "what was added after our answer had none");
        assert_eq!(minutes(&more, &[answer(30)]), [0]);
    }

    #[test]
    fn who_asked_after_we_were_late_did_so_however_it_ended() {
        let clock = |state: &str, ended_by: &str| ObligationRow {
            case_id: String::new(),
            wait: 0,
            part: 0,
            brand_id: String::new(),
            kind: "first_response".into(),
            state: state.into(),
            policy: String::new(),
            policy_version: 1,
            mention_id: None,
            started_at: 0,
            target_ms: 30,
            due_at: 30,
            warn_at: "[]".into(),
            stages_done: 0,
            next_at: None,
            held_since: None,
            ended_at: Some(90),
            ended_by: Some(ended_by.into()),
            calendar: String::new(),
            counted_ms: None,
        };
        assert!(is_late(&clock("broken", "own"), 40) && is_late(&clock("void", "resolved"), 40));
        assert!(!is_late(&clock("void", "resolved"), 29) && !is_late(&clock("void", "resolved"), 90));
        assert!(!is_late(&clock("void", "joined"), 40) && !is_late(&clock("superseded", "retargeted"), 40));
    }

    #[test]
    fn who_thanks_asks_nothing() {
        let mut all = [message(1, 0, true, "nl"), message(2, 90 * MINUTE, true, "nl")];
        assert_eq!(asked(&all, &[]).len(), 2);
        all[1].intent = Intent::Compliment.code().into();
        assert_eq!(asked(&all, &[]).len(), 1);
    }

    #[test]
    fn a_word_in_several_posts_is_one() {
        assert_eq!(minutes(&[(0, true), (1, true), (9, true), (18, true), (40, true)], &[]), [0, 40]);
    }

    #[test]
    fn what_was_posted_before_a_source_counted_and_what_is_silenced_asks_nothing() {
        let mut all = [message(1, 0, true, "nl"), message(2, 90 * MINUTE, true, "nl")];
        all[0].historic = 1;
        all[1].silenced = 1;
        assert!(asked(&all, &[]).is_empty());
    }

    #[test]
    fn a_message_is_of_a_rise_of_what_it_says_while_that_lasts() {
        let rise = |topic: &str, opened_at: i64, ended_at: Option<i64>| RiseRow {
            brand_id: String::new(),
            topic: topic.into(),
            language: "nl".into(),
            opened_at,
            ended_at,
        };
        let asks = message(1, 50, true, "nl");
        for (is, rise) in [
            (true, rise("intent:question", 50, None)),
            (true, rise("intent:question", 10, Some(51))),
            (false, rise("intent:question", 51, None)),
            (false, rise("intent:question", 10, Some(50))),
            (false, rise("intent:outage", 10, None)),
            (false, rise("sector:question", 10, None)),
            (false, RiseRow { language: "en".into(), ..rise("intent:question", 10, None) }),
            (false, RiseRow { brand_id: "another".into(), ..rise("intent:question", 10, None) }),
        ] {
            assert_eq!(is_of(&asks, &rise), is, "{rise:?}");
        }
    }

    #[test]
    fn asking_again_counts_for_a_week() {
        let day = Span::days(1).millis();
        assert_eq!(again(&[0, 6 * day], 7 * day), 2);
        assert_eq!(again(&[0, 6 * day], 7 * day + 1), 1);
    }
}
