//! The page of a Monday, one screen: the most urgent cases of the week and their course, what was late and why, what
//! is still open of the weekend, promises not kept, three rising topics, deaf sources and coming gaps of duty, and one
//! decision that is asked for.
//!
//! The decision is that of the first thing on this list that is so: a source that is deaf, a P1 that is open, a gap of
//! duty ahead, a cause of lateness, promises that were not kept, a topic that rises.

use super::behind::{ANSWERS, TOPIC};
use super::leads::{AskLeads, Gap, Leads, Named, Note, gaps_of, notes};
use super::leads_write::{case_path, cases_path};
use super::paper::{Block, Paper, Piece, link, say};
use super::period::{Period, begin};
use super::rising::{Rising, in_words, rising, weeks_known};
use super::words::Words;
use super::{Ask, Breach, Report, letter, promises};
use crate::domain::time::{Span, Timestamp};
use crate::store::monday::{self as store, CourseRow};
use crate::store::report::brand_names;
use crate::store::{Db, StoreError, Tx, watch};
use jiff::tz::TimeZone;
use serde::Serialize;

/// How many lines each list has.
const LINES: usize = 5;
/// How far ahead gaps of duty are looked for.
const AHEAD: Span = Span::days(7);
/// A case and its course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Course {
    /// The brand by name.
    pub brand: String,
    /// The short number.
    pub number: i64,
    /// The platform.
    pub platform: String,
    /// The language.
    pub language: String,
    /// 1 to 5.
    pub level: i64,
    /// When it began, RFC 3339.
    pub opened_at: String,
    /// How long until our first answer, by the wall clock, in milliseconds.
    pub answered_after_ms: Option<i64>,
    /// Its state.
    pub state: String,
    /// Whether an answer is owed and late.
    pub late: bool,
}

/// A source that is deaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deaf {
    /// Its name.
    pub source: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// What is asked for, by the code of its cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// `source`, `p1`, `gap`, `cause`, `promise`, `topic` or `none`.
    pub about: &'static str,
    /// Which of them, in names and numbers.
    pub what: String,
}

/// The page.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Monday {
    /// The first day of the week, a Monday.
    pub first: String,
    /// The last day, a Sunday.
    pub last: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The brands by name; none means all.
    pub brands: Vec<String>,
    /// The most urgent cases, those that are open first.
    pub p1: Vec<Course>,
    /// How many there were.
    pub p1_all: i64,
    /// Broken promises of answers, by the largest part of their delay, most first.
    pub late_causes: Vec<(String, i64)>,
    /// The worst of them.
    pub late: Vec<Breach>,
    /// What is open still of the weekend.
    pub weekend: Vec<Course>,
    /// How much is.
    pub weekend_all: i64,
    /// Promises to customers that were not kept, or late.
    pub not_kept: Vec<promises::Case>,
    /// How many were.
    pub not_kept_all: i64,
    /// At most three topics that rose.
    pub rising: Vec<Rising>,
    /// Sources that are deaf now.
    pub deaf: Vec<Deaf>,
    /// Where nobody is on duty in the seven days to come; none where nobody works with duty.
    pub gaps: Option<Vec<Gap>>,
    /// What was noted of the days.
    pub notes: Vec<Note>,
    /// What is asked for.
    pub decision: Decision,
}

fn course(row: CourseRow, now: Timestamp) -> Course {
    Course {
        brand: row.brand,
        number: row.number,
        platform: row.platform,
        language: row.language,
        level: row.level,
        opened_at: Timestamp(row.opened_at).rfc3339(),
        answered_after_ms: row.first_answer_at.map(|at| (at - row.opened_at).max(0)),
        state: row.state,
        late: row.due_at.is_some_and(|due| due < now.millis()),
    }
}

/// What is asked for.
fn decision(made: &Monday) -> Decision {
    let of = |about: &'static str, what: String| Decision { about, what };
    if let Some(deaf) = made.deaf.first() {
        return of("source", deaf.source.clone());
    }
    let open = |c: &&Course| !matches!(c.state.as_str(), "resolved" | "closed" | "dismissed");
    if let Some(c) = made.p1.iter().find(open) {
        return of("p1", format!("{}#{}", c.brand, c.number));
    }
    if let Some(gap) = made.gaps.iter().flatten().max_by_key(|g| g.hours) {
        let from = gap.from.get(..16).unwrap_or(&gap.from).replace('T', " ");
        return of("gap", format!("{} {from}Z, {} h", gap.language, gap.hours));
    }
    if let Some((cause, n)) = made.late_causes.first() {
        return of("cause", format!("{cause} ({n})"));
    }
    if made.not_kept_all > 0 {
        return of("promise", made.not_kept_all.to_string());
    }
    match made.rising.first() {
        Some(r) => of("topic", r.topic.clone()),
        None => of("none", String::new()),
    }
}

/// Makes the page of the week that `ask` names.
pub async fn monday(db: &Db, ask: &AskLeads, now: Timestamp) -> Result<Monday, StoreError> {
    let Some((from, to)) = ask.span() else { return Ok(Monday::default()) };
    let report =
        super::report(db, &Ask { from, to, brands: ask.brands.clone(), zone: ask.zone.clone() }, now).await?;
    let asked = ask.clone();
    db.read("making the page of a Monday", move |tx| {
        Box::pin(async move { put_together(tx, &asked, report, (from, to), now).await })
    })
    .await
}

async fn put_together(
    tx: &mut Tx,
    ask: &AskLeads,
    report: Report,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Monday, StoreError> {
    let last = ask.days.1.yesterday().unwrap_or(ask.days.1);
    let mut made = Monday {
        first: ask.days.0.to_string(),
        last: last.to_string(),
        made_at: now.rfc3339(),
        brands: brand_names(tx, &ask.brands).await?,
        ..Monday::default()
    };
    let limit = i64::try_from(LINES).unwrap_or(5);
    let (rows, all) = store::urgent(tx, &ask.brands, (from, to), limit).await?;
    made.p1 = rows.into_iter().map(|r| course(r, now)).collect();
    made.p1_all = all;
    let saturday = last.yesterday().ok().and_then(|day| begin(day, &ask.zone)).unwrap_or(from);
    let (rows, all) = store::still_open(tx, &ask.brands, (saturday, to), limit).await?;
    made.weekend = rows.into_iter().map(|r| course(r, now)).collect();
    made.weekend_all = all;
    // Counted by themselves, for of very many breaches not all are listed.
    made.late_causes = store::causes(tx, &ask.brands, (from, to)).await?;
    made.late_causes.sort_by_key(|(name, n)| (-n, name.clone()));
    let answers = report.breaches.iter().filter(|b| b.kind.ends_with("_response"));
    let mut worst: Vec<Breach> = answers.cloned().collect();
    worst.sort_by_key(|b| (b.level, -b.late_ms));
    worst.truncate(LINES);
    made.late = worst;
    let not_kept: Vec<_> = report.promises.cases.into_iter().filter(|c| c.outcome != "kept").collect();
    made.not_kept_all = i64::try_from(not_kept.len()).unwrap_or(0);
    made.not_kept = not_kept.into_iter().take(LINES).collect();
    let weeks = weeks_known(store::first(tx, &ask.brands, from).await?, from);
    let span = (from.minus(Span::days(7 * weeks)), from, to);
    let topics = store::topics(tx, &ask.brands, span).await?;
    let sectors = store::sectors(tx, &ask.brands, span).await?;
    made.rising = rising(topics, sectors, weeks);
    let deaf = |a: watch::AlarmRow| Deaf { source: a.source, since: Timestamp(a.since).rfc3339() };
    made.deaf = watch::alarms(tx).await?.into_iter().map(deaf).collect();
    if let Some(catalogue) = &ask.catalogue {
        made.gaps = gaps_of(tx, catalogue, &ask.brands, (now, now.plus(AHEAD))).await?;
    }
    made.notes = notes(tx, &ask.brands, (&made.first, &made.last)).await?;
    made.decision = decision(&made);
    Ok(made)
}

/// An instant as people of a zone read it.
fn local(rfc3339: &str, zone: &TimeZone) -> String {
    let at = Timestamp::parse(rfc3339).ok().and_then(|t| jiff::Timestamp::from_millisecond(t.millis()).ok());
    at.map_or_else(
        || rfc3339.to_owned(),
        |at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

fn line(c: &Course, w: &Words, zone: &TimeZone) -> Vec<Piece> {
    let answered = match c.answered_after_ms {
        Some(ms) => format!("{} {}", w.p1_answered, Words::span(Some(ms))),
        None => w.p1_unanswered.to_owned(),
    };
    let late = if c.late { format!(", {}", w.late_now) } else { String::new() };
    vec![
        link(format!("{}#{}", c.brand, c.number), case_path(&c.brand, c.number)),
        say(format!(
            " P{} {} {}, {} {}: {answered}, {} {}{late}",
            c.level,
            c.platform,
            c.language,
            w.since,
            local(&c.opened_at, zone),
            w.p1_now,
            w.state(&c.state)
        )),
    ]
}

/// Where the cases of a figure of the week are listed.
fn behind(made: &Monday, zone: &TimeZone, by: (&str, &str), kind: &str, late: bool) -> String {
    let week = Leads {
        period: Period::Weekly.code(),
        this: Named { first: made.first.clone(), ..Named::default() },
        zone: zone.iana_name().unwrap_or_default().to_owned(),
        report: Report { brands: made.brands.clone(), ..Report::default() },
        ..Leads::default()
    };
    cases_path(&week, by.0, by.1, kind, late)
}

/// A list with how many more there are, and where all of them stand; or that there are none.
fn listed(mut lines: Vec<Vec<Piece>>, all: i64, path: Option<String>, w: &Words) -> Vec<Vec<Piece>> {
    let more = all - i64::try_from(lines.len()).unwrap_or(0);
    if lines.is_empty() {
        lines.push(vec![say(w.nothing)]);
    }
    if more > 0 {
        lines.push(vec![Piece { text: format!("{} {more} {}", w.and, w.more), path }]);
    }
    lines
}

/// The page in words.
pub fn paper(made: &Monday, w: &'static Words, zone: &TimeZone) -> Paper {
    let brands = if made.brands.is_empty() { w.all_brands.to_owned() } else { made.brands.join(", ") };
    let title = format!("{}, {brands}, {} {} {}", w.monday, made.first, w.until, made.last);
    let mut page = Paper { lang: w.lang, title, blocks: Vec::new() };
    page.blocks.push(Block::Head(w.decision.to_owned()));
    page.blocks.push(Block::Line(asked_for(made, w)));
    let note = |n: &Note| vec![say(format!("{} {}: {}", n.day, n.brand, n.words))];
    page.part(w.noted, made.notes.iter().map(note).collect());
    let of = |list: &[Course]| list.iter().map(|c| line(c, w, zone)).collect::<Vec<_>>();
    let p1 = behind(made, zone, ("level", "P1"), "needing", false);
    page.part(w.p1, listed(of(&made.p1), made.p1_all, Some(p1), w));
    let all_late = behind(made, zone, ("total", ""), ANSWERS, true);
    let mut late: Vec<Vec<Piece>> = Vec::new();
    if !made.late_causes.is_empty() {
        let causes = made.late_causes.iter().map(|(cause, n)| format!("{}: {n}", w.name(cause)));
        late.push(vec![link(causes.collect::<Vec<_>>().join(", "), all_late.clone())]);
    }
    late.extend(made.late.iter().map(|b| letter::breach_line(b, w)));
    let all: i64 = made.late_causes.iter().map(|(_, n)| n).sum();
    let all = if late.is_empty() { 0 } else { all + 1 };
    page.part(w.late_why, listed(late, all, Some(all_late), w));
    page.part(w.weekend, listed(of(&made.weekend), made.weekend_all, None, w));
    let kept = |c: &promises::Case| {
        let rest = format!(" {}, {}: {}", w.name(&c.owed_by), local(&c.due_at, zone), w.late);
        let never = format!(" {}, {}: {}", w.name(&c.owed_by), local(&c.due_at, zone), w.not_kept);
        let words = if c.outcome == "late" { rest } else { never };
        vec![link(format!("{}#{}", c.brand, c.number), case_path(&c.brand, c.number)), say(words)]
    };
    let not_kept = behind(made, zone, ("total", ""), "promise", true);
    let lines = made.not_kept.iter().map(kept).collect();
    page.part(w.not_kept, listed(lines, made.not_kept_all, Some(not_kept), w));
    let rise = |r: &Rising| {
        let usual = w.percent(Some(r.usual)).replace(" %", "");
        let by = if r.sector { ("sector", r.topic.as_str()) } else { ("total", r.topic.as_str()) };
        let path = behind(made, zone, by, if r.sector { "needing" } else { TOPIC }, false);
        vec![link(format!("{}: {} {usual} {} {}", in_words(&r.topic, w), w.from, w.to, r.cases), path)]
    };
    page.part(w.rising, listed(made.rising.iter().map(rise).collect(), 0, None, w));
    let deaf = |d: &Deaf| {
        vec![link(d.source.clone(), "/sources"), say(format!(" {} {}", w.is_deaf, local(&d.since, zone)))]
    };
    let mut heard: Vec<Vec<Piece>> = made.deaf.iter().map(deaf).collect();
    if heard.is_empty() {
        heard.push(vec![say(w.all_hear)]);
    }
    page.part(w.deaf, heard);
    let of_gaps = Leads {
        coverage_gaps: made.gaps.clone().map(|g| g.into_iter().take(LINES).collect()),
        ..Leads::default()
    };
    page.part(w.gaps, letter::gaps(&of_gaps, w));
    page
}

fn asked_for(made: &Monday, w: &Words) -> Vec<Piece> {
    let d = &made.decision;
    let (question, path) = match d.about {
        "source" => (w.ask_source, Some("/sources".to_owned())),
        "p1" => {
            let case = d.what.rsplit_once('#').and_then(|(b, n)| Some(case_path(b, n.parse().ok()?)));
            (w.ask_p1, case)
        }
        "gap" => (w.ask_gap, Some("/duty/coverage".to_owned())),
        "cause" => (w.ask_cause, None),
        "promise" => (w.ask_kept, None),
        "topic" => (w.ask_topic, None),
        _ => return vec![say(w.ask_none)],
    };
    let what = match (d.about, d.what.split_once(" (")) {
        ("cause", Some((cause, n))) => format!("{}, {} ({n}", w.largest, w.name(cause)),
        ("promise", _) => format!("{}: {}", w.not_kept, d.what),
        ("topic", _) => in_words(&d.what, w),
        ("gap", _) => match d.what.strip_prefix("any ") {
            Some(rest) => format!("{} {rest}", w.any_language),
            None => d.what.clone(),
        },
        _ => d.what.replace('_', " "),
    };
    vec![Piece { text: what, path }, say(format!(". {question}"))]
}

/// The counts of it, to be kept as they were sent.
pub fn figures(made: &Monday) -> super::frozen::Figures {
    let len = |n: usize| i64::try_from(n).unwrap_or(0);
    let mut all: super::frozen::Figures = [
        ("p1".to_owned(), made.p1_all),
        ("weekend_open".to_owned(), made.weekend_all),
        ("promises_not_kept".to_owned(), made.not_kept_all),
        ("deaf_sources".to_owned(), len(made.deaf.len())),
        ("gap_hours_ahead".to_owned(), made.gaps.iter().flatten().map(|g| g.hours).sum()),
    ]
    .into();
    all.extend(made.late_causes.iter().map(|(cause, n)| (format!("late/{cause}"), *n)));
    all.extend(made.rising.iter().map(|r| (format!("rising/{}", r.topic), r.cases)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::words::{EN, NL};

    #[test]
    fn the_page_asks_for_one_decision_and_says_so_where_there_is_nothing() {
        let mut made = Monday { first: "2026-11-16".into(), last: "2026-11-22".into(), ..Monday::default() };
        made.decision = decision(&made);
        let text = paper(&made, &EN, &TimeZone::UTC).text("");
        assert!(text.contains("Nothing asks for one") && text.contains("Every source hears."), "{text}");
        assert!(text.lines().count() < 40, "one screen");
        made.rising = vec![Rising { topic: "locked_out".into(), sector: false, cases: 9, usual: 1.5 }];
        made.decision = decision(&made);
        assert_eq!(made.decision.about, "topic");
        let of = |w: &'static Words| paper(&made, w, &TimeZone::UTC).text("");
        assert!(
            of(&NL).contains("buitengesloten: van 1,5 naar 9") && !of(&NL).contains("locked"),
            "{}",
            of(&NL)
        );
        assert!(of(&EN).contains("locked out: from 1.5 to 9"), "{}", of(&EN));
        made.late_causes = vec![("waiting_unseen".into(), 7)];
        assert_eq!(decision(&made).about, "cause");
        made.deaf = vec![Deaf { source: "forum".into(), since: "2026-11-20T10:00:00.000Z".into() }];
        made.decision = decision(&made);
        let text = paper(&made, &NL, &TimeZone::UTC).text("https://care.example");
        assert!(
            text.contains("forum [1]. Wie herstelt de bron") && text.contains("van 1,5 naar 9"),
            "{text}"
        );
        assert!(text.contains("niemand had het opgepakt: 7 [2]"), "{text}");
        made.brands = vec!["Acme".into(), "Tempo".into()];
        let text = paper(&made, &NL, &TimeZone::UTC).text("https://care.example");
        let all = "day=2026-11-16&by=total&name=&kind=answers&late=1&brand=Acme&brand=Tempo";
        assert!(text.contains(all), "{text}");
        assert!(
            text.contains("day=2026-11-16&by=total&name=locked_out&kind=topic&late=0&brand=Acme"),
            "{text}"
        );
    }
}
