//! Identifiers: a prefix that says what it names, and a UUIDv7 in 26 characters of base 32.
//!
//! Base 32 in the order of the digits keeps the order of the UUIDs, so that rows made one after
//! another stand one after another in the database, and is a quarter shorter than hexadecimal in
//! every index that holds it. Ids of platforms are plain text and never parsed.

use serde::{Deserialize, Serialize};
use std::fmt;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text that should have been an identifier and was not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not an id of the form {prefix}_ and 26 letters or digits")]
pub struct BadId {
    /// The text as it came, shortened.
    pub found: String,
    /// The prefix that was expected.
    pub prefix: &'static str,
}

/// Prints a UUID as 26 characters that sort like the UUID.
fn encode(uuid: uuid::Uuid) -> String {
    let mut rest = uuid.as_u128();
    let mut digits = [b'0'; 26];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest & 31) as usize];
        rest >>= 5;
    }
    digits.iter().map(|&b| char::from(b)).collect()
}

/// A UUIDv7 for an instant and ten random bytes.
fn uuid7(at: super::time::Timestamp, random: [u8; 10]) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.millis().max(0).unsigned_abs(), &random).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id for an instant and ten random bytes, both given by the caller.
            pub fn new(at: super::time::Timestamp, random: [u8; 10]) -> Self {
                Self(format!(concat!($prefix, "_{}"), encode(uuid7(at, random))))
            }

            /// Reads an id given by a person or a request.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let good = text.strip_prefix(concat!($prefix, "_")).is_some_and(|rest| {
                    rest.len() == 26 && rest.bytes().all(|b| DIGITS.contains(&b))
                });
                if good {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId { found: text.chars().take(48).collect(), prefix: $prefix })
                }
            }

            /// Takes an id that our own database gave back.
            pub fn stored(text: String) -> Self {
                Self(text)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/// A brand, which is also the wall between tenants.
    BrandId, "brd");
id!(/// A mention: one post by somebody else about or to a brand.
    MentionId, "men");
id!(/// A post by one of our own accounts.
    OwnPostId, "own");
id!(/// An account on a platform.
    AuthorId, "aut");
id!(/// A conversation: the thread in which posts stand.
    ConversationId, "cnv");
id!(/// A case: the work for one brand on one author's matter in one conversation.
    CaseId, "cas");
id!(/// A file that we send along with an answer.
    AnswerFileId, "anf");
id!(/// An action: one intent for one effect in the outside world.
    ActionId, "act");
id!(/// A private conversation that may belong to a case.
    JoinId, "jon");
id!(/// A public answer with personal data that somebody must stand for.
    PassId, "gua");
id!(/// A person who works with this installation.
    PersonId, "per");
id!(/// One field of a judgement that a person put right.
    CorrectionId, "cor");
id!(/// One raw delivery in the inbox.
    InboxId, "inb");
id!(/// The tie between a case and a ticket of the front office.
    TicketLinkId, "tkl");
id!(/// A contact of a customer elsewhere: by phone, in a shop, by letter, by web form.
    ContactId, "con");
id!(/// A finding: something that somebody should take away, with the cases that it made.
    FindingId, "fin");
id!(/// Something that was given to a customer.
    GestureId, "ges");
id!(/// Something that many write about at once: the parent of many cases.
    IncidentId, "inc");
id!(/// Words for many, as one approved them.
    LineId, "lin");
id!(/// One press by which many are answered.
    SendingId, "snd");
id!(/// A planned peak, or a crisis.
    PeakId, "pek");
id!(/// What was given to a customer for what went wrong.
    GoodwillId, "gdw");
id!(/// Something that a person said of their duty.
    DutyId, "dty");
id!(/// A line of the briefing.
    BriefingId, "brf");
id!(/// What was open when a shift changed, or a note for the next one.
    SummaryId, "smy");
id!(/// What a lead notes of a day.
    DayNoteId, "day");
id!(/// An answer that was drawn to be scored.
    QualityId, "qua");
id!(/// A protocol of a case.
    ProtocolId, "pro");
id!(/// A label on an author.
    LabelId, "lab");
id!(/// A thread or an author that is collected.
    CollectingId, "clt");
id!(/// A shift of our own planner.
    ShiftId, "shf");
id!(/// One day of a shift that somebody wants to give away.
    SwapId, "swp");
id!(/// An absence of somebody of the team.
    AbsenceId, "abs");
id!(/// An address by which calendars read the plan.
    FeedId, "fed");
id!(/// A proposal for the support days of a quarter.
    QuarterId, "qtr");
id!(/// One act on many cases.
    BatchId, "bat");
id!(/// An answer of the library.
    LibraryId, "lib");
id!(/// A text of a brand, written in the console.
    TemplateId, "tpl");
id!(/// A message in another language.
    TranslationId, "trl");
id!(/// A filter of the inbox that somebody saved.
    SavedFilterId, "sfl");

#[cfg(test)]
mod tests {
    use super::super::time::Timestamp;
    use super::*;

    #[test]
    fn ids_sort_by_time_and_read_back() {
        let early = CaseId::new(Timestamp(1_000), [255; 10]);
        let late = CaseId::new(Timestamp(1_001), [0; 10]);
        assert!(early < late);
        assert_eq!(CaseId::parse(early.as_str()), Ok(early.clone()));
        assert_eq!(early.as_str().len(), 30);
    }

    #[test]
    fn foreign_ids_are_refused_by_name() {
        let text = MentionId::new(Timestamp(5), [1; 10]).to_string();
        let error = CaseId::parse(&text).unwrap_err();
        assert_eq!(error.prefix, "cas");
        assert!(CaseId::parse("cas_'; drop table").is_err());
    }
}
