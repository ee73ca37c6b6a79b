//! By which sign a person's answers are known: set on the account page, per brand or for all.

use super::App;
use super::auth::{Asked, Fields, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{brands_of, casework_of};
use super::login::{Note, account_page};
use super::texts::refused;
use crate::casework::CaseworkError;
use crate::store::answer;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// The sign for one brand, or for all.
pub struct Sign {
    /// The brand's id; empty for all.
    pub brand_id: String,
    /// Its name.
    pub name: String,
    /// The sign with `^`, or nothing.
    pub sign: String,
}

/// The signs of a person as the account page shows them: for all brands first.
pub async fn signs_of(app: &App, asked: &Asked, viewer: &Viewer) -> Result<Vec<Sign>, Error> {
    let person = viewer.person.id.to_string();
    let kept = app
        .db
        .read("reading signatures", move |tx| Box::pin(async move { answer::signs(tx, &person).await }));
    let kept = kept.await?;
    let one = |brand_id: &str, name: &str| Sign {
        brand_id: brand_id.to_owned(),
        name: name.to_owned(),
        sign: kept.iter().find(|(b, _)| b == brand_id).map(|(_, s)| format!("^{s}")).unwrap_or_default(),
    };
    let brands = brands_of(app, viewer);
    let mut all = vec![one("", asked.texts.all_brands)];
    if brands.len() > 1 {
        all.extend(brands.iter().map(|b| one(&b.id, &b.brand.name)));
    }
    Ok(all)
}

/// `POST /account/sign`.
pub async fn set(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let brand = fields.get("brand");
    if !brand.is_empty() && !brands_of(&app, &viewer).iter().any(|b| b.id == brand) {
        return Err(Error::NotFound);
    }
    match casework_of(&app, &viewer).set_sign(&actor(&viewer), brand, fields.get("sign")).await {
        Ok(()) => Ok(Redirect::to("/account?sign=1").into_response()),
        Err(error @ CaseworkError::Invalid { .. }) => {
            let note =
                Note { problem: Some(refused::told(asked.texts, &error.to_string())), ..Note::default() };
            let page = account_page(&app, &asked, &viewer, note).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
