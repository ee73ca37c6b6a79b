//! Writing a report to leads: text, JSON, CSV, and a page that needs nothing else, in the browser and in a mail.

use super::behind::ANSWERS;
use super::leads::{Group, Kind, Leads, Named};
use super::paper::Paper;
pub use super::paths::{case_path, cases_path, day_path, else_path, report_path};
use super::words::EN;
use super::write::{self, Format, STYLE, case_link, csv_cell, escape};
use super::{Breach, Report, beside, chart, office, survey, then};
use crate::domain::time::Span;
use std::fmt::Write;

/// How many breaches a mail names one by one.
const BREACHES_SHOWN: usize = 50;

/// Writes it.
pub fn write(made: &Leads, format: Format) -> String {
    match format {
        Format::Json => serde_json::to_string_pretty(made).unwrap_or_default() + "\n",
        Format::Text => text(made),
        Format::Csv => csv(made),
        Format::Html => html(made),
    }
}

/// What it is about, in one line.
pub fn title(made: &Leads) -> String {
    let brands = &made.report.brands;
    let brands = if brands.is_empty() { "all brands".to_owned() } else { brands.join(", ") };
    let this = &made.this;
    let days =
        if this.first == this.last { this.first.clone() } else { format!("{} to {}", this.first, this.last) };
    format!("{} report, {brands}, {days}", made.period)
}

fn span(ms: Option<i64>) -> String {
    ms.map_or("–".to_owned(), |ms| Span(ms).to_string())
}

fn percent(p: Option<f64>) -> String {
    p.map_or("–".to_owned(), |v| format!("{v:.1} %"))
}

fn named(name: &str) -> &str {
    if name.is_empty() { "none" } else { name }
}

fn in_words(kind: &str) -> String {
    kind.replace('_', " ")
}

fn kind_line(k: &Kind) -> String {
    format!(
        "{}: {} of {} on time ({}), median {}, 90 % within {}, 95 % within {}",
        in_words(&k.kind),
        k.kept,
        k.kept + k.broken,
        percent(k.on_time_percent),
        span(k.median_ms),
        span(k.p90_ms),
        span(k.p95_ms)
    )
}

/// The three totals beside each other.
fn compared(made: &Leads) -> Vec<(&'static str, &Named)> {
    let all = [
        ("this", Some(&made.this)),
        ("before", made.before.as_ref()),
        ("last year", made.last_year.as_ref()),
    ];
    all.into_iter().filter_map(|(name, of)| Some((name, of?))).collect()
}

fn alongside(made: &Leads) -> Vec<String> {
    let t = &made.report.total;
    let mut lines = vec![format!("Open now {}, late {}, soon late {}.", t.open_now, t.late_now, t.soon_late)];
    lines.extend(given(made));
    lines
}

/// How answers were given, and which protocols came up.
fn given(made: &Leads) -> Vec<String> {
    let mut lines = Vec::new();
    if made.bulk_answers > 0 {
        let rest = percent(made.on_time_without_bulk_percent);
        lines.push(format!("Answers to many {}; of the others {rest} in time.", made.bulk_answers));
    }
    if made.holding_answers > 0 {
        let rest = percent(made.on_time_substantive_permille.map(|n| n as f64 / 10.0));
        lines.push(format!(
            "Holding words {}; of substantive answers alone {rest} in time.",
            made.holding_answers
        ));
    }
    lines.extend(made.protocols.iter().map(|p| p.line(&EN) + "."));
    lines
}

/// What else was counted, each with what it was before.
fn figures(made: &Leads) -> Vec<String> {
    let line = |(code, _): (&'static str, &str)| {
        let of = |named: &Named| beside::shown(code, named.beside.get(code).copied(), &EN);
        let rest: Vec<String> =
            compared(made).into_iter().skip(1).map(|(name, named)| format!("{name} {}", of(named))).collect();
        let rest = if rest.is_empty() { String::new() } else { format!(" ({})", rest.join(", ")) };
        format!("{}: {}{rest}", EN.figure(code), of(&made.this))
    };
    beside::told(made).into_iter().map(line).collect()
}

const RULE: &str = "Answered late counts where it was due; not yet due counts neither way.";

fn text(made: &Leads) -> String {
    let mut out = format!("{}\n", title(made));
    for n in &made.notes {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "Noted of {}, {}: {}", n.day, n.brand, n.words);
    }
    for (name, of) in compared(made) {
        let _ = writeln!(
            out,
            "\n{name} ({} to {}): {} cases, {} need an answer",
            of.first, of.last, of.total.cases, of.total.needing_answer
        );
        for k in &of.total.kinds {
            let _ = writeln!(out, "  {}", kind_line(k));
        }
    }
    for (by, groups) in made.groups.iter().filter(|(by, groups)| tells(by, groups)) {
        let _ = writeln!(out, "\nBy {by}");
        for g in groups {
            let _ =
                writeln!(out, "  {}: {} cases, {} need an answer", named(&g.name), g.cases, g.needing_answer);
            if g.open_now > 0 {
                let (open, late, soon) = (g.open_now, g.late_now, g.soon_late);
                let _ = writeln!(out, "    open now {open}, late {late}, soon late {soon}");
            }
            for k in &g.kinds {
                let _ = writeln!(out, "    {}", kind_line(k));
            }
            for (row, was) in then::held(g) {
                let _ = writeln!(out, "    {}: {} cases", in_words(row), was.cases);
                for k in &was.kinds {
                    let _ = writeln!(out, "      {}", kind_line(k));
                }
            }
            let more = beside::line(g, &EN);
            if !more.is_empty() {
                let _ = writeln!(out, "    {more}");
            }
        }
    }
    if !made.days.is_empty() {
        let _ = writeln!(out, "\nDay by day");
        for d in &made.days {
            let noted = made.noted(&d.day);
            let noted = if noted.is_empty() { noted } else { format!(" ({noted})") };
            let _ = writeln!(out, "  {}: {} on time, {} late{noted}", d.day, d.kept, d.broken);
        }
    }
    let _ = writeln!(out);
    for line in alongside(made).into_iter().chain(figures(made)) {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "{RULE}");
    out += &broken_lines(&made.report);
    for (title, lines) in survey::lines(made.report.survey.as_ref()) {
        let _ = writeln!(out, "\n{title}");
        for text in lines {
            let _ = writeln!(out, "  {text}");
        }
    }
    // Control characters from a name must not reach a terminal.
    out.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// The broken promises one by one, and how many more there are.
fn broken_lines(report: &Report) -> String {
    let mut out = String::new();
    for (at, b) in report.breaches.iter().enumerate() {
        let title = if at == 0 { "\nBroken promises\n" } else { "" };
        let _ = writeln!(out, "{title}  {}#{} {}", b.brand, b.number, breach(b));
    }
    if report.breaches_not_listed > 0 {
        let _ = writeln!(out, "  and {} more", report.breaches_not_listed);
    }
    out
}

fn breach(b: &Breach) -> String {
    format!(
        "{} {} {}: {} {} late; {}; {}",
        b.level,
        b.platform,
        b.tongue_and_sector(),
        in_words(&b.kind),
        Span(b.late_ms),
        in_words(&b.cause),
        write::parts(b)
    )
}

/// What else was counted, beside the period before and last year, and by group, each with its head.
fn figure_rows(made: &Leads) -> Vec<[String; 5]> {
    let head = ["row", "figure", "this", "before", "last_year"].map(str::to_owned);
    let row = |(code, _): (&'static str, &str)| {
        let of = |named: Option<&Named>| {
            named.and_then(|n| n.beside.get(code)).map_or(String::new(), ToString::to_string)
        };
        let (before, year) = (of(made.before.as_ref()), of(made.last_year.as_ref()));
        ["figure".to_owned(), code.to_owned(), of(Some(&made.this)), before, year]
    };
    let mut rows = vec![head];
    rows.extend(beside::told(made).into_iter().map(row));
    rows.push(["row", "by", "name", "figure", "this"].map(str::to_owned));
    for (by, groups) in &made.groups {
        for g in groups {
            for (code, n) in &g.beside {
                let (by, code) = ((*by).to_owned(), (*code).to_owned());
                rows.push(["group_figure".to_owned(), by, g.name.clone(), code, n.to_string()]);
            }
        }
    }
    rows
}

/// The head of the rows of groups.
const GROUP_HEAD: [&str; 14] = [
    "row",
    "name",
    "cases",
    "needing_answer",
    "kind",
    "kept",
    "broken",
    "on_time_percent",
    "median_ms",
    "p90_ms",
    "p95_ms",
    "open_now",
    "late_now",
    "soon_late",
];

/// Groups by kind, then what else was counted, then the days, then what [`mod@write`] gives of everything else.
fn csv(made: &Leads) -> String {
    let mut out = String::new();
    let mut line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|c| csv_cell(c)).collect();
        let _ = write!(out, "{}\r\n", cells.join(","));
    };
    line(&GROUP_HEAD.map(str::to_owned));
    let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
    // What is open is as of now, and not as it was in another period.
    let mut group = |row: &str, g: &Group, is_now: bool| {
        let none = [Kind::default()];
        let open = |n: i64| if is_now { n.to_string() } else { String::new() };
        for k in if g.kinds.is_empty() { &none[..] } else { &g.kinds } {
            line(&[
                row.to_owned(),
                g.name.clone(),
                g.cases.to_string(),
                g.needing_answer.to_string(),
                k.kind.clone(),
                k.kept.to_string(),
                k.broken.to_string(),
                k.on_time_percent.map_or(String::new(), |p| format!("{p:.1}")),
                number(k.median_ms),
                number(k.p90_ms),
                number(k.p95_ms),
                open(g.open_now),
                open(g.late_now),
                open(g.soon_late),
            ]);
        }
    };
    for (name, of) in compared(made) {
        group(name, &of.total, name == "this");
    }
    for (by, groups) in &made.groups {
        for g in groups {
            group(by, g, true);
            for (row, was) in then::held(g) {
                group(&format!("{by}_{row}"), &was, false);
            }
        }
    }
    line(&[String::new()]);
    for row in figure_rows(made) {
        line(&row);
    }
    line(&[String::new()]);
    line(&["row", "day", "kept", "broken", "noted"].map(str::to_owned));
    for d in &made.days {
        line(&[
            "day".to_owned(),
            d.day.clone(),
            d.kept.to_string(),
            d.broken.to_string(),
            made.noted(&d.day),
        ]);
    }
    out + "\r\n" + &write::write(&made.report, Format::Csv)
}

/// A page of its own; the mail is the same.
fn html(made: &Leads) -> String {
    let title = escape(&title(made));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}\
         </style></head><body><h1>{title}</h1>{}</body></html>\n",
        body(made)
    )
}

/// What stands on the page below its title.
pub fn body(made: &Leads) -> String {
    let console = made.report.console.trim_end_matches('/');
    let mut out = String::new();
    for n in &made.notes {
        let _ = writeln!(out, "<p>{}</p>", escape(&format!("Noted of {}, {}: {}", n.day, n.brand, n.words)));
    }
    out += &(totals(made) + &charted(made));
    for (by, groups) in &made.groups {
        table(&mut out, made, by, groups, console);
    }
    broken(&mut out, made, console);
    out.push_str(&office::html(&made.report.office, &made.report.console));
    out.push_str(&survey::html(made.report.survey.as_ref(), &made.report.console));
    let _ = write!(out, "<p>{RULE}</p>");
    out
}

fn totals(made: &Leads) -> String {
    let mut out = String::from("<table class=\"counts\"><thead><tr><td></td>");
    let all = compared(made);
    for (name, of) in &all {
        let _ = write!(out, "<th scope=\"col\">{name} ({} – {})</th>", of.first, of.last);
    }
    out.push_str("</tr></thead><tbody>");
    // The figures of the period lead to their cases.
    let row = |out: &mut String, name: &str, first: Option<String>, of: &dyn Fn(&Named) -> String| {
        let plain = all.iter().skip(usize::from(first.is_some())).map(|(_, n)| escape(&of(n)));
        let cells: Vec<String> = first.into_iter().chain(plain).map(|c| format!("<td>{c}</td>")).collect();
        let _ = writeln!(out, "<tr><th scope=\"row\">{}</th>{}</tr>", escape(name), cells.concat());
    };
    let (this, whole) = (&made.this.total, |kind: &str, late| cases_path(made, "total", "", kind, late));
    let count = |n: i64, what: &str| linked(made, n, &whole(what, false));
    row(&mut out, "cases", Some(count(this.cases, "begun")), &|n| n.total.cases.to_string());
    let needing = Some(count(this.needing_answer, "needing"));
    row(&mut out, "need an answer", needing, &|n| n.total.needing_answer.to_string());
    for k in &this.kinds {
        let (kept, broken) = (whole(&k.kind, false), whole(&k.kind, true));
        let (kept, broken) = (linked(made, k.kept, &kept), linked(made, k.broken, &broken));
        let first = format!("{} ({kept} on time, {broken} late)", percent(k.on_time_percent));
        row(&mut out, &format!("{} on time", in_words(&k.kind)), Some(first), &|n| {
            percent(n.total.kind(&k.kind).and_then(|k| k.on_time_percent))
        });
        row(&mut out, &format!("{} median / 90 % / 95 %", in_words(&k.kind)), None, &|n| {
            let k = n.total.kind(&k.kind).cloned().unwrap_or_default();
            format!("{} / {} / {}", span(k.median_ms), span(k.p90_ms), span(k.p95_ms))
        });
    }
    let t = &made.report.total;
    let open = [(t.open_now, "open"), (t.late_now, "late"), (t.soon_late, "soon")];
    let [open, late, soon] = open.map(|(n, what)| count(n, what));
    let rest = escape(&given(made).join(" "));
    let _ = write!(out, "</tbody></table>\n<p>Open now {open}, late {late}, soon late {soon}. {rest}</p>");
    if !beside::told(made).is_empty() {
        let figures = Paper { lang: EN.lang, title: String::new(), blocks: vec![beside::table(made, &EN)] };
        out.push_str(&figures.page_at(made.report.console.trim_end_matches('/')));
    }
    out
}

/// A number that leads to a path below the console; zero leads nowhere.
fn linked(made: &Leads, n: i64, path: &str) -> String {
    if n == 0 {
        return "0".to_owned();
    }
    let console = made.report.console.trim_end_matches('/');
    format!("<a href=\"{}{}\">{n}</a>", escape(console), escape(path))
}

/// The chart, and the same figures as a table.
fn charted(made: &Leads) -> String {
    let mut out = String::new();
    let by = if made.days.is_empty() { "by channel" } else { "day by day" };
    let _ = write!(
        out,
        "<h2>Answers due, {by}</h2><p>Blue: on time. Red and hatched: late.{}</p>{}<table class=\"counts\"><thead><tr>\
         <td></td><th scope=\"col\">on time</th><th scope=\"col\">late</th><th scope=\"col\">noted</th></tr></thead>\
         <tbody>",
        if made.notes.is_empty() { "" } else { " *: noted below." },
        chart::bars(&format!("Answers on time and late, {by}"), &made.bars())
    );
    let noted: Vec<String> = made.days.iter().map(|d| made.noted(&d.day)).collect();
    for (at, bar) in made.bars().into_iter().enumerate() {
        // A day leads to its own report, a channel to its cases.
        let path = |late| match made.days.get(at) {
            Some(d) => day_path(made, &d.day),
            None => cases_path(made, "channel", &bar.name, ANSWERS, late),
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&bar.name),
            linked(made, bar.kept, &path(false)),
            linked(made, bar.broken, &path(true)),
            escape(noted.get(at).map_or("", String::as_str))
        );
    }
    out.push_str("</tbody></table>\n");
    out
}

fn broken(out: &mut String, made: &Leads, console: &str) {
    let breaches = &made.report.breaches;
    if !breaches.is_empty() {
        out.push_str("<h2>Broken promises</h2><ul>");
        for b in breaches.iter().take(BREACHES_SHOWN) {
            let case = case_link(&format!("{}#{}", b.brand, b.number), console);
            let _ = writeln!(out, "<li>{case} {}</li>", escape(&breach(b)));
        }
        out.push_str("</ul>");
        let more = breaches.len().saturating_sub(BREACHES_SHOWN) as i64 + made.report.breaches_not_listed;
        if more > 0 {
            let _ = write!(out, "<p>and {more} more</p>");
        }
    }
}

/// Whether a dimension tells anything: not where nothing came, nor where no case has a sector.
pub(super) fn tells(by: &str, groups: &[Group]) -> bool {
    match groups {
        [] => false,
        [one] => by != "sector" || !one.name.is_empty(),
        _ => true,
    }
}

fn table(out: &mut String, made: &Leads, by: &str, groups: &[Group], console: &str) {
    if !tells(by, groups) {
        return;
    }
    let _ = write!(
        out,
        "<h2 id=\"by-{by}\">By {by}</h2><div class=\"wide\" role=\"region\" aria-labelledby=\"by-{by}\" tabindex=\"0\">\
         <table class=\"counts\"><thead><tr><th scope=\"col\">{by}</th><th scope=\"col\">promise</th><th \
         scope=\"col\">cases</th><th scope=\"col\">before / last year</th><th scope=\"col\">need an answer</th><th \
         scope=\"col\">on time</th><th scope=\"col\">before / last year</th><th \
         scope=\"col\">kept</th><th scope=\"col\">late</th><th scope=\"col\">median</th><th scope=\"col\">90 %</th><th \
         scope=\"col\">95 %</th><th scope=\"col\">open</th><th scope=\"col\">late now</th><th scope=\"col\">soon \
         late</th></tr></thead><tbody>"
    );
    for g in groups {
        let none = [Kind::default()];
        let kinds = then::kinds(g);
        for (at, k) in if kinds.is_empty() { &none[..] } else { &kinds }.iter().enumerate() {
            let of =
                |n: i64, kind: &str, late: bool| linked(made, n, &cases_path(made, by, &g.name, kind, late));
            let figure = |n: i64, late: bool| of(n, &k.kind, late);
            // What is open is told once a group, and not with each of its promises.
            let open = |n: i64, kind: &str| if at == 0 { of(n, kind, false) } else { "–".to_owned() };
            let _ = writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
                 <td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(named(&g.name)),
                escape(&in_words(&k.kind)),
                of(g.cases, "begun", false),
                then::cases(g),
                of(g.needing_answer, "needing", false),
                percent(k.on_time_percent),
                then::on_time(g, &k.kind, percent),
                figure(k.kept, false),
                figure(k.broken, true),
                span(k.median_ms),
                span(k.p90_ms),
                span(k.p95_ms),
                open(g.open_now, "open"),
                open(g.late_now, "late"),
                open(g.soon_late, "soon")
            );
        }
    }
    out.push_str("</tbody></table></div>\n");
    if let Some(block) = beside::grouped(made, by, groups, &EN) {
        let more = Paper { lang: EN.lang, title: String::new(), blocks: vec![block] };
        out.push_str(&more.page_at(console.trim_end_matches('/')));
    }
}
