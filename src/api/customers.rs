//! Whose matter a case is, by program: said, changed and taken back, where that is not who wrote.

use super::acts::Body;
use super::ask::Call;
use super::problem::Problem;
use super::shape::{Names, Who, who};
use super::word::{At, at};
use crate::casework::{Act, CustomerAct};
use crate::domain::customer::Customer as Known;
use crate::store::{StoreError, Tx, about};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Says that a case is about somebody else than who wrote; at least one piece is wanted. What was said before goes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerBody {
    /// What they are called, at most 120 characters.
    #[serde(default)]
    name: String,
    /// Their customer number.
    #[serde(default)]
    number: String,
    /// Their mail address.
    #[serde(default)]
    email: String,
    /// Their telephone number.
    #[serde(default)]
    phone: String,
}

impl Body for CustomerBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        let Self { name, number, email, phone } = self;
        Ok(Act::Customer(CustomerAct::Say(Known { name, number, email, phone })))
    }
}

/// Says that the customer is who wrote, after all.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerBackBody {}

impl Body for CustomerBackBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Customer(CustomerAct::TakeBack))
    }
}

/// The customer of a case, where that is not who wrote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CaseCustomer {
    /// Who said so last.
    pub said_by: Who,
    /// When.
    pub said_at: At,
    /// When what was known of them was erased.
    pub erased_at: Option<At>,
    /// Which pieces are known: `name`, `number`, `email`, `phone`.
    pub kinds: Vec<String>,
    /// What they are called. This and what follows only for who may read personal data, or has the case.
    pub name: Option<String>,
    /// Their customer number.
    pub number: Option<String>,
    /// Their mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
}

/// Reads it; the pieces are told where `open`.
pub(super) async fn of_case(
    tx: &mut Tx,
    (brand_id, case_id): (&str, &str),
    names: &Names,
    open: bool,
) -> Result<Option<CaseCustomer>, StoreError> {
    let Some(row) = about::of_case(tx, brand_id, case_id).await? else { return Ok(None) };
    let known = about::words(tx, brand_id, case_id).await?.unwrap_or_default();
    let piece = |text: &str| Some(text.to_owned()).filter(|t| open && !t.is_empty());
    Ok(Some(CaseCustomer {
        said_by: who(&row.said_by, names),
        said_at: at(row.said_at),
        erased_at: row.erased_at.map(at),
        kinds: known.kinds().into_iter().map(ToOwned::to_owned).collect(),
        name: piece(&known.name),
        number: piece(&known.number),
        email: piece(&known.email),
        phone: piece(&known.phone),
    }))
}
