//! What is asked beside an act and changes nothing on a case: a preview, how a customer can be reached, their
//! tickets.

use super::ask::{Call, Reply};
use super::files::FileReady;
use super::problem::Problem;
use super::shape::Acted;
use super::word::{At, at};
use crate::casework::Handed;
use crate::sources::Approved;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an answer would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum As {
    /// An answer where the message stands.
    #[default]
    Answer,
    /// The public offer of a private channel.
    Offer,
    /// A private message.
    Private,
}

/// Words that are to be looked at before they are sent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    /// The words.
    pub text: String,
    /// The message that is answered, by id; without a word the latest.
    #[serde(default)]
    pub to: Option<String>,
    /// What it would be.
    #[serde(default, rename = "as")]
    pub handed: As,
}

/// What the platform would get.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Previewed {
    /// The message that is answered.
    pub message: String,
    /// The account in whose name it goes.
    pub account: String,
    /// The whole text: handles that the platform needs, words, signature.
    pub text: String,
    /// Who could read it.
    pub visibility: String,
    /// Whether it goes by the private way of the account.
    pub private: bool,
    /// How long it is, as the platform counts.
    pub length: usize,
    /// How long it may be.
    pub length_max: usize,
    /// Whether the platform takes it.
    pub fits: bool,
    /// Why it cannot be sent, in words.
    pub refused: Option<String>,
    /// Where it is too long for one post: the parts in which it goes with `split`, as the platform would get them.
    pub parts: Vec<String>,
    /// Where a person must post it, where the platform lets no program answer this message.
    pub by_hand: Option<String>,
    /// Personal data that a public answer must not hold: kinds, with places as bytes of the trimmed words.
    pub personal: Value,
    /// Whether an answer of ours to this message stands or is on its way.
    pub answered: bool,
    /// The files that stand ready.
    pub files: Vec<FileReady>,
    /// What files the platform takes along, in words.
    pub files_taken: String,
    /// Why it would not take those that stand ready with these words.
    pub files_refused: Option<String>,
    /// The measures that the account can take.
    pub measures: Vec<String>,
    /// Words that the platform has approved for when its window is closed: filled in, they are sent as they stand.
    pub templates: Vec<ApprovedWords>,
    /// Whether the words are such, filled in.
    pub is_template: bool,
}

/// Words that a platform has approved, with `{{…}}` where something is filled in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ApprovedWords {
    /// Their name at the platform.
    pub name: String,
    /// Their language, as the platform writes it.
    pub language: String,
    /// The words.
    pub text: String,
    /// What sending them costs, in millionths of the currency.
    pub cost_micros: i64,
    /// The currency (ISO 4217).
    pub currency: String,
}

fn words(approved: Approved) -> ApprovedWords {
    let Approved { name, language, text, micros, currency } = approved;
    ApprovedWords { name, language, text, cost_micros: micros, currency: currency.to_owned() }
}

/// `POST /cases/{case}/preview`.
pub async fn preview(call: Call) -> Result<Reply, Problem> {
    let (at, asked): (_, PreviewBody) = (call.case().await?, call.body()?);
    let handed = match asked.handed {
        As::Answer => Handed::No,
        As::Offer => Handed::Offer,
        As::Private => Handed::Private,
    };
    let (actor, about) = (call.actor(), (asked.text.as_str(), asked.to.as_deref()));
    let p = call.api.casework.preview_as(&at.brand_id, &at.id, &actor, about, handed).await?;
    Reply::json(&Previewed {
        message: p.mention_id,
        account: p.account,
        text: p.composed.text,
        visibility: p.composed.visibility,
        private: p.private,
        length: p.composed.measure.length,
        length_max: p.composed.measure.max,
        fits: p.composed.measure.fits,
        refused: p.composed.refused,
        parts: p.parts.into_iter().map(|part| part.text).collect(),
        by_hand: p.by_hand,
        personal: serde_json::to_value(&p.personal).unwrap_or_default(),
        answered: p.answered,
        files: p.files.iter().map(|f| FileReady::of(&at.id, f)).collect(),
        files_taken: p.file_limits.in_words(),
        files_refused: p.files_refused,
        measures: p.measures.iter().map(|m| m.code().to_owned()).collect(),
        templates: p.approved.into_iter().map(words).collect(),
        is_template: p.is_approved,
    })
}

/// What stands ready for the private channel of a case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PrivateReady {
    /// The offer as it would go, in the brand's words.
    pub offer: Option<String>,
    /// The approved holding words in the customer's language.
    pub holding: Option<String>,
    /// The way in that the offer names.
    pub link: Option<String>,
    /// Whether the account has a private way of its own.
    pub has_way: bool,
    /// Mail addresses that the customer gave in private, or by which they wrote before: the brand's mailbox can write to
    /// them.
    pub addresses: Vec<GivenAddress>,
}

/// A mail address that can be written to, without telling it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GivenAddress {
    /// By which `mail_to` of a private message names it.
    pub key: String,
    /// What of it is shown.
    pub shown: String,
}

/// `GET /cases/{case}/private`.
pub async fn ready(call: Call) -> Result<Reply, Problem> {
    let at = call.case().await?;
    let r = call.api.casework.private_ready(&at.brand_id, &at.id, &call.actor()).await?;
    let addresses = r.addresses.into_iter().map(|a| GivenAddress { key: a.key, shown: a.shown }).collect();
    let (offer, holding, link, has_way) = (r.offer, r.holding, r.link, r.has_way);
    Reply::json(&PrivateReady { offer, holding, link, has_way, addresses })
}

/// Nothing is needed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// `POST /cases/{case}/private/reach`. Asking twice does no harm.
pub async fn reach(call: Call) -> Result<Reply, Problem> {
    let (at, Nothing {}) = (call.case().await?, call.body()?);
    let row = call.casework().ask_reach(&at.brand_id, &at.id, &call.actor()).await?;
    let (brand, version) = (at.brand, row.version);
    let now = call.api.clock.now();
    let read = call
        .api
        .db
        .read("reading a case", move |tx| Box::pin(async move { Acted::read(tx, &row, &brand, now).await }));
    Ok(Reply::json(&read.await?)?.of_version(version))
}

/// By what tickets are looked for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FindBody {
    /// A number, an address, a name; none looks by what the customer has told us.
    pub text: String,
}

/// A ticket that was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FoundTicket {
    /// Its number.
    pub ticket: String,
    /// Its subject.
    pub subject: String,
    /// Its state in the words of that system.
    pub status: String,
    /// Where people look at it.
    pub url: String,
    /// When it was opened.
    pub opened_at: Option<At>,
}

/// What one ticket system answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FoundIn {
    /// The system by name.
    pub system: String,
    /// The tickets.
    pub tickets: Vec<FoundTicket>,
    /// Why it did not answer.
    pub trouble: Option<String>,
}

/// What a search brought.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FoundTickets {
    /// By system.
    pub systems: Vec<FoundIn>,
    /// Whether there was anything to search by.
    pub by_something: bool,
}

/// `POST /cases/{case}/tickets/find`: reads there and writes nowhere.
pub async fn find(call: Call) -> Result<Reply, Problem> {
    let (case, asked): (_, FindBody) = (call.case().await?, call.body()?);
    let found = call.api.casework.find_tickets(&case.brand_id, &case.id, &asked.text).await?;
    let systems = found.systems.into_iter().map(|s| {
        let (tickets, trouble) = match s.found {
            Ok(tickets) => (tickets, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let tickets = tickets.into_iter().map(|t| FoundTicket {
            ticket: t.id,
            subject: t.subject,
            status: t.status,
            url: t.url,
            opened_at: t.opened_at.map(|o| at(o.millis())),
        });
        FoundIn { system: s.system, tickets: tickets.collect(), trouble }
    });
    Reply::json(&FoundTickets { systems: systems.collect(), by_something: found.by_something })
}
