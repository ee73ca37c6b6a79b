//! Reads how much time a text leaves: "in 40 min", "om 15:00", "21時", measured from a given now.
//!
//! Only times later the same day count, and clock times only where the text speaks of a deadline,
//! an event or a disruption; a year or a price is never a time. There is no clock here.

use super::concepts;
use super::lexicon::Set;

const MINUTES: [&str; 12] = [
    "min",
    "minute",
    "minutes",
    "minuten",
    "minuto",
    "minuti",
    "minutos",
    "minutter",
    "minutt",
    "минут",
    "мин",
    "分",
];
const HOURS: [&str; 15] = [
    "hour", "hours", "hrs", "hr", "h", "uur", "stunden", "stunde", "heure", "heures", "ore", "timer", "hora",
    "horas", "час",
];
const MORE_HOURS: [&str; 5] = ["часа", "часов", "ora", "time", "時間"];
/// Longer than any word for a unit of time, in bytes.
const WORD_BYTES_MAX: usize = 48;
/// Words that stand before a span that lies ahead.
const AHEAD: [&str; 16] = [
    "in",
    "over",
    "binnen",
    "dans",
    "fra",
    "tra",
    "om",
    "em",
    "en",
    "dentro de",
    "daqui a",
    "через",
    "within",
    "next",
    "and",
    "og",
];
/// Concepts beside which a time of day counts.
const PRESSED: Set = concepts::set(&["deadline", "event", "cancelled", "delay", "locked_out", "stranded"]);
/// Concepts that leave the rest of the day.
const TODAY: Set = concepts::set(&["deadline", "today"]);

/// Minutes until the nearest time ahead that the text names, or a day's rest when it only says
/// "today"; `None` without any.
pub fn minutes_left(text: &str, now: u16, concepts: Set) -> Option<u32> {
    let now = u32::from(now);
    let pressed = concepts & PRESSED != 0;
    let mut nearest: Option<u32> = None;
    let mut keep = |minutes: u32| nearest = Some(nearest.map_or(minutes, |n: u32| n.min(minutes)));
    for (number, before, after) in numbers(text) {
        let lead = last_word(before);
        // "om 3 uur" is a time of day in Dutch; "two hours and 30 minutes" says no more than its first part.
        let by_clock = lead == "om" && first_word(after) == "uur";
        if !by_clock
            && !matches!(lead, "and" | "og")
            && let Some(span) = span(number, before, after)
        {
            keep(span);
        } else if pressed && let Some(clock) = clock(number, before, after) {
            // Said after three, three o'clock is the one that comes.
            let ahead = if by_clock && number < 12 && clock <= now { clock + 720 } else { clock };
            if ahead > now {
                keep(ahead - now);
            }
        }
    }
    nearest
        .filter(|m| *m <= 24 * 60)
        .or_else(|| (concepts & TODAY != 0).then(|| (24 * 60 - now.min(24 * 60)).max(121)))
}

/// Whether a text names a time of day, and whether it names a span that lies ahead.
pub fn named(text: &str) -> (bool, bool) {
    numbers(text).fold((false, false), |(clocks, spans), (number, before, after)| {
        (clocks || clock(number, before, after).is_some(), spans || span(number, before, after).is_some())
    })
}

/// The numbers of at most three digits of a text, with what stands before and after each.
fn numbers(text: &str) -> impl Iterator<Item = (u32, &str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            while bytes.get(at).is_some_and(|b| !b.is_ascii_digit()) {
                at += 1;
            }
            let start = at;
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            if start == at {
                return None;
            }
            if at - start <= 3 {
                let number = text.get(start..at)?.parse().unwrap_or(0);
                return Some((number, &text[..start], &text[at..]));
            }
        }
    })
}

/// The word that begins there, or its beginning: what is longer is no unit, and is looked at for each number in it.
fn first_word(after: &str) -> &str {
    let after = after.trim_start_matches(' ');
    let near = &after[..after.floor_char_boundary(WORD_BYTES_MAX)];
    near.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

fn last_word(before: &str) -> &str {
    before.trim_end_matches(' ').rsplit(' ').next().unwrap_or_default()
}

/// `in 40 min`: a span ahead.
fn span(number: u32, before: &str, after: &str) -> Option<u32> {
    let unit = first_word(after);
    let minutes = if MINUTES.contains(&unit) || unit.starts_with("分後") {
        number
    } else if HOURS.contains(&unit) || MORE_HOURS.contains(&unit) || unit.starts_with("時間後") {
        number * 60
    } else {
        return None;
    };
    let lead = before.trim_end_matches(' ');
    let ahead =
        AHEAD.iter().any(|w| lead.strip_suffix(w).is_some_and(|rest| rest.is_empty() || rest.ends_with(' ')));
    (ahead || unit.contains('後')).then_some(minutes)
}

/// `15:00`, `15h30`, `21時`, `8pm`: a time of day in minutes.
fn clock(number: u32, before: &str, after: &str) -> Option<u32> {
    if number > 24 || before.ends_with([':', '.', ',']) {
        return None;
    }
    let two = |rest: &str| -> Option<u32> {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (digits.len() == 2).then(|| digits.parse().ok()).flatten().filter(|m| *m < 60)
    };
    let afternoon = |hour: u32, word: &str| match word {
        "pm" if hour < 12 => Some(hour + 12),
        "am" | "pm" => Some(hour % 12 + if word == "pm" { 12 } else { 0 }),
        _ => None,
    };
    if let Some(rest) = after.strip_prefix([':', 'h'])
        && let Some(minute) = two(rest)
    {
        let hour = afternoon(number, first_word(&rest[2..])).unwrap_or(number);
        return Some(hour * 60 + minute);
    }
    let word = first_word(after);
    if let Some(hour) = afternoon(number, word) {
        return Some(hour * 60);
    }
    (word == "h" || word == "uhr" || word == "uur" || word.starts_with('時')).then_some(number * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> Option<u32> {
        minutes_left(text, 13 * 60, 1 << concepts::number("event").unwrap())
    }

    #[test]
    fn reads_spans_and_clock_times() {
        assert_eq!(left(" gate closes in 40 min "), Some(40));
        assert_eq!(left(" vertrek om 15:00 "), Some(120));
        assert_eq!(left(" le train de 14h30 "), Some(90));
        assert_eq!(left(" 21時の便 "), Some(480));
        assert_eq!(left(" doors at 8pm "), Some(420));
        assert_eq!(left(" через 2 часа "), Some(120));
        assert_eq!(left(" 30分後に出発 "), Some(30));
        assert_eq!(left(" vertrek om 15 uur "), Some(120));
        assert_eq!(left(" mijn vlucht is om 3 uur "), Some(120));
        assert_eq!(left(" binnen 3 uur "), Some(180));
        assert_eq!(left(" in 1 hour and 30 minutes "), Some(60));
    }

    #[test]
    fn numbers_in_an_endless_word_take_linear_time() {
        assert_eq!(named(&"1a".repeat(200_000)), (false, false));
        assert_eq!(left(&format!(" in 40 min{} ", "x".repeat(100))), None);
    }

    #[test]
    fn what_is_no_time_is_none() {
        assert_eq!(left(" since 2019, 12.50 euro, flight 1234 "), None);
        assert_eq!(left(" waited 40 min "), None);
        assert_eq!(left(" waited 2 hours and 30 minutes "), None);
        assert_eq!(left(" om 09:00 ging het mis "), None);
        assert_eq!(minutes_left(" vandaag ", 600, 1 << concepts::number("deadline").unwrap()), Some(840));
    }
}
