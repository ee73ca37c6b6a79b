//! Words of customers for readers who may not know who they are: without handles, names, addresses, numbers, and
//! whatever else our detectors find; names of colleagues are taken out too.

use crate::domain::judgement::PersonalData;
use crate::domain::text::excerpt;
use crate::store::office::Worded;
use crate::triage::personal;

/// What stands where something was taken out.
const COVER: &str = "[…]";
/// Longest example, in characters.
const CHARS_MAX: usize = 300;

/// The words of a message, pseudonymised; `colleagues` are names that must not stand in them either.
pub fn pseudonymised(worded: &Worded, colleagues: &[String]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(worded.body.as_deref()?).ok()?;
    let text = body.get("text")?.as_str()?;
    let mut places: Vec<(usize, usize)> = Vec::new();
    let noted: Vec<PersonalData> = serde_json::from_str(&worded.personal_data).unwrap_or_default();
    let mut found = Vec::new();
    personal::find_into(text, &[], &mut found);
    places.extend(noted.iter().chain(&found).map(|d| (d.start, d.end)));
    places.extend(handles_and_links(text));
    places.extend(numbers(text));
    for name in names(worded.profile.as_deref()).iter().chain(colleagues) {
        places.extend(standing(text, name));
    }
    let masked = without(text, places);
    let one_line = masked.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(excerpt(&one_line, CHARS_MAX))
}

/// The names of an author and their parts.
fn names(profile: Option<&str>) -> Vec<String> {
    let profile: serde_json::Value = profile.and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
    let of = |key: &str| profile.get(key).and_then(|n| n.as_str()).unwrap_or_default().to_owned();
    let (name, handle) = (of("name"), of("handle"));
    let local = handle.trim_start_matches('@').split(['@', '.']).next().unwrap_or_default().to_owned();
    let parts = |whole: &str| -> Vec<String> {
        whole.split(|c: char| !c.is_alphanumeric()).map(ToOwned::to_owned).collect()
    };
    let all = parts(&name).into_iter().chain(parts(&local)).chain([name, handle, local]);
    all.filter(|n| says_enough(n)).collect()
}

/// Whether a part of a name may be looked for anywhere: two letters would cover half of a text in Latin script,
/// and are whole names in others.
fn says_enough(name: &str) -> bool {
    name.trim().chars().count() >= if name.is_ascii() { 3 } else { 2 }
}

/// Where a name stands in a text, whatever its case.
fn standing(text: &str, name: &str) -> Vec<(usize, usize)> {
    let wanted: Vec<char> = name.trim().chars().flat_map(char::to_lowercase).collect();
    if !says_enough(name) {
        return Vec::new();
    }
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    for first in 0..letters.len() {
        let mut end = first;
        let mut left = wanted.as_slice();
        while let (Some((_, letter)), false) = (letters.get(end), left.is_empty()) {
            let lower: Vec<char> = letter.to_lowercase().collect();
            let Some(rest) = left.strip_prefix(lower.as_slice()) else { break };
            (left, end) = (rest, end + 1);
        }
        if left.is_empty() {
            found.push((letters[first].0, letters.get(end).map_or(text.len(), |l| l.0)));
        }
    }
    found
}

/// Handles, hashtags are left, web addresses are not.
fn handles_and_links(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let lower = bare.to_lowercase();
        if lower.contains('@') || lower.contains("://") || lower.contains("www.") {
            found.push((at, at + bare.len()));
        }
        at += word.len();
    }
    found
}

/// Numbers of three digits and more, however they are written apart: what is counted in words or with two digits
/// ('3 weeks', '24 hours') tells nobody who somebody is.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    let digits = text.char_indices().filter(|(_, letter)| letter.is_numeric());
    for (from, to) in digits.map(|(at, letter)| (at, at + letter.len_utf8())) {
        // One sign between digits belongs to the number.
        let joins = |end: usize| {
            let gap = text.get(end..from).unwrap_or_default();
            gap.is_empty() || matches!(gap, " " | "-" | "." | "/" | "(" | ")")
        };
        match runs.last_mut() {
            Some(run) if joins(run.1) => (run.1, run.2) = (to, run.2 + 1),
            _ => runs.push((from, to, 1)),
        }
    }
    runs.into_iter().filter(|(.., digits)| *digits > 2).map(|(from, to, _)| (from, to)).collect()
}

/// Words of a colleague for people who may not know names: those of colleagues, and what our detectors find, are covered.
/// Here names count where they stand as words of their own, for these words were written with care.
pub fn without_names(text: &str, colleagues: &[String]) -> String {
    let alone = |(from, to): &(usize, usize)| {
        let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        ends(text.get(..*from).and_then(|t| t.chars().next_back()))
            && ends(text.get(*to..).and_then(|t| t.chars().next()))
    };
    let mut places: Vec<(usize, usize)> =
        colleagues.iter().flat_map(|name| standing(text, name)).filter(alone).collect();
    let mut found = Vec::new();
    personal::find_into(text, &[], &mut found);
    places.extend(found.iter().map(|d| (d.start, d.end)));
    without(text, places)
}

/// A text with covers over places, however they overlap.
fn without(text: &str, mut places: Vec<(usize, usize)>) -> String {
    places.retain(|(from, to)| from < to && text.get(*from..*to).is_some());
    places.sort_unstable();
    let (mut out, mut at) = (String::new(), 0);
    for (from, to) in places {
        if from >= at {
            out.push_str(text.get(at..from).unwrap_or_default());
            out.push_str(COVER);
        }
        at = at.max(to);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, name: &str, handle: &str) -> String {
        let worded = Worded {
            mention_id: "m".into(),
            body: Some(serde_json::json!({ "text": text }).to_string()),
            profile: Some(serde_json::json!({ "name": name, "handle": handle }).to_string()),
            personal_data: "[]".into(),
        };
        pseudonymised(&worded, &["Willemijn".to_owned()]).unwrap()
    }

    #[test]
    fn nothing_is_left_by_which_somebody_could_be_known() {
        let text = "@Acme Sanne de Vries here, WILLEMIJN promised to call 06 12345678 or mail sanne@example.org, \
                    see https://x.example/sanne/1 #fail";
        let found = shown(text, "Sanne de Vries", "sanne_v@toot.example");
        for part in ["Sanne", "sanne", "Vries", "WILLEMIJN", "12345678", "example", "@"] {
            assert!(!found.contains(part), "{part} in {found}");
        }
        assert!(found.contains("promised to call") && found.contains("#fail"), "{found}");
    }

    #[test]
    fn numbers_are_covered_and_small_counts_are_left() {
        let found = shown("order 88 41-20 since 3 weeks, meter ４５６, 24 hours, €1.250", "x", "y");
        assert_eq!(found, "order […] since 3 weeks, meter […], 24 hours, €[…]");
        let names = ["Willemijn".to_owned(), "Jan".to_owned()];
        assert_eq!(
            without_names("ask Willemijn in January, not jan!", &names),
            "ask […] in January, not […]!"
        );
    }

    #[test]
    fn names_are_found_however_they_are_written_together() {
        for (name, handle) in
            [("Sanne🌷", "x"), ("Sanne-Marie", "x"), ("(Sanne), NL", "x"), ("", "sanne_vries@toot.example")]
        {
            let found = shown("Sanne here, still no mechanic", name, handle);
            assert!(!found.contains("Sanne") && found.contains("no mechanic"), "{name} {handle}: {found}");
        }
        assert!(!shown("田中です。届きません", "田中", "x").contains("田中"));
    }

    #[test]
    fn letters_that_change_their_length_are_no_trouble() {
        assert_eq!(shown("İstanbul İPEK wrote", "İpek", "x"), "İstanbul […] wrote");
        assert_eq!(shown("", "Jan", "x"), "");
        assert!(shown(&"long ".repeat(200), "Jan", "x").chars().count() <= 301);
    }
}
