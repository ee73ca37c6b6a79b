//! What is told at the begin of a shift, and what is left to the next one.
//!
//! Leads write lines, approve them and give them an end; anybody who works leaves notes. What was open at a change of
//! shift is counted into a summary that holds numbers and no words, so that a group may read it.

use super::{Actor, Casework, CaseworkError, personal};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::duty::{Said, Shift, spans};
use crate::domain::ids::{ActionId, BriefingId, SummaryId};
use crate::domain::shift::ShiftRules;
use crate::domain::time::{Span, Timestamp};
use crate::store::briefing::{self as store, LineRow, NoteRow, PromisedRow, SummaryRow, content_id};
use crate::store::incident::{self, IncidentRow};
use crate::store::peak::{self, PeakRow};
use crate::store::rows::{ActionRow, CaseRow};
use crate::store::{StoreError, Tx, answer, audit, bulk, duty};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// The kind of the messages that tell of a change of shift.
pub const SHIFT: &str = "shift";
/// Longest line or note, in characters.
pub const CHARS_MAX: usize = 1_000;
/// How far ahead the end of a line may lie.
const UNTIL_MAX: Span = Span::days(31);
/// How far back notes are told.
const NOTES_OF: Span = Span::hours(24);
/// How far ahead promises are told to somebody whose shift has no end yet.
const SHIFT_SPAN: Span = Span::hours(8);
/// Most cases that are named.
const NAMED: i64 = 20;
/// Changes of shift closer together than this are one.
const ONE_CHANGE: Span = Span::minutes(30);
/// How far back a change of shift is looked for.
const CHANGE_OF: Span = Span::hours(1);

/// A case as a summary names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its number.
    pub number: i64,
    /// 1 to 5.
    pub level: i64,
    /// When it is due, in epoch milliseconds.
    pub due: Option<i64>,
}

/// What was open at a change of shift, of one brand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// By level: level, open, late, of nobody.
    pub open: Vec<(i64, i64, i64, i64)>,
    /// The cases with the greatest risk.
    pub risk: Vec<Named>,
    /// The promises that are due next: number of the case and when, in epoch milliseconds.
    pub promises: Vec<(i64, i64)>,
    /// The numbers of cases whose private talk is open.
    pub talks: Vec<i64>,
    /// The numbers of cases that were late in the shift before.
    pub late: Vec<i64>,
}

impl Summary {
    /// Whether nothing is left to whoever comes.
    pub fn is_empty(&self) -> bool {
        self.totals().0 == 0 && self.promises.is_empty() && self.talks.is_empty() && self.late.is_empty()
    }

    /// As it was kept.
    pub fn of(row: &SummaryRow) -> Self {
        serde_json::from_str(&row.body).unwrap_or_default()
    }

    /// How many are open, late, and nobody's.
    pub fn totals(&self) -> (i64, i64, i64) {
        self.open
            .iter()
            .fold((0, 0, 0), |sum, (_, open, late, free)| (sum.0 + open, sum.1 + late, sum.2 + free))
    }
}

/// What somebody is told at the begin of their shift, of one brand.
#[derive(Clone, Debug, Default)]
pub struct Briefing {
    /// Lines that are approved, with their words.
    pub lines: Vec<(LineRow, String)>,
    /// Lines that wait for a lead.
    pub waiting: Vec<(LineRow, String)>,
    /// Incidents that run.
    pub incidents: Vec<IncidentRow>,
    /// Peaks and crises that are not over, with what they are.
    pub peaks: Vec<(PeakRow, String)>,
    /// Promises that are due in this shift.
    pub promises: Vec<PromisedRow>,
    /// P1 and P2 that are open.
    pub urgent: Vec<CaseRow>,
    /// What the last shifts left, with the words.
    pub notes: Vec<(NoteRow, String)>,
    /// What was open when the shift changed last.
    pub summary: Option<SummaryRow>,
}

/// Whether somebody wrote anything of any of these brands that is told to others, or a shift left something of late.
pub async fn has_news(tx: &mut Tx, brands: &[String], now: Timestamp) -> Result<bool, StoreError> {
    for brand in brands {
        if has_news_of(tx, brand, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn has_news_of(tx: &mut Tx, brand_id: &str, now: Timestamp) -> Result<bool, StoreError> {
    if store::lines(tx, brand_id, now).await?.iter().any(|l| l.approved_at.is_some()) {
        return Ok(true);
    }
    if !store::notes(tx, brand_id, now.minus(NOTES_OF)).await?.is_empty() {
        return Ok(true);
    }
    Ok(store::last_summary(tx, brand_id).await?.is_some_and(|s| is_fresh(&s, now)))
}

fn is_fresh(summary: &SummaryRow, now: Timestamp) -> bool {
    Timestamp(summary.at) >= now.minus(NOTES_OF)
}

/// The briefing of one brand; `until` is the end of the shift of who reads it.
pub async fn read(
    tx: &mut Tx,
    brand_id: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Briefing, StoreError> {
    let lines = store::lines(tx, brand_id, now).await?;
    let notes = store::notes(tx, brand_id, now.minus(NOTES_OF)).await?;
    let peaks = peak::running(tx, NAMED).await?;
    let peaks: Vec<PeakRow> =
        peaks.into_iter().filter(|p| p.brand_id == brand_id && p.until_at > now.millis()).collect();
    let mut ids: Vec<String> = lines.iter().map(|l| content_id(&l.id)).collect();
    ids.extend(notes.iter().map(|n| content_id(&n.id)));
    ids.extend(peaks.iter().map(|p| p.content_id("title")));
    let words: HashMap<String, String> = answer::contents(tx, &ids).await?.into_iter().collect();
    let word = |id: &str| words.get(id).cloned();
    let mut told = Briefing::default();
    for line in lines {
        let Some(text) = word(&content_id(&line.id)) else { continue };
        if line.approved_at.is_some() { &mut told.lines } else { &mut told.waiting }.push((line, text));
    }
    told.notes = notes.into_iter().filter_map(|n| Some((n.clone(), word(&content_id(&n.id))?))).collect();
    told.peaks =
        peaks.into_iter().map(|p| (p.clone(), word(&p.content_id("title")).unwrap_or_default())).collect();
    let incidents = incident::of_brand(tx, brand_id, NAMED).await?;
    told.incidents = incidents.into_iter().filter(|i| i.open == 1).collect();
    told.promises = store::promised(tx, brand_id, until.unwrap_or_else(|| now.plus(SHIFT_SPAN))).await?;
    told.urgent = store::urgent(tx, brand_id, 2, NAMED).await?;
    told.summary = store::last_summary(tx, brand_id).await?;
    Ok(told)
}

/// What is open of a brand now; what was late since `since`.
async fn summed(
    tx: &mut Tx,
    brand_id: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<Summary, StoreError> {
    let named = |c: CaseRow| Named { number: c.number, level: c.level, due: c.due_at };
    let numbers = |found: Vec<(i64,)>| found.into_iter().map(|(n,)| n).collect();
    Ok(Summary {
        open: store::counts(tx, brand_id, now).await?,
        risk: store::urgent(tx, brand_id, 5, NAMED).await?.into_iter().map(named).collect(),
        promises: store::promised(tx, brand_id, now.plus(SHIFT_SPAN))
            .await?
            .into_iter()
            .map(|p| (p.number, p.due_at))
            .collect(),
        talks: numbers(store::talks(tx, brand_id, NAMED).await?),
        late: numbers(store::broken(tx, brand_id, since, NAMED).await?),
    })
}

/// Makes the summary of a brand at an instant; `false` where that one is there already.
async fn make(
    tx: &mut Tx,
    mint: &Mint,
    (brand_id, by): (&str, &str),
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<SummaryRow>, StoreError> {
    let since = store::last_summary(tx, brand_id).await?.map_or(now.minus(SHIFT_SPAN), |s| Timestamp(s.at));
    let summary = summed(tx, brand_id, since.max(now.minus(NOTES_OF)), now).await?;
    let row = SummaryRow {
        id: mint.id(now, SummaryId::new).to_string(),
        brand_id: brand_id.to_owned(),
        at: at.millis(),
        made_by: by.to_owned(),
        body: serde_json::to_string(&summary).unwrap_or_else(|_| "{}".to_owned()),
    };
    Ok(store::put_summary(tx, &row).await?.then_some(row))
}

fn words(field: &'static str, text: &str) -> Result<String, CaseworkError> {
    let text = text.trim();
    let count = text.chars().count();
    if count == 0 || count > CHARS_MAX {
        let what = format!("{count} characters; allowed are 1 to {CHARS_MAX}");
        return Err(CaseworkError::Invalid { field, what });
    }
    Ok(text.to_owned())
}

fn leads_only(actor: &Actor) -> Result<(), CaseworkError> {
    if actor.lead {
        return Ok(());
    }
    Err(CaseworkError::Refused("lines of the briefing are written and approved by a lead".to_owned()))
}

/// The latest change of shift that is not long ago: a planned shift is over, or the last one leaves. Who goes for a while,
/// and leaves others there, changes nothing.
fn change(said: &[Said], planned: &[Shift], now: Timestamp) -> Option<Timestamp> {
    let all = spans(said, planned, now.minus(CHANGE_OF), now.plus(Span(1)));
    // Who goes on in another stretch has not left.
    let goes_on =
        |p: &crate::domain::duty::Present| all.iter().any(|o| o.person == p.person && o.from == p.until);
    let said_off = |p: &crate::domain::duty::Present| {
        said.iter().any(|s| !s.on && s.person == p.person && s.from == p.until)
    };
    // Who has a shift may have said so as well.
    let is_planned = |p: &crate::domain::duty::Present| {
        p.planned || planned.iter().any(|s| s.person == p.person && s.until == p.until)
    };
    let others =
        |p: &crate::domain::duty::Present| all.iter().any(|o| o.from <= p.until && o.until > p.until);
    let ends = all.iter().filter(|p| p.until <= now && !goes_on(p));
    ends.filter(|p| is_planned(p) && !said_off(p) || !others(p)).map(|p| p.until).max()
}

impl Casework {
    /// Writes a line of the briefing; only a lead. It is told once it is approved.
    pub async fn write_line(
        &self,
        brand_id: &str,
        (text, until): (&str, Option<Timestamp>),
        approve: bool,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        leads_only(actor)?;
        let (now, text) = (self.clock.now(), words("text", text)?);
        let until = until.filter(|u| *u > now && u.since(now) <= UNTIL_MAX);
        let Some(until) = until else {
            let what = "the end must lie ahead, and at most 31 days".to_owned();
            return Err(CaseworkError::Invalid { field: "until", what });
        };
        let by = actor.person.to_string();
        let row = LineRow {
            id: self.mint.id(now, BriefingId::new).to_string(),
            brand_id: brand_id.to_owned(),
            written_by: by.clone(),
            written_at: now.millis(),
            until_at: until.millis(),
            approved_by: approve.then(|| by.clone()),
            approved_at: approve.then_some(now.millis()),
            ended_by: None,
            ended_at: None,
        };
        let entry = self.done(actor, "briefing.write", (brand_id, &row.id));
        let written = self.db.write("writing a line of the briefing", move |tx| {
            Box::pin(async move {
                store::put_line(tx, &row).await?;
                answer::put_content(tx, &content_id(&row.id), &by, "briefing", &text).await?;
                audit::append(tx, &entry, now).await
            })
        });
        Ok(written.await?)
    }

    /// Approves a line, or takes it away before its end; only a lead.
    pub async fn decide_line(
        &self,
        brand_id: &str,
        id: &str,
        approve: bool,
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        leads_only(actor)?;
        let (now, by) = (self.clock.now(), actor.person.to_string());
        let word = if approve { "briefing.approve" } else { "briefing.end" };
        let entry = self.done(actor, word, (brand_id, id));
        let (brand_id, id) = (brand_id.to_owned(), id.to_owned());
        let decided = self.db.write("deciding about a line of the briefing", move |tx| {
            Box::pin(async move {
                let Some(mut row) = store::line(tx, &brand_id, &id).await? else {
                    return Ok(Err(CaseworkError::NotFound));
                };
                if row.ended_at.is_some() || row.until_at <= now.millis() {
                    return Ok(Err(CaseworkError::Refused("it is over already".to_owned())));
                }
                if approve && row.approved_at.is_some() {
                    return Ok(Ok(()));
                }
                if approve {
                    (row.approved_by, row.approved_at) = (Some(by), Some(now.millis()));
                } else {
                    (row.ended_by, row.ended_at) = (Some(by), Some(now.millis()));
                }
                store::put_line(tx, &row).await?;
                audit::append(tx, &entry, now).await?;
                Ok(Ok(()))
            })
        });
        decided.await?
    }

    /// Leaves a note to the next shift, where there are words, and makes the summary where that is asked for.
    pub async fn hand_over(
        &self,
        brand_id: &str,
        (note, sum): (&str, bool),
        actor: &Actor,
    ) -> Result<(), CaseworkError> {
        let now = self.clock.now();
        let note = if note.trim().is_empty() && sum { None } else { Some(words("note", note)?) };
        let (by, mint, brand) = (actor.person.to_string(), self.mint.clone(), brand_id.to_owned());
        let id = mint.id(now, SummaryId::new).to_string();
        let entry = self.done(actor, "shift.hand_over", (brand_id, &id));
        let done = self.db.write("handing a shift over", move |tx| {
            Box::pin(async move {
                if let Some(text) = &note {
                    let row = NoteRow {
                        id: id.clone(),
                        brand_id: brand.clone(),
                        at: now.millis(),
                        made_by: by.clone(),
                    };
                    store::put_note(tx, &row).await?;
                    answer::put_content(tx, &content_id(&id), &by, "shift_note", text).await?;
                }
                if sum {
                    make(tx, &mint, (&brand, &by), now, now).await?;
                }
                audit::append(tx, &entry, now).await
            })
        });
        Ok(done.await?)
    }

    /// Makes the summaries of a shift that changed, once a brand and change, and tells the team's chats. Returns how
    /// many were made.
    pub async fn summaries_due(&self, rules: &ShiftRules) -> Result<usize, StoreError> {
        if !rules.summaries {
            return Ok(0);
        }
        let (now, mint, catalogue) = (self.clock.now(), self.mint.clone(), self.catalogue.get());
        let brands: Vec<String> = catalogue.brands.iter().map(|b| b.id.clone()).collect();
        let looked = self.db.read("looking for a change of shift", move |tx| {
            Box::pin(async move {
                let (from, to) = (now.minus(CHANGE_OF), now.plus(Span(1)));
                let said: Vec<Said> =
                    duty::said(tx, from, to).await?.iter().map(duty::SaidRow::said).collect();
                let Some(at) = change(&said, &duty::shifts(tx, from, to).await?, now) else {
                    return Ok(None);
                };
                // Seen each time for an hour: nothing is written unless a brand has none yet.
                for brand in &brands {
                    if !is_summed(store::last_summary(tx, brand).await?.as_ref(), at) {
                        return Ok(Some(at));
                    }
                }
                Ok(None)
            })
        });
        let Some(at) = looked.await? else { return Ok(0) };
        let made = self.db.write_again("summing a shift up", move |tx| {
            let (catalogue, mint) = (catalogue.clone(), mint.clone());
            Box::pin(async move { changed(tx, (&catalogue, &mint), at, now).await })
        });
        let made = made.await?;
        if made > 0 {
            self.outbox.notify_waiters();
        }
        Ok(made)
    }
}

/// Whether a change has its summary: somebody made one just now, or several left one after the other.
fn is_summed(last: Option<&SummaryRow>, at: Timestamp) -> bool {
    last.is_some_and(|s| Timestamp(s.at) > at.minus(ONE_CHANGE))
}

/// The summaries of a change, and who is told.
async fn changed(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    at: Timestamp,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut made: Vec<(String, SummaryRow)> = Vec::new();
    for brand in &catalogue.brands {
        if is_summed(store::last_summary(tx, &brand.id).await?.as_ref(), at) {
            continue;
        }
        if let Some(row) = make(tx, mint, (&brand.id, ""), at, now).await? {
            made.push((brand.brand.name.clone(), row));
        }
    }
    let mut actions: Vec<ActionRow> = Vec::new();
    let teams = || catalogue.teams.iter().filter(|t| t.credential == personal::CREDENTIAL && !t.leads);
    // A chat may stand there once for each of its brands; it is told of all of them at once.
    let chats: BTreeSet<&str> = teams().map(|t| t.chat.as_str()).collect();
    for chat in chats {
        let of: Vec<_> = made
            .iter()
            .filter(|(name, _)| teams().any(|t| t.chat == chat && t.hears(name)))
            .map(|(name, row)| json!({ "brand": row.brand_id, "name": name, "id": row.id }))
            .collect();
        // Where nothing is open there is nothing to hand over.
        let heard = made.iter().filter(|(_, row)| of.iter().any(|o| o["id"] == row.id));
        if heard.map(|(_, row)| Summary::of(row)).all(|sum| sum.is_empty()) {
            continue;
        }
        let id = mint.id(now, ActionId::new).to_string();
        let once = format!("{SHIFT}:{chat}:{}", at.millis());
        let mut action = ActionRow::ready(id, "", SHIFT, personal::CREDENTIAL, once, now);
        action.payload = json!({ "chat": chat, "at": at.millis(), "summaries": of }).to_string();
        actions.push(action);
    }
    bulk::insert_actions(tx, &actions).await?;
    Ok(made.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::duty::{Reach, Role};

    #[test]
    fn a_change_is_the_end_of_somebodys_duty_and_not_that_of_a_stretch() {
        let at = |minutes: i64| Timestamp(1_800_000_000_000).plus(Span::minutes(minutes));
        let shift = |person: &str, from, until| Shift {
            person: person.into(),
            from: at(from),
            until: at(until),
            reach: Reach::default(),
            role: Role::Agent,
            buddy: None,
        };
        let planned = [shift("jan", -300, 0), shift("els", -300, 10), shift("els", 10, 300)];
        assert_eq!(change(&[], &planned, at(-1)), None);
        assert_eq!(change(&[], &planned, at(0)), Some(at(0)));
        assert_eq!(change(&[], &planned, at(20)), Some(at(0)), "els goes on");
        assert_eq!(change(&[], &planned, at(70)), None, "too long ago");
        // Without a plan the last one who leaves ends the shift; who has lunch does not, planned or not.
        let said = |person: &str, on, from, until| Said {
            person: person.into(),
            on,
            from: at(from),
            until: at(until),
            reach: Reach::default(),
        };
        let two = [said("jan", true, -50, 400), said("els", true, -40, 5), said("jan", false, 0, 400)];
        assert_eq!(change(&two, &[], at(1)), None, "els is there");
        assert_eq!(change(&two, &[], at(6)), Some(at(5)), "and the last one who leaves");
        let both = [said("jan", true, -290, 0), said("els", true, -200, 300)];
        assert_eq!(change(&both, &planned, at(1)), Some(at(0)), "a shift of which they said so too");
        let lunch = [said("els", false, -20, 10)];
        assert_eq!(change(&lunch, &planned, at(-5)), None, "jan is there");
    }

    #[test]
    fn a_line_has_words_and_only_so_many() {
        assert!(words("text", "  ").is_err() && words("text", &"x".repeat(CHARS_MAX + 1)).is_err());
        assert_eq!(words("text", " Storing in Utrecht ").unwrap(), "Storing in Utrecht");
        let sum = Summary { open: vec![(1, 2, 1, 0), (3, 5, 0, 4)], ..Summary::default() };
        assert_eq!(sum.totals(), (7, 1, 4));
    }

    #[test]
    fn a_summary_of_long_ago_is_no_news_and_one_of_just_now_is_that_of_a_change() {
        let at = Timestamp(1_800_000_000_000);
        let (id, brand_id, made_by, body) = ("chg".into(), "brd".into(), String::new(), "{}".into());
        let row = SummaryRow { id, brand_id, at: at.millis(), made_by, body };
        assert!(is_summed(Some(&row), at.plus(Span::minutes(29))) && is_summed(Some(&row), at));
        assert!(!is_summed(Some(&row), at.plus(Span::minutes(30))) && !is_summed(None, at));
        assert!(is_fresh(&row, at.plus(NOTES_OF)) && !is_fresh(&row, at.plus(NOTES_OF).plus(Span(1))));
    }
}
