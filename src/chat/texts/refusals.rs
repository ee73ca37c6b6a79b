//! Why something was not done, in both languages.
//!
//! The rules say it in English where they stand; [`crate::dutch`] has the Dutch. A sentence that is not listed there is
//! never shown in the wrong language: a plain one stands for it.

use super::Lang;
use crate::casework::CaseworkError;
use crate::domain::judgement::PersonalData;
use crate::dutch;

impl Lang {
    /// A sentence of the rules, without its full stop.
    pub(in crate::chat) fn refusal_text(self, english: &str) -> String {
        if self == Self::En {
            return english.to_owned();
        }
        let code = |part: &str| {
            let found =
                super::names::DUTCH.iter().find(|(group, code, _)| *group != "reason" && *code == part);
            found.map(|(_, _, word)| (*word).to_owned())
        };
        let found = dutch::said(&[dutch::CASES, dutch::CONSOLE, dutch::DUTY], english, &code);
        found.unwrap_or_else(|| self.no_reason_word().to_owned())
    }

    /// What is known of an action that waits, was refused or of which nobody can tell. What a platform says itself stands as
    /// it is.
    pub(in crate::chat) fn detail(self, english: &str) -> String {
        if self == Self::En {
            return english.to_owned();
        }
        let found = dutch::said(&[dutch::OUTBOX, dutch::TICKETS, dutch::CASES], english, &|_| None);
        found.unwrap_or_else(|| english.to_owned())
    }

    /// Why casework refused something; repeats nothing of what a customer said.
    pub(in crate::chat) fn refusal(self, error: &CaseworkError) -> String {
        match error {
            CaseworkError::Stale { since, .. } => {
                self.changed_meanwhile(crate::chat::handle::changes(self, since))
            }
            CaseworkError::PersonalData { found } => self.must_not_hold(self.kinds_of(found)),
            CaseworkError::Promise(_) => self.contradicts().to_owned(),
            CaseworkError::AnsweredAlready => self.answered_already().to_owned(),
            CaseworkError::AuthorRemoved => self.author_removed().to_owned(),
            CaseworkError::NoAccount { brand, platform } => self.no_account(brand, platform),
            CaseworkError::Invalid { what, .. } => self.refusal_text(what),
            CaseworkError::Refused(why) => self.refusal_text(why),
            other => self.refusal_text(&other.to_string()),
        }
    }

    /// Which kinds of personal data were found, each once.
    pub(in crate::chat) fn kinds_of(self, found: &[PersonalData]) -> String {
        let mut kinds: Vec<String> = Vec::new();
        for one in found {
            let kind = self.name("data", one.kind.code());
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::handle::changes;
    use crate::domain::time::{Span, Timestamp};
    use crate::store::rows::CaseEventRow;

    #[test]
    fn sentences_of_the_rules_are_said_in_dutch_with_what_varies() {
        let nl = |text: &str| Lang::Nl.refusal_text(text);
        assert_eq!(nl("somebody else has claimed it"), "iemand anders heeft de zaak opgepakt");
        assert_eq!(
            nl("'piet' is the login of nobody who may log in"),
            "'piet' is van niemand die mag inloggen"
        );
        assert_eq!(
            nl("a case that is waiting_customer cannot take 'close'"),
            "een zaak in de stand 'wacht op klant' kan dit niet ('close')"
        );
        assert_eq!(
            nl("there is no way in: the account is no longer there"),
            "er is geen ingang: het account bestaat niet meer"
        );
        assert_eq!(nl("rt has no ticket 4711"), "rt kent ticket 4711 niet");
        assert_eq!(nl("3 chosen; wanted are 1 to 50"), "3 gekozen; kies er 1 tot 50");
        assert_eq!(nl("a protocol runs: nothing goes there"), "er loopt een protocol: er gaat niets heen");
        let rule = crate::domain::window::WindowRule {
            free: Span::hours(24),
            by_hand: Some(Span::days(7)),
            approved: false,
        };
        for (last, now, automatic, dutch) in [
            (Some(0), Span::hours(25), true, "tot 1970-01-08T00:00:00Z neemt het platform"),
            (
                Some(0),
                Span::days(7),
                false,
                "dicht (sinds 1970-01-08T00:00:00Z): wacht tot de klant weer schrijft",
            ),
            (None, Span::days(7), false, "nog niet geschreven): wacht tot de klant weer schrijft"),
        ] {
            let english = rule.refusal(last.map(Timestamp), Timestamp(0).plus(now), automatic).unwrap();
            assert!(nl(&english).contains(dutch), "{}", nl(&english));
        }
        let approved = crate::domain::window::WindowRule { approved: true, ..rule };
        let english = approved.refusal(None, Timestamp(0), false).unwrap();
        assert!(nl(&english).contains("die het platform heeft goedgekeurd"), "{}", nl(&english));
        assert_eq!(nl("something that nobody listed"), Lang::Nl.no_reason_word());
        assert_eq!(Lang::En.refusal_text("something"), "something");
    }

    #[test]
    fn what_is_known_of_an_action_is_said_in_dutch_as_far_as_it_is_ours() {
        let nl = |text: &str| Lang::Nl.detail(text);
        assert_eq!(
            nl("the process that sent it vanished before the answer came"),
            "het proces dat het verstuurde verdween voor er antwoord kwam"
        );
        assert_eq!(nl("no answer within 30 s"), "geen antwoord binnen 30 s");
        assert_eq!(nl("Some words of theirs"), "Some words of theirs");
        assert_eq!(Lang::En.detail("no answer within 30 s"), "no answer within 30 s");
    }

    #[test]
    fn what_happened_meanwhile_is_said_in_the_language_of_the_room() {
        let event = |kind: &str| CaseEventRow {
            case_id: String::new(),
            seq: 1,
            brand_id: String::new(),
            at: 0,
            recorded_at: 0,
            kind: kind.to_owned(),
            who_kind: "person".to_owned(),
            who: None,
            state: String::new(),
            body: "{}".to_owned(),
        };
        for kind in [
            "protocol_started",
            "protocol_declined",
            "protocol_taken",
            "protocol_step",
            "protocol_ended",
            "labelled",
            "label_ended",
            "moderation_asked",
        ] {
            let (en, nl) = (changes(Lang::En, &[event(kind)]), changes(Lang::Nl, &[event(kind)]));
            assert_ne!(en, nl, "{kind}");
            assert_ne!(en, Lang::En.change_other(), "{kind}");
        }
    }

    /// A rule that is said otherwise by now must be said otherwise here too.
    #[test]
    fn the_rules_still_say_it_so() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut all = String::new();
        for folder in [
            "casework",
            "casework/protocols",
            "domain",
            "sources",
            "duty",
            "sources/mastodon",
            "sources/discourse",
            "sources/mail",
        ] {
            for file in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|e| e == "rs") {
                    all.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        for (english, _) in dutch::CASES {
            if english.starts_with("too long") {
                continue;
            }
            // How an account is away is put into its sentence.
            if english.starts_with("their account is ") {
                assert!(all.contains("nothing reaches them until it is back"));
                continue;
            }
            let longest = english.split("{}").max_by_key(|piece| piece.len()).unwrap();
            assert!(all.contains(longest), "no rule says '{longest}' any more");
        }
    }
}
