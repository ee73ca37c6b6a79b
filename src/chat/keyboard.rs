//! The buttons below messages: of a case that nobody has, of one that somebody has, the second
//! keyboards that ask for how long or why, of an unknown answer, of a proposed one.
//!
//! A button carries what its message showed and nothing about who may press it.

use super::token::{Press, REASONS, SNOOZES, Token, Verb};
use crate::domain::protocol::{ProtocolKind, ProtocolState};
use crate::store::outbox::Decision;
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};

/// A button about something that was seen at a version.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The case, or the action.
    pub id: &'a str,
    /// Its version, or how often it was tried.
    pub version: i64,
}

impl Seen<'_> {
    fn button(&self, text: &str, press: Press) -> InlineKeyboardButton {
        let token = Token { id: self.id.to_owned(), seen: self.version, press };
        InlineKeyboardButton::callback(text, token.encode())
    }

    /// The buttons about a protocol that waits for somebody.
    fn protocol(&self, kind: ProtocolKind, state: ProtocolState) -> Vec<InlineKeyboardButton> {
        let name = kind.code().replace('_', " ");
        let button = |text: String, verb| self.button(&text, Press::Protocol(verb, kind));
        match state {
            ProtocolState::Proposed => vec![
                button(format!("Begin protocol {name}"), Verb::Start),
                button("Not needed".to_owned(), Verb::Decline),
            ],
            ProtocolState::Running => vec![button(format!("I take it: {name}"), Verb::Take)],
            _ => Vec::new(),
        }
    }

    /// The buttons of a card; an ended case has only the link.
    pub fn case(
        &self,
        open: bool,
        claimed: bool,
        url: Option<url::Url>,
        protocol: Option<(ProtocolKind, ProtocolState)>,
    ) -> Option<InlineKeyboardMarkup> {
        let link = url.map(|url| InlineKeyboardButton::url("Open", url));
        let snooze = self.button("Snooze", Press::AskSnooze);
        let rows = match (open, claimed) {
            (false, _) => vec![link.into_iter().collect()],
            (true, true) => {
                let mut row = vec![self.button("Give back", Press::Release), snooze];
                row.extend(link);
                vec![row]
            }
            (true, false) => {
                let mut second = vec![self.button("Dismiss", Press::AskDismiss)];
                second.extend(link);
                vec![vec![self.button("Claim", Press::Claim), snooze], second]
            }
        };
        let first = protocol.filter(|_| open).map(|(kind, state)| self.protocol(kind, state));
        let rows = first.into_iter().chain(rows);
        let rows: Vec<Vec<_>> = rows.filter(|row| !row.is_empty()).collect();
        (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
    }

    /// The buttons that ask why a case is dismissed.
    pub fn dismiss(&self) -> InlineKeyboardMarkup {
        let reasons = REASONS.iter().zip(0u8..).map(|(text, n)| vec![self.button(text, Press::Dismiss(n))]);
        InlineKeyboardMarkup::new(reasons.chain([vec![self.button("Back", Press::Back)]]))
    }

    /// The buttons that ask for how long a case is put away.
    pub fn snooze(&self) -> InlineKeyboardMarkup {
        let spans = SNOOZES.iter().zip(0u8..).map(|((text, _), n)| self.button(text, Press::Snooze(n)));
        InlineKeyboardMarkup::new([spans.collect(), vec![self.button("Back", Press::Back)]])
    }

    /// The buttons below an answer of which nobody can tell whether it was sent.
    pub fn unknown(&self, url: Option<url::Url>) -> InlineKeyboardMarkup {
        let first = vec![
            self.button("It stands there", Press::Settle(Decision::Done)),
            self.button("Send again", Press::Settle(Decision::Again)),
        ];
        let mut second = vec![self.button("Leave it", Press::Settle(Decision::Cancel))];
        second.extend(url.map(|url| InlineKeyboardButton::url("Open", url)));
        InlineKeyboardMarkup::new([first, second])
    }

    /// The buttons below a proposed answer.
    pub fn proposal(&self, promises: bool) -> InlineKeyboardMarkup {
        if promises {
            return InlineKeyboardMarkup::new([
                vec![self.button("Send, promise it", Press::Promise)],
                vec![self.button("Send, no promise", Press::Send), self.button("Cancel", Press::Cancel)],
            ]);
        }
        InlineKeyboardMarkup::new([[self.button("Send", Press::Send), self.button("Cancel", Press::Cancel)]])
    }
}
