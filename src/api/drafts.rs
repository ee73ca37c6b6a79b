//! What somebody has typed about a case and not sent: kept for the person whom a token acts for, as the console keeps
//! it; and a machine's translation of it, where a service is configured.

use super::ask::{Call, Reply, state_of};
use super::problem::Problem;
use super::word::{At, at};
use crate::domain::language::Language;
use crate::store::{answer, console};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most messages of a case that are looked at.
const MESSAGES_MAX: i64 = 200;

/// What is kept.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Draft {
    /// The words; none where nothing is kept.
    pub text: Option<String>,
    /// The version of the case on which they were typed.
    pub version: Option<i64>,
    /// When they were kept.
    pub updated_at: Option<At>,
}

/// Words that are typed and not sent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    /// The words; none take the draft away.
    pub text: String,
    /// The version of the case that was seen. What its person has answered since then is not kept: it was sent.
    pub version: i64,
}

/// Whether a draft stands.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DraftKept {
    /// Whether a draft is kept now. Its words are not repeated here.
    pub kept: bool,
    /// When it was kept.
    pub updated_at: Option<At>,
}

async fn own(call: &Call, brand_id: &str, case_id: &str) -> Result<Option<answer::Draft>, Problem> {
    let (brand, case, me) = (brand_id.to_owned(), case_id.to_owned(), call.bearer.person.to_string());
    let read = call
        .api
        .db
        .read("reading a draft", move |tx| Box::pin(async move { answer::drafts(tx, &brand, &case).await }));
    Ok(read.await?.into_iter().find(|d| d.person_id == me))
}

/// How it stands, for who says what they saw of it.
fn state(draft: Option<&answer::Draft>) -> i64 {
    let Some((draft, text)) = draft.and_then(|d| Some((d, d.text.as_deref()?))) else { return state_of([]) };
    state_of([text, draft.seen.to_string().as_str()])
}

/// `GET /cases/{case}/draft`.
pub async fn read(call: Call) -> Result<Reply, Problem> {
    let of = call.case().await?;
    let found = own(&call, &of.brand_id, &of.id).await?.filter(|d| d.text.is_some());
    let state = state(found.as_ref());
    let draft = Draft {
        version: found.as_ref().map(|d| d.seen),
        updated_at: found.as_ref().map(|d| at(d.updated_at)),
        text: found.and_then(|d| d.text),
    };
    Ok(Reply::json(&draft)?.of_version(state))
}

/// `PUT /cases/{case}/draft`.
pub async fn keep(call: Call) -> Result<Reply, Problem> {
    let (of, body): (_, DraftBody) = (call.case().await?, call.body()?);
    let text = body.text.replace("\r\n", "\n");
    if call.if_match.is_some() {
        call.unchanged(state(own(&call, &of.brand_id, &of.id).await?.as_ref()))?;
    }
    call.casework().keep_draft(&of.brand_id, &of.id, &call.actor(), body.version, &text).await?;
    let found = own(&call, &of.brand_id, &of.id).await?;
    let state = state(found.as_ref());
    let kept = DraftKept { kept: found.is_some(), updated_at: found.map(|d| at(d.updated_at)) };
    Ok(Reply::json(&kept)?.of_version(state))
}

/// Words to be put into the customer's language.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TranslateDraftBody {
    /// The words.
    pub text: String,
    /// The message that they are to answer, by id; without a word the whole case counts as private where any of its
    /// messages is.
    #[serde(default)]
    pub to: Option<String>,
}

/// The words as a machine translated them. Nothing is kept and nothing is sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TranslatedDraft {
    /// The words.
    pub text: String,
    /// The language of the customer.
    pub language: String,
    /// Always true: no person has looked at these words.
    pub machine: bool,
    /// How many pieces of personal data got lost on the way and must be put in by hand.
    pub lost: usize,
}

/// `POST /cases/{case}/draft/translate`.
pub async fn translate(call: Call) -> Result<Reply, Problem> {
    let (of, body): (_, TranslateDraftBody) = (call.case().await?, call.body()?);
    let translator = call.api.translator.as_ref().ok_or_else(Problem::not_found)?.by(call.caller.clone());
    let (brand_id, case_id) = (of.brand_id.clone(), of.id.clone());
    let read = call.api.db.read("reading a case to translate for", move |tx| {
        Box::pin(async move {
            let case = console::case(tx, &brand_id, &case_id).await?;
            Ok((case, console::messages_of(tx, &brand_id, &case_id, MESSAGES_MAX).await?))
        })
    });
    let (case, messages) = read.await?;
    let case = case.ok_or_else(Problem::not_found)?;
    let private = match &body.to {
        Some(to) => {
            let message = messages.iter().find(|m| m.mention_id == *to);
            message.ok_or_else(|| Problem::invalid("to", "there is no such message in this case"))?.private
                == 1
        }
        None => case.private == 1 || messages.iter().any(|m| m.private == 1),
    };
    let to = Language::from_code(&case.language).unwrap_or_default();
    let on = (of.id.as_str(), case.platform.as_str(), private);
    let there = translator.draft((&of.brand_id, &of.brand), on, &body.text, to).await?;
    Reply::json(&TranslatedDraft {
        text: there.text,
        language: case.language,
        machine: true,
        lost: there.lost,
    })
}
