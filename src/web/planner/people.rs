//! Guests in the console: who takes support days, a quarter's proposal, who served; and that as CSV.

use super::{Said, leads, notice, planner};
use crate::domain::guests::{quarter, quarter_of};
use crate::domain::role::Right;
use crate::planner::{GuestLine, PlannerError, Proposal, Served};
use crate::reports::write::csv_cell;
use crate::web::App;
use crate::web::auth::{Asked, Viewer};
use crate::web::error::Error;
use crate::web::frame::{Frame, is_stopped, page as print};
use crate::web::shadow::file;
use crate::web::texts::planner::PlannerTexts;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;

struct Row {
    name: String,
    owes: i64,
    full: usize,
    full_days: String,
    part: String,
    ahead: String,
}

#[derive(Template)]
#[template(path = "planner_guests.html", config = "src/web/askama.toml")]
struct GuestsPage {
    frame: Frame,
    p: &'static PlannerTexts,
    said: Said,
    name: String,
    before: String,
    after: String,
    hours: i64,
    rows: Vec<Row>,
    guests: Vec<GuestLine>,
    proposal: Option<Proposal>,
    accepted: bool,
    lead: bool,
    /// The address of the same as CSV, for those who may take it.
    csv: Option<String>,
}

fn list(days: &[Date]) -> String {
    days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn row(s: &Served) -> Row {
    Row {
        name: s.name.clone(),
        owes: s.owes,
        full: s.full.len(),
        full_days: list(&s.full),
        part: list(&s.part),
        ahead: list(&s.ahead),
    }
}

fn csv(name: &str, all: &[Served]) -> String {
    let days = |days: &[Date]| days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let line = |s: &Served| {
        let (full, part, ahead) = (days(&s.full), days(&s.part), days(&s.ahead));
        format!("{name},{},{},{},{full},{part},{ahead}\r\n", csv_cell(&s.name), s.owes, s.full.len())
    };
    let head = "quarter,person,owes,full_days,days_full,days_part,days_ahead\r\n".to_owned();
    all.iter().map(line).fold(head, |all, line| all + &line)
}

/// What went wrong, as pages tell it.
pub(super) fn failed(error: PlannerError) -> Error {
    match error {
        PlannerError::Store(error) => error.into(),
        PlannerError::NotFound => Error::NotFound,
        other => Error::Invalid(other.to_string()),
    }
}

pub(super) async fn guests_page(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    name: &str,
    said: Said,
) -> Result<Response, Error> {
    let planner = planner(app)?;
    let today = planner.day_of(app.clock.now());
    let name = if quarter(name).is_some() { name.to_owned() } else { quarter_of(today) };
    let found = planner.quarter(&name).await.map_err(failed)?;
    let (first, last) = quarter(&name).unwrap_or((today, today));
    let (p, lead) = (asked.texts.planner(), leads(viewer));
    let kill = app.db.read("reading the switch", |tx| Box::pin(is_stopped(tx))).await?;
    print(&GuestsPage {
        frame: Frame::of(app, asked, viewer, "duty", p.guests, kill),
        p,
        said,
        before: quarter_of(first.yesterday().unwrap_or(first)),
        after: quarter_of(last.tomorrow().unwrap_or(last)),
        hours: planner.config().full_day_hours,
        rows: found.served.iter().map(row).collect(),
        guests: found.guests,
        proposal: found.proposal.filter(|_| lead),
        accepted: found.accepted,
        lead,
        csv: viewer.person.may(Right::Export).then(|| format!("/planner/guests?quarter={name}&format=csv")),
        name,
    })
}

/// `GET /planner/guests?quarter=2026-Q4&format=csv`.
pub async fn guests(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let planner = planner(&app)?;
    let wanted = query.get("quarter").map_or("", String::as_str);
    if query.get("format").map(String::as_str) == Some("csv") {
        if !viewer.person.may(Right::Export) {
            return Err(Error::Forbidden);
        }
        let found = planner.quarter(wanted).await.map_err(failed)?;
        let name = format!("guests-{}.csv", found.name);
        return Ok(file("text/csv; charset=utf-8", &name, csv(&found.name, &found.served)));
    }
    guests_page(&app, (&asked, &viewer), wanted, notice(&query, asked.texts)).await
}
