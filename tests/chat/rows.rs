//! Rows as they stand before anything has happened to them.

use webcared::domain::time::{Span, Timestamp};
use webcared::store::rows::CaseRow;

pub fn case_row(id: &str, brand: &str, number: i64, level: i64, mention: &str, at: Timestamp) -> CaseRow {
    CaseRow {
        id: id.into(),
        brand_id: brand.into(),
        number,
        conversation_id: format!("cnv_{id}"),
        author_id: "aut_1".into(),
        customer_id: None,
        previous_case_id: None,
        first_mention_id: mention.into(),
        platform: "mastodon".into(),
        channel: "social".into(),
        private: 0,
        historic: 0,
        sample: 0,
        state: "new".into(),
        open: 1,
        state_since: at.millis(),
        claimed_by: None,
        claimed_since: None,
        claimed_until: None,
        level,
        urgency: 90,
        intent: "complaint".into(),
        language: "nl".into(),
        needs_answer: 1,
        needs_private: 0,
        policy: "social-30m".into(),
        policy_version: 1,
        opened_at: at.millis(),
        received_at: at.millis(),
        last_message_at: at.millis(),
        first_answer_at: None,
        due_at: Some(at.plus(Span::minutes(30)).millis()),
        ended_why: None,
        version: 1,
        changed_at: at.millis(),
        snoozed_until: None,
        missed_at: None,
        wrote_again: 0,
        held_until: None,
        solved_at: None,
    }
}
