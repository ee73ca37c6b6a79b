//! Alerts: channels of one kind each, with what it needs; chains whose steps follow each other and name channels
//! that there are; fallbacks that lead somewhere.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::{is_signing_secret, refers_to_brand};
use super::{Findings, address_mistake, is_plain_name, repeated};
use crate::alarms::config::{AlertsConfig, ChainConfig, ChannelConfig, level};
use crate::chat::texts::Lang;
use crate::domain::escalation::{DUTY, LEADS, Quiet, TEAM};
use crate::mailing::is_address;
use secrecy::{ExposeSecret, SecretString};

/// A day in minutes.
const DAY: i64 = 1_440;

/// Checks all of it.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    let alerts = &settings.alerts;
    let top = |key: &'static str| [Step::Key("alerts"), Step::Key(key)];
    for (n, channel) in alerts.channels.iter().enumerate() {
        one(settings, channel, ["alerts".into(), "channel".into(), n.into()], found);
    }
    for (n, first) in repeated(alerts.channels.iter().map(|c| c.name.as_str())) {
        let name = alerts.channels.get(n).map(|c| quoted(&c.name)).unwrap_or_default();
        let path = ["alerts".into(), "channel".into(), n.into(), "name".into()];
        let what = format!("{name} is the name of alerts.channel[{first}] too");
        found.add(&path, what, "allowed: each name once");
    }
    for (n, chain) in alerts.chains.iter().enumerate() {
        of_chain(settings, chain, n, found);
    }
    found.bounds(&top("failover_seconds"), alerts.failover_seconds, (5, 3_600));
    found.bounds(&top("expires_days"), alerts.expires_days, (1, 90));
    found.bounds(&top("window_percent"), alerts.window_percent, (10, 99));
    if let Some(name) = &alerts.telegram_fallback {
        refers(alerts, name, &top("telegram_fallback"), found);
        let of = |t: &crate::chat::config::TelegramConfig| {
            let each = t.teams.iter();
            // Leads hear of all brands.
            let all = !t.leads.is_empty() || each.clone().any(|t| t.brands.is_empty());
            if all { Vec::new() } else { each.flat_map(|t| t.brands.clone()).collect() }
        };
        let brands = settings.chat.telegram.as_ref().map(of).unwrap_or_default();
        covers(alerts, &brands, name, &top("telegram_fallback"), found);
    }
    if let Some(watch) = &alerts.heartbeat {
        let at = |key: &'static str| [Step::Key("alerts"), Step::Key("heartbeat"), Step::Key(key)];
        let section = top("heartbeat");
        secret(watch.url.as_ref(), watch.url_file.is_some(), &section, "url", found);
        address(watch.url.as_ref(), &at("url"), found);
        found.bounds(&at("every_seconds"), watch.every_seconds, (10, 86_400));
    }
}

fn one(settings: &Settings, channel: &ChannelConfig, here: [Step<'_>; 3], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], here[2], key.into()];
    if !is_plain_name(&channel.name) && !found.is_lost(&here, &["name"]) {
        found.add(&at("name"), quoted(&channel.name), "allowed: up to 40 letters, digits and '-'");
    } else if [TEAM, LEADS, DUTY].contains(&channel.name.as_str()) {
        let allowed = "allowed: any but 'team', 'leads' and 'duty', which steps use";
        found.add(&at("name"), quoted(&channel.name), allowed);
    }
    let kinds = channel.kinds();
    let wanted = "wanted is one of email, slack, teams, pagerduty, webhook";
    if kinds.is_empty() && !found.is_lost(&here, &["email", "slack", "teams", "pagerduty", "webhook"]) {
        found.add(&here, "of no kind", wanted);
    } else if kinds.len() > 1 {
        found.add(&here, kinds.join(" and "), wanted);
    }
    for (n, brand) in channel.brands.iter().enumerate() {
        let path = [here[0], here[1], here[2], "brands".into(), n.into()];
        refers_to_brand(settings, brand, &path, found);
    }
    if !channel.language.is_empty() && Lang::from_tag(&channel.language).is_none() {
        found.add(&at("language"), quoted(&channel.language), "allowed: en, nl");
    }
    if let Some(text) = channel.quiet.as_deref().filter(|text| Quiet::parse(text).is_none()) {
        found.add(&at("quiet"), quoted(text), "wanted are two times of day, such as 22:00-07:00");
    }
    found.bounds(&at("messages_per_hour_max"), channel.messages_per_hour_max, (0, 1_000));
    if let Some(name) = &channel.fallback {
        refers(&settings.alerts, name, &at("fallback"), found);
        covers(&settings.alerts, &channel.brands, name, &at("fallback"), found);
        if goes_round(&settings.alerts, channel) {
            found.add(&at("fallback"), format!("{} leads back here", quoted(name)), "allowed: no ring");
        }
    }
    kind(channel, here, found);
}

/// A channel that stands in hears of no brand that it does not hear of itself.
fn covers(alerts: &AlertsConfig, brands: &[String], name: &str, path: &[Step<'_>], found: &mut Findings<'_>) {
    let Some(other) = alerts.channel(name) else { return };
    let hears = |brand: &String| other.brands.iter().any(|o| o.eq_ignore_ascii_case(brand));
    if !(other.brands.is_empty() || !brands.is_empty() && brands.iter().all(hears)) {
        let what = format!("{} hears of {} only", quoted(name), other.brands.join(", "));
        found.add(path, what, "allowed: a channel that hears of all that this one hears of");
    }
}

/// What each kind needs.
fn kind(channel: &ChannelConfig, here: [Step<'_>; 3], found: &mut Findings<'_>) {
    let section = |kind: &'static str| [here[0], here[1], here[2], kind.into()];
    let at = |kind: &'static str, key: &'static str| [here[0], here[1], here[2], kind.into(), key.into()];
    if let Some(c) = &channel.email {
        if !is_address(&c.from) {
            found.add(&at("email", "from"), quoted(&c.from), "wanted is a mail address");
        }
        if c.to.is_empty() && !found.is_lost(&section("email"), &["to"]) {
            found.add(&at("email", "to"), "nobody", "wanted is at least one mail address");
        }
        for (n, to) in c.to.iter().enumerate().filter(|(_, to)| !is_address(to)) {
            let path = [here[0], here[1], here[2], "email".into(), "to".into(), n.into()];
            found.add(&path, quoted(to), "wanted is a mail address");
        }
        super::mail::outlet(&c.smtp, &[here[0], here[1], here[2], "email".into(), "smtp".into()], found);
    }
    if let Some(c) = &channel.slack {
        let (has_url, has_token) =
            (c.url.is_some() || c.url_file.is_some(), c.token.is_some() || c.token_file.is_some());
        if has_url == has_token
            && !found.is_lost(&section("slack"), &["url", "url_file", "token", "token_file"])
        {
            let what = if has_url { "a url and a token" } else { "neither url nor token" };
            found.add(&section("slack"), what, "wanted is url or url_file, or token or token_file");
        }
        if has_token && c.channel.trim().is_empty() {
            found.add(&at("slack", "channel"), "empty", "wanted is the channel to which the bot writes");
        }
        address(c.url.as_ref(), &at("slack", "url"), found);
        if let Some((what, allowed)) = address_mistake(&c.api_url, ("https", "http"), true) {
            found.add(&at("slack", "api_url"), what, allowed);
        }
    }
    if let Some(c) = &channel.teams {
        secret(c.url.as_ref(), c.url_file.is_some(), &section("teams"), "url", found);
        address(c.url.as_ref(), &at("teams", "url"), found);
    }
    if let Some(c) = &channel.pagerduty {
        secret(
            c.routing_key.as_ref(),
            c.routing_key_file.is_some(),
            &section("pagerduty"),
            "routing_key",
            found,
        );
        if let Some((what, allowed)) = address_mistake(&c.url, ("https", "http"), true) {
            found.add(&at("pagerduty", "url"), what, allowed);
        }
    }
    if let Some(c) = &channel.webhook {
        secret(c.secret.as_ref(), c.secret_file.is_some(), &section("webhook"), "secret", found);
        if c.secret.as_ref().is_some_and(|s| !is_signing_secret(s)) {
            let wanted = "wanted is 'whsec_' and base64 of 24 to 64 bytes";
            found.add(&at("webhook", "secret"), "not a signing secret", wanted);
        }
        let bare = c.url.split(['?', '#']).next().unwrap_or_default();
        if let Some((what, allowed)) = address_mistake(bare, ("https", "http"), true) {
            found.add(&at("webhook", "url"), what, allowed);
        }
    }
}

fn of_chain(settings: &Settings, chain: &ChainConfig, n: usize, found: &mut Findings<'_>) {
    let here: [Step<'_>; 3] = ["alerts".into(), "chain".into(), n.into()];
    let at = |key: &'static str| [here[0], here[1], here[2], key.into()];
    for (b, brand) in chain.brands.iter().enumerate() {
        refers_to_brand(settings, brand, &[here[0], here[1], here[2], "brands".into(), b.into()], found);
    }
    for (p, name) in chain.policies.iter().enumerate().filter(|(_, name)| settings.policy(name).is_none()) {
        let all: Vec<String> = settings.all_policies().into_iter().map(|p| p.name).collect();
        let path = [here[0], here[1], here[2], "policies".into(), p.into()];
        found.add(&path, format!("no policy {}", quoted(name)), format!("allowed: {}", all.join(", ")));
    }
    for (l, text) in chain.levels.iter().enumerate().filter(|(_, text)| level(text).is_none()) {
        let path = [here[0], here[1], here[2], "levels".into(), l.into()];
        found.add(&path, quoted(text), "allowed: P1, P2, P3, P4, P5");
    }
    if chain.levels.is_empty() && !found.is_lost(&here, &["levels"]) {
        found.add(&at("levels"), "empty", "wanted is at least one of P1, P2, P3, P4, P5");
    }
    if chain.steps.is_empty() && !found.is_lost(&here, &["step"]) {
        found.add(&here, "no steps", "wanted is at least one [[alerts.chain.step]]");
    }
    found.bounds(&at("repeat_minutes"), chain.repeat_minutes, (0, DAY));
    found.bounds(&at("repeat_max"), chain.repeat_max, (0, 100));
    let mut before = -1;
    for (s, step) in chain.steps.iter().enumerate() {
        let at = |key: &'static str| [here[0], here[1], here[2], "step".into(), s.into(), key.into()];
        found.bounds(&at("after_minutes"), step.after_minutes, (0, 7 * DAY));
        if step.after_minutes <= before {
            let what = format!("{} after {before}", step.after_minutes);
            found.add(&at("after_minutes"), what, "allowed: each step later than the one before");
        }
        before = step.after_minutes;
        if step.to.is_empty() {
            found.add(&at("to"), "nobody", "wanted are team, leads, duty, or channels by name");
        }
        let nobody = settings.chat.telegram.as_ref().is_none_or(|bot| bot.users.is_empty());
        if nobody && step.to.iter().any(|name| name == DUTY) {
            let wanted = "wanted are chat.telegram.users, who can be written to";
            found.add(&at("to"), "duty, and the bot knows nobody", wanted);
        }
        let by_name = |n: &&String| ![TEAM, LEADS, DUTY].contains(&n.as_str());
        for (t, name) in step.to.iter().enumerate().filter(|(_, n)| by_name(n)) {
            let path = [here[0], here[1], here[2], "step".into(), s.into(), "to".into(), t.into()];
            refers(&settings.alerts, name, &path, found);
        }
    }
}

fn refers(alerts: &AlertsConfig, name: &str, at: &[Step<'_>], found: &mut Findings<'_>) {
    if alerts.channel(name).is_none() {
        let all: Vec<&str> = alerts.channels.iter().map(|c| c.name.as_str()).collect();
        let allowed = if all.is_empty() { "an [[alerts.channel]]".to_owned() } else { all.join(", ") };
        found.add(at, format!("no channel {}", quoted(name)), format!("allowed: {allowed}"));
    }
}

fn goes_round(alerts: &AlertsConfig, from: &ChannelConfig) -> bool {
    let mut at = from;
    for _ in 0..=alerts.channels.len() {
        match at.fallback.as_deref().and_then(|name| alerts.channel(name)) {
            Some(next) if next.name.eq_ignore_ascii_case(&from.name) => return true,
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}

fn secret(
    value: Option<&SecretString>,
    by_file: bool,
    section: &[Step<'_>],
    key: &'static str,
    found: &mut Findings<'_>,
) {
    let file = format!("{key}_file");
    if value.is_none() && !by_file && !found.is_lost(section, &[key, &file]) {
        found.add(section, format!("no {key}"), format!("wanted is {key} or {file}"));
    }
}

/// Checks an address that is a secret: what is wrong with it never shows it.
fn address(secret: Option<&SecretString>, at: &[Step<'_>], found: &mut Findings<'_>) {
    let Some(secret) = secret else { return };
    let bare = secret.expose_secret().split(['?', '#']).next().unwrap_or_default();
    if let Some((what, allowed)) = address_mistake(bare, ("https", "http"), true) {
        found.add(at, what, allowed);
    }
}
