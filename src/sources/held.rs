//! What a stream of a whole network tells of posts and accounts, most of which nobody here knows.
//!
//! A stream never sees the store: it asks its sink which of what was told is kept here, many at once, and hands on only
//! that. What an account's state means is written here once, for whoever learns of it.

use crate::domain::time::Timestamp;

/// Why somebody's account is away, in the words of the AT Protocol; others know less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// Its owner closed it for a while.
    Deactivated,
    /// The platform closed it for a while.
    Suspended,
    /// The platform took it down.
    TakenDown,
    /// Its owner deleted it.
    Deleted,
}

impl Away {
    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Suspended => "suspended",
            Self::TakenDown => "takendown",
            Self::Deleted => "deleted",
        }
    }

    /// In words, for whoever would write to them.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated by its owner",
            Self::Suspended => "suspended by the platform",
            Self::TakenDown => "taken down by the platform",
            Self::Deleted => "deleted",
        }
    }

    /// What a view of the AT Protocol says of an account that it does not show: the name of the refusal, and its words.
    /// Nothing where it says nothing of that.
    pub fn refused(error: &str, words: &str) -> Option<Self> {
        match error {
            "AccountDeactivated" => Some(Self::Deactivated),
            "AccountSuspended" => Some(Self::Suspended),
            "AccountTakedown" => Some(Self::TakenDown),
            "InvalidRequest" if words.eq_ignore_ascii_case("profile not found") => Some(Self::Deleted),
            _ => None,
        }
    }

    /// By the platform's word; nothing where it names no reason for which words would not reach the account: what is
    /// slowed down (`throttled`) or out of step with its server (`desynchronized`) is there all the same.
    pub fn told(word: &str) -> Option<Self> {
        match word {
            "deactivated" => Some(Self::Deactivated),
            "suspended" => Some(Self::Suspended),
            "takendown" => Some(Self::TakenDown),
            "deleted" => Some(Self::Deleted),
            _ => None,
        }
    }
}

/// What became of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountNews {
    /// The platform's id of the account.
    pub id: String,
    /// That it is there (`Some(None)`), or away and why, where that was told.
    pub away: Option<Option<Away>>,
    /// How it is called now, without `@`, where that was told.
    pub handle: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl AccountNews {
    /// What was told later counts; what it says nothing of stays.
    pub fn and(&mut self, later: Self) {
        self.away = later.away.or(self.away);
        self.handle = later.handle.or_else(|| self.handle.take());
        self.at = later.at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_stored_as_they_are_told() {
        for state in [Away::Deactivated, Away::Suspended, Away::TakenDown, Away::Deleted] {
            assert_eq!(Away::told(state.code()), Some(state));
        }
        for other in ["throttled", "desynchronized", "something new", "away", ""] {
            assert_eq!(Away::told(other), None, "{other}");
        }
        assert_eq!(Away::refused("AccountTakedown", "Account has been suspended"), Some(Away::TakenDown));
        assert_eq!(Away::refused("InvalidRequest", "Profile not found"), Some(Away::Deleted));
        assert_eq!(Away::refused("InvalidRequest", "Error: actor must be a valid did"), None);
    }

    #[test]
    fn of_two_words_about_one_account_each_counts_for_what_it_says() {
        let mut news = AccountNews {
            id: "did:plc:a".to_owned(),
            away: Some(Some(Away::Suspended)),
            handle: None,
            at: Timestamp(1),
        };
        news.and(AccountNews { handle: Some("anna.example".to_owned()), at: Timestamp(2), ..news.clone() });
        assert_eq!(
            (news.away, news.handle.as_deref(), news.at.0),
            (Some(Some(Away::Suspended)), Some("anna.example"), 2)
        );
        news.and(AccountNews { away: Some(None), handle: None, at: Timestamp(3), id: news.id.clone() });
        assert_eq!((news.away, news.handle.as_deref()), (Some(None), Some("anna.example")));
    }
}
