//! The failure-demand report: for the leads of the front office, what people came round the back for, by cause and
//! promise, what work that made, examples without names, and what changed since the period before.

use super::count::named;
use super::masking::pseudonymised;
use super::{CASES_MAX, Rows, Sight, rows, tables};
use crate::domain::ending::{Shadow, Solved};
use crate::domain::time::Span;
use crate::reports::Ask;
use crate::reports::period::as_long_before;
use crate::reports::write::{Format, case_link, csv_cell, escape};
use crate::store::office::{self, OfficeCase};
use crate::store::{Db, StoreError, Tx, person};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

/// How many examples are told.
const EXAMPLES: usize = 5;
/// What somebody does on a case counts the time since the last thing that happened there, at most so much,
const DEED_MAX: Span = Span::minutes(15);
/// and at least so much.
const DEED_MIN: Span = Span::minutes(1);
/// How work is counted, in words that stand in every form of the report.
pub const HOW_COUNTED: &str = "each thing that somebody of webcare did on such a case (took it, answered, called, noted, resolved) \
    counts the time since the last thing that happened on it, at least 1 and at most 15 minutes";

/// How many came for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What they came for; empty where nobody said.
    pub name: String,
    /// How many.
    pub cases: i64,
    /// How many in the period before.
    pub before: i64,
    /// The cases, as `BRAND#NUMBER`.
    pub list: Vec<String>,
}

/// One case told without names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The case.
    pub case: String,
    /// Why they came.
    pub cause: String,
    /// Who had the matter.
    pub team: String,
    /// What had become of the front office's promise.
    pub promise: &'static str,
    /// What they wrote, without names, handles and personal data.
    pub words: String,
}

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Demand {
    /// First instant, RFC 3339.
    pub from: String,
    /// First instant no longer in it, RFC 3339.
    pub to: String,
    /// The brands by name; empty means all.
    pub brands: Vec<String>,
    /// Cases that were the front office's to solve.
    pub cases: i64,
    /// How many in the period before.
    pub before: i64,
    /// Solved unregistered, in percent.
    pub shadow_index_percent: Option<f64>,
    /// Solved by webcare at all, in percent.
    pub done_by_webcare_percent: Option<f64>,
    /// By cause, most first.
    pub causes: Vec<Row>,
    /// By what had become of the front office's promise: `broken`, `not yet due`, `none`.
    pub promises: Vec<Row>,
    /// By team or supplier.
    pub teams: Vec<Row>,
    /// By sector.
    pub sectors: Vec<Row>,
    /// By brand.
    pub by_brand: Vec<Row>,
    /// Minutes of webcare's work.
    pub minutes: i64,
    /// Minutes in the period before.
    pub before_minutes: i64,
    /// How the minutes are counted.
    pub how_counted: &'static str,
    /// A few cases without names.
    pub examples: Vec<Example>,
    /// What changed since the period before, in words.
    pub changes: Vec<String>,
    /// Whether there were more cases than are counted; the earliest are left out.
    pub cut: bool,
    /// The address of the console, for links.
    #[serde(skip)]
    pub console: String,
}

/// Makes the report on one consistent view, of what `sight` lets see.
pub async fn report(db: &Db, ask: &Ask, sight: &Sight) -> Result<Demand, StoreError> {
    let (asked, sight) = (ask.clone(), sight.clone());
    db.read("making the failure-demand report", move |tx| {
        Box::pin(async move { of(tx, &asked, &sight).await })
    })
    .await
}

/// Makes the report in a transaction that is open.
pub async fn of(tx: &mut Tx, asked: &Ask, sight: &Sight) -> Result<Demand, StoreError> {
    let span = (as_long_before((asked.from, asked.to), &asked.zone), asked.to);
    let mut rows = rows(tx, &asked.brands, span).await?;
    let most = usize::try_from(CASES_MAX).unwrap_or(usize::MAX);
    let cut = rows.cases.len() > most;
    rows.cases.truncate(most);
    let mut cases = std::mem::take(&mut rows.cases);
    cases.retain(|c| sight.sees(&rows, c));
    let (these, before): (Vec<OfficeCase>, Vec<OfficeCase>) =
        cases.into_iter().partition(|c| c.at >= asked.from.millis());
    let work = work(&office::deeds(tx, &asked.brands, span).await?);
    let mut made = counted(&rows, &these, &before, &work);
    made.cut = cut;
    made.from = asked.from.rfc3339();
    made.to = asked.to.rfc3339();
    made.brands = crate::store::report::brand_names(tx, &asked.brands).await?;
    made.examples = examples(tx, &rows, &these, &made.causes).await?;
    Ok(made)
}

/// Milliseconds of work by case.
fn work(deeds: &[(String, i64, i64)]) -> HashMap<String, i64> {
    let mut work: HashMap<String, i64> = HashMap::new();
    let mut last: Option<(&str, i64, bool)> = None;
    for (case, at, by_person) in deeds {
        let (person, before) = (*by_person == 1, last.filter(|(c, ..)| c == case));
        // One press may leave several events behind, all of one instant.
        let pressed = before.is_some_and(|(_, then, person)| person && then == *at);
        if person && !pressed {
            let since = before.map_or(0, |(_, then, _)| at - then);
            *work.entry(case.clone()).or_default() += since.clamp(DEED_MIN.millis(), DEED_MAX.millis());
        }
        last = Some((case, *at, person));
    }
    work
}

/// What had become of the front office's promise when the customer came.
fn promise(rows: &Rows, case: &OfficeCase) -> &'static str {
    match rows.links_of(case).iter().filter_map(|l| l.due_at).min() {
        Some(due) if due < case.opened_at => "broken",
        Some(_) => "not yet due",
        None => "none",
    }
}

fn counted(rows: &Rows, these: &[OfficeCase], before: &[OfficeCase], work: &HashMap<String, i64>) -> Demand {
    let n = |list: usize| i64::try_from(list).unwrap_or(i64::MAX);
    let minutes = |cases: &[OfficeCase]| {
        cases.iter().filter_map(|c| work.get(&c.case_id)).sum::<i64>() / Span::minutes(1).millis()
    };
    let mut shadow = Shadow::default();
    these.iter().filter_map(|c| Solved::from_code(&c.solved)).for_each(|s| shadow.count(s));
    let by = |key: &dyn Fn(&OfficeCase) -> String| {
        let mut found: BTreeMap<String, Row> = BTreeMap::new();
        for case in these {
            let row = found.entry(key(case)).or_default();
            row.cases += 1;
            row.list.push(named(case));
        }
        for case in before {
            found.entry(key(case)).or_default().before += 1;
        }
        let mut list: Vec<Row> = found.into_iter().map(|(name, row)| Row { name, ..row }).collect();
        list.sort_by_key(|r| (r.name.is_empty(), -r.cases));
        list
    };
    let causes = by(&|c| c.back_door.clone().unwrap_or_default());
    let teams = by(&|c| rows.team_of(c));
    Demand {
        cases: n(these.len()),
        before: n(before.len()),
        shadow_index_percent: shadow.index_percent(),
        done_by_webcare_percent: shadow.by_webcare_percent(),
        changes: [changes(&causes, "not said"), changes(&teams, "no ticket")].concat(),
        causes,
        promises: by(&|c| promise(rows, c).to_owned()),
        teams,
        sectors: by(&|c| c.sector.clone()),
        by_brand: by(&|c| c.brand.clone()),
        minutes: minutes(these),
        before_minutes: minutes(before),
        how_counted: HOW_COUNTED,
        ..Demand::default()
    }
}

/// What is more or less than in the period before, the largest change first.
pub(super) fn moved(rows: &[Row]) -> Vec<&Row> {
    let mut moved: Vec<&Row> = rows.iter().filter(|r| r.cases != r.before).collect();
    moved.sort_by_key(|r| -(r.cases - r.before).abs());
    moved
}

/// What became more, less, new or gone, the largest change first.
fn changes(rows: &[Row], none: &str) -> Vec<String> {
    let moved = moved(rows);
    let one = |r: &&Row| {
        let name = if r.name.is_empty() { none.to_owned() } else { r.name.replace('_', " ") };
        match (r.before, r.cases) {
            (0, now) => format!("new: {name}, {now}"),
            (then, 0) => format!("gone: {name}, {then} before"),
            (then, now) => format!("{name}: {then} to {now} ({:+})", now - then),
        }
    };
    moved.iter().map(one).collect()
}

/// The latest case of each cause in turn, most frequent causes first, as far as their words are still there.
async fn examples(
    tx: &mut Tx,
    rows: &Rows,
    these: &[OfficeCase],
    causes: &[Row],
) -> Result<Vec<Example>, StoreError> {
    let mut order: Vec<&OfficeCase> = Vec::new();
    for turn in 0..EXAMPLES {
        for cause in causes {
            let of = these.iter().filter(|c| c.back_door.as_deref().unwrap_or_default() == cause.name);
            order.extend(of.skip(turn).take(1));
        }
    }
    // Some more than are told, for of some the words are gone.
    order.truncate(EXAMPLES * 4);
    let pairs: Vec<(String, String)> =
        order.iter().map(|c| (c.brand_id.clone(), c.first_mention_id.clone())).collect();
    let worded: HashMap<String, office::Worded> =
        office::worded(tx, &pairs).await?.into_iter().map(|w| (w.mention_id.clone(), w)).collect();
    let people = person::all(tx).await?;
    let colleagues: Vec<String> = people.into_iter().flat_map(|p| [p.name, p.login]).collect();
    let one = |case: &&OfficeCase| {
        let words = pseudonymised(worded.get(&case.first_mention_id)?, &colleagues)?;
        Some(Example {
            case: named(case),
            cause: case.back_door.clone().unwrap_or_default(),
            team: rows.team_of(case),
            promise: promise(rows, case),
            words,
        })
    };
    Ok(order.iter().filter_map(one).take(EXAMPLES).collect())
}

fn row_line(r: &Row, none: &str) -> String {
    let name = if r.name.is_empty() { none.to_owned() } else { r.name.replace('_', " ") };
    format!("{name}: {} (before {})", r.cases, r.before)
}

pub(super) fn hours(minutes: i64) -> String {
    format!("{}.{} hours", minutes / 60, (minutes % 60) / 6)
}

fn parts(d: &Demand) -> [(&'static str, &[Row], &'static str); 5] {
    [
        ("Why they came", &d.causes, "not said"),
        ("What had become of the front office's promise", &d.promises, ""),
        ("Team or supplier", &d.teams, "no ticket"),
        ("Sector", &d.sectors, "none"),
        ("Brand", if d.by_brand.len() > 1 { &d.by_brand } else { &[] }, ""),
    ]
}

fn head(d: &Demand) -> Vec<String> {
    let more = format!(
        "there were more than {CASES_MAX} cases; the earliest are not counted, and what changed says too much"
    );
    let figures = [
        format!(
            "{} cases came by the back door, {} in the period before; shadow index {}, done by webcare {}",
            d.cases,
            d.before,
            tables::percent(d.shadow_index_percent),
            tables::percent(d.done_by_webcare_percent)
        ),
        format!(
            "webcare's work: {}, before {}; {}",
            hours(d.minutes),
            hours(d.before_minutes),
            d.how_counted
        ),
    ];
    figures.into_iter().chain(d.cut.then_some(more)).collect()
}

fn heading(d: &Demand) -> String {
    let brands = if d.brands.is_empty() { "all brands".to_owned() } else { d.brands.join(", ") };
    let day = |text: &str| text.chars().take(16).collect::<String>().replace('T', " ");
    format!("{brands}, {}Z to {}Z", day(&d.from), day(&d.to))
}

fn example_line(e: &Example) -> String {
    let cause = if e.cause.is_empty() { "not said".to_owned() } else { e.cause.replace('_', " ") };
    let team = if e.team.is_empty() { "no ticket" } else { &e.team };
    format!("{} ({cause}; {team}; promise: {}): {}", e.case, e.promise, e.words)
}

/// Writes the report.
pub fn write(d: &Demand, format: Format) -> String {
    match format {
        Format::Text => text(d),
        Format::Json => serde_json::to_string_pretty(d).unwrap_or_default() + "\n",
        Format::Csv => csv(d),
        Format::Html => html(d),
    }
}

fn text(d: &Demand) -> String {
    let mut out = format!("What people came round the back for: {}\n\n", heading(d));
    for line in head(d) {
        let _ = writeln!(out, "{line}");
    }
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n{title}");
            for line in &lines {
                let _ = writeln!(out, "  {line}");
            }
        }
    };
    list("What changed", d.changes.clone());
    for (title, rows, none) in parts(d) {
        list(title, rows.iter().map(|r| row_line(r, none)).collect());
    }
    list("Examples, without names", d.examples.iter().map(example_line).collect());
    // Control characters from a name must not reach a terminal.
    out.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn csv(d: &Demand) -> String {
    let mut out = String::new();
    let mut line = |cells: &[&str]| {
        let cells: Vec<String> = cells.iter().map(|c| csv_cell(c)).collect();
        let _ = write!(out, "{}\r\n", cells.join(","));
    };
    line(&["row", "name", "cases", "before", "list"]);
    line(&["total", "", &d.cases.to_string(), &d.before.to_string(), ""]);
    line(&["minutes", d.how_counted, &d.minutes.to_string(), &d.before_minutes.to_string(), ""]);
    let groups = [
        ("cause", &d.causes),
        ("promise", &d.promises),
        ("team", &d.teams),
        ("sector", &d.sectors),
        ("brand", &d.by_brand),
    ];
    for (kind, rows) in groups {
        for r in rows {
            line(&[kind, &r.name, &r.cases.to_string(), &r.before.to_string(), &r.list.join(" ")]);
        }
    }
    for e in &d.examples {
        line(&["example", &e.cause, "", "", &format!("{}: {}", e.case, e.words)]);
    }
    out
}

fn html(d: &Demand) -> String {
    let title = escape(&format!("What people came round the back for: {}", heading(d)));
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = writeln!(
        out,
        "<title>{title}</title><style>{}</style></head><body><h1>{title}</h1>",
        crate::reports::write::STYLE
    );
    for line in head(d) {
        let _ = writeln!(out, "<p>{}</p>", escape(&line));
    }
    let mut list = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            let items = items.join("</li>\n<li>");
            let _ = writeln!(out, "<h2>{}</h2><ul>\n<li>{items}</li></ul>", escape(title));
        }
    };
    list("What changed", d.changes.iter().map(|c| escape(c)).collect());
    for (title, rows, none) in parts(d) {
        let item = |r: &Row| {
            let links: Vec<String> = r.list.iter().map(|c| case_link(c, &d.console)).collect();
            format!("{} {}", escape(&row_line(r, none)), links.join(" "))
        };
        list(title, rows.iter().map(item).collect());
    }
    list("Examples, without names", d.examples.iter().map(|e| escape(&example_line(e))).collect());
    out.push_str("</body></html>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_counts_what_people_did_and_never_a_night() {
        let minute = 60_000;
        let deed = |case: &str, at: i64, person: i64| (case.to_owned(), at * minute, person);
        let found = work(&[
            deed("a", 0, 0),
            deed("a", 4, 1),
            deed("a", 4, 1),
            ("a".to_owned(), 4 * minute + 1, 1),
            deed("a", 600, 1),
            deed("b", 601, 1),
            deed("b", 602, 0),
        ]);
        assert_eq!(
            found["a"],
            (4 + 1 + 15) * minute,
            "a press counts once, a moment is a minute, a night a quarter of an hour"
        );
        assert_eq!(found["b"], minute, "the first thing that happened there");
        assert_eq!((hours(90), hours(0)), ("1.5 hours".to_owned(), "0.0 hours".to_owned()));
    }

    #[test]
    fn changes_are_told_largest_first() {
        let row = |name: &str, cases, before| Row { name: name.into(), cases, before, list: Vec::new() };
        let told = changes(
            &[row("habit", 2, 2), row("no_answer", 4, 3), row("", 0, 2), row("other", 5, 0)],
            "not said",
        );
        assert_eq!(told, ["new: other, 5", "gone: not said, 2 before", "no answer: 3 to 4 (+1)"]);
    }
}
