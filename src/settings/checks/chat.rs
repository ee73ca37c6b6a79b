//! The chat of the team: a token that looks like one, chats, people.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::refers_to_brand;
use super::{Findings, address_mistake, repeated};
use crate::chat::config::TelegramConfig;
use crate::chat::texts::Lang;
use secrecy::{ExposeSecret, SecretString};

const SECTION: [Step<'static>; 2] = [Step::Key("chat"), Step::Key("telegram")];

/// Checks the bot, if there is one.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    let Some(bot) = &settings.chat.telegram else { return };
    let at = |key: &'static str| [SECTION[0], SECTION[1], key.into()];
    token(bot, found);
    if let Some((what, allowed)) = address_mistake(&bot.api_url, ("https", "http"), true) {
        found.add(&at("api_url"), what, allowed);
    }
    if bot.teams.is_empty() && !found.is_lost(&SECTION, &["teams"]) {
        found.add(&at("teams"), "no chats", "wanted is at least one, as { chat = NUMBER }");
    }
    spoken(&bot.language, "", &SECTION, found);
    let mut seen: Vec<(i64, Vec<i64>)> = Vec::new();
    for (n, team) in bot.teams.iter().enumerate() {
        let here = [SECTION[0], SECTION[1], "teams".into(), n.into()];
        let chat = [here[0], here[1], here[2], here[3], "chat".into()];
        // A group may stand here once for each of its topics.
        let topic = i64::from(team.topic.unwrap_or(0));
        if let Some((_, seen)) = seen.iter_mut().find(|(t, _)| *t == topic) {
            once(team.chat, &chat, seen, found);
        } else {
            let mut first = Vec::new();
            once(team.chat, &chat, &mut first, found);
            seen.push((topic, first));
        }
        if team.topic.is_some_and(|topic| topic < 1) {
            let path = [here[0], here[1], here[2], here[3], "topic".into()];
            found.add(&path, format!("the number {topic}"), "wanted is the number of a topic, 1 or more");
        }
        spoken(&team.language, &team.zone, &here, found);
        for (b, brand) in team.brands.iter().enumerate() {
            let path = [here[0], here[1], here[2], here[3], "brands".into(), b.into()];
            refers_to_brand(settings, brand, &path, found);
        }
    }
    let mut seen = Vec::new();
    for (n, lead) in bot.leads.iter().enumerate() {
        once(*lead, &[SECTION[0], SECTION[1], "leads".into(), n.into()], &mut seen, found);
    }
    people(bot, found);
    if settings.answers.from_chat && bot.users.is_empty() && !found.is_lost(&SECTION, &["users"]) {
        let wanted = "wanted are chat.telegram.users, who may answer from the chat";
        found.add(&[Step::Key("answers"), Step::Key("from_chat")], "on, and nobody may use it", wanted);
    }
    // Telegram keeps callback buttons for long, but nobody waits a day for a digest.
    found.bounds(&at("digest_minutes"), bot.digest_minutes, (0, 1440));
}

fn token(bot: &TelegramConfig, found: &mut Findings<'_>) {
    let at = |key: &'static str| [SECTION[0], SECTION[1], key.into()];
    match &bot.token {
        None if bot.token_file.is_none() && !found.is_lost(&SECTION, &["token", "token_file"]) => {
            found.add(&SECTION, "no token", "wanted is token or token_file");
        }
        Some(token) if !is_token(token) => {
            let key = if bot.token_file.is_some() { "token_file" } else { "token" };
            found.add(&at(key), "not a bot token", "wanted is DIGITS:TEXT as BotFather gives it");
        }
        _ => {}
    }
}

fn people(bot: &TelegramConfig, found: &mut Findings<'_>) {
    let mut seen = Vec::new();
    for (n, user) in bot.users.iter().enumerate() {
        let path = |key: &'static str| [SECTION[0], SECTION[1], "users".into(), n.into(), key.into()];
        if user.id < 1 {
            found.add(
                &path("id"),
                format!("the number {}", user.id),
                "wanted is a person's Telegram id, 1 or more",
            );
        } else {
            once(user.id, &path("id"), &mut seen, found);
        }
        spoken(&user.language, &user.zone, &[SECTION[0], SECTION[1], "users".into(), n.into()], found);
        if user.login.trim().is_empty() {
            found.add(&path("login"), "empty", "wanted is a login");
        }
    }
    for (n, _) in repeated(bot.users.iter().map(|u| u.login.as_str())) {
        let login = bot.users.get(n).map(|u| quoted(&u.login)).unwrap_or_default();
        let path = [SECTION[0], SECTION[1], "users".into(), n.into(), "login".into()];
        found.add(&path, format!("{login} stands here twice"), "allowed: each login once");
    }
}

/// Adds a mistake if a language or zone is named that there is not.
fn spoken(language: &str, zone: &str, here: &[Step<'_>], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here, &[Step::Key(key)]].concat();
    if !language.is_empty() && Lang::from_tag(language).is_none() {
        found.add(&at("language"), quoted(language), "allowed: en, nl");
    }
    if !zone.is_empty() && jiff::tz::TimeZone::get(zone).is_err() {
        found.add(&at("zone"), quoted(zone), "wanted is an IANA time zone, such as Europe/Amsterdam");
    }
}

/// Adds a mistake if the id of a chat or person is none, or was seen before.
fn once(id: i64, at: &[Step<'_>], seen: &mut Vec<i64>, found: &mut Findings<'_>) {
    if id == 0 {
        found.add(at, "the number 0", "wanted is an id of Telegram");
    } else if seen.contains(&id) {
        found.add(at, format!("{id} stands here twice"), "allowed: each id once");
    }
    seen.push(id);
}

fn is_token(token: &SecretString) -> bool {
    let text_ok = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let parts = token.expose_secret().split_once(':');
    parts.is_some_and(|(id, text)| !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) && text_ok(text))
}
