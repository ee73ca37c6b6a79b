//! The interface for programs: everything that people do in the console, under `/api/v1`.
//!
//! It reads through the store and writes only through casework, people, tokens and the outbox's decisions, like the
//! console; nothing is decided here. `table` is the whole list of what can be asked, each with the scope
//! that a token needs; the description that is served is made from it. There are no cookies and no log-ins here, and
//! nothing is told to pages of other origins.

pub mod account;
pub mod acts;
pub mod ahead;
pub mod ask;
pub mod attachments;
pub mod audit;
pub mod back_door;
pub mod batch;
pub mod behind;
pub mod beside;
pub mod briefing;
pub mod case;
pub mod cases;
pub mod collecting;
pub mod customers;
pub mod days;
pub mod describe;
mod door;
pub mod drafts;
pub mod duty;
pub mod enclosed;
pub mod figure;
pub mod figures;
pub mod files;
pub mod filters;
pub mod findings;
pub mod hooks;
pub mod incidents;
mod input;
pub mod leads;
pub mod library;
pub mod many;
pub mod office;
mod once;
pub mod pages;
pub mod peaks;
pub mod planner;
pub mod policies;
pub mod presence;
mod privacy;
pub mod problem;
pub mod promises;
pub mod protocols;
pub mod quality;
pub mod quarantine;
pub mod registers;
mod seen;
pub mod shape;
pub mod spending;
pub mod staff;
mod table;
pub mod team;
pub mod templates;
pub mod translate;
pub mod triage;
pub mod trying;
pub mod voice;
pub mod wall;
pub mod word;

pub use problem::Kind;
pub use table::{Endpoint, ROOT, Sort, table};

use crate::casework::Casework;
use crate::catalogue::Current;
use crate::clock::{Clock, Mint};
use crate::domain::kudos::Rules;
use crate::domain::staff::StaffFigures;
use crate::people::People;
use crate::planner::Planner;
use crate::privacy::Privacy;
use crate::store::Db;
use crate::tokens::Tokens;
use crate::translating::Translator;
use axum::Router;
use axum::extract::{RawPathParams, Request};
use axum::http::header;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, get};
use problem::Problem;
use std::collections::BTreeMap;
use std::sync::Arc;
use tower_http::limit::RequestBodyLimitLayer;

/// Where a request comes from, as the server that carries it knows; put beside each request.
#[derive(Clone, Debug, Default)]
pub struct Near(pub String);

/// The optional modules that it tells of.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    /// The brands by name of which a public figure is shown.
    pub figures: Vec<String>,
    /// The forecast, where it is on: minutes that one answer takes, and minutes after which people give up.
    pub forecast: Option<(Option<f64>, Option<f64>)>,
    /// The rules of the ledger of helpers, where it is kept.
    pub helpers: Option<Rules>,
    /// What is told of staff.
    pub staff: StaffFigures,
}

/// What the interface is made of.
#[derive(Clone)]
pub struct Parts {
    /// The database, for reading.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and chance.
    pub mint: Arc<Mint>,
    /// What people do with cases.
    pub casework: Casework,
    /// The brands at present.
    pub catalogue: Current,
    /// Who may come in.
    pub people: People,
    /// Who may come in by a token.
    pub tokens: Tokens,
    /// What is owed to people whose words are kept.
    pub privacy: Privacy,
    /// Our own planner, where it is switched on.
    pub planner: Option<Planner>,
    /// What translates messages, where a service is configured.
    pub translator: Option<Translator>,
    /// What else is on.
    pub modules: Modules,
    /// The zone in which days of reports are meant.
    pub zone: jiff::tz::TimeZone,
    /// The address by which people reach the console.
    pub public_url: String,
    /// Most requests of one token in a minute.
    pub per_minute: u32,
}

/// The parts, and what is counted of each token.
pub struct Inner {
    parts: Parts,
    door: door::Door,
    /// One at a time of those who say what they saw of a thing, so that they wait for one another here.
    waits: seen::Waits,
}

/// The interface; cheap to clone.
pub type Api = Arc<Inner>;

impl std::ops::Deref for Inner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// Puts the parts together.
pub fn api(parts: Parts) -> Api {
    let door = door::Door::new(parts.per_minute);
    Arc::new(Inner { parts, door, waits: seen::Waits::default() })
}

/// Whether a path is one of the interface, so that what is wrong with it is told as a problem.
pub fn is_ours(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// The routes, to be put beside those of the console.
pub fn router<S: Clone + Send + Sync + 'static>(api: &Api, body_bytes_max: usize) -> Router<S> {
    let mut by_path: BTreeMap<&'static str, Vec<Arc<Endpoint>>> = BTreeMap::new();
    for endpoint in table() {
        by_path.entry(endpoint.path).or_default().push(Arc::new(endpoint));
    }
    let mut router: Router<S> = Router::new();
    for (path, endpoints) in by_path {
        let mut methods: MethodRouter<S> = MethodRouter::new();
        let mut allow: Vec<&'static str> = Vec::new();
        let files = endpoints.iter().any(|e| e.files);
        let most = if files { body_bytes_max.max(door::FILE_BODY_BYTES_MAX) } else { body_bytes_max };
        for endpoint in endpoints {
            let filter = match endpoint.method {
                "GET" => MethodFilter::GET,
                "PUT" => MethodFilter::PUT,
                _ => MethodFilter::POST,
            };
            allow.push(endpoint.method);
            let api = api.clone();
            let handler = move |path: RawPathParams, request: Request| {
                let (api, endpoint) = (api.clone(), endpoint.clone());
                async move { door::enter(api, endpoint, path, request).await }
            };
            methods = methods.on(filter, handler);
        }
        let methods: MethodRouter<S> = methods
            .fallback(move || std::future::ready(wrong_method(allow.clone())))
            .layer(RequestBodyLimitLayer::new(most));
        router = router.route(&format!("{ROOT}{path}"), methods);
    }
    let text = Arc::new(describe::description(env!("CARGO_PKG_VERSION")).to_string());
    let described = get(move || {
        let text = text.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], text.as_ref().clone()) }
    });
    router.route(
        &format!("{ROOT}/openapi.json"),
        described.fallback(|| std::future::ready(wrong_method(vec!["GET"]))),
    )
}

fn wrong_method(mut allowed: Vec<&'static str>) -> Response {
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let allowed = allowed.join(", ");
    let mut problem = Problem::new(Kind::Method, format!("allowed here: {allowed}"));
    problem.allow = Some(allowed);
    problem.answer()
}
