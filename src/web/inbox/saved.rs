//! Filters that somebody saved under a name, their own only.

use crate::domain::filter::Filter;
use crate::domain::ids::SavedFilterId;
use crate::domain::time::Span;
use crate::store::saved::{self, SavedFilter};
use crate::web::App;
use crate::web::auth::{Fields, Viewer};
use crate::web::error::Error;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// Longest name, in characters.
const NAME_MAX: usize = 60;
/// Longest address that is kept, in bytes.
const QUERY_MAX: usize = 1000;
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

/// An address with nothing in it but lane and filter.
fn tidy(query: &str) -> String {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let lane = pairs.iter().find(|(k, _)| k == "lane").map_or("", |(_, v)| v.as_str());
    let lane = crate::store::lanes::Lane::from_code(lane).unwrap_or_default();
    let filter = Filter::read(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
    let mut tidy = url::form_urlencoded::Serializer::new(String::new());
    tidy.append_pair("lane", lane.code());
    for (key, value) in filter.pairs() {
        tidy.append_pair(key.code(), value);
    }
    tidy.finish()
}

/// `POST /filters`: saves the filter of a page under a name, or takes one away.
pub async fn act(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let (me, now) = (viewer.person.id.to_string(), app.clock.now());
    let query = tidy(fields.get("query"));
    if fields.get("do") == "remove" {
        let id = fields.get("id").to_owned();
        let gone = app.db.write("taking a saved filter away", move |tx| {
            Box::pin(async move { saved::remove(tx, &me, &id).await })
        });
        gone.await?;
        return Ok(Redirect::to(&format!("/?{query}")).into_response());
    }
    let name = fields.get("name").trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Error::Invalid(format!("name: wanted are 1 to {NAME_MAX} characters")));
    }
    if query.len() > QUERY_MAX {
        return Err(Error::Invalid(format!("the filter has {} bytes; at most {QUERY_MAX}", query.len())));
    }
    let id = app.mint.id(now, SavedFilterId::new).to_string();
    let to = format!("/?{query}");
    let most = super::SAVED_MAX;
    let kept = app.db.write("saving a filter", move |tx| {
        Box::pin(async move {
            if saved::of(tx, &me, most).await?.len() as i64 >= most {
                return Ok(false);
            }
            saved::put(tx, (&id, &me), &(name, query), now).await?;
            Ok(true)
        })
    });
    if !kept.await? {
        return Err(Error::Invalid(format!("there are {most} saved filters; take one away first")));
    }
    Ok(Redirect::to(&to).into_response())
}
