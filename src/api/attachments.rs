//! Files that customers put into their messages, as they are kept: pictures without place and hour, and PDF.

use super::ask::{Call, Reply};
use super::cases::is_mine;
use super::problem::{Kind, Problem};
use crate::domain::file::Media;
use crate::domain::judgement::PersonalData;
use crate::store::attachment::{self, ShownFile};
use crate::store::console;
use crate::tokens::Scope;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

/// Most files of a case that are listed.
const LISTED_MAX: i64 = 200;

/// A file of a message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// The message in which it stands.
    pub message: String,
    /// `kept`, or what became of it.
    pub state: String,
    /// Why it is not kept; may be empty.
    pub why: String,
    /// What it is, such as `image/png`; empty where it is not kept.
    pub media: String,
    /// How many bytes it has.
    pub bytes: Option<i64>,
    /// Its width in pixels.
    pub width: Option<i64>,
    /// Its height in pixels.
    pub height: Option<i64>,
}

/// The files of a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Attachments {
    /// In the order in which they stand, at most 200.
    pub attachments: Vec<Attachment>,
}

/// The bytes of a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttachmentBytes {
    /// Its id.
    pub id: String,
    /// What it is.
    pub media: String,
    /// The bytes, in base 64.
    pub base64: String,
}

fn shape(f: ShownFile) -> Attachment {
    Attachment {
        id: f.id,
        message: f.mention_id,
        state: f.state,
        why: f.why,
        media: f.media,
        bytes: f.bytes,
        width: f.width,
        height: f.height,
    }
}

/// `GET /cases/{case}/attachments`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let of = call.case().await?;
    let read = call.api.db.read("reading the files of a case", move |tx| {
        Box::pin(async move { attachment::of_case(tx, &of.brand_id, &of.id, LISTED_MAX).await })
    });
    Reply::json(&Attachments { attachments: read.await?.into_iter().map(shape).collect() })
}

/// `GET /cases/{case}/attachments/{file}`. A file of a message with personal data is covered as its words are.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let (of, id) = (call.case().await?, call.part("file").to_owned());
    let wanted = id.clone();
    let read = call.api.db.read("reading a file", move |tx| {
        Box::pin(async move {
            let kept = attachment::kept(tx, &of.brand_id, &of.id, &wanted).await?;
            Ok((kept, console::case(tx, &of.brand_id, &of.id).await?))
        })
    });
    let (Some(kept), Some(case)) = read.await? else { return Err(Problem::not_found()) };
    // What cannot be read covers.
    let places: Option<Vec<PersonalData>> = serde_json::from_str(&kept.personal_data).ok();
    let mine = is_mine(&case, call.bearer.person.as_str(), call.api.clock.now());
    if !(mine || call.bearer.has(Scope::ReadPersonal) || places.as_ref().is_some_and(Vec::is_empty)) {
        let what =
            "its message has personal data; claim the case, or take a token with scope 'read_personal'";
        return Err(Problem::new(Kind::Scope, what));
    }
    if !mine && places.is_none_or(|p| !p.is_empty()) {
        call.casework().note_uncovered(&case.brand_id, &case.id, &call.actor()).await?;
    }
    let media = Media::from_mime(&kept.media).ok_or_else(Problem::not_found)?;
    let digest = kept.digest;
    let read = call
        .api
        .db
        .read("reading a file", move |tx| Box::pin(async move { attachment::bytes(tx, &digest).await }));
    let bytes = read.await?;
    if bytes.is_empty() {
        return Err(Problem::not_found());
    }
    Reply::json(&AttachmentBytes { id, media: media.mime().to_owned(), base64: STANDARD.encode(bytes) })
}
