//! New versions of policies by leads: what they write is read like the settings, tried on what was, and counts from now or
//! from an instant ahead, for what begins from then on.

use super::{Actor, Casework, CaseworkError};
use crate::catalogue::{self, Watched, made_by};
use crate::domain::policy::Policy;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::setting;
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
        Ok(policy)
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
        if of.iter().any(|b| b.policy.1.calendars.values().any(|c| c.spec().holidays_url.is_some())) {
            let why = "a calendar of this policy has its holidays from an address, which stands in the settings \
                       only: change it there";
            return Err(CaseworkError::Refused(why.to_owned()));
        }
        let now = self.clock.now();
        if from.is_some_and(|from| from <= now || from > now.plus(AHEAD)) {
            let what = "wanted is an instant ahead, within a year; left empty, it counts from now".to_owned();
            return Err(CaseworkError::Invalid { field: "from", what });
        }
        let body = policy.to_stored().map_err(|e| CaseworkError::Refused(e.to_string()))?;
        let entry = self.done(actor, "policy.version", (&first.id, &policy.name));
        let (name, origin) = (policy.name.clone(), made_by(actor.person.as_str()));
        let known = old.clone();
        let done = self.db.write_again("taking a version of a policy", move |tx| {
            let (name, origin, body) = (name.clone(), origin.clone(), body.clone());
            let (entry, known) = (entry.clone(), known.clone());
            Box::pin(async move {
                let latest = setting::versions_of(tx, "policy", &name, 1).await?.first().map(|v| v.version);
                if let (Some(latest), Some(seen)) = (latest, seen)
                    && latest != seen
                {
                    let why = format!(
                        "version {latest} was taken meanwhile; you have seen {seen}: look at it first"
                    );
                    return Ok(Err(CaseworkError::Refused(why)));
                }
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
