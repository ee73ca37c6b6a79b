//! The files that go, or went, along with our answers to a case, and their bytes.

use super::ask::{Call, Reply};
use super::attachments::AttachmentBytes;
use super::files::FileReady;
use super::problem::Problem;
use super::shape::{Who, names, who};
use crate::domain::file::Media;
use crate::domain::role::Right;
use crate::store::attachment;
use crate::store::enclosed::{self, FileOfOurs};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

/// A file of ours.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileEnclosed {
    /// The file.
    #[serde(flatten)]
    pub file: FileReady,
    /// `draft`: not sent; `asked`: with an answer that waits for a second person; `going`: with an answer that is on its
    /// way or was sent.
    pub state: String,
    /// What it goes with: the effect or the pass, by id; empty in a draft.
    pub goes_with: String,
    /// Who put it in.
    pub put_in_by: Who,
}

/// The files of our answers to a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FilesEnclosed {
    /// In their places, at most 500. Files in the drafts of others are not told.
    pub files: Vec<FileEnclosed>,
}

/// What the console shows as well: a draft is its writer's, what waits for a second person that of those who approve.
fn may(call: &Call, file: &FileOfOurs) -> bool {
    let own = file.person_id == call.bearer.person.as_str();
    match file.state.as_str() {
        "draft" => own,
        "asked" => own || call.bearer.role.may(Right::Approve),
        _ => true,
    }
}

/// `GET /cases/{case}/enclosed`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let of = call.case().await?;
    let case = of.id.clone();
    let read = call.api.db.read("reading the files of answers", move |tx| {
        Box::pin(async move { Ok((enclosed::of_case(tx, &of.brand_id, &of.id).await?, names(tx).await?)) })
    });
    let (found, names) = read.await?;
    let one = |f: &FileOfOurs| FileEnclosed {
        file: FileReady::of(&case, f),
        state: f.state.clone(),
        goes_with: f.goes_with.clone(),
        put_in_by: who(&f.person_id, &names),
    };
    Reply::json(&FilesEnclosed { files: found.iter().filter(|f| may(&call, f)).map(one).collect() })
}

/// `GET /cases/{case}/enclosed/{file}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    let (of, id) = (call.case().await?, call.part("file").to_owned());
    let read = call.api.db.read("reading a file of an answer", move |tx| {
        Box::pin(async move {
            let all = enclosed::of_case(tx, &of.brand_id, &of.id).await?;
            let Some(found) = all.into_iter().find(|f| f.id == id) else { return Ok(None) };
            let bytes = attachment::bytes(tx, &found.digest).await?;
            Ok(Some((found, bytes)))
        })
    });
    let (found, bytes) = read.await?.ok_or_else(Problem::not_found)?;
    if !may(&call, &found) || bytes.is_empty() {
        return Err(Problem::not_found());
    }
    let media = Media::from_mime(&found.media).ok_or_else(Problem::not_found)?;
    let base64 = STANDARD.encode(bytes);
    Reply::json(&AttachmentBytes { id: found.id, media: media.mime().to_owned(), base64 })
}
