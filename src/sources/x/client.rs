//! Calls to X: with the account's token or the app's, each within the limit of its family, and each refusal told
//! apart.
//!
//! Too many calls in a window (429), a cap on use that is reached (429 with another word), and credits that are used
//! up (402) are three things: the first passes by itself, the second with the month, the third when somebody pays.

use super::super::{SourceTrouble, Tally, TroubleState, shortened};
use super::tokens::Tokens;
use crate::clock::Clock;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Answer, Budget, Call, CallError, HttpClient};
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

/// How long to wait where the platform does not say.
const LEFT_ALONE: Span = Span::minutes(1);
const QUARTER: Span = Span::minutes(15);
/// Credits and caps are asked about so often.
pub const MONEY_AGAIN: Span = Span::minutes(15);

/// Endpoints that share a limit: fifteen minutes' calls of one account, as documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Mentions and own posts.
    Timeline,
    /// Search.
    Search,
    /// Posts and profiles by id.
    Lookup,
    /// Private messages that are read.
    Messages,
    /// Posts that are written.
    Post,
    /// Private messages that are written.
    Message,
    /// Replies that are hidden.
    Hide,
    /// Webhooks, subscriptions, rules.
    Manage,
}

impl Family {
    const ALL: [(Self, &'static str, u32); 8] = [
        (Self::Timeline, "timeline", 300),
        (Self::Search, "search", 300),
        (Self::Lookup, "lookup", 300),
        (Self::Messages, "messages", 15),
        (Self::Post, "post", 100),
        (Self::Message, "message", 15),
        (Self::Hide, "hide", 50),
        (Self::Manage, "manage", 50),
    ];

    fn row(self) -> (&'static str, u32) {
        Self::ALL.iter().find(|(f, _, _)| *f == self).map_or(("other", 15), |(_, name, n)| (*name, *n))
    }
}

/// Whose token goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// The account's.
    Account,
    /// The app's.
    App,
}

/// How a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It was not made: the limit is used up until then.
    Spent(Timestamp),
    /// It was not made: there is no token.
    NoToken(SourceTrouble),
    /// It was made, or could not be.
    Call(CallError),
    /// It was answered with something that cannot be read.
    Unreadable,
}

/// Calls X.
pub struct Client {
    base: Url,
    credential: String,
    app: Option<HeaderValue>,
    /// The account's tokens.
    pub tokens: Arc<Tokens>,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    budgets: Vec<Budget>,
    tally: Tally,
}

impl Client {
    /// A client of the platform at `base`.
    pub fn new(
        base: Url,
        credential: &str,
        app: Option<&SecretString>,
        tokens: Arc<Tokens>,
        (http, clock): (HttpClient, Arc<dyn Clock>),
    ) -> Result<Self, String> {
        let app = match app {
            None => None,
            Some(token) => {
                let text = format!("Bearer {}", token.expose_secret().trim());
                Some(HeaderValue::from_str(&text).map_err(|_| "x.app_token: it fits in no header")?)
            }
        };
        let one = |n: u32| Budget::new(clock.clone(), NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN), QUARTER);
        let budgets = Family::ALL.iter().map(|(_, _, n)| one(*n)).collect();
        let (credential, tally) = (credential.to_owned(), Tally::default());
        Ok(Self { base, credential, app, tokens, http, clock, budgets, tally })
    }

    /// The credential.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether there is a token of the app.
    pub const fn has_app(&self) -> bool {
        self.app.is_some()
    }

    /// The calls made since this was last asked.
    pub fn take_calls(&self) -> Vec<(String, i64)> {
        self.tally.take()
    }

    /// The platform's address.
    pub const fn base(&self) -> &Url {
        &self.base
    }

    /// The address of an endpoint.
    pub fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("2").extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn budget(&self, family: Family) -> Option<&Budget> {
        let at = Family::ALL.iter().position(|(f, _, _)| *f == family)?;
        self.budgets.get(at)
    }

    fn take(&self, family: Family, whose: As) -> Result<String, Failed> {
        let key = format!("{}/{whose:?}/{}", self.credential, family.row().0);
        if let Some(budget) = self.budget(family) {
            budget.take(&key).map_err(Failed::Spent)?;
        }
        self.tally.add(&self.credential);
        Ok(key)
    }

    async fn pass(&self, whose: As, refused: Option<&str>) -> Result<(HeaderValue, String), Failed> {
        if whose == As::App {
            let none = || {
                SourceTrouble::new(TroubleState::NeedsToken, "it needs the app's bearer token (app_token)")
            };
            return self.app.clone().map(|v| (v, String::new())).ok_or_else(|| Failed::NoToken(none()));
        }
        let token = match refused {
            None => self.tokens.pass().await,
            Some(refused) => self.tokens.instead_of(refused).await,
        };
        let token = token.map_err(Failed::NoToken)?;
        let value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Failed::Unreadable)?;
        Ok((value, token))
    }

    /// Makes a call; a token of the account that is refused is renewed once, for then nothing was done.
    pub async fn send(&self, family: Family, whose: As, call: Call) -> Result<Answer, Failed> {
        let (bearer, token) = self.pass(whose, None).await?;
        let answer = self.once(family, whose, call.clone().secret(http::header::AUTHORIZATION, bearer)).await;
        if whose == As::App || !matches!(answer, Err(Failed::Call(CallError::Status { code: 401, .. }))) {
            return answer;
        }
        let (bearer, _) = self.pass(whose, Some(&token)).await?;
        self.once(family, whose, call.secret(http::header::AUTHORIZATION, bearer)).await
    }

    async fn once(&self, family: Family, whose: As, call: Call) -> Result<Answer, Failed> {
        let key = self.take(family, whose)?;
        let answer = self.http.send(call).await;
        let wait = match &answer {
            Ok(answer) => answer.hint.spent(),
            Err(error) => Refused::of(error).and_then(|r| match r {
                Refused::TooMany(wait) => Some(wait),
                _ => None,
            }),
        };
        if let (Some(wait), Some(budget)) = (wait, self.budget(family)) {
            budget.close(&key, self.clock.now().plus(wait));
        }
        answer.map_err(Failed::Call)
    }

    /// Asks for something and reads it.
    pub async fn get(
        &self,
        (family, whose): (Family, As),
        path: &[&str],
        query: &[(&str, &str)],
        within: Span,
    ) -> Result<Value, Failed> {
        let call = Call::get(self.address(path, query)).within(within);
        let answer = self.send(family, whose, call).await?;
        read(&answer)
    }

    /// Sends something and reads what comes back.
    pub async fn write(
        &self,
        (family, whose): (Family, As),
        (method, path): (Method, &[&str]),
        body: Option<&Value>,
        within: Span,
    ) -> Result<Value, Failed> {
        let mut call = Call::new(method, self.address(path, &[])).within(within);
        if let Some(body) = body {
            call = call.body("application/json", body.to_string());
        }
        let answer = self.send(family, whose, call).await?;
        read(&answer)
    }

    /// Begins to listen to something that has no end.
    pub async fn listen(&self, url: Url, within: Span) -> Result<crate::http_client::Flow, Failed> {
        self.take(Family::Manage, As::App)?;
        let (bearer, _) = self.pass(As::App, None).await?;
        let call = Call::get(url).secret(http::header::AUTHORIZATION, bearer);
        self.http.open(call, within).await.map_err(Failed::Call)
    }

    /// What a failure means for reading.
    pub fn trouble(&self, failed: &Failed) -> SourceTrouble {
        let now = self.clock.now();
        let error = match failed {
            Failed::Spent(until) => return SourceTrouble::spent(*until, now),
            Failed::NoToken(trouble) => return trouble.clone(),
            Failed::Unreadable => {
                return SourceTrouble::new(TroubleState::Broken, "the answer is not what X describes");
            }
            Failed::Call(error) => error,
        };
        match Refused::of(error) {
            Some(Refused::TooMany(wait)) => {
                let until = now.plus(wait);
                SourceTrouble::new(TroubleState::RateLimited { until }, "X asks for fewer calls").after(wait)
            }
            Some(Refused::Capped) => SourceTrouble::new(TroubleState::Capped, CAPPED).after(MONEY_AGAIN),
            Some(Refused::WantsMoney) => {
                SourceTrouble::new(TroubleState::WantsMoney, WANTS_MONEY).after(MONEY_AGAIN)
            }
            None => match error {
                CallError::Status { code: 401, .. } => SourceTrouble::new(
                    TroubleState::NeedsToken,
                    "X does not take the token: it was withdrawn, or is another app's",
                ),
                CallError::Status { code: 403, start, .. } => {
                    let said = said_of(start).map(|s| format!(": {s}")).unwrap_or_default();
                    let why = format!("X does not let this account or app read that{said}");
                    SourceTrouble::new(TroubleState::NeedsRight, why)
                }
                error => SourceTrouble::of(error, TroubleState::NeedsToken, now),
            },
        }
    }
}

/// What is said of a cap.
pub const CAPPED: &str = "the cap on use that X sets, or that was set in its console, is reached; waiting for the next window does not help";
/// What is said of credits.
pub const WANTS_MONEY: &str = "the credits at X are used up; nothing goes on until somebody tops them up";

/// A refusal that is not about what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too many calls in a window; after so long they are welcome again.
    TooMany(Span),
    /// A cap on use.
    Capped,
    /// Credits are used up.
    WantsMoney,
}

impl Refused {
    /// Which of these a failed call is, if it is one.
    pub fn of(error: &CallError) -> Option<Self> {
        let CallError::Status { code, hint, start, .. } = error else { return None };
        let body: Value = serde_json::from_str(start).unwrap_or_default();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_ascii_lowercase();
        let (kind, title) = (text("type"), text("title"));
        let is_cap = kind.ends_with("/usage-capped") || title.replace(' ', "").starts_with("usagecap");
        let is_money = *code == 402
            || kind.ends_with("/credits")
            || title.replace(' ', "").starts_with("creditsdepleted");
        match code {
            402 | 403 | 429 if is_money => Some(Self::WantsMoney),
            403 | 429 if is_cap => Some(Self::Capped),
            429 => Some(Self::TooMany(hint.wait.unwrap_or(LEFT_ALONE))),
            _ => None,
        }
    }
}

/// The words of a refusal: of a problem document, of the older list of errors, or of the tokens' dialect.
pub fn said_of(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let first = &value["errors"][0];
    let said = [
        &value["detail"],
        &first["detail"],
        &first["message"],
        &value["error_description"],
        &value["title"],
        &value["error"],
    ];
    let said = said.iter().filter_map(|v| v.as_str()).find(|s| !s.trim().is_empty())?;
    Some(shortened(said))
}

/// Reads an answer as JSON.
pub fn read(answer: &Answer) -> Result<Value, Failed> {
    serde_json::from_slice::<Value>(&answer.body).ok().filter(Value::is_object).ok_or(Failed::Unreadable)
}

impl Failed {
    /// The HTTP status of a refusal.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Call(CallError::Status { code, .. }) => Some(*code),
            _ => None,
        }
    }

    /// The refusal's own words.
    pub fn said(&self) -> Option<String> {
        match self {
            Self::Call(CallError::Status { start, .. }) => said_of(start),
            _ => None,
        }
    }

    /// Whether it certainly never left.
    pub const fn is_unsent(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::NoToken(_) | Self::Call(CallError::NotSent { .. }))
    }

    /// How long to wait at least, as far as that is known.
    pub fn wait(&self, now: Timestamp) -> Option<Span> {
        match self {
            Self::Spent(until) => Some(until.since(now).max(Span(1))),
            Self::NoToken(trouble) => trouble.retry_after,
            Self::Call(error) => match Refused::of(error) {
                Some(Refused::TooMany(wait)) => Some(wait),
                _ => None,
            },
            Self::Unreadable => None,
        }
    }

    /// In words for people: the platform's own where it gave some.
    pub fn words(&self) -> String {
        match self {
            Self::Spent(_) => "our own limit of calls is reached".to_owned(),
            Self::NoToken(trouble) => trouble.why.clone(),
            Self::Unreadable => "the answer cannot be read".to_owned(),
            Self::Call(CallError::Status { code, start, .. }) => match said_of(start) {
                Some(said) => format!("X answers {code}: {said}"),
                None => format!("X answers {code}"),
            },
            Self::Call(error) => shortened(&error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::RateHint;

    fn refusal(code: u16, start: &str) -> CallError {
        let hint = RateHint { wait: Some(Span::seconds(90)), remaining: Some(0) };
        CallError::Status { code, hint, start: start.to_owned() }
    }

    #[test]
    fn a_window_a_cap_and_credits_are_three_things() {
        let of = |code, start: &str| Refused::of(&refusal(code, start));
        let window = Some(Refused::TooMany(Span::seconds(90)));
        assert_eq!(of(429, ""), window);
        assert_eq!(of(429, r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#), window);
        assert_eq!(
            of(
                429,
                r#"{"title":"Too Many Requests","type":"https://api.x.com/2/problems/rate-limit-exceeded"}"#
            ),
            window
        );
        let capped = r#"{"title":"UsageCapExceeded","detail":"Usage cap exceeded: Monthly product cap",
            "type":"https://api.twitter.com/2/problems/usage-capped"}"#;
        assert_eq!(of(429, capped), Some(Refused::Capped));
        assert_eq!(of(402, ""), Some(Refused::WantsMoney));
        assert_eq!(
            of(402, r#"{"title":"CreditsDepleted","type":"https://api.x.com/2/problems/credits"}"#),
            Some(Refused::WantsMoney)
        );
        assert_eq!(of(403, r#"{"detail":"not allowed","type":"about:blank"}"#), None);
        assert_eq!(of(500, ""), None);
    }

    #[test]
    fn refusals_are_told_in_the_platforms_words() {
        let words = |start: &str| Failed::Call(refusal(403, start)).words();
        assert_eq!(
            words(r#"{"title":"Forbidden","detail":"You are not permitted"}"#),
            "X answers 403: You are not permitted"
        );
        assert_eq!(words(r#"{"errors":[{"message":"Not found","code":34}]}"#), "X answers 403: Not found");
        assert_eq!(words("<html>"), "X answers 403");
    }
}
