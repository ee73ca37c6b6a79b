//! The inbox: open cases in the order of risk, by lane and brand, a page at a time.

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, hue, is_stopped, page as print};
use super::shown::{Left, Moment, Shown};
use super::texts::Texts;
use crate::catalogue::Watched;
use crate::domain::judgement::{Level, PersonalData, Reason};
use crate::domain::label::Label;
use crate::domain::time::Timestamp;
use crate::store::console::{self, ShownMessage};
use crate::store::lanes::{self, Lane, Place, Wanted};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, label, offer, peak, person, protocol, safety, sector, ticket};
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Cases on one page.
const PAGE: usize = 50;
/// The counts beside the lanes stop here.
const COUNT_MAX: i64 = 1000;
/// Most pages that are looked through for cases of one sector.
const SECTOR_PAGES: usize = 40;
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
    tabs: Vec<Tab>,
    lane: &'static str,
    brands: Vec<(String, bool)>,
    /// The sectors of the brands shown, and whether one is chosen.
    sectors: Vec<(String, bool)>,
    /// The labels that anybody has: code, words, and whether it is chosen.
    labels: Vec<(&'static str, String, bool)>,
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
    none_watched: bool,
}

impl askama::filters::HtmlSafe for Rows {}

/// What one look at the store brings.
struct Found {
    cases: Vec<CaseRow>,
    messages: HashMap<(String, String), ShownMessage>,
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
    /// What is said of the authors of cases, and the protocols that are open: case and code.
    labels: Vec<(String, String)>,
    protocols: Vec<(String, String)>,
    any_label: bool,
    kill: super::peaks::Switches,
}

/// What goes late at this rate of the brands that are shown.
async fn outlook(app: &App, all: &[Watched], here: &Here, t: &Texts) -> Result<Option<String>, Error> {
    let shown = all.iter().filter(|b| here.brand.as_ref().is_none_or(|name| *name == b.brand.name));
    super::forecast::sentence(app, shown.map(|b| b.id.clone()).collect(), t.lang).await
}

/// `GET /`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let ask = |name: &str| query.get(name).map_or("", String::as_str);
    let lane = Lane::from_code(ask("lane")).unwrap_or_default();
    let all = brands_of(&app, &viewer);
    let chosen = all.iter().find(|b| b.brand.name == ask("brand"));
    let ids: Vec<String> = match chosen {
        Some(brand) => vec![brand.id.clone()],
        None => all.iter().map(|b| b.id.clone()).collect(),
    };
    let sector = Some(ask("sector").to_owned()).filter(|s| !s.is_empty());
    let wanted = Wanted {
        lane,
        who: viewer.person.id.to_string(),
        now: app.clock.now(),
        after: place(ask("after")),
        limit: PAGE + 1,
    };
    let (t, now, paged) = (asked.texts, wanted.now, wanted.after.is_some());
    let label = Label::from_code(ask("label"));
    let of = Only { sector: sector.clone(), label };
    let read = app
        .db
        .read("reading the inbox", move |tx| Box::pin(async move { find(tx, &ids, &wanted, &of).await }));
    let mut found = read.await?;
    let more = found.cases.len() > PAGE;
    found.cases.truncate(PAGE);
    let here = Here { lane, brand: chosen.map(|b| b.brand.name.clone()), sector, label };
    let last = found.cases.last().filter(|_| more).map(|c| here.href(Some(&Place::of(lane, c)), lane));
    let names: HashMap<&str, &str> = all.iter().map(|b| (b.id.as_str(), b.brand.name.as_str())).collect();
    let me = viewer.person.id.as_str();
    let shown = found.first.iter().chain(&found.cases);
    let cases = shown.map(|c| row(c, &found, &names, me, now, t)).collect();
    let rows = Rows {
        t,
        cases,
        next: last,
        first: paged.then(|| here.href(None, lane)),
        none_watched: all.is_empty(),
    };
    if query.contains_key("fragment") {
        return print(&rows);
    }
    print(&InboxPage {
        outlook: outlook(&app, &all, &here, t).await?,
        frame: Frame::of(&app, &asked, &viewer, "inbox", t.inbox, found.kill.clone()),
        tabs: tabs(&found, &here, t),
        lane: lane.code(),
        brands: all
            .iter()
            .map(|b| (b.brand.name.clone(), here.brand.as_ref() == Some(&b.brand.name)))
            .collect(),
        sectors: sectors(&all, &here),
        labels: labels(&found, &here, t),
        none_left: ask("said") == "none",
        works: viewer.person.may_work(),
        lead: viewer.person.is_lead(),
        sorts_only: found
            .sorts_only
            .iter()
            .filter_map(|id| names.get(id.as_str()))
            .map(|n| (*n).to_owned())
            .collect(),
        rows,
    })
}

/// One page of a lane of one brand, of one sector where that is asked for.
async fn page_of(tx: &mut Tx, brand: &str, wanted: &Wanted, only: &Only) -> Result<Vec<CaseRow>, StoreError> {
    if only.sector.is_none() && only.label.is_none() {
        return lanes::page(tx, brand, wanted).await;
    }
    let (mut found, mut wanted) = (Vec::new(), wanted.clone());
    // What is of another sector or label is passed over, page by page.
    for _ in 0..SECTOR_PAGES {
        let page = lanes::page(tx, brand, &wanted).await?;
        let last = page.last().map(|c| Place::of(wanted.lane, c));
        let full = page.len() >= wanted.limit;
        let keys: Vec<_> = page.iter().map(|c| (c.brand_id.clone(), c.id.clone())).collect();
        let mut of: HashSet<String> = page.iter().map(|c| c.id.clone()).collect();
        if let Some(name) = &only.sector {
            of = sector::among(tx, &keys, name).await?.into_iter().collect();
        }
        if let Some(label) = only.label {
            let ids: Vec<String> = of.into_iter().collect();
            of = label::among(tx, &ids, label.code(), wanted.now).await?.into_iter().collect();
        }
        found.extend(page.into_iter().filter(|c| of.contains(&c.id)));
        if !full || found.len() >= wanted.limit {
            break;
        }
        wanted.after = last;
    }
    Ok(found)
}

async fn find(tx: &mut Tx, brands: &[String], wanted: &Wanted, only: &Only) -> Result<Found, StoreError> {
    let (mut cases, mut counts, mut sorts_only) = (Vec::new(), (0, 0, 0), Vec::new());
    let (mut held, mut parked, mut offered, mut first) = (0, 0, 0, Vec::new());
    let to_me = Wanted { lane: Lane::Offered, limit: OFFERED_FIRST, ..wanted.clone() };
    for brand in brands {
        if wanted.lane == Lane::All && !safety::hides(tx, brand).await? {
            sorts_only.push(brand.clone());
        }
        cases.extend(page_of(tx, brand, wanted, only).await?);
        let (open, late, mine) = lanes::counts(tx, brand, &wanted.who, wanted.now, COUNT_MAX).await?;
        held += lanes::held(tx, brand, wanted.now, COUNT_MAX).await?;
        parked += peak::parked(tx, brand, wanted.now, COUNT_MAX).await?;
        offered += offer::count_for(tx, brand, &wanted.who, COUNT_MAX).await?;
        if wanted.lane == Lane::Mine && wanted.after.is_none() {
            first.extend(lanes::page(tx, brand, &to_me).await?);
        }
        counts = (counts.0 + open, counts.1 + late, counts.2 + mine);
    }
    match wanted.lane {
        Lane::NoAnswer => cases.sort_by(|a, b| b.id.cmp(&a.id)),
        lane => cases.sort_by_cached_key(|c| Place::of(lane, c)),
    }
    cases.truncate(wanted.limit);
    first.sort_by_cached_key(|c| Place::of(Lane::Offered, c));
    let pairs: Vec<(String, String)> =
        cases.iter().chain(&first).map(|c| (c.brand_id.clone(), c.first_mention_id.clone())).collect();
    let messages = console::messages(tx, &pairs).await?;
    let messages = messages.into_iter().map(|m| ((m.brand_id.clone(), m.mention_id.clone()), m)).collect();
    let names = person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
    let pairs: Vec<(String, String)> =
        cases.iter().chain(&first).map(|c| (c.brand_id.clone(), c.id.clone())).collect();
    let proposing = ticket::proposing(tx, &pairs).await?.into_iter().collect();
    let kill = is_stopped(tx).await?;
    let ids: Vec<String> = cases.iter().chain(&first).map(|c| c.id.clone()).collect();
    let offers = if offered > 0 { offer::among(tx, &ids, &wanted.who).await? } else { Vec::new() };
    let any_label = label::any(tx, wanted.now).await?;
    let labels = if any_label { label::of_cases(tx, &ids, wanted.now).await? } else { Vec::new() };
    let protocols = protocol::open_of(tx, &ids).await?.into_iter().map(|p| (p.case_id, p.kind)).collect();
    Ok(Found {
        cases,
        messages,
        names,
        counts,
        held,
        parked,
        offered,
        first,
        offers: offers.into_iter().map(|o| o.case_id).collect(),
        sorts_only,
        proposing,
        labels,
        protocols,
        any_label,
        kill,
    })
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
        (i64::from(case.solved_at.is_some()), t.solution_marked),
        (i64::from(found.proposing.contains(&case.id)), t.ticket_mark),
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
        level: Level::from_number(case.level).code(),
        reasons: first.map(|m| reason_names(&m.reasons, 3, t)).unwrap_or_default(),
        state: t.name("state", &case.state),
        mine: held.as_ref().is_some_and(|c| c.by.as_str() == me),
        with: held
            .map(|c| found.names.get(c.by.as_str()).cloned().unwrap_or_else(|| t.who_person.to_owned())),
        left: Left::of(case.due_at, now, t),
        excerpt: first.and_then(|m| words(m.body.as_deref())).map(|text| {
            let covers = first.map(|m| covers(&m.personal_data)).unwrap_or_default();
            Shown::excerpt(&text, &covers, EXCERPT)
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

/// The labels to choose from, where anybody has one.
fn labels(found: &Found, here: &Here, t: &Texts) -> Vec<(&'static str, String, bool)> {
    if !found.any_label && here.label.is_none() {
        return Vec::new();
    }
    Label::ALL.into_iter().map(|l| (l.code(), t.name("label", l.code()), here.label == Some(l))).collect()
}

/// Of which sector and label cases are wanted.
struct Only {
    sector: Option<String>,
    label: Option<Label>,
}

/// Where personal data stands, from the judgement.
pub fn covers(personal_data: &str) -> Vec<PersonalData> {
    serde_json::from_str(personal_data).unwrap_or_default()
}

/// The names of the weightiest reasons.
fn reason_names(reasons: &str, most: usize, t: &Texts) -> String {
    let reasons: Vec<Reason> = serde_json::from_str(reasons).unwrap_or_default();
    let names: Vec<String> = reasons.iter().take(most).map(|r| t.name("reason", &r.what)).collect();
    names.join(", ")
}

/// Where somebody is in the inbox.
struct Here {
    lane: Lane,
    brand: Option<String>,
    sector: Option<String>,
    label: Option<Label>,
}

impl Here {
    fn href(&self, after: Option<&Place>, lane: Lane) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("lane", lane.code());
        if let Some(brand) = &self.brand {
            query.append_pair("brand", brand);
        }
        if let Some(sector) = &self.sector {
            query.append_pair("sector", sector);
        }
        if let Some(label) = self.label {
            query.append_pair("label", label.code());
        }
        if let Some(p) = after {
            query
                .append_pair("after", &format!("{}.{}.{}.{}", p.level, i64::from(p.undated), p.due_at, p.id));
        }
        format!("/?{}", query.finish())
    }
}

/// The sectors of the brands that are shown, each once.
fn sectors(all: &[Watched], here: &Here) -> Vec<(String, bool)> {
    let shown = all.iter().filter(|b| here.brand.as_ref().is_none_or(|name| *name == b.brand.name));
    let mut names: Vec<String> = Vec::new();
    for sector in shown.flat_map(|b| &b.brand.sectors) {
        if !names.contains(&sector.name) {
            names.push(sector.name.clone());
        }
    }
    names.into_iter().map(|name| (name.clone(), here.sector.as_ref() == Some(&name))).collect()
}

/// The lanes; those that are for few times only while they have something.
fn tabs(found: &Found, here: &Here, t: &Texts) -> Vec<Tab> {
    let shown = |l: &&Lane| match l {
        Lane::Held => found.held > 0 || here.lane == Lane::Held,
        Lane::Parked => found.parked > 0 || here.lane == Lane::Parked,
        Lane::Offered => found.offered > 0 || here.lane == Lane::Offered,
        _ => true,
    };
    Lane::ALL
        .iter()
        .filter(shown)
        .map(|l| tab(*l, here, (found.counts, found.parked, found.offered), t))
        .collect()
}

fn tab(
    lane: Lane,
    here: &Here,
    ((open, late, mine), parked, offered): ((i64, i64, i64), i64, i64),
    t: &Texts,
) -> Tab {
    let count = match lane {
        Lane::All => Some(open),
        Lane::Late => Some(late),
        Lane::Mine => Some(mine),
        Lane::Parked => Some(parked),
        Lane::Offered => Some(offered),
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
