//! Tokens: how programs come in. Each acts in the name of a person, or of a service that has a name of its
//! own in timelines and can never log in.
//!
//! A token is 256 random bits behind a prefix that scanners for lost secrets know, with a sum at its end, so that
//! what is no token costs no look at the database. Only its SHA-256 is stored; it is shown once. What it may do
//! is what its scopes say, within what the role of its person allows at that moment.

mod scope;

pub use scope::Scope;

use crate::clock::{Clock, Mint};
use crate::domain::audit::{Caller, Entry, Via};
use crate::domain::ids::{ActionId, PersonId};
use crate::domain::role::{Role, Walls};
use crate::domain::time::{Span, Timestamp};
use crate::people::SERVICE;
use crate::store::person::{self, PersonRow};
use crate::store::token::{self, TokenRow};
use crate::store::{Db, StoreError, Tx, audit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

/// What every token begins with.
pub const PREFIX: &str = "webcared_";
/// Longest life of a token in days.
pub const DAYS_MAX: i64 = 366;
/// Longest name in characters.
const NAME_CHARS_MAX: usize = 60;
/// A token is noted as used at most this often.
const TOUCH: Span = Span::minutes(1);
const HEX: usize = 64;
const SUM: usize = 8;

/// Why something about tokens was refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenError {
    /// What was given is not allowed; the text says what is.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wanted of a new token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What people call it.
    pub name: String,
    /// In whose name it acts, by login; `None` for a service of the token's own name.
    pub person: Option<String>,
    /// Its scopes.
    pub scopes: Vec<Scope>,
    /// Its brands by name; none means all.
    pub brands: Vec<String>,
    /// How many days it holds.
    pub days: i64,
}

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// In whose name it acts, by id.
    pub person: String,
    /// The same by name.
    pub acts_as: String,
    /// Whether that is a service.
    pub is_service: bool,
    /// Its scopes.
    pub scopes: Vec<Scope>,
    /// Its brands by name; none means all.
    pub brands: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// `good`, `ended` or `revoked`.
    pub state: &'static str,
}

/// Who asks by a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The token's id.
    pub token_id: String,
    /// What people call the token.
    pub token_name: String,
    /// In whose name it acts.
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// The role of whom it acts for, at present.
    pub role: Role,
    /// What whom it acts for sees.
    pub walls: Walls,
    /// What it may do at present.
    pub scopes: Vec<Scope>,
    /// Its brands by name; none means all.
    pub brands: Vec<String>,
    /// When it ends.
    pub until: Timestamp,
}

impl Bearer {
    /// Whether it may do this.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// As the audit and casework know it, from an address.
    pub fn caller(&self, from: &str) -> Caller {
        Caller {
            via: Via::Api,
            person: self.person.to_string(),
            token: self.token_id.clone(),
            role: Some(self.role),
            from: crate::domain::audit::network(from),
        }
    }

    /// Whether it sees every brand.
    pub fn is_unbounded(&self) -> bool {
        self.brands.is_empty() && self.walls.is_open()
    }

    /// Whether its own list lets it see a brand by name; the walls of its person stand beside that.
    pub fn sees(&self, brand: &str) -> bool {
        self.brands.is_empty() || self.brands.iter().any(|b| b.eq_ignore_ascii_case(brand))
    }
}

/// Knows tokens; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokens {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    caller: Caller,
}

impl Tokens {
    /// Works on `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>, mint: Arc<Mint>) -> Self {
        Self { db, clock, mint, caller: Caller::default() }
    }

    /// The same, for somebody who asks: what is done is written down as theirs. Without this it is a command's.
    pub fn by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// Makes a token and returns its id and the token itself, which nobody can be shown again. `by` is who
    /// makes it; `known` are the brands that there are.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] with what is allowed.
    pub async fn add(
        &self,
        wanted: &Wanted,
        by: &str,
        known: &[String],
    ) -> Result<(String, String), TokenError> {
        let wanted = checked(wanted, known)?;
        let now = self.clock.now();
        let text = self.text();
        let row = TokenRow {
            id: self.mint.id(now, ActionId::new).to_string().replace("act_", "tok_"),
            hash: hash_of(&text),
            name: wanted.name.clone(),
            person_id: String::new(),
            scopes: wanted.scopes.iter().map(|s| s.code()).collect::<Vec<_>>().join(" "),
            brands: serde_json::to_string(&wanted.brands)
                .map_err(|e| TokenError::Invalid(format!("brands: {e}")))?,
            created_at: now.millis(),
            created_by: by.to_owned(),
            until_ms: now.plus(Span::days(wanted.days)).millis(),
            used_at: None,
            revoked_at: None,
        };
        let service = PersonRow {
            id: self.mint.id(now, PersonId::new).to_string(),
            login: format!("{SERVICE}:{}", wanted.name.to_lowercase()),
            name: wanted.name.clone(),
            role: SERVICE.to_owned(),
            password: None,
            disabled_at: None,
            brands: None,
        };
        let (id, caller) = (row.id.clone(), self.caller.clone());
        let added = self.db.write_again("adding a token", move |tx| {
            let (row, service, wanted, caller) =
                (row.clone(), service.clone(), wanted.clone(), caller.clone());
            Box::pin(async move {
                let person = match holder(tx, &wanted, service, now).await? {
                    Ok(person) => person,
                    Err(why) => return Ok(Err(why)),
                };
                let row = TokenRow { person_id: person, ..row };
                token::add(tx, &row).await?;
                audit::append(tx, &Entry::done(&caller, "token.add", &row.id), now).await?;
                Ok(Ok(()))
            })
        });
        added.await?.map_err(TokenError::Invalid)?;
        Ok((id, text))
    }

    fn text(&self) -> String {
        let mut text = PREFIX.to_owned();
        for byte in self.mint.chance().token_bytes() {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        let sum = sum_of(&text);
        text + &sum
    }

    /// All tokens, the latest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self) -> Result<Vec<Held>, TokenError> {
        let now = self.clock.now();
        let read = self.db.read("listing tokens", |tx| {
            Box::pin(async move { Ok((token::all(tx).await?, person::all(tx).await?)) })
        });
        let (rows, people) = read.await?;
        let held = |row: TokenRow| {
            let person = people.iter().find(|p| p.id == row.person_id);
            Held {
                acts_as: person.map(|p| p.name.clone()).unwrap_or_default(),
                person: row.person_id.clone(),
                is_service: person.is_some_and(|p| p.role == SERVICE),
                scopes: scopes_of(&row.scopes),
                brands: brands_of(&row.brands),
                created_at: Timestamp(row.created_at),
                until: Timestamp(row.until_ms),
                used_at: row.used_at.map(Timestamp),
                state: match row.revoked_at {
                    Some(_) => "revoked",
                    None if row.until_ms <= now.millis() => "ended",
                    None => "good",
                },
                id: row.id,
                name: row.name,
            }
        };
        Ok(rows.into_iter().map(held).collect())
    }

    /// Takes a token back, by its id; it is refused from the next request on.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] where there is none that could be taken back.
    pub async fn revoke(&self, id: &str) -> Result<(), TokenError> {
        let (wanted, now, caller) = (id.trim().to_owned(), self.clock.now(), self.caller.clone());
        let done = self.db.write("taking a token back", move |tx| {
            Box::pin(async move {
                let revoked = token::revoke(tx, &wanted, now).await?;
                if revoked {
                    audit::append(tx, &Entry::done(&caller, "token.revoke", &wanted), now).await?;
                }
                Ok(revoked)
            })
        });
        if done.await? {
            return Ok(());
        }
        Err(TokenError::Invalid(format!("there is no token '{}' that could be taken back", short(id))))
    }

    /// Who holds a token, if it is good: not taken back, not ended, its person not disabled.
    ///
    /// # Errors
    /// The store's.
    pub async fn who(&self, text: &str) -> Result<Option<Bearer>, StoreError> {
        if !is_token(text) {
            return Ok(None);
        }
        let (hash, now) = (hash_of(text), self.clock.now());
        let found = self.db.read("looking a token up", move |tx| {
            Box::pin(async move {
                let Some(row) = token::by_hash(tx, &hash).await? else { return Ok(None) };
                let person = person::by_id(tx, &row.person_id).await?;
                Ok(person.map(|p| (row, p)))
            })
        });
        let Some((row, person)) = found.await? else { return Ok(None) };
        let over = row.revoked_at.is_some() || row.until_ms <= now.millis() || person.disabled_at.is_some();
        let Some(role) = Role::from_code(&person.role).filter(|_| !over) else { return Ok(None) };
        if row.used_at.is_none_or(|at| now.since(Timestamp(at)) >= TOUCH) {
            let id = row.id.clone();
            let noted = self.db.write("noting that a token was used", move |tx| {
                Box::pin(async move { token::touch(tx, &id, now).await })
            });
            noted.await?;
        }
        let allowed = |scope: &Scope| scope.fits(role);
        Ok(Some(Bearer {
            role,
            walls: Walls::stored(person.brands.as_deref()),
            scopes: scopes_of(&row.scopes).into_iter().filter(allowed).collect(),
            brands: brands_of(&row.brands),
            token_id: row.id,
            token_name: row.name,
            person: PersonId::stored(person.id),
            person_name: person.name,
            until: Timestamp(row.until_ms),
        }))
    }
}

/// In whose name a token acts, or why it cannot.
async fn holder(
    tx: &mut Tx,
    wanted: &Wanted,
    service: PersonRow,
    now: Timestamp,
) -> Result<Result<String, String>, StoreError> {
    let login = wanted.person.as_ref().map_or_else(|| service.login.clone(), |l| l.trim().to_lowercase());
    let found = person::by_login(tx, &login).await?;
    let found = match (found, &wanted.person) {
        (Some(person), _) if person.disabled_at.is_none() => person,
        (None, None) => {
            person::add(tx, &service, now).await?;
            service
        }
        _ => return Ok(Err(format!("there is no '{login}' in whose name it could act"))),
    };
    let role = Role::from_code(&found.role);
    match wanted.scopes.iter().find(|s| !role.is_some_and(|r| s.fits(r))) {
        Some(scope) => Ok(Err(format!(
            "scope '{}': somebody in the role '{}' may not do that",
            scope.code(),
            found.role
        ))),
        None => Ok(Ok(found.id)),
    }
}

fn checked(wanted: &Wanted, known: &[String]) -> Result<Wanted, TokenError> {
    let invalid = |text: String| Err(TokenError::Invalid(text));
    let name = wanted.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return invalid(format!("name '{}': allowed are 1 to {NAME_CHARS_MAX} characters", short(&name)));
    }
    if wanted.scopes.is_empty() {
        let all: Vec<&str> = Scope::ALL.map(Scope::code).to_vec();
        return invalid(format!("scope: none given; allowed are {}", all.join(", ")));
    }
    if !(1..=DAYS_MAX).contains(&wanted.days) {
        return invalid(format!("days {}: allowed are 1 to {DAYS_MAX}", wanted.days));
    }
    let mut brands = Vec::new();
    for brand in &wanted.brands {
        let Some(brand) = known.iter().find(|k| k.eq_ignore_ascii_case(brand)) else {
            return invalid(format!("brand '{}': known are {}", short(brand), known.join(", ")));
        };
        brands.push(brand.clone());
    }
    let mut scopes = wanted.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    Ok(Wanted { name, scopes, brands, ..wanted.clone() })
}

fn short(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}

fn scopes_of(words: &str) -> Vec<Scope> {
    words.split_whitespace().filter_map(Scope::from_code).collect()
}

/// What cannot be read opens nothing: a brand that does not exist.
fn brands_of(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_else(|_| vec![String::new()])
}

fn sum_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(SUM / 2).fold(String::new(), |mut hex, byte| {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether a text has the form of a token.
fn is_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else { return false };
    let hex = rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    rest.len() == HEX + SUM && hex && sum_of(&text[..PREFIX.len() + HEX]) == rest[HEX..]
}

fn hash_of(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_seen_without_the_database() {
        let good = format!("{PREFIX}{}", "0123456789abcdef".repeat(4));
        let good = format!("{good}{}", sum_of(&good));
        assert!(is_token(&good));
        let other = good.replace("01234", "11234");
        for bad in
            ["", PREFIX, &good[1..], &good[..good.len() - 1], &other, &good.to_uppercase(), "webcared_ä"]
        {
            assert!(!is_token(bad), "{bad}");
        }
    }

    #[test]
    fn a_role_bounds_what_a_token_may_do() {
        let may = |role: Role| Scope::ALL.into_iter().filter(|s| s.fits(role)).count();
        use Role::{Admin, Agent, Auditor, Communications, FrontOffice, Guest, Lead, Newcomer, Service};
        let roles = [Auditor, FrontOffice, Agent, Guest, Newcomer, Communications, Lead, Admin, Service];
        assert_eq!(roles.map(may), [4, 0, 6, 6, 5, 5, 7, 8, 8]);
    }

    #[test]
    fn what_cannot_be_read_opens_no_brand() {
        assert_eq!(brands_of("nonsense"), [String::new()]);
        assert!(brands_of("[]").is_empty());
    }
}
