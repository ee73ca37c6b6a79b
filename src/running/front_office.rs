//! The ticket systems of the front office: built from the settings, entered beside the sources, and run; and
//! beside them the webhooks that go out.

use super::{Parts, StartError};
use crate::clock::Clock;
use crate::courier;
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
    let courier = courier::Parts {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        http: http.clone(),
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
        public_url: settings.public_url.clone(),
    };
    courier::spawn(shutdown, &courier, &settings.hooks_out).map_err(StartError::Other)?;
    Ok(Back::new(ticketing))
}
