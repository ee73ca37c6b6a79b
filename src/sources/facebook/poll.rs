//! Looking at a page: its newest posts with the newest comments below them, posts elsewhere that tag it, and its
//! conversations. How a look goes on and what it remembers is told in [`crate::sources::meta::looking`].

use super::Facebook;
use super::comment::Told;
use super::message::Said;
use crate::domain::time::Span;
use crate::sources::meta::graph::{Failed, Graph, Share};
use crate::sources::meta::looking::{
    ASKED_BACK, COMMENT_PAGES_MAX, COMMENTS, Cursor, Lists, Look, MESSAGES, TAGGED, WITHIN, is_page, look_at,
};
use crate::sources::meta::read::{list, time_in};
use crate::sources::taken::Taken;
use crate::sources::{Batch, Poll, SourceTrouble};
use async_trait::async_trait;
use serde_json::{Value, json};

/// What is asked for of a comment.
pub(super) const OF_COMMENT: &str =
    "id,message,from{id,name},created_time,permalink_url,parent{id},attachment{type,url,media},is_hidden";
/// What is asked for of a post.
pub(super) const OF_POST: &str = "id,message,from{id,name},created_time,permalink_url,full_picture";
/// What is asked for of a message.
pub(super) const OF_MESSAGE: &str =
    "id,message,from,to,created_time,attachments{mime_type,name,image_data,file_url}";
/// How comments are asked for, on all levels.
pub(super) const ALL_COMMENTS: [(&str, &str); 4] =
    [("fields", OF_COMMENT), ("filter", "stream"), ("order", "reverse_chronological"), ("limit", "100")];

#[async_trait]
impl Poll for Facebook {
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
        let messages = self.messages.then_some(MESSAGES);
        [COMMENTS, TAGGED].into_iter().chain(messages).map(ToOwned::to_owned).collect()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        look_at(self, stream, cursor).await
    }
}

#[async_trait]
impl Lists for Facebook {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn time_field(&self, stream: &str) -> &'static str {
        if stream == MESSAGES { "updated_time" } else { "created_time" }
    }

    async fn page_of(&self, stream: &str, after: Option<&str>) -> Result<Value, Failed> {
        let comments = format!(
            "{OF_POST},comments.filter(stream).order(reverse_chronological).limit(25){{{OF_COMMENT}}}"
        );
        let talks = format!("id,updated_time,messages.limit(20){{{OF_MESSAGE}}}");
        let (edge, fields) = match stream {
            MESSAGES => ("conversations", talks.as_str()),
            TAGGED => ("tagged", OF_POST),
            _ => ("feed", comments.as_str()),
        };
        let mut query = vec![("fields", fields), ("limit", "25")];
        query.extend((stream == MESSAGES).then_some(("platform", "messenger")));
        query.extend(after.map(|a| ("after", a)));
        let page = self.graph.get(Share::Reading, &[&self.page, edge], &query, WITHIN).await?;
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
            _ => self.take_post(value, next, look).await,
        }
    }

    async fn take_below(&self, id: &str, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let page = self.comments_of(Share::Reading, id, None).await?;
        // All that ever stood there would crowd out what is known of the newest.
        let back_to = look.now.minus(ASKED_BACK);
        let is_late = |c: &&Value| time_in(c, "created_time").is_none_or(|at| at >= back_to);
        let late: Vec<&Value> = list(&page["data"]).filter(is_late).collect();
        let page = json!({ "data": late, "paging": page["paging"] });
        self.take_comments(id, &page, next, look).await
    }
}

impl Facebook {
    /// A page of the comments of a post or a comment, newest first, on all levels.
    pub(super) async fn comments_of(
        &self,
        share: Share,
        id: &str,
        after: Option<&str>,
    ) -> Result<Value, Failed> {
        let mut query = ALL_COMMENTS.to_vec();
        query.extend(after.map(|a| ("after", a)));
        is_page(self.graph.get(share, &[id, "comments"], &query, WITHIN).await?)
    }

    /// Takes a post of the page's list and what is new below it.
    async fn take_post(&self, value: &Value, next: &mut Cursor, look: &mut Look) -> Result<(), Failed> {
        let Some(told) = Told::listed_post(value) else {
            look.unreadable(value, &mut next.taken);
            return Ok(());
        };
        next.posted(&told.id, told.at.unwrap_or(look.now));
        self.take_told(&told, &mut next.taken, look);
        self.take_comments(&told.id, &value["comments"], next, look).await
    }

    fn take_told(&self, told: &Told, taken: &mut Taken, look: &mut Look) {
        let now = look.now;
        look.take(&told.id, &told.words, told.at, taken, |edited| {
            Told { edited, ..told.clone() }.post(&self.page, now)
        });
    }

    /// Takes comments of a post: those that are shown with it, and further pages back to where the last look ended.
    async fn take_comments(
        &self,
        post: &str,
        shown: &Value,
        next: &mut Cursor,
        look: &mut Look,
    ) -> Result<(), Failed> {
        let (shown, list_of) = ((shown, next.has_looked()), ([post, "comments"], ALL_COMMENTS));
        let when = ("created_time", next.comments_from());
        let pages = self.graph.back_to(shown, (&list_of.0, &list_of.1), when, COMMENT_PAGES_MAX).await?;
        for value in pages.iter().rev().flat_map(|page| list(&page["data"]).rev()) {
            match Told::listed_comment(value, post) {
                Some(told) => self.take_told(&told, &mut next.taken, look),
                None => look.unreadable(value, &mut next.taken),
            }
        }
        Ok(())
    }

    fn take_tagged(&self, value: &Value, next: &mut Cursor, look: &mut Look) {
        match Told::listed_post(value) {
            Some(told) => {
                self.take_told(&Told { elsewhere: true, ..told }, &mut next.taken, look);
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
            let Some(said) = Said::listed(&value, &self.page) else {
                look.unreadable(&value, &mut next.taken);
                continue;
            };
            let now = look.now;
            // A message that was taken back is listed without words; whether it was, a delivery tells.
            look.take(&said.mid, &said.text, said.at, &mut next.taken, |edited| {
                Said { edited, ..said.clone() }.post(&self.page, now)
            });
        }
        Ok(())
    }
}
