//! What looks after the rest: it draws what is to be checked, ends what nobody came for, watches the sources.

use super::{Parts, StartError};
use crate::alarms;
use crate::attaching::Attaching;
use crate::checking::Checking;
use crate::deadlines;
use crate::duty::{Plans, Watch};
use crate::http_client::HttpClient;
use crate::http_client::files::FileClient;
use crate::reporting;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::sources::Source;
use crate::watching::Watching;
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

/// Starts reports by mail, where the settings name any.
pub(super) fn spawn_reports(
    shutdown: &Shutdown,
    parts: &Parts,
    settings: &Settings,
) -> Result<(), StartError> {
    let Some(config) = &settings.report.mail else { return Ok(()) };
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
    reporting::spawn(shutdown, &reporting, config).map_err(StartError::Other)
}

/// Starts what reads plans of duty, and what looks for gaps where that is switched on.
pub(super) fn spawn_duty(shutdown: &Shutdown, parts: &Parts, settings: &Settings, http: &HttpClient) {
    let zone = jiff::tz::TimeZone::get(settings.duty_zone()).unwrap_or(jiff::tz::TimeZone::UTC);
    Plans::new(parts.duty(), http.clone(), settings.duty.plans.clone(), zone).spawn(shutdown);
    if settings.duty.alerts {
        Watch::new(parts.duty(), parts.outbox.clone()).spawn(shutdown);
    }
}

/// Starts all of it.
pub(super) fn spawn(shutdown: &Shutdown, parts: &Parts) {
    deadlines::spawn_handovers(parts.casework.clone(), shutdown);
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
    };
    watching.spawn(shutdown);
}
