//! The items of a feed as posts.
//!
//! Dates are read as far as they make sense: one in the future or from before the web counts as none, and
//! an item without one was published when we first saw it. What calls an item by no id is called by its link,
//! else by a hash of title and date.

use super::super::alts;
use super::super::html::to_text;
use super::super::taken::hash;
use super::super::{RawItem, SourceTrouble, TroubleState};
use super::{FeedConfig, ITEMS_MAX, web_address};
use crate::domain::file::{FILES_MAX, FileNote};
use crate::domain::post::{RawAuthor, RawPost};
use crate::domain::time::{Span, Timestamp};
use feed_rs::model::{Entry, FeedType, Link, Person, Text};
use std::collections::HashSet;
use url::Url;

/// 1990-01-01: what is older is junk.
const WEB_BEGAN: Timestamp = Timestamp(631_152_000_000);
const NAME_CHARS_MAX: usize = 200;

/// One item.
pub struct Item {
    /// A hash of what it is called.
    pub name: u64,
    /// A hash of what it says and of its link.
    pub words: u64,
    /// When it was published, if it says so and that makes sense.
    pub published: Option<Timestamp>,
    /// When it was changed, if it says so.
    pub updated: Option<Timestamp>,
    post: RawPost,
}

impl Item {
    /// What goes into the inbox.
    pub fn raw(self, edited: Option<Timestamp>, now: Timestamp) -> (Timestamp, RawItem) {
        let at = self.published.unwrap_or(now);
        let edited_at = edited.map(Timestamp::rfc3339);
        let post = RawPost { created_at: at.rfc3339(), edited_at, ..self.post };
        let place = format!("{}/{:016x}", post.authority.as_deref().unwrap_or_default(), self.name);
        (at, RawItem::of(place, &post, at))
    }
}

/// What a feed holds.
pub struct Read {
    /// Its items as they stand there, newest first as a rule.
    pub items: Vec<Item>,
    /// How long its publisher says that a look is good for.
    pub ttl: Span,
}

/// Reads one feed.
pub struct Reader<'a> {
    pub config: &'a FeedConfig,
    /// Where it was found.
    pub base: &'a Url,
    /// The namespace of its ids.
    pub authority: &'a str,
    pub now: Timestamp,
}

/// What holds for all items of a feed.
struct Around {
    /// Whether texts are plain where they say so: RSS says it of all.
    trusts_plain: bool,
    author: String,
    lang: Option<String>,
}

impl Reader<'_> {
    /// Reads a feed of any of the formats.
    pub fn read(&self, body: &[u8]) -> Result<Read, SourceTrouble> {
        let parser = feed_rs::parser::Builder::new()
            .base_uri(Some(self.base.as_str()))
            .id_generator(|_, _, _| String::new())
            .build();
        let feed = parser.parse(body).map_err(|_| {
            SourceTrouble::new(
                TroubleState::Broken,
                "what stands there is no whole feed of RSS, Atom or JSON Feed",
            )
        })?;
        let around = Around {
            trusts_plain: matches!(feed.feed_type, FeedType::Atom | FeedType::JSON),
            author: feed.authors.iter().find_map(called).unwrap_or_default(),
            lang: feed.language.clone(),
        };
        let mut entries = feed.entries;
        if entries.len() > ITEMS_MAX {
            let date =
                |e: &Entry| std::cmp::Reverse(e.published.or(e.updated).map(|at| at.timestamp_millis()));
            entries.sort_by_key(date);
            entries.truncate(ITEMS_MAX);
        }
        let items = set_apart(entries.into_iter().map(|entry| self.item(entry, &around)).collect());
        Ok(Read { items, ttl: Span::minutes(i64::from(feed.ttl.unwrap_or(0)).min(1_440)) })
    }

    fn item(&self, entry: Entry, around: &Around) -> Item {
        let title = entry.title.as_ref().map(|t| plain(t, around.trusts_plain)).unwrap_or_default();
        let content =
            entry.content.as_ref().and_then(|c| Some((c.body.as_deref()?, c.content_type.as_str())));
        let text = content
            .map(|(body, kind)| {
                if around.trusts_plain && kind == "text/plain" {
                    body.trim().to_owned()
                } else {
                    to_text(body)
                }
            })
            .filter(|t| !t.is_empty())
            .or_else(|| entry.summary.as_ref().map(|t| plain(t, around.trusts_plain)))
            .unwrap_or_default();
        let date = |at: Option<i64>| at.map(Timestamp).filter(|at| *at >= WEB_BEGAN && *at <= self.now);
        let published = date(entry.published.map(|at| at.timestamp_millis()));
        let updated = date(entry.updated.map(|at| at.timestamp_millis()));
        let id = entry.id.trim().to_owned();
        let url = self.link(&entry.links).or_else(|| web_address(&id).map(String::from));
        let stamp = published.or(updated).map(Timestamp::rfc3339).unwrap_or_default();
        let external_id = match (id.is_empty(), &url) {
            (false, _) => id,
            (true, Some(url)) => url.clone(),
            (true, None) if title.is_empty() => format!("hash:{:016x}", hash(&[&text, &stamp])),
            (true, None) => format!("hash:{:016x}", hash(&[&title, &stamp])),
        };
        let attachments = self.files(&entry);
        let text = joined(title, text);
        let name = hash(&[&external_id]);
        let words = hash(&[url.as_deref().unwrap_or_default(), &text]);
        let author = entry.authors.iter().find_map(called).unwrap_or_else(|| around.author.clone());
        let post = RawPost {
            platform: self.config.platform.clone(),
            external_id: within_bounds(external_id),
            author: self.author(&author),
            text,
            authority: Some(self.authority.to_owned()),
            kind: Some(self.config.kind.clone()),
            lang: entry.language.or_else(|| around.lang.clone()),
            url,
            attachments,
            ..RawPost::default()
        };
        Item { name, words, published: published.or(updated), updated, post }
    }

    /// What is enclosed in an item.
    fn files(&self, entry: &Entry) -> Vec<FileNote> {
        let enclosed = entry.links.iter().filter(|l| is_enclosed(l)).map(|l| FileNote {
            kind: l.media_type.clone().unwrap_or_default(),
            bytes: l.length.and_then(|n| i64::try_from(n).ok()),
            name: l.title.clone().unwrap_or_default(),
            url: self.base.join(l.href.trim()).map(String::from).unwrap_or_default(),
            ..FileNote::default()
        });
        let contents = entry.media.iter().flat_map(|m| m.content.iter().map(move |c| (m, c)));
        let media = contents.filter_map(|(m, c)| {
            Some(FileNote {
                url: c.url.as_ref()?.to_string(),
                kind: c.content_type.as_ref().map(ToString::to_string).unwrap_or_default(),
                bytes: c.size.and_then(|n| i64::try_from(n).ok()).filter(|n| *n > 0),
                alt: m.description.as_ref().map(|d| d.content.clone()).unwrap_or_default(),
                ..FileNote::default()
            })
        });
        // Of its own pictures in the text only what is said of them is kept; they are the page's.
        let markup = entry.content.as_ref().and_then(|c| c.body.as_deref());
        let markup = markup.or_else(|| entry.summary.as_ref().map(|s| s.content.as_str()));
        let said = alts::of(markup.unwrap_or_default());
        enclosed.chain(media).chain(said).take(FILES_MAX).collect()
    }

    /// The author of an item; a feed tells no id, so a name is one within its feed.
    fn author(&self, name: &str) -> RawAuthor {
        let host = self.base.host_str().unwrap_or_default();
        let name: String = name.chars().take(NAME_CHARS_MAX).collect();
        let id = if name.is_empty() { host.to_owned() } else { format!("{host}/{}", name.to_lowercase()) };
        let shown = if name.is_empty() { host.to_owned() } else { name };
        RawAuthor { id, name: Some(shown), ..RawAuthor::default() }
    }

    /// Where people can read it.
    fn link(&self, links: &[Link]) -> Option<String> {
        let page = |l: &&Link| l.rel.as_deref().is_none_or(|r| r == "alternate") && l.target.is_none();
        let link = links.iter().find(page).or_else(|| links.first())?;
        let url = self.base.join(link.href.trim()).ok()?;
        web_address(url.as_str()).map(String::from)
    }
}

/// Some feeds give several items one id. With links of their own they are called by these; with the same link they are
/// versions of one, of which the first counts: each look would else take each for a change of the other.
fn set_apart(items: Vec<Item>) -> Vec<Item> {
    let links: Vec<(u64, Option<String>)> = items.iter().map(|i| (i.name, i.post.url.clone())).collect();
    let mut met = HashSet::new();
    let mut apart = Vec::with_capacity(items.len());
    for mut item in items {
        let is_shared = links.iter().any(|(name, url)| *name == item.name && *url != item.post.url);
        if let Some(url) = item.post.url.clone().filter(|_| is_shared) {
            item.name = hash(&[&url]);
            item.post.external_id = within_bounds(url);
        }
        if met.insert(item.name) {
            apart.push(item);
        }
    }
    apart
}

/// Whether a link leads to a file: JSON Feed gives its attachments no relation but a type.
fn is_enclosed(link: &Link) -> bool {
    let kind = link.media_type.as_deref().unwrap_or_default();
    let is_file = ["image/", "audio/", "video/", "application/pdf"].iter().any(|k| kind.starts_with(k));
    link.rel.as_deref() == Some("enclosure") || (link.rel.is_none() && is_file)
}

/// An id that is too long to be kept, as its hash.
fn within_bounds(id: String) -> String {
    if id.len() <= crate::domain::post::ID_BYTES_MAX { id } else { format!("hash:{:016x}", hash(&[&id])) }
}

fn plain(text: &Text, trusts_plain: bool) -> String {
    let is_plain = trusts_plain && text.content_type.as_str() == "text/plain";
    if is_plain { text.content.trim().to_owned() } else { to_text(&text.content) }
}

/// Title and text, without saying twice what the text begins with.
fn joined(title: String, text: String) -> String {
    let bare = title.trim_end_matches(['…', '.']).trim_end();
    match (title.is_empty(), text.is_empty()) {
        (true, _) => text,
        (_, true) => title,
        _ if text.starts_with(bare) => text,
        _ => format!("{title}\n\n{text}"),
    }
}

/// What a person is called; a mail address is not taken for a name.
fn called(person: &Person) -> Option<String> {
    let name = person.name.as_deref().unwrap_or_default().trim();
    // RSS gives `mail@example (Name)`.
    let inner =
        name.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner.trim());
    let name = if name.contains('@') { inner.unwrap_or_default() } else { name };
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_512_600_000);

    fn read(body: &str) -> Vec<Item> {
        let (config, base) =
            (FeedConfig::default(), Url::parse("https://blog.example/news/feed.xml").unwrap());
        let reader =
            Reader { config: &config, base: &base, authority: "blog.example/news/feed.xml", now: NOW };
        reader.read(body.as_bytes()).map_err(|t| t.why).unwrap().items
    }

    fn rss(items: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
             <title>Blog</title><link>https://blog.example/</link><language>nl</language>{items}</channel></rss>"
        )
    }

    fn only(body: &str) -> RawPost {
        let mut items = read(body);
        assert_eq!(items.len(), 1);
        items.remove(0).post
    }

    #[test]
    fn rss_with_markup_and_relative_links() {
        let post = only(&rss(
            "<item><title>AT&amp;amp;T &amp; Acme</title><link>/2026/acme</link><guid isPermaLink=\"false\">n-1</guid>\
             <dc:creator>Jan Jansen</dc:creator><description>&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&amp;nbsp;x&lt;/p&gt;</description></item>",
        ));
        assert_eq!(post.text, "AT&T & Acme\n\nOne\n\nTwo\u{a0}x");
        assert_eq!(post.url.as_deref(), Some("https://blog.example/2026/acme"));
        assert_eq!((post.external_id.as_str(), post.lang.as_deref()), ("n-1", Some("nl")));
        assert_eq!(post.author.id, "blog.example/jan jansen");
        assert_eq!((post.platform.as_str(), post.kind.as_deref()), ("feed", Some("post")));
    }

    #[test]
    fn what_has_no_id_is_called_by_its_link_or_a_hash() {
        assert_eq!(
            only(&rss("<item><title>x</title><link>https://b.example/1</link></item>")).external_id,
            "https://b.example/1"
        );
        let by_title = only(&rss("<item><title>x</title></item>")).external_id;
        assert!(by_title.starts_with("hash:"), "{by_title}");
        assert_ne!(by_title, only(&rss("<item><title>y</title></item>")).external_id);
        let dated = "<item><title>x</title><pubDate>Tue, 24 Nov 2026 09:30:00 GMT</pubDate></item>";
        assert_ne!(by_title, only(&rss(dated)).external_id);
    }

    #[test]
    fn items_that_share_an_id_are_told_apart_by_their_links() {
        let item = |words: &str, link: &str| {
            format!(
                "<item><title>{words}</title><link>https://b.example/{link}</link><guid>https://b.example/</guid></item>"
            )
        };
        let ids = |items: &[String]| -> Vec<String> {
            read(&rss(&items.concat())).into_iter().map(|i| i.post.external_id).collect()
        };
        let other = ids(&[item("new", "2"), item("old", "1")]);
        assert_eq!(other, ["https://b.example/2", "https://b.example/1"]);
        let versions = ids(&[item("changed", "1"), item("as it was", "1")]);
        assert_eq!(versions, ["https://b.example/"], "the first of two versions");
    }

    #[test]
    fn dates_that_make_no_sense_are_none() {
        let check = |date: &str, expected: Option<&str>| {
            let items = read(&rss(&format!("<item><title>x</title><pubDate>{date}</pubDate></item>")));
            assert_eq!(items[0].published.map(Timestamp::rfc3339).as_deref(), expected, "{date}");
        };
        check("Tue, 24 Nov 2026 09:30:00 +0100", Some("2026-11-24T08:30:00.000Z"));
        check("Tue, 24 Nov 2099 09:30:00 GMT", None);
        check("Thu, 01 Jan 1970 00:00:00 GMT", None);
        check("last Tuesday", None);
        check("", None);
    }

    #[test]
    fn atom_is_read_as_it_says() {
        let post = only(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://a.example/x/\"><title>t</title><id>f</id>\
             <author><name>Redactie</name></author><updated>2026-11-24T09:00:00Z</updated>\
             <entry><id>urn:1</id><title type=\"text\">5 &lt; 6 &amp;amp; Acme</title><link href=\"one\"/>\
             <content type=\"html\">&lt;b&gt;fine&lt;/b&gt;</content><updated>2026-11-24T09:00:00Z</updated></entry></feed>",
        );
        assert_eq!(post.text, "5 < 6 &amp; Acme\n\nfine");
        assert_eq!(post.url.as_deref(), Some("https://a.example/x/one"));
        assert_eq!(post.author.name.as_deref(), Some("Redactie"));
    }

    #[test]
    fn what_is_enclosed_is_noted() {
        let rss = only(&rss(
            "<item><title>x</title><link>https://b.example/1</link><enclosure url=\"https://b.example/1.jpg\" length=\"900\" \
             type=\"image/jpeg\"/></item>",
        ));
        assert_eq!(
            (rss.attachments[0].url.as_str(), rss.attachments[0].kind.as_str()),
            ("https://b.example/1.jpg", "image/jpeg")
        );
        let json = only(
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"7","content_text":"x",
            "attachments":[{"url":"https://j.example/7.mp3","mime_type":"audio/mpeg"}]}]}"#,
        );
        assert_eq!((json.attachments.len(), json.attachments[0].may_be_kept()), (1, false));
    }

    #[test]
    fn json_feed_is_read_too() {
        let post = only(
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"7","url":"https://j.example/7",
            "content_text":"Acme <3","date_published":"2026-11-24T09:00:00Z","authors":[{"name":"An"}]}]}"#,
        );
        assert_eq!((post.text.as_str(), post.external_id.as_str()), ("Acme <3", "7"));
    }

    #[test]
    fn a_title_that_the_text_begins_with_is_not_said_twice() {
        assert_eq!(joined("Acme is…".into(), "Acme is late".into()), "Acme is late");
        assert_eq!(joined("Acme".into(), String::new()), "Acme");
        assert_eq!(joined("Acme".into(), "late".into()), "Acme\n\nlate");
    }

    #[test]
    fn what_is_no_feed_says_so() {
        let (config, base) = (FeedConfig::default(), Url::parse("https://b.example/").unwrap());
        let reader = Reader { config: &config, base: &base, authority: "b", now: NOW };
        for junk in [
            "",
            "<html><body>hi</body></html>",
            "{}",
            "[1]",
            "<rss version=\"2.0\"><channel><item><title>cut",
        ] {
            assert!(reader.read(junk.as_bytes()).is_err(), "{junk}");
        }
    }
}
