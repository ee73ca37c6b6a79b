//! 'Yesterday at the back door': for the front office, the cases of a day that webcare solved and that were theirs.
//! Somebody of the front office sees their own queues, tickets by their own number, and nobody's name or handle.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, hue, is_stopped, page as print};
use super::shadow::{file, last_days};
use super::shown::Moment;
use super::texts::Texts;
use super::texts::refused;
use crate::casework::CaseworkError;
use crate::casework::yesterday::Line as Said;
use crate::domain::ids::CaseId;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::reports::office::Sight;
use crate::reports::office::yesterday::{self, Line, Yesterday};
use crate::store::back_door;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// The list goes back at most so many days.
const DAYS_BACK: i64 = 60;

struct Item {
    id: String,
    brand: String,
    hue: u8,
    number: i64,
    /// Ticket and its system, where there is one.
    ticket: Option<String>,
    queue: String,
    promised: Option<Moment>,
    broken: bool,
    age: Option<String>,
    why: String,
    difference: String,
    owner: String,
    action: String,
    due: String,
    /// Its day is past.
    late: bool,
    before: Behind,
    after: Behind,
    /// When the action was said.
    acted: Option<Moment>,
    /// Whether fewer came after it; none while that is not known yet.
    dropped: Option<bool>,
    /// The way to the case, for whoever may open it.
    href: Option<String>,
}

/// A count with the cases behind it: each by name and, for whoever may open it, the way to it.
struct Behind {
    count: i64,
    cases: Vec<(String, Option<String>)>,
}

impl Behind {
    fn of(count: i64, cases: &[String], lead: bool) -> Self {
        let one = |name: &String| {
            let way = name.rsplit_once('#').filter(|_| lead);
            let href = way.map(|(brand, number)| format!("/c/{}/{number}", urlencode(brand)));
            (name.clone(), href)
        };
        Self { count, cases: cases.iter().map(one).collect() }
    }
}

/// A name as a part of an address.
fn urlencode(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

#[derive(Template)]
#[template(path = "yesterday.html", config = "src/web/askama.toml")]
struct YesterdayPage {
    frame: Frame,
    day: String,
    back: i64,
    items: Vec<Item>,
    no_queues: bool,
    notice: Option<String>,
}

/// What one look at the store brings.
struct Found {
    made: Yesterday,
    queues: Vec<(String, String)>,
    kill: super::peaks::Switches,
}

/// What somebody sees: a lead everything, somebody of the front office their queues.
fn sight_of(viewer: &Viewer, queues: &[(String, String)]) -> Sight {
    if viewer.person.is_lead() { Sight::All } else { Sight::Queues(queues.to_vec()) }
}

/// The queues of whoever looks, and what these let them see.
pub(super) async fn sight(app: &App, viewer: &Viewer) -> Result<Sight, Error> {
    let me = viewer.person.id.to_string();
    let read = app.db.read("reading the queues of a person", move |tx| {
        Box::pin(async move { back_door::queues_of(tx, &me).await })
    });
    Ok(sight_of(viewer, &read.await?))
}

async fn find(app: &App, viewer: &Viewer, span: (Timestamp, Timestamp)) -> Result<Found, Error> {
    let brands: Vec<String> = brands_of(app, viewer).into_iter().map(|b| b.id).collect();
    let (me, now, viewer) = (viewer.person.id.to_string(), app.clock.now(), viewer.clone());
    let found = app.db.read("reading yesterday at the back door", move |tx| {
        Box::pin(async move {
            let queues = back_door::queues_of(tx, &me).await?;
            let made = yesterday::of(tx, &brands, span, &sight_of(&viewer, &queues), now).await?;
            Ok(Found { made, queues, kill: is_stopped(tx).await? })
        })
    });
    Ok(found.await?)
}

/// The day that is `back` days before today; 1 is yesterday.
fn day_of(app: &App, back: i64) -> (Timestamp, Timestamp) {
    let now = app.clock.now();
    (last_days(now, back, &app.zone).0, last_days(now, back - 1, &app.zone).0)
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    back: i64,
    notice: Option<String>,
) -> Result<Response, Error> {
    let (t, span, lead) = (asked.texts, day_of(app, back), viewer.person.is_lead());
    let today = day_name(app.clock.now(), app);
    let found = find(app, viewer, span).await?;
    print(&YesterdayPage {
        frame: Frame::of(app, asked, viewer, "yesterday", t.office().yesterday, found.kill.clone()),
        day: day_name(span.0, app),
        back,
        no_queues: !lead && found.queues.is_empty(),
        items: found.made.lines.into_iter().map(|l| item(l, (lead, &today), t)).collect(),
        notice,
    })
}

fn day_name(from: Timestamp, app: &App) -> String {
    let at = jiff::Timestamp::from_millisecond(from.millis());
    at.map_or_else(|_| String::new(), |at| at.to_zoned(app.zone.clone()).date().to_string())
}

fn item(line: Line, (lead, today): (bool, &str), t: &'static Texts) -> Item {
    let reason = |kind: &str, code: &Option<String>| {
        code.as_deref().map_or_else(|| t.ends().ending_none.to_owned(), |c| t.name(kind, c))
    };
    Item {
        hue: hue(&line.brand),
        brand: line.brand,
        number: line.number,
        ticket: line.ticket,
        queue: line.queue,
        promised: line.promised_ms.map(Moment::of),
        broken: line.promise_broken,
        age: line.age_ms.map(|ms| Span(ms).to_string()),
        why: reason("back_door", &line.back_door),
        difference: reason("difference", &line.difference),
        owner: line.owner,
        action: line.action,
        // Days are written so that their order is that of their letters.
        late: !line.due.is_empty() && line.due.as_str() < today,
        due: line.due,
        before: Behind::of(line.before, &line.before_cases, lead),
        after: Behind::of(line.after, &line.after_cases, lead),
        acted: line.acted_ms.map(Moment::of),
        dropped: line.dropped,
        href: lead.then(|| format!("/cases/{}", line.case_id)),
        id: line.case_id,
    }
}

/// How many days back: as such, or by the day of a link.
fn back_of(text: &str, day: &str, app: &App) -> i64 {
    let today = jiff::Timestamp::from_millisecond(app.clock.now().millis());
    let by_day = day.parse::<jiff::civil::Date>().ok().zip(today.ok()).and_then(|(day, now)| {
        let today = now.to_zoned(app.zone.clone()).date();
        today.since((jiff::Unit::Day, day)).ok().map(|span| i64::from(span.get_days()))
    });
    by_day.or_else(|| text.parse().ok()).filter(|n| (1..=DAYS_BACK).contains(n)).unwrap_or(1)
}

/// The list as a file: the front office has its own without the right to export, but no case by its inner name.
async fn to_take_away(app: &App, viewer: &Viewer, back: i64) -> Result<Yesterday, Error> {
    let mut made = find(app, viewer, day_of(app, back)).await?.made;
    if !viewer.person.may(Right::Export) {
        for line in &mut made.lines {
            line.case_id.clear();
        }
    }
    Ok(made)
}

/// `GET /yesterday`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let get = |name: &str| query.get(name).map_or("", String::as_str);
    let back = back_of(get("back"), get("day"), &app);
    match get("format") {
        "json" => {
            let made = to_take_away(&app, &viewer, back).await?;
            let body = serde_json::to_string_pretty(&made).unwrap_or_default() + "\n";
            return Ok(file("application/json", "back-door-day.json", body));
        }
        "csv" => {
            let made = to_take_away(&app, &viewer, back).await?;
            return Ok(file("text/csv; charset=utf-8", "back-door-day.csv", yesterday::csv(&made)));
        }
        _ => {}
    }
    shown(&app, &asked, &viewer, back, None).await
}

/// `POST /yesterday/{id}`: who sees to a case of the list, what they do, by when.
pub async fn say(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = CaseId::parse(&id).map_err(|_| Error::NotFound)?.to_string();
    let back = back_of(fields.get("back"), "", &app);
    let found = find(&app, &viewer, day_of(&app, back)).await?;
    // What is not on their list is not there for them.
    let case = found.made.lines.iter().find(|l| l.case_id == id).ok_or(Error::NotFound)?;
    let text = |field: &str| fields.get(field).to_owned();
    let line = Said { owner: text("owner"), action: text("action"), due_day: text("due") };
    match casework_of(&app, &viewer).say_line((&case.brand_id, &case.case_id), &line, &actor(&viewer)).await {
        Ok(()) => Ok(Redirect::to(&format!("/yesterday?back={back}#c-{id}")).into_response()),
        Err(CaseworkError::Invalid { field, what }) => {
            let page = shown(
                &app,
                &asked,
                &viewer,
                back,
                Some(refused::told(asked.texts, &format!("{field}: {what}"))),
            )
            .await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}
