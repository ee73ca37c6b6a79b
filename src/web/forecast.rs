//! The forecast in the console, and the one sentence about what goes late. An optional module: where it is off there is
//! no trace of it.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::shadow::file;
use crate::domain::role::Right;
use crate::reports::forecast::{self, AskForecast};
use crate::reports::words::Words;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;

/// Hours that the page shows; JSON has the week.
const HOURS: usize = 48;

#[derive(Template)]
#[template(path = "forecast.html", config = "src/web/askama.toml")]
struct ForecastPage {
    frame: Frame,
    outlook: Option<String>,
    lang: &'static str,
    /// Made by [`crate::reports::paper::Paper::page`], which escapes everything.
    body: String,
}

/// What is asked for of some brands by id; none where the module is off, or there is no brand to see.
fn asked_for(app: &App, brands: Vec<String>) -> Option<AskForecast> {
    let config = &app.modules.forecast;
    (config.enabled && !brands.is_empty()).then(|| AskForecast {
        catalogue: app.catalogue.get(),
        brands,
        zone: app.zone.clone(),
        weeks: 1,
        handling: config.handling_minutes,
        patience: config.patience_minutes,
    })
}

/// What goes late at this rate, in a sentence; none where nothing does, or the module is off.
pub(super) async fn sentence(app: &App, brands: Vec<String>, w: &Words) -> Result<Option<String>, Error> {
    let Some(ask) = asked_for(app, brands) else { return Ok(None) };
    let found = forecast::outlook(&app.db, &ask, app.clock.now()).await?;
    Ok(forecast::sentence(&found, w, &app.zone))
}

/// `GET /reports/forecast`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let ids: Vec<String> = brands_of(&app, &viewer).into_iter().map(|b| b.id).collect();
    let ask = asked_for(&app, ids.clone()).ok_or(Error::NotFound)?;
    let made = forecast::forecast(&app.db, &ask, app.clock.now()).await?;
    if query.get("format").map(String::as_str) == Some("json") {
        if !viewer.person.may(Right::Export) {
            return Err(Error::Forbidden);
        }
        let json = serde_json::to_string_pretty(&made).unwrap_or_default() + "\n";
        return Ok(file("application/json", "forecast.json", json));
    }
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let paper = forecast::paper(&made, &ask, HOURS, asked.texts.figures());
    print(&ForecastPage {
        outlook: sentence(&app, ids, asked.texts.figures()).await?,
        frame: Frame::of(&app, &asked, &viewer, "reports", &paper.title, kill),
        lang: paper.lang,
        body: paper.page(),
    })
}
