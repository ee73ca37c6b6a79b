//! What is kept about the people of the team: counts for each of them.

use super::query::query;
use super::{During, StoreError, Tx};

/// Somebody of the team: login, name, role, since, barred since, and how much of each kind there is.
pub type Kept = (String, String, String, i64, Option<i64>, Vec<(&'static str, i64)>);

/// What there is of each person, and how it is counted.
const KINDS: [(&str, &str); 43] = [
    ("log-ins that stand", "SELECT COUNT(*) FROM login_session WHERE person_id = $1"),
    (
        "language and zone of their pages",
        "SELECT COUNT(*) FROM person WHERE id = $1 AND (page_language IS NOT NULL OR page_zone IS NOT NULL)",
    ),
    ("apps for codes", "SELECT COUNT(*) FROM code_app WHERE person_id = $1"),
    ("recovery codes left", "SELECT COUNT(*) FROM recovery_code WHERE person_id = $1 AND used_at IS NULL"),
    ("passkeys", "SELECT COUNT(*) FROM passkey WHERE person_id = $1"),
    ("accounts at a provider", "SELECT COUNT(*) FROM person_identity WHERE person_id = $1"),
    ("steps on timelines of cases", "SELECT COUNT(*) FROM case_event WHERE who_kind = 'person' AND who = $1"),
    ("answers and measures", "SELECT COUNT(*) FROM action WHERE made_by = $1"),
    ("cases they have now", "SELECT COUNT(*) FROM cases WHERE claimed_by = $1 AND open = 1"),
    (
        "drafts",
        "SELECT (SELECT COUNT(*) FROM draft WHERE person_id = $1) + (SELECT COUNT(*) FROM draft_beside WHERE person_id = $1)",
    ),
    ("signatures", "SELECT COUNT(*) FROM signature WHERE person_id = $1"),
    ("corrections", "SELECT COUNT(*) FROM correction WHERE person_id = $1"),
    ("checks", "SELECT COUNT(*) FROM triage_check WHERE person_id = $1"),
    ("calls tried", "SELECT COUNT(*) FROM call_try WHERE person_id = $1"),
    ("words about duty", "SELECT COUNT(*) FROM duty_said WHERE person_id = $1"),
    ("settings in the chat", "SELECT COUNT(*) FROM chat_person WHERE person_id = $1"),
    ("planned shifts", "SELECT COUNT(*) FROM duty_shift WHERE person_id = $1"),
    ("shifts of the planner", "SELECT COUNT(*) FROM planner_shift WHERE person_id = $1"),
    ("absences", "SELECT COUNT(*) FROM planner_absence WHERE person_id = $1"),
    ("cases offered to them", "SELECT COUNT(*) FROM offer_to WHERE person_id = $1"),
    ("questions at the end of a shift", "SELECT COUNT(*) FROM shift_ask WHERE person_id = $1"),
    ("notes for the next shift", "SELECT COUNT(*) FROM shift_note WHERE made_by = $1"),
    ("lines of the briefing", "SELECT COUNT(*) FROM briefing_line WHERE written_by = $1"),
    ("findings raised", "SELECT COUNT(*) FROM finding WHERE raised_by = $1"),
    ("answers of theirs drawn to be scored", "SELECT COUNT(*) FROM quality_sample WHERE person_id = $1"),
    ("answers of colleagues scored", "SELECT COUNT(*) FROM quality_sample WHERE scored_by = $1"),
    ("saved filters", "SELECT COUNT(*) FROM saved_filter WHERE person_id = $1"),
    ("acts on many", "SELECT COUNT(*) FROM batch WHERE person_id = $1"),
    ("notes that name them", "SELECT COUNT(*) FROM called_in WHERE person_id = $1"),
    ("answers for the library", "SELECT COUNT(*) FROM library_answer WHERE made_by = $1"),
    ("tokens in their name", "SELECT COUNT(*) FROM api_token WHERE person_id = $1"),
    ("acts in the audit", "SELECT COUNT(*) FROM audit WHERE person = $1"),
    ("promises made", "SELECT COUNT(*) FROM promise WHERE made_by = $1"),
    ("goodwill given or decided", "SELECT COUNT(*) FROM goodwill WHERE made_by = $1 OR decided_by = $1"),
    (
        "gestures and thanks",
        "SELECT (SELECT COUNT(*) FROM gesture WHERE person_id = $1) + (SELECT COUNT(*) FROM thanks WHERE written_by = $1)",
    ),
    (
        "complaints marked, acknowledged or decided",
        "SELECT COUNT(*) FROM complaint WHERE marked_by = $1 OR acknowledged_by = $1 OR decided_by = $1",
    ),
    (
        "passes asked for, decided or reviewed",
        "SELECT COUNT(*) FROM guard_pass WHERE asked_by = $1 OR decided_by = $1 OR reviewed_by = $1",
    ),
    ("tickets tied or untied", "SELECT COUNT(*) FROM ticket_link WHERE linked_by = $1 OR unlinked_by = $1"),
    (
        "protocols and their steps",
        "SELECT (SELECT COUNT(*) FROM protocol WHERE started_by = $1 OR taken_by = $1 OR ended_by = $1)
            + (SELECT COUNT(*) FROM protocol_step WHERE done_by = $1)",
    ),
    ("contacts elsewhere written down", "SELECT COUNT(*) FROM other_contact WHERE person_id = $1"),
    ("customers of cases said", "SELECT COUNT(*) FROM case_customer WHERE said_by = $1"),
    ("steps of incidents", "SELECT COUNT(*) FROM incident_event WHERE who = $1"),
    (
        "holds and objections",
        "SELECT (SELECT COUNT(*) FROM legal_hold WHERE set_by = $1 OR ended_by = $1)
            + (SELECT COUNT(*) FROM objection WHERE set_by = $1)",
    ),
];

/// Everybody with how much is kept about them.
pub async fn kept(tx: &mut Tx) -> Result<Vec<Kept>, StoreError> {
    let what = "reading what is kept about staff";
    let sql = "SELECT id, login, name, role, created_at, disabled_at FROM person ORDER BY login";
    let people: Vec<(String, String, String, String, i64, Option<i64>)> =
        query(sql).all(tx).await.during(what)?;
    let mut all = Vec::new();
    for (id, login, name, role, since, disabled) in people {
        let mut counts = Vec::new();
        for (kind, sql) in KINDS {
            let (n,): (i64,) = query(sql).bind(&id).one(tx).await.during(what)?;
            counts.push((kind, n));
        }
        all.push((login, name, role, since, disabled, counts));
    }
    Ok(all)
}
