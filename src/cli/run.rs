//! `webcared run`: the daemon.

use super::args::{Global, RunArgs};
use super::exit::{Exit, Failure};
use crate::clock::SystemClock;
use crate::domain::brand::Brand;
use crate::running;
use crate::settings::{self, Settings};
use crate::shutdown::Shutdown;
use crate::sources::config::{BlueskySearchConfig, JetstreamConfig, MastodonTagsConfig, SourceConfig};
use crate::telemetry;
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
    let (global, args) = (global.clone(), args.clone());
    let reread: running::Reread = Box::new(move || match read(&global, &args) {
        Ok(settings) => Some(settings),
        Err(failure) => {
            tracing::error!("the settings have mistakes and were not taken; the old ones hold:\n{failure}");
            None
        }
    });
    super::runtime()?.block_on(async {
        running::run(settings, sample, reread, super::say, Shutdown::default()).await.map_err(Failure::from)
    })?;
    Ok(Exit::Done)
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
        if name.trim().is_empty() || name.chars().count() > 100 {
            return Err(Failure::Usage("--watch: wanted is a name of 1 to 100 characters".to_owned()));
        }
        if !settings.brands.iter().any(|b| b.name.eq_ignore_ascii_case(name)) {
            settings.brands.insert(0, Brand::watched(name.trim()));
        }
        if settings.sources.is_empty() {
            settings.sources = public_sources();
        }
    }
    Ok(settings)
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
    fn who_listens_everywhere_is_reached_on_this_machine() {
        assert_eq!(reached("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(reached("[::]:81"), "[::1]:81");
        assert_eq!(reached("192.0.2.7:8080"), "192.0.2.7:8080");
        assert_eq!(reached("127.0.0.1:9000"), "127.0.0.1:9000");
    }
}
