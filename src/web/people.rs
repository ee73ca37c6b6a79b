//! Who may come in: admins add people, say what they are and which brands they see, and let them in no more.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::duty::passed;
use super::error::Error;
use super::frame::{Frame, brands_of, is_stopped, page as print};
use super::part::Part;
use super::texts::Texts;
use super::texts::people::PeopleTexts;
use super::texts::refused;
use crate::domain::role::Walls;
use crate::people::{People, PeopleError, ROLES, SERVICE, place_state};
use crate::store::guard;
use crate::store::person::{self, PersonRow};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

struct Row {
    login: String,
    name: String,
    role: String,
    role_name: String,
    brands: Vec<(String, String, bool)>,
    /// They see every brand.
    every: bool,
    brands_text: String,
    state: &'static str,
    open: bool,
    me: bool,
    /// How many of a newcomer's answers passed.
    passed: Option<String>,
    /// How their place stands, so that nobody undoes what somebody else said meanwhile.
    seen: String,
}

/// What the form for somebody new holds: it is filled in again where they were not taken, or a tick that got lost would
/// let them see every brand.
struct New {
    login: String,
    name: String,
    roles: Vec<(&'static str, String, bool)>,
    brands: Vec<(String, String, bool)>,
}

impl New {
    fn of(fields: Option<&Fields>, roles: &[(&'static str, String)], brands: Vec<(String, String)>) -> Self {
        let typed = |name: &str| fields.map_or("", |f| f.get(name));
        let role = |(code, name): &(&'static str, String)| (*code, name.clone(), *code == typed("role"));
        let brand = |(id, name): (String, String)| {
            let ticked = typed(&format!("brand_{id}")) == "1";
            (id, name, ticked)
        };
        Self {
            login: typed("login").to_owned(),
            name: typed("name").to_owned(),
            roles: roles.iter().map(role).collect(),
            brands: brands.into_iter().map(brand).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "people.html", config = "src/web/askama.toml")]
struct PeoplePage {
    frame: Frame,
    p: &'static PeopleTexts,
    rows: Vec<Row>,
    part: Part,
    roles: Vec<(&'static str, String)>,
    new: New,
    made: Option<String>,
    problem: Option<String>,
}

fn row(p: PersonRow, brands: &[(String, String)], viewer: &Viewer, t: &Texts) -> Row {
    let walls = Walls::stored(p.brands.as_deref());
    let words = t.people();
    let shown =
        |(id, name): &(String, String)| (id.clone(), name.clone(), !walls.is_open() && walls.let_see(id));
    let rows: Vec<(String, String, bool)> = brands.iter().map(shown).collect();
    let seen: Vec<&str> = rows.iter().filter(|b| b.2).map(|b| b.1.as_str()).collect();
    Row {
        brands_text: if walls.is_open() { t.all_brands.to_owned() } else { seen.join(", ") },
        role_name: t.name("role", &p.role),
        state: match (p.disabled_at, &p.password) {
            (Some(_), _) => words.people_disabled,
            (None, Some(_)) => words.people_password,
            (None, None) => words.people_link_only,
        },
        every: walls.is_open(),
        open: p.disabled_at.is_none(),
        me: p.id == viewer.person.id.as_str(),
        passed: None,
        seen: place_state(&p.role, p.brands.as_deref()),
        brands: rows,
        login: p.login,
        name: p.name,
        role: p.role,
    }
}

/// Who sees some brands only lets nobody see more.
fn unwalled(viewer: &Viewer) -> Result<(), Error> {
    if viewer.person.walls.is_open() { Ok(()) } else { Err(Error::Forbidden) }
}

async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    query: &HashMap<String, String>,
    (made, problem): (Option<String>, Option<String>),
    fields: Option<&Fields>,
) -> Result<Response, Error> {
    unwalled(viewer)?;
    let t = asked.texts;
    let read = app.db.read("listing people", |tx| {
        Box::pin(
            async move { Ok((person::all(tx).await?, guard::newcomers(tx).await?, is_stopped(tx).await?)) },
        )
    });
    let (people, newcomers, kill) = read.await?;
    let brands: Vec<(String, String)> =
        brands_of(app, viewer).into_iter().map(|b| (b.id, b.brand.name)).collect();
    let roles: Vec<(&'static str, String)> = ROLES.iter().map(|r| (*r, t.name("role", r))).collect();
    let states = roles.iter().map(|(code, name)| ((*code).to_owned(), name.clone())).collect();
    let mut part = Part::read("/people", query, states, Vec::new());
    part.states_are = t.people().people_role;
    let people: Vec<PersonRow> = people.into_iter().filter(|p| p.role != SERVICE).collect();
    // Bounded by nature: whoever works here.
    let fits = |p: &PersonRow| part.fits(&format!("{} {}", p.login, p.name), &p.role, "");
    let fitting = people.into_iter().filter(fits).collect();
    let people = part.cut(fitting).into_iter();
    let of = app.casework.newcomers_pass();
    let shown = |p: PersonRow| {
        let found = newcomers.iter().find(|(id, _)| *id == p.id);
        Row { passed: found.map(|(_, n)| passed(*n, of, t)), ..row(p, &brands, viewer, t) }
    };
    let rows = people.map(shown).collect();
    print(&PeoplePage {
        frame: Frame::of(app, asked, viewer, "people", t.people().people, kill),
        p: t.people(),
        rows,
        new: New::of(fields, &roles, brands),
        roles,
        part,
        made,
        problem,
    })
}

/// `GET /people`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    shown(&app, &asked, &viewer, &query, (None, None), None).await
}

/// The brands that were ticked, by name.
fn ticked(app: &App, viewer: &Viewer, fields: &Fields) -> Vec<String> {
    let all = brands_of(app, viewer).into_iter();
    all.filter(|b| fields.get(&format!("brand_{}", b.id)) == "1").map(|b| b.brand.name).collect()
}

fn people(app: &App, viewer: &Viewer) -> People {
    app.people.by(viewer.caller.clone())
}

/// What came of it: a link, nothing to show, or what is wrong with it.
async fn told(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    done: Result<Option<String>, PeopleError>,
    new: Option<&Fields>,
) -> Result<Response, Error> {
    match done {
        Ok(None) => Ok(Redirect::to("/people").into_response()),
        Ok(Some(path)) => {
            let link = format!("{}{path}", app.public_url.trim_end_matches('/'));
            shown(app, asked, viewer, &HashMap::new(), (Some(link), None), None).await
        }
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(error) => {
            let why = Some(refused::told(asked.texts, &error.to_string()));
            let page = shown(app, asked, viewer, &HashMap::new(), (None, why), new).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// `POST /people`.
pub async fn add(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    let brands = ticked(&app, &viewer, &fields);
    let (login, name, role) = (fields.get("login"), fields.get("name"), fields.get("role"));
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    let made = people(&app, &viewer).add_with(login, &name, role, &[], &brands).await;
    told(&app, &asked, &viewer, made.map(Some), Some(&fields)).await
}

/// `POST /people/place`.
pub async fn place(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    let brands = ticked(&app, &viewer, &fields);
    // No brand would mean every brand, and somebody may see none at present.
    if brands.is_empty() && fields.get("every_brand") != "1" {
        let what = "brands: tick some, or every brand".to_owned();
        return told(&app, &asked, &viewer, Err(PeopleError::Invalid(what)), None).await;
    }
    let (login, role, seen) = (fields.get("login"), fields.get("role"), fields.get("seen"));
    let set = people(&app, &viewer).set_place_seen(login, role, &brands, seen).await;
    told(&app, &asked, &viewer, set.map(|()| None), None).await
}

/// `POST /people/link`.
pub async fn link(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    let made = people(&app, &viewer).link(fields.get("login")).await;
    told(&app, &asked, &viewer, made.map(Some), None).await
}

/// `POST /people/disable`.
pub async fn disable(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    let done = people(&app, &viewer).disable(fields.get("login")).await;
    told(&app, &asked, &viewer, done.map(|()| None), None).await
}

/// `POST /people/logins`: ends every log-in of somebody.
pub async fn end_logins(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    let done = people(&app, &viewer).end_logins(fields.get("login")).await;
    told(&app, &asked, &viewer, done.map(|()| None), None).await
}

/// `POST /people/factors`: takes away what somebody has beside a password, who has lost it.
pub async fn factors(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    unwalled(&viewer)?;
    let done = people(&app, &viewer).reset_factors(fields.get("login")).await;
    told(&app, &asked, &viewer, done.map(|()| None), None).await
}
