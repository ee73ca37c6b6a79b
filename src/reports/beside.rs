//! What a report to leads counts beside promises, of its period and, to be held against it, of the period before and the
//! same of last year: posts, private channels, tickets, hand-overs, what members solved, the delay of channels, what was
//! seen in its turn, first-time resolution, the shadow index, what customers recommend, gaps of duty.
//!
//! Each figure is a whole number under a code that ends with its unit: `_ms`, `_permille` (tenths of a percent), `_hours`,
//! or none for a count. What was not measured is not there, so that nothing stands beside a zero that nobody counted.

use super::capture::{self, Captured};
use super::leads::{AskLeads, Gap, Group, Leads, Named, gaps_of};
use super::leads_write::{cases_path, else_path};
use super::paper::{Block, Piece, figure, link, say};
use super::period::{self, Days};
use super::survey::{self, Score, Survey};
use super::words::Words;
use super::{Ask, Report, office, shadow};
use crate::domain::time::Timestamp;
use crate::store::leading::{self, BesideRow, Span};
use crate::store::{StoreError, Tx, leading_more, report as store};
use std::collections::BTreeMap;

/// Figure to number.
pub type Figures = BTreeMap<&'static str, i64>;

/// Every figure in the order in which they stand, with what lists its cases: one of the codes of
/// [`super::behind::is_counted`], or a page of the console.
pub const ALL: [(&str, &str); 22] = [
    ("posts", "posted"),
    ("private_offered", "offered"),
    ("private_opened", "opened"),
    ("tickets_linked", "linked"),
    ("given_back", "given_back"),
    ("changed_hands", "changed_hands"),
    ("left_to_members", "left_to_members"),
    ("solved_by_members", "solved_by_members"),
    ("bulk_answers", "bulk"),
    ("holding_answers", "holding"),
    ("substantive_on_time_permille", "substantive"),
    ("channel_delay_median_ms", "/sources"),
    ("channel_delay_p95_ms", "/sources"),
    ("seen_in_turn_permille", "found_late"),
    ("found_late", "found_late"),
    ("first_time_permille", "first_time"),
    ("came_again", "came_again"),
    ("front_office_cases", "front_office"),
    ("shadow_index_permille", "unregistered"),
    ("recommend_permille", "recommended"),
    ("recommend_answers", "recommended"),
    ("coverage_gap_hours", "/duty/coverage"),
];

/// Counts of what need not have been measured: where one of these is missing nobody could tell, where another is nothing
/// happened.
const MEASURED: [&str; 2] = ["found_late", "came_again"];

/// What is counted by [`leading_more`] under the code of the figure.
pub(super) const COUNTED: [&str; 4] = ["given_back", "changed_hands", "left_to_members", "solved_by_members"];

/// Whether a figure tells anything: a share of nought does, a count of nought does not.
fn tells(code: &str, n: i64) -> bool {
    n != 0 || code.ends_with("_permille")
}

/// The codes that anything was counted of in these groups, with what lists the cases of each.
pub fn told_by(groups: &[Group]) -> Vec<(&'static str, &'static str)> {
    let told = |code: &str| groups.iter().any(|g| g.beside.get(code).is_some_and(|n| tells(code, *n)));
    // A source stands in no group: a delay leads to the cases whose posts it is of.
    let listed = |what: &'static str| if what == "/sources" { "posted" } else { what };
    ALL.into_iter().filter(|(code, _)| told(code)).map(|(code, what)| (code, listed(what))).collect()
}

/// What else was counted in the groups of a dimension, each number with its cases; none where nothing was.
pub fn grouped(made: &Leads, by: &str, groups: &[Group], w: &Words) -> Option<Block> {
    let codes = told_by(groups);
    if codes.is_empty() {
        return None;
    }
    let mut head = vec![format!("{}: {}", w.beside, w.by(by).to_lowercase())];
    head.extend(codes.iter().map(|(code, _)| w.figure(code).to_owned()));
    let row = |g: &Group| {
        let name = if g.name.is_empty() { w.none.to_owned() } else { g.name.clone() };
        let cell = |(code, what): &(&'static str, &'static str)| -> Vec<Piece> {
            let page = what.starts_with('/').then(|| (*what).to_owned());
            let path = page.unwrap_or_else(|| cases_path(made, by, &g.name, what, false));
            let is_count = !["_ms", "_permille", "_hours"].iter().any(|unit| code.ends_with(unit));
            match g.beside.get(code).copied() {
                Some(n) if is_count => vec![figure(n, path)],
                Some(n) => vec![link(shown(code, Some(n), w), path)],
                None if !is_count || MEASURED.contains(code) => vec![say("–")],
                None => vec![say("0")],
            }
        };
        std::iter::once(vec![say(name)]).chain(codes.iter().map(cell)).collect()
    };
    let counted = |g: &&Group| !g.beside.is_empty();
    Some(Block::Table { head, rows: groups.iter().filter(counted).map(row).collect() })
}

/// What else was counted in a group, in one line; empty where nothing was.
pub fn line(g: &Group, w: &Words) -> String {
    let of = |(code, _): (&'static str, &str)| {
        let n = g.beside.get(code).copied().filter(|n| tells(code, *n))?;
        Some(format!("{}: {}", w.figure(code), shown(code, Some(n), w)))
    };
    ALL.into_iter().filter_map(of).collect::<Vec<_>>().join("; ")
}

/// Answers due in a period that holding words gave, and which share of the substantive ones, those that neither holding
/// words nor an answer to many gave, was in time, in tenths of a percent; none where there were none.
pub async fn substantive(
    tx: &mut Tx,
    of: Span<'_>,
    row: &BesideRow,
) -> Result<(i64, Option<i64>), StoreError> {
    let (held_kept, held_broken) = leading_more::holding(tx, of).await?;
    let kinds = leading::kinds(tx, of, "total").await?;
    let answers = kinds.iter().filter(|k| k.kind.ends_with("_response"));
    let (kept, broken) = answers.fold((0, 0), |(kept, broken), k| (kept + k.kept, broken + k.broken));
    let kept = kept - row.many_kept - held_kept;
    let due = kept + broken - row.many_broken - held_broken;
    Ok((held_kept + held_broken, (due > 0).then(|| kept * 1000 / due)))
}

/// What of a report counts here.
struct Parts<'a> {
    capture: &'a [Captured],
    shadow: &'a shadow::Figures,
    first_time: &'a office::Of,
    survey: Option<&'a Survey>,
}

/// The figures of the period of a report that is made.
pub fn this(made: &Leads) -> Figures {
    let report: &Report = &made.report;
    let mut all = Figures::new();
    all.insert("posts", report.total.mentions);
    for (code, n) in [
        ("private_offered", made.private_offered),
        ("private_opened", made.private_opened),
        ("tickets_linked", made.tickets_linked),
        ("given_back", made.given_back),
        ("changed_hands", made.changed_hands),
        ("left_to_members", made.left_to_members),
        ("solved_by_members", made.solved_by_members),
        ("bulk_answers", made.bulk_answers),
        ("holding_answers", made.holding_answers),
    ] {
        all.insert(code, n);
    }
    all.extend(made.on_time_substantive_permille.map(|n| ("substantive_on_time_permille", n)));
    all.extend(made.channel_delay_median_ms.map(|ms| ("channel_delay_median_ms", ms)));
    all.extend(made.channel_delay_p95_ms.map(|ms| ("channel_delay_p95_ms", ms)));
    let parts = Parts {
        capture: &report.capture,
        shadow: &report.shadow.total,
        first_time: &report.office.first_time.total,
        survey: report.survey.as_ref(),
    };
    put(&mut all, &parts);
    let gaps = made.coverage_gaps.as_ref();
    all.extend(gaps.map(|gaps| ("coverage_gap_hours", hours(gaps))));
    all
}

/// The figures of other days, such as the period before.
pub async fn of_days(tx: &mut Tx, ask: &AskLeads, days: Days, now: Timestamp) -> Result<Figures, StoreError> {
    let Some((from, to)) = period::span(days, &ask.zone) else { return Ok(Figures::new()) };
    let of = Span { brands: &ask.brands, from, to, now };
    let mut all = Figures::new();
    let posts = store::volume(tx, &ask.brands, from, to).await?;
    all.insert("posts", posts.iter().map(|v| v.mentions).sum());
    for code in COUNTED {
        all.insert(code, leading_more::count(tx, of, code).await?);
    }
    let row: BesideRow = leading::beside(tx, of).await?;
    all.insert("private_offered", row.offered);
    all.insert("private_opened", row.opened);
    all.insert("tickets_linked", row.tied);
    all.insert("bulk_answers", row.many_kept + row.many_broken);
    let (holding, on_time) = substantive(tx, of, &row).await?;
    all.insert("holding_answers", holding);
    all.extend(on_time.map(|n| ("substantive_on_time_permille", n)));
    all.extend(row.delay_median_ms.map(|ms| ("channel_delay_median_ms", ms)));
    all.extend(row.delay_p95_ms.map(|ms| ("channel_delay_p95_ms", ms)));
    let asked = Ask { from, to, brands: ask.brands.clone(), zone: ask.zone.clone() };
    let capture = capture::of(tx, &asked).await?;
    let ended = shadow::of(tx, &asked).await?;
    let first = office::first_time::of(tx, &asked, now).await?;
    let said = if asks_customers(ask) { survey::of(tx, &asked).await? } else { None };
    let parts =
        Parts { capture: &capture, shadow: &ended.total, first_time: &first.total, survey: said.as_ref() };
    put(&mut all, &parts);
    if let Some(catalogue) = &ask.catalogue {
        let gaps = gaps_of(tx, catalogue, &ask.brands, (from, to.min(now))).await?;
        all.extend(gaps.map(|gaps| ("coverage_gap_hours", hours(&gaps))));
    }
    Ok(all)
}

/// Whether any of these brands asks its customers; where the brands are not known, what was answered is told.
pub fn asks_customers(ask: &AskLeads) -> bool {
    let of = |id: &String| ask.brands.is_empty() || ask.brands.contains(id);
    ask.catalogue.as_ref().is_none_or(|c| c.brands.iter().any(|b| of(&b.id) && b.brand.survey.enabled))
}

/// All hours of gaps.
pub(super) fn hours(gaps: &[Gap]) -> i64 {
    gaps.iter().map(|g| g.hours).sum()
}

fn put(all: &mut Figures, parts: &Parts<'_>) {
    let measured = parts.capture.iter().filter(|c| c.rate_percent.is_some());
    let (posts, late) = measured.fold((0, 0), |(all, late), c| (all + c.mentions, late + c.found_late));
    put_seen(all, posts, late);
    put_first_time(all, parts.first_time);
    put_shadow(all, parts.shadow.cases, parts.shadow.shadow_index_percent);
    if let Some(said) = parts.survey {
        put_said(all, &said.total);
    }
}

/// What was seen in its turn of posts of sources that something reads a second time.
pub(super) fn put_seen(all: &mut Figures, posts: i64, late: i64) {
    if posts > 0 {
        // Down, so that 99.96 never reads as all of them.
        all.insert("seen_in_turn_permille", (posts - late) * 1000 / posts);
        all.insert("found_late", late);
    }
}

/// Whether the first answer solved it, where that is known of any case.
pub(super) fn put_first_time(all: &mut Figures, first: &office::Of) {
    if let Some(percent) = first.percent {
        all.insert("first_time_permille", permille(percent));
        all.insert("came_again", first.came_again);
    }
}

/// How many cases were the front office's, and the shadow index.
pub(super) fn put_shadow(all: &mut Figures, cases: i64, index: Option<f64>) {
    if cases > 0 {
        all.insert("front_office_cases", cases);
        all.extend(index.map(|p| ("shadow_index_permille", permille(p))));
    }
}

/// Whether customers recommend us.
pub(super) fn put_said(all: &mut Figures, said: &Score) {
    all.extend(said.score.map(|p| ("recommend_permille", permille(p))));
    all.insert("recommend_answers", said.answered);
}

/// Tenths of a percent, from a share with one place.
fn permille(percent: f64) -> i64 {
    (percent * 10.0).round() as i64
}

/// A figure in words, by its unit.
pub fn shown(code: &str, n: Option<i64>, w: &Words) -> String {
    match n {
        None => "–".to_owned(),
        Some(n) if code.ends_with("_ms") => Words::span(Some(n)),
        Some(n) if code == "recommend_permille" => w.decimal(n as f64 / 10.0, 1),
        Some(n) if code.ends_with("_permille") => w.percent(Some(n as f64 / 10.0)),
        Some(n) if code.ends_with("_hours") => format!("{n} {}", w.hours),
        Some(n) => n.to_string(),
    }
}

/// The codes that anything was counted of, in the period or beside it: what is nought everywhere tells nothing.
pub fn told(made: &Leads) -> Vec<(&'static str, &'static str)> {
    let all = [Some(&made.this), made.before.as_ref(), made.last_year.as_ref()];
    let told =
        |code: &str| all.iter().flatten().any(|of| of.beside.get(code).is_some_and(|n| tells(code, *n)));
    ALL.into_iter().filter(|(code, _)| told(code)).collect()
}

/// Where the cases of a figure of the period are listed.
pub fn path(made: &Leads, what: &str) -> String {
    if what.starts_with('/') { what.to_owned() } else { else_path(made, what) }
}

/// All of them as a table: this period, the one before, last year; the first leads to its cases.
pub fn table(made: &Leads, w: &Words) -> Block {
    let mut spans = vec![(w.this, &made.this)];
    spans.extend(made.before.as_ref().map(|of| (w.before, of)));
    spans.extend(made.last_year.as_ref().map(|of| (w.last_year, of)));
    let mut head = vec![w.beside.to_owned()];
    head.extend(spans.iter().map(|(name, _)| (*name).to_owned()));
    let row = |(code, what): (&'static str, &'static str)| {
        let cell = |(at, (_, of)): (usize, &(&str, &Named))| -> Vec<Piece> {
            let n = of.beside.get(code).copied();
            let words = shown(code, n, w);
            match n {
                Some(n) if at == 0 && words == n.to_string() => vec![figure(n, path(made, what))],
                Some(_) if at == 0 => vec![link(words, path(made, what))],
                _ => vec![say(words)],
            }
        };
        let cells = spans.iter().enumerate().map(cell);
        std::iter::once(vec![say(w.figure(code))]).chain(cells).collect()
    };
    Block::Table { head, rows: told(made).into_iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::behind;
    use crate::reports::words::{EN, NL};

    fn made() -> Leads {
        let mut made = Leads { period: "weekly", ..Leads::default() };
        made.private_offered = 3;
        made.channel_delay_median_ms = Some(90_000);
        made.report.shadow.total =
            shadow::Figures { cases: 8, shadow_index_percent: Some(12.5), ..shadow::Figures::default() };
        made.this.beside = this(&made);
        let before: Figures = [("private_offered", 1), ("posts", 40)].into();
        made.before = Some(Named { beside: before, ..Named::default() });
        made
    }

    #[test]
    fn what_was_measured_stands_beside_the_period_before_with_its_cases() {
        let made = made();
        let codes: Vec<&str> = told(&made).iter().map(|(code, _)| *code).collect();
        let expected = [
            "posts",
            "private_offered",
            "channel_delay_median_ms",
            "front_office_cases",
            "shadow_index_permille",
        ];
        assert_eq!(codes, expected, "nothing is told of what nobody measured");
        let Block::Table { head, rows } = table(&made, &NL) else { panic!("a table") };
        assert_eq!(head.len(), 3, "there was no last year: {head:?}");
        let row = |code: &str| {
            let name = NL.figure(code);
            rows.iter().find(|r| r[0][0].text == name).unwrap()
        };
        let offered = row("private_offered");
        assert_eq!((offered[1][0].text.as_str(), offered[2][0].text.as_str()), ("3", "1"));
        assert!(
            offered[1][0].path.as_ref().unwrap().contains("kind=offered") && offered[2][0].path.is_none()
        );
        let index = row("shadow_index_permille");
        assert_eq!((index[1][0].text.as_str(), index[2][0].text.as_str()), ("12,5 %", "–"));
        assert!(index[1][0].path.as_ref().unwrap().contains("kind=unregistered"), "those of this period");
    }

    #[test]
    fn every_figure_has_words_in_both_languages_and_leads_somewhere() {
        for (code, what) in ALL {
            assert!(EN.figure(code) != code && NL.figure(code) != code, "{code}");
            assert!(what.starts_with('/') || behind::is_counted(what), "{code}: {what}");
        }
        assert_eq!(shown("recommend_permille", Some(-125), &NL), "-12,5");
        assert_eq!(shown("coverage_gap_hours", Some(4), &EN), "4 h");
        assert_eq!(shown("came_again", None, &EN), "–");
    }
}
