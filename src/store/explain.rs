//! What the chat explains: why a case is as urgent as it is, and how an answer stands of which nobody
//! could tell whether it was sent.
//!
//! Figures, names of reasons and names of colleagues only; the words of customers are not read here.

use super::query::query;
use super::{During, StoreError, Tx, row};

row! {
    /// What triage said of the most urgent message of a case that still stands.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Judged {
        /// What its author wants.
        pub intent: String,
        /// 0 to 100.
        pub urgency: i64,
        /// Reasons with their weights, a JSON array.
        pub reasons: String,
    }
}

/// What triage said of the most urgent message of a case that still stands.
pub async fn judged(tx: &mut Tx, brand_id: &str, case_id: &str) -> Result<Option<Judged>, StoreError> {
    let sql = "SELECT g.intent, g.urgency, g.reasons
         FROM judgement g JOIN mention m ON m.id = g.mention_id AND m.revision = g.revision
         WHERE g.brand_id = $1 AND g.case_id = $2 AND m.deleted_at IS NULL
         ORDER BY g.urgency DESC, m.posted_at, m.id LIMIT 1";
    query(sql).bind(brand_id).bind(case_id).maybe(tx).await.during("reading why a case is urgent")
}

row! {
    /// An action for a customer, as the card about it shows it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Sent {
        /// The action.
        pub id: String,
        /// Its brand.
        pub brand_id: String,
        /// The case it is about.
        pub case_id: Option<String>,
        /// `reply` or `moderate`.
        pub kind: String,
        /// Its state.
        pub state: String,
        /// How often it was tried.
        pub attempts: i64,
        /// What is known, for people.
        pub detail: String,
        /// The platform's id of its effect.
        pub remote_id: Option<String>,
        /// Since when its outcome is unknown.
        pub unknown_since: Option<i64>,
        /// Who made it, by name.
        pub made_name: Option<String>,
        /// Who decided it.
        pub decided_by: Option<String>,
        /// Who decided it, by name.
        pub decided_name: Option<String>,
    }
}

/// An action of a brand with the names of those who made and decided it.
pub async fn sent(tx: &mut Tx, brand_id: &str, action_id: &str) -> Result<Option<Sent>, StoreError> {
    let sql = "SELECT a.id, a.brand_id, a.case_id, a.kind, a.state, a.attempts, a.detail, a.remote_id,
            a.unknown_since, m.name AS made_name, a.decided_by, d.name AS decided_name
         FROM action a LEFT JOIN person m ON m.id = a.made_by LEFT JOIN person d ON d.id = a.decided_by
         WHERE a.id = $2 AND a.brand_id = $1";
    query(sql).bind(brand_id).bind(action_id).maybe(tx).await.during("reading how an answer stands")
}
