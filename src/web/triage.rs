//! How triage does for each brand, by what people corrected and checked; and the switch by which a
//! lead, who has seen that, has hidden what needs no answer.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, hue, is_stopped, page as print};
use super::shadow::{between, percent};
use super::shown::Moment;
use super::texts::{Texts, refused};
use crate::casework::CaseworkError;
use crate::catalogue::Watched;
use crate::domain::correction::{level_from_code, share};
use crate::domain::judgement::Level;
use crate::domain::time::{Span, Timestamp};
use crate::store::safety::{self, Confused, Turn};
use crate::store::{StoreError, Tx, person};
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// How far back is looked.
const BACK: Span = Span::days(90);
/// How many turns of the switch are shown.
const TURNS: i64 = 5;

/// What triage said, by row, and what people say, by column.
#[derive(Debug, Default, PartialEq, Eq)]
struct Errors {
    levels: [[i64; 5]; 5],
    messages: i64,
    level_differs: i64,
    missed: i64,
    spare: i64,
}

impl Errors {
    fn of(found: &[Confused]) -> Self {
        let mut errors = Self::default();
        for one in found {
            let judged = Level::from_number(one.judged);
            let holds = level_from_code(&one.level).unwrap_or(judged);
            errors.levels[judged as usize][holds as usize] += one.n;
            errors.messages += one.n;
            errors.level_differs += if judged == holds { 0 } else { one.n };
            match (one.judged_needs, one.needs.as_str()) {
                (0, "1") => errors.missed += one.n,
                (1, "0") => errors.spare += one.n,
                _ => {}
            }
        }
        errors
    }

    /// The table with the name of each row.
    fn rows(&self) -> Vec<(&'static str, Vec<(i64, bool)>)> {
        let row = |(at, row): (usize, &[i64; 5])| {
            (Level::ALL[at].code(), row.iter().enumerate().map(|(to, n)| (*n, to == at)).collect())
        };
        self.levels.iter().enumerate().map(row).collect()
    }
}

struct Section {
    id: String,
    name: String,
    hue: u8,
    errors: Errors,
    rate: Option<String>,
    hides: bool,
    /// From when it may be switched on, while that lies ahead.
    from: Option<Moment>,
    turns: Vec<(bool, String, Moment)>,
}

#[derive(Template)]
#[template(path = "triage.html", config = "src/web/askama.toml")]
struct TriagePage {
    frame: Frame,
    levels: Vec<&'static str>,
    sections: Vec<Section>,
    notice: Option<String>,
}

/// What one look at the store brings of a brand.
struct Found {
    watched: Watched,
    confused: Vec<Confused>,
    checked: (i64, i64),
    turns: Vec<Turn>,
    born: Option<Timestamp>,
}

async fn find(tx: &mut Tx, watched: Watched, now: Timestamp) -> Result<Found, StoreError> {
    let since = now.minus(BACK);
    let id = watched.id.clone();
    Ok(Found {
        confused: safety::confused(tx, &id, since).await?,
        checked: safety::checked(tx, std::slice::from_ref(&id), since, now.plus(Span(1))).await?,
        turns: safety::turns(tx, &id, TURNS).await?,
        born: safety::born(tx, &id).await?,
        watched,
    })
}

fn section(found: Found, people: &HashMap<String, String>, now: Timestamp, t: &Texts) -> Section {
    let (checked, missed) = found.checked;
    let rate = share(missed, checked).map(|(part, low, high)| {
        format!("{} ({missed}/{checked}; {})", percent(Some(part), t), between(low, high, t))
    });
    let from = found.born.map(|born| found.watched.brand.safety.may_hide_from(born));
    Section {
        name: found.watched.brand.name.clone(),
        hue: hue(&found.watched.brand.name),
        id: found.watched.id,
        errors: Errors::of(&found.confused),
        rate,
        hides: found.turns.first().is_some_and(Turn::hides),
        from: from.filter(|from| now < *from).map(|from| Moment::of(from.millis())),
        turns: found
            .turns
            .iter()
            .map(|turn| {
                let who = people.get(&turn.origin).cloned().unwrap_or_default();
                (turn.hides(), who, Moment::of(turn.created_at))
            })
            .collect(),
    }
}

async fn shown(app: &App, asked: &Asked, viewer: &Viewer, notice: Option<String>) -> Result<Response, Error> {
    let (brands, now) = (brands_of(app, viewer), app.clock.now());
    let read = app.db.read("reading how triage does", move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for watched in brands {
                found.push(find(tx, watched, now).await?);
            }
            let people: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
            Ok((found, people, is_stopped(tx).await?))
        })
    });
    let (found, people, kill) = read.await?;
    print(&TriagePage {
        frame: Frame::of(app, asked, viewer, "triage", asked.texts.triage_page, kill),
        levels: Level::ALL.iter().map(|l| l.code()).collect(),
        sections: found.into_iter().map(|f| section(f, &people, now, asked.texts)).collect(),
        notice,
    })
}

/// `GET /triage`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, None).await
}

/// `POST /triage/hide`.
pub async fn hide(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let on = match fields.get("hide") {
        "1" => true,
        "0" => false,
        other => return Err(Error::Invalid(format!("hide: '{other}'; allowed are 0 and 1"))),
    };
    let brands = brands_of(&app, &viewer);
    let brand = brands.iter().find(|b| b.id == fields.get("brand")).ok_or(Error::NotFound)?;
    match casework_of(&app, &viewer).hide_no_answer(&brand.id, on, &actor(&viewer)).await {
        Ok(()) => Ok(Redirect::to("/triage").into_response()),
        Err(CaseworkError::Refused(why)) => {
            let why = refused::told(asked.texts, &why);
            let page = shown(&app, &asked, &viewer, Some(why)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(CaseworkError::NotFound) => Err(Error::NotFound),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_what_was_said_by_row_and_what_holds_by_column() {
        let one = |judged, level: &str, judged_needs, needs: &str, n| Confused {
            judged,
            level: level.to_owned(),
            judged_needs,
            needs: needs.to_owned(),
            n,
        };
        let errors = Errors::of(&[
            one(5, "5", 0, "0", 18),
            one(5, "P2", 0, "1", 2),
            one(1, "P4", 1, "1", 3),
            one(3, "3", 1, "0", 4),
        ]);
        assert_eq!((errors.messages, errors.level_differs, errors.missed, errors.spare), (27, 5, 2, 4));
        assert_eq!(errors.levels[4], [0, 2, 0, 0, 18]);
        assert_eq!(errors.levels[0], [0, 0, 0, 3, 0]);
        assert_eq!(errors.rows()[4].1[4], (18, true));
    }
}
