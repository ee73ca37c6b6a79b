//! Bad settings and the exact mistakes they give; what the environment and the flags do; that no
//! secret is ever shown; that the sample configurations are right.

mod alerts;
mod calendars;
mod duty;
mod hooks_out;
mod layers;
mod login;
mod mail;
mod offers;
mod protocols;
mod report;
mod shift;
mod sources;
mod table;
mod tickets;
mod translation;

use super::*;

const NONE: [(&str, &str); 0] = [];
/// A brand that nothing is wrong with, in three lines.
const BRAND: &str = "[[brand]]\nname = 'Acme'\nhandles = ['acme']\n";
/// A signing secret of 24 bytes.
const SIGNING: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const TOP_KEYS: &str = "allowed: listen, public_url, data, database, log, web, login, outbound, brand, policy, calendar, source, chat, report, retention, answers, attachments, tickets, hook_out, alerts, duty, audit, forecast, public_figure, helpers, planner, translation";

fn load_with(text: &str, env: &[(&str, &str)], flags: &Flags) -> Result<Settings, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("F");
    std::fs::write(&file, text).unwrap();
    let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let prefix = format!("{}/", folder.path().display());
    load(Some(&file), flags, env)
        .map_err(|m| m.0.iter().map(|m| m.to_string().replacen(&prefix, "", 1)).collect())
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    check_env(text, &NONE, expected);
}

#[track_caller]
fn check_env(text: &str, env: &[(&str, &str)], expected: &[&str]) {
    let found = load_with(text, env, &Flags::default()).err().unwrap_or_default();
    assert_eq!(found, expected, "in:\n{text}");
}

/// Behind a good brand, so that the text begins at line 4.
#[track_caller]
fn check_after_brand(text: &str, expected: &[&str]) {
    check(&format!("{BRAND}{text}"), expected);
}
