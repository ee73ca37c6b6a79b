//! Style, script and sign of the console, inside the binary.

use super::error::Error;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

#[derive(rust_embed::RustEmbed)]
#[folder = "src/web/assets/"]
struct Files;

/// `GET /assets/{path}`. Browsers keep a file and ask each time whether it is still the same, so
/// that an upgrade shows at once.
pub async fn file(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    let file = Files::get(&path).ok_or(Error::NotFound)?;
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..12]));
    let same =
        headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes().ends_with(tag.as_bytes()));
    let about = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, tag),
    ];
    if same {
        return Ok((StatusCode::NOT_MODIFIED, about).into_response());
    }
    Ok((about, file.data.into_owned()).into_response())
}
