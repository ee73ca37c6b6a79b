//! Mailboxes: addresses, servers that are reached encrypted, one secret each, folders.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, repeated};
use crate::sources::config::SourceConfig;
use crate::sources::mail::config::{MailConfig, Security, SmtpConfig};
use std::path::Path;

const BYTES: (i64, i64) = (64 * 1024, 100 * 1024 * 1024);
const TAG_CHARS_MAX: usize = 20;

/// Checks what the mailboxes have with each other.
pub(super) fn all(settings: &Settings, found: &mut Findings<'_>) {
    let address = |s: &SourceConfig| s.mail.as_ref().map(|m| m.address.trim().to_owned());
    let addresses: Vec<String> = settings.sources.iter().map(|s| address(s).unwrap_or_default()).collect();
    for (at, first) in repeated(addresses.iter().map(String::as_str)) {
        let path = ["source".into(), at.into(), "mail".into(), "address".into()];
        let what = format!("{} is the mailbox of source[{first}] too", quoted(&addresses[at]));
        found.add(&path, what, "allowed: each mailbox once; list its folders in one source");
    }
}

/// Checks one mailbox.
pub(super) fn one(mail: &MailConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], "mail".into(), key.into()];
    let section = [here[0], here[1], "mail".into()];
    let wanted = "wanted is an address such as care@example.com";
    if !is_address(&mail.address) && !found.is_lost(&section, &["address"]) {
        found.add(&at("address"), quoted(&mail.address), wanted);
    }
    for (n, own) in mail.own_addresses.iter().enumerate().filter(|(_, a)| !is_address(a)) {
        found.add(&[here[0], here[1], "mail".into(), "own_addresses".into(), n.into()], quoted(own), wanted);
    }
    folders(mail, here, found);
    found.bounds(&at("every_seconds"), mail.every_seconds, (5, DAY_SECONDS));
    found.bounds(&at("first_days"), mail.first_days, (0, 3_650));
    found.bounds(&at("bytes_max"), mail.bytes_max, BYTES);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '#' | '-' | '.' | ' ');
    let tag = &mail.subject_tag;
    if tag.trim().is_empty() || tag.len() > TAG_CHARS_MAX || !tag.chars().all(fits) {
        let allowed = "allowed: 1 to 20 letters, digits, '#', '-', '.' and blanks";
        found.add(&at("subject_tag"), quoted(tag), allowed);
    }
    if mail.name.as_deref().is_some_and(|n| n.chars().any(char::is_control)) {
        found.add(&at("name"), "control characters", "wanted is a name in one line");
    }
    let imap = &mail.imap;
    server((&imap.host, imap.port, imap.security), "imap", here, found);
    let imap_at = |key: &'static str| [here[0], here[1], "mail".into(), "imap".into(), key.into()];
    let known = imap.password.is_some() || imap.password_file.is_some();
    let imap_section = [here[0], here[1], "mail".into(), "imap".into()];
    if known && imap.token_file.is_some() {
        found.add(&imap_at("token_file"), "a password is given as well", "allowed: one of the two");
    } else if !known
        && imap.token_file.is_none()
        && !found.is_lost(&imap_section, &["password", "password_file", "token_file"])
    {
        found.add(&imap_section, "no secret", "wanted is password, password_file or token_file");
    }
    readable(imap.token_file.as_deref(), &imap_at("token_file"), found);
    sending(mail, here, found);
}

/// Checks a server that sends and stands by itself.
pub(super) fn outlet(smtp: &SmtpConfig, section: &[Step<'_>], found: &mut Findings<'_>) {
    let at = |key: &'static str| [section, &[Step::Key(key)][..]].concat();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_host = !smtp.host.is_empty() && smtp.host.chars().all(fits);
    if !is_host && !found.is_lost(section, &["host"]) {
        let what = if smtp.host.is_empty() { "empty".to_owned() } else { quoted(&smtp.host) };
        found.add(&at("host"), what, "wanted is the name of a server such as smtp.example.com");
    }
    if smtp.port == Some(0) {
        found.add(&at("port"), "the number 0", "allowed: 1 to 65535");
    }
    if smtp.security == Security::None && is_host && !is_here(&smtp.host) {
        let what = format!("'none' to {}, which is not encrypted", quoted(&smtp.host));
        found.add(&at("security"), what, "allowed: tls, starttls, or none on this machine");
    }
    let has_secret = smtp.password.is_some() || smtp.password_file.is_some() || smtp.token_file.is_some();
    if smtp.user.is_some()
        && !has_secret
        && !found.is_lost(section, &["password", "password_file", "token_file"])
    {
        found.add(&at("user"), "a user without a secret", "wanted is password, password_file or token_file");
    }
    readable(smtp.token_file.as_deref(), &at("token_file"), found);
}

fn sending(mail: &MailConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let Some(smtp) = &mail.smtp else { return };
    let at = |key: &'static str| [here[0], here[1], "mail".into(), "smtp".into(), key.into()];
    server((&smtp.host, smtp.port, smtp.security), "smtp", here, found);
    let known = smtp.password.is_some() || smtp.password_file.is_some();
    if smtp.open && (known || smtp.token_file.is_some() || smtp.user.is_some()) {
        found.add(&at("open"), "true beside a user or a secret", "allowed: one of the two");
    } else if known && smtp.token_file.is_some() {
        found.add(&at("token_file"), "a password is given as well", "allowed: one of the two");
    }
    readable(smtp.token_file.as_deref(), &at("token_file"), found);
    found.bounds(&at("per_minute_max"), smtp.per_minute_max, (1, 10_000));
}

fn folders(mail: &MailConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], "mail".into(), key.into()];
    let is_bad = |f: &str| f.trim().is_empty() || f.chars().any(char::is_control) || f.len() > 200;
    if mail.folders.is_empty() {
        found.add(&at("folders"), "empty", "wanted is at least one folder");
    }
    for (n, folder) in mail.sweep_folders.iter().enumerate().filter(|(_, f)| is_bad(f)) {
        let path = [here[0], here[1], "mail".into(), "sweep_folders".into(), n.into()];
        found.add(&path, quoted(folder), "wanted is the name of a folder such as Archive");
    }
    let nth = |n: usize| [here[0], here[1], "mail".into(), "folders".into(), n.into()];
    for (n, folder) in mail.folders.iter().enumerate() {
        if is_bad(folder) {
            found.add(&nth(n), quoted(folder), "wanted is the name of a folder such as INBOX");
        } else if mail.sent_folder.as_ref() == Some(folder) {
            found.add(
                &nth(n),
                format!("{} is the sent_folder too", quoted(folder)),
                "allowed: one of the two",
            );
        }
    }
    for (n, first) in repeated(mail.folders.iter().map(String::as_str)) {
        let what = format!("{} is folders[{first}] too", quoted(&mail.folders[n]));
        found.add(&nth(n), what, "allowed: each folder once");
    }
    if let Some(folder) = mail.sent_folder.as_deref().filter(|f| is_bad(f)) {
        found.add(&at("sent_folder"), quoted(folder), "wanted is the name of a folder such as Sent");
    }
}

/// A server by name, and that it is reached encrypted.
fn server(
    (host, port, security): (&str, Option<u16>, Security),
    which: &'static str,
    here: [Step<'_>; 2],
    found: &mut Findings<'_>,
) {
    let at = |key: &'static str| [here[0], here[1], "mail".into(), which.into(), key.into()];
    let section = [here[0], here[1], "mail".into(), which.into()];
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_host = !host.is_empty() && host.chars().all(fits);
    if !is_host && !found.is_lost(&section, &["host"]) {
        let allowed = format!("wanted is the name of a server such as {which}.example.com");
        found.add(&at("host"), if host.is_empty() { "empty".to_owned() } else { quoted(host) }, allowed);
    }
    if port == Some(0) {
        found.add(&at("port"), "the number 0", "allowed: 1 to 65535");
    }
    if security == Security::None && is_host && !is_here(host) {
        let what = format!("'none' to {}, which is not encrypted", quoted(host));
        found.add(&at("security"), what, "allowed: tls, starttls, or none on this machine");
    }
}

fn is_here(host: &str) -> bool {
    let ip = host.parse::<std::net::IpAddr>();
    ip.map_or_else(|_| host == "localhost" || host.ends_with(".localhost"), |ip| ip.is_loopback())
}

fn is_address(text: &str) -> bool {
    crate::sources::mail::is_address(text)
}

fn readable(file: Option<&Path>, at: &[Step<'_>], found: &mut Findings<'_>) {
    let Some(file) = file else { return };
    if let Err(why) = std::fs::File::open(file) {
        let what = format!("{}: {why}", file.display());
        found.add(at, what, "wanted is a readable file with the token in it");
    }
}
