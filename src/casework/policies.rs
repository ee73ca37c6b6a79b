//! New versions of policies by leads: what they write is read like the settings, tried on what was, and counts from now or
//! from an instant ahead, for what begins from then on.

use super::{Actor, Casework, CaseworkError};
use crate::catalogue::{self, Catalogue, Watched, made_by};
use crate::domain::calendar::FROM_SETTINGS;
use crate::domain::policy::Policy;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::source::{self, SourceRow};
use crate::store::{StoreError, Tx, setting};
use std::fmt;
use std::sync::Arc;

/// Reads a policy from a text as it stands in a file of settings, or tells every mistake.
type Reads = dyn Fn(&str) -> Result<Policy, Vec<String>> + Send + Sync;
/// Longest text of a policy in bytes.
pub const TEXT_BYTES_MAX: usize = 32 * 1024;
/// How far ahead a version may count from.
const AHEAD: Span = Span::days(366);

/// How policies are read; the settings know.
#[derive(Clone)]
pub struct PolicyReader(Arc<Reads>);

impl PolicyReader {
    /// Reads by `reads`.
    pub fn new(reads: impl Fn(&str) -> Result<Policy, Vec<String>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(reads))
    }
}

impl Default for PolicyReader {
    fn default() -> Self {
        Self::new(|_| Err(vec!["policies are not read here".to_owned()]))
    }
}

impl fmt::Debug for PolicyReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyReader")
    }
}

/// What a policy names that is not here: handles of no brand, and addresses that the settings do not have.
fn strangers(catalogue: &Catalogue, policy: &Policy) -> Vec<String> {
    let handles: Vec<&String> = catalogue.brands.iter().flat_map(|b| &b.brand.handles).collect();
    let unknown = |handle: &&String| !handles.iter().any(|known| known.eq_ignore_ascii_case(handle));
    let named = policy.scope.rules.handles.iter().filter(unknown);
    let mut found: Vec<String> =
        named.map(|handle| format!("scope.handles: '{handle}' is a handle of no brand")).collect();
    let follow = policy.calendars.values().filter(|c| c.spec().holidays_follow);
    let lost = follow.filter(|c| !catalogue.addresses.contains_key(c.name()));
    found.extend(lost.map(|c| {
        let allowed = format!("the settings have no address for calendar '{}'", c.name());
        format!("holidays_url: '{FROM_SETTINGS}'; {allowed}")
    }));
    found
}

/// Says which source the scope of a policy names that there is not.
async fn unknown_source(tx: &mut Tx, policy: &Policy) -> Result<Option<String>, StoreError> {
    let named = &policy.scope.rules.sources;
    if named.is_empty() {
        return Ok(None);
    }
    let brings = |row: &SourceRow| {
        row.removed_at.is_none() && row.kind != source::HOLIDAYS && !row.kind.starts_with(source::TICKETS)
    };
    let rows = source::list(tx).await?;
    let known: Vec<&str> = rows.iter().filter(|row| brings(row)).map(|row| row.name.as_str()).collect();
    let unknown = named.iter().find(|name| !known.contains(&name.as_str()));
    Ok(unknown.map(|name| {
        format!("the scope names the source '{name}', which there is not; there are: {}", known.join(", "))
    }))
}

impl Casework {
    /// Lets leads write policies, which are read by this.
    pub fn reading(mut self, policies: PolicyReader) -> Self {
        self.policies = policies;
        self
    }

    /// A new version of a policy as somebody wrote it; nothing is kept.
    ///
    /// # Errors
    /// Every mistake.
    pub fn read_policy(&self, name: &str, text: &str) -> Result<Policy, Vec<String>> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(vec![format!("{} bytes; allowed are {TEXT_BYTES_MAX}", text.len())]);
        }
        let policy = (self.policies.0)(text)?;
        if policy.name != name {
            return Err(vec![format!(
                "name: '{}'; wanted is '{name}': this is a version of it",
                policy.name
            )]);
        }
        let catalogue = self.catalogue.get();
        let mistakes = strangers(&catalogue, &policy);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(policy.with_fetched(&catalogue.days_fetched()))
    }

    /// Takes a new version of a policy, which counts from an instant ahead or from now; tells its number. It touches only
    /// what begins from then on. Where the latest version is another one than the `seen`, nothing is taken.
    ///
    /// # Errors
    /// [`CaseworkError::NotFound`] where no brand promises it; [`CaseworkError::Invalid`] and refusals that say why.
    pub async fn new_policy(
        &self,
        policy: &Policy,
        from: Option<Timestamp>,
        seen: Option<i64>,
        actor: &Actor,
    ) -> Result<i64, CaseworkError> {
        let old = self.catalogue.get();
        let of: Vec<&Watched> = old.brands.iter().filter(|b| b.policy.1.name == policy.name).collect();
        let first = of.first().ok_or(CaseworkError::NotFound)?;
        self.require(actor, Right::Steer, "policy.version", (&first.id, &policy.name)).await?;
        let now = self.clock.now();
        if from.is_some_and(|from| from <= now || from > now.plus(AHEAD)) {
            let what = "wanted is an instant ahead, within a year; left empty, it counts from now".to_owned();
            return Err(CaseworkError::Invalid { field: "from", what });
        }
        let entry = self.done(actor, "policy.version", (&first.id, &policy.name));
        let (name, origin) = (policy.name.clone(), made_by(actor.person.as_str()));
        let (known, policy) = (old.clone(), policy.clone());
        let done = self.db.write_again("taking a version of a policy", move |tx| {
            let (name, origin, policy) = (name.clone(), origin.clone(), policy.clone());
            let (entry, known) = (entry.clone(), known.clone());
            Box::pin(async move {
                if let Some(why) = unknown_source(tx, &policy).await? {
                    return Ok(Err(CaseworkError::Refused(why)));
                }
                let latest = setting::versions_of(tx, "policy", &name, 1).await?.first().map(|v| v.version);
                if let (Some(latest), Some(seen)) = (latest, seen)
                    && latest != seen
                {
                    let why = format!(
                        "version {latest} was taken meanwhile; you have seen {seen}: look at it first"
                    );
                    return Ok(Err(CaseworkError::Refused(why)));
                }
                let body = catalogue::body_now(tx, &policy).await?;
                let version = setting::add(tx, ("policy", &name), (&origin, &body), from, now).await?;
                crate::store::audit::append(tx, &entry, now).await?;
                Ok(Ok((version, catalogue::refreshed(tx, &known, now).await?)))
            })
        });
        let (version, new) = done.await??;
        // If a reload was faster, the round that looks for other versions takes it over within seconds.
        self.catalogue.exchange(&old, new);
        Ok(version)
    }
}
