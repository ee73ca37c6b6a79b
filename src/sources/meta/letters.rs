//! Writing in private on both platforms: the two windows, the body of a message, and looking for one of which nobody knows
//! whether it went.
//!
//! Messages go for 24 hours after the customer's last one; after that for seven days with the mark that a person wrote
//! them by hand, where the platform has approved it. That mark never stands on what no person wrote: it is the classic
//! reason for which pages are banned.

use super::graph::Failed;
use super::looking::next_page;
use super::read::{field, id_in, list, time_in};
use super::talks::{message_id, split_id};
use crate::domain::delivery::Outcome;
use crate::domain::reply::same_words;
use crate::domain::time::{Span, Timestamp};
use crate::domain::window::{Standing, WindowRule};
use crate::sources::reply::{Outgoing, PostRef};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How long after a message of the customer anything may be written, and what a person writes by hand.
const FREE: Span = Span::hours(24);
const BY_HAND: Span = Span::days(7);
/// Most pages of conversations that are looked through for a private reply.
pub const LOOK_PAGES_MAX: u32 = 4;
/// Most messages that are remembered as known to have gone.
const SENT_MAX: usize = 2_000;
/// Why a comment takes no private reply any more.
pub const REPLIED: &str =
    "the one private reply to this comment was given already; more can be written once the customer answers";
const NOT_REACHABLE: &str = "they cannot be written to: blocked, gone, or the seven days are over";

/// The rule of the windows; `human_agent` says that the platform has approved answers by hand.
pub fn rule(human_agent: bool) -> WindowRule {
    WindowRule { free: FREE, by_hand: human_agent.then_some(BY_HAND), approved: false }
}

/// Where the window stands for who is answered; nothing where it is not known when they last wrote.
pub fn standing(rule: WindowRule, to: &PostRef, now: Timestamp) -> Option<Standing> {
    to.last_inbound.map(|last| rule.standing(Some(last), now))
}

/// The body of a message to a person who is answered; `Err` says why none goes.
pub fn body(
    rule: WindowRule,
    to: &PostRef,
    person: &str,
    message: &Value,
    now: Timestamp,
) -> Result<Value, Outcome> {
    let refused = |reason: &str| Err(Outcome::Refused { reason: reason.to_owned() });
    let body =
        |kind: &str| json!({ "recipient": { "id": person }, "messaging_type": kind, "message": message });
    match standing(rule, to, now) {
        None | Some(Standing::Open { .. }) => Ok(body("RESPONSE")),
        Some(Standing::ByHand { .. }) if !to.automatic => {
            let mut body = body("MESSAGE_TAG");
            body["tag"] = json!("HUMAN_AGENT");
            Ok(body)
        }
        Some(Standing::ByHand { .. }) => refused("only what a person writes may go now"),
        Some(Standing::Closed) => refused("the window for messages is closed"),
    }
}

/// What an answer to a message that was taken means; `platform` names who answered.
pub fn taken(value: &Value, to: &PostRef, platform: &str) -> Outcome {
    let Some(mid) = id_in(value, "message_id") else {
        return Outcome::Unknown { evidence: format!("{platform} answers, but names no message") };
    };
    let known = split_id(&to.external_id).map(|(person, _)| person.to_owned());
    match known.or_else(|| id_in(value, "recipient_id")) {
        Some(person) => Outcome::Done { remote_id: message_id(&person, &mid), at: None },
        None => Outcome::Unknown { evidence: format!("{platform} answers, but names nobody") },
    }
}

/// What it means that somebody cannot be written to.
pub fn unreachable(failed: &Failed) -> Outcome {
    Outcome::Refused { reason: format!("{NOT_REACHABLE} ({})", failed.words()) }
}

/// What it means that the private reply to a comment was given already, by what looking for it found.
pub fn replied(found: Result<Option<(String, Option<Timestamp>)>, Failed>) -> Outcome {
    match found {
        // It was this very one: an attempt before it had been carried out.
        Ok(Some((remote_id, at))) => Outcome::Done { remote_id, at },
        Ok(None) => Outcome::Refused { reason: REPLIED.to_owned() },
        Err(why) => Outcome::Unknown { evidence: format!("{REPLIED}; looking for it: {}", why.words()) },
    }
}

/// Messages that are known to have gone, and by which action: none of another action is the one that is looked for. Memory
/// ends with the process.
#[derive(Debug, Default)]
pub struct Sent(Mutex<VecDeque<(String, String)>>);

impl Sent {
    /// Notes what became of the message of an action.
    pub fn note(&self, action: &str, outcome: &Outcome) {
        let Outcome::Done { remote_id, .. } = outcome else { return };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.iter().any(|(id, _)| id == remote_id) {
            return;
        }
        if all.len() >= SENT_MAX {
            all.pop_front();
        }
        all.push_back((remote_id.clone(), action.to_owned()));
    }

    fn is_of_another(&self, action: &str, remote_id: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|(id, by)| id == remote_id && by != action)
    }
}

/// A message of ours that is looked for: its words, not before its first attempt, in one conversation or, for a private
/// reply, in any of the newest.
#[derive(Debug)]
pub struct Sought<'a> {
    /// To whom it went, where that is known.
    pub person: Option<&'a str>,
    action: &'a str,
    from: Timestamp,
    text: &'a str,
    found: Vec<(String, Option<Timestamp>)>,
}

impl<'a> Sought<'a> {
    /// What is looked for after an attempt; the clocks of both sides may differ by `slack`.
    pub fn of(outgoing: &'a Outgoing, slack: Span) -> Self {
        Self {
            person: split_id(&outgoing.to.external_id).map(|(person, _)| person),
            action: &outgoing.action_id,
            from: outgoing.first_sent_at.unwrap_or(outgoing.made_at).minus(slack),
            text: &outgoing.text,
            found: Vec::new(),
        }
    }

    /// Looks through a page of conversations; where it goes on, if it does. `is_ours` tells whether a message is one of
    /// ours that may have gone to who is answered.
    pub fn look_through(
        &mut self,
        page: &Value,
        sent: &Sent,
        is_ours: impl Fn(&Value) -> bool,
    ) -> Option<String> {
        for message in list(&page["data"]).flat_map(|talk| list(&talk["messages"]["data"])) {
            let at = time_in(message, "created_time");
            let fits = at.is_some_and(|at| at >= self.from)
                && same_words(field(message, "message").unwrap_or_default(), self.text)
                && is_ours(message);
            let to = || list(&message["to"]["data"]).find_map(|t| id_in(t, "id"));
            let to = self.person.map(ToOwned::to_owned).or_else(to);
            if fits && let Some((mid, to)) = id_in(message, "id").zip(to) {
                let id = message_id(&to, &mid);
                if !sent.is_of_another(self.action, &id) {
                    self.found.push((id, at));
                }
            }
        }
        let later = list(&page["data"]).all(|t| time_in(t, "updated_time").is_none_or(|at| at >= self.from));
        next_page(page).filter(|_| self.person.is_none() && later)
    }

    /// What was found. The same words may go to several people in one minute: where they went to more than one, nobody can
    /// tell which of them was this one.
    pub fn found(self) -> Option<(String, Option<Timestamp>)> {
        let person = |id: &str| split_id(id).map(|(person, _)| person.to_owned());
        let first = self.found.first()?;
        let one = self.found.iter().all(|(id, _)| person(id) == person(&first.0));
        one.then(|| first.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    fn outgoing(id: &str) -> Outgoing {
        let to = PostRef { external_id: id.to_owned(), ..PostRef::default() };
        Outgoing {
            action_id: "act_1".to_owned(),
            key: String::new(),
            to,
            text: "Look at this".to_owned(),
            visibility: "direct".to_owned(),
            language: String::new(),
            made_at: NOW,
            first_sent_at: None,
            case_number: None,
            files: Vec::new(),
        }
    }

    fn talk(person: &str, mid: &str, words: &str) -> Value {
        json!({ "updated_time": NOW.rfc3339(), "messages": { "data": [{ "id": mid, "message": words,
            "created_time": NOW.rfc3339(), "to": { "data": [{ "id": person }] } }] } })
    }

    #[test]
    fn the_same_words_to_others_are_not_taken_for_a_lost_reply() {
        let found = |talks: &[Value], sent: &Sent| {
            let outgoing = outgoing("901_903");
            let mut sought = Sought::of(&outgoing, Span::minutes(1));
            sought.look_through(&json!({ "data": talks }), sent, |_| true);
            sought.found().map(|(id, _)| id)
        };
        let (mia, lou) = (talk("5", "m_1", "Look at this"), talk("6", "m_2", "Look at this"));
        let sent = Sent::default();
        assert_eq!(found(std::slice::from_ref(&mia), &sent).as_deref(), Some("dm/5/m_1"));
        assert_eq!(found(&[mia.clone(), lou.clone()], &sent), None, "nobody can tell which it was");
        let done = Outcome::Done { remote_id: "dm/5/m_1".to_owned(), at: None };
        let own = Sent::default();
        own.note("act_1", &done);
        assert!(found(std::slice::from_ref(&mia), &own).is_some(), "carried out, and not written down");
        sent.note("act_0", &done);
        assert_eq!(found(std::slice::from_ref(&mia), &sent), None, "that one is known to have gone");
        assert_eq!(found(&[mia, lou], &sent).as_deref(), Some("dm/6/m_2"));
        assert_eq!(found(&[talk("5", "m_3", "Other words")], &Sent::default()), None);
    }

    #[test]
    fn a_message_is_written_as_its_window_lets_it() {
        let to = |hours: i64, automatic: bool| PostRef {
            last_inbound: Some(NOW.minus(Span::hours(hours))),
            automatic,
            ..PostRef::default()
        };
        let kind = |approved: bool, to: &PostRef| {
            body(rule(approved), to, "5", &json!({}), NOW).map(|b| b["messaging_type"].clone())
        };
        assert_eq!(kind(true, &PostRef::default()).unwrap(), "RESPONSE", "not known: the platform tells");
        assert_eq!(kind(false, &to(23, true)).unwrap(), "RESPONSE");
        assert_eq!(kind(true, &to(25, false)).unwrap(), "MESSAGE_TAG");
        for refused in [kind(true, &to(25, true)), kind(false, &to(25, false)), kind(true, &to(169, false))] {
            assert!(matches!(refused, Err(Outcome::Refused { .. })), "{refused:?}");
        }
    }
}
