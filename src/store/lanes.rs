//! The lanes of the inbox: open cases of one brand in the order of risk, a page at a time.
//!
//! The order is level, then the nearest deadline, then what has none, oldest id first; behind level 1 stands what is
//! talked about in private and may be answered for a short time only, the nearest end first. Behind all of
//! that the main list has what needs no answer, latest first: always what its author followed by a
//! second post, and all of it until a lead has had it hidden. Both
//! engines sort NULL differently, so each level is read in two bounded steps along the index
//! `case_risk`: what has a deadline and what has none. A page never costs more than ten such steps.

mod closing;

use super::query::query;
use super::rows::CaseRow;
use super::{During, StoreError, Tx, peak, safety};
use crate::domain::time::Timestamp;
use std::cmp::Ordering;
use std::ops::RangeInclusive;

/// The rank behind all levels of what needs no answer and whose author wrote again.
pub(super) const WROTE_AGAIN: i64 = 6;
/// The rank of everything else that needs no answer.
pub(super) const SORTED_LAST: i64 = 7;
/// The rank of everything in a lane that has the latest first.
pub(super) const LATEST_FIRST: i64 = 8;
/// Behind every id of a case in any collation: letters, for in those of languages signs stand before letters.
pub(super) const LAST_ID: &str = "zzzz";
/// The rank of what is talked about in private and may be answered for a short time only; it stands behind level 1.
pub const CLOSING: i64 = 9;
/// The ranks that a place can have.
pub const RANKS: std::ops::RangeInclusive<i64> = 1..=CLOSING;

/// Which cases are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Claimed by the one who looks.
    Mine,
    /// Offered to the one who looks, and nobody's yet.
    Offered,
    /// Nobody's.
    Unclaimed,
    /// In a language that the one who looks takes up.
    Languages,
    /// Past the deadline of a response.
    Late,
    /// The customer's, the front office's or the private talk's turn.
    Waiting,
    /// Put away until an instant; the clocks run on.
    Snoozed,
    /// Left to the members of a forum first; the clocks run on.
    Held,
    /// P4 and P5 while the crisis switch of their brand is on; the clocks run on.
    Parked,
    /// Talked about in private, or on the way there.
    Private,
    /// Nobody could tell whether something was sent to the customer.
    Unknown,
    /// Kind words, latest first.
    Compliments,
    /// Open, but nothing in it needs an answer.
    NoAnswer,
    /// What has ended, latest first; shown where a filter asks for it.
    Closed,
    /// What the one who looks should take next: nobody's or theirs, with no answer on its way.
    Next,
    /// The main list: everything open that needs an answer, and then what is not hidden of the rest.
    #[default]
    All,
}

impl Lane {
    /// All lanes in the order in which they are shown.
    pub const ALL: [Self; 14] = [
        Self::All,
        Self::Mine,
        Self::Offered,
        Self::Unclaimed,
        Self::Languages,
        Self::Late,
        Self::Waiting,
        Self::Private,
        Self::Unknown,
        Self::Compliments,
        Self::Snoozed,
        Self::Held,
        Self::Parked,
        Self::NoAnswer,
    ];

    /// The word in addresses and statements.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Offered => "offered",
            Self::Unclaimed => "unclaimed",
            Self::Languages => "languages",
            Self::Late => "late",
            Self::Waiting => "waiting",
            Self::Snoozed => "snoozed",
            Self::Held => "held",
            Self::Parked => "parked",
            Self::Private => "private",
            Self::Unknown => "unknown",
            Self::Compliments => "compliments",
            Self::NoAnswer => "no_answer",
            Self::Closed => "closed",
            Self::Next => "next",
            Self::All => "all",
        }
    }

    /// Reads the word of [`Lane::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.code() == code)
    }

    /// Whether [`super::filtered`] reads it, with or without a filter.
    pub const fn is_sifted(self) -> bool {
        matches!(self, Self::Languages | Self::Private | Self::Unknown | Self::Compliments | Self::Closed)
    }

    /// Whether what may be answered for a short time only goes before the levels behind the first.
    pub(super) const fn has_windows(self) -> bool {
        matches!(self, Self::All | Self::Mine | Self::Offered | Self::Unclaimed | Self::Late | Self::Next)
    }

    /// Whether it has the latest first.
    const fn is_latest_first(self) -> bool {
        matches!(self, Self::NoAnswer | Self::Compliments | Self::Closed)
    }
}

/// A place in the order: the last case of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its level, or one of the two ranks behind all levels of what needs no answer.
    pub level: i64,
    /// Whether it has no deadline: those come last in their level.
    pub undated: bool,
    /// Its deadline, 0 without one.
    pub due_at: i64,
    /// Its id.
    pub id: String,
}

impl Place {
    /// Where a case stands in a lane.
    pub fn of(lane: Lane, case: &CaseRow) -> Self {
        if lane.is_latest_first() {
            return Self { level: LATEST_FIRST, undated: true, due_at: 0, id: case.id.clone() };
        }
        if lane == Lane::All && case.needs_answer == 0 {
            let level = if case.wrote_again == 1 { WROTE_AGAIN } else { SORTED_LAST };
            return Self { level, undated: true, due_at: 0, id: case.id.clone() };
        }
        if let Some(at) =
            case.closing_at.filter(|_| lane.has_windows() && case.level > 1 && case.needs_answer == 1)
        {
            return Self { level: CLOSING, undated: false, due_at: at, id: case.id.clone() };
        }
        Self {
            level: case.level,
            undated: case.due_at.is_none(),
            due_at: case.due_at.unwrap_or(0),
            id: case.id.clone(),
        }
    }
}

/// What a rank is compared by: private windows that close soon stand between the first level and the second.
pub(super) const fn order(level: i64) -> i64 {
    if level == CLOSING { 3 } else { level * 2 }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |p: &Self| (order(p.level), p.undated, p.due_at);
        // Behind the levels the latest is first.
        let ids =
            if (6..CLOSING).contains(&self.level) { other.id.cmp(&self.id) } else { self.id.cmp(&other.id) };
        rank(self).cmp(&rank(other)).then(ids)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The lane.
    pub lane: Lane,
    /// Who looks.
    pub who: String,
    /// The present instant.
    pub now: Timestamp,
    /// Behind which place the page begins.
    pub after: Option<Place>,
    /// Most cases.
    pub limit: usize,
}

/// One page of a lane of one brand, in order.
pub async fn page(tx: &mut Tx, brand_id: &str, wanted: &Wanted) -> Result<Vec<CaseRow>, StoreError> {
    if wanted.lane == Lane::NoAnswer {
        return no_answer(tx, brand_id, wanted).await;
    }
    // In a crisis what can wait is kept apart from what cannot.
    let parks = matches!(wanted.lane, Lane::All | Lane::Unclaimed | Lane::Next | Lane::Parked)
        && peak::is_crisis(tx, brand_id, wanted.now).await?;
    let levels = match (wanted.lane, parks) {
        (Lane::Parked, false) => return Ok(Vec::new()),
        (Lane::Parked, true) => 4..=5,
        (_, true) => 1..=3,
        _ => 1..=5,
    };
    let mut found = by_risk(tx, brand_id, wanted, levels).await?;
    if wanted.lane == Lane::All {
        for rank in [WROTE_AGAIN, SORTED_LAST] {
            let left = wanted.limit.saturating_sub(found.len());
            let after = wanted.after.as_ref().map_or((0, ""), |p| (p.level, p.id.as_str()));
            // A tilde sorts behind every id.
            let before = if after.0 == rank { after.1 } else { LAST_ID };
            if left == 0
                || order(after.0) > order(rank)
                || (rank == SORTED_LAST && safety::hides(tx, brand_id).await?)
            {
                continue;
            }
            found.extend(behind(tx, brand_id, wanted, rank, before, left as i64).await?);
        }
    }
    Ok(found)
}

/// One page of what has a level and a deadline to go by.
async fn by_risk(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
    levels: RangeInclusive<i64>,
) -> Result<Vec<CaseRow>, StoreError> {
    let start = Place { level: 1, undated: false, due_at: i64::MIN, id: String::new() };
    let after = wanted.after.clone().unwrap_or(start);
    // Mostly there are none, and all is read as if there could be none.
    let closing = if wanted.lane.has_windows() { closing::count(tx, brand_id).await? } else { 0 };
    let mut found = Vec::new();
    let mut has_closing = closing > 0 && order(after.level) <= order(CLOSING);
    for level in levels {
        if level > 1 && has_closing {
            has_closing = false;
            let left = wanted.limit.saturating_sub(found.len());
            found.extend(closing::step(tx, brand_id, wanted, &after, left as i64).await?);
        }
        if order(level) < order(after.level) {
            continue;
        }
        for undated in [false, true] {
            let left = wanted.limit.saturating_sub(found.len());
            if left == 0 {
                return Ok(found);
            }
            let from = match (order(level), undated).cmp(&(order(after.level), after.undated)) {
                Ordering::Less => continue,
                Ordering::Equal => (after.due_at, after.id.as_str()),
                Ordering::Greater => (i64::MIN, ""),
            };
            if undated && wanted.lane == Lane::Late {
                continue;
            }
            // What closes soon stood before already.
            let skipped = if level > 1 { closing } else { 0 };
            let mut cases = step(tx, brand_id, wanted, (level, undated), from, left as i64 + skipped).await?;
            cases.retain(|c| skipped == 0 || c.closing_at.is_none() || c.needs_answer == 0);
            cases.truncate(left);
            found.extend(cases);
        }
    }
    Ok(found)
}

/// The statements of lanes that hold few cases among many.
const fn few(lane: Lane, undated: bool) -> Option<&'static str> {
    Some(match (lane, undated) {
        // From the offers to the cases: whoever is offered few does not walk along all of them.
        (Lane::Offered, false) => {
            "SELECT cases.* FROM offer_to t CROSS JOIN offer o CROSS JOIN cases
                WHERE t.person_id = $6 AND t.declined_at IS NULL AND o.case_id = t.case_id AND o.round = t.round
                AND o.ended_at IS NULL AND cases.id = t.case_id AND cases.brand_id = $1
                AND open = 1 AND needs_answer = 1 AND level = $2 AND (due_at, id) > ($3, $4) AND due_at < $5 AND $7 = 'offered'
                AND COALESCE(snoozed_until, 0) <= $8 AND (claimed_by IS NULL OR claimed_until <= $8) ORDER BY due_at, id LIMIT $9"
        }
        (Lane::Offered, true) => {
            "SELECT cases.* FROM offer_to t CROSS JOIN offer o CROSS JOIN cases
                WHERE t.person_id = $6 AND t.declined_at IS NULL AND o.case_id = t.case_id AND o.round = t.round
                AND o.ended_at IS NULL AND cases.id = t.case_id AND cases.brand_id = $1
                AND open = 1 AND needs_answer = 1 AND level = $2 AND due_at IS NULL AND $3 <= $5 AND id > $4 AND $7 = 'offered'
                AND COALESCE(snoozed_until, 0) <= $8 AND (claimed_by IS NULL OR claimed_until <= $8) ORDER BY due_at, id LIMIT $9"
        }
        // 'needs_answer + 0' keeps the index of all open cases away, which SQLite would take for as good as the lane's own.
        (Lane::Waiting, false) => {
            "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND level = $2
                AND state IN ('waiting_customer', 'waiting_front_office', 'waiting_private')
                AND (due_at, id) > ($3, $4) AND due_at < $5 AND needs_answer + 0 = 1 AND $6 <> $7
                AND (snoozed_until IS NULL OR snoozed_until <= $8)
             ORDER BY due_at, id LIMIT $9"
        }
        (Lane::Waiting, true) => {
            "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND level = $2
                AND state IN ('waiting_customer', 'waiting_front_office', 'waiting_private')
                AND due_at IS NULL AND $3 <= $5 AND id > $4 AND needs_answer + 0 = 1 AND $6 <> $7
                AND (snoozed_until IS NULL OR snoozed_until <= $8)
             ORDER BY due_at, id LIMIT $9"
        }
        (Lane::Snoozed | Lane::Held, false) => {
            "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer + 0 = 1 AND level = $2
                AND (due_at, id) > ($3, $4) AND due_at < $5 AND snoozed_until > $8 AND $6 <> $7
                AND ($7 = 'held') = COALESCE(held_until > $8 AND snoozed_until = held_until, FALSE)
             ORDER BY due_at, id LIMIT $9"
        }
        (Lane::Snoozed | Lane::Held, true) => {
            "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer + 0 = 1 AND level = $2
                AND due_at IS NULL AND $3 <= $5 AND id > $4 AND snoozed_until > $8 AND $6 <> $7
                AND ($7 = 'held') = COALESCE(held_until > $8 AND snoozed_until = held_until, FALSE)
             ORDER BY due_at, id LIMIT $9"
        }
        _ => return None,
    })
}

/// The statement of a step: every one takes the same nine values. What has no deadline is put in order by it too, for
/// PostgreSQL does not see that one that is NULL for all leaves the index in order.
const fn statement(lane: Lane, undated: bool) -> &'static str {
    if let Some(few) = few(lane, undated) {
        return few;
    }
    match (lane, undated) {
        (Lane::Mine, false) => {
            "SELECT * FROM cases WHERE claimed_by = $6 AND brand_id = $1 AND open = 1 AND level = $2
                AND (due_at, id) > ($3, $4) AND due_at < $5 AND $7 = 'mine'
                AND (snoozed_until IS NULL OR snoozed_until <= $8)
             ORDER BY due_at, id LIMIT $9"
        }
        (Lane::Mine, true) => {
            "SELECT * FROM cases WHERE claimed_by = $6 AND brand_id = $1 AND open = 1 AND level = $2
                AND due_at IS NULL AND $3 <= $5 AND id > $4 AND $7 = 'mine'
                AND (snoozed_until IS NULL OR snoozed_until <= $8)
             ORDER BY due_at, id LIMIT $9"
        }
        (_, false) => {
            "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND level = $2
                AND (due_at, id) > ($3, $4) AND due_at < $5
                AND ($7 = 'all' OR ($7 = 'unclaimed' AND (claimed_by IS NULL OR claimed_until <= $8))
                    OR ($7 = 'next' AND (claimed_by IS NULL OR claimed_until <= $8 OR claimed_by = $6)
                        AND state IN ('new', 'working') AND NOT EXISTS (SELECT 1 FROM action a
                            WHERE a.case_id = cases.id AND a.kind = 'reply'
                              AND a.state IN ('held', 'ready', 'claimed', 'sending', 'unknown')
                              AND NOT EXISTS (SELECT 1 FROM answer_part p WHERE p.action_id = a.id AND p.n > 1))))
                AND (snoozed_until IS NULL OR snoozed_until <= $8)
             ORDER BY due_at, id LIMIT $9"
        }
        (_, true) => {
            "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1 AND level = $2
                AND due_at IS NULL AND $3 <= $5 AND id > $4
                AND ($7 = 'all' OR ($7 = 'unclaimed' AND (claimed_by IS NULL OR claimed_until <= $8))
                    OR ($7 = 'next' AND (claimed_by IS NULL OR claimed_until <= $8 OR claimed_by = $6)
                        AND state IN ('new', 'working') AND NOT EXISTS (SELECT 1 FROM action a
                            WHERE a.case_id = cases.id AND a.kind = 'reply'
                              AND a.state IN ('held', 'ready', 'claimed', 'sending', 'unknown')
                              AND NOT EXISTS (SELECT 1 FROM answer_part p WHERE p.action_id = a.id AND p.n > 1))))
                AND (snoozed_until IS NULL OR snoozed_until <= $8)
             ORDER BY due_at, id LIMIT $9"
        }
    }
}

/// One bounded step along the index.
async fn step(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
    (level, undated): (i64, bool),
    (due_at, id): (i64, &str),
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let sql = statement(wanted.lane, undated);
    let (lane, before) = match wanted.lane {
        Lane::Late => ("all", wanted.now.millis()),
        Lane::Parked => ("all", i64::MAX),
        other => (other.code(), i64::MAX),
    };
    query(sql)
        .bind(brand_id)
        .bind(level)
        .bind(due_at)
        .bind(id)
        .bind(before)
        .bind(&wanted.who)
        .bind(lane)
        .bind(wanted.now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading the inbox")
}

/// One page of what needs no answer in the main list, latest first; what is put away is left out.
async fn behind(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
    rank: i64,
    before: &str,
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let sql = if rank == WROTE_AGAIN {
        "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 0 AND wrote_again = 1 AND id < $2
            AND (snoozed_until IS NULL OR snoozed_until <= $3) ORDER BY id DESC LIMIT $4"
    } else {
        "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 0 AND id < $2 AND wrote_again = 0
            AND (snoozed_until IS NULL OR snoozed_until <= $3) ORDER BY id DESC LIMIT $4"
    };
    query(sql)
        .bind(brand_id)
        .bind(before)
        .bind(wanted.now.millis())
        .bind(limit)
        .all(tx)
        .await
        .during("reading what needs no answer")
}

/// What needs no answer, latest first, along an index of its own: ids rise with time.
async fn no_answer(tx: &mut Tx, brand_id: &str, wanted: &Wanted) -> Result<Vec<CaseRow>, StoreError> {
    let sql = "SELECT * FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 0 AND id < $2
         ORDER BY id DESC LIMIT $3";
    // A tilde sorts behind every id.
    let after = wanted.after.as_ref().map_or(LAST_ID, |p| p.id.as_str());
    query(sql)
        .bind(brand_id)
        .bind(after)
        .bind(wanted.limit as i64)
        .all(tx)
        .await
        .during("reading what needs no answer")
}

/// How many cases are open, late and mine in one brand, each counted to `most` only.
pub async fn counts(
    tx: &mut Tx,
    brand_id: &str,
    who: &str,
    now: Timestamp,
    most: i64,
) -> Result<(i64, i64, i64), StoreError> {
    let sql = "SELECT
            (SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1
                AND (snoozed_until IS NULL OR snoozed_until <= $3) LIMIT $4) a),
            (SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE brand_id = $1 AND open = 1 AND needs_answer = 1
                AND level IN (1, 2, 3, 4, 5) AND due_at < $3
                AND (snoozed_until IS NULL OR snoozed_until <= $3) LIMIT $4) b),
            (SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE claimed_by = $2 AND brand_id = $1 AND open = 1
                AND (snoozed_until IS NULL OR snoozed_until <= $3) LIMIT $4) m)";
    query(sql)
        .bind(brand_id)
        .bind(who)
        .bind(now.millis())
        .bind(most)
        .one(tx)
        .await
        .during("counting the inbox")
}

/// How many cases of a brand are left to members at present, counted to `most` only.
pub async fn held(tx: &mut Tx, brand_id: &str, now: Timestamp, most: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM cases WHERE brand_id = $1 AND held_until > $2 AND open = 1
         AND snoozed_until = held_until LIMIT $3) h";
    let (n,): (i64,) = query(sql)
        .bind(brand_id)
        .bind(now.millis())
        .bind(most)
        .one(tx)
        .await
        .during("counting what is left to members")?;
    Ok(n)
}
