//! Filters of the inbox that the person whom a token acts for saved under a name.

use super::ask::{Call, Reply};
use super::office::Decided;
use super::problem::Problem;
use super::word::{At, at};
use crate::casework::filters::SAVED_MAX;
use crate::store::saved::{self, SavedFilter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A saved filter.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SavedOne {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What stands behind the question mark of the inbox.
    pub query: String,
    /// When it was saved or used of late.
    pub used_at: At,
}

/// SavedOne filters.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AllSaved {
    /// The oldest first, at most thirty.
    pub filters: Vec<SavedOne>,
}

/// A filter to be saved.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveBody {
    /// What it is called, in 1 to 60 characters.
    pub name: String,
    /// What stands behind the question mark of the inbox, such as `lane=late&level=P1`. What is no lane and no filter
    /// is left out.
    pub query: String,
}

fn one(f: SavedFilter) -> Option<SavedOne> {
    let (name, query) = f.said()?;
    Some(SavedOne { id: f.id, name, query, used_at: at(f.created_at) })
}

async fn all(call: &Call) -> Result<AllSaved, Problem> {
    let me = call.bearer.person.to_string();
    let read = call.api.db.read("reading saved filters", move |tx| {
        Box::pin(async move { saved::of(tx, &me, SAVED_MAX).await })
    });
    Ok(AllSaved { filters: read.await?.into_iter().filter_map(one).collect() })
}

/// `GET /filters`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    Reply::json(&all(&call).await?)
}

/// `POST /filters`.
pub async fn save(call: Call) -> Result<Reply, Problem> {
    let body: SaveBody = call.body()?;
    let id = call.casework().save_filter(&call.actor(), &body.name, &body.query).await?;
    let made = all(&call).await?.filters.into_iter().find(|f| f.id == id).ok_or_else(Problem::not_found)?;
    Reply::made(&made)
}

/// `POST /filters/{filter}/remove`.
pub async fn remove(call: Call) -> Result<Reply, Problem> {
    let super::beside::Nothing {} = call.body()?;
    if !call.casework().drop_filter(&call.actor(), call.part("filter")).await? {
        return Err(Problem::not_found());
    }
    Reply::json(&Decided { decided: true })
}
