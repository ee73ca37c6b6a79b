//! Who may come in: people, tokens, and who asks.

use super::ask::{Call, Reply, state_of};
use super::pages::{self, PageQuery};
use super::problem::Problem;
use super::word::At;
use crate::domain::role::Walls;
use crate::people::{ROLES, SERVICE};
use crate::store::{guard, person};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most people or tokens on a page.
const SHOWN_MAX: usize = 200;

/// Who asks, by which token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Me {
    /// The token by id.
    pub token: String,
    /// What people call it.
    pub name: String,
    /// In whose name it acts, by id.
    pub person: String,
    /// Their name, as it stands in timelines.
    pub person_name: String,
    /// What it may do at present.
    pub scopes: Vec<String>,
    /// The brands that it sees.
    pub brands: Vec<String>,
    /// When it ends.
    pub until: At,
}

/// `GET /me`.
pub fn me(call: &Call) -> Result<Reply, Problem> {
    let brands = call.brands().into_iter().map(|b| b.brand.name).collect();
    let b = &call.bearer;
    Reply::json(&Me {
        token: b.token_id.clone(),
        name: b.token_name.clone(),
        person: b.person.to_string(),
        person_name: b.person_name.clone(),
        scopes: b.scopes.iter().map(|s| s.code().to_owned()).collect(),
        brands,
        until: At(b.until),
    })
}

/// A person who may log in, or could.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// The name by which they log in.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// Their role.
    pub role: String,
    /// Whether they may log in no more.
    pub disabled: bool,
    /// Whether they have a password.
    pub has_password: bool,
    /// How many of a newcomer's answers passed unchanged; none of anybody else.
    pub answers_passed: Option<i64>,
    /// The brands that they see, by name; none means every brand, also those to come.
    pub brands: Option<Vec<String>>,
}

fn shape(p: person::PersonRow, brands: &[(String, String)], newcomers: &[(String, i64)]) -> Person {
    let walls = Walls::stored(p.brands.as_deref());
    let seen = || brands.iter().filter(|b| walls.let_see(&b.0)).map(|b| b.1.clone()).collect();
    Person {
        answers_passed: newcomers.iter().find(|(id, _)| *id == p.id).map(|(_, n)| *n),
        brands: (!walls.is_open()).then(seen),
        id: p.id,
        login: p.login,
        name: p.name,
        role: p.role,
        disabled: p.disabled_at.is_some(),
        has_password: p.password.is_some(),
    }
}

/// Every brand, by id and name.
fn brands(call: &Call) -> Vec<(String, String)> {
    call.brands().into_iter().map(|b| (b.id, b.brand.name)).collect()
}

/// All people.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct People {
    /// By login, at most 200.
    pub people: Vec<Person>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
    /// After how many answers that passed unchanged a newcomer is an agent; 0 leaves that to people.
    pub answers_wanted: i64,
}

/// `GET /people`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: PageQuery = call.query()?;
    let from: Option<(String,)> = pages::key(asked.cursor.as_deref())?;
    let read = call.api.db.read("listing people", |tx| {
        Box::pin(async move { Ok((person::all(tx).await?, guard::newcomers(tx).await?)) })
    });
    let ((all, newcomers), brands) = (read.await?, brands(&call));
    // In the order in which the database gave them: behind the one of this login.
    let place = match &from {
        Some((login,)) => all.iter().position(|p| p.login == *login).ok_or_else(pages::no_cursor)? + 1,
        None => 0,
    };
    let others: Vec<_> =
        all.into_iter().skip(place).filter(|p| p.role != SERVICE).take(SHOWN_MAX + 1).collect();
    let (page, next) = pages::keyed(others, SHOWN_MAX, |p| (p.login.clone(),));
    let people = page.into_iter().map(|p| shape(p, &brands, &newcomers)).collect();
    Reply::json(&People { people, next, answers_wanted: call.casework().newcomers_pass() })
}

/// A new person.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    /// The name by which they log in: letters, digits, '.', '-', '_', '@'.
    pub login: String,
    /// The name shown; without a word the login.
    #[serde(default)]
    pub name: String,
    /// Their role: agent, guest, newcomer, lead, front_office, communications, admin or auditor.
    pub role: String,
    /// The brands that they see, by name; none means every brand.
    #[serde(default)]
    pub brands: Vec<String>,
}

/// A log-in link.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Link {
    /// The address by which they log in once, within 30 minutes. An answer that is given again under its key has
    /// none: it is kept nowhere.
    pub link: Option<String>,
}

/// `POST /people`.
pub async fn add(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: PersonBody = call.body()?;
    if !ROLES.contains(&asked.role.as_str()) {
        return Err(Problem::invalid("role", format!("allowed are {}", ROLES.join(", "))));
    }
    let path = call.people().add_with(&asked.login, &asked.name, &asked.role, &[], &asked.brands).await?;
    linked(&call, &path, 201).await
}

/// `POST /people/{login}/link`.
pub async fn link(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let super::beside::Nothing {} = call.body()?;
    let login = known(&call).await?;
    let path = call.people().link(&login).await?;
    linked(&call, &path, 200).await
}

/// Answers with a link, which is a secret: under a key only that it was made is kept.
async fn linked(call: &Call, path: &str, status: u16) -> Result<Reply, Problem> {
    if let Some(once) = &call.once {
        let told = Reply { status, ..Reply::json(&Link { link: None })? };
        once.keep_after(&call.api, &told).await?;
    }
    let link = format!("{}{path}", call.api.public_url.trim_end_matches('/'));
    Ok(Reply { status, kept: true, ..Reply::json(&Link { link: Some(link) })? })
}

/// `GET /people/{login}`.
pub async fn one(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let login = known(&call).await?;
    told(&call, &login).await
}

/// What somebody is, and which brands they see.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceBody {
    /// Their role: agent, guest, newcomer, lead, front_office, communications, admin or auditor.
    pub role: String,
    /// The brands that they see, by name.
    #[serde(default)]
    pub brands: Vec<String>,
    /// Whether they see every brand, also those to come; to be said where no brand is named.
    #[serde(default)]
    pub every_brand: bool,
}

/// `PUT /people/{login}/place`.
pub async fn place(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let (login, asked): (_, PlaceBody) = (known(&call).await?, call.body()?);
    if asked.brands.is_empty() != asked.every_brand {
        return Err(Problem::invalid("brands", "name some, or say 'every_brand'"));
    }
    call.unchanged(look(&call, &login).await?.1)?;
    call.people().set_place(&login, &asked.role, &asked.brands).await?;
    told(&call, &login).await
}

/// `POST /people/{login}/log-ins/end`.
pub async fn end_log_ins(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let super::beside::Nothing {} = call.body()?;
    let login = known(&call).await?;
    call.people().end_logins(&login).await?;
    told(&call, &login).await
}

/// `POST /people/{login}/factors/reset`.
pub async fn reset_factors(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let super::beside::Nothing {} = call.body()?;
    let login = known(&call).await?;
    call.people().reset_factors(&login).await?;
    told(&call, &login).await
}

/// Somebody as they are now.
async fn told(call: &Call, login: &str) -> Result<Reply, Problem> {
    let (person, state) = look(call, login).await?;
    Ok(Reply::json(&person)?.of_version(state))
}

/// Somebody as they are now, and how their place stands.
async fn look(call: &Call, login: &str) -> Result<(Person, i64), Problem> {
    let looked = login.to_owned();
    let read = call.api.db.read("looking a person up", move |tx| {
        Box::pin(async move { Ok((person::by_login(tx, &looked).await?, guard::newcomers(tx).await?)) })
    });
    let (found, newcomers) = read.await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let disabled = found.disabled_at.map(|at| at.to_string()).unwrap_or_default();
    let state =
        state_of([found.role.as_str(), found.brands.as_deref().unwrap_or_default(), disabled.as_str()]);
    Ok((shape(found, &brands(call), &newcomers), state))
}

/// `POST /people/{login}/disable`.
pub async fn disable(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let super::beside::Nothing {} = call.body()?;
    let login = known(&call).await?;
    call.people().disable(&login).await?;
    Reply::json(&Disabled { login, disabled: true })
}

/// Somebody who may log in no more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Disabled {
    /// The name by which they logged in.
    pub login: String,
    /// That they no longer may.
    pub disabled: bool,
}

/// The login in the address, if there is such a person.
async fn known(call: &Call) -> Result<String, Problem> {
    let login = call.part("login").trim().to_lowercase();
    let looked = login.clone();
    let found = call
        .api
        .db
        .read("looking a person up", move |tx| Box::pin(async move { person::by_login(tx, &looked).await }));
    found.await?.filter(|p| p.role != SERVICE).map(|_| login).ok_or_else(Problem::not_found)
}

/// A token, without what it is made of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// In whose name it acts.
    pub acts_as: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// Its brands; none means all.
    pub brands: Vec<String>,
    /// When it was made.
    pub created_at: At,
    /// When it ends.
    pub until: At,
    /// When it was last used, to the minute.
    pub used_at: Option<At>,
    /// `good`, `ended` or `revoked`.
    pub state: String,
}

impl Token {
    /// Of one that is held.
    pub fn of(t: crate::tokens::Held) -> Self {
        Self {
            id: t.id,
            name: t.name,
            acts_as: t.acts_as,
            scopes: t.scopes.iter().map(|s| s.code().to_owned()).collect(),
            brands: t.brands,
            created_at: At(t.created_at),
            until: At(t.until),
            used_at: t.used_at.map(At),
            state: t.state.to_owned(),
        }
    }
}

/// All tokens.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tokens {
    /// The latest first, at most 200.
    pub tokens: Vec<Token>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /tokens`.
pub async fn tokens(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: PageQuery = call.query()?;
    let (from, id) = pages::place(asked.cursor.as_deref())?;
    let mut all = call.api.tokens.list().await?;
    all.retain(|t| (t.created_at.millis(), &t.id) < (from, &id));
    let (page, next) = pages::behind(all, SHOWN_MAX, |t| (t.created_at.millis(), t.id.clone()));
    Reply::json(&Tokens { tokens: page.into_iter().map(Token::of).collect(), next })
}

/// `GET /tokens/{token}`.
pub async fn token(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let id = call.part("token");
    let found = call.api.tokens.list().await?.into_iter().find(|t| t.id == id);
    let told = Token::of(found.ok_or_else(Problem::not_found)?);
    // When it was last used is no change of it.
    let version = state_of([told.id.as_str(), told.acts_as.as_str(), told.state.as_str()]);
    Ok(Reply::json(&told)?.of_version(version))
}

/// `POST /tokens/{token}/revoke`.
pub async fn revoke(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let super::beside::Nothing {} = call.body()?;
    let id = call.part("token").to_owned();
    let found = |all: Vec<crate::tokens::Held>| all.into_iter().find(|t| t.id == id);
    let known = found(call.api.tokens.list().await?).ok_or_else(Problem::not_found)?;
    call.api.tokens.by(call.caller.clone()).revoke(&known.id).await?;
    let now = found(call.api.tokens.list().await?).ok_or_else(Problem::not_found)?;
    Reply::json(&Token::of(now))
}
