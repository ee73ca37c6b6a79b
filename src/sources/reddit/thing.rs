//! What Reddit calls things, and as posts of ours: comments (`t1_`), posts (`t3_`), private messages (`t4_`).
//!
//! Names of accounts are never changed and never given out again, so they are the ids of authors: the inbox, the lists
//! and private messages all tell them, and nothing else do all of them tell.

use crate::domain::file::FileNote;
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::Timestamp;
use serde_json::Value;

/// The platform's word.
pub const KIND: &str = "reddit";
/// Where people read it.
const SITE: &str = "https://www.reddit.com";
/// What ids of private messages begin with; no id of anything else does.
const PM: &str = "pm/";
/// The rule by which a message of the platform itself never becomes a case.
const OF_PLATFORM: &str = "platform_message";

/// Who we are there.
#[derive(Clone, Debug, Default)]
pub struct Us {
    /// The account's name in small letters.
    pub name: String,
    /// The brand's own subreddits in small letters.
    pub subreddits: Vec<String>,
}

/// Something that was read.
#[derive(Clone, Debug)]
pub struct Thing {
    /// In our form.
    pub raw: RawPost,
    /// When it was posted.
    pub at: Timestamp,
    /// When it was changed, if it was and that is told.
    pub edited: Option<Timestamp>,
    /// Whether its author deleted it, or it was removed, or its author is gone.
    pub is_gone: bool,
}

/// A text in a field.
pub fn field<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value[key].as_str()
}

fn instant(value: &Value, now: Timestamp) -> Option<Timestamp> {
    let seconds = value.as_f64().filter(|s| s.is_finite() && *s > 0.0)?;
    Some(Timestamp((seconds * 1_000.0) as i64).min(now))
}

/// The id of a private message: with whom, and the platform's name of it.
pub fn message_id(with: &str, name: &str) -> String {
    format!("{PM}{with}/{name}")
}

/// With whom a private message is, and the platform's name of it, of an id of ours.
pub fn split_id(id: &str) -> Option<(&str, &str)> {
    id.strip_prefix(PM)?.rsplit_once('/').filter(|(with, name)| !with.is_empty() && !name.is_empty())
}

/// The key of the conversation with somebody.
pub fn conversation_key(with: &str) -> String {
    format!("{PM}{}", with.to_lowercase())
}

/// Something as it stands in a list; `None` if it cannot be read.
pub fn thing(value: &Value, us: &Us, now: Timestamp) -> Option<Thing> {
    let data = &value["data"];
    let name = field(data, "name")?;
    let at = instant(&data["created_utc"], now).unwrap_or(now);
    match name.split_once('_')?.0 {
        "t1" => comment(data, name, at, us, now),
        "t3" => post(data, name, at, us, now),
        "t4" => message(data, name, at, us),
        _ => None,
    }
}

fn comment(data: &Value, name: &str, at: Timestamp, us: &Us, now: Timestamp) -> Option<Thing> {
    let text = field(data, "body")?;
    let path = field(data, "permalink").or_else(|| field(data, "context"));
    let link = field(data, "link_id").map(ToOwned::to_owned).or_else(|| path.and_then(link_in));
    let parent = field(data, "parent_id").map(ToOwned::to_owned);
    let mut raw = said(data, name, text, at, us)?;
    raw.kind = Some("comment".to_owned());
    // The inbox holds what answers us or names us.
    raw.addressed = !raw.own && (raw.addressed || data["was_comment"] == true);
    raw.above = link.iter().filter(|l| parent.as_ref() != Some(*l)).cloned().collect();
    raw.conversation_id = link.or_else(|| Some(name.to_owned()));
    raw.in_reply_to = parent;
    raw.url = path.map(address);
    Some(finished(data, raw, at, now))
}

fn post(data: &Value, name: &str, at: Timestamp, us: &Us, now: Timestamp) -> Option<Thing> {
    let title = field(data, "title")?;
    let below = field(data, "selftext").unwrap_or_default();
    let elsewhere = field(data, "url_overridden_by_dest").unwrap_or_default();
    let picture = is_picture(data, elsewhere);
    let mut text = title.to_owned();
    for more in [below, if picture { "" } else { elsewhere }] {
        if !more.trim().is_empty() {
            text.push_str("\n\n");
            text.push_str(more);
        }
    }
    let mut raw = said(data, name, &text, at, us)?;
    raw.kind = Some("post".to_owned());
    let here = field(data, "subreddit").unwrap_or_default().to_lowercase();
    raw.addressed = !raw.own && (raw.addressed || us.subreddits.contains(&here));
    raw.conversation_id = Some(name.to_owned());
    raw.url = field(data, "permalink").map(address);
    if picture {
        let note = FileNote { kind: "image".to_owned(), url: elsewhere.to_owned(), ..FileNote::default() };
        raw.attachments = vec![note];
    }
    Some(finished(data, raw, at, now))
}

/// What comments and posts have in common.
fn said(data: &Value, name: &str, text: &str, at: Timestamp, us: &Us) -> Option<RawPost> {
    // Of what is gone no author is told.
    let author = match &data["author"] {
        Value::String(author) => author.as_str(),
        Value::Null => "",
        _ => return None,
    };
    let own = author.eq_ignore_ascii_case(&us.name);
    let mentions = named(text);
    Some(RawPost {
        platform: KIND.to_owned(),
        external_id: name.to_owned(),
        author: person(author),
        text: text.to_owned(),
        created_at: at.rfc3339(),
        own,
        addressed: !own && mentions.contains(&us.name),
        mentions,
        visibility: Some("public".to_owned()),
        ..RawPost::default()
    })
}

fn finished(data: &Value, mut raw: RawPost, at: Timestamp, now: Timestamp) -> Thing {
    let edited = instant(&data["edited"], now).filter(|e| *e > at);
    raw.edited_at = edited.map(Timestamp::rfc3339);
    Thing { is_gone: is_gone(data), raw, at, edited }
}

fn person(name: &str) -> RawAuthor {
    RawAuthor {
        id: name.to_lowercase(),
        handle: Some(name.to_owned()).filter(|n| !n.is_empty()),
        name: None,
        followers: None,
    }
}

/// Whether nothing of it may be kept: deleted by its author, removed by others, or of an account that is gone.
fn is_gone(data: &Value) -> bool {
    let nobody = field(data, "author").is_none_or(|a| a.is_empty() || a == "[deleted]");
    let emptied = ["body", "selftext", "title"].iter().filter_map(|key| field(data, key)).any(|text| {
        let text = text.trim();
        matches!(text, "[deleted]" | "[removed]" | "[deleted by user]")
            || text.starts_with("[ Removed by Reddit")
    });
    // What only waits for a moderator is not removed yet.
    let removed =
        field(data, "removed_by_category").is_some_and(|c| !c.is_empty() && c != "automod_filtered");
    nobody || emptied || removed
}

fn is_picture(data: &Value, url: &str) -> bool {
    url.starts_with("https://i.redd.it/")
        || field(data, "post_hint") == Some("image") && url.starts_with("https://")
}

/// A private message. What moderators of a subreddit write has no author.
fn message(data: &Value, name: &str, at: Timestamp, us: &Us) -> Option<Thing> {
    let body = field(data, "body")?;
    let subreddit = field(data, "subreddit").map(|s| format!("r/{}", s.to_lowercase()));
    let author = field(data, "author").map(ToOwned::to_owned).or(subreddit)?;
    let own = author.eq_ignore_ascii_case(&us.name);
    let with = if own { field(data, "dest").unwrap_or_default() } else { author.as_str() };
    let with = with.to_lowercase();
    if with.is_empty() {
        return None;
    }
    let subject = field(data, "subject").unwrap_or_default().trim();
    let is_first = field(data, "parent_id").is_none_or(str::is_empty);
    // The subject may hold the number of a case; ours are read back as they were typed.
    let text =
        if own || !is_first || subject.is_empty() { body.to_owned() } else { format!("{subject}\n\n{body}") };
    let of_platform =
        with == "reddit" || field(data, "distinguished").is_some_and(|d| d.starts_with("admin"));
    let raw = RawPost {
        platform: KIND.to_owned(),
        external_id: message_id(&with, name),
        author: person(&author),
        text,
        created_at: at.rfc3339(),
        kind: Some("message".to_owned()),
        conversation_id: Some(conversation_key(&with)),
        in_reply_to: field(data, "parent_id").filter(|p| !p.is_empty()).map(|p| message_id(&with, p)),
        private: true,
        visibility: Some("direct".to_owned()),
        own,
        addressed: !own,
        answers: own.then_some(with),
        filtered: (of_platform && !own).then(|| OF_PLATFORM.to_owned()),
        ..RawPost::default()
    };
    Some(Thing { raw, at, edited: None, is_gone: false })
}

/// That something is gone.
pub fn gone(id: &str, own: bool) -> RawPost {
    RawPost {
        platform: KIND.to_owned(),
        external_id: id.to_owned(),
        deleted: true,
        own,
        ..RawPost::default()
    }
}

/// The address of a path, without what only marks a place in it.
fn address(path: &str) -> String {
    format!("{SITE}{}", path.split('?').next().unwrap_or_default())
}

/// The post in whose thread a path is.
fn link_in(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    parts.find(|part| *part == "comments")?;
    parts.next().filter(|id| !id.is_empty()).map(|id| format!("t3_{id}"))
}

/// The accounts that a text names as `u/name` or `/u/name`, in small letters.
fn named(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("u/") {
        let head = &text[..at];
        let head = head.strip_suffix('/').unwrap_or(head);
        if head.chars().next_back().is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'))
        {
            continue;
        }
        let rest = &text[at + 2..];
        let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(*c, '_' | '-');
        let name: String = rest.chars().take_while(is_part).collect::<String>().to_lowercase();
        if (3..=20).contains(&name.len()) && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_608_000_000);

    fn us() -> Us {
        Us { name: "acme_care".to_owned(), subreddits: vec!["acme".to_owned()] }
    }

    fn read(data: &Value) -> Thing {
        thing(&json!({"kind": "t1", "data": data}), &us(), NOW).unwrap()
    }

    #[test]
    fn a_comment_stands_in_its_thread_wherever_it_is_read() {
        let listed = read(
            &json!({"name": "t1_c1", "author": "Mia_K", "body": "Broken, u/Acme_Care!", "edited": false,
            "created_utc": 1_795_600_000.0, "link_id": "t3_p1", "parent_id": "t1_c0",
            "permalink": "/r/travel/comments/p1/t/c1/"}),
        );
        let inbox = read(
            &json!({"name": "t1_c1", "author": "Mia_K", "body": "Broken, u/Acme_Care!", "was_comment": true,
            "created_utc": 1_795_600_000.0, "parent_id": "t1_c0", "context": "/r/travel/comments/p1/t/c1/?context=3"}),
        );
        assert_eq!(listed.raw, inbox.raw);
        let raw = listed.raw;
        assert!(raw.addressed && !raw.own && !listed.is_gone);
        assert_eq!((raw.author.id.as_str(), raw.author.handle.as_deref()), ("mia_k", Some("Mia_K")));
        assert_eq!(raw.conversation_id.as_deref(), Some("t3_p1"));
        assert_eq!(raw.in_reply_to.as_deref(), Some("t1_c0"));
        assert_eq!(raw.above, ["t3_p1"]);
        assert_eq!(raw.url.as_deref(), Some("https://www.reddit.com/r/travel/comments/p1/t/c1/"));
        assert_eq!(raw.mentions, ["acme_care"]);
    }

    #[test]
    fn what_begins_a_thread_in_our_own_place_is_said_to_us() {
        let of = |subreddit: &str| {
            read(&json!({"name": "t3_p1", "author": "mia", "title": "Kapot", "selftext": "al weken <3",
                "subreddit": subreddit, "created_utc": 1_795_600_000.0, "edited": 1_795_600_060.0,
                "permalink": "/r/Acme/comments/p1/kapot/"}))
        };
        let own = of("Acme");
        assert!(own.raw.addressed && !of("travel").raw.addressed);
        assert_eq!(own.raw.text, "Kapot\n\nal weken <3");
        assert_eq!(own.edited, Some(Timestamp(1_795_600_060_000)));
        let picture = read(&json!({"name": "t3_p2", "author": "mia", "title": "Kapot", "selftext": "",
            "url_overridden_by_dest": "https://i.redd.it/x.jpg"}));
        assert_eq!((picture.raw.text.as_str(), picture.raw.attachments.len()), ("Kapot", 1));
    }

    #[test]
    fn what_is_gone_is_told_in_several_ways() {
        for data in [
            json!({"name": "t1_c", "author": "[deleted]", "body": "still there"}),
            json!({"name": "t1_c", "author": null, "body": "x"}),
            json!({"name": "t1_c", "author": "mia", "body": "[removed]"}),
            json!({"name": "t3_c", "author": "mia", "title": "t", "selftext": "[deleted]"}),
            json!({"name": "t3_c", "author": "mia", "title": "t", "removed_by_category": "moderator"}),
            json!({"name": "t1_c", "author": "mia", "body": "[ Removed by Reddit ]"}),
        ] {
            assert!(read(&data).is_gone, "{data}");
        }
        let waits =
            json!({"name": "t3_c", "author": "mia", "title": "t", "removed_by_category": "automod_filtered"});
        assert!(!read(&waits).is_gone);
    }

    #[test]
    fn messages_of_one_person_are_one_conversation() {
        let came = read(&json!({"name": "t4_a", "author": "Mia", "dest": "acme_care", "subject": "Case 7",
            "body": "my number is", "parent_id": null, "created_utc": 1_795_600_000.0}))
        .raw;
        assert!(came.private && came.addressed && came.filtered.is_none());
        assert_eq!(
            (came.external_id.as_str(), came.text.as_str()),
            ("pm/mia/t4_a", "Case 7\n\nmy number is")
        );
        let went =
            read(&json!({"name": "t4_b", "author": "Acme_Care", "dest": "Mia", "subject": "re: Case 7",
            "body": "thanks", "parent_id": "t4_a", "created_utc": 1_795_600_000.0}))
            .raw;
        assert!(went.own && went.answers.as_deref() == Some("mia"));
        assert_eq!(went.conversation_id, came.conversation_id);
        assert_eq!(went.in_reply_to.as_deref(), Some("pm/mia/t4_a"));
        assert_eq!(split_id("pm/r/acme/t4_x"), Some(("r/acme", "t4_x")));
        assert_eq!(split_id("t1_x"), None);
        let platform =
            json!({"name": "t4_c", "author": "reddit", "dest": "acme_care", "subject": "s", "body": "b"});
        assert!(read(&platform).raw.filtered.is_some());
    }

    #[test]
    fn names_are_found_and_paths_are_not() {
        assert_eq!(named("ask u/Acme_Care, /u/mia-k or (u/jan_1)"), ["acme_care", "mia-k", "jan_1"]);
        assert!(named("https://www.reddit.com/u/acme_care menu/acme_care u/ab").is_empty());
    }
}
