//! What a button carries: the case or action, the act, and the version that the button showed.
//!
//! A token says what was seen, not who may act: that is decided by who presses it, and only
//! for a message that lists the case. It fits the platform's 64 bytes with room to spare.

use crate::domain::ids::{ActionId, CaseId};
use crate::domain::protocol::ProtocolKind;
use crate::domain::time::Span;
use crate::store::outbox::Decision;

/// What a press of a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Take the case.
    Claim,
    /// Give it back.
    Release,
    /// Show for how long it can be put away.
    AskSnooze,
    /// Put it away, for one of [`SNOOZES`].
    Snooze(u8),
    /// Show the reasons for dismissing.
    AskDismiss,
    /// Dismiss, for one of [`REASONS`].
    Dismiss(u8),
    /// Go back to the first buttons.
    Back,
    /// Settle an answer of which nobody can tell whether it was sent.
    Settle(Decision),
    /// Send the answer that the message shows.
    Send,
    /// Send it, and write down the promise in it.
    Promise,
    /// Do not send it.
    Cancel,
    /// Do something about a protocol of the case.
    Protocol(Verb, ProtocolKind),
    /// Let a colleague's answer go.
    Approve,
    /// Ask for the reason why a colleague's answer goes back.
    SendBack,
    /// Show a colleague's answer whole, in private.
    Show,
    /// Something about the private channel.
    Private(Way),
    /// Something about a promised call.
    Call(Try),
    /// What is offered is not for who presses it.
    NotMe,
    /// Keep the case over the end of the shift.
    Keep,
    /// What was asked about goodwill or a complaint is meant so, or is not.
    Given(u8),
}

/// What a press does about a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Begin it.
    Start,
    /// It is not needed.
    Decline,
    /// Take it.
    Take,
}

impl Verb {
    const ALL: [(char, Self); 3] = [('s', Self::Start), ('d', Self::Decline), ('t', Self::Take)];
}

/// What a press does about a private channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Show what can be done.
    Open,
    /// Offer it.
    Offer,
    /// Take it by hand.
    ByHand,
    /// The customer does not want it, or cannot.
    Refuse,
    /// What was private is settled.
    Close,
    /// Propose it.
    Propose,
}

impl Way {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Offer, Self::ByHand, Self::Refuse, Self::Close, Self::Propose];
}

/// What a press does about a promised call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// Show the calls of the case.
    Open,
    /// They were called and reached.
    Reached,
    /// They were not: ask when again.
    Missed,
    /// Again in half an hour.
    HalfHour,
    /// Again in two hours.
    TwoHours,
    /// Again tomorrow morning.
    Tomorrow,
    /// Nobody says when again.
    NoNext,
    /// It is done, however.
    Done,
}

impl Try {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::Reached,
        Self::Missed,
        Self::HalfHour,
        Self::TwoHours,
        Self::Tomorrow,
        Self::NoNext,
        Self::Done,
    ];
}

/// For how long a case can be put away.
pub const SNOOZES: [Span; 3] = [Span::minutes(15), Span::hours(1), Span::hours(4)];

/// The reasons for dismissing that can be pressed.
pub const REASONS: [&str; 3] = ["spam", "not about us", "no answer needed"];

/// What a button carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The case; for [`Press::Settle`] the action.
    pub id: String,
    /// The version of the case, or how often the action was tried, as it was shown.
    pub seen: i64,
    /// What is asked for.
    pub press: Press,
}

impl Token {
    /// As the platform carries it.
    pub fn encode(&self) -> String {
        let act = match self.press {
            Press::Claim => "c".to_owned(),
            Press::Release => "r".to_owned(),
            Press::AskSnooze => "s".to_owned(),
            Press::Snooze(n) => format!("s{n}"),
            Press::AskDismiss => "d".to_owned(),
            Press::Dismiss(n) => format!("d{n}"),
            Press::Back => "b".to_owned(),
            Press::Settle(Decision::Done) => "u0".to_owned(),
            Press::Settle(Decision::Again) => "u1".to_owned(),
            Press::Settle(Decision::Cancel) => "u2".to_owned(),
            Press::Send => "y".to_owned(),
            Press::Promise => "p".to_owned(),
            Press::Cancel => "n".to_owned(),
            Press::Protocol(verb, kind) => {
                let letter = Verb::ALL.iter().find(|(_, v)| *v == verb).map_or('s', |(letter, _)| *letter);
                let place = ProtocolKind::ALL.iter().position(|k| *k == kind).unwrap_or(0);
                format!("o{letter}{place}")
            }
            Press::Approve => "a".to_owned(),
            Press::SendBack => "x".to_owned(),
            Press::Show => "w".to_owned(),
            Press::Private(way) => format!("v{}", place_of(&Way::ALL, &way)),
            Press::NotMe => "m".to_owned(),
            Press::Keep => "h".to_owned(),
            Press::Call(step) => format!("k{}", place_of(&Try::ALL, &step)),
            Press::Given(n) => format!("g{n}"),
        };
        let short = self.id.split_once('_').map_or(self.id.as_str(), |(_, short)| short);
        format!("1:{short}:{}:{act}", self.seen)
    }

    /// Reads what came back; anything else than what we write is nothing.
    pub fn decode(data: &str) -> Option<Self> {
        let mut parts = data.split(':');
        let (version, short, seen, act) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "1" || parts.next().is_some() {
            return None;
        }
        let press = match act {
            "c" => Press::Claim,
            "r" => Press::Release,
            "s" => Press::AskSnooze,
            "d" => Press::AskDismiss,
            "b" => Press::Back,
            "u0" => Press::Settle(Decision::Done),
            "u1" => Press::Settle(Decision::Again),
            "u2" => Press::Settle(Decision::Cancel),
            "y" => Press::Send,
            "p" => Press::Promise,
            "n" => Press::Cancel,
            "a" => Press::Approve,
            "x" => Press::SendBack,
            "w" => Press::Show,
            "m" => Press::NotMe,
            "h" => Press::Keep,
            _ => numbered(act)?,
        };
        let id = match press {
            Press::Settle(_) => ActionId::parse(&format!("act_{short}")).ok()?.to_string(),
            _ => CaseId::parse(&format!("cas_{short}")).ok()?.to_string(),
        };
        Some(Self { id, seen: seen.parse().ok().filter(|n| *n >= 0)?, press })
    }
}

/// The place of one of them.
fn place_of<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|o| o == one).unwrap_or(0)
}

/// What is done about which protocol.
fn protocol(act: &str) -> Option<Press> {
    let mut rest = act.strip_prefix('o')?.chars();
    let letter = rest.next()?;
    let verb = Verb::ALL.iter().find(|(l, _)| *l == letter)?.1;
    let kind = ProtocolKind::ALL.get(rest.as_str().parse::<usize>().ok()?)?;
    Some(Press::Protocol(verb, *kind))
}

/// One of the reasons, of the spans, of the ways or of the tries, if there are so many, or something about a protocol.
fn numbered(act: &str) -> Option<Press> {
    if let Some(press) = protocol(act) {
        return Some(press);
    }
    let number = |text: &str| text.parse::<u8>().ok();
    if let Some(n) = act.strip_prefix('v') {
        return Way::ALL.get(usize::from(number(n)?)).copied().map(Press::Private);
    }
    if let Some(n) = act.strip_prefix('k') {
        return Try::ALL.get(usize::from(number(n)?)).copied().map(Press::Call);
    }
    if let Some(n) = act.strip_prefix('g') {
        return number(n).filter(|n| *n <= super::given::NOT_MEANT).map(Press::Given);
    }
    match (act.strip_prefix('d'), act.strip_prefix('s')) {
        (Some(n), _) => number(n).filter(|n| usize::from(*n) < REASONS.len()).map(Press::Dismiss),
        (_, Some(n)) => number(n).filter(|n| usize::from(*n) < SNOOZES.len()).map(Press::Snooze),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_read_back_and_fit(seen in 0i64..i64::MAX, at in 0i64..1 << 47, bytes: [u8; 10], n in 0usize..28) {
            let presses = [
                Press::Claim, Press::Release, Press::AskSnooze, Press::Snooze(0), Press::Snooze(1), Press::Snooze(2),
                Press::AskDismiss, Press::Dismiss(0), Press::Dismiss(1), Press::Dismiss(2), Press::Back,
                Press::Settle(Decision::Done), Press::Settle(Decision::Again), Press::Settle(Decision::Cancel),
                Press::Send, Press::Cancel, Press::Promise, Press::Approve, Press::SendBack, Press::Show,
                Press::Private(Way::Offer), Press::Call(Try::Tomorrow), Press::NotMe, Press::Keep,
                Press::Protocol(Verb::Start, ProtocolKind::SelfHarm), Press::Protocol(Verb::Take, ProtocolKind::Troll),
                Press::Given(0), Press::Given(9),
            ];
            let press = presses[n];
            let id = match press {
                Press::Settle(_) => ActionId::new(Timestamp(at), bytes).to_string(),
                _ => CaseId::new(Timestamp(at), bytes).to_string(),
            };
            let token = Token { id, seen, press };
            let text = token.encode();
            prop_assert!(text.len() <= 64 && !text.is_empty());
            prop_assert_eq!(Token::decode(&text), Some(token));
        }

        #[test]
        fn junk_is_nothing_and_never_panics(text in ".{0,64}") {
            if let Some(token) = Token::decode(&text) {
                prop_assert!(CaseId::parse(&token.id).is_ok() || ActionId::parse(&token.id).is_ok());
            }
        }
    }

    #[test]
    fn only_reasons_that_exist_can_be_pressed() {
        let id = &CaseId::new(Timestamp(1), [0; 10]).to_string()[4..];
        assert!(Token::decode(&format!("1:{id}:3:d2")).is_some());
        assert!(Token::decode(&format!("1:{id}:3:d3")).is_none());
        assert!(Token::decode(&format!("1:{id}:3:s2")).is_some());
        assert!(Token::decode(&format!("1:{id}:3:s3")).is_none());
        assert!(Token::decode(&format!("1:{id}:3:u3")).is_none());
        assert!(Token::decode(&format!("1:{id}:-3:c")).is_none());
        assert!(Token::decode(&format!("2:{id}:3:c")).is_none());
        assert!(Token::decode(&format!("1:{id}:3:v5")).is_some());
        assert!(Token::decode(&format!("1:{id}:3:v6")).is_none());
        assert!(Token::decode(&format!("1:{id}:3:k8")).is_none());
        assert!(Token::decode(&format!("1:{id}:3:g10")).is_none());
    }
}
