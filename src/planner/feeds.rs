//! Calendars out: an address with a secret in it, for one's own shifts or the team's. Whoever has it reads, until it is
//! taken back; of the secret only a hash is kept.

use super::{Planner, PlannerError, note, sheet};
use crate::domain::ids::FeedId;
use crate::domain::planner::{Feed, write};
use crate::domain::role::{Right, Role};
use crate::domain::time::Span;
use crate::store::planner::{self as store, FeedRow};
use crate::store::{StoreError, person};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// How far back and ahead a calendar tells.
const BACK: Span = Span::days(60);
const AHEAD: Span = Span::days(180);
/// Longest token that is looked up.
const TOKEN_MAX: usize = 64;

/// An address that was made: the only time that its secret is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// Its path below the console.
    pub path: String,
}

fn hash_of(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

impl Planner {
    /// Makes an address for somebody's own shifts, or for the team's.
    pub async fn make_feed(&self, by: &str, team: bool) -> Result<Made, PlannerError> {
        let now = self.clock.now();
        let token = URL_SAFE_NO_PAD.encode(self.mint.chance().token_bytes());
        let row = FeedRow {
            id: self.mint.id(now, FeedId::new).to_string(),
            hash: hash_of(&token),
            person_id: (!team).then(|| by.to_owned()),
            made_by: by.to_owned(),
            made_at: now.millis(),
            revoked_at: None,
        };
        let made = Made { id: row.id.clone(), path: format!("/ical/{token}.ics") };
        let entry = self.entry(by, "planner.feed", &row.id);
        let done = self.db.write_again("making an address for calendars", move |tx| {
            let (row, entry) = (row.clone(), entry.clone());
            Box::pin(async move {
                store::add_feed(tx, &row).await?;
                note(tx, &entry, now).await
            })
        });
        done.await?;
        Ok(made)
    }

    /// The addresses that stand: one's own, and for leads those of the team.
    pub async fn feeds(&self, who: &str, lead: bool) -> Result<Vec<FeedRow>, StoreError> {
        let who = who.to_owned();
        let read = self.db.read("reading addresses for calendars", |tx| Box::pin(store::feeds(tx)));
        let mut all = read.await?;
        all.retain(|f| f.person_id.as_ref().map_or(lead, |p| *p == who));
        Ok(all)
    }

    /// Takes an address back: one's own, or for leads one of the team.
    pub async fn revoke_feed(&self, who: &str, lead: bool, id: &str) -> Result<(), PlannerError> {
        let now = self.clock.now();
        let entry = self.entry(who, "planner.unfeed", id);
        let (who, id) = (who.to_owned(), id.to_owned());
        let done = self.db.write_again("taking an address for calendars back", move |tx| {
            let (who, id, entry) = (who.clone(), id.clone(), entry.clone());
            Box::pin(async move {
                let all = store::feeds(tx).await?;
                let mine = |f: &FeedRow| f.person_id.as_ref().map_or(lead, |p| *p == who);
                if !all.iter().any(|f| f.id == id && mine(f)) {
                    return Ok(Err(PlannerError::NotFound));
                }
                store::revoke_feed(tx, &id, now).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?
    }

    /// The calendar behind a secret; nothing where it opens none. Who may no longer come in has none, and the team's ends
    /// with the rights of the lead who made it.
    pub async fn calendar(&self, token: &str, host: &str) -> Result<Option<String>, StoreError> {
        if token.len() > TOKEN_MAX {
            return Ok(None);
        }
        let (now, hash, host) = (self.clock.now(), hash_of(token), host.to_owned());
        let read = self.db.read("reading a calendar", move |tx| {
            Box::pin(async move {
                let Some(feed) = store::feed_by(tx, &hash).await? else { return Ok(None) };
                let owner = feed.person_id.as_deref().unwrap_or(&feed.made_by);
                let owner = person::by_id(tx, owner).await?.filter(|p| p.disabled_at.is_none());
                let Some(owner) = owner else { return Ok(None) };
                let leads = Role::from_code(&owner.role).is_some_and(|role| role.may(Right::Steer));
                if feed.person_id.is_none() && !leads {
                    return Ok(None);
                }
                let found = sheet(tx, now.minus(BACK), now.plus(AHEAD)).await?;
                let name = if feed.person_id.is_some() { owner.name.as_str() } else { "webcared" };
                let feed =
                    Feed { person: feed.person_id.as_deref(), name, names: &found.names, host: &host, now };
                Ok(Some(write(&found.planned, &feed)))
            })
        });
        read.await
    }
}
