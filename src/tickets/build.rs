//! Ticket systems from the settings.

use super::config::{HookConfig, NotesFor, TicketsConfig};
use super::desk::{Desk, Desked};
use super::proof::{Proof, Scheme, Signed};
use super::{
    Placed, Several, TicketSystem, dynamics, freshdesk, generic, jira, otrs, rt, salesforce, zammad, zendesk,
};
use crate::clock::Clock;
use crate::http_client::HttpClient;
use std::sync::Arc;

/// Builds every configured system.
pub fn build(
    configs: &[TicketsConfig],
    http: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> Result<Several, String> {
    configs.iter().map(|config| one(config, http, clock)).collect()
}

fn one(
    config: &TicketsConfig,
    http: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn TicketSystem>, String> {
    let failed = |why: String| format!("tickets '{}': {why}", config.name);
    let public = config.notes == NotesFor::Customer;
    let means = config.means.clone();
    let place = Placed { name: config.name.clone(), brand: config.brand.clone(), public, means };
    let (http, clock) = (http.clone(), clock.clone());
    if let Some(c) = &config.rt {
        return desked(rt::Rt::new(place, c, http, clock)).map_err(failed);
    }
    if let Some(c) = &config.zendesk {
        return desked(zendesk::Zendesk::new(place, c, http, clock)).map_err(failed);
    }
    if let Some(c) = &config.zammad {
        return desked(zammad::Zammad::new(place, c, http, clock)).map_err(failed);
    }
    if let Some(c) = &config.freshdesk {
        return desked(freshdesk::Freshdesk::new(place, c, http, clock)).map_err(failed);
    }
    if let Some(c) = &config.jira {
        return desked(jira::Jira::new(place, c, http, clock)).map_err(failed);
    }
    if let Some(c) = &config.salesforce {
        return desked(salesforce::Salesforce::new(place, c, http, clock)).map_err(failed);
    }
    if let Some(c) = &config.otrs {
        return desked(otrs::Otrs::new(place, c, http, clock)).map_err(failed);
    }
    if let Some(c) = &config.dynamics {
        return desked(dynamics::Dynamics::new(place, c, http, clock)).map_err(failed);
    }
    match &config.webhook {
        Some(c) => Ok(Arc::new(generic::Generic::new(place, c, http, clock).map_err(failed)?)),
        None => Err(failed("it has no kind".to_owned())),
    }
}

fn desked<D: Desk + 'static>(desk: Result<D, String>) -> Result<Arc<dyn TicketSystem>, String> {
    Ok(Arc::new(Desked(Box::new(desk?))))
}

/// What proves deliveries, where a secret for them is configured.
pub(super) fn proof(scheme: Scheme, hook: &HookConfig) -> Option<Proof> {
    let secrets: Vec<_> = hook.secret.iter().chain(&hook.previous_secret).cloned().collect();
    (!secrets.is_empty()).then(|| Proof::Own(Signed::new(scheme, secrets)))
}
