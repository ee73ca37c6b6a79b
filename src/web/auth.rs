//! Coming in: log-in, one-time links, the cookie, and what every form must carry.
//!
//! The cookie is `__Host-webcared` where people come by https, a plain one on this machine by http;
//! any other http is refused, for the cookie could be read on the way. A form counts only with the
//! token of its log-in, from our own pages.

use super::error::WebError;
use super::pages::{LinkPage, LoginPage, PasswordPage, Viewer, html};
use super::state::AppState;
use crate::people::{PeopleError, Present};
use axum::Form;
use axum::extract::{ConnectInfo, FromRequestParts, Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;
use std::net::SocketAddr;
use subtle::ConstantTimeEq;

/// How log-in goes for the address by which people come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// https: the strictest cookie.
    Secure,
    /// http on this machine.
    Local,
    /// http over a network: no log-in.
    Open,
}

impl Way {
    /// The way of a public address.
    pub fn of(public_url: &str) -> Self {
        let Ok(url) = url::Url::parse(public_url) else { return Self::Open };
        let local = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => Self::Secure,
            "http" if local => Self::Local,
            _ => Self::Open,
        }
    }

    const fn cookie(self) -> &'static str {
        match self {
            Self::Secure => "__Host-webcared",
            Self::Local | Self::Open => "webcared",
        }
    }
}

/// Why nobody can log in over open http.
const OPEN: &str = "Log-in is refused: the public address is http over a network, where the cookie could be read \
                    on the way. Set public_url to an https address, or use http://127.0.0.1.";

/// A person who is logged in; asking for one makes a page need log-in.
pub struct In(pub Present);

impl FromRequestParts<AppState> for In {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, WebError> {
        let jar = CookieJar::from_headers(&parts.headers);
        let Some(token) = jar.get(Way::of(&app.public_url).cookie()) else { return Err(WebError::LogIn) };
        app.people.who(token.value()).await?.map(Self).ok_or(WebError::LogIn)
    }
}

/// Whether a form came from our own page in this log-in.
pub fn check_form(present: &Present, headers: &HeaderMap, csrf: &str) -> Result<(), WebError> {
    let elsewhere = headers
        .get("sec-fetch-site")
        .and_then(|v| v.to_str().ok())
        .is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let same: bool = present.csrf.as_bytes().ct_eq(csrf.as_bytes()).into();
    if elsewhere || !same {
        return Err(WebError::Forbidden(
            "This form did not come from this page, or the log-in has changed. Go back and try again.",
        ));
    }
    Ok(())
}

/// `GET /login`.
pub async fn form(State(app): State<AppState>) -> Result<Response, WebError> {
    let trouble = (Way::of(&app.public_url) == Way::Open).then_some(OPEN);
    html(&LoginPage { trouble: trouble.unwrap_or_default(), login: "" })
}

/// What the log-in form sends.
#[derive(Deserialize)]
pub struct LoginForm {
    login: String,
    password: String,
}

/// `POST /login`.
pub async fn enter(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    jar: CookieJar,
    Form(form): Form<LoginForm>,
) -> Result<Response, WebError> {
    let way = Way::of(&app.public_url);
    if way == Way::Open {
        return html(&LoginPage { trouble: OPEN, login: "" });
    }
    match app.people.enter(&form.login, &form.password, &peer.ip().to_string()).await {
        Ok(token) => Ok((jar.add(cookie(way, token)), Redirect::to("/")).into_response()),
        Err(PeopleError::Denied(why)) => html(&LoginPage { trouble: why, login: &form.login }),
        Err(error @ PeopleError::TooMany(_)) => {
            html(&LoginPage { trouble: &error.to_string(), login: &form.login })
        }
        Err(error) => Err(error.into()),
    }
}

fn cookie(way: Way, token: String) -> Cookie<'static> {
    Cookie::build((way.cookie(), token))
        .path("/")
        .http_only(true)
        .secure(way == Way::Secure)
        .same_site(SameSite::Lax)
        .build()
}

/// `GET /login/{token}`: looking at the link does not use it up; previews of chats look at links.
pub async fn link(State(app): State<AppState>, Path(token): Path<String>) -> Result<Response, WebError> {
    let trouble = if Way::of(&app.public_url) == Way::Open { OPEN } else { "" };
    html(&LinkPage { trouble, token: &token })
}

/// `POST /login/{token}`.
pub async fn enter_by_link(
    State(app): State<AppState>,
    jar: CookieJar,
    Path(token): Path<String>,
) -> Result<Response, WebError> {
    let way = Way::of(&app.public_url);
    if way == Way::Open {
        return html(&LinkPage { trouble: OPEN, token: "" });
    }
    match app.people.enter_by_link(&token).await {
        Ok(token) => Ok((jar.add(cookie(way, token)), Redirect::to("/password")).into_response()),
        Err(PeopleError::Denied(why)) => html(&LinkPage { trouble: why, token: "" }),
        Err(error) => Err(error.into()),
    }
}

/// What a form without fields of its own sends.
#[derive(Deserialize)]
pub struct BareForm {
    /// The token of the log-in.
    pub csrf: String,
}

/// `POST /logout`.
pub async fn leave(
    State(app): State<AppState>,
    In(present): In,
    headers: HeaderMap,
    jar: CookieJar,
    Form(form): Form<BareForm>,
) -> Result<Response, WebError> {
    check_form(&present, &headers, &form.csrf)?;
    let name = Way::of(&app.public_url).cookie();
    if let Some(token) = jar.get(name) {
        app.people.leave(token.value()).await?;
    }
    let gone = Cookie::build((name, "")).path("/").build();
    Ok((jar.remove(gone), Redirect::to("/login")).into_response())
}

/// `GET /password`.
pub async fn password_form(In(present): In) -> Result<Response, WebError> {
    html(&PasswordPage { viewer: Viewer::of(&present), trouble: "", first: !present.has_password })
}

/// What the password form sends.
#[derive(Deserialize)]
pub struct PasswordForm {
    csrf: String,
    password: String,
}

/// `POST /password`.
pub async fn set_password(
    State(app): State<AppState>,
    In(present): In,
    headers: HeaderMap,
    Form(form): Form<PasswordForm>,
) -> Result<Response, WebError> {
    check_form(&present, &headers, &form.csrf)?;
    match app.people.set_password(&present.id, &form.password).await {
        Ok(()) => Ok(Redirect::to("/").into_response()),
        Err(PeopleError::Invalid(why)) => {
            html(&PasswordPage { viewer: Viewer::of(&present), trouble: &why, first: !present.has_password })
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::Way;

    #[test]
    fn only_https_and_this_machine_log_in() {
        let check = |url: &str, way: Way| assert_eq!(Way::of(url), way, "{url}");
        check("https://care.example", Way::Secure);
        check("http://127.0.0.1:8080", Way::Local);
        check("http://localhost:8080", Way::Local);
        check("http://[::1]:8080", Way::Local);
        check("http://care.example", Way::Open);
        check("http://localhost.evil.example", Way::Open);
        check("nonsense", Way::Open);
    }
}
