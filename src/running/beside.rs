//! What looks after the rest: it draws what is to be checked, ends what nobody came for, watches the sources.

use super::{Parts, StartError};
use crate::alarms;
use crate::anchoring::{Anchoring, Place};
use crate::attaching::Attaching;
use crate::chat::deliver::CREDENTIAL;
use crate::checking::Checking;
use crate::crediting::Crediting;
use crate::deadlines;
use crate::domain::time::Span;
use crate::duty::{Plans, Watch};
use crate::http_client::HttpClient;
use crate::http_client::files::FileClient;
use crate::planner::Planner;
use crate::privacy::retention;
use crate::privacy::sweeping::Sweeping;
use crate::reporting;
use crate::reporting::config::ReportMailConfig;
use crate::reporting::late::Late;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::sources::Source;
use crate::surging::Surging;
use crate::watching::Watching;
use crate::web::languages::Languages;
use std::path::PathBuf;
use std::sync::Arc;

/// Starts what fetches the files of posts.
pub(super) fn spawn_files(
    shutdown: &Shutdown,
    parts: &Parts,
    settings: &Settings,
    http: &HttpClient,
    sources: &[Arc<dyn Source>],
) -> Result<(), StartError> {
    let files = FileClient::new(http).map_err(|e| StartError::Other(e.to_string()))?;
    let attaching = Attaching {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        files,
        sources: sources.to_vec(),
        config: settings.attachments.clone(),
    };
    attaching.spawn(shutdown);
    Ok(())
}

/// Starts to tell the head of the audit outside, where the settings name a place.
pub(super) fn spawn_anchoring(
    shutdown: &Shutdown,
    parts: &Parts,
    settings: &Settings,
    http: &HttpClient,
) -> Result<(), StartError> {
    let mut places = Vec::new();
    for name in &settings.audit.anchor {
        let hook = settings.hooks_out.iter().find(|h| h.name == *name);
        let mail = settings.alerts.channels.iter().find(|c| c.name == *name).and_then(|c| c.email.as_ref());
        let place = match (hook, mail) {
            (Some(hook), _) => Place::hook(http, hook),
            (None, Some(mail)) => Place::mail(name, &mail.smtp, &mail.from, &mail.to),
            // The settings were checked.
            (None, None) => continue,
        };
        places.push(place.map_err(StartError::Other)?);
    }
    let (db, clock, public_url) = (parts.db.clone(), parts.dyn_clock(), settings.public_url.clone());
    Anchoring { db, clock, public_url, places }.spawn(shutdown);
    Ok(())
}

/// Starts alerts beside the bot.
pub(super) fn spawn_alarms(
    shutdown: &Shutdown,
    parts: &Parts,
    settings: &Settings,
    http: &HttpClient,
) -> Result<(), StartError> {
    let alarms = alarms::Parts {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        catalogue: parts.current.clone(),
        http: http.clone(),
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
        public_url: settings.public_url.clone(),
        zone: settings.report.zone.clone(),
    };
    alarms::spawn(shutdown, &alarms, &settings.alerts).map_err(StartError::Other)
}

/// The chats of leads with the bot.
fn chats_of_leads(settings: &Settings) -> Vec<(String, String)> {
    let leads = settings.chat.telegram.iter().flat_map(|t| &t.leads);
    leads.map(|chat| (CREDENTIAL.to_owned(), chat.to_string())).collect()
}

/// Starts reports by mail, where the settings name any, and what tells what goes late, where the forecast is on.
pub(super) fn spawn_reports(
    shutdown: &Shutdown,
    parts: &Parts,
    settings: &Settings,
) -> Result<(), StartError> {
    let reporting = reporting::Parts {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        catalogue: parts.current.clone(),
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
        public_url: settings.public_url.clone(),
        zone: jiff::tz::TimeZone::get(&settings.report.zone).unwrap_or(jiff::tz::TimeZone::UTC),
    };
    if settings.forecast.enabled {
        let (leads, handling) = (chats_of_leads(settings), settings.forecast.handling_minutes);
        Late { parts: reporting.clone(), leads, handling }.spawn(shutdown);
    }
    let Some(config) = &settings.report.mail else {
        // Without mail people are still told in their own chats.
        if settings.chat.telegram.is_some() {
            reporting::maker(&reporting, &ReportMailConfig::default()).spawn(shutdown);
        }
        return Ok(());
    };
    reporting::spawn(shutdown, &reporting, config).map_err(StartError::Other)
}

/// Starts what reads plans of duty, and what looks for gaps where that is switched on.
pub(super) fn spawn_duty(shutdown: &Shutdown, parts: &Parts, settings: &Settings, http: &HttpClient) {
    let zone = jiff::tz::TimeZone::get(settings.duty_zone()).unwrap_or(jiff::tz::TimeZone::UTC);
    Plans::new(parts.duty(), http.clone(), settings.duty.plans.clone(), zone).spawn(shutdown);
    let found = (parts.db.clone(), parts.dyn_clock(), parts.mint.clone());
    let wall = jiff::tz::TimeZone::get(&settings.report.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    Planner::new(found, parts.current.clone(), wall, settings.planner.clone()).spawn(shutdown);
    if settings.duty.alerts {
        let leads = chats_of_leads(settings);
        Watch::new(parts.duty(), parts.outbox.clone()).telling(leads).spawn(shutdown);
    }
}

/// Starts what keeps the ledger of helpers, where that is switched on.
pub(super) fn spawn_crediting(
    shutdown: &Shutdown,
    parts: &Parts,
    settings: &Settings,
    built: &[Arc<dyn Source>],
) {
    let catalogue = parts.current.get();
    let brand_of = |source: &Arc<dyn Source>| {
        let config = settings.sources.iter().find(|s| s.name == source.name())?;
        let only = settings.brands.first().filter(|_| settings.brands.len() == 1).map(|b| &b.name);
        let name = config.brand.as_ref().or(only)?;
        Some((source.clone(), catalogue.named(name)?.id.clone()))
    };
    let sources: Vec<_> = built.iter().filter(|s| s.helpers().is_some()).filter_map(brand_of).collect();
    if settings.helpers.enabled && !sources.is_empty() {
        let (db, clock, owner) = (parts.db.clone(), parts.dyn_clock(), parts.owner.clone());
        Crediting { db, clock, owner, sources }.spawn(shutdown);
    }
}

/// Starts the watch over unusual rises.
pub(super) fn spawn_surging(shutdown: &Shutdown, parts: &Parts, settings: &Settings) {
    let surging = Surging {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        catalogue: parts.current.clone(),
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
        zone: jiff::tz::TimeZone::get(&settings.report.zone).unwrap_or(jiff::tz::TimeZone::UTC),
    };
    surging.spawn(shutdown);
}

/// Starts all of it.
pub(super) fn spawn(shutdown: &Shutdown, parts: &Parts, settings: &Settings) {
    deadlines::spawn_handovers(parts.casework.clone(), shutdown);
    deadlines::spawn_afterwards(parts.casework.clone(), shutdown);
    deadlines::spawn_protocols(parts.casework.clone(), shutdown);
    deadlines::spawn_offers(parts.casework.clone(), shutdown);
    deadlines::spawn_shifts(parts.casework.clone(), settings.duty.shift.clone(), shutdown);
    let checking = Checking {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        catalogue: parts.current.clone(),
    };
    checking.spawn(shutdown);
    let watching = Watching {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        catalogue: parts.current.clone(),
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
        expires_days: settings.alerts.expires_days,
    };
    watching.spawn(shutdown);
}

/// Lets go what is kept long enough, once a day, and keeps a copy of the ledger of erasures in the data folder.
pub(super) fn spawn_retention(shutdown: &Shutdown, parts: &Parts, settings: &Settings) -> retention::Rules {
    let rules = retention::Rules::default();
    rules.set(&settings.retention);
    let retention = retention::Retention {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        catalogue: parts.current.clone(),
        rules: rules.clone(),
        owner: parts.owner.clone(),
    };
    retention.spawn(shutdown);
    let (db, clock, owner) = (parts.db.clone(), parts.dyn_clock(), parts.owner.clone());
    Sweeping { db, clock, owner }.spawn(shutdown);
    let (privacy, folder) = (parts.privacy(), settings.data.clone());
    shutdown.spawn_every("ledger", Span::minutes(1), move || {
        let (privacy, folder) = (privacy.clone(), folder.clone());
        async move {
            if folder.is_dir()
                && let Err(error) = privacy.copy_ledger(&folder).await
            {
                tracing::warn!(%error, "the ledger of erasures could not be copied");
            }
            0
        }
    });
    rules
}

/// Reads the files with the words of further languages. What is wrong in one keeps nothing from starting: English stands
/// for it, and the log tells of it.
pub(super) fn languages(files: &[PathBuf]) -> Languages {
    let (languages, remarks) = Languages::read(files);
    for remark in remarks.iter().filter(|r| !r.missing) {
        tracing::warn!("{remark}");
    }
    let missing = remarks.iter().filter(|r| r.missing).count();
    if missing > 0 {
        tracing::info!(
            missing,
            "texts of further languages are shown in English; 'webcared check' names them"
        );
    }
    languages
}
