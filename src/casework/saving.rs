//! Writing back what an act made of a case, whoever took the step.

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
    let mut script = Script::of(tx, "writing a case");
    bulk::put_cases(&mut script, std::slice::from_ref(&file.case))?;
    bulk::add_case_events(&mut script, &file.events)?;
    let clocks: Vec<_> = file.changed_clocks().cloned().collect();
    bulk::put_obligations(&mut script, &clocks)?;
    bulk::add_clock_events(&mut script, &file.fell_due)?;
    let annulled: Vec<_> = file
        .annulled
        .iter()
        .map(|(wait, at, evidence)| {
            (file.case.id.clone(), *wait, at.millis(), now.millis(), evidence.clone())
        })
        .collect();
    bulk::annul(&mut script, &annulled)?;
    bulk::add_actions(&mut script, actions)?;
    handover::put(&mut script, file.changed_handover().map_or(&[], std::slice::from_ref))?;
    script.run(tx).await
}
