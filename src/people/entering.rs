//! Coming in: a password or a link first, and where somebody has a second factor, that.
//!
//! Between the two stands a step of five minutes, which opens nothing but the page that asks for the second one. A
//! code that was wrong counts as a password that was wrong, under a count of its own.

use super::{LINK_SPAN, People, PeopleError, SERVICE, hash_of, recovery, totp, tries};
use crate::domain::audit::{Caller, Entry};
use crate::domain::time::{Span, Timestamp};
use crate::store::factor::{self, StepRow};
use crate::store::person::{self, PersonRow, SessionRow};
use crate::store::{StoreError, Tx, audit};

/// How long the second factor may be waited for.
const STEP: Span = Span::minutes(5);
/// What such a step is called.
const SECOND: &str = "second";
/// What is said of anything that was wrong with a password.
const WRONG: &str = "login or password is wrong";
/// What is said of anything that was wrong with a code.
const WRONG_CODE: &str = "the code is wrong, or was used already";

/// How far somebody came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// They are in; the token for the cookie.
    In(String),
    /// They have a second factor and must show it; the token of the step.
    Second(String),
}

/// Who stands before the second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// By id.
    pub person: String,
    /// Whether they have an app for codes.
    pub app: bool,
    /// Whether they have passkeys.
    pub passkeys: bool,
}

/// A code in the form in which it is checked.
enum Given {
    Digits(String),
    Recovery(String),
}

impl Given {
    fn of(person: &str, typed: &str) -> Self {
        let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if plain.len() == 6 && plain.bytes().all(|b| b.is_ascii_digit()) {
            Self::Digits(plain)
        } else {
            Self::Recovery(recovery::hash(person, &plain))
        }
    }
}

impl People {
    /// Logs in by a one-time link.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for a link that is used up.
    pub async fn enter_by_link(&self, token: &str) -> Result<Entered, PeopleError> {
        let (hash, now) = (hash_of(token), self.clock.now());
        let used = self.db.write("using a log-in link", move |tx| {
            Box::pin(async move {
                let Some(id) = person::use_link(tx, &hash, now).await? else { return Ok(None) };
                Ok(person::by_id(tx, &id).await?.filter(|p| p.disabled_at.is_none()))
            })
        });
        match used.await? {
            Some(p) => self.admit(&p, "login.link").await,
            None => Err(PeopleError::Denied("this link was used already or is too old; ask for a new one")),
        }
    }

    /// Logs in by password from an address.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for what is wrong, [`PeopleError::TooMany`] for too many tries.
    pub async fn enter(&self, login: &str, password: &str, address: &str) -> Result<Entered, PeopleError> {
        let person = self.checked(("login.password", true), login, password, address).await?;
        self.admit(&person, "login.password").await
    }

    /// The person of a login and a password; each try counts, and a wrong one is written down as this act. `enters`
    /// where it is the first thing that somebody shows who comes in: then passwords may be off for them.
    pub(super) async fn checked(
        &self,
        (act, enters): (&'static str, bool),
        login: &str,
        password: &str,
        address: &str,
    ) -> Result<PersonRow, PeopleError> {
        let login = login.trim().to_lowercase();
        // What is no login has no count of its own: it might name the one of somebody's codes.
        let is_login = super::is_login(&login);
        self.count(if is_login { login.as_str() } else { "" }, address).await?;
        let wanted = login.clone();
        let found = self.db.read("looking a person up", move |tx| {
            Box::pin(async move { person::by_login(tx, &wanted).await })
        });
        // Where passwords are off, the one of somebody whom they would let in is not even looked at.
        let may = |p: &PersonRow| p.disabled_at.is_none() && (!enters || self.rules.lets_in(&p.login));
        let found = found.await?.filter(may);
        let known = found.as_ref().map(|p| p.id.clone());
        // A login that does not exist costs the same work as one that does.
        let hash = found.as_ref().and_then(|p| p.password.clone());
        let right = self.verify(password.to_owned(), hash).await;
        let Some(p) = found.filter(|_| right) else {
            self.note_refused(act, known.as_deref().unwrap_or_default(), address).await?;
            return Err(PeopleError::Denied(WRONG));
        };
        self.give_back(&login, address).await?;
        Ok(p)
    }

    /// Counts a try under a name before it is looked at.
    pub(super) async fn count(&self, name: &str, address: &str) -> Result<(), PeopleError> {
        let (tried, from, now) = (name.to_owned(), address.to_owned(), self.clock.now());
        let counted = self.db.write_again("counting tries", move |tx| {
            let (tried, from) = (tried.clone(), from.clone());
            Box::pin(async move { tries::begin(tx, &tried, &from, now).await })
        });
        counted.await?.map_or(Ok(()), |wait| Err(PeopleError::TooMany(wait)))
    }

    /// The try under a name was right.
    pub(super) async fn give_back(&self, name: &str, address: &str) -> Result<(), PeopleError> {
        let (tried, from, now) = (name.to_owned(), address.to_owned(), self.clock.now());
        let given = self.db.write("giving a try back", move |tx| {
            Box::pin(async move { tries::succeeded(tx, &tried, &from, now).await })
        });
        Ok(given.await?)
    }

    /// Lets somebody in who has shown one thing, or asks for the second.
    async fn admit(&self, p: &PersonRow, act: &'static str) -> Result<Entered, PeopleError> {
        if !self.ways(&p.id).await?.is_some() {
            return self.begin(p, (act, ""), Some(self.clock.now())).await.map(Entered::In);
        }
        let ((token, hash), now) = (self.token(), self.clock.now());
        let step = StepRow {
            kind: SECOND.to_owned(),
            person_id: p.id.clone(),
            body: act.to_owned(),
            until_ms: now.plus(STEP).millis(),
        };
        let begun = self.db.write("asking for a second factor", move |tx| {
            Box::pin(async move { factor::add_step(tx, &hash, &step).await })
        });
        begun.await?;
        Ok(Entered::Second(token))
    }

    /// Who stands before the second factor with this token.
    ///
    /// # Errors
    /// The store's.
    pub async fn waiting(&self, token: &str) -> Result<Option<Waiting>, PeopleError> {
        let (hash, now) = (hash_of(token), self.clock.now());
        let found = self.db.read("looking a step up", move |tx| {
            Box::pin(async move {
                let Some(step) = factor::step(tx, &hash, SECOND, now).await? else { return Ok(None) };
                let (app, passkeys, _) = factor::ways(tx, &step.person_id).await?;
                Ok(Some(Waiting { person: step.person_id, app, passkeys: passkeys > 0 }))
            })
        });
        Ok(found.await?)
    }

    /// Shows the second factor by a code of the app or a recovery code; gives the token for the cookie.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for what is wrong or too late, [`PeopleError::TooMany`] for too many tries.
    pub async fn second(&self, token: &str, typed: &str, address: &str) -> Result<String, PeopleError> {
        const LATE: PeopleError = PeopleError::Denied("this took too long; log in again");
        let Some(waiting) = self.waiting(token).await? else { return Err(LATE) };
        let wanted = waiting.person.clone();
        let found = self
            .db
            .read("looking a person up", move |tx| Box::pin(async move { person::by_id(tx, &wanted).await }));
        let Some(p) = found.await?.filter(|p| p.disabled_at.is_none()) else { return Err(LATE) };
        let act = self.code(&p, typed, address).await?;
        self.over(token).await?;
        self.begin(&p, (act, ""), Some(self.clock.now())).await
    }

    /// Takes a code of somebody's, once; tells by which act they came.
    pub(super) async fn code(
        &self,
        p: &PersonRow,
        typed: &str,
        address: &str,
    ) -> Result<&'static str, PeopleError> {
        // No login has a space in it.
        let name = format!("second {}", p.login);
        self.count(&name, address).await?;
        let taken = match Given::of(&p.id, typed) {
            Given::Digits(digits) => self.take_digits(&p.id, digits).await?.then_some("login.code"),
            Given::Recovery(hash) => {
                let (id, now) = (p.id.clone(), self.clock.now());
                let used = self.db.write_again("using a recovery code", move |tx| {
                    let (id, hash) = (id.clone(), hash.clone());
                    Box::pin(async move { factor::use_recovery(tx, &id, &hash, now).await })
                });
                used.await?.then_some("login.recovery")
            }
        };
        let Some(act) = taken else {
            self.note_refused("login.code", &p.id, address).await?;
            return Err(PeopleError::Denied(WRONG_CODE));
        };
        self.give_back(&name, address).await?;
        Ok(act)
    }

    /// Whether six digits are the code of a step that was not used yet; they are used up then.
    pub(super) async fn take_digits(&self, id: &str, digits: String) -> Result<bool, PeopleError> {
        let (wanted, now) = (id.to_owned(), self.clock.now());
        let found = self.db.read("reading an app for codes", move |tx| {
            Box::pin(async move { factor::app(tx, &wanted).await })
        });
        // One that was begun and not confirmed lets nobody in.
        let Some(app) = found.await?.filter(|app| app.confirmed_at.is_some()) else { return Ok(false) };
        let Some(secret) = self.opened(id, &app.sealed)? else { return Ok(false) };
        let Some(step) = totp::matching(&secret, &digits, now) else { return Ok(false) };
        let id = id.to_owned();
        let taken = self.db.write_again("taking a code", move |tx| {
            let id = id.clone();
            Box::pin(async move { factor::take_step(tx, &id, step).await })
        });
        Ok(taken.await?)
    }

    /// The step before the second factor is over.
    pub(super) async fn over(&self, token: &str) -> Result<(), PeopleError> {
        let (hash, now) = (hash_of(token), self.clock.now());
        let used = self.db.write("using a step up", move |tx| {
            Box::pin(async move { factor::use_step(tx, &hash, SECOND, now).await })
        });
        used.await?.map_or(Err(PeopleError::Denied("this took too long; log in again")), |_| Ok(()))
    }

    /// Begins a log-in, by an act and maybe a provider, of somebody who showed who they are at an instant.
    pub(super) async fn begin(
        &self,
        p: &PersonRow,
        (act, provider): (&'static str, &str),
        proved: Option<Timestamp>,
    ) -> Result<String, PeopleError> {
        let now = self.clock.now();
        let (token, hash) = self.token();
        let session = SessionRow {
            person_id: p.id.clone(),
            csrf: self.csrf(),
            seen_at: now.millis(),
            until_ms: now.plus(self.rules.spans(&p.role).0).millis(),
            proved_at: proved.map(Timestamp::millis),
            source: self.caller.from.clone(),
            provider: provider.to_owned(),
        };
        // Whoever comes in is known from here on, and by no other name.
        let caller = Caller { person: p.id.clone(), ..self.caller.clone() };
        let begun = self.db.write("logging in", move |tx| {
            Box::pin(async move {
                person::add_session(tx, &hash, &session).await?;
                audit::append(tx, &Entry::done(&caller, act, &session.person_id), now).await
            })
        });
        begun.await?;
        Ok(token)
    }

    /// A one-time log-in link for a person.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] where there is nobody who may log in.
    pub async fn link(&self, login: &str) -> Result<String, PeopleError> {
        let now = self.clock.now();
        let (token, hash) = self.token();
        let login = login.trim().to_lowercase();
        let (wanted, caller) = (login.clone(), self.caller.clone());
        let made = self.db.write("making a log-in link", move |tx| {
            Box::pin(async move {
                let Some(p) = by_link(tx, &wanted).await? else { return Ok(false) };
                person::add_link(tx, &hash, &p.id, now.plus(LINK_SPAN)).await?;
                audit::append(tx, &Entry::done(&caller, "person.link", &p.id), now).await?;
                Ok(true)
            })
        });
        if made.await? {
            Ok(super::link(&token))
        } else {
            Err(PeopleError::Invalid(format!("there is no '{login}' who may log in")))
        }
    }
}

/// Somebody who may get in by a link: not one who was disabled, and no service, which has tokens.
async fn by_link(tx: &mut Tx, login: &str) -> Result<Option<PersonRow>, StoreError> {
    Ok(person::by_login(tx, login).await?.filter(|p| p.disabled_at.is_none() && p.role != SERVICE))
}
