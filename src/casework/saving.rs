//! Writing back what an act made of a case, whoever took the step.

use super::owed;
use crate::casefile::CaseFile;
use crate::domain::time::Timestamp;
use crate::store::rows::ActionRow;
use crate::store::script::Script;
use crate::store::{StoreError, Tx, bulk, handover};

/// Writes back a case file: the case, its new events, its changed clocks, what fell due, the actions that follow.
pub async fn save(
    tx: &mut Tx,
    file: &CaseFile,
    actions: &[ActionRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    save_all(tx, std::slice::from_ref(file), actions, now).await
}

/// Writes back many, a statement for each table.
pub async fn save_all(
    tx: &mut Tx,
    files: &[CaseFile],
    actions: &[ActionRow],
    now: Timestamp,
) -> Result<(), StoreError> {
    let cases: Vec<_> = files.iter().map(|file| file.case.clone()).collect();
    let events: Vec<_> = files.iter().flat_map(|file| &file.events).cloned().collect();
    let clocks: Vec<_> = files.iter().flat_map(CaseFile::changed_clocks).cloned().collect();
    let fell_due: Vec<_> = files.iter().flat_map(|file| &file.fell_due).cloned().collect();
    let annulled: Vec<_> = files
        .iter()
        .flat_map(|file| file.annulled.iter().map(move |gone| (&file.case.id, gone)))
        .map(|(case, (wait, at, evidence))| {
            (case.clone(), *wait, at.millis(), now.millis(), evidence.clone())
        })
        .collect();
    let ways: Vec<_> = files.iter().filter_map(CaseFile::changed_handover).cloned().collect();
    let actions = owed::routed(tx, actions, now).await?;
    let mut script = Script::of(tx, "writing cases");
    bulk::put_cases(&mut script, &cases)?;
    bulk::add_case_events(&mut script, &events)?;
    bulk::put_obligations(&mut script, &clocks)?;
    bulk::add_clock_events(&mut script, &fell_due)?;
    bulk::annul(&mut script, &annulled)?;
    bulk::add_actions(&mut script, &actions)?;
    handover::put(&mut script, &ways)?;
    script.run(tx).await
}
