//! Versions of policies: which there were, what a new one would have done, and taking it.

use super::ask::{Call, Reply};
use super::problem::Problem;
use super::word::At;
use crate::catalogue::maker;
use crate::domain::backtest::Owner;
use crate::domain::policy::Policy;
use crate::domain::time::{Span, Timestamp};
use crate::reports::Ask;
use crate::reports::backtest::{Backtest, Counts, Late, backtest};
use crate::store::{person, setting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most versions that are listed.
const VERSIONS_MAX: i64 = 200;
/// How far back a version is tried.
const TRIED: Span = Span::days(28);

/// A version of a policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Version {
    /// Its number.
    pub version: i64,
    /// When it was made.
    pub made_at: At,
    /// From when it counts, where that is later.
    pub counts_from: Option<At>,
    /// Who made it, by login; none where it comes from the settings.
    pub made_by: Option<String>,
    /// The promise in words.
    pub promise: String,
}

/// Versions of a policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Versions {
    /// The version that counts now.
    pub current: i64,
    /// The latest first, at most 200.
    pub versions: Vec<Version>,
}

/// A version to be tried.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TryBody {
    /// The policy as it stands in a file of settings: one `[[policy]]`, with a `[[calendar]]` for each calendar that it names.
    pub text: String,
}

/// A new version.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionBody {
    /// The policy as it stands in a file of settings.
    pub text: String,
    /// From when it counts, ahead and within a year; left out, from now.
    #[serde(default)]
    pub counts_from: Option<At>,
    /// The latest version that was seen, of those that are listed; if another one was taken since, nothing is.
    pub version: i64,
}

/// How many waits went how.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Went {
    /// In time.
    pub kept: i64,
    /// Late.
    pub broken: i64,
    /// Not due, or ended before it was.
    pub neither: i64,
    /// Not promised anything.
    pub not_promised: i64,
}

/// Late answers by who owed them at their deadline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BrokenBy {
    /// `person` who had the case, `duty` where nobody had it and somebody was on, `nobody` where nobody was; `team` where
    /// nobody works with duty.
    pub owner: String,
    /// As it was.
    pub was: i64,
    /// As it would have been.
    pub would_be: i64,
}

fn broken_by(made: &Backtest) -> Vec<BrokenBy> {
    let one = |(owner, late): (&Owner, &Late)| BrokenBy {
        owner: owner.code().to_owned(),
        was: late.was,
        would_be: late.would_be,
    };
    made.broken_by.iter().map(one).collect()
}

/// What a version would have done to four weeks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tried {
    /// The promise in words.
    pub promise: String,
    /// As it was.
    pub was: Went,
    /// As it would have been.
    pub would_be: Went,
    /// How many waits would have gone otherwise.
    pub otherwise: usize,
    /// Late answers by who owed them at their deadline.
    pub broken_by: Vec<BrokenBy>,
}

/// A version that was taken.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Made {
    /// Its number.
    pub version: i64,
}

fn went(c: Counts) -> Went {
    Went { kept: c.kept, broken: c.broken, neither: c.neither, not_promised: c.not_promised }
}

impl Call {
    /// The policy of the address in the text that was sent. Who changes it sees every brand that promises it.
    fn policy(&self, text: &str) -> Result<(Policy, Vec<String>), Problem> {
        let name = self.part("policy");
        let catalogue = self.api.catalogue.get();
        let all = catalogue.brands.iter().filter(|b| b.policy.1.name == name).count();
        let seen: Vec<String> =
            self.brands().into_iter().filter(|b| b.policy.1.name == name).map(|b| b.id).collect();
        if seen.is_empty() || seen.len() != all {
            return Err(Problem::not_found());
        }
        let read = self.casework().read_policy(name, text);
        Ok((read.map_err(|mistakes| Problem::invalid("text", mistakes.join("; ")))?, seen))
    }
}

/// `GET /policies/{policy}/versions`.
pub async fn versions(call: Call) -> Result<Reply, Problem> {
    let name = call.part("policy").to_owned();
    let brands = call.brands();
    let current = brands.iter().find(|b| b.policy.1.name == name).ok_or_else(Problem::not_found)?.policy.0;
    let read = call.api.db.read("reading the versions of a policy", move |tx| {
        Box::pin(async move {
            let rows = setting::versions_of(tx, "policy", &name, VERSIONS_MAX).await?;
            Ok((rows, person::all(tx).await?))
        })
    });
    let (rows, people) = read.await?;
    let one = |row: setting::SettingVersion| Version {
        version: row.version,
        made_at: At(Timestamp(row.created_at)),
        counts_from: row.counts_from.map(|at| At(Timestamp(at))),
        made_by: maker(&row.origin)
            .and_then(|id| people.iter().find(|p| p.id == id))
            .map(|p| p.login.clone()),
        promise: Policy::from_stored(&row.body).map(|p| p.in_words()).unwrap_or_default(),
    };
    Reply::json(&Versions { current, versions: rows.into_iter().map(one).collect() })
}

/// `POST /policies/{policy}/try`.
pub async fn attempt(call: Call) -> Result<Reply, Problem> {
    let body: TryBody = call.body()?;
    let (policy, brands) = call.policy(&body.text)?;
    let now = call.api.clock.now();
    let ask = Ask { from: now.minus(TRIED), to: now, brands, zone: call.api.zone.clone() };
    let made = backtest(&call.api.db, &policy, &ask, now).await?;
    Reply::json(&Tried {
        promise: policy.in_words(),
        was: went(made.total.was),
        would_be: went(made.total.would_be),
        otherwise: made.differences.len(),
        broken_by: broken_by(&made),
    })
}

/// `POST /policies/{policy}/versions`.
pub async fn add(call: Call) -> Result<Reply, Problem> {
    let body: VersionBody = call.body()?;
    let (policy, _) = call.policy(&body.text)?;
    let from = body.counts_from.map(|at| at.0);
    let version = call.casework().new_policy(&policy, from, Some(body.version), &call.actor()).await?;
    Reply::json(&Made { version })
}
