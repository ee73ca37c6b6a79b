//! `webcared policy`: what is promised, and when a message of an instant has to be answered.
//!
//! Policies and calendars are those of the settings, beside the ready-made ones, and the versions that were made in the
//! console where there is a database; the arithmetic is that of the daemon's clocks.

use super::args::{ExplainArgs, Global, PolicyCommand};
use super::exit::{Exit, Failure};
use crate::app;
use crate::catalogue::{self, maker};
use crate::clock::{Clock, SystemClock};
use crate::domain::explain::{Question, explain};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::settings::{self, Mistake, Mistakes, Settings};
use crate::store::setting::{self, SettingVersion};
use crate::store::{StoreError, open};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Most versions of a policy that are listed.
const VERSIONS_MAX: usize = 20;

/// One policy in a list.
#[derive(Serialize)]
struct Listed {
    name: String,
    version: String,
    calendars: Vec<String>,
    promise: String,
    published: String,
    /// The versions that the database holds, the latest first; none without one.
    versions: Vec<Version>,
}

/// One version of a policy that the database holds.
#[derive(Serialize)]
struct Version {
    number: i64,
    /// `console:N` for one that somebody made, else what the settings were.
    origin: String,
    made_at: String,
    counts_from: Option<String>,
    /// Whether it is the one that counts now.
    counts: bool,
}

/// What a database says of policies.
pub struct Kept {
    rows: Vec<SettingVersion>,
    fetched: BTreeMap<String, Vec<String>>,
}

/// A policy in the version that counts.
struct Counting {
    policy: Policy,
    /// Its word.
    version: String,
    /// Its number, where it was made in the console.
    number: Option<i64>,
}

/// Does what is asked of the policies.
pub fn run(global: &Global, command: &PolicyCommand) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let kept = kept(global, &settings)?;
    match command {
        PolicyCommand::List { json } => list(&settings, kept.as_ref(), *json)?,
        PolicyCommand::Explain(args) => {
            let found = if let Some(number) = args.policy_version {
                (numbered(kept.as_ref(), &args.policy, number)?, format!("console:{number}"))
            } else {
                let own = settings.policy(&args.policy).ok_or_else(|| unknown(&settings, &args.policy))?;
                // A version that waits counts for what lies behind its instant.
                let now = SystemClock::default().now().max(args.at);
                let counting = counting(&settings, kept.as_ref(), own, now)?;
                (counting.policy, counting.version)
            };
            let told = explain(&found.0, found.1, &question(args));
            super::print(&format!(
                "{}\n",
                serde_json::to_string_pretty(&told).map_err(anyhow::Error::from)?
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// What the database says, where there is one. One that was asked for by a flag must be there; without any the settings
/// are told alone.
fn kept(global: &Global, settings: &Settings) -> Result<Option<Kept>, Failure> {
    let asked = global.data.is_some() || global.database.is_some();
    let by_address = |p: &Policy| p.calendars.values().any(|c| c.spec().holidays_url.is_some());
    let missed = settings.database.url.is_some() || settings.policies.iter().any(by_address);
    super::runtime()?.block_on(async {
        match open::open_to_read(&settings.place()?).await {
            Ok(opened) => {
                let read = opened.db.read("reading policies", |tx| Box::pin(known(tx))).await;
                opened.db.close().await;
                Ok(Some(read?))
            }
            Err(error) if asked => Err(error.into()),
            Err(error) => {
                if missed {
                    super::say(&format!(
                        "webcared: the settings are told alone, without holidays by address and versions made in the \
                         console: {error}"
                    ));
                }
                Ok(None)
            }
        }
    })
}

/// What a database knows of policies.
pub async fn known(tx: &mut crate::store::Tx) -> Result<Kept, StoreError> {
    Ok(Kept { rows: setting::all_versions(tx, "policy").await?, fetched: catalogue::fetched(tx).await? })
}

/// The policy of the settings, or the version over it that somebody made in the console and that counts at an instant:
/// by the rule of the daemon's start.
fn counting(
    settings: &Settings,
    kept: Option<&Kept>,
    own: Policy,
    at: Timestamp,
) -> Result<Counting, Failure> {
    let version = version(settings, &own);
    let Some(kept) = kept else { return Ok(Counting { policy: own, version, number: None }) };
    let own = own.with_fetched(&kept.fetched);
    let body = own.to_stored().map_err(anyhow::Error::from)?;
    Ok(match catalogue::kept(&kept.rows, (&own.name, &body), at)? {
        Some((number, policy)) => {
            let policy = policy.with_fetched(&kept.fetched);
            Counting { policy, version: format!("console:{number}"), number: Some(number) }
        }
        None => Counting { policy: own, version, number: None },
    })
}

/// A version of a policy by its number, from the database.
pub fn numbered(kept: Option<&Kept>, name: &str, number: i64) -> Result<Policy, Failure> {
    let said = |what: String| Failure::Usage(format!("--policy-version {number}: {what}"));
    let kept =
        kept.ok_or_else(|| said("there is no database; name one by --data or --database".to_owned()))?;
    let mut of: Vec<&SettingVersion> = kept.rows.iter().filter(|r| r.name == name).collect();
    of.sort_by_key(|r| r.version);
    let known: Vec<String> = of.iter().map(|r| r.version.to_string()).collect();
    let row = of.into_iter().find(|r| r.version == number);
    let none = || said(format!("no such version of '{name}'; there are: {}", known.join(", ")));
    Ok(Policy::from_stored(&row.ok_or_else(none)?.body).map_err(anyhow::Error::from)?)
}

fn question(args: &ExplainArgs) -> Question {
    Question {
        at: args.at,
        channel: args.channel,
        language: args.language,
        level: args.level,
        clock: args.clock,
        private: (args.private || args.public).then_some(args.private),
        source: args.source.clone(),
        kind: args.kind.clone(),
        handle: args.handle.clone(),
    }
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

/// The versions of a policy, the latest first; `counts` is the number of the one made in the console that counts now.
fn versions(kept: Option<&Kept>, name: &str, counts: Option<i64>) -> Vec<Version> {
    let mut of: Vec<&SettingVersion> =
        kept.into_iter().flat_map(|k| &k.rows).filter(|r| r.name == name).collect();
    of.sort_by_key(|r| std::cmp::Reverse(r.version));
    let one = |row: &SettingVersion| Version {
        number: row.version,
        origin: maker(&row.origin).map_or_else(|| row.origin.clone(), |_| format!("console:{}", row.version)),
        made_at: Timestamp(row.created_at).rfc3339(),
        counts_from: row.counts_from.map(|at| Timestamp(at).rfc3339()),
        counts: counts == Some(row.version),
    };
    of.into_iter().take(VERSIONS_MAX).map(one).collect()
}

fn list(settings: &Settings, kept: Option<&Kept>, json: bool) -> Result<(), Failure> {
    let now = SystemClock::default().now();
    let mut all = Vec::new();
    for own in settings.all_policies() {
        let Counting { policy, version, number } = counting(settings, kept, own, now)?;
        all.push(Listed {
            version,
            calendars: policy.calendars.values().map(|c| format!("{}: {}", c.name(), c.in_words())).collect(),
            promise: policy.in_words(),
            published: policy.published(),
            versions: versions(kept, &policy.name, number),
            name: policy.name,
        });
    }
    if json {
        return super::print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&all).map_err(anyhow::Error::from)?
        ));
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
        for v in policy.versions.iter().filter(|v| v.origin.starts_with("console:")) {
            let from = v.counts_from.as_ref().map(|at| format!(", from {at}")).unwrap_or_default();
            let counts = if v.counts { ", counts now" } else { "" };
            let _ = writeln!(text, "  version {}, made in the console {}{from}{counts}", v.number, v.made_at);
        }
    }
    super::print(&text)
}
