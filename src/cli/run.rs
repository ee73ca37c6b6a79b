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
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    let reread: running::Reread = Box::new(move || match read(&global, &args) {
        Ok(settings) => Some(settings),
        Err(failure) => {
            tracing::error!("the settings have mistakes and were not taken; the old ones hold:\n{failure}");
            None
        }
    });
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

/// The settings with what was asked for: the name as a brand, and public sources that need no
/// credentials unless the file names sources of its own.
fn read(global: &Global, args: &RunArgs) -> Result<Settings, Failure> {
    let mut settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    // Whoever only says where to listen means to come by that address.
    if settings.public_url == Settings::default().public_url && settings.listen != Settings::default().listen
    {
        settings.public_url = format!("http://{}", reached(&settings.listen));
    }
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

/// By which address this machine comes to where we listen: who listens on all of them is reached by none of that name.
fn reached(listen: &str) -> String {
    let own = |at: SocketAddr| {
        let ip = if at.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
        SocketAddr::new(ip, at.port()).to_string()
    };
    let everywhere = listen.parse().ok().filter(|at: &SocketAddr| at.ip().is_unspecified());
    everywhere.map_or_else(|| listen.to_owned(), own)
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
    fn what_is_said_beside_a_log_in_json_is_json() {
        let line = line_of("\nThis link lets \"you\" in:\n\n  http://localhost/x\n", Timestamp(0));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["message"], "This link lets \"you\" in: http://localhost/x");
        assert_eq!(read["timestamp"], "1970-01-01T00:00:00.000Z");
        assert!(!line.contains('\n'));
    }

    #[test]
    fn who_listens_everywhere_is_reached_on_this_machine() {
        assert_eq!(reached("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(reached("[::]:81"), "[::1]:81");
        assert_eq!(reached("192.0.2.7:8080"), "192.0.2.7:8080");
        assert_eq!(reached("127.0.0.1:9000"), "127.0.0.1:9000");
    }
}
