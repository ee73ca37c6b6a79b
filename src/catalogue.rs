//! What is watched and promised at present: brands with their ids, and policies with their versions.
//!
//! Settings become versioned rows when the daemon starts or reloads; everybody who decides works
//! from one immutable catalogue, so that a reload changes nothing in the middle of a batch.

pub mod texts;

use crate::alerting::{self, Team};
use crate::announcing::{self, Endpoint};
use crate::casefile::CaseFile;
use crate::clock::Mint;
use crate::domain::brand::Brand;
use crate::domain::calendar::{Calendar, minute_of_day};
use crate::domain::ids::BrandId;
use crate::domain::policy::{Policies, Policy};
use crate::domain::template::Template;
use crate::domain::ticket_status::Rules;
use crate::domain::time::Timestamp;
use crate::store::rows::ActionRow;
use crate::store::setting::SettingVersion;
use crate::store::{StoreError, Tx, setting};
use crate::telling;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// How many of the latest versions of a policy may be such that wait for their instant.
const WAITING_MAX: i64 = 100;

/// One brand as it is watched at present.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its id.
    pub id: String,
    /// What it is, with the texts of the console before those of the settings.
    pub brand: Brand,
    /// How many of its texts come from the console.
    pub laid: usize,
    /// The current version of its policy, with its number.
    pub policy: (i64, Policy),
}

impl Watched {
    /// Its texts of the settings.
    pub fn settings_texts(&self) -> &[Template] {
        self.brand.templates.get(self.laid..).unwrap_or_default()
    }
}

/// Who can be told beside the teams: channels and people by name, and the chats of leads.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// The channels of alerts, each by its name.
    pub channels: Vec<Team>,
    /// People by login.
    pub people: Vec<(String, Team)>,
    /// The chats of leads.
    pub leads: Vec<Team>,
}

/// Brands and policies at present.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// The brands, in the order of the settings.
    pub brands: Vec<Watched>,
    /// The chats that are told.
    pub teams: Vec<Team>,
    /// Who else can be told by name.
    pub reach: Reach,
    /// The programs that are told.
    pub endpoints: Vec<Endpoint>,
    /// The zone of the house, for brands whose policy has no calendar.
    pub zone: Option<TimeZone>,
    /// Whether there are ticket systems, so that cases may be tied to tickets.
    pub has_tickets: bool,
    /// Which status tickets get when something becomes of a case, by system.
    pub ticket_status: Rules,
    /// Every policy version that a running clock may refer to.
    pub policies: Policies,
    /// The calendars that the settings give an address of holidays, by name.
    pub addresses: BTreeMap<String, Arc<Calendar>>,
    /// The texts of the console in their latest versions, the retired ones too, by id.
    pub texts: Vec<texts::Kept>,
    /// How many versions of texts it knows.
    pub text_versions: i64,
    /// How texts are checked.
    pub text_rules: texts::TextRules,
}

impl Catalogue {
    /// A brand by id.
    pub fn brand(&self, id: &str) -> Option<&Watched> {
        self.brands.iter().find(|b| b.id == id)
    }

    /// The minute of the day at an instant where a brand is: by the calendar of its policy, else where the house is.
    pub fn minute_of_day(&self, watched: &Watched, at: Timestamp) -> Option<u16> {
        let policy = &watched.policy.1;
        match policy.calendars.get(&policy.calendar) {
            Some(calendar) => calendar.minute_of_day(at),
            None => minute_of_day(self.zone.as_ref()?, at),
        }
    }

    /// A brand by name, whatever its case.
    pub fn named(&self, name: &str) -> Option<&Watched> {
        self.brands.iter().find(|b| b.brand.name.eq_ignore_ascii_case(name))
    }

    /// The actions that follow from what happened in a case: alerts of what fell due, what the
    /// tickets it is tied to are told, and what programs are told.
    pub fn actions_of(&self, file: &CaseFile, mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
        let mut actions = Vec::new();
        if !file.fell_due.is_empty()
            && let Some(watched) = self.brand(&file.case.brand_id)
        {
            // Leads hear of what is broken in chats of their own too.
            let hearing: Vec<Team> = self.teams.iter().chain(&self.reach.leads).cloned().collect();
            actions.extend(alerting::fallen(file, &watched.brand.name, &hearing, mint, now));
        }
        actions.extend(self.told_elsewhere(file, mint, now));
        actions
    }

    /// Of these what goes to tickets and programs, whether or not the team is told by itself.
    pub fn told_elsewhere(&self, file: &CaseFile, mint: &Mint, now: Timestamp) -> Vec<ActionRow> {
        let mut actions = telling::follows(file, &self.ticket_status, mint, now);
        if let Some(watched) = self.brand(&file.case.brand_id) {
            actions.extend(announcing::follows(file, &watched.brand.name, &self.endpoints, mint, now));
        }
        actions
    }

    /// The calendars in use whose holidays are fetched from an address, by name.
    pub fn feeds(&self) -> BTreeMap<String, Arc<Calendar>> {
        self.fed().filter_map(|(name, _)| Some((name.clone(), self.addresses.get(name)?.clone()))).collect()
    }

    fn fed(&self) -> impl Iterator<Item = (&String, &Arc<Calendar>)> {
        self.brands.iter().flat_map(|w| &w.policy.1.calendars).filter(|(_, c)| c.spec().is_fed())
    }

    /// The days that were fetched, as far as it knows, by calendar.
    pub fn days_fetched(&self) -> BTreeMap<String, Vec<String>> {
        let days = |(name, c): (&String, &Arc<Calendar>)| (name.clone(), c.spec().holidays_fetched.clone());
        self.addresses.iter().chain(self.fed()).map(days).collect()
    }

    /// With who is told by what only a start builds (channels, programs, ticket systems) as it was: who was named since has
    /// nobody yet who tells them, and what was for them would lie, while those from before could be told.
    #[must_use]
    pub fn with_workers_of(mut self, before: &Self) -> Self {
        let is_channel = |team: &Team| team.credential != "telegram";
        self.teams.retain(|team| !is_channel(team));
        self.teams.extend(before.teams.iter().filter(|team| is_channel(team)).cloned());
        self.reach.channels.clone_from(&before.reach.channels);
        self.endpoints.clone_from(&before.endpoints);
        self.has_tickets = before.has_tickets;
        self.ticket_status.clone_from(&before.ticket_status);
        self
    }

    /// A policy in the version that a clock began under.
    pub fn policy(&self, name: &str, version: i64) -> Option<&Policy> {
        self.policies.get(name, version)
    }
}

/// What the origin of a version begins with that a person made in the console.
const BY_PERSON: &str = "person:";
/// The origin of a version that differs from the one before by its holidays alone; after a colon that of the one before,
/// where a person made it.
const FETCHED: &str = "fetched";

/// The origin of a version that somebody makes.
pub fn made_by(person: &str) -> String {
    format!("{BY_PERSON}{person}")
}

/// Who made a version, by id, also where its holidays were fetched anew since; nobody where it comes from the settings.
pub fn maker(origin: &str) -> Option<&str> {
    let own = origin.strip_prefix(FETCHED).and_then(|rest| rest.strip_prefix(':'));
    own.unwrap_or(origin).strip_prefix(BY_PERSON)
}

/// Whether a version differs from the one before by its holidays alone.
pub fn is_refetched(origin: &str) -> bool {
    origin.starts_with(FETCHED)
}

/// The version of a policy that stands at an instant, where the settings say of it what they said before: then versions that people
/// made since count over it. Otherwise nothing, and what the settings say becomes the next version.
pub fn kept(
    rows: &[SettingVersion],
    (name, body): (&str, &str),
    now: Timestamp,
) -> Result<Option<(i64, Policy)>, StoreError> {
    let of = || rows.iter().filter(|r| r.name == name);
    let of_settings = of().filter(|r| maker(&r.origin).is_none()).max_by_key(|r| r.version);
    if of_settings.is_none_or(|r| !Policy::says_the_same(&r.body, body)) {
        return Ok(None);
    }
    let counts = of().filter(|r| r.counts_from.is_none_or(|from| from <= now.millis()));
    let Some(row) = counts.max_by_key(|r| r.version) else { return Ok(None) };
    let policy = Policy::from_stored(&row.body).map_err(corrupt("reading a policy"))?;
    Ok(maker(&row.origin).map(|_| (row.version, policy)))
}

/// Makes brands, calendars and policies of the settings current and returns the catalogue. `origin`
/// names where they come from (`file:HASH`); unchanged ones keep their version. A version of a policy
/// holds the calendars that it names, so a changed calendar makes a new version of the policy, and
/// touches only clocks that begin later.
pub async fn import(
    tx: &mut Tx,
    brands: &[Brand],
    policies: &[Policy],
    origin: &str,
    mint: &Mint,
    now: Timestamp,
) -> Result<Catalogue, StoreError> {
    let mut current: HashMap<String, (i64, Policy)> = HashMap::new();
    let named = policies.iter().flat_map(|p| &p.calendars);
    let named: BTreeMap<&String, &Arc<Calendar>> = named.collect();
    for (name, calendar) in named {
        let body = serde_json::to_string(&calendar.stored()).map_err(corrupt("writing a calendar"))?;
        setting::put(tx, "calendar", name, origin, &body, now).await?;
    }
    let fetched = fetched(tx).await?;
    let policies: Vec<Policy> = policies.iter().map(|p| p.clone().with_fetched(&fetched)).collect();
    let before = setting::all_versions(tx, "policy").await?;
    let planned = |name: &str| before.iter().any(|r| r.name == name && maker(&r.origin).is_some());
    for policy in Policy::ready_made().iter().chain(&policies) {
        let body = policy.to_stored().map_err(corrupt("writing a policy"))?;
        if let Some(kept) = kept(&before, (&policy.name, &body), now)? {
            current.insert(policy.name.clone(), kept);
            continue;
        }
        // One of the settings stands and one that counts later waits: it is not overtaken.
        let same = before.iter().filter(|r| r.name == policy.name && maker(&r.origin).is_none());
        let is_same = |r: &&SettingVersion| planned(&policy.name) && Policy::says_the_same(&r.body, &body);
        if let Some(row) = same.max_by_key(|r| r.version).filter(is_same) {
            let as_kept = Policy::from_stored(&row.body).map_err(corrupt("reading a policy"))?;
            current.insert(policy.name.clone(), (row.version, as_kept));
            continue;
        }
        // Beside versions of people the settings' own is always a row: by it the next start knows what they said, also
        // where somebody had written the same, or it waits for its instant.
        let version = if planned(&policy.name) {
            setting::add(tx, ("policy", &policy.name), (origin, &body), None, now).await?
        } else {
            setting::put(tx, "policy", &policy.name, origin, &body, now).await?
        };
        current.insert(policy.name.clone(), (version, policy.clone()));
    }
    let by_address =
        policies.iter().flat_map(|p| &p.calendars).filter(|(_, c)| c.spec().holidays_url.is_some());
    let addresses = by_address.map(|(name, calendar)| (name.clone(), calendar.clone())).collect();
    let mut catalogue = Catalogue { addresses, ..Catalogue::default() };
    for brand in brands {
        let body = serde_json::to_string(brand).map_err(corrupt("writing a brand"))?;
        setting::put(tx, "brand", &brand.name, origin, &body, now).await?;
        let id = mint.id(now, BrandId::new).to_string();
        let row = setting::brand(tx, &id, &brand.name, now).await?;
        let name = if brand.policy.is_empty() { "social-30m" } else { &brand.policy };
        let policy = current.get(name).cloned().ok_or_else(|| {
            StoreError::Refused(format!(
                "brand '{}' names the policy '{name}', which does not exist",
                brand.name
            ))
        })?;
        catalogue.brands.push(Watched { id: row.id, brand: brand.clone(), laid: 0, policy });
    }
    catalogue.policies = versions(tx).await?;
    texts::lay(tx, &mut catalogue).await?;
    Ok(catalogue)
}

fn corrupt(what: &'static str) -> impl Fn(serde_json::Error) -> StoreError {
    move |e| StoreError::Corrupt { what, found: e.to_string() }
}

/// Every version of every policy.
async fn versions(tx: &mut Tx) -> Result<Policies, StoreError> {
    let mut versions = HashMap::new();
    for row in setting::all_versions(tx, "policy").await? {
        let policy = Policy::from_stored(&row.body).map_err(corrupt("reading a policy"))?;
        versions.insert((row.name, row.version), policy);
    }
    Ok(Policies::new(versions))
}

/// How a policy is kept that takes the holidays as they were last fetched.
pub async fn body_now(tx: &mut Tx, policy: &Policy) -> Result<String, StoreError> {
    let fetched = fetched(tx).await?;
    policy.clone().with_fetched(&fetched).to_stored().map_err(corrupt("writing a policy"))
}

/// The holidays last fetched, by calendar, as dates.
pub async fn fetched(tx: &mut Tx) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let mut days = BTreeMap::new();
    for row in setting::current(tx, "holidays").await? {
        days.insert(row.name, serde_json::from_str(&row.body).map_err(corrupt("reading holidays"))?);
    }
    Ok(days)
}

/// Keeps the holidays fetched for a calendar as a version, and tells whether they are other ones.
pub async fn keep_fetched(
    tx: &mut Tx,
    calendar: &str,
    days: &[String],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let body = serde_json::to_string(days).map_err(corrupt("writing holidays"))?;
    let before = setting::current(tx, "holidays").await?.into_iter().find(|row| row.name == calendar);
    let version = setting::put(tx, "holidays", calendar, "fetched", &body, now).await?;
    Ok(before.is_none_or(|row| row.version != version))
}

/// Whether the database holds versions, texts or holidays that a catalogue does not know.
pub async fn is_stale(tx: &mut Tx, catalogue: &Catalogue, now: Timestamp) -> Result<bool, StoreError> {
    if setting::count(tx, "policy").await? != catalogue.policies.count() {
        return Ok(true);
    }
    if texts::is_stale(tx, catalogue).await? {
        return Ok(true);
    }
    let standing = setting::standing(tx, "policy", now).await?;
    if catalogue.brands.iter().any(|w| taken(&standing, w).is_some()) {
        return Ok(true);
    }
    let fetched = fetched(tx).await?;
    let other = |w: &Watched| w.policy.1.clone().with_fetched(&fetched) != w.policy.1;
    Ok(!fetched.is_empty() && catalogue.brands.iter().any(other))
}

/// The version that a person made and that stands now, where a brand has another.
fn taken(standing: &[(String, i64, String)], watched: &Watched) -> Option<i64> {
    let of = standing.iter().find(|(name, ..)| *name == watched.policy.1.name)?;
    (maker(&of.2).is_some() && of.1 != watched.policy.0).then_some(of.1)
}

/// The catalogue with the holidays as they were last fetched, and with versions of policies and texts
/// that another replica made. Policies whose calendars changed by it get a new version.
pub async fn refreshed(tx: &mut Tx, old: &Catalogue, now: Timestamp) -> Result<Catalogue, StoreError> {
    let fetched = fetched(tx).await?;
    let mut new = old.clone();
    let standing = setting::standing(tx, "policy", now).await?;
    let mut done: HashMap<String, (i64, Policy)> = HashMap::new();
    for watched in &mut new.brands {
        let name = watched.policy.1.name.clone();
        if let Some(policy) = done.get(&name) {
            watched.policy = policy.clone();
            continue;
        }
        if let Some(version) = taken(&standing, watched)
            && let Some(row) = setting::version(tx, "policy", &name, version).await?
        {
            let policy = Policy::from_stored(&row.body).map_err(corrupt("reading a policy"))?;
            watched.policy = (version, policy);
        }
        let policy = watched.policy.1.clone().with_fetched(&fetched);
        if policy != watched.policy.1 {
            let body = policy.to_stored().map_err(corrupt("writing a policy"))?;
            let version = refetched(tx, &standing, (&name, &body), now).await?;
            watched.policy = (version, policy);
        }
        done.insert(name, watched.policy.clone());
    }
    new.policies = versions(tx).await?;
    texts::lay(tx, &mut new).await?;
    Ok(new)
}

/// The version of a policy whose holidays are other ones now: one that stands already, else a new one in the name of who
/// made the one before. Versions that wait for their instant wait behind it.
async fn refetched(
    tx: &mut Tx,
    standing: &[(String, i64, String)],
    (name, body): (&str, &str),
    now: Timestamp,
) -> Result<i64, StoreError> {
    let rows = setting::versions_of(tx, "policy", name, WAITING_MAX).await?;
    let stands = standing.iter().find(|(of, ..)| of == name);
    let number = stands.map_or(0, |(_, version, _)| *version);
    if let Some(row) = rows.iter().find(|r| r.version == number && r.body == body) {
        return Ok(row.version);
    }
    let by = stands.and_then(|(.., origin)| maker(origin));
    let origin = by.map_or_else(|| FETCHED.to_owned(), |id| format!("{FETCHED}:{}", made_by(id)));
    let version = setting::add(tx, ("policy", name), (&origin, body), None, now).await?;
    let waits = |r: &&SettingVersion| r.version > number && r.counts_from.is_some_and(|at| at > now.millis());
    for row in rows.iter().rev().filter(waits) {
        let from = row.counts_from.map(Timestamp);
        setting::add(tx, ("policy", name), (&row.origin, &row.body), from, now).await?;
    }
    Ok(version)
}

/// The present catalogue, exchanged as a whole at a reload.
#[derive(Clone, Debug, Default)]
pub struct Current(Arc<RwLock<Arc<Catalogue>>>);

impl Current {
    /// Holds `catalogue`.
    pub fn new(catalogue: Catalogue) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(catalogue))))
    }

    /// The catalogue as it is now; work on it to the end of what you do.
    pub fn get(&self) -> Arc<Catalogue> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Exchanges it for another that was made from `old`, unless somebody was faster.
    pub fn exchange(&self, old: &Arc<Catalogue>, catalogue: Catalogue) -> bool {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_same = Arc::ptr_eq(&held, old);
        if is_same {
            *held = Arc::new(catalogue);
        }
        is_same
    }

    /// Exchanges it.
    pub fn set(&self, catalogue: Catalogue) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_takes_the_teams_of_the_chat_and_leaves_channels_and_programs_to_the_next_start() {
        let made = |chat: &str, channel: &str, program: &str| {
            let team = |credential: &str, chat: &str| Team {
                credential: credential.to_owned(),
                chat: chat.to_owned(),
                ..Team::default()
            };
            let (brands, events) = (Vec::new(), Vec::new());
            Catalogue {
                teams: vec![team("telegram", chat), team(channel, "")],
                endpoints: vec![Endpoint { name: program.to_owned(), brands, events }],
                ..Catalogue::default()
            }
        };
        let new = made("2", "renamed", "other").with_workers_of(&made("1", "room", "crm"));
        let teams: Vec<_> = new.teams.iter().map(|t| (t.credential.as_str(), t.chat.as_str())).collect();
        assert_eq!(teams, [("telegram", "2"), ("room", "")]);
        assert_eq!(new.endpoints[0].name, "crm");
    }
}
