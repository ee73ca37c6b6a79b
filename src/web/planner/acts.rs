//! What is pressed in the planner: by whoever works, and by leads.

use super::people::guests_page;
use super::{Said, leads, mine_page, planner, swaps_page, uncovered, week_page};
use crate::domain::duty::{Known, Reach, Role, WHOLE_DAY, languages};
use crate::domain::planner::AbsenceKind;
use crate::domain::time::Timestamp;
use crate::duty::sectors;
use crate::planner::config::minutes;
use crate::planner::{Answer, Away, ChangedShift, NewShift, Planner, PlannerError};
use crate::web::App;
use crate::web::auth::{Asked, Fields, Viewer};
use crate::web::error::Error;
use crate::web::frame::{first_press, forget_press};
use crate::web::texts::refused;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use std::sync::Arc;

/// What came of a press.
enum Done {
    /// Nothing more is to be told.
    Plain,
    /// An absence, with what it leaves open.
    Away((Vec<String>, Vec<String>)),
    /// The path of a calendar.
    Feed(String),
}

fn wrong<T>(field: &'static str, what: impl Into<String>) -> Result<T, PlannerError> {
    Err(PlannerError::Invalid { field, what: what.into() })
}

fn day(fields: &Fields, name: &'static str) -> Result<Date, PlannerError> {
    match fields.get(name).trim().parse() {
        Ok(day) => Ok(day),
        Err(_) => wrong(name, "allowed: a day as 2026-12-01"),
    }
}

fn time(fields: &Fields, name: &'static str) -> Result<i64, PlannerError> {
    minutes(fields.get(name)).map_or_else(|| wrong(name, "allowed: a time as 09:00"), Ok)
}

fn number(fields: &Fields, name: &'static str) -> Result<i64, PlannerError> {
    match fields.get(name).trim() {
        "" => Ok(0),
        text => text.parse().map_or_else(|_| wrong(name, "allowed: a whole number"), Ok),
    }
}

/// A day with a time of it, which may be left empty.
fn moment(
    planner: &Planner,
    fields: &Fields,
    (date, of_day): (&'static str, &'static str),
    otherwise: i64,
) -> Result<Timestamp, PlannerError> {
    let day = day(fields, date)?;
    let minutes = if fields.get(of_day).trim().is_empty() { otherwise } else { time(fields, of_day)? };
    crate::domain::duty::instant(day, minutes, planner.zone()).map_or_else(|| wrong(date, "no such day"), Ok)
}

/// What of a shift is the same for every day of it: as what, and what is taken up.
fn taken_up(app: &App, fields: &Fields) -> Result<(Role, Reach), PlannerError> {
    let told = |field: &'static str| {
        move |(found, allowed): (String, String)| PlannerError::Invalid {
            field,
            what: format!("{found}; {allowed}"),
        }
    };
    let now = app.clock.now();
    let known = Known {
        people: Vec::new(),
        sectors: sectors(&app.catalogue.get()),
        zone: app.zone.clone(),
        whole_day: WHOLE_DAY,
        from: now,
        to: now,
    };
    let Some(role) = Role::from_code(fields.get("role")) else {
        return wrong("role", "allowed: agent, lead, guest, newcomer");
    };
    let languages = languages(fields.get("languages")).map_err(told("languages"))?;
    Ok((role, Reach { languages, sectors: known.sectors(fields.get("sectors")).map_err(told("sectors"))? }))
}

fn changed(app: &App, fields: &Fields) -> Result<ChangedShift, PlannerError> {
    let (role, reach) = taken_up(app, fields)?;
    Ok(ChangedShift {
        // A form without one is of a version that never was.
        version: fields.get("version").parse().unwrap_or(-1),
        day: day(fields, "day")?,
        only: fields.get("scope") == "only",
        person: fields.get("person").trim().to_owned(),
        role,
        buddy: fields.get("buddy").trim().to_owned(),
        reach,
        starts: time(fields, "starts")?,
        ends: time(fields, "ends")?,
    })
}

fn shift(app: &App, fields: &Fields) -> Result<NewShift, PlannerError> {
    let (role, reach) = taken_up(app, fields)?;
    let last = if fields.get("last").trim().is_empty() { None } else { Some(day(fields, "last")?) };
    let picked = fields.all("weekday").filter_map(|d| d.parse::<u32>().ok()).filter(|d| *d < 7);
    Ok(NewShift {
        person: fields.get("person").trim().to_owned(),
        role,
        buddy: fields.get("buddy").trim().to_owned(),
        reach,
        first: day(fields, "first")?,
        last,
        starts: time(fields, "starts")?,
        ends: time(fields, "ends")?,
        every_weeks: number(fields, "every")?,
        weekdays: picked.fold(0, |mask, d| mask | 1 << d),
    })
}

async fn absence(planner: &Planner, me: &str, who: &str, fields: &Fields) -> Result<Done, PlannerError> {
    let Some(kind) = AbsenceKind::from_code(fields.get("kind")) else {
        return wrong("kind", "allowed: leave, sick, training, other");
    };
    let away = Away {
        person: who.to_owned(),
        kind,
        from: moment(planner, fields, ("from_day", "from_time"), 0)?,
        until: moment(planner, fields, ("until_day", "until_time"), 1440)?,
    };
    let found = planner.add_absence(me, &away).await?;
    Ok(Done::Away(uncovered(&found, planner.zone())))
}

/// What everybody may press for themselves.
async fn own(planner: &Planner, me: &str, fields: &Fields) -> Result<Done, PlannerError> {
    match fields.get("act") {
        "ask" => planner.ask_swap(me, fields.get("shift"), day(fields, "day")?).await.map(|_| Done::Plain),
        "take" => planner.answer_swap(me, fields.get("swap"), Answer::Take).await.map(|_| Done::Plain),
        "withdraw" => {
            planner.answer_swap(me, fields.get("swap"), Answer::Withdraw).await.map(|_| Done::Plain)
        }
        "away" => absence(planner, me, me, fields).await,
        "back" => planner.call_off(me, fields.get("absence"), Some(me)).await.map(|()| Done::Plain),
        "feed" => planner.make_feed(me, false).await.map(|made| Done::Feed(made.path)),
        "unfeed" => planner.revoke_feed(me, false, fields.get("feed")).await.map(|()| Done::Plain),
        _ => wrong("act", "allowed: ask, take, withdraw, away, back, feed, unfeed"),
    }
}

/// What leads press.
async fn leading(app: &App, planner: &Planner, me: &str, fields: &Fields) -> Result<Done, PlannerError> {
    let plain = |()| Done::Plain;
    match fields.get("act") {
        "add" => planner.add_shift(me, &shift(app, fields)?).await.map(|_| Done::Plain),
        "change" => {
            planner.change_shift(me, fields.get("shift"), &changed(app, fields)?).await.map(|_| Done::Plain)
        }
        "end" => planner.end_shift(me, fields.get("shift"), day(fields, "last")?).await.map(plain),
        "skip" => planner.skip(me, fields.get("shift"), day(fields, "day")?).await.map(plain),
        "approve" => planner.answer_swap(me, fields.get("swap"), Answer::Approve).await.map(|_| Done::Plain),
        "refuse" => planner.answer_swap(me, fields.get("swap"), Answer::Refuse).await.map(|_| Done::Plain),
        "away" => absence(planner, me, fields.get("person"), fields).await,
        "back" => planner.call_off(me, fields.get("absence"), None).await.map(plain),
        "feed" => planner.make_feed(me, true).await.map(|made| Done::Feed(made.path)),
        "unfeed" => planner.revoke_feed(me, true, fields.get("feed")).await.map(plain),
        "guest" => {
            let from = fields.get("newcomer_from").trim();
            let new = if from.is_empty() {
                None
            } else {
                Some((day(fields, "newcomer_from")?, fields.get("buddy").trim()))
            };
            planner.set_guest(me, fields.get("person"), number(fields, "days")?, new).await.map(plain)
        }
        "propose" => planner.propose(me, fields.get("quarter")).await.map(plain),
        "accept" => planner.decide(me, fields.get("proposal"), true).await.map(plain),
        "discard" => planner.decide(me, fields.get("proposal"), false).await.map(plain),
        _ => wrong("act", "not known"),
    }
}

/// The page from which something was pressed, with what is to be told.
async fn back(app: &App, who: (&Asked, &Viewer), fields: &Fields, said: Said) -> Result<Response, Error> {
    match fields.get("page") {
        "mine" => mine_page(app, who, said).await,
        "swaps" => swaps_page(app, who, said).await,
        "guests" => guests_page(app, who, fields.get("quarter"), said).await,
        _ => week_page(app, who, fields.get("week").parse().ok(), said).await,
    }
}

/// The address of that page, where nothing but 'done' is to be told.
fn address(fields: &Fields) -> String {
    let (key, value) = match fields.get("page") {
        "mine" => return "/planner/mine?done=1".to_owned(),
        "swaps" => return "/planner/swaps?done=1".to_owned(),
        "guests" => ("/planner/guests", ("quarter", fields.get("quarter"))),
        _ => ("/planner", ("week", fields.get("week"))),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("done", "1").append_pair(value.0, value.1);
    format!("{key}?{}", query.finish())
}

async fn answered(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    fields: &Arc<Fields>,
    done: Result<Done, PlannerError>,
) -> Result<Response, Error> {
    let said = match done {
        Ok(Done::Plain) => return Ok(Redirect::to(&address(fields)).into_response()),
        Ok(Done::Away(open)) => Said { open: Some(open), ..Said::default() },
        Ok(Done::Feed(path)) => Said {
            address: Some(format!("{}{path}", app.public_url.trim_end_matches('/'))),
            ..Said::default()
        },
        Err(PlannerError::Store(error)) => {
            // Nothing was done: the same form may come again.
            forget_press(app, fields.get("nonce"), "planner").await;
            return Err(error.into());
        }
        Err(PlannerError::NotFound) => return Err(Error::NotFound),
        Err(error) => {
            forget_press(app, fields.get("nonce"), "planner").await;
            let notice = Some(("bad", refused::said(asked.texts, &error.to_string())));
            // Who is told to look again sees what is there now.
            let typed = Some(fields.clone()).filter(|_| !matches!(error, PlannerError::Stale));
            let said = Said { notice, typed, ..Said::default() };
            let page = back(app, (asked, viewer), fields, said).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    back(app, (asked, viewer), fields, said).await
}

/// `POST /planner`.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let planner = planner(&app)?.by(viewer.caller.clone());
    if !first_press(&app, fields.get("nonce"), "planner").await? {
        return Ok(Redirect::to(&address(&fields)).into_response());
    }
    let done = own(&planner, viewer.person.id.as_str(), &fields).await;
    answered(&app, (&asked, &viewer), &fields, done).await
}

/// `POST /planner/lead`.
pub async fn lead(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let planner = planner(&app)?.by(viewer.caller.clone());
    if !leads(&viewer) {
        return Err(Error::Forbidden);
    }
    if !first_press(&app, fields.get("nonce"), "planner").await? {
        return Ok(Redirect::to(&address(&fields)).into_response());
    }
    let done = leading(&app, &planner, viewer.person.id.as_str(), &fields).await;
    answered(&app, (&asked, &viewer), &fields, done).await
}
