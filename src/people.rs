//! Who may come in: people, passwords, one-time links, log-ins.
//!
//! Tokens are 256 random bits of which only the SHA-256 is stored. Passwords are argon2id with 46 MiB
//! and two passes, at most four at a time, off the threads that serve requests. Failed tries are
//! counted per login and per address in the database, so that nobody can lock another out for good.

mod entering;
mod factors;
mod identities;
mod keyring;
mod passkeys;
pub mod passwords;
mod places;
mod present;
mod programs;
mod queues;
mod recovery;
pub mod rules;
mod sessions;
pub mod totp;
mod tries;

pub use entering::Entered;
pub use factors::{Told, Ways};
pub use identities::{Known, Newcomer};
pub use keyring::key_in;
pub use passkeys::{Assertion, Passkey, Purpose};
pub use places::place_state;
pub use present::{Chosen, Present};
pub use programs::Proof;
pub use sessions::{OpenLogin, PROOF};

use crate::clock::{Clock, Mint};
use crate::domain::audit::{Caller, Entry};
use crate::domain::ids::PersonId;
use crate::domain::role::{Role, Walls};
use crate::domain::time::{Span, Timestamp};
use crate::store::person::{self, PersonRow};
use crate::store::{Db, StoreError, audit, factor, setting, token};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rules::Rules;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 15;
/// Longest password, in characters.
pub const PASSWORD_CHARS_MAX: usize = 256;
const LINK_SPAN: Span = Span::minutes(30);
/// A log-in is noted as used at most this often.
const TOUCH: Span = Span::minutes(1);
/// The roles that a person can have.
pub const ROLES: [&str; 8] =
    ["agent", "guest", "newcomer", "lead", "front_office", "communications", "admin", "auditor"];

/// The role of what acts by tokens alone: it has no password and gets no log-in link.
pub const SERVICE: &str = "service";

/// Why something about people was refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PeopleError {
    /// What was given is not allowed; the text says what is.
    #[error("{0}")]
    Invalid(String),
    /// Login or password are wrong, or the link is used up; which one is not told.
    #[error("{0}")]
    Denied(&'static str),
    /// Too many tries; come again later.
    #[error("too many tries; come again in {0}")]
    TooMany(Span),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Knows people; cheap to clone.
#[derive(Clone, Debug)]
pub struct People {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    rules: Arc<Rules>,
    /// By what secrets of apps are sealed.
    key: Option<SecretString>,
    hashing: Arc<Semaphore>,
    caller: Caller,
}

impl People {
    /// Works on `db`; a log-in ends after `login_span` in any case, and after `idle_span` unused.
    pub fn new(db: Db, clock: Arc<dyn Clock>, mint: Arc<Mint>, login_span: Span, idle_span: Span) -> Self {
        Self {
            db,
            clock,
            mint,
            rules: Arc::new(Rules::new(login_span, idle_span)),
            key: None,
            hashing: Arc::new(Semaphore::new(4)),
            caller: Caller::default(),
        }
    }

    /// The same, with what is asked at the door.
    pub fn ruled(self, rules: Rules) -> Self {
        Self { rules: Arc::new(rules), ..self }
    }

    /// The same, with the key by which secrets of apps are sealed; without one nobody can set an app up.
    pub fn sealing(self, key: SecretString) -> Self {
        Self { key: Some(key), ..self }
    }

    /// What is asked at the door.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The same, for somebody who asks: what is done is written down as theirs. Without this it is a command's.
    pub fn by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// Adds a person and returns the path of a one-time log-in link.
    pub async fn add(&self, login: &str, name: &str, role: &str) -> Result<String, PeopleError> {
        self.add_behind(login, name, role, &Walls::None).await
    }

    async fn add_behind(
        &self,
        login: &str,
        name: &str,
        role: &str,
        walls: &Walls,
    ) -> Result<String, PeopleError> {
        let login = login.trim().to_lowercase();
        if !is_login(&login) {
            let text = format!("login '{login}': allowed are 1 to 64 letters, digits, '.', '-', '_', '@'");
            return Err(PeopleError::Invalid(text));
        }
        let role = places::role_of(role)?;
        let now = self.clock.now();
        let row = PersonRow {
            id: self.mint.id(now, PersonId::new).to_string(),
            name: if name.trim().is_empty() { login.clone() } else { name.trim().to_owned() },
            login,
            role: role.code().to_owned(),
            password: None,
            disabled_at: None,
            brands: walls.to_stored(),
        };
        let (token, hash) = self.token();
        let (adding, until, caller) = (row.clone(), now.plus(LINK_SPAN), self.caller.clone());
        let added = self.db.write("adding a person", move |tx| {
            Box::pin(async move {
                person::add(tx, &adding, now).await?;
                person::add_link(tx, &hash, &adding.id, until).await?;
                audit::append(tx, &Entry::done(&caller, "person.add", &adding.id), now).await
            })
        });
        match added.await {
            Ok(()) => Ok(link(&token)),
            Err(error) if error.is_conflict() => {
                Err(PeopleError::Invalid(format!("login '{}' is taken", row.login)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// At the very first start there is nobody: makes the admin and returns the path of a link. None where anybody has
    /// a way in already.
    pub async fn first_start(&self) -> Result<Option<String>, PeopleError> {
        let people = self.db.read("listing people", |tx| Box::pin(person::all(tx))).await?;
        let people: Vec<PersonRow> = people.into_iter().filter(|p| p.role != SERVICE).collect();
        if people.iter().any(|p| p.password.is_some()) {
            return Ok(None);
        }
        // A provider and passkeys let people in as well, and who came in before knows a way.
        if self.db.read("looking who has a way in", |tx| Box::pin(factor::anybody_enters(tx))).await? {
            return Ok(None);
        }
        match people.iter().find(|p| p.role == "admin" && p.disabled_at.is_none()) {
            Some(admin) => self.link(&admin.login).await.map(Some),
            None if people.is_empty() => self.add("admin", "Admin", "admin").await.map(Some),
            None => Ok(None),
        }
    }

    /// All persons, a line each.
    pub async fn list(&self) -> Result<Vec<String>, PeopleError> {
        let people = self.db.read("listing people", |tx| Box::pin(person::all(tx))).await?;
        let people = people.into_iter().filter(|p| p.role != SERVICE);
        let line = |p: PersonRow| {
            let state = match (p.disabled_at, p.password) {
                (Some(_), _) => "disabled",
                (None, Some(_)) => "password",
                (None, None) => "link only",
            };
            format!("{:<24} {:<14} {:<10} {}", p.login, p.role, state, p.name)
        };
        Ok(people.map(line).collect())
    }

    /// Ends all log-ins of a person and lets them in no more.
    pub async fn disable(&self, login: &str) -> Result<(), PeopleError> {
        let (login, now) = (login.trim().to_lowercase(), self.clock.now());
        let caller = self.caller.clone();
        let done = self.db.write_again("disabling a person", move |tx| {
            let (wanted, caller) = (login.clone(), caller.clone());
            Box::pin(async move {
                let Some(p) = person::by_login(tx, &wanted).await? else {
                    return Ok(Err(format!("there is no '{wanted}'")));
                };
                if places::is_last_admin(tx, &p).await? {
                    return Ok(Err(places::LAST_ADMIN.to_owned()));
                }
                person::disable(tx, &wanted, now).await?;
                // A token of nobody's would outlive who made it.
                token::revoke_made_by(tx, &p.id, now).await?;
                audit::append(tx, &Entry::done(&caller, "person.disable", &p.id), now).await?;
                Ok(Ok(()))
            })
        });
        done.await?.map_err(PeopleError::Invalid)
    }

    /// Who holds a token, if it is still good. The log-in counts as used.
    pub async fn who(&self, token: &str) -> Result<Option<Present>, PeopleError> {
        self.looked_up(token, true).await
    }

    /// The same for what a page asks by itself while nobody is at it: that does not keep a log-in open.
    pub async fn glance(&self, token: &str) -> Result<Option<Present>, PeopleError> {
        self.looked_up(token, false).await
    }

    async fn looked_up(&self, token: &str, is_used: bool) -> Result<Option<Present>, PeopleError> {
        let (hash, now) = (hash_of(token), self.clock.now());
        let looked = hash.clone();
        let found = self.db.read("looking a log-in up", move |tx| {
            Box::pin(async move {
                let Some(session) = person::session(tx, &looked).await? else { return Ok(None) };
                let Some(person) = person::by_id(tx, &session.person_id).await? else { return Ok(None) };
                let (language, zone) = person::chosen(tx, &person.id).await?;
                Ok(Some((session, person, Chosen { language, zone })))
            })
        });
        let Some((session, p, chosen)) = found.await? else { return Ok(None) };
        let seen = Timestamp(session.seen_at);
        let idle = self.rules.spans(&p.role).1;
        let over = now.millis() >= session.until_ms || now.since(seen) >= idle;
        // A role that nobody knows is no role.
        let Some(role) = Role::from_code(&p.role).filter(|_| !over && p.disabled_at.is_none()) else {
            return Ok(None);
        };
        if is_used && now.since(seen) >= TOUCH {
            let noted = self.db.write("noting a log-in", move |tx| {
                Box::pin(async move { person::touch_session(tx, &hash, now).await })
            });
            noted.await?;
        }
        // Who came in by a provider has shown there what it wants to see.
        let wanted = session.provider.is_empty() && self.rules.wants_second(role);
        let must_enrol = wanted && !self.ways(&p.id).await?.is_some();
        Ok(Some(Present {
            must_enrol,
            chosen,
            provider: session.provider,
            id: PersonId::stored(p.id),
            login: p.login,
            name: p.name,
            role,
            walls: Walls::stored(p.brands.as_deref()),
            proved_at: session.proved_at.map(Timestamp),
            csrf: session.csrf,
            has_password: p.password.is_some(),
        }))
    }

    /// Ends a log-in.
    pub async fn leave(&self, token: &str) -> Result<(), PeopleError> {
        let (hash, now, caller) = (hash_of(token), self.clock.now(), self.caller.clone());
        let left = self.db.write("logging out", move |tx| {
            Box::pin(async move {
                person::end_session(tx, &hash).await?;
                audit::append(tx, &Entry::done(&caller, "login.leave", &caller.person), now).await
            })
        });
        Ok(left.await?)
    }

    /// Ends all log-ins of a person but the one that `token` opens.
    pub async fn leave_elsewhere(&self, id: &PersonId, token: &str) -> Result<(), PeopleError> {
        let (id, kept) = (id.to_string(), hash_of(token));
        let (now, caller) = (self.clock.now(), self.caller.clone());
        let ended = self.db.write("logging out elsewhere", move |tx| {
            Box::pin(async move {
                person::end_other_sessions(tx, &id, &kept).await?;
                audit::append(tx, &Entry::done(&caller, "login.end_others", &id), now).await
            })
        });
        Ok(ended.await?)
    }

    /// Sets a person's password, and ends their other log-ins: all but the one that `kept` opens.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] with what is allowed.
    pub async fn set_password(&self, who: &Present, password: &str, kept: &str) -> Result<(), PeopleError> {
        self.may_be_password(&[&who.login, &who.name], password).await?;
        let hash = self.hash(password.to_owned()).await?;
        let (id, kept) = (who.id.to_string(), hash_of(kept));
        let (now, caller) = (self.clock.now(), self.caller.clone());
        let set = self.db.write("setting a password", move |tx| {
            Box::pin(async move {
                person::set_password(tx, &id, &hash).await?;
                person::end_other_sessions(tx, &id, &kept).await?;
                audit::append(tx, &Entry::done(&caller, "person.password", &id), now).await
            })
        });
        Ok(set.await?)
    }

    /// Whether something may be a password: long, without names in it, and not lost by others.
    async fn may_be_password(&self, own: &[&str], password: &str) -> Result<(), PeopleError> {
        let brands = self.db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
        let mut names: Vec<String> = brands.into_iter().map(|b| b.name).collect();
        names.extend(own.iter().map(|n| (*n).to_owned()));
        passwords::check(password, &names)?;
        let Some(list) = self.rules.breached.clone() else { return Ok(()) };
        let looked = password.to_owned();
        match self.apart(move || list.holds(&looked)).await {
            Some(Ok(false)) => Ok(()),
            Some(Ok(true)) => Err(PeopleError::Invalid(
                "password: it stands in a list of passwords that others have lost".to_owned(),
            )),
            Some(Err(error)) => {
                tracing::error!(%error, "the list of lost passwords cannot be read; no password can be set");
                Err(PeopleError::Invalid(
                    "password: the list of lost passwords cannot be read; tell an admin".to_owned(),
                ))
            }
            None => Err(PeopleError::Invalid("the password could not be checked".to_owned())),
        }
    }

    /// Writes down that something was refused to whoever asks; on whom, by id, where that is known.
    pub async fn note_refused(&self, act: &str, target: &str, from: &str) -> Result<(), PeopleError> {
        let (now, mut caller) = (self.clock.now(), self.caller.clone());
        if caller.from.is_empty() {
            caller.from = crate::domain::audit::network(from);
        }
        let entry = Entry::refused(&caller, act, target);
        let noted = self.db.write_again("writing down a refusal", move |tx| {
            let entry = entry.clone();
            Box::pin(async move { audit::append(tx, &entry, now).await })
        });
        Ok(noted.await?)
    }

    fn token(&self) -> (String, String) {
        let token = URL_SAFE_NO_PAD.encode(self.mint.chance().token_bytes());
        let hash = hash_of(&token);
        (token, hash)
    }

    /// A new token for the forms of a log-in.
    fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.mint.chance().token_bytes())
    }

    async fn hash(&self, password: String) -> Result<String, PeopleError> {
        let salt = self.mint.chance().token_bytes();
        let made = self.apart(move || {
            argon2()?.hash_password_with_salt(password.as_bytes(), &salt[..16]).ok().map(|h| h.to_string())
        });
        made.await
            .flatten()
            .ok_or_else(|| PeopleError::Invalid("the password could not be hashed".to_owned()))
    }

    async fn verify(&self, password: String, hash: Option<String>) -> bool {
        let right = self.apart(move || {
            let argon2 = argon2()?;
            let Some(hash) = hash else {
                // The work of a real check, thrown away.
                let _ = argon2.hash_password_with_salt(password.as_bytes(), &[0; 16]);
                return Some(false);
            };
            let parsed = PasswordHash::new(&hash).ok()?;
            Some(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
        });
        right.await.flatten().unwrap_or(false)
    }

    /// Runs work that takes a core and much memory away from the threads that serve.
    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _one_of_four = self.hashing.clone().acquire_owned().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

/// Whether something may be a login.
fn is_login(login: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    !login.is_empty() && login.len() <= 64 && login.chars().all(fine)
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(46 * 1024, 2, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash by which a token is kept.
pub fn hash_of(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

fn link(token: &str) -> String {
    format!("/login/{token}")
}
