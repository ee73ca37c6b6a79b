//! The words of one language, read from its file and compiled when they are first needed.

use super::Act;
use crate::domain::language::Language;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Workday,
    Week,
}

impl Unit {
    fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "workday" => Self::Workday,
            "week" => Self::Week,
            _ => return None,
        })
    }
}

/// Which day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayWord {
    /// So many days from today.
    Ahead(i64),
    /// The next of this weekday, Monday being 0.
    Weekday(i64),
    /// The end of so many weeks from this one.
    Week(i64),
    /// The end of this month.
    Month,
}

/// A part of the day; it ends at an hour of the wall clock that [`Part::ends`] states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Morning,
    Noon,
    Afternoon,
    Evening,
}

impl Part {
    /// The hour at which it is over.
    pub const fn ends(self) -> i8 {
        match self {
            Self::Morning | Self::Noon => 12,
            Self::Afternoon => 18,
            Self::Evening => 22,
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "morning" => Self::Morning,
            "noon" => Self::Noon,
            "afternoon" => Self::Afternoon,
            "evening" => Self::Evening,
            _ => return None,
        })
    }
}

/// How an hour is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// On a clock of 24 hours, or as people say it.
    Plain,
    /// Before noon.
    Am,
    /// After noon.
    Pm,
    /// 'half five': half an hour before five.
    Half,
}

/// A length of time: fixed by its words, or by the number in them, and the unit if that is there too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Fixed(i64, Unit),
    Of(Unit),
    Counted,
}

/// The words of one language.
pub struct Words {
    pub lengths: Vec<(Length, Regex)>,
    pub numbers: Vec<(i64, Regex)>,
    pub units: Vec<(Unit, Regex)>,
    pub dates: Vec<Regex>,
    pub months: Vec<(i64, Regex)>,
    pub days: Vec<(Option<DayWord>, Option<Part>, Regex)>,
    pub clocks: Vec<(Said, Regex)>,
    pub before: Option<Regex>,
    pub acts: Vec<(Act, Regex)>,
    pub who: Option<Regex>,
    pub but: Option<Regex>,
    pub fine: Option<Regex>,
    pub no: Option<Regex>,
    pub past: Option<Regex>,
    pub you: Option<Regex>,
    pub cond: Option<Regex>,
    pub ask: Option<Regex>,
    pub greet: Option<Regex>,
}

/// The words of a language, if it is one of the ten.
pub fn of(language: Language) -> Option<&'static Words> {
    macro_rules! file {
        ($name:literal) => {{
            static WORDS: OnceLock<Words> = OnceLock::new();
            Some(WORDS.get_or_init(|| read(include_str!(concat!("words/", $name, ".tsv")))))
        }};
    }
    match language {
        Language::En => file!("en"),
        Language::Fr => file!("fr"),
        Language::Nl => file!("nl"),
        Language::De => file!("de"),
        Language::It => file!("it"),
        Language::Ja => file!("ja"),
        Language::No => file!("no"),
        Language::Pt => file!("pt"),
        Language::Ru => file!("ru"),
        Language::Es => file!("es"),
        Language::Other | Language::Unknown => None,
    }
}

/// The lines of a file: kind, value, alternatives. A line that cannot be read is left out; a test sees to it
/// that there is none.
pub fn lines(file: &str) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
    file.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).map(|line| {
        let mut parts = line.split('\t');
        let (kind, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut list: Vec<&str> = parts.next().unwrap_or_default().split('|').map(str::trim).collect();
        list.retain(|a| !a.is_empty());
        // The longer first, so that a phrase goes before its beginning.
        list.sort_by_key(|a| std::cmp::Reverse(a.chars().count()));
        (kind, value, list)
    })
}

/// What stands for a number, a unit and a month in the templates of a file.
struct Slots {
    number: String,
    unit: String,
    month: String,
}

fn read(file: &str) -> Words {
    let slots = slots(file);
    let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut w = Words {
        lengths: Vec::new(),
        numbers: Vec::new(),
        units: Vec::new(),
        dates: Vec::new(),
        months: Vec::new(),
        days: Vec::new(),
        clocks: Vec::new(),
        before: None,
        acts: Vec::new(),
        who: None,
        but: None,
        fine: None,
        no: None,
        past: None,
        you: None,
        cond: None,
        ask: None,
        greet: None,
    };
    for (kind, value, list) in lines(file) {
        let each = || list.iter().filter_map(|a| compile(&pattern(a, &slots)));
        match kind {
            "number" => w.numbers.extend(value.parse().ok().zip(whole(&list, &slots))),
            "unit" => w.units.extend(Unit::from_code(value).zip(whole(&list, &slots))),
            "month" => w.months.extend(value.parse().ok().zip(whole(&list, &slots))),
            "within" => w.lengths.extend(length(value).into_iter().flat_map(|l| each().map(move |r| (l, r)))),
            "date" => w.dates.extend(each()),
            "day" => {
                let (day, part) = day(value);
                w.days.extend(any(&list, &slots).map(|r| (day, part, r)));
            }
            "clock" => w.clocks.extend(said(value).into_iter().flat_map(|s| each().map(move |r| (s, r)))),
            "act" => w.acts.extend(Act::from_code(value).zip(any(&list, &slots))),
            other => by_kind.entry(other).or_default().extend(list),
        }
    }
    w.acts.sort_by_key(|(act, _)| Act::ALL.iter().position(|a| a == act));
    let of = |kind: &str| by_kind.get(kind).and_then(|list| any(list, &slots));
    w.before = by_kind.get("before").and_then(|list| compile(&format!("{}\\s*$", joined(list, &slots))));
    (w.who, w.but, w.fine, w.no) = (of("who"), of("but"), of("fine"), of("no"));
    (w.past, w.you, w.cond, w.ask) = (of("past"), of("you"), of("if"), of("ask"));
    w.greet = of("greet");
    w
}

fn slots(file: &str) -> Slots {
    let bare = Slots { number: String::new(), unit: String::new(), month: String::new() };
    let all = |wanted: &str| {
        let of: Vec<&str> = lines(file).filter(|l| l.0 == wanted).flat_map(|l| l.2).collect();
        if of.is_empty() { "[^\\s\\S]".to_owned() } else { joined(&of, &bare) }
    };
    let one = format!("(?:\\d{{1,3}}|{})", all("number"));
    let to = all("to");
    Slots {
        number: format!("(?:{one}\\s*(?:[-–~〜]|{to})\\s*)?(?P<n>{one})"),
        unit: format!("(?P<unit>{})", all("unit")),
        month: format!("(?P<month>{})", all("month")),
    }
}

fn length(value: &str) -> Option<Length> {
    if value.is_empty() {
        return Some(Length::Counted);
    }
    let (n, unit) = value.split_once(' ')?;
    if n == "n" {
        return Some(Length::Of(Unit::from_code(unit)?));
    }
    Some(Length::Fixed(n.parse().ok()?, Unit::from_code(unit)?))
}

fn said(value: &str) -> Option<Said> {
    Some(match value {
        "" => Said::Plain,
        "am" => Said::Am,
        "pm" => Said::Pm,
        "half" => Said::Half,
        _ => return None,
    })
}

fn day(value: &str) -> (Option<DayWord>, Option<Part>) {
    let mut found = (None, None);
    for word in value.split(' ') {
        let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().position(|d| *d == word);
        match (word, week) {
            (_, Some(n)) => found.0 = i64::try_from(n).ok().map(DayWord::Weekday),
            ("week", _) => found.0 = Some(DayWord::Week(0)),
            ("nextweek", _) => found.0 = Some(DayWord::Week(1)),
            ("month", _) => found.0 = Some(DayWord::Month),
            _ => match word.parse() {
                Ok(n) => found.0 = Some(DayWord::Ahead(n)),
                Err(_) => found.1 = Part::from_code(word),
            },
        }
    }
    found
}

/// Whether two neighbours in a text are told apart by a space: not so in Japanese.
pub fn is_spaced(c: char) -> bool {
    c.is_alphanumeric() && !('\u{2e80}'..='\u{9fff}').contains(&c) && !('\u{ff00}'..='\u{ffef}').contains(&c)
}

/// One alternative as a pattern.
fn pattern(alternative: &str, slots: &Slots) -> String {
    let mut out = String::new();
    if alternative.chars().next().is_some_and(is_spaced) {
        out.push_str("\\b");
    }
    let mut rest = alternative;
    while let Some(c) = rest.chars().next() {
        let (slot, part) = match rest.split_once('}') {
            Some((name, after)) if c == '{' => match &name[1..] {
                "n" => (Some(slots.number.as_str()), after),
                "unit" => (Some(slots.unit.as_str()), after),
                "month" => (Some(slots.month.as_str()), after),
                "h" => (Some("(?P<h>[01０１]?\\d|[2２][0-4０-４])"), after),
                "m" => (Some("(?P<m>[0-5０-５]\\d)"), after),
                "d" => (Some("(?P<d>[0-3０-３]?\\d)"), after),
                "mo" => (Some("(?P<mo>[01０１]?\\d)"), after),
                _ => (None, rest),
            },
            _ => (None, rest),
        };
        if let Some(slot) = slot {
            out.push_str(slot);
            rest = part;
            continue;
        }
        match c {
            ' ' => out.push_str("\\s+"),
            '_' => out.push_str("\\s*"),
            '~' => out.push_str("[^\\s,;:!?]*"),
            '…' => out.push_str(".*?"),
            '\'' | '’' => out.push_str("['’]"),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
        rest = &rest[c.len_utf8()..];
    }
    let last = alternative.chars().next_back();
    if last.is_some_and(|c| is_spaced(c) || c == '}') {
        out.push_str("\\b");
    }
    out
}

fn joined(list: &[&str], slots: &Slots) -> String {
    let mut list = list.to_vec();
    list.sort_by_key(|a| std::cmp::Reverse(a.chars().count()));
    let each: Vec<String> = list.iter().map(|a| pattern(a, slots)).collect();
    format!("(?:{})", each.join("|"))
}

fn compile(pattern: &str) -> Option<Regex> {
    // The patterns are part of the program: a test compiles them all.
    Regex::new(&format!("(?is){pattern}")).ok()
}

fn any(list: &[&str], slots: &Slots) -> Option<Regex> {
    compile(&joined(list, slots))
}

fn whole(list: &[&str], slots: &Slots) -> Option<Regex> {
    compile(&format!("^(?:{})$", joined(list, slots)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 10] = [
        include_str!("words/en.tsv"),
        include_str!("words/fr.tsv"),
        include_str!("words/nl.tsv"),
        include_str!("words/de.tsv"),
        include_str!("words/it.tsv"),
        include_str!("words/ja.tsv"),
        include_str!("words/no.tsv"),
        include_str!("words/pt.tsv"),
        include_str!("words/ru.tsv"),
        include_str!("words/es.tsv"),
    ];

    #[test]
    fn every_line_of_every_language_is_read() {
        let plain = ["before", "who", "but", "fine", "no", "past", "you", "if", "ask", "to", "greet"];
        for file in FILES {
            let slots = slots(file);
            for (kind, value, list) in lines(file) {
                assert!(!list.is_empty(), "{kind} {value}: no words");
                for a in &list {
                    let made = Regex::new(&format!("(?is){}", pattern(a, &slots)));
                    assert!(made.is_ok(), "{kind} {value}: {a}: {made:?}");
                }
                let reads = match kind {
                    "number" => value.parse::<i64>().is_ok(),
                    "month" => value.parse::<i64>().is_ok_and(|m| (1..=12).contains(&m)),
                    "unit" => Unit::from_code(value).is_some(),
                    "within" => length(value).is_some(),
                    "day" => value.split(' ').all(|v| day(v) != (None, None)),
                    "clock" => said(value).is_some(),
                    "act" => Act::from_code(value).is_some(),
                    "date" => true,
                    kind => plain.contains(&kind) && value.is_empty(),
                };
                assert!(reads, "{kind}: '{value}' is not known");
            }
        }
        assert!(Language::TEN.into_iter().all(|l| of(l).is_some_and(|w| w.acts.len() >= Act::ALL.len())));
    }
}
