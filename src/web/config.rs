//! The settings of the web server: bounds on what comes in, and who may read the metrics.

use super::asked::ForwardedHeader;
use super::languages::Languages;
use crate::api;
use crate::catalogue::Catalogue;
use crate::domain::kudos::Rules;
use crate::domain::staff::StaffFigures;
use crate::domain::time::Span;
use crate::planner::config::PlannerConfig;
use crate::provider::Provider;
use crate::translating::Translator;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;

/// `[web]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebConfig {
    /// Seconds within which the head of a request must have come.
    pub header_seconds: i64,
    /// Seconds within which the body must have come and the answer be made.
    pub request_seconds: i64,
    /// Largest body in bytes.
    pub body_bytes_max: usize,
    /// Most connections at a time.
    pub connections_max: usize,
    /// Token that `/metrics` wants from anywhere but this machine.
    pub metrics_token: Option<SecretString>,
    /// A file that holds that token.
    pub metrics_token_file: Option<PathBuf>,
    /// Hours after which a log-in ends in any case.
    pub login_hours: i64,
    /// Minutes without a request after which a log-in ends.
    pub idle_minutes: i64,
    /// Most requests of one token of the interface for programs in a minute, for each replica.
    pub api_per_minute: u32,
    /// The proxies whose word on who asks is believed, each as `ADDRESS` or `ADDRESS/BITS`.
    pub trusted_proxies: Vec<String>,
    /// The header in which they write it.
    pub forwarded_header: ForwardedHeader,
    /// Files with the words of further languages.
    pub languages: Vec<PathBuf>,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            header_seconds: 10,
            request_seconds: 30,
            body_bytes_max: 1024 * 1024,
            connections_max: 512,
            metrics_token: None,
            metrics_token_file: None,
            login_hours: 12,
            idle_minutes: 120,
            api_per_minute: 600,
            trusted_proxies: ["127.0.0.0/8", "::1"].map(str::to_owned).to_vec(),
            forwarded_header: ForwardedHeader::default(),
            languages: Vec::new(),
        }
    }
}

/// Optional modules of the console.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    /// The forecast.
    pub forecast: ForecastConfig,
    /// The public figure.
    pub public_figure: PublicFigureConfig,
    /// The ledger of helpers.
    pub helpers: HelpersConfig,
    /// Our own planner of shifts.
    pub planner: PlannerConfig,
    /// The provider of identities, where one lets people in.
    pub provider: Option<Arc<Provider>>,
    /// What is told of staff.
    pub staff: StaffFigures,
    /// What translates messages, where a service is configured.
    pub translator: Option<Translator>,
    /// The languages beside English and Dutch.
    pub languages: Languages,
    /// How long what reports count is kept; without it, for ever.
    pub counts_kept: Option<Span>,
}

impl Modules {
    /// What of them the interface for programs tells of.
    pub fn for_api(&self, catalogue: &Catalogue) -> api::Modules {
        let names = catalogue.brands.iter().map(|b| b.brand.name.clone());
        let forecast = &self.forecast;
        api::Modules {
            figures: names.filter(|name| self.public_figure.shows(name)).collect(),
            forecast: forecast.enabled.then_some((forecast.handling_minutes, forecast.patience_minutes)),
            helpers: self.helpers.enabled.then(|| self.helpers.rules()),
            staff: self.staff,
        }
    }
}

/// `[helpers]`: points for members who help others in a forum; off unless switched on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HelpersConfig {
    /// Whether the ledger is kept and shown.
    pub enabled: bool,
    /// Points for an answer that was marked as the solution.
    pub accepted_points: i64,
    /// Points for one that was well received.
    pub liked_points: i64,
    /// From how many likes on it was well received.
    pub likes_min: i64,
    /// Most points of one helper in a day.
    pub daily_max: i64,
    /// Most points of one helper in a week.
    pub weekly_max: i64,
    /// How many answers of one helper to the same member count in a week.
    pub pair_weekly_max: i64,
}

impl Default for HelpersConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            accepted_points: 10,
            liked_points: 3,
            likes_min: 3,
            daily_max: 50,
            weekly_max: 150,
            pair_weekly_max: 2,
        }
    }
}

impl HelpersConfig {
    /// As the arithmetic wants them.
    pub const fn rules(&self) -> Rules {
        Rules {
            accepted: self.accepted_points,
            liked: self.liked_points,
            likes_min: self.likes_min,
            daily_max: self.daily_max,
            weekly_max: self.weekly_max,
            pair_weekly_max: self.pair_weekly_max,
        }
    }
}

/// `[forecast]`: off unless switched on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForecastConfig {
    /// Whether the console shows it.
    pub enabled: bool,
    /// How long one answer takes, in minutes; left out, as measured.
    pub handling_minutes: Option<f64>,
    /// After how many minutes people give up in the mean; left out, never.
    pub patience_minutes: Option<f64>,
}

/// `[public_figure]`: off unless switched on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicFigureConfig {
    /// Whether it is shown.
    pub enabled: bool,
    /// Only of these brands; left out, of all.
    pub brands: Vec<String>,
}

impl PublicFigureConfig {
    /// Whether it is shown of a brand.
    pub fn shows(&self, brand: &str) -> bool {
        self.enabled && (self.brands.is_empty() || self.brands.iter().any(|b| b.eq_ignore_ascii_case(brand)))
    }
}
