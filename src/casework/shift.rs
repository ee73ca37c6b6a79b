//! The end of a shift: claims return to nobody, are asked about, or are kept; and a P1 never stays with who left.
//!
//! What is to be done is decided by [`crate::domain::shift`], from what people said and what is planned; here it is
//! written, while the case is locked. Drafts, talks and promises stay with the case whatever becomes of the claim.

use super::{Asked, Casework, CaseworkError, file_of, offering, personal, save};
use crate::alerting::{self, Team};
use crate::casefile::{CaseFile, StepError, When, Who};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::shift::{AHEAD, BACK, ShiftRules, Standing, Step, Why, standing, step};
use crate::domain::time::{Span, Timestamp};
use crate::store::rows::{ActionRow, CaseRow};
use crate::store::shift::{self as store, HeldRow};
use crate::store::{StoreError, Tx, case, duty};
use serde_json::json;

/// The kind of the messages that ask somebody about a case.
pub const ASK: &str = "shift_ask";
/// The rule that takes claims from who left.
pub const RULE: &str = "shift_end";

/// What a person does about offers and at the end of their shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftAct {
    /// The offered case is not for them.
    Decline,
    /// They keep the case over the end of their shift.
    Keep,
}

impl ShiftAct {
    /// The word in the audit.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Decline => "case.decline_offer",
            Self::Keep => "case.keep",
        }
    }
}

/// Carries one out.
pub(super) async fn act(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    act: ShiftAct,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    let done = match act {
        ShiftAct::Decline => offering::decline(tx, file, asked).await?,
        ShiftAct::Keep => keep(tx, file, asked).await?,
    };
    Ok(done.map(|()| Vec::new()))
}

async fn keep(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let who = &asked.actor.person;
    let mine = file.case.claim().is_some_and(|c| c.by == *who && c.until.is_none_or(|u| u > asked.now));
    if !mine {
        return Ok(Err(CaseworkError::Refused("it is not yours".to_owned())));
    }
    if !store::answer(tx, &asked.case_id, "kept", asked.now).await? {
        return Ok(Err(CaseworkError::Refused("nothing is asked about it".to_owned())));
    }
    file.note("kept_over_shift", &Who::Person(who.clone()), When::now(asked.now), &json!({}));
    Ok(Ok(()))
}

/// How those stand who have anything in hand about which something may be due; who was never on duty of late, or is on for
/// long and asked nothing, is left out.
async fn standings(
    tx: &mut Tx,
    rules: &ShiftRules,
    now: Timestamp,
) -> Result<Vec<(String, Standing)>, StoreError> {
    let (from, to) = (now.minus(BACK), now.plus(AHEAD));
    let said: Vec<_> = duty::said(tx, from, to).await?.iter().map(duty::SaidRow::said).collect();
    let planned = duty::shifts(tx, from, to).await?;
    let of = |(person,): (String,)| {
        let stands = standing(&said, &planned, &person, now);
        (person, stands)
    };
    let mut all: Vec<_> = store::holders(tx).await?.into_iter().map(of).collect();
    let asked: Vec<String> = store::open(tx).await?.into_iter().map(|a| a.0).collect();
    all.retain(|(person, stands)| match stands {
        Standing::Never => false,
        Standing::On { until } => {
            until.since(now) <= Span::minutes(rules.ask_minutes) || asked.contains(person)
        }
        Standing::Off { .. } | Standing::Gone => true,
    });
    Ok(all)
}

/// The cases about which something is to be done, with how who has them stands.
async fn gather(
    tx: &mut Tx,
    rules: &ShiftRules,
    now: Timestamp,
) -> Result<Vec<(HeldRow, Standing)>, StoreError> {
    let gone = store::gone(tx).await?;
    let ends = rules.claims_end && duty::is_used(tx).await?;
    let mut stands = if ends { standings(tx, rules, now).await? } else { Vec::new() };
    stands.retain(|(person, _)| !gone.iter().any(|(left,)| left == person));
    stands.extend(gone.into_iter().map(|(person,)| (person, Standing::Gone)));
    let people: Vec<String> = stands.iter().map(|s| s.0.clone()).collect();
    let mut found = Vec::new();
    for held in store::held(tx, &people, None, now).await? {
        let Some((_, stands)) = stands.iter().find(|s| s.0 == held.person_id) else { continue };
        if step(&held.held(), *stands, rules, now) != Step::Stay {
            found.push((held, *stands));
        }
    }
    Ok(found)
}

impl Casework {
    /// Does what is due at the end of shifts. Returns how many cases it was about.
    pub async fn shifts_due(&self, rules: &ShiftRules) -> Result<usize, StoreError> {
        let (now, looked) = (self.clock.now(), rules.clone());
        let work = self.db.read("looking at the end of shifts", move |tx| {
            Box::pin(async move {
                let cases = gather(tx, &looked, now).await?;
                Ok((!cases.is_empty(), store::any_moved(tx).await?))
            })
        });
        if work.await? == (false, false) {
            return Ok(0);
        }
        let (catalogue, mint, rules) = (self.catalogue.get(), self.mint.clone(), rules.clone());
        let done = self.db.write_again("ending claims with the shift", move |tx| {
            let (catalogue, mint, rules) = (catalogue.clone(), mint.clone(), rules.clone());
            Box::pin(async move {
                store::settle_moved(tx, now).await?;
                let mut changed = Vec::new();
                for (held, stands) in gather(tx, &rules, now).await? {
                    if one(tx, (&catalogue, &mint), &held, (stands, &rules), now).await? {
                        changed.push(super::CaseChanged { brand_id: held.brand_id, case_id: held.id });
                    }
                }
                Ok(changed)
            })
        });
        let changed = done.await?;
        if !changed.is_empty() {
            self.outbox.notify_waiters();
        }
        let n = changed.len();
        for hint in changed {
            // Nobody listening is fine: pages also look by themselves.
            let _ = self.changed.send(hint);
        }
        Ok(n)
    }
}

/// What is due about one case, looked at once more under its lock.
async fn one(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    seen: &HeldRow,
    (stands, rules): (Standing, &ShiftRules),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(row) = case::get(tx, &seen.brand_id, &seen.id).await? else { return Ok(false) };
    let people = [seen.person_id.clone()];
    let Some(held) = store::held(tx, &people, Some(&row.id), now).await?.pop() else { return Ok(false) };
    let mut file = file_of(tx, catalogue, row).await?;
    let actions = match step(&held.held(), stands, rules, now) {
        Step::Stay => return Ok(false),
        Step::Settled => {
            store::answer(tx, &held.id, "settled", now).await?;
            return Ok(true);
        }
        Step::Ask(ends_at) => {
            let again = (ends_at <= now).then_some(now);
            store::ask(tx, &held, ends_at, again, now).await?;
            let body = json!({ "person": held.person_id, "holds": held.holds(), "ends": ends_at.millis() });
            file.note("shift_asked", &Who::Rule(RULE), When::now(now), &body);
            ask(tx, mint, &held, "asked", now).await?
        }
        Step::AskAgain => {
            store::asked_again(tx, &held.id, now).await?;
            let body = json!({ "person": held.person_id, "holds": held.holds(), "again": true });
            file.note("shift_asked", &Who::Rule(RULE), When::now(now), &body);
            ask(tx, mint, &held, "again", now).await?
        }
        Step::Return(why) => {
            store::answer(tx, &held.id, "unanswered", now).await?;
            let body = json!({ "why": why.code(), "person": held.person_id, "holds": held.holds() });
            match file.give_back(RULE, When::now(now), &body) {
                Ok(()) => {}
                Err(StepError::Refused(_)) => return Ok(false),
                Err(StepError::Store(error)) => return Err(error),
            }
            metrics::counter!("webcared_claims_returned_total").increment(1);
            if why == Why::Urgent { left(catalogue, mint, &file.case, now) } else { Vec::new() }
        }
    };
    let mut all = catalogue.actions_of(&file, mint, now);
    all.extend(actions);
    save(tx, &file, &all, now).await?;
    Ok(true)
}

/// Asks them in their own chat.
async fn ask(
    tx: &mut Tx,
    mint: &Mint,
    held: &HeldRow,
    stage: &str,
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let chats = personal::chats(tx, &held.brand_id, std::slice::from_ref(&held.person_id)).await?;
    let tell = |(person, chat): &(String, String)| {
        let once = format!("{ASK}:{}:{person}:{stage}:{}", held.id, now.millis());
        let body = json!({
            "chat": chat, "brand": held.brand_id, "case": held.id, "person": person, "holds": held.holds(),
            "stage": stage,
        });
        personal::message(mint, (ASK, once), (&held.brand_id, &held.id), &body, now)
    };
    Ok(chats.iter().map(tell).collect())
}

/// Leads hear at once that a P1 was with somebody who left; where none can be told, the team.
fn left(catalogue: &Catalogue, mint: &Mint, case: &CaseRow, now: Timestamp) -> Vec<ActionRow> {
    let Some(watched) = catalogue.brand(&case.brand_id) else { return Vec::new() };
    let hears = |t: &&Team| t.hears(&watched.brand.name);
    let mut teams: Vec<Team> = catalogue.teams.iter().filter(|t| t.leads).filter(hears).cloned().collect();
    for lead in &catalogue.reach.leads {
        if !teams.iter().any(|t| (&t.credential, &t.chat) == (&lead.credential, &lead.chat)) {
            teams.push(lead.clone());
        }
    }
    if teams.is_empty() {
        teams = catalogue.teams.iter().filter(hears).cloned().collect();
    }
    alerting::left(case, &watched.brand.name, &teams, mint, now)
}
