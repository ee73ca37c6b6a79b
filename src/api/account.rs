//! The account of the person in whose name a token acts: second factors, log-ins, tokens. Everything is their own;
//! what is not is not there. What is dangerous shows anew who asks, as on the console's pages; what only a browser can
//! do says so.

use super::ask::{Call, Reply, state_of};
use super::problem::{Kind, Problem};
use super::staff::Token;
use super::word::At;
use crate::people::totp::{address, base32};
use crate::people::{PeopleError, Present, Proof};
use crate::store::answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest password and code that are looked at, in bytes.
const PASSWORD_BYTES_MAX: usize = 4096;
const CODE_BYTES_MAX: usize = 64;
/// Where in the console a browser does the rest.
const PAGE: &str = "/account/second";

/// A passkey.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub since: At,
    /// When it was last used.
    pub used_at: Option<At>,
}

/// A log-in to the console that is open.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Session {
    /// What names it.
    pub id: String,
    /// When it began.
    pub since: At,
    /// When it was last used, to the minute.
    pub seen_at: At,
    /// When it ends in any case.
    pub until: At,
    /// From which network it began.
    pub network: String,
}

/// What stands under answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OwnSign {
    /// The brand by name; none for all of them.
    pub brand: Option<String>,
    /// The sign, without `^`.
    pub sign: String,
}

/// A sign to be set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignBody {
    /// The brand by name; without a word all of them.
    #[serde(default)]
    pub brand: Option<String>,
    /// Letters, digits, `-` and `_`; an empty one takes it away.
    pub sign: String,
}

/// The account of the person in whose name the token acts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Account {
    /// Their id.
    pub person: String,
    /// The name by which they log in.
    pub login: String,
    /// Their name, as others see it.
    pub name: String,
    /// Their role.
    pub role: String,
    /// What a dangerous act asks for: `password`, `password_and_code`, or `browser` where only a browser can show who
    /// they are.
    pub proof: String,
    /// Whether there is an app for codes whose first code was right.
    pub app: bool,
    /// How many recovery codes are left.
    pub codes_left: i64,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<Key>,
    /// The log-ins to the console that are open.
    pub sessions: Vec<Session>,
    /// What stands under their answers: for all brands, and where a brand has another one.
    pub signs: Vec<OwnSign>,
    /// The tokens that act in their name, the latest first.
    pub tokens: Vec<Token>,
    /// The page of the console on which a browser does what no program can: add a passkey.
    pub page: String,
}

/// What shows who asks.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofBody {
    /// The password of the person.
    pub password: String,
    /// A code of their app, or a recovery code; where they have one.
    #[serde(default)]
    pub code: String,
}

/// What confirms an app.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmBody {
    /// The password of the person.
    pub password: String,
    /// A code of a passkey's owner is asked for in the browser; nobody else has one before their first app.
    #[serde(default)]
    pub code: String,
    /// The first code that the new app shows.
    pub first: String,
}

/// An app for codes that was begun.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Begun {
    /// Its secret in base 32, for the app. An answer that is given again under its key has none: it is kept nowhere.
    pub secret: Option<String>,
    /// The same as an address, as pictures for apps hold it.
    pub address: Option<String>,
}

/// Recovery codes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Codes {
    /// Ten codes, each good once, shown once. An answer that is given again under its key has none.
    pub codes: Option<Vec<String>>,
}

/// Whose account it is.
async fn owner(call: &Call) -> Result<Present, Problem> {
    let found = call.api.people.behind(&call.bearer.person).await?;
    let none = "the token acts for a service, which has no account; make one that acts for a person";
    found.ok_or_else(|| Problem::new(Kind::Refused, none))
}

fn page_of(call: &Call) -> String {
    format!("{}{PAGE}", call.api.public_url.trim_end_matches('/'))
}

/// Shows who asks. Password and code are wrong alike: which of them is not told.
async fn proved(call: &Call, password: &str, code: &str) -> Result<Present, Problem> {
    let who = owner(call).await?;
    let ways = call.api.people.ways(who.id.as_str()).await?;
    if Proof::of(who.has_password, ways) == Proof::Browser {
        let page = page_of(call);
        let what = format!("only a browser can show who you are, by a passkey or your provider: {page}");
        return Err(Problem::new(Kind::Refused, what).with("page", page.into()));
    }
    let wrong = || Problem::invalid("password", "it is wrong, or the code is, or the code was used already");
    if password.len() > PASSWORD_BYTES_MAX || code.len() > CODE_BYTES_MAX {
        return Err(wrong());
    }
    match call.people().show(&who, (password, code), &call.address).await {
        Ok(()) => Ok(who),
        Err(PeopleError::Denied(_)) => Err(wrong()),
        Err(error) => Err(error.into()),
    }
}

async fn asked(call: &Call) -> Result<Present, Problem> {
    let body: ProofBody = call.body()?;
    proved(call, &body.password, &body.code).await
}

/// Answers with a secret: under a key only that it was made is kept.
async fn secret<T: Serialize>(call: &Call, shown: &T, kept: &T) -> Result<Reply, Problem> {
    if let Some(once) = &call.once {
        once.keep_after(&call.api, &Reply::json(kept)?).await?;
    }
    Ok(Reply { kept: true, ..Reply::json(shown)? })
}

/// `GET /account`.
pub async fn read(call: Call) -> Result<Reply, Problem> {
    let now = account(&call, &owner(&call).await?).await?;
    Ok(Reply::json(&now)?.of_version(signs_stand(&now)))
}

async fn account(call: &Call, who: &Present) -> Result<Account, Problem> {
    let people = &call.api.people;
    let ways = people.ways(who.id.as_str()).await?;
    let key = |k: crate::people::Passkey| Key {
        id: k.id,
        name: k.name,
        since: At(k.since),
        used_at: k.used.map(At),
    };
    // No log-in has this token: none of them is the one that asks.
    let open = people.open_logins(who, "").await?;
    let session = |l: crate::people::OpenLogin| Session {
        id: l.id,
        since: At(l.since),
        seen_at: At(l.seen),
        until: At(l.until),
        network: l.source,
    };
    let mut tokens = call.api.tokens.list().await?;
    tokens.retain(|t| t.person == who.id.as_str());
    let (brands, me) = (call.brands(), who.id.to_string());
    let read = call
        .api
        .db
        .read("reading signatures", move |tx| Box::pin(async move { answer::signs(tx, &me).await }));
    // Of a brand that this token does not see nothing is told.
    let sign = |(id, sign): (String, String)| {
        let brand = brands.iter().find(|b| b.id == id).map(|b| b.brand.name.clone());
        (id.is_empty() || brand.is_some()).then_some(OwnSign { brand, sign })
    };
    Ok(Account {
        signs: read.await?.into_iter().filter_map(sign).collect(),
        person: who.id.to_string(),
        login: who.login.clone(),
        name: who.name.clone(),
        role: who.role.code().to_owned(),
        proof: Proof::of(who.has_password, ways).code().to_owned(),
        app: ways.app,
        codes_left: ways.codes,
        passkeys: people.passkeys(who).await?.into_iter().map(key).collect(),
        sessions: open.into_iter().map(session).collect(),
        tokens: tokens.into_iter().map(Token::of).collect(),
        page: page_of(call),
    })
}

/// How the signs stand, for who says what they saw of them.
fn signs_stand(account: &Account) -> i64 {
    state_of(account.signs.iter().flat_map(|s| [s.brand.as_deref().unwrap_or_default(), s.sign.as_str()]))
}

/// `PUT /account/sign`.
pub async fn set_sign(call: Call) -> Result<Reply, Problem> {
    let body: SignBody = call.body()?;
    let who = owner(&call).await?;
    let brand = match &body.brand {
        None => String::new(),
        Some(_) => call.chosen(body.brand.as_ref())?.remove(0).id,
    };
    if call.if_match.is_some() {
        call.unchanged(signs_stand(&account(&call, &who).await?))?;
    }
    call.casework().set_sign(&call.actor(), &brand, &body.sign).await?;
    let now = account(&call, &who).await?;
    Ok(Reply::json(&now)?.of_version(signs_stand(&now)))
}

/// `POST /account/app`.
pub async fn begin_app(call: Call) -> Result<Reply, Problem> {
    let who = asked(&call).await?;
    call.people().begin_app(&who).await?;
    let lost = || Problem::new(Kind::Internal, "an app that was begun is not there");
    let bytes = call.api.people.begun_app(&who).await?.ok_or_else(lost)?;
    let host = url::Url::parse(&call.api.public_url).ok().and_then(|u| u.host_str().map(ToOwned::to_owned));
    let issuer = host.map_or_else(|| "webcared".to_owned(), |host| format!("webcared-{host}"));
    let shown = Begun { secret: Some(base32(&bytes)), address: Some(address(&issuer, &who.login, &bytes)) };
    secret(&call, &shown, &Begun { secret: None, address: None }).await
}

/// `POST /account/app/confirm`.
pub async fn confirm_app(call: Call) -> Result<Reply, Problem> {
    let body: ConfirmBody = call.body()?;
    if body.first.len() > CODE_BYTES_MAX {
        return Err(Problem::invalid("first", "it is no code of six digits"));
    }
    let who = proved(&call, &body.password, &body.code).await?;
    match call.people().confirm_app(&who, &body.first, "", &call.address).await {
        Ok(codes) => secret(&call, &Codes { codes: Some(codes) }, &Codes { codes: None }).await,
        Err(PeopleError::Denied(why)) => Err(Problem::invalid("first", why)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /account/app/remove`.
pub async fn remove_app(call: Call) -> Result<Reply, Problem> {
    let who = asked(&call).await?;
    call.people().remove_app(&who).await?;
    Reply::json(&account(&call, &who).await?)
}

/// `POST /account/codes`.
pub async fn new_codes(call: Call) -> Result<Reply, Problem> {
    let who = asked(&call).await?;
    let codes = call.people().new_codes(&who).await?;
    secret(&call, &Codes { codes: Some(codes) }, &Codes { codes: None }).await
}

/// `POST /account/passkeys/{passkey}/remove`.
pub async fn remove_passkey(call: Call) -> Result<Reply, Problem> {
    let who = asked(&call).await?;
    if !call.people().remove_passkey(&who, call.part("passkey")).await? {
        return Err(Problem::not_found());
    }
    Reply::json(&account(&call, &who).await?)
}

/// `POST /account/sessions/{session}/end`.
pub async fn end_session(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let who = owner(&call).await?;
    if !call.people().end_login(&who.id, call.part("session")).await? {
        return Err(Problem::not_found());
    }
    Reply::json(&account(&call, &who).await?)
}

/// `POST /account/sessions/end`.
pub async fn end_sessions(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let who = owner(&call).await?;
    // No log-in has this token, so none is kept.
    call.people().leave_elsewhere(&who.id, "").await?;
    Reply::json(&account(&call, &who).await?)
}

/// `POST /account/tokens/{token}/revoke`.
pub async fn revoke_token(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let who = owner(&call).await?;
    let own = call.api.tokens.list().await?.into_iter().find(|t| t.id == call.part("token"));
    let own = own.filter(|t| t.person == who.id.as_str()).ok_or_else(Problem::not_found)?;
    call.api.tokens.by(call.caller.clone()).revoke(&own.id).await?;
    Reply::json(&account(&call, &who).await?)
}
