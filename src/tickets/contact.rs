//! Contacts elsewhere that a system of one's own tells of: by phone, in a shop, by letter, by web form.

use crate::domain::contact::ContactKind;
use crate::domain::time::Timestamp;

/// What a contact was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A case, as `BRAND#NUMBER`.
    Case(String),
    /// A ticket of the same system.
    Ticket(String),
    /// A customer by their number with the brand: their case that is open, else the one that changed last.
    Customer(String),
}

/// A contact elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherContact {
    /// The system's id: letters, digits, `.`, `_`, `-`; the same again is the same contact.
    pub id: String,
    /// What it was about.
    pub about: About,
    /// How the customer made contact.
    pub kind: ContactKind,
    /// When.
    pub at: Timestamp,
    /// What was said; empty for nothing.
    pub text: String,
}
