//! Why something was refused, in the reader's language.
//!
//! The rules say it in English where they stand; what they say in other languages is in [`super::sentences`]. Of duty and
//! planner a test reads the rules and holds that no Dutch is missing.

use super::sentences::Book;
use super::{NL, Texts};
use crate::domain::duty::BadLine;
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

/// Fields of the other forms by the names that the rules give them, as the pages call them; others
/// stand as they are.
const NAMES: &[(&str, &str)] = &[
    ("case", "zaak"),
    ("person", "wie"),
    ("languages", "talen"),
    ("language", "taal"),
    ("sectors", "sectoren"),
    ("from", "vanaf"),
    ("until", "tot"),
    ("starts", "begin"),
    ("ends", "einde"),
    ("day", "dag"),
    ("title", "titel"),
    ("text", "tekst"),
    ("words", "tekst"),
    ("name", "naam"),
    ("query", "filter"),
    ("kind", "soort"),
    ("level", "niveau"),
    ("ground", "grond"),
    ("reason", "reden"),
    ("due", "wanneer"),
    ("owner", "wie"),
    ("owed_by", "wie"),
    ("to", "aan"),
    ("action", "wat"),
    ("amount", "bedrag"),
    ("currency", "munt"),
    ("files", "bestanden"),
    ("sign", "paraaf"),
    ("promise", "belofte"),
    ("line", "regel"),
];

/// A field as the pages call it.
fn name_of<'a>(t: &Texts, field: &'a str) -> &'a str {
    let dutch = NAMES.iter().find(|(code, _)| *code == field && t.lang == NL.lang);
    dutch.map_or(field, |(_, name)| name)
}

/// A sentence of the rules in the reader's language; a field that stands before it too.
pub fn said(t: &Texts, english: &str) -> String {
    if !t.has_sentences() {
        return english.to_owned();
    }
    let known = |english: &str| dutch::said(&[t.book(Book::Duty)], english, &|_| None);
    if let Some(own) = known(english) {
        return own;
    }
    let with_field = english.split_once(": ").and_then(|(field, what)| {
        let (code, name) = FIELDS.iter().find(|(code, _)| *code == field)?;
        Some(format!("{}: {}", if t.lang == NL.lang { name } else { code }, known(what)?))
    });
    with_field.unwrap_or_else(|| t.planner().not_allowed.to_owned())
}

/// Why an act was refused, in the reader's language as far as the rule's sentence is listed; otherwise as the rule says it,
/// for a reason in the wrong language is better on a page than none.
pub fn told(t: &Texts, english: &str) -> String {
    if !t.has_sentences() {
        return english.to_owned();
    }
    let kinds = ["state", "linestate", "steprole", "protocol"];
    let state = |code: &str| {
        // What has no name comes back without its underscores; a login must keep them.
        let unknown = code.replace('_', " ");
        kinds.iter().map(|kind| t.name(kind, code)).find(|name| *name != unknown)
    };
    let tables = [Book::Cases, Book::Console, Book::Duty, Book::People].map(|book| t.book(book));
    let known = |english: &str| dutch::said(&tables, english, &state);
    let with_field = |english: &str| {
        let (field, what) = english.split_once(": ").filter(|(field, _)| !field.contains(' '))?;
        Some(format!("{}: {}", name_of(t, field), known(what)?))
    };
    let form = || dutch::said(&[t.book(Book::Forms)], english, &state);
    known(english).or_else(|| with_field(english)).or_else(form).unwrap_or_else(|| english.to_owned())
}

/// A mistake in what a lead wrote as it stands in settings, in the reader's language as far as it is listed: where it is, what
/// was found, what is allowed, and what may have been meant.
pub fn mistake(t: &Texts, english: &str) -> String {
    if !t.has_sentences() {
        return english.to_owned();
    }
    let (line, ask) = if t.lang == NL.lang { ("regel ", "bedoelde je") } else { ("line ", "did you mean") };
    let meant = english.strip_suffix("'?)").and_then(|text| text.rsplit_once(" (did you mean '"));
    let (mut rest, meant) =
        meant.map_or((english, String::new()), |(rest, name)| (rest, format!(" ({ask} '{name}'?)")));
    let mut place = String::new();
    // What is empty is found, and no place.
    let is_place = |head: &str| !head.contains([' ', '\'']) && head != "empty";
    while let Some((head, tail)) = rest.split_once(": ").filter(|(head, _)| is_place(head)) {
        match head.strip_prefix("line:") {
            Some(number) => place.extend([line, number]),
            None => place.push_str(name_of(t, head)),
        }
        place.push_str(": ");
        rest = tail;
    }
    match found_and_allowed(t, rest) {
        Some(own) => format!("{place}{own}{meant}"),
        None => told(t, english),
    }
}

/// What was found and what is allowed; what the rules do not say themselves stands in quotes, as it was found.
fn found_and_allowed(t: &Texts, english: &str) -> Option<String> {
    let known = |part: &str| dutch::said(&[t.book(Book::Written)], part, &|_| None);
    if let Some(own) = known(english) {
        return Some(own);
    }
    let mut halves = english.match_indices("; ").filter_map(|(at, _)| {
        let (found, allowed) = english.split_at(at);
        Some((found, known(allowed.strip_prefix("; ")?)?))
    });
    let (first, allowed) = halves.next()?;
    let mut all = std::iter::once((first, allowed.clone())).chain(halves);
    let listed = all.find_map(|(found, allowed)| Some(format!("{}; {allowed}", known(found)?)));
    let as_found = || {
        let is_value = !first.contains(' ') || first.starts_with(['\'', '[']);
        let found = if is_value { first.to_owned() } else { format!("\u{201c}{first}\u{201d}") };
        format!("{found}; {allowed}")
    };
    Some(listed.unwrap_or_else(as_found))
}

/// A line of a plan of duty that could not be used.
pub fn bad_line(t: &Texts, line: &BadLine) -> String {
    if !t.has_sentences() {
        return line.to_string();
    }
    let plans = t.book(Book::Plans);
    let of = |part: &str| dutch::said(&[plans], part, &|_| None).unwrap_or_else(|| part.to_owned());
    let word = if t.lang == NL.lang { "regel" } else { "line" };
    format!("{word} {}: {}; {}", line.line, of(&line.found), of(&line.allowed))
}

/// What is known of an action that waits, was refused or of which nobody can tell, in the reader's language as far as the
/// sentence is listed.
pub fn detail(t: &Texts, english: &str) -> String {
    if !t.has_sentences() {
        return english.to_owned();
    }
    let tables = [Book::Outbox, Book::Tickets, Book::Cases].map(|book| t.book(book));
    dutch::said(&tables, english, &|_| None).unwrap_or_else(|| english.to_owned())
}

/// Why a ticket system did not take what we asked of it: what we say ourselves in the reader's language, and what is the
/// system's own marked as such.
pub fn by_ticket(t: &Texts, english: &str) -> String {
    if dutch::said(&[dutch::TICKETS], english, &|_| None).is_none() {
        return format!("{}: \u{201c}{english}\u{201d}", t.privacy().ticket_own_words);
    }
    let own = dutch::said(&[t.book(Book::Tickets)], english, &|_| None);
    own.unwrap_or_else(|| english.to_owned())
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
        assert_eq!(nl("reason: allowed: 0 to 5"), "reden: mag: 0 tot 5");
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
                        let dutch = dutch::said(&[dutch::DUTY], &example, &|_| None);
                        assert!(dutch.is_some(), "{folder}: '{sentence}' has no Dutch");
                    }
                }
            }
        }
        assert!(seen > 30, "{seen} sentences found");
    }

    /// A text as it stands in a source, without what its quotes need, and what varies in it as `{}`.
    fn plain(literal: &str) -> (String, String) {
        let mut lines = literal.split("\\\n");
        let mut whole = lines.next().unwrap_or_default().to_owned();
        lines.for_each(|line| whole.push_str(line.trim_start()));
        let whole = whole.replace("\\\"", "\"");
        let parts = whole.split(['{', '}']).enumerate();
        let open = parts.map(|(n, part)| if n % 2 == 0 { part } else { "{}" }).collect();
        (whole, open)
    }

    /// Every text with a blank in it that stands in a statement which refuses something.
    fn refusals(source: &str) -> Vec<(String, String)> {
        const MARKS: [&str; 10] = [
            "efused(",
            "nvalid(",
            "wrong(",
            "bad(",
            "Invalid {",
            "let why =",
            "let what =",
            "Err(",
            "#[error(",
            "&str =",
        ];
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<&str> = source.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        let code = code.join("\n").replace("'\"'", "''");
        let (mut found, mut statement, mut rest) = (Vec::new(), String::new(), code.as_str());
        while let Some((before, quoted)) = rest.split_once('"') {
            statement.push_str(before);
            let after = |end: &str| statement.rfind(end).map_or(0, |at| at + end.len());
            let block = statement.rfind("{\n").filter(|at| !statement[..=*at].ends_with("Invalid {"));
            let begin = after(";\n").max(after("}\n")).max(block.map_or(0, |at| at + 2));
            statement = statement.split_off(begin);
            let mut escaped = false;
            let end = quoted.find(|c: char| {
                let is_end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                is_end
            });
            let Some((literal, after)) = end.map(|at| (&quoted[..at], &quoted[at + 1..])) else { break };
            rest = after;
            if literal.contains(' ') && MARKS.iter().any(|mark| statement.contains(mark)) {
                found.push(plain(literal));
            }
        }
        found
    }

    /// Whoever writes a new refusal writes its Dutch.
    #[test]
    fn every_refusal_of_casework_tokens_and_privacy_has_its_dutch() {
        // Words between others, and what no page shows.
        const OTHER: [&str; 4] = ["needs an answer", " and ", " and of ", "brands: {}"];
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = vec![root.join("tokens.rs")];
        for folder in ["casework", "casework/protocols", "casework/promising", "casework/surveying"] {
            let all = std::fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path());
            files.extend(all.filter(|path| path.extension().is_some_and(|e| e == "rs")));
        }
        let privacy = ["customers", "erasing", "finding", "holding", "sending"];
        files.extend(privacy.map(|name| root.join(format!("privacy/{name}.rs"))));
        let mut seen = 0;
        for file in files {
            for (whole, open) in refusals(&std::fs::read_to_string(&file).unwrap()) {
                if OTHER.contains(&open.as_str()) || !open.contains(|c: char| c.is_alphabetic()) {
                    continue;
                }
                seen += 1;
                let example = open.replace("{}", "7");
                // What varies may follow a sentence that stands by itself.
                let forms = [whole, format!("{example} 7"), example];
                let has = |form: &String| told(&NL, form) != *form || mistake(&NL, form) != *form;
                assert!(forms.iter().any(has), "{}: '{open}' has no Dutch", file.display());
            }
        }
        assert!(seen > 200, "{seen} refusals found");
    }

    #[test]
    fn mistakes_in_what_leads_write_are_said_in_dutch_with_their_place() {
        let nl = |text: &str| mistake(&NL, text);
        assert_eq!(
            nl("line:3: policy[0].targets: empty; a policy needs at least one target"),
            "regel 3: policy[0].targets: leeg; een beleid heeft ten minste \u{e9}\u{e9}n doel nodig"
        );
        assert_eq!(
            nl(
                "line:9: calendar[0].zone: 'Europe/Amsterdm'; wanted is an IANA time zone such as Europe/Amsterdam (did you mean 'Europe/Amsterdam'?)"
            ),
            "regel 9: calendar[0].zone: 'Europe/Amsterdm'; nodig is een IANA-tijdzone zoals Europe/Amsterdam (bedoelde je 'Europe/Amsterdam'?)"
        );
        assert_eq!(
            nl(
                "line:4: calendar[0].mon[1]: '22:00-03:00' and '23:00-24:00' overlap; '22:00-03:00' ends before it begins, so it runs over midnight; wanted are openings that at most touch"
            ),
            "regel 4: calendar[0].mon[1]: '22:00-03:00' en '23:00-24:00' overlappen; '22:00-03:00' eindigt voor ze begint, en loopt dus over middernacht; nodig zijn openingstijden die elkaar hoogstens raken"
        );
        assert_eq!(
            nl("calendar[0]: empty: it never opens; wanted is one"),
            "calendar[0]: leeg: ze gaat nooit open; nodig is er \u{e9}\u{e9}n"
        );
        assert_eq!(
            nl("line:2:7: invalid key; wanted is TOML"),
            "regel 2:7: \u{201c}invalid key\u{201d}; nodig is TOML"
        );
        assert_eq!(nl("text: empty; wanted is a text"), "tekst: leeg; nodig is een tekst");
        assert_eq!(nl("text: no variable {x}; allowed are {name}"), "tekst: geen variabele {x}; mag: {name}");
        assert_eq!(nl("kind: wanted is one of the list"), "soort: kies er een uit de lijst");
        assert_eq!(nl("something that nobody listed"), "something that nobody listed");
        let english = "line:1: policy[0].name: missing; it has to be there";
        assert_eq!(mistake(&EN, english), english);
        assert_eq!(nl(english), "regel 1: policy[0].name: ontbreekt; het moet er staan");
    }
}
