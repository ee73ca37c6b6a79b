//! Why something was refused, in the reader's language.
//!
//! The rules say it in English where they stand; [`crate::dutch`] has the Dutch, and a language that came as a file has the English. Of duty and planner a test reads the rules
//! and holds that none is missing.

use super::{NL, Texts};
use crate::dutch;

/// Fields by the names that the rules give them, as the forms call them.
const FIELDS: &[(&str, &str)] = &[
    ("person", "wie"),
    ("role", "als"),
    ("buddy", "maatje"),
    ("languages", "talen"),
    ("sectors", "sectoren"),
    ("first", "eerste dag"),
    ("last", "laatste dag"),
    ("from", "van"),
    ("until", "tot"),
    ("starts", "van"),
    ("ends", "tot"),
    ("every", "om de hoeveel weken"),
    ("every_weeks", "om de hoeveel weken"),
    ("weekdays", "op"),
    ("day", "dag"),
    ("days", "dagen per kwartaal"),
    ("kind", "waarom"),
    ("quarter", "kwartaal"),
    ("newcomer_from", "nieuwkomer vanaf"),
    ("from_day", "eerste dag"),
    ("until_day", "laatste dag"),
    ("from_time", "van"),
    ("until_time", "tot"),
];

/// A sentence of the rules in the reader's language; a field that stands before it too.
pub fn said(t: &Texts, english: &str) -> String {
    if t.lang != NL.lang {
        return english.to_owned();
    }
    if let Some(dutch) = known(english) {
        return dutch;
    }
    let with_field = english.split_once(": ").and_then(|(field, what)| {
        let (_, name) = FIELDS.iter().find(|(code, _)| *code == field)?;
        Some(format!("{name}: {}", known(what)?))
    });
    with_field.unwrap_or_else(|| t.planner().not_allowed.to_owned())
}

fn known(english: &str) -> Option<String> {
    dutch::said(&[dutch::DUTY], english, &|_| None)
}

/// Why an act was refused, in the reader's language as far as the rule's sentence is listed; otherwise as the rule says it,
/// for a reason in the wrong language is better on a page than none.
pub fn told(t: &Texts, english: &str) -> String {
    if t.lang != NL.lang {
        return english.to_owned();
    }
    let kinds = ["state", "linestate", "steprole", "protocol"];
    let state = |code: &str| {
        // What has no name comes back without its underscores; a login must keep them.
        let unknown = code.replace('_', " ");
        kinds.iter().map(|kind| t.name(kind, code)).find(|name| *name != unknown)
    };
    let tables = [dutch::CASES, dutch::DUTY, dutch::PEOPLE];
    let known = |english: &str| dutch::said(&tables, english, &state);
    let with_field = |english: &str| {
        let (field, what) = english.split_once(": ").filter(|(field, _)| !field.contains(' '))?;
        Some(format!("{field}: {}", known(what)?))
    };
    let form = || dutch::said(&[dutch::FORMS], english, &state);
    known(english).or_else(|| with_field(english)).or_else(form).unwrap_or_else(|| english.to_owned())
}

/// What is known of an action that waits, was refused or of which nobody can tell, in the reader's language as far as the
/// sentence is listed.
pub fn detail(t: &Texts, english: &str) -> String {
    if t.lang != NL.lang {
        return english.to_owned();
    }
    let tables = [dutch::OUTBOX, dutch::TICKETS, dutch::CASES];
    dutch::said(&tables, english, &|_| None).unwrap_or_else(|| english.to_owned())
}

/// Why a ticket system did not take what we asked of it: what we say ourselves in the reader's language, and what is the
/// system's own marked as such.
pub fn by_ticket(t: &Texts, english: &str) -> String {
    let Some(dutch) = dutch::said(&[dutch::TICKETS], english, &|_| None) else {
        return format!("{}: \u{201c}{english}\u{201d}", t.privacy().ticket_own_words);
    };
    if t.lang == NL.lang { dutch } else { english.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::EN;
    use super::*;

    #[test]
    fn what_a_ticket_system_says_itself_is_marked_as_its_own() {
        let answers = "the ticket system answers 422: this ticket is closed";
        assert_eq!(by_ticket(&EN, answers), answers);
        assert_eq!(
            by_ticket(&NL, answers),
            "het ticketsysteem antwoordt 422, in zijn eigen woorden: \u{201c}this ticket is closed\u{201d}"
        );
        assert_eq!(by_ticket(&NL, "the ticket system answers 403"), "het ticketsysteem antwoordt 403");
        assert_eq!(
            by_ticket(&NL, "it stands at 'open' and not at 'resolved'"),
            "het staat op 'open' en niet op 'resolved'"
        );
        let own = "You cannot update a closed ticket";
        assert_eq!(
            by_ticket(&NL, own),
            "in de woorden van het systeem: \u{201c}You cannot update a closed ticket\u{201d}"
        );
        assert_eq!(
            by_ticket(&EN, own),
            "in the system's own words: \u{201c}You cannot update a closed ticket\u{201d}"
        );
    }

    #[test]
    fn refusals_are_said_in_the_readers_language_with_their_field() {
        assert_eq!(said(&EN, "person: 'x'; allowed: the login"), "person: 'x'; allowed: the login");
        let nl = |text: &str| said(&NL, text);
        assert_eq!(
            nl("person: 'x'; allowed: the login of somebody who works on cases"),
            "wie: 'x'; mag: de inlognaam van iemand die aan zaken werkt"
        );
        assert_eq!(
            nl("last: what is over stays; allowed: 2026-11-27 or later"),
            "laatste dag: wat voorbij is, blijft; mag: 2026-11-27 of later"
        );
        assert_eq!(nl("languages: language 'xx'; allowed: en, nl"), "talen: taal 'xx'; mag: en, nl");
        assert_eq!(
            nl("until: allowed: an instant after now, at most 16 h away"),
            "tot: mag: een tijdstip na nu, hoogstens 16 h vooruit"
        );
        assert_eq!(nl("it has begun"), "hij is begonnen");
        assert_eq!(
            told(&NL, "wait_minutes: wanted is a number of minutes from 1 to 1440, or nothing"),
            "wait_minutes: vul een aantal minuten in van 1 tot 1440, of niets"
        );
        assert_eq!(
            told(&NL, "lines: 'we know'; wanted is a line a language, such as 'nl: We weten ervan.'"),
            "lines: 'we know'; zet per taal een regel, zoals 'nl: We weten ervan.'"
        );
        assert_eq!(nl("something that nobody listed"), NL.planner().not_allowed);
        assert_eq!(told(&NL, "this step is for communications"), "deze stap is voor communicatie");
        assert_eq!(told(&NL, "'jan_b' is nobody who works here"), "'jan_b' werkt hier niet");
        assert_eq!(told(&NL, "these words are approved by now"), "deze tekst is intussen goedgekeurd");
    }

    /// What the rules about people say is listed: read out of where they stand.
    #[test]
    fn what_people_are_refused_for_is_said_in_dutch() {
        const RULES: [&str; 7] = [
            include_str!("../../people.rs"),
            include_str!("../../people/entering.rs"),
            include_str!("../../people/factors.rs"),
            include_str!("../../people/passkeys.rs"),
            include_str!("../../people/passwords.rs"),
            include_str!("../../people/places.rs"),
            include_str!("../../people/queues.rs"),
        ];
        let mut read = 0;
        for rest in RULES.iter().flat_map(|rule| rule.split("Invalid(").skip(1)) {
            let rest = rest.trim_start().trim_start_matches("format!(").trim_start();
            let Some(sentence) = rest.strip_prefix('"').and_then(|r| r.split('"').next()) else { continue };
            // Names in braces become words; a line that goes on is one sentence.
            let mut said = String::new();
            for (n, part) in sentence.split(['{', '}']).enumerate() {
                said.push_str(if n % 2 == 0 { part } else { "7" });
            }
            let words: Vec<&str> = said.split_whitespace().filter(|w| *w != "\\").collect();
            let said = words.join(" ");
            let dutch = told(&NL, &said);
            assert_ne!(dutch, said, "not listed");
            read += 1;
        }
        assert!(read >= 8, "{read}");
        assert_eq!(told(&EN, "login 'x' is taken"), "login 'x' is taken");
        assert_eq!(told(&NL, "login 'x' is taken"), "inlognaam 'x' is al bezet");
        assert_eq!(told(&NL, "there is no 'x' who may log in"), "er is geen 'x' die mag inloggen");
        assert_eq!(told(&NL, "there is no 'x'"), "er is geen 'x'");
    }

    #[test]
    fn a_reason_that_nobody_listed_is_shown_as_the_rule_says_it() {
        assert_eq!(told(&EN, "it is not claimed"), "it is not claimed");
        let nl = |text: &str| told(&NL, text);
        assert_eq!(nl("it is not claimed"), "niemand heeft de zaak opgepakt");
        assert_eq!(
            nl("a case that is closed cannot take 'claim'"),
            "een zaak in de stand 'gesloten' kan dit niet ('claim')"
        );
        assert_eq!(nl("reason: allowed: 0 to 5"), "reason: mag: 0 tot 5");
        assert_eq!(nl("login 'jan' is taken"), "inlognaam 'jan' is al bezet");
        assert_eq!(nl("there is no 'jan' who may log in"), "er is geen 'jan' die mag inloggen");
        assert_eq!(
            nl("password: 3 characters; allowed are 15 to 256, a few words in a row for instance"),
            "wachtwoord: 3 tekens; mag: 15 tot 256, bijvoorbeeld een paar woorden achter elkaar"
        );
        assert_eq!(nl("act: 'x' is not known"), "act: 'x' is onbekend");
        assert_eq!(nl("something that nobody listed"), "something that nobody listed");
        assert_eq!(nl(NL.stale), NL.stale, "what is Dutch already stays");
    }

    #[test]
    fn what_is_known_of_actions_is_said_in_the_readers_language() {
        assert_eq!(detail(&EN, "the part before it was left"), "the part before it was left");
        let nl = |text: &str| detail(&NL, text);
        assert_eq!(nl("the part before it was left"), "het deel ervoor is niet verstuurd");
        assert_eq!(
            nl("not sent within a day; the server asks for fewer calls"),
            "niet binnen een dag verstuurd; de server vraagt om minder verzoeken"
        );
        assert_eq!(nl("something of a server"), "something of a server");
    }

    /// The first words in quotes of each call of a function in a source, `{…}` as `{}`.
    fn sentences(source: &str, call: &str) -> Vec<String> {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let mut found = Vec::new();
        for rest in source.split(call).skip(1) {
            // A call ends where its line, or its argument of several lines, does.
            let until = rest.find(");").unwrap_or(rest.len()).min(300);
            let Some(text) = rest.get(..until) else { continue };
            if let Some(words) = text.split('"').skip(1).step_by(2).find(|w| w.contains(' ')) {
                let mut plain = String::new();
                let mut inside = false;
                for c in words.chars() {
                    match c {
                        '{' => inside = true,
                        '}' => {
                            inside = false;
                            plain.push_str("{}");
                        }
                        c if !inside => plain.push(c),
                        _ => {}
                    }
                }
                found.push(plain);
            }
        }
        found
    }

    /// A rule that gets a new sentence gets its Dutch here.
    #[test]
    fn every_sentence_of_the_rules_of_duty_and_planner_has_its_dutch() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut seen = 0;
        for (folder, calls) in [
            ("planner", &["refused(", "invalid(", "Some(\""][..]),
            ("duty", &["DutyError::Refused(", "let what = format!("][..]),
            ("web/planner", &["wrong("][..]),
        ] {
            for file in std::fs::read_dir(root.join(folder)).unwrap() {
                let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
                for call in calls {
                    let quoted = call.ends_with('"');
                    let source = if quoted { source.replace("Some(\"", "Some( \"") } else { source.clone() };
                    let call = if quoted { "Some( " } else { call };
                    for sentence in sentences(&source, call) {
                        // Of a field of the form itself, which no form sends otherwise.
                        if sentence.starts_with("allowed: ask") || sentence == "not known" {
                            continue;
                        }
                        seen += 1;
                        let example = sentence.replace("{}", "7");
                        assert!(known(&example).is_some(), "{folder}: '{sentence}' has no Dutch");
                    }
                }
            }
        }
        assert!(seen > 30, "{seen} sentences found");
    }
}
