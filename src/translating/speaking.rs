//! Services that translate: LibreTranslate and DeepL, behind one trait.

use super::config::{Service, TranslationConfig};
use crate::clock::Clock;
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::http_client::{Budget, Call, CallError, HttpClient};
use async_trait::async_trait;
use http::{HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::sync::Arc;
use url::Url;

/// How much of an answer is read.
const ANSWER_BYTES_MAX: usize = 512 * 1024;
/// How long a service that failed is left alone.
const REST: Span = Span::minutes(1);
/// The name of the budget: there is one service.
const KEY: &str = "translation";
/// What to do about a refusal.
const ADVICE: &str = "Look at the key, its rights and its quota at the service.";

/// A text in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The words.
    pub text: String,
    /// From which language, as the service says; may be empty.
    pub from: String,
}

/// Why a text was not translated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// The service said no: key, quota, language.
    #[error("the service refuses: {0}")]
    Refused(String),
    /// Nothing usable came; the words tell what.
    #[error("the service does not answer: {0}")]
    Away(String),
    /// Our own budget of calls is used up, or the service asked for a rest.
    #[error("too many calls in the last minute")]
    Resting,
}

impl ServiceError {
    /// Whether the service may have done the work all the same, so that it counts.
    pub const fn may_count(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

/// Somebody who translates.
#[async_trait]
pub trait Translate: Send + Sync + std::fmt::Debug {
    /// What it is called in the settings.
    fn name(&self) -> &'static str;

    /// Puts a text into a language, named as in the domain: `en`, `nl`, `no`, …
    async fn translate(&self, text: &str, to: &str) -> Result<Foreign, ServiceError>;

    /// Tries address and key, translating nothing.
    async fn examine(&self) -> Vec<Exam>;
}

/// What both services share.
#[derive(Debug)]
struct Line {
    base: Url,
    key: Option<SecretString>,
    within: Span,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    budget: Budget,
}

impl Line {
    fn call(&self, method: Method, path: &str) -> Result<Call, ServiceError> {
        let text = format!("{}/{path}", self.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&text).map_err(|e| ServiceError::Refused(e.to_string()))?;
        Ok(Call::new(method, url).within(self.within).bytes_max(ANSWER_BYTES_MAX))
    }

    /// Sends a call within the budget, and reads what it answers.
    async fn ask(&self, call: Call) -> Result<Value, ServiceError> {
        self.budget.take(KEY).map_err(|_| ServiceError::Resting)?;
        let answer = match self.http.send(call).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.failed(&error)),
        };
        serde_json::from_slice(&answer.body).map_err(|_| {
            // Each such try may cost what a good one does.
            self.budget.close(KEY, self.clock.now().plus(REST));
            ServiceError::Away("its answer is no JSON".to_owned())
        })
    }

    /// What a failure means; the service is left alone for a while.
    fn failed(&self, error: &CallError) -> ServiceError {
        let rest = |wait: Option<Span>| self.budget.close(KEY, self.clock.now().plus(wait.unwrap_or(REST)));
        match error {
            CallError::Status { code: 429, hint, .. } => {
                rest(hint.wait);
                ServiceError::Refused("it asks for fewer calls (429)".to_owned())
            }
            CallError::Status { code: 456, .. } => {
                rest(None);
                ServiceError::Refused("its own quota is used up (456)".to_owned())
            }
            CallError::Status { code: 401 | 403, .. } => {
                rest(None);
                ServiceError::Refused("it does not take our key".to_owned())
            }
            CallError::Status { code, .. } if *code < 500 => {
                ServiceError::Refused(format!("it answers {code}"))
            }
            CallError::NotSent { .. } => {
                rest(None);
                ServiceError::Refused(error.to_string())
            }
            other => {
                rest(None);
                ServiceError::Away(other.to_string())
            }
        }
    }
}

fn body(call: Call, value: &Value) -> Call {
    call.body("application/json", value.to_string())
}

/// LibreTranslate.
#[derive(Debug)]
struct Libre(Line);

#[async_trait]
impl Translate for Libre {
    fn name(&self) -> &'static str {
        Service::LibreTranslate.code()
    }

    async fn translate(&self, text: &str, to: &str) -> Result<Foreign, ServiceError> {
        let target = if to == "no" { "nb" } else { to };
        let mut asked = json!({ "q": text, "source": "auto", "target": target, "format": "text" });
        if let (Some(key), Some(fields)) = (&self.0.key, asked.as_object_mut()) {
            fields.insert("api_key".to_owned(), key.expose_secret().into());
        }
        let told = self.0.ask(body(self.0.call(Method::POST, "translate")?, &asked)).await?;
        let text = told["translatedText"].as_str().filter(|t| !t.is_empty());
        let text = text.ok_or_else(|| ServiceError::Away("no 'translatedText' in its answer".to_owned()))?;
        let from = told["detectedLanguage"]["language"].as_str().unwrap_or_default();
        Ok(Foreign { text: text.to_owned(), from: from.to_lowercase() })
    }

    async fn examine(&self) -> Vec<Exam> {
        let asked = async { self.0.ask(self.0.call(Method::GET, "languages")?).await };
        vec![match asked.await {
            Ok(told) => match told.as_array().map(Vec::len) {
                Some(n) if n > 0 => {
                    Exam::good("languages", format!("it knows {n}; a key is tried by use only"))
                }
                _ => Exam::bad("languages", "it lists none", "Is this the address of LibreTranslate?"),
            },
            Err(error) => Exam::bad("languages", error.to_string(), ADVICE),
        }]
    }
}

/// DeepL.
#[derive(Debug)]
struct DeepL(Line);

impl DeepL {
    fn call(&self, method: Method, path: &str) -> Result<Call, ServiceError> {
        let key = self.0.key.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        let value = HeaderValue::from_str(&format!("DeepL-Auth-Key {key}"))
            .map_err(|_| ServiceError::Refused("the key cannot stand in a header".to_owned()))?;
        Ok(self.0.call(method, path)?.secret(header::AUTHORIZATION, value))
    }
}

/// The name of a language as a target of DeepL.
fn deepl_target(to: &str) -> String {
    match to {
        "en" => "EN-GB".to_owned(),
        "pt" => "PT-PT".to_owned(),
        "no" => "NB".to_owned(),
        other => other.to_uppercase(),
    }
}

#[async_trait]
impl Translate for DeepL {
    fn name(&self) -> &'static str {
        Service::DeepL.code()
    }

    async fn translate(&self, text: &str, to: &str) -> Result<Foreign, ServiceError> {
        let asked = json!({ "text": [text], "target_lang": deepl_target(to) });
        let told = self.0.ask(body(self.call(Method::POST, "v2/translate")?, &asked)).await?;
        let first = &told["translations"][0];
        let text = first["text"].as_str().filter(|t| !t.is_empty());
        let text = text.ok_or_else(|| ServiceError::Away("no translation in its answer".to_owned()))?;
        let from = first["detected_source_language"].as_str().unwrap_or_default();
        Ok(Foreign { text: text.to_owned(), from: from.to_lowercase() })
    }

    async fn examine(&self) -> Vec<Exam> {
        let asked = async { self.0.ask(self.call(Method::GET, "v2/usage")?).await };
        vec![match asked.await {
            Ok(told) => match (told["character_count"].as_i64(), told["character_limit"].as_i64()) {
                (Some(n), Some(max)) if n >= max => {
                    Exam::bad("quota", format!("{n} of {max} characters used"), ADVICE)
                }
                (Some(n), Some(max)) => Exam::good("quota", format!("{n} of {max} characters used")),
                _ => Exam::good("key", "it takes the key"),
            },
            Err(error) => Exam::bad("key", error.to_string(), ADVICE),
        }]
    }
}

/// Where DeepL is, by the key: those of free accounts have a place of their own.
fn deepl_base(key: Option<&SecretString>) -> &'static str {
    match key {
        Some(key) if key.expose_secret().ends_with(":fx") => "https://api-free.deepl.com",
        _ => "https://api.deepl.com",
    }
}

/// The service that the settings name; none where they name none.
///
/// Its address is the settings' own, so that it may be one of a private network.
///
/// # Errors
/// What is wrong with the address or the client, in words.
pub fn build(
    config: &TranslationConfig,
    http: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn Translate>>, String> {
    let Some(service) = config.service else { return Ok(None) };
    let base = match (&config.url, service) {
        (Some(url), _) => url.as_str(),
        (None, Service::DeepL) => deepl_base(config.key.as_ref()),
        (None, Service::LibreTranslate) => return Err("translation.url is missing".to_owned()),
    };
    let calls = NonZeroU32::new(config.calls_per_minute).unwrap_or(NonZeroU32::MIN);
    let line = Line {
        base: Url::parse(base).map_err(|e| format!("translation.url: {e}"))?,
        key: config.key.clone(),
        within: Span::seconds(config.timeout_seconds.clamp(1, 60)),
        http: http.allowing_private().map_err(|e| e.to_string())?,
        clock: clock.clone(),
        budget: Budget::new(clock.clone(), calls, Span::minutes(1)),
    };
    Ok(Some(match service {
        Service::LibreTranslate => Arc::new(Libre(line)),
        Service::DeepL => Arc::new(DeepL(line)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deepl_has_names_and_a_place_of_its_own() {
        let all: Vec<String> = ["en", "nl", "pt", "no", "ja"].into_iter().map(deepl_target).collect();
        assert_eq!(all, ["EN-GB", "NL", "PT-PT", "NB", "JA"]);
        let key = |text: &str| SecretString::from(text.to_owned());
        assert_eq!(deepl_base(Some(&key("abc:fx"))), "https://api-free.deepl.com");
        assert_eq!(deepl_base(Some(&key("abc"))), "https://api.deepl.com");
    }
}
