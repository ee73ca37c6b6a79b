//! The register of goodwill and that of formal complaints: what waits for somebody, figures, and every case behind
//! them; as files for who may take them out.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::shadow::{Chosen, choose, file, last_days, links};
use super::texts::Texts;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::reports::write::csv_cell;
use crate::reports::{Ask, complaints, goodwill};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;

/// One line of a register: where its case stands, what it is called, and what is said of it.
struct Row {
    href: String,
    name: String,
    cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "register.html", config = "src/web/askama.toml")]
struct RegisterPage {
    frame: Frame,
    chosen: Chosen,
    title: &'static str,
    hint: &'static str,
    /// Its address.
    path: &'static str,
    exports: bool,
    sums: Vec<String>,
    head: Vec<&'static str>,
    rows: Vec<Row>,
}

/// What is asked for: the choice as the page shows it, and the period up to now.
fn asked_for(
    app: &App,
    viewer: &Viewer,
    query: &HashMap<String, String>,
    t: &'static Texts,
) -> Result<(Chosen, Option<Ask>), Error> {
    if query.contains_key("format") && !viewer.person.may(Right::Export) {
        return Err(Error::Forbidden);
    }
    let (chosen, brands) = choose(query, &brands_of(app, viewer), t);
    let now = app.clock.now();
    let (from, _) = last_days(now, chosen.weeks * 7, &app.zone);
    // An empty list would mean every brand, also those behind a wall.
    let ask = (!brands.is_empty()).then(|| Ask {
        from,
        to: Timestamp(now.millis() + 1),
        brands,
        zone: app.zone.clone(),
    });
    Ok((chosen, ask))
}

fn csv(tables: &[Vec<Vec<String>>]) -> String {
    let line = |cells: &Vec<String>| cells.iter().map(|c| csv_cell(c)).collect::<Vec<_>>().join(",") + "\r\n";
    tables.iter().map(|t| t.iter().map(line).collect::<String>()).collect::<Vec<_>>().join("\r\n")
}

fn row(brand: &str, number: i64, cells: Vec<String>) -> Row {
    let (href, name) = links(&[format!("{brand}#{number}")]).into_iter().next().unwrap_or_default();
    Row { href, name, cells }
}

/// Day and minute of an instant in words.
fn minute(at: Option<&String>) -> String {
    at.map_or_else(String::new, |at| at.get(..16).unwrap_or(at).replace('T', " "))
}

/// `GET /goodwill`.
pub async fn goodwill_page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let t = asked.texts;
    let (chosen, ask) = asked_for(&app, &viewer, &query, t)?;
    let read = app.db.read("counting goodwill", move |tx| {
        Box::pin(async move {
            let made = match &ask {
                Some(ask) => goodwill::of(tx, ask).await?,
                None => goodwill::Goodwill::default(),
            };
            Ok((made, is_stopped(tx).await?))
        })
    });
    let (made, kill) = read.await?;
    match query.get("format").map(String::as_str) {
        Some("csv") => {
            let body = csv(&[goodwill::csv_rows(&made), goodwill::csv_cases(&made)]);
            return Ok(file("text/csv; charset=utf-8", "goodwill.csv", body));
        }
        Some(_) => {
            let json = serde_json::to_string_pretty(&made).unwrap_or_default() + "\n";
            return Ok(file("application/json", "goodwill.json", json));
        }
        None => {}
    }
    let g = t.given();
    let mut cases: Vec<&goodwill::Case> = made.cases.iter().collect();
    // What waits for somebody stands first.
    cases.sort_by_key(|c| c.state != "asked");
    let one = |c: &goodwill::Case| {
        let what = t.name("goodwill", &c.kind);
        let cells = vec![
            format!("{} {}", c.amount, c.currency),
            what,
            t.name("goodwillstate", &c.state),
            minute(Some(&c.at)),
            c.sector.clone(),
        ];
        row(&c.brand, c.number, cells)
    };
    let rows = cases.into_iter().map(one).collect();
    print(&RegisterPage {
        frame: Frame::of(&app, &asked, &viewer, "shadow", g.goodwill, kill),
        chosen,
        title: g.goodwill,
        hint: g.goodwill_hint,
        path: "/goodwill",
        exports: viewer.person.may(Right::Export),
        sums: goodwill::lines(&made),
        head: vec![g.case, g.amount, g.what, g.state, g.when, t.office().sector],
        rows,
    })
}

/// `GET /complaints`; nothing where no brand keeps the register.
pub async fn complaints_page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    if !brands_of(&app, &viewer).iter().any(|b| b.brand.front_office.complaints) {
        return Err(Error::NotFound);
    }
    let (t, now) = (asked.texts, app.clock.now());
    let (chosen, ask) = asked_for(&app, &viewer, &query, t)?;
    let read = app.db.read("reading the register of complaints", move |tx| {
        Box::pin(async move {
            let made = match &ask {
                Some(ask) => complaints::of(tx, ask, now).await?,
                None => complaints::Complaints::default(),
            };
            Ok((made, is_stopped(tx).await?))
        })
    });
    let (made, kill) = read.await?;
    match query.get("format").map(String::as_str) {
        Some("csv") => {
            let body = csv(&[complaints::csv_rows(&made)]);
            return Ok(file("text/csv; charset=utf-8", "complaints.csv", body));
        }
        Some(_) => {
            let json = serde_json::to_string_pretty(&made).unwrap_or_default() + "\n";
            return Ok(file("application/json", "complaints.json", json));
        }
        None => {}
    }
    let g = t.given();
    let one = |l: &complaints::Line| {
        let stands =
            |code: &str, due: Option<&String>| format!("{} ({})", t.name("registerstate", code), minute(due));
        let cells = vec![
            minute(Some(&l.made_at)),
            stands(l.acknowledged, l.acknowledge_due.as_ref()),
            stands(l.decided, l.decide_due.as_ref()),
            l.outcome.as_ref().map_or_else(String::new, |o| t.name("outcome", o)),
            l.sector.clone(),
        ];
        row(&l.brand, l.number, cells)
    };
    print(&RegisterPage {
        frame: Frame::of(&app, &asked, &viewer, "shadow", g.complaints, kill),
        chosen,
        title: g.complaints,
        hint: g.complaints_hint,
        path: "/complaints",
        exports: viewer.person.may(Right::Export),
        sums: complaints::lines(&made),
        head: vec![g.case, g.made, g.acknowledged, g.decided, g.outcome, t.office().sector],
        rows: made.register.iter().map(one).collect(),
    })
}
