//! The lanes of the inbox with a filter, and the lanes that no index of risk serves.
//!
//! What names few cases (words, an incident, an owner, an unknown send) is found first and then put in order. All
//! else walks along the index of risk and looks at each case; such a walk is bounded, so that a rare filter over very
//! many cases costs no more than a common one: the page then tells how far it looked, and the next goes on there.

mod found;

pub use found::{spoken_by, unknown_count};

use super::each::each_json;
use super::lanes::{CLOSING, LAST_ID, Lane, Place, SORTED_LAST, WROTE_AGAIN, Wanted, order};
use super::query::query;
use super::rows::CaseRow;
use super::{During, StoreError, Tx, peak, safety};
use found::found_first;

/// Most cases of one brand that one page looks at along the index.
const LOOKED_MAX: i64 = 10_000;
/// Most cases of anything that is found first.
const FOUND_MAX: i64 = 1_000;

/// What is asked for beside the lane, as the statements take it. Lists are `,a,b,`; what is empty filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sift {
    /// Platforms.
    pub platforms: String,
    /// Languages.
    pub languages: String,
    /// Levels, as numbers.
    pub levels: String,
    /// Intents.
    pub intents: String,
    /// States.
    pub states: String,
    /// A person by id, or `nobody`.
    pub owner: String,
    /// A sector by name.
    pub sector: String,
    /// A label of its author.
    pub label: String,
    /// An incident by id.
    pub incident: String,
    /// Words.
    pub text: String,
    /// The languages of who looks, for their lane; `None` where they have said none.
    pub spoken: Option<String>,
}

/// A list as the statements take it.
pub fn listed<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    let joined: Vec<String> = values.into_iter().map(|v| v.to_string()).collect();
    if joined.is_empty() { String::new() } else { format!(",{},", joined.join(",")) }
}

/// One page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The cases, in order.
    pub cases: Vec<CaseRow>,
    /// How far it looked, where it did not look at all of them.
    pub looked_to: Option<Place>,
}

/// What fits lane and filter; `c` is the case, `$7` the brand.
macro_rules! fits {
    () => {
        " c.brand_id = $7
          AND ($11 = '' OR $11 LIKE '%,' || c.platform || ',%')
          AND ($12 = '' OR $12 LIKE '%,' || c.language || ',%')
          AND ($13 = '' OR $13 LIKE '%,' || CAST(c.level AS TEXT) || ',%')
          AND ($14 = '' OR $14 LIKE '%,' || c.intent || ',%')
          AND ($15 = '' OR $15 LIKE '%,' || c.state || ',%')
          AND ($16 = '' OR c.claimed_by = $16
               OR ($16 = 'nobody' AND (c.claimed_by IS NULL OR c.claimed_until <= $8)))
          AND ($17 = '' OR EXISTS (SELECT 1 FROM case_sector s
               WHERE s.brand_id = $7 AND s.case_id = c.id AND s.sector = $17))
          AND ($18 = '' OR EXISTS (SELECT 1 FROM author_label l WHERE l.brand_id = $7
               AND l.author_id = c.author_id AND l.label = $18 AND l.ended_at IS NULL AND l.until_ms > $8))
          AND ($19 = '' OR $19 LIKE '%,' || c.language || ',%')
          AND ($10 <> 'mine' OR c.claimed_by = $9)
          AND ($10 <> 'unclaimed' OR c.claimed_by IS NULL OR c.claimed_until <= $8)
          AND ($10 <> 'offered' OR c.claimed_by IS NULL OR c.claimed_until <= $8)
          AND ($10 <> 'late' OR c.due_at < $8)
          AND ($10 <> 'waiting' OR c.state IN ('waiting_customer', 'waiting_front_office', 'waiting_private'))
          AND ($10 NOT IN ('compliments') OR c.intent IN ('compliment', 'praise'))
          AND ($10 IN ('unknown', 'private', 'closed', 'no_answer')
               OR (($10 IN ('snoozed', 'held')) = (c.snoozed_until IS NOT NULL AND c.snoozed_until > $8)
                   AND ($10 = 'held') = COALESCE(c.held_until > $8 AND c.snoozed_until = c.held_until, FALSE)))"
    };
}

/// A stretch of an index: where it begins and ends, and in which order it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stretch {
    /// What has a deadline, of one level.
    Dated(i64),
    /// What has none, of one level.
    Undated(i64),
    /// What may be answered in private for a short time only, behind level 1.
    Closing,
    /// What needs no answer and whose author wrote again, latest first.
    Again,
    /// What else needs no answer, latest first.
    Rest,
    /// All that needs no answer, latest first.
    NoAnswer,
    /// Kind words, latest first.
    Kind,
    /// What has ended, latest first.
    Ended,
}

/// The statements of a stretch: its cases, how many there are, and the one at the edge.
macro_rules! walk {
    ($where:literal, $order:literal) => {
        [
            // What closes soon stands in a stretch of its own; here `$1` is the rank, elsewhere it may be a list of ids.
            concat!(
                "SELECT c.* FROM cases c WHERE",
                fits!(),
                " AND (c.level = 1 OR c.needs_answer = 0 OR c.closing_at IS NULL OR $1 = 9
                       OR $10 NOT IN ('all', 'mine', 'offered', 'unclaimed', 'late', 'next'))",
                $where,
                $order,
                " LIMIT $6"
            ),
            concat!(
                "SELECT COUNT(*), CAST(0 AS BIGINT), '' FROM (SELECT 1 FROM cases c WHERE c.brand_id = $7",
                $where,
                " LIMIT $6) n"
            ),
            concat!(
                "SELECT CAST(1 AS BIGINT), COALESCE(CASE WHEN $1 = 9 THEN c.closing_at ELSE c.due_at END,
                    CAST(0 AS BIGINT)), c.id FROM cases c WHERE c.brand_id = $7",
                $where,
                $order,
                " LIMIT 1 OFFSET $6"
            ),
        ]
    };
}

impl Stretch {
    const fn statements(self) -> [&'static str; 3] {
        match self {
            Self::Dated(_) => walk!(
                " AND c.open = 1 AND c.needs_answer = 1 AND c.level = $1 AND (c.due_at, c.id) > ($2, $3)
                  AND (c.due_at, c.id) <= ($4, $5)",
                " ORDER BY c.due_at, c.id"
            ),
            Self::Undated(_) => walk!(
                " AND c.open = 1 AND c.needs_answer = 1 AND c.level = $1 AND c.due_at IS NULL AND $2 <= $4
                  AND c.id > $3 AND c.id <= $5",
                " ORDER BY c.due_at, c.id"
            ),
            Self::Closing => walk!(
                " AND c.open = 1 AND c.needs_answer = 1 AND c.level > 1 AND c.closing_at IS NOT NULL AND $1 >= 0
                  AND (c.closing_at, c.id) > ($2, $3) AND (c.closing_at, c.id) <= ($4, $5)",
                " ORDER BY c.closing_at, c.id"
            ),
            Self::Again => walk!(
                " AND c.open = 1 AND c.needs_answer = 0 AND c.wrote_again = 1 AND $1 >= 0 AND $2 <= $4
                  AND c.id < $3 AND c.id >= $5",
                " ORDER BY c.id DESC"
            ),
            Self::Rest => walk!(
                " AND c.open = 1 AND c.needs_answer = 0 AND c.wrote_again = 0 AND $1 >= 0 AND $2 <= $4
                  AND c.id < $3 AND c.id >= $5",
                " ORDER BY c.id DESC"
            ),
            Self::NoAnswer => walk!(
                " AND c.open = 1 AND c.needs_answer = 0 AND $1 >= 0 AND $2 <= $4 AND c.id < $3 AND c.id >= $5",
                " ORDER BY c.id DESC"
            ),
            Self::Kind => walk!(
                " AND c.open = 1 AND c.intent IN ('compliment', 'praise') AND $1 >= 0 AND $2 <= $4
                  AND c.id < $3 AND c.id >= $5",
                " ORDER BY c.id DESC"
            ),
            Self::Ended => walk!(
                " AND c.open = 0 AND $1 >= 0 AND $2 <= $4 AND c.id < $3 AND c.id >= $5",
                " ORDER BY c.id DESC"
            ),
        }
    }

    /// The rank of its cases, and whether they have no deadline.
    const fn rank(self) -> (i64, bool) {
        match self {
            Self::Dated(level) => (level, false),
            Self::Undated(level) => (level, true),
            Self::Closing => (CLOSING, false),
            Self::Again => (WROTE_AGAIN, true),
            Self::Rest => (SORTED_LAST, true),
            Self::NoAnswer | Self::Kind | Self::Ended => (super::lanes::LATEST_FIRST, true),
        }
    }

    const fn is_backwards(self) -> bool {
        !matches!(self, Self::Dated(_) | Self::Undated(_) | Self::Closing)
    }

    /// Where it begins behind a place: deadline and id; nothing where the place lies behind all of it.
    fn from(self, after: Option<&Place>) -> Option<(i64, String)> {
        let start = (i64::MIN, if self.is_backwards() { LAST_ID.to_owned() } else { String::new() });
        let Some(after) = after else { return Some(start) };
        let (rank, undated) = self.rank();
        match (order(rank), undated).cmp(&(order(after.level), after.undated)) {
            std::cmp::Ordering::Less => None,
            std::cmp::Ordering::Equal => Some((after.due_at, after.id.clone())),
            std::cmp::Ordering::Greater => Some(start),
        }
    }
}

/// One page of a lane of one brand with a filter, in order.
pub async fn page(tx: &mut Tx, brand_id: &str, wanted: &Wanted, sift: &Sift) -> Result<Page, StoreError> {
    page_within(tx, brand_id, wanted, sift, LOOKED_MAX).await
}

/// The same, looking at no more than so many cases along the index.
pub async fn page_within(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
    sift: &Sift,
    most: i64,
) -> Result<Page, StoreError> {
    if wanted.lane == Lane::Languages && sift.spoken.is_none() {
        return Ok(Page::default());
    }
    if let Some(ids) = found_first(tx, brand_id, wanted, sift).await? {
        return among(tx, brand_id, wanted, sift, &ids).await;
    }
    let mut page = Page::default();
    let mut left = most;
    for stretch in stretches(tx, brand_id, wanted).await? {
        let room = wanted.limit.saturating_sub(page.cases.len());
        if room == 0 {
            break;
        }
        let Some(from) = stretch.from(wanted.after.as_ref()) else { continue };
        let part = walk(tx, (brand_id, wanted, sift), stretch, from, (room as i64, left)).await?;
        left -= part.looked;
        page.cases.extend(part.cases);
        if part.edge.is_some() {
            page.looked_to = part.edge;
            break;
        }
    }
    Ok(page)
}

/// The levels of a lane that are shown: in a crisis what can wait is kept apart.
async fn levels(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
) -> Result<std::ops::RangeInclusive<i64>, StoreError> {
    let parks = matches!(wanted.lane, Lane::All | Lane::Unclaimed | Lane::Languages | Lane::Parked)
        && peak::is_crisis(tx, brand_id, wanted.now).await?;
    Ok(match (wanted.lane, parks) {
        (Lane::Parked, true) => 4..=5,
        // Nothing is parked, and no case has this level.
        (Lane::Parked, false) => 0..=0,
        (_, true) => 1..=3,
        _ => 1..=5,
    })
}

async fn stretches(tx: &mut Tx, brand_id: &str, wanted: &Wanted) -> Result<Vec<Stretch>, StoreError> {
    match wanted.lane {
        Lane::NoAnswer => return Ok(vec![Stretch::NoAnswer]),
        Lane::Compliments => return Ok(vec![Stretch::Kind]),
        Lane::Closed => return Ok(vec![Stretch::Ended]),
        _ => {}
    }
    let levels = levels(tx, brand_id, wanted).await?;
    let has_windows = wanted.lane.has_windows();
    let of_level = |l: i64| {
        let closing = (has_windows && l == 1).then_some(Stretch::Closing);
        [Stretch::Dated(l), Stretch::Undated(l)].into_iter().chain(closing)
    };
    let mut all: Vec<Stretch> = levels.flat_map(of_level).collect();
    if wanted.lane == Lane::Late {
        all.retain(|s| matches!(s, Stretch::Dated(_) | Stretch::Closing));
    }
    if wanted.lane == Lane::All {
        all.push(Stretch::Again);
        if !safety::hides(tx, brand_id).await? {
            all.push(Stretch::Rest);
        }
    }
    Ok(all)
}

/// What one stretch brought.
struct Part {
    cases: Vec<CaseRow>,
    looked: i64,
    edge: Option<Place>,
}

async fn walk(
    tx: &mut Tx,
    of: (&str, &Wanted, &Sift),
    stretch: Stretch,
    from: (i64, String),
    (room, left): (i64, i64),
) -> Result<Part, StoreError> {
    let what = "measuring the inbox";
    let [cases, count, edge] = stretch.statements();
    let level = stretch.rank().0;
    let last = (i64::MAX, if stretch.is_backwards() { String::new() } else { LAST_ID.to_owned() });
    let bounds = |to: &(i64, String), n: i64| (level, from.clone(), to.clone(), n);
    let (looked, _, _): (i64, i64, String) =
        one(tx, count, of.0, bounds(&last, left.max(1)), what).await?.unwrap_or_default();
    let mut to = last.clone();
    let mut edge_at = None;
    if looked >= left {
        let at: Option<(i64, i64, String)> =
            one(tx, edge, of.0, bounds(&last, left.max(1) - 1), what).await?;
        if let Some((_, due, id)) = at {
            let (level, undated) = stretch.rank();
            to = (if undated { i64::MAX } else { due }, id.clone());
            edge_at = Some(Place { level, undated, due_at: if undated { 0 } else { due }, id });
        }
    }
    let cases = rows(tx, cases, of, bounds(&to, room)).await?;
    // A full page ends where its last case stands.
    let edge = edge_at.filter(|_| (cases.len() as i64) < room);
    Ok(Part { cases, looked, edge })
}

type Bounds = (i64, (i64, String), (i64, String), i64);

/// A statement that looks at keys only.
async fn one(
    tx: &mut Tx,
    sql: &'static str,
    brand_id: &str,
    (level, from, to, n): Bounds,
    what: &'static str,
) -> Result<Option<(i64, i64, String)>, StoreError> {
    query(sql)
        .bind(level)
        .bind(from.0)
        .bind(&from.1)
        .bind(to.0)
        .bind(&to.1)
        .bind(n)
        .bind(brand_id)
        .maybe(tx)
        .await
        .during(what)
}

/// A statement that reads cases by lane and filter. Its first value is the level, or a list of ids.
macro_rules! rows {
    ($tx:expr, $sql:expr, $first:expr, ($brand:expr, $wanted:expr, $sift:expr), ($from:expr, $to:expr, $n:expr)) => {
        query($sql)
            .bind($first)
            .bind($from.0)
            .bind(&$from.1)
            .bind($to.0)
            .bind(&$to.1)
            .bind($n)
            .bind($brand)
            .bind($wanted.now.millis())
            .bind(&$wanted.who)
            .bind($wanted.lane.code())
            .bind(&$sift.platforms)
            .bind(&$sift.languages)
            .bind(&$sift.levels)
            .bind(&$sift.intents)
            .bind(&$sift.states)
            .bind(&$sift.owner)
            .bind(&$sift.sector)
            .bind(&$sift.label)
            .bind(spoken($wanted, $sift))
            .all($tx)
            .await
            .during("reading the inbox by a filter")
    };
}

fn spoken(wanted: &Wanted, sift: &Sift) -> String {
    if wanted.lane == Lane::Languages { sift.spoken.clone().unwrap_or_default() } else { String::new() }
}

async fn rows(
    tx: &mut Tx,
    sql: &'static str,
    (brand_id, wanted, sift): (&str, &Wanted, &Sift),
    (level, from, to, n): Bounds,
) -> Result<Vec<CaseRow>, StoreError> {
    rows!(tx, sql, level, (brand_id, wanted, sift), (from, to, n))
}

/// The cases of what names few, all at once, then the page of them.
async fn among(
    tx: &mut Tx,
    brand_id: &str,
    wanted: &Wanted,
    sift: &Sift,
    ids: &[String],
) -> Result<Page, StoreError> {
    let sql = tx.pick(
        concat!(
            "SELECT c.* FROM jsonb_each($1) AS j CROSS JOIN cases c WHERE c.id = j.value->>0 AND",
            fits!(),
            " AND $2 <= $4 AND $3 <= $5 LIMIT $6"
        ),
        concat!(
            "SELECT c.* FROM jsonb_array_elements($1::jsonb) AS j(value) CROSS JOIN cases c
             WHERE c.id = j.value->>0 AND",
            fits!(),
            " AND $2 <= $4 AND $3 <= $5 LIMIT $6"
        ),
    );
    let text = each_json("reading the inbox by a filter", ids)?;
    let all = (0_i64, String::new());
    let found: Vec<CaseRow> = rows!(tx, sql, &text, (brand_id, wanted, sift), (all, all, FOUND_MAX * 2))?;
    let levels = levels(tx, brand_id, wanted).await?;
    let hides = wanted.lane == Lane::All && safety::hides(tx, brand_id).await?;
    let ended = wanted.lane == Lane::Closed;
    let mut cases: Vec<CaseRow> = found
        .into_iter()
        // An unknown send waits for a person whether or not its case has ended; the count beside the lane says so too.
        .filter(|c| (c.open == 0) == ended || wanted.lane == Lane::Unknown)
        .filter(|c| match wanted.lane {
            Lane::Closed | Lane::Private | Lane::Unknown | Lane::Mine | Lane::Compliments => true,
            Lane::NoAnswer => c.needs_answer == 0,
            Lane::All if c.needs_answer == 0 => c.wrote_again == 1 || !hides,
            _ => c.needs_answer == 1 && levels.contains(&c.level),
        })
        .filter(|c| wanted.after.as_ref().is_none_or(|after| Place::of(wanted.lane, c) > *after))
        .collect();
    cases.sort_by_cached_key(|c| Place::of(wanted.lane, c));
    cases.truncate(wanted.limit);
    Ok(Page { cases, looked_to: None })
}
