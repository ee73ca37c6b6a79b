//! The wallboard: a page for a screen on the wall, for whoever is logged in, or by a link that holds a token which may
//! show this and nothing else. Numbers alone; it has no forms and names nobody.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{brands_of, is_stopped, page as print};
use super::live::{MayHear, stream_of};
use super::shown::Moment;
use super::texts::Texts;
use super::texts::pages::wall::WallTexts;
use crate::catalogue::Watched;
use crate::domain::time::Timestamp;
use crate::reports::wall::{self, Wall};
use crate::tokens::{Bearer, Scope};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::{IntoResponse, Response};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// One row of a table: its name, what is open, what of it is late, and for languages who reads it and the wait.
struct Row {
    name: String,
    open: i64,
    late: i64,
    on_duty: usize,
    wait: String,
}

/// The part of the page that is read anew.
#[derive(Template)]
#[template(path = "wall_rows.html", config = "src/web/askama.toml")]
struct Rows {
    w: &'static WallTexts,
    now_ms: i64,
    at: Moment,
    stopped: bool,
    crises: Vec<String>,
    next: Option<(i64, String, bool)>,
    late: i64,
    open: i64,
    today: Option<i64>,
    kept: i64,
    due: i64,
    on_duty: usize,
    parked: i64,
    levels: Vec<Row>,
    languages: Vec<Row>,
}

#[derive(Template)]
#[template(path = "wall.html", config = "src/web/askama.toml")]
struct WallPage {
    w: &'static WallTexts,
    names: String,
    /// Where it listens for changes.
    live: String,
    /// Whether whoever looks may go back to the console.
    inside: bool,
    rows: String,
}

/// Hours and minutes until an instant, minutes rounded down; seconds in the last two minutes.
fn left(due: Timestamp, now: Timestamp, w: &WallTexts) -> String {
    let seconds = due.since(now).millis().max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..3600 => format!("{} {}", seconds / 60, w.minute),
        _ => format!("{} {} {:02}", seconds / 3600, w.hour, seconds / 60 % 60),
    }
}

/// A wait in words; hours are rounded up, or the board would say less than is to be expected.
fn wait(minutes: Option<i64>, w: &WallTexts) -> String {
    match minutes {
        None => "–".to_owned(),
        Some(m) if m < 120 => format!("{m} {}", w.minute),
        Some(m) => format!("{} {}", (m + 59) / 60, w.hour),
    }
}

fn rows(wall: &Wall, t: &'static Texts, stopped: bool, crises: Vec<String>) -> Rows {
    let w = t.wall();
    let level = |(n, s): (usize, &wall::Standing)| Row {
        name: format!("P{}", n + 1),
        open: s.open,
        late: s.late,
        on_duty: 0,
        wait: String::new(),
    };
    let language = |(code, tongue): (&String, &wall::Tongue)| Row {
        name: if matches!(code.as_str(), "other" | "unknown") { w.unknown.to_owned() } else { code.clone() },
        open: tongue.standing.open,
        late: tongue.standing.late,
        on_duty: tongue.on_duty,
        wait: wait(tongue.expected_minutes, w),
    };
    let soon = |due: Timestamp| due.since(wall.at).millis() < 600_000;
    Rows {
        w,
        now_ms: wall.at.millis(),
        at: Moment::of(wall.at.millis()),
        stopped,
        crises,
        next: wall.next_due.map(|due| (due.millis(), left(due, wall.at, w), soon(due))),
        late: wall.all.late,
        open: wall.all.open,
        today: wall.on_time_percent(),
        kept: wall.kept,
        due: wall.due,
        on_duty: wall.on_duty,
        parked: wall.parked,
        levels: wall.levels.iter().enumerate().map(level).collect(),
        languages: wall.languages.iter().map(language).collect(),
    }
}

/// The page, or only what is read anew.
async fn shown(
    app: &App,
    t: &'static Texts,
    brands: Vec<Watched>,
    (live, inside, fragment): (String, bool, bool),
) -> Result<Response, Error> {
    if brands.is_empty() {
        return Err(Error::NotFound);
    }
    let (now, zone) = (app.clock.now(), app.zone.clone());
    let names: Vec<String> = brands.iter().map(|b| b.brand.name.clone()).collect();
    let of = brands.clone();
    let read = app.db.read("reading the wallboard", move |tx| {
        Box::pin(async move { Ok((wall::of(tx, &of, now, &zone).await?, is_stopped(tx).await?)) })
    });
    let (wall, switches) = read.await?;
    // What the crisis is about stays inside: those are words of people.
    let in_crisis = |b: &&Watched| switches.in_crisis(&b.id, now);
    let crises = brands.iter().filter(in_crisis).map(|b| b.brand.name.clone()).collect();
    let rows = rows(&wall, t, switches.stopped, crises);
    if fragment {
        return print(&rows);
    }
    print(&WallPage { w: t.wall(), names: names.join(" · "), live, inside, rows: rows.render()? })
}

/// `GET /wall?brand=NAME`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let wanted = query.get("brand").map_or("", String::as_str);
    let mut brands = brands_of(&app, &viewer);
    brands.retain(|b| wanted.is_empty() || b.brand.name.eq_ignore_ascii_case(wanted));
    shown(&app, asked.texts, brands, ("/live".to_owned(), true, query.contains_key("fragment"))).await
}

/// The brands that a link shows. Only a token that may show the wallboard and nothing else opens it, for an address is
/// kept in the history of a browser and in the logs of what stands between.
async fn by_token(app: &App, text: &str) -> Result<(Bearer, Vec<Watched>), Error> {
    let bearer = app.tokens.who(text).await?.filter(|b| b.scopes == [Scope::Wall]).ok_or(Error::NotFound)?;
    let catalogue = app.catalogue.get();
    let seen = |b: &&Watched| bearer.sees(&b.brand.name) && bearer.walls.let_see(&b.id);
    let brands: Vec<Watched> = catalogue.brands.iter().filter(seen).cloned().collect();
    if brands.is_empty() { Err(Error::NotFound) } else { Ok((bearer, brands)) }
}

/// `GET /wall/{token}`.
pub async fn by_link(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Path(token): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (_, brands) = by_token(&app, &token).await?;
    let live = format!("/wall/{token}/live");
    shown(&app, asked.texts, brands, (live, false, query.contains_key("fragment"))).await
}

/// `GET /wall/{token}/live`: tells that something changed, and not what.
pub async fn live_by_link(State(app): State<App>, Path(token): Path<String>) -> Result<Response, Error> {
    let (bearer, brands) = by_token(&app, &token).await?;
    let of = app.clone();
    let may_hear: MayHear = Box::new(move || {
        let (app, token) = (of.clone(), token.clone());
        Box::pin(async move {
            match by_token(&app, &token).await {
                Ok((_, brands)) => Ok(Some(ids_of(brands))),
                Err(Error::NotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
    });
    Ok(stream_of(&app, &bearer.token_id, (ids_of(brands), may_hear), false)?.into_response())
}

fn ids_of(brands: Vec<Watched>) -> HashSet<String> {
    brands.into_iter().map(|b| b.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::texts::pages::wall::{EN, NL};

    #[test]
    fn a_wait_is_never_told_shorter_than_it_is() {
        assert_eq!(wait(Some(119), &EN), "119 min");
        assert_eq!((wait(Some(170), &EN), wait(Some(180), &NL)), ("3 h".to_owned(), "3 u".to_owned()));
        assert_eq!(wait(None, &EN), "–");
    }
}
