//! What every page has around it: words, who looks, the token and the number of its forms.

use super::App;
use super::auth::{Asked, Viewer, masked};
use super::error::Error;
use super::nav::Nav;
use super::peaks::{Banner, Switches};
use super::shown::Moment;
use super::texts::Texts;
use super::zones;
use crate::casework::Casework;
use crate::catalogue::Watched;
use crate::domain::role::{Right, Role};
use crate::domain::time::{Span, Timestamp};
use crate::store::{Tx, console};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How long a form's number is remembered, so that it does its work once.
const NONCE_SPAN: Span = Span::days(2);

/// What the layout needs.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The words.
    pub t: &'static Texts,
    /// The title of the page.
    pub title: String,
    /// Who looks: name and role. Nobody on the pages before a log-in.
    pub who: Option<(String, String)>,
    /// The way to the other parts, by what they may.
    pub nav: Nav,
    /// The token for forms.
    pub csrf: String,
    /// The number of this page's forms.
    pub nonce: String,
    /// Whether all sending is stopped.
    pub kill: bool,
    /// Peaks and crises of the brands that they see, that are not over.
    pub banners: Vec<Banner>,
    /// What they are asked at the end of their shift: how many cases, when it ends, and whether that is past.
    pub asks: Option<(i64, Moment, bool)>,
    /// The part of the console that this page belongs to.
    pub part: &'static str,
    /// The server's present instant, for countdowns.
    pub now_ms: i64,
    /// The zone in which times that are typed are meant, by its name.
    pub zone: String,
    /// Whether who looks chose it, so that a browser shows no other.
    pub zone_chosen: bool,
}

impl Frame {
    /// Around a page that needs no log-in.
    pub fn bare(app: &App, t: &'static Texts, title: &str) -> Self {
        Self {
            t,
            title: title.to_owned(),
            who: None,
            nav: Nav::default(),
            csrf: String::new(),
            nonce: String::new(),
            kill: false,
            banners: Vec::new(),
            asks: None,
            part: "",
            now_ms: app.clock.now().millis(),
            zone: zones::name(&zones::here()),
            zone_chosen: false,
        }
    }

    /// Whether somebody of the front office looks.
    pub fn office(&self) -> bool {
        self.who.as_ref().is_some_and(|(_, role)| role == "front_office")
    }

    /// Whether who looks may take lists and figures away as files.
    pub fn exports(&self) -> bool {
        let role = self.who.as_ref().and_then(|(_, role)| Role::from_code(role));
        role.is_some_and(|role| role.may(Right::Export))
    }

    /// Around a page of somebody who is logged in.
    pub fn of(
        app: &App,
        asked: &Asked,
        viewer: &Viewer,
        part: &'static str,
        title: &str,
        switches: Switches,
    ) -> Self {
        let chance = app.mint.chance();
        Self {
            who: Some((viewer.person.name.clone(), viewer.person.role.code().to_owned())),
            nav: Nav::of(app, viewer, asked.texts, part),
            csrf: masked(&viewer.person.csrf, chance.token_bytes()),
            nonce: URL_SAFE_NO_PAD.encode(&chance.token_bytes()[..16]),
            kill: switches.stopped,
            asks: switches.asks(viewer.person.id.as_str(), app.clock.now()),
            banners: if viewer.person.is_front_office() { Vec::new() } else { switches.banners(app, viewer) },
            part,
            zone_chosen: viewer.person.chosen.zone.is_some(),
            ..Self::bare(app, asked.texts, title)
        }
    }
}

/// Prints a page.
pub fn page(template: &impl askama::Template) -> Result<Response, Error> {
    Ok(Html(template.render()?).into_response())
}

/// What holds for everybody at present: whether all sending is stopped, peaks and crises.
pub async fn is_stopped(tx: &mut Tx) -> Result<Switches, crate::store::StoreError> {
    Switches::read(tx).await
}

/// Whether a form is sent for the first time: a second press of the same button does nothing.
pub async fn first_press(app: &App, nonce: &str, what: &str) -> Result<bool, Error> {
    if nonce.len() < 16 || nonce.len() > 64 {
        return Err(Error::Csrf);
    }
    let (name, now) = (format!("form:{what}:{nonce}"), app.clock.now());
    let until: Timestamp = now.plus(NONCE_SPAN);
    let noted = app.db.write("noting a form", move |tx| {
        Box::pin(async move { console::first_time(tx, &name, now, until).await })
    });
    Ok(noted.await?)
}

/// Forgets a press that could not do its work, so far as the store lets us.
pub async fn forget_press(app: &App, nonce: &str, what: &str) {
    let name = format!("form:{what}:{nonce}");
    let forgotten = app
        .db
        .write("forgetting a form", move |tx| Box::pin(async move { console::forget(tx, &name).await }));
    if let Err(error) = forgotten.await {
        tracing::warn!(%error, "a form that did nothing could not be forgotten; its page must be loaded anew");
    }
}

/// Which of the twelve colours marks a brand, by its name.
pub fn hue(brand: &str) -> u8 {
    let sum = brand.to_lowercase().bytes().fold(7_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
    u8::try_from(sum % 12).unwrap_or(0)
}

/// The brands that somebody may see, in the order of the settings: the one door through the walls, for every page.
pub fn brands_of(app: &App, viewer: &Viewer) -> Vec<Watched> {
    let all = app.catalogue.get();
    all.brands.iter().filter(|b| viewer.person.walls.let_see(&b.id)).cloned().collect()
}

/// Casework in the name of who looks: their role bounds it, and the audit tells from where.
pub fn casework_of(app: &App, viewer: &Viewer) -> Casework {
    app.casework.called(viewer.caller.clone())
}
