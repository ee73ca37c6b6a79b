//! Numbers of a business on WhatsApp (Cloud API): what customers write to them, and our answers.
//!
//! Everything is private. A webhook is the only way in: nothing can be read back, so a delivery that was not taken is
//! sent again by the platform for a day and a half, and then lost. Answers are free words within 24 hours of the customer's last
//! message, and approved templates after that. That a message was taken says nothing of its arrival: what
//! became of it is told later, in any order, and settles what is unknown. There is no key by which the platform knows a
//! second attempt, so nothing is sent twice by itself.
//!
//! **What was verified, and how.** From copies of the platform's published documentation and of recorded deliveries:
//! envelope, kinds of messages, statuses, signature, codes of refusals (131026, 131047, 131049), the ids of people that
//! need no number and `recipient` in their place (2026), the kind `revoke` (told only of numbers that are used in the app as
//! well) and messages written in the app (`smb_message_echoes`). From memory and public code, never reached while building:
//! `biz_opaque_callback_data` in statuses, the form of the kind `edit`, the remaining codes, prices. Checked against a fake with a ledger of its own.

pub mod config;
mod examine;
mod hook;
mod media;
mod message;
mod reply;
mod template;

pub use config::WhatsappConfig;
pub use reply::LIMITS;
pub use template::Template;

use super::grants::{Grants, Right};
use super::meta::{GraphError, GraphMeaning, usage};
use super::webhook::Hook;
use super::{
    Examine, Media, Outside, Private, Purse, Reply, Source, SourceTrouble, Tally, TroubleState, shortened,
};
use crate::clock::Clock;
use crate::domain::letter::refusal;
use crate::domain::post::RawAuthor;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Budget, Call, CallError, HttpClient};
use config::{NumberConfig, Prices};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Method, header};
use message::KIND;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

/// Statuses whose bodies say what was wrong.
const REFUSALS: &[u16] = &[400, 401, 403, 404, 429];
/// How long we leave the platform alone that asks for fewer calls without saying for how long.
const SLOWER: Span = Span::seconds(30);

/// Numbers of one business.
pub struct Whatsapp {
    name: String,
    credential: String,
    counts_from: Option<Timestamp>,
    account: String,
    numbers: Vec<NumberConfig>,
    base: Url,
    token: HeaderValue,
    /// What shows, beside the token, that we are the app.
    proof: String,
    /// The secrets by which deliveries may be signed; the first is the present one.
    secrets: Vec<SecretString>,
    verify_token: SecretString,
    templates: Vec<Template>,
    prices: Prices,
    purse: Purse,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    budget: Budget,
    tally: Tally,
    grants: Grants,
}

impl std::fmt::Debug for Whatsapp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whatsapp").field("credential", &self.credential).finish_non_exhaustive()
    }
}

/// How a call failed.
#[derive(Debug)]
enum Failed {
    /// Our own limit of calls is reached.
    Spent(Timestamp),
    /// No answer, or one that says nothing.
    Call(CallError),
    /// The platform refuses it.
    Refused(GraphError, u16, Option<Span>),
    /// The answer is not what is described.
    Unreadable,
}

fn needed(field: &str, given: Option<&SecretString>) -> Result<SecretString, String> {
    let given = given.ok_or_else(|| format!("whatsapp: it needs {field} or {field}_file"))?;
    Ok(SecretString::from(given.expose_secret().trim().to_owned()))
}

impl Whatsapp {
    /// Numbers after the settings, of a brand; what is wrong with them is said in words.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        brand: Option<&str>,
        config: &WhatsappConfig,
        outside: &Outside,
    ) -> Result<Self, String> {
        let plain = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        if !plain(&config.account) {
            return Err("whatsapp.account: wanted is the id of the WhatsApp Business account".to_owned());
        }
        if config.numbers.is_empty() || config.numbers.iter().any(|n| !plain(&n.id) || n.digits().len() < 6) {
            return Err("whatsapp.number: wanted is at least one, with id and phone".to_owned());
        }
        let mut base = Url::parse(&config.api_url)
            .ok()
            .filter(Url::has_host)
            .ok_or("whatsapp.api_url: it is no web address")?;
        base.path_segments_mut()
            .map_err(|()| "whatsapp.api_url: it is no web address")?
            .pop_if_empty()
            .push(&config.version);
        let token = needed("token", config.token.as_ref())?;
        let secret = needed("app_secret", config.app_secret.as_ref())?;
        let proof = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
            .map(|mac| mac.chain_update(token.expose_secret()).finalize().into_bytes())
            .map_err(|_| "whatsapp.app_secret: it cannot be used")?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| "whatsapp.token: it holds characters that no token has")?;
        bearer.set_sensitive(true);
        let templates = config
            .templates
            .iter()
            .map(|t| Template::read(t).map_err(|why| format!("whatsapp.template '{}': {why}", t.name)));
        let credential = format!("{KIND}:{}", config.numbers[0].id);
        let budget = config.monthly_usd.map(micros);
        let a_second = NonZeroU32::new(config.per_second_max).unwrap_or(NonZeroU32::MIN);
        Ok(Self {
            name: name.to_owned(),
            counts_from,
            account: config.account.clone(),
            numbers: config.numbers.clone(),
            base,
            token: bearer,
            proof: hex::encode(proof),
            secrets: std::iter::once(secret).chain(config.previous_app_secret.clone()).collect(),
            verify_token: needed("verify_token", config.verify_token.as_ref())?,
            templates: templates.collect::<Result<_, _>>()?,
            prices: config.prices,
            purse: Purse::new(&credential, (KIND, "USD"), brand, budget, outside.clock.clone()),
            http: outside.http.clone(),
            clock: outside.clock.clone(),
            budget: Budget::new(outside.clock.clone(), a_second, Span::seconds(1)),
            tally: Tally::default(),
            grants: Grants::default(),
            credential,
        })
    }

    /// Who we are: the business, by its first number.
    fn me(&self) -> RawAuthor {
        let handle = self.numbers.first().map(|n| format!("+{}", n.digits()));
        RawAuthor { id: self.account.clone(), handle, ..RawAuthor::default() }
    }

    /// Asks or does something at a path, and gives what is answered.
    async fn call(
        &self,
        (method, path): (Method, &[&str]),
        query: &[(&str, &str)],
        body: Option<&Value>,
        within: Span,
    ) -> Result<Value, Failed> {
        self.budget.take(&self.credential).map_err(Failed::Spent)?;
        self.tally.add(&self.credential);
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url.query_pairs_mut().extend_pairs(query).append_pair("appsecret_proof", &self.proof);
        let mut call = Call::new(method, url).header(header::AUTHORIZATION, self.token.clone());
        if let Some(body) = body {
            call = call.body("application/json", body.to_string());
        }
        let answer = self.http.send(call.within(within).takes(REFUSALS)).await.map_err(Failed::Call)?;
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if REFUSALS.contains(&answer.status) {
            let wait = usage(&answer.headers).wait.or(answer.hint.wait);
            return Err(Failed::Refused(GraphError::of(&told).unwrap_or_default(), answer.status, wait));
        }
        if told.is_object() { Ok(told) } else { Err(Failed::Unreadable) }
    }

    /// What a failed call means for reading, and for whoever asks how it stands.
    fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let now = self.clock.now();
        match failed {
            Failed::Spent(until) => SourceTrouble::spent(*until, now),
            Failed::Call(error) => SourceTrouble::of(error, TroubleState::NeedsToken, now),
            Failed::Unreadable => SourceTrouble::new(TroubleState::Broken, failed.words()),
            Failed::Refused(error, status, wait) => {
                let state = match (error.meaning(), status) {
                    (GraphMeaning::TooMany, _) | (_, 429) => {
                        let wait = wait.unwrap_or(SLOWER);
                        let state = TroubleState::RateLimited { until: now.plus(wait) };
                        return SourceTrouble::new(state, failed.words()).after(wait);
                    }
                    (GraphMeaning::TokenInvalid, _) | (_, 401) => TroubleState::NeedsToken,
                    (GraphMeaning::NoRight | GraphMeaning::Restricted, _) | (_, 403) => {
                        TroubleState::NeedsRight
                    }
                    (GraphMeaning::Transient, _) => TroubleState::Unreachable,
                    _ => TroubleState::Broken,
                };
                SourceTrouble::new(state, failed.words())
            }
        }
    }

    /// Notes whether we may write.
    fn note_right(&self, failed: Option<&Failed>) {
        match failed {
            None => self.grants.given(Right::Private),
            Some(Failed::Refused(error, ..)) => {
                let lost = matches!(
                    error.meaning(),
                    GraphMeaning::TokenInvalid | GraphMeaning::NoRight | GraphMeaning::Restricted
                );
                if lost || matches!(error.code, 131_031 | 131_042 | 133_010) {
                    self.grants.lost(Right::Private, refusal(error.code).1);
                }
            }
            Some(_) => {}
        }
    }
}

impl Failed {
    fn words(&self) -> String {
        match self {
            Self::Spent(_) => "our own limit of messages a second is reached".to_owned(),
            Self::Unreadable => "the answer is not what WhatsApp describes".to_owned(),
            Self::Refused(error, status, _) if error.code == 0 => format!("WhatsApp answers {status}"),
            Self::Refused(error, ..) => format!("{} ({})", refusal(error.code).1, error.code),
            Self::Call(error) => shortened(&error.to_string()),
        }
    }
}

/// Dollars as millionths.
fn micros(dollars: f64) -> i64 {
    super::x::micros(dollars)
}

impl Source for Whatsapp {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        KIND
    }

    fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    fn hook(&self) -> Option<&dyn Hook> {
        Some(self)
    }

    fn reply(&self) -> Option<&dyn Reply> {
        Some(self)
    }

    fn private(&self) -> Option<&dyn Private> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn examine(&self) -> Option<&dyn Examine> {
        Some(self)
    }

    fn grants(&self) -> Option<&Grants> {
        Some(&self.grants)
    }

    fn purse(&self) -> Option<&Purse> {
        Some(&self.purse)
    }

    fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }
}
