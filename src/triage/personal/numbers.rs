//! Telephone, bank, card and citizen numbers and dates of birth: by shape and check digits.
//!
//! A number is read as people write it, with spaces, dots, dashes and brackets between its digits.
//! A number that is part of a word, a handle, a tag or an address on the web is left alone.

use super::{data, hints};
use crate::domain::judgement::{PersonalData, PersonalDataKind};

/// A stretch of digits and what people put between them.
struct Run {
    start: usize,
    end: usize,
    digits: Digits,
    plus: bool,
    /// How many groups of digits, and the shortest and longest of them.
    groups: usize,
    separators: u8,
}

/// The digits of a run, no more than matter.
#[derive(Clone, Copy)]
struct Digits {
    list: [u8; DIGITS_MAX + 1],
    count: usize,
}

impl Default for Digits {
    fn default() -> Self {
        Self { list: [0; DIGITS_MAX + 1], count: 0 }
    }
}

impl Digits {
    /// Adds a digit; beyond the last that matters it only stays too long.
    fn push(&mut self, digit: u8) {
        if let Some(slot) = self.list.get_mut(self.count) {
            *slot = digit;
            self.count += 1;
        }
    }
}

impl std::ops::Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.list[..self.count]
    }
}

const DOT: u8 = 1;
const DASH: u8 = 2;
const SLASH: u8 = 4;
const SPACE: u8 = 8;
const BRACKET: u8 = 16;
/// No number of anybody has more digits.
const DIGITS_MAX: usize = 34;

/// Finds numbers; what has check digits first.
pub fn find(text: &str, found: &mut Vec<PersonalData>) {
    let bytes = text.as_bytes();
    ibans(bytes, found);
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'0'..=b'9' | b'+' | b'(') {
            at += 1;
            continue;
        }
        match read(bytes, at) {
            Some(run) => {
                at = run.end.max(at + 1);
                match kind(text, &run) {
                    Some(kind) => found.push(data(kind, run.start, run.end)),
                    None => found.extend(within(text, &run)),
                }
            }
            None => at += 1,
        }
    }
}

fn read(bytes: &[u8], start: usize) -> Option<Run> {
    let plus = bytes[start] == b'+';
    let mut run = Run { start, end: start, digits: Digits::default(), plus, groups: 0, separators: 0 };
    let mut at = start + usize::from(plus);
    let mut in_digits = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                run.groups += usize::from(!in_digits);
                in_digits = true;
                run.digits.push(byte - b'0');
                run.end = at + 1;
            }
            b' ' | b'.' | b'-' | b'/' | b'(' | b')' => {
                // One separator between groups; brackets may stand beside a space.
                let doubled = at > start && bytes[at - 1] == byte;
                if doubled || (run.digits.is_empty() && byte != b'(') {
                    break;
                }
                if bytes[at + 1..].iter().take(2).any(u8::is_ascii_digit) {
                    run.separators |= match byte {
                        b'.' => DOT,
                        b'-' => DASH,
                        b'/' => SLASH,
                        b' ' => SPACE,
                        _ => BRACKET,
                    };
                }
                in_digits = false;
            }
            _ => break,
        }
        at += 1;
    }
    (!run.digits.is_empty()).then_some(run)
}

/// A number that stands between other numbers, parted from them by spaces: a card before the month in which it ends, a
/// telephone number behind that of a house.
fn within(text: &str, run: &Run) -> Option<PersonalData> {
    /// More groups are a list of numbers.
    const GROUPS_MAX: usize = 12;
    if run.groups > GROUPS_MAX || run.separators & SPACE == 0 {
        return None;
    }
    let bytes = text.as_bytes();
    let starts = (run.start..run.end).filter(|i| *i == run.start || bytes[*i - 1] == b' ');
    for start in starts.filter(|i| matches!(bytes[*i], b'0'..=b'9' | b'+' | b'(')) {
        for end in (start + 7..=run.end).rev().filter(|i| *i == run.end || bytes[*i] == b' ') {
            let part = read(&bytes[..end], start).filter(|part| part.end == end && part.groups < run.groups);
            if let Some(kind) = part.and_then(|part| sure(text, &part)) {
                return Some(data(kind, start, end));
            }
        }
    }
    None
}

/// What a number is by its shape alone, where that leaves no doubt.
fn sure(text: &str, run: &Run) -> Option<PersonalDataKind> {
    let count = run.digits.len();
    if is_part(text, run) || run.groups > 5 {
        return None;
    }
    if (13..=19).contains(&count) && !run.plus && luhn(&run.digits) && issuer(&run.digits) {
        return Some(PersonalDataKind::Card);
    }
    let whole = run.plus || (run.digits[0] == 0 && count == 10 && matches!(run.groups, 1 | 2 | 5));
    (whole && is_phone(run, false)).then_some(PersonalDataKind::Phone)
}

/// Whether the bytes around a run make it part of something else.
fn is_part(text: &str, run: &Run) -> bool {
    let before = text[..run.start].chars().next_back();
    let after = text[run.end..].chars().next();
    let glued = |c: Option<char>| {
        c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '#' | '%' | '='))
    };
    let money = |c: Option<char>| c.is_some_and(|c| matches!(c, '€' | '$' | '£' | '¥' | '₽' | ':' | '/'));
    let rest = &text.as_bytes()[run.end..];
    let decimals = matches!(rest, [b',' | b':', d, ..] if d.is_ascii_digit());
    let spaced_money = text[..run.start].trim_end().ends_with(['€', '$', '£', '¥']);
    // The number within a bank account whose check digits are wrong is no telephone number.
    let bank = text.as_bytes()[..run.start].last_chunk::<10>().is_some_and(|head| {
        let letters = |part: &[u8]| part.iter().all(u8::is_ascii_alphabetic);
        letters(&head[..2]) && head[2].is_ascii_digit() && head[3].is_ascii_digit() && letters(&head[5..9])
    });
    let glued_before = bank || glued(before) || before == Some('/') || before == Some('-');
    glued_before
        || glued(after)
        || money(after)
        || matches!(before, Some('€' | '$' | '£' | '¥'))
        || decimals
        || spaced_money
}

fn kind(text: &str, run: &Run) -> Option<PersonalDataKind> {
    let count = run.digits.len();
    // A day may be written with six digits (3-4-1985, 03-04-85); everything else has more.
    let is_day = is_date(run, text);
    if !(is_day || (7..=DIGITS_MAX).contains(&count)) || is_part(text, run) {
        return None;
    }
    let before = hints::before(text, run.start);
    let near = |list: &[&str], reach: usize| hints::distance(&before, list).is_some_and(|d| d <= reach);
    if is_day {
        return near(hints::BIRTH, 16).then_some(PersonalDataKind::BirthDate);
    }
    if (13..=19).contains(&count) && !run.plus && luhn(&run.digits) && issuer(&run.digits) {
        return Some(PersonalDataKind::Card);
    }
    // One in eleven of all numbers passes the test, so a word has to say what it is: before it, or right behind it.
    if count == 9 && eleven(&run.digits) {
        let behind = || hints::distance(&hints::after(text, run.end), hints::BSN).is_some();
        if near(hints::BSN, 20) || (!near(hints::REFERENCE, 16) && behind()) {
            return Some(PersonalDataKind::Bsn);
        }
    }
    if near(hints::REFERENCE, 16) && !near(hints::PHONE, 3) && !run.plus {
        return None; // The rule for references takes it.
    }
    is_phone(run, near(hints::PHONE, 20)).then_some(PersonalDataKind::Phone)
}

fn is_phone(run: &Run, hinted: bool) -> bool {
    let count = run.digits.len();
    if count > 15 || run.separators.count_ones() > 3 || (run.separators & SLASH != 0 && run.groups != 2) {
        return false;
    }
    if is_service(&run.digits) {
        return false;
    }
    let first = run.digits[0];
    if run.plus {
        return national(&run.digits);
    }
    if first == 0 && run.digits[1] == 0 && count >= 11 {
        return national(&run.digits[2..]);
    }
    if first == 0 {
        return (9..=12).contains(&count);
    }
    // Without a leading zero: Norway, Spain, Portugal, Russia, North America, when grouped or hinted.
    let grouped = run.groups >= 3 && run.separators & (SPACE | DASH | BRACKET) != 0;
    match count {
        8 => hinted || (run.groups >= 3 && matches!(first, 4 | 9)),
        9 => hinted || (grouped && matches!(first, 6 | 7 | 9)),
        11 if run.digits.starts_with(&[8, 9]) => true, // A Russian mobile number, as it is dialled there.
        10 | 11 => hinted || (grouped && (run.separators & (DASH | BRACKET) != 0)),
        _ => hinted && count <= 12,
    }
}

/// Whether a number is free or dear to call: those are of companies and of nobody's home.
fn is_service(digits: &[u8]) -> bool {
    match digits {
        [0, 8 | 9, 0, 0, ..] => true,
        [1, 8, a, b, ..] => digits.len() == 11 && a == b && matches!(*a, 0 | 3..=8),
        _ => false,
    }
}

/// Whether the digits after a plus are a country's code and as many digits as its numbers have.
fn national(digits: &[u8]) -> bool {
    /// Codes and the fewest and most digits after them; other countries have 7 to 12 in all.
    const COUNTRIES: [(&[u8], usize, usize); 24] = [
        (&[1], 10, 10),
        (&[7], 10, 10),
        (&[3, 0], 10, 10),
        (&[3, 1], 9, 9),
        (&[3, 2], 8, 9),
        (&[3, 3], 9, 9),
        (&[3, 4], 9, 9),
        (&[3, 5, 1], 9, 9),
        (&[3, 5, 2], 6, 9),
        (&[3, 5, 3], 7, 9),
        (&[3, 5, 8], 6, 10),
        (&[3, 8, 0], 9, 9),
        (&[3, 9], 8, 11),
        (&[4, 1], 9, 9),
        (&[4, 3], 7, 12),
        (&[4, 4], 9, 10),
        (&[4, 5], 8, 8),
        (&[4, 6], 7, 9),
        (&[4, 7], 8, 8),
        (&[4, 8], 9, 9),
        (&[4, 9], 7, 11),
        (&[5, 2], 10, 10),
        (&[5, 5], 10, 11),
        (&[8, 1], 9, 10),
    ];
    // People keep the trunk zero: +31 (0)6.
    let trunk = |rest: &[u8]| rest.len() - usize::from(rest.first() == Some(&0));
    match COUNTRIES.iter().find(|(code, ..)| digits.starts_with(code)) {
        Some((code, fewest, most)) => (*fewest..=*most).contains(&trunk(&digits[code.len()..])),
        None => (9..=14).contains(&digits.len()) && matches!(digits, [2 | 5 | 6 | 8 | 9, ..]),
    }
}

/// Day, month and year, or year, month and day.
fn is_date(run: &Run, text: &str) -> bool {
    if run.plus || run.groups != 3 || !(5..=8).contains(&run.digits.len()) {
        return false;
    }
    let parts: Vec<&str> =
        text[run.start..run.end].split(['-', '/', '.', ' ']).filter(|p| !p.is_empty()).collect();
    let [a, b, c] = parts[..] else { return false };
    let number = |p: &str| p.parse::<u32>().unwrap_or(0);
    let year = |p: &str| p.len() == 4 && (1900..=2100).contains(&number(p));
    let day_month = |d: &str, m: &str| (1..=31).contains(&number(d)) && (1..=31).contains(&number(m));
    (year(c) && day_month(a, b))
        || (year(a) && day_month(b, c))
        || (c.len() == 2 && a.len() <= 2 && day_month(a, b))
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(*d);
            if i % 2 == 0 {
                d
            } else if d > 4 {
                d * 2 - 9
            } else {
                d * 2
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether a card can begin like this: Visa, Mastercard, American Express, Maestro, JCB, Discover.
fn issuer(digits: &[u8]) -> bool {
    matches!(digits, [4..=6, ..] | [2, 2..=7, ..] | [3, 4..=7, ..])
}

/// The eleven test of citizen service numbers.
fn eleven(digits: &[u8]) -> bool {
    let weights = [9i32, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i32 = digits.iter().zip(weights).map(|(d, w)| i32::from(*d) * w).sum();
    sum != 0 && sum % 11 == 0
}

/// Two letters, two check digits and up to thirty letters and digits, in groups or not.
fn ibans(bytes: &[u8], found: &mut Vec<PersonalData>) {
    let mut at = 0;
    while at + 15 <= bytes.len() {
        let opens = bytes[at].is_ascii_alphabetic()
            && bytes[at + 1].is_ascii_alphabetic()
            && bytes[at + 2].is_ascii_digit()
            && bytes[at + 3].is_ascii_digit()
            && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        match opens.then(|| iban(bytes, at)).flatten() {
            Some(end) => {
                found.push(data(PersonalDataKind::Iban, at, end));
                at = end;
            }
            None => at += 1,
        }
    }
}

/// The end of the longest stretch from `start` that passes mod 97.
fn iban(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut signs, mut at, mut end) = (Vec::with_capacity(34), start, None);
    while signs.len() < 34 {
        match bytes.get(at) {
            Some(b) if b.is_ascii_alphanumeric() => signs.push(b.to_ascii_uppercase()),
            // Groups of four, as banks print it or with other signs between; words that follow are not part of it.
            Some(b' ' | b'-' | b'.')
                if signs.len().is_multiple_of(4)
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) =>
            {
                at += 1;
                continue;
            }
            _ => break,
        }
        at += 1;
        let closed = bytes.get(at).is_none_or(|b| !b.is_ascii_alphanumeric());
        if signs.len() >= 15 && closed && mod97(&signs) {
            end = Some(at);
        }
    }
    end
}

fn mod97(signs: &[u8]) -> bool {
    let (head, tail) = signs.split_at(4);
    let value = tail.iter().chain(head).fold(0u32, |rest, sign| match sign {
        b'0'..=b'9' => (rest * 10 + u32::from(sign - b'0')) % 97,
        _ => (rest * 100 + u32::from(sign - b'A') + 10) % 97,
    });
    value == 1
}
