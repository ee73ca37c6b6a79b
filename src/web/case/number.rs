//! The way to a case by its short number, as people say it and reports write it.

use crate::store;
use crate::web::App;
use crate::web::auth::Viewer;
use crate::web::error::Error;
use crate::web::frame::brands_of;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// `GET /c/{brand}/{number}`.
pub async fn by_number(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path((brand, number)): Path<(String, i64)>,
) -> Result<Response, Error> {
    let brands = brands_of(&app, &viewer);
    let brand = brands.iter().find(|b| b.brand.name.eq_ignore_ascii_case(&brand)).ok_or(Error::NotFound)?;
    let brand_id = brand.id.clone();
    let found = app.db.read("reading a case by number", move |tx| {
        Box::pin(async move { store::case::by_number(tx, &brand_id, number).await })
    });
    let id = found.await?.ok_or(Error::NotFound)?;
    Ok(Redirect::to(&format!("/cases/{id}")).into_response())
}
