//! Answers of which nobody can tell whether they were sent: a card of their own each, told at once.
//!
//! Such a card never joins a burst and never waits for one. It says what is known, never what the
//! answer says, and follows the answer until a person, a later look or another attempt settles it.

use super::card::{Look, Message};
use super::deliver::TelegramDeliver;
use super::follow::FOLLOW_FOR;
use super::kept::Kept;
use super::place::Place;
use super::text::{Line, Rich};
use super::texts::Lang;
use super::veil::Veil;
use crate::domain::delivery::{ActionState, Outcome};
use crate::domain::letter::UNDELIVERED;
use crate::domain::time::{Span, Timestamp};
use crate::store::chat::Facts;
use crate::store::explain::{self, Sent};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, chat};
use serde::{Deserialize, Serialize};

/// The kind of such a card.
pub const UNKNOWN: &str = "unknown";
/// How often a card looks at its answer while that is not settled; later less often.
const LOOK: Span = Span::seconds(5);
const LOOK_LATER: Span = Span::minutes(1);
const LOOK_RARELY: Span = Span::minutes(15);

/// What the card's row keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownBody {
    /// The action that is unknown.
    pub action: String,
    /// Its brand.
    pub brand: String,
    /// Its case.
    pub case: String,
    /// The alert's action.
    pub alert: String,
    /// Whether it may have been told already.
    #[serde(default)]
    pub repeat: bool,
    /// When it was last sent or edited.
    pub edited_at: i64,
}

/// The action that an alert says is unknown, if that is what it is about.
pub fn named(alert: &ActionRow) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_str(&alert.payload).ok()?;
    (payload["occasion"] == UNKNOWN).then(|| payload["action"].as_str().map(ToOwned::to_owned))?
}

/// When a card is to look at its answer again; `None` once that is settled for good.
pub fn look_again(sent: Option<&Sent>, created_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let state = ActionState::from_code(&sent?.state)?;
    let age = now.since(created_at);
    let over = match state {
        ActionState::Done | ActionState::Cancelled => true,
        ActionState::Unknown => false,
        _ => age > FOLLOW_FOR,
    };
    let wait = match age {
        age if age < Span::minutes(10) => LOOK,
        age if age < FOLLOW_FOR => LOOK_LATER,
        _ => LOOK_RARELY,
    };
    (!over).then(|| now.plus(wait))
}

/// How an answer stands, in words; `None` while nobody can tell.
pub fn standing(t: Lang, sent: &Sent) -> Option<String> {
    let who = sent.decided_name.as_deref();
    Some(match (ActionState::from_code(&sent.state)?, who) {
        (ActionState::Unknown, _) => return None,
        (ActionState::Done, _) if sent.detail.starts_with(UNDELIVERED) => t.detail(&sent.detail),
        (ActionState::Done, Some(who)) if sent.remote_id.is_none() => t.says_stands(who),
        (ActionState::Done, Some(who)) => t.again_stands(who),
        (ActionState::Done, None) => t.found_there().to_owned(),
        (ActionState::Ready | ActionState::Claimed | ActionState::Sending, Some(who)) => t.sends_again(who),
        (ActionState::Ready | ActionState::Claimed | ActionState::Sending, None) => {
            t.was_not_there().to_owned()
        }
        (ActionState::Cancelled, Some(who)) => t.leaves_it(who),
        (ActionState::Cancelled, None) => t.called_off().to_owned(),
        (ActionState::Refused, _) => t.not_sent_why(t.detail(&sent.detail)),
        (ActionState::Held, _) => t.held_why(t.detail(&sent.detail)),
        (ActionState::ByHand, _) => t.to_do_by_hand().to_owned(),
    })
}

impl Look {
    /// The card of an answer that nobody can tell of.
    pub fn unknown(&self, body: &UnknownBody, f: &Facts, sent: &Sent) -> Message {
        let t = self.lang;
        // What a platform or a ticket system says may repeat an address or a number of somebody's.
        let sent = &Sent { detail: Veil::default().cover(&sent.detail), ..sent.clone() };
        let what = match sent.kind.as_str() {
            "moderate" => t.was_moderated(),
            "ticket_create" => t.was_ticket_made(),
            "ticket_note" => t.was_ticket_told(),
            _ => t.was_answered(),
        };
        let mut text = Rich::default();
        let head = if sent.detail.starts_with(UNDELIVERED) {
            t.undelivered_head(f.number, &f.brand)
        } else {
            t.unknown_head(f.number, &f.brand, what)
        };
        text.line(Line::default().bold(head).cut(300));
        let by = sent.made_name.as_deref().map(|name| t.by_name(name)).unwrap_or_default();
        text.line(Line::plain(format!("{}{by}", f.platform)).cut(200));
        let standing = standing(t, sent);
        let since = sent.unknown_since.map(|at| t.since_time(self.clock_time(Timestamp(at))));
        let known = match &standing {
            Some(standing) => standing.clone(),
            None => format!("{}{}", t.detail(&sent.detail), since.unwrap_or_default()),
        };
        text.line(Line::plain(known).cut(400));
        let button = self.button_url(f);
        if button.is_none() {
            let url = self.case_url(f);
            text.line(Line::default().link(url.clone(), url));
        }
        text.line(Line::plain(self.tag(&body.alert, body.repeat)));
        let seen = self.seen(&sent.id, sent.attempts);
        let keyboard = match standing {
            None => Some(seen.unknown(button)),
            Some(_) => seen.link(button),
        };
        Message { text, keyboard }
    }
}

impl TelegramDeliver {
    /// Tells of one unknown answer in a message of its own.
    pub(super) async fn send_unknown(
        &self,
        place: Place,
        look: &Look,
        alert: &ActionRow,
        action: &str,
    ) -> Result<Outcome, StoreError> {
        let (brand, id) = (alert.brand_id.clone(), action.to_owned());
        let case = alert.case_id.clone().unwrap_or_default();
        let ids = vec![case.clone()];
        let (facts, sent) = self
            .db
            .read("reading what a card shows", move |tx| {
                Box::pin(async move {
                    Ok((chat::facts(tx, &ids).await?.pop(), explain::sent(tx, &brand, &id).await?))
                })
            })
            .await?;
        let (Some(facts), Some(sent)) = (facts, sent) else {
            return Ok(Outcome::Refused { reason: "the case is gone".to_owned() });
        };
        let turn = self.telegram.turn(place.chat);
        let _turn = turn.lock().await;
        let now = self.clock.now();
        let body = UnknownBody {
            action: action.to_owned(),
            brand: alert.brand_id.clone(),
            case: case.clone(),
            alert: alert.id.clone(),
            repeat: alert.repeat_marked == 1,
            edited_at: now.millis(),
        };
        let message = look.unknown(&body, &facts, &sent);
        let kept = Kept {
            kind: UNKNOWN,
            body: serde_json::to_string(&body).unwrap_or_default(),
            case,
            made_at: now,
            stale_at: look_again(Some(&sent), now, now),
        };
        Ok(self.send_kept(place, &message, Some(kept)).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(state: &str, decided: Option<&str>, remote: Option<&str>) -> Sent {
        Sent {
            id: "act_1".into(),
            brand_id: "brd_1".into(),
            case_id: None,
            kind: "reply".into(),
            state: state.into(),
            attempts: 1,
            detail: "no answer within 30 s".into(),
            remote_id: remote.map(Into::into),
            unknown_since: None,
            made_name: None,
            decided_by: decided.map(|_| "per_1".into()),
            decided_name: decided.map(Into::into),
        }
    }

    #[test]
    fn who_settled_it_is_told_apart() {
        let say =
            |state, decided, remote| standing(Lang::En, &sent(state, decided, remote)).unwrap_or_default();
        assert_eq!(say("unknown", Some("Eva"), None), "");
        assert_eq!(say("done", Some("Eva"), None), "Eva says: it stands there");
        assert_eq!(say("done", Some("Eva"), Some("9")), "sent again by Eva; it stands there now");
        assert_eq!(say("done", None, Some("9")), "settled: it was found on the platform");
        assert_eq!(say("refused", Some("Eva"), None), "not sent: no answer within 30 s");
        assert_eq!(say("cancelled", Some("Eva"), None), "Eva leaves it");
    }

    #[test]
    fn a_card_looks_until_it_is_settled_for_good() {
        let at = Timestamp(1_000_000);
        let look = |state, now| look_again(Some(&sent(state, None, None)), at, now);
        assert_eq!(look("unknown", at), Some(at.plus(LOOK)));
        assert_eq!(look("sending", at.plus(Span::hours(1))), Some(at.plus(Span::hours(1)).plus(LOOK_LATER)));
        assert_eq!(look("refused", at), Some(at.plus(LOOK)), "a person may still send it again");
        let old = at.plus(FOLLOW_FOR).plus(Span::minutes(1));
        assert_eq!(look("unknown", old), Some(old.plus(LOOK_RARELY)));
        assert_eq!(look("refused", old), None);
        for over in ["done", "cancelled"] {
            assert_eq!(look(over, at), None);
        }
    }
}
