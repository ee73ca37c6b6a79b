//! Reviews: of places (Google Business Profile), of apps (Google Play, App Store) and of companies (Trustpilot).
//!
//! What they have in common is written once here: a list that is read newest first with an overlap, one answer of ours
//! to each review that stands in the review itself, no private channel, no file with an answer. Each platform says as
//! data how it is asked and what it tells (`Site`); what is done with that is the same for all.
//!
//! Our answer is known by its words; one that was typed in the platform's own app is found with the next look and
//! settles the case. Sending an answer again replaces the one before, so an attempt whose end nobody heard of may go
//! again when the review shows none. What an author changes becomes a further message of the same case ([`review`]).
//!
//! **What was verified, and how.** From the platforms' documentation, read in 2026: how reviews are listed, asked for and
//! answered at Google Business Profile and Google Play, that Play lists only reviews with words whose last change lies
//! within a week, newest change first; that App Store Connect overwrites a response when one is there; Trustpilot's
//! address for answers. From memory, never reached while building: the length of answers, Trustpilot's private list and
//! whether a second answer there replaces the first, how soon a list shows what was written, quotas. Checked against
//! fakes with ledgers of their own.

mod app_store;
mod client;
pub mod config;
mod examine;
mod google_business;
mod google_play;
mod jwt;
mod poll;
mod recheck;
mod reply;
pub mod review;
mod sweep;
mod trustpilot;

use super::grants::Grants;
use super::{Examine, Outside, Poll, Recheck, Reply, Source, Sweep};
use crate::domain::reply::{Counting, Limits};
use crate::domain::time::{Span, Timestamp};
use client::{Ask, Client, Login};
use config::{AppStoreConfig, GoogleBusinessConfig, GooglePlayConfig, TrustpilotConfig};
use http::Method;
use review::{Of, Review};
use serde_json::Value;
use url::Url;

/// How long a token may take to be fetched.
const TOKEN_WITHIN: Span = Span::seconds(8);
/// Most places, apps or units of one source.
pub const PLACES_MAX: usize = 500;

/// The platforms, as posts name them.
pub const PLATFORMS: [&str; 4] = ["google_business", "google_play", "app_store", "trustpilot"];

/// What a platform takes as an answer.
pub fn limits(platform: &str) -> Option<Limits> {
    let (text_max, counting, bytes_max) = match platform {
        // It counts bytes.
        "google_business" => (4_096, Counting::Scalars, Some(4_096)),
        "google_play" => (350, Counting::Scalars, None),
        "app_store" => (5_970, Counting::Scalars, None),
        "trustpilot" => (10_000, Counting::Scalars, None),
        _ => return None,
    };
    Some(Limits { text_max, counting, bytes_max })
}

/// A page of reviews, as the platform has them: each one, or what stood there if it could not be read.
#[derive(Clone, Debug, Default)]
struct Page {
    reviews: Vec<Result<Review, String>>,
    next: Option<String>,
}

/// How one platform is asked, and what it tells. Pure.
trait Site: Send + Sync {
    /// The platform, also the kind of source.
    fn platform(&self) -> &'static str;
    /// As people call it.
    fn name(&self) -> &'static str;
    /// What to do about a refusal.
    fn advice(&self) -> &'static str;
    /// For how long after its last change a review is shown, if not for good.
    fn shown_for(&self) -> Option<Span> {
        None
    }
    /// Whether it tells when a review was changed.
    fn tells_changes(&self) -> bool {
        true
    }
    /// Asks for a page of a place's reviews, newest first.
    fn list(&self, place: &str, page: Option<&str>) -> Ask;
    /// Reads such a page; `None` where it is none.
    fn read_page(&self, place: &str, page: Option<&str>, told: &Value) -> Option<Page>;
    /// Asks for one review.
    fn one(&self, review: &str) -> Ask;
    /// Reads it.
    fn read_one(&self, review: &str, told: &Value) -> Option<Review>;
    /// Answers a review.
    fn answer(&self, review: &str, text: &str) -> (Method, Ask, Value);
    /// Reads how that was taken: the time of the answer, if it is told; `None` where nobody can tell whether it was.
    fn read_answer(&self, body: &[u8]) -> Option<Answered>;
}

/// That an answer was taken, with its time if that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answered(Option<Timestamp>);

/// The reviews of one credential.
pub struct Reviews {
    name: String,
    counts_from: Option<Timestamp>,
    every: Span,
    asks: bool,
    /// How many calls in which time the settings give.
    calls: (u32, Span),
    places: Vec<String>,
    site: Box<dyn Site>,
    client: Client,
    grants: Grants,
}

impl std::fmt::Debug for Reviews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reviews").field("credential", &self.client.credential()).finish_non_exhaustive()
    }
}

/// What every kind is built from.
struct Parts<'a> {
    name: &'a str,
    counts_from: Option<Timestamp>,
    every_seconds: i64,
    asks: bool,
    places: Vec<String>,
    api_url: &'a str,
    calls: (u32, Span),
}

impl Reviews {
    /// Places on Google Maps.
    pub fn google_business(
        name: &str,
        counts_from: Option<Timestamp>,
        c: &GoogleBusinessConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let (every_seconds, asks) = (c.every_seconds, c.answer_bare_stars);
        let calls = (c.calls_per_minute, Span::minutes(1));
        let places = c.locations.clone();
        let parts = Parts { name, counts_from, every_seconds, asks, places, api_url: &c.api_url, calls };
        let login = google_business::login(c)?;
        Self::of(&parts, Box::new(google_business::Business), login, outside)
    }

    /// Apps on Google Play.
    pub fn google_play(
        name: &str,
        counts_from: Option<Timestamp>,
        c: &GooglePlayConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let (every_seconds, asks) = (c.every_seconds, c.answer_bare_stars);
        let calls = (c.calls_per_hour, Span::hours(1));
        let places = c.packages.clone();
        let parts = Parts { name, counts_from, every_seconds, asks, places, api_url: &c.api_url, calls };
        let login = google_play::login(c)?;
        Self::of(&parts, Box::new(google_play::Play), login, outside)
    }

    /// Apps on the App Store.
    pub fn app_store(
        name: &str,
        counts_from: Option<Timestamp>,
        c: &AppStoreConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let (every_seconds, asks) = (c.every_seconds, c.answer_bare_stars);
        let calls = (c.calls_per_hour, Span::hours(1));
        let places = c.apps.clone();
        let parts = Parts { name, counts_from, every_seconds, asks, places, api_url: &c.api_url, calls };
        let login = app_store::login(c)?;
        Self::of(&parts, Box::new(app_store::Store), login, outside)
    }

    /// A company on Trustpilot.
    pub fn trustpilot(
        name: &str,
        counts_from: Option<Timestamp>,
        c: &TrustpilotConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let (every_seconds, asks) = (c.every_seconds, c.answer_bare_stars);
        let calls = (c.calls_per_minute, Span::minutes(1));
        let places = c.business_units.clone();
        let parts = Parts { name, counts_from, every_seconds, asks, places, api_url: &c.api_url, calls };
        let login = trustpilot::login(c)?;
        let user = Some(c.business_user.trim().to_owned()).filter(|u| !u.is_empty());
        Self::of(&parts, Box::new(trustpilot::Trustpilot { user }), login, outside)
    }

    fn of(parts: &Parts<'_>, site: Box<dyn Site>, login: Login, outside: &Outside) -> Result<Self, String> {
        let kind = site.platform();
        let places: Vec<String> = parts.places.iter().map(|p| p.trim().to_owned()).collect();
        if places.is_empty() || places.len() > PLACES_MAX || places.iter().any(String::is_empty) {
            return Err(format!("{kind}: it needs 1 to {PLACES_MAX} places, apps or units"));
        }
        let server = address(kind, "api_url", parts.api_url)?;
        let credential = format!("{kind}:{}@{}", parts.name, places[0]);
        let around = (outside.http.clone(), outside.clock.clone());
        // One page of each place must fit into the calls that reading has.
        let (calls, per) = parts.calls;
        let least = per.millis() * places.len() as i64 * 2 / i64::from((calls * 4 / 5).max(1)) / 1_000;
        let client = Client::new((server, site.name()), credential, login, parts.calls, around);
        Ok(Self {
            name: parts.name.to_owned(),
            counts_from: parts.counts_from,
            every: Span::seconds(parts.every_seconds.clamp(1, 86_400).max(least)),
            asks: parts.asks,
            calls: parts.calls,
            places,
            site,
            client,
            grants: Grants::default(),
        })
    }

    fn about(&self) -> Of<'_> {
        Of { platform: self.site.platform(), asks: self.asks }
    }
}

/// A web address of the settings.
fn address(kind: &str, field: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    url.ok_or_else(|| format!("{kind}.{field}: it is no web address"))
}

/// A text of a value, without what surrounds it; `None` where it is empty or none.
fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|t| !t.is_empty()).map(ToOwned::to_owned)
}

/// An instant of a value, RFC 3339; without a zone it is UTC.
fn time_of(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    Timestamp::parse(text).or_else(|_| Timestamp::parse(&format!("{text}Z"))).ok()
}

/// Each of a list of rows read, or kept as it came.
fn each(rows: &Value, read: impl Fn(&Value) -> Option<Review>) -> Option<Vec<Result<Review, String>>> {
    let rows = match rows {
        Value::Null => return Some(Vec::new()),
        rows => rows.as_array()?,
    };
    Some(rows.iter().map(|row| read(row).ok_or_else(|| row.to_string())).collect())
}

impl Source for Reviews {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        self.site.platform()
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn poll(&self) -> Option<&dyn Poll> {
        Some(self)
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }

    fn recheck(&self) -> Option<&dyn Recheck> {
        Some(self)
    }

    fn examine(&self) -> Option<&dyn Examine> {
        Some(self)
    }

    fn grants(&self) -> Option<&Grants> {
        Some(&self.grants)
    }

    fn sweep(&self) -> Option<&dyn Sweep> {
        Some(self)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.client.take_calls()
    }
}
