//! Who we are on the server, and what the server takes: asked at first use and again every day.
//!
//! The account is learned from its token, the limits from the server. Until both are known what the
//! platform documents holds: 500 characters, links counting 23.

use super::super::fediverse::status::Account;
use super::FILES;
use super::client::{Client, Failed, Share};
use crate::domain::enclosed::FileLimits;
use crate::domain::file::Media;
use crate::domain::reply::{Counting, Limits};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::CallError;
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// How long what was learned holds.
const HOLDS: Span = Span::days(1);
/// After how long is asked again what could not be learned.
const AGAIN: Span = Span::minutes(30);
/// How long either question may take; an answer may wait for them.
const WITHIN: Span = Span::seconds(3);
/// The limits that Mastodon documents.
const CHARACTERS: usize = 500;
const LINK: usize = 23;

/// How kinds of servers stream that do not do so by plain HTTP.
const SOCKETS: &str = "streams by web sockets only";
const NOTHING: &str = "does not stream";

/// What server it is, as far as that matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// Its version, as it says.
    pub version: String,
    /// Where it streams, if it says so.
    pub streaming: Option<String>,
    characters: Option<usize>,
    link: Option<usize>,
    files: MediaTold,
    files_max: Option<usize>,
}

impl Instance {
    /// What files it takes: as it says, within what Mastodon documents.
    pub fn files(&self) -> FileLimits {
        let kinds = &self.files.supported_mime_types;
        let taken = |m: &&Media| kinds.is_empty() || kinds.iter().any(|k| k.eq_ignore_ascii_case(m.mime()));
        let least = |told: Option<usize>, ours: usize| told.filter(|n| *n > 0).unwrap_or(ours).min(ours);
        FileLimits {
            count: least(self.files_max, FILES.count),
            media: FILES.media.iter().filter(taken).copied().collect(),
            picture_bytes: least(self.files.image_size_limit, FILES.picture_bytes),
            alt_chars: self.files.description_limit.filter(|n| *n > 0).or(FILES.alt_chars),
            ..FILES
        }
    }

    /// Whether it is known to stream by web sockets and by nothing else.
    pub fn wants_socket(&self) -> bool {
        self.streams_otherwise().is_some_and(|(_, how)| how == SOCKETS)
    }

    /// The name of a kind of server that is known not to tell by plain HTTP what happens, with how it does.
    pub fn streams_otherwise(&self) -> Option<(&'static str, &'static str)> {
        let version = self.version.to_ascii_lowercase();
        // GoToSocial may leave its name out of its version, whose numbers begin with 0.
        let known = [
            ("gotosocial", "GoToSocial", SOCKETS),
            ("akkoma", "Akkoma", SOCKETS),
            ("pleroma", "Pleroma", SOCKETS),
            ("pixelfed", "Pixelfed", NOTHING),
            ("friendica", "Friendica", NOTHING),
        ];
        let named =
            known.iter().find(|(word, ..)| version.contains(word)).map(|(_, name, how)| (*name, *how));
        named.or_else(|| self.number().filter(|n| n.0 == 0).map(|_| ("GoToSocial", SOCKETS)))
    }

    /// Why nothing that only the people named in it can read goes out by this server, where that is known: Pixelfed's own
    /// API takes `public`, `unlisted` and `private` only (read in its source, November 2026), and its messages are another API.
    pub fn lacks_direct(&self) -> Option<&'static str> {
        let pixelfed = self.version.to_ascii_lowercase().contains("pixelfed");
        pixelfed.then_some("Pixelfed takes no posts that only the people named in them can read")
    }

    /// Whether a second attempt with the same key is known to be answered with the first status:
    /// documented for Mastodon (for about an hour), Pleroma and Akkoma; nowhere else.
    pub fn honours_keys(&self) -> bool {
        let version = self.version.to_ascii_lowercase();
        self.is_mastodon() || version.contains("pleroma") || version.contains("akkoma")
    }

    /// Whether it is Mastodon itself or a fork that keeps its numbers: others say what they are only
    /// compatible with.
    fn is_mastodon(&self) -> bool {
        let version = self.version.to_ascii_lowercase();
        self.number().is_some_and(|(major, _)| major >= 2)
            && !["compatible", "gotosocial", "pleroma", "akkoma"].iter().any(|w| version.contains(w))
    }

    /// Whether several statuses can be asked for in one call (Mastodon 4.3 and later).
    pub fn has_many(&self) -> bool {
        self.is_mastodon() && self.number() >= Some((4, 3))
    }

    fn number(&self) -> Option<(u32, u32)> {
        let (major, rest) = self.version.trim_start_matches('v').split_once('.')?;
        let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// What it takes, and how it counts.
    pub fn limits(&self) -> Limits {
        let link = self.link.unwrap_or(LINK);
        let foreign = !self.version.is_empty() && !self.is_mastodon();
        // Others count every character of a link and of a handle.
        let counting = if foreign { Counting::Scalars } else { Counting::GraphemesWithLinks { link } };
        Limits { text_max: self.characters.unwrap_or(CHARACTERS), counting, bytes_max: None }
    }
}

/// The body of `/api/v2/instance` and `/api/v1/instance`, as far as both agree.
#[derive(Debug, Deserialize)]
struct Told {
    #[serde(default)]
    version: String,
    #[serde(default)]
    configuration: Configuration,
    /// How servers before 3.4 and Pleroma name it.
    #[serde(default)]
    max_toot_chars: Option<usize>,
    /// Where version 1 of the answer names addresses.
    #[serde(default)]
    urls: Urls,
}

#[derive(Debug, Default, Deserialize)]
struct Urls {
    #[serde(default)]
    streaming: Option<String>,
    /// How version 1 names it.
    #[serde(default)]
    streaming_api: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Configuration {
    #[serde(default)]
    statuses: Statuses,
    #[serde(default)]
    urls: Urls,
    #[serde(default)]
    media_attachments: MediaTold,
}

/// What it says of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct MediaTold {
    supported_mime_types: Vec<String>,
    image_size_limit: Option<usize>,
    description_limit: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
struct Statuses {
    #[serde(default)]
    max_characters: Option<usize>,
    #[serde(default)]
    characters_reserved_per_url: Option<usize>,
    #[serde(default)]
    max_media_attachments: Option<usize>,
}

impl From<Told> for Instance {
    fn from(told: Told) -> Self {
        let of = told.configuration.statuses;
        let characters = of.max_characters.or(told.max_toot_chars).filter(|n| *n > 0);
        let urls = [told.configuration.urls, told.urls].into_iter();
        let streaming = urls.flat_map(|u| [u.streaming, u.streaming_api]).flatten().find(|u| !u.is_empty());
        Self {
            version: told.version,
            streaming,
            characters,
            link: of.characters_reserved_per_url,
            files: told.configuration.media_attachments,
            files_max: of.max_media_attachments,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Learned {
    me: Option<Arc<Account>>,
    instance: Instance,
    /// Until when it need not be asked again whose token it is, and what the server is.
    asked_until: Option<Timestamp>,
    told_until: Option<Timestamp>,
}

/// What is known of account and server.
#[derive(Debug, Default)]
pub struct Profile {
    learned: Mutex<Learned>,
    /// One asks, the others wait for what it learns.
    asking: tokio::sync::Mutex<()>,
    /// The same of the server, so that nobody who only needs the account waits for it.
    telling: tokio::sync::Mutex<()>,
}

impl Profile {
    fn learned(&self) -> Learned {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The account, if it is known.
    pub fn me(&self) -> Option<Arc<Account>> {
        self.learned().me
    }

    /// The server.
    pub fn instance(&self) -> Instance {
        self.learned().instance
    }

    /// The account, asked for if it was never known; nothing else is asked, since an answer waits.
    pub async fn account(&self, client: &Client) -> Result<Arc<Account>, Failed> {
        let _one = self.asking.lock().await;
        if let Some(me) = self.me() {
            return Ok(me);
        }
        let me = Arc::new(verified(client, Share::Answering).await?);
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).me = Some(me.clone());
        Ok(me)
    }

    /// Whose token it is, asked again every day; nothing is asked of the server itself, which may be slow to tell.
    pub async fn whose(&self, client: &Client, share: Share) -> Result<Arc<Account>, Failed> {
        let _one = self.asking.lock().await;
        let before = self.learned();
        let now = client.now();
        if let Some(me) = before.me.as_ref().filter(|_| before.asked_until.is_some_and(|at| now < at)) {
            return Ok(me.clone());
        }
        let (me, holds) = match verified(client, share).await {
            Ok(me) => (Arc::new(me), HOLDS),
            // Known from before: only a refusal ends that.
            Err(failed) => match before.me {
                Some(me) if !matches!(failed.status(), Some(401 | 403)) => (me, AGAIN),
                _ => return Err(failed),
            },
        };
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.me = Some(me.clone());
        learned.asked_until = Some(now.plus(holds));
        Ok(me)
    }

    /// Learns what is not known yet, or not any more, of account and server.
    pub async fn know(&self, client: &Client, share: Share) -> Result<Arc<Account>, Failed> {
        let me = self.whose(client, share).await?;
        let _one = self.telling.lock().await;
        let now = client.now();
        if self.learned().told_until.is_some_and(|at| now < at) {
            return Ok(me);
        }
        let told = self.instance_of(client, share).await;
        let holds = if told.is_some() { HOLDS } else { AGAIN };
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.instance = told.unwrap_or_else(|| learned.instance.clone());
        learned.told_until = Some(now.plus(holds));
        Ok(me)
    }

    /// The server's word about itself; the older question where it does not know the newer. One that is too slow for the
    /// newer is not asked the older.
    async fn instance_of(&self, client: &Client, share: Share) -> Option<Instance> {
        for version in ["v2", "v1"] {
            match client.get::<Told>(share, &[version, "instance"], &[], WITHIN).await {
                Ok(told) if !told.version.is_empty() => return Some(told.into()),
                Err(
                    Failed::Spent(_) | Failed::Call(CallError::Unknown { .. } | CallError::NotSent { .. }),
                ) => {
                    return None;
                }
                Ok(_) | Err(Failed::Unreadable | Failed::Call(_)) => {}
            }
        }
        None
    }
}

/// Whose token it is.
async fn verified(client: &Client, share: Share) -> Result<Account, Failed> {
    let path = ["v1", "accounts", "verify_credentials"];
    let me: Account = client.get(share, &path, &[], WITHIN).await?;
    if me.id.is_empty() { Err(Failed::Unreadable) } else { Ok(me) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str) -> Instance {
        Instance { version: version.to_owned(), ..Instance::default() }
    }

    #[test]
    fn keys_are_trusted_where_they_are_documented_only() {
        for yes in [
            "4.6.0",
            "3.5.19",
            "v4.4.1+glitch",
            "2.7.2 (compatible; Pleroma 2.9.1)",
            "2.7.2 (compatible; Akkoma 3.15.2)",
        ] {
            assert!(of(yes).honours_keys(), "{yes}");
        }
        for no in [
            "",
            "0.19.1+git-abc",
            "4.2.1+gotosocial-0.19",
            "2.8.0 (compatible; Friendica 2024.12)",
            "3.5.3 (compatible; Pixelfed 0.12.4)",
            "4.2.1 (compatible; Iceshrimp 2023.12)",
            "x.y",
        ] {
            assert!(!of(no).honours_keys(), "{no}");
        }
        assert!(of("4.3.0").has_many() && of("4.10.1").has_many() && of("5.0.0").has_many());
        assert!(!of("4.2.9").has_many() && !of("2.7.2 (compatible; Pleroma 2.9.1)").has_many());
    }

    #[test]
    fn who_streams_otherwise_is_known_by_name() {
        for (version, name) in [
            ("0.19.1+git-abc", Some("GoToSocial")),
            ("4.2.1+gotosocial-0.19", Some("GoToSocial")),
            ("2.7.2 (compatible; Akkoma 3.15.2)", Some("Akkoma")),
            ("2.8.0 (compatible; Friendica 2024.12)", Some("Friendica")),
            ("3.5.3 (compatible; Pixelfed 0.12.4)", Some("Pixelfed")),
            ("4.6.0", None),
            ("4.3.0+glitch", None),
            ("", None),
        ] {
            assert_eq!(of(version).streams_otherwise().map(|(n, _)| n), name, "{version}");
        }
    }

    #[test]
    fn only_pixelfed_is_known_to_take_nothing_in_private() {
        for (version, lacks) in [
            ("3.5.3 (compatible; Pixelfed 0.12.4)", true),
            ("2.8.0 (compatible; Friendica 2024.12)", false),
            ("4.6.0", false),
            ("", false),
        ] {
            assert_eq!(of(version).lacks_direct().is_some(), lacks, "{version}");
        }
    }

    #[test]
    fn limits_are_the_servers_or_the_documented_ones() {
        let read = |json: &str| Instance::from(serde_json::from_str::<Told>(json).unwrap()).limits();
        let plain = Counting::GraphemesWithLinks { link: 23 };
        assert_eq!(of("").limits(), Limits { text_max: 500, counting: plain, bytes_max: None });
        let told = r#"{"version":"4.6.0","configuration":{"statuses":{"max_characters":5000,"characters_reserved_per_url":30}}}"#;
        let link = Counting::GraphemesWithLinks { link: 30 };
        assert_eq!(read(told), Limits { text_max: 5000, counting: link, bytes_max: None });
        let streams = |json: &str| Instance::from(serde_json::from_str::<Told>(json).unwrap()).streaming;
        let newer = r#"{"version":"4.6.0","configuration":{"urls":{"streaming":"wss://s.example"}}}"#;
        assert_eq!(streams(newer).as_deref(), Some("wss://s.example"));
        let older = r#"{"version":"3.3.0","urls":{"streaming_api":"wss://t.example"}}"#;
        assert_eq!(streams(older).as_deref(), Some("wss://t.example"));
        assert_eq!(streams(r#"{"version":"4.6.0","configuration":{"urls":{"streaming":null}}}"#), None);
        let pleroma = r#"{"version":"2.7.2 (compatible; Pleroma 2.9.1)","max_toot_chars":5000}"#;
        assert_eq!(read(pleroma), Limits { text_max: 5000, counting: Counting::Scalars, bytes_max: None });
    }
}
