//! Secrets, given as a value or as a file that holds one.
//!
//! A file's text is trimmed. Both forms at once, a file that cannot be read and a file without
//! anything in it are mistakes that name the file and never what it holds. After reading, the
//! value stands in the settings whichever way it came.

use super::Settings;
use super::checks::Findings;
use super::tree::Step;
use crate::alarms::config::{AlertsConfig, ChannelConfig};
use crate::sources::config::{SourceConfig, WhatsappConfig};
use crate::tickets::config::{HookConfig, TicketsConfig};
use secrecy::SecretString;
use std::io::Read;
use std::path::{Path, PathBuf};

const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Reads every secret that is given as a file.
pub(super) fn fetch(settings: &mut Settings, found: &mut Findings<'_>) {
    let database = &mut settings.database;
    one(&mut database.url, database.url_file.as_deref(), &["database".into()], "url", found);
    let web = &mut settings.web;
    let file = web.metrics_token_file.as_deref();
    one(&mut web.metrics_token, file, &["web".into()], "metrics_token", found);
    let login = &mut settings.login;
    one(&mut login.key, login.key_file.as_deref(), &["login".into()], "key", found);
    if let Some(oidc) = &mut login.oidc {
        let section = ["login".into(), "oidc".into()];
        let file = oidc.client_secret_file.as_deref();
        one(&mut oidc.client_secret, file, &section, "client_secret", found);
    }
    if let Some(bot) = &mut settings.chat.telegram {
        let section = ["chat".into(), "telegram".into()];
        one(&mut bot.token, bot.token_file.as_deref(), &section, "token", found);
    }
    for (at, source) in settings.sources.iter_mut().enumerate() {
        of_source(source, at, found);
    }
    for (at, system) in settings.tickets.iter_mut().enumerate() {
        of_tickets(system, at, found);
    }
    let translation = &mut settings.translation;
    one(&mut translation.key, translation.key_file.as_deref(), &["translation".into()], "key", found);
    of_alerts(&mut settings.alerts, found);
    if let Some(mail) = &mut settings.report.mail {
        let section = ["report".into(), "mail".into(), "smtp".into()];
        one(&mut mail.smtp.password, mail.smtp.password_file.as_deref(), &section, "password", found);
    }
    for (at, hook) in settings.hooks_out.iter_mut().enumerate() {
        let section = ["hook_out".into(), at.into()];
        one(&mut hook.secret, hook.secret_file.as_deref(), &section, "secret", found);
        let file = hook.previous_secret_file.as_deref();
        one(&mut hook.previous_secret, file, &section, "previous_secret", found);
    }
}

fn of_alerts(alerts: &mut AlertsConfig, found: &mut Findings<'_>) {
    if let Some(watch) = &mut alerts.heartbeat {
        let section = ["alerts".into(), "heartbeat".into()];
        one(&mut watch.url, watch.url_file.as_deref(), &section, "url", found);
    }
    for (at, channel) in alerts.channels.iter_mut().enumerate() {
        of_channel(channel, at, found);
    }
}

fn of_channel(channel: &mut ChannelConfig, at: usize, found: &mut Findings<'_>) {
    let section = |kind: &'static str| ["alerts".into(), "channel".into(), at.into(), kind.into()];
    if let Some(c) = &mut channel.email {
        let smtp = ["alerts".into(), "channel".into(), at.into(), "email".into(), "smtp".into()];
        one(&mut c.smtp.password, c.smtp.password_file.as_deref(), &smtp, "password", found);
    }
    if let Some(c) = &mut channel.slack {
        one(&mut c.url, c.url_file.as_deref(), &section("slack"), "url", found);
        one(&mut c.token, c.token_file.as_deref(), &section("slack"), "token", found);
    }
    if let Some(c) = &mut channel.teams {
        one(&mut c.url, c.url_file.as_deref(), &section("teams"), "url", found);
    }
    if let Some(c) = &mut channel.pagerduty {
        let file = c.routing_key_file.as_deref();
        one(&mut c.routing_key, file, &section("pagerduty"), "routing_key", found);
    }
    if let Some(c) = &mut channel.webhook {
        one(&mut c.secret, c.secret_file.as_deref(), &section("webhook"), "secret", found);
    }
}

fn of_tickets(system: &mut TicketsConfig, at: usize, found: &mut Findings<'_>) {
    if let Some(rt) = &mut system.rt {
        let section = ["tickets".into(), at.into(), "rt".into()];
        one(&mut rt.token, rt.token_file.as_deref(), &section, "token", found);
    }
    let section = |kind: &'static str| ["tickets".into(), at.into(), kind.into()];
    if let Some(c) = &mut system.zendesk {
        one(&mut c.token, c.token_file.as_deref(), &section("zendesk"), "token", found);
        of_hook(&mut c.hook, section("zendesk"), found);
    }
    if let Some(c) = &mut system.zammad {
        one(&mut c.token, c.token_file.as_deref(), &section("zammad"), "token", found);
        of_hook(&mut c.hook, section("zammad"), found);
    }
    if let Some(c) = &mut system.freshdesk {
        one(&mut c.token, c.token_file.as_deref(), &section("freshdesk"), "token", found);
        of_hook(&mut c.hook, section("freshdesk"), found);
    }
    if let Some(c) = &mut system.jira {
        one(&mut c.token, c.token_file.as_deref(), &section("jira"), "token", found);
        of_hook(&mut c.hook, section("jira"), found);
    }
    if let Some(c) = &mut system.salesforce {
        let file = c.client_secret_file.as_deref();
        one(&mut c.client_secret, file, &section("salesforce"), "client_secret", found);
    }
    if let Some(c) = &mut system.otrs {
        one(&mut c.password, c.password_file.as_deref(), &section("otrs"), "password", found);
    }
    if let Some(c) = &mut system.dynamics {
        let file = c.client_secret_file.as_deref();
        one(&mut c.client_secret, file, &section("dynamics"), "client_secret", found);
    }
    if let Some(hook) = &mut system.webhook {
        let section = section("webhook");
        one(&mut hook.secret, hook.secret_file.as_deref(), &section, "secret", found);
        let file = hook.previous_secret_file.as_deref();
        one(&mut hook.previous_secret, file, &section, "previous_secret", found);
    }
}

fn of_hook(hook: &mut HookConfig, at: [Step<'_>; 3], found: &mut Findings<'_>) {
    let section = [at[0], at[1], at[2], "hook".into()];
    one(&mut hook.secret, hook.secret_file.as_deref(), &section, "secret", found);
    let file = hook.previous_secret_file.as_deref();
    one(&mut hook.previous_secret, file, &section, "previous_secret", found);
}

fn of_numbers(numbers: &mut WhatsappConfig, at: usize, found: &mut Findings<'_>) {
    let section = ["source".into(), at.into(), "whatsapp".into()];
    one(&mut numbers.token, numbers.token_file.as_deref(), &section, "token", found);
    one(&mut numbers.app_secret, numbers.app_secret_file.as_deref(), &section, "app_secret", found);
    let file = numbers.previous_app_secret_file.as_deref();
    one(&mut numbers.previous_app_secret, file, &section, "previous_app_secret", found);
    let file = numbers.verify_token_file.as_deref();
    one(&mut numbers.verify_token, file, &section, "verify_token", found);
}

fn of_page(source: &mut SourceConfig, at: usize, found: &mut Findings<'_>) {
    let Some(page) = &mut source.facebook else { return };
    let section = ["source".into(), at.into(), "facebook".into()];
    one(&mut page.token, page.token_file.as_deref(), &section, "token", found);
    one(&mut page.app_secret, page.app_secret_file.as_deref(), &section, "app_secret", found);
    let file = page.previous_app_secret_file.as_deref();
    one(&mut page.previous_app_secret, file, &section, "previous_app_secret", found);
    one(&mut page.verify_token, page.verify_token_file.as_deref(), &section, "verify_token", found);
}

fn of_threads(source: &mut SourceConfig, at: usize, found: &mut Findings<'_>) {
    let Some(account) = &mut source.threads else { return };
    let section = ["source".into(), at.into(), "threads".into()];
    one(&mut account.token, account.token_file.as_deref(), &section, "token", found);
    one(&mut account.app_secret, account.app_secret_file.as_deref(), &section, "app_secret", found);
    let file = account.previous_app_secret_file.as_deref();
    one(&mut account.previous_app_secret, file, &section, "previous_app_secret", found);
    one(&mut account.verify_token, account.verify_token_file.as_deref(), &section, "verify_token", found);
}

fn of_instagram(source: &mut SourceConfig, at: usize, found: &mut Findings<'_>) {
    let Some(account) = &mut source.instagram else { return };
    let section = ["source".into(), at.into(), "instagram".into()];
    one(&mut account.token, account.token_file.as_deref(), &section, "token", found);
    one(&mut account.app_secret, account.app_secret_file.as_deref(), &section, "app_secret", found);
    let file = account.previous_app_secret_file.as_deref();
    one(&mut account.previous_app_secret, file, &section, "previous_app_secret", found);
    let file = account.verify_token_file.as_deref();
    one(&mut account.verify_token, file, &section, "verify_token", found);
}

fn of_source(source: &mut SourceConfig, at: usize, found: &mut Findings<'_>) {
    if let Some(account) = &mut source.mastodon {
        let section = ["source".into(), at.into(), "mastodon".into()];
        one(&mut account.token, account.token_file.as_deref(), &section, "token", found);
    }
    if let Some(account) = &mut source.bluesky {
        let section = ["source".into(), at.into(), "bluesky".into()];
        let file = account.app_password_file.as_deref();
        one(&mut account.app_password, file, &section, "app_password", found);
    }
    if let Some(bot) = &mut source.telegram {
        let section = ["source".into(), at.into(), "telegram".into()];
        one(&mut bot.token, bot.token_file.as_deref(), &section, "token", found);
    }
    if let Some(forum) = &mut source.discourse {
        let section = ["source".into(), at.into(), "discourse".into()];
        one(&mut forum.api_key, forum.api_key_file.as_deref(), &section, "api_key", found);
        let file = forum.webhook_secret_file.as_deref();
        one(&mut forum.webhook_secret, file, &section, "webhook_secret", found);
    }
    if let Some(channel) = &mut source.youtube {
        let section = ["source".into(), at.into(), "youtube".into()];
        one(&mut channel.api_key, channel.api_key_file.as_deref(), &section, "api_key", found);
        let file = channel.client_secret_file.as_deref();
        one(&mut channel.client_secret, file, &section, "client_secret", found);
        let file = channel.refresh_token_file.as_deref();
        one(&mut channel.refresh_token, file, &section, "refresh_token", found);
    }
    of_reddit(source, at, found);
    if let Some(numbers) = &mut source.whatsapp {
        of_numbers(numbers, at, found);
    }
    of_reviews(source, at, found);
    of_page(source, at, found);
    of_threads(source, at, found);
    of_instagram(source, at, found);
    of_x(source, at, found);
    for (n, header) in source.http.iter_mut().flat_map(|api| &mut api.headers).enumerate() {
        let section = ["source".into(), at.into(), "http".into(), "headers".into(), n.into()];
        one(&mut header.value, header.value_file.as_deref(), &section, "value", found);
    }
    if let Some(mail) = &mut source.mail {
        let section = ["source".into(), at.into(), "mail".into(), "imap".into()];
        one(&mut mail.imap.password, mail.imap.password_file.as_deref(), &section, "password", found);
        if let Some(smtp) = &mut mail.smtp {
            let section = ["source".into(), at.into(), "mail".into(), "smtp".into()];
            one(&mut smtp.password, smtp.password_file.as_deref(), &section, "password", found);
        }
    }
    if let Some(hook) = &mut source.webhook {
        let section = ["source".into(), at.into(), "webhook".into()];
        one(&mut hook.secret, hook.secret_file.as_deref(), &section, "secret", found);
        let file = hook.previous_secret_file.as_deref();
        one(&mut hook.previous_secret, file, &section, "previous_secret", found);
    }
}

/// The same for an account on Reddit.
fn of_reddit(source: &mut SourceConfig, at: usize, found: &mut Findings<'_>) {
    if let Some(account) = &mut source.reddit {
        let section = ["source".into(), at.into(), "reddit".into()];
        let file = account.client_secret_file.as_deref();
        one(&mut account.client_secret, file, &section, "client_secret", found);
        one(&mut account.password, account.password_file.as_deref(), &section, "password", found);
        let file = account.refresh_token_file.as_deref();
        one(&mut account.refresh_token, file, &section, "refresh_token", found);
    }
}

/// The same for an account on X.
fn of_x(source: &mut SourceConfig, at: usize, found: &mut Findings<'_>) {
    if let Some(account) = &mut source.x {
        let section = ["source".into(), at.into(), "x".into()];
        one(
            &mut account.client_secret,
            account.client_secret_file.as_deref(),
            &section,
            "client_secret",
            found,
        );
        one(
            &mut account.refresh_token,
            account.refresh_token_file.as_deref(),
            &section,
            "refresh_token",
            found,
        );
        one(&mut account.app_token, account.app_token_file.as_deref(), &section, "app_token", found);
        one(&mut account.api_secret, account.api_secret_file.as_deref(), &section, "api_secret", found);
        let file = account.previous_api_secret_file.as_deref();
        one(&mut account.previous_api_secret, file, &section, "previous_api_secret", found);
    }
}

/// The same for platforms of reviews.
fn of_reviews(source: &mut SourceConfig, at: usize, found: &mut Findings<'_>) {
    if let Some(places) = &mut source.google_business {
        let section = ["source".into(), at.into(), "google_business".into()];
        one(
            &mut places.client_secret,
            places.client_secret_file.as_deref(),
            &section,
            "client_secret",
            found,
        );
        one(
            &mut places.refresh_token,
            places.refresh_token_file.as_deref(),
            &section,
            "refresh_token",
            found,
        );
    }
    if let Some(apps) = &mut source.google_play {
        let section = ["source".into(), at.into(), "google_play".into()];
        let file = apps.service_account_file.as_deref();
        one(&mut apps.service_account, file, &section, "service_account", found);
    }
    if let Some(apps) = &mut source.app_store {
        let section = ["source".into(), at.into(), "app_store".into()];
        one(&mut apps.private_key, apps.private_key_file.as_deref(), &section, "private_key", found);
    }
    if let Some(company) = &mut source.trustpilot {
        let section = ["source".into(), at.into(), "trustpilot".into()];
        one(&mut company.api_secret, company.api_secret_file.as_deref(), &section, "api_secret", found);
        one(&mut company.password, company.password_file.as_deref(), &section, "password", found);
    }
}

fn one(
    value: &mut Option<SecretString>,
    file: Option<&Path>,
    section: &[Step<'_>],
    key: &str,
    found: &mut Findings<'_>,
) {
    let Some(file) = file else { return };
    let name = format!("{key}_file");
    let at: Vec<Step<'_>> = section.iter().copied().chain([Step::Key(&name)]).collect();
    if value.is_some() {
        found.add(&at, format!("'{key}' is given as well"), "allowed: one of the two");
        return;
    }
    match text_of(file) {
        Ok(secret) => *value = Some(secret),
        Err(why) => found.add(
            &at,
            format!("{}: {why}", shown(file)),
            "wanted is a readable file with the secret in it",
        ),
    }
}

fn shown(file: &Path) -> String {
    PathBuf::from(file).display().to_string()
}

fn text_of(file: &Path) -> Result<SecretString, String> {
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(|e| e.to_string())?;
    opened.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|e| e.to_string())?;
    match text.trim() {
        "" => Err("empty".to_owned()),
        secret => Ok(SecretString::from(secret)),
    }
}
