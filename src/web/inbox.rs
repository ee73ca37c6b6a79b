//! The inbox: what to do next, by risk.

use super::auth::In;
use super::error::WebError;
use super::pages::{InboxLine, InboxPage, LaneTab, Viewer, html};
use super::shown;
use super::state::AppState;
use crate::catalogue::Watched;
use crate::domain::judgement::{Level, Reason};
use crate::domain::time::Timestamp;
use crate::store::console::{self, Lane, LaneCounts, Message};
use crate::store::outbox;
use crate::store::person::{self, PersonRow};
use crate::store::rows::CaseRow;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::HashMap;

/// Lines on one page.
const PAGE: i64 = 50;
/// The furthest that a page may begin: further down, a filter helps more than a page.
const FROM_MAX: i64 = 100_000;

/// What the address of the inbox may say.
#[derive(Deserialize)]
pub struct Asked {
    brand: Option<String>,
    lane: Option<String>,
    from: Option<i64>,
}

/// `GET /`.
pub async fn page(
    State(app): State<AppState>,
    In(present): In,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let catalogue = app.current.get();
    let watched = chosen(&catalogue.brands, asked.brand.as_deref())?;
    let lane = asked.lane.as_deref().map_or(Some(Lane::Risk), Lane::from_code).unwrap_or_default();
    let from = asked.from.unwrap_or(0).clamp(0, FROM_MAX);
    let (brand_id, me, now) = (watched.id.clone(), present.id.to_string(), app.clock.now());
    let looked = app.db.read("making the inbox", move |tx| {
        Box::pin(async move {
            let cases = console::lane(tx, &brand_id, lane, &me, now, (PAGE + 1, from)).await?;
            let shown: Vec<&CaseRow> = cases.iter().take(PAGE as usize).collect();
            let messages = console::first_messages(tx, &brand_id, &shown).await?;
            let counts = console::lane_counts(tx, &brand_id, &me, now).await?;
            let stopped = outbox::switch(tx, outbox::KILL_SWITCH).await?;
            Ok((cases, messages, counts, person::all(tx).await?, stopped))
        })
    });
    let (cases, messages, counts, people, stopped) = looked.await?;
    let more = cases.len() as i64 > PAGE;
    let firsts: HashMap<&str, &Message> = messages.iter().map(|m| (m.case_id.as_str(), m)).collect();
    let lines =
        cases.iter().take(PAGE as usize).map(|c| line(c, firsts.get(c.id.as_str()).copied(), &people, now));
    html(&InboxPage {
        viewer: Viewer::of(&present),
        brand: watched.brand.name.clone(),
        brands: catalogue.brands.iter().map(|w| (w.brand.name.clone(), w.id == watched.id)).collect(),
        lanes: tabs(lane, &counts),
        lane: lane.code(),
        lines: lines.collect(),
        next: if more { from + PAGE } else { 0 },
        stopped,
    })
}

fn chosen<'a>(brands: &'a [Watched], name: Option<&str>) -> Result<&'a Watched, WebError> {
    let found = match name {
        Some(name) => brands.iter().find(|w| w.brand.name.eq_ignore_ascii_case(name)),
        None => brands.first(),
    };
    found.ok_or(WebError::NotFound)
}

fn tabs(here: Lane, counts: &LaneCounts) -> Vec<LaneTab> {
    let tab = |lane: Lane| {
        let (name, count) = match lane {
            Lane::Risk => ("By risk", Some(counts.risk)),
            Lane::Mine => ("Mine", Some(counts.mine)),
            Lane::Unclaimed => ("Unclaimed", Some(counts.unclaimed)),
            Lane::Late => ("Late", Some(counts.late)),
            Lane::Waiting => ("Waiting", Some(counts.waiting)),
            Lane::NoAnswer => ("No answer needed", None),
            Lane::Ended => ("Ended", None),
        };
        let count = count.map(|n| n.to_string()).unwrap_or_default();
        LaneTab { code: lane.code(), name, count, here: lane == here }
    };
    Lane::ALL.map(tab).to_vec()
}

/// A case as one line; personal data in its beginning is masked.
pub fn line(case: &CaseRow, first: Option<&Message>, people: &[PersonRow], now: Timestamp) -> InboxLine {
    let reasons: Vec<Reason> = first.and_then(|m| serde_json::from_str(&m.reasons).ok()).unwrap_or_default();
    let names: Vec<String> = reasons.iter().take(3).map(|r| r.what.replace('_', " ")).collect();
    let profile = first.and_then(|m| m.profile.as_deref());
    let who = |id: &str| {
        people.iter().find(|p| p.id == id).map_or_else(|| "somebody".to_owned(), |p| p.name.clone())
    };
    InboxLine {
        id: case.id.clone(),
        number: case.number,
        level: Level::from_number(case.level).code().to_owned(),
        state: case.state.replace('_', " "),
        platform: case.platform.clone(),
        language: case.language.clone(),
        intent: case.intent.replace('_', " "),
        author: author(profile),
        beginning: first.map_or_else(
            || "(removed)".to_owned(),
            |m| shown::beginning(m.body.as_deref(), &m.personal_data),
        ),
        reasons: names.join(", "),
        claimed_by: case.claimed_by.as_deref().map(who).unwrap_or_default(),
        left: shown::time_left(case.due_at, now),
        due: case.due_at.map(|at| Timestamp(at).rfc3339()).unwrap_or_default(),
        late: case.due_at.is_some_and(|at| at < now.millis()),
        sample: case.sample == 1,
    }
}

/// How an author is called: by name, else by handle.
pub fn author(profile: Option<&str>) -> String {
    let name = shown::field(profile, "name");
    let called = if name.is_empty() { shown::field(profile, "handle") } else { name };
    if called.is_empty() { "unknown".to_owned() } else { shown::visible(&called) }
}
