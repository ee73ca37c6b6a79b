//! What a ticket promises, as a promise of the front office: begun, moved, kept and ended as the ticket is.

use super::{FRONT_OFFICE, LATER};
use crate::casefile::{CaseFile, When};
use crate::domain::clocks::ObligationState;
use crate::domain::policy::Policy;
use crate::domain::promise::whom::ToWhom;
use crate::domain::time::Timestamp;
use crate::store::promise::{self, PromiseRow};
use crate::store::rows::ObligationRow;
use crate::store::ticket::LinkRow;
use crate::store::{StoreError, Tx, about, answer, case};

/// Lays what a ticket promises beside the promise that is known of it: a due date begins a promise of the front
/// office, another moves it, a ticket that is solved keeps it, and one that promises nothing any more ends it. `text`
/// is what the ticket is about, `is_moved` whether it promises another time than when it was last looked at: what a person
/// moved here stays until the ticket says something new. Does nothing where nothing changed.
pub async fn of_ticket(
    tx: &mut Tx,
    file: &mut CaseFile,
    link: &LinkRow,
    (policy, text, is_moved): (&(i64, Policy), &str, bool),
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = promise::of_link(tx, &link.brand_id, &link.id).await?;
    // It may have gone to another case with its conversation.
    let Some(other) = rows.iter().find(|p| p.case_id != file.case.id).map(|p| p.case_id.clone()) else {
        return lay(tx, file, &rows, (link, policy, text, is_moved), now).await;
    };
    let Some(row) = case::get(tx, &link.brand_id, &other).await? else { return Ok(()) };
    let clocks = case::clocks(tx, &other).await?;
    let mut file = CaseFile::new(row, clocks, file.policies());
    lay(tx, &mut file, &rows, (link, policy, text, is_moved), now).await?;
    if file.is_changed() { crate::casework::save(tx, &file, &[], now).await } else { Ok(()) }
}

async fn lay(
    tx: &mut Tx,
    file: &mut CaseFile,
    rows: &[PromiseRow],
    (link, policy, text, is_moved): (&LinkRow, &(i64, Policy), &str, bool),
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = link.due_at.map(Timestamp).filter(|_| link.is_live() && link.state == "open");
    let mut of_link = rows.iter().filter(|p| p.case_id == file.case.id);
    let open = of_link.clone().find_map(|p| file.running_promise(p.wait));
    let changed = link.changed_at.map(Timestamp).filter(|at| *at <= now).unwrap_or(now);
    match (open, due) {
        (Some(at), Some(due)) if is_moved && file.clocks[at].due_at != due.millis() => {
            file.move_promise(at, due, LATER, When::now(now))
        }
        (Some(_), Some(_)) | (None, None) => Ok(()),
        (Some(at), None) if link.state == "solved" => {
            let made = Timestamp(file.clocks[at].started_at);
            file.keep_promise(at, "ticket_solved", When { at: changed.max(made), now })
        }
        (Some(at), None) => {
            let by = if link.is_live() { "withdrawn" } else { "unlinked" };
            file.end_promise(at, ObligationState::Void, by, When::now(now))
        }
        (None, Some(due)) => {
            // One that a person settled is not begun again by what the ticket said all along.
            let settled =
                |by: Option<&str>| matches!(by, Some("kept" | "replaced" | "called_off" | "given_up"));
            let known = |p: &PromiseRow| {
                let parts: Vec<&ObligationRow> = file.clocks.iter().filter(|o| o.wait == p.wait).collect();
                let said = |o: &ObligationRow| o.due_at == due.millis();
                // A time that a person moved is settled with the time that they moved it to.
                let whole = !is_moved && parts.iter().any(|o| said(o));
                parts.iter().any(|o| (whole || said(o)) && settled(o.ended_by.as_deref()))
            };
            if of_link.any(known) || !file.case.case_state()?.is_open() {
                return Ok(());
            }
            let made = Timestamp(link.opened_at.unwrap_or(link.linked_at)).min(due).min(now);
            let wait = file.open_promise(due, made, now, policy);
            // A ticket promises to whose it is.
            let differs = about::of_case(tx, &link.brand_id, &file.case.id).await?.is_some();
            let (id, words_id) = PromiseRow::named(&file.case.id, wait);
            let row = PromiseRow {
                case_id: file.case.id.clone(),
                wait,
                brand_id: link.brand_id.clone(),
                owed_by: FRONT_OFFICE.to_owned(),
                made_by: String::new(),
                made_at: made.millis(),
                act: String::new(),
                origin: "ticket".to_owned(),
                link_id: Some(link.id.clone()),
                action_id: None,
                id,
                words_id,
                answer: None,
                to_whom: ToWhom::settled(None, differs).code().to_owned(),
            };
            promise::put(tx, &row).await?;
            let subject = file.case.author_id.clone();
            answer::put_content(tx, &row.content_id(), &subject, "promise", text).await
        }
    }
}
