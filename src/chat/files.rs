//! Files in replies to cards: each is fetched, cleaned and put into the draft of who sent it, as the console does with
//! what is picked there, and goes along with the words. An album is several messages, of which one has the words; what
//! comes behind its preview is added to it.

use super::bot::Trouble;
use super::card::Message as Shown;
use super::deliver::CREDENTIAL;
use super::handle::{Handler, actor};
use super::propose::{ANSWER, Proposal, refusal};
use super::speaking::Asking;
use crate::casework::enclosing::{HandedIn, called};
use crate::casework::{CaseworkError, Preview};
use crate::domain::enclosed::{FILE_BYTES_MAX, size};
use crate::domain::file::Media;
use crate::domain::time::Span;
use crate::store::chat::{CardRow, Facts, Presser};
use crate::store::enclosed::FileOfOurs;
use crate::store::{StoreError, chat, proposal};
use teloxide::types::Message;

/// So long after its preview a file without words is taken for one more of the same answer.
const ALBUM: Span = Span::minutes(10);

/// What a message holds beside words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// Nothing.
    Nothing,
    /// A picture or a document.
    File {
        /// The platform's id of it.
        id: String,
        /// What it is called; pictures have no name.
        name: String,
        /// How many bytes it has, as far as the platform tells.
        bytes: u32,
    },
    /// A film, a sound or a sticker.
    Other,
}

impl Brought {
    /// What a message brought.
    pub(super) fn of(message: &Message) -> Self {
        // A picture comes in several sizes.
        let largest = message.photo().and_then(|all| all.iter().max_by_key(|p| (p.width, p.height)));
        if let Some(picture) = largest {
            return Self::File {
                id: picture.file.id.0.clone(),
                name: String::new(),
                bytes: picture.file.size,
            };
        }
        // A moving picture comes as a film, whatever it was before.
        let films = message.video().is_some() || message.animation().is_some();
        let other = films
            || message.voice().is_some()
            || message.audio().is_some()
            || message.video_note().is_some()
            || message.sticker().is_some();
        match message.document() {
            _ if other => Self::Other,
            Some(document) => Self::File {
                id: document.file.id.0.clone(),
                name: document.file_name.clone().unwrap_or_default(),
                bytes: document.file.size,
            },
            None => Self::Nothing,
        }
    }
}

/// What files are and how large, where their names must not stand.
pub(super) fn kinds(files: &[FileOfOurs]) -> String {
    let all: Vec<String> = files.iter().map(told).collect();
    all.join("; ")
}

/// What files are called, with what they are and how large.
pub(super) fn names(files: &[FileOfOurs]) -> String {
    let all: Vec<String> = files.iter().map(|f| format!("{} ({})", called(f).name, told(f))).collect();
    all.join("; ")
}

fn told(file: &FileOfOurs) -> String {
    let kind = Media::from_mime(&file.media).map(|m| m.extension().to_uppercase()).unwrap_or_default();
    format!("{kind}, {}", size(usize::try_from(file.bytes).unwrap_or_default()))
}

/// Whether a picture goes along of which nobody has said what it shows, to where that would be shown.
pub(super) fn lacks_words(preview: &Preview) -> bool {
    let is_picture = |f: &FileOfOurs| Media::from_mime(&f.media).is_some_and(Media::is_picture);
    let bare = |f: &FileOfOurs| is_picture(f) && called(f).alt.is_empty();
    preview.file_limits.alt_chars.is_some() && preview.files.iter().any(bare)
}

impl Handler {
    /// Puts what a reply brought into the draft of who sent it; `false` where it could not be taken, which was said.
    pub(super) async fn take_file(
        &self,
        a: &Asking,
        presser: &Presser,
        f: &Facts,
        brought: &Brought,
    ) -> Result<bool, StoreError> {
        let t = a.mine.lang;
        let too_large = || t.file_too_large(size(FILE_BYTES_MAX));
        let why = match brought {
            Brought::Nothing => return Ok(true),
            Brought::Other => t.no_such_file().to_owned(),
            // Where the platform does not tell the size this is the largest number.
            Brought::File { bytes, .. } if *bytes < u32::MAX && *bytes as usize > FILE_BYTES_MAX => {
                too_large()
            }
            Brought::File { id, name, .. } => match self.deliver.telegram.file(id, FILE_BYTES_MAX).await {
                Ok(None) => too_large(),
                Ok(Some(bytes)) => {
                    let handed = HandedIn { name: name.clone(), alt: String::new(), bytes };
                    let at = (f.brand_id.as_str(), f.id.as_str());
                    match self.casework_of(presser).enclose(at, &actor(presser), handed).await {
                        Ok(_) => return Ok(true),
                        Err(CaseworkError::Store(error)) => return Err(error),
                        Err(refused) => t.refusal(&refused),
                    }
                }
                Err(Trouble::Refused(reason)) if reason.contains("too big") => too_large(),
                Err(trouble) => {
                    tracing::debug!(?trouble, "a file could not be fetched from the chat");
                    t.file_not_had().to_owned()
                }
            },
        };
        self.line(a, t.not_sent(f.number, why)).await;
        Ok(false)
    }

    /// A file came without words: it is added to the preview that stands, or waits for the words.
    pub(super) async fn one_more(&self, a: &Asking, presser: &Presser, f: &Facts) -> Result<(), StoreError> {
        let t = a.mine.lang;
        let Some((card, body, words)) = self.standing(a, presser, f).await? else {
            self.line(a, t.file_waits(f.number)).await;
            return Ok(());
        };
        let by = actor(presser);
        let preview = self.casework.preview(&f.brand_id, &f.id, &by, &words, Some(&body.mention)).await;
        let refused = match preview {
            Ok(preview) => match refusal(t, &preview) {
                None => return self.shown_again(a, f, (card, body), preview).await,
                Some(why) => why,
            },
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(other) => t.refusal(&other),
        };
        self.line(a, t.not_sent(f.number, refused)).await;
        Ok(())
    }

    /// The latest preview of this person for this case in this chat, if its words still wait.
    async fn standing(
        &self,
        a: &Asking,
        presser: &Presser,
        f: &Facts,
    ) -> Result<Option<(CardRow, Proposal, String)>, StoreError> {
        let (chat, since) = (a.place.chat.to_string(), self.deliver.clock.now().minus(ALBUM));
        let (person, case) = (presser.id.clone(), f.id.clone());
        let read = self.deliver.db.read("reading previews", move |tx| {
            Box::pin(async move {
                for card in proposal::since(tx, CREDENTIAL, (&chat, ANSWER), since).await? {
                    let body: Proposal = serde_json::from_str(&card.body).unwrap_or_default();
                    if body.person != person || body.case != case {
                        continue;
                    }
                    let words = proposal::words(tx, &card.chat, &card.message).await?;
                    return Ok(words.map(|words| (card, body, words)));
                }
                Ok(None)
            })
        });
        read.await
    }

    /// Shows a preview with the files as they are now. What it does not show is not sent.
    async fn shown_again(
        &self,
        a: &Asking,
        f: &Facts,
        (mut card, body): (CardRow, Proposal),
        preview: Preview,
    ) -> Result<(), StoreError> {
        let text = self.preview_text(a, f, &preview).await?;
        let keyboard = a.here.seen(&f.id, body.seen).proposal(!body.promises.is_empty(), preview.parts.len());
        let message = Shown { text: text.fit(a.here.lang, &a.here.public_url), keyboard: Some(keyboard) };
        let number: i32 = card.message.parse().unwrap_or_default();
        if let Err(trouble) = self.deliver.telegram.edit(a.place.chat, number, &message).await {
            tracing::debug!(?trouble, "a preview could not be shown anew");
            self.line(a, a.mine.lang.file_waits(f.number)).await;
            return Ok(());
        }
        let parts = preview.parts.len();
        let body = Proposal { files: preview.files.into_iter().map(|f| f.id).collect(), parts, ..body };
        card.body = serde_json::to_string(&body).unwrap_or_default();
        let now = self.deliver.clock.now();
        let kept = self.deliver.db.write_again("keeping a preview", move |tx| {
            let card = card.clone();
            Box::pin(async move { chat::put_card(tx, &card, &[], now).await })
        });
        kept.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(more: &serde_json::Value) -> Brought {
        let mut message =
            json!({ "message_id": 1, "date": 1, "chat": { "id": 5, "type": "private", "first_name": "A" } });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Brought::of(&serde_json::from_value(message).unwrap())
    }

    #[test]
    fn the_largest_picture_and_documents_are_files_and_films_are_none() {
        let size = |id: &str, side: u32| json!({ "file_id": id, "file_unique_id": id, "width": side, "height": side, "file_size": side });
        let photo = of(&json!({ "photo": [size("s", 90), size("l", 900)], "caption": "see" }));
        assert_eq!(photo, Brought::File { id: "l".into(), name: String::new(), bytes: 900 });
        let paper = json!({ "file_id": "d", "file_unique_id": "d", "file_name": "a.pdf" });
        let told = of(&json!({ "document": paper }));
        assert_eq!(told, Brought::File { id: "d".into(), name: "a.pdf".into(), bytes: u32::MAX });
        let voice = json!({ "voice": { "file_id": "v", "file_unique_id": "v", "duration": 3,
            "mime_type": "audio/ogg", "file_size": 9 } });
        assert_eq!((of(&voice), of(&json!({ "text": "hi" }))), (Brought::Other, Brought::Nothing));
    }
}
