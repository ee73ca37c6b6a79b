//! A report to leads as the mail that they get: the figures with their cases, the days with what was noted of them,
//! what broke and why. It is the report of the console in short, and names no customer.

use super::behind::ANSWERS;
use super::frozen::{self, Correction};
use super::leads::{Group, Kind, Leads, Named};
use super::leads_write::{case_path, cases_path, day_path, else_path, report_path};
use super::paper::{Block, Paper, Piece, Strip, figure, link, say};
use super::words::Words;
use super::{Breach, Report, period::Period, then};
use crate::domain::money::shown;

/// How many breaches, gaps and corrections a mail names one by one.
const LISTED: usize = 50;

/// What it is about, in one line.
pub fn title(made: &Leads, w: &Words) -> String {
    let what = match Period::from_code(made.period) {
        Some(Period::Weekly) => w.weekly,
        Some(Period::Monthly) => w.monthly,
        _ => w.daily,
    };
    let brands = &made.report.brands;
    let brands = if brands.is_empty() { w.all_brands.to_owned() } else { brands.join(", ") };
    format!("{what}, {brands}, {}", days(&made.this, w))
}

/// Days in words.
pub fn days(of: &Named, w: &Words) -> String {
    if of.first == of.last { of.first.clone() } else { format!("{} {} {}", of.first, w.until, of.last) }
}

/// The mail. `corrections` are those of the period before, as it was sent.
pub fn letter(made: &Leads, corrections: &[Correction], w: &'static Words) -> Paper {
    let mut paper = Paper { lang: w.lang, title: title(made, w), blocks: Vec::new() };
    paper.blocks.push(Block::Line(vec![link(w.in_console, report_path(made))]));
    paper.part(w.noted, noted(made));
    paper.blocks.push(totals(made, w));
    corrected(&mut paper, corrections, w);
    let strips = strips(made);
    if !strips.is_empty() {
        let head = if made.days.is_empty() { w.due_channel } else { w.due_day };
        paper.blocks.push(Block::Head(head.to_owned()));
        paper.blocks.push(Block::Bars { words: [w.on_time.to_owned(), w.late.to_owned()], strips });
    }
    for (by, groups) in made.groups.iter().filter(|(by, groups)| super::leads_write::tells(by, groups)) {
        paper.blocks.push(Block::Head(w.by(by).to_owned()));
        paper.blocks.push(grouped(made, by, groups, w));
        paper.blocks.extend(super::beside::grouped(made, by, groups, w));
    }
    paper.blocks.push(Block::Head(w.beside.to_owned()));
    if !super::beside::told(made).is_empty() {
        paper.blocks.push(super::beside::table(made, w));
    }
    paper.blocks.push(Block::List(beside(made, w)));
    paper.part(w.gaps, gaps(made, w));
    paper.part(w.broken, broken(made, w));
    paper.blocks.push(Block::Line(vec![say(w.rule)]));
    paper
}

fn noted(made: &Leads) -> Vec<Vec<Piece>> {
    made.notes.iter().map(|n| vec![say(format!("{} {}: {}", n.day, n.brand, n.words))]).collect()
}

fn on_time(made: &Leads, by: (&str, &str), k: &Kind, w: &Words) -> Vec<Piece> {
    let path = |late| cases_path(made, by.0, by.1, &k.kind, late);
    vec![
        say(format!("{} (", w.percent(k.on_time_percent))),
        figure(k.kept, path(false)),
        say(format!(" {}, ", w.on_time)),
        figure(k.broken, path(true)),
        say(format!(" {})", w.late)),
    ]
}

fn times(k: &Kind) -> Vec<Piece> {
    let all = [k.median_ms, k.p90_ms, k.p95_ms].map(Words::span);
    vec![say(all.join(" / "))]
}

fn totals(made: &Leads, w: &Words) -> Block {
    let all: Vec<(&str, &Named)> = [
        (w.this, Some(&made.this)),
        (w.before, made.before.as_ref()),
        (w.last_year, made.last_year.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, of)| Some((name, of?)))
    .collect();
    let mut head = vec![String::new()];
    head.extend(all.iter().map(|(name, of)| format!("{name} ({})", days(of, w))));
    let row = |name: String, first: Vec<Piece>, other: &dyn Fn(&Named) -> Vec<Piece>| {
        let mut cells = vec![vec![say(name)], first];
        cells.extend(all.iter().skip(1).map(|(_, of)| other(of)));
        cells
    };
    let of = |n: i64| vec![say(n.to_string())];
    let mut rows = vec![
        row(w.begun.to_owned(), vec![figure(made.this.total.cases, else_path(made, "begun"))], &|n| {
            of(n.total.cases)
        }),
        row(
            w.needing.to_owned(),
            vec![figure(made.this.total.needing_answer, else_path(made, "needing"))],
            &|n| of(n.total.needing_answer),
        ),
    ];
    for k in &made.this.total.kinds {
        let name = w.name(&k.kind);
        rows.push(row(format!("{name}, {}", w.on_time), on_time(made, ("total", ""), k, w), &|n| {
            vec![say(w.percent(n.total.kind(&k.kind).and_then(|k| k.on_time_percent)))]
        }));
        rows.push(row(format!("{name}, {}", w.times), times(k), &|n| {
            times(&n.total.kind(&k.kind).cloned().unwrap_or_default())
        }));
    }
    Block::Table { head, rows }
}

/// What was corrected in the period before since it was sent.
fn corrected(paper: &mut Paper, corrections: &[Correction], w: &Words) {
    let line = |c: &Correction| {
        let name = w.kept_figure(c.figure.trim_start_matches("total/"));
        let (sent, now) = (frozen::shown(&c.figure, c.sent, w), frozen::shown(&c.figure, c.now, w));
        vec![say(format!("{}: {name}: {} {sent}, {} {now}", w.before, w.as_sent, w.now))]
    };
    paper.part(w.corrected, corrections.iter().take(LISTED).map(line).collect());
}

/// The bars: day by day with what was noted, or by channel for a single day.
fn strips(made: &Leads) -> Vec<Strip> {
    if !made.days.is_empty() {
        let one = |d: &super::leads::Day| Strip {
            name: d.day.clone(),
            kept: figure(d.kept, day_path(made, &d.day)),
            kept_n: d.kept,
            broken: figure(d.broken, day_path(made, &d.day)),
            broken_n: d.broken,
            note: made.noted(&d.day),
        };
        return made.days.iter().map(one).collect();
    }
    let channels = made.groups.get("channel").map_or(&[][..], Vec::as_slice);
    let one = |g: &Group| {
        let sum = |of: fn(&Kind) -> i64| {
            ["first_response", "next_response"].iter().filter_map(|k| g.kind(k)).map(of).sum()
        };
        let (kept, broken): (i64, i64) = (sum(|k| k.kept), sum(|k| k.broken));
        let path = |late| cases_path(made, "channel", &g.name, ANSWERS, late);
        Strip {
            name: g.name.clone(),
            kept: figure(kept, path(false)),
            kept_n: kept,
            broken: figure(broken, path(true)),
            broken_n: broken,
            note: String::new(),
        }
    };
    channels.iter().map(one).collect()
}

fn grouped(made: &Leads, by: &str, groups: &[Group], w: &Words) -> Block {
    let held = |what: &str| format!("{what}, {} / {}", w.before, w.last_year);
    let (begun, on_time_then) = (held(w.begun), held(w.on_time));
    let head = [
        "",
        w.promise_col,
        w.begun,
        begun.as_str(),
        w.needing,
        w.on_time,
        on_time_then.as_str(),
        w.times,
        w.open_now,
        w.late_now,
        w.soon_late,
    ];
    let head = head.map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    for g in groups {
        let name = if g.name.is_empty() { w.none.to_owned() } else { g.name.clone() };
        let of = |n: i64, what: &str| vec![figure(n, cases_path(made, by, &g.name, what, false))];
        let first = |kind: String| {
            let (cases, needing) = (of(g.cases, "begun"), of(g.needing_answer, "needing"));
            vec![vec![say(name.clone())], vec![say(kind)], cases, vec![say(then::cases(g))], needing]
        };
        let was = |kind: &str| vec![say(then::on_time(g, kind, |p| w.percent(p)))];
        // What is open is told once a group, and not with each of its promises.
        let open = vec![of(g.open_now, "open"), of(g.late_now, "late"), of(g.soon_late, "soon")];
        let none = || vec![vec![say("–")]; 3];
        let kinds = then::kinds(g);
        if kinds.is_empty() {
            rows.push([first(String::new()), vec![vec![say("–")]; 3], open.clone()].concat());
        }
        for (at, k) in kinds.iter().enumerate() {
            let rest = vec![on_time(made, (by, &g.name), k, w), was(&k.kind), times(k)];
            let open = if at == 0 { open.clone() } else { none() };
            rows.push([first(w.name(&k.kind)), rest, open].concat());
        }
    }
    Block::Table { head, rows }
}

/// What is open, what was promised by whom and what was seen, in lines below the table of figures.
fn beside(made: &Leads, w: &Words) -> Vec<Vec<Piece>> {
    let t = &made.report.total;
    let of = |n: i64, what: &str| figure(n, else_path(made, what));
    let mut lines = vec![vec![
        say(format!("{}: ", w.open_now)),
        of(t.open_now, "open"),
        say(format!(", {} ", w.late_now)),
        of(t.late_now, "late"),
        say(format!(", {} ", w.soon_late)),
        of(t.soon_late, "soon"),
    ]];
    lines.extend(made.protocols.iter().map(|p| vec![link(p.line(w), "/protocols")]));
    lines.extend(counted(&made.report, w));
    lines
}

/// What was seen in its turn, what was promised by whom, and what platforms were paid.
pub(super) fn counted(report: &Report, w: &Words) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for c in report.capture.iter().filter(|c| c.rate_percent.is_some()) {
        let line = format!(
            "{}, {}: {} ({} {} {} {})",
            w.capture,
            c.source,
            w.percent(c.rate_percent),
            c.found_late,
            w.of,
            c.mentions,
            w.found_late
        );
        lines.push(vec![link(line, "/sources")]);
    }
    lines.extend(report.promises.owners.iter().map(|f| {
        let all = format!("{} {} {}", f.kept, w.of, f.due);
        vec![say(format!(
            "{} {} ({}): {all} {} ({})",
            w.promised,
            w.name(&f.owed_by),
            f.brand,
            w.on_time,
            w.percent(f.kept_percent)
        ))]
    }));
    lines.extend(report.spending.iter().map(|s| {
        let brand = if s.brand.is_empty() { String::new() } else { format!(" ({})", s.brand) };
        vec![say(format!("{}, {}{brand}: {} {}", w.spent, s.platform, shown(s.micros), s.currency))]
    }));
    lines
}

/// Where nobody was on duty, or that somebody always was; nothing where nobody works with duty.
pub fn gaps(made: &Leads, w: &Words) -> Vec<Vec<Piece>> {
    let Some(gaps) = &made.coverage_gaps else { return Vec::new() };
    if gaps.is_empty() {
        return vec![vec![say(w.no_gaps)]];
    }
    let minute = |at: &str| at.get(..16).unwrap_or(at).replace('T', " ");
    let line = |g: &super::leads::Gap| {
        let language = if g.language == "any" { w.any_language } else { g.language };
        let words =
            format!("{language}: {}Z – {}Z, {} {}", minute(&g.from), minute(&g.until), g.hours, w.hours);
        vec![link(words, "/duty/coverage")]
    };
    let more = gaps.len().saturating_sub(LISTED);
    let more = (more > 0).then(|| vec![say(format!("{} {more} {}", w.and, w.more))]);
    gaps.iter().take(LISTED).map(line).chain(more).collect()
}

/// A breach: its case, what was late by how much, and the parts of the delay, the largest first.
pub fn breach_line(b: &Breach, w: &Words) -> Vec<Piece> {
    let mut parts: Vec<(&String, &i64)> = b.parts.iter().filter(|(_, ms)| **ms > 0).collect();
    parts.sort_by_key(|(_, ms)| std::cmp::Reverse(**ms));
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(name, ms)| format!("{} {}", w.name(name.trim_end_matches("_ms")), Words::span(Some(*ms))))
        .collect();
    let rest = format!(
        " {} {} {}: {}, {} {}; {}",
        b.level,
        b.platform,
        b.tongue_and_sector(),
        w.name(&b.kind),
        Words::span(Some(b.late_ms)),
        w.late,
        if parts.is_empty() { w.name(&b.cause) } else { parts.join(", ") }
    );
    vec![link(format!("{}#{}", b.brand, b.number), case_path(&b.brand, b.number)), say(rest)]
}

fn broken(made: &Leads, w: &Words) -> Vec<Vec<Piece>> {
    let all = &made.report.breaches;
    let more = all.len().saturating_sub(LISTED) as i64 + made.report.breaches_not_listed;
    let more = (more > 0).then(|| vec![link(format!("{} {more} {}", w.and, w.more), report_path(made))]);
    all.iter().take(LISTED).map(|b| breach_line(b, w)).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::leads::{Day, Note};
    use crate::reports::words::{EN, NL};

    fn made() -> Leads {
        let kind = Kind {
            kind: "first_response".into(),
            kept: 39,
            broken: 1,
            on_time_percent: Some(97.5),
            median_ms: Some(180_000),
            ..Kind::default()
        };
        let mut made = Leads { period: "weekly", ..Leads::default() };
        made.this = Named { first: "2026-11-16".into(), last: "2026-11-22".into(), ..Named::default() };
        made.this.total =
            Group { cases: 40, needing_answer: 40, kinds: vec![kind.clone()], ..Group::default() };
        made.groups.insert(
            "channel",
            vec![
                Group { name: "mastodon".into(), kinds: vec![kind], ..Group::default() },
                Group { name: "<x>".into(), cases: 1, ..Group::default() },
            ],
        );
        made.days = vec![Day { day: "2026-11-20".into(), kept: 39, broken: 1 }];
        let note = Note {
            id: String::new(),
            day: "2026-11-20".into(),
            brand: "Acme".into(),
            words: "strike".into(),
        };
        made.notes = vec![note];
        made.report.brands = vec!["Acme".into()];
        made
    }

    #[test]
    fn a_letter_has_its_figures_with_their_cases_in_both_languages() {
        let text = letter(&made(), &[], &EN).text("https://care.example");
        assert!(text.starts_with("Weekly report, Acme, 2026-11-16 to 2026-11-22\n"), "{text}");
        assert!(text.contains("97.5 % (39 [") && text.contains("(strike)"), "{text}");
        assert!(
            text.contains("https://care.example/reports/cases?period=weekly&day=2026-11-16&by=total"),
            "{text}"
        );
        let html = letter(&made(), &[], &NL).mail("https://care.example");
        assert!(
            html.contains("lang=\"nl\"") && html.contains("97,5 %") && html.contains("eerste antwoord"),
            "{html}"
        );
        assert!(html.contains("&lt;x&gt;") && !html.contains("<x>") && !html.contains("<svg"));
        let c = Correction { figure: "total/first_response/kept".into(), sent: Some(3), now: Some(4) };
        let text = letter(&made(), &[c], &EN).text("");
        assert!(text.contains("first response kept: as sent 3, now 4"), "{text}");
    }
}
