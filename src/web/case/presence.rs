//! Who else has a case before them, as their pages say; each word runs out by itself within the minute.

use super::{Loaded, Look, actor, brand_for};
use crate::domain::time::Timestamp;
use crate::store::{called_in, presence};
use crate::web::App;
use crate::web::auth::{Fields, Viewer};
use crate::web::error::Error;
use crate::web::frame::casework_of;
use crate::web::inbox::covers;
use crate::web::shown::Shown;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// `POST /cases/{id}/presence`: the viewer looks, types, or leaves.
pub async fn say(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    let word = fields.get("kind").to_owned();
    if !matches!(word.as_str(), "look" | "still" | "type" | "leave") {
        return Err(Error::Invalid(format!("kind: '{word}' is not known")));
    }
    let (me, now) = (viewer.person.id.to_string(), app.clock.now());
    let (brand, case, kind) = (brand_id.clone(), id.clone(), word.clone());
    let said = app.db.write("noting who is at a case", move |tx| {
        Box::pin(async move {
            match kind.as_str() {
                "leave" => presence::leave(tx, &case, &me).await,
                kind => presence::say(tx, (&brand, &case, &me), kind == "type", now).await,
            }
        })
    });
    said.await?;
    // That somebody is still there is no news.
    if word != "still" {
        app.live.here(brand_id, id);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The others at a case: name, and whether they type.
pub fn others(found: &Loaded, me: &str, now: Timestamp) -> Vec<(Shown, bool)> {
    let others = found.here.iter().filter(|h| h.person_id != me);
    let named = others.filter_map(|h| Some((found.names.get(&h.person_id)?, h.types_until > now.millis())));
    named.map(|(name, types)| (Shown::plain(name), types)).collect()
}

impl Loaded {
    /// Whether anything stands in it that is covered until somebody has the case.
    pub(super) fn is_covered(&self) -> bool {
        self.messages.iter().any(|m| !covers(&m.personal_data).is_empty())
            || self.customer.about.as_ref().is_some_and(|(_, customer)| !customer.kinds().is_empty())
            || self
                .promises
                .iter()
                .any(|p| [p.whom_id(), p.call_id()].iter().any(|id| self.contents.contains_key(id)))
    }
}

/// The viewer has the case before them: notes that name them are seen, and that personal data is uncovered for somebody
/// who has not claimed it is written down. Writes only where there is something to write.
pub async fn has_looked(app: &App, viewer: &Viewer, found: &Loaded, look: &Look) -> Result<(), Error> {
    let me = viewer.person.id.to_string();
    let held = found.case.claim().filter(|c| c.until.is_none_or(|u| u > app.clock.now()));
    let mine = held.is_some_and(|c| c.by.as_str() == me);
    if look.unmask && !mine && found.is_covered() {
        let (brand_id, id) = (&found.case.brand_id, &found.case.id);
        casework_of(app, viewer).note_uncovered(brand_id, id, &actor(viewer)).await?;
    }
    if !found.called.contains(&me) {
        return Ok(());
    }
    let (brand, case, now) = (found.case.brand_id.clone(), found.case.id.clone(), app.clock.now());
    let seen = app.db.write("noting that somebody has looked", move |tx| {
        Box::pin(async move { called_in::seen(tx, &brand, &case, &me, now).await.map(|_| ()) })
    });
    Ok(seen.await?)
}
