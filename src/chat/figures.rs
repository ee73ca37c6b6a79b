//! The few lines that a chat shows of a report, in the language of who reads them.

use super::texts::Lang;
use crate::domain::time::Span;
use crate::reports::Report;

fn decimal(t: Lang, v: f64) -> String {
    let text = format!("{v:.1}");
    if t == Lang::Nl { text.replace('.', ",") } else { text }
}

fn percent(t: Lang, p: Option<f64>) -> String {
    p.map_or("–".to_owned(), |v| format!("{} %", decimal(t, v)))
}

/// The period before, in one line.
pub(super) fn before(t: Lang, what: &str, report: &Report) -> String {
    let first = &report.total.first_response;
    t.figure_before(what, report.total.mentions, percent(t, first.on_time_percent), first.broken)
}

/// The lines.
pub(super) fn lines(t: Lang, report: &Report) -> Vec<String> {
    let total = &report.total;
    let one = |v: f64| decimal(t, v);
    let percent = |p: Option<f64>| percent(t, p);
    let span = |ms: Option<i64>| ms.map_or("–".to_owned(), |ms| t.span(Span(ms)));
    let first = &total.first_response;
    let mut lines = vec![
        t.figure_posts(total.mentions, total.needing_answer),
        t.figure_first(first.due, percent(first.on_time_percent), first.broken),
        t.figure_median(span(total.first_response_median_ms), span(total.first_response_p90_ms)),
    ];
    if total.next_response.due > 0 {
        let next = &total.next_response;
        lines.push(t.figure_later(next.due, percent(next.on_time_percent)));
    }
    lines.push(t.figure_open(total.open_now, total.late_now, total.soon_late));
    if total.outside_promise > 0 {
        lines.push(t.figure_outside(total.outside_promise));
    }
    let missed = &report.missed_by_triage;
    if missed.checked > 0 {
        lines.push(match (missed.rate_percent, missed.low_percent, missed.high_percent) {
            (Some(rate), Some(low), Some(high)) => {
                t.figure_missed(one(rate), missed.needed_answer, missed.checked, one(low), one(high))
            }
            _ => t.figure_missed_none().to_owned(),
        });
    }
    let measured = report.capture.iter().filter(|c| c.rate_percent.is_some());
    let (all, late) = measured.fold((0, 0), |(all, late), c| (all + c.mentions, late + c.found_late));
    if let Some(rate) = ((all - late) * 1000).checked_div(all) {
        lines.push(t.figure_seen(one(rate as f64 / 10.0), late, all));
    }
    let shadow = &report.shadow.total;
    if shadow.cases > 0 {
        let (index, done) = (percent(shadow.shadow_index_percent), percent(shadow.done_by_webcare_percent));
        lines.push(t.figure_shadow(index, shadow.webcare_unregistered, shadow.cases, done));
    }
    if report.platforms.len() > 1 {
        for row in &report.platforms {
            let first = &row.first_response;
            lines.push(t.figure_platform(&row.platform, row.mentions, first.kept, first.due));
        }
    }
    lines
}
