//! What the outbox may not decide alone, and the switch that stops all sending.
//!
//! An unknown stands here until somebody has looked at the platform. The switch is written to the
//! database, so it holds for every replica and over restarts; only leads turn it.

use super::App;
use super::auth::{Asked, Fields, Viewer, prove_first};
use super::case::web_address;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, first_press, forget_press, is_stopped, page as print};
use super::part::{PAGE, PAGE_ROWS, Part};
use super::shown::{Moment, Shown};
use super::texts::Texts;
use super::texts::privacy::PrivacyTexts;
use super::texts::refused;
use crate::casework::{Actor, CaseworkError, Settling};
use crate::domain::ids::{ActionId, CaseId};
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::privacy::By;
use crate::store::outbox::{self, Decision};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, console, person};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// The states that wait for a person, most pressing first.
const STATES: [&str; 4] = ["unknown", "held", "by_hand", "refused"];
/// What may still be called back stands first.
const LEAVING: &str = "leaving";
/// Most actions of one brand that are about to leave on the page: they are gone in seconds, or wait for the switch.
const LEAVING_MAX: i64 = 50;

struct Row {
    id: String,
    /// When it leaves, for what can still be called back.
    leaves: Option<(i64, Span)>,
    by: String,
    kind: String,
    brand: String,
    case_id: Option<String>,
    at: Moment,
    attempts: i64,
    /// How it stands, for the form.
    seen: String,
    detail: Shown,
    url: Option<String>,
    /// Decisions as buttons: word and label.
    buttons: Vec<(&'static str, &'static str)>,
}

struct Group {
    name: String,
    state: &'static str,
    rows: Vec<Row>,
    /// How many there are of the state.
    all: usize,
    /// Where the others stand, on the page of all states.
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "outbox.html", config = "src/web/askama.toml")]
struct OutboxPage {
    frame: Frame,
    groups: Vec<Group>,
    /// Which part of one state is shown; of all states the first of each.
    part: Part,
    lead: bool,
    works: bool,
    notice: Option<&'static str>,
    p: &'static PrivacyTexts,
    /// While all sending is stopped: by whom, since when and why.
    stopped: Option<(String, Moment, String)>,
}

/// `GET /outbox`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let t = asked.texts;
    let brands = brands_of(&app, &viewer);
    let names: HashMap<String, String> =
        brands.iter().map(|b| (b.id.clone(), b.brand.name.clone())).collect();
    let states = STATES.map(|state| (state.to_owned(), t.name("action", state))).to_vec();
    let part = Part::read("/outbox", &query, states, Vec::new());
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let read = app.db.read("reading the outbox", move |tx| {
        Box::pin(async move {
            let (groups, part) = groups_of(tx, &ids, part).await?;
            let names: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
            let stopped = outbox::sending(tx).await?.filter(|s| s.value == 1);
            Ok(((groups, part), names, stopped, is_stopped(tx).await?))
        })
    });
    let ((found, part), people, stopped, kill) = read.await?;
    let stopped = stopped.map(|s| {
        let by = s.set_by.unwrap_or_default();
        (people.get(&by).cloned().unwrap_or(by), Moment::of(s.set_at), s.reason)
    });
    let now = app.clock.now();
    let works = viewer.person.may(Right::Answer);
    let filled = found.into_iter().filter(|(_, _, rows)| !rows.is_empty());
    let groups = filled.map(|(state, all, rows)| Group {
        all,
        more: (state != LEAVING && part.state.is_empty() && all > rows.len())
            .then(|| format!("/outbox?state={state}&from={PAGE}")),
        name: if state == LEAVING { t.leaving.to_owned() } else { t.name("action", state) },
        state,
        rows: rows.iter().map(|a| row(a, (&names, &people), works, now, t)).collect(),
    });
    print(&OutboxPage {
        groups: groups.collect(),
        part: part.clone(),
        frame: Frame::of(&app, &asked, &viewer, "outbox", t.outbox, kill),
        lead: viewer.person.is_lead() && viewer.person.walls.is_open(),
        p: t.privacy(),
        stopped,
        works,
        notice: match query.get("said").map(String::as_str) {
            Some("settled") => Some(t.settled),
            Some("already") => Some(t.settled_already),
            Some("twice") => Some(t.twice),
            _ => None,
        },
    })
}

/// A state with how many there are of it, and those that are shown.
type Counted = (&'static str, usize, Vec<ActionRow>);

/// The first of each state, or a page of the one that is asked for.
async fn groups_of(
    tx: &mut Tx,
    brands: &[String],
    mut part: Part,
) -> Result<(Vec<Counted>, Part), StoreError> {
    let counts = console::counted_in(tx, brands).await?;
    let all = |state: &str| {
        let found = counts.iter().find(|(counted, _)| counted == state);
        found.and_then(|(_, n)| usize::try_from(*n).ok()).unwrap_or(0)
    };
    let mut found = Vec::new();
    if part.state.is_empty() {
        let mut leaving = Vec::new();
        for brand in brands {
            leaving.extend(console::leaving(tx, brand, None, LEAVING_MAX).await?);
        }
        leaving.sort_by_key(|a| a.not_before);
        found.push((LEAVING, all(LEAVING), leaving));
    }
    for state in STATES {
        if part.state.is_empty() {
            found.push((state, all(state), console::part_in(tx, brands, state, (PAGE_ROWS, 0)).await?));
        } else if part.state == state {
            let from = part.set(all(state));
            found.push((state, all(state), console::part_in(tx, brands, state, (PAGE_ROWS, from)).await?));
        }
    }
    Ok((found, part))
}

/// What a person can decide about an action in a state: word and label.
pub fn buttons(state: &str, t: &'static Texts) -> Vec<(&'static str, &'static str)> {
    match state {
        "unknown" => vec![("done", t.stands), ("again", t.send_again), ("cancel", t.cancel)],
        "held" => vec![("again", t.let_go), ("cancel", t.cancel)],
        "by_hand" => vec![("done", t.done_by_hand), ("cancel", t.cancel)],
        "refused" => vec![("again", t.send_again), ("cancel", t.cancel)],
        _ => Vec::new(),
    }
}

/// How an action stands, as forms carry it: its state, and how often it was tried.
pub fn seen_of(a: &ActionRow) -> String {
    format!("{}:{}", a.state, a.attempts)
}

/// How the action stood on the page from which a form comes.
fn seen(fields: &Fields) -> Result<(&str, i64), Error> {
    let read = fields.get("seen").split_once(':').and_then(|(state, n)| Some((state, n.parse().ok()?)));
    read.ok_or_else(|| Error::Invalid("version: the number of the view is missing".to_owned()))
}

fn row(
    a: &ActionRow,
    (brands, people): (&HashMap<String, String>, &HashMap<String, String>),
    works: bool,
    now: Timestamp,
    t: &'static Texts,
) -> Row {
    let url = web_address(&a.detail);
    Row {
        id: a.id.clone(),
        leaves: (a.state == "ready")
            .then(|| (a.not_before, Span(Timestamp(a.not_before).since(now).millis().max(0)))),
        by: a.made_by.as_ref().and_then(|p| people.get(p)).cloned().unwrap_or_default(),
        kind: t.name("kind", &a.kind),
        brand: brands.get(&a.brand_id).cloned().unwrap_or_default(),
        case_id: a.case_id.clone(),
        at: Moment::of(a.created_at),
        attempts: a.attempts,
        seen: seen_of(a),
        detail: Shown::plain(&refused::detail(t, &a.detail)),
        url: url.filter(|_| a.state == "by_hand"),
        buttons: if works { buttons(&a.state, t) } else { Vec::new() },
    }
}

/// `POST /outbox/{id}`.
pub async fn decide(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = ActionId::parse(&id).map_err(|_| Error::NotFound)?.to_string();
    let decision = match fields.get("decision") {
        "done" => Decision::Done,
        "again" => Decision::Again,
        "cancel" => Decision::Cancel,
        other => return Err(Error::Invalid(format!("decision: '{other}' is not known"))),
    };
    let seen = seen(&fields)?;
    if !first_press(&app, fields.get("nonce"), &id).await? {
        return Ok(Redirect::to("/outbox?said=twice").into_response());
    }
    let actor = Actor { person: viewer.person.id.clone(), lead: viewer.person.is_lead() };
    let mut said = None;
    for brand in brands_of(&app, &viewer) {
        match casework_of(&app, &viewer).settle(&brand.id, &id, Some(seen), decision, &actor).await {
            Err(CaseworkError::NotFound) => {}
            Err(error) => {
                // Nothing was decided: the same form may come again.
                forget_press(&app, fields.get("nonce"), &id).await;
                return Err(error.into());
            }
            Ok(Settling::Settled) => said = Some("settled"),
            Ok(Settling::Already(_)) => said = Some("already"),
        }
    }
    let said = said.ok_or(Error::NotFound)?;
    // From the page of a case one comes back there.
    let to = match CaseId::parse(fields.get("case")) {
        Ok(case) => format!("/cases/{case}?said={said}#way"),
        Err(_) => format!("/outbox?said={said}"),
    };
    Ok(Redirect::to(&to).into_response())
}

/// `POST /outbox/kill`.
pub async fn kill(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let on = match fields.get("stop") {
        "1" => true,
        "0" => false,
        other => return Err(Error::Invalid(format!("stop: '{other}'; allowed are 0 and 1"))),
    };
    if !viewer.person.walls.is_open() {
        // It stops the sending of every brand.
        return Err(Error::Forbidden);
    }
    // Stopping never waits for anything; letting it go on does.
    if !on && !viewer.person.is_proved(app.clock.now()) {
        return Ok(prove_first("/outbox"));
    }
    let by = By::Person(viewer.person.id.clone());
    app.privacy.called(viewer.caller.clone()).turn_sending(on, fields.get("reason"), &by).await?;
    Ok(Redirect::to("/outbox").into_response())
}
