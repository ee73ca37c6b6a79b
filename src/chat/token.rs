//! What a button carries: the case, the act, and the version of the case that the button showed.
//!
//! A token says what was seen, not who may act: that is decided by who presses it, and only
//! for a message that lists the case. It fits the platform's 64 bytes with room to spare.

use crate::domain::ids::CaseId;

/// What a press of a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Take the case.
    Claim,
    /// Show the reasons for dismissing.
    AskDismiss,
    /// Dismiss, for one of [`REASONS`].
    Dismiss(u8),
    /// Go back to the first buttons.
    Back,
}

/// The reasons for dismissing that can be pressed.
pub const REASONS: [&str; 3] = ["spam", "not about us", "no answer needed"];

/// What a button carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The case.
    pub case_id: String,
    /// The version that was shown.
    pub seen: i64,
    /// What is asked for.
    pub press: Press,
}

impl Token {
    /// As the platform carries it.
    pub fn encode(&self) -> String {
        let act = match self.press {
            Press::Claim => "c".to_owned(),
            Press::AskDismiss => "d".to_owned(),
            Press::Dismiss(n) => format!("d{n}"),
            Press::Back => "b".to_owned(),
        };
        let short = self.case_id.strip_prefix("cas_").unwrap_or(&self.case_id);
        format!("1:{short}:{}:{act}", self.seen)
    }

    /// Reads what came back; anything else than what we write is nothing.
    pub fn decode(data: &str) -> Option<Self> {
        let mut parts = data.split(':');
        let (version, short, seen, act) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "1" || parts.next().is_some() {
            return None;
        }
        let case_id = CaseId::parse(&format!("cas_{short}")).ok()?.to_string();
        let press = match act {
            "c" => Press::Claim,
            "d" => Press::AskDismiss,
            "b" => Press::Back,
            _ => {
                let n = act.strip_prefix('d')?.parse::<u8>().ok()?;
                REASONS.get(usize::from(n))?;
                Press::Dismiss(n)
            }
        };
        Some(Self { case_id, seen: seen.parse().ok().filter(|n| *n >= 0)?, press })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_read_back_and_fit(seen in 0i64..i64::MAX, at in 0i64..1 << 47, bytes: [u8; 10], n in 0u8..6) {
            let press = [
                Press::Claim, Press::AskDismiss, Press::Back, Press::Dismiss(0), Press::Dismiss(1), Press::Dismiss(2),
            ][usize::from(n)];
            let case_id = CaseId::new(Timestamp(at), bytes).to_string();
            let token = Token { case_id, seen, press };
            let text = token.encode();
            prop_assert!(text.len() <= 64 && !text.is_empty());
            prop_assert_eq!(Token::decode(&text), Some(token));
        }

        #[test]
        fn junk_is_nothing_and_never_panics(text in ".{0,64}") {
            if let Some(token) = Token::decode(&text) {
                prop_assert!(CaseId::parse(&token.case_id).is_ok());
            }
        }
    }

    #[test]
    fn only_reasons_that_exist_can_be_pressed() {
        let id = &CaseId::new(Timestamp(1), [0; 10]).to_string()[4..];
        assert!(Token::decode(&format!("1:{id}:3:d2")).is_some());
        assert!(Token::decode(&format!("1:{id}:3:d3")).is_none());
        assert!(Token::decode(&format!("1:{id}:-3:c")).is_none());
        assert!(Token::decode(&format!("2:{id}:3:c")).is_none());
    }
}
