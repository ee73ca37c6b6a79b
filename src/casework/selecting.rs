//! Which cases of an incident an answer to many is laid before a person for: the same for the console and for programs.

use crate::domain::incident::{After, Known, Purpose, Unticked, asks, unticked};
use crate::domain::label::Label;
use crate::domain::ledger;
use crate::domain::time::Timestamp;
use crate::store::incident::{self, LineRow, MemberRow, WordsRow};
use crate::store::{StoreError, Tx, intake, label, protocol, survey};
use std::collections::{HashMap, HashSet};

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
    /// What is known of those that are resolved or closed.
    pub over: HashMap<String, After>,
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
        let ended: Vec<String> = members.iter().filter(|m| m.open == 0).map(|m| m.case_id.clone()).collect();
        let over = over(tx, brand_id, &ended).await?;
        Ok(Self { members, written, lines: incident::lines(tx, brand_id, id).await?, apart, over })
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
        let after = self.over.get(&m.case_id).copied().unwrap_or_default();
        let known = Known {
            open: m.open == 1,
            after: After { reached: m.told.as_deref() == Some("done"), ..after },
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

/// What is known of those of these cases that are resolved or closed; not yet whether an answer to many reached them.
pub(super) async fn over(
    tx: &mut Tx,
    brand_id: &str,
    cases: &[String],
) -> Result<HashMap<String, After>, StoreError> {
    let rows = incident::over(tx, brand_id, cases).await?;
    let objections = match intake::gone_key(tx).await? {
        Some(key) if !rows.is_empty() => Some((key, intake::objections(tx).await?)),
        _ => None,
    };
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let mut objects = false;
        // Few object; mostly nobody is looked up.
        if let Some((key, standing)) = objections.as_ref().filter(|o| !o.1.is_empty()) {
            let accounts = survey::accounts(tx, (&row.author_id, &row.author_id)).await?;
            objects = accounts.iter().any(|a| standing.contains(&ledger::account(key, &a.0, &a.1, &a.2)));
        }
        let after = After {
            ended: true,
            reached: false,
            unwanted: row.gone == 1 || row.goes_on == 1 || objects,
            wrote_since: row.wrote_since == 1,
        };
        found.insert(row.case_id, after);
    }
    Ok(found)
}

/// The words in a content row of a post.
pub fn words(body: Option<&str>) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body?).ok()?;
    Some(body.get("text")?.as_str()?.to_owned())
}
