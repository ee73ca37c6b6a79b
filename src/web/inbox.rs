//! The inbox: open cases in the order of risk, by lane and filter, a page at a time.

pub mod choosing;
mod finding;
pub mod saved;

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, hue, page as print};
use super::shown::{Left, Moment, Shown};
use super::texts::Texts;
use super::texts::working::WorkingTexts;
use crate::catalogue::Watched;
use crate::domain::filter::{Filter, Key};
use crate::domain::judgement::{Level, PersonalData, Reason};
use crate::domain::language::Language;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::called_in::CalledIn;
use crate::store::console::ShownMessage;
use crate::store::filtered;
use crate::store::lanes::{self, Lane, Place, Wanted};
use crate::store::person::PersonRow;
use crate::store::rows::CaseRow;
use crate::store::saved::SavedFilter;
use crate::store::{StoreError, Tx, person};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use choosing::{Chip, Field};
use finding::{cases, find};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Cases on one page.
const PAGE: usize = 50;
/// The counts beside the lanes stop here.
const COUNT_MAX: i64 = 1000;
/// Most notes that name somebody, shown at once, and most filters that somebody saves.
const NAMED_MAX: i64 = 10;
/// Characters of the first message in a row.
const EXCERPT: usize = 140;
/// Most offered cases that stand above one's own.
const OFFERED_FIRST: usize = 10;

/// One row of the inbox.
struct Row {
    id: String,
    number: i64,
    brand: String,
    platform: String,
    language: String,
    /// The tag of the language of its words.
    tongue: Option<&'static str>,
    level: &'static str,
    reasons: String,
    state: String,
    hue: u8,
    with: Option<String>,
    mine: bool,
    left: Left,
    snoozed: Option<Moment>,
    /// Whether that is because it is left to members.
    held: bool,
    excerpt: Option<Shown>,
    marks: Vec<&'static str>,
    /// Labels of its author, and protocols that are open.
    tags: Vec<String>,
}

/// A lane as a link.
struct Tab {
    name: String,
    href: String,
    count: Option<String>,
    here: bool,
}

#[derive(Template)]
#[template(path = "inbox.html", config = "src/web/askama.toml")]
struct InboxPage {
    frame: Frame,
    w: &'static WorkingTexts,
    tabs: Vec<Tab>,
    lane: &'static str,
    /// What is filtered by, each with the address without it.
    chips: Vec<Chip>,
    /// What can be filtered by.
    fields: Vec<Field>,
    /// The words that are searched for.
    text: String,
    /// The filter as pairs, for forms.
    pairs: Vec<(&'static str, String)>,
    /// The address of the lane without a filter, and of this page for the shelf of filters.
    plain: String,
    query: String,
    /// The filters that the viewer saved: id, name, address.
    saved: Vec<(String, String, String)>,
    /// Where the viewer is named in notes.
    named: Vec<Named>,
    /// Whether ended cases are shown.
    ended: bool,
    none_left: bool,
    works: bool,
    lead: bool,
    /// The brands of which nothing is hidden, in the main list only.
    sorts_only: Vec<String>,
    /// What goes late at this rate, where that module is switched on.
    outlook: Option<String>,
    rows: Rows,
}

#[derive(Template)]
#[template(path = "rows.html", config = "src/web/askama.toml")]
struct Rows {
    t: &'static Texts,
    cases: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
    /// Where the look goes on that found less than a page.
    further: Option<String>,
    /// Whether rows can be chosen.
    picks: bool,
    none_watched: bool,
    /// Whether no case was ever opened.
    none_yet: bool,
}

/// A note that names the viewer.
struct Named {
    href: String,
    number: i64,
    brand: String,
    by: String,
    at: Moment,
}

impl askama::filters::HtmlSafe for Rows {}

/// What one look at the store brings.
struct Found {
    cases: Vec<CaseRow>,
    messages: HashMap<(String, String), ShownMessage>,
    /// How far the look went, where it did not look at all.
    looked_to: Option<Place>,
    people: Vec<PersonRow>,
    platforms: Vec<String>,
    incidents: Vec<(String, i64, String)>,
    speaks: bool,
    unknown: i64,
    saved: Vec<SavedFilter>,
    named: Vec<CalledIn>,
    names: HashMap<String, String>,
    counts: (i64, i64, i64),
    /// How many are left to members, and how many are parked in a crisis.
    held: i64,
    parked: i64,
    /// How many are offered to who looks, the first of them where their own are shown, and which of those shown.
    offered: i64,
    first: Vec<CaseRow>,
    offers: HashSet<String>,
    /// The brands by id that hide nothing.
    sorts_only: Vec<String>,
    /// The cases of which the front office has solved a ticket.
    proposing: HashSet<String>,
    /// The cases with which something is collected.
    collecting: HashSet<String>,
    /// What is said of the authors of cases, and the protocols that are open: case and code.
    labels: Vec<(String, String)>,
    protocols: Vec<(String, String)>,
    any_label: bool,
    kill: super::peaks::Switches,
}

/// What goes late at this rate of the brands that are shown.
async fn outlook(app: &App, all: &[Watched], here: &Here, t: &Texts) -> Result<Option<String>, Error> {
    let shown = all.iter().filter(|b| here.shows(&b.brand.name));
    super::forecast::sentence(app, shown.map(|b| b.id.clone()).collect(), t.figures()).await
}

/// What somebody asks for, read from an address.
pub struct Asks {
    here: Here,
    after: Option<Place>,
    fragment: bool,
    said: String,
}

impl Asks {
    /// Reads it; anything strange is left out.
    pub fn read(query: &[(String, String)]) -> Self {
        let ask = |name: &str| query.iter().rev().find(|(k, _)| k == name).map_or("", |(_, v)| v.as_str());
        let filter = Filter::read(query.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        let lane = Lane::from_code(ask("lane")).unwrap_or_default();
        Self {
            here: Here { lane, filter },
            after: place(ask("after")),
            fragment: query.iter().any(|(k, _)| k == "fragment"),
            said: ask("said").to_owned(),
        }
    }

    /// The same for the first page of at most `limit` cases of these brands: what fits, in order.
    pub async fn first(
        &self,
        tx: &mut Tx,
        brands: &[String],
        who: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let wanted = self.wanted(who, now, None, limit);
        let people = person::all(tx).await?;
        let sift = choosing::sift(&self.here.filter, &people, who, filtered::spoken_by(tx, who).await?);
        Ok(cases(tx, brands, &wanted, &self.here.filter, &sift).await?.0)
    }

    /// The same for somebody who sees these brands: another one is none.
    pub fn seeing(mut self, all: &[Watched]) -> Self {
        if let Some(name) = self.here.filter.one(Key::Brand).map(ToOwned::to_owned)
            && !all.iter().any(|b| b.brand.name == name)
        {
            self.here.filter = self.here.filter.without(Key::Brand, &name);
        }
        self
    }

    /// The address of this place.
    pub fn href(&self) -> String {
        self.here.href(None, self.here.lane)
    }

    /// The brands that it shows of those that the viewer may see.
    pub fn brands(&self, all: &[Watched]) -> Vec<String> {
        all.iter().filter(|b| self.here.shows(&b.brand.name)).map(|b| b.id.clone()).collect()
    }

    fn wanted(&self, who: &str, now: Timestamp, after: Option<Place>, limit: usize) -> Wanted {
        let lane = if self.here.filter.asks_for_ended() { Lane::Closed } else { self.here.lane };
        Wanted { lane, who: who.to_owned(), now, after, limit }
    }
}

/// `GET /`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let asks = Asks::read(&query);
    let all = brands_of(&app, &viewer);
    let asks = asks.seeing(&all);
    let here = asks.here.clone();
    let (lane, t, now, paged) = (here.lane, asked.texts, app.clock.now(), asks.after.is_some());
    let wanted = asks.wanted(viewer.person.id.as_str(), now, asks.after.clone(), PAGE + 1);
    let ids = asks.brands(&all);
    let filter = here.filter.clone();
    let read = app
        .db
        .read("reading the inbox", move |tx| Box::pin(async move { find(tx, &ids, &wanted, &filter).await }));
    let mut found = read.await?;
    let more = found.cases.len() > PAGE;
    found.cases.truncate(PAGE);
    let shown = if here.filter.asks_for_ended() { Lane::Closed } else { lane };
    let last = found.cases.last().filter(|_| more).map(|c| here.href(Some(&Place::of(shown, c)), lane));
    let further = found.looked_to.as_ref().filter(|_| !more).map(|p| here.href(Some(p), lane));
    let names: HashMap<&str, &str> = all.iter().map(|b| (b.id.as_str(), b.brand.name.as_str())).collect();
    let me = viewer.person.id.as_str();
    let listed = found.first.iter().chain(&found.cases);
    let cases = listed.map(|c| row(c, &found, &names, me, now, t)).collect();
    let rows = Rows {
        t,
        cases,
        next: last,
        further,
        first: paged.then(|| here.href(None, lane)),
        picks: viewer.person.may(Right::Bulk),
        none_watched: all.is_empty(),
        none_yet: found.platforms.is_empty(),
    };
    if asks.fragment {
        return print(&rows);
    }
    saved::used(&app, me, &found.saved, &here.href(None, lane)).await;
    let choosing = choosing::Known { found: &found, all: &all, me: viewer.person.login.as_str() };
    print(&InboxPage {
        outlook: outlook(&app, &all, &here, t).await?,
        frame: Frame::of(&app, &asked, &viewer, "inbox", t.inbox, found.kill.clone()),
        w: t.working(),
        tabs: tabs(&found, &here, t),
        lane: lane.code(),
        chips: choosing::chips(&here, &choosing, t),
        fields: choosing::fields(&here, &choosing, t),
        text: here.filter.one(Key::Text).unwrap_or_default().to_owned(),
        pairs: here.filter.pairs().map(|(k, v)| (k.code(), v.to_owned())).collect(),
        plain: Here { lane, filter: Filter::default() }.href(None, lane),
        query: here.href(None, lane).trim_start_matches("/?").to_owned(),
        saved: saved::shown(&found.saved),
        named: named(&found, &names),
        ended: shown == Lane::Closed,
        none_left: asks.said == "none",
        works: viewer.person.may_work(),
        lead: viewer.person.is_lead(),
        sorts_only: found
            .sorts_only
            .iter()
            .filter_map(|id| Some((*names.get(id.as_str())?).to_owned()))
            .collect(),
        rows,
    })
}

/// Where the viewer is named in notes of brands that they see.
fn named(found: &Found, brands: &HashMap<&str, &str>) -> Vec<Named> {
    let one = |n: &CalledIn| {
        Some(Named {
            href: format!("/cases/{}", n.case_id),
            number: n.number,
            brand: (*brands.get(n.brand_id.as_str())?).to_owned(),
            by: found.names.get(&n.made_by).cloned().unwrap_or_default(),
            at: Moment::of(n.at),
        })
    };
    found.named.iter().filter_map(one).collect()
}

fn row(
    case: &CaseRow,
    found: &Found,
    brands: &HashMap<&str, &str>,
    me: &str,
    now: Timestamp,
    t: &'static Texts,
) -> Row {
    let first = found.messages.get(&(case.brand_id.clone(), case.first_mention_id.clone()));
    let held = case.claim().filter(|c| c.until.is_none_or(|u| u > now));
    let mut marks = Vec::new();
    let silent = 1 - case.needs_answer;
    for (is, mark) in [
        (i64::from(found.offers.contains(&case.id)), t.shift().offered_mark),
        (case.sample, t.sample),
        (case.historic, t.historic),
        (case.private, t.private),
        (case.wrote_again, t.wrote_again),
        (silent, t.lane_no_answer),
        (i64::from(case.closing_at.is_some_and(|at| at > now.millis())), t.more().window_mark),
        (i64::from(case.solved_at.is_some()), t.solution_marked),
        (i64::from(found.proposing.contains(&case.id)), t.ticket_mark),
        (i64::from(found.collecting.contains(&case.id)), t.collecting().collecting_mark),
    ] {
        if is == 1 {
            marks.push(mark);
        }
    }
    let brand = brands.get(case.brand_id.as_str()).map_or_else(String::new, |b| (*b).to_owned());
    Row {
        id: case.id.clone(),
        number: case.number,
        hue: hue(&brand),
        brand,
        snoozed: case.snoozed_until.filter(|u| *u > now.millis()).map(Moment::of),
        held: case.held_until.is_some(),
        platform: case.platform.clone(),
        language: case.language.clone(),
        tongue: Language::tag_of(&case.language),
        level: Level::from_number(case.level).code(),
        reasons: reason_names(first.map_or("", |m| &m.reasons), &case.course_reasons(), t),
        state: t.name("state", &case.state),
        mine: held.as_ref().is_some_and(|c| c.by.as_str() == me),
        with: held
            .map(|c| found.names.get(c.by.as_str()).cloned().unwrap_or_else(|| t.who_person.to_owned())),
        left: Left::of(case.due_at, now, t),
        excerpt: first.and_then(|m| words(m.body.as_deref())).map(|text| {
            let covers = first.map(|m| covers(&m.personal_data)).unwrap_or_default();
            Shown::excerpt(&text, &covers, EXCERPT, t)
        }),
        marks,
        tags: tags(case, found, t),
    }
}

pub use crate::casework::selecting::words;

/// The open protocols of a case, then the labels of its author.
fn tags(case: &CaseRow, found: &Found, t: &Texts) -> Vec<String> {
    let of = |list: &[(String, String)]| -> Vec<String> {
        list.iter().filter(|(id, _)| *id == case.id).map(|(_, code)| code.clone()).collect()
    };
    let protocols = of(&found.protocols).into_iter();
    let protocols = protocols.map(|c| format!("{}: {}", t.protocols().protocol_open, t.name("protocol", &c)));
    protocols.chain(of(&found.labels).into_iter().map(|c| t.name("label", &c))).collect()
}

/// Where personal data stands, from the judgement.
pub fn covers(personal_data: &str) -> Vec<PersonalData> {
    serde_json::from_str(personal_data).unwrap_or_default()
}

/// The names of the weightiest reasons of the words, and of what the course of the case adds.
fn reason_names(reasons: &str, course: &[Reason], t: &Texts) -> String {
    let reasons: Vec<Reason> = serde_json::from_str(reasons).unwrap_or_default();
    let all = reasons.iter().take(3).chain(course);
    let names: Vec<String> = all.map(|r| t.name("reason", &r.what)).collect();
    names.join(", ")
}

/// Where somebody is in the inbox.
#[derive(Clone)]
struct Here {
    lane: Lane,
    filter: Filter,
}

impl Here {
    fn href(&self, after: Option<&Place>, lane: Lane) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("lane", lane.code());
        for (key, value) in self.filter.pairs() {
            query.append_pair(key.code(), value);
        }
        if let Some(p) = after {
            query
                .append_pair("after", &format!("{}.{}.{}.{}", p.level, i64::from(p.undated), p.due_at, p.id));
        }
        format!("/?{}", query.finish())
    }

    /// Whether it shows a brand.
    fn shows(&self, brand: &str) -> bool {
        self.filter.one(Key::Brand).is_none_or(|name| name == brand)
    }
}

/// The lanes; those that are for few times only while they have something.
fn tabs(found: &Found, here: &Here, t: &Texts) -> Vec<Tab> {
    let shown = |l: &&Lane| match l {
        Lane::Held => found.held > 0 || here.lane == Lane::Held,
        Lane::Parked => found.parked > 0 || here.lane == Lane::Parked,
        Lane::Offered => found.offered > 0 || here.lane == Lane::Offered,
        Lane::Unknown => found.unknown > 0 || here.lane == Lane::Unknown,
        Lane::Languages => found.speaks || here.lane == Lane::Languages,
        _ => true,
    };
    Lane::ALL.iter().filter(shown).map(|l| tab(*l, here, found, t)).collect()
}

fn tab(lane: Lane, here: &Here, found: &Found, t: &Texts) -> Tab {
    let (open, late, mine) = found.counts;
    let count = match lane {
        Lane::All => Some(open),
        Lane::Late => Some(late),
        Lane::Mine => Some(mine),
        Lane::Parked => Some(found.parked),
        Lane::Offered => Some(found.offered),
        Lane::Unknown => Some(found.unknown),
        _ => None,
    };
    Tab {
        name: t.name("lane", lane.code()),
        href: here.href(None, lane),
        count: count.map(|n| if n >= COUNT_MAX { format!("{}+", COUNT_MAX - 1) } else { n.to_string() }),
        here: lane == here.lane,
    }
}

/// Reads a place from an address; anything strange is the first page.
fn place(text: &str) -> Option<Place> {
    let mut parts = text.splitn(4, '.');
    let level = parts.next()?.parse().ok().filter(|l| lanes::RANKS.contains(l))?;
    let undated = parts.next()? == "1";
    let due_at = parts.next()?.parse().ok()?;
    let id = parts.next().filter(|id| id.len() <= 40)?.to_owned();
    Some(Place { level, undated, due_at, id })
}
