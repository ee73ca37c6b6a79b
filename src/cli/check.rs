//! `webcared check`: whether the settings are right, and what they do.
//!
//! Mistakes go to standard error, one a line, with exit code 3. If there are none, a short summary
//! goes to standard output. It opens no database and asks no server, and shows no secret.

use super::args::{CheckArgs, Global};
use super::exit::{Exit, Failure};
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::courier::config::HookOutConfig;
use crate::doctor;
use crate::reporting::config::LetterConfig;
use crate::settings::{self, Mistake, Mistakes, Settings};
use crate::sources::config::SourceConfig;
use crate::store::OpenError;
use crate::tickets::config::TicketsConfig;
use crate::web::languages::Languages;
use serde::Serialize;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

/// What settings do, without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Where the web server listens.
    pub listen: String,
    /// The address by which people and webhooks reach it.
    pub public_url: String,
    /// Where the database is, without password.
    pub database: String,
    /// What is watched.
    pub brands: Vec<BrandSummary>,
    /// Where posts come from.
    pub sources: Vec<SourceSummary>,
    /// Ticket systems of the front office.
    pub tickets: Vec<SourceSummary>,
    /// Programs that are told of what happens in cases.
    pub hooks_out: Vec<SourceSummary>,
    /// How many chats of teams are told; none without a bot.
    pub chats: usize,
    /// Where alerts go beside the chat.
    pub alerts: Vec<String>,
    /// Whether files of posts are fetched, and how large they may be.
    pub attachments: String,
    /// Plans of duty that are read by themselves, and whether gaps are told.
    pub duty: Option<String>,
    /// When the leads get the report of the day before.
    pub morning_report: Option<String>,
    /// Reports by mail.
    pub report_mails: Vec<String>,
    /// Languages of the console that came as files.
    pub languages: Vec<String>,
    /// Their texts that are missing, each with file and line; English stands for them.
    pub missing_texts: Vec<String>,
    /// What is right and should be known.
    pub notes: Vec<String>,
}

/// A brand in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BrandSummary {
    /// Its name.
    pub name: String,
    /// How many handles, hashtags and keywords it is recognised by.
    pub recognised_by: usize,
    /// The promise that holds.
    pub policy: String,
    /// The promise in words.
    pub promise: String,
}

/// A source in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceSummary {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Where it reads, or where it is called.
    pub reach: String,
    /// The brand to which everything is addressed; else the words decide.
    pub brand: Option<String>,
}

/// Either the mistakes or what the settings do, for `--json`.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Right { ok: bool, summary: &'a Summary },
    Wrong { ok: bool, mistakes: &'a Mistakes },
}

/// Checks the settings and tells the result.
pub fn run(global: &Global, args: &CheckArgs) -> Result<Exit, Failure> {
    let read = settings::from_env(global.config.as_deref(), &global.flags());
    let settings = match read.and_then(|settings| usable(&settings).map(|()| settings)) {
        Ok(settings) => settings,
        Err(mistakes) if args.json => {
            print_json(&Told::Wrong { ok: false, mistakes: &mistakes })?;
            return Ok(Exit::Configuration);
        }
        Err(mistakes) => return Err(mistakes.into()),
    };
    let summary = Summary::of(&settings)?;
    if args.json {
        print_json(&Told::Right { ok: true, summary: &summary })?;
    } else {
        super::print(&format!("{}{}", origin(global), summary.text()))?;
    }
    Ok(Exit::Done)
}

/// Which file the settings are from: whoever stands in another folder reads none.
fn origin(global: &Global) -> String {
    match settings::file_read(global.config.as_deref()) {
        Some(file) => format!("Settings from {}.\n", file.display()),
        None => {
            format!("No file was read: there is no ./{}, and --config names none.\n", settings::DEFAULT_FILE)
        }
    }
}

/// What the daemon builds from the settings when it starts is built here as well: what it would refuse is a mistake too.
fn usable(settings: &Settings) -> Result<(), Mistakes> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let found = match app::http_client(settings, &clock) {
        Ok(http) => doctor::unusable(settings, &http, &clock),
        Err(error) => vec![error.to_string()],
    };
    let allowed = "wanted is what the daemon can begin with".to_owned();
    let one = |found| Mistake { found, allowed: allowed.clone(), ..Mistake::default() };
    let mut all: Vec<Mistake> = found.into_iter().map(one).collect();
    let (_, remarks) = Languages::read(&settings.web.languages);
    all.extend(remarks.into_iter().filter(|r| !r.missing).map(|r| Mistake {
        file: Some(r.file),
        line: r.line,
        path: r.path,
        found: r.found,
        allowed: r.wanted,
        ..Mistake::default()
    }));
    if all.is_empty() { Ok(()) } else { Err(Mistakes(all)) }
}

fn print_json(told: &Told<'_>) -> Result<(), Failure> {
    super::print(&format!("{}\n", serde_json::to_string_pretty(told).map_err(anyhow::Error::from)?))
}

impl Summary {
    /// What the settings do.
    pub fn of(settings: &Settings) -> Result<Self, OpenError> {
        let brand = |brand: &crate::domain::brand::Brand| BrandSummary {
            name: brand.name.clone(),
            recognised_by: brand.handles.len() + brand.hashtags.len() + brand.keywords.len(),
            policy: brand.policy.clone(),
            promise: settings.policy(&brand.policy).map(|p| p.published()).unwrap_or_default(),
        };
        let (languages, remarks) = Languages::read(&settings.web.languages);
        Ok(Self {
            listen: settings.listen.clone(),
            public_url: settings.public_url.clone(),
            database: settings.place()?.shown(),
            brands: settings.brands.iter().map(brand).collect(),
            sources: settings.sources.iter().map(|s| source(s, &settings.public_url)).collect(),
            tickets: settings.tickets.iter().map(ticket_system).collect(),
            hooks_out: settings.hooks_out.iter().map(hook_out).collect(),
            chats: settings.chat.telegram.as_ref().map_or(0, |t| t.teams.len()),
            alerts: settings
                .alerts
                .channels
                .iter()
                .map(|c| format!("{}: {}", c.name, c.kinds().first().copied().unwrap_or("none")))
                .collect(),
            attachments: attachments(settings),
            duty: duty(settings),
            morning_report: settings
                .report
                .morning
                .as_ref()
                .map(|at| format!("{at} {}", settings.report.zone)),
            report_mails: report_mails(settings),
            languages: languages.tags().into_iter().map(ToOwned::to_owned).collect(),
            missing_texts: remarks.iter().filter(|r| r.missing).map(ToString::to_string).collect(),
            notes: notes(settings),
        })
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::from("The settings are right.\n");
        let mut line = |name: &str, what: &str| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  {name:<9} {what}");
        };
        line("listens", &format!("{}, reached as {}", self.listen, self.public_url));
        line("database", &self.database);
        for brand in &self.brands {
            let names = if brand.recognised_by == 1 { "name" } else { "names" };
            let known = format!("recognised by {} {names}", brand.recognised_by);
            line("brand", &format!("{}, {known}, policy {}", brand.name, brand.policy));
        }
        let sources = self.sources.iter().map(|s| ("source", s, ", all for "));
        let tickets = self.tickets.iter().map(|t| ("tickets", t, ", for "));
        let told = self.hooks_out.iter().map(|h| ("hook out", h, ", of "));
        for (what, one, whose) in sources.chain(tickets).chain(told) {
            let brand = one.brand.as_ref().map(|b| format!("{whose}{b}")).unwrap_or_default();
            line(what, &format!("{}: {} {}{brand}", one.name, one.kind, one.reach));
        }
        match self.chats {
            0 if self.alerts.is_empty() => line("chat", "none; nobody is told"),
            0 => line("chat", "none"),
            1 => line("chat", "Telegram, one team"),
            many => line("chat", &format!("Telegram, {many} teams")),
        }
        for channel in &self.alerts {
            line("alerts", channel);
        }
        line("files", &self.attachments);
        if let Some(duty) = &self.duty {
            line("duty", duty);
        }
        line("report", self.morning_report.as_deref().unwrap_or("none in the morning"));
        for mail in &self.report_mails {
            line("report", mail);
        }
        if !self.languages.is_empty() {
            let missing = self.missing_texts.len();
            line("languages", &format!("en, nl, {}; {missing} texts in English", self.languages.join(", ")));
        }
        for note in &self.notes {
            line("note", note);
        }
        if self.brands.is_empty() {
            line("note", "no brand is watched: add a [[brand]], or run with --watch NAME");
        } else if self.sources.is_empty() {
            line("note", "nothing brings posts: add a [[source]]");
        }
        for missing in &self.missing_texts {
            let _ = writeln!(text, "{missing}");
        }
        text
    }
}

/// What is right and will surprise somebody all the same.
fn notes(settings: &Settings) -> Vec<String> {
    let mut notes = Vec::new();
    let is_apart = settings.listen.parse::<SocketAddr>().is_ok_and(|at| !at.ip().is_loopback());
    if is_apart && settings.public_url == format!("http://{}", settings.listen) {
        let what = "over plain http nobody can log in from another machine: put a proxy with TLS before it, and say its address as public_url";
        notes.push(what.to_owned());
    }
    if settings.database.url.is_some() && settings.login.key.is_none() {
        let data = settings.data.display();
        notes.push(format!(
            "second factors are sealed by a key in {data}; several replicas need one login.key_file"
        ));
    }
    notes
}

/// Each letter: what, when, to how many.
fn report_mails(settings: &Settings) -> Vec<String> {
    let letters = settings.report.mail.iter().flat_map(|m| &m.letters);
    let one = |l: &LetterConfig| {
        let zone = l.zone.as_deref().unwrap_or(&settings.report.zone);
        format!("{}: {} by mail at {} {zone}, to {}", l.name, l.kind.code(), l.at, l.to.len())
    };
    letters.map(one).collect()
}

/// Nothing where the section is left out.
fn duty(settings: &Settings) -> Option<String> {
    let names: Vec<&str> = settings.duty.plans.iter().map(|p| p.name.as_str()).collect();
    let plans = if names.is_empty() { "no plans".to_owned() } else { format!("plans {}", names.join(", ")) };
    let told = if settings.duty.alerts { "gaps are told" } else { "gaps are not told" };
    (!names.is_empty() || !settings.duty.alerts).then(|| format!("{plans}, {told}"))
}

/// What is done with files of posts.
fn attachments(settings: &Settings) -> String {
    let files = &settings.attachments;
    if files.fetch {
        format!(
            "pictures and PDFs of posts are fetched, up to {:.1} MiB",
            files.bytes_max as f64 / 1_048_576.0
        )
    } else {
        "of posts are only named".to_owned()
    }
}

fn ticket_system(system: &TicketsConfig) -> SourceSummary {
    let kind = system.kinds().first().copied().unwrap_or("none");
    let reach = system.reach();
    SourceSummary { name: system.name.clone(), kind, reach, brand: system.brand.clone() }
}

fn hook_out(hook: &HookOutConfig) -> SourceSummary {
    let brand = Some(hook.brands.join(", ")).filter(|b| !b.is_empty());
    let kind = if hook.with_text { "webhook with words" } else { "webhook" };
    SourceSummary { name: hook.name.clone(), kind, reach: without_query(&hook.url), brand }
}

/// An address without its query, which may hold a secret.
fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

fn source(source: &SourceConfig, public_url: &str) -> SourceSummary {
    let (kind, reach) = if let Some(stream) = &source.jetstream {
        ("jetstream", stream.servers.join(", "))
    } else if let Some(tags) = &source.mastodon_tags {
        ("mastodon_tags", tags.servers.join(", "))
    } else if let Some(search) = &source.bluesky_search {
        ("bluesky_search", search.server.clone())
    } else if let Some(account) = &source.mastodon {
        ("mastodon", format!("its account on {}", account.server))
    } else if let Some(account) = &source.bluesky {
        ("bluesky", format!("{} on {}", account.account, account.server))
    } else if let Some(bot) = &source.telegram {
        ("telegram", format!("a bot for customers, by {}", bot.api_url))
    } else if let Some(forum) = &source.discourse {
        ("discourse", format!("{} on {}", forum.account, forum.server))
    } else if let Some(channel) = &source.youtube {
        let how = if channel.answers() { "reads and answers" } else { "reads only" };
        ("youtube", format!("{}, {how}", channel.channel))
    } else if let Some(account) = &source.reddit {
        ("reddit", format!("u/{}", account.account))
    } else if let Some(places) = &source.google_business {
        ("google_business", places.locations.join(", "))
    } else if let Some(apps) = &source.google_play {
        ("google_play", apps.packages.join(", "))
    } else if let Some(apps) = &source.app_store {
        ("app_store", apps.apps.join(", "))
    } else if let Some(company) = &source.trustpilot {
        ("trustpilot", company.business_units.join(", "))
    } else if let Some(page) = &source.facebook {
        let hears = if page.app_secret.is_some() { "webhook and looks" } else { "looks only" };
        ("facebook", format!("page {}, {hears}", page.page))
    } else if let Some(account) = &source.threads {
        let hears = if account.app_secret.is_some() { "webhook and looks" } else { "looks only" };
        ("threads", format!("@{}, {hears}", account.account.trim_start_matches('@')))
    } else if let Some(account) = &source.instagram {
        let hears =
            if account.app_secret.is_some() { "webhook and looks" } else { "looks only, no mentions" };
        ("instagram", format!("@{}, {hears}", account.username.trim_start_matches('@')))
    } else if let Some(account) = &source.x {
        let budget = account
            .monthly_usd
            .map_or_else(|| "no budget".to_owned(), |usd| format!("{usd} dollars a month"));
        ("x", format!("@{}, {budget}", account.account.trim_start_matches('@')))
    } else if let Some(numbers) = &source.whatsapp {
        let all: Vec<&str> = numbers.numbers.iter().map(|n| n.phone.as_str()).collect();
        (
            "whatsapp",
            format!("{}, by {}/hooks/{}", all.join(", "), public_url.trim_end_matches('/'), source.name),
        )
    } else if let Some(feed) = &source.feed {
        ("feed", feed.urls.iter().map(|u| without_query(u)).collect::<Vec<_>>().join(", "))
    } else if let Some(api) = &source.http {
        ("http", without_query(&api.url))
    } else if let Some(mail) = &source.mail {
        let sends =
            mail.smtp.as_ref().map_or_else(|| "reads only".to_owned(), |s| format!("sends by {}", s.host));
        ("mail", format!("{} on {}, {sends}", mail.address, mail.imap.host))
    } else {
        ("webhook", format!("{}/hooks/{}", public_url.trim_end_matches('/'), source.name))
    };
    SourceSummary { name: source.name.clone(), kind, reach, brand: source.brand.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_surprise_somebody_is_noted() {
        let mut settings = Settings::default();
        assert_eq!(notes(&settings), Vec::<String>::new());
        settings.listen = "192.0.2.7:8080".to_owned();
        settings.public_url = "http://192.0.2.7:8080".to_owned();
        settings.database.url = Some("postgres://nobody@localhost/none".to_owned().into());
        let told = Summary::of(&settings).unwrap().text();
        assert!(told.contains("note      over plain http") && told.contains("login.key_file"), "{told}");
        settings.public_url = "https://care.example".to_owned();
        settings.login.key = Some("k".repeat(32).into());
        assert!(notes(&settings).is_empty());
    }
}
