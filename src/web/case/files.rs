//! The files of messages: pictures in their place, documents to be fetched, and what is missing with the reason.
//!
//! They come from our own origin, under the case and so behind its brand's wall. Each answer says itself what it is: the
//! type is ours, nothing may run or be guessed, nothing is kept by a cache. A post whose personal data is covered covers
//! its pictures, on the page and at their address.

use super::{Loaded, actor, brand_for};
use crate::domain::file::{FileNote, FileState, Media};
use crate::domain::time::Timestamp;
use crate::store::attachment::{self, KeptFile, ShownFile};
use crate::web::App;
use crate::web::auth::Viewer;
use crate::web::error::Error;
use crate::web::frame::casework_of;
use crate::web::inbox::covers;
use crate::web::shown::Shown;
use crate::web::texts::Texts;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// One file of a message.
pub struct File {
    /// Where it is, if it is here and may be seen.
    pub href: Option<String>,
    /// Whether it is shown in its place.
    pub picture: bool,
    /// Its width and height in pixels.
    pub size: Option<(i64, i64)>,
    /// What a picture shows, for whoever does not see it.
    pub alt: String,
    /// What its author says of it, or what it is called.
    pub called: Shown,
    /// How large it is, or why it is not here.
    pub told: String,
}

/// The files of one message.
pub fn of(found: &Loaded, mention: &str, covered: bool, unmask: bool, t: &'static Texts) -> Vec<File> {
    let files = found.files.iter().filter(|f| f.mention_id == mention);
    files.map(|f| file(f, &found.case.id, covered, unmask, t)).collect()
}

fn file(f: &ShownFile, case: &str, covered: bool, unmask: bool, t: &'static Texts) -> File {
    let (note, words) = (note(f), t.files());
    let media = Media::from_mime(&f.media).filter(|_| f.state == FileState::Kept.code());
    let picture = media.is_some_and(Media::is_picture);
    let href = media.filter(|_| !covered).map(|_| {
        let query = if unmask { "?unmask=1" } else { "" };
        format!("/cases/{case}/attachments/{}{query}", f.id)
    });
    let told = match (&href, media) {
        (Some(_), Some(media)) => {
            format!("{}, {}", media.extension().to_uppercase(), in_words(f.bytes.unwrap_or_default()))
        }
        (None, Some(_)) => words.file_covered.to_owned(),
        _ if f.why.is_empty() => t.name("file", &f.state),
        _ => t.name("file", &f.why),
    };
    // What is said of a file may hold what the words hold.
    let said = [&note.alt, &note.name].into_iter().find(|text| !text.is_empty() && !covered);
    let nameless = if note.may_be_kept() { words.file_picture } else { words.file_nameless };
    File {
        href,
        picture,
        size: f.width.zip(f.height),
        alt: Some(note.alt.clone()).filter(|a| !a.is_empty()).unwrap_or_else(|| words.file_no_alt.to_owned()),
        called: Shown::plain(said.map_or(nameless, String::as_str)),
        told,
    }
}

fn note(f: &ShownFile) -> FileNote {
    f.body.as_deref().and_then(|b| serde_json::from_str(b).ok()).unwrap_or_default()
}

fn in_words(bytes: i64) -> String {
    match bytes {
        0..=1_023 => format!("{bytes} B"),
        1_024..=1_048_575 => format!("{} KiB", bytes / 1_024),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Whether somebody may see it: its post has no personal data, or they have claimed the case, or they ask for it.
fn may_see(file: &KeptFile, viewer: &Viewer, unmask: bool, now: Timestamp) -> bool {
    let holds = file.claimed_until.is_none_or(|until| until > now.millis());
    let mine = holds && file.claimed_by.as_deref() == Some(viewer.person.id.as_str());
    unmask || mine || covers(&file.personal_data).is_empty()
}

/// `GET /cases/{id}/attachments/{file}`.
pub async fn get(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path((id, file)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    let (wanted, of) = ((id.clone(), file), brand_id.clone());
    let found = app.db.read("reading a file", move |tx| {
        Box::pin(async move { attachment::kept(tx, &brand_id, &wanted.0, &wanted.1).await })
    });
    let kept = found.await?.ok_or(Error::NotFound)?;
    let (unmask, now) = (query.get("unmask").is_some_and(|u| u == "1"), app.clock.now());
    if !may_see(&kept, &viewer, unmask, now) {
        return Err(Error::Forbidden);
    }
    if !may_see(&kept, &viewer, false, now) {
        casework_of(&app, &viewer).note_uncovered(&of, &id, &actor(&viewer)).await?;
    }
    let media = Media::from_mime(&kept.media).ok_or(Error::NotFound)?;
    let digest = kept.digest.clone();
    let bytes = app
        .db
        .read("reading a file", move |tx| Box::pin(async move { attachment::bytes(tx, &digest).await }));
    let bytes = bytes.await?;
    if bytes.is_empty() {
        return Err(Error::NotFound);
    }
    let how = if media.is_picture() { "inline" } else { "attachment" };
    // A name of ours: theirs may be anything.
    let name = format!("{how}; filename=\"file-{}.{}\"", kept.place + 1, media.extension());
    let about = [
        (header::CONTENT_TYPE, media.mime().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((about, bytes).into_response())
}
