//! `webcared policy`: what is promised, and when a message of an instant has to be answered.
//!
//! Policies and calendars are those of the settings, beside the ready-made ones, and the arithmetic is
//! that of the daemon's clocks. A database is looked into only for holidays that the daemon fetched.

use super::args::{ExplainArgs, Global, PolicyCommand};
use super::exit::{Exit, Failure};
use crate::app;
use crate::catalogue;
use crate::domain::clocks::Obligation;
use crate::domain::judgement::Level;
use crate::domain::policy::{Policy, Promise, Selector};
use crate::domain::scope::Message;
use crate::domain::time::Timestamp;
use crate::settings::{self, Mistake, Mistakes, Settings};
use crate::store::open;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// An open stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// Its beginning, RFC 3339 with the offset of the zone.
    pub from: String,
    /// Its end, which is no longer in it.
    pub to: String,
}

/// When a message has to be answered, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The policy by name.
    pub policy: String,
    /// `ready-made`, or `file:HASH` as the daemon imports it.
    pub version: String,
    /// Which clock.
    pub clock: &'static str,
    /// When the message was posted, by the zone of the calendar.
    pub at: String,
    /// Whether the promise covers it.
    pub covered: bool,
    /// Why it does or does not.
    pub why: String,
    /// The calendar in which its clock runs; none where nothing is promised.
    pub calendar: Option<String>,
    /// The time zone of that calendar; UTC for `always`.
    pub zone: Option<String>,
    /// The promised span in seconds.
    pub target_seconds: Option<i64>,
    /// When the team is warned.
    pub warn_at: Vec<String>,
    /// When it has to be answered.
    pub due_at: Option<String>,
    /// The open hours from the message to then; they add up to the target.
    pub hours_counted: Vec<Stretch>,
    /// The promise in words.
    pub promise: String,
}

/// One policy in a list.
#[derive(Serialize)]
struct Listed {
    name: String,
    version: String,
    calendars: Vec<String>,
    promise: String,
    published: String,
}

/// Does what is asked of the policies.
pub fn run(global: &Global, command: &PolicyCommand) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    match command {
        PolicyCommand::List { json } => list(&settings, *json)?,
        PolicyCommand::Explain(args) => {
            let policy = settings.policy(&args.policy).ok_or_else(|| unknown(&settings, &args.policy))?;
            let version = version(&settings, &policy);
            let by_address = policy.calendars.values().any(|c| c.spec().holidays_url.is_some());
            let policy = if by_address { with_fetched(&settings, policy)? } else { policy };
            let told = explain(&policy, version, args);
            print(&format!("{}\n", serde_json::to_string_pretty(&told).map_err(anyhow::Error::from)?));
        }
    }
    Ok(Exit::Done)
}

/// The policy with the holidays that the daemon has fetched, if there is a database already.
fn with_fetched(settings: &Settings, policy: Policy) -> Result<Policy, Failure> {
    super::runtime()?.block_on(async {
        let fetched = match open::open_to_read(&settings.place()?).await {
            Ok(opened) => {
                let fetched = opened.db.read("reading holidays", |tx| Box::pin(catalogue::fetched(tx))).await;
                opened.db.close().await;
                fetched?
            }
            Err(error) => {
                super::say(&format!("webcared: holidays by address are not counted: {error}"));
                BTreeMap::new()
            }
        };
        Ok(policy.with_fetched(&fetched))
    })
}

fn unknown(settings: &Settings, name: &str) -> Mistakes {
    let known: Vec<String> = settings.all_policies().into_iter().map(|p| p.name).collect();
    Mistakes(vec![Mistake {
        flag: Some("--policy".to_owned()),
        found: format!("no policy '{name}'"),
        allowed: format!("allowed: {}", known.join(", ")),
        ..Mistake::default()
    }])
}

fn version(settings: &Settings, policy: &Policy) -> String {
    let own = settings.policies.iter().any(|p| p.name == policy.name);
    if own { format!("file:{}", app::digest(settings)) } else { "ready-made".to_owned() }
}

/// When a message has to be answered under a policy.
pub fn explain(policy: &Policy, version: String, args: &ExplainArgs) -> Explained {
    // A level that no target names fits those for every level alone.
    let named = |level: &Level| policy.targets.iter().any(|t| t.level == Some(*level));
    let unnamed = Level::ALL.into_iter().rev().find(|level| !named(level));
    let level = args.level.or(unnamed).unwrap_or(Level::P3);
    let on = Selector { channel: args.channel, level, language: args.language };
    let handle = args.handle.as_ref().map(|h| h.trim_start_matches('@').to_lowercase());
    let message = Message {
        handles: handle.as_deref(),
        source: args.source.as_deref(),
        kind: args.kind.as_deref(),
        language: args.language,
        channel: args.channel,
        level: args.level,
        private: (args.private || args.public).then_some(args.private),
    };
    let promise = policy.target(args.clock, &on);
    let hours = promise.as_ref().map(|p| p.hours.clone());
    let (covered, why) = match (policy.covers(&message), &promise) {
        (Err(not), _) => (false, not.why),
        (Ok(()), None) => {
            (false, format!("no target names {} for channel '{}'", args.clock.code(), args.channel))
        }
        (Ok(()), Some(promise)) => (true, in_time(promise, args.at)),
    };
    let mut told = Explained {
        policy: policy.name.clone(),
        version,
        clock: args.clock.code(),
        at: hours.clone().unwrap_or_default().rfc3339(args.at),
        covered,
        why,
        calendar: hours.as_ref().map(|h| h.name().to_owned()),
        zone: hours.as_ref().map(|h| h.zone().to_owned()),
        target_seconds: promise.as_ref().map(|p| p.span.millis() / 1000),
        warn_at: Vec::new(),
        due_at: None,
        hours_counted: Vec::new(),
        promise: policy.in_words(),
    };
    if let Some(promise) = promise.filter(|_| covered) {
        let hours = promise.hours.clone();
        let clock = Obligation::open(args.clock, 0, args.at, promise, policy);
        told.warn_at = clock.warn_at.iter().map(|at| hours.rfc3339(*at)).collect();
        told.due_at = Some(hours.rfc3339(clock.due_at));
        let counted = hours.intervals_between(args.at, clock.due_at).into_iter();
        let stretch = |(from, to)| Stretch { from: hours.rfc3339(from), to: hours.rfc3339(to) };
        told.hours_counted = counted.map(stretch).collect();
    }
    told
}

fn in_time(promise: &Promise, at: Timestamp) -> String {
    let calendar = promise.hours.name();
    if promise.hours.is_open(at) {
        format!("the promise covers it, and calendar '{calendar}' is open when it is posted")
    } else {
        format!(
            "the promise covers it; calendar '{calendar}' is closed when it is posted, so the clock runs from its next opening"
        )
    }
}

fn list(settings: &Settings, json: bool) -> Result<(), Failure> {
    let listed = |policy: Policy| Listed {
        version: version(settings, &policy),
        calendars: policy.calendars.values().map(|c| format!("{}: {}", c.name(), c.in_words())).collect(),
        promise: policy.in_words(),
        published: policy.published(),
        name: policy.name,
    };
    let all: Vec<Listed> = settings.all_policies().into_iter().map(listed).collect();
    if json {
        print(&format!("{}\n", serde_json::to_string_pretty(&all).map_err(anyhow::Error::from)?));
        return Ok(());
    }
    let mut text = String::new();
    for policy in all {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{} ({})\n  {}", policy.name, policy.version, policy.promise);
        if policy.published != policy.promise {
            let _ = writeln!(text, "  published as: {}", policy.published);
        }
        for calendar in policy.calendars {
            let _ = writeln!(text, "  calendar {calendar}");
        }
    }
    print(&text);
    Ok(())
}

/// A closed pipe is no failure of the policies.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
