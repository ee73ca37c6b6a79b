//! `webcared run`: the daemon.

use super::args::{Global, RunArgs};
use super::exit::{Exit, Failure};
use crate::clock::{Clock, SystemClock};
use crate::domain::brand::Brand;
use crate::domain::time::Timestamp;
use crate::running;
use crate::settings::{self, Settings};
use crate::shutdown::Shutdown;
use crate::sources::config::{BlueskySearchConfig, JetstreamConfig, MastodonTagsConfig, SourceConfig};
use crate::telemetry::{self, LogFormat};
use std::sync::Arc;

/// Runs until the order to stop.
pub fn run(global: &Global, args: &RunArgs) -> Result<Exit, Failure> {
    let settings = read(global, args)?;
    super::backup::refuse_half_restored(&settings.data)?;
    telemetry::start_log(&settings.log, Arc::new(SystemClock::default()))
        .map_err(|e| Failure::Other(anyhow::anyhow!(e)))?;
    if settings.brands.is_empty() {
        let text = "nothing to watch: name a brand with --watch NAME, or put a [[brand]] into the settings";
        return Err(Failure::Usage(text.to_owned()));
    }
    let sample = args.sample.then(|| settings.brands[0].name.clone());
    let say: running::Say = if settings.log.format == LogFormat::Json { say_in_json } else { super::say };
    let (global, args) = (global.clone(), args.clone());
    let reread: running::Reread = Box::new(move || taken(read(&global, &args)));
    super::runtime()?.block_on(async {
        running::run(settings, sample, reread, say, Shutdown::default()).await.map_err(Failure::from)
    })?;
    Ok(Exit::Done)
}

/// Says something to people where the log is JSON: in a line of the same kind, for whoever reads every line as one.
fn say_in_json(text: &str) {
    super::say(&line_of(text, SystemClock::default().now()));
}

fn line_of(text: &str, now: Timestamp) -> String {
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    serde_json::json!({"timestamp": now.rfc3339(), "level": "INFO", "message": said, "target": "webcared"})
        .to_string()
}

/// What may be taken of settings that were read again, with a word on why not: each mistake is a line of the log of its own. A
/// file without brands, as one that is just being written, would leave nothing watched.
fn taken(found: Result<Settings, Failure>) -> Option<Settings> {
    const KEPT: &str = "the settings were not taken; the old ones hold";
    match found {
        Ok(settings) if settings.brands.is_empty() => {
            tracing::error!("{KEPT}: they name no brand; wanted is at least one [[brand]]");
            None
        }
        Ok(settings) => Some(settings),
        Err(failure) => {
            for mistake in failure.to_string().lines() {
                tracing::error!("{KEPT}: {mistake}");
            }
            None
        }
    }
}

/// The settings with what was asked for: the name as a brand, and public sources that need no
/// credentials unless the file names sources of its own.
fn read(global: &Global, args: &RunArgs) -> Result<Settings, Failure> {
    let mut settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    if let Some(name) = &args.watch {
        let name = watchable(name).map_err(|why| Failure::Usage(format!("--watch: {why}")))?;
        if !settings.brands.iter().any(|b| b.name.eq_ignore_ascii_case(name)) {
            settings.brands.insert(0, Brand::watched(name));
        }
        if settings.sources.is_empty() {
            settings.sources = public_sources();
        }
    }
    Ok(settings)
}

/// The name to watch, if anything can be found by it: platforms are asked for its letters and digits.
fn watchable(name: &str) -> Result<&str, &'static str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err("wanted is a name of 1 to 100 characters in one line");
    }
    if !name.chars().any(char::is_alphanumeric) {
        return Err(
            "wanted is a name with at least one letter or digit, for nothing else can be searched for",
        );
    }
    Ok(name)
}

fn public_sources() -> Vec<SourceConfig> {
    let named = |name: &str| SourceConfig { name: name.to_owned(), ..SourceConfig::default() };
    vec![
        SourceConfig { jetstream: Some(JetstreamConfig::default()), ..named("bluesky") },
        SourceConfig { bluesky_search: Some(BlueskySearchConfig::default()), ..named("bluesky-search") },
        SourceConfig { mastodon_tags: Some(MastodonTagsConfig::default()), ..named("mastodon") },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_watched_by_which_something_can_be_found() {
        for name in ["KLM", "a", "é", "日本", "\"Happy Socks\"", "'; --x", "#tag", "Ben & Jerry's", "7"] {
            assert_eq!(watchable(name), Ok(name));
            let brand = Brand::watched(name);
            assert!(brand.handles.iter().chain(&brand.hashtags).all(|word| !word.is_empty()), "{name}");
        }
        assert_eq!(watchable("  KLM "), Ok("KLM"));
        assert_eq!(watchable(&"x".repeat(100)).map(str::len), Ok(100));
        for junk in ["", " ", "...", "🙂", "a\nb", "\u{7}bell", &"x".repeat(101)] {
            assert!(watchable(junk).is_err(), "{junk:?}");
        }
    }

    #[test]
    fn settings_without_a_brand_are_not_taken_while_it_runs() {
        assert!(taken(Ok(Settings::default())).is_none());
        let settings = Settings { brands: vec![Brand::watched("Acme")], ..Settings::default() };
        assert_eq!(taken(Ok(settings)).map(|s| s.brands.len()), Some(1));
        assert!(taken(Err(Failure::Usage("no".to_owned()))).is_none());
    }

    #[test]
    fn what_is_said_beside_a_log_in_json_is_json() {
        let line = line_of("\nThis link lets \"you\" in:\n\n  http://localhost/x\n", Timestamp(0));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["message"], "This link lets \"you\" in: http://localhost/x");
        assert_eq!(read["timestamp"], "1970-01-01T00:00:00.000Z");
        assert!(!line.contains('\n'));
    }
}
