//! Duty in the console: who is on, 'I'm on' and 'I'm off', what is planned, how plans were read; and the hours ahead
//! against what is promised.

use super::auth::{Asked, Fields, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::shown::Moment;
use super::texts::Texts;
use super::texts::duty::DutyTexts;
use super::texts::refused;
use super::{App, zones};
use crate::catalogue::Catalogue;
use crate::domain::duty::{Known, Reach, WHOLE_DAY, languages, next_time};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::duty::{Coming, DutyError, LanguageCover, OnDuty, sectors};
use crate::store::alert::{self, HeldRow};
use crate::store::duty::PlanRow;
use crate::store::guard;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;

/// How far ahead planned people are listed.
const AHEAD: Span = Span::hours(36);
/// Most lines of the history on the page.
const HISTORY: i64 = 30;
/// Most bad lines of a plan on the page.
const WRONG: usize = 50;
/// Hours of the page of coverage: a week.
const HOURS: usize = 168;

struct Line {
    name: String,
    from: Moment,
    until: Moment,
    languages: String,
    sectors: String,
    role: String,
    buddy: Option<String>,
    planned: bool,
    /// How many of a newcomer's answers passed, for themselves, their buddy and leads.
    passed: Option<String>,
}

/// How many answers passed unchanged, of how many that are wanted; 0 where people decide that.
pub(super) fn passed(n: i64, of: i64, t: &Texts) -> String {
    let d = t.duty();
    if of > 0 {
        format!("{n} {} {of} {}", d.duty_of, d.duty_passed)
    } else {
        format!("{n} {}", d.duty_passed)
    }
}

struct Plan {
    name: String,
    at: Moment,
    shifts: i64,
    wrong: Vec<String>,
    trouble: String,
}

#[derive(Template)]
#[template(path = "duty.html", config = "src/web/askama.toml")]
struct DutyPage {
    frame: Frame,
    d: &'static DutyTexts,
    now: Vec<Line>,
    ahead: Vec<Line>,
    plans: Vec<Plan>,
    history: Vec<(String, bool, Moment, Moment, String)>,
    works: bool,
    /// Whether our own planner is switched on.
    planner: bool,
    am_on: bool,
    until: String,
    languages: String,
    sectors: String,
    known: String,
    notice: Option<(&'static str, String)>,
}

fn line(on: &OnDuty, t: &Texts) -> Line {
    let (p, d) = (&on.present, t.duty());
    let codes: Vec<&str> = p.reach.languages.iter().map(|l| l.code()).collect();
    let all = |list: String| if list.is_empty() { d.duty_all.to_owned() } else { list };
    Line {
        name: on.name.clone(),
        from: Moment::of(p.from.millis()),
        until: Moment::of(p.until.millis()),
        languages: all(codes.join(", ")),
        sectors: all(p.reach.sectors.join(", ")),
        role: t.name("dutyrole", p.role.code()),
        buddy: on.buddy.clone(),
        planned: p.planned,
        passed: None,
    }
}

fn plan(row: &PlanRow, t: &Texts) -> Plan {
    let wrong = row.bad_lines();
    let mut lines: Vec<String> = wrong.iter().take(WRONG).map(|line| refused::bad_line(t, line)).collect();
    if wrong.len() > WRONG {
        lines.push(format!("+ {}", wrong.len() - WRONG));
    }
    Plan {
        name: row.plan.clone(),
        at: Moment::of(row.read_at),
        shifts: row.shifts,
        wrong: lines,
        trouble: refused::told(t, &row.trouble),
    }
}

async fn shown(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    typed: [&str; 3],
    notice: Option<(&'static str, String)>,
) -> Result<Response, Error> {
    let (now, d) = (app.clock.now(), asked.texts.duty());
    let on = app.duty.now().await?;
    let ahead = app.duty.between(now, now.plus(AHEAD)).await?;
    let history = app.duty.history(HISTORY).await?;
    let plans = app.duty.plans().await?;
    let kill = app.db.read("reading the switch", |tx| Box::pin(is_stopped(tx))).await?;
    let me = viewer.person.id.as_str();
    let newcomers =
        app.db.read("counting what newcomers passed", |tx| Box::pin(guard::newcomers(tx))).await?;
    let wanted = app.casework.newcomers_pass();
    let now_on = |o: &OnDuty| {
        let (p, id) = (&o.present, o.present.person.as_str());
        let may = id == me || p.buddy.as_deref() == Some(me) || viewer.person.may(Right::Steer);
        let found = newcomers.iter().find(|(n, _)| may && n == id);
        Line { passed: found.map(|(_, n)| passed(*n, wanted, asked.texts)), ..line(o, asked.texts) }
    };
    print(&DutyPage {
        frame: Frame::of(app, asked, viewer, "duty", d.duty, kill),
        am_on: on.iter().any(|o| o.present.person == me),
        now: on.iter().map(now_on).collect(),
        ahead: ahead.iter().filter(|o| o.present.from > now).map(|o| line(o, asked.texts)).collect(),
        plans: plans.iter().map(|row| plan(row, asked.texts)).collect(),
        history: history
            .into_iter()
            .map(|(r, name)| (name, r.is_on == 1, Moment::of(r.from_ms), Moment::of(r.until_ms), r.via))
            .collect(),
        works: viewer.person.may_work(),
        planner: app.planner.is_some(),
        until: typed[0].to_owned(),
        languages: typed[1].to_owned(),
        sectors: typed[2].to_owned(),
        known: sectors_of(app, viewer).join(", "),
        notice,
        d,
    })
}

/// `GET /duty`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let d = asked.texts.duty();
    let notice = match query.get("said").map(String::as_str) {
        Some("on") => Some(("good", d.duty_said_on.to_owned())),
        Some("off") => Some(("good", d.duty_said_off.to_owned())),
        Some("was_off") => Some(("bad", d.duty_was_off.to_owned())),
        _ => None,
    };
    shown(&app, (&asked, &viewer), ["", "", ""], notice).await
}

/// The sectors of the brands that somebody sees.
fn sectors_of(app: &App, viewer: &Viewer) -> Vec<String> {
    sectors(&Catalogue { brands: brands_of(app, viewer), ..Catalogue::default() })
}

/// What the form says, or what is wrong with it.
fn coming(app: &App, viewer: &Viewer, fields: &Fields, zone: &TimeZone) -> Result<Coming, String> {
    let (until, read, of) = (fields.get("until").trim(), fields.get("languages"), fields.get("sectors"));
    let now = app.clock.now();
    let until = match until {
        "" => None,
        text => Some(next_time(text, zone, now).ok_or_else(|| format!("'{text}'; allowed: 17:00"))?),
    };
    let told = |(found, allowed): (String, String)| format!("{found}; {allowed}");
    let known = Known {
        people: Vec::new(),
        sectors: sectors_of(app, viewer),
        zone: zone.clone(),
        whole_day: WHOLE_DAY,
        from: now,
        to: now,
    };
    let reach =
        Reach { languages: languages(read).map_err(told)?, sectors: known.sectors(of).map_err(told)? };
    let said = !reach.languages.is_empty() || !reach.sectors.is_empty();
    Ok(Coming { until, reach: said.then_some(reach) })
}

/// `POST /duty`: on or off.
pub async fn say(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let me = viewer.person.id.as_str();
    let done = match fields.get("duty") {
        "on" => match coming(&app, &viewer, &fields, &zones::here()) {
            Ok(coming) => app.duty.by(viewer.caller.clone()).on(me, coming, "console").await.map(|_| "on"),
            Err(what) => Err(DutyError::Refused(what)),
        },
        "off" => app
            .duty
            .by(viewer.caller.clone())
            .off(me, "console")
            .await
            .map(|was| if was { "off" } else { "was_off" }),
        other => return Err(Error::Invalid(format!("duty: '{other}'; allowed are on and off"))),
    };
    match done {
        Ok(said) => Ok(Redirect::to(&format!("/duty?said={said}")).into_response()),
        Err(DutyError::Store(error)) => Err(error.into()),
        Err(error) => {
            let typed = [fields.get("until"), fields.get("languages"), fields.get("sectors")];
            let notice = Some(("bad", refused::said(asked.texts, &error.to_string())));
            let page = shown(&app, (&asked, &viewer), typed, notice).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// What is told of an hour: whether it is open, how many are on, how much is to be expected.
type Told = (bool, usize, i64);

/// One hour as a cell.
struct Cell {
    class: &'static str,
    people: String,
    /// What is to be expected; empty for nothing.
    load: String,
}

struct Day {
    name: String,
    cells: Vec<Cell>,
}

struct Sheet {
    language: &'static str,
    tightest: Option<i64>,
    gaps: Vec<(Moment, Moment)>,
    days: Vec<Day>,
}

#[derive(Template)]
#[template(path = "coverage.html", config = "src/web/askama.toml")]
struct CoveragePage {
    frame: Frame,
    d: &'static DutyTexts,
    zone: String,
    clock: Vec<String>,
    sheets: Vec<Sheet>,
    /// Notices of no case that are held back, for leads: by which channel, why, until when.
    hushed: Vec<(String, String, Moment)>,
}

fn local(at: Timestamp, zone: &TimeZone) -> Option<jiff::Zoned> {
    jiff::Timestamp::from_millisecond(at.millis()).ok().map(|t| t.to_zoned(zone.clone()))
}

/// The hours of a language as days of the zone; the hours of the day stand in 24 columns, and an hour that the clock
/// shows twice is told by the worse.
fn sheet(cover: &LanguageCover, zone: &TimeZone) -> Sheet {
    let mut days: Vec<(jiff::civil::Date, Vec<Option<Told>>)> = Vec::new();
    for (hour, expected) in &cover.hours {
        let Some(zoned) = local(hour.from, zone) else { continue };
        let (day, at) = (zoned.date(), usize::try_from(zoned.hour()).unwrap_or(0));
        if days.last().is_none_or(|(d, _)| *d != day) {
            days.push((day, vec![None; 24]));
        }
        if let Some(cell) = days.last_mut().and_then(|(_, cells)| cells.get_mut(at)) {
            // Of an hour that the clock shows twice the load is the same, for it goes by the wall.
            let (open, people) =
                cell.map_or((hour.open, hour.people), |c| (c.0 || hour.open, c.1.min(hour.people)));
            *cell = Some((open, people, *expected));
        }
    }
    let cell = |hour: Option<Told>| match hour {
        None => Cell { class: "none", people: String::new(), load: String::new() },
        Some((open, people, load)) => Cell {
            class: if !open {
                "closed"
            } else if people == 0 {
                "gap"
            } else {
                "open"
            },
            people: people.to_string(),
            load: if load == 0 { String::new() } else { format!("{}.{}", load / 10, load % 10) },
        },
    };
    Sheet {
        language: cover.name(),
        tightest: cover.tightest,
        gaps: cover.gaps.iter().map(|(a, b)| (Moment::of(a.millis()), Moment::of(b.millis()))).collect(),
        days: days
            .into_iter()
            .map(|(day, cells)| Day { name: day.to_string(), cells: cells.into_iter().map(cell).collect() })
            .collect(),
    }
}

/// `GET /duty/coverage`.
pub async fn coverage(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    let brands: Vec<String> = brands_of(&app, &viewer).into_iter().map(|b| b.id).collect();
    let (cover, d) = (app.duty.cover(&brands, HOURS, &app.zone).await?, asked.texts.duty());
    let (now, lead, t) = (app.clock.now(), viewer.person.is_lead(), asked.texts);
    let read = app.db.read("reading the switch, and what is held back", move |tx| {
        Box::pin(async move {
            let held = if lead { alert::held_of_none(tx, now).await? } else { Vec::new() };
            Ok((is_stopped(tx).await?, held))
        })
    });
    let (kill, held) = read.await?;
    let hushed = |h: HeldRow| {
        let channel = h.channel.split_once(':').map_or(h.channel.as_str(), |(_, name)| name).to_owned();
        (channel, t.name("held", &h.why), Moment::of(h.until_at))
    };
    print(&CoveragePage {
        hushed: held.into_iter().map(hushed).collect(),
        frame: Frame::of(&app, &asked, &viewer, "duty", d.coverage, kill),
        zone: app.zone.iana_name().unwrap_or("UTC").to_owned(),
        clock: (0..24).map(|h| format!("{h:02}")).collect(),
        sheets: cover.languages.iter().map(|l| sheet(l, &app.zone)).collect(),
        d,
    })
}

#[cfg(test)]
mod tests {
    use super::passed;
    use crate::web::texts::{EN, NL};

    #[test]
    fn how_far_a_newcomer_is_names_how_many_are_wanted_where_that_is_set() {
        assert_eq!(passed(12, 20, &EN), "12 of 20 answers passed unchanged");
        assert_eq!(passed(12, 20, &NL), "12 van 20 antwoorden gingen ongewijzigd weg");
        assert_eq!(passed(12, 0, &EN), "12 answers passed unchanged");
    }
}
