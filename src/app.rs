//! The only place that knows everybody: builds the parts from the settings and runs them.
//!
//! [`parts`] is what a command that writes needs: the open database, the catalogue, intake,
//! casework. [`crate::running`] puts sources, chat, web and the rest around it and runs until the order to
//! stop. A task that dies stops the whole, so that the process ends rather than limps.

use crate::alerting::Team;
use crate::casework::policies::PolicyReader;
use crate::casework::{Answers, CaseChanged, Casework};
use crate::catalogue::texts::TextRules;
use crate::catalogue::{self, Catalogue, Current, Reach};
use crate::clock::{Chance, Clock, Mint, SystemClock};
use crate::control::Control;
use crate::courier::config::HookOutConfig;
use crate::domain::time::{Span, Timestamp};
use crate::duty::Duty;
use crate::housekeeping::{self};
use crate::http_client::{HttpClient, Outbound};
use crate::intake::Intake;
use crate::people::passwords::Breached;
use crate::people::rules::Rules;
use crate::people::{People, key_in};
use crate::privacy::Privacy;
use crate::provider::Provider;
use crate::settings::{self, Settings, TextFacts};
use crate::sources::Accounts;
use crate::store::disk;
use crate::store::open::{self, OpenError, Opened, Place};
use crate::store::{Db, StoreError};
use crate::tickets::Systems;
use crate::tokens::Tokens;
use crate::translating::{self, Translator};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};

/// How many hints about changed cases may wait for a slow page.
const CHANGES: usize = 1024;

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network address, the socket, a client: the text says which.
    #[error("{0}")]
    Other(String),
}

/// What a command that writes needs, and the heart of the daemon.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The system's clock, corrected by the database's.
    pub clock: Arc<SystemClock>,
    /// Makes ids.
    pub mint: Arc<Mint>,
    /// Brands and policies.
    pub current: Current,
    /// Takes posts in.
    pub intake: Intake,
    /// What people do.
    pub casework: Casework,
    /// Who they are.
    pub people: People,
    /// The accounts by which they answer; none until the sources are built.
    pub accounts: Accounts,
    /// The ticket systems; none until they are built.
    pub tickets: Systems,
    /// Hints about changed cases.
    pub changed: broadcast::Sender<CaseChanged>,
    /// Wakes the outbox.
    pub outbox: Arc<Notify>,
    /// This process among those on the same database.
    pub owner: String,
    public_url: String,
    /// Keeps the lock of the data folder for as long as this lives.
    opened: Opened,
    /// The data folder, on SQLite.
    folder: Option<PathBuf>,
}

impl Parts {
    /// The injected clock.
    pub fn dyn_clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Whether the process before ended without closing the database.
    pub const fn is_after_unclean_stop(&self) -> bool {
        self.opened.is_after_unclean_stop()
    }

    /// Closes the database and marks that as a clean stop.
    pub async fn close(&self) {
        self.db.close().await;
        if let Some(folder) = &self.folder {
            disk::mark_clean(folder);
            disk::hand_over(folder);
        }
    }

    /// Who is on duty.
    pub fn duty(&self) -> Duty {
        Duty::new(self.db.clone(), self.dyn_clock(), self.mint.clone(), self.current.clone())
    }

    /// What is owed to people whose words are kept.
    pub fn privacy(&self) -> Privacy {
        let (db, clock, mint) = (self.db.clone(), self.dyn_clock(), self.mint.clone());
        Privacy::new(db, clock, mint, self.current.clone(), self.outbox.clone())
    }

    /// What the control socket works with.
    pub fn control(&self) -> Control {
        Control {
            intake: self.intake.clone(),
            people: self.people.clone(),
            clock: self.dyn_clock(),
            mint: self.mint.clone(),
            public_url: self.public_url.clone(),
            tokens: Tokens::new(self.db.clone(), self.dyn_clock(), self.mint.clone()),
            catalogue: self.current.clone(),
            duty: self.duty(),
            privacy: self.privacy(),
        }
    }
}

/// Opens the database and builds what works on it.
pub async fn parts(settings: &Settings) -> Result<Parts, StartError> {
    let place = settings.place()?;
    let opened = open::open(&place).await?;
    let folder = match place {
        Place::Folder(folder) => Some(folder),
        Place::Postgres(_) => None,
    };
    let db = opened.db.clone();
    let clock = Arc::new(SystemClock::default());
    housekeeping::agree_on_time(&db, &clock).await?;
    let mint = Mint::new(Chance::from_system());
    let current = Current::new(import(&db, settings, &mint, clock.now()).await?);
    let changed = broadcast::Sender::new(CHANGES);
    let outbox = Arc::new(Notify::new());
    let dyn_clock: Arc<dyn Clock> = clock.clone();
    let intake = Intake::new(
        db.clone(),
        dyn_clock.clone(),
        mint.clone(),
        current.clone(),
        changed.clone(),
        outbox.clone(),
    );
    let (accounts, tickets) = (Accounts::default(), Systems::default());
    let casework =
        Casework::new(db.clone(), dyn_clock.clone(), mint.clone(), current.clone(), changed.clone())
            .answering(Answers {
                accounts: accounts.clone(),
                undo: Span::seconds(settings.answers.undo_seconds),
            })
            .ticketing(tickets.clone())
            .graduating(settings.answers.newcomer_passes)
            .warning_windows(settings.alerts.window_percent)
            .in_zone(jiff::tz::TimeZone::get(&settings.report.zone).unwrap_or(jiff::tz::TimeZone::UTC))
            .reading(PolicyReader::new(|text| settings::policy_of(text).map_err(|m| m.lines())))
            .waking(outbox.clone());
    let people = people(settings, &db, dyn_clock, &mint)?;
    let owner = mint.id(clock.now(), crate::domain::ids::ActionId::new).to_string().replace("act_", "run_");
    Ok(Parts {
        db,
        clock,
        mint,
        current,
        intake,
        casework,
        people,
        accounts,
        tickets,
        changed,
        outbox,
        owner,
        public_url: settings.public_url.clone(),
        opened,
        folder,
    })
}

/// Who may come in, after the settings.
fn people(
    settings: &Settings,
    db: &Db,
    clock: Arc<dyn Clock>,
    mint: &Arc<Mint>,
) -> Result<People, StartError> {
    let (web, login) = (&settings.web, &settings.login);
    let spans = (Span::hours(web.login_hours), Span::minutes(web.idle_minutes));
    let key = match &login.key {
        Some(key) => key.clone(),
        None => key_in(&settings.data, mint.chance()).map_err(|e| {
            StartError::Other(format!("the key of the front door in {}: {e}", settings.data.display()))
        })?,
    };
    let breached = login.breached_list.as_deref().map(Breached::open).transpose();
    let rules = Rules {
        second_factor: login.second_factor,
        roles: login.roles.clone(),
        passwords: login.passwords,
        break_glass: login.break_glass.clone(),
        breached: breached.map_err(|e| StartError::Other(format!("login.breached_list: {e}")))?,
        ..Rules::new(spans.0, spans.1)
    };
    Ok(People::new(db.clone(), clock, mint.clone(), spans.0, spans.1).ruled(rules).sealing(key))
}

/// The provider of identities, where the settings name one. Its address is the settings' own, so that it may be one
/// of a private network.
pub fn provider(
    settings: &Settings,
    parts: &Parts,
    http: &HttpClient,
) -> Result<Option<Arc<Provider>>, StartError> {
    let Some(config) = settings.login.oidc.clone() else { return Ok(None) };
    let http = http.allowing_private().map_err(|e| StartError::Other(e.to_string()))?;
    let inside = (parts.dyn_clock(), parts.mint.clone());
    Ok(Some(Arc::new(Provider::new(config, http, parts.db.clone(), inside, &settings.public_url))))
}

/// What translates messages, where the settings name a service.
pub fn translator(
    settings: &Settings,
    parts: &Parts,
    http: &HttpClient,
) -> Result<Option<Translator>, StartError> {
    let (config, clock) = (settings.translation.clone(), parts.dyn_clock());
    let service = translating::build(&config, http, &clock).map_err(StartError::Other)?;
    let inside = (parts.db.clone(), clock, parts.mint.clone());
    Ok(service.map(|service| Translator::new(inside, config, service)))
}

/// The client for calls outside, after the settings.
pub fn http_client(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<HttpClient, StartError> {
    let outbound = Outbound {
        timeout_seconds: settings.outbound.timeout_seconds,
        allow_private_addresses: settings.outbound.allow_private_addresses,
        user_agent_contact: settings.outbound.user_agent_contact.clone().unwrap_or_default(),
    };
    HttpClient::new(&outbound, clock.clone()).map_err(|e| StartError::Other(e.to_string()))
}

/// Makes brands and policies of the settings current.
pub async fn import(
    db: &Db,
    settings: &Settings,
    mint: &Arc<Mint>,
    now: Timestamp,
) -> Result<Catalogue, StoreError> {
    let (brands, policies, mint) = (settings.brands.clone(), settings.policies.clone(), mint.clone());
    let origin = format!("file:{}", digest(settings));
    let mut catalogue = db
        .write_again("importing settings", move |tx| {
            let (brands, policies, origin, mint) =
                (brands.clone(), policies.clone(), origin.clone(), mint.clone());
            Box::pin(async move { catalogue::import(tx, &brands, &policies, &origin, &mint, now).await })
        })
        .await?;
    catalogue.endpoints = settings.hooks_out.iter().map(HookOutConfig::endpoint).collect();
    catalogue.zone = jiff::tz::TimeZone::get(settings.duty_zone()).ok();
    catalogue.has_tickets = !settings.tickets.is_empty();
    catalogue.ticket_status = settings.tickets.iter().map(|t| (t.name.clone(), t.status.clone())).collect();
    if let Some(telegram) = &settings.chat.telegram {
        catalogue.teams = telegram
            .teams
            .iter()
            .map(|t| Team {
                credential: "telegram".to_owned(),
                chat: t.place().to_string(),
                brands: t.brands.clone(),
                leads: false,
            })
            .collect();
    }
    catalogue.teams.extend(settings.alerts.teams());
    catalogue.reach = reach(settings);
    let facts = TextFacts::of(settings);
    catalogue.text_rules = TextRules::new(move |brand, template| facts.mistakes(brand, template));
    Ok(catalogue)
}

/// Who can be told by name: the channels, the people whom the chat knows, the chats of leads.
fn reach(settings: &Settings) -> Reach {
    let chat = |id: i64| Team { credential: "telegram".to_owned(), chat: id.to_string(), ..Team::default() };
    let telegram = settings.chat.telegram.as_ref();
    let people = telegram.map(|t| t.users.iter().map(|u| (u.login.to_lowercase(), chat(u.id))).collect());
    let lead = |id: &i64| Team { leads: true, ..chat(*id) };
    let leads = telegram.map(|t| t.leads.iter().map(lead).collect());
    Reach {
        channels: settings.alerts.all_channels(),
        people: people.unwrap_or_default(),
        leads: leads.unwrap_or_default(),
    }
}

/// A short name of what the settings say about brands and policies.
pub fn digest(settings: &Settings) -> String {
    let mut hash = Sha256::new();
    let policies: Vec<String> = settings.policies.iter().filter_map(|p| p.to_stored().ok()).collect();
    let body = serde_json::to_vec(&(&settings.brands, policies)).unwrap_or_default();
    hash.update(&body);
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..9])
}
