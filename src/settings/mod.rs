//! The settings: built-in defaults, one TOML file, the environment, flags; later ones win.
//!
//! [`load`] gives settings that can be relied on, or every mistake at once, each with its line or
//! its variable. Secrets are read from their files here, and are never shown. This is the only
//! place that reads the environment of the process.

mod checks;
mod environment;
mod mistakes;
mod reading;
mod secrets;
mod sections;
#[cfg(test)]
mod tests;
mod tree;
mod twice;

pub use crate::privacy::config::RetentionConfig;
pub use checks::TextFacts;
pub use environment::FILE_VARIABLE;
pub use mistakes::{Mistake, Mistakes};
pub use sections::{AnswersConfig, DatabaseConfig, LoginConfig, OutboundConfig, ReportConfig};

use crate::alarms::config::AlertsConfig;
use crate::anchoring::config::AuditConfig;
use crate::attaching::AttachmentsConfig;
use crate::chat::config::ChatConfig;
use crate::courier::config::HookOutConfig;
use crate::domain::brand::Brand;
use crate::domain::calendar::{CalendarSpec, FROM_SETTINGS};
use crate::domain::expiry::{self, Expiry};
use crate::domain::policy::Policy;
use crate::duty::config::DutyConfig;
use crate::planner::config::PlannerConfig;
use crate::sources::config::SourceConfig;
use crate::store::open::{OpenError, Place};
use crate::telemetry::LogConfig;
use crate::tickets::config::TicketsConfig;
use crate::translating::config::TranslationConfig;
use crate::web::config::{ForecastConfig, HelpersConfig, PublicFigureConfig, WebConfig};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tree::{Lines, Node, Origin, Written};

/// The file that is read when none is named, if it exists.
pub const DEFAULT_FILE: &str = "webcared.toml";
/// The policy of a brand that names none.
pub const DEFAULT_POLICY: &str = "social-30m";
/// The names of all settings at the top of the file.
const TOP: &[&str] = &[
    "listen",
    "public_url",
    "data",
    "database",
    "log",
    "web",
    "login",
    "outbound",
    "brand",
    "policy",
    "calendar",
    "source",
    "chat",
    "report",
    "retention",
    "answers",
    "attachments",
    "tickets",
    "hook_out",
    "alerts",
    "duty",
    "audit",
    "forecast",
    "public_figure",
    "helpers",
    "planner",
    "translation",
];

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the web server listens, as `ADDRESS:PORT`.
    pub listen: String,
    /// The address by which people and webhooks reach it.
    pub public_url: String,
    /// The folder for data.
    pub data: PathBuf,
    /// The database.
    pub database: DatabaseConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// The web server.
    pub web: WebConfig,
    /// Who may come in, and by what.
    pub login: LoginConfig,
    /// Requests that webcared makes.
    pub outbound: OutboundConfig,
    /// What is watched: `[[brand]]`.
    #[serde(rename = "brand")]
    pub brands: Vec<Brand>,
    /// What is promised, beside the ready-made policies: `[[policy]]`.
    #[serde(rename = "policy")]
    pub policies: Vec<Policy>,
    /// The hours to which policies refer: `[[calendar]]`.
    #[serde(rename = "calendar")]
    pub calendars: Vec<CalendarSpec>,
    /// Where posts come from: `[[source]]`.
    #[serde(rename = "source")]
    pub sources: Vec<SourceConfig>,
    /// The chat of the team.
    pub chat: ChatConfig,
    /// Reports.
    pub report: ReportConfig,
    /// How long things are kept.
    pub retention: RetentionConfig,
    /// Answering customers.
    pub answers: AnswersConfig,
    /// Files that customers put into posts.
    pub attachments: AttachmentsConfig,
    /// Ticket systems of the front office: `[[tickets]]`.
    pub tickets: Vec<TicketsConfig>,
    /// Programs that are told of what happens in cases: `[[hook_out]]`.
    #[serde(rename = "hook_out")]
    pub hooks_out: Vec<HookOutConfig>,
    /// Alerts beside the bot, and who hears when nobody takes a case.
    pub alerts: AlertsConfig,
    /// Who is on duty: plans that are read by themselves, and alerts.
    pub duty: DutyConfig,
    /// Who did what, and where its head is told.
    pub audit: AuditConfig,
    /// How many people it takes; an optional module.
    pub forecast: ForecastConfig,
    /// How soon somebody may expect an answer, in public; an optional module.
    pub public_figure: PublicFigureConfig,
    /// Points for members who help others in a forum; an optional module.
    pub helpers: HelpersConfig,
    /// Our own planner of shifts; an optional module.
    pub planner: PlannerConfig,
    /// Messages in a reader's language by a service; an optional module.
    pub translation: TranslationConfig,
}

impl Settings {
    /// What of the credentials of sources and ticket systems ends on a day that somebody wrote down, by the name
    /// of the source or system.
    pub fn ends(&self) -> Vec<(String, Vec<Expiry>)> {
        let told = |what: &str, day: &str| Some(Expiry::by_person(what, expiry::day_of(day)?));
        let sources = self.sources.iter().map(|s| {
            let ends = s.dated().into_iter().filter_map(|(what, _, day)| told(what, day)).collect();
            (s.name.clone(), ends)
        });
        let systems = self.tickets.iter().map(|t| {
            let ends = t.expires.iter().filter_map(|day| told("credential", day)).collect();
            (t.name.clone(), ends)
        });
        sources.chain(systems).collect()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            data: PathBuf::from("./webcared-data"),
            database: DatabaseConfig::default(),
            log: LogConfig::default(),
            web: WebConfig::default(),
            login: LoginConfig::default(),
            outbound: OutboundConfig::default(),
            brands: Vec::new(),
            policies: Vec::new(),
            calendars: Vec::new(),
            sources: Vec::new(),
            chat: ChatConfig::default(),
            report: ReportConfig::default(),
            retention: RetentionConfig::default(),
            answers: AnswersConfig::default(),
            attachments: AttachmentsConfig::default(),
            tickets: Vec::new(),
            hooks_out: Vec::new(),
            alerts: AlertsConfig::default(),
            duty: DutyConfig::default(),
            audit: AuditConfig::default(),
            forecast: ForecastConfig::default(),
            public_figure: PublicFigureConfig::default(),
            helpers: HelpersConfig::default(),
            planner: PlannerConfig::default(),
            translation: TranslationConfig::default(),
        }
    }
}

impl Settings {
    /// Where the database is.
    pub fn place(&self) -> Result<Place, OpenError> {
        Place::of(self.database.url.as_ref().map(ExposeSecret::expose_secret), &self.data)
    }

    /// The zone of plans that name none.
    pub fn duty_zone(&self) -> &str {
        self.duty.zone.as_deref().unwrap_or(&self.report.zone)
    }

    /// All policies: those of the file, and the ready-made ones.
    pub fn all_policies(&self) -> Vec<Policy> {
        self.policies.iter().cloned().chain(Policy::ready_made()).collect()
    }

    /// The policy of that name: one of the file or a ready-made one.
    pub fn policy(&self, name: &str) -> Option<Policy> {
        self.all_policies().into_iter().find(|p| p.name == name)
    }
}

/// What the command line says over file and environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--database`.
    pub database: Option<SecretString>,
    /// `--listen`.
    pub listen: Option<String>,
}

/// Reads the settings: defaults, `file`, `env`, `flags`; all mistakes at once if there are any.
pub fn load(
    file: Option<&Path>,
    flags: &Flags,
    env: impl Iterator<Item = (String, String)>,
) -> Result<Settings, Mistakes> {
    let name = file.map(|f| f.display().to_string());
    let name = name.as_deref();
    let in_file = |m: Mistake| Mistake { file: name.map(str::to_owned), ..m };
    let (mut tree, twice) = match file {
        Some(file) => tree_of(file).map_err(|all| Mistakes(all.into_iter().map(in_file).collect()))?,
        None => (Node::empty(), Vec::new()),
    };
    let mut mistakes: Vec<Mistake> = twice.into_iter().map(in_file).collect();
    mistakes.extend(environment::lay_variables(&mut tree, env, TOP));
    lay_flags(&mut tree, flags, &mut mistakes);
    let (mut settings, unfit): (Settings, _) = reading::read(&mut tree, name);
    mistakes.extend(unfit);
    if let Some(data) = &flags.data {
        // Once more, for a path need not be text.
        settings.data.clone_from(data);
    }
    mistakes.extend(checks::check(&mut settings, &tree, name));
    // So that a path can be put behind it.
    settings.public_url.truncate(settings.public_url.trim_end_matches('/').len());
    // Whoever only says where to listen means to come by that address.
    let usual = Settings::default();
    if settings.public_url == usual.public_url && settings.listen != usual.listen {
        settings.public_url = format!("http://{}", reached(&settings.listen));
    }
    if mistakes.is_empty() { Ok(settings) } else { Err(Mistakes::sorted(mistakes)) }
}

/// By which address this machine comes to where we listen: who listens on all of them is reached by none of that name.
fn reached(listen: &str) -> String {
    let own = |at: SocketAddr| {
        let ip = if at.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
        SocketAddr::new(ip, at.port()).to_string()
    };
    let everywhere = listen.parse().ok().filter(|at: &SocketAddr| at.ip().is_unspecified());
    everywhere.map_or_else(|| listen.to_owned(), own)
}

/// Which file is read: the one that is named, else by the environment, else the usual one if it is there.
pub fn file_read(named: Option<&Path>) -> Option<PathBuf> {
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|f| f.exists());
    // An empty variable is one that is not set.
    let by_variable = std::env::vars_os()
        .find(|(name, path)| name == FILE_VARIABLE && !path.is_empty())
        .map(|(_, path)| PathBuf::from(path));
    named.map(Path::to_path_buf).or(by_variable).or_else(default)
}

/// Reads the settings with the environment of the process. When no file is named there, the one that
/// `WEBCARED_CONFIG` names is read, or `./webcared.toml` if it exists.
pub fn from_env(file: Option<&Path>, flags: &Flags) -> Result<Settings, Mistakes> {
    let file = file_read(file);
    // What is not UTF-8 in others' variables is none of our business; in ours it is refused as text.
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    load(file.as_deref(), flags, std::env::vars_os().filter_map(text))
}

/// Reads one policy, with the calendars that it names, from a text as it stands in a file; all mistakes at once. What
/// names files or addresses of the machine stands in the file only.
pub fn policy_of(text: &str) -> Result<Policy, Mistakes> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Written {
        policy: Vec<Policy>,
        calendar: Vec<CalendarSpec>,
    }
    const PLACE: Option<&str> = Some("line");
    let placed = |m: Mistake| Mistake { file: PLACE.map(str::to_owned), ..m };
    let (mut tree, twice) =
        tree_of_text(text).map_err(|all| Mistakes(all.into_iter().map(placed).collect()))?;
    let (mut written, mut mistakes): (Written, _) = reading::read(&mut tree, PLACE);
    mistakes.extend(twice.into_iter().map(placed));
    for (n, calendar) in written.calendar.iter_mut().enumerate() {
        if calendar.holidays_url.as_deref() == Some(FROM_SETTINGS) {
            (calendar.holidays_url, calendar.holidays_follow) = (None, true);
        }
        if calendar.holidays_file.is_some() || calendar.holidays_url.is_some() {
            let path = format!("calendar[{n}]");
            let allowed = "allowed are dates in 'holidays', and holidays_url = \"settings\" for the address of the settings";
            mistakes.push(Mistake::new(&path, "holidays from a file or an address", allowed));
        }
    }
    if written.policy.len() != 1 && mistakes.is_empty() {
        mistakes.push(Mistake::new("policy", format!("{} of them", written.policy.len()), "wanted is one"));
    }
    if !mistakes.is_empty() {
        return Err(Mistakes::sorted(mistakes));
    }
    let mut policies = written.policy;
    // In a file the names of ready-made policies are taken; here it may be a version of one.
    let own = policies.first().map(|p| p.name.clone()).unwrap_or_default();
    if let Some(policy) =
        policies.first_mut().filter(|p| Policy::ready_made().iter().any(|r| r.name == p.name))
    {
        "this-policy".clone_into(&mut policy.name);
    }
    let mut settings = Settings { policies, calendars: written.calendar, ..Settings::default() };
    mistakes.extend(checks::check(&mut settings, &tree, PLACE));
    match settings.policies.pop() {
        Some(policy) if mistakes.is_empty() => Ok(Policy { name: own, ..policy }),
        _ => Err(Mistakes::sorted(mistakes)),
    }
}

/// The tree of a file and what stands in it twice; or what keeps it from being read.
fn tree_of(file: &Path) -> Result<(Node, Vec<Mistake>), Vec<Mistake>> {
    let bytes = std::fs::read(file)
        .map_err(|e| vec![Mistake::new("", e.to_string(), "wanted is a readable file")])?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let valid = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = String::from_utf8_lossy(valid).split('\n').count();
        vec![Mistake { line: Some(line), ..Mistake::new("", "not UTF-8", "wanted is text in UTF-8") }]
    })?;
    tree_of_text(&text)
}

fn tree_of_text(text: &str) -> Result<(Node, Vec<Mistake>), Vec<Mistake>> {
    let mut text = Cow::Borrowed(text);
    let mut twice = Vec::new();
    loop {
        let lines = Lines::of(&text);
        let error = match toml_edit::Document::parse(&*text) {
            Ok(document) => return Ok((Node::of_file(document.as_table(), &lines), twice)),
            Err(error) => error,
        };
        let at = error.span().map_or(text.len(), |s| s.start).min(text.len());
        let line = lines.line(at);
        let again = (error.message() == twice::SAYS).then(|| twice::given_twice(&text, line)).flatten();
        let without = if let Some((mistake, without)) = again {
            twice.push(Mistake { line: Some(line), ..mistake });
            without
        } else {
            let column = text.get(lines.begin(at)..at).map_or(1, |before| before.chars().count() + 1);
            // The message of the parser only: its picture of the line could show a secret.
            let found = error.message().lines().collect::<Vec<_>>().join(", ");
            let mistake = Mistake::new("", found, "wanted is TOML");
            twice.push(Mistake { line: Some(line), column: Some(column), ..mistake });
            None
        };
        let Some(without) = without else { return Err(twice) };
        text = Cow::Owned(without);
    }
}

fn lay_flags(tree: &mut Node, flags: &Flags, mistakes: &mut Vec<Mistake>) {
    let data = flags.data.as_ref().map(|path| path.display().to_string());
    let database = flags.database.as_ref().map(|url| url.expose_secret().to_owned());
    let given = [
        ("data", "--data", data),
        ("database.url", "--database", database),
        ("listen", "--listen", flags.listen.clone()),
    ];
    for (key, flag, text) in given {
        let Some(text) = text else { continue };
        let origin = Origin::Flag(flag);
        if let Some(mistake) = environment::lay(tree, key, &origin, Written::Text(text)) {
            mistakes.push(mistake.at(None, &origin));
        }
    }
}
