//! The audit: every place of its head is one of the settings.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::Findings;

/// Checks it.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    let hooks = settings.hooks_out.iter().map(|h| h.name.as_str());
    let mails = settings.alerts.channels.iter().filter(|c| c.email.is_some()).map(|c| c.name.as_str());
    let known: Vec<&str> = hooks.chain(mails).collect();
    for (at, name) in settings.audit.anchor.iter().enumerate() {
        if known.contains(&name.as_str()) {
            continue;
        }
        let allowed = match known.as_slice() {
            [] => "wanted is the name of a hook_out, or of an alerts.channel with email".to_owned(),
            known => format!("allowed: {}", known.join(", ")),
        };
        found.add(&["audit".into(), "anchor".into(), at.into()], quoted(name), allowed);
    }
}
