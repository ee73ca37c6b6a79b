//! Looking at an account: its newest posts with the newest comments below them and what stands below those, posts
//! elsewhere that tag it, and its conversations. How a look goes on and what it remembers is told in
//! [`crate::sources::meta::looking`].

use super::Instagram;
use super::comment::{Told, Where, pictures};
use super::message::Said;
use crate::domain::time::Span;
use crate::sources::meta::graph::{Failed, Graph, Share};
use crate::sources::meta::looking::{
    ASKED_BACK, COMMENT_PAGES_MAX, COMMENTS, Cursor, Lists, Look, MESSAGES, TAGGED, WITHIN, is_page, look_at,
    next_page,
};
use crate::sources::meta::read::{id_in, list, time_in};
use crate::sources::taken::Taken;
use crate::sources::{Batch, Poll, SourceTrouble};
use async_trait::async_trait;
use serde_json::{Value, json};

/// What is asked for of a comment.
pub(super) const OF_COMMENT: &str = "id,text,timestamp,username,from{id,username},parent_id,hidden";
/// What is asked for of something posted.
pub(super) const OF_MEDIA: &str = "id,caption,timestamp,permalink,username,media_type,media_url,children{id}";
/// What is asked for of a message.
pub(super) const OF_MESSAGE: &str = "id,message,from,to,created_time,attachments{mime_type,name,image_data,video_data,file_url},story,shares,is_unsupported";
/// Where comments stand below something posted, and what stands below a comment.
pub(super) const BELOW: &str = "comments";
pub(super) const REPLIES: &str = "replies";
/// Most further pages of what stands below one comment.
pub(super) const REPLY_PAGES_MAX: u32 = 4;

/// What is asked for of a comment with what stands below it.
pub(super) fn with_replies() -> String {
    format!("{OF_COMMENT},replies.limit(50){{{OF_COMMENT}}}")
}

#[async_trait]
impl Poll for Instagram {
    fn every(&self) -> Span {
        self.every
    }

    fn every_of(&self, stream: &str) -> Span {
        match stream {
            MESSAGES => self.messages_every,
            TAGGED => Span(self.every.millis().saturating_mul(3)),
            _ => self.every,
        }
    }

    fn streams(&self) -> Vec<String> {
        let (tagged, messages) = ((!self.own_login).then_some(TAGGED), self.messages.then_some(MESSAGES));
        std::iter::once(COMMENTS).chain(tagged).chain(messages).map(ToOwned::to_owned).collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        look_at(self, stream, cursor).await
    }
}

#[async_trait]
impl Lists for Instagram {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn time_field(&self, stream: &str) -> &'static str {
        if stream == MESSAGES { "updated_time" } else { "timestamp" }
    }

    async fn page_of(&self, stream: &str, after: Option<&str>) -> Result<Value, Failed> {
        let comments = format!("{OF_MEDIA},comments.limit(25){{{}}}", with_replies());
        let talks = format!("id,updated_time,messages.limit(20){{{OF_MESSAGE}}}");
        let (at, edge, fields) = match stream {
            MESSAGES => (&self.talks_at, "conversations", talks.as_str()),
            TAGGED => (&self.us.id, "tags", OF_MEDIA),
            _ => (&self.us.id, "media", comments.as_str()),
        };
        let mut query = vec![("fields", fields), ("limit", "25")];
        query.extend((stream == MESSAGES).then_some(("platform", "instagram")));
        query.extend(after.map(|a| ("after", a)));
        let page = self.graph.get(Share::Reading, &[at, edge], &query, WITHIN).await?;
        is_page(page)
    }

    async fn take(
        &self,
        stream: &str,
        value: &Value,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        match stream {
            MESSAGES => self.take_conversation(value, next, look).await,
            TAGGED => {
                self.take_tagged(value, next, look);
                Ok(())
            }
            _ => self.take_media(value, next, look).await,
        }
    }

    async fn take_below(&self, id: &str, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let page = self.below(Share::Reading, (id, BELOW), None).await?;
        // All that ever stood there would crowd out what is known of the newest.
        let back_to = look.now.minus(ASKED_BACK);
        let is_late = |c: &&Value| {
            let below = list(&c["replies"]["data"]).filter_map(|r| time_in(r, "timestamp"));
            let at = time_in(c, "timestamp").into_iter().chain(below).max();
            at.is_none_or(|at| at >= back_to)
        };
        let late: Vec<&Value> = list(&page["data"]).filter(is_late).collect();
        let page = json!({ "data": late, "paging": page["paging"] });
        self.take_comments(id, &page, next, look).await
    }
}

impl Instagram {
    /// A page of the comments below something posted, newest first, with what stands below each; or of what stands below a
    /// comment.
    pub(super) async fn below(
        &self,
        share: Share,
        (id, edge): (&str, &str),
        after: Option<&str>,
    ) -> Result<Value, Failed> {
        let fields = if edge == REPLIES { OF_COMMENT.to_owned() } else { with_replies() };
        let mut query = vec![("fields", fields.as_str()), ("limit", "50")];
        query.extend(after.map(|a| ("after", a)));
        is_page(self.graph.get(share, &[id, edge], &query, WITHIN).await?)
    }

    /// Takes something of the account's list and what is new below it.
    async fn take_media(&self, value: &Value, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let Some(mut told) = Told::listed_media(value) else {
            look.unreadable(value, &mut next.taken);
            return Ok(());
        };
        self.memory.posted(&told.id, told.url.as_deref(), &pictures(value));
        // What the account's list shows is the account's, with whomever it was posted together.
        told.from = Some((self.us.id.clone(), self.us.username.clone()));
        next.posted(&told.id, told.at.unwrap_or(look.now));
        self.take_told(&told, &mut next.taken, look);
        self.take_comments(&told.id, &value["comments"], next, look).await
    }

    fn take_told(&self, told: &Told, taken: &mut Taken, look: &mut Look) {
        let now = look.now;
        look.take(&told.external_id(), &told.words, told.at, taken, |edited| {
            Told { edited, ..told.clone() }.post(&self.us, now)
        });
    }

    /// Takes comments below something posted: those that are shown with it, and further pages back to where the last look
    /// ended.
    async fn take_comments(
        &self,
        media: &str,
        shown: &Value,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        let fields = with_replies();
        let (path, query) = ([media, BELOW], [("fields", fields.as_str()), ("limit", "50")]);
        let (shown, when) = ((shown, next.has_looked()), ("timestamp", next.comments_from()));
        let pages = self.graph.back_to(shown, (&path, &query), when, COMMENT_PAGES_MAX).await?;
        let rows: Vec<&Value> = pages.iter().rev().flat_map(|page| list(&page["data"]).rev()).collect();
        for value in rows {
            let Some(told) = Told::listed_comment(value, Some(media), None) else {
                look.unreadable(value, &mut next.taken);
                continue;
            };
            self.take_told(&self.linked(told), &mut next.taken, look);
            self.take_replies(value, media, next, look).await?;
        }
        Ok(())
    }

    /// Takes what stands below a comment: what is shown with it, and what did not fit there.
    async fn take_replies(
        &self,
        comment: &Value,
        media: &str,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        let Some(parent) = id_in(comment, "id") else { return Ok(()) };
        // The first look takes what is shown.
        let pages = if next.has_looked() { REPLY_PAGES_MAX } else { 0 };
        for value in self.replies_of(&parent, &comment["replies"], pages).await? {
            match Told::listed_comment(&value, Some(media), Some(&parent)) {
                Some(told) => self.take_told(&self.linked(told), &mut next.taken, look),
                None => look.unreadable(&value, &mut next.taken),
            }
        }
        Ok(())
    }

    /// What stands below a comment, oldest first. Whether its list begins with the newest or the oldest the platform does
    /// not tell, so it is read to its end.
    pub(super) async fn replies_of(
        &self,
        comment: &str,
        shown: &Value,
        pages_max: u32,
    ) -> Result<Vec<Value>, Failed> {
        let mut all: Vec<Value> = list(&shown["data"]).cloned().collect();
        let mut token = next_page(shown);
        for _ in 0..pages_max {
            let Some(after) = token.take() else { break };
            let page = match self.below(Share::Reading, (comment, REPLIES), Some(&after)).await {
                Ok(page) => page,
                // It went in between.
                Err(failed) if failed.is_gone() => break,
                Err(failed) => return Err(failed),
            };
            token = next_page(&page).filter(|t| *t != after);
            all.extend(list(&page["data"]).cloned());
        }
        all.sort_by_key(|value| time_in(value, "timestamp"));
        Ok(all)
    }

    /// A comment with where what it stands below is read.
    pub(super) fn linked(&self, told: Told) -> Told {
        let url = told.media.as_deref().and_then(|media| self.memory.link_of(media));
        Told { url: told.url.or(url), ..told }
    }

    fn take_tagged(&self, value: &Value, next: &mut Cursor, look: &mut Look) {
        match Told::listed_media(value) {
            Some(told) => {
                self.take_told(&Told { place: Where::Tagged, ..told }, &mut next.taken, look);
            }
            None => look.unreadable(value, &mut next.taken),
        }
    }

    /// Takes a conversation of the list.
    async fn take_conversation(
        &self,
        value: &Value,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        if !value.is_object() {
            look.unreadable(value, &mut next.taken);
            return Ok(());
        }
        for value in self.graph.messages_of(value, OF_MESSAGE, next).await? {
            let Some(said) = Said::listed(&value, &self.us, &self.talks_at) else {
                look.unreadable(&value, &mut next.taken);
                continue;
            };
            let now = look.now;
            // A message that was taken back is listed without words; whether it was, a delivery tells.
            look.take(&said.mid, &said.text, said.at, &mut next.taken, |edited| {
                Said { edited, ..said.clone() }.post(&self.us, now)
            });
        }
        Ok(())
    }
}
