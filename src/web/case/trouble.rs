//! Why an answer was not taken, in words.

use crate::domain::judgement::PersonalData;
use crate::web::texts::Texts;
use crate::web::texts::refused;

/// Why an answer was not taken.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// Something has happened since.
    Stale,
    /// It gives somebody's data away; places in the trimmed words.
    Personal(Vec<PersonalData>),
    /// There is an answer already.
    Answered,
    /// Too long or otherwise not to the platform's liking, in words.
    Unfit(String),
    /// It promises something, and somebody says whether that is meant.
    Promise,
    /// Something else, in words.
    Other(String),
}

impl Trouble {
    /// In words for people.
    pub fn words(&self, t: &Texts) -> String {
        match self {
            Self::Stale => t.stale_reply.to_owned(),
            Self::Personal(_) => t.personal_found.to_owned(),
            Self::Answered => t.answered_already.to_owned(),
            Self::Promise => t.promises().found.to_owned(),
            Self::Unfit(why) | Self::Other(why) => refused::told(t, why),
        }
    }
}
