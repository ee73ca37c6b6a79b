//! Filters that somebody saved under a name, their own only.

use crate::casework::CaseworkError;
use crate::casework::filters::tidy;
use crate::domain::time::Span;
use crate::store::saved::{self, SavedFilter};
use crate::web::App;
use crate::web::auth::{Fields, Viewer};
use crate::web::case::actor;
use crate::web::error::Error;
use crate::web::frame::casework_of;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// How often it is noted that one is used.
const NOTED: Span = Span::days(1);

/// Saved filters as the page shows them: id, name, address.
pub fn shown(all: &[SavedFilter]) -> Vec<(String, String, String)> {
    let one = |f: &SavedFilter| {
        let (name, query) = f.said()?;
        Some((f.id.clone(), name, format!("/?{query}")))
    };
    all.iter().filter_map(one).collect()
}

/// Notes, once a day, that a person looks through a filter of theirs: one that nobody uses any more is let go.
pub async fn used(app: &App, me: &str, all: &[SavedFilter], href: &str) {
    let now = app.clock.now();
    for one in all.iter().filter(|f| f.created_at < now.minus(NOTED).millis()) {
        if one.said().is_none_or(|(_, query)| href.strip_prefix("/?") != Some(query.as_str())) {
            continue;
        }
        let (me, id) = (me.to_owned(), one.id.clone());
        let noted = app.db.write("noting that a saved filter is used", move |tx| {
            Box::pin(async move { saved::used(tx, &me, &id, now).await })
        });
        if let Err(error) = noted.await {
            tracing::debug!(%error, "could not note that a saved filter is used");
        }
    }
}

/// `POST /filters`: saves the filter of a page under a name, or takes one away.
pub async fn act(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let (casework, by) = (casework_of(&app, &viewer), actor(&viewer));
    let done = if fields.get("do") == "remove" {
        casework.drop_filter(&by, fields.get("id")).await.map(|_| ())
    } else {
        casework.save_filter(&by, fields.get("name"), fields.get("query")).await.map(|_| ())
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/?{}", tidy(fields.get("query")))).into_response()),
        Err(CaseworkError::Invalid { field, what }) => Err(Error::Invalid(format!("{field}: {what}"))),
        Err(CaseworkError::Refused(what)) => Err(Error::Invalid(what)),
        Err(error) => Err(error.into()),
    }
}
