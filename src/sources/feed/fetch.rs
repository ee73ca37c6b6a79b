//! Fetching a feed: the conditional request, redirects one by one, what the server asks for.

use super::super::{SourceTrouble, Tally, TroubleState};
use super::{shown, web_address};
use crate::clock::Clock;
use crate::domain::time::Span;
use crate::http_client::{Answer, Budget, Call, CallError, HttpClient};
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use url::Url;

const HOPS_MAX: usize = 5;
const KNOWN_BYTES_MAX: usize = 1_024;
/// How often a feed that says it is gone is asked whether it came back.
const GONE_EVERY: Span = Span::days(1);
const FORMATS: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
     application/json;q=0.8, */*;q=0.5";

/// By which words a server knew its feed last, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    etag: Option<String>,
    modified: Option<String>,
}

/// What a look brought.
pub struct Fetched {
    /// Where was asked first.
    pub asked: Url,
    /// Where it was found.
    pub url: Url,
    /// The address to which it has moved for good.
    pub moved: Option<Url>,
    /// The feed; `None` if it is as it was.
    pub body: Option<Bytes>,
    /// By which words it is known from now on.
    pub known: Known,
    /// How long the server asks to be left alone.
    pub rest: Span,
}

/// One look.
pub struct Fetch<'a> {
    pub http: &'a HttpClient,
    pub clock: &'a Arc<dyn Clock>,
    pub budget: &'a Budget,
    pub tally: &'a Tally,
    pub bytes_max: usize,
    pub url: Url,
    pub known: &'a Known,
}

impl Fetch<'_> {
    /// Asks, and follows redirects; each is checked like a first call.
    pub async fn run(self) -> Result<Fetched, SourceTrouble> {
        let (mut at, mut moved, mut for_good) = (self.url.clone(), None, true);
        for _ in 0..=HOPS_MAX {
            let answer = self.ask(&at).await?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(self.found(answer, at, moved));
            }
            let to = answer.headers.get(LOCATION).and_then(|v| v.to_str().ok());
            let to = to.and_then(|t| at.join(t).ok()).and_then(|u| web_address(u.as_str()));
            let Some(to) = to else {
                return Err(SourceTrouble::new(TroubleState::Broken, "it redirects to no web address"));
            };
            for_good &= matches!(answer.status, 301 | 308);
            if for_good {
                moved = Some(to.clone());
            }
            at = to;
        }
        Err(SourceTrouble::new(TroubleState::Broken, format!("more than {HOPS_MAX} redirects")))
    }

    async fn ask(&self, url: &Url) -> Result<Answer, SourceTrouble> {
        let key = format!("public@{}", url.host_str().unwrap_or_default());
        let now = self.clock.now();
        self.budget.take(&key).map_err(|until| SourceTrouble::spent(until, now))?;
        self.tally.add(&key);
        let call = Call::get(url.clone()).stays().takes(&[301, 302, 303, 304, 307, 308]);
        let call = call.bytes_max(self.bytes_max).header(ACCEPT, HeaderValue::from_static(FORMATS));
        let call = with(call, IF_NONE_MATCH, self.known.etag.as_deref());
        let call = with(call, IF_MODIFIED_SINCE, self.known.modified.as_deref());
        let answer = self.http.send(call).await;
        if let Err(CallError::Status { code: 429, hint, .. }) = &answer {
            // Its other feeds are as little welcome.
            self.budget.close(&key, self.clock.now().plus(hint.wait.unwrap_or(Span::minutes(5))));
        }
        answer.map_err(|error| match error {
            CallError::Status { code: 410, .. } => SourceTrouble::new(
                TroubleState::Gone,
                format!("{} is gone for good, its server says", shown(url)),
            )
            .after(GONE_EVERY),
            CallError::Status { code: code @ (401 | 403), .. } => SourceTrouble::new(
                TroubleState::Broken,
                format!("the server does not show it to us ({code})"),
            ),
            other => SourceTrouble::of(&other, TroubleState::Broken, self.clock.now()),
        })
    }

    fn found(self, answer: Answer, url: Url, moved: Option<Url>) -> Fetched {
        let text = |name: HeaderName| {
            let value = answer.headers.get(name)?.to_str().ok()?;
            (value.len() <= KNOWN_BYTES_MAX).then(|| value.to_owned())
        };
        let known = Known { etag: text(ETAG), modified: text(LAST_MODIFIED) };
        let rest = answer.hint.spent().unwrap_or_default().max(fresh_for(&answer.headers));
        let body = (answer.status != 304).then_some(answer.body);
        Fetched { asked: self.url, url, moved, body, known, rest }
    }
}

fn with(call: Call, name: HeaderName, value: Option<&str>) -> Call {
    match value.and_then(|v| HeaderValue::from_str(v).ok()) {
        Some(value) => call.header(name, value),
        None => call,
    }
}

/// How long the answer is good for, as `Cache-Control` says.
fn fresh_for(headers: &HeaderMap) -> Span {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|v| v.to_str().ok());
    let directives: Vec<String> =
        values.flat_map(|v| v.split(',')).map(|d| d.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|d| d == "no-cache" || d == "no-store") {
        return Span(0);
    }
    let age = directives.iter().find_map(|d| d.strip_prefix("max-age=")?.trim_matches('"').parse().ok());
    Span::seconds(age.unwrap_or(0_i64).clamp(0, 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_an_answer_is_good_for() {
        let check = |value: &str, seconds: i64| {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, value.parse().unwrap());
            assert_eq!(fresh_for(&headers), Span::seconds(seconds), "{value}");
        };
        check("max-age=1800", 1_800);
        check("public, Max-Age=\"60\"", 60);
        check("no-cache, max-age=1800", 0);
        check("max-age=-5", 0);
        check("max-age=soon", 0);
        check("max-age=99999999", 86_400);
        assert_eq!(fresh_for(&HeaderMap::new()), Span(0));
    }
}
