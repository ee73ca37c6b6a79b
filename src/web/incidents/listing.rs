//! The list of incidents: those that run first, a page at a time, with filters as links.

use super::{title, told};
use crate::domain::surge::{WEEKS, slot};
use crate::domain::time::Span;
use crate::store::incident::{self, IncidentRow};
use crate::store::{StoreError, Tx, answer, person, surge};
use crate::web::App;
use crate::web::auth::{Asked, Fields, Viewer};
use crate::web::error::Error;
use crate::web::frame::{Frame, brands_of, hue, is_stopped, page as print};
use crate::web::part::{BATCH, PAGE_ROWS, Part, Walk};
use crate::web::texts::Texts;
use crate::web::texts::incidents::IncidentTexts;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;

struct Card {
    id: String,
    number: i64,
    title: String,
    brand: String,
    hue: u8,
    open: bool,
    told: String,
    cases: i64,
    waiting: i64,
}

#[derive(Template)]
#[template(path = "incidents.html", config = "src/web/askama.toml")]
struct ListPage {
    frame: Frame,
    i: &'static IncidentTexts,
    cards: Vec<Card>,
    part: Part,
    works: bool,
    brands: Vec<String>,
    typed_brand: String,
    typed_title: String,
    typed_numbers: String,
    lead: bool,
    typed_peak: [String; 5],
    /// The brands of which it is not known yet what is usual.
    learning: Vec<String>,
    notice: Option<String>,
}

/// The incidents of one page, with what is counted of them, and their titles.
type Listed = (Vec<(IncidentRow, i64, i64)>, HashMap<String, String>, Part);

/// Reads the part of the list that is asked for; only of that is counted.
async fn list(
    tx: &mut Tx,
    brands: &[(String, String)],
    mut part: Part,
    t: &'static Texts,
) -> Result<Listed, StoreError> {
    let asked = brands.iter().filter(|(_, name)| part.is_of(name));
    let asked: Vec<String> = asked.map(|(id, _)| id.clone()).collect();
    let open = match part.state.as_str() {
        "open" => Some(true),
        "over" => Some(false),
        _ => None,
    };
    let page = if part.words.is_empty() {
        let from = part.set(incident::count(tx, (&asked, open)).await?);
        incident::part(tx, (&asked, open), None, (PAGE_ROWS, from)).await?
    } else {
        walked(tx, (&asked, open), &mut part, t).await?
    };
    let titles = titles(tx, &page).await?;
    Ok((incident::counted(tx, page).await?, titles, part))
}

async fn titles(tx: &mut Tx, rows: &[IncidentRow]) -> Result<HashMap<String, String>, StoreError> {
    let ids: Vec<String> = rows.iter().map(IncidentRow::title_id).collect();
    Ok(answer::contents(tx, &ids).await?.into_iter().collect())
}

/// The page of those whose number and title hold the words; titles are made in the language of who looks.
async fn walked(
    tx: &mut Tx,
    asked: (&[String], Option<bool>),
    part: &mut Part,
    t: &'static Texts,
) -> Result<Vec<IncidentRow>, StoreError> {
    let mut walk = Walk::of(part);
    let mut last: Option<(i64, i64, String)> = None;
    loop {
        let behind = last.as_ref().map(|(open, began, id)| (*open, *began, id.as_str()));
        let batch = incident::part(tx, asked, behind, (BATCH, 0)).await?;
        let Some(end) = batch.last() else { break };
        last = Some((end.open, end.opened_at, end.id.clone()));
        let titles = titles(tx, &batch).await?;
        for row in batch {
            let words = format!("{} {}", row.number, title(&row, &titles, t));
            // State and brand fit already.
            if part.fits(&words, &part.state, &part.brand) {
                walk.take(row, false);
            }
        }
    }
    Ok(walk.end(part))
}

pub async fn listed(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    query: &HashMap<String, String>,
    (fields, notice): (Option<&Fields>, Option<String>),
) -> Result<Response, Error> {
    let (brands, t) = (brands_of(app, viewer), asked.texts);
    let named: Vec<(String, String)> = brands.iter().map(|b| (b.id.clone(), b.brand.name.clone())).collect();
    let states = [("open", t.incidents().inc_runs), ("over", t.incidents().inc_over)];
    let states = states.map(|(code, name)| (code.to_owned(), name.to_owned())).to_vec();
    let part = Part::read("/incidents", query, states, named.iter().map(|b| b.1.clone()).collect());
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let oldest = slot(app.clock.now().minus(Span::days(7 * WEEKS)));
    let read = app.db.read("reading incidents", move |tx| {
        Box::pin(async move {
            let known = surge::first_of_brands(tx, &ids).await?;
            let known: Vec<String> = known.into_iter().filter(|k| k.1 <= oldest).map(|k| k.0).collect();
            let names = person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
            Ok((list(tx, &named, part, t).await?, names, known, is_stopped(tx).await?))
        })
    });
    let (found, names, known, kill): (Listed, HashMap<String, String>, Vec<String>, _) = read.await?;
    let (rows, titles, part) = found;
    let name_of =
        |id: &str| brands.iter().find(|b| b.id == id).map(|b| b.brand.name.clone()).unwrap_or_default();
    let card = |(row, cases, waiting): &(IncidentRow, i64, i64)| Card {
        id: row.id.clone(),
        number: row.number,
        title: title(row, &titles, t),
        hue: hue(&name_of(&row.brand_id)),
        brand: name_of(&row.brand_id),
        open: row.open == 1,
        told: told(row, &names, t),
        cases: *cases,
        waiting: *waiting,
    };
    let typed = |name: &str| fields.map_or("", |f| f.get(name)).to_owned();
    print(&ListPage {
        cards: rows.iter().map(card).collect(),
        part,
        frame: Frame::of(app, asked, viewer, "incidents", t.incidents().incidents, kill),
        i: t.incidents(),
        works: viewer.person.may_work(),
        brands: brands.iter().map(|b| b.brand.name.clone()).collect(),
        typed_brand: typed("brand"),
        typed_title: typed("title"),
        typed_numbers: typed("numbers"),
        lead: viewer.person.is_lead(),
        learning: brands.iter().filter(|b| !known.contains(&b.id)).map(|b| b.brand.name.clone()).collect(),
        typed_peak: ["title", "words", "lines", "standby", "wait"].map(typed),
        notice,
    })
}

/// `GET /incidents`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    listed(&app, &asked, &viewer, &query, (None, None)).await
}
