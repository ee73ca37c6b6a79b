//! Who may do what: one table of roles and rights, and whoever asks as doors know them.
//!
//! Every route of the console, every route for programs, every press in the chat and every act on a case names
//! one right and asks this table. What does not stand here is not allowed.

/// What somebody is in the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Works on cases and answers.
    Agent,
    /// Helps out: works and answers, but blocks, exports and changes nothing for many.
    Guest,
    /// Learns: works, and proposes answers that a colleague sends.
    Newcomer,
    /// Leads the team.
    Lead,
    /// Belongs to the front office: sees its own queues and findings.
    FrontOffice,
    /// Speaks to the press, and answers it only.
    Communications,
    /// Says who may come in, and may do everything else.
    Admin,
    /// Reads, and changes nothing.
    Auditor,
    /// A program that acts by a token alone; its scopes bound it.
    Service,
}

/// What a role may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// See cases and what stands around them.
    See,
    /// See personal data in posts uncovered.
    Personal,
    /// Work on cases without saying anything to customers.
    Work,
    /// Answer customers.
    Answer,
    /// Answer what is about the press.
    AnswerPress,
    /// Write answers that somebody else sends.
    Propose,
    /// Send in a newcomer's stead, and stand for what a colleague asked about.
    Approve,
    /// Put right what triage said.
    Correct,
    /// Mute, block, report, delete.
    Moderate,
    /// Act on many cases at once.
    Bulk,
    /// Take lists and figures out as files.
    Export,
    /// Read figures.
    Reports,
    /// See the pages of the front office.
    Office,
    /// See findings.
    FindingsSee,
    /// Say what becomes of a finding.
    FindingsDecide,
    /// Stop all sending, have something hidden, drive dead deliveries again.
    Steer,
    /// Say who may come in and see which brands.
    People,
    /// Make tokens and take them back.
    Tokens,
    /// Read who did what.
    Audit,
    /// Export, erase, hold personal data.
    Privacy,
}

use Right::{
    Answer, AnswerPress, Approve, Audit, Bulk, Correct, Export, FindingsDecide, FindingsSee, Moderate,
    Office, People, Personal, Privacy, Propose, Reports, See, Steer, Tokens, Work,
};

impl Right {
    /// All rights, in the order of the table for people.
    pub const ALL: [Self; 20] = [
        See,
        Personal,
        Work,
        Answer,
        AnswerPress,
        Propose,
        Approve,
        Correct,
        Moderate,
        Bulk,
        Export,
        Reports,
        Office,
        FindingsSee,
        FindingsDecide,
        Steer,
        People,
        Tokens,
        Audit,
        Privacy,
    ];

    /// The word in logs and on pages.
    pub const fn code(self) -> &'static str {
        match self {
            See => "see",
            Personal => "personal",
            Work => "work",
            Answer => "answer",
            AnswerPress => "answer_press",
            Propose => "propose",
            Approve => "approve",
            Correct => "correct",
            Moderate => "moderate",
            Bulk => "bulk",
            Export => "export",
            Reports => "reports",
            Office => "office",
            FindingsSee => "findings_see",
            FindingsDecide => "findings_decide",
            Steer => "steer",
            People => "people",
            Tokens => "tokens",
            Audit => "audit",
            Privacy => "privacy",
        }
    }
}

#[rustfmt::skip]
const AGENT: &[Right] = &[
    See, Personal, Work, Answer, Approve, Correct, Moderate, Bulk, Export, Reports, FindingsSee, FindingsDecide,
];
#[rustfmt::skip]
const LEAD: &[Right] = &[
    See, Personal, Work, Answer, Approve, Correct, Moderate, Bulk, Export, Reports, Office, FindingsSee,
    FindingsDecide, Steer, Tokens, Privacy,
];
#[rustfmt::skip]
const COMMUNICATIONS: &[Right] = &[
    See, Personal, Work, AnswerPress, Correct, Reports, FindingsSee, FindingsDecide,
];
/// One who says what others may can give it to themselves; it is said plainly.
#[rustfmt::skip]
const ADMIN: &[Right] = &[
    See, Personal, Work, Answer, Approve, Correct, Moderate, Bulk, Export, Reports, Office, FindingsSee,
    FindingsDecide, Steer, People, Tokens, Audit, Privacy,
];
/// A program is no newcomer and no front office; it may what its scopes say, and reads no audit.
#[rustfmt::skip]
const SERVICE: &[Right] = &[
    See, Personal, Work, Answer, Approve, Correct, Moderate, Bulk, Export, Reports, FindingsSee, FindingsDecide,
    Steer, People, Tokens, Privacy,
];

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Agent,
        Self::Guest,
        Self::Newcomer,
        Self::Lead,
        Self::FrontOffice,
        Self::Communications,
        Self::Admin,
        Self::Auditor,
        Self::Service,
    ];

    /// The word in commands, forms and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Guest => "guest",
            Self::Newcomer => "newcomer",
            Self::Lead => "lead",
            Self::FrontOffice => "front_office",
            Self::Communications => "communications",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Service => "service",
        }
    }

    /// Reads the word of [`Role::code`]; a word that nobody knows is no role and opens nothing.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }

    /// The row of the table.
    pub const fn rights(self) -> &'static [Right] {
        match self {
            Self::Agent => AGENT,
            Self::Guest => &[See, Personal, Work, Answer, Correct, Reports, FindingsSee, FindingsDecide],
            Self::Newcomer => &[See, Personal, Work, Propose, Correct, Reports, FindingsSee, FindingsDecide],
            Self::Lead => LEAD,
            Self::FrontOffice => &[Office, FindingsSee, FindingsDecide],
            Self::Communications => COMMUNICATIONS,
            Self::Admin => ADMIN,
            Self::Auditor => &[See, Personal, Reports, FindingsSee, Audit],
            Self::Service => SERVICE,
        }
    }

    /// Whether somebody in this role may do something.
    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }
}

/// Which brands somebody sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Walls {
    /// Every brand, also those to come.
    #[default]
    None,
    /// These by id, which may be none.
    Within(Vec<String>),
}

impl Walls {
    /// Reads what the store keeps: nothing for all, else a JSON list. What cannot be read opens nothing.
    pub fn stored(json: Option<&str>) -> Self {
        json.map_or(Self::None, |json| Self::Within(serde_json::from_str(json).unwrap_or_default()))
    }

    /// As the store keeps them.
    pub fn to_stored(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Within(ids) => Some(serde_json::json!(ids).to_string()),
        }
    }

    /// Whether a brand is seen, by id.
    pub fn let_see(&self, brand_id: &str) -> bool {
        match self {
            Self::None => true,
            Self::Within(ids) => ids.iter().any(|id| id == brand_id),
        }
    }

    /// Whether every brand is seen.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as people read it: agent, guest, newcomer, lead, front office, communications, admin, auditor,
    /// service. It is written down a second time on purpose: changing who may what takes two hands.
    const TABLE: &str = "
        see              x x x x . x x x x
        personal         x x x x . x x x x
        work             x x x x . x x . x
        answer           x x . x . . x . x
        answer_press     . . . . . x . . .
        propose          . . x . . . . . .
        approve          x . . x . . x . x
        correct          x x x x . x x . x
        moderate         x . . x . . x . x
        bulk             x . . x . . x . x
        export           x . . x . . x . x
        reports          x x x x . x x x x
        office           . . . x x . x . .
        findings_see     x x x x x x x x x
        findings_decide  x x x x x x x . x
        steer            . . . x . . x . x
        people           . . . . . . x . x
        tokens           . . . x . . x . x
        audit            . . . . . . x x .
        privacy          . . . x . . x . x";

    #[test]
    fn the_table_is_the_one_that_people_read() {
        let rows: Vec<&str> = TABLE.trim().lines().collect();
        assert_eq!(rows.len(), Right::ALL.len());
        for (row, right) in rows.iter().zip(Right::ALL) {
            let mut cells = row.split_whitespace();
            assert_eq!(cells.next(), Some(right.code()));
            let marks: Vec<bool> = cells.map(|c| c == "x").collect();
            let may: Vec<bool> = Role::ALL.into_iter().map(|role| role.may(right)).collect();
            assert_eq!(marks, may, "{}", right.code());
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let reads = [See, Personal, Reports, FindingsSee, Audit];
        assert!(Role::Auditor.rights().iter().all(|r| reads.contains(r)));
    }

    #[test]
    fn words_are_read_back_and_unknown_ones_open_nothing() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        for bad in ["", "Admin", "root", "admin "] {
            assert_eq!(Role::from_code(bad), None, "{bad}");
        }
    }

    #[test]
    fn walls_that_cannot_be_read_let_nothing_through() {
        assert!(Walls::stored(None).let_see("brd_1"));
        for bad in ["", "{}", "[1]", "null"] {
            assert!(!Walls::stored(Some(bad)).let_see("brd_1"), "{bad}");
        }
        let walls = Walls::Within(vec!["brd_1".to_owned()]);
        assert_eq!(Walls::stored(walls.to_stored().as_deref()), walls);
        assert!(walls.let_see("brd_1") && !walls.let_see("brd_2") && !walls.is_open());
        assert!(!Walls::Within(Vec::new()).let_see("brd_1"));
    }
}
