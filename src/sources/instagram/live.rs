//! Looking up at once what was delivered by ids alone: mentions elsewhere, and comments without author or words.
//!
//! What is found goes into the inbox. A notice of each stands there already, so that what could not be looked up, or was
//! wanted when the process ended, is asked for again by looking again.

use super::Instagram;
use super::comment::{Told, comment_of, mention_of};
use super::poll::OF_COMMENT;
use crate::domain::post::RawPost;
use crate::domain::time::Timestamp;
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::{Failed, Share};
use crate::sources::meta::looking::WITHIN;
use crate::sources::{Batch, Live, RawItem, Sink, SourceTrouble};
use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

/// The channel on which things are looked up.
pub const LOOKED_UP: &str = "looked up";
/// What is asked for of a comment elsewhere, and of what is posted elsewhere.
const OF_NAMED_COMMENT: &str = "id,text,username,timestamp,media{id,permalink}";
const OF_NAMED_MEDIA: &str = "id,caption,username,timestamp,permalink,media_type,media_url";

#[async_trait]
impl Live for Instagram {
    fn channels(&self) -> Vec<String> {
        vec![LOOKED_UP.to_owned()]
    }

    async fn listen(
        &self,
        _channel: &str,
        sink: &dyn Sink,
        token: &CancellationToken,
    ) -> Option<SourceTrouble> {
        loop {
            while let Some(what) = self.memory.wanted() {
                let found = tokio::select! {
                    () = token.cancelled() => return None,
                    found = self.look_up(&what) => found,
                };
                match found {
                    Ok(Some((post, at))) => {
                        let items = vec![RawItem::of(format!("found/{what}"), &post, at)];
                        // The sink is closed: whoever listens knows.
                        if sink.commit(Batch { items, cursor: None, more: false }).await.is_err() {
                            return None;
                        }
                        self.memory.done(&what);
                    }
                    Ok(None) => self.memory.give_up(&what),
                    // Gone, or not shown to us: the notice is asked for again, and ends with its time.
                    Err(failed) if is_of_one(&failed) => {
                        let why = failed.words();
                        tracing::debug!(source = self.name, why, "what was delivered cannot be looked up");
                        self.memory.give_up(&what);
                    }
                    Err(failed) => return Some(self.graph.trouble(&failed)),
                }
            }
            tokio::select! {
                () = token.cancelled() => return None,
                () = self.memory.rings() => {}
            }
        }
    }
}

/// Whether a refusal is about one thing only, so that others are still looked up.
fn is_of_one(failed: &Failed) -> bool {
    match failed.meaning() {
        Some(GraphMeaning::Gone | GraphMeaning::NoRight) => true,
        Some(GraphMeaning::Other) => matches!(failed, Failed::Refused { status: 400 | 404, .. }),
        _ => false,
    }
}

impl Instagram {
    /// Looks something up by what its notice is called; nothing if it is no such thing.
    pub(super) async fn look_up(&self, what: &str) -> Result<Option<(RawPost, Timestamp)>, Failed> {
        let told = if let Some((media, comment)) = mention_of(what) {
            self.look_up_named(media, comment).await?
        } else if let Some(id) = comment_of(what) {
            let fields = format!("{OF_COMMENT},media{{id,permalink}}");
            let query = [("fields", fields.as_str())];
            let value = self.graph.get(Share::Reading, &[id], &query, WITHIN).await?;
            Told::listed_comment(&value, None, None)
        } else {
            None
        };
        let now = self.graph.now();
        Ok(told.map(|mut told| {
            told.media = told.media.map(|media| self.memory.album_of(&media));
            (told.post(&self.us, now), told.at.unwrap_or(now).min(now))
        }))
    }

    /// Looks up a comment or a caption elsewhere that names us.
    pub(super) async fn look_up_named(
        &self,
        media: &str,
        comment: Option<&str>,
    ) -> Result<Option<Told>, Failed> {
        let (key, field) = match comment {
            Some(id) => {
                ("mentioned_comment", format!("mentioned_comment.comment_id({id}){{{OF_NAMED_COMMENT}}}"))
            }
            None => ("mentioned_media", format!("mentioned_media.media_id({media}){{{OF_NAMED_MEDIA}}}")),
        };
        let query = [("fields", field.as_str())];
        let value = self.graph.get(Share::Reading, &[&self.us.id], &query, WITHIN).await?;
        let found = &value[key];
        Ok(found.is_object().then(|| match comment {
            Some(id) => Told::named_comment(found, media, id),
            None => Told::named_media(found, media),
        }))
    }
}
