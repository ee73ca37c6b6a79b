//! Why a form of duty or of the planner was refused, in the reader's language.
//!
//! The rules say it in English where they stand; each of their sentences that a page can meet is listed here with its
//! Dutch, and a test reads the rules and holds that none is missing. A sentence that nobody listed is never shown in the
//! wrong language: a plain one stands for it.

use super::Texts;
use crate::domain::text::open_parts;

/// English as the rules say it, `{}` for what varies, and Dutch.
const KNOWN: &[(&str, &str)] = &[
    ("allowed: after the beginning, at most a year later", "mag: na het begin, hoogstens een jaar later"),
    ("allowed: at most three months ago", "mag: hoogstens drie maanden geleden"),
    ("it is somebody else's", "het is van iemand anders"),
    ("it is somebody else's by now", "het is intussen van iemand anders"),
    ("allowed: somebody else", "mag: iemand anders"),
    ("allowed: as 2026-Q4", "mag: zoals 2026-Q4"),
    ("no day of it is ahead", "er ligt geen dag van in het verschiet"),
    (
        "a plan of this quarter was accepted; change single shifts in the week",
        "een plan van dit kwartaal is geaccepteerd; wijzig losse diensten in de week",
    ),
    ("nobody takes support days", "niemand heeft supportdagen"),
    ("planner.guest_from and guest_until are no day", "planner.guest_from en guest_until zijn geen dag"),
    ("it was decided already", "er is al over beslist"),
    ("another plan of this quarter was accepted", "een ander plan van dit kwartaal is geaccepteerd"),
    ("allowed: 00:00 to 23:59", "mag: 00:00 tot 23:59"),
    (
        "allowed: a time of day; at most a day after the beginning",
        "mag: een tijd; hoogstens een dag na het begin",
    ),
    ("allowed: 1 to {}, or 0 for one day only", "mag: 1 tot {}, of 0 voor één dag"),
    (
        "allowed: mon, tue, wed, thu, fri, sat, sun",
        "mag: mon, tue, wed, thu, fri, sat, sun (maandag tot zondag)",
    ),
    (
        "before the first day; allowed: the first day or later",
        "voor de eerste dag; mag: de eerste dag of later",
    ),
    ("past; allowed: {} or later", "voorbij; mag: {} of later"),
    ("past; allowed: a time that is ahead", "voorbij; mag: een tijd die nog komt"),
    ("wanted: who looks after the newcomer", "geef aan wie op de nieuwkomer let"),
    ("what is over stays; allowed: {} or later", "wat voorbij is, blijft; mag: {} of later"),
    ("it ends before that already", "de dienst eindigt al eerder"),
    ("allowed: a day on which the shift begins", "mag: een dag waarop de dienst begint"),
    ("what is over stays as it was", "wat voorbij is, blijft zoals het was"),
    ("what has begun stays as it is", "wat begonnen is, blijft zoals het is"),
    (
        "'{}'; allowed: the login of somebody who works on cases",
        "'{}'; mag: de inlognaam van iemand die aan zaken werkt",
    ),
    (
        "only a newcomer takes a newcomer's shift",
        "alleen een nieuwkomer neemt de dienst van een nieuwkomer over",
    ),
    ("a newcomer takes no shift of others", "een nieuwkomer neemt geen dienst van anderen over"),
    (
        "only a lead takes a lead's shift",
        "alleen een leidinggevende neemt de dienst van een leidinggevende over",
    ),
    ("whoever takes it is away then", "wie hem overneemt, is dan afwezig"),
    ("whoever takes it has a shift then", "wie hem overneemt, heeft dan al een dienst"),
    ("it is not your shift", "het is jouw dienst niet"),
    ("it has begun", "hij is begonnen"),
    ("a swap is asked for already", "er is al om een ruil gevraagd"),
    ("it is over", "het is voorbij"),
    ("it is not yours", "het is niet van jou"),
    ("the shift is no longer planned", "de dienst is niet meer gepland"),
    ("somebody has taken it", "iemand heeft hem al overgenomen"),
    ("it is yours already", "hij is al van jou"),
    ("nobody has taken it yet", "niemand heeft hem nog overgenomen"),
    ("only people who work on cases take it", "alleen wie aan zaken werkt, neemt hem over"),
    ("somebody changed it meanwhile; look at it again", "iemand wijzigde de dienst intussen; kijk opnieuw"),
    (
        "a swap of {} is asked for; decide about it first, or have it withdrawn",
        "voor {} is een ruil gevraagd; beslis daar eerst over, of laat haar intrekken",
    ),
    (
        "on {} somebody stands in by a swap; change the days before and after it by themselves",
        "op {} valt iemand in door een ruil; wijzig de dagen ervoor en erna apart",
    ),
    ("they have another shift on {}", "op {} is er al een andere dienst"),
    ("they are away on {}", "op {} is er afwezigheid"),
    ("nothing is changed", "er is niets gewijzigd"),
    ("allowed: a day as 2026-12-01", "mag: een dag zoals 2026-12-01"),
    ("allowed: a time as 09:00", "mag: een tijd zoals 09:00"),
    ("allowed: a whole number", "mag: een heel getal"),
    ("no such day", "die dag is er niet"),
    ("allowed: agent, lead, guest, newcomer", "mag: medewerker, leiding, gast, nieuw"),
    ("allowed: leave, sick, training, other", "mag: vrij, ziek, opleiding, anders"),
    ("language '{}'; allowed: {}", "taal '{}'; mag: {}"),
    ("sector '{}'; allowed: {}", "sector '{}'; mag: {}"),
    ("'{}'; allowed: 17:00", "'{}'; mag: een tijd zoals 17:00"),
    ("allowed: an instant after now, at most {} away", "mag: een tijdstip na nu, hoogstens {} vooruit"),
    ("only people who work on cases can be on duty", "alleen wie aan zaken werkt, kan dienst hebben"),
    // These hold nearly everything, so they stand last.
    ("allowed: 0 to {}", "mag: 0 tot {}"),
    ("'{}'; allowed: {}", "'{}'; mag: {}"),
];

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
    if t.lang == "en" {
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
    let (parts, dutch) = KNOWN.iter().find_map(|(en, nl)| Some((open_parts(en, english)?, *nl)))?;
    let mut parts = parts.into_iter();
    let mut pieces = dutch.split("{}");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(parts.next().unwrap_or_default());
        out.push_str(piece);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::{EN, NL};
    use super::*;

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
        assert_eq!(nl("something that nobody listed"), NL.planner().not_allowed);
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
