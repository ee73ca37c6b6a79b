//! The buttons below messages: of a case that nobody has, of one that somebody has, the second
//! keyboards that ask for how long or why, of an unknown answer, of a proposed one, of one that waits for a
//! colleague, of a private channel, of a promised call, of goodwill and complaints.
//!
//! A button carries what its message showed and nothing about who may press it.

use super::given::NOT_MEANT;
use super::texts::Lang;
use super::token::{Press, REASONS, Token, Try, Verb, Way};
use crate::domain::goodwill::GoodwillKind;
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
    /// The language of the buttons.
    pub lang: Lang,
}

/// What else a card of a case offers.
#[derive(Clone, Copy, Debug, Default)]
pub struct More {
    /// A way into a private channel.
    pub to_private: bool,
    /// The end of one.
    pub close_private: bool,
    /// The calls that were promised.
    pub calls: bool,
    /// The protocol that goes first of those that are open.
    pub protocol: Option<(ProtocolKind, ProtocolState)>,
}

impl Seen<'_> {
    fn button(&self, text: &str, press: Press) -> InlineKeyboardButton {
        let token = Token { id: self.id.to_owned(), seen: self.version, press };
        InlineKeyboardButton::callback(text, token.encode())
    }

    /// The buttons about a protocol that waits for somebody.
    fn protocol(&self, kind: ProtocolKind, state: ProtocolState) -> Vec<InlineKeyboardButton> {
        let (t, name) = (self.lang, self.lang.name("protocol", kind.code()));
        let button = |text: &str, verb| self.button(text, Press::Protocol(verb, kind));
        match state {
            ProtocolState::Proposed => vec![
                button(&t.protocol_begin_button(name), Verb::Start),
                button(t.protocol_decline_button(), Verb::Decline),
            ],
            ProtocolState::Running => vec![button(&t.protocol_take_button(name), Verb::Take)],
            _ => Vec::new(),
        }
    }

    fn open(&self, url: Option<url::Url>) -> Option<InlineKeyboardButton> {
        url.map(|url| InlineKeyboardButton::url(self.lang.open_button(), url))
    }

    /// The buttons of a card; an ended case has only the link.
    pub fn case(
        &self,
        open: bool,
        claimed: bool,
        more: More,
        url: Option<url::Url>,
    ) -> Option<InlineKeyboardMarkup> {
        let (t, link) = (self.lang, self.open(url));
        let snooze = self.button(t.snooze_button(), Press::AskSnooze);
        let mut rows = match (open, claimed) {
            (false, _) => vec![link.into_iter().collect()],
            (true, true) => {
                let mut row = vec![self.button(t.release_button(), Press::Release), snooze];
                row.extend(link);
                vec![row]
            }
            (true, false) => {
                let mut second = vec![self.button(t.dismiss_button(), Press::AskDismiss)];
                second.extend(link);
                vec![vec![self.button(t.claim_button(), Press::Claim), snooze], second]
            }
        };
        if open {
            let own = |is: bool, text: &str, press| is.then(|| self.button(text, press));
            rows.push(
                [
                    own(more.to_private, t.to_private_button(), Press::Private(Way::Open)),
                    own(more.close_private, t.close_private_button(), Press::Private(Way::Close)),
                    own(more.calls, t.calls_button(), Press::Call(Try::Open)),
                ]
                .into_iter()
                .flatten()
                .collect(),
            );
        }
        let first = more.protocol.filter(|_| open).map(|(kind, state)| self.protocol(kind, state));
        let rows = first.into_iter().chain(rows);
        let rows: Vec<Vec<_>> = rows.filter(|row| !row.is_empty()).collect();
        (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
    }

    /// Only the link, if there is one.
    pub fn link(&self, url: Option<url::Url>) -> Option<InlineKeyboardMarkup> {
        self.open(url).map(|button| InlineKeyboardMarkup::new([[button]]))
    }

    /// The buttons that ask why a case is dismissed.
    pub fn dismiss(&self) -> InlineKeyboardMarkup {
        let reasons = REASONS
            .iter()
            .zip(0u8..)
            .map(|(text, n)| vec![self.button(&self.lang.name("dismissed", text), Press::Dismiss(n))]);
        InlineKeyboardMarkup::new(reasons.chain([vec![self.button(self.lang.back_button(), Press::Back)]]))
    }

    /// The buttons that ask for how long a case is put away.
    pub fn snooze(&self) -> InlineKeyboardMarkup {
        let t = self.lang;
        let names = [t.min_15(), t.hour_1(), t.hours_4()];
        let spans = names.into_iter().zip(0u8..).map(|(text, n)| self.button(text, Press::Snooze(n)));
        InlineKeyboardMarkup::new([spans.collect(), vec![self.button(t.back_button(), Press::Back)]])
    }

    /// The buttons below an answer of which nobody can tell whether it was sent.
    pub fn unknown(&self, url: Option<url::Url>) -> InlineKeyboardMarkup {
        let t = self.lang;
        let first = vec![
            self.button(t.stands_button(), Press::Settle(Decision::Done)),
            self.button(t.again_button(), Press::Settle(Decision::Again)),
        ];
        let mut second = vec![self.button(t.leave_button(), Press::Settle(Decision::Cancel))];
        second.extend(self.open(url));
        InlineKeyboardMarkup::new([first, second])
    }

    /// The buttons below a proposed answer; `parts` where it goes in so many.
    pub fn proposal(&self, promises: bool, parts: usize) -> InlineKeyboardMarkup {
        let t = self.lang;
        let cancel = self.button(t.cancel_button(), Press::Cancel);
        if promises {
            return InlineKeyboardMarkup::new([
                vec![self.button(t.send_promise_button(), Press::Promise)],
                vec![self.button(t.send_plain_button(), Press::Send), cancel],
            ]);
        }
        let send = if parts > 0 { t.send_parts_button(parts) } else { t.send_button().to_owned() };
        InlineKeyboardMarkup::new([[self.button(&send, Press::Send), cancel]])
    }

    /// The buttons below an answer that waits for a colleague; `covered` where not all of it is shown.
    pub fn approval(&self, covered: bool, url: Option<url::Url>) -> InlineKeyboardMarkup {
        let t = self.lang;
        let first = vec![
            self.button(t.approve_button(), Press::Approve),
            self.button(t.send_back_button(), Press::SendBack),
        ];
        let mut second: Vec<_> =
            covered.then(|| self.button(t.show_button(), Press::Show)).into_iter().collect();
        second.extend(self.open(url));
        let rows = [first, second].into_iter().filter(|row| !row.is_empty());
        InlineKeyboardMarkup::new(rows)
    }

    /// The buttons of a private channel: what is possible, and the way out.
    pub fn private(&self, ways: &[Way], again: bool) -> InlineKeyboardMarkup {
        let t = self.lang;
        let name = |way: Way| match way {
            Way::Open => t.to_private_button(),
            Way::Offer if again => t.offer_again_button(),
            Way::Offer => t.offer_button(),
            Way::ByHand => t.by_hand_button(),
            Way::Refuse => t.refused_button(),
            Way::Close => t.close_private_button(),
            Way::Propose => t.propose_button(),
        };
        let buttons: Vec<_> = ways.iter().map(|w| self.button(name(*w), Press::Private(*w))).collect();
        let mut rows: Vec<Vec<_>> = buttons.chunks(2).map(<[_]>::to_vec).collect();
        rows.push(vec![self.button(t.cancel_button(), Press::Cancel)]);
        InlineKeyboardMarkup::new(rows)
    }

    /// The buttons that say what is given, and the way out.
    pub fn gift(&self) -> InlineKeyboardMarkup {
        let t = self.lang;
        let kinds: Vec<_> = GoodwillKind::ALL
            .iter()
            .zip(0u8..)
            .map(|(kind, n)| self.button(&t.name("goodwill", kind.code()), Press::Given(n)))
            .collect();
        let mut rows: Vec<Vec<_>> = kinds.chunks(2).map(<[_]>::to_vec).collect();
        rows.push(vec![self.button(t.cancel_button(), Press::Given(NOT_MEANT))]);
        InlineKeyboardMarkup::new(rows)
    }

    /// The buttons that ask whether something is meant.
    pub fn meant(&self) -> InlineKeyboardMarkup {
        let t = self.lang;
        let yes = self.button(t.meant_button(), Press::Given(0));
        InlineKeyboardMarkup::new([[yes, self.button(t.cancel_button(), Press::Given(NOT_MEANT))]])
    }

    /// The buttons of a promised call.
    pub fn call(&self, url: Option<url::Url>) -> InlineKeyboardMarkup {
        let t = self.lang;
        let first = vec![
            self.button(t.reached_button(), Press::Call(Try::Reached)),
            self.button(t.not_reached_button(), Press::Call(Try::Missed)),
        ];
        let mut second = vec![self.button(t.done_button(), Press::Call(Try::Done))];
        second.extend(self.open(url));
        InlineKeyboardMarkup::new([first, second])
    }

    /// The buttons of an offer.
    pub fn offer(&self, url: Option<url::Url>) -> InlineKeyboardMarkup {
        let t = self.lang;
        let first =
            vec![self.button(t.claim_button(), Press::Claim), self.button(t.not_me_button(), Press::NotMe)];
        let second: Vec<_> = self.open(url).into_iter().collect();
        InlineKeyboardMarkup::new([first, second].into_iter().filter(|row| !row.is_empty()))
    }

    /// The buttons of a question at the end of a shift.
    pub fn shift(&self, url: Option<url::Url>) -> InlineKeyboardMarkup {
        let t = self.lang;
        let first =
            vec![self.button(t.keep_button(), Press::Keep), self.button(t.release_button(), Press::Release)];
        let second: Vec<_> = self.open(url).into_iter().collect();
        InlineKeyboardMarkup::new([first, second].into_iter().filter(|row| !row.is_empty()))
    }

    /// The buttons that ask when a call is tried again.
    pub fn call_again(&self) -> InlineKeyboardMarkup {
        let t = self.lang;
        let of = |text: &str, step| self.button(text, Press::Call(step));
        InlineKeyboardMarkup::new([
            vec![of(t.min_30(), Try::HalfHour), of(t.hours_2(), Try::TwoHours)],
            vec![of(t.tomorrow_button(), Try::Tomorrow), of(t.no_next_button(), Try::NoNext)],
            vec![self.button(t.back_button(), Press::Back)],
        ])
    }
}
