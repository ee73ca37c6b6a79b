//! Which cases of an incident an answer to many is laid before a person for: the same for the console and for programs.

use crate::domain::incident::{Known, Purpose, Unticked, asks, unticked};
use crate::domain::label::Label;
use crate::domain::time::Timestamp;
use crate::store::incident::{self, LineRow, MemberRow, WordsRow};
use crate::store::{StoreError, Tx, label, protocol};
use std::collections::HashSet;

/// What is known of the cases of an incident, to choose among them.
#[derive(Clone, Debug, Default)]
pub struct Choosing {
    /// The cases.
    pub members: Vec<MemberRow>,
    /// What was written in them, the latest first.
    pub written: Vec<WordsRow>,
    /// The words for many.
    pub lines: Vec<LineRow>,
    /// Cases that a protocol or a label sets apart.
    pub apart: HashSet<String>,
}

impl Choosing {
    /// Reads it.
    pub async fn read(
        tx: &mut Tx,
        brand_id: &str,
        id: &str,
        limit: i64,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let members = incident::members(tx, brand_id, id, limit).await?;
        let cases: Vec<String> = members.iter().map(|m| m.case_id.clone()).collect();
        let mut apart: HashSet<String> =
            protocol::open_of(tx, &cases).await?.into_iter().map(|p| p.case_id).collect();
        if label::any(tx, now).await? {
            let labelled = label::of_cases(tx, &cases, now).await?;
            let sets_apart = |code: &str| Label::from_code(code).is_some_and(Label::apart);
            apart.extend(labelled.into_iter().filter(|(_, code)| sets_apart(code)).map(|(case, _)| case));
        }
        let written = incident::words(tx, brand_id, &cases).await?;
        Ok(Self { members, written, lines: incident::lines(tx, brand_id, id).await?, apart })
    }

    /// What was written in a case, the latest first.
    pub fn written_in(&self, case_id: &str) -> Vec<&WordsRow> {
        self.written.iter().filter(|w| w.case_id == case_id).collect()
    }

    /// Why a case is not ticked for somebody; none: it is.
    pub fn unticked(&self, m: &MemberRow, purpose: Purpose, me: &str, now: Timestamp) -> Option<Unticked> {
        let written = self.written_in(&m.case_id);
        let stands = |state: &Option<String>| {
            state.as_ref().is_some_and(|s| !matches!(s.as_str(), "cancelled" | "refused"))
        };
        let told = if purpose == Purpose::Answer { &m.told } else { &m.told_solved };
        let fits =
            |l: &LineRow| l.state == "approved" && l.purpose == purpose.code() && l.language == m.language;
        let claimed = m.claimed_by.as_deref().is_some_and(|by| by != me)
            && m.claimed_until.is_none_or(|until| until > now.millis());
        let known = Known {
            open: m.open == 1,
            level: m.level,
            needs_private: m.needs_private == 1,
            // What cannot be read may ask something.
            own_question: written.is_empty()
                || written.iter().any(|w| words(w.body.as_deref()).is_none_or(|text| asks(&w.intent, &text))),
            owed: m.due_at.is_some(),
            reached: m.first_answer_at.is_some(),
            told: stands(told),
            has_words: self.lines.iter().any(fits),
            claimed,
            apart: self.apart.contains(&m.case_id),
        };
        unticked(&known, purpose)
    }
}

/// The words in a content row of a post.
pub fn words(body: Option<&str>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body?).ok()?;
    Some(body.get("text")?.as_str()?.to_owned())
}
