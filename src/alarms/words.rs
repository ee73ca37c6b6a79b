//! What channels say beside the words of cards, in both languages of the bot.

use crate::chat::texts::Lang;

impl Lang {
    /// The title of a message that lists several cases.
    pub(super) fn cases_need_you(self, n: usize) -> String {
        match self {
            Self::En => format!("{n} cases need you"),
            Self::Nl => format!("{n} zaken hebben je nodig"),
        }
    }

    /// The title of what the bot was to tell people, and another channel tells.
    pub(super) const fn bot_does_not_get_through(self) -> &'static str {
        match self {
            Self::En => "The bot does not get through with this",
            Self::Nl => "De bot komt hier niet mee door",
        }
    }

    /// What is to be done, and by whom.
    pub(super) fn for_whom(self, names: &str, what: &str) -> String {
        match self {
            Self::En => format!("For {names}: {what}"),
            Self::Nl => format!("Voor {names}: {what}"),
        }
    }

    /// That a message may have come already.
    pub(super) const fn maybe_again(self) -> &'static str {
        match self {
            Self::En => "(repeat)",
            Self::Nl => "(herhaald)",
        }
    }

    /// How a case stands that a chain of alerts tells again.
    pub(super) fn nobody_took_it(self, standing: &str) -> String {
        match self {
            Self::En => format!("nobody took it: {standing}"),
            Self::Nl => format!("niemand heeft hem opgepakt: {standing}"),
        }
    }

    /// How a case stands whose protocol is told of; `again` where nobody had taken that.
    pub(super) fn protocol_stands(self, protocol: &str, again: bool, standing: &str) -> String {
        let told = match self {
            _ if !again => "",
            Self::En => ", nobody has taken it",
            Self::Nl => ", nog niet opgepakt",
        };
        format!("protocol {protocol}{told}: {standing}")
    }

    /// Of an answer of which nobody knows.
    pub(super) const fn answer_unknown(self) -> &'static str {
        match self {
            Self::En => "nobody can tell whether our answer arrived",
            Self::Nl => "niemand weet of ons antwoord is aangekomen",
        }
    }

    /// How a case stands that somebody has.
    pub(super) fn stands_claimed(self, standing: &str, name: &str) -> String {
        match self {
            Self::En => format!("{standing}, claimed by {name}"),
            Self::Nl => format!("{standing}, opgepakt door {name}"),
        }
    }

    /// What a message does not list.
    pub(super) fn more_in_the_console(self, n: usize) -> String {
        match self {
            Self::En => format!("and {n} more, in the console"),
            Self::Nl => format!("en nog {n}, in de console"),
        }
    }

    /// A link to a case.
    pub(super) const fn link_word(self) -> &'static str {
        match self {
            Self::En => "open",
            Self::Nl => "openen",
        }
    }

    /// A button that leads to a case.
    pub(super) const fn open_the_case(self) -> &'static str {
        match self {
            Self::En => "Open the case",
            Self::Nl => "Zaak openen",
        }
    }

    /// A link to a case in a list of links.
    pub(super) const fn the_case(self) -> &'static str {
        match self {
            Self::En => "The case",
            Self::Nl => "De zaak",
        }
    }
}
