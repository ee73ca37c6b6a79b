//! A year of a large care team through the real engine on a clock that is set by hand: crises, shifts that are
//! too small, follow-ups, answers that are heard of late, people who resolve and dismiss, restarts at any moment,
//! hours that change twice. Afterwards [`oracle`] computes every obligation anew from the log of events, by means
//! of its own, and finds no difference.
//!
//! `WEBCARED_YEAR=WEEKS,MENTIONS_A_WEEK` says how much of it; without, a month of a small team. With
//! `WEBCARED_YEAR_ENGINE=sqlite` or `postgres` it is lived on one engine alone.

mod oracle;
mod team;
mod wall;

use crate::harness::{Engine, House, engines, fresh_place};
use futures_util::StreamExt;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use team::{Deed, Event, Team};
use wall::Wall;
use webcared::casework::{Act, Actor};
use webcared::catalogue;
use webcared::domain::brand::{Brand, OwnAccount};
use webcared::domain::calendar::Calendar;
use webcared::domain::policy::{Policy, Target};
use webcared::domain::time::{Span, Timestamp};
use webcared::store::Db;
use webcared::store::rows::CaseRow;

/// Monday 5 October 2026, midnight UTC: clocks change in Europe and in America within the first month.
const BEGIN: Timestamp = Timestamp(1_791_158_400_000);
/// How often what came in is taken, and people act.
const TICK: Span = Span::minutes(15);
const BATCH: usize = 500;

/// How many ticks a stretch has at most in which the process vanishes once: four days.
const STRETCH: u64 = 4 * 24 * 4;

/// Between which steps of a tick the process vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    /// Before anything is taken in.
    BeforePosts,
    /// Between two batches of what came in.
    BetweenBatches,
    /// After the posts, before what fell due is recorded.
    BeforeDeadlines,
    /// In the middle of what fell due, after one round.
    AmidDeadlines,
    /// After what fell due, before people act.
    BeforeDeeds,
    /// Between two acts.
    BetweenDeeds,
    /// Before waiting cases end in silence.
    BeforeSilence,
}

impl Stop {
    const ALL: [Self; 7] = [
        Self::BeforePosts,
        Self::BetweenBatches,
        Self::BeforeDeadlines,
        Self::AmidDeadlines,
        Self::BeforeDeeds,
        Self::BetweenDeeds,
        Self::BeforeSilence,
    ];
}

/// How much of it.
#[derive(Clone, Copy, Debug)]
struct Size {
    weeks: i64,
    a_week: f64,
}

impl Size {
    fn of_environment() -> Self {
        let Ok(text) = std::env::var("WEBCARED_YEAR") else { return Self { weeks: 5, a_week: 1_000.0 } };
        let (weeks, a_week) = text.split_once(',').expect("WEBCARED_YEAR=WEEKS,MENTIONS_A_WEEK");
        Self { weeks: weeks.parse().expect("weeks"), a_week: a_week.parse().expect("mentions a week") }
    }
}

/// One brand of the year: its name, the targets in minutes, its hours on the wall.
pub struct Promised {
    pub name: &'static str,
    pub response: i64,
    /// The target of a P1's answer.
    pub response_p1: i64,
    pub first_resolution: i64,
    pub total_resolution: i64,
    pub wall: Wall,
    /// Its part of the mentions.
    pub share: f64,
}

fn promised(end: Timestamp) -> Vec<Promised> {
    let wall = |zone, hours| Wall::new(zone, hours, BEGIN, end.plus(Span::days(40)));
    vec![
        Promised {
            name: "Skyvarrow",
            response: 60,
            response_p1: 15,
            first_resolution: 1_440,
            total_resolution: 4_320,
            wall: wall("UTC", wall::always),
            share: 0.7,
        },
        Promised {
            name: "Deskwold",
            response: 120,
            response_p1: 120,
            first_resolution: 480,
            total_resolution: 960,
            wall: wall("Europe/Amsterdam", wall::desk),
            share: 0.2,
        },
        Promised {
            name: "Nattfjell",
            response: 90,
            response_p1: 45,
            first_resolution: 300,
            total_resolution: 700,
            wall: wall("America/New_York", wall::evenings),
            share: 0.1,
        },
    ]
}

fn policy(of: &Promised) -> Policy {
    let all = Target {
        first_response_minutes: Some(of.response),
        next_response_minutes: Some(of.response),
        first_resolution_minutes: Some(of.first_resolution),
        total_resolution_minutes: Some(of.total_resolution),
        ..Target::default()
    };
    let first = Target {
        level: Some(webcared::domain::judgement::Level::P1),
        first_response_minutes: Some(of.response_p1),
        next_response_minutes: Some(of.response_p1),
        ..Target::default()
    };
    let mut policy =
        Policy { name: format!("of-{}", of.name), targets: vec![all, first], ..Policy::default() };
    if let Some(spec) = of.wall.spec(of.name) {
        policy.calendar.clone_from(&spec.name);
        let calendar = Arc::new(Calendar::new(&spec).unwrap());
        policy = policy.with_calendars(&[(spec.name.clone(), calendar)].into());
    }
    policy
}

/// The ticks at which the process vanishes: at random, from a dice of its own, and within each stretch of the year once,
/// so that no stretch goes without and no change elsewhere moves them.
fn stops(ticks: u64) -> BTreeMap<u64, Stop> {
    let mut dice = SmallRng::seed_from_u64(
        std::env::var("WEBCARED_YEAR_SEED").map_or(11, |s| s.parse().expect("a seed")),
    );
    let stretches = (ticks / STRETCH).max(8);
    let each = (ticks / stretches).max(1);
    let at = |n: u64| n * each;
    let mut found = BTreeMap::new();
    for n in 0..stretches {
        let tick = dice.random_range(at(n)..at(n + 1));
        // Each place of a tick in turn, so that all are met however short the year is.
        found.insert(tick, Stop::ALL[usize::try_from(n).unwrap() % Stop::ALL.len()]);
    }
    found
}

/// A house of these brands on a database that may hold their past.
async fn open(
    engine: Engine,
    place: crate::harness::Place2,
    now: Timestamp,
    seed: u64,
    all: &[Promised],
) -> House {
    let house = House::build_in(engine, place, now, seed).await;
    let policies: Vec<Policy> = all.iter().map(policy).collect();
    let brands: Vec<Brand> = all
        .iter()
        .map(|p| {
            let mut brand = Brand::watched(p.name);
            brand.policy = format!("of-{}", p.name);
            let account = team::own_account(p.name);
            brand.own_accounts.push(OwnAccount { platform: "mastodon".into(), account });
            brand
        })
        .collect();
    let (mint, now) = (house.mint.clone(), house.clock_now());
    let catalogue = house
        .write(move |tx| {
            Box::pin(async move { catalogue::import(tx, &brands, &policies, "file:x", &mint, now).await })
        })
        .await
        .unwrap();
    house.current.set(catalogue);
    house
}

async fn case_in(house: &House, conversation: &str) -> Option<CaseRow> {
    // The indexes of cases by conversation are of the open and of the ended ones, each apart.
    let sql = "SELECT c.* FROM cases c JOIN conversation v ON v.id = c.conversation_id
               WHERE v.external_key = $1 AND c.open = 1
               UNION ALL
               SELECT c.* FROM cases c JOIN conversation v ON v.id = c.conversation_id
               WHERE v.external_key = $1 AND c.open = 0";
    let all: Vec<CaseRow> = match &house.db {
        Db::Sqlite { readers, .. } => {
            sqlx::query_as(sql).bind(conversation).fetch_all(readers).await.unwrap()
        }
        Db::Postgres(pool) => sqlx::query_as(sql).bind(conversation).fetch_all(pool).await.unwrap(),
    };
    all.into_iter().max_by_key(|case| case.number)
}

/// What an agent does with a case; one that has ended meanwhile is left as it is.
async fn act(house: &House, conversation: &str, deed: Deed) -> bool {
    let Some(case) = case_in(house, conversation).await else { return false };
    let act = match deed {
        Deed::Claim => Act::Claim { until: None },
        Deed::Resolve => Act::Resolve { reason: String::new(), ending: None },
        Deed::Dismiss => Act::Dismiss { reason: "not for us".into() },
    };
    let actor = Actor { person: crate::harness::person(1), lead: true };
    house.casework.act(&case.brand_id, &case.id, case.version, &actor, act).await.is_ok()
}

/// What a team does at one moment: each conversation's deeds in their order, those of several beside each other.
async fn act_all(house: &House, deeds: &[(String, Deed)]) -> u64 {
    let mut of: BTreeMap<&str, Vec<Deed>> = BTreeMap::new();
    for (conversation, deed) in deeds {
        of.entry(conversation).or_default().push(*deed);
    }
    let each = of.into_iter().map(|(conversation, deeds)| async move {
        let mut done = 0;
        for deed in deeds {
            done += u64::from(act(house, conversation, deed).await);
        }
        done
    });
    futures_util::stream::iter(each).buffer_unordered(8).fold(0, |sum, done| async move { sum + done }).await
}

/// The house, and what opens it again.
struct Life<'a> {
    engine: Engine,
    all: &'a [Promised],
    house: Option<House>,
    /// Where the process vanished so far.
    stopped: Vec<Stop>,
}

impl Life<'_> {
    fn house(&self) -> &House {
        self.house.as_ref().unwrap()
    }

    /// Vanishes here, if that is where this tick says, and opens again on what stands in the database.
    async fn vanish(&mut self, here: Stop, due: Option<Stop>, now: Timestamp) {
        if due != Some(here) {
            return;
        }
        self.stopped.push(here);
        let seed = 100 + u64::try_from(self.stopped.len()).unwrap();
        let place = self.house.take().unwrap().leave().await;
        self.house = Some(open(self.engine, place, now, seed, self.all).await);
    }

    /// A quarter of an hour: what came is taken, what is due is recorded, people act.
    async fn tick(&mut self, now: Timestamp, Event { posts, deeds }: Event, due: Option<Stop>) -> u64 {
        let mut acts = 0;
        self.vanish(Stop::BeforePosts, due, now).await;
        let halves = posts.len().div_ceil(2).clamp(1, BATCH);
        let size = if due == Some(Stop::BetweenBatches) { halves } else { BATCH };
        for (n, batch) in posts.chunks(size).enumerate() {
            if n == 1 {
                self.vanish(Stop::BetweenBatches, due, now).await;
            }
            // Each batch has an instant of its own: the log must tell what was known before what.
            self.house().clock.set(now.plus(Span(i64::try_from(n).unwrap())));
            let tally = self.house().take(batch).await;
            assert_eq!(tally.received, tally.mention + tally.own_echo, "{tally:?}");
        }
        self.vanish(Stop::BeforeDeadlines, due, now).await;
        if due == Some(Stop::AmidDeadlines) {
            self.house().deadlines.run_once().await.unwrap();
            self.vanish(Stop::AmidDeadlines, due, now).await;
        }
        while self.house().deadlines.run_once().await.unwrap() > 0 {}
        self.vanish(Stop::BeforeDeeds, due, now).await;
        let (first, rest) = deeds.split_at(deeds.len().min(1));
        acts += act_all(self.house(), first).await;
        if !rest.is_empty() {
            self.vanish(Stop::BetweenDeeds, due, now).await;
            acts += act_all(self.house(), rest).await;
        }
        self.vanish(Stop::BeforeSilence, due, now).await;
        if now.since(BEGIN).millis() % Span::hours(1).millis() == 0 {
            while self.house().deadlines.end_silent().await.unwrap() > 0 {}
            self.house().db.count_indexes().await.unwrap();
        }
        acts
    }
}

/// One year, or as much of it as is asked for.
async fn lived(engine: Engine, size: Size) {
    let begun = Instant::now();
    let end = BEGIN.plus(Span::days(7 * size.weeks));
    let all = promised(end);
    let mut team = Team::new(size.a_week, end);
    let house = open(engine, fresh_place(engine).await, BEGIN, 1, &all).await;
    let mut life = Life { engine, all: &all, house: Some(house), stopped: Vec::new() };
    let last = end.plus(Span::days(9));
    let mut stops = stops(u64::try_from(last.since(BEGIN).millis() / TICK.millis()).unwrap());
    let (mut acts, mut now, mut tick) = (0u64, BEGIN, 0u64);
    // One that finds no place in its tick, for too little came, waits for the next.
    let mut due: Option<Stop> = None;
    while now < last {
        now = now.plus(TICK);
        life.house().clock.set(now);
        due = stops.remove(&tick).or(due);
        tick += 1;
        let before = life.stopped.len();
        let event = team.until(now, &all);
        acts += life.tick(now, event, due).await;
        if life.stopped.len() > before {
            due = None;
        }
    }
    let Life { house, stopped, .. } = life;
    let house = house.unwrap();
    let restarts = stopped.len();
    let lived = begun.elapsed();
    let found = oracle::check(&house, &all, &team.heard_late, now).await;
    eprintln!(
        "{engine:?}: {} weeks, {} mentions, {} posts, {acts} acts, {restarts} restarts in {:.0} s; checked in {:.0} s: {found:?}",
        size.weeks,
        team.mentions,
        team.posted,
        lived.as_secs_f64(),
        (begun.elapsed() - lived).as_secs_f64(),
    );
    // The year must hold what it is there to prove.
    let met: BTreeSet<&str> = found.met.iter().map(String::as_str).collect();
    for what in [
        "first_response kept",
        "first_response broken",
        "first_response void",
        "next_response kept",
        "next_response broken",
        "first_resolution kept",
        "first_resolution broken",
        "total_resolution kept",
        "total_resolution broken",
        "raised",
        "reopened",
        "annulled",
    ] {
        assert!(met.contains(what), "nothing was {what}: {met:?}");
    }
    assert!(restarts >= Stop::ALL.len() && acts > 0, "{restarts} restarts, {acts} acts");
    let met: BTreeSet<Stop> = stopped.into_iter().collect();
    assert_eq!(met.len(), Stop::ALL.len(), "the process vanished only at {met:?}");
}

#[test]
fn every_obligation_of_the_year_is_what_an_oracle_makes_of_the_log() {
    let size = Size::of_environment();
    // Each engine lives on a core of its own.
    let lives: Vec<_> =
        asked_for().into_iter().map(|engine| std::thread::spawn(move || live(engine, size))).collect();
    for life in lives {
        life.join().unwrap();
    }
}

/// The engines that are there, or of them the one that is asked for.
fn asked_for() -> Vec<Engine> {
    let all = engines();
    let Ok(name) = std::env::var("WEBCARED_YEAR_ENGINE") else { return all };
    let asked = match name.as_str() {
        "sqlite" => Engine::Sqlite,
        "postgres" => Engine::Postgres,
        other => panic!("WEBCARED_YEAR_ENGINE is sqlite or postgres, not {other}"),
    };
    assert!(all.contains(&asked), "{asked:?} is not there");
    vec![asked]
}

fn live(engine: Engine, size: Size) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(lived(engine, size));
}
