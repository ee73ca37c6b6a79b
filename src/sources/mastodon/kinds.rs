//! What differs between the servers that speak Mastodon's API, as one table: a kind is told by what the server says it
//! is (the version of `/api/v1/instance` and `/api/v2/instance`, the address of its source, its `nodeinfo`), and
//! everything that depends on it is asked here.
//!
//! **What was verified, and how** (November 2026). Read in the source of each: Friendica (texts are read as Markdown,
//! whether asked for or not; `direct` is taken by those since 2022; notifications begin at `min_id`, kinds cannot be
//! chosen), GoToSocial (`content_type`, Unicode characters counted together with the warning, `mutuals_only`), Pixelfed
//! (`min_id` must be at least 1; `public`, `unlisted` and `private` only), Iceshrimp.NET (keys of answers held for a
//! day, `local`), Sharkey (calls itself `like Akkoma`, and is none). From published documentation: Mastodon's keys,
//! Pleroma's and Akkoma's keys, content types and scopes. From what others report: how each streams. What nobody knows
//! is treated with care: no key is trusted, every character counts, both ways of streaming are tried.

use serde_json::Value;

/// How a server tells at once what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// It is asked for events, and where it refuses those for a web socket.
    Asked,
    /// By web sockets only.
    Sockets,
    /// Not at all.
    Nowhere,
}

/// How a server reads the words of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// As they stand.
    Plain,
    /// As they stand if that is asked for; otherwise as the account prefers.
    AsAsked,
    /// As Markdown or the like, whatever is asked.
    Always,
}

/// One kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What people call it.
    pub name: &'static str,
    /// By which words it is known, in small letters.
    words: &'static [&'static str],
    /// Whether a second attempt with the same key is answered with the first status.
    pub keys: bool,
    /// How it streams.
    pub streams: Streams,
    /// Whether links count as one length and handles without their server; elsewhere every character counts.
    pub counts_links: bool,
    /// How it reads the words of an answer.
    pub markup: Markup,
    /// Why nothing that only the people named in it can read goes out by it.
    pub lacks_direct: Option<&'static str>,
    /// Since which version several statuses can be asked for in one call.
    pub many_since: Option<(u32, u32)>,
    /// Whether lists can be read from before their first number.
    pub from_zero: bool,
}

/// What holds of a server of which nobody here knows the kind.
const UNKNOWN: Kind = Kind {
    name: "",
    words: &[],
    keys: false,
    streams: Streams::Asked,
    counts_links: false,
    markup: Markup::Plain,
    lacks_direct: None,
    many_since: None,
    from_zero: true,
};
/// What holds until a server has told what it is: what the API documents, but no key is trusted.
pub const UNTOLD: Kind = Kind { counts_links: true, ..UNKNOWN };

const MASTODON: Kind = Kind {
    name: "Mastodon",
    words: &["mastodon"],
    keys: true,
    counts_links: true,
    many_since: Some((4, 3)),
    ..UNKNOWN
};
const GOTOSOCIAL: Kind = Kind {
    name: "GoToSocial",
    words: &["gotosocial"],
    streams: Streams::Sockets,
    markup: Markup::AsAsked,
    ..UNKNOWN
};
const NO_DIRECT: &str = "Pixelfed takes no posts that only the people named in them can read";

/// The kinds that are known; who calls itself like another one stands before that.
const KINDS: [Kind; 12] = [
    // 3.0.0 (compatible; Sharkey 2025.4.3; like Akkoma)
    Kind { name: "Sharkey", words: &["sharkey"], markup: Markup::Always, ..UNKNOWN },
    // 4.2.1 (compatible; Iceshrimp.NET/2025.1)
    Kind { name: "Iceshrimp.NET", words: &["iceshrimp.net"], keys: true, markup: Markup::Always, ..UNKNOWN },
    // 4.2.1 (compatible; Iceshrimp 2023.12.14)
    Kind { name: "Iceshrimp", words: &["iceshrimp"], markup: Markup::Always, ..UNKNOWN },
    Kind { name: "Firefish", words: &["firefish", "catodon"], markup: Markup::Always, ..UNKNOWN },
    GOTOSOCIAL,
    // 2.7.2 (compatible; Akkoma 3.15.2)
    Kind {
        name: "Akkoma",
        words: &["akkoma"],
        keys: true,
        streams: Streams::Sockets,
        markup: Markup::AsAsked,
        ..UNKNOWN
    },
    Kind {
        name: "Pleroma",
        words: &["pleroma"],
        keys: true,
        streams: Streams::Sockets,
        markup: Markup::AsAsked,
        ..UNKNOWN
    },
    // 3.5.3 (compatible; Pixelfed 0.12.4)
    Kind {
        name: "Pixelfed",
        words: &["pixelfed"],
        streams: Streams::Nowhere,
        lacks_direct: Some(NO_DIRECT),
        from_zero: false,
        ..UNKNOWN
    },
    // 2.8.0 (compatible; Friendica 2024.12)
    Kind {
        name: "Friendica",
        words: &["friendica"],
        streams: Streams::Nowhere,
        markup: Markup::Always,
        ..UNKNOWN
    },
    // 4.4.0+glitch
    Kind { name: "Mastodon (glitch)", words: &["glitch"], markup: Markup::AsAsked, ..MASTODON },
    // 4.0.15+hometown-1.1.1
    Kind { name: "Mastodon (Hometown)", words: &["hometown"], ..MASTODON },
    MASTODON,
];

impl Kind {
    /// Whether it is one that is known.
    pub const fn is_known(&self) -> bool {
        !self.name.is_empty()
    }

    /// What differs there, in words for who sets it up.
    pub fn told(&self) -> String {
        let streams = match self.streams {
            Streams::Asked => "asked for events and then for a web socket to tell at once",
            Streams::Sockets => "tells at once by web sockets",
            Streams::Nowhere => "does not tell at once: it is looked at only",
        };
        let counts = if self.counts_links {
            "links count as one length, handles without their server"
        } else {
            "every character counts"
        };
        let markup = match self.markup {
            Markup::Plain => "answers are plain text",
            Markup::AsAsked => "answers are sent as plain text, whatever the account prefers",
            Markup::Always => "answers are read as Markdown or the like: stars, lines and signs become shape",
        };
        format!("{streams}; {counts}; {markup}")
    }
}

/// The kind of a server by its own words: its version, where its source stands, what its `nodeinfo` calls it; any may be
/// empty. None where they do not say.
pub fn named(version: &str, source: &str, software: &str) -> Option<Kind> {
    let by = |text: &str| {
        let text = text.to_ascii_lowercase();
        KINDS.iter().find(|kind| kind.words.iter().any(|word| text.contains(word))).copied()
    };
    // The source of Mastodon and that of its forks and doubles are called alike; there its version decides.
    let forks = |kind: &Kind| kind.name != MASTODON.name;
    by(software).or_else(|| by(version)).or_else(|| by(source).filter(forks)).or_else(|| numbered(version))
}

/// The kind that says no more than its numbers.
fn numbered(version: &str) -> Option<Kind> {
    let is_bare = !["compatible", "(", "/"].iter().any(|sign| version.contains(sign));
    match number(version).filter(|_| is_bare)? {
        // GoToSocial may leave its name out of its version, whose numbers begin with 0.
        (0, _) => Some(GOTOSOCIAL),
        (1, _) => None,
        _ => Some(MASTODON),
    }
}

/// The kind of a server that has answered, whatever it said.
pub fn of(version: &str, source: &str, software: &str) -> Kind {
    let is_silent = version.is_empty() && software.is_empty();
    named(version, source, software).unwrap_or(if is_silent { UNTOLD } else { UNKNOWN })
}

/// The first two numbers of a version.
pub fn number(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.trim_start_matches('v').split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// A number at the first of these places where one stands, whatever it is written as.
pub fn number_at(told: &Value, places: &[&str]) -> Option<usize> {
    let read = |value: &Value| match value {
        Value::Number(n) => n.as_u64().and_then(|n| usize::try_from(n).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    places.iter().filter_map(|place| read(told.pointer(place)?)).find(|n| *n > 0)
}

/// Words at the first of these places where some stand.
pub fn words_at(told: &Value, places: &[&str]) -> Option<String> {
    let read =
        |place: &str| told.pointer(place).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    places.iter().find_map(|place| read(place)).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_server_is_what_it_says_it_is() {
        for (version, name) in [
            ("4.6.0", "Mastodon"),
            ("v3.5.19", "Mastodon"),
            ("4.4.1+glitch", "Mastodon (glitch)"),
            ("4.0.15+hometown-1.1.1", "Mastodon (Hometown)"),
            ("0.19.1+git-abc", "GoToSocial"),
            ("4.2.1+gotosocial-0.19", "GoToSocial"),
            ("2.7.2 (compatible; Pleroma 2.9.1)", "Pleroma"),
            ("2.7.2 (compatible; Akkoma 3.15.2)", "Akkoma"),
            ("3.5.3 (compatible; Pixelfed 0.12.4)", "Pixelfed"),
            ("2.8.0 (compatible; Friendica 2024.12)", "Friendica"),
            ("4.2.1 (compatible; Iceshrimp 2023.12)", "Iceshrimp"),
            ("4.2.1 (compatible; Iceshrimp.NET/2025.1)", "Iceshrimp.NET"),
            ("3.0.0 (compatible; Sharkey 2025.4.3; like Akkoma)", "Sharkey"),
            ("4.0.0 (compatible; Mitra 3.0.0)", ""),
            ("4.0.0 (not true; really snac/2.52)", ""),
            ("takahe/0.10", ""),
            ("1.2.3", ""),
            ("x.y", ""),
            ("", ""),
        ] {
            assert_eq!(of(version, "", "").name, name, "{version}");
        }
    }

    #[test]
    fn source_and_nodeinfo_tell_what_a_version_does_not() {
        assert_eq!(of("4.4.0", "https://github.com/glitch-soc/mastodon", "").name, "Mastodon (glitch)");
        assert_eq!(of("odd", "https://github.com/mastodon/mastodon", "").name, "");
        assert_eq!(of("odd", "", "mastodon").name, "Mastodon");
        assert_eq!(of("4.2.0", "", "gotosocial").name, "GoToSocial", "what it calls itself comes first");
        assert_eq!(of("", "", "something").name, "");
        assert_eq!(of("", "", ""), UNTOLD);
        assert_ne!(of("odd", "", ""), UNTOLD);
    }

    #[test]
    fn what_is_not_known_is_treated_with_care() {
        let found = of("4.0.0 (compatible; Mitra 3.0.0)", "", "");
        assert!(!found.is_known() && !found.keys && !found.counts_links && found.many_since.is_none());
        assert_eq!(found.streams, Streams::Asked);
        // Only where it is documented or read in the source is a key trusted.
        let trusted: Vec<&str> = KINDS.iter().filter(|k| k.keys).map(|k| k.name).collect();
        let expected =
            ["Iceshrimp.NET", "Akkoma", "Pleroma", "Mastodon (glitch)", "Mastodon (Hometown)", "Mastodon"];
        assert_eq!(trusted, expected);
    }

    #[test]
    fn numbers_and_words_are_found_wherever_and_however_they_stand() {
        let told = json!({"a": {"n": null}, "b": "500", "c": 0, "d": 7.5, "urls": [], "e": " x ", "f": ""});
        assert_eq!(number_at(&told, &["/a/n", "/c", "/d", "/urls/n", "/b"]), Some(500));
        assert_eq!(number_at(&told, &["/a/n", "/nowhere"]), None);
        assert_eq!(words_at(&told, &["/f", "/b/x", "/e"]).as_deref(), Some("x"));
    }
}
