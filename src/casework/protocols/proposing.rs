//! What protocols do by themselves: they are proposed, told again, and end with cases that are over.

use super::super::{CaseChanged, Casework, file_of, save};
use super::{ORIGIN, ROUND, blank, finish, note, rule_of, telling};
use crate::casefile::Who;
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::label::Label;
use crate::domain::protocol::{ProtocolEvent, ProtocolKind, ProtocolState};
use crate::domain::time::Timestamp;
use crate::store::protocol as store;
use crate::store::{StoreError, Tx, case, label};
use serde_json::json;
use std::collections::HashSet;

/// Proposes what words of a batch ask for, and what labels on authors do; tells whether anything is to be sent. A kind
/// that a case had already is not proposed again by itself, but for an alarm that was decided before these words.
pub async fn propose(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    cases: &[(String, String)],
    by_words: Vec<(String, String, ProtocolKind, Timestamp)>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut wanted: Vec<(String, String, ProtocolKind, Option<Timestamp>)> =
        by_words.into_iter().map(|(brand, case, kind, posted)| (brand, case, kind, Some(posted))).collect();
    if label::any(tx, now).await? {
        let ids: Vec<String> = cases.iter().map(|(_, case)| case.clone()).collect();
        for (id, code) in label::of_cases(tx, &ids, now).await? {
            let kind = Label::from_code(&code).and_then(Label::proposes);
            let brand = cases.iter().find(|(_, case)| *case == id).map(|(brand, _)| brand.clone());
            wanted.extend(brand.zip(kind).map(|(brand, kind)| (brand, id, kind, None)));
        }
    }
    let (mut seen, mut sends) = (HashSet::new(), false);
    for (brand_id, case_id, kind, posted) in wanted {
        if seen.insert((case_id.clone(), kind)) {
            sends |= propose_one(tx, (catalogue, mint), (&brand_id, &case_id), (kind, posted), now).await?;
        }
    }
    Ok(sends)
}

async fn propose_one(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    (brand_id, case_id): (&str, &str),
    (kind, posted): (ProtocolKind, Option<Timestamp>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !rule_of(catalogue, brand_id, kind).propose {
        return Ok(false);
    }
    // That one threat was looked into says nothing of the next.
    let known = match posted.filter(|_| kind.is_alarm()) {
        Some(posted) => store::knows_of(tx, (brand_id, case_id), kind.code(), posted).await?,
        None => store::has_had(tx, brand_id, case_id, kind.code()).await?,
    };
    if known {
        return Ok(false);
    }
    let origin = if posted.is_some() { "words" } else { "label" };
    let Some(found) = case::get(tx, brand_id, case_id).await? else { return Ok(false) };
    // Who provokes and is in danger is in danger.
    let set_aside = kind == ProtocolKind::Troll && found.level == 1;
    if found.open == 0 || found.historic == 1 || found.sample == 1 || set_aside {
        return Ok(false);
    }
    let mut row = blank(mint, (brand_id, case_id), kind, origin, now);
    let mut file = file_of(tx, catalogue, found).await?;
    note(&mut file, &Who::Rule(ORIGIN), now, ProtocolEvent::Propose, &json!({ "protocol": kind.code() }));
    let mut actions = catalogue.told_elsewhere(&file, mint, now);
    if kind.is_alarm() {
        actions.extend(telling::tell(tx, (catalogue, mint), &file.case, &mut row, "proposed", now).await?);
    }
    store::put(tx, &row).await?;
    save(tx, &file, &actions, now).await?;
    Ok(!actions.is_empty())
}

impl Casework {
    /// Tells again what nobody took, and ends what is about cases that are over. Gives how many that were.
    pub async fn protocols_due(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let looked = self.db.read("looking for protocols", move |tx| {
            Box::pin(async move {
                let mut found = store::due(tx, now, ROUND).await?;
                found.extend(store::left_behind(tx, ROUND).await?);
                Ok(found)
            })
        });
        let found = looked.await?;
        let mut carried = 0;
        for (brand_id, case_id, kind) in &found {
            let (catalogue, mint) = (self.catalogue.get(), self.mint.clone());
            let of = (brand_id.clone(), case_id.clone(), kind.clone());
            let done = self.db.write_again("carrying a protocol on", move |tx| {
                let (catalogue, mint, of) = (catalogue.clone(), mint.clone(), of.clone());
                Box::pin(async move { carry_on(tx, (&catalogue, &mint), (&of.0, &of.1, &of.2), now).await })
            });
            // What fails for one case must not keep the alarms of the others from being told.
            if let Err(error) = done.await {
                tracing::error!(%error, case = case_id, "a protocol could not be carried on; it is tried again");
                continue;
            }
            carried += 1;
            self.outbox.notify_waiters();
            // Nobody listening is fine: pages also look by themselves.
            let _ = self.changed.send(CaseChanged { brand_id: brand_id.clone(), case_id: case_id.clone() });
        }
        Ok(carried)
    }
}

async fn carry_on(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    (brand_id, case_id, kind): (&str, &str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(found) = case::get(tx, brand_id, case_id).await? else {
        return store::quiet(tx, brand_id, case_id).await;
    };
    let rows = store::of_case(tx, brand_id, case_id).await?;
    let Some(mut row) = rows.into_iter().find(|r| r.open == 1 && r.kind == kind) else { return Ok(()) };
    let mut file = file_of(tx, catalogue, found).await?;
    if file.case.open == 0 {
        let proposed = row.state == ProtocolState::Proposed.code();
        let (state, event) = if proposed {
            (ProtocolState::Declined, ProtocolEvent::Decline)
        } else {
            (ProtocolState::Ended, ProtocolEvent::End)
        };
        finish(tx, &mut file, &mut row, (state, ""), now).await?;
        note(&mut file, &Who::Rule("case_over"), now, event, &json!({ "protocol": row.kind }));
        let actions = catalogue.told_elsewhere(&file, mint, now);
        return save(tx, &file, &actions, now).await;
    }
    if row.again_at.is_none_or(|at| at > now.millis()) {
        return Ok(());
    }
    let actions = telling::tell(tx, (catalogue, mint), &file.case, &mut row, "again", now).await?;
    store::put(tx, &row).await?;
    save(tx, &file, &actions, now).await
}
