//! Passkeys: adding, removing, coming in by one, and showing by one who holds a log-in.
//!
//! A challenge lives two minutes, is good once, and knows for what and for whom it was made. A key whose count does
//! not rise may be a copy: it lets nobody in, and that is written down.

use super::{People, PeopleError, Present, hash_of, tries};
use crate::domain::audit::Entry;
use crate::domain::time::{Span, Timestamp};
use crate::store::audit;
use crate::store::factor::{self, PasskeyRow, StepRow};
use crate::store::person::{self, PersonRow};
use crate::webauthn::{self, PublicKey, Relying, Wanted};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How long a challenge lives.
const CHALLENGE: Span = Span::minutes(2);
/// Most passkeys of one person.
const MOST: usize = 20;
/// What is said of anything that was wrong.
const WRONG: PeopleError = PeopleError::Denied("the passkey was not accepted; try again");

/// For what a challenge is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Coming in, as the first or the second thing shown.
    Enter,
    /// Showing who holds a log-in.
    Prove,
    /// Adding a key.
    Add,
}

impl Purpose {
    const fn kind(self) -> &'static str {
        match self {
            Self::Enter => "passkey_enter",
            Self::Prove => "passkey_prove",
            Self::Add => "passkey_add",
        }
    }
}

/// What a key signed, as the browser sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assertion {
    /// The id of the key, in base 64 for addresses.
    pub id: String,
    /// What the browser says.
    pub client: Vec<u8>,
    /// What the authenticator says.
    pub data: Vec<u8>,
    /// The signature over both.
    pub signature: Vec<u8>,
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: String,
    /// What they call it.
    pub name: String,
    /// When it was added.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

impl People {
    /// A challenge, for a person by id or for whoever comes (empty), with the keys that may answer it.
    ///
    /// # Errors
    /// [`PeopleError::TooMany`] where an address asks for too many.
    pub async fn challenge(
        &self,
        purpose: Purpose,
        person: &str,
        address: &str,
    ) -> Result<(String, Vec<String>), PeopleError> {
        let ((token, hash), now) = (self.token(), self.clock.now());
        let step = StepRow {
            kind: purpose.kind().to_owned(),
            person_id: person.to_owned(),
            body: String::new(),
            until_ms: now.plus(CHALLENGE).millis(),
        };
        let from = address.to_owned();
        let made = self.db.write_again("making a challenge", move |tx| {
            let (hash, step, from) = (hash.clone(), step.clone(), from.clone());
            Box::pin(async move {
                if let Some(wait) = tries::challenge(tx, &from, now).await? {
                    return Ok(Err(wait));
                }
                factor::add_step(tx, &hash, &step).await?;
                let known = if step.person_id.is_empty() {
                    Vec::new()
                } else {
                    factor::passkeys(tx, &step.person_id).await?
                };
                Ok(Ok(known))
            })
        });
        let known = made.await?.map_err(PeopleError::TooMany)?;
        Ok((token, known.into_iter().map(|k| k.id).collect()))
    }

    /// Counts a visit to the provider that an address begins, as challenges are.
    ///
    /// # Errors
    /// [`PeopleError::TooMany`] where an address begins too many.
    pub async fn count_visit(&self, address: &str) -> Result<(), PeopleError> {
        let (from, now) = (address.to_owned(), self.clock.now());
        let counted = self.db.write_again("counting a visit", move |tx| {
            let from = from.clone();
            Box::pin(async move { tries::challenge(tx, &from, now).await })
        });
        counted.await?.map_or(Ok(()), |wait| Err(PeopleError::TooMany(wait)))
    }

    /// Uses up the challenge that an answer names; gives its bytes and for whom it was made.
    async fn answered(&self, purpose: Purpose, client: &[u8]) -> Result<(Vec<u8>, String), PeopleError> {
        let Some(challenge) = webauthn::challenge_of(client) else { return Err(WRONG) };
        // The token of a step is its text; the browser was handed the bytes behind it.
        let hash = hash_of(&URL_SAFE_NO_PAD.encode(&challenge));
        let now = self.clock.now();
        let used = self.db.write("using a challenge up", move |tx| {
            Box::pin(async move { factor::use_step(tx, &hash, purpose.kind(), now).await })
        });
        match used.await? {
            Some(step) => Ok((challenge, step.person_id)),
            None => Err(WRONG),
        }
    }

    /// Adds a key: what the browser and the authenticator say of it. Ends the log-ins but the one that `token` opens,
    /// which were begun without it.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] where it is not in order, [`PeopleError::Invalid`] for a name that is not allowed.
    pub async fn add_passkey(
        &self,
        who: &Present,
        token: &str,
        relying: &Relying,
        name: &str,
        (client, statement): (&[u8], &[u8]),
    ) -> Result<(), PeopleError> {
        let (challenge, person) = self.answered(Purpose::Add, client).await?;
        if person != who.id.as_str() {
            return Err(WRONG);
        }
        let wanted = Wanted { relying, challenge: &challenge, verified: true };
        let made = match webauthn::register(&wanted, client, statement) {
            Ok(made) => made,
            Err(why) => {
                tracing::warn!(person.id = person, %why, "a passkey was refused");
                return Err(WRONG);
            }
        };
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(40).collect();
        let now = self.clock.now();
        let row = PasskeyRow {
            id: URL_SAFE_NO_PAD.encode(&made.id),
            person_id: person,
            name: if name.is_empty() { "passkey".to_owned() } else { name },
            algorithm: made.key.algorithm().cose(),
            public_key: made.key.bytes().to_vec(),
            sign_count: made.sign_count.into(),
            created_at: now.millis(),
            used_at: None,
        };
        let (caller, kept, number) = (self.caller.clone(), hash_of(token), self.mint.seq(now));
        let added = self.db.write("adding a passkey", move |tx| {
            Box::pin(async move {
                if factor::passkeys(tx, &row.person_id).await?.len() >= MOST {
                    return Ok(false);
                }
                factor::add_passkey(tx, &row).await?;
                person::end_other_sessions(tx, &row.person_id, &kept).await?;
                let whose = (number, row.person_id.as_str());
                factor::tell(tx, whose, "passkey_added", &caller.person, now).await?;
                audit::append(tx, &Entry::done(&caller, "passkey.add", &row.person_id), now).await?;
                Ok(true)
            })
        });
        match added.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(PeopleError::Invalid(format!("{MOST} passkeys are the most; remove one first"))),
            Err(error) if error.is_conflict() => Err(WRONG),
            Err(error) => Err(error.into()),
        }
    }

    /// Somebody's passkeys, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn passkeys(&self, who: &Present) -> Result<Vec<Passkey>, PeopleError> {
        let id = who.id.to_string();
        let found = self
            .db
            .read("reading passkeys", move |tx| Box::pin(async move { factor::passkeys(tx, &id).await }));
        let one = |k: PasskeyRow| Passkey {
            id: k.id,
            name: k.name,
            since: Timestamp(k.created_at),
            used: k.used_at.map(Timestamp),
        };
        Ok(found.await?.into_iter().map(one).collect())
    }

    /// Removes a passkey of somebody's own; tells whether there was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_passkey(&self, who: &Present, id: &str) -> Result<bool, PeopleError> {
        let (person, id, now) = (who.id.to_string(), id.to_owned(), self.clock.now());
        let (caller, number) = (self.caller.clone(), self.mint.seq(now));
        let removed = self.db.write("removing a passkey", move |tx| {
            Box::pin(async move {
                let removed = factor::remove_passkey(tx, &person, &id).await?;
                if removed {
                    factor::tell(tx, (number, &person), "passkey_removed", &caller.person, now).await?;
                    audit::append(tx, &Entry::done(&caller, "passkey.remove", &person), now).await?;
                }
                Ok(removed)
            })
        });
        Ok(removed.await?)
    }

    /// Logs in by a passkey; `step` is the token of whoever has shown a password before. Gives the token for the
    /// cookie.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] where it is not in order.
    pub async fn enter_by_passkey(
        &self,
        relying: &Relying,
        given: &Assertion,
        step: Option<&str>,
        address: &str,
    ) -> Result<String, PeopleError> {
        let p = self.signed((Purpose::Enter, step.is_none()), relying, given, address).await?;
        if let Some(token) = step {
            // Who showed a password must be who holds the key.
            if self.waiting(token).await?.is_none_or(|w| w.person != p.id) {
                return Err(WRONG);
            }
            self.over(token).await?;
        }
        self.begin(&p, ("login.passkey", ""), Some(self.clock.now())).await
    }

    /// Shows by a passkey who holds a log-in; gives the token by which it is held from now on.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] where it is not in order.
    pub async fn prove_by_passkey(
        &self,
        who: &Present,
        token: &str,
        relying: &Relying,
        given: &Assertion,
        address: &str,
    ) -> Result<String, PeopleError> {
        let p = self.signed((Purpose::Prove, false), relying, given, address).await?;
        if p.id != who.id.as_str() {
            return Err(WRONG);
        }
        self.proved(&p.id, token, ("login.prove_passkey", true)).await
    }

    /// Whose key answered a challenge in order; `first` where nothing else was shown before, and passkeys may be off.
    async fn signed(
        &self,
        (purpose, first): (Purpose, bool),
        relying: &Relying,
        given: &Assertion,
        address: &str,
    ) -> Result<PersonRow, PeopleError> {
        let (challenge, person) = self.answered(purpose, &given.client).await?;
        let (id, now) = (given.id.clone(), self.clock.now());
        let found = self.db.read("looking a passkey up", move |tx| {
            Box::pin(async move {
                let Some(key) = factor::passkey(tx, &id).await? else { return Ok(None) };
                Ok(person::by_id(tx, &key.person_id).await?.map(|p| (key, p)))
            })
        });
        let Some((key, p)) = found.await? else { return Err(WRONG) };
        let fits = person.is_empty() || person == p.id;
        let is_let_in = p.disabled_at.is_none() && (!first || self.rules.lets_in(&p.login));
        let public = PublicKey::stored(key.algorithm, key.public_key.clone());
        let wanted = Wanted { relying, challenge: &challenge, verified: true };
        let checked = public
            .filter(|_| fits && is_let_in)
            .map(|public| webauthn::check(&wanted, &public, &given.client, &given.data, &given.signature));
        let count = match checked {
            Some(Ok(count)) => count,
            other => {
                tracing::warn!(person.id = p.id, why = ?other, "a passkey let nobody in");
                self.note_refused("login.passkey", &p.id, address).await?;
                return Err(WRONG);
            }
        };
        let before = u32::try_from(key.sign_count).unwrap_or(u32::MAX);
        if webauthn::is_doubtful(before, count) {
            tracing::warn!(person.id = p.id, "the count of a passkey did not rise: it may have been copied");
            self.note_refused("login.passkey_copied", &p.id, address).await?;
            return Err(WRONG);
        }
        let (id, counts) = (key.id, (key.sign_count, i64::from(count)));
        let noted = self.db.write("noting a passkey", move |tx| {
            Box::pin(async move { factor::used_passkey(tx, &id, counts, now).await })
        });
        if noted.await? { Ok(p) } else { Err(WRONG) }
    }
}
