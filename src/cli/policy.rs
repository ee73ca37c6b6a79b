//! `webcared policy`: what is promised, and when a message of an instant has to be answered.
//!
//! Policies and calendars are those of the settings, beside the ready-made ones, and the arithmetic is
//! that of the daemon's clocks. A database is looked into only for holidays that the daemon fetched.

use super::args::{ExplainArgs, Global, PolicyCommand};
use super::exit::{Exit, Failure};
use crate::app;
use crate::catalogue;
use crate::domain::explain::{Question, explain};
use crate::domain::policy::Policy;
use crate::settings::{self, Mistake, Mistakes, Settings};
use crate::store::open;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

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
            let told = explain(&policy, version, &question(args));
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
