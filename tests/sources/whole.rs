//! Configurations as people have them, with secrets in files: what README and the sample show can be read, and every source
//! and ticket system of it can be built.

use super::outside;
use super::reviews_site::{APP_STORE_KEY, SERVICE_ACCOUNT};
use std::path::Path;
use webcared::doctor;
use webcared::settings::{Flags, Settings, load};
use webcared::sources::config::SourceConfig;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BOT_TOKEN: &str = "123456789:AAHk3vJxQ0pLmN8rStUvWxYz12345678901";
const OTHER_BOT_TOKEN: &str = "223456789:AAHk3vJxQ0pLmN8rStUvWxYz12345678902";
const RT_TOKEN: &str = "1-14-2f1d7a9c0b3e5d8f";
const HOLIDAYS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261225\r\n\
     DTEND;VALUE=DATE:20261226\r\nSUMMARY:Christmas\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
/// Ways of which one is to be chosen, and a secret that the sample gives in both ways.
const LEFT_OUT: [&str; 2] = ["url_file", "breached_list"];

/// Writes what a file of a setting would hold, and tells where.
fn written(folder: &Path, (key, named): (&str, &str), n: usize) -> String {
    let holds = match key {
        "token_file" if named.contains("telegram") => BOT_TOKEN,
        "token_file" if named.contains("customers") => OTHER_BOT_TOKEN,
        "token_file" if named.contains("rt-") => RT_TOKEN,
        "service_account_file" => SERVICE_ACCOUNT,
        "private_key_file" => APP_STORE_KEY,
        "holidays_file" => HOLIDAYS,
        "url_file" => "https://alerts.example.com/x",
        _ => SECRET,
    };
    let path = folder.join(format!("secret{n}"));
    std::fs::write(&path, holds).unwrap();
    path.display().to_string()
}

/// The same text with a file behind every setting that names one.
fn with_files(text: &str, folder: &Path) -> String {
    let mut whole = String::new();
    for (n, line) in text.lines().enumerate() {
        let mut line = line.to_owned();
        let mut from = 0;
        while let Some(at) = line[from..].find("_file = \"").map(|at| from + at) {
            let key =
                line[..at].rsplit(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap().to_owned();
            let key = format!("{key}_file");
            let (begin, more) = (at + "_file = \"".len(), at + 1);
            let end = begin + line[begin..].find('"').unwrap();
            let named = line[begin..end].to_owned();
            line.replace_range(begin..end, &written(folder, (&key, &named), n));
            from = more;
        }
        whole += &line;
        whole.push('\n');
    }
    whole
}

fn read(text: &str, folder: &Path) -> Settings {
    let file = folder.join("webcared.toml");
    std::fs::write(&file, text).unwrap();
    load(Some(&file), &Flags::default(), std::iter::empty()).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn unusable(settings: &Settings) -> Vec<String> {
    let outside = outside();
    doctor::unusable(settings, &outside.http, &outside.clock)
}

#[tokio::test]
async fn the_first_configuration_of_readme_can_be_run() {
    let readme = include_str!("../../README.md");
    let text = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(text.contains("secret_file") && text.contains("[chat.telegram]"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let settings = read(&with_files(text, folder.path()), folder.path());
    assert_eq!(settings.sources.len(), 3);
    assert_eq!(unusable(&settings), Vec::<String>::new());
}

#[tokio::test]
async fn the_first_answer_of_readme_can_be_given() {
    let readme = include_str!("../../README.md");
    let shown = readme.split("<<'END'\n").nth(1).unwrap().split("   END\n").next().unwrap();
    let text: String = shown.lines().fold(String::new(), |all, line| all + line.trim_start() + "\n");
    assert!(text.contains("\"bot.token\""), "{text}");
    let folder = tempfile::tempdir().unwrap();
    // The file holds the token of a bot for customers.
    let settings = read(&with_files(&text.replace("bot.token", "customers"), folder.path()), folder.path());
    assert_eq!((settings.brands.len(), settings.sources.len()), (1, 1));
    assert_eq!(unusable(&settings), Vec::<String>::new());
}

#[tokio::test]
async fn every_source_and_ticket_system_of_the_sample_can_be_built() {
    let sample = include_str!("../../deploy/webcared.toml");
    let is_setting = |text: &str| {
        let key = text.split(" = ").next().filter(|key| text.len() > key.len());
        let section = text.starts_with('[') && text.ends_with(']');
        section || key.is_some_and(|k| k.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(text) if LEFT_OUT.iter().any(|key| text.starts_with(key)) => String::new(),
        Some(text) if is_setting(text) => format!("{text}\n"),
        _ => format!("{line}\n"),
    };
    let whole: String = sample.lines().map(line).collect();
    let folder = tempfile::tempdir().unwrap();
    let settings = read(&with_files(&whole, folder.path()), folder.path());
    let kinds: std::collections::BTreeSet<_> =
        settings.sources.iter().flat_map(SourceConfig::kinds).collect();
    assert_eq!(kinds.len(), SourceConfig::KINDS.len(), "every kind is in the sample");
    assert!(settings.tickets.len() > 5);
    assert_eq!(unusable(&settings), Vec::<String>::new());
}
