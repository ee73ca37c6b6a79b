//! The web: console, webhooks, health.
//!
//! [`table`] is the whole list of what can be asked, each with who may ask it; nothing is served
//! that does not stand there, and whatever is not marked as open wants a log-in. Pages read through
//! the store and write only through casework, people and the outbox's decisions.

mod acts;
pub mod asked;
mod assets;
mod audit;
pub mod auth;
mod behind;
mod brands;
mod briefing;
mod bulk;
mod case;
mod checks;
mod collecting;
pub mod config;
mod dimensions;
mod drafts;
mod duty;
mod enclosed;
pub mod error;
mod findings;
mod forecast;
mod frame;
mod handler;
pub mod health;
mod help;
pub mod hooks;
mod inbox;
mod incidents;
mod kudos;
pub mod languages;
mod library;
pub mod live;
mod login;
mod multipart;
mod nav;
mod next;
mod outbox;
mod part;
mod passkeys;
mod peaks;
mod people;
mod planner;
mod policies;
mod privacy;
mod protocols;
mod provider;
mod public;
mod published;
mod quality;
mod registers;
mod reports;
mod second;
pub mod server;
mod sessions;
mod shadow;
pub mod shown;
mod signs;
mod sources;
mod staff;
pub mod survey;
mod texts;
mod thanks;
mod tokens;
mod triage;
mod wall;
mod written;
mod yesterday;
mod zones;

pub use auth::Access;
pub use health::{Health, Problem};
pub use hooks::{HookAnswer, Hooks};

use crate::api::{self, Api};
use crate::casework::{CaseChanged, Casework};
use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::domain::role::Right;
use crate::duty::Duty;
use crate::people::People;
use crate::planner::Planner;
use crate::privacy::Privacy;
use crate::store::Db;
use crate::tokens::Tokens;
use crate::webauthn::Relying;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{self, MethodRouter};
use config::{Modules, WebConfig};
use handler::{get, post};
use secrecy::SecretString;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// What the web server is made of.
#[derive(Clone)]
pub struct Parts {
    /// The database, for reading.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids, tokens, chance.
    pub mint: Arc<Mint>,
    /// What people do with cases.
    pub casework: Casework,
    /// The brands at present.
    pub catalogue: Current,
    /// Who may come in.
    pub people: People,
    /// Bounds.
    pub config: WebConfig,
    /// What is switched on.
    pub modules: Modules,
    /// The zone in which "tomorrow morning" is meant.
    pub zone: jiff::tz::TimeZone,
    /// The address by which browsers reach the console.
    pub public_url: String,
    /// The token that `/metrics` wants from elsewhere, read from settings or file.
    pub metrics_token: Option<SecretString>,
    /// Prints the metrics.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Takes deliveries.
    pub hooks: Arc<dyn Hooks>,
    /// What else is wrong at present; asked at `/readyz`.
    pub health: Arc<dyn Fn() -> Health + Send + Sync>,
    /// Hints that cases changed, from whoever changes them in this process.
    pub changed: broadcast::Sender<CaseChanged>,
    /// The order to stop: ends live pages.
    pub stop: CancellationToken,
}

/// What every handler works with.
pub struct AppState {
    parts: Parts,
    scheme: auth::Scheme,
    proxies: asked::Proxies,
    /// What passkeys are bound to, where the public address lets them.
    relying: Option<Relying>,
    live: live::Live,
    limits: hooks::Limits,
    ready: health::Remembered,
    api: Api,
    tokens: Tokens,
    duty: Duty,
    /// Where it is switched on.
    planner: Option<Planner>,
    privacy: Privacy,
    public: public::Cache,
}

/// The shared state.
pub type App = Arc<AppState>;

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl AppState {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> App {
        let scheme = auth::Scheme::of(&parts.public_url);
        let tokens = Tokens::new(parts.db.clone(), parts.clock.clone(), parts.mint.clone());
        let (db, clock, mint) = (parts.db.clone(), parts.clock.clone(), parts.mint.clone());
        // Workers look by themselves every second.
        let privacy = Privacy::new(db, clock, mint, parts.catalogue.clone(), Arc::default());
        let found = (parts.db.clone(), parts.clock.clone(), parts.mint.clone());
        let planner = parts.modules.planner.enabled.then(|| {
            Planner::new(found, parts.catalogue.clone(), parts.zone.clone(), parts.modules.planner.clone())
        });
        let api = api::api(api::Parts {
            db: parts.db.clone(),
            clock: parts.clock.clone(),
            mint: parts.mint.clone(),
            casework: parts.casework.clone(),
            catalogue: parts.catalogue.clone(),
            people: parts.people.clone(),
            tokens: tokens.clone(),
            privacy: privacy.clone(),
            planner: planner.clone(),
            translator: parts.modules.translator.clone(),
            modules: parts.modules.for_api(&parts.catalogue.get()),
            zone: parts.zone.clone(),
            public_url: parts.public_url.clone(),
            per_minute: parts.config.api_per_minute,
        });
        let (db, clock, mint) = (parts.db.clone(), parts.clock.clone(), parts.mint.clone());
        let duty = Duty::new(db, clock, mint, parts.catalogue.clone());
        Arc::new(Self {
            api,
            tokens,
            duty,
            planner,
            privacy,
            public: public::Cache::default(),
            proxies: asked::Proxies::new(&parts.config.trusted_proxies, parts.config.forwarded_header),
            relying: Relying::of(&parts.public_url),
            parts,
            scheme,
            live: live::Live::default(),
            limits: hooks::Limits::default(),
            ready: health::Remembered::default(),
        })
    }

    /// Why nobody can log in under this public address, if so.
    pub fn login_refused(&self) -> Option<&str> {
        self.scheme.refused()
    }
}

/// One line of the table of routes.
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with `{names}`.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    handler: MethodRouter<App>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.access)
    }
}

/// Everything that can be asked, and by whom.
pub fn table() -> Vec<Route> {
    let mut all = everybody();
    all.extend(readers());
    all.extend(workers());
    all.extend(leads());
    all.extend(planning());
    all
}

/// Without a log-in, by a proof of one's own, and of one's own account.
fn everybody() -> Vec<Route> {
    use Access::{Any, Open, Own};
    let on_get = |path, access, handler| Route { method: "GET", path, access, handler };
    let on_post = |path, access, handler| Route { method: "POST", path, access, handler };
    vec![
        // Without a log-in.
        on_get("/healthz", Open, routing::get(health::alive)),
        on_get("/readyz", Open, get(health::ready)),
        on_get("/assets/{*path}", Open, get(assets::file)),
        on_get("/login", Open, get(login::page)),
        on_post("/login", Open, post(login::enter)),
        on_get("/login/second", Open, get(second::page)),
        on_post("/login/second", Open, post(second::enter)),
        on_post("/login/challenge", Open, post(passkeys::enter_challenge)),
        on_post("/login/passkey", Open, post(passkeys::enter)),
        on_get("/login/{token}", Open, get(login::link_page)),
        on_post("/login/{token}", Open, post(login::enter_by_link)),
        // By a proof of their own.
        on_get("/metrics", Own, get(health::metrics)),
        on_get(hooks::PATH, Own, get(hooks::challenged)),
        on_post(hooks::PATH, Own, routing::post(hooks::take)),
        // Nothing where the module is off.
        on_get("/public/{file}", Own, get(public::figure)),
        on_get("/wall/{token}", Own, get(wall::by_link)),
        on_get("/wall/{token}/live", Own, get(wall::live_by_link)),
        on_get("/login/provider", Own, get(provider::begin)),
        on_get("/login/provider/back", Own, get(provider::back)),
        // Whoever is logged in.
        on_post("/logout", Any, post(login::leave)),
        on_get("/account", Any, get(login::account)),
        on_post("/account/password", Any, post(login::set_password)),
        on_post("/account/logins", Any, post(sessions::end)),
        on_get("/account/prove", Any, get(sessions::page)),
        on_post("/account/prove", Any, post(sessions::prove)),
        on_post("/account/prove/passkey", Any, post(passkeys::prove)),
        on_get("/account/second", Any, get(second::own)),
        on_post("/account/second", Any, post(second::change)),
        on_post("/account/passkeys", Any, post(passkeys::change)),
        on_post("/account/passkeys/challenge", Any, post(passkeys::challenge)),
        on_post("/account/told", Any, post(login::told)),
        on_post("/account/language", Any, post(languages::choose)),
        on_get("/help", Any, get(help::index)),
        on_get("/help/{page}", Any, get(help::page)),
    ]
}

/// What is read.
fn readers() -> Vec<Route> {
    use Access::Needs;
    use Right::{Reports, See};
    let on_get = |path, access, handler| Route { method: "GET", path, access, handler };
    let on_post = |path, access, handler| Route { method: "POST", path, access, handler };
    vec![
        on_get("/", Needs(See), get(inbox::page)),
        on_get("/next", Needs(See), get(next::go)),
        on_get("/cases/{id}", Needs(See), get(case::page)),
        on_get("/cases/{id}/attachments/{file}", Needs(See), get(case::files::get)),
        on_get("/cases/{id}/enclosed/{file}", Needs(See), get(enclosed::get)),
        on_get("/c/{brand}/{number}", Needs(See), get(case::by_number)),
        on_get("/sources", Needs(See), get(sources::page)),
        on_get("/outbox", Needs(See), get(outbox::page)),
        on_get("/checks", Needs(See), get(checks::page)),
        on_get("/duty", Needs(See), get(duty::page)),
        on_get("/duty/coverage", Needs(See), get(duty::coverage)),
        on_get("/briefing", Needs(See), get(briefing::page)),
        on_get("/incidents", Needs(See), get(incidents::page)),
        on_get("/incidents/{id}", Needs(See), get(incidents::one)),
        on_get("/protocols", Needs(See), get(protocols::page)),
        on_get("/collecting", Needs(See), get(collecting::page)),
        on_get("/collecting/{id}", Needs(See), get(collecting::posts)),
        on_get("/library", Needs(See), get(library::page)),
        on_get("/live", Needs(See), get(live::stream)),
        on_get("/wall", Needs(See), get(wall::page)),
        on_get("/brands", Needs(See), get(brands::page)),
        on_post("/brands/try", Needs(See), post(brands::attempt)),
        on_get("/policies", Needs(See), get(policies::page)),
        on_get("/templates", Needs(See), get(written::page)),
        on_get("/reports", Needs(Reports), get(reports::page)),
        on_get("/reports/cases", Needs(Reports), get(reports::cases)),
        on_get("/reports/forecast", Needs(Reports), get(forecast::page)),
        on_get("/reports/helpers", Needs(Reports), get(kudos::page)),
        on_get("/reports/monday", Needs(Reports), get(reports::monday)),
        on_get("/reports/sent", Needs(Reports), get(published::page)),
        on_get("/reports/staff", Needs(Reports), get(staff::page)),
        on_get("/reports/survey", Needs(Reports), get(survey::page)),
        on_get("/shadow", Needs(Reports), get(shadow::page)),
        on_get("/shadow/demand", Needs(Reports), get(shadow::demand)),
        on_get("/goodwill", Needs(Reports), get(registers::goodwill_page)),
        on_get("/complaints", Needs(Reports), get(registers::complaints_page)),
    ]
}

/// What the front office sees, and what is done with cases.
fn workers() -> Vec<Route> {
    use Access::Needs;
    use Right::{Answer, Bulk, Correct, FindingsDecide, FindingsSee, Moderate, Office, Work};
    let on_get = |path, access, handler| Route { method: "GET", path, access, handler };
    let on_post = |path, access, handler| Route { method: "POST", path, access, handler };
    vec![
        // The front office too.
        on_get("/findings", Needs(FindingsSee), get(findings::page)),
        on_post("/findings/{id}", Needs(FindingsDecide), post(findings::decide)),
        on_get("/yesterday", Needs(Office), get(yesterday::page)),
        on_get("/yesterday/demand", Needs(Office), get(shadow::office_demand)),
        on_post("/yesterday/{id}", Needs(Office), post(yesterday::say)),
        // Who works on cases.
        on_post("/account/sign", Needs(Work), post(signs::set)),
        on_post("/cases/{id}/act", Needs(Work), post(acts::act)),
        on_post("/cases/{id}/draft", Needs(Work), post(drafts::keep)),
        on_post("/cases/{id}/translate", Needs(Work), post(case::translation::ask)),
        on_post("/cases/{id}/tickets", Needs(Work), post(case::find_tickets)),
        on_post("/cases/{id}/presence", Needs(Work), post(case::presence::say)),
        on_get("/cases/{id}/library", Needs(Work), get(library::for_case)),
        on_post("/library", Needs(Work), post(library::act)),
        on_post("/filters", Needs(Work), post(inbox::saved::act)),
        on_get("/bulk", Needs(Bulk), get(bulk::page)),
        on_post("/bulk", Needs(Bulk), post(bulk::act)),
        on_get("/bulk/{id}", Needs(Bulk), get(bulk::done)),
        on_post("/bulk/{id}", Needs(Bulk), post(bulk::undo)),
        on_post("/checks/{id}", Needs(Correct), post(checks::decide)),
        on_post("/collecting/{id}", Needs(Moderate), post(collecting::hide)),
        on_post("/duty", Needs(Work), post(duty::say)),
        on_post("/briefing", Needs(Work), post(briefing::hand_over)),
        on_post("/incidents", Needs(Work), post(incidents::open)),
        on_post("/incidents/{id}", Needs(Work), post(incidents::act)),
        on_post("/outbox/{id}", Needs(Answer), post(outbox::decide)),
        on_get("/quality", Needs(Work), get(quality::page)),
        on_post("/quality/{id}", Needs(Work), post(quality::act)),
        on_get("/thanks", Needs(Work), get(thanks::page)),
        on_post("/thanks/{id}", Needs(Work), post(thanks::act)),
    ]
}

/// What leads and admins do.
fn leads() -> Vec<Route> {
    use Access::Needs;
    use Right::{Steer, Tokens};
    let on_get = |path, access, handler| Route { method: "GET", path, access, handler };
    let on_post = |path, access, handler| Route { method: "POST", path, access, handler };
    vec![
        // Leads.
        on_get("/triage", Needs(Steer), get(triage::page)),
        on_post("/triage/hide", Needs(Steer), post(triage::hide)),
        on_get("/policies/{policy}/edit", Needs(Steer), get(policies::edit)),
        on_post("/policies/{policy}/edit", Needs(Steer), post(policies::act)),
        on_get("/templates/edit", Needs(Steer), get(written::edit)),
        on_post("/templates", Needs(Steer), post(written::act)),
        on_post("/outbox/kill", Needs(Steer), post(outbox::kill)),
        on_post("/reports/notes", Needs(Steer), post(published::note)),
        on_get("/public-figure", Needs(Steer), get(public::page)),
        on_post("/public-figure", Needs(Steer), post(public::freeze)),
        on_get("/privacy", Needs(Right::Privacy), get(privacy::page)),
        on_post("/privacy", Needs(Right::Privacy), post(privacy::act)),
        on_post("/briefing/lines", Needs(Steer), post(briefing::lines)),
        on_post("/peaks", Needs(Steer), post(peaks::act)),
        on_post("/peaks/{id}", Needs(Steer), post(peaks::end)),
        on_get("/labels", Needs(Steer), get(protocols::labels)),
        on_post("/labels", Needs(Steer), post(protocols::unlabel)),
        on_get("/tokens", Needs(Tokens), get(tokens::page)),
        on_post("/tokens", Needs(Tokens), post(tokens::make)),
        on_post("/tokens/revoke", Needs(Tokens), post(tokens::revoke)),
        on_get("/people", Needs(Right::People), get(people::page)),
        on_post("/people", Needs(Right::People), post(people::add)),
        on_post("/people/place", Needs(Right::People), post(people::place)),
        on_post("/people/link", Needs(Right::People), post(people::link)),
        on_post("/people/logins", Needs(Right::People), post(people::end_logins)),
        on_post("/people/factors", Needs(Right::People), post(people::factors)),
        on_post("/people/disable", Needs(Right::People), post(people::disable)),
        on_get("/audit", Needs(Right::Audit), get(audit::page)),
    ]
}

/// The planner; nothing where the module is off.
fn planning() -> Vec<Route> {
    use Access::{Needs, Own};
    use Right::{See, Steer, Work};
    let on_get = |path, access, handler| Route { method: "GET", path, access, handler };
    let on_post = |path, access, handler| Route { method: "POST", path, access, handler };
    vec![
        on_get("/ical/{file}", Own, get(planner::ical)),
        on_get("/planner", Needs(See), get(planner::week)),
        on_get("/planner/mine", Needs(See), get(planner::mine)),
        on_get("/planner/swaps", Needs(See), get(planner::swaps)),
        on_get("/planner/guests", Needs(See), get(planner::guests)),
        on_post("/planner", Needs(Work), post(planner::act)),
        on_post("/planner/lead", Needs(Steer), post(planner::lead)),
    ]
}

/// The router with every bound that does not belong to the connection.
pub fn router(app: App) -> Router {
    let mut router: Router<App> = Router::new();
    for route in table() {
        let guard = axum::middleware::from_fn_with_state((app.clone(), route.access), auth::guard);
        let most = auth::body_bytes_max(route.path, app.config.body_bytes_max);
        let bound = RequestBodyLimitLayer::new(most);
        let handler: MethodRouter<App> = route.handler.route_layer(guard).layer(bound);
        router = router.route(route.path, handler);
    }
    router = router.merge(api::router(&app.api, app.config.body_bytes_max));
    let programs = app.api.clone();
    let request = std::time::Duration::from_secs(app.config.request_seconds.max(1).unsigned_abs());
    let layers = ServiceBuilder::new()
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn(health::counted))
        .layer(axum::middleware::from_fn_with_state(app.clone(), error::dress))
        .layer(axum::middleware::from_fn(move |request, next| {
            api::problem::dress(programs.clone(), request, next)
        }))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, request))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(axum::extract::DefaultBodyLimit::disable());
    router.fallback(error::nowhere).with_state(app).layer(layers)
}
