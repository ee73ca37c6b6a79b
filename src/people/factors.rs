//! What somebody has beside a password: an app for codes, recovery codes. Setting them up, taking them away, and an
//! admin's hand for who has lost them.

use super::{People, PeopleError, Present, SERVICE, hash_of, recovery, totp};
use crate::domain::audit::Entry;
use crate::domain::time::Timestamp;
use crate::store::{audit, factor, person};

/// What somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Whether an app for codes whose first code was right.
    pub app: bool,
    /// How many passkeys.
    pub passkeys: i64,
    /// How many recovery codes that are left.
    pub codes: i64,
}

impl Ways {
    /// Whether there is a second factor.
    pub const fn is_some(self) -> bool {
        self.app || self.passkeys > 0
    }
}

/// Something that others did to somebody's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// What, as a word of the interface.
    pub what: String,
}

impl People {
    /// What somebody has.
    ///
    /// # Errors
    /// The store's.
    pub async fn ways(&self, person: &str) -> Result<Ways, PeopleError> {
        let wanted = person.to_owned();
        let found = self
            .db
            .read("counting ways in", move |tx| Box::pin(async move { factor::ways(tx, &wanted).await }));
        let (app, passkeys, codes) = found.await?;
        Ok(Ways { app, passkeys, codes })
    }

    /// Begins an app for codes: makes its secret, in the place of one that was not confirmed.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] for who has one already, and where there is no key to seal by.
    pub async fn begin_app(&self, who: &Present) -> Result<(), PeopleError> {
        let secret = self.mint.chance().token_bytes();
        let sealed = self.seal(who.id.as_str())?.close(&secret[..totp::SECRET_BYTES]);
        let sealed =
            sealed.ok_or_else(|| PeopleError::Invalid("the secret could not be sealed".to_owned()))?;
        let (id, now) = (who.id.to_string(), self.clock.now());
        let begun = self.db.write("beginning an app for codes", move |tx| {
            Box::pin(async move { factor::begin_app(tx, &id, &sealed, now).await })
        });
        if begun.await? {
            Ok(())
        } else {
            Err(PeopleError::Invalid("you have an app already; remove it first".to_owned()))
        }
    }

    /// The secret of an app that was begun and not confirmed.
    ///
    /// # Errors
    /// The store's.
    pub async fn begun_app(&self, who: &Present) -> Result<Option<Vec<u8>>, PeopleError> {
        let id = who.id.to_string();
        let found = self
            .db
            .read("reading an app for codes", move |tx| Box::pin(async move { factor::app(tx, &id).await }));
        match found.await? {
            Some(app) if app.confirmed_at.is_none() => self.opened(who.id.as_str(), &app.sealed),
            _ => Ok(None),
        }
    }

    /// Confirms an app by its first code; gives ten recovery codes, which nobody sees again. Ends the other log-ins,
    /// which were begun without it.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for a wrong code, [`PeopleError::TooMany`] for too many tries.
    pub async fn confirm_app(
        &self,
        who: &Present,
        digits: &str,
        token: &str,
        address: &str,
    ) -> Result<Vec<String>, PeopleError> {
        let name = format!("second {}", who.login);
        self.count(&name, address).await?;
        let digits: String = digits.chars().filter(|c| !c.is_whitespace()).collect();
        let codes = match self.first_step(who, &digits).await? {
            Some(begun) => self.confirmed(who, begun, hash_of(token)).await?,
            None => None,
        };
        let wrong = PeopleError::Denied("the code is wrong; does the clock of your phone go right?");
        let codes = codes.ok_or(wrong)?;
        self.give_back(&name, address).await?;
        Ok(codes)
    }

    /// The sealed secret of an app that was begun and not confirmed, and the step of which these digits are the code.
    async fn first_step(&self, who: &Present, digits: &str) -> Result<Option<(Vec<u8>, i64)>, PeopleError> {
        let (id, now) = (who.id.to_string(), self.clock.now());
        let found = self
            .db
            .read("reading an app for codes", move |tx| Box::pin(async move { factor::app(tx, &id).await }));
        // An app that is confirmed already is not confirmed a second time.
        let Some(app) = found.await?.filter(|app| app.confirmed_at.is_none()) else { return Ok(None) };
        let Some(secret) = self.opened(who.id.as_str(), &app.sealed)? else { return Ok(None) };
        Ok(totp::matching(&secret, digits, now).map(|step| (app.sealed, step)))
    }

    /// Confirms an app, all in one: its codes, the end of other log-ins, what is told and written down.
    async fn confirmed(
        &self,
        who: &Present,
        (sealed, step): (Vec<u8>, i64),
        kept: String,
    ) -> Result<Option<Vec<String>>, PeopleError> {
        let codes = recovery::codes(|| self.mint.chance().token_bytes());
        let hashes: Vec<String> = codes.iter().map(|c| recovery::hash(who.id.as_str(), c)).collect();
        let (id, now, caller) = (who.id.to_string(), self.clock.now(), self.caller.clone());
        let number = self.mint.seq(now);
        let confirmed = self.db.write("confirming an app for codes", move |tx| {
            Box::pin(async move {
                if !factor::confirm_app(tx, &id, (&sealed, step), now).await? {
                    return Ok(false);
                }
                person::end_other_sessions(tx, &id, &kept).await?;
                factor::put_recovery(tx, &id, &hashes).await?;
                factor::tell(tx, (number, &id), "factor_added", &caller.person, now).await?;
                audit::append(tx, &Entry::done(&caller, "factor.add", &id), now).await?;
                Ok(true)
            })
        });
        Ok(confirmed.await?.then_some(codes))
    }

    /// Ten new recovery codes, in the place of those before.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] without an app for codes.
    pub async fn new_codes(&self, who: &Present) -> Result<Vec<String>, PeopleError> {
        if !self.ways(who.id.as_str()).await?.app {
            return Err(PeopleError::Invalid(
                "recovery codes stand in for an app; set one up first".to_owned(),
            ));
        }
        let codes = recovery::codes(|| self.mint.chance().token_bytes());
        let hashes: Vec<String> = codes.iter().map(|c| recovery::hash(who.id.as_str(), c)).collect();
        let (id, now, caller) = (who.id.to_string(), self.clock.now(), self.caller.clone());
        let put = self.db.write("keeping recovery codes", move |tx| {
            Box::pin(async move {
                factor::put_recovery(tx, &id, &hashes).await?;
                audit::append(tx, &Entry::done(&caller, "factor.codes", &id), now).await
            })
        });
        put.await?;
        Ok(codes)
    }

    /// Takes somebody's own app away, with its recovery codes.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_app(&self, who: &Present) -> Result<(), PeopleError> {
        let (id, now, caller) = (who.id.to_string(), self.clock.now(), self.caller.clone());
        let number = self.mint.seq(now);
        let removed = self.db.write("removing an app for codes", move |tx| {
            Box::pin(async move {
                if factor::ways(tx, &id).await?.0 {
                    factor::tell(tx, (number, &id), "factor_removed", &caller.person, now).await?;
                }
                factor::remove_app(tx, &id).await?;
                audit::append(tx, &Entry::done(&caller, "factor.remove", &id), now).await
            })
        });
        Ok(removed.await?)
    }

    /// Takes all that somebody has beside a password away, for who has lost it; ends their log-ins, and tells them.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] where there is no such person.
    pub async fn reset_factors(&self, login: &str) -> Result<(), PeopleError> {
        let (wanted, now, caller) = (login.trim().to_lowercase(), self.clock.now(), self.caller.clone());
        let number = self.mint.seq(now);
        let reset = self.db.write_again("resetting a second factor", move |tx| {
            let (wanted, caller) = (wanted.clone(), caller.clone());
            Box::pin(async move {
                let found = person::by_login(tx, &wanted).await?.filter(|p| p.role != SERVICE);
                let Some(p) = found else { return Ok(Err(wanted)) };
                factor::remove_app(tx, &p.id).await?;
                factor::remove_passkeys(tx, &p.id).await?;
                factor::forget_steps(tx, &p.id).await?;
                // No token has this hash, so none is kept.
                person::end_other_sessions(tx, &p.id, "").await?;
                factor::tell(tx, (number, &p.id), "factors_reset", &caller.person, now).await?;
                audit::append(tx, &Entry::done(&caller, "factor.reset", &p.id), now).await?;
                Ok(Ok(()))
            })
        });
        reset.await?.map_err(|login| PeopleError::Invalid(format!("there is no '{login}'")))
    }

    /// What somebody was told and has not said to have read.
    ///
    /// # Errors
    /// The store's.
    pub async fn told(&self, who: &Present) -> Result<Vec<Told>, PeopleError> {
        let id = who.id.to_string();
        let found = self
            .db
            .read("reading what was told", move |tx| Box::pin(async move { factor::told(tx, &id).await }));
        let one = |t: factor::ToldRow| Told { id: t.id, at: Timestamp(t.at), what: t.what };
        Ok(found.await?.into_iter().map(one).collect())
    }

    /// Notes that somebody has read what they were told, up to a number.
    ///
    /// # Errors
    /// The store's.
    pub async fn saw(&self, who: &Present, up_to: i64) -> Result<(), PeopleError> {
        let (id, now) = (who.id.to_string(), self.clock.now());
        let noted = self.db.write("noting what was read", move |tx| {
            Box::pin(async move { factor::saw(tx, &id, up_to, now).await })
        });
        Ok(noted.await?)
    }
}
