//! Comments as YouTube tells them, and as posts of ours.

use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// A page of threads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThreadPage {
    /// The threads, each as it came.
    pub items: Vec<Value>,
    /// Where the next page begins.
    pub next_page_token: Option<String>,
}

/// A page of comments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommentPage {
    /// The comments, each as it came.
    pub items: Vec<Value>,
    /// Where the next page begins.
    pub next_page_token: Option<String>,
}

/// A thread: a comment on a video, and some of its replies.
#[derive(Clone, Debug, Deserialize)]
pub struct Thread {
    /// Its id, which is that of the comment that begins it.
    pub id: String,
    /// What is told of it.
    pub snippet: ThreadSnippet,
    /// Some of its replies; seldom all.
    #[serde(default)]
    pub replies: Option<Replies>,
}

/// What is told of a thread.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadSnippet {
    /// The comment that begins it.
    pub top_level_comment: Comment,
    /// How many replies there are.
    #[serde(default)]
    pub total_reply_count: u32,
    /// The video.
    #[serde(default)]
    pub video_id: Option<String>,
}

/// Some replies of a thread.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Replies {
    /// The comments, each as it came.
    pub comments: Vec<Value>,
}

/// One comment.
#[derive(Clone, Debug, Deserialize)]
pub struct Comment {
    /// Its id; that of a reply begins with its thread's, up to a dot.
    pub id: String,
    /// What it says.
    pub snippet: Snippet,
}

/// What a comment says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Snippet {
    author_display_name: Option<String>,
    author_channel_id: Option<ChannelId>,
    text_display: Option<String>,
    text_original: Option<String>,
    /// The video, where it is told with the comment.
    pub video_id: Option<String>,
    published_at: Option<String>,
    updated_at: Option<String>,
    moderation_status: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct ChannelId {
    value: String,
}

impl Comment {
    /// The thread in which it stands.
    pub fn thread(&self) -> &str {
        thread_of(&self.id)
    }

    /// Whether it answers another comment.
    pub fn is_reply(&self) -> bool {
        self.id.contains('.')
    }

    /// Its words: as they were typed where that is told, else as they are shown.
    pub fn words(&self) -> &str {
        let snippet = &self.snippet;
        snippet.text_original.as_deref().or(snippet.text_display.as_deref()).unwrap_or_default()
    }

    /// When it was posted.
    pub fn posted_at(&self) -> Option<Timestamp> {
        self.snippet.published_at.as_deref().and_then(|at| Timestamp::parse(at).ok())
    }

    /// When it was changed, if it was.
    pub fn edited_at(&self) -> Option<Timestamp> {
        let at = self.snippet.updated_at.as_deref().and_then(|at| Timestamp::parse(at).ok())?;
        self.posted_at().is_some_and(|posted| at > posted).then_some(at)
    }

    /// The channel of its author; empty where it is not told, as of channels that are gone.
    pub fn channel(&self) -> &str {
        self.snippet.author_channel_id.as_ref().map_or("", |c| c.value.as_str())
    }

    /// Whether our moderators keep it from others.
    pub fn is_kept_back(&self) -> bool {
        matches!(self.snippet.moderation_status.as_deref(), Some("rejected" | "heldForReview" | "likelySpam"))
    }

    /// As one of our posts. What is said under our own videos is said to us: a comment that begins a thread is
    /// addressed to the brand. What others answer one another shows what it is about.
    pub fn post(
        &self,
        ours: &str,
        video: Option<&str>,
        edited: Option<Timestamp>,
        now: Timestamp,
    ) -> RawPost {
        let own = self.channel() == ours;
        let handle = self.snippet.author_display_name.as_deref().unwrap_or_default().trim_start_matches('@');
        let named = |name: &str| Some(name.to_owned()).filter(|n| !n.is_empty());
        let id = if self.channel().is_empty() { format!("@{handle}") } else { self.channel().to_owned() };
        RawPost {
            platform: "youtube".to_owned(),
            external_id: self.id.clone(),
            author: RawAuthor {
                id,
                handle: named(handle),
                name: named(self.snippet.author_display_name.as_deref().unwrap_or_default()),
                followers: None,
            },
            text: self.words().to_owned(),
            created_at: self.posted_at().unwrap_or(now).min(now).rfc3339(),
            kind: Some("comment".to_owned()),
            conversation_id: Some(self.thread().to_owned()),
            in_reply_to: self.is_reply().then(|| self.thread().to_owned()),
            url: video.or(self.snippet.video_id.as_deref()).and_then(|video| link(video, &self.id)),
            own,
            addressed: !own && !self.is_reply(),
            context: !own && self.is_reply(),
            visibility: Some("public".to_owned()),
            edited_at: edited.map(Timestamp::rfc3339),
            ..RawPost::default()
        }
    }
}

/// The thread of a comment, by its id.
pub fn thread_of(id: &str) -> &str {
    id.split_once('.').map_or(id, |(thread, _)| thread)
}

/// Where people read a comment.
fn link(video: &str, comment: &str) -> Option<String> {
    let query = [("v", video), ("lc", comment)];
    Url::parse_with_params("https://www.youtube.com/watch", query).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn comment(id: &str, channel: &str) -> Comment {
        serde_json::from_value(json!({ "id": id, "snippet": {
            "authorDisplayName": "@jan", "authorChannelId": { "value": channel },
            "textDisplay": "Kapot <3", "textOriginal": "Kapot <3", "publishedAt": "2026-11-01T10:00:00Z",
            "updatedAt": "2026-11-01T10:00:00Z" } }))
        .unwrap()
    }

    #[test]
    fn a_comment_is_said_to_us_and_a_reply_stands_in_its_thread() {
        let now = Timestamp::parse("2026-11-02T00:00:00Z").unwrap();
        let first = comment("Ugx1", "UCjan").post("UCacme", Some("dQ"), None, now);
        assert!(first.addressed && !first.own);
        assert_eq!(first.author.handle.as_deref(), Some("jan"));
        assert_eq!(first.url.as_deref(), Some("https://www.youtube.com/watch?v=dQ&lc=Ugx1"));
        let reply = comment("Ugx1.9a", "UCacme").post("UCacme", Some("dQ"), None, now);
        assert!(reply.own && !reply.addressed);
        assert_eq!(reply.in_reply_to.as_deref(), Some("Ugx1"));
        assert_eq!(reply.conversation_id.as_deref(), Some("Ugx1"));
    }
}
