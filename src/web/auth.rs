//! Who may ask what: the one door in front of every route.
//!
//! A route names its [`Access`]; the guard looks up the log-in, checks the role, and for everything
//! that changes something the origin of the request and the token bound to the session. A handler
//! behind it finds the [`Viewer`] and the form's [`Fields`] ready.

pub use super::asked::{Asked, Peer};
use super::error::{Error, Failure};
use super::frame::brands_of;
use super::multipart::{self, SentFile};
use super::{App, zones};
use crate::domain::audit::Caller;
use crate::domain::role::Right;
use crate::people::Present;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Largest form of the console in bytes: the longest text that is taken, of characters of four bytes, each byte escaped by three.
const FORM_BYTES_MAX: usize = 256 * 1024;
/// Largest form that carries files, in bytes: a few of the largest that are kept.
const FILES_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most fields of a form: as many ticked cases as one act takes, and what stands beside them.
const FIELDS_MAX: usize = 200;
/// The forms that may carry files.
const WITH_FILES: [&str; 3] = ["/cases/{id}/act", "/cases/{id}/draft", "/cases/{id}/translate"];

/// Who may ask a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody; shows no data.
    Open,
    /// Whoever brings a proof that the handler itself checks.
    Own,
    /// Whoever is logged in, for what is their own: account, help.
    Any,
    /// Whoever has this right by the table of roles.
    Needs(Right),
}

/// How cookies are given under the public address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Over TLS: the cookie is tied to the host.
    Secure,
    /// On this machine only, in the clear.
    Loopback,
    /// Neither; nobody may log in, for the text's reason.
    Refused(String),
}

impl Scheme {
    /// What a public address allows.
    pub fn of(public_url: &str) -> Self {
        let Ok(url) = url::Url::parse(public_url) else {
            return Self::Refused(
                "public_url is not a web address such as https://care.example.com".to_owned(),
            );
        };
        let local = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => Self::Secure,
            "http" if local => Self::Loopback,
            _ => Self::Refused(format!(
                "public_url is '{public_url}': over plain http a log-in could be read on the way. \
                 Use https, or http on this machine only"
            )),
        }
    }

    /// Why nobody may log in.
    pub fn refused(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            _ => None,
        }
    }

    const fn cookie_name(&self) -> &'static str {
        match self {
            Self::Secure => "__Host-webcared",
            _ => "webcared",
        }
    }

    /// The name of the cookie of somebody who is on the way in.
    pub const fn step_name(&self) -> &'static str {
        match self {
            Self::Secure => "__Host-webcared-step",
            _ => "webcared-step",
        }
    }

    /// The cookie that carries a session's token; an empty token takes it away.
    pub fn cookie(&self, token: String) -> Cookie<'static> {
        self.named(self.cookie_name(), token)
    }

    /// The cookie of somebody who is on the way in; an empty token takes it away.
    pub fn step(&self, token: String) -> Cookie<'static> {
        self.named(self.step_name(), token)
    }

    fn named(&self, name: &'static str, token: String) -> Cookie<'static> {
        let mut cookie = Cookie::new(name, token);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_path("/");
        cookie.set_secure(matches!(self, Self::Secure));
        if cookie.value().is_empty() {
            cookie.make_removal();
        }
        cookie
    }
}

/// Who asks, for handlers behind the guard.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The person.
    pub person: Present,
    /// The token of their session.
    pub token: String,
    /// As casework and the audit know them.
    pub caller: Caller,
}

/// The fields of a form, in order.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field's text; empty when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// All texts of a field that may be sent more than once, as ticked boxes are.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The files that came with a form.
#[derive(Clone, Debug, Default)]
pub struct SentFiles(pub Vec<SentFile>);

/// The door. Nothing behind it runs unless the route's access is met.
pub async fn guard(
    State((app, access)): State<(App, Access)>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    if access == Access::Own {
        return next.run(request).await;
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_ours(&app, request.headers()) {
        return Error::Csrf.into_response();
    }
    if changes {
        // Files are read only from whom the door knows.
        if carries_files(&request) && !matches!(viewer(&app, &jar).await, Ok(Some(_))) {
            return to_login(&request).into_response();
        }
        request = match with_fields(request).await {
            Ok(request) => request,
            Err(error) => return error.into_response(),
        };
    }
    if access == Access::Open {
        return next.run(request).await;
    }
    let held = if is_by_itself(&request) { glanced(&app, &jar).await } else { viewer(&app, &jar).await };
    let mut viewer = match held {
        Ok(Some(viewer)) => viewer,
        Ok(None) => return to_login(&request).into_response(),
        Err(error) => return error.into_response(),
    };
    viewer.caller = viewer.person.caller(address(&request));
    speak(&app, &viewer, &mut request);
    if viewer.person.must_enrol && !is_before_enrolling(&request) {
        return Redirect::to(ENROL).into_response();
    }
    if let Access::Needs(right) = access
        && !allowed(&app, &viewer, right)
    {
        let is_home = request.uri().path() == "/" && request.method() == Method::GET;
        if is_home && viewer.person.is_front_office() {
            // Where they are sent after a log-in; their own page is another.
            return Redirect::to("/yesterday").into_response();
        }
        let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let route = format!("{} {route}", request.method());
        return refused(&app, &viewer, right, &route).await;
    }
    if changes {
        let sent = request.extensions().get::<Arc<Fields>>().map_or("", |f| f.get("csrf"));
        if !is_token(sent, &viewer.person.csrf) {
            return Error::Csrf.into_response();
        }
    }
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if changes && is_dangerous(access, path) && !viewer.person.is_proved(app.clock.now()) {
        let page = request.uri().path().split('/').nth(1).unwrap_or_default();
        return prove_first(&format!("/{page}"));
    }
    let zone = zones::of(&app, &viewer);
    request.extensions_mut().insert(Arc::new(viewer));
    zones::within(zone, next.run(request)).await
}

/// Has everything behind the door speak the language that this person chose.
fn speak(app: &App, viewer: &Viewer, request: &mut Request) {
    let asked = request.extensions().get::<Arc<Asked>>();
    let spoken = asked.and_then(|asked| app.modules.languages.spoken_by(viewer, asked));
    if let Some(spoken) = spoken {
        request.extensions_mut().insert(Arc::new(spoken));
    }
}

/// Where a second factor is set up.
pub const ENROL: &str = "/account/second";

/// What somebody who must set a second factor up may ask before they have one.
fn is_before_enrolling(request: &Request) -> bool {
    const OPEN: [&str; 6] = [
        ENROL,
        "/account/passkeys",
        "/account/passkeys/challenge",
        "/account/prove",
        "/account/prove/passkey",
        "/logout",
    ];
    request.extensions().get::<MatchedPath>().is_some_and(|path| OPEN.contains(&path.as_str()))
}

/// What is worth more than a session that was left open: who may come in, personal data, what we say of ourselves in
/// public. Where a page holds what somebody typed or ticked (a version of a policy, a text of a brand, acts on more than
/// [`PROOF_OVER`] cases, answers to many), and where only one way of two is dangerous (letting sending go on), the
/// handler asks, so that nothing of it is lost.
fn is_dangerous(access: Access, path: &str) -> bool {
    matches!(access, Access::Needs(Right::People | Right::Tokens | Right::Privacy))
        || path == "/public-figure"
}

/// An act on more cases than these wants a proof of the last minutes.
pub const PROOF_OVER: usize = 50;

/// Sends somebody to show who they are, and back to a page of ours afterwards.
pub fn prove_first(page: &str) -> Response {
    Redirect::to(&prove_at(page)).into_response()
}

/// Where somebody shows who they are, and goes on to a page.
pub fn prove_at(page: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
    format!("/account/prove?next={next}")
}

/// Whether somebody has a right, and anything to use it on.
fn allowed(app: &App, viewer: &Viewer, right: Right) -> bool {
    let walled = !viewer.person.walls.is_open();
    // To the store no brand means every brand: who sees none gets no further than here.
    viewer.person.may(right) && !(walled && brands_of(app, viewer).is_empty())
}

/// Writes down that somebody asked for what they may not, and says so.
async fn refused(app: &App, viewer: &Viewer, right: Right, route: &str) -> Response {
    let act = format!("door.{}", right.code());
    match app.people.by(viewer.caller.clone()).note_refused(&act, route, "").await {
        Ok(()) => Error::Forbidden.into_response(),
        Err(error) => Error::from(error).into_response(),
    }
}

/// The address that a request came from, as tries are counted.
fn address(request: &Request) -> &str {
    request.extensions().get::<Arc<Asked>>().map_or("", |asked| asked.address.as_str())
}

/// The header by which our pages say that nobody has touched them for a while.
const UNTOUCHED: &str = "webcared-untouched";

/// Whether a page reads by itself, with nobody at it. That does not keep a log-in open: a screen that somebody left
/// would else never be idle.
fn is_by_itself(request: &Request) -> bool {
    let live = matches!(request.uri().path(), "/live" | "/wall");
    request.method() == Method::GET && (live || request.headers().contains_key(UNTOUCHED))
}

/// The token of a request's cookie.
fn token_in(app: &App, jar: &CookieJar) -> Option<String> {
    if app.scheme.refused().is_some() {
        return None;
    }
    let token = jar.get(app.scheme.cookie_name())?.value().to_owned();
    // Longer than any token of ours: not worth a hash and a query.
    (!token.is_empty() && token.len() <= 128).then_some(token)
}

fn viewer_of(person: Present, token: String) -> Viewer {
    let caller = person.caller("");
    Viewer { person, token, caller }
}

/// Who holds the session of a request's cookie; it counts as used.
pub async fn viewer(app: &App, jar: &CookieJar) -> Result<Option<Viewer>, Error> {
    let Some(token) = token_in(app, jar) else { return Ok(None) };
    Ok(app.people.who(&token).await?.map(|person| viewer_of(person, token)))
}

/// Who holds the session of a request's cookie; it counts as unused.
async fn glanced(app: &App, jar: &CookieJar) -> Result<Option<Viewer>, Error> {
    let Some(token) = token_in(app, jar) else { return Ok(None) };
    Ok(app.people.glance(&token).await?.map(|person| viewer_of(person, token)))
}

/// Who holds a session that was let in a while ago, if they may still do this.
pub async fn still(app: &App, token: &str, right: Right) -> Result<Option<Viewer>, Error> {
    let held = app.people.glance(token).await?.map(|person| viewer_of(person, token.to_owned()));
    Ok(held.filter(|viewer| !viewer.person.must_enrol && allowed(app, viewer, right)))
}

fn to_login(request: &Request) -> Response {
    let wanted = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let plain = request.method() == Method::GET && wanted != "/live" && wanted.len() < 512;
    if request.headers().get(header::ACCEPT).is_some_and(|a| a == "text/event-stream") {
        return Error::Unauthorized.into_response();
    }
    let next: String = if plain && wanted != "/" {
        url::form_urlencoded::Serializer::new("/login?".to_owned()).append_pair("next", wanted).finish()
    } else {
        "/login".to_owned()
    };
    Redirect::to(&next).into_response()
}

/// A path on this console to go on to after a log-in; anything else is the inbox.
pub fn safe_next(wanted: &str) -> &str {
    let fine = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && wanted.len() < 512
        && wanted.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    if fine { wanted } else { "/" }
}

/// Whether a request that changes something was made by a page of ours. Browsers say where a
/// request comes from; what says nothing is no browser and carries no cookie by itself.
fn is_ours(app: &App, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let Some(origin) = text("origin") else { return true };
    let Ok(origin) = url::Url::parse(origin).map(|u| u.origin()) else { return false };
    let public = url::Url::parse(&app.public_url).map(|u| u.origin());
    if public.is_ok_and(|public| public == origin) {
        return true;
    }
    // On this machine `localhost` and `127.0.0.1` are both used for one server.
    let host = text("host").unwrap_or_default();
    let same = url::Url::parse(&format!("http://{host}")).is_ok_and(|u| u.origin() == origin);
    app.scheme == Scheme::Loopback && same && Scheme::of(&origin.ascii_serialization()) == Scheme::Loopback
}

/// The largest body that a route reads: `usual`, and more where a form may carry files. A delivery's bound is kept where it
/// is read, so that its sender hears what is allowed in the form of all answers.
pub fn body_bytes_max(path: &str, usual: usize) -> usize {
    match path {
        super::hooks::PATH => usize::MAX,
        path if WITH_FILES.contains(&path) => usual.max(FILES_BYTES_MAX),
        _ => usual,
    }
}

/// Whether a request is a form with files, of those that may be.
fn carries_files(request: &Request) -> bool {
    let open =
        request.extensions().get::<MatchedPath>().is_some_and(|path| WITH_FILES.contains(&path.as_str()));
    open && border_of(request.headers()).is_some()
}

fn border_of(headers: &HeaderMap) -> Option<String> {
    multipart::border(headers.get(header::CONTENT_TYPE)?.to_str().ok()?)
}

async fn with_fields(request: Request) -> Result<Request, Error> {
    let files = carries_files(&request);
    let (mut head, body) = request.into_parts();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    if let Some(border) = border_of(&head.headers).filter(|_| files) {
        let bytes = to_bytes(body, FILES_BYTES_MAX).await.map_err(|_| Error::TooLarge)?;
        let wrong = || Error::Invalid("the form with files is not whole".to_owned());
        let (fields, sent) = multipart::parse(&bytes, &border).ok_or_else(wrong)?;
        head.extensions.insert(Arc::new(Fields(multipart::clean(fields))));
        head.extensions.insert(Arc::new(SentFiles(sent)));
        return Ok(Request::from_parts(head, Body::empty()));
    }
    let kind = head.headers.get(header::CONTENT_TYPE);
    if kind.is_some_and(|k| k.as_bytes().split(|b| *b == b';').next() != Some(form.as_bytes())) {
        return Err(Error::Invalid("a form of this console is application/x-www-form-urlencoded".to_owned()));
    }
    let bytes = to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| Error::TooLarge)?;
    let fields = url::form_urlencoded::parse(&bytes).into_owned().take(FIELDS_MAX).collect();
    head.extensions.insert(Arc::new(Fields(multipart::clean(fields))));
    head.extensions.insert(Arc::new(SentFiles::default()));
    Ok(Request::from_parts(head, Body::empty()))
}

/// The session's token as a form carries it: under a fresh mask each time, so that a compressed
/// page never repeats it and its length tells nothing.
pub fn masked(csrf: &str, mask: [u8; 32]) -> String {
    let mut bytes = mask.to_vec();
    bytes.extend(csrf.bytes().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn is_token(sent: &str, csrf: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(sent) else { return false };
    let Some((mask, covered)) = bytes.split_at_checked(32) else { return false };
    let plain: Vec<u8> = covered.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b).collect();
    !csrf.is_empty() && bool::from(plain.ct_eq(csrf.as_bytes()))
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_follow_the_public_address() {
        assert_eq!(Scheme::of("https://care.example"), Scheme::Secure);
        assert_eq!(Scheme::of("http://127.0.0.1:8080"), Scheme::Loopback);
        assert_eq!(Scheme::of("http://localhost:8080/"), Scheme::Loopback);
        assert_eq!(Scheme::of("http://[::1]:8080/"), Scheme::Loopback);
        for bad in ["http://care.example", "http://127.0.0.1.evil.example", "ftp://localhost", "", "care"] {
            assert!(Scheme::of(bad).refused().is_some(), "{bad}");
        }
        let cookie = Scheme::Secure.cookie("t".into()).to_string();
        assert_eq!(cookie, "__Host-webcared=t; HttpOnly; SameSite=Lax; Secure; Path=/");
        assert_eq!(Scheme::Loopback.cookie("t".into()).name(), "webcared");
    }

    #[test]
    fn a_masked_token_opens_and_nothing_else_does() {
        let csrf = "c-29-and-more";
        for mask in [[0; 32], [7; 32], [255; 32]] {
            assert!(is_token(&masked(csrf, mask), csrf));
            assert!(!is_token(&masked("other", mask), csrf));
        }
        assert_ne!(masked(csrf, [1; 32]), masked(csrf, [2; 32]));
        for bad in ["", "AAAA", csrf, "%%%"] {
            assert!(!is_token(bad, csrf), "{bad}");
        }
        assert!(!is_token(&masked("", [1; 32]), ""));
    }

    #[test]
    fn after_a_log_in_nobody_leaves_the_console() {
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "x",
            "/a\r\nb: c",
            "/\t/evil.example",
            "/\0",
        ] {
            assert_eq!(safe_next(bad), "/", "{bad}");
        }
        assert_eq!(safe_next("/cases/cas_1?unmask=1"), "/cases/cas_1?unmask=1");
    }
}
