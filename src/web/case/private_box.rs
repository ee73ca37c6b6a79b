//! The private box with what is asked of casework for it: the offer and the private word as they would go.

use super::reply::PreviewPart;
use super::{Loaded, Said, actor, handover};
use crate::casework::{CaseworkError, Handed};
use crate::web::App;
use crate::web::auth::{Asked, Viewer};
use crate::web::error::Error;

/// The private box, with the offer as it would go where there is one.
pub async fn of(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    loaded: &Loaded,
    said: &Said,
) -> Result<handover::Box, Error> {
    let (case, by) = (&loaded.case, actor(viewer));
    let works = viewer.person.may_work() && case.case_state()?.is_open();
    let ready = if works {
        match app.casework.private_ready(&case.brand_id, &case.id, &by).await {
            Err(CaseworkError::Store(error)) => return Err(error.into()),
            other => other.ok(),
        }
    } else {
        None
    };
    let words = ready.as_ref().and_then(|r| r.offer.clone()).unwrap_or_default();
    let text = said.typed("private_offer").map_or(words, |t| t.text.clone());
    let offer = if text.is_empty() {
        None
    } else {
        let about = (text.as_str(), None);
        Some(app.casework.preview_as(&case.brand_id, &case.id, &by, about, Handed::Offer).await)
    };
    // Where the private word would go, and how it is counted there.
    let words = handover::say_of(loaded, said);
    let say = match &ready {
        Some(ready) if ready.has_way => {
            let about = (words.as_str(), None);
            match app.casework.preview_as(&case.brand_id, &case.id, &by, about, Handed::Private).await {
                Err(CaseworkError::Store(error)) => return Err(error.into()),
                other => other.ok(),
            }
        }
        _ => None,
    };
    let say = say.map(|p| PreviewPart::of(&case.id, &p, (&words, false), asked.texts).of_box("private"));
    let window = app.casework.window_of(&case.brand_id, &case.id).await?;
    let now = app.clock.now();
    let open_to_all = app.casework.open_to_anybody(case, &loaded.clocks);
    let parts = handover::Parts { ready: ready.as_ref(), offer: offer.as_ref(), now, window, open_to_all };
    let found = handover::of(loaded, said, viewer, &parts, asked.texts);
    let say_preview = say.filter(|_| found.say.is_some());
    Ok(handover::Box { say_preview, ..found })
}
