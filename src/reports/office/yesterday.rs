//! 'Yesterday at the back door': of a day, the cases that webcare solved and that were the front office's, by ticket and
//! queue, with what is done about each and whether fewer came after that. No customer and no agent is named.

use super::{Rows, Sight, rows};
use crate::domain::ending::Solved;
use crate::domain::time::{Span, Timestamp};
use crate::reports::write::csv_cell;
use crate::store::back_door::{self, LineRow};
use crate::store::office::OfficeCase;
use crate::store::{Db, StoreError, Tx};
use serde::Serialize;
use std::collections::HashMap;

/// Before and after an action, cases of the same cause and queue are compared over this span.
pub const COMPARED: Span = Span::days(28);

/// One case of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The case by id; left out for whoever may not know it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub case_id: String,
    /// The brand by id.
    #[serde(skip)]
    pub brand_id: String,
    /// The brand by name.
    pub brand: String,
    /// Its short number.
    pub number: i64,
    /// Its first ticket, as `SYSTEM #NUMBER`; none without one.
    pub ticket: Option<String>,
    /// The queue or supplier of that ticket; empty without one.
    pub queue: String,
    /// By when something was promised on a ticket, epoch ms.
    pub promised_ms: Option<i64>,
    /// Whether that had passed when the customer came.
    pub promise_broken: bool,
    /// How old the ticket was when webcare was done, ms.
    pub age_ms: Option<i64>,
    /// Why the customer came, a code.
    pub back_door: Option<String>,
    /// Why webcare could, a code.
    pub difference: Option<String>,
    /// Who sees to it; empty while nobody said.
    pub owner: String,
    /// What they do; empty while nobody said.
    pub action: String,
    /// By which day; empty for none.
    pub due: String,
    /// When the action was said, epoch ms; none without one.
    pub acted_ms: Option<i64>,
    /// Cases of the same cause and queue in the four weeks before the action, or before the day's end without one.
    pub before: i64,
    /// The same in the four weeks after the action.
    pub after: i64,
    /// Whether fewer came after; none while the four weeks still run, or without an action.
    pub dropped: Option<bool>,
    /// The cases behind the count before, as `BRAND#NUMBER`, the earliest first.
    pub before_cases: Vec<String>,
    /// The cases behind the count after.
    pub after_cases: Vec<String>,
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Yesterday {
    /// First instant, RFC 3339.
    pub from: String,
    /// First instant no longer in it, RFC 3339.
    pub to: String,
    /// By queue, brand and number.
    pub lines: Vec<Line>,
}

/// Makes the list on one consistent view.
pub async fn report(
    db: &Db,
    brands: &[String],
    span: (Timestamp, Timestamp),
    sight: &Sight,
    now: Timestamp,
) -> Result<Yesterday, StoreError> {
    let (brands, sight) = (brands.to_vec(), sight.clone());
    db.read("reading yesterday at the back door", move |tx| {
        Box::pin(async move { of(tx, &brands, span, &sight, now).await })
    })
    .await
}

/// Makes the list. `brands` are those to look at; none gives an empty list.
pub async fn of(
    tx: &mut Tx,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
    sight: &Sight,
    now: Timestamp,
) -> Result<Yesterday, StoreError> {
    let mut made = Yesterday { from: from.rfc3339(), to: to.rfc3339(), lines: Vec::new() };
    // To the rows no brand means every brand.
    if brands.is_empty() {
        return Ok(made);
    }
    let mut said: HashMap<String, LineRow> = HashMap::new();
    for brand in brands {
        for line in back_door::lines(tx, brand, from, to).await? {
            said.insert(line.case_id.clone(), line);
        }
    }
    let rows = rows(tx, brands, (from.minus(COMPARED), to.max(now.plus(Span(1))))).await?;
    let within = |c: &&OfficeCase| is_of_the_day(c, (from, to)) && sight.sees(&rows, c);
    made.lines = rows.cases.iter().filter(within).map(|c| line(&rows, c, &said, (to, now))).collect();
    made.lines.sort_by(|a, b| (&a.queue, &a.brand, a.number).cmp(&(&b.queue, &b.brand, b.number)));
    Ok(made)
}

fn is_of_the_day(case: &OfficeCase, (from, to): (Timestamp, Timestamp)) -> bool {
    let by_webcare = Solved::from_code(&case.solved).is_some_and(Solved::by_webcare);
    by_webcare && case.at >= from.millis() && case.at < to.millis()
}

fn line(
    rows: &Rows,
    case: &OfficeCase,
    said: &HashMap<String, LineRow>,
    (end, now): (Timestamp, Timestamp),
) -> Line {
    let links = rows.links_of(case);
    let first = links.iter().min_by_key(|l| l.opened_at.unwrap_or(l.linked_at));
    let due = links.iter().filter_map(|l| l.due_at).min();
    let said = said.get(&case.case_id);
    let action = said.and_then(|l| l.action.clone()).unwrap_or_default();
    let acted = said.filter(|_| !action.is_empty()).map(|l| l.at);
    let team = rows.team_of(case);
    let at = acted.map_or(end, Timestamp);
    let like = |c: &&OfficeCase| {
        c.brand_id == case.brand_id && c.back_door == case.back_door && rows.team_of(c) == team
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut others: Vec<&OfficeCase> = rows.cases.iter().filter(like).collect();
    others.sort_by_key(|c| (c.at, c.number));
    for (when, named) in others.into_iter().map(|c| (Timestamp(c.at), format!("{}#{}", c.brand, c.number))) {
        if when >= at.minus(COMPARED) && when < at {
            before.push(named);
        } else if acted.is_some() && when >= at && when < at.plus(COMPARED) {
            after.push(named);
        }
    }
    let over = acted.is_some() && now >= at.plus(COMPARED);
    Line {
        case_id: case.case_id.clone(),
        brand_id: case.brand_id.clone(),
        brand: case.brand.clone(),
        number: case.number,
        ticket: first.and_then(|l| Some(format!("{} #{}", l.system, l.ticket_id.as_deref()?))),
        queue: team,
        promised_ms: due,
        promise_broken: due.is_some_and(|due| due < case.opened_at),
        age_ms: first.map(|l| (case.at - l.opened_at.unwrap_or(l.linked_at)).max(0)),
        back_door: case.back_door.clone(),
        difference: case.difference.clone(),
        owner: said.map(|l| l.owner.clone()).unwrap_or_default(),
        action,
        due: said.map(|l| l.due_day.clone()).unwrap_or_default(),
        acted_ms: acted,
        before: count(&before),
        after: count(&after),
        dropped: over.then_some(after.len() < before.len()),
        before_cases: before,
        after_cases: after,
    }
}

fn count(cases: &[String]) -> i64 {
    i64::try_from(cases.len()).unwrap_or(i64::MAX)
}

/// The list as comma-separated values.
pub fn csv(made: &Yesterday) -> String {
    let mut out = String::from(
        "brand,case,ticket,queue,promised,promise_broken,age_hours,back_door,difference,owner,action,due,before,after,dropped,before_cases,after_cases\r\n",
    );
    for l in &made.lines {
        let cells = [
            l.brand.clone(),
            l.number.to_string(),
            l.ticket.clone().unwrap_or_default(),
            l.queue.clone(),
            l.promised_ms.map(|at| Timestamp(at).rfc3339()).unwrap_or_default(),
            l.promise_broken.to_string(),
            l.age_ms.map(|ms| (ms / Span::hours(1).millis()).to_string()).unwrap_or_default(),
            l.back_door.clone().unwrap_or_default(),
            l.difference.clone().unwrap_or_default(),
            l.owner.clone(),
            l.action.clone(),
            l.due.clone(),
            l.before.to_string(),
            l.after.to_string(),
            l.dropped.map(|d| d.to_string()).unwrap_or_default(),
            l.before_cases.join(" "),
            l.after_cases.join(" "),
        ];
        out.push_str(&cells.iter().map(|c| csv_cell(c)).collect::<Vec<_>>().join(","));
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::office::OfficeLink;

    const DAY: i64 = 86_400_000;

    fn case(number: i64, at: i64, cause: &str) -> OfficeCase {
        OfficeCase {
            brand: "Acme".into(),
            brand_id: "b".into(),
            case_id: format!("c{number}"),
            number,
            platform: "mastodon".into(),
            intent: "complaint".into(),
            first_mention_id: String::new(),
            opened_at: at - 1000,
            at,
            solved: "webcare_linked".into(),
            difference: Some("mandate".into()),
            back_door: Some(cause.into()),
            taken: String::new(),
            asked: 1,
            sector: String::new(),
            language: "nl".into(),
            level: "P3".into(),
        }
    }

    fn link(case: &str) -> OfficeLink {
        OfficeLink {
            case_id: case.into(),
            id: format!("l{case}"),
            system: "desk".into(),
            ticket_id: Some("7".into()),
            state: "open".into(),
            opened_at: Some(0),
            linked_at: 0,
            due_at: Some(1),
            queue: "Field".into(),
        }
    }

    #[test]
    fn what_came_after_is_counted_from_the_day_of_the_action() {
        // Two before the action of day 50, one after it, one of another cause.
        let cases = vec![
            case(1, 40 * DAY, "habit"),
            case(2, 49 * DAY, "habit"),
            case(3, 60 * DAY, "habit"),
            case(4, 61 * DAY, "other"),
        ];
        let links = cases.iter().map(|c| (c.case_id.clone(), vec![link(&c.case_id)])).collect();
        let rows = Rows { cases, links, ..Rows::default() };
        let row = LineRow {
            brand_id: "b".into(),
            case_id: "c2".into(),
            owner: "kim".into(),
            due_day: String::new(),
            person_id: "p".into(),
            at: 50 * DAY,
            action: Some("send parts".into()),
        };
        let said = HashMap::from([("c2".to_owned(), row)]);
        let end = Timestamp(50 * DAY);
        let now = Timestamp(70 * DAY);
        let running = line(&rows, &rows.cases[1], &said, (end, now));
        assert_eq!((running.before, running.after, running.dropped), (2, 1, None), "four weeks still run");
        assert_eq!(running.before_cases, ["Acme#1", "Acme#2"], "the cases behind each count");
        assert_eq!(running.after_cases, ["Acme#3"]);
        let over = line(&rows, &rows.cases[1], &said, (end, Timestamp(78 * DAY)));
        assert_eq!(over.dropped, Some(true));
        assert!(over.promise_broken && over.ticket.as_deref() == Some("desk #7"));
        let unsaid = line(&rows, &rows.cases[0], &said, (end, Timestamp(90 * DAY)));
        assert_eq!((unsaid.before, unsaid.after, unsaid.dropped), (2, 0, None), "nothing was done");
    }

    #[test]
    fn who_has_queues_sees_theirs() {
        let rows = Rows {
            cases: vec![case(1, DAY, "habit"), case(2, DAY, "habit")],
            links: HashMap::from([("c1".to_owned(), vec![link("c1")])]),
            ..Rows::default()
        };
        let sight = |queue: &str| Sight::Queues(vec![("acme".into(), queue.into())]);
        let seen = |sight: &Sight| rows.cases.iter().filter(|c| sight.sees(&rows, c)).count();
        assert_eq!((seen(&Sight::All), seen(&sight("field")), seen(&sight(""))), (2, 1, 0));
        assert_eq!(seen(&Sight::Queues(Vec::new())), 0);
    }
}
