//! The row of an action: one intent for one effect in the outside world.

use super::row;
use super::rows::bulk;
use crate::domain::time::Timestamp;

row! {
    /// One action of the outbox as stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ActionRow {
        /// Id.
        pub id: String,
        /// The brand.
        pub brand_id: String,
        /// What kind of effect: `alert`, `digest`, `report`, `reply`, …
        pub kind: String,
        /// With which credential; only the holder of its lease sends.
        pub credential: String,
        /// Smaller goes first.
        pub priority: i64,
        /// The intent's own name: the same intent twice is one action.
        pub once_key: String,
        /// The case it is about.
        pub case_id: Option<String>,
        /// The mention it is about.
        pub mention_id: Option<String>,
        /// What to do, a JSON object that refers to texts by id.
        pub payload: String,
        /// Its state.
        pub state: String,
        /// Not before this instant.
        pub not_before: i64,
        /// How often it was tried.
        pub attempts: i64,
        /// Whether the next attempt may be a repeat and must say so.
        pub repeat_marked: i64,
        /// Rises with each claim; a stale owner changes nothing.
        pub token: i64,
        /// Until when the claim holds.
        pub lease_until: Option<i64>,
        /// The platform's id of what was made.
        pub remote_id: Option<String>,
        /// The platform's time of it.
        pub remote_at: Option<i64>,
        /// What is known, for people.
        pub detail: String,
        /// When the intent was made.
        pub created_at: i64,
        /// When it was settled.
        pub settled_at: Option<i64>,
        /// Who decided an unknown.
        pub decided_by: Option<String>,
        /// Who made it, if a person did.
        pub made_by: Option<String>,
        /// The id that its effect will have, where our key decides that.
        pub expected_id: Option<String>,
        /// The post it answers, by the platform's id.
        pub answers_id: Option<String>,
        /// Since when its outcome is unknown.
        pub unknown_since: Option<i64>,
        /// When to look at the platform again.
        pub look_at: Option<i64>,
        /// How often that was done.
        pub looks: i64,
        /// When a person was told that its outcome is unknown.
        pub told_at: Option<i64>,
    }
}

bulk!(ActionRow {
    id,
    brand_id,
    kind,
    credential,
    priority,
    once_key,
    case_id,
    mention_id,
    payload,
    state,
    not_before,
    attempts,
    repeat_marked,
    token,
    lease_until,
    remote_id,
    remote_at,
    detail,
    created_at,
    settled_at,
    decided_by,
    made_by,
    expected_id,
    answers_id,
});

impl ActionRow {
    /// A new action that may go at once.
    pub fn ready(
        id: String,
        brand_id: &str,
        kind: &str,
        credential: &str,
        once_key: String,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            brand_id: brand_id.to_owned(),
            kind: kind.to_owned(),
            credential: credential.to_owned(),
            priority: 100,
            once_key,
            case_id: None,
            mention_id: None,
            payload: "{}".to_owned(),
            state: "ready".to_owned(),
            not_before: at.millis(),
            attempts: 0,
            repeat_marked: 0,
            token: 0,
            lease_until: None,
            remote_id: None,
            remote_at: None,
            detail: String::new(),
            created_at: at.millis(),
            settled_at: None,
            decided_by: None,
            made_by: None,
            expected_id: None,
            answers_id: None,
            unknown_since: None,
            look_at: None,
            looks: 0,
            told_at: None,
        }
    }
}
