//! Accounts at a provider of identities: who somebody is to it, and what it says they are.
//!
//! An account is known by issuer and number (`sub`) alone. A login or a mail address that it claims ties nothing by
//! itself: whoever may choose those could become anybody here. A person who was added before is tied once, by the
//! login that the settings name, where the settings say so.

use super::{People, PeopleError, SERVICE, places};
use crate::domain::audit::Entry;
use crate::domain::ids::PersonId;
use crate::domain::role::{Role, Walls};
use crate::domain::time::Timestamp;
use crate::store::person::{self, PersonRow};
use crate::store::{StoreError, Tx, audit, factor, setting};

/// What stands for every brand, also those to come.
const EVERY_BRAND: &str = "*";

/// Somebody whom a provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The issuer.
    pub issuer: String,
    /// Their number there.
    pub subject: String,
    /// The login that the claim named by the settings holds.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// The role that their groups give them, where the settings map any; it is theirs from now on.
    pub role: Option<String>,
    /// The brands by name that their groups let them see, where the settings map any; they are theirs from now on.
    pub brands: Option<Vec<String>>,
    /// When they last showed there who they are, where that was short enough ago to be a proof here.
    pub proved: Option<Timestamp>,
}

/// What is done with somebody whom nobody here has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// Whether they are added.
    pub create: bool,
    /// Whether they are tied to a person who has that login already and no account at this provider.
    pub tie: bool,
}

/// What came of a look.
enum Found {
    Person(Box<PersonRow>),
    Refused(&'static str),
}

impl People {
    /// Logs in somebody whom a provider has let in; gives the token for the cookie.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for who is not known here, or may come in no more.
    pub async fn enter_by_provider(&self, known: &Known, newcomer: Newcomer) -> Result<String, PeopleError> {
        let login = known.login.trim().to_lowercase();
        let now = self.clock.now();
        let fresh = self.mint.id(now, PersonId::new).to_string();
        // The one for the day on which the provider is down is not the provider's to give.
        let is_kept = self.rules.break_glass.as_deref().is_some_and(|g| g.eq_ignore_ascii_case(&login));
        let ties = newcomer.tie && !is_kept;
        let (them, caller) = (known.clone(), self.caller.clone());
        let looked = self.db.write_again("looking an account up", move |tx| {
            let (them, login, fresh, caller) = (them.clone(), login.clone(), fresh.clone(), caller.clone());
            Box::pin(async move {
                if let Some(id) = factor::identity(tx, &them.issuer, &them.subject).await? {
                    return placed(tx, &them, &id, &caller, now).await;
                }
                if !super::is_login(&login) {
                    return Ok(Found::Refused("the provider names no login that is allowed here"));
                }
                let found = person::by_login(tx, &login).await?;
                let id = match found {
                    Some(p) if p.role == SERVICE || p.disabled_at.is_some() => {
                        return Ok(Found::Refused("they may come in no more"));
                    }
                    Some(p) if ties && may_tie(tx, &them.issuer, &p.id).await? => p.id,
                    Some(_) => return Ok(Found::Refused("somebody else has this login here")),
                    None if newcomer.create => add(tx, &them, &login, fresh, now).await?,
                    None => return Ok(Found::Refused("nobody here has this login; an admin must add them")),
                };
                factor::add_identity(tx, (&them.issuer, &them.subject), &id, now).await?;
                audit::append(tx, &Entry::done(&caller, "person.tie", &id), now).await?;
                placed(tx, &them, &id, &caller, now).await
            })
        });
        match looked.await? {
            Found::Person(p) => self.begin(&p, ("login.provider", &known.issuer), known.proved).await,
            Found::Refused(why) => {
                tracing::warn!(why, "somebody whom the provider knows was not let in");
                Err(PeopleError::Denied(why))
            }
        }
    }

    /// Unties somebody from every account at a provider, by login.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] where there is no such person.
    pub async fn untie(&self, login: &str) -> Result<(), PeopleError> {
        let (wanted, now, caller) = (login.trim().to_lowercase(), self.clock.now(), self.caller.clone());
        let done = self.db.write("untying accounts", move |tx| {
            Box::pin(async move {
                let Some(p) = person::by_login(tx, &wanted).await? else { return Ok(Err(wanted)) };
                factor::remove_identities(tx, &p.id).await?;
                person::end_other_sessions(tx, &p.id, "").await?;
                audit::append(tx, &Entry::done(&caller, "person.untie", &p.id), now).await?;
                Ok(Ok(()))
            })
        });
        done.await?.map_err(|login| PeopleError::Invalid(format!("there is no '{login}'")))
    }
}

/// Whether somebody may be tied to an account: who has none, and no second factor here that it would go around.
async fn may_tie(tx: &mut Tx, issuer: &str, id: &str) -> Result<bool, StoreError> {
    let (app, passkeys, _) = factor::ways(tx, id).await?;
    Ok(!app && passkeys == 0 && !factor::has_identity(tx, issuer, id).await?)
}

/// Adds somebody, with the role of their groups or the least one.
async fn add(
    tx: &mut Tx,
    them: &Known,
    login: &str,
    id: String,
    now: Timestamp,
) -> Result<String, StoreError> {
    let name: String = them.name.trim().chars().filter(|c| !c.is_control()).take(60).collect();
    // An admin who is kept to some brands is none; anybody else waits until one says which they see.
    let is_admin = them.role.as_deref() == Some(Role::Admin.code());
    let walls = if is_admin { Walls::None } else { Walls::Within(Vec::new()) };
    let row = PersonRow {
        id: id.clone(),
        name: if name.is_empty() { login.to_owned() } else { name },
        login: login.to_owned(),
        role: them.role.clone().unwrap_or_else(|| "newcomer".to_owned()),
        password: None,
        disabled_at: None,
        brands: walls.to_stored(),
    };
    person::add(tx, &row, now).await?;
    Ok(id)
}

/// The walls around brands by name; a name that is not watched opens nothing.
async fn walls_of(tx: &mut Tx, names: &[String]) -> Result<Walls, StoreError> {
    if names.iter().any(|name| name == EVERY_BRAND) {
        return Ok(Walls::None);
    }
    let known = setting::brands(tx).await?.into_iter();
    let named = known.filter(|b| names.iter().any(|name| name.eq_ignore_ascii_case(&b.name)));
    let mut ids: Vec<String> = named.map(|b| b.id).collect();
    ids.sort();
    Ok(Walls::Within(ids))
}

/// Somebody by id, in the role and with the brands that their groups give them at present.
async fn placed(
    tx: &mut Tx,
    them: &Known,
    id: &str,
    caller: &crate::domain::audit::Caller,
    now: Timestamp,
) -> Result<Found, StoreError> {
    let Some(mut p) = person::by_id(tx, id).await?.filter(|p| p.disabled_at.is_none()) else {
        return Ok(Found::Refused("they may come in no more"));
    };
    let role = them.role.clone().unwrap_or_else(|| p.role.clone());
    let given = match &them.brands {
        Some(names) => Some(walls_of(tx, names).await?),
        None => None,
    };
    // Whom a group makes an admin sees all: by what their groups say, or where nobody gave them brands yet.
    let unplaced = p.brands == Walls::Within(Vec::new()).to_stored() && role != p.role;
    let brands = match given {
        _ if role == Role::Admin.code() && (them.brands.is_some() || unplaced) => None,
        Some(walls) => walls.to_stored(),
        None => p.brands.clone(),
    };
    if role == p.role && brands == p.brands {
        return Ok(Found::Person(Box::new(p)));
    }
    // The last one who lets people in stays that, whatever a group says.
    if !places::is_last_admin(tx, &p).await? {
        places::put(tx, &p, (&role, brands.as_deref()), now).await?;
        audit::append(tx, &Entry::done(caller, "person.place", id), now).await?;
        (p.role, p.brands) = (role, brands);
    }
    Ok(Found::Person(Box::new(p)))
}
