//! Messages in another language for programs. Where the module is off there is none of it.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use super::shape::covered;
use super::word::{At, LanguageWord, at};
use crate::casework::answering::guarded;
use crate::tokens::Scope;
use crate::translating::{TranslatingError, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Into which language.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TranslateBody {
    /// The language of whoever reads it.
    pub to: LanguageWord,
}

/// A message as a machine translated it. The original is what counts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Translated {
    /// The message.
    pub message: String,
    /// Which revision of it.
    pub revision: i64,
    /// Always true: no person has looked at these words.
    pub machine: bool,
    /// The words. What was left out before they went out is `•••`; other personal data is covered unless it may be read.
    pub text: String,
    /// Into which language.
    pub to: String,
    /// From which one, as the service says; may be empty.
    pub from: String,
    /// Which service.
    pub service: String,
    /// How many pieces were left out before.
    pub masked: i64,
    /// How many characters went out.
    pub characters: i64,
    /// When.
    pub at: At,
}

impl From<TranslatingError> for Problem {
    fn from(error: TranslatingError) -> Self {
        let told = error.to_string();
        match error {
            TranslatingError::Store(error) => error.into(),
            TranslatingError::NotFound => Self::not_found(),
            TranslatingError::Refused(_) | TranslatingError::Limit(_) | TranslatingError::Service(_) => {
                Self::new(Kind::Refused, told)
            }
        }
    }
}

/// `POST /cases/{case}/messages/{message}/translate`.
pub async fn message(call: Call) -> Result<Reply, Problem> {
    let (at_case, asked): (_, TranslateBody) = (call.case().await?, call.body()?);
    let found = call.api.translator.as_ref().ok_or_else(Problem::not_found)?;
    let wanted = Wanted {
        brand_id: at_case.brand_id,
        brand: at_case.brand,
        case_id: at_case.id,
        mention_id: call.part("message").to_owned(),
        to: asked.to.0,
    };
    let row = found.by(call.caller.clone()).message(&wanted).await?;
    let words = row.words.unwrap_or_default();
    let (opens, places) = (call.bearer.has(Scope::ReadPersonal), guarded(&words, &[], &[]));
    if opens && !places.is_empty() {
        call.casework().note_uncovered(&wanted.brand_id, &wanted.case_id, &call.actor()).await?;
    }
    Reply::json(&Translated {
        message: row.mention_id,
        revision: row.revision,
        machine: true,
        text: if opens { words } else { covered(&words, &places) },
        to: row.language,
        from: row.from_language,
        service: row.service,
        masked: row.masked,
        characters: row.characters,
        at: at(row.at),
    })
}
