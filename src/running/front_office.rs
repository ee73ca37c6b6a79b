//! The ticket systems of the front office: built from the settings, entered beside the sources, and run.

use super::{Parts, StartError};
use crate::clock::Clock;
use crate::http_client::HttpClient;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::ticketing::{self, Back};
use crate::tickets;
use std::sync::Arc;

/// Starts the ticket systems; gives what takes over what they tell us.
pub(super) async fn start(
    parts: &Parts,
    settings: &Settings,
    http: &HttpClient,
    shutdown: &Shutdown,
) -> Result<Back, StartError> {
    let built = tickets::build(&settings.tickets, http, &parts.dyn_clock()).map_err(StartError::Other)?;
    parts.tickets.set(built);
    ticketing::register(&parts.db, &parts.tickets, parts.clock.now()).await?;
    let ticketing = ticketing::Parts {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        owner: parts.owner.clone(),
        systems: parts.tickets.clone(),
        catalogue: parts.current.clone(),
        outbox: parts.outbox.clone(),
        looking: Arc::default(),
        changed: parts.changed.clone(),
        public_url: settings.public_url.clone(),
    };
    ticketing::spawn(shutdown, &ticketing);
    Ok(Back::new(ticketing))
}
