//! How the sources are, whether their counts add up, and what could not be read.

use super::App;
use super::auth::{Asked, Viewer};
use super::case::actor;
use super::error::Error;
use super::frame::{Frame, casework_of, is_stopped, page as print};
use super::shown::{Moment, Shown};
use super::texts::Texts;
use crate::domain::expiry::{AHEAD_DAYS, Stage};
use crate::domain::money;
use crate::domain::role::Right;
use crate::domain::time::Timestamp;
use crate::store::console::{self, ShownSource};
use crate::store::grant::{self, EndRow, LackRow};
use crate::store::inbox::{self, QuarantinedHead};
use crate::store::purse::{self, PurseRow, UnitRow};
use crate::store::watch::{self, AlarmRow};
use crate::store::{StoreError, Tx};
use crate::translating::Used;
use askama::Template;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The five verdicts, in the order in which they are shown.
const VERDICTS: [&str; 5] = ["mention", "duplicate", "own_echo", "filtered", "quarantined"];
/// Most quarantined deliveries on the page.
const QUARANTINE_MAX: i64 = 50;
/// Most cases of a source and brand that are named from before it began to count.
const BEFORE_MAX: i64 = 20;
/// Most bytes of one of them that are shown.
const BYTES_MAX: usize = 2000;

/// One source with its counts.
struct Source {
    name: Shown,
    kind: String,
    state: String,
    class: String,
    why: Shown,
    since: Option<Moment>,
    heard: Option<Moment>,
    retry: Option<Moment>,
    /// How it is deaf, and since when, as the teams were told.
    deaf: Option<(String, Moment)>,
    /// Which rights its credential lacks, since when, why.
    lacks: Vec<(String, Moment, Shown)>,
    /// What of its credentials ends.
    ends: Vec<End>,
    /// What was spent this month, where its platform charges.
    money: Option<Money>,
    /// What is open from before it began to count.
    before: Before,
    received: i64,
    counts: Vec<(String, i64)>,
    /// What is missing from, or too much in, the sum.
    off_by: i64,
}

/// What a source spends.
struct Money {
    /// All of it, of the brand whose budget it is.
    spent: String,
    budget: Option<String>,
    /// What the stage means, where it means something.
    stage: &'static str,
    /// By unit: what, how many, how much.
    units: Vec<(String, i64, String)>,
}

/// Something that ends.
struct End {
    what: Shown,
    how: &'static str,
    at: Moment,
    /// Whether it is near, or over.
    soon: bool,
}

struct Kept {
    id: String,
    source: Shown,
    place: Shown,
    at: Moment,
    why: Shown,
    size: Option<i64>,
    /// As it came; only of the one that is asked for, and for who may see personal data.
    bytes: Option<Shown>,
}

/// What is open from before a source began to count.
#[derive(Default)]
struct Before {
    /// The first cases with their numbers.
    cases: Vec<(String, i64)>,
    /// How many there are beside these.
    more: i64,
}

#[derive(Template)]
#[template(path = "sources.html", config = "src/web/askama.toml")]
struct SourcesPage {
    frame: Frame,
    sources: Vec<Source>,
    quarantine: Vec<Kept>,
    may_open: bool,
    translating: Option<Translating>,
}

/// What was translated this month.
struct Translating {
    service: &'static str,
    characters: i64,
    limit: Option<i64>,
    /// What it cost, where it has a price.
    cost: Option<String>,
    used_up: bool,
}

/// `GET /sources?open=DELIVERY`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    if !viewer.person.walls.is_open() {
        // Where posts come from concerns every brand.
        return Err(Error::Forbidden);
    }
    let t = asked.texts;
    let month = money::month(app.clock.now());
    let brands: Vec<String> = app.catalogue.get().brands.iter().map(|w| w.id.clone()).collect();
    let may_open = viewer.person.may(Right::Personal);
    let open = query.get("open").filter(|_| may_open).cloned();
    let found = app.db.read("reading the sources", move |tx| {
        Box::pin(async move {
            let kept = inbox::quarantined_heads(tx, QUARANTINE_MAX).await?;
            let open = match &open {
                // What the page does not show is not looked at either.
                Some(id) if kept.iter().any(|q| q.id == *id) => {
                    inbox::quarantined_one(tx, id).await?.and_then(|q| Some((q.id, q.body?)))
                }
                _ => None,
            };
            let known = console::sources(tx).await?;
            let counts = inbox::counts(tx).await?;
            let waiting = console::waiting_by_source(tx).await?;
            let sums = Sums {
                counts,
                waiting,
                deaf: watch::alarms(tx).await?,
                ends: grant::ends(tx).await?,
                lacks: grant::lacks(tx).await?,
                purses: purse::all(tx, &month).await?,
                units: purse::by_unit(tx, &month).await?,
                before: from_before(tx, &known, &brands).await?,
            };
            Ok((known, sums, (kept, open), is_stopped(tx).await?))
        })
    });
    let (known, sums, (kept, open), kill) = found.await?;
    // What could not be read is covered nowhere: who looks stands in the audit.
    if let Some((id, _)) = &open {
        casework_of(&app, &viewer).note_quarantine_read(id, &actor(&viewer)).await?;
    }
    let translating = match &app.modules.translator {
        Some(translator) => Some(translated(&translator.used().await?)),
        None => None,
    };
    print(&SourcesPage {
        translating,
        frame: Frame::of(&app, &asked, &viewer, "sources", t.sources, kill),
        sources: sources(known, sums, app.clock.now(), t),
        quarantine: kept.iter().map(|q| quarantined(q, open.as_ref())).collect(),
        may_open,
    })
}

fn translated(used: &Used) -> Translating {
    Translating {
        service: used.service,
        characters: used.characters,
        limit: used.limit,
        cost: (used.micros > 0).then(|| format!("{} {}", money::shown(used.micros), used.currency)),
        used_up: used.limit.is_some_and(|limit| used.characters >= limit),
    }
}

/// What is counted of sources, and told of those that are deaf.
#[derive(Default)]
struct Sums {
    counts: Vec<(String, String, i64)>,
    waiting: Vec<(String, i64)>,
    deaf: Vec<AlarmRow>,
    ends: Vec<EndRow>,
    lacks: Vec<LackRow>,
    purses: Vec<PurseRow>,
    units: Vec<UnitRow>,
    /// By source: what is open from before it began to count.
    before: BTreeMap<String, Before>,
}

/// What is open from before its source began to count, by source.
async fn from_before(
    tx: &mut Tx,
    known: &[ShownSource],
    brands: &[String],
) -> Result<BTreeMap<String, Before>, StoreError> {
    let names: Vec<String> = known.iter().map(|s| s.name.clone()).collect();
    let mut all: BTreeMap<String, Before> = BTreeMap::new();
    let mut brand = (String::new(), String::new());
    for row in watch::from_before(tx, brands, &names, BEFORE_MAX).await? {
        let of = all.entry(row.source.clone()).or_default();
        let this = (row.source, row.brand_id);
        if this != brand {
            of.more += row.n;
            brand = this;
        }
        of.more -= 1;
        of.cases.push((row.id, row.number));
    }
    Ok(all)
}

fn sources(known: Vec<ShownSource>, sums: Sums, now: Timestamp, t: &Texts) -> Vec<Source> {
    let Sums { counts, waiting, deaf, ends, lacks, purses, units, mut before } = sums;
    let mut sums: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for (source, what, n) in counts {
        *sums.entry(source).or_default().entry(what).or_default() += n;
    }
    for (source, n) in waiting {
        sums.entry(source).or_default().insert("waiting".to_owned(), n);
    }
    let mut all: BTreeMap<String, Option<ShownSource>> =
        sums.keys().map(|name| (name.clone(), None)).collect();
    all.extend(known.into_iter().map(|s| (s.name.clone(), Some(s))));
    let none = BTreeMap::new();
    let told = |name: &str| {
        let alarm = deaf.iter().find(|a| a.source == name)?;
        Some((t.name("deaf", &alarm.kind), Moment::of(alarm.since)))
    };
    let shown = all.into_iter().map(|(name, known)| {
        let one = source(&name, known, sums.get(&name).unwrap_or(&none), t);
        let ends = ends.iter().filter(|e| e.source == name).map(|e| end(e, now, t)).collect();
        let lacks = lacks.iter().filter(|l| l.source == name);
        let lacks =
            lacks.map(|l| (t.name("lack", &l.of), Moment::of(l.since), Shown::plain(&l.why))).collect();
        let money = purses.iter().find(|p| p.source == name).map(|p| money_of(p, &units, t));
        let before = before.remove(&name).unwrap_or_default();
        Source { deaf: told(&name), ends, lacks, money, before, ..one }
    });
    shown.collect()
}

fn money_of(purse: &PurseRow, units: &[UnitRow], t: &Texts) -> Money {
    let amount = |micros| format!("{} {}", money::shown(micros), purse.currency);
    let own = units.iter().filter(|u| u.source == purse.source);
    Money {
        spent: amount(purse.spent),
        budget: purse.budget.map(amount),
        stage: match money::Stage::of(purse.spent, purse.budget) {
            money::Stage::Calm => "",
            money::Stage::Near => t.money().source_money_near,
            money::Stage::Spent => t.money().source_money_spent,
        },
        units: own.map(|u| (t.name("unit", &u.unit), u.units, amount(u.micros))).collect(),
    }
}

fn end(row: &EndRow, now: Timestamp, t: &Texts) -> End {
    let stage = row.expiry().stage(now, AHEAD_DAYS);
    let how = match (row.renews, stage) {
        (1, _) => t.source_renews,
        (_, Stage::Over) => t.source_ended,
        _ => t.source_ends,
    };
    End { what: Shown::plain(&row.what), how, at: Moment::of(row.at), soon: stage != Stage::Far }
}

fn source(name: &str, known: Option<ShownSource>, sums: &BTreeMap<String, i64>, t: &Texts) -> Source {
    let count = |what: &str| sums.get(what).copied().unwrap_or(0);
    let received = count("received");
    let settled: i64 = VERDICTS.iter().map(|v| count(v)).sum();
    let mut counts: Vec<(String, i64)> = VERDICTS.iter().map(|v| (t.name("count", v), count(v))).collect();
    counts.push((t.count_waiting.to_owned(), count("waiting")));
    let base = Source {
        name: Shown::plain(name),
        kind: String::new(),
        state: String::new(),
        class: String::new(),
        why: Shown::default(),
        since: None,
        heard: None,
        retry: None,
        deaf: None,
        lacks: Vec::new(),
        ends: Vec::new(),
        money: None,
        before: Before::default(),
        received,
        counts,
        off_by: received - settled - count("waiting"),
    };
    match known {
        None => base,
        Some(s) => Source {
            kind: s.kind,
            class: s.state.chars().filter(char::is_ascii_alphanumeric).collect(),
            state: t.name("sourcestate", &s.state),
            why: Shown::plain(&s.state_why),
            since: Some(Moment::of(s.state_since)),
            heard: s.last_heard_at.map(Moment::of),
            retry: s.retry_at.map(Moment::of),
            ..base
        },
    }
}

fn quarantined(q: &QuarantinedHead, open: Option<&(String, Vec<u8>)>) -> Kept {
    let shown = |(_, bytes): &(String, Vec<u8>)| {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(BYTES_MAX)]).into_owned();
        Shown::plain(&text)
    };
    Kept {
        id: q.id.clone(),
        source: Shown::plain(&q.source),
        place: Shown::plain(&q.place),
        at: Moment::of(q.received_at),
        why: Shown::plain(q.why.as_deref().unwrap_or_default()),
        size: q.bytes,
        bytes: open.filter(|(id, _)| *id == q.id).map(shown),
    }
}

#[cfg(test)]
mod tests {
    use super::super::texts::EN;
    use super::*;

    #[test]
    fn the_sum_is_checked() {
        let row = |what: &str, n| ("s".to_owned(), what.to_owned(), n);
        let counts = vec![row("received", 10), row("mention", 6), row("duplicate", 1), row("quarantined", 1)];
        let check = |waiting, off_by| {
            let waiting = vec![("s".to_owned(), waiting)];
            let sums = Sums { counts: counts.clone(), waiting, ..Sums::default() };
            let found = sources(Vec::new(), sums, Timestamp(0), &EN);
            assert_eq!(found[0].off_by, off_by);
        };
        check(2, 0);
        check(0, 2);
        check(5, -3);
    }
}
