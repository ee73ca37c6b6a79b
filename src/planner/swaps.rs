//! Swaps: somebody asks for one day of a shift, somebody takes it, and where the settings say so a lead approves.

use super::{Planner, PlannerError, Sheet, note, refused, settle, sheet, worker};
use crate::domain::duty::Role;
use crate::domain::ids::SwapId;
use crate::domain::planner::Planned;
use crate::domain::time::{Span, Timestamp};
use crate::store::person::PersonRow;
use crate::store::planner::{self as store, SwapRow};
use crate::store::{StoreError, Tx};
use jiff::civil::Date;

/// What is done with a swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Somebody takes it.
    Take,
    /// Who asked wants it no more, or who took it gives it back.
    Withdraw,
    /// A lead lets it hold.
    Approve,
    /// A lead does not.
    Refuse,
}

impl Answer {
    /// The word in forms, addresses and the audit.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Withdraw => "withdraw",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
        }
    }

    /// Reads the word of [`Answer::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Take, Self::Withdraw, Self::Approve, Self::Refuse].into_iter().find(|a| a.code() == code)
    }
}

/// The plan around one day of a shift.
async fn around(tx: &mut Tx, shift: &str, day: Date) -> Result<Option<(Planned, Sheet)>, StoreError> {
    let Some(pattern) = store::shift(tx, shift).await? else { return Ok(None) };
    let Some((from, until)) = pattern.span(day) else { return Ok(None) };
    let found = sheet(tx, from.minus(Span::days(1)), until.plus(Span::days(1))).await?;
    let one = found.planned.iter().find(|p| p.shift == shift && p.day == day && !p.cancelled).cloned();
    Ok(one.map(|one| (one, found)))
}

/// Why somebody cannot stand in on a day; nothing where they can.
fn cannot(who: &PersonRow, one: &Planned, sheet: &Sheet) -> Option<&'static str> {
    match (one.role, who.role.as_str()) {
        (Role::Newcomer, "newcomer") => {}
        (Role::Newcomer, _) => return Some("only a newcomer takes a newcomer's shift"),
        (_, "newcomer") => return Some("a newcomer takes no shift of others"),
        (Role::Lead, role) if role != "lead" && role != "admin" => {
            return Some("only a lead takes a lead's shift");
        }
        _ => {}
    }
    let meets = |from: Timestamp, until: Timestamp| from < one.until && until > one.from;
    let away = sheet.absences.iter().filter(|a| a.person_id == who.id);
    if away.into_iter().any(|a| meets(Timestamp(a.from_ms), Timestamp(a.until_ms))) {
        return Some("whoever takes it is away then");
    }
    let own = sheet.planned.iter().filter(|p| p.person == who.id);
    if own.into_iter().any(|p| p.pieces.iter().any(|(from, until)| meets(*from, *until))) {
        return Some("whoever takes it has a shift then");
    }
    None
}

impl Planner {
    /// Somebody wants to give one day of their shift away; tells the id of the swap.
    ///
    /// # Errors
    /// [`PlannerError::Refused`] where it is not theirs, has begun, or is asked for already.
    pub async fn ask_swap(&self, who: &str, shift: &str, day: Date) -> Result<String, PlannerError> {
        let now = self.clock.now();
        let id = self.mint.id(now, SwapId::new).to_string();
        let entry = self.entry(who, "planner.swap_ask", &id);
        let row = SwapRow {
            id: id.clone(),
            shift_id: shift.to_owned(),
            day: day.to_string(),
            from_id: who.to_owned(),
            to_id: None,
            state: "asked".to_owned(),
            asked_at: now.millis(),
            taken_at: None,
            decided_at: None,
            decided_by: None,
        };
        let done = self.db.write_again("asking for a swap", move |tx| {
            let (row, entry) = (row.clone(), entry.clone());
            Box::pin(async move {
                store::in_turn(tx).await?;
                let Some((one, found)) = around(tx, &row.shift_id, day).await? else {
                    return Ok(Err(PlannerError::NotFound));
                };
                if one.person != row.from_id {
                    return Ok(refused("it is not your shift"));
                }
                if one.from <= now {
                    return Ok(refused("it has begun"));
                }
                let open = |s: &&SwapRow| s.state == "asked" || s.state == "taken";
                let same = |s: &&SwapRow| s.shift_id == row.shift_id && s.day == row.day;
                if found.swaps.iter().filter(open).any(|s| same(&s)) {
                    return Ok(refused("a swap is asked for already"));
                }
                store::put_swap(tx, &row).await?;
                note(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        done.await?.map(|()| id)
    }

    /// Takes a swap, withdraws it, approves or refuses it. Whether somebody may approve is their door's to know.
    /// Tells the state that it has then.
    pub async fn answer_swap(
        &self,
        who: &str,
        id: &str,
        answer: Answer,
    ) -> Result<&'static str, PlannerError> {
        let (now, approves) = (self.clock.now(), self.config.approve_swaps);
        let entry = self.entry(who, &format!("planner.swap_{}", answer.code()), id);
        let (who, id) = (who.to_owned(), id.to_owned());
        let done = self.db.write_again("answering a swap", move |tx| {
            let (who, id, entry) = (who.clone(), id.clone(), entry.clone());
            Box::pin(async move {
                store::in_turn(tx).await?;
                let Some(mut swap) = store::swap(tx, &id).await? else {
                    return Ok(Err(PlannerError::NotFound));
                };
                let state = match next(tx, &mut swap, (&who, answer), approves, now).await? {
                    Ok(state) => state,
                    Err(wrong) => return Ok(Err(wrong)),
                };
                state.clone_into(&mut swap.state);
                if !["asked", "taken"].contains(&state) {
                    (swap.decided_at, swap.decided_by) = (Some(now.millis()), Some(who.clone()));
                }
                store::put_swap(tx, &swap).await?;
                if state == "agreed" {
                    settle(tx, now).await?;
                }
                note(tx, &entry, now).await?;
                Ok(Ok(state))
            })
        });
        done.await?
    }
}

/// The state that follows, or why none does.
async fn next(
    tx: &mut Tx,
    swap: &mut SwapRow,
    (who, answer): (&str, Answer),
    approves: bool,
    now: Timestamp,
) -> Result<Result<&'static str, PlannerError>, StoreError> {
    if swap.state != "asked" && swap.state != "taken" {
        return Ok(refused("it is over"));
    }
    let is_taken = swap.state == "taken";
    if answer == Answer::Withdraw {
        if is_taken && swap.to_id.as_deref() == Some(who) {
            (swap.to_id, swap.taken_at) = (None, None);
            return Ok(Ok("asked"));
        }
        return Ok(if swap.from_id == who { Ok("withdrawn") } else { refused("it is not yours") });
    }
    if answer == Answer::Refuse {
        return Ok(Ok("refused"));
    }
    let Ok(day) = swap.day.parse::<Date>() else { return Ok(Err(PlannerError::NotFound)) };
    let Some((one, found)) = around(tx, &swap.shift_id, day).await? else {
        return Ok(refused("the shift is no longer planned"));
    };
    if one.from <= now {
        return Ok(refused("it has begun"));
    }
    if one.person != swap.from_id {
        return Ok(refused("it is somebody else's by now"));
    }
    let to = match answer {
        Answer::Take if is_taken => return Ok(refused("somebody has taken it")),
        Answer::Take if swap.from_id == who => return Ok(refused("it is yours already")),
        Answer::Take => who.to_owned(),
        _ => match &swap.to_id {
            Some(to) if is_taken => to.clone(),
            _ => return Ok(refused("nobody has taken it yet")),
        },
    };
    let Some(person) = worker(tx, &to).await? else {
        return Ok(refused("only people who work on cases take it"));
    };
    if let Some(why) = cannot(&person, &one, &found) {
        return Ok(refused(why));
    }
    if answer == Answer::Take {
        (swap.to_id, swap.taken_at) = (Some(to), Some(now.millis()));
        return Ok(Ok(if approves { "taken" } else { "agreed" }));
    }
    Ok(Ok("agreed"))
}
