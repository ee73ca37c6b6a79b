//! A post of a forum as its interface gives it, and as one of ours.
//!
//! The words are the raw ones where they are given, without what they quote of others; else the text of the
//! finished HTML. Whispers are for staff only and are never read, nor are the notes that the forum writes
//! itself.

use super::super::html::to_text;
use super::uploads;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use serde::Deserialize;
use url::Url;

/// Posts of members, and those by which moderators act in the open.
const READ: [i64; 2] = [1, 2];
/// The number of the forum's kind of action *like*.
pub const LIKE: i64 = 2;

/// A post as it came.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ForumPost {
    pub id: i64,
    pub user_id: Option<i64>,
    pub username: Option<String>,
    pub name: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub raw: Option<String>,
    pub cooked: Option<String>,
    pub post_number: i64,
    pub post_type: Option<i64>,
    pub reply_to_post_number: Option<i64>,
    pub topic_id: i64,
    pub topic_slug: Option<String>,
    pub topic_title: Option<String>,
    pub topic_archetype: Option<String>,
    pub category_id: Option<i64>,
    pub version: i64,
    pub staff: bool,
    pub admin: bool,
    pub moderator: bool,
    pub hidden: bool,
    pub user_deleted: bool,
    pub deleted_at: Option<String>,
    pub accepted_answer: bool,
    /// What was done to it, and whether by us.
    pub actions_summary: serde_json::Value,
}

/// What is known of a forum.
#[derive(Clone, Debug)]
pub struct Forum {
    /// Its address.
    pub server: Url,
    /// The namespace of its ids.
    pub authority: String,
    /// The account that answers, in small letters.
    pub account: String,
    /// Accounts of colleagues, in small letters.
    pub staff: Vec<String>,
    /// Whether whom the forum calls staff is a colleague.
    pub staff_is_ours: bool,
    /// How many must like a member's answer for it to be taken for a solution; 0 for never.
    pub liked: i64,
}

/// Where a post stands in its conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// The id of the post that it answers.
    pub in_reply_to: Option<String>,
    /// The id of the account that it answers.
    pub answers: Option<String>,
    /// Who began the topic, as far as that was seen.
    pub asker: Option<String>,
}

impl ForumPost {
    /// Whether our account has done something of this kind to it.
    pub fn acted(&self, kind: i64) -> bool {
        let done = self.actions_summary.as_array().map(Vec::as_slice).unwrap_or_default();
        done.iter().any(|a| a["id"] == kind && a["acted"] == true)
    }

    /// How often something of this kind was done to it, as far as that is shown.
    pub fn count(&self, kind: i64) -> i64 {
        let done = self.actions_summary.as_array().map(Vec::as_slice).unwrap_or_default();
        done.iter().filter(|a| a["id"] == kind).filter_map(|a| a["count"].as_i64()).sum()
    }

    /// Whether it is one that may be read: no whisper, no note of the forum itself, nothing that was hidden.
    pub fn is_read(&self) -> bool {
        READ.contains(&self.post_type.unwrap_or(1)) && self.id > 0 && self.topic_id > 0
    }

    /// Whether it is gone: removed by its author, or by a moderator.
    pub fn is_gone(&self) -> bool {
        self.user_deleted || self.deleted_at.is_some()
    }

    /// Whether only some can read it.
    pub fn is_private(&self) -> bool {
        self.topic_archetype.as_deref() == Some("private_message")
    }

    /// The words, with the title of the topic in front of its first post.
    pub fn words(&self) -> String {
        let text = match (&self.raw, &self.cooked) {
            (Some(raw), _) => without_quotes(raw),
            (None, Some(cooked)) => to_text(&without_asides(cooked)),
            (None, None) => String::new(),
        };
        match self.topic_title.as_deref().map(str::trim).filter(|t| !t.is_empty() && self.post_number == 1) {
            Some(title) if text.is_empty() => title.to_owned(),
            Some(title) => format!("{title}\n\n{text}"),
            None => text,
        }
    }

    /// When it was posted, by the forum's clock.
    pub fn posted_at(&self) -> Option<Timestamp> {
        self.created_at.as_deref().and_then(|at| Timestamp::parse(at).ok())
    }

    /// When it was changed last.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.updated_at.as_deref().and_then(|at| Timestamp::parse(at).ok())
    }

    fn author(&self) -> RawAuthor {
        let name = self.username.clone().unwrap_or_default();
        let id = self.user_id.map_or_else(|| name.to_lowercase(), |id| id.to_string());
        RawAuthor {
            id,
            handle: Some(name).filter(|n| !n.is_empty()),
            name: self.name.clone(),
            followers: None,
        }
    }
}

impl Forum {
    /// Whether so many like a member's answer that the question may be answered by it; never by its asker's own words.
    pub fn is_well_received(&self, post: &ForumPost, asker: Option<&str>) -> bool {
        let author = post.user_id.map(|id| id.to_string());
        let by_another = asker.is_some() && author.is_some() && asker != author.as_deref();
        let by_member = !(self.is_own(post) || post.staff || post.admin || post.moderator);
        let is_answer = post.post_number > 1 && !post.is_private() && !post.hidden;
        self.liked > 0 && is_answer && by_member && by_another && post.count(LIKE) >= self.liked
    }

    /// Whether the post is by one of ours.
    pub fn is_own(&self, post: &ForumPost) -> bool {
        let name = post.username.as_deref().unwrap_or_default().to_lowercase();
        let called_staff = self.staff_is_ours && (post.staff || post.admin || post.moderator);
        name == self.account || self.staff.contains(&name) || called_staff
    }

    /// As one of our posts. What begins a topic, and what is said in private, is addressed to the brand; what
    /// members answer one another shows what it is about, unless its words name a brand.
    pub fn post(
        &self,
        post: &ForumPost,
        placed: Placed,
        edited: Option<Timestamp>,
        now: Timestamp,
    ) -> RawPost {
        let own = self.is_own(post);
        if post.is_gone() {
            return self.gone(&post.id.to_string(), own);
        }
        let private = post.is_private();
        let solves = post.accepted_answer || self.is_well_received(post, placed.asker.as_deref());
        let begins = post.post_number == 1;
        let slug = post.topic_slug.as_deref().filter(|s| !s.is_empty()).unwrap_or("-");
        let mut url = self.server.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            let (topic, number) = (post.topic_id.to_string(), post.post_number.to_string());
            path.pop_if_empty().extend(["t", slug, topic.as_str(), number.as_str()]);
        }
        let posted_at = post.posted_at().unwrap_or(now).min(now);
        RawPost {
            platform: "discourse".to_owned(),
            external_id: post.id.to_string(),
            author: post.author(),
            text: post.words(),
            created_at: posted_at.rfc3339(),
            authority: Some(self.authority.clone()),
            kind: Some(if private { "message" } else { "post" }.to_owned()),
            conversation_id: Some(format!("topic/{}", post.topic_id)),
            in_reply_to: placed.in_reply_to,
            answers: placed.answers.filter(|_| own),
            url: Some(url.into()),
            private,
            own,
            addressed: !own && (begins || private),
            context: !own && !begins && !private,
            visibility: Some(if private { "private" } else { "public" }.to_owned()),
            solves,
            edited_at: edited.map(Timestamp::rfc3339),
            attachments: post
                .cooked
                .as_deref()
                .map(|c| uploads::of(&without_asides(c), &self.server))
                .unwrap_or_default(),
            ..RawPost::default()
        }
    }

    /// A post that is gone.
    pub fn gone(&self, id: &str, own: bool) -> RawPost {
        RawPost {
            platform: "discourse".to_owned(),
            external_id: id.to_owned(),
            authority: Some(self.authority.clone()),
            own,
            deleted: true,
            ..RawPost::default()
        }
    }
}

/// Raw words without the blocks in which they quote others: those were judged where they were said.
fn without_quotes(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut depth = 0_usize;
    for line in raw.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("[quote") && trimmed.contains(']') {
            depth += 1;
        }
        let ends = trimmed.ends_with("[/quote]");
        if depth == 0 {
            out.push_str(line);
            out.push('\n');
        }
        if ends {
            depth = depth.saturating_sub(1);
        }
    }
    // A block that never ends hides nothing.
    let text = if depth > 0 { raw } else { &out };
    text.trim().to_owned()
}

/// HTML without its quoted asides.
fn without_asides(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<aside class=\"quote") {
        let Some(end) = rest[at..].find("</aside>") else { break };
        out.push_str(&rest[..at]);
        rest = &rest[at + end + "</aside>".len()..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    fn forum() -> Forum {
        Forum {
            server: Url::parse("https://forum.example/x/").unwrap(),
            authority: "forum.example/x".into(),
            account: "acme_care".into(),
            staff: vec!["jan.staff".into()],
            staff_is_ours: true,
            liked: 5,
        }
    }

    fn post(change: &serde_json::Value) -> ForumPost {
        let mut base = json!({"id": 7, "user_id": 3, "username": "Bob", "name": null, "post_number": 1, "post_type": 1,
            "created_at": "2026-11-24T09:30:00.000Z", "raw": "It broke", "cooked": "<p>It broke</p>", "topic_id": 5,
            "topic_slug": "it-broke", "topic_title": "Help", "version": 1, "unheard_of": {"a": []}});
        for (key, value) in change.as_object().unwrap() {
            base[key] = value.clone();
        }
        serde_json::from_value(base).unwrap()
    }

    #[test]
    fn what_begins_a_topic_is_said_to_the_brand_and_what_answers_shows_what_it_is_about() {
        let first = forum().post(&post(&json!({})), Placed::default(), None, NOW);
        assert_eq!(
            (first.text.as_str(), first.conversation_id.as_deref()),
            ("Help\n\nIt broke", Some("topic/5"))
        );
        assert!(first.addressed && !first.context && !first.own);
        assert_eq!(first.url.as_deref(), Some("https://forum.example/x/t/it-broke/5/1"));
        assert_eq!((first.author.id.as_str(), first.author.handle.as_deref()), ("3", Some("Bob")));
        let answer = forum().post(&post(&json!({"post_number": 2})), Placed::default(), None, NOW);
        assert!(!answer.addressed && answer.context && answer.text == "It broke");
    }

    #[test]
    fn colleagues_are_ours_and_messages_are_private() {
        for who in
            [json!({"username": "Acme_Care"}), json!({"username": "Jan.Staff"}), json!({"staff": true})]
        {
            assert!(forum().post(&post(&who), Placed::default(), None, NOW).own);
        }
        let outside = Forum { staff_is_ours: false, ..forum() };
        assert!(!outside.post(&post(&json!({"moderator": true})), Placed::default(), None, NOW).own);
        let message = forum().post(
            &post(&json!({"topic_archetype": "private_message", "post_number": 2})),
            Placed::default(),
            None,
            NOW,
        );
        assert!(message.private && message.addressed && message.visibility.as_deref() == Some("private"));
    }

    #[test]
    fn what_many_like_may_have_solved_it_and_never_the_askers_own_words() {
        let solves = |liked: i64, change: &serde_json::Value, asker: Option<&str>| {
            let mut change = change.clone();
            change["post_number"] = json!(change["post_number"].as_i64().unwrap_or(2));
            let placed = Placed { asker: asker.map(ToOwned::to_owned), ..Placed::default() };
            Forum { liked, ..forum() }.post(&post(&change), placed, None, NOW).solves
        };
        let likes = |n: i64| json!({"actions_summary": [{"id": 2, "count": n}, {"id": 3, "count": 9}]});
        assert!(solves(5, &likes(5), Some("9")));
        assert!(!solves(5, &likes(4), Some("9")), "too few");
        assert!(!solves(5, &likes(50), Some("3")), "the asker's own");
        assert!(!solves(5, &likes(50), None), "nobody knows who asked");
        assert!(!solves(0, &likes(50), Some("9")), "switched off");
        for change in [json!({"post_number": 1}), json!({"staff": true}), json!({"username": "Acme_Care"})] {
            let mut liked = likes(50);
            liked.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert!(!solves(5, &liked, Some("9")), "{change}");
        }
        assert!(solves(0, &json!({"accepted_answer": true}), None), "its mark needs nothing else");
    }

    #[test]
    fn whispers_are_never_read_and_what_is_removed_is_gone() {
        assert!(!post(&json!({"post_type": 4})).is_read() && !post(&json!({"post_type": 3})).is_read());
        let gone = forum().post(&post(&json!({"user_deleted": true})), Placed::default(), None, NOW);
        assert!(gone.deleted && gone.text.is_empty());
    }

    #[test]
    fn quotes_of_others_are_left_out() {
        assert_eq!(without_quotes("[quote=\"An, post:1, topic:2\"]\nold\n[/quote]\n\nmine"), "mine");
        assert_eq!(without_quotes("[quote]a[/quote]\nmine"), "mine");
        assert_eq!(without_quotes("[quote]\nnever ends"), "[quote]\nnever ends");
        let html = post(&json!({"raw": null, "post_number": 2,
            "cooked": "<aside class=\"quote no-group\"><blockquote>old</blockquote></aside><p>mine</p>"}));
        assert_eq!(html.words(), "mine");
    }
}
