//! 'Yesterday at the back door': for the front office, the cases of a day that webcare solved and that were theirs.
//! Somebody of the front office sees their own queues, tickets by their own number, and nobody's name or handle.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, hue, is_stopped, page as print};
use super::shadow::last_days;
use super::shown::Moment;
use super::texts::Texts;
use crate::casework::CaseworkError;
use crate::casework::yesterday::Line;
use crate::domain::ending::Solved;
use crate::domain::ids::CaseId;
use crate::domain::time::{Span, Timestamp};
use crate::reports::office::{self, Rows};
use crate::store::back_door::{self, LineRow};
use crate::store::office::OfficeCase;
use crate::store::{StoreError, Tx};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// Before and after, cases of the same cause and team are compared over this span.
const COMPARED: Span = Span::days(28);
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
    before: i64,
    after: i64,
    running: bool,
    /// The way to the case, for whoever may open it.
    href: Option<String>,
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

/// Who looks: which queues of which brand they may see; a lead sees all.
struct Sight {
    all: bool,
    queues: Vec<(String, String)>,
}

impl Sight {
    fn sees(&self, rows: &Rows, case: &OfficeCase) -> bool {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let team = rows.team_of(case);
        self.all
            || (!team.is_empty()
                && self.queues.iter().any(|(brand, queue)| same(brand, &case.brand) && same(queue, &team)))
    }
}

/// What one look at the store brings.
struct Found {
    rows: Rows,
    lines: HashMap<String, LineRow>,
    sight: Sight,
    kill: super::peaks::Switches,
}

async fn find(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    (me, lead): (&str, bool),
) -> Result<Found, StoreError> {
    let mut lines = HashMap::new();
    for brand in brands {
        for line in back_door::lines(tx, brand, from, to).await? {
            lines.insert(line.case_id.clone(), line);
        }
    }
    // None would mean all of them.
    let rows = if brands.is_empty() {
        Rows::default()
    } else {
        office::rows(tx, brands, (from.minus(COMPARED), to.plus(COMPARED))).await?
    };
    Ok(Found {
        rows,
        lines,
        sight: Sight { all: lead, queues: back_door::queues_of(tx, me).await? },
        kill: is_stopped(tx).await?,
    })
}

fn is_of_the_day(case: &OfficeCase, (from, to): (Timestamp, Timestamp)) -> bool {
    let by_webcare = Solved::from_code(&case.solved).is_some_and(Solved::by_webcare);
    by_webcare && case.at >= from.millis() && case.at < to.millis()
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
    let (t, now, span) = (asked.texts, app.clock.now(), day_of(app, back));
    let brands: Vec<String> = brands_of(app, viewer).into_iter().map(|b| b.id).collect();
    let (me, lead) = (viewer.person.id.to_string(), viewer.person.is_lead());
    let found = app.db.read("reading yesterday at the back door", move |tx| {
        Box::pin(async move { find(tx, &brands, span, (&me, lead)).await })
    });
    let found = found.await?;
    let of = found.rows.cases.iter().filter(|c| is_of_the_day(c, span) && found.sight.sees(&found.rows, c));
    let mut items: Vec<Item> = of.map(|c| item(c, &found, lead, (span.1, now), t)).collect();
    items.sort_by(|a, b| (&a.queue, &a.brand, a.number).cmp(&(&b.queue, &b.brand, b.number)));
    print(&YesterdayPage {
        frame: Frame::of(app, asked, viewer, "yesterday", t.office().yesterday, found.kill.clone()),
        day: day_name(span.0, app),
        back,
        no_queues: !found.sight.all && found.sight.queues.is_empty(),
        items,
        notice,
    })
}

fn day_name(from: Timestamp, app: &App) -> String {
    let at = jiff::Timestamp::from_millisecond(from.millis());
    at.map_or_else(|_| String::new(), |at| at.to_zoned(app.zone.clone()).date().to_string())
}

fn item(
    case: &OfficeCase,
    found: &Found,
    lead: bool,
    (end, now): (Timestamp, Timestamp),
    t: &'static Texts,
) -> Item {
    let links = found.rows.links_of(case);
    let first = links.iter().min_by_key(|l| l.opened_at.unwrap_or(l.linked_at));
    let due = links.iter().filter_map(|l| l.due_at).min();
    let line = found.lines.get(&case.case_id);
    let team = found.rows.team_of(case);
    let like = |c: &&OfficeCase| {
        c.brand_id == case.brand_id && c.back_door == case.back_door && found.rows.team_of(c) == team
    };
    let (mut before, mut after) = (0, 0);
    for other in found.rows.cases.iter().filter(like) {
        let at = Timestamp(other.at);
        before += i64::from(at >= end.minus(COMPARED) && at < end);
        after += i64::from(at >= end && at < end.plus(COMPARED));
    }
    let reason = |kind: &str, code: &Option<String>| {
        code.as_deref().map_or_else(|| t.ends().ending_none.to_owned(), |c| t.name(kind, c))
    };
    Item {
        id: case.case_id.clone(),
        brand: case.brand.clone(),
        hue: hue(&case.brand),
        number: case.number,
        ticket: first.and_then(|l| Some(format!("{} #{}", l.system, l.ticket_id.as_deref()?))),
        queue: team,
        promised: due.map(Moment::of),
        broken: due.is_some_and(|due| due < case.opened_at),
        age: first.map(|l| Span((case.at - l.opened_at.unwrap_or(l.linked_at)).max(0)).to_string()),
        why: reason("back_door", &case.back_door),
        difference: reason("difference", &case.difference),
        owner: line.map(|l| l.owner.clone()).unwrap_or_default(),
        action: line.and_then(|l| l.action.clone()).unwrap_or_default(),
        due: line.map(|l| l.due_day.clone()).unwrap_or_default(),
        before,
        after,
        running: now < end.plus(COMPARED),
        href: lead.then(|| format!("/cases/{}", case.case_id)),
    }
}

fn back_of(text: &str) -> i64 {
    text.parse().ok().filter(|n| (1..=DAYS_BACK).contains(n)).unwrap_or(1)
}

/// `GET /yesterday`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let back = back_of(query.get("back").map_or("", String::as_str));
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
    let (back, brands) = (back_of(fields.get("back")), brands_of(&app, &viewer));
    let brands: Vec<String> = brands.into_iter().map(|b| b.id).collect();
    let (me, lead, span) = (viewer.person.id.to_string(), viewer.person.is_lead(), day_of(&app, back));
    let found = app.db.read("reading yesterday at the back door", move |tx| {
        Box::pin(async move { find(tx, &brands, span, (&me, lead)).await })
    });
    let found = found.await?;
    // What is not on their list is not there for them.
    let theirs =
        |c: &&OfficeCase| c.case_id == id && is_of_the_day(c, span) && found.sight.sees(&found.rows, c);
    let case = found.rows.cases.iter().find(theirs).ok_or(Error::NotFound)?;
    let text = |field: &str| fields.get(field).to_owned();
    let line = Line { owner: text("owner"), action: text("action"), due_day: text("due") };
    match casework_of(&app, &viewer).say_line((&case.brand_id, &case.case_id), &line, &actor(&viewer)).await {
        Ok(()) => Ok(Redirect::to(&format!("/yesterday?back={back}#c-{id}")).into_response()),
        Err(CaseworkError::Invalid { field, what }) => {
            let page = shown(&app, &asked, &viewer, back, Some(format!("{field}: {what}"))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}
