//! The survey after closing in a report: whether customers would recommend the brand, in total and by week, brand,
//! channel, sector, how it was solved, language and level, each with its interval and the cases behind it.
//!
//! A survey counts in the period in which it was asked, whenever it is answered. Where nobody was asked there is no part.

use super::Ask;
use super::period::{as_long_before, days_before, first_day};
use super::words::called;
use super::write::{case_link, escape};
use crate::domain::survey::{Band, net};
use crate::domain::time::Timestamp;
use crate::store::survey::{self as store, AskedCase};
use crate::store::{Db, StoreError, Tx};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Most surveys that are counted; a report tells if there were more.
pub const CASES_MAX: i64 = 100_000;
/// Days of a week.
const WEEK: i64 = 7;
/// The trend goes back at least so many weeks.
const WEEKS: i64 = 8;
/// And at most so many.
const WEEKS_MAX: i64 = 60;

/// The score of one group, and the cases behind it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    /// What it is a group of; empty in the total and for what has none.
    pub name: String,
    /// How many were asked.
    pub asked: i64,
    /// How many gave a score.
    pub answered: i64,
    /// Promoters less detractors, in percent points; none without an answer.
    pub score: Option<f64>,
    /// Between this
    pub low: Option<f64>,
    /// and this it lies 95 times of 100.
    pub high: Option<f64>,
    /// The score of the same group in the period before; none without an answer then, and for weeks and totals.
    pub before: Option<f64>,
    /// The cases of 9 and 10, as `BRAND#NUMBER`.
    pub promoters: Vec<String>,
    /// The cases of 7 and 8.
    pub passives: Vec<String>,
    /// The cases of 1 to 6.
    pub detractors: Vec<String>,
}

/// The part of a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Survey {
    /// All of the period.
    pub total: Score,
    /// The period before.
    pub before: Score,
    /// By week, earliest first; weeks end with the period, and are named by their first day.
    pub weeks: Vec<Score>,
    /// By brand.
    pub brands: Vec<Score>,
    /// By channel.
    pub channels: Vec<Score>,
    /// By sector.
    pub sectors: Vec<Score>,
    /// By who solved it.
    pub solved: Vec<Score>,
    /// By language.
    pub languages: Vec<Score>,
    /// By level.
    pub levels: Vec<Score>,
    /// The cases with an answer to the open question.
    pub worded: Vec<String>,
    /// The cases whose answer needed one.
    pub complained: Vec<String>,
    /// Cases that were not asked, by why.
    pub not_asked: Vec<(String, i64)>,
    /// There were more than are counted.
    pub cut: bool,
}

impl Survey {
    /// The groups of a dimension by its code in [`groups`]; none for what is none.
    pub fn by(&self, dimension: &str) -> &[Score] {
        let found = groups(self).into_iter().find(|(by, ..)| *by == dimension);
        found.map(|(.., list, _)| list).unwrap_or_default()
    }
}

fn first_read(asked: &Ask) -> Timestamp {
    let before = as_long_before((asked.from, asked.to), &asked.zone);
    days_before(asked.to, WEEK * WEEKS, &asked.zone).min(before)
}

/// Counts a period on one consistent view; nothing where nobody was asked.
pub async fn report(db: &Db, ask: &Ask) -> Result<Option<Survey>, StoreError> {
    let asked = ask.clone();
    db.read("counting surveys", move |tx| Box::pin(async move { of(tx, &asked).await })).await
}

/// Counts a period.
pub async fn of(tx: &mut Tx, asked: &Ask) -> Result<Option<Survey>, StoreError> {
    let mut rows = store::asked(tx, &asked.brands, (first_read(asked), asked.to), CASES_MAX + 1).await?;
    let not_asked = store::passed_over(tx, &asked.brands, (asked.from, asked.to)).await?;
    if rows.is_empty() && not_asked.is_empty() {
        return Ok(None);
    }
    let most = usize::try_from(CASES_MAX).unwrap_or(usize::MAX);
    let cut = rows.len() > most;
    rows.truncate(most);
    Ok(Some(Survey { not_asked, cut, ..counted(&rows, asked) }))
}

fn counted(rows: &[AskedCase], asked: &Ask) -> Survey {
    let within = |from: Timestamp, to: Timestamp| -> Vec<&AskedCase> {
        rows.iter().filter(|r| r.asked_at >= from.millis() && r.asked_at < to.millis()).collect()
    };
    let these = within(asked.from, asked.to);
    let earlier = within(as_long_before((asked.from, asked.to), &asked.zone), asked.from);
    let by = |key: fn(&AskedCase) -> &str| {
        let mut found: BTreeMap<&str, Vec<&AskedCase>> = BTreeMap::new();
        for row in &these {
            found.entry(key(row)).or_default().push(row);
        }
        let one = |(name, of): (&&str, &Vec<&AskedCase>)| {
            let then: Vec<&AskedCase> = earlier.iter().copied().filter(|r| key(r) == *name).collect();
            Score { before: score(name, &then).score, ..score(name, of) }
        };
        let mut list: Vec<Score> = found.iter().map(one).collect();
        list.sort_by_key(|s| (s.name.is_empty(), -s.asked));
        list
    };
    let (mut weeks, mut to, first) = (Vec::new(), asked.to, first_read(asked));
    for n in 1..=WEEKS_MAX {
        let from = days_before(asked.to, WEEK * n, &asked.zone);
        if from < first {
            break;
        }
        weeks.push(score(&first_day(from, &asked.zone), &within(from, to)));
        to = from;
    }
    weeks.reverse();
    let list = |of: fn(&AskedCase) -> bool| these.iter().filter(|r| of(r)).map(|r| named(r)).collect();
    Survey {
        total: score("", &these),
        before: score("", &earlier),
        weeks,
        brands: by(|r| &r.brand),
        channels: by(|r| &r.platform),
        sectors: by(|r| &r.sector),
        solved: by(|r| &r.solved),
        languages: by(|r| &r.language),
        levels: by(|r| &r.level),
        worded: list(|r| r.opened == 1),
        complained: list(|r| r.complained == 1),
        ..Survey::default()
    }
}

fn named(row: &AskedCase) -> String {
    format!("{}#{}", row.brand, row.number)
}

fn score(name: &str, of: &[&AskedCase]) -> Score {
    let n = |list: usize| i64::try_from(list).unwrap_or(i64::MAX);
    let band = |band: Band| -> Vec<String> {
        let mut cases: Vec<&&AskedCase> =
            of.iter().filter(|r| r.score.is_some_and(|s| Band::of(s) == band)).collect();
        cases.sort_by(|a, b| (&a.brand, a.number).cmp(&(&b.brand, b.number)));
        cases.into_iter().map(|r| named(r)).collect()
    };
    let (promoters, passives, detractors) =
        (band(Band::Promoter), band(Band::Passive), band(Band::Detractor));
    let net = net(n(promoters.len()), n(passives.len()), n(detractors.len()));
    Score {
        name: name.to_owned(),
        asked: n(of.len()),
        answered: n(promoters.len() + passives.len() + detractors.len()),
        score: net.map(|s| s.score),
        low: net.map(|s| s.low),
        high: net.map(|s| s.high),
        before: None,
        promoters,
        passives,
        detractors,
    }
}

/// The groups with their codes, titles and words for what has no name.
pub fn groups(s: &Survey) -> [(&'static str, &'static str, &[Score], &'static str); 7] {
    [
        ("week", "Recommendation by week", &s.weeks, ""),
        ("brand", "Recommendation by brand", &s.brands, ""),
        ("channel", "Recommendation by channel", &s.channels, ""),
        ("sector", "Recommendation by sector", &s.sectors, "no sector"),
        ("solved", "Recommendation by who solved it", &s.solved, "not said"),
        ("language", "Recommendation by language", &s.languages, ""),
        ("level", "Recommendation by level", &s.levels, ""),
    ]
}

/// A score with its interval.
pub fn shown(s: &Score) -> String {
    match (s.score, s.low, s.high) {
        (Some(score), Some(low), Some(high)) => format!("{score:+.1} ({low:+.1} to {high:+.1})"),
        _ => "not measured".to_owned(),
    }
}

fn line(name: &str, s: &Score) -> String {
    let before = s.before.map_or_else(String::new, |then| format!(", before {then:+.1}"));
    format!(
        "{name}: {}{before}; {} promoters, {} passives, {} detractors of {} answers, {} asked",
        shown(s),
        s.promoters.len(),
        s.passives.len(),
        s.detractors.len(),
        s.answered,
        s.asked
    )
}

fn total_lines(s: &Survey) -> Vec<String> {
    let mut lines = vec![line("this period", &s.total), line("the period before", &s.before)];
    if s.cut {
        lines.push(format!("there were more than {CASES_MAX}; the earliest are not counted"));
    }
    lines.push(format!(
        "{} answered the open question, {} with something that needed an answer",
        s.worded.len(),
        s.complained.len()
    ));
    if !s.not_asked.is_empty() {
        let why: Vec<String> =
            s.not_asked.iter().map(|(w, n)| format!("{} {n}", w.replace('_', " "))).collect();
        lines.push(format!("not asked: {}", why.join(", ")));
    }
    lines
}

/// The part in words, a title with its lines; nothing where there is none.
pub fn lines(s: Option<&Survey>) -> Vec<(&'static str, Vec<String>)> {
    let Some(s) = s else { return Vec::new() };
    let mut parts =
        vec![("Would they recommend (promoters less detractors, with 95 % interval)", total_lines(s))];
    for (by, title, list, none) in groups(s) {
        parts.push((title, list.iter().map(|x| line(&called(by, &x.name, none), x)).collect()));
    }
    parts
}

/// One table with its head; nothing where there is none.
pub fn csv_tables(s: Option<&Survey>) -> Vec<Vec<Vec<String>>> {
    let Some(s) = s else { return Vec::new() };
    let head = "row by name asked answered score low high promoters passives detractors before";
    let mut table = vec![head.split(' ').map(ToOwned::to_owned).collect::<Vec<_>>()];
    let number = |v: Option<f64>| v.map_or_else(String::new, |v| format!("{v:.1}"));
    let total = ("total", "", std::slice::from_ref(&s.total), "");
    for (by, _, list, _) in std::iter::once(total).chain(groups(s)) {
        table.extend(list.iter().map(|x| {
            vec![
                "survey".to_owned(),
                by.to_owned(),
                x.name.clone(),
                x.asked.to_string(),
                x.answered.to_string(),
                number(x.score),
                number(x.low),
                number(x.high),
                x.promoters.join(" "),
                x.passives.join(" "),
                x.detractors.join(" "),
                number(x.before),
            ]
        }));
    }
    vec![table]
}

fn linked(cases: &[String], console: &str) -> String {
    if cases.is_empty() {
        return "0".to_owned();
    }
    let links: Vec<String> = cases.iter().map(|c| case_link(c, console)).collect();
    format!("<details><summary>{}</summary>{}</details>", cases.len(), links.join(" "))
}

/// The part of a page; nothing where there is none.
pub fn html(s: Option<&Survey>, console: &str) -> String {
    let Some(s) = s else { return String::new() };
    let mut out = String::from("<h2>Would they recommend</h2><ul>\n");
    for text in total_lines(s) {
        let _ = writeln!(out, "<li>{}</li>", escape(&text));
    }
    out.push_str("</ul>\n");
    let total = ("total", "This period", std::slice::from_ref(&s.total), "all");
    for (by, title, list, none) in std::iter::once(total).chain(groups(s)) {
        if list.is_empty() {
            continue;
        }
        let _ = writeln!(
            out,
            "<h3>{}</h3><table><thead><tr><th scope=\"col\"></th><th scope=\"col\">score (95 %)</th><th scope=\"col\">before</th>\
             <th scope=\"col\">asked</th><th scope=\"col\">promoters</th><th scope=\"col\">passives</th>\
             <th scope=\"col\">detractors</th></tr></thead><tbody>",
            escape(title)
        );
        for x in list {
            let cells = [
                escape(&called(by, &x.name, none)),
                escape(&shown(x)),
                x.before.map_or_else(String::new, |then| format!("{then:+.1}")),
                x.asked.to_string(),
                linked(&x.promoters, console),
                linked(&x.passives, console),
                linked(&x.detractors, console),
            ];
            let _ = writeln!(out, "<tr><td>{}</td></tr>", cells.join("</td><td>"));
        }
        out.push_str("</tbody></table>\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;
    use jiff::tz::TimeZone;

    fn ask(from: Timestamp, to: Timestamp, zone: &str) -> Ask {
        Ask { from, to, brands: Vec::new(), zone: TimeZone::get(zone).unwrap() }
    }

    fn row(number: i64, days_ago: i64, score: Option<i64>, language: &str) -> AskedCase {
        AskedCase {
            brand: "Acme".into(),
            number,
            platform: "mastodon".into(),
            language: language.into(),
            level: "P3".into(),
            sector: String::new(),
            solved: "webcare_linked".into(),
            asked_at: Timestamp(0).plus(Span::days(100 - days_ago)).millis(),
            score,
            opened: 0,
            complained: 0,
        }
    }

    #[test]
    fn scores_are_counted_in_the_period_in_which_they_were_asked() {
        let rows = [
            row(1, 1, Some(9), "nl"),
            row(2, 1, Some(6), "nl"),
            row(3, 2, Some(10), "en"),
            row(4, 2, None, "en"),
            row(5, 9, Some(1), "nl"),
        ];
        let to = Timestamp(0).plus(Span::days(100));
        let made = counted(&rows, &ask(to.minus(Span::days(7)), to, "UTC"));
        assert_eq!((made.total.asked, made.total.answered, made.total.score), (4, 3, Some(33.3)));
        assert_eq!(made.total.promoters, ["Acme#1", "Acme#3"]);
        assert_eq!((made.before.score, made.weeks.len()), (Some(-100.0), 8));
        assert_eq!(made.weeks[7].score, made.total.score);
        // A week of Amsterdam begins on the evening before by UTC, and is the week of its Monday all the same.
        let to = Timestamp::parse("2026-11-22T23:00:00Z").unwrap();
        let local = counted(&[], &ask(to.minus(Span::days(7)), to, "Europe/Amsterdam"));
        assert_eq!(local.weeks[7].name, "2026-11-16");
        let nl = made.languages.iter().find(|s| s.name == "nl").unwrap();
        assert_eq!(nl.before, Some(-100.0), "the same group in the period before");
        assert_eq!(made.languages.iter().find(|s| s.name == "en").unwrap().before, None);
        assert_eq!((nl.score, nl.detractors.as_slice()), (Some(0.0), &["Acme#2".to_owned()][..]));
        assert!(html(Some(&made), "https://x.example").contains("https://x.example/c/Acme/3"));
        assert!(csv_tables(Some(&made))[0].iter().any(|r| r[1] == "language" && r[8] == "Acme#3"));
        assert!(lines(None).is_empty() && html(None, "").is_empty() && csv_tables(None).is_empty());
    }

    #[test]
    fn weeks_are_those_of_the_wall_also_where_the_clocks_change() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let asked = |number, text: &str, score| AskedCase {
            asked_at: at(text).millis(),
            ..row(number, 0, Some(score), "nl")
        };
        // The clocks went an hour ahead on the Sunday of the first of these, and an hour back on that of the second.
        for (from, to, next, names) in [
            (
                "2026-03-22T23:00:00Z",
                "2026-03-29T22:00:00Z",
                "2026-04-05T22:00:00Z",
                ["2026-03-23", "2026-03-30"],
            ),
            (
                "2026-10-18T22:00:00Z",
                "2026-10-25T23:00:00Z",
                "2026-11-01T23:00:00Z",
                ["2026-10-19", "2026-10-26"],
            ),
        ] {
            let edge = |text: &str, minutes: i64| at(text).plus(Span::minutes(minutes)).rfc3339();
            let rows = [
                asked(1, &edge(from, -1), 1),
                asked(2, &edge(from, 1), 9),
                asked(3, &edge(to, -1), 9),
                asked(4, &edge(to, 1), 2),
                asked(5, &edge(next, -1), 2),
            ];
            let told = |from: &str, to: &str| counted(&rows, &ask(at(from), at(to), "Europe/Amsterdam"));
            let week = told(from, to);
            assert_eq!(
                (week.total.promoters.as_slice(), week.total.asked),
                (&["Acme#2".to_owned(), "Acme#3".to_owned()][..], 2)
            );
            assert_eq!(week.before.detractors, ["Acme#1"], "one week before");
            assert_eq!(week.weeks[7], Score { name: names[0].to_owned(), ..week.total.clone() });
            assert_eq!(week.weeks[6].detractors, ["Acme#1"]);
            // A week later it is the period before, and the last but one of the trend.
            let later = told(to, next);
            assert_eq!(later.before.promoters, ["Acme#2", "Acme#3"]);
            assert_eq!((later.weeks.len(), later.before.asked), (8, 2));
            let shown = later.weeks[6..].iter().map(|w| (w.name.as_str(), w.asked)).collect::<Vec<_>>();
            assert_eq!(shown, [(names[0], 2), (names[1], 2)]);
            assert_eq!(later.weeks[6].promoters, ["Acme#2", "Acme#3"]);
        }
    }

    #[test]
    fn each_channel_sector_and_way_of_solving_has_its_score_and_the_one_before() {
        let of = |number, days, score, (platform, sector, solved): (&str, &str, &str)| AskedCase {
            level: if platform == "mastodon" { "P2" } else { "P4" }.into(),
            platform: platform.into(),
            sector: sector.into(),
            solved: solved.into(),
            ..row(number, days, Some(score), "nl")
        };
        let (repair, billing) =
            (("mastodon", "repair", "webcare_linked"), ("bluesky", "billing", "webcare_unregistered"));
        let rows = [
            of(1, 1, 9, repair),
            of(2, 2, 10, repair),
            of(3, 9, 3, repair),
            of(4, 1, 2, billing),
            of(5, 9, 9, billing),
        ];
        let to = Timestamp(0).plus(Span::days(100));
        let made = counted(&rows, &ask(to.minus(Span::days(7)), to, "UTC"));
        for (list, up, down) in [
            (&made.channels, "mastodon", "bluesky"),
            (&made.levels, "P2", "P4"),
            (&made.sectors, "repair", "billing"),
            (&made.solved, "webcare_linked", "webcare_unregistered"),
        ] {
            let of = |name: &str| list.iter().find(|s| s.name == name).map(|s| (s.asked, s.score, s.before));
            assert_eq!(of(up), Some((2, Some(100.0), Some(-100.0))), "{up}");
            assert_eq!(of(down), Some((1, Some(-100.0), Some(100.0))), "{down}");
            assert_eq!(list.len(), 2);
        }
        assert_eq!(made.solved[0].promoters, ["Acme#1", "Acme#2"], "with the cases behind it");
        let brand = &made.brands[0];
        assert_eq!((brand.name.as_str(), brand.asked, brand.score), ("Acme", 3, Some(33.3)));
        assert!(csv_tables(Some(&made))[0].iter().any(|r| r[1] == "level" && r[2] == "P4"));
        for dimension in crate::reports::leads::DIMENSIONS {
            assert!(!made.by(dimension).is_empty(), "{dimension}");
        }
    }
}
