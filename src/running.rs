//! The daemon: sources, intake, deadlines, outbox, web around the parts, until the order to stop.

mod beside;
mod damaged;
mod front_office;
mod starting;
pub mod trying;
mod vault;

use crate::answering;
use crate::app::{self, Parts, StartError};
use crate::chat;
use crate::clock::{Chance, Clock};
use crate::collect;
use crate::deadlines::Deadlines;
use crate::domain::brand::searched;
use crate::domain::post::Glimpse;
use crate::domain::time::{Span, Timestamp};
use crate::holidays::Holidays;
use crate::hooking::Deliveries;
use crate::housekeeping::{self, RawDays};
use crate::http_client::HttpClient;
use crate::intake::{self, Rules, SourceRules};
use crate::outbox;
use crate::privacy::retention;
use crate::provider::Provider;
use crate::receiving::Receiving;
use crate::replaying::Times;
use crate::sample;
use crate::settings::Settings;
use crate::shutdown::{Shutdown, pause};
use crate::sources::config::SourceConfig;
use crate::sources::{self, Account, Outside, Source, practice};
use crate::store::Db;
use crate::store::console;
use crate::store::grant::{self, Origin};
use crate::store::open::{self, Place};
use crate::store::source::{self, Registered};
use crate::telemetry;
use crate::translating::Translator;
use crate::web;
use crate::web::languages::Languages;
use damaged::Damaged;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// How long everything may take to stop.
const STOP_MAX: Span = Span::seconds(18);

/// Says something to people at the terminal.
pub type Say = fn(&str);

/// Reads the settings again; `None` when they have mistakes, which it has told.
pub type Reread = Box<dyn Fn() -> Option<Settings> + Send>;

/// Runs the daemon until the order to stop.
pub async fn run(
    mut settings: Settings,
    sample: Option<String>,
    reread: Reread,
    say: Say,
    shutdown: Shutdown,
) -> Result<(), StartError> {
    let other = |what: &str, error: &dyn std::fmt::Display| StartError::Other(format!("{what}: {error}"));
    let metrics = telemetry::metrics_handle().map_err(|e| other("metrics", &e))?;
    let listener = match TcpListener::bind(&settings.listen).await {
        Ok(listener) => listener,
        Err(error) => {
            // Where another on the same folder has the address too, that is what there is to know.
            open::refuse_locked(&settings.place()?)?;
            return Err(starting::cannot_listen(&settings.listen, &error));
        }
    };
    // Whoever lets the system choose the port is told which it is.
    if let (Some(host), Ok(at)) = (settings.public_url.strip_suffix(":0"), listener.local_addr()) {
        settings.public_url = format!("{host}:{}", at.port());
    }
    let parts = app::parts(&settings).await?;
    if let Some(brand) = &sample {
        parts.accounts.practise(practice::account(brand));
    }
    count_waiting(&parts).await;
    starting::take_over(&parts).await;
    // Before anybody can see that we are here: who sees it may end it at once.
    let hangup = stop_by_signals(&shutdown);
    let running = Running::start(&parts, &settings, &shutdown).await?;
    let upkeep = metrics.clone();
    shutdown.spawn_every("metrics", telemetry::UPKEEP_EVERY, move || {
        upkeep.run_upkeep();
        async { 0 }
    });
    let app = running.web(&parts, &settings, &shutdown, Arc::new(move || metrics.render()));
    let (watched, stop) = (app.clone(), shutdown.token.clone());
    shutdown.spawn("live pages", async move { web::live::watch(watched, stop).await });
    let (router, config, token) = (web::router(app), settings.web.clone(), shutdown.token.clone());
    shutdown.spawn("web", async move { web::server::serve(listener, router, &config, token).await });
    if let Place::Folder(folder) = settings.place()? {
        parts.control().spawn(&shutdown, &folder).map_err(|e| other("control socket", &e))?;
    }
    let is_sample = sample.is_some();
    if let Some(brand) = sample {
        spawn_sample(&parts, &shutdown, brand);
    }
    start_chat(&parts, &settings, &shutdown)?;
    starting::welcome(&parts, &settings, (is_sample, say)).await;
    reload_by_signal(hangup, &parts, &running, &shutdown, reread);
    tell_systemd(&shutdown);
    shutdown.token.cancelled().await;
    tracing::info!("stopping");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    if !shutdown.drain(STOP_MAX).await {
        tracing::warn!(
            "something did not stop in time and was cut off; nothing that was acknowledged is lost"
        );
    }
    give_back(&parts).await;
    parts.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// What the process before left in the inbox is received by this one, so that its counters add up from the start. On
/// PostgreSQL another replica may have counted it.
async fn count_waiting(parts: &Parts) {
    if !matches!(parts.db, Db::Sqlite { .. }) {
        return;
    }
    match parts.db.read("counting what waits", |tx| Box::pin(console::waiting_by_source(tx))).await {
        Ok(waiting) => {
            for (source, n) in waiting {
                metrics::counter!("webcared_received_total", "source" => source).increment(n.unsigned_abs());
            }
        }
        Err(error) => tracing::warn!(%error, "could not count what waits in the inbox"),
    }
}

/// What runs around the parts and can be changed by a reload.
struct Running {
    hooks: Arc<Deliveries>,
    rules: retention::Rules,
    raw_days: RawDays,
    damage: Damaged,
    provider: Option<Arc<Provider>>,
    translator: Option<Translator>,
    languages: Languages,
}

impl Running {
    async fn start(parts: &Parts, settings: &Settings, shutdown: &Shutdown) -> Result<Self, StartError> {
        let (db, clock) = (parts.db.clone(), parts.dyn_clock());
        let raw_days = RawDays::default();
        raw_days.set(settings.retention.raw_days);
        let arrived = Arc::new(Notify::new());
        let http = app::http_client(settings, &parts.dyn_clock())?;
        let provider = app::provider(settings, parts, &http)?;
        let translator = app::translator(settings, parts, &http)?;
        let languages = beside::languages(&settings.web.languages);
        let built = build_sources(parts, settings, http.clone())?;
        register(parts, settings, &built).await?;
        let back = front_office::start(parts, settings, &http, shutdown).await?;
        beside::spawn_files(shutdown, parts, settings, &http, &built)?;
        beside::spawn_alarms(shutdown, parts, settings, &http)?;
        beside::spawn_anchoring(shutdown, parts, settings, &http)?;
        beside::spawn_reports(shutdown, parts, settings)?;
        beside::spawn_duty(shutdown, parts, settings, &http);
        beside::spawn_crediting(shutdown, parts, settings, &built);
        beside::spawn_surging(shutdown, parts, settings);
        Holidays::new(db.clone(), clock.clone(), http, parts.current.clone()).spawn(shutdown);
        parts.accounts.set(accounts(settings, &built));
        let answering = answering::Parts {
            db: db.clone(),
            clock: clock.clone(),
            mint: parts.mint.clone(),
            owner: parts.owner.clone(),
            accounts: parts.accounts.clone(),
            catalogue: parts.current.clone(),
            outbox: parts.outbox.clone(),
            intake: arrived.clone(),
        };
        answering::spawn(shutdown, &answering);
        housekeeping::spawn(shutdown, &db, &clock, raw_days.clone());
        let rules = beside::spawn_retention(shutdown, parts, settings);
        if matches!(settings.place()?, Place::Postgres(_)) {
            housekeeping::spawn_clock(shutdown, &db, parts.clock.clone());
        }
        let mint = parts.mint.clone();
        let receiving = Receiving::spawn(shutdown, db.clone(), clock.clone(), mint.clone(), arrived.clone());
        let hooks = Deliveries::new(&built, receiving, db.clone(), clock.clone());
        let hooks = Arc::new(hooks.with_tickets(parts.tickets.clone(), back));
        parts.intake.clone().spawn(shutdown, arrived.clone(), intake::BATCH);
        let deadlines = Deadlines::new(
            db.clone(),
            clock.clone(),
            mint.clone(),
            parts.current.clone(),
            parts.changed.clone(),
            parts.outbox.clone(),
        );
        deadlines.spawn(shutdown);
        beside::spawn(shutdown, parts, settings);
        outbox::spawn_sweeper(shutdown, db.clone(), clock.clone());
        collect::spawn(shutdown, db, clock, mint, built, arrived, parts.owner.clone());
        let damage = Damaged::default();
        if parts.is_after_unclean_stop() {
            damage.spawn(shutdown, parts);
        }
        Ok(Self { hooks, rules, raw_days, damage, provider, translator, languages })
    }

    fn web(
        &self,
        parts: &Parts,
        settings: &Settings,
        shutdown: &Shutdown,
        metrics: Arc<dyn Fn() -> String + Send + Sync>,
    ) -> web::App {
        web::AppState::new(web::Parts {
            db: parts.db.clone(),
            clock: parts.dyn_clock(),
            mint: parts.mint.clone(),
            casework: parts.casework.clone(),
            catalogue: parts.current.clone(),
            people: parts.people.clone(),
            config: settings.web.clone(),
            modules: web::config::Modules {
                forecast: settings.forecast.clone(),
                public_figure: settings.public_figure.clone(),
                helpers: settings.helpers.clone(),
                planner: settings.planner.clone(),
                provider: self.provider.clone(),
                staff: settings.report.staff_figures,
                translator: self.translator.clone(),
                languages: self.languages.clone(),
                counts_kept: Some(settings.retention.counts_kept()),
            },
            zone: jiff::tz::TimeZone::get(&settings.report.zone).unwrap_or(jiff::tz::TimeZone::UTC),
            public_url: settings.public_url.clone(),
            metrics_token: settings.web.metrics_token.clone(),
            metrics,
            hooks: self.hooks.clone(),
            health: self.damage.health(),
            changed: parts.changed.clone(),
            stop: shutdown.token.clone(),
        })
    }
}

fn build_sources(
    parts: &Parts,
    settings: &Settings,
    http: HttpClient,
) -> Result<Vec<Arc<dyn Source>>, StartError> {
    let (intake, tags, terms) = (parts.intake.clone(), parts.current.clone(), parts.current.clone());
    let outside = Outside {
        http,
        clock: parts.dyn_clock(),
        keep: Arc::new(move |seen: &Glimpse<'_>| intake.reader().is_wanted(seen)),
        tags: Arc::new(move || words(&tags, |b| b.hashtags.clone())),
        terms: Arc::new(move |brand: Option<&str>| {
            searched(terms.get().brands.iter().map(|w| &w.brand), brand)
        }),
        vault: Arc::new(vault::Kept::of(parts)),
    };
    sources::build(&settings.sources, &outside).map_err(|e| StartError::Other(e.to_string()))
}

/// Starts the bot, if there is one.
fn start_chat(parts: &Parts, settings: &Settings, shutdown: &Shutdown) -> Result<(), StartError> {
    let Some(config) = settings.chat.telegram.clone() else { return Ok(()) };
    let Some(token) = config.token.clone() else { return Ok(()) };
    let chat = chat::Parts {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        chance: Chance::from_system(),
        mint: parts.mint.clone(),
        owner: parts.owner.clone(),
        casework: parts.casework.clone(),
        changed: parts.changed.clone(),
        outbox: parts.outbox.clone(),
        public_url: settings.public_url.clone(),
        config,
        token,
        morning: settings.report.morning.clone(),
        zone: settings.report.zone.clone(),
        from_chat: settings.answers.from_chat,
    };
    chat::spawn(shutdown, &chat).map_err(|e| StartError::Other(e.to_string()))
}

fn words(
    current: &crate::catalogue::Current,
    of: impl Fn(&crate::domain::brand::Brand) -> Vec<String>,
) -> Vec<String> {
    let mut words: Vec<String> = current.get().brands.iter().flat_map(|w| of(&w.brand)).collect();
    words.sort();
    words.dedup();
    words
}

/// Enters the sources in the store and tells intake from when each of them counts.
async fn register(parts: &Parts, settings: &Settings, built: &[Arc<dyn Source>]) -> Result<(), StartError> {
    let now = parts.clock.now();
    let registered: Vec<Registered> = built
        .iter()
        .map(|s| Registered {
            name: s.name().to_owned(),
            kind: s.kind().to_owned(),
            counts_from: s.counts_from().unwrap_or(now),
        })
        .collect();
    let ends = settings.ends();
    let rows = parts.db.write("entering sources", move |tx| {
        Box::pin(async move {
            source::register(tx, &registered, now).await?;
            let names: Vec<String> = registered.iter().map(|s| s.name.clone()).collect();
            grant::forget_lacks(tx, &names).await?;
            for (name, ends) in &ends {
                grant::put_ends(tx, name, Origin::Settings, ends).await?;
            }
            source::list(tx).await
        })
    });
    let rules: Rules = rows
        .await?
        .into_iter()
        .map(|row| {
            let configured = settings.sources.iter().find(|s| s.name == row.name);
            let rules = SourceRules {
                counts_from: Timestamp(row.counts_from),
                brand: configured.and_then(|s| s.brand.clone()).or_else(|| only_brand(settings, configured)),
                addresses_all: configured.is_none_or(|s| !s.is_account()),
                members_first: configured.and_then(SourceConfig::members_first),
                recheck_by: rechecker(built, &row.name),
            };
            (row.name, rules)
        })
        .collect();
    parts.intake.set_rules(rules);
    Ok(())
}

/// An account belongs to the only brand there is, if it names none.
fn only_brand(settings: &Settings, source: Option<&SourceConfig>) -> Option<String> {
    let [brand] = settings.brands.as_slice() else { return None };
    source.filter(|s| s.is_account()).map(|_| brand.name.clone())
}

/// Who can say whether posts of a source still stand: an account to which the same ids mean the same, as they do in all of
/// Bluesky, for it knows its own posts and sees more; else the source itself.
fn rechecker(built: &[Arc<dyn Source>], name: &str) -> Option<String> {
    let itself = built.iter().find(|s| s.name() == name)?;
    let same = |s: &&Arc<dyn Source>| {
        s.recheck().is_some()
            && s.kind() == "bluesky"
            && matches!(itself.kind(), "jetstream" | "bluesky_search")
    };
    let by = built.iter().find(same).or_else(|| Some(itself).filter(|s| s.recheck().is_some()))?;
    Some(by.name().to_owned())
}

/// The sources that can answer, each with its brand.
fn accounts(settings: &Settings, built: &[Arc<dyn Source>]) -> Vec<Account> {
    built
        .iter()
        .map(|source| {
            let configured = settings.sources.iter().find(|s| s.name == source.name());
            Account { source: source.clone(), brand: configured.and_then(|s| s.brand.clone()) }
        })
        .collect()
}

/// Plays the sample: what was before is there at once, what comes after comes as it was recorded.
fn spawn_sample(parts: &Parts, shutdown: &Shutdown, brand: String) {
    let (control, clock, token) = (parts.control(), parts.dyn_clock(), shutdown.token.clone());
    shutdown.tasks.spawn(async move {
        let mut taking = control.taking(practice::NAME, Times::AsLive);
        for (at, line) in sample::posts(&brand, clock.now()) {
            let now = clock.now();
            let wait = at.since(now);
            if wait.millis() > 0 && (taking.flush().await.is_err() || !pause(wait, &token).await) {
                return;
            }
            if let Err(error) = taking.line(line, wait.millis() <= 0).await {
                tracing::warn!(%error, "the sample could not be played on");
                return;
            }
        }
        if let Err(error) = taking.flush().await {
            tracing::warn!(%error, "the sample could not be played to its end");
        }
        tracing::info!(posts = taking.tally.received, "the sample has been played");
    });
}

/// From now on SIGTERM and SIGINT stop in an orderly way; what is to be listened to for SIGHUP.
fn stop_by_signals(shutdown: &Shutdown) -> Option<Signal> {
    let opened = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()].map(signal);
    let [Ok(mut term), Ok(mut int), Ok(hangup)] = opened else {
        tracing::warn!("signals cannot be heard; stop by killing");
        return None;
    };
    let token = shutdown.token.clone();
    shutdown.tasks.spawn(async move {
        tokio::select! {
            () = token.cancelled() => {}
            _ = term.recv() => token.cancel(),
            _ = int.recv() => token.cancel(),
        }
    });
    Some(hangup)
}

/// SIGHUP reads the settings again.
fn reload_by_signal(
    hangup: Option<Signal>,
    parts: &Parts,
    running: &Running,
    shutdown: &Shutdown,
    reread: Reread,
) {
    let Some(mut hangup) = hangup else { return };
    let token = shutdown.token.clone();
    let reload = Reload {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        current: parts.current.clone(),
        raw_days: running.raw_days.clone(),
        rules: running.rules.clone(),
    };
    shutdown.tasks.spawn(async move {
        loop {
            tokio::select! {
                () = token.cancelled() => return,
                heard = hangup.recv() => match heard {
                    None => return,
                    Some(()) => if let Some(settings) = reread() {
                        reload.take(&settings).await;
                    },
                },
            }
        }
    });
}

/// What a reload exchanges: brands, policies, teams, retention. What needs a new start is told.
struct Reload {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<crate::clock::Mint>,
    current: crate::catalogue::Current,
    raw_days: RawDays,
    rules: retention::Rules,
}

impl Reload {
    async fn take(&self, settings: &Settings) {
        match app::import(&self.db, settings, &self.mint, self.clock.now()).await {
            Ok(catalogue) => {
                self.current.set(catalogue.with_workers_of(&self.current.get()));
                self.raw_days.set(settings.retention.raw_days);
                self.rules.set(&settings.retention);
                tracing::info!(
                    "read the settings again: brands, policies, teams and retention hold now; all else at the next start"
                );
            }
            Err(error) => tracing::error!(%error, "the settings were not taken; the old ones hold"),
        }
    }
}

/// Tells systemd that it is ready, and that it lives.
fn tell_systemd(shutdown: &Shutdown) {
    // Without systemd there is nobody to tell.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let Some(within) = sd_notify::watchdog_enabled() else { return };
    let half = Span(i64::try_from(within.as_millis() / 2).unwrap_or(5_000).max(500));
    shutdown.spawn_every("watchdog", half, move || {
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        async { 0 }
    });
}

async fn give_back(parts: &Parts) {
    let owner = parts.owner.clone();
    let back = parts.db.write("giving leases back", move |tx| {
        Box::pin(async move { crate::store::lease::give_all_back(tx, &owner).await })
    });
    if let Err(error) = back.await {
        tracing::debug!(%error, "leases were not given back; they end by themselves");
    }
}
