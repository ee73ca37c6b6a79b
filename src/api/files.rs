//! Files that go along with answers, by program: uploaded into the draft of whom the token acts for, then named by the
//! answer.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use crate::casework::enclosing::{HandedIn, called};
use crate::store::enclosed::FileOfOurs;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file to be uploaded.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadBody {
    /// What it is called.
    pub name: String,
    /// What a picture shows, for who cannot see it.
    #[serde(default)]
    pub alt: String,
    /// Its bytes in Base64, at most 10 MiB of them: a JPEG, PNG, GIF, WebP or PDF.
    pub base64: String,
}

/// A file that stands ready.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileReady {
    /// Its id, by which an answer names it.
    pub id: String,
    /// The case in which it stands ready. By it an erasure also finds what was answered under a key.
    pub case: String,
    /// What it is called.
    pub name: String,
    /// What it shows.
    pub alt: String,
    /// What it is, by its bytes.
    pub media: String,
    /// How many bytes it has without what told of place and hour.
    pub bytes: i64,
    /// Its width in pixels, for a picture.
    pub width: Option<i64>,
    /// Its height in pixels.
    pub height: Option<i64>,
}

impl FileReady {
    /// As a program sees it.
    pub fn of(case: &str, file: &FileOfOurs) -> Self {
        let called = called(file);
        Self {
            id: file.id.clone(),
            case: case.to_owned(),
            name: called.name,
            alt: called.alt,
            media: file.media.clone(),
            bytes: file.bytes,
            width: file.width,
            height: file.height,
        }
    }
}

/// The files that stand ready.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FilesReady {
    /// In the order in which they were uploaded.
    pub files: Vec<FileReady>,
}

/// `POST /cases/{case}/files`.
pub async fn upload(call: Call) -> Result<Reply, Problem> {
    let (at, body): (_, UploadBody) = (call.case().await?, call.body()?);
    let Ok(bytes) = STANDARD.decode(body.base64.trim()) else {
        let what = "it is no Base64";
        return Err(Problem::new(Kind::Invalid, format!("base64: {what}")).at("/base64", what));
    };
    let handed = HandedIn { name: body.name, alt: body.alt, bytes };
    let kept = call.casework().enclose((&at.brand_id, &at.id), &call.actor(), handed).await?;
    Reply::made(&FileReady::of(&at.id, &kept))
}

/// `GET /cases/{case}/files`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let at = call.case().await?;
    let found = call.casework().enclosed((&at.brand_id, &at.id), &call.actor()).await?;
    Reply::json(&FilesReady { files: found.iter().map(|f| FileReady::of(&at.id, f)).collect() })
}

/// Nothing is needed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// `POST /cases/{case}/files/{file}/remove`. What is left.
pub async fn remove(call: Call) -> Result<Reply, Problem> {
    let (at, Nothing {}) = (call.case().await?, call.body()?);
    let file = call.part("file").to_owned();
    if !call.casework().take_file_out((&at.brand_id, &at.id), &call.actor(), &file).await? {
        return Err(Problem::not_found());
    }
    list(call).await
}
