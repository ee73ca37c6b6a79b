//! Who we are on the server, and what the server takes: asked at first use and again every day.
//!
//! The account is learned from its token, the limits from the server. Until both are known what the
//! platform documents holds: 500 characters, links counting 23.

use super::super::fediverse::status::Account;
use super::FILES;
use super::client::{Client, Failed, Share};
use super::kinds::{self, Kind, number_at, words_at};
use crate::domain::enclosed::FileLimits;
use crate::domain::file::Media;
use crate::domain::reply::{Counting, Limits};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, CallError};
use serde_json::Value;
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
/// Where servers say how much they take: as documented, and as Pleroma, Friendica, forks and those before 3.4 do.
const CHARACTERS_AT: [&str; 3] =
    ["/configuration/statuses/max_characters", "/max_toot_chars", "/configuration/max_characters"];
const FILES_AT: [&str; 2] = ["/configuration/statuses/max_media_attachments", "/max_media_attachments"];
const DESCRIPTION_AT: [&str; 2] =
    ["/configuration/media_attachments/description_limit", "/description_limit"];
/// Where they say where they stream: version 2 of the answer, and version 1.
const STREAMING: [&str; 4] = [
    "/configuration/urls/streaming",
    "/configuration/urls/streaming_api",
    "/urls/streaming",
    "/urls/streaming_api",
];

/// What server it is, as far as that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its version, as it says.
    pub version: String,
    /// What it is, by what it says.
    pub kind: Kind,
    /// Where it streams, if it says so.
    pub streaming: Option<String>,
    characters: Option<usize>,
    link: Option<usize>,
    files: MediaTold,
    files_max: Option<usize>,
}

impl Default for Instance {
    fn default() -> Self {
        Self::read(&Value::Null, "")
    }
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

    /// A server by its own words: the answer of `/api/v2/instance` or `/api/v1/instance`, and what its `nodeinfo` calls
    /// it. Each part is read by itself, for servers put `null`, lists and nothing where something is documented.
    pub fn read(told: &Value, software: &str) -> Self {
        let version = words_at(told, &["/version"]).unwrap_or_default();
        let source = words_at(told, &["/source_url"]).unwrap_or_default();
        let mimes = told.pointer("/configuration/media_attachments/supported_mime_types");
        let mimes = mimes.and_then(Value::as_array).into_iter().flatten();
        Self {
            kind: kinds::of(&version, &source, software),
            version,
            streaming: words_at(told, &STREAMING),
            characters: number_at(told, &CHARACTERS_AT),
            link: number_at(told, &["/configuration/statuses/characters_reserved_per_url"]),
            files: MediaTold {
                supported_mime_types: mimes.filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
                image_size_limit: number_at(told, &["/configuration/media_attachments/image_size_limit"]),
                description_limit: number_at(told, &DESCRIPTION_AT),
            },
            files_max: number_at(told, &FILES_AT),
        }
    }

    /// Why nothing that only the people named in it can read goes out by this server, where that is known.
    pub const fn lacks_direct(&self) -> Option<&'static str> {
        self.kind.lacks_direct
    }

    /// Whether a second attempt with the same key is known to be answered with the first status.
    pub const fn honours_keys(&self) -> bool {
        self.kind.keys
    }

    /// Whether several statuses can be asked for in one call.
    pub fn has_many(&self) -> bool {
        self.kind.many_since.is_some_and(|since| kinds::number(&self.version) >= Some(since))
    }

    /// What it takes, and how it counts.
    pub fn limits(&self) -> Limits {
        let link = self.link.unwrap_or(LINK);
        let alike = self.kind.counts_links;
        // Others count every character of a link and of a handle.
        let counting = if alike { Counting::GraphemesWithLinks { link } } else { Counting::Scalars };
        Limits { text_max: self.characters.unwrap_or(CHARACTERS), counting, bytes_max: None }
    }
}

/// What it says of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct MediaTold {
    supported_mime_types: Vec<String>,
    image_size_limit: Option<usize>,
    description_limit: Option<usize>,
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
    /// newer is not asked the older. Where its version does not say what it is, its `nodeinfo` is asked.
    async fn instance_of(&self, client: &Client, share: Share) -> Option<Instance> {
        let mut told = Value::Null;
        for version in ["v2", "v1"] {
            match client.get::<Value>(share, &[version, "instance"], &[], WITHIN).await {
                Ok(found) if words_at(&found, &["/version"]).is_some() => {
                    told = found;
                    break;
                }
                Err(
                    Failed::Spent(_) | Failed::Call(CallError::Unknown { .. } | CallError::NotSent { .. }),
                ) => {
                    return None;
                }
                Ok(_) | Err(Failed::Unreadable | Failed::Call(_)) => {}
            }
        }
        let instance = Instance::read(&told, "");
        if instance.kind.is_known() {
            return Some(instance);
        }
        let software = software(client, share).await.unwrap_or_default();
        (!told.is_null() || !software.is_empty()).then(|| Instance::read(&told, &software))
    }
}

/// What the server's `nodeinfo` calls it. It is public, so no token goes along, and it is asked for on the server itself
/// only.
async fn software(client: &Client, share: Share) -> Option<String> {
    let ask = async |call: Call| {
        let answer = client.send(share, call).await.ok()?;
        serde_json::from_slice::<Value>(&answer.body).ok()
    };
    let links = ask(client.in_public(&[".well-known", "nodeinfo"]).within(WITHIN)).await?;
    let path =
        links["links"].as_array()?.iter().rev().find_map(|link| client.path_here(link["href"].as_str()?))?;
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let info = ask(client.in_public(&path).within(WITHIN)).await?;
    words_at(&info, &["/software/name"])
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
        Instance::read(&serde_json::json!({ "version": version }), "")
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

    fn told(json: &str) -> Instance {
        Instance::read(&serde_json::from_str(json).unwrap(), "")
    }

    #[test]
    fn limits_are_the_servers_or_the_documented_ones() {
        let read = |json: &str| told(json).limits();
        let plain = Counting::GraphemesWithLinks { link: 23 };
        assert_eq!(of("").limits(), Limits { text_max: 500, counting: plain, bytes_max: None });
        let newer = r#"{"version":"4.6.0","configuration":{"statuses":{"max_characters":5000,"characters_reserved_per_url":30}}}"#;
        let link = Counting::GraphemesWithLinks { link: 30 };
        assert_eq!(read(newer), Limits { text_max: 5000, counting: link, bytes_max: None });
        let pleroma = r#"{"version":"2.7.2 (compatible; Pleroma 2.9.1)","max_toot_chars":5000}"#;
        assert_eq!(read(pleroma), Limits { text_max: 5000, counting: Counting::Scalars, bytes_max: None });
    }

    #[test]
    fn where_it_streams_stands_in_one_of_several_places() {
        let streams = |json: &str| told(json).streaming;
        let newer = r#"{"version":"4.6.0","configuration":{"urls":{"streaming":"wss://s.example"}}}"#;
        assert_eq!(streams(newer).as_deref(), Some("wss://s.example"));
        let older = r#"{"version":"3.3.0","urls":{"streaming_api":"wss://t.example"}}"#;
        assert_eq!(streams(older).as_deref(), Some("wss://t.example"));
        for none in [
            r#"{"version":"4.6.0","configuration":{"urls":{"streaming":null}}}"#,
            r#"{"version":"4.6.0","configuration":null,"urls":[]}"#,
            r#"{"version":"4.6.0","configuration":[],"urls":{"streaming_api":""}}"#,
        ] {
            assert_eq!(streams(none), None, "{none}");
        }
    }

    #[test]
    fn one_part_in_another_shape_costs_no_other() {
        let found = told(
            r#"{"version":"4.6.0","configuration":{"statuses":{"max_characters":"600","max_media_attachments":null},
                "media_attachments":{"supported_mime_types":null,"image_size_limit":1000.5},"urls":[]}}"#,
        );
        assert_eq!((found.limits().text_max, found.kind.name), (600, "Mastodon"));
        assert_eq!(found.files(), of("4.6.0").files());
    }
}
