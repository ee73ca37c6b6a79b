//! What a token may do: few words, each within what the role of its person allows.

use crate::domain::role::{Right, Role};

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Show the wallboard by a link: numbers alone.
    Wall,
    /// Read cases, figures, settings; personal data in posts stays covered.
    Read,
    /// Read personal data in posts as well.
    ReadPersonal,
    /// Work on cases without saying anything to customers.
    Act,
    /// Answer customers, in public and in private, and take measures against posts.
    Answer,
    /// What only leads may: stop all sending, hide what needs no answer, drive dead deliveries again.
    Lead,
    /// Say who may log in, and see the tokens.
    Admin,
    /// Look after the account of whom it acts for: second factors, log-ins, tokens. Dangerous acts want the password.
    Account,
}

impl Scope {
    /// All scopes, the weakest first.
    pub const ALL: [Self; 8] = [
        Self::Wall,
        Self::Read,
        Self::ReadPersonal,
        Self::Act,
        Self::Answer,
        Self::Lead,
        Self::Admin,
        Self::Account,
    ];

    /// The word in commands, forms and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Read => "read",
            Self::ReadPersonal => "read_personal",
            Self::Act => "act",
            Self::Answer => "answer",
            Self::Lead => "lead",
            Self::Admin => "admin",
            Self::Account => "account",
        }
    }

    /// Reads the word of [`Scope::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.code() == code)
    }

    /// What somebody must be allowed to, to have this scope.
    pub const fn right(self) -> Right {
        match self {
            Self::Wall | Self::Read | Self::Account => Right::See,
            Self::ReadPersonal => Right::Personal,
            Self::Act => Right::Work,
            Self::Answer => Right::Answer,
            Self::Lead => Right::Steer,
            Self::Admin => Right::People,
        }
    }

    /// Whether somebody in a role may have this. The front office sees nothing here: it has pages of its own, and
    /// nothing of the API is cut to its queues.
    pub fn fits(self, role: Role) -> bool {
        role.may(Right::See) && role.may(self.right())
    }
}
