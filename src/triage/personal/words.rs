//! Mail addresses, booking and order numbers, and postal addresses: by their shape and by hints.
//!
//! A reference without a hint counts only in a shape that nothing else has. A street counts only
//! with its number. Whether an address exists is never asked.

use super::{data, hints};
use crate::domain::judgement::{PersonalData, PersonalDataKind};

/// Words that may stand between a hint and its number.
const FILLERS: [&str; 6] = ["number", "nummer", "numero", "numéro", "número", "номер"];
/// Letters and digits of a reference at most.
const REFERENCE_MAX: usize = 24;

/// Whether a text without digits may still hold a reference: six capitals in a row.
pub fn may_hold_reference(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|w| w.iter().all(u8::is_ascii_uppercase))
}

/// Finds mail addresses.
pub fn mails(text: &str, found: &mut Vec<PersonalData>) {
    let bytes = text.as_bytes();
    let local = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'%');
    let host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let mut floor = 0;
    for at in (0..bytes.len()).filter(|i| bytes[*i] == b'@') {
        let start = (floor..at).rev().take_while(|i| local(bytes[*i])).last().unwrap_or(at);
        let mut end = at + 1;
        while bytes.get(end).copied().is_some_and(host) {
            end += 1;
        }
        floor = at + 1;
        while end > at + 1 && !bytes[end - 1].is_ascii_alphanumeric() {
            end -= 1;
        }
        let dotted =
            text[at + 1..end].rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && top.len() >= 2);
        // `@user@server` is a handle and no mail address.
        let handle = start > 0 && bytes[start - 1] == b'@';
        if start < at && dotted && !handle {
            found.push(data(PersonalDataKind::Email, start, end));
            floor = end;
        }
    }
}

/// Finds booking, order and customer numbers.
pub fn references(text: &str, found: &mut Vec<PersonalData>) {
    for (start, word) in ascii_words(text) {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let upper = word.bytes().filter(u8::is_ascii_uppercase).count();
        let lower = word.bytes().filter(u8::is_ascii_lowercase).count();
        let likely =
            digits >= 4 || (digits >= 1 && upper >= 3 && word.len() >= 5) || (upper == 6 && word.len() == 6);
        if !likely || lower > 0 || word.len() > REFERENCE_MAX || is_taken(text, start, word) {
            continue;
        }
        if is_parcel(word) || is_hinted(text, start, word, digits) {
            found.push(data(PersonalDataKind::Reference, start, start + word.len()));
        }
    }
}

/// Words of ASCII letters, digits and inner dashes, with where they begin.
fn ascii_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !bytes[at].is_ascii_alphanumeric() {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && inside(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, text[start..at].trim_end_matches('-')))
    })
}

/// Whether a word belongs to a handle, a tag, an amount, a time or a web address.
fn is_taken(text: &str, start: usize, word: &str) -> bool {
    let before = text[..start].chars().next_back();
    let end = start + word.len();
    let after = &text.as_bytes()[end..];
    let part_before =
        before.is_some_and(|c| matches!(c, '@' | '/' | '_' | '=' | '.' | ',' | '€' | '$' | '£' | '+'));
    let after_part = matches!(after, [b'_' | b'/' | b'@' | b'%' | b'=', ..])
        || matches!(after, [b'.' | b',' | b':', d, ..] if d.is_ascii_digit());
    let numbered = before == Some('#') && !word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    part_before || after_part || numbered
}

/// A parcel code as carriers print it: `3S` or two letters, then nine digits or more.
fn is_parcel(word: &str) -> bool {
    let bytes = word.as_bytes();
    let dutch =
        word.starts_with("3S") && bytes.len() >= 12 && bytes[2..].iter().all(u8::is_ascii_alphanumeric);
    let postal = bytes.len() == 13
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..11].iter().all(u8::is_ascii_digit)
        && bytes[11..].iter().all(u8::is_ascii_uppercase);
    dutch || postal
}

fn is_hinted(text: &str, start: usize, word: &str, digits: usize) -> bool {
    let before = hints::before(text, start);
    let Some(distance) = hints::distance(&before, hints::REFERENCE) else { return false };
    let between = &before[before.len() - distance..];
    // Words between hint and number, such as "order met nummer 123", but no other sentence.
    if distance > 20
        || between.contains(['.', '!', '?']) && !between.contains("nr.") && !between.contains("no.")
    {
        return false;
    }
    let year = word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
    if digits == 0 {
        // Six capitals are a booking code only right after the hint and where nobody shouts.
        let shouted = text[..start].bytes().filter(u8::is_ascii_uppercase).count() > 6;
        return between.chars().filter(|c| c.is_alphanumeric()).count() <= 2 && !shouted;
    }
    // "ticket for flight 4009", "website refers to 1-800": short numbers need their hint right before.
    let letters_between = between.chars().filter(|c| c.is_alphabetic()).count();
    let filler = FILLERS.iter().any(|f| between.contains(f));
    if word.len() < 6 && word.bytes().all(|b| !b.is_ascii_uppercase()) && letters_between > 5 && !filler {
        return false;
    }
    if word.starts_with("1-8") || word.starts_with("800-") {
        return false;
    }
    // "booking on KL1234": a flight number is not a reference.
    let bytes = word.as_bytes();
    let letters = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let flight = letters == 2 && bytes.len() <= 6 && bytes[2..].iter().all(u8::is_ascii_digit);
    !year && !flight
}

/// Finds Dutch postcodes with a house number, and streets with theirs.
pub fn addresses(text: &str, found: &mut Vec<PersonalData>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        let glued = start > 0
            && (bytes[start - 1].is_ascii_alphanumeric() || matches!(bytes[start - 1], b'#' | b'@' | b'/'));
        if glued || at - start > 5 {
            continue;
        }
        let lettered = matches!(bytes.get(at), Some(b'a'..=b'c' | b'A'..=b'C'))
            && bytes.get(at + 1).is_none_or(|b| !b.is_ascii_alphanumeric() && b.is_ascii());
        let house = at + usize::from(lettered);
        let find = postcode(bytes, start, at).or_else(|| street(text, start, house));
        if let Some((from, to)) = find {
            found.push(data(PersonalDataKind::Address, from, to));
            at = to.max(at);
        }
    }
}

/// `1234 AB 12`.
fn postcode(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    if end - start != 4 || bytes[start] == b'0' {
        return None;
    }
    let skip = |mut at: usize| {
        while matches!(bytes.get(at), Some(b' ' | b',')) {
            at += 1;
        }
        at
    };
    let letters = skip(end);
    let two = bytes.get(letters..letters + 2)?;
    if letters > end + 1 || !two.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let number = skip(letters + 2);
    let length = bytes.get(number..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    let closed = bytes.get(number + length).is_none_or(|b| !matches!(b, b':' | b'%'));
    ((1..=4).contains(&length) && number <= letters + 5 && number > letters + 2 && closed)
        .then_some((start, number + length))
}

/// Ends of words that are streets, and words that stand before or after a street's name.
const ENDS: [&str; 18] = [
    "straat", "laan", "weg", "plein", "gracht", "kade", "singel", "dreef", "steeg", "hof", "straße",
    "strasse", "gasse", "allee", "platz", "veien", "gata", "gaten",
];
/// Words that end so and are no streets.
const NO_STREETS: [&str; 19] = [
    "onderweg",
    "snelweg",
    "autosnelweg",
    "spoorweg",
    "heenweg",
    "terugweg",
    "omweg",
    "uitweg",
    "hinweg",
    "rückweg",
    "heimweg",
    "umweg",
    "bahnhof",
    "hauptbahnhof",
    "friedhof",
    "sitzplatz",
    "fensterplatz",
    "parkplatz",
    "arbeitsplatz",
];
const BEFORE: [&str; 15] = [
    "rue",
    "avenue",
    "boulevard",
    "calle",
    "avenida",
    "plaza",
    "via",
    "viale",
    "piazza",
    "rua",
    "travessa",
    "улица",
    "ул.",
    "проспект",
    "impasse",
];
const AFTER: [&str; 8] = ["street", "road", "avenue", "lane", "drive", "rd", "ave", "close"];

/// Longest name of a street that is one; what has no blanks in it is looked at once for each of its numbers.
const STREET_BYTES_MAX: usize = 100;

fn street(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let head = text[..start].trim_end_matches([' ', ',']);
    let rest = text.get(end..).unwrap_or_default();
    // "Dorpsweg 3 keer" is no address, and a time or an amount is no house number.
    let counted =
        rest.starts_with([':', '%', ',', '.']) && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if counted {
        return None;
    }
    let last = head.rsplit(' ').next().unwrap_or_default();
    let named = last.chars().next().is_some_and(char::is_uppercase) && last.len() <= STREET_BYTES_MAX;
    let lower = if named { last.to_lowercase() } else { String::new() };
    let is_street = ENDS.iter().any(|e| lower.ends_with(e) && lower.len() > e.len() + 1);
    if named && is_street && !NO_STREETS.contains(&lower.as_str()) {
        return Some((head.len() - last.len(), end));
    }
    let words: Vec<(usize, &str)> = words_before(head, 4);
    let opener = words
        .iter()
        .position(|(_, w)| w.len() <= STREET_BYTES_MAX && BEFORE.contains(&w.to_lowercase().as_str()));
    let capital = |w: &str| w.chars().next().is_some_and(char::is_uppercase);
    if let Some(i) = opener
        && words[i + 1..].last().is_some_and(|(_, w)| capital(w))
    {
        return Some((words[i].0, end));
    }
    leading_number(rest, start, end)
}

/// `221 Baker Street`, `12 rue des Lilas`.
fn leading_number(rest: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let words_at = rest.len() - rest.strip_prefix([',', ' '])?.trim_start_matches(' ').len();
    let (mut at, mut opened) = (words_at, false);
    for (index, word) in rest.get(words_at..)?.split(' ').take(5).enumerate() {
        let bare = word.trim_end_matches(['.', ',', '!', '?', ';']);
        let lower = bare.to_lowercase();
        let capital = bare.chars().next().is_some_and(char::is_uppercase);
        let closes = opened || (index > 0 && AFTER.contains(&lower.as_str()));
        if capital && closes {
            return Some((start, end + at + bare.len()));
        }
        opened |= index == 0 && BEFORE.contains(&lower.as_str());
        let goes_on = opened || capital;
        if !goes_on || bare != word {
            return None;
        }
        at += word.len() + 1;
    }
    None
}

/// Finds dates of birth with the month in letters, right behind a word that says what they are.
pub fn births(text: &str, found: &mut Vec<PersonalData>) {
    let year = |w: &str| {
        w.len() == 4 && (w.starts_with("19") || w.starts_with("20")) && w.bytes().all(|b| b.is_ascii_digit())
    };
    for (at, _) in ascii_words(text).filter(|(_, word)| year(word)) {
        let end = at + 4;
        let (start, end) = match (day_in_kanji(&text[end..]), day_and_month(&text[..at])) {
            (Some(length), _) => (at, end + length),
            (None, Some(start)) => (start, end),
            (None, None) => continue,
        };
        if hints::distance(&hints::before(text, start), hints::BIRTH).is_some_and(|d| d <= 12) {
            found.push(data(PersonalDataKind::BirthDate, start, end));
        }
    }
}

/// How far `年4月3日` goes behind a year.
fn day_in_kanji(rest: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let month = rest.strip_prefix('年')?;
    let day = month.get(digits(month)..)?.strip_prefix('月')?;
    let last = day.get(digits(day)..)?.strip_prefix('日')?;
    Some(rest.len() - last.len())
}

/// Where `3 april`, `3 de abril de` or `April 3rd,` begins at the end of a text.
fn day_and_month(head: &str) -> Option<usize> {
    let (mut day, mut month) = (false, false);
    for (from, word) in words_before(head.trim_end_matches([' ', ',']), 4).into_iter().rev() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
        let letters = bare.chars().count();
        if !day && (1..=2).contains(&digits) && letters <= digits + 2 {
            day = true;
        } else if !month && letters >= 3 && bare.chars().all(char::is_alphabetic) {
            month = true;
        } else if digits > 0 || letters > 3 {
            return None;
        }
        if day && month {
            return Some(from);
        }
    }
    None
}

/// The last `n` words of a text with where they begin, in order.
fn words_before(head: &str, n: usize) -> Vec<(usize, &str)> {
    let mut words = Vec::with_capacity(n);
    let mut end = head.len();
    for word in head.rsplit(' ').take(n) {
        words.push((end - word.len(), word));
        end = end.saturating_sub(word.len() + 1);
    }
    words.reverse();
    words
}
