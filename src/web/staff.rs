//! Figures about staff, as far as `report.staff_figures` lets them be told: of groups of at least five, to each person
//! their own, to leads those of each by name. Nobody is put in order by what they did. Groups are told of a whole month
//! that is over: months do not overlap, so no day and no person is told by taking one period away from another.

use super::App;
use super::auth::{Asked, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, is_stopped, page as print};
use super::kudos::days;
use super::shadow::file;
use super::shown::Shown;
use super::texts::Texts;
use crate::domain::role::Right;
use crate::domain::staff::{Line, PEOPLE_MIN, StaffFigures};
use crate::domain::time::Timestamp;
use crate::reports::period::begin;
use crate::reports::staff::{Days, csv, told};
use crate::store::team as store;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;

/// A line of a table.
struct Row {
    name: Shown,
    people: usize,
    answers: i64,
    kept: i64,
    late: i64,
    on_time: String,
}

#[derive(Template)]
#[template(path = "staff.html", config = "src/web/askama.toml")]
struct StaffPage {
    frame: Frame,
    from: String,
    to: String,
    may_take: bool,
    /// Title and lines of each table.
    tables: Vec<(&'static str, Vec<Row>)>,
    /// That too few worked; empty where enough did.
    few: &'static str,
    /// The days are no whole month that is over.
    part: bool,
}

fn row(line: &Line, t: &Texts, is_role: bool) -> Row {
    let name = match (is_role, line.name.as_str()) {
        (true, "") => t.reports().staff_others.to_owned(),
        (true, role) => t.name("role", role),
        (false, name) => name.to_owned(),
    };
    Row {
        name: Shown::plain(&name),
        people: line.people,
        answers: line.answers,
        kept: line.kept,
        late: line.late,
        on_time: t.figures().percent(line.on_time_percent),
    }
}

/// What is said where too few worked; empty where enough did. Whoever is told of each by name is told of groups as well.
fn too_few(worked: usize, level: StaffFigures, unnamed: bool, t: &Texts) -> &'static str {
    match worked {
        ..PEOPLE_MIN => t.reports().staff_few,
        _ if unnamed && worked < level.people_min() => t.reports().staff_few_own,
        _ => "",
    }
}

/// `GET /reports/staff?from=DAY&to=DAY&format=csv`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let level = app.modules.staff;
    if level == StaffFigures::None {
        return Err(Error::NotFound);
    }
    let may_take = viewer.person.may(Right::Export);
    let format = query.get("format").map_or("", String::as_str);
    if matches!(format, "csv" | "json") && !may_take {
        return Err(Error::Forbidden);
    }
    let now = jiff::Timestamp::from_millisecond(app.clock.now().millis()).unwrap_or_default();
    let today = now.to_zoned(app.zone.clone()).date();
    let asks = query.contains_key("from") || query.contains_key("to");
    let (from, to) = if asks { days(&query, today) } else { Days::last_month(today) };
    let next = to.tomorrow().map_err(|_| Error::NotFound)?;
    let at = |day| -> Result<Timestamp, Error> { begin(day, &app.zone).ok_or(Error::NotFound) };
    let span = (at(from)?, at(next)?);
    let brands: Vec<String> = brands_of(&app, &viewer).into_iter().map(|b| b.id).collect();
    let of = brands.clone();
    let read = app.db.read("counting what the team did", move |tx| {
        Box::pin(async move {
            // To the store no brand means every brand.
            let all = if brands.is_empty() { Vec::new() } else { store::did(tx, &brands, span).await? };
            Ok((all, is_stopped(tx).await?))
        })
    });
    let (all, kill) = read.await?;
    let lead = viewer.person.is_lead();
    let worked = all.len();
    let told =
        told(&all, level, (viewer.person.id.as_str(), lead), Days { from, to, today, every_brand: true });
    // Names of colleagues leave the house with it.
    if matches!(format, "csv" | "json") && !told.named.is_empty() {
        casework_of(&app, &viewer).note_staff_taken(&of, &actor(&viewer)).await?;
    }
    let name = |end: &str| format!("team-{from}-{to}.{end}");
    match format {
        "csv" => return Ok(file("text/csv; charset=utf-8", &name("csv"), csv(&told))),
        "json" => {
            let json = serde_json::to_string_pretty(&told).unwrap_or_default() + "\n";
            return Ok(file("application/json", &name("json"), json));
        }
        _ => {}
    }
    let (t, r) = (asked.texts, asked.texts.reports());
    let rows = |of: &[Line], is_role: bool| of.iter().map(|l| row(l, t, is_role)).collect::<Vec<_>>();
    let few = too_few(worked, level, told.named.is_empty(), t);
    let mine: Vec<Line> = told.mine.iter().cloned().collect();
    let tables = [
        (r.staff, rows(&told.team, true)),
        (r.staff_mine, rows(&mine, false)),
        (r.staff_named, rows(&told.named, false)),
    ];
    print(&StaffPage {
        frame: Frame::of(&app, &asked, &viewer, "reports", r.staff, kill),
        part: few.is_empty() && told.team.is_empty(),
        few,
        from: told.from,
        to: told.to,
        may_take,
        tables: tables.into_iter().filter(|(_, rows)| !rows.is_empty()).collect(),
    })
}
