//! The one door in front of every route: token, rate, scope, kind of body, version, key; and what every answer
//! carries.

use super::ask::{Call, Reply};
use super::once::{self, Begun, Once};
use super::problem::{Kind, Problem, logged};
use super::seen;
use super::table::{Endpoint, Sort};
use super::{Api, Near};
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::tokens::Bearer;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Largest body in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// The same where a file comes along, which Base64 makes a third larger.
pub(super) const FILE_BODY_BYTES_MAX: usize = 14 * 1024 * 1024;
/// How many tokens' rates are remembered before those that rest are forgotten.
const RATES_MAX: usize = 10_000;
const MINUTE_MS: i64 = 60_000;

/// Counts what each token asks, in this process.
#[derive(Debug)]
pub struct Door {
    per_minute: u32,
    rates: Mutex<HashMap<String, Rate>>,
}

/// What is left of a token's requests, in thousandths, at an instant.
#[derive(Clone, Copy, Debug)]
struct Rate {
    left: i64,
    at: i64,
}

impl Door {
    /// A door that lets so many requests of each token through in a minute.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), rates: Mutex::default() }
    }

    /// Takes one request of a token's; tells how many seconds to wait if there is none.
    fn pass(&self, token: &str, now: Timestamp) -> Result<(), i64> {
        let most = i64::from(self.per_minute) * 1000;
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.len() > RATES_MAX {
            rates.retain(|_, rate| now.millis() - rate.at < MINUTE_MS);
        }
        let rate = rates.entry(token.to_owned()).or_insert(Rate { left: most, at: now.millis() });
        let since = (now.millis() - rate.at).clamp(0, MINUTE_MS);
        rate.left = (rate.left + since * most / MINUTE_MS).min(most);
        rate.at = now.millis();
        if rate.left < 1000 {
            let wait = (1000 - rate.left) * MINUTE_MS / most;
            return Err((wait + 999) / 1000);
        }
        rate.left -= 1000;
        Ok(())
    }
}

/// Lets a request in, carries it out and dresses the answer.
pub async fn enter(api: Api, endpoint: Arc<Endpoint>, path: RawPathParams, request: Request) -> Response {
    match admitted(&api, &endpoint, &path, request).await {
        Ok(response) => response,
        Err(problem) => logged(&api, problem).answer(),
    }
}

async fn admitted(
    api: &Api,
    endpoint: &Arc<Endpoint>,
    path: &RawPathParams,
    request: Request,
) -> Result<Response, Problem> {
    let bearer = bearer(api, request.headers()).await?;
    if let Err(seconds) = api.door.pass(&bearer.token_id, api.clock.now()) {
        let what = format!("a token may ask {} times a minute", api.per_minute);
        let mut problem = Problem::new(Kind::TooMany, what);
        problem.retry_after = Some(seconds);
        return Err(problem);
    }
    let near = request.extensions().get::<Near>().cloned().unwrap_or_default();
    let caller = bearer.caller(&near.0);
    if let Err(what) = allowed(api, endpoint, &bearer, &request) {
        let (act, target) = (format!("door.{}", endpoint.right.code()), endpoint.path);
        let target = format!("{} {target}", endpoint.method);
        api.people.by(caller).note_refused(&act, &target, "").await?;
        return Err(Problem::new(Kind::Scope, what));
    }
    let (head, body) = request.into_parts();
    let body = match endpoint.sort {
        Sort::Read => Bytes::new(),
        _ if endpoint.files => sent(&head.headers, body, FILE_BODY_BYTES_MAX).await?,
        _ => sent(&head.headers, body, BODY_BYTES_MAX).await?,
    };
    let seen = match endpoint.sort {
        Sort::Act => version_seen(&head.headers)?,
        _ => 0,
    };
    let said = seen::said(endpoint, &head.headers)?;
    let if_match = match endpoint.method {
        "PUT" if head.headers.contains_key(header::IF_MATCH) => Some(version_seen(&head.headers)?),
        _ => None,
    };
    let mut call = Call {
        api: api.clone(),
        bearer,
        path: path.iter().map(|(k, v)| (k.to_owned(), v.replace('\0', "\u{fffd}"))).collect(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body,
        seen,
        if_match,
        once: None,
        caller,
        address: near.0,
    };
    let key = head.headers.get("idempotency-key");
    if let Some(key) = key.filter(|_| matches!(endpoint.sort, Sort::Write | Sort::Act)) {
        let version = head.headers.get(header::IF_MATCH).map_or(&[][..], |v| v.as_bytes());
        let at = head.uri.path().as_bytes();
        // With the token itself, which is kept nowhere: a body may hold a password, and nobody who reads the database is
        // to try words against a mere hash of it.
        let token = head.headers.get(header::AUTHORIZATION).map_or(&[][..], |v| v.as_bytes());
        let request: [&[u8]; 5] = [token, endpoint.method.as_bytes(), at, version, &call.body];
        let key = key.to_str().unwrap_or_default();
        match once::begin(api, &call.bearer.token_id, key, &request).await? {
            Begun::Go(once) => call.once = Some(once),
            Begun::Done(status, etag, body) => return Ok(again(status, etag.as_deref(), body)),
        }
    }
    let reply = done(api, endpoint, call, said).await?;
    Ok(dressed(endpoint.sort, &head.headers, reply))
}

/// Whether a token may ask this: by its scopes, by the table of roles, and by what its person sees.
fn allowed(api: &Api, endpoint: &Endpoint, bearer: &Bearer, request: &Request) -> Result<(), String> {
    if !bearer.has(endpoint.scope) {
        let (scope, held) = (endpoint.scope.code(), scopes(bearer));
        return Err(format!("the scope '{scope}' is needed; the token has {held}"));
    }
    let csv = endpoint.csv
        && request.uri().query().is_some_and(|query| {
            url::form_urlencoded::parse(query.as_bytes()).any(|(k, v)| k == "format" && v == "csv")
        });
    let rights = [Some(endpoint.right), csv.then_some(Right::Export)];
    if let Some(right) = rights.into_iter().flatten().find(|r| !bearer.role.may(*r)) {
        return Err(format!("somebody in the role '{}' may not '{}'", bearer.role.code(), right.code()));
    }
    // To the store no brand means every brand: who sees none gets no further than here.
    let all = api.catalogue.get();
    let let_through = all.brands.iter().filter(|b| bearer.walls.let_see(&b.id));
    if !bearer.walls.is_open() && let_through.clone().next().is_none() {
        return Err("its person sees no brand".to_owned());
    }
    // Nor does a token whose own brands lie behind the walls of its person, or are watched no more.
    if !bearer.brands.is_empty() && !let_through.clone().any(|b| bearer.sees(&b.brand.name)) {
        return Err("the token sees no brand that its person sees and that is watched".to_owned());
    }
    Ok(())
}

/// Carries a request out and keeps its answer under its key; with a key in a task of its own, so that whoever hangs up
/// meanwhile finds under the key what was done.
async fn done(
    api: &Api,
    endpoint: &Arc<Endpoint>,
    call: Call,
    said: Option<String>,
) -> Result<Reply, Problem> {
    let Some(once) = call.once.clone() else { return seen::carried(endpoint, call, said).await };
    let (api, endpoint) = (api.clone(), endpoint.clone());
    let work = async move {
        let done = seen::carried(&endpoint, call, said).await;
        kept(&api, once, done).await
    };
    let lost = || Problem::new(Kind::Internal, "the work was interrupted; look at what was done");
    tokio::spawn(work).await.unwrap_or_else(|_| Err(lost()))
}

/// Keeps what is answered under its key, unless that was done with it; gives the key back to whoever was refused.
async fn kept(api: &Api, once: Once, done: Result<Reply, Problem>) -> Result<Reply, Problem> {
    match done {
        Ok(reply) if !reply.kept => {
            once.keep_after(api, &reply).await?;
            Ok(reply)
        }
        Err(problem) => {
            // Of what failed on our side nobody knows how far it came.
            let refused = !matches!(problem.kind, Kind::Internal | Kind::Unavailable);
            once.release(api, refused).await;
            Err(problem)
        }
        done => done,
    }
}

async fn bearer(api: &Api, headers: &HeaderMap) -> Result<Bearer, Problem> {
    let refused = || Problem::new(Kind::Token, "send 'Authorization: Bearer' and a token that is good");
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (sent.next(), sent.next()) else { return Err(refused()) };
    let (scheme, token) = one.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused());
    }
    api.tokens.who(token.trim()).await?.ok_or_else(refused)
}

fn scopes(bearer: &Bearer) -> String {
    let held: Vec<&str> = bearer.scopes.iter().map(|s| s.code()).collect();
    if held.is_empty() { "none".to_owned() } else { held.join(", ") }
}

/// What was sent, if it is JSON and not too much.
async fn sent(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    let large = || Problem::new(Kind::TooLarge, format!("at most {bytes_max} bytes are read"));
    let bytes = to_bytes(body, bytes_max).await.map_err(|_| large())?;
    if bytes.is_empty() {
        return Ok(bytes);
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(bytes);
    }
    let what = "a body is application/json";
    Err(Problem::new(Kind::Media, what).by("Content-Type", what))
}

/// The version that was seen: `"12"`, with what may stand behind it in an `ETag`.
fn version_seen(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(sent) = headers.get(header::IF_MATCH) else {
        let what = "an act needs the version of the case that was seen, such as \"12\"";
        return Err(Problem::new(Kind::Version, format!("If-Match: {what}")).by("If-Match", what));
    };
    let read = sent.to_str().ok().and_then(|text| {
        let text = text.trim();
        let text = text.strip_prefix("W/").unwrap_or(text);
        let inner = text.strip_prefix('"')?.strip_suffix('"')?;
        inner.split('-').next()?.parse::<i64>().ok().filter(|v| *v >= 0)
    });
    read.ok_or_else(|| {
        let what = "one version in quotes, such as \"12\"; no list, no '*'";
        Problem::new(Kind::Request, format!("If-Match: {what}")).by("If-Match", what)
    })
}

/// An answer with its tag; none of it where the one who asks has it.
fn dressed(sort: Sort, headers: &HeaderMap, reply: Reply) -> Response {
    let tag = match (sort, reply.version) {
        (Sort::Read, version) => Some(tag(version, &reply.body)),
        (_, Some(version)) => Some(format!("\"{version}\"")),
        _ => None,
    };
    let known = |tag: &String| {
        let sent = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
        sent.split(',').map(|t| t.trim().trim_start_matches("W/")).any(|t| t == tag || t == "*")
    };
    if sort == Sort::Read && tag.as_ref().is_some_and(known) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        set_tag(&mut response, tag.as_deref());
        return response;
    }
    let mut response = plain(reply.status, reply.media, reply.body);
    set_tag(&mut response, tag.as_deref());
    response
}

/// The tag of something that was read.
pub(super) fn tag(version: Option<i64>, body: &str) -> String {
    let sum = URL_SAFE_NO_PAD.encode(&Sha256::digest(body.as_bytes())[..9]).replace('-', "_");
    match version {
        Some(version) => format!("\"{version}-{sum}\""),
        None => format!("\"{sum}\""),
    }
}

/// What was answered before, again.
fn again(status: u16, etag: Option<&str>, body: String) -> Response {
    let mut response = plain(status, super::ask::JSON, body);
    set_tag(&mut response, etag);
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

fn plain(status: u16, media: &'static str, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(media))], body).into_response()
}

fn set_tag(response: &mut Response, tag: Option<&str>) {
    if let Some(tag) = tag.and_then(|t| HeaderValue::from_str(t).ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Span;

    #[test]
    fn a_token_that_asks_too_much_waits_and_locks_nobody_else_out() {
        let (door, now) = (Door::new(60), Timestamp(1_000_000));
        assert!((0..60).all(|_| door.pass("a", now).is_ok()));
        assert_eq!(door.pass("a", now), Err(1));
        assert!(door.pass("b", now).is_ok());
        assert!(door.pass("a", now.plus(Span::seconds(1))).is_ok());
        assert_eq!(door.pass("a", now.plus(Span::seconds(1))), Err(1));
        assert!(door.pass("a", now.minus(Span::hours(1))).is_err(), "a clock that is put back gives nothing");
    }

    #[test]
    fn versions_are_read_as_tags_are_written() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_str(text).unwrap());
            version_seen(&headers).ok()
        };
        for good in ["\"12\"", "W/\"12\"", &tag(Some(12), "body"), " \"12\" "] {
            assert_eq!(of(good), Some(12), "{good}");
        }
        for bad in ["12", "*", "\"12\", \"13\"", "\"-1\"", "\"x\"", "\"\"", "\""] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
