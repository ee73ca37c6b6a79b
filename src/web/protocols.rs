//! Protocols that are open or were of late, and labels on authors: the lists.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{
    Frame, brands_of, casework_of, first_press, forget_press, hue, is_stopped, page as print,
};
use super::shown::{Moment, Shown};
use super::texts::protocols::ProtocolTexts;
use crate::casework::CaseworkError;
use crate::casework::labels::LISTED_MAX;
use crate::domain::ids::AuthorId;
use crate::domain::judgement::Level;
use crate::domain::label::Label;
use crate::domain::time::Span;
use crate::store::label::{self, ShownLabel};
use crate::store::protocol::{self as store, ProtocolRow};
use crate::store::{case, person};
use askama::Template;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// How long one that is over stays in the list.
const KEPT: Span = Span::days(30);
/// Most of a brand in the list.
const SHOWN_MAX: i64 = 200;

struct Line {
    case: String,
    number: i64,
    level: &'static str,
    brand: String,
    hue: u8,
    kind: String,
    state: String,
    since: Moment,
    told: i64,
    taken: Option<String>,
}

#[derive(Template)]
#[template(path = "protocols.html", config = "src/web/askama.toml")]
struct ListPage {
    frame: Frame,
    p: &'static ProtocolTexts,
    lines: Vec<Line>,
    lead: bool,
}

/// `GET /protocols`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    let (brands, since) = (brands_of(&app, &viewer), app.clock.now().minus(KEPT));
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let read = app.db.read("listing protocols", move |tx| {
        Box::pin(async move {
            let mut rows: Vec<(ProtocolRow, i64, i64)> = Vec::new();
            for brand in &ids {
                for row in store::of_brand(tx, brand, since, SHOWN_MAX).await? {
                    let found = case::look(tx, brand, &row.case_id).await?;
                    rows.extend(found.map(|c| (row, c.number, c.level)));
                }
            }
            let names: HashMap<String, String> =
                person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
            Ok((rows, names, is_stopped(tx).await?))
        })
    });
    let (mut rows, names, kill) = read.await?;
    rows.sort_by_key(|(r, _, level)| (1 - r.open, *level, -r.proposed_at));
    let t = asked.texts;
    let line = |(row, number, level): &(ProtocolRow, i64, i64)| {
        let brand =
            brands.iter().find(|b| b.id == row.brand_id).map(|b| b.brand.name.clone()).unwrap_or_default();
        Line {
            case: row.case_id.clone(),
            number: *number,
            level: Level::from_number(*level).code(),
            hue: hue(&brand),
            brand,
            kind: t.name("protocol", &row.kind),
            state: t.name("protocolstate", &row.state),
            since: Moment::of(row.proposed_at),
            told: row.told,
            taken: row
                .taken_by
                .as_ref()
                .map(|id| names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned())),
        }
    };
    print(&ListPage {
        lines: rows.iter().map(line).collect(),
        p: t.protocols(),
        lead: viewer.person.is_lead(),
        frame: Frame::of(&app, &asked, &viewer, "protocols", t.protocols().protocols, kill),
    })
}

struct LabelLine {
    author: String,
    account: Shown,
    platform: String,
    brand: String,
    hue: u8,
    code: String,
    label: String,
    by: String,
    set: Moment,
    until: Moment,
    reason: Option<Shown>,
    case: Option<String>,
}

#[derive(Template)]
#[template(path = "labels.html", config = "src/web/askama.toml")]
struct LabelsPage {
    frame: Frame,
    p: &'static ProtocolTexts,
    lines: Vec<LabelLine>,
}

/// `GET /labels`.
pub async fn labels(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
) -> Result<Response, Error> {
    let (brands, now, t) = (brands_of(&app, &viewer), app.clock.now(), asked.texts);
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let read = app.db.read("listing labels", move |tx| {
        Box::pin(async move {
            let mut rows = Vec::new();
            for brand in &ids {
                rows.extend(label::of_brand(tx, brand, now, (None, LISTED_MAX)).await?);
            }
            Ok((rows, is_stopped(tx).await?))
        })
    });
    let (rows, kill): (Vec<ShownLabel>, _) = read.await?;
    let line = |l: ShownLabel| {
        let brand =
            brands.iter().find(|b| b.id == l.brand_id).map(|b| b.brand.name.clone()).unwrap_or_default();
        let profile: serde_json::Value =
            l.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
        LabelLine {
            account: Shown::plain(profile["handle"].as_str().unwrap_or(t.no_text)),
            author: l.author_id,
            platform: l.platform,
            hue: hue(&brand),
            brand,
            label: t.name("label", &l.label),
            code: l.label,
            by: l.name.unwrap_or_else(|| t.who_person.to_owned()),
            set: Moment::of(l.set_at),
            until: Moment::of(l.until_ms),
            reason: l.reason.map(|r| Shown::plain(&r)),
            case: l.case_id,
        }
    };
    print(&LabelsPage {
        lines: rows.into_iter().map(line).collect(),
        p: t.protocols(),
        frame: Frame::of(&app, &asked, &viewer, "labels", t.protocols().labels_title, kill),
    })
}

/// `POST /labels`: takes one away.
pub async fn unlabel(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let brand = brands.iter().find(|b| b.brand.name == fields.get("brand")).ok_or(Error::NotFound)?;
    let author = AuthorId::parse(fields.get("author")).map_err(|_| Error::NotFound)?;
    let label = Label::from_code(fields.get("label")).ok_or(Error::NotFound)?;
    let once = format!("label:{author}:{}", label.code());
    if first_press(&app, fields.get("nonce"), &once).await? {
        let by = actor(&viewer);
        match casework_of(&app, &viewer).end_label(&brand.id, author.as_str(), label, &by).await {
            Ok(()) | Err(CaseworkError::NotFound) => {}
            Err(error) => {
                forget_press(&app, fields.get("nonce"), &once).await;
                return Err(error.into());
            }
        }
    }
    Ok(Redirect::to("/labels").into_response())
}
