//! One request as its handler gets it, and what it answers.

use super::once::Once;
use super::problem::{Kind, Problem};
use super::{Api, input};
use crate::casework::{Act, Actor, Casework, Keep};
use crate::catalogue::Watched;
use crate::domain::audit::Caller;
use crate::domain::ids::CaseId;
use crate::domain::time::Timestamp;
use crate::people::People;
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, case};
use crate::tokens::{Bearer, Scope};
use axum::body::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};

/// One request behind the door.
pub struct Call {
    /// The parts.
    pub api: Api,
    /// Who asks.
    pub bearer: Bearer,
    /// What stands in the address, by name.
    pub path: Vec<(String, String)>,
    /// What stands behind the question mark.
    pub query: String,
    /// What was sent.
    pub body: Bytes,
    /// The version that was seen, for acts.
    pub seen: i64,
    /// What was seen of something that is put, where that was said: its [`state_of`].
    pub if_match: Option<i64>,
    /// The key under which this is done, if it has one.
    pub once: Option<Once>,
    /// Who asks, as casework and the audit know them.
    pub caller: Caller,
    /// From which address it came, for counting tries.
    pub address: String,
}

/// What a handler answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// Its kind.
    pub media: &'static str,
    /// The version of the case, where it is about one.
    pub version: Option<i64>,
    /// Whether it was kept under its key already.
    pub kept: bool,
}

/// A JSON answer.
pub const JSON: &str = "application/json";

impl Reply {
    /// What is read.
    pub fn json<T: Serialize>(body: &T) -> Result<Self, Problem> {
        serde_json::to_string(body).map(Self::of_json).map_err(|e| unwritten(&e))
    }

    const fn of_json(body: String) -> Self {
        Self { status: 200, body, media: JSON, version: None, kept: false }
    }

    /// Something that was made.
    pub fn made<T: Serialize>(body: &T) -> Result<Self, Problem> {
        Ok(Self { status: 201, ..Self::json(body)? })
    }

    /// With the version of a case.
    pub fn of_version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }
}

fn unwritten(error: &serde_json::Error) -> Problem {
    Problem::new(Kind::Internal, format!("writing an answer: {error}"))
}

/// A number for how something stands, the same only where all its parts are the same.
pub fn state_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> i64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    // Six bytes: a whole number in any program.
    hash.finalize().iter().take(6).fold(0, |sum, byte| (sum << 8) | i64::from(*byte))
}

/// A case that may be seen.
#[derive(Clone, Debug)]
pub struct CaseAt {
    /// Its id.
    pub id: String,
    /// Its brand by id.
    pub brand_id: String,
    /// Its brand by name.
    pub brand: String,
}

impl Call {
    /// Something that stands in the address.
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Refuses where who asks says what they saw, and it stands otherwise now.
    pub fn unchanged(&self, now: i64) -> Result<(), Problem> {
        if self.if_match.is_none_or(|seen| seen == now) {
            return Ok(());
        }
        let what = "somebody changed it since; read it again";
        Err(Problem::new(Kind::Stale, what).by("If-Match", what))
    }

    /// Something in the address that is a number.
    pub fn number(&self, name: &str) -> Result<i64, Problem> {
        self.part(name).parse().map_err(|_| Problem::not_found())
    }

    /// What was sent.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        input::body(&self.body)
    }

    /// What is asked for.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        input::query(&self.query)
    }

    /// The brands that may be seen: the one door through the walls.
    pub fn brands(&self) -> Vec<Watched> {
        let all = self.api.catalogue.get();
        let sees = |b: &&Watched| self.bearer.sees(&b.brand.name) && self.bearer.walls.let_see(&b.id);
        all.brands.iter().filter(sees).cloned().collect()
    }

    /// The id of a brand that may be seen, by its name.
    pub fn id_of(&self, name: &str) -> Option<String> {
        self.brands().into_iter().find(|b| b.brand.name == name).map(|b| b.id)
    }

    /// The brands that are asked about: one by name, or all that may be seen.
    pub fn chosen(&self, name: Option<&String>) -> Result<Vec<Watched>, Problem> {
        let all = self.brands();
        let Some(name) = name else { return Ok(all) };
        let found: Vec<Watched> =
            all.iter().filter(|b| b.brand.name.eq_ignore_ascii_case(name)).cloned().collect();
        if found.is_empty() {
            let known: Vec<&str> = all.iter().map(|b| b.brand.name.as_str()).collect();
            let what = format!("there is no such brand; this token sees {}", known.join(", "));
            return Err(Problem::new(Kind::Request, format!("brand: {what}")).by("brand", what));
        }
        Ok(found)
    }

    /// The brand that stands in the address.
    pub fn brand(&self) -> Result<Watched, Problem> {
        let name = self.part("brand");
        self.brands()
            .into_iter()
            .find(|b| b.brand.name.eq_ignore_ascii_case(name))
            .ok_or_else(Problem::not_found)
    }

    /// The case that stands in the address, by id or as `BRAND#NUMBER`, if its brand may be seen.
    pub async fn case(&self) -> Result<CaseAt, Problem> {
        if let Some((brand, number)) = self.part("case").rsplit_once('#') {
            return self.numbered(brand, number).await;
        }
        let id = CaseId::parse(self.part("case")).map_err(|_| Problem::not_found())?.to_string();
        let looked = id.clone();
        let found = self.api.db.read("reading a case's brand", move |tx| {
            Box::pin(async move { case::brand_of(tx, &looked).await })
        });
        let brand_id = found.await?.ok_or_else(Problem::not_found)?;
        let brand = self.brands().into_iter().find(|b| b.id == brand_id).ok_or_else(Problem::not_found)?;
        Ok(CaseAt { id, brand_id, brand: brand.brand.name })
    }

    /// The case of a brand by its short number, as telephone systems and shops know it.
    async fn numbered(&self, brand: &str, number: &str) -> Result<CaseAt, Problem> {
        let number: i64 = number.parse().map_err(|_| Problem::not_found())?;
        let named = |b: &Watched| b.brand.name.eq_ignore_ascii_case(brand.trim());
        let watched = self.brands().into_iter().find(named).ok_or_else(Problem::not_found)?;
        let of = watched.id.clone();
        let found = self.api.db.read("looking a case up by number", move |tx| {
            Box::pin(async move { case::by_number(tx, &of, number).await })
        });
        let id = found.await?.ok_or_else(Problem::not_found)?;
        Ok(CaseAt { id, brand_id: watched.id, brand: watched.brand.name })
    }

    /// Casework in the name of who asks.
    pub fn casework(&self) -> Casework {
        self.api.casework.called(self.caller.clone())
    }

    /// People, in the name of who asks.
    pub fn people(&self) -> People {
        self.api.people.by(self.caller.clone())
    }

    /// Who acts, as casework knows them.
    pub fn actor(&self) -> Actor {
        Actor { person: self.bearer.person.clone(), lead: self.bearer.has(Scope::Lead) }
    }

    /// Carries out an act on the case in the address. What is answered is made in the act's own transaction, and
    /// kept under its key there: whatever happens to this process, both stand or neither.
    pub async fn act(&self, act: Act) -> Result<Reply, Problem> {
        let at = self.case().await?;
        let slot: Arc<Mutex<Option<Reply>>> = Arc::default();
        let (filled, once, brand) = (slot.clone(), self.once.clone(), at.brand.clone());
        let now = self.api.clock.now();
        let keep: Keep = Arc::new(move |tx, case| {
            let (slot, once, brand) = (filled.clone(), once.clone(), brand.clone());
            Box::pin(async move {
                let reply = acted(tx, &case, &brand, now).await?;
                if let Some(once) = &once {
                    once.keep(tx, &reply).await?;
                }
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
                Ok(())
            })
        });
        let actor = self.actor();
        self.casework().act_keeping(&at.brand_id, &at.id, self.seen, &actor, act, keep).await?;
        let reply = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut reply = reply.ok_or_else(|| Problem::new(Kind::Internal, "an act left no answer"))?;
        reply.kept = true;
        Ok(reply)
    }
}

/// What an act answers.
async fn acted(tx: &mut Tx, case: &CaseRow, brand: &str, now: Timestamp) -> Result<Reply, StoreError> {
    let acted = super::shape::Acted::read(tx, case, brand, now).await?;
    let body = serde_json::to_string(&acted)
        .map_err(|e| StoreError::Corrupt { what: "writing an answer", found: e.to_string() })?;
    Ok(Reply::of_json(body).of_version(case.version))
}
