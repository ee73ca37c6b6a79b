//! The planner in the console: a week of the team, one's own shifts, swaps, guests; and calendars out. An optional
//! module: where it is off there is no trace of it.

mod acts;
mod people;

pub use acts::{act, lead};
pub use people::guests;

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::error::Error;
use super::frame::{Frame, is_stopped, page as print};
use super::texts::Texts;
use super::texts::planner::PlannerTexts;
use crate::domain::duty::Role;
use crate::domain::planner::{AbsenceKind, Pattern, Planned};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::planner::{Planner, Sheet, Uncovered};
use crate::store::planner::SwapRow;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;

/// How far ahead one's own shifts and swaps are shown.
const AHEAD: Span = Span::days(92);

/// Something to be told above a page.
#[derive(Default)]
struct Said {
    /// `good` or `bad`, and the words.
    notice: Option<(&'static str, String)>,
    /// Stretches that an absence leaves open, and where nobody is there any more.
    open: Option<(Vec<String>, Vec<String>)>,
    /// The address of a calendar that was made.
    address: Option<String>,
    /// What was typed into a form that was refused.
    typed: Option<Arc<Fields>>,
}

impl Said {
    fn old(&self, name: &str) -> &str {
        self.typed.as_ref().map_or("", |f| f.get(name))
    }

    fn had(&self, name: &str, value: &str) -> bool {
        self.typed.as_ref().is_some_and(|f| f.all(name).any(|v| v == value))
    }
}

/// The act of the form that changes a shift.
const CHANGE: &str = "change";

/// One day of a shift, as lists show it.
struct Line {
    shift: String,
    day: String,
    /// `09:00 – 17:00`, with the day where it is not under a heading.
    times: String,
    who: String,
    role: String,
    reach: String,
    buddy: Option<String>,
    /// What is to be known of it, in words; empty for nothing.
    state: String,
    /// Whether nothing of it takes place.
    gone: bool,
    /// Whether it can still be changed.
    ahead: bool,
    /// Whether a swap is asked for.
    open: bool,
    /// The shift as it is planned, for the form that changes it.
    plan: Option<Plan>,
    /// Whether that form was refused: what was typed stands in it.
    refused: bool,
}

/// What was typed into the form that changes a shift, where it is the one of this line.
fn typed_over(line: Line, said: &Said) -> Line {
    let refused = said.old("act") == CHANGE && said.old("shift") == line.shift && said.old("day") == line.day;
    if !refused {
        return line;
    }
    let old = |name: &str| said.old(name).to_owned();
    let plan = line.plan.map(|plan| Plan {
        version: plan.version,
        person: old("person"),
        role: Role::from_code(said.old("role")).map_or(plan.role, |r| r.code()),
        buddy: old("buddy"),
        languages: old("languages"),
        sectors: old("sectors"),
        starts: old("starts"),
        ends: old("ends"),
    });
    Line { plan, refused, ..line }
}

/// A shift as its form shows it.
struct Plan {
    version: i64,
    person: String,
    role: &'static str,
    buddy: String,
    languages: String,
    sectors: String,
    starts: String,
    ends: String,
}

fn plan(pattern: &Pattern, sheet: &Sheet) -> Plan {
    let login = |id: &String| sheet.logins.get(id).cloned().unwrap_or_else(|| id.clone());
    let time = |minutes: i64| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    let codes: Vec<&str> = pattern.reach.languages.iter().map(|l| l.code()).collect();
    Plan {
        version: pattern.sequence,
        person: login(&pattern.person),
        role: pattern.role.code(),
        buddy: pattern.buddy.as_ref().map(login).unwrap_or_default(),
        languages: codes.join(", "),
        sectors: pattern.reach.sectors.join(", "),
        starts: time(pattern.starts),
        ends: time(pattern.ends),
    }
}

struct Away {
    id: String,
    who: String,
    /// Why, where whoever looks may know.
    kind: Option<String>,
    times: String,
    mine: bool,
}

fn wall(at: Timestamp, zone: &TimeZone) -> (String, String) {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default().to_zoned(zone.clone());
    (at.strftime("%Y-%m-%d").to_string(), at.strftime("%H:%M").to_string())
}

/// A stretch on the wall of a zone, with days.
fn stretch((from, until): (Timestamp, Timestamp), zone: &TimeZone) -> String {
    let ((day, from), (last, until)) = (wall(from, zone), wall(until, zone));
    if day == last { format!("{day} {from} – {until}") } else { format!("{day} {from} – {last} {until}") }
}

fn line(p: &Planned, sheet: &Sheet, t: &Texts, zone: &TimeZone, now: Timestamp) -> Line {
    let words = t.planner();
    let open = sheet.swaps.iter().find(|s| {
        s.shift_id == p.shift && s.day == p.day.to_string() && (s.state == "asked" || s.state == "taken")
    });
    let mut state = Vec::new();
    if p.cancelled {
        state.push(words.cancelled.to_owned());
    } else if p.pieces.is_empty() {
        state.push(words.away.to_owned());
    } else if !p.is_whole() {
        let holes: Vec<String> =
            p.holes().iter().map(|(a, b)| format!("{} – {}", wall(*a, zone).1, wall(*b, zone).1)).collect();
        state.push(format!("{} {}", words.away_part, holes.join(", ")));
    }
    if !p.before.is_empty() {
        state.push(format!(
            "{} ({})",
            words.swapped,
            sheet.name(p.before.first().map_or("", String::as_str))
        ));
    }
    if open.is_some() {
        state.push(words.swap_open.to_owned());
    }
    let mut reach: Vec<String> = p.reach.languages.iter().map(|l| l.code().to_owned()).collect();
    reach.extend(p.reach.sectors.iter().cloned());
    Line {
        shift: p.shift.clone(),
        day: p.day.to_string(),
        times: format!("{} – {}", wall(p.from, zone).1, wall(p.until, zone).1),
        who: sheet.name(&p.person),
        role: t.name("dutyrole", p.role.code()),
        reach: if reach.is_empty() { t.duty().duty_all.to_owned() } else { reach.join(", ") },
        buddy: p.buddy.as_ref().filter(|b| **b != p.person).map(|b| sheet.name(b)),
        state: state.join("; "),
        gone: p.pieces.is_empty(),
        ahead: p.from > now && !p.cancelled,
        open: open.is_some(),
        plan: sheet.patterns.iter().find(|s| s.id == p.shift).map(|s| plan(s, sheet)),
        refused: false,
    }
}

fn aways(sheet: &Sheet, viewer: &Viewer, t: &Texts, zone: &TimeZone) -> Vec<Away> {
    let lead = leads(viewer);
    let one = |a: &crate::store::planner::AbsenceRow| {
        let mine = viewer.person.id.as_str() == a.person_id;
        Away {
            id: a.id.clone(),
            who: sheet.name(&a.person_id),
            kind: (mine || lead).then(|| t.name("planaway", &a.kind)),
            times: stretch((Timestamp(a.from_ms), Timestamp(a.until_ms)), zone),
            mine,
        }
    };
    sheet.absences.iter().map(one).collect()
}

fn kinds(t: &Texts) -> Vec<(&'static str, String)> {
    AbsenceKind::ALL.into_iter().map(|k| (k.code(), t.name("planaway", k.code()))).collect()
}

/// What is left open by an absence, in words.
fn uncovered(found: &Uncovered, zone: &TimeZone) -> (Vec<String>, Vec<String>) {
    let gap = |(language, from, until): &(&str, Timestamp, Timestamp)| {
        format!("{language}: {}", stretch((*from, *until), zone))
    };
    (found.shifts.iter().map(|s| stretch(*s, zone)).collect(), found.gaps.iter().map(gap).collect())
}

struct Day {
    day: String,
    name: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "planner_week.html", config = "src/web/askama.toml")]
struct WeekPage {
    frame: Frame,
    p: &'static PlannerTexts,
    said: Said,
    zone: String,
    monday: String,
    before: String,
    after: String,
    today: String,
    days: Vec<Day>,
    away: Vec<Away>,
    lead: bool,
    roles: Vec<(&'static str, String)>,
    kinds: Vec<(&'static str, String)>,
    weekdays: Vec<(String, String)>,
}

/// Whether somebody plans for others: a lead who sees every brand, for a plan knows none.
fn leads(viewer: &Viewer) -> bool {
    viewer.person.may(Right::Steer) && viewer.person.walls.is_open()
}

/// The planner, where it is switched on.
fn planner(app: &App) -> Result<&Planner, Error> {
    app.planner.as_ref().ok_or(Error::NotFound)
}

fn days_on(day: Date, n: i64) -> Date {
    jiff::Span::new().try_days(n).ok().and_then(|n| day.checked_add(n).ok()).unwrap_or(day)
}

fn notice(query: &HashMap<String, String>, t: &Texts) -> Said {
    let done = query.contains_key("done").then(|| ("good", t.planner().done.to_owned()));
    Said { notice: done, ..Said::default() }
}

async fn week_page(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    wanted: Option<Date>,
    said: Said,
) -> Result<Response, Error> {
    let (planner, now, t) = (planner(app)?, app.clock.now(), asked.texts);
    let (zone, today) = (planner.zone().clone(), planner.day_of(now));
    let day = wanted.unwrap_or(today);
    let monday = days_on(day, -i64::from(day.weekday().to_monday_zero_offset()));
    let (from, to) = (planner.midnight(monday), planner.midnight(days_on(monday, 7)));
    let sheet = planner.sheet(from, to).await?;
    let days = (0..7).map(|n| {
        let day = days_on(monday, n);
        let of_day = sheet.planned.iter().filter(|p| p.day == day);
        Day {
            day: day.to_string(),
            name: t.name("planday", &n.to_string()),
            lines: of_day.map(|p| typed_over(line(p, &sheet, t, &zone, now), &said)).collect(),
        }
    });
    let days: Vec<Day> = days.collect();
    // It is shown there and in no other form.
    let said = if said.old("act") == CHANGE { Said { typed: None, ..said } } else { said };
    let kill = app.db.read("reading the switch", |tx| Box::pin(is_stopped(tx))).await?;
    print(&WeekPage {
        frame: Frame::of(app, asked, viewer, "duty", t.planner().planner, kill),
        p: t.planner(),
        said,
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        before: days_on(monday, -7).to_string(),
        after: days_on(monday, 7).to_string(),
        monday: monday.to_string(),
        today: today.to_string(),
        days,
        away: aways(&sheet, viewer, t, &zone),
        lead: leads(viewer),
        roles: Role::ALL.into_iter().map(|r| (r.code(), t.name("dutyrole", r.code()))).collect(),
        kinds: kinds(t),
        weekdays: (0..7).map(|n: i32| (n.to_string(), t.name("planday", &n.to_string()))).collect(),
    })
}

/// `GET /planner?week=DAY`.
pub async fn week(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    planner(&app)?;
    let day = query.get("week").and_then(|d| d.parse().ok());
    week_page(&app, (&asked, &viewer), day, notice(&query, asked.texts)).await
}

struct FeedLine {
    id: String,
    what: &'static str,
    since: String,
}

#[derive(Template)]
#[template(path = "planner_mine.html", config = "src/web/askama.toml")]
struct MinePage {
    frame: Frame,
    p: &'static PlannerTexts,
    said: Said,
    zone: String,
    lines: Vec<Line>,
    away: Vec<Away>,
    kinds: Vec<(&'static str, String)>,
    feeds: Vec<FeedLine>,
    works: bool,
    lead: bool,
}

async fn mine_page(app: &App, (asked, viewer): (&Asked, &Viewer), said: Said) -> Result<Response, Error> {
    let (planner, now, t) = (planner(app)?, app.clock.now(), asked.texts);
    let (zone, me) = (planner.zone().clone(), viewer.person.id.as_str());
    let lead = leads(viewer);
    let sheet = planner.sheet(now, now.plus(AHEAD)).await?;
    let p = t.planner();
    let own = sheet.planned.iter().filter(|s| s.person == me && !s.cancelled);
    let dated =
        |s: &Planned| Line { times: stretch((s.from, s.until), &zone), ..line(s, &sheet, t, &zone, now) };
    let feed = |f: crate::store::planner::FeedRow| FeedLine {
        what: if f.person_id.is_some() { p.calendar_own } else { p.calendar_of_team },
        since: wall(Timestamp(f.made_at), &zone).0,
        id: f.id,
    };
    let feeds = planner.feeds(me, lead).await?;
    let kill = app.db.read("reading the switch", |tx| Box::pin(is_stopped(tx))).await?;
    print(&MinePage {
        frame: Frame::of(app, asked, viewer, "duty", p.mine, kill),
        p,
        said,
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        lines: own.map(dated).collect(),
        away: aways(&sheet, viewer, t, &zone).into_iter().filter(|a| a.mine).collect(),
        kinds: kinds(t),
        feeds: feeds.into_iter().map(feed).collect(),
        works: viewer.person.may_work(),
        lead,
    })
}

/// `GET /planner/mine`.
pub async fn mine(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    mine_page(&app, (&asked, &viewer), notice(&query, asked.texts)).await
}

struct SwapLine {
    id: String,
    times: String,
    reach: String,
    from: String,
    to: Option<String>,
    state: String,
    /// What whoever looks may press.
    take: bool,
    withdraw: bool,
    back: bool,
    decide: bool,
}

#[derive(Template)]
#[template(path = "planner_swaps.html", config = "src/web/askama.toml")]
struct SwapsPage {
    frame: Frame,
    p: &'static PlannerTexts,
    said: Said,
    zone: String,
    open: Vec<SwapLine>,
    over: Vec<SwapLine>,
    approves: bool,
}

fn swap_line(
    s: &SwapRow,
    sheet: &Sheet,
    (viewer, t): (&Viewer, &Texts),
    (zone, now): (&TimeZone, Timestamp),
) -> Option<SwapLine> {
    let pattern: &Pattern = sheet.patterns.iter().find(|p| p.id == s.shift_id)?;
    let span = pattern.span(s.day.parse().ok()?)?;
    let (me, works) = (viewer.person.id.as_str(), viewer.person.may_work() && span.0 > now);
    let (asked, taken) = (s.state == "asked", s.state == "taken");
    let mut reach: Vec<String> = pattern.reach.languages.iter().map(|l| l.code().to_owned()).collect();
    reach.extend(pattern.reach.sectors.iter().cloned());
    Some(SwapLine {
        id: s.id.clone(),
        times: stretch(span, zone),
        reach: format!("{} {}", t.name("dutyrole", pattern.role.code()), reach.join(", ")),
        from: sheet.name(&s.from_id),
        to: s.to_id.as_ref().map(|to| sheet.name(to)),
        state: t.name("planswap", &s.state),
        take: works && asked && s.from_id != me,
        withdraw: works && (asked || taken) && s.from_id == me,
        back: works && taken && s.to_id.as_deref() == Some(me),
        decide: works && taken && leads(viewer),
    })
}

async fn swaps_page(app: &App, (asked, viewer): (&Asked, &Viewer), said: Said) -> Result<Response, Error> {
    let (planner, now, t) = (planner(app)?, app.clock.now(), asked.texts);
    let zone = planner.zone().clone();
    let mut sheet = planner.sheet(now, now.plus(AHEAD)).await?;
    let today = planner.day_of(now).to_string();
    let swaps = std::mem::take(&mut sheet.swaps);
    let (open, over): (Vec<&SwapRow>, Vec<&SwapRow>) =
        swaps.iter().filter(|s| s.day >= today).partition(|s| s.state == "asked" || s.state == "taken");
    let lines = |all: Vec<&SwapRow>| {
        all.into_iter().filter_map(|s| swap_line(s, &sheet, (viewer, t), (&zone, now))).collect()
    };
    let kill = app.db.read("reading the switch", |tx| Box::pin(is_stopped(tx))).await?;
    print(&SwapsPage {
        frame: Frame::of(app, asked, viewer, "duty", t.planner().swaps, kill),
        p: t.planner(),
        said,
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        open: lines(open),
        over: lines(over),
        approves: planner.config().approve_swaps,
    })
}

/// `GET /planner/swaps`.
pub async fn swaps(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    swaps_page(&app, (&asked, &viewer), notice(&query, asked.texts)).await
}

/// `GET /ical/TOKEN.ics`: a calendar by its secret.
pub async fn ical(State(app): State<App>, Path(file): Path<String>) -> Result<Response, Error> {
    let planner = planner(&app)?;
    let token = file.strip_suffix(".ics").ok_or(Error::NotFound)?;
    let host = url::Url::parse(&app.public_url).ok().and_then(|u| u.host_str().map(ToOwned::to_owned));
    let found = planner.calendar(token, host.as_deref().unwrap_or("webcared")).await?;
    let text = found.ok_or(Error::NotFound)?;
    let head = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((head, text).into_response())
}
