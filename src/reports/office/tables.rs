//! The back door in words, as tables for spreadsheets, and as a part of a page.

use super::count::{Could, Group, Jump, Reason, Reasons, Tries};
use super::first_time::{FirstTime, Of};
use super::{CASES_MAX, Office};
use crate::domain::time::Span;
use crate::reports::words::called;
use crate::reports::write::{case_link, escape};
use std::fmt::Write;

/// A percentage, or that there is none.
pub(super) fn percent(p: Option<f64>) -> String {
    p.map_or_else(|| "not measured".to_owned(), |p| format!("{p:.1} %"))
}

fn before(p: Option<f64>) -> String {
    p.map_or_else(|| "–".to_owned(), |p| format!("{p:.1} %"))
}

fn span(ms: Option<i64>) -> String {
    match ms {
        None => "not measured".to_owned(),
        Some(ms) if ms < 0 => format!("-{}", Span(-ms)),
        Some(ms) => Span(ms).to_string(),
    }
}

/// The groups with their codes, titles and words for what has no name.
pub fn groups(o: &Office) -> [(&'static str, &'static str, &[Group], &'static str); 9] {
    [
        ("week", "By week", &o.weeks, ""),
        ("brand", "By brand", &o.brands, ""),
        ("channel", "By channel", &o.channels, ""),
        ("language", "By language", &o.languages, ""),
        ("level", "By level", &o.levels, ""),
        ("sector", "By sector", &o.sectors, "no sector"),
        ("cause", "By cause: why they came", &o.causes, "not said"),
        ("matter", "By matter: what they wanted", &o.matters, ""),
        ("team", "By team of the front office or supplier", &o.teams, "no ticket"),
    ]
}

fn group_line(name: &str, g: &Group) -> String {
    let mut line = format!(
        "{name}: shadow index {} ({} of {}), done by webcare {}",
        percent(g.shadow_index_percent),
        g.webcare_unregistered.len(),
        g.cases,
        percent(g.done_by_webcare_percent)
    );
    if let Some(cases) = g.before_cases {
        let _ = write!(
            line,
            "; the period before {}, {} of {cases} cases",
            before(g.before_shadow_index_percent),
            before(g.before_done_by_webcare_percent)
        );
    }
    line
}

fn first_time_line(of: &Of, none: &str) -> String {
    let name = if of.name.is_empty() { none } else { &of.name };
    if of.percent.is_none() {
        return format!("{name}: not measured, of no case is it known; {} not yet known", of.not_yet_known);
    }
    format!(
        "{name}: {} solved the first time, {} of {} known; {} not yet known",
        percent(of.percent),
        of.first_time,
        of.first_time + of.came_again,
        of.not_yet_known
    )
}

/// First-time resolution by group: code, title, groups, and the words for what has no name.
pub(super) fn first_time_groups(f: &FirstTime) -> [(&'static str, &'static str, &[Of], &'static str); 5] {
    [
        ("channel", "by channel", &f.platforms, ""),
        ("brand", "by brand", &f.brands, ""),
        ("language", "by language", &f.languages, ""),
        ("level", "by level", &f.levels, ""),
        ("sector", "by sector", &f.sectors, "no sector"),
    ]
}

/// First-time resolution in words.
pub fn first_time_lines(f: &FirstTime) -> Vec<String> {
    let days: Vec<String> = f.days.iter().map(|(brand, days)| format!("{brand} {days} days")).collect();
    let mut lines = vec![first_time_line(&f.total, "all channels")];
    lines.extend(f.platforms.iter().map(|of| first_time_line(of, "")));
    for (_, title, list, none) in first_time_groups(f).into_iter().skip(1) {
        // What is all one group is told above.
        if list.len() > 1 {
            lines.extend(list.iter().map(|of| format!("{title}, {}", first_time_line(of, none))));
        }
    }
    if !f.again_by.is_empty() {
        let by: Vec<String> =
            f.again_by.iter().map(|(how, n)| format!("{} {n}", how.replace('_', " "))).collect();
        lines.push(format!("they came again by: {}", by.join(", ")));
    }
    let not_seen: Vec<String> = f.not_seen.iter().map(|n| n.replace('_', " ")).collect();
    let unseen = if not_seen.is_empty() { "none".to_owned() } else { not_seen.join(", ") };
    lines.push(format!("within {}; channels that are not seen: {unseen}", days.join(", ")));
    lines
}

/// Why customers came, in words; bad data is told as such, and nobody's fault.
pub fn reason_lines(r: &Reasons) -> Vec<String> {
    let sampled = r.asked < r.of;
    let one = |x: &Reason| {
        let range = if sampled {
            format!(" (95 %: {:.1} to {:.1} %)", x.low_percent, x.high_percent)
        } else {
            String::new()
        };
        format!("{}: {} of {}, {:.1} %{range}", x.reason.replace('_', " "), x.count, r.given, x.percent)
    };
    let mut lines: Vec<String> = r.list.iter().map(one).collect();
    if sampled {
        lines.push(format!("a sample: asked on {} of {} cases", r.asked, r.of));
    }
    if r.too_many_other {
        lines.push(format!(
            "bad data: {} are 'other', more than 15 %; the list lacks a reason",
            percent(r.other_percent)
        ));
    }
    if r.accepted_unread {
        lines.push(format!(
            "bad data: {} were left as proposed, more than 95 %; the form is not read, so ask on fewer cases",
            percent(r.unchanged_percent)
        ));
    }
    lines
}

/// Why webcare could, in words.
fn could_lines(c: &Could) -> Vec<String> {
    let one = |x: &Reason| {
        format!("{}: {} of {}, {:.1} %", x.reason.replace('_', " "), x.count, c.given, x.percent)
    };
    let mut lines: Vec<String> = c.list.iter().map(one).collect();
    if !c.not_said.is_empty() {
        lines.push(format!("not said: {} of {} that webcare solved", c.not_said.len(), c.of));
    }
    if c.too_many_other {
        lines.push(format!(
            "bad data: {} are 'other', more than 15 %; the list lacks a reason",
            percent(c.other_percent)
        ));
    }
    lines
}

fn not_said_line(o: &Office) -> String {
    format!(
        "{} cases look like the front office's, are over, and nobody said how they ended: they count in no figure of \
         the back door",
        o.not_said.len()
    )
}

/// Whether there is anything to tell of the back door.
fn is_empty(o: &Office) -> bool {
    o.total.cases == 0 && o.total.before_cases.unwrap_or(0) == 0 && o.not_said.is_empty()
}

fn tries_line(t: &Tries) -> String {
    format!(
        "had been to the front office before: {} ({}), median {} contacts, the first {} before; promised something: {}, \
         broken when they came: {}",
        t.with_contact,
        percent(t.percent),
        t.median_contacts.map_or_else(|| "–".to_owned(), |n| n.to_string()),
        span(t.median_since_first_ms),
        t.promised,
        t.broken
    )
}

fn jump_line(j: &Jump) -> String {
    let range = match (j.low_percent, j.high_percent) {
        (Some(low), Some(high)) => format!(", 95 %: {low:.1} to {high:.1} %"),
        _ => String::new(),
    };
    format!(
        "queue-jump meter: {} had an open ticket when they came ({}{range}); webcare was done {} sooner than the ticket \
         (median, n {}, of which {} tickets stand open still and are counted until now)",
        j.with_open_ticket,
        percent(j.percent),
        span(j.median_sooner_ms),
        j.measured,
        j.still_open
    )
}

/// The part in words, a title with its lines.
pub fn lines(o: &Office) -> Vec<(&'static str, Vec<String>)> {
    let mut parts = vec![("First-time resolution", first_time_lines(&o.first_time))];
    if is_empty(o) {
        return parts;
    }
    let mut trend = vec![group_line("this period", &o.total)];
    if o.cut {
        trend.push(format!("there were more than {CASES_MAX} cases; the earliest are not counted"));
    }
    if !o.not_said.is_empty() {
        trend.push(not_said_line(o));
    }
    parts.push(("Back door: this period against the one before", trend));
    for (by, title, list, none) in groups(o) {
        parts.push((title, list.iter().map(|g| group_line(&called(by, &g.name, none), g)).collect()));
    }
    parts.push(("Why they came", reason_lines(&o.reasons)));
    if o.could.of > 0 {
        parts.push(("Why webcare could", could_lines(&o.could)));
    }
    parts.push(("What they had tried, and the queue", vec![tries_line(&o.tries), jump_line(&o.jump)]));
    parts
}

/// Three tables with their heads: groups, reasons and what else is counted, and first-time resolution. Lists of cases
/// stand in one cell, apart by spaces.
pub fn csv_tables(o: &Office) -> Vec<Vec<Vec<String>>> {
    vec![csv_groups(o), csv_counts(o), csv_first_time(&o.first_time)]
}

fn shown(p: Option<f64>) -> String {
    p.map_or_else(String::new, |p| format!("{p:.1}"))
}

fn head(cells: &str) -> Vec<String> {
    cells.split(' ').map(ToOwned::to_owned).collect()
}

fn csv_groups(o: &Office) -> Vec<Vec<String>> {
    let mut table = vec![head(
        "row by name cases shadow_index_percent done_by_webcare_percent before_cases before_shadow_index_percent \
         before_done_by_webcare_percent front_office webcare_linked webcare_unregistered",
    )];
    let total = ("total", "", std::slice::from_ref(&o.total), "");
    for (by, _, list, _) in std::iter::once(total).chain(groups(o)) {
        table.extend(list.iter().map(|g| {
            vec![
                "back_door".to_owned(),
                by.to_owned(),
                g.name.clone(),
                g.cases.to_string(),
                shown(g.shadow_index_percent),
                shown(g.done_by_webcare_percent),
                g.before_cases.map_or_else(String::new, |n| n.to_string()),
                shown(g.before_shadow_index_percent),
                shown(g.before_done_by_webcare_percent),
                g.front_office.join(" "),
                g.webcare_linked.join(" "),
                g.webcare_unregistered.join(" "),
            ]
        }));
    }
    table
}

fn csv_counts(o: &Office) -> Vec<Vec<String>> {
    let (r, t, j, all) = (&o.reasons, &o.tries, &o.jump, o.total.cases);
    let count = |what: &str, (n, of): (i64, i64), range: [Option<f64>; 3], marked: bool, cases: &[String]| {
        let mut row = vec!["back_door_count".to_owned(), what.to_owned(), n.to_string(), of.to_string()];
        row.extend(range.map(shown));
        row.extend([if marked { "bad_data" } else { "" }.to_owned(), cases.join(" ")]);
        row
    };
    let (none, only) = ([None; 3], |p: Option<f64>| [p, None, None]);
    let other = r.list.iter().filter(|x| x.reason == "other").map(|x| x.count).sum();
    let sooner = j.median_sooner_ms.unwrap_or_default();
    let range = [j.percent, j.low_percent, j.high_percent];
    let mut table = vec![head("row what n of percent low high marked cases")];
    table.extend(r.list.iter().map(|x| {
        let range = [Some(x.percent), Some(x.low_percent), Some(x.high_percent)];
        count(x.reason, (x.count, r.given), range, false, &x.cases)
    }));
    table.extend([
        count("reasons_asked", (r.asked, r.of), none, false, &[]),
        count("reasons_other", (other, r.given), only(r.other_percent), r.too_many_other, &[]),
        count("reasons_unchanged", (r.unchanged, r.asked), only(r.unchanged_percent), r.accepted_unread, &[]),
        count("contact_before", (t.with_contact, all), only(t.percent), false, &t.cases),
        count("promised_before", (t.promised, t.with_contact), none, false, &t.promised_cases),
        count("promise_broken_before", (t.broken, t.promised), none, false, &t.broken_cases),
        count("open_ticket_when_they_came", (j.with_open_ticket, all), range, false, &j.cases),
        count("sooner_ms_median", (sooner, j.measured), none, false, &j.measured_cases),
        count("tickets_open_still", (j.still_open, j.measured), none, false, &j.still_open_cases),
    ]);
    let len = |list: &[String]| i64::try_from(list.len()).unwrap_or(i64::MAX);
    let could = &o.could;
    table.extend(could.list.iter().map(|x| {
        let bad = could.too_many_other && x.reason == "other";
        count(&format!("could_{}", x.reason), (x.count, could.given), only(Some(x.percent)), bad, &x.cases)
    }));
    table.extend([
        count("could_not_said", (len(&could.not_said), could.of), none, false, &could.not_said),
        count("ending_not_said", (len(&o.not_said), all + len(&o.not_said)), none, false, &o.not_said),
    ]);
    table
}

fn csv_first_time(f: &FirstTime) -> Vec<Vec<String>> {
    let mut table = vec![head(
        "row platform resolved first_time came_again not_yet_known percent not_seen cases first_time_cases \
             not_yet_known_cases",
    )];
    let total = std::iter::once(("first_time".to_owned(), &f.total));
    let groups = first_time_groups(f).into_iter().flat_map(|(by, _, list, _)| {
        let kind = if by == "channel" { "first_time".to_owned() } else { format!("first_time_by_{by}") };
        list.iter().map(move |of| (kind.clone(), of))
    });
    for (kind, of) in total.chain(groups) {
        table.push(vec![
            kind,
            of.name.clone(),
            of.resolved.to_string(),
            of.first_time.to_string(),
            of.came_again.to_string(),
            of.not_yet_known.to_string(),
            shown(of.percent),
            f.not_seen.join(" "),
            of.cases.join(" "),
            of.first_time_cases.join(" "),
            of.not_yet_known_cases.join(" "),
        ]);
    }
    for (how, cases) in &f.again_by_cases {
        let mut row = vec!["came_again_by".to_owned(), how.clone(), String::new(), String::new()];
        row.extend([cases.len().to_string(), String::new(), String::new(), String::new(), cases.join(" ")]);
        row.extend([String::new(), String::new()]);
        table.push(row);
    }
    table
}

/// The cases of a list as links into the console, folded; `console` is its address.
fn linked(cases: &[String], console: &str) -> String {
    if cases.is_empty() {
        return String::new();
    }
    let links: Vec<String> = cases.iter().map(|c| case_link(c, console)).collect();
    format!("<details><summary>{}</summary>{}</details>", cases.len(), links.join(" "))
}

/// First-time resolution as a part of a page: it stands above speed.
pub fn html_first_time(f: &FirstTime, console: &str) -> String {
    let mut out = String::from("<h2>First-time resolution</h2><ul>\n");
    for line in first_time_lines(f) {
        let _ = writeln!(out, "<li>{}</li>", escape(&line));
    }
    let _ = writeln!(out, "</ul>");
    for (what, cases) in [
        ("They came again", &f.total.came_again_cases()),
        ("Solved the first time", &f.total.first_time_cases),
        ("Not yet known", &f.total.not_yet_known_cases),
    ] {
        if !cases.is_empty() {
            let _ = writeln!(out, "<p>{what}: {}</p>", linked(cases, console));
        }
    }
    out + &html_first_time_groups(f, console)
}

/// The tables of its groups, each number with its cases.
fn html_first_time_groups(f: &FirstTime, console: &str) -> String {
    let mut out = String::new();
    for (_, title, list, none) in first_time_groups(f).into_iter().filter(|(.., list, _)| !list.is_empty()) {
        let _ = writeln!(
            out,
            "<h3>First-time resolution {}</h3><table><thead><tr><th scope=\"col\"></th>\
             <th scope=\"col\">solved the first time</th><th scope=\"col\">cases</th>\
             <th scope=\"col\">came again</th><th scope=\"col\">not yet known</th></tr></thead><tbody>",
            escape(title)
        );
        for of in list {
            let name = if of.name.is_empty() { none } else { &of.name };
            let cells = [
                escape(name),
                percent(of.percent),
                linked(&of.first_time_cases, console),
                linked(&of.came_again_cases(), console),
                linked(&of.not_yet_known_cases, console),
            ];
            let _ = writeln!(out, "<tr><td>{}</td></tr>", cells.join("</td><td>"));
        }
        let _ = writeln!(out, "</tbody></table>");
    }
    out
}

/// Why webcare could, and of which cases nobody said how they ended, as a part of a page.
fn html_could(o: &Office, console: &str) -> String {
    let (c, mut out) = (&o.could, String::new());
    if c.of > 0 {
        let _ = writeln!(out, "<h3>Why webcare could</h3><ul>");
        let lists = c.list.iter().map(|x| &x.cases).chain((!c.not_said.is_empty()).then_some(&c.not_said));
        let mut lists = lists.map(|cases| linked(cases, console));
        for line in could_lines(c) {
            let _ = writeln!(out, "<li>{} {}</li>", escape(&line), lists.next().unwrap_or_default());
        }
        let _ = writeln!(out, "</ul>");
    }
    if !o.not_said.is_empty() {
        let _ = writeln!(out, "<p>{} {}</p>", escape(&not_said_line(o)), linked(&o.not_said, console));
    }
    out
}

/// The rest as a part of a page.
pub fn html(o: &Office, console: &str) -> String {
    let mut out = String::new();
    if is_empty(o) {
        return out;
    }
    let _ = writeln!(out, "<h2>Back door</h2><p>{}</p>", escape(&group_line("this period", &o.total)));
    for (by, title, list, none) in groups(o) {
        if list.is_empty() {
            continue;
        }
        let _ = writeln!(
            out,
            "<h3>{}</h3><table><thead><tr><th scope=\"col\"></th><th scope=\"col\">cases</th>\
             <th scope=\"col\">shadow index</th><th scope=\"col\">before</th><th scope=\"col\">done by webcare</th>\
             <th scope=\"col\">before</th><th scope=\"col\">front office</th><th scope=\"col\">webcare, ticket</th>\
             <th scope=\"col\">webcare, unregistered</th></tr></thead><tbody>",
            escape(title)
        );
        for g in list {
            let cells = [
                escape(&called(by, &g.name, none)),
                g.cases.to_string(),
                percent(g.shadow_index_percent),
                before(g.before_shadow_index_percent),
                percent(g.done_by_webcare_percent),
                before(g.before_done_by_webcare_percent),
                linked(&g.front_office, console),
                linked(&g.webcare_linked, console),
                linked(&g.webcare_unregistered, console),
            ];
            let _ = writeln!(out, "<tr><td>{}</td></tr>", cells.join("</td><td>"));
        }
        let _ = writeln!(out, "</tbody></table>");
    }
    let _ = writeln!(out, "<h3>Why they came</h3><ul>");
    for x in &o.reasons.list {
        let name = escape(&x.reason.replace('_', " "));
        // Of a sample the share is not known to the tenth.
        let sampled = o.reasons.asked < o.reasons.of;
        let range = format!(" ({:.1}\u{2013}{:.1} %)", x.low_percent, x.high_percent);
        let range = if sampled { range.as_str() } else { "" };
        let _ = writeln!(out, "<li>{name}: {:.1} %{range} {}</li>", x.percent, linked(&x.cases, console));
    }
    for line in reason_lines(&o.reasons).iter().skip(o.reasons.list.len()) {
        let _ = writeln!(out, "<li>{}</li>", escape(line));
    }
    let _ =
        writeln!(out, "</ul><p>{} {}</p>", escape(&tries_line(&o.tries)), linked(&o.tries.cases, console));
    if !o.tries.broken_cases.is_empty() {
        let _ =
            writeln!(out, "<p>Promise broken when they came: {}</p>", linked(&o.tries.broken_cases, console));
    }
    let _ = writeln!(out, "<p>{} {}</p>", escape(&jump_line(&o.jump)), linked(&o.jump.cases, console));
    if !o.jump.still_open_cases.is_empty() {
        let _ = writeln!(
            out,
            "<p>Tickets that stand open still: {}</p>",
            linked(&o.jump.still_open_cases, console)
        );
    }
    out + &html_could(o, console)
}
