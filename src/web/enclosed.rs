//! Files that go along with answers: put in by the reply box, shown in the preview, handed out from our own origin.
//!
//! The box is one form: whatever is pressed in it, files that were picked are kept first, so that none is lost. What
//! stands in a draft only its writer sees.

use super::App;
use super::auth::{Fields, SentFiles, Viewer};
use super::case::{actor, brand_for};
use super::error::Error;
use super::frame::casework_of;
use super::shown::Shown;
use super::texts::Texts;
use crate::casework::enclosing::{HandedIn, called};
use crate::casework::{CaseworkError, Preview};
use crate::domain::enclosed::{FileLimits, size};
use crate::domain::file::Media;
use crate::domain::role::Right;
use crate::store::enclosed::FileOfOurs;
use crate::store::{attachment, enclosed};
use axum::extract::{Extension, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// One file as a page shows it.
pub struct Enclosed {
    pub id: String,
    pub href: String,
    pub picture: bool,
    pub size: Option<(i64, i64)>,
    pub name: Shown,
    pub alt: String,
    /// What it is and how large.
    pub told: String,
}

/// A file of a case.
pub fn one(case: &str, file: &FileOfOurs) -> Enclosed {
    let (called, media) = (called(file), Media::from_mime(&file.media));
    let kind = media.map(|m| m.extension().to_uppercase()).unwrap_or_default();
    Enclosed {
        id: file.id.clone(),
        href: format!("/cases/{case}/enclosed/{}", file.id),
        picture: media.is_some_and(Media::is_picture),
        size: file.width.zip(file.height),
        name: Shown::plain(&called.name),
        alt: called.alt,
        told: format!("{kind}, {}", size(usize::try_from(file.bytes).unwrap_or_default())),
    }
}

/// The files that wait or go with something.
pub fn with(files: &[FileOfOurs], case: &str, with: &str) -> Vec<Enclosed> {
    files.iter().filter(|f| f.goes_with == with && !with.is_empty()).map(|f| one(case, f)).collect()
}

/// What the reply box offers about files.
pub struct Enclosing {
    /// Those in the draft.
    pub files: Vec<Enclosed>,
    /// What the platform takes, in words; nothing where it takes none.
    pub takes: Option<String>,
    /// The media types, for the browser's own dialogue.
    pub accept: String,
    /// Whether the platform shows descriptions, and how long they may be.
    pub alt_chars: Option<usize>,
}

impl Enclosing {
    /// For the account and the draft of a preview.
    pub fn of(case: &str, preview: Option<&Preview>, t: &Texts) -> Self {
        let none = FileLimits::NONE;
        let limits = preview.map_or(&none, |p| &p.file_limits);
        let words = t.files();
        let takes = limits.takes_any().then(|| {
            let largest = limits.media.iter().map(|m| limits.bytes_of(*m)).max().unwrap_or_default();
            let (count, kinds, largest) = (limits.count, limits.kinds(), size(largest));
            format!("{} {count}: {kinds}; {} {largest}.", words.enclosed_up_to, words.enclosed_each)
        });
        let accept: Vec<&str> = limits.media.iter().map(|m| m.mime()).collect();
        Self {
            files: preview.iter().flat_map(|p| &p.files).map(|f| one(case, f)).collect(),
            takes,
            accept: accept.join(","),
            alt_chars: limits.alt_chars,
        }
    }
}

/// Does what the box says about files: takes out, describes, puts in. Doing it twice does no harm.
pub async fn kept(
    app: &App,
    viewer: &Viewer,
    (brand_id, id): (&str, &str),
    fields: &Fields,
    sent: &SentFiles,
) -> Result<(), CaseworkError> {
    let (casework, by, at) = (casework_of(app, viewer), actor(viewer), (brand_id, id));
    for file in fields.all("out") {
        casework.take_file_out(at, &by, file).await?;
    }
    for file in casework.enclosed(at, &by).await? {
        let said = fields.all(&format!("alt_{}", file.id)).next();
        if let Some(alt) = said.filter(|alt| alt.trim() != called(&file).alt) {
            casework.describe_file(at, &by, (&file.id, alt)).await?;
        }
    }
    for file in sent.0.iter().filter(|f| f.field == "file") {
        // One description for several pictures would be wrong for all but one.
        let alt = if sent.0.len() == 1 { fields.get("alt") } else { "" };
        let handed = HandedIn { name: file.name.clone(), alt: alt.to_owned(), bytes: file.bytes.to_vec() };
        casework.enclose(at, &by, handed).await?;
    }
    Ok(())
}

/// `GET /cases/{id}/enclosed/{file}`.
pub async fn get(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    let wanted = (id.clone(), file);
    let found = app.db.read("reading a file of ours", move |tx| {
        Box::pin(async move {
            let all = enclosed::of_case(tx, &brand_id, &wanted.0).await?;
            let Some(found) = all.into_iter().find(|f| f.id == wanted.1) else { return Ok(None) };
            let bytes = attachment::bytes(tx, &found.digest).await?;
            Ok(Some((found, bytes)))
        })
    });
    let (found, bytes) = found.await?.ok_or(Error::NotFound)?;
    let own = found.person_id == viewer.person.id.as_str();
    let may = match found.state.as_str() {
        "draft" => own,
        "asked" => own || viewer.person.may(Right::Approve),
        _ => true,
    };
    if !may || bytes.is_empty() {
        return Err(Error::NotFound);
    }
    let media = Media::from_mime(&found.media).ok_or(Error::NotFound)?;
    let how = if media.is_picture() { "inline" } else { "attachment" };
    let name = format!("{how}; filename=\"file-{}.{}\"", found.place, media.extension());
    let about = [
        (header::CONTENT_TYPE, media.mime().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((about, bytes).into_response())
}
