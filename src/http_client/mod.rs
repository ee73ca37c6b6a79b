//! The one client for calls to the outside world.
//!
//! It holds what every such call needs: time limits, a limit on how much of an answer is read, no
//! redirect to another host, no retry behind anybody's back, and the guard that refuses addresses
//! that are not public. An error says what matters to a sender: whether the request certainly
//! never left, may have been carried out, or was answered with a refusal. It never logs an
//! address or a header, since both may hold a token.

mod bearer;
pub mod files;
mod flow;
pub mod form;
pub mod guard;
pub mod rate;

use crate::clock::Clock;
use crate::domain::time::Span;
pub use bearer::{Bearer, written};
use bytes::{Bytes, BytesMut};
pub use flow::Flow;
use guard::{Guard, RefusedAddress};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
pub use rate::{Budget, RateHint};
use serde::Deserialize;
use std::error::Error;
use std::sync::Arc;
use tokio::net::TcpStream;
use url::Url;

/// How much of an answer is read unless a call says otherwise.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How much of a refusal's body is kept.
const REFUSAL_BYTES_MAX: usize = 2_048;
/// How long a connection may take to be made.
const CONNECT_MAX: Span = Span::seconds(10);
/// How many redirects within one host are followed.
const REDIRECTS_MAX: usize = 3;

/// The section `outbound` of the settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    /// How long one call may take in all, in seconds.
    pub timeout_seconds: i64,
    /// Whether private, loopback and link-local addresses may be called. The system's proxy is
    /// honoured only then, since a proxy looks names up itself, out of the guard's sight.
    pub allow_private_addresses: bool,
    /// Who runs this daemon: a web or mail address, sent along so that a server's operator can
    /// reach somebody.
    pub user_agent_contact: String,
}

impl Default for Outbound {
    fn default() -> Self {
        Self { timeout_seconds: 20, allow_private_addresses: false, user_agent_contact: String::new() }
    }
}

/// Why a request certainly never left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// The address makes no sense or is of a kind that is never called.
    BadAddress,
    /// The name has no address, or nobody could be asked.
    Dns,
    /// No connection came about.
    Connect,
    /// No trusted encrypted connection came about.
    Tls,
    /// The guard refused the address.
    Refused,
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request certainly never left.
    #[error("not sent: {detail}")]
    NotSent {
        /// What stood in the way.
        cause: NotSent,
        /// In words, without the address.
        detail: String,
    },
    /// The request may have left and no whole answer came: it may have been carried out.
    #[error("no clear answer: {detail}")]
    Unknown {
        /// In words, without the address.
        detail: String,
    },
    /// The answer was not a success.
    #[error("answered {code}")]
    Status {
        /// The HTTP status.
        code: u16,
        /// What the answer says about the next call.
        hint: RateHint,
        /// The beginning of its body, for the adapter to read; it is foreign text, not for logs.
        start: String,
    },
    /// The call succeeded, but its answer is larger than the limit and was not read to its end.
    #[error("the answer is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
}

/// One call.
#[derive(Clone)]
pub struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    bytes_max: usize,
    limit: Option<Span>,
    /// Statuses other than a success that are an answer all the same.
    takes: &'static [u16],
    /// Whether redirects are given back instead of followed.
    stays: bool,
}

tokio::task_local! {
    /// Set while a call is made whose redirects are given back: the client has one rule for all calls, and
    /// asks it from within the call.
    static STAYS: ();
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Path, query and headers may hold tokens.
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl Call {
    /// A call of `method` to `url`.
    pub fn new(method: Method, url: Url) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        let bytes_max = ANSWER_BYTES_MAX;
        Self { method, url, headers, body, bytes_max, limit: None, takes: &[], stays: false }
    }

    /// A call that reads.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Sets a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets a header that holds a secret.
    pub fn secret(self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.header(name, value)
    }

    /// Sets the body and its type.
    pub fn body(self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut call = self.header(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        call.body = body.into();
        call
    }

    /// Sets a form as the body.
    pub fn form(mut self, form: form::Form) -> Self {
        let (kind, body) = form.finish();
        self.headers.insert(http::header::CONTENT_TYPE, kind);
        self.body = body;
        self
    }

    /// Limits how much of the answer is read.
    pub fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// Takes these statuses for an answer too, with the headers and the beginning of the body.
    pub fn takes(mut self, statuses: &'static [u16]) -> Self {
        self.takes = statuses;
        self
    }

    /// Gives a redirect back instead of following it within its host; see [`Call::takes`].
    pub fn stays(mut self) -> Self {
        self.stays = true;
        self
    }

    /// Limits how long the call may take, in place of the client's limit.
    pub fn within(mut self, limit: Span) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status: 200 to 299, or one that the call takes.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// What they say about the next call.
    pub hint: RateHint,
    /// Its body, whole.
    pub body: Bytes,
}

/// The client; cheap to clone.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    guard: Guard,
    clock: Arc<dyn Clock>,
    user_agent: String,
    settings: Arc<Outbound>,
}

/// Makes ring the cryptography of TLS in this process; does nothing when that is done already.
pub fn install_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl HttpClient {
    /// A client after the settings.
    pub fn new(settings: &Outbound, clock: Arc<dyn Clock>) -> Result<Self, CallError> {
        install_tls();
        let guard = Guard::new(settings.allow_private_addresses);
        let user_agent = user_agent(&settings.user_agent_contact);
        let built = builder()
            .user_agent(&user_agent)
            .timeout(Span::seconds(settings.timeout_seconds.clamp(1, 600)).to_std())
            .connect_timeout(CONNECT_MAX.to_std())
            .redirect(reqwest::redirect::Policy::custom(within_host))
            .retry(reqwest::retry::never())
            .dns_resolver(Arc::new(guard));
        let built = if settings.allow_private_addresses { built } else { built.no_proxy() };
        let client = built.build().map_err(|e| CallError::NotSent {
            cause: NotSent::Tls,
            detail: format!("the HTTP client could not be set up: {}", words(&e)),
        })?;
        Ok(Self { client, guard, clock, user_agent, settings: Arc::new(settings.clone()) })
    }

    /// The same client for somebody who was allowed to call private addresses, by a setting of their own.
    pub fn allowing_private(&self) -> Result<Self, CallError> {
        if self.settings.allow_private_addresses {
            return Ok(self.clone());
        }
        let settings = Outbound { allow_private_addresses: true, ..(*self.settings).clone() };
        Self::new(&settings, self.clock.clone())
    }

    /// The same client for addresses that strangers name: public ones only, whatever the settings allow.
    pub fn public_only(&self) -> Result<Self, CallError> {
        if !self.settings.allow_private_addresses {
            return Ok(self.clone());
        }
        let settings = Outbound { allow_private_addresses: false, ..(*self.settings).clone() };
        Self::new(&settings, self.clock.clone())
    }

    /// What is sent as `User-Agent`.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Carries out one call and reads its answer.
    pub async fn send(&self, call: Call) -> Result<Answer, CallError> {
        self.guard.check(&call.url)?;
        let mut request = self.client.request(call.method, call.url).headers(call.headers);
        if !call.body.is_empty() {
            request = request.body(call.body);
        }
        if let Some(limit) = call.limit {
            request = request.timeout(limit.to_std());
        }
        let sent = if call.stays { STAYS.scope((), request.send()).await } else { request.send().await };
        let mut response = sent.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let hint = RateHint::read(&headers, self.clock.now());
        if !status.is_success() {
            let (start, _) = read(&mut response, REFUSAL_BYTES_MAX).await.unwrap_or_default();
            if call.takes.contains(&status.as_u16()) {
                return Ok(Answer { status: status.as_u16(), headers, hint, body: start });
            }
            let start = String::from_utf8_lossy(&start).into_owned();
            return Err(CallError::Status { code: status.as_u16(), hint, start });
        }
        match read(&mut response, call.bytes_max).await? {
            (body, true) => Ok(Answer { status: status.as_u16(), headers, hint, body }),
            (_, false) => Err(CallError::TooLarge { bytes_max: call.bytes_max }),
        }
    }

    /// A bare connection to the host of `url`, for what is not HTTP, under the same guard.
    pub async fn connect(&self, url: &Url) -> Result<TcpStream, CallError> {
        self.guard.check(url)?;
        let not_sent = |cause, detail: String| CallError::NotSent { cause, detail };
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let attempt = async {
            let addresses = self.guard.resolve(host, port).await.map_err(|e| {
                let refused = e.downcast_ref::<RefusedAddress>().is_some();
                not_sent(if refused { NotSent::Refused } else { NotSent::Dns }, e.to_string())
            })?;
            let mut last = not_sent(NotSent::Connect, "no address answered".to_owned());
            for address in addresses {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = not_sent(NotSent::Connect, error.to_string()),
                }
            }
            Err(last)
        };
        tokio::time::timeout(CONNECT_MAX.to_std(), attempt)
            .await
            .unwrap_or_else(|_| Err(not_sent(NotSent::Connect, "connecting took too long".to_owned())))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that builds the outbound client")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
}

/// `webcared/VERSION (+contact)`, with a contact that fits in a header.
fn user_agent(contact: &str) -> String {
    let contact: String = contact.trim().chars().filter(|c| matches!(c, ' '..='~')).take(200).collect();
    let version = env!("CARGO_PKG_VERSION");
    if contact.is_empty() {
        format!("webcared/{version}")
    } else {
        format!("webcared/{version} (+{contact})")
    }
}

/// Follows a redirect only to the same scheme, host and port, and not where it is to be given back.
fn within_host(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    if STAYS.try_with(|()| ()).is_ok() {
        return attempt.stop();
    }
    let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
}

/// Reads a body piece by piece, at most `bytes_max`; tells whether that was all of it.
async fn read(response: &mut reqwest::Response, bytes_max: usize) -> Result<(Bytes, bool), CallError> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(failed)? {
        let room = bytes_max - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return Ok((body.freeze(), false));
        }
    }
    Ok((body.freeze(), true))
}

/// Sorts an error of the client by what it means for the request.
fn failed(error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let detail = words(&error);
    let cause = if has(&error, &|e| e.is::<RefusedAddress>()) {
        NotSent::Refused
    } else if has(&error, &is_tls) && error.is_connect() {
        NotSent::Tls
    } else if error.is_builder() {
        NotSent::BadAddress
    } else if error.is_connect() {
        if error.is_dns() { NotSent::Dns } else { NotSent::Connect }
    } else {
        return CallError::Unknown { detail };
    };
    CallError::NotSent { cause, detail }
}

/// Whether an error comes from TLS; an I/O error hides the one it wraps from its own `source`.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    error.is::<rustls::Error>()
        || error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .is_some_and(|inner| is_tls(inner))
}

/// Whether something in an error's chain of causes fits.
fn has(error: &(dyn Error + 'static), fits: &dyn Fn(&(dyn Error + 'static)) -> bool) -> bool {
    chain(error).any(fits)
}

/// An error and its causes, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// An error with its causes in one line, each said once.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        if !said.iter().any(|s| s.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ").chars().take(300).collect()
}
