//! Sentences and clauses, what stands in them, and whether that is a promise.

use super::when::Times;
use super::words::{DayWord, Length, Words};
use super::{Act, Found, Frame};
use regex::{Captures, Regex};
use std::ops::Range;

/// Longest text that is looked at, in bytes: an answer is never longer.
const BYTES_MAX: usize = 80_000;

/// The promises of a text.
pub fn all(text: &str, words: &Words, frame: &Frame) -> Vec<Found> {
    let text = &text[..text.floor_char_boundary(BYTES_MAX)];
    sentences(text).into_iter().filter_map(|s| one(text, s, words, frame)).collect()
}

/// A sentence, and whether it asks.
struct Sentence {
    place: Range<usize>,
    asks: bool,
}

fn sentences(text: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let (mut from, mut chars) = (0, text.char_indices().peekable());
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |n| n.1);
        let ends = match c {
            '\n' | '。' | '！' | '？' | '!' | '?' => true,
            // A point in an hour, a date ('12. Mai') or 'p.m.' ends nothing.
            '.' => next.is_whitespace() && !is_ordinal(text, at) && !goes_on(text, at),
            _ => false,
        };
        if ends {
            let to = at + c.len_utf8();
            found.push(Sentence { place: from..to, asks: matches!(c, '?' | '？') });
            from = to;
        }
    }
    found.push(Sentence { place: from..text.len(), asks: false });
    found
}

/// Whether the point makes a number a day: '12. Mai', while that of '16:00.' ends a sentence.
fn is_ordinal(text: &str, at: usize) -> bool {
    let head = text[..at].trim_end_matches(|c: char| c.is_ascii_digit());
    let count = at - head.len();
    (1..=2).contains(&count) && head.ends_with(char::is_whitespace)
}

/// Whether a sentence goes on behind a point: 'p.m. on Friday', 'kl. 16'.
fn goes_on(text: &str, at: usize) -> bool {
    let next = text[at + 1..].trim_start().chars().next();
    let mut back = text[..at].chars().rev();
    let noon = matches!((back.next(), back.next()), (Some('m' | 'M'), Some('.')));
    next.is_some_and(|c| c.is_ascii_digit() || noon && c.is_lowercase())
}

/// A text in which what was read is not read again; places stay the same.
struct Left(String);

impl Left {
    fn take(&mut self, place: Range<usize>) {
        let blank = "\u{1}".repeat(place.len());
        self.0.replace_range(place, &blank);
    }

    /// The first match that `fits`, taken out.
    fn first<T>(
        &mut self,
        regex: &Regex,
        fits: impl Fn(&str, &Captures) -> Option<T>,
    ) -> Option<(Range<usize>, T)> {
        let found = regex.captures_iter(&self.0).find_map(|c| {
            let place = c.get(0)?.range();
            Some((place, fits(&self.0, &c)?))
        })?;
        self.take(found.0.clone());
        Some(found)
    }
}

fn one(text: &str, sentence: Sentence, w: &Words, frame: &Frame) -> Option<Found> {
    let Sentence { place, asks } = sentence;
    let words = &text[place.clone()];
    let is = |r: &Option<Regex>, part: &str| r.as_ref().is_some_and(|r| r.is_match(part));
    let harmless = |part: &str| {
        w.fine.as_ref().map_or_else(|| part.to_owned(), |f| f.replace_all(part, " ").into_owned())
    };
    let plain = harmless(words);
    if asks || is(&w.ask, &plain) || is(&w.cond, &plain) {
        return None;
    }
    if w.who.is_some() && !is(&w.who, words) {
        return None;
    }
    let (times, said) = times(words, w)?;
    let clauses = clauses(words, w);
    let clause = |at: usize| clauses.iter().find(|c| c.contains(&at)).cloned().unwrap_or(0..words.len());
    // The act may not be read out of the words for the time: 'end' of the day.
    let mut left = Left(words.to_owned());
    for place in &times {
        left.take(place.clone());
    }
    let blocked = |at: usize| {
        let plain = harmless(&words[clause(at)]);
        [&w.no, &w.past, &w.you].into_iter().any(|r| is(r, &plain))
    };
    let (act, at) = act(&left.0, w)?;
    if blocked(at.start) || times.iter().any(|t| blocked(t.start)) {
        return None;
    }
    let due = frame.due(&said)?;
    let start = times.iter().map(|t| t.start).min()?.min(at.start);
    let end = times.iter().map(|t| t.end).max()?.max(at.end);
    Some(Found { act, due, start: place.start + start, end: place.start + end })
}

fn act(words: &str, w: &Words) -> Option<(Act, Range<usize>)> {
    w.acts.iter().find_map(|(act, r)| Some((*act, r.find(words)?.range())))
}

/// The clauses of a sentence: what is denied in one says nothing of another.
fn clauses(words: &str, w: &Words) -> Vec<Range<usize>> {
    let mut cuts: Vec<usize> = vec![0];
    let mut before = ' ';
    for (at, c) in words.char_indices() {
        let next = words[at + c.len_utf8()..].chars().next().unwrap_or(' ');
        let cut = match c {
            ',' | ';' | ':' | '–' | '—' | '-' => {
                next.is_whitespace() && (matches!(c, ',' | ';' | ':') || before.is_whitespace())
            }
            '、' | '，' => true,
            _ => false,
        };
        before = c;
        if cut {
            cuts.push(at + c.len_utf8());
        }
    }
    cuts.extend(w.but.iter().flat_map(|b| b.find_iter(words).map(|m| m.start())));
    cuts.sort_unstable();
    cuts.push(words.len());
    cuts.windows(2).map(|w| w[0]..w[1]).filter(|r| !r.is_empty()).collect()
}

fn digits(text: &str) -> Option<i64> {
    let plain = |c: char| {
        if ('０'..='９').contains(&c) {
            char::from_u32(c as u32 - '０' as u32 + '0' as u32)
        } else {
            Some(c)
        }
    };
    text.chars().map(plain).collect::<Option<String>>()?.parse().ok()
}

fn named<'a>(c: &Captures<'a>, name: &str) -> Option<&'a str> {
    c.name(name).map(|m| m.as_str())
}

fn number(text: &str, w: &Words) -> Option<i64> {
    digits(text).or_else(|| w.numbers.iter().find(|(_, r)| r.is_match(text)).map(|(n, _)| *n))
}

/// Whether a number that was found stands by itself: no price, no part of a longer one.
fn alone(words: &str, place: &Range<usize>) -> bool {
    let before = words[..place.start].trim_end().chars().next_back();
    let touches = words[..place.start].chars().next_back();
    let mut after = words[place.end..].chars();
    let (next, second) = (after.next().unwrap_or(' '), after.next().unwrap_or(' '));
    let money = words[place.end..].trim_start().to_lowercase();
    let priced = before.is_some_and(|c| "€$£¥₽".contains(c))
        || ["€", "$", "£", "%", "eur", "kr", "руб"].iter().any(|m| money.starts_with(m));
    let begun = touches.is_some_and(|c| c.is_numeric() || matches!(c, '.' | ':' | '/'));
    let goes_on = matches!(next, '.' | ':' | '/' | ',') && second.is_numeric();
    !(priced || begun || goes_on || next.is_numeric())
}

/// What is said of a time, and where.
fn times(words: &str, w: &Words) -> Option<(Vec<Range<usize>>, Times)> {
    let (mut left, mut places, mut said) = (Left(words.to_owned()), Vec::new(), Times::default());
    // 'Good morning' is no time.
    if let Some(greeting) = &w.greet {
        while left.first(greeting, |_, _| Some(())).is_some() {}
    }
    for (length, r) in &w.lengths {
        let found = left.first(r, |_, c| match length {
            Length::Fixed(n, unit) => Some((*n, *unit)),
            Length::Of(unit) => Some((number(named(c, "n")?, w)?, *unit)),
            Length::Counted => {
                let unit = named(c, "unit")?;
                let unit = w.units.iter().find(|(_, r)| r.is_match(unit))?.0;
                Some((number(named(c, "n")?, w)?, unit))
            }
        });
        if let Some((place, length)) = found {
            said.length.get_or_insert(length);
            places.push(place);
        }
    }
    let month = |text: &str| w.months.iter().find(|(_, r)| r.is_match(text)).map(|(n, _)| *n);
    for r in &w.dates {
        let found = left.first(r, |_, c| {
            let month = named(c, "month").map_or_else(|| digits(named(c, "mo")?), month)?;
            let day = digits(named(c, "d")?)?;
            // '24/7' is always, not a day in July.
            let always = c.get(0)?.as_str().trim() == "24/7";
            ((1..=12).contains(&month) && (1..=31).contains(&day) && !always).then_some((day, month))
        });
        if let Some((place, date)) = found {
            said.before |= w.before.as_ref().is_some_and(|b| b.is_match(&words[..place.start]));
            said.date.get_or_insert(date);
            places.push(place);
        }
    }
    for (how, r) in &w.clocks {
        while let Some((place, (h, m))) = left.first(r, |left, c| {
            let place = c.get(0)?.range();
            let minute = named(c, "m").map_or(Some(0), digits)?;
            alone(left, &place).then_some((digits(named(c, "h")?)?, minute))
        }) {
            // Of several hours the last of the day: 'between 10:00 and 12:00'.
            if said.clock.is_none_or(|(a, b, _)| (a, b) < (h, m)) {
                said.clock = Some((h, m, *how));
            }
            places.push(place);
        }
    }
    for (day, part, r) in &w.days {
        if let Some((place, ())) = left.first(r, |_, _| Some(())) {
            if day.is_some() {
                said.before |= w.before.as_ref().is_some_and(|b| b.is_match(&words[..place.start]));
            }
            match day {
                Some(DayWord::Week(n)) => said.week = said.week.or(Some(*n)),
                day => said.day = said.day.or(*day),
            }
            said.part = said.part.or(*part);
            places.push(place);
        }
    }
    (!places.is_empty()).then_some((places, said))
}
