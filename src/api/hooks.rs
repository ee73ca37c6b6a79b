//! Webhooks that go out: what waits, what was given up, and sending it once more.

use super::ask::{Call, Reply};
use super::office::Decided;
use super::pages;
use super::problem::{Kind, Problem};
use super::word::{At, at};
use crate::casework::{CaseworkError, Settling};
use crate::domain::ids::ActionId;
use crate::store::outbox::Decision;
use crate::store::rows::ActionRow;
use crate::store::{console, hook};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const SHOWN_MAX: usize = 200;

/// Which deliveries are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Those that were given up.
    #[default]
    Dead,
    /// Those that wait to go, or to go again.
    Waiting,
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveriesQuery {
    /// In which state.
    pub state: DeliveryState,
    /// Where the page begins: `next` of the page before, with the same question.
    pub cursor: Option<String>,
}

/// One webhook of one endpoint.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Delivery {
    /// Its id, which is also the `webhook-id` that it carries.
    pub id: String,
    /// The endpoint by name.
    pub endpoint: String,
    /// The event that it tells of.
    pub event: String,
    /// The case, by id.
    pub case: Option<String>,
    /// `ready`, `sending`, `refused`, …
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Before this instant it is not tried again.
    pub not_before: At,
    /// When it was made.
    pub created_at: At,
    /// What the last try brought.
    pub detail: String,
}

/// Deliveries.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Deliveries {
    /// At most 200, the latest first.
    pub deliveries: Vec<Delivery>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

fn delivery(a: &ActionRow) -> Delivery {
    let payload: Value = serde_json::from_str(&a.payload).unwrap_or_default();
    Delivery {
        id: a.id.clone(),
        endpoint: a.credential.trim_start_matches(hook::CREDENTIAL).to_owned(),
        event: payload["type"].as_str().unwrap_or_default().to_owned(),
        case: a.case_id.clone(),
        state: a.state.clone(),
        attempts: a.attempts,
        not_before: at(a.not_before),
        created_at: at(a.created_at),
        detail: a.detail.clone(),
    }
}

/// `GET /hooks-out`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: DeliveriesQuery = call.query()?;
    let (from, behind) = pages::place(asked.cursor.as_deref())?;
    let ids: Vec<String> = call.brands().into_iter().map(|b| b.id).collect();
    let dead = asked.state == DeliveryState::Dead;
    let read = call.api.db.read("reading webhooks", move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for brand in &ids {
                found.extend(
                    hook::deliveries(tx, brand, dead, (from, &behind), pages::one_more(SHOWN_MAX)).await?,
                );
            }
            found.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
            Ok(pages::behind(found, SHOWN_MAX, |a| (a.created_at, a.id.clone())))
        })
    });
    let (page, next) = read.await?;
    Reply::json(&Deliveries { deliveries: page.iter().map(delivery).collect(), next })
}

/// `POST /hooks-out/{delivery}/redrive`.
pub async fn redrive(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    let id = ActionId::parse(call.part("delivery")).map_err(|_| Problem::not_found())?.to_string();
    for brand in call.brands() {
        let (brand_id, looked) = (brand.id.clone(), id.clone());
        let found = call.api.db.read("reading a webhook", move |tx| {
            Box::pin(async move { console::action(tx, &brand_id, &looked).await })
        });
        let Some(row) = found.await?.filter(|a| a.kind == hook::KIND) else { continue };
        if row.state != "refused" {
            let what = format!("it is '{}'; only what was given up goes again", row.state);
            return Err(Problem::new(Kind::Refused, what));
        }
        let seen = Some((row.state.as_str(), row.attempts));
        return match call.casework().settle(&brand.id, &id, seen, Decision::Again, &call.actor()).await {
            Err(CaseworkError::NotFound) => Err(Problem::not_found()),
            Err(error) => Err(error.into()),
            Ok(done) => Reply::json(&Decided { decided: matches!(done, Settling::Settled) }),
        };
    }
    Err(Problem::not_found())
}
