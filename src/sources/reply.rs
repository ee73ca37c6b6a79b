//! What a source can do beyond reading: answer in public, look for its own effects, moderate, tell
//! whether a post still stands.
//!
//! All of it is asked for by the outbox or by the re-check, never by a page. A connector says how
//! each attempt ended in the five outcomes of [`crate::domain::delivery`]; unless it can prove that
//! nothing was sent, the outcome is unknown, and [`Reply::look`] says what can be found out then.

use super::SourceTrouble;
use super::held::Away;
use crate::domain::delivery::{Looked, Outcome};
use crate::domain::enclosed::{FileLimits, size};
use crate::domain::file::Media;
use crate::domain::letter::Letter;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::reply::{Counting, Limits};
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A post on the platform, as a connector needs it to answer, moderate or look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostRef {
    /// The platform's id, the same through every source.
    pub external_id: String,
    /// The namespace of that id, often empty.
    pub authority: String,
    /// The id by which *this* source reaches it, if this source has seen it.
    pub local_id: Option<String>,
    /// The platform's id of its author.
    pub author_id: String,
    /// The author's handle without `@`, as far as known.
    pub author_handle: String,
    /// `public`, `unlisted`, `private` or `direct`; empty where the platform tells nothing.
    pub visibility: String,
    /// Where people can read it.
    pub url: Option<String>,
    /// What a mail has beyond its words.
    pub letter: Option<Letter>,
    /// The content warning before it.
    pub warning: Option<String>,
    /// When its author last wrote to us in this private conversation; for platforms that let us write only so long.
    pub last_inbound: Option<Timestamp>,
    /// Whether what is said to it was written by no person: a reminder, a survey.
    pub automatic: bool,
}

/// What a person wrote, before it becomes what the platform gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The words, without handles in front and without signature.
    pub text: String,
    /// The signature, without `^`; empty for none.
    pub sign: String,
    /// The post that is answered.
    pub to: PostRef,
}

/// What the platform would get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Composed {
    /// The whole text: handles that the platform needs, words, signature.
    pub text: String,
    /// How visible the answer would be; never wider than what is answered.
    pub visibility: String,
    /// How long it is and may be, as the platform counts.
    pub measure: crate::domain::reply::Measure,
    /// Why it cannot be sent, in words; `None` if it can.
    pub refused: Option<String>,
}

/// A file that goes along with an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct GoingFile {
    /// Its id; the same at every attempt.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What a picture shows; may be empty.
    pub alt: String,
    /// What it is.
    pub media: Media,
    /// Its width and height in pixels, for a picture.
    pub size: Option<(i64, i64)>,
    /// Its bytes.
    pub bytes: bytes::Bytes,
}

impl GoingFile {
    /// What it is and how large, where its name must not stand.
    pub fn told(&self) -> String {
        format!("{}, {}", self.media.extension().to_uppercase(), size(self.bytes.len()))
    }
}

impl std::fmt::Debug for GoingFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What it is called and holds is personal.
        f.debug_struct("GoingFile").field("id", &self.id).field("media", &self.media).finish_non_exhaustive()
    }
}

/// One effect on its way out, as the connector gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The id of the action: one intent, one id.
    pub action_id: String,
    /// The key chosen when the intent was made ([`Reply::new_key`]); the same at every attempt.
    pub key: String,
    /// The post that it is about.
    pub to: PostRef,
    /// The whole text as composed; empty for moderation.
    pub text: String,
    /// How visible it is to be.
    pub visibility: String,
    /// The language of the text (BCP 47), or empty.
    pub language: String,
    /// When the intent was made.
    pub made_at: Timestamp,
    /// When the first attempt began, if there was one before this.
    pub first_sent_at: Option<Timestamp>,
    /// The number of its case, by which people name it.
    pub case_number: Option<i64>,
    /// The files that go along, in their order.
    pub files: Vec<GoingFile>,
}

/// What moderation can do with a post or its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Like it.
    Like,
    /// Take the like back.
    Unlike,
    /// See no more of its author; the author is not told.
    Mute,
    /// End that.
    Unmute,
    /// Let its author see and reach us no more.
    Block,
    /// End that.
    Unblock,
    /// Tell the platform's moderators.
    Report,
    /// Hide a post below our own name, as its moderator: others see that something stood there.
    Hide,
    /// Show it again.
    Unhide,
    /// Take its topic out of lists; who has the address still reads it.
    Unlist,
    /// Put the topic back into lists.
    Relist,
    /// Delete it as a moderator, with its topic if it began one.
    Remove,
    /// Bring it back.
    Restore,
    /// Keep its author from writing there for a while.
    Silence,
    /// End that.
    Unsilence,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Like,
        Self::Unlike,
        Self::Mute,
        Self::Unmute,
        Self::Block,
        Self::Unblock,
        Self::Report,
        Self::Hide,
        Self::Unhide,
        Self::Unlist,
        Self::Relist,
        Self::Remove,
        Self::Restore,
        Self::Silence,
        Self::Unsilence,
    ];
    /// Those that need no place of our own: what every account can do.
    pub const OF_ACCOUNTS: [Self; 7] =
        [Self::Like, Self::Unlike, Self::Mute, Self::Unmute, Self::Block, Self::Unblock, Self::Report];

    /// The word in forms and stored actions.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Unlike => "unlike",
            Self::Mute => "mute",
            Self::Unmute => "unmute",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Report => "report",
            Self::Hide => "hide",
            Self::Unhide => "unhide",
            Self::Unlist => "unlist",
            Self::Relist => "relist",
            Self::Remove => "remove",
            Self::Restore => "restore",
            Self::Silence => "silence",
            Self::Unsilence => "unsilence",
        }
    }

    /// Reads the word that [`Measure::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.code() == code)
    }

    /// The measure that takes it back, if there is one.
    pub const fn undone_by(self) -> Option<Self> {
        match self {
            Self::Like => Some(Self::Unlike),
            Self::Mute => Some(Self::Unmute),
            Self::Block => Some(Self::Unblock),
            Self::Hide => Some(Self::Unhide),
            Self::Unlist => Some(Self::Relist),
            Self::Remove => Some(Self::Restore),
            Self::Silence => Some(Self::Unsilence),
            _ => None,
        }
    }

    /// Whether it needs a lead or a second person (design, moderation).
    pub const fn needs_lead(self) -> bool {
        matches!(self, Self::Block | Self::Remove | Self::Silence)
    }

    /// Whether taking it twice is the same as once; a word to moderators would reach them twice.
    pub const fn is_same_twice(self) -> bool {
        !matches!(self, Self::Report)
    }

    /// Whether it needs a reason of the house rules.
    pub const fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::Mute
                | Self::Block
                | Self::Report
                | Self::Hide
                | Self::Unlist
                | Self::Remove
                | Self::Silence
        )
    }
}

/// What a platform takes as it documents it, for texts that are checked before any server was asked.
pub fn documented_limits(platform: &str) -> Option<Limits> {
    match platform {
        "mastodon" => {
            let counting = Counting::GraphemesWithLinks { link: 23 };
            Some(Limits { text_max: 500, counting, bytes_max: None })
        }
        "discourse" => Some(super::discourse::LIMITS),
        "bluesky" => Some(Limits { text_max: 300, counting: Counting::Graphemes, bytes_max: Some(3_000) }),
        "telegram" => Some(super::telegram::LIMITS),
        "youtube" => Some(super::youtube::LIMITS),
        "reddit" => Some(super::reddit::LIMITS),
        "facebook" => Some(super::facebook::LIMITS),
        "threads" => Some(super::threads::LIMITS),
        "instagram" => Some(super::instagram::LIMITS),
        "email" => Some(super::mail::LIMITS),
        "x" => Some(super::x::LIMITS),
        "whatsapp" => Some(super::whatsapp::LIMITS),
        other => super::reviews::limits(other),
    }
}

/// A source that can answer in the name of its account.
#[async_trait]
pub trait Reply: Send + Sync {
    /// The credential, such as `mastodon:acme@toot.example`; the outbox serves one worker each.
    fn credential(&self) -> &str;

    /// The account in whose name it answers: at least its handle, its id once that is known.
    fn account(&self) -> RawAuthor;

    /// The platform whose posts it answers.
    fn platform(&self) -> &'static str;

    /// What the platform takes.
    fn limits(&self) -> Limits;

    /// What files it takes along with an answer.
    fn files(&self) -> FileLimits {
        FileLimits::NONE
    }

    /// Whether a long answer may go in parts, each of them an answer to the one before it.
    fn threads(&self) -> bool {
        false
    }

    /// A key for one intent, by which the platform knows a second attempt for the first. `chance`
    /// is a random number.
    fn new_key(&self, made_at: Timestamp, chance: u64) -> String;

    /// The id that the effect of an intent will have, where our key decides it.
    fn expected_id(&self, key: &str) -> Option<String>;

    /// What the platform would get; pure, also used for the preview.
    fn compose(&self, draft: &Draft) -> Composed;

    /// The address at which a person must post an answer by hand, where it is known beforehand that the platform
    /// lets no program answer this post; pure.
    fn by_hand(&self, to: &PostRef, text: &str) -> Option<String> {
        let _ = (to, text);
        None
    }

    /// Sends once. `Retry` only if it is proved that nothing was sent.
    async fn send(&self, outgoing: &Outgoing) -> Outcome;

    /// Looks for the effect of an attempt whose outcome is unknown; changes nothing.
    async fn look(&self, outgoing: &Outgoing) -> Looked;

    /// Which measures of moderation it has.
    fn measures(&self) -> &'static [Measure] {
        &[]
    }

    /// Takes a measure once; taking it twice must be harmless, or the outcome unknown. `reason` is
    /// told to the platform's moderators with a report.
    async fn moderate(&self, measure: Measure, outgoing: &Outgoing, reason: &str) -> Outcome {
        let _ = (measure, outgoing, reason);
        Outcome::Refused { reason: "this platform has no such measure".to_owned() }
    }
}

/// How a post stands at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is gone: deleted, or its account is.
    Gone,
    /// It stands; in our form, so that an edit is seen.
    Stands(Box<RawPost>),
    /// It is not shown because its author's account is away; it is not deleted.
    Away(Away),
    /// This source cannot tell.
    Unknown,
}

/// A source that asks its platform to tell when somebody deletes something, of those of whom posts are kept.
pub trait Follow: Send + Sync {
    /// Of how many authors at most; none where that is switched off.
    fn most(&self) -> usize;

    /// Of whom posts are kept that are looked at again, by the platform's ids, whoever wrote last first.
    fn these(&self, authors: Vec<String>);
}

/// A source that can be asked whether posts still stand.
#[async_trait]
pub trait Recheck: Send + Sync {
    /// Most posts in one question.
    fn at_once(&self) -> usize;

    /// How each of these posts stands, in order.
    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble>;

    /// Whether the time of an edit is the platform's own. Where it is only when we saw other words, a view that lags behind
    /// must not bring words back that stood there before.
    fn dates_edits(&self) -> bool {
        true
    }
}
