//! The pages of sources and of the outbox.

use super::auth::{BareForm, In, check_form};
use super::error::WebError;
use super::pages::{ActionLine, OutboxPage, QuarantineLine, SourceLine, SourcesPage, Viewer, html};
use super::shown;
use super::state::AppState;
use crate::domain::text::excerpt;
use crate::domain::time::Timestamp;
use crate::store::outbox::{self, Decision};
use crate::store::rows::ActionRow;
use crate::store::{inbox, source};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::collections::BTreeMap;

const SHOWN_MAX: i64 = 100;
/// What is counted, in the order of the columns.
const COLUMNS: [&str; 6] = ["received", "mention", "duplicate", "own_echo", "filtered", "quarantined"];

/// `GET /sources`.
pub async fn sources(State(app): State<AppState>, In(present): In) -> Result<Response, WebError> {
    let now = app.clock.now();
    let looked = app.db.read("making the page of sources", |tx| {
        Box::pin(async move {
            let quarantined = inbox::quarantined(tx, SHOWN_MAX).await?;
            Ok((
                source::list(tx).await?,
                inbox::counts(tx).await?,
                inbox::waiting_by_source(tx).await?,
                quarantined,
            ))
        })
    });
    let (rows, counts, waiting, quarantined) = looked.await?;
    let mut lines: BTreeMap<String, SourceLine> = BTreeMap::new();
    for row in rows {
        let well = matches!(row.state.as_str(), "connected" | "ready");
        let mut state = row.state.replace('_', " ");
        if !row.state_why.is_empty() {
            state = format!("{state}: {}", row.state_why);
        }
        let heard = row.last_heard_at.map_or_else(|| "never".to_owned(), |at| shown::ago(at, now));
        let counts_from = Timestamp(row.counts_from).rfc3339();
        lines.insert(row.name.clone(), line(row.name, row.kind, state, well, heard, counts_from));
    }
    for (name, what, n) in counts {
        let line = lines.entry(name.clone()).or_insert_with(|| {
            line(name, "fed by hand".to_owned(), "–".to_owned(), true, "–".to_owned(), "–".to_owned())
        });
        if let Some(column) = COLUMNS.iter().position(|c| *c == what) {
            line.counts[column] += n;
        }
    }
    for (name, n) in waiting {
        if let Some(line) = lines.get_mut(&name) {
            line.counts[6] = n;
        }
    }
    for line in lines.values_mut() {
        line.adds_up = line.counts[0] == line.counts[1..].iter().sum::<i64>();
    }
    let quarantine = quarantined
        .into_iter()
        .map(|q| QuarantineLine {
            place: format!("{}, {}", q.source, q.place),
            ago: shown::ago(q.received_at, now),
            why: q.why.unwrap_or_default(),
            bytes: excerpt(&shown::visible(&String::from_utf8_lossy(&q.body.unwrap_or_default())), 2_000),
        })
        .collect();
    html(&SourcesPage { viewer: Viewer::of(&present), sources: lines.into_values().collect(), quarantine })
}

fn line(
    name: String,
    kind: String,
    state: String,
    well: bool,
    heard: String,
    counts_from: String,
) -> SourceLine {
    SourceLine { name, kind, state, well, heard, counts_from, counts: [0; 7], adds_up: true }
}

/// `GET /outbox`.
pub async fn outbox_page(State(app): State<AppState>, In(present): In) -> Result<Response, WebError> {
    let now = app.clock.now();
    let looked = app.db.read("making the page of the outbox", |tx| {
        Box::pin(async move {
            let stopped = outbox::switch(tx, outbox::KILL_SWITCH).await?;
            Ok((outbox::to_look_at(tx, SHOWN_MAX).await?, outbox::counts(tx).await?, stopped))
        })
    });
    let (rows, counts, stopped) = looked.await?;
    let actions = rows.into_iter().map(|row| action_line(row, now)).collect();
    let counts = counts.into_iter().map(|c| (c.state.replace('_', " "), c.n)).collect();
    html(&OutboxPage { viewer: Viewer::of(&present), actions, counts, stopped })
}

fn action_line(row: ActionRow, now: Timestamp) -> ActionLine {
    let state = match row.state.as_str() {
        "unknown" => "may be on the platform already".to_owned(),
        "by_hand" => "to be done by hand".to_owned(),
        other => other.to_owned(),
    };
    ActionLine {
        id: row.id,
        kind: row.kind,
        state,
        detail: shown::visible(&row.detail),
        case_id: row.case_id.unwrap_or_default(),
        ago: shown::ago(row.created_at, now),
        attempts: row.attempts,
    }
}

/// What the form of an action sends.
#[derive(Deserialize)]
pub struct DecisionForm {
    csrf: String,
    decision: String,
}

/// `POST /outbox/{id}`.
pub async fn decide(
    State(app): State<AppState>,
    In(present): In,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<DecisionForm>,
) -> Result<Response, WebError> {
    check_form(&present, &headers, &form.csrf)?;
    if !present.may_work() {
        return Err(WebError::Forbidden("Your role may look but not decide."));
    }
    let decision = match form.decision.as_str() {
        "done" => Decision::Done,
        "again" => Decision::Again,
        "cancel" => Decision::Cancel,
        _ => return Err(WebError::Invalid("decision: allowed are done, again, cancel".to_owned())),
    };
    let (now, by) = (app.clock.now(), present.id.to_string());
    let decided = app.db.write("settling an action", move |tx| {
        Box::pin(async move { outbox::decide(tx, &id, decision, &by, now).await })
    });
    if !decided.await? {
        return Err(WebError::Conflict("This action was settled meanwhile.".to_owned()));
    }
    app.outbox.notify_one();
    Ok(Redirect::to("/outbox").into_response())
}

/// What the form of the kill switch sends.
#[derive(Deserialize)]
pub struct SwitchForm {
    #[serde(flatten)]
    bare: BareForm,
    on: String,
}

/// `POST /outbox/switch`.
pub async fn switch(
    State(app): State<AppState>,
    In(present): In,
    headers: HeaderMap,
    Form(form): Form<SwitchForm>,
) -> Result<Response, WebError> {
    check_form(&present, &headers, &form.bare.csrf)?;
    if !present.is_lead() {
        return Err(WebError::Forbidden("Only a lead may stop all sending or let it go on."));
    }
    let (now, by, on) = (app.clock.now(), present.id.to_string(), form.on == "1");
    let set = app.db.write("setting the kill switch", move |tx| {
        Box::pin(async move { outbox::set_switch(tx, outbox::KILL_SWITCH, on, &by, now).await })
    });
    set.await?;
    tracing::warn!(on, person.id = present.id.as_str(), "the kill switch was set");
    app.outbox.notify_one();
    Ok(Redirect::to("/outbox").into_response())
}
