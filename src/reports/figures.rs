//! The figures of any days as a page in a language that is not English: the same counts as [`super::write`] has, with
//! the recommendation and the back door as the console shows them.

use super::console::{back_door, recommendation};
use super::letter::{breach_line, counted};
use super::paper::{Block, Paper, Piece, say};
use super::words::Words;
use super::{Promised, Report, Row};

/// The page; `days` are the first and the last.
pub fn paper(report: &Report, days: (&str, &str), w: &'static Words) -> Paper {
    let brands = &report.brands;
    let brands = if brands.is_empty() { w.all_brands.to_owned() } else { brands.join(", ") };
    let days = if days.0 == days.1 { days.0.to_owned() } else { [days.0, w.until, days.1].join(" ") };
    let title = format!("{}, {brands}, {days}", w.report);
    let mut paper = Paper { lang: w.lang, title, blocks: Vec::new() };
    let first = &report.office.first_time.total;
    if first.first_time + first.came_again > 0 {
        let line = format!(
            "{}: {} ({} {} {} {})",
            w.first_time,
            w.percent(first.percent),
            first.first_time,
            w.of,
            first.first_time + first.came_again,
            w.known
        );
        paper.blocks.push(Block::Line(vec![say(line)]));
    }
    paper.blocks.push(table(report, w));
    for line in notes(report, w) {
        paper.blocks.push(Block::Line(vec![say(line)]));
    }
    let mut beside = counted(report, w);
    beside.extend(given(report, w));
    paper.part(w.beside, beside);
    if let Some(survey) = &report.survey {
        recommendation(&mut paper, survey, w);
    }
    back_door(&mut paper, &report.office, w);
    let mut broken: Vec<Vec<Piece>> = report.breaches.iter().map(|b| breach_line(b, w)).collect();
    if report.breaches_not_listed > 0 {
        broken.push(vec![say(format!("{} {} {}", w.and, report.breaches_not_listed, w.more))]);
    }
    paper.part(w.broken, broken);
    paper.part(w.in_time_after_all, report.detection.iter().map(|b| breach_line(b, w)).collect());
    paper
}

/// The total, then each platform with its languages.
fn table(report: &Report, w: &Words) -> Block {
    let head = [
        w.channel,
        w.language,
        w.begun,
        w.needing,
        w.outside,
        w.due,
        w.on_time,
        w.late,
        w.answered,
        w.median,
        w.in_hours,
        "90 %",
        w.next_on_time,
        w.open_now,
        w.late_now,
    ];
    let mut head = head.map(str::to_owned).to_vec();
    head[2] = w.posts.to_lowercase();
    let mut rows = vec![row(&report.total, w)];
    for platform in &report.platforms {
        rows.push(row(platform, w));
        rows.extend(report.rows.iter().filter(|r| r.platform == platform.platform).map(|r| row(r, w)));
    }
    Block::Table { head, rows }
}

fn row(row: &Row, w: &Words) -> Vec<Vec<Piece>> {
    let name = |text: &str| if text.is_empty() { w.in_all.to_owned() } else { text.to_owned() };
    let percent = |p: &Promised| w.percent(p.on_time_percent);
    let first = &row.first_response;
    let cells = [
        name(&row.platform),
        name(&row.language),
        row.mentions.to_string(),
        row.needing_answer.to_string(),
        row.outside_promise.to_string(),
        first.due.to_string(),
        percent(first),
        first.broken.to_string(),
        first.answered.to_string(),
        Words::span(row.first_response_median_ms),
        Words::span(row.first_response_median_counted_ms),
        Words::span(row.first_response_p90_ms),
        percent(&row.next_response),
        row.open_now.to_string(),
        row.late_now.to_string(),
    ];
    cells.into_iter().map(|cell| vec![say(cell)]).collect()
}

fn notes(report: &Report, w: &Words) -> Vec<String> {
    let t = &report.total;
    let ended = t.first_response.without_answer + t.next_response.without_answer;
    let mut notes = vec![w.rule.to_owned(), format!("{}: {ended}.", w.unanswered_end)];
    notes.push(format!("{}: {}.", w.soon_late, t.soon_late));
    let m = &report.missed_by_triage;
    notes.push(match (m.rate_percent, m.low_percent, m.high_percent) {
        (Some(rate), Some(low), Some(high)) => format!(
            "{}: {}, {} {} {} {} (95 %: {} {} {}).",
            w.missed,
            w.percent(Some(rate)),
            m.needed_answer,
            w.of,
            m.checked,
            w.checked_needed,
            w.decimal(low, 1),
            w.until,
            w.percent(Some(high))
        ),
        _ => format!("{}: {}.", w.missed, w.not_measured),
    });
    if report.samples + report.historic > 0 {
        notes.push(format!(
            "{}: {} {}, {} {}.",
            w.not_counted, report.samples, w.sample_posts, report.historic, w.historic_posts
        ));
    }
    notes
}

/// What was given to customers, and how many complained formally.
fn given(report: &Report, w: &Words) -> Vec<Vec<Piece>> {
    let total = report.goodwill.groups.iter().filter(|f| f.by == "total");
    let mut lines: Vec<Vec<Piece>> = total
        .map(|f| {
            let what = format!("{} {} ({} {})", f.amount, f.currency, f.count, w.times_given);
            vec![say(format!("{}, {}: {what}", w.goodwill, f.brand))]
        })
        .collect();
    if report.complaints.made > 0 {
        lines.push(vec![say(format!("{}: {}", w.complaints_made, report.complaints.made))]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::words::{EN, NL};
    use super::*;
    use crate::reports::Breach;

    #[test]
    fn the_figures_are_told_in_the_language_of_whoever_reads() {
        let promised =
            Promised { due: 4, kept: 3, broken: 1, on_time_percent: Some(75.0), ..Promised::default() };
        let total = Row { mentions: 9, first_response: promised, open_now: 2, ..Row::default() };
        let breach = Breach {
            brand: "Acme".into(),
            number: 7,
            platform: "mastodon".into(),
            language: "nl".into(),
            level: "P2",
            kind: "first_response".into(),
            started_at: String::new(),
            due_at: String::new(),
            ended_at: None,
            late_ms: 60_000,
            cause: "waiting_unseen".into(),
            parts: std::collections::BTreeMap::new(),
            detection_ms: 0,
            annulled_by: None,
            sector: "repair".into(),
        };
        let platform = Row { platform: "<x>".into(), ..total.clone() };
        let report = Report { total, platforms: vec![platform], breaches: vec![breach], ..Report::default() };
        let dutch = paper(&report, ("2026-11-01", "2026-11-02"), &NL);
        let text = dutch.text("https://care.example");
        assert!(text.starts_with("Rapport, alle merken, 2026-11-01 t/m 2026-11-02\n"), "{text}");
        for told in [
            "75,0 %",
            "P2 mastodon nl repair:",
            "Gebroken beloften",
            "eerste antwoord",
            "niemand had het opgepakt",
            NL.rule,
            "Acme#7",
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
        for english in ["on time", "Broken", "first answer", "need an answer", "not measured", "Missed"] {
            assert!(!text.contains(english), "{english}: {text}");
        }
        let html = dutch.mail("https://care.example");
        assert!(
            html.contains("lang=\"nl\"") && html.contains("&lt;x&gt;") && !html.contains("<x>"),
            "{html}"
        );
        let english = paper(&report, ("2026-11-01", "2026-11-01"), &EN).text("");
        assert!(
            english.starts_with("Report, all brands, 2026-11-01\n") && english.contains("75.0 %"),
            "{english}"
        );
    }
}
