//! Files of our own origin: style, script, icon; and the help, made from the pages in `docs`.

use super::error::WebError;
use super::pages::{HelpPage, html};
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use pulldown_cmark::{Options, Parser};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

/// `GET /assets/{name}`.
pub async fn file(Path(name): Path<String>) -> Result<Response, WebError> {
    let file = Assets::get(&name).ok_or(WebError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, "max-age=600".to_owned()),
    ];
    Ok((headers, file.data.into_owned()).into_response())
}

/// The pages of the help: address, title, text.
const PAGES: &[(&str, &str, &str)] = &[("webhook", "Posts as JSON", include_str!("../docs/webhook.md"))];

/// `GET /help`.
pub async fn help() -> Redirect {
    Redirect::to("/help/webhook")
}

/// `GET /help/{page}`.
pub async fn help_page(Path(page): Path<String>) -> Result<Response, WebError> {
    let (_, _, text) = PAGES.iter().find(|p| p.0 == page).ok_or(WebError::NotFound)?;
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, Parser::new_ext(text, Options::ENABLE_TABLES));
    let pages: Vec<(&'static str, &'static str)> = PAGES.iter().map(|p| (p.0, p.1)).collect();
    html(&HelpPage { pages: &pages, body: &body })
}
