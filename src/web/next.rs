//! The next case: the first by risk that is nobody's or the viewer's, not put away, not waiting for
//! somebody else, and without an answer on its way.
//!
//! Whoever passes over a case takes its id along in the address, so that the one after it follows;
//! nothing of that is stored.

use super::App;
use super::auth::Viewer;
use super::error::Error;
use super::frame::brands_of;
use crate::store::lanes::{self, Lane, Place, Wanted};
use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// Most cases that can be passed over in a row; then it begins at the top again.
const SKIPPED_MAX: usize = 20;

/// Reads the ids in an address; anything strange is left out.
pub fn ids(text: &str) -> Vec<String> {
    let fine = |id: &&str| id.len() <= 40 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    text.split('.')
        .filter(|id| !id.is_empty())
        .filter(fine)
        .take(SKIPPED_MAX)
        .map(ToOwned::to_owned)
        .collect()
}

/// The address of the case after this one.
pub fn href(skipped: &[String], here: &str) -> String {
    let mut all: Vec<&str> = skipped.iter().map(String::as_str).filter(|id| *id != here).collect();
    if all.len() >= SKIPPED_MAX {
        all.clear();
    }
    all.push(here);
    format!("/next?skip={}", all.join("."))
}

/// `GET /next`.
pub async fn go(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let skipped = query.get("skip").map(|s| ids(s)).unwrap_or_default();
    let wanted = Wanted {
        lane: Lane::Next,
        who: viewer.person.id.to_string(),
        now: app.clock.now(),
        after: None,
        limit: skipped.len() + 1,
    };
    let brands: Vec<String> = brands_of(&app, &viewer).into_iter().map(|b| b.id).collect();
    let found = app.db.read("looking for the next case", move |tx| {
        Box::pin(async move {
            let mut cases = Vec::new();
            for brand in &brands {
                cases.extend(lanes::page(tx, brand, &wanted).await?);
            }
            Ok(cases)
        })
    });
    let mut cases = found.await?;
    cases.sort_by_cached_key(|c| Place::of(Lane::Next, c));
    let to = match cases.iter().find(|c| !skipped.contains(&c.id)) {
        Some(case) if skipped.is_empty() => format!("/cases/{}", case.id),
        Some(case) => format!("/cases/{}?skipped={}", case.id, skipped.join(".")),
        None => "/?lane=unclaimed&said=none".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_passed_over_goes_along_and_nothing_else_does() {
        assert_eq!(ids("cas_1.cas_2"), ["cas_1", "cas_2"]);
        assert_eq!(ids("..<script>.cas_3.a b"), ["cas_3"]);
        assert_eq!(ids(&vec!["x"; 99].join(".")).len(), SKIPPED_MAX);
        assert_eq!(href(&["cas_1".into()], "cas_2"), "/next?skip=cas_1.cas_2");
        let many: Vec<String> = (0..SKIPPED_MAX).map(|n| format!("c{n}")).collect();
        assert_eq!(href(&many, "here"), "/next?skip=here", "begins at the top again");
    }
}
