//! Erasing a person.

use super::finding::{Found, find, preview};
use super::{By, Preview, Privacy, PrivacyError, customers};
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::casework;
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::audit::{Caller, Entry};
use crate::domain::case::CaseEvent;
use crate::domain::ids::ActionId;
use crate::domain::ledger::{self, ERASED_FOR};
use crate::domain::time::Timestamp;
use crate::store::erase::{self, Noted, Scope};
use crate::store::rows::ActionRow;
use crate::store::sweep::{self, FILE};
use crate::store::ticket_note::{self, Remains};
use crate::store::{
    Db, StoreError, Tx, about, alias, audit, case, handover, incident, intake, objection, survey, ticket,
};
use crate::telling::{self, NOTE, Payload};
use serde_json::json;
use std::sync::Arc;

/// What an erasure came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// What went.
    pub went: Preview,
    /// Whether the files of the database are empty of it by now; they are soon, where they are not.
    pub files_empty: bool,
    /// What remains in tickets of which system, until it is gone there.
    pub remains: Vec<Remains>,
    /// By which a standing objection can be taken back, where one was made.
    pub objection: Option<String>,
}

impl Privacy {
    /// Erases a person; with `objects` their accounts are not watched any more.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where nobody is found, or where a case of theirs is held: nothing went then.
    pub async fn erase(&self, who: &str, objects: bool, by: &By) -> Result<Erased, PrivacyError> {
        let work = Work {
            who: who.to_owned(),
            objects,
            by: by.clone(),
            caller: self.caller.clone(),
            catalogue: self.catalogue.get(),
            mint: self.mint.clone(),
            now: self.clock.now(),
        };
        let written = self.db.write_again("erasing a person", move |tx| {
            let work = work.clone();
            Box::pin(async move { work.erase(tx).await })
        });
        let (went, objection, remains) = written.await?;
        self.outbox.notify_waiters();
        metrics::counter!("webcared_erasures_total").increment(1);
        tracing::warn!(by = by.code(), cases = went.cases.len(), "a person was erased");
        let files_empty = self.empty_files().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the files could not be emptied of what was erased at once; it is tried again");
            false
        });
        Ok(Erased { went, files_empty, remains, objection })
    }
}

impl Privacy {
    /// On SQLite the files are emptied at once; on PostgreSQL tables are written anew soon, and nobody waits for that.
    async fn empty_files(&self) -> Result<bool, StoreError> {
        if matches!(self.db, Db::Postgres(_)) || !erase::sweep_files(&self.db).await? {
            return Ok(false);
        }
        let noted = self.db.write("noting that the files are empty", |tx| {
            Box::pin(async move {
                let owed = sweep::owed(tx).await?;
                for one in owed.iter().filter(|o| o.name == FILE) {
                    sweep::done(tx, one).await?;
                }
                Ok(())
            })
        });
        noted.await.map(|()| true)
    }

    /// Where words of people who were erased still stand in tickets.
    pub async fn remains(&self) -> Result<Vec<Remains>, PrivacyError> {
        let read = self.db.read("reading what remains on tickets", |tx| Box::pin(ticket_note::of_erased(tx)));
        Ok(read.await?)
    }

    /// Somebody says that the words on a link's ticket are gone there.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] where nothing remains by that link.
    pub async fn words_gone(&self, link: &str) -> Result<(), PrivacyError> {
        let (link, caller, now) = (link.to_owned(), self.caller.clone(), self.clock.now());
        let written = self.db.write_again("noting that words are gone from a ticket", move |tx| {
            let (link, caller) = (link.clone(), caller.clone());
            Box::pin(async move {
                let remains = ticket_note::of_erased(tx).await?;
                let Some(of) = remains.into_iter().find(|r| r.link_id == link) else {
                    return Err(StoreError::Refused("nothing of it remains any more".to_owned()));
                };
                ticket_note::gone(tx, &of.brand_id, &link, now).await?;
                audit::append(tx, &Entry::done(&caller, "person.words_gone", &link), now).await
            })
        });
        Ok(written.await?)
    }
}

#[derive(Clone)]
struct Work {
    who: String,
    objects: bool,
    by: By,
    caller: Caller,
    catalogue: Arc<Catalogue>,
    mint: Arc<Mint>,
    now: Timestamp,
}

impl Work {
    async fn erase(&self, tx: &mut Tx) -> Result<(Preview, Option<String>, Vec<Remains>), StoreError> {
        // Intake waits, so that nothing of theirs comes in between.
        intake::lock_brands(tx).await?;
        let found = find(tx, &self.catalogue, &self.who).await?;
        let went = preview(tx, &self.catalogue, &found, self.now).await?;
        if !went.refused.is_empty() {
            return Err(StoreError::Refused(format!("nothing was erased: {}", went.refused.join("; "))));
        }
        for one in &found.cases {
            end(tx, (&one.brand_id, &one.id), (&self.catalogue, &self.mint), &self.by, self.now).await?;
        }
        let customer = about::hashes_of(tx, &found.about_ids()).await?;
        customers::erase(tx, &found.about, (&self.catalogue, &self.mint), &self.by, self.now).await?;
        let (mut noted, key) = noted(tx, &found, &self.mint).await?;
        noted.accounts.extend(customer);
        erase::note(tx, &noted, self.now, self.now.plus(ERASED_FOR)).await?;
        let label =
            if self.objects { Some(object(tx, &found, &key, &self.by, self.now).await?) } else { None };
        let scope = scope(tx, &found).await?;
        erase::erase(tx, &scope, self.now).await?;
        sweep::owe(tx, self.now).await?;
        let id = self.mint.id(self.now, ActionId::new).to_string().replace("act_", "ers_");
        let counts: serde_json::Map<_, _> = went.counts.iter().map(|(k, n)| (k.clone(), json!(n))).collect();
        erase::record(tx, &id, self.by.code(), &serde_json::Value::Object(counts).to_string(), self.now)
            .await?;
        audit::append(tx, &Entry::done(&self.caller, "person.erase", &id), self.now).await?;
        let mut remains = ticket_note::of_erased(tx).await?;
        remains.retain(|r| found.cases.iter().chain(&found.about).any(|c| c.id == r.case_id));
        Ok((went, label, remains))
    }
}

/// Ends a case that is open, notes that it was erased, and asks its tickets to do the same.
pub(super) async fn end(
    tx: &mut Tx,
    (brand_id, id): (&str, &str),
    (catalogue, mint): (&Catalogue, &Mint),
    by: &By,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(row) = case::get(tx, brand_id, id).await? else { return Ok(()) };
    let clocks = case::clocks(tx, id).await?;
    let way = handover::of_case(tx, brand_id, id).await?;
    let mut file = CaseFile::new(row, clocks, &catalogue.policies).with_handover(way);
    file.links = ticket::of_case(tx, brand_id, id).await?;
    file.fall_due(now)?;
    let who = match by {
        By::Person(person) => Who::Person(person.clone()),
        By::Command => Who::Rule("erasure"),
    };
    let when = When::now(now);
    if file.case.open == 1 {
        file.case.ended_why = Some(String::new());
        file.step(CaseEvent::Dismiss, &who, when, &json!({})).map_err(|error| match error {
            StepError::Store(error) => error,
            StepError::Refused(why) => StoreError::Refused(why.to_string()),
        })?;
    }
    file.note("erased", &who, when, &json!({}));
    let mut actions = catalogue.actions_of(&file, mint, now);
    // What happened is not told to tickets in words; they are asked to let theirs go.
    actions.retain(|a| a.kind != NOTE);
    for link in file.links.iter().filter(|l| l.state != "gone") {
        let payload = Payload { link: link.id.clone(), what: "erased".to_owned(), ..Payload::default() };
        let once = now.millis().to_string();
        actions.push(telling::action(&file.case, link, NOTE, &payload, &once, (mint, now)));
    }
    actions.extend(words_of(tx, &file, (mint, now)).await?);
    casework::save(tx, &file, &actions, now).await
}

/// What asks that our notes on tickets let go of somebody's words, also of those whose tie was taken away.
async fn words_of(
    tx: &mut Tx,
    file: &CaseFile,
    (mint, now): (&Mint, Timestamp),
) -> Result<Vec<ActionRow>, StoreError> {
    const WORDLESS: [&str; 5] = ["removed", "erased", "promise", "restored", "by_hand"];
    let mut notes = ticket_note::of_case(tx, &file.case.brand_id, &file.case.id).await?;
    notes.retain(|n| n.state != "gone" && !WORDLESS.contains(&n.what.as_str()));
    let mut actions = Vec::new();
    for note in &mut notes {
        let Some(link) = ticket::get(tx, &note.brand_id, &note.link_id).await? else { continue };
        "asked".clone_into(&mut note.state);
        "erased".clone_into(&mut note.cause);
        let asked = now.millis().to_string();
        actions.push(telling::withdrawal(&file.case, &link, (note, "erased"), &asked, (mint, now)));
    }
    ticket_note::put(tx, &notes).await?;
    Ok(actions)
}

/// Their accounts are not watched any more; gives the label of that.
pub(super) async fn object(
    tx: &mut Tx,
    found: &Found,
    key: &str,
    by: &By,
    now: Timestamp,
) -> Result<String, StoreError> {
    let mut hashes: Vec<String> = found
        .accounts
        .iter()
        .map(|a| ledger::account(key, &a.platform, &a.authority, &a.external_id))
        .collect();
    // Which names are one account's is forgotten with the account; an objection holds for each of them.
    let ids = alias::ids_of(tx, &found.account_ids()).await?;
    hashes.extend(ids.iter().map(|(id, platform, authority)| ledger::account(key, platform, authority, id)));
    // A pseudonym that says nothing; the same person has the same.
    let label: String = hashes.first().map(|h| h.chars().take(8).collect()).unwrap_or_default();
    for hash in &hashes {
        objection::add(tx, hash, &label, by.code(), now).await?;
    }
    survey::call_off(tx, &found.account_ids(), now).await?;
    incident::call_off_over(tx, &found.account_ids(), now).await?;
    Ok(label)
}

/// What is erased of a person.
pub(super) async fn scope(tx: &mut Tx, found: &Found) -> Result<Scope, StoreError> {
    let quoted = |text: &str| serde_json::to_string(text).ok().filter(|t| t.len() > 4);
    let mut needles = Vec::new();
    for account in &found.accounts {
        let profile: serde_json::Value =
            account.profile.as_deref().and_then(|p| serde_json::from_str(p).ok()).unwrap_or_default();
        needles.extend(quoted(&account.external_id));
        needles.extend(profile["handle"].as_str().and_then(quoted));
    }
    // A delivery may tell an account by another of its names, be it a number.
    let names = alias::names_of(tx, &found.account_ids()).await?;
    needles.extend(names.iter().filter_map(|name| quoted(name)));
    needles.dedup();
    Ok(Scope {
        accounts: found.account_ids(),
        cases: found.case_ids(),
        posts: found.posts.clone(),
        answers: found.answers.clone(),
        needles,
    })
}

/// The hashes of what must not come in again, and their key.
async fn noted(tx: &mut Tx, found: &Found, mint: &Mint) -> Result<(Noted, String), StoreError> {
    let key = key(tx, mint).await?;
    let posts = found.posts.iter().map(|p| ledger::post(&key, &p.platform, &p.authority, &p.external_id));
    let accounts =
        found.accounts.iter().map(|a| ledger::account(&key, &a.platform, &a.authority, &a.external_id));
    Ok((Noted { posts: posts.collect(), accounts: accounts.collect() }, key))
}

/// The key of the hashes; made with the first.
pub(super) async fn key(tx: &mut Tx, mint: &Mint) -> Result<String, StoreError> {
    casework::customers::hash_key(tx, mint).await
}
