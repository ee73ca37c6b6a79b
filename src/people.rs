//! Who may come in: people, passwords, one-time links, log-ins.
//!
//! Tokens are 256 random bits of which only the SHA-256 is stored. Passwords are argon2id with 46 MiB
//! and two passes, at most four at a time, off the threads that serve requests. Failed tries are
//! counted per login and per address in the database, so that nobody can lock another out for good.

mod queues;
mod tries;

use crate::clock::{Clock, Mint};
use crate::domain::ids::PersonId;
use crate::domain::time::{Span, Timestamp};
use crate::store::person::{self, PersonRow, SessionRow};
use crate::store::{Db, StoreError};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

/// A person who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Their id.
    pub id: PersonId,
    /// The name by which they log in.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// Their role.
    pub role: String,
    /// The token that forms must carry.
    pub csrf: String,
    /// Whether they have a password.
    pub has_password: bool,
}

impl Present {
    /// Whether they may do what only a lead may.
    pub fn is_lead(&self) -> bool {
        matches!(self.role.as_str(), "lead" | "admin")
    }

    /// Whether they belong to the front office: they see their own queues and findings, and nothing else.
    pub fn is_front_office(&self) -> bool {
        self.role == "front_office"
    }

    /// Whether they may work on cases.
    pub fn may_work(&self) -> bool {
        !matches!(self.role.as_str(), "auditor" | "front_office")
    }
}

/// Knows people; cheap to clone.
#[derive(Clone, Debug)]
pub struct People {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    login_span: Span,
    idle_span: Span,
    hashing: Arc<Semaphore>,
}

impl People {
    /// Works on `db`; a log-in ends after `login_span` in any case, and after `idle_span` unused.
    pub fn new(db: Db, clock: Arc<dyn Clock>, mint: Arc<Mint>, login_span: Span, idle_span: Span) -> Self {
        Self { db, clock, mint, login_span, idle_span, hashing: Arc::new(Semaphore::new(4)) }
    }

    /// Adds a person and returns the path of a one-time log-in link.
    pub async fn add(&self, login: &str, name: &str, role: &str) -> Result<String, PeopleError> {
        let login = login.trim().to_lowercase();
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
        if login.is_empty() || login.len() > 64 || !login.chars().all(fine) {
            let text = format!("login '{login}': allowed are 1 to 64 letters, digits, '.', '-', '_', '@'");
            return Err(PeopleError::Invalid(text));
        }
        if !ROLES.contains(&role) {
            let text = format!("role '{role}': allowed are {}", ROLES.join(", "));
            return Err(PeopleError::Invalid(text));
        }
        let now = self.clock.now();
        let row = PersonRow {
            id: self.mint.id(now, PersonId::new).to_string(),
            name: if name.trim().is_empty() { login.clone() } else { name.trim().to_owned() },
            login,
            role: role.to_owned(),
            password: None,
            disabled_at: None,
        };
        let (token, hash) = self.token();
        let (adding, until) = (row.clone(), now.plus(LINK_SPAN));
        let added = self.db.write("adding a person", move |tx| {
            Box::pin(async move {
                person::add(tx, &adding, now).await?;
                person::add_link(tx, &hash, &adding.id, until).await
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

    /// At the very first start there is nobody: makes the admin and returns the path of a link.
    pub async fn first_start(&self) -> Result<Option<String>, PeopleError> {
        let people = self.db.read("listing people", |tx| Box::pin(person::all(tx))).await?;
        let people: Vec<PersonRow> = people.into_iter().filter(|p| p.role != SERVICE).collect();
        if people.iter().any(|p| p.password.is_some()) {
            return Ok(None);
        }
        match people.iter().find(|p| p.role == "admin" && p.disabled_at.is_none()) {
            Some(admin) => self.link(&admin.login).await.map(Some),
            None if people.is_empty() => self.add("admin", "Admin", "admin").await.map(Some),
            None => Ok(None),
        }
    }

    /// A one-time log-in link for a person.
    pub async fn link(&self, login: &str) -> Result<String, PeopleError> {
        let now = self.clock.now();
        let (token, hash) = self.token();
        let login = login.trim().to_lowercase();
        let wanted = login.clone();
        let made = self.db.write("making a log-in link", move |tx| {
            Box::pin(async move {
                match person::by_login(tx, &wanted).await?.filter(may_log_in) {
                    Some(p) => person::add_link(tx, &hash, &p.id, now.plus(LINK_SPAN)).await.map(|()| true),
                    None => Ok(false),
                }
            })
        });
        if made.await? {
            Ok(link(&token))
        } else {
            Err(PeopleError::Invalid(format!("there is no '{login}' who may log in")))
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
        let wanted = login.clone();
        let done = self.db.write("disabling a person", move |tx| {
            Box::pin(async move { person::disable(tx, &wanted, now).await })
        });
        if done.await? { Ok(()) } else { Err(PeopleError::Invalid(format!("there is no '{login}'"))) }
    }

    /// Logs in by a one-time link; returns the token for the cookie.
    pub async fn enter_by_link(&self, token: &str) -> Result<String, PeopleError> {
        let (hash, now) = (hash_of(token), self.clock.now());
        let used = self.db.write("using a log-in link", move |tx| {
            Box::pin(async move { person::use_link(tx, &hash, now).await })
        });
        match used.await? {
            Some(id) => self.begin(&id).await,
            None => Err(PeopleError::Denied("this link was used already or is too old; ask for a new one")),
        }
    }

    /// Logs in by password from an address; returns the token for the cookie.
    pub async fn enter(&self, login: &str, password: &str, address: &str) -> Result<String, PeopleError> {
        let login = login.trim().to_lowercase();
        let (tried, from, now) = (login.clone(), address.to_owned(), self.clock.now());
        let counted = self.db.write_again("counting tries", move |tx| {
            let (tried, from) = (tried.clone(), from.clone());
            Box::pin(async move { tries::begin(tx, &tried, &from, now).await })
        });
        if let Some(wait) = counted.await? {
            return Err(PeopleError::TooMany(wait));
        }
        let wanted = login.clone();
        let found = self
            .db
            .read("looking a person up", move |tx| {
                Box::pin(async move { person::by_login(tx, &wanted).await })
            })
            .await?
            .filter(|p| p.disabled_at.is_none());
        // A login that does not exist costs the same work as one that does.
        let hash = found.as_ref().and_then(|p| p.password.clone());
        let right = self.verify(password.to_owned(), hash).await;
        match found.filter(|_| right) {
            Some(p) => {
                let from = address.to_owned();
                let right = self.db.write("giving a try back", move |tx| {
                    Box::pin(async move { tries::succeeded(tx, &login, &from, now).await })
                });
                right.await?;
                self.begin(&p.id).await
            }
            None => Err(PeopleError::Denied("login or password is wrong")),
        }
    }

    /// Who holds a token, if it is still good.
    pub async fn who(&self, token: &str) -> Result<Option<Present>, PeopleError> {
        let (hash, now) = (hash_of(token), self.clock.now());
        let looked = hash.clone();
        let found = self.db.read("looking a log-in up", move |tx| {
            Box::pin(async move {
                let Some(session) = person::session(tx, &looked).await? else { return Ok(None) };
                let person = person::by_id(tx, &session.person_id).await?;
                Ok(person.map(|p| (session, p)))
            })
        });
        let Some((session, p)) = found.await? else { return Ok(None) };
        let seen = Timestamp(session.seen_at);
        let over = now.millis() >= session.until_ms || now.since(seen) >= self.idle_span;
        if over || p.disabled_at.is_some() {
            return Ok(None);
        }
        if now.since(seen) >= TOUCH {
            let noted = self.db.write("noting a log-in", move |tx| {
                Box::pin(async move { person::touch_session(tx, &hash, now).await })
            });
            noted.await?;
        }
        Ok(Some(Present {
            id: PersonId::stored(p.id),
            login: p.login,
            name: p.name,
            role: p.role,
            csrf: session.csrf,
            has_password: p.password.is_some(),
        }))
    }

    /// Ends a log-in.
    pub async fn leave(&self, token: &str) -> Result<(), PeopleError> {
        let hash = hash_of(token);
        self.db
            .write("logging out", move |tx| Box::pin(async move { person::end_session(tx, &hash).await }))
            .await?;
        Ok(())
    }

    /// Ends all log-ins of a person but the one that `token` opens.
    pub async fn leave_elsewhere(&self, id: &PersonId, token: &str) -> Result<(), PeopleError> {
        let (id, kept) = (id.to_string(), hash_of(token));
        let ended = self.db.write("logging out elsewhere", move |tx| {
            Box::pin(async move { person::end_other_sessions(tx, &id, &kept).await })
        });
        Ok(ended.await?)
    }

    /// Sets a person's password.
    pub async fn set_password(&self, id: &PersonId, password: &str) -> Result<(), PeopleError> {
        let length = password.chars().count();
        if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length) {
            let text = format!(
                "password: {length} characters; allowed are {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX}, \
                 a few words in a row for instance"
            );
            return Err(PeopleError::Invalid(text));
        }
        let hash = self.hash(password.to_owned()).await?;
        let id = id.to_string();
        let set = self.db.write("setting a password", move |tx| {
            Box::pin(async move { person::set_password(tx, &id, &hash).await })
        });
        Ok(set.await?)
    }

    async fn begin(&self, person_id: &str) -> Result<String, PeopleError> {
        let now = self.clock.now();
        let (token, hash) = self.token();
        let session = SessionRow {
            person_id: person_id.to_owned(),
            csrf: URL_SAFE_NO_PAD.encode(self.mint.chance().token_bytes()),
            seen_at: now.millis(),
            until_ms: now.plus(self.login_span).millis(),
        };
        self.db
            .write("logging in", move |tx| {
                Box::pin(async move { person::add_session(tx, &hash, &session).await })
            })
            .await?;
        Ok(token)
    }

    fn token(&self) -> (String, String) {
        let token = URL_SAFE_NO_PAD.encode(self.mint.chance().token_bytes());
        let hash = hash_of(&token);
        (token, hash)
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

/// Whether a person may get in by a link: not one who was disabled, and no service, which has tokens.
fn may_log_in(p: &PersonRow) -> bool {
    p.disabled_at.is_none() && p.role != SERVICE
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(46 * 1024, 2, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_of(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

fn link(token: &str) -> String {
    format!("/login/{token}")
}
