//! Log-ins that are open: whose they are sees and ends them, and shows once more who they are before what is dangerous.

use super::{Chosen, People, PeopleError, Present, hash_of};
use crate::domain::audit::Entry;
use crate::domain::ids::PersonId;
use crate::domain::time::{Span, Timestamp};
use crate::store::{audit, person};

/// How long a proof of who somebody is holds for what is dangerous.
pub const PROOF: Span = Span::minutes(10);
/// How much of the hash of a token names a log-in on pages.
const ID_CHARS: usize = 16;

/// A log-in that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLogin {
    /// What names it.
    pub id: String,
    /// When it began.
    pub since: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends in any case.
    pub until: Timestamp,
    /// From which network it began.
    pub source: String,
    /// Whether it is the one that asks.
    pub this: bool,
}

impl People {
    /// The log-ins of somebody that are open; `token` is that of the one who asks.
    ///
    /// # Errors
    /// The store's.
    pub async fn open_logins(&self, who: &Present, token: &str) -> Result<Vec<OpenLogin>, PeopleError> {
        let (wanted, now, mine) = (who.id.to_string(), self.clock.now(), hash_of(token));
        let idle = now.minus(self.rules.spans(who.role.code()).1);
        let found = self.db.read("listing log-ins", move |tx| {
            Box::pin(async move { person::sessions(tx, &wanted, now, idle).await })
        });
        let one = |s: person::OpenRow| OpenLogin {
            id: s.token_hash.chars().take(ID_CHARS).collect(),
            since: Timestamp(s.created_at),
            seen: Timestamp(s.seen_at),
            until: Timestamp(s.until_ms),
            this: s.token_hash == mine,
            source: s.source,
        };
        Ok(found.await?.into_iter().map(one).collect())
    }

    /// Notes what somebody chose for their pages, in whatever browser they are from here on.
    ///
    /// # Errors
    /// The store's.
    pub async fn choose(&self, person_id: &PersonId, chosen: Chosen) -> Result<(), PeopleError> {
        let (id, now, caller) = (person_id.to_string(), self.clock.now(), self.caller.clone());
        let noted = self.db.write("noting what somebody chose", move |tx| {
            Box::pin(async move {
                let (language, zone) = (chosen.language.as_deref(), chosen.zone.as_deref());
                person::choose(tx, &id, (language, zone)).await?;
                audit::append(tx, &Entry::done(&caller, "account.pages", &id), now).await
            })
        });
        Ok(noted.await?)
    }

    /// Ends one log-in of somebody by what names it; tells whether there was one.
    ///
    /// # Errors
    /// The store's.
    pub async fn end_login(&self, person_id: &PersonId, id: &str) -> Result<bool, PeopleError> {
        let (who, id, now, caller) =
            (person_id.to_string(), id.to_owned(), self.clock.now(), self.caller.clone());
        let ended = self.db.write("ending a log-in", move |tx| {
            Box::pin(async move {
                let ended = id.len() == ID_CHARS && person::end_named(tx, &who, &id).await? > 0;
                if ended {
                    audit::append(tx, &Entry::done(&caller, "login.end", &who), now).await?;
                }
                Ok(ended)
            })
        });
        Ok(ended.await?)
    }

    /// Ends every log-in of somebody, by login.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] where there is no such person.
    pub async fn end_logins(&self, login: &str) -> Result<(), PeopleError> {
        let (wanted, now, caller) = (login.trim().to_lowercase(), self.clock.now(), self.caller.clone());
        let ended = self.db.write("ending log-ins", move |tx| {
            Box::pin(async move {
                let Some(p) = person::by_login(tx, &wanted).await? else { return Ok(Err(wanted)) };
                // No token has this hash, so none is kept.
                person::end_other_sessions(tx, &p.id, "").await?;
                audit::append(tx, &Entry::done(&caller, "login.end_all", &p.id), now).await?;
                Ok(Ok(()))
            })
        });
        ended.await?.map_err(|login| PeopleError::Invalid(format!("there is no '{login}'")))
    }

    /// Shows once more, by password, who holds a log-in; who has a second factor shows a code as well. Wrong tries
    /// count as those to log in. Gives the token by which the log-in is held from now on.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for a wrong password or code, [`PeopleError::TooMany`] for too many tries.
    pub async fn prove(
        &self,
        login: &str,
        token: &str,
        (password, code): (&str, &str),
        address: &str,
    ) -> Result<String, PeopleError> {
        let p = self.checked(("login.prove", false), login, password, address).await?;
        if self.ways(&p.id).await?.is_some() {
            self.code(&p, code, address).await?;
        }
        self.proved(&p.id, token, ("login.prove", true)).await
    }

    /// Shows the present password to change it, and exchanges the token of the log-in. It is a proof of its own only
    /// for who has no second factor.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for a wrong password, [`PeopleError::TooMany`] for too many tries.
    pub async fn show_password(
        &self,
        login: &str,
        token: &str,
        password: &str,
        address: &str,
    ) -> Result<String, PeopleError> {
        let p = self.checked(("login.prove", false), login, password, address).await?;
        let alone = !self.ways(&p.id).await?.is_some();
        self.proved(&p.id, token, ("login.prove", alone)).await
    }

    /// Exchanges the token of a log-in whose holder showed something, and notes it as proof where it is one.
    pub(super) async fn proved(
        &self,
        id: &str,
        token: &str,
        (act, proves): (&'static str, bool),
    ) -> Result<String, PeopleError> {
        let (hash, now, caller) = (hash_of(token), self.clock.now(), self.caller.clone());
        let ((fresh, fresh_hash), id) = (self.token(), id.to_owned());
        let proved = self.db.write("noting a proof", move |tx| {
            Box::pin(async move {
                let at = proves.then_some(now);
                let stands = person::prove_session(tx, (&hash, &fresh_hash), &id, at).await?;
                audit::append(tx, &Entry::done(&caller, act, &id), now).await?;
                Ok(stands)
            })
        });
        if proved.await? { Ok(fresh) } else { Err(PeopleError::Denied("this log-in has ended")) }
    }
}
