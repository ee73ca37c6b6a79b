//! Writing a report: as an aligned table, JSON, CSV or a page of HTML.
//!
//! Nothing in a report was written by a customer, yet names of brands and platforms come from
//! settings and sources: HTML is escaped, and a cell of CSV that a spreadsheet would take for a
//! formula gets an apostrophe before it. The page holds everything itself: no scripts, no images.

mod beside;
mod cells;

use super::{Breach, Missed, Promised, Report, Row, capture, office, shadow, survey};
use crate::domain::time::{Span, Timestamp};
use crate::domain::unseen::marked;
use beside::{beside_csv, each_beside};
pub use cells::{csv_cell, escape};
use std::fmt::Write;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// For a browser or a mail.
    Html,
}

impl Format {
    /// Reads `text`, `json`, `csv` or `html`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "json" => Self::Json,
            "csv" => Self::Csv,
            "html" => Self::Html,
            _ => return None,
        })
    }
}

/// Writes a report.
pub fn write(report: &Report, format: Format) -> String {
    match format {
        Format::Text => text(report),
        Format::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
        Format::Csv => csv(report),
        Format::Html => html(report),
    }
}

const HEAD: [&str; 15] = [
    "channel",
    "language",
    "posts",
    "need answer",
    "outside",
    "due",
    "on time",
    "broken",
    "answered",
    "median",
    "in hours",
    "p90",
    "next on time",
    "open",
    "late",
];

fn percent(p: &Promised) -> String {
    p.on_time_percent.map_or("–".to_owned(), |v| format!("{v:.1} %"))
}

fn span(ms: Option<i64>) -> String {
    ms.map_or("–".to_owned(), |ms| Span(ms).to_string())
}

fn cells(row: &Row) -> [String; 15] {
    let name = |text: &str, all: &str| if text.is_empty() { all.to_owned() } else { text.to_owned() };
    [
        name(&row.platform, "all"),
        name(&row.language, "all"),
        row.mentions.to_string(),
        row.needing_answer.to_string(),
        row.outside_promise.to_string(),
        row.first_response.due.to_string(),
        percent(&row.first_response),
        row.first_response.broken.to_string(),
        row.first_response.answered.to_string(),
        span(row.first_response_median_ms),
        span(row.first_response_median_counted_ms),
        span(row.first_response_p90_ms),
        percent(&row.next_response),
        row.open_now.to_string(),
        row.late_now.to_string(),
    ]
}

/// All rows in the order in which they are shown: the total, then each platform with its languages.
fn ordered(report: &Report) -> Vec<&Row> {
    let mut rows = vec![&report.total];
    for platform in &report.platforms {
        rows.push(platform);
        rows.extend(report.rows.iter().filter(|r| r.platform == platform.platform));
    }
    rows
}

fn heading(report: &Report) -> String {
    let brands = if report.brands.is_empty() { "all brands".to_owned() } else { report.brands.join(", ") };
    format!("{brands}, {} to {}", minute(&report.from), minute(&report.to))
}

/// `2026-11-24 09:30Z`, which is enough for people.
fn minute(rfc3339: &str) -> String {
    match Timestamp::parse(rfc3339) {
        Ok(_) if rfc3339.len() >= 16 => format!("{}Z", rfc3339[..16].replace('T', " ")),
        _ => rfc3339.to_owned(),
    }
}

pub(super) fn parts(breach: &Breach) -> String {
    let names = breach.parts.iter().filter(|(_, ms)| **ms > 0);
    names
        .map(|(name, ms)| format!("{} {}", name.trim_end_matches("_ms").replace('_', " "), Span(*ms)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn breach_line(b: &Breach) -> String {
    let answered = if b.ended_at.is_some() { "answered" } else { "not answered," };
    format!(
        "{} #{} {} {} {}: {} due {}, {answered} {} late; {}; {}; noticed after {}",
        b.brand,
        b.number,
        b.level,
        b.platform,
        b.tongue_and_sector(),
        b.kind.replace('_', " "),
        minute(&b.due_at),
        Span(b.late_ms),
        b.cause.replace('_', " "),
        parts(b),
        Span(b.detection_ms),
    )
}

fn detection_line(b: &Breach) -> String {
    format!(
        "{} #{} {} {}: {} due {}, in time after all ({})",
        b.brand,
        b.number,
        b.platform,
        b.language,
        b.kind.replace('_', " "),
        minute(&b.due_at),
        b.annulled_by.as_deref().unwrap_or_default(),
    )
}

fn notes(report: &Report) -> Vec<String> {
    let total = &report.total;
    let mut notes = vec![format!(
        "Answered late counts where it was due; not yet due counts neither way. Ended without an answer before it was \
         due: {}.",
        total.first_response.without_answer + total.next_response.without_answer
    )];
    if total.soon_late > 0 {
        notes.push(format!("About to be late (last fifth of their time): {}.", total.soon_late));
    }
    if total.outside_promise > 0 {
        notes.push(format!(
            "Outside the promise: {} cases need an answer and no promise covers them.",
            total.outside_promise
        ));
    }
    notes.push(format!("{}.", missed_line(&report.missed_by_triage)));
    if report.samples + report.historic > 0 {
        notes.push(format!(
            "Not counted above: {} sample posts, {} from before their source counted.",
            report.samples, report.historic
        ));
    }
    notes
}

/// The rate of what triage misses in words: with how many were checked, and the interval.
pub fn missed_line(m: &Missed) -> String {
    match (m.rate_percent, m.low_percent, m.high_percent) {
        (Some(rate), Some(low), Some(high)) => format!(
            "Missed by triage: {rate:.1} %, {} of {} checked needed an answer (95 %: {low:.1} to {high:.1} %)",
            m.needed_answer, m.checked
        ),
        _ => "Missed by triage: not measured, nothing was checked".to_owned(),
    }
}

fn text(report: &Report) -> String {
    let table: Vec<[String; 15]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(ordered(report).into_iter().map(cells)).collect();
    let width = |at: usize| table.iter().map(|r| r[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut out = format!("Report: {}\n", heading(report));
    let said = survey::lines(report.survey.as_ref());
    // Whether it was solved stands above how fast it was answered.
    let (first, rest): (Vec<_>, Vec<_>) =
        office::lines(&report.office).into_iter().chain(said).enumerate().partition(|(at, _)| *at == 0);
    for (_, (title, lines)) in first {
        list(&mut out, title, lines.into_iter());
    }
    let _ = writeln!(out);
    for row in &table {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(at, (cell, w))| if at < 2 { format!("{cell:<w$}") } else { format!("{cell:>w$}") })
            .collect();
        let _ = writeln!(out, "{}", line.join("  ").trim_end());
    }
    let _ = writeln!(out);
    for note in notes(report) {
        let _ = writeln!(out, "{note}");
    }
    list(&mut out, capture::TITLE, capture::lines(&report.capture).into_iter());
    list(&mut out, shadow::TITLE, shadow::lines(&report.shadow).into_iter());
    for (_, (title, lines)) in rest {
        list(&mut out, title, lines.into_iter());
    }
    list(&mut out, shadow::CASES, shadow::case_lines(&report.shadow).into_iter());
    each_beside(report, |title, lines| list(&mut out, title, lines.into_iter()));
    list(&mut out, "Broken promises", report.breaches.iter().map(breach_line));
    if report.breaches_not_listed > 0 {
        let _ = writeln!(out, "  and {} more", report.breaches_not_listed);
    }
    list(&mut out, "Detection: looked broken, was kept", report.detection.iter().map(detection_line));
    // Control characters from a name must not reach a terminal.
    marked(&out.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>())
}

fn list(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    for (at, line) in lines.enumerate() {
        if at == 0 {
            let _ = writeln!(out, "\n{title}");
        }
        let _ = writeln!(out, "  {line}");
    }
}

fn csv_line(out: &mut String, cells: &[&str]) {
    let line: Vec<String> = cells.iter().map(|c| csv_cell(c)).collect();
    let _ = write!(out, "{}\r\n", line.join(","));
}

const CSV_FIGURES: [&str; 21] = [
    "row",
    "platform",
    "language",
    "mentions",
    "needing_answer",
    "outside_promise",
    "first_due",
    "first_kept",
    "first_broken",
    "first_on_time_percent",
    "first_answered",
    "first_median_ms",
    "first_median_counted_ms",
    "first_p90_ms",
    "next_due",
    "next_kept",
    "next_broken",
    "next_on_time_percent",
    "open_now",
    "late_now",
    "soon_late",
];
const CSV_BREACHES: [&str; 16] = [
    "row",
    "brand",
    "number",
    "platform",
    "language",
    "level",
    "kind",
    "started_at",
    "due_at",
    "ended_at",
    "late_ms",
    "cause",
    "parts",
    "detection_ms",
    "annulled_by",
    "sector",
];

const CSV_MISSED: [&str; 6] =
    ["row", "checked", "needed_answer", "rate_percent", "low_percent", "high_percent"];

/// Tables of figures, of what triage misses, of what was seen in its turn, of endings, of the cases behind these, of
/// the back door (groups, counts, first-time resolution), of promises and of those one by one, and of breaches, each with its heads; the first column
/// tells the kind of row.
fn csv(report: &Report) -> String {
    let mut out = String::new();
    csv_line(&mut out, &CSV_FIGURES);
    for row in ordered(report) {
        csv_line(&mut out, &csv_figures(row).each_ref().map(String::as_str));
    }
    let _ = write!(out, "\r\n");
    csv_line(&mut out, &CSV_MISSED);
    let missed = &report.missed_by_triage;
    let percent = |p: Option<f64>| p.map_or(String::new(), |v| format!("{v:.1}"));
    let cells = [
        "missed_by_triage".to_owned(),
        missed.checked.to_string(),
        missed.needed_answer.to_string(),
        percent(missed.rate_percent),
        percent(missed.low_percent),
        percent(missed.high_percent),
    ];
    csv_line(&mut out, &cells.each_ref().map(String::as_str));
    let _ = write!(out, "\r\n");
    for line in capture::csv_rows(&report.capture) {
        csv_line(&mut out, &line.each_ref().map(String::as_str));
    }
    let _ = write!(out, "\r\n");
    for table in [shadow::csv_rows(&report.shadow), shadow::csv_cases(&report.shadow)] {
        for line in table {
            csv_line(&mut out, &line.each_ref().map(String::as_str));
        }
        let _ = write!(out, "\r\n");
    }
    let said = survey::csv_tables(report.survey.as_ref());
    for table in office::csv_tables(&report.office).into_iter().chain(said) {
        for line in table {
            csv_line(&mut out, &line.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let _ = write!(out, "\r\n");
    }
    for table in beside_csv(report) {
        for line in table {
            csv_line(&mut out, &line.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let _ = write!(out, "\r\n");
    }
    csv_line(&mut out, &CSV_BREACHES);
    let annulled = report.detection.iter().map(|b| ("annulled", b));
    for (kind, b) in report.breaches.iter().map(|b| ("breach", b)).chain(annulled) {
        csv_line(&mut out, &csv_breach(kind, b).each_ref().map(String::as_str));
    }
    out
}

fn csv_figures(row: &Row) -> [String; 21] {
    let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
    let percent = |p: &Promised| p.on_time_percent.map_or(String::new(), |v| format!("{v:.1}"));
    let (f, n) = (&row.first_response, &row.next_response);
    [
        kind_of(row).to_owned(),
        row.platform.clone(),
        row.language.clone(),
        row.mentions.to_string(),
        row.needing_answer.to_string(),
        row.outside_promise.to_string(),
        f.due.to_string(),
        f.kept.to_string(),
        f.broken.to_string(),
        percent(f),
        f.answered.to_string(),
        number(row.first_response_median_ms),
        number(row.first_response_median_counted_ms),
        number(row.first_response_p90_ms),
        n.due.to_string(),
        n.kept.to_string(),
        n.broken.to_string(),
        percent(n),
        row.open_now.to_string(),
        row.late_now.to_string(),
        row.soon_late.to_string(),
    ]
}

fn csv_breach(kind: &str, b: &Breach) -> [String; 16] {
    [
        kind.to_owned(),
        b.brand.clone(),
        b.number.to_string(),
        b.platform.clone(),
        b.language.clone(),
        b.level.to_owned(),
        b.kind.clone(),
        b.started_at.clone(),
        b.due_at.clone(),
        b.ended_at.clone().unwrap_or_default(),
        b.late_ms.to_string(),
        b.cause.clone(),
        parts(b),
        b.detection_ms.to_string(),
        b.annulled_by.clone().unwrap_or_default(),
        b.sector.clone(),
    ]
}

/// Which kind of row this is.
fn kind_of(row: &Row) -> &'static str {
    match (row.platform.is_empty(), row.language.is_empty()) {
        (true, _) => "total",
        (false, true) => "platform",
        (false, false) => "language",
    }
}

/// A case written as `BRAND#NUMBER` as a link into the console at `console`; without an address as text.
pub fn case_link(case: &str, console: &str) -> String {
    let (Some((brand, number)), false) = (case.rsplit_once('#'), console.is_empty()) else {
        return escape(case);
    };
    let mut path = String::new();
    for byte in brand.bytes() {
        if byte.is_ascii_alphanumeric() {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
    let href = format!("{}/c/{path}/{number}", console.trim_end_matches('/'));
    format!("<a href=\"{}\">{}</a>", escape(&href), escape(case))
}

/// How a page of a report looks; it needs nothing else.
pub(super) const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1a1a1a}\
    table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:right}\
    th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}tr.total{font-weight:600}tr.platform{background:#f4f4f4}\
    h2{font-size:1.1rem;margin-top:2rem}";

fn html(report: &Report) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let title = escape(&heading(report));
    let _ = write!(
        out,
        "<title>Report: {title}</title><style>{STYLE}</style></head><body><h1>Report: {title}</h1>"
    );
    out.push_str(&office::html_first_time(&report.office.first_time, &report.console));
    out.push_str("<table><thead><tr>");
    for name in HEAD {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(name));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in ordered(report) {
        let class = kind_of(row);
        let cells = cells(row).map(|c| escape(&c)).join("</td><td>");
        let _ = writeln!(out, "<tr class=\"{class}\"><td>{cells}</td></tr>");
    }
    out.push_str("</tbody></table>\n");
    for note in notes(report) {
        let _ = writeln!(out, "<p>{}</p>", escape(&note));
    }
    html_list(&mut out, capture::TITLE, capture::lines(&report.capture).into_iter());
    html_list(&mut out, shadow::TITLE, shadow::lines(&report.shadow).into_iter());
    out.push_str(&office::html(&report.office, &report.console));
    out.push_str(&survey::html(report.survey.as_ref(), &report.console));
    html_list(&mut out, shadow::CASES, shadow::case_lines(&report.shadow).into_iter());
    each_beside(report, |title, lines| html_list(&mut out, title, lines.into_iter()));
    html_list(&mut out, "Broken promises", report.breaches.iter().map(breach_line));
    if report.breaches_not_listed > 0 {
        let _ = writeln!(out, "<p>and {} more</p>", report.breaches_not_listed);
    }
    html_list(&mut out, "Detection: looked broken, was kept", report.detection.iter().map(detection_line));
    out.push_str("</body></html>\n");
    out
}

fn html_list(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let items: Vec<String> = lines.map(|l| escape(&l)).collect();
    if !items.is_empty() {
        let _ = writeln!(out, "<h2>{}</h2><ul>\n<li>{}</li></ul>", escape(title), items.join("</li>\n<li>"));
    }
}

#[cfg(test)]
mod tests;
