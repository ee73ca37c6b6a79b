//! Offers: a case that nobody has is offered to one person on duty, then wider, while anybody may claim it.
//!
//! Each round is a row keyed by case and number, and an event of the case, written while the case is locked; so it is
//! made once, whoever looks and however often. Nothing waits for an offer: alerts, chains and clocks know nothing of
//! it. Whom it goes to is decided by [`crate::domain::routing`].

use super::{Asked, Casework, CaseworkError, file_of, personal, save};
use crate::casefile::{CaseFile, When, Who};
use crate::catalogue::Catalogue;
use crate::clock::Mint;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::routing::{Candidate, Round, Routing, Wanted, Width, load, next_round};
use crate::domain::time::{Span, Timestamp};
use crate::duty::{self, OnDuty};
use crate::store::offer::{self, OfferRow};
use crate::store::person::PersonRow;
use crate::store::rows::{ActionRow, CaseRow};
use crate::store::{StoreError, Tx, case, person, sector};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The kind of the messages that offer a case to somebody.
pub const OFFER: &str = "offer";
/// The rule that offers.
const RULE: &str = "routing";

/// What there is to do with offers.
#[derive(Default)]
struct Work {
    /// Over: brand, case, why.
    over: Vec<(String, String, String)>,
    /// To be widened: brand, case, why.
    widen: Vec<(String, String, &'static str)>,
    /// To be offered: brand, case.
    begin: Vec<(String, String)>,
}

impl Work {
    fn is_empty(&self) -> bool {
        self.over.is_empty() && self.widen.is_empty() && self.begin.is_empty()
    }
}

/// The brands that offer, with the lowest level that they offer.
fn offering(catalogue: &Catalogue) -> Vec<(String, i64)> {
    let lowest = |w: &crate::catalogue::Watched| Some((w.id.clone(), w.brand.routing.offers?.number()));
    catalogue.brands.iter().filter_map(lowest).collect()
}

/// Whether somebody may have cases of a brand.
fn may_have(p: &PersonRow, brand_id: &str) -> bool {
    let works = Role::from_code(&p.role).is_some_and(|role| role.may(Right::Work));
    works && Walls::stored(p.brands.as_deref()).let_see(brand_id)
}

/// What is offered to everybody of a shift that is gone: all to whom it was offered have left, and others are on. It ends,
/// so that at the next look it is offered to who is there.
async fn of_others(
    tx: &mut Tx,
    on: &BTreeSet<String>,
    brands: &[(String, i64)],
) -> Result<Vec<(String, String)>, StoreError> {
    let mut there: BTreeMap<(String, String), bool> = BTreeMap::new();
    for (brand, case, person) in offer::wide(tx).await? {
        *there.entry((brand, case)).or_default() |= on.contains(&person);
    }
    let left = there.into_iter().filter(|(of, there)| !there && brands.iter().any(|b| b.0 == of.0));
    Ok(left.map(|(of, _)| of).collect())
}

async fn gather(tx: &mut Tx, catalogue: &Catalogue, now: Timestamp) -> Result<Work, StoreError> {
    let mut brands = offering(catalogue);
    let standing = offer::open(tx).await?;
    if brands.is_empty() && standing.is_empty() {
        return Ok(Work::default());
    }
    let mut work = Work { over: offer::over(tx, now).await?, ..Work::default() };
    // A brand that offers no more takes back what it offered.
    let off = standing.into_iter().filter(|(brand, _)| !brands.iter().any(|b| b.0 == *brand));
    work.over.extend(off.map(|(brand, case)| (brand, case, "over".to_owned())));
    let on: BTreeSet<String> = duty::on_at(tx, now).await?.into_iter().map(|o| o.present.person).collect();
    let mut people: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (brand, case, person) in offer::standing(tx).await? {
        people.entry((brand, case)).or_default().extend(person);
    }
    for ((brand, case), people) in people {
        // All said no, or have left.
        let why = if people.is_empty() { "declined" } else { "left" };
        if !people.iter().any(|p| on.contains(p)) {
            work.widen.push((brand, case, why));
        }
    }
    for (brand, case) in offer::due(tx, now).await? {
        if !work.widen.iter().any(|w| w.1 == case) {
            work.widen.push((brand, case, "time"));
        }
    }
    work.widen.retain(|w| !work.over.iter().any(|o| o.1 == w.1));
    if !brands.is_empty() && !on.is_empty() {
        let people = person::all(tx).await?;
        brands.retain(|(brand, _)| people.iter().any(|p| on.contains(&p.id) && may_have(p, brand)));
    }
    if !brands.is_empty() && !on.is_empty() {
        let left = of_others(tx, &on, &brands).await?;
        work.over.extend(left.into_iter().map(|(brand, case)| (brand, case, "left".to_owned())));
        work.begin = offer::to_begin(tx, &brands, now).await?;
    }
    Ok(work)
}

/// Those on duty who may have cases of a brand, as routing looks at them.
#[derive(Default)]
struct Floor {
    on: Vec<OnDuty>,
    people: HashMap<String, PersonRow>,
    load: HashMap<String, i64>,
    offered: HashMap<String, i64>,
}

impl Floor {
    async fn read(tx: &mut Tx, now: Timestamp) -> Result<Self, StoreError> {
        let mut floor = Self { on: duty::on_at(tx, now).await?, ..Self::default() };
        floor.people = person::all(tx).await?.into_iter().map(|p| (p.id.clone(), p)).collect();
        for (who, level, waits, n) in offer::in_hand(tx, now).await? {
            *floor.load.entry(who).or_default() += n * load(Level::from_number(level), waits == 1);
        }
        for (who, level, n) in offer::offered_alone(tx).await? {
            *floor.load.entry(who.clone()).or_default() += n * load(Level::from_number(level), false);
            *floor.offered.entry(who).or_default() += n;
        }
        Ok(floor)
    }

    fn candidates(&self, brand_id: &str, declined: &[String]) -> Vec<Candidate> {
        let may = |o: &&OnDuty| self.people.get(&o.present.person).is_some_and(|p| may_have(p, brand_id));
        let one = |o: &OnDuty| Candidate {
            person: o.present.person.clone(),
            reach: o.present.reach.clone(),
            role: o.present.role,
            load: self.load.get(&o.present.person).copied().unwrap_or(0),
            offered: self.offered.get(&o.present.person).copied().unwrap_or(0),
            declined: declined.contains(&o.present.person),
        };
        self.on.iter().filter(may).map(one).collect()
    }

    /// What is offered to one person counts for the next case of the same round.
    fn took(&mut self, round: &Round, level: i64) {
        if let (Width::Person, Some(who)) = (round.width, round.people.first()) {
            *self.load.entry(who.clone()).or_default() += load(Level::from_number(level), false);
            *self.offered.entry(who.clone()).or_default() += 1;
        }
    }
}

/// What of a case matters to routing.
async fn wanted(tx: &mut Tx, case: &CaseRow) -> Result<Wanted, StoreError> {
    let sector = sector::of_case(tx, &case.brand_id, &case.id).await?.map(|s| s.sector);
    let before = offer::had_before(tx, &case.brand_id, (&case.id, &case.author_id)).await?;
    Ok(Wanted {
        language: Language::from_code(&case.language),
        sector: sector.filter(|s| !s.is_empty()),
        level: Some(Level::from_number(case.level)),
        before: before.into_iter().map(|(who,)| who).collect(),
    })
}

/// Whether nobody has it and somebody should.
fn is_free(case: &CaseRow, now: Timestamp) -> bool {
    let put_away = [case.snoozed_until, case.held_until].into_iter().flatten().any(|u| u > now.millis());
    let claimed = case.claim().is_some_and(|c| c.until.is_none_or(|u| u > now));
    case.open == 1
        && case.needs_answer == 1
        && matches!(case.state.as_str(), "new" | "working")
        && !claimed
        && !put_away
}

impl Casework {
    /// Makes, widens and ends offers. Returns how many rounds were made.
    pub async fn offers_due(&self) -> Result<usize, StoreError> {
        let (now, catalogue) = (self.clock.now(), self.catalogue.get());
        let looked = {
            let catalogue = catalogue.clone();
            self.db.read("looking what is offered", move |tx| {
                Box::pin(async move { gather(tx, &catalogue, now).await.map(|work| work.is_empty()) })
            })
        };
        if looked.await? {
            return Ok(0);
        }
        let mint = self.mint.clone();
        let made = self.db.write_again("offering cases", move |tx| {
            let (catalogue, mint) = (catalogue.clone(), mint.clone());
            Box::pin(async move { round(tx, &catalogue, &mint, now).await })
        });
        let made = made.await?;
        if !made.is_empty() {
            self.outbox.notify_waiters();
        }
        let n = made.len();
        for changed in made {
            // Nobody listening is fine: pages also look by themselves.
            let _ = self.changed.send(changed);
        }
        Ok(n)
    }
}

async fn round(
    tx: &mut Tx,
    catalogue: &Catalogue,
    mint: &Mint,
    now: Timestamp,
) -> Result<Vec<super::CaseChanged>, StoreError> {
    let work = gather(tx, catalogue, now).await?;
    for (_, case_id, why) in &work.over {
        offer::end(tx, case_id, why, now).await?;
    }
    let mut floor = Floor::read(tx, now).await?;
    let mut made = Vec::new();
    let widen = work.widen.iter().map(|(b, c, why)| (b, c, Some(*why)));
    let begin = work.begin.iter().map(|(b, c)| (b, c, None));
    for (brand_id, case_id, why) in widen.chain(begin) {
        if one(tx, (catalogue, mint), &mut floor, (brand_id, case_id, why), now).await? {
            made.push(super::CaseChanged { brand_id: brand_id.clone(), case_id: case_id.clone() });
        }
    }
    Ok(made)
}

/// The next round of one case, if there is to be one; `why` the one before ended.
async fn one(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    floor: &mut Floor,
    (brand_id, case_id, why): (&str, &str, Option<&'static str>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    // Under its lock: whoever else looked at the same case waits here, and finds what was done.
    let Some(row) = case::get(tx, brand_id, case_id).await? else { return Ok(false) };
    let before = offer::open_of(tx, brand_id, case_id).await?;
    if before.is_some() != why.is_some() || !is_free(&row, now) {
        return Ok(false);
    }
    let rule = catalogue.brand(brand_id).map(|w| w.brand.routing.clone()).unwrap_or_default();
    let declined: Vec<String> = offer::declined(tx, case_id).await?.into_iter().map(|(p,)| p).collect();
    let people = floor.candidates(brand_id, &declined);
    let wanted = wanted(tx, &row).await?;
    let last = before.as_ref().and_then(OfferRow::width);
    if let Some(why) = why {
        offer::end(tx, case_id, why, now).await?;
    }
    let Some(round) = next_round(last, &wanted, &people, rule.at_once) else { return Ok(false) };
    floor.took(&round, row.level);
    let actions = write(tx, (catalogue, mint), row, &rule, (&round, why), now).await?;
    metrics::counter!("webcared_offers_total").increment(1);
    crate::store::bulk::insert_actions(tx, &actions).await?;
    Ok(true)
}

/// Writes a round with its event, and tells those to whom it goes.
async fn write(
    tx: &mut Tx,
    (catalogue, mint): (&Catalogue, &Mint),
    case: CaseRow,
    rule: &Routing,
    (round, why): (&Round, Option<&str>),
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let target = offer::target(tx, &case.id).await?.map(Span);
    let window = rule.window(Level::from_number(case.level), target);
    let until = (round.width != Width::Everyone).then(|| now.plus(window));
    let row = OfferRow {
        case_id: case.id.clone(),
        brand_id: case.brand_id.clone(),
        width: round.width.code().to_owned(),
        made_at: now.millis(),
        until_at: until.map(Timestamp::millis),
        reasons: serde_json::to_string(&round.reasons).unwrap_or_else(|_| "[]".to_owned()),
        ..OfferRow::default()
    };
    let n = offer::begin(tx, &row, &round.people).await?;
    let mut file: CaseFile = file_of(tx, catalogue, case).await?;
    let body = json!({
        "round": n, "width": round.width.code(), "people": round.people, "after": why,
        "until": until.map(Timestamp::millis), "route": round.reasons,
    });
    file.note("offered", &Who::Rule(RULE), When::now(now), &body);
    let actions = catalogue.actions_of(&file, mint, now);
    save(tx, &file, &actions, now).await?;
    // Everybody sees it in the lists; nobody is rung for what all can take, nor all of them for each case of a heap of which
    // everybody has been offered enough.
    if round.width == Width::Everyone || (round.width == Width::Language && why.is_none()) {
        return Ok(Vec::new());
    }
    let (brand, id) = (&row.brand_id, &row.case_id);
    let chats = personal::chats(tx, brand, &round.people).await?;
    let tell = |(person, chat): &(String, String)| {
        let once = format!("{OFFER}:{id}:{n}:{person}");
        let body = json!({ "chat": chat, "brand": brand, "case": id, "round": n, "person": person });
        personal::message(mint, (OFFER, once), (brand, id), &body, now)
    };
    Ok(chats.iter().map(tell).collect())
}

/// Somebody says that an offered case is not for them: it is offered wider at the next look, within a second.
pub(super) async fn decline(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
) -> Result<Result<(), CaseworkError>, StoreError> {
    let Some(row) = offer::open_of(tx, &asked.brand_id, &asked.case_id).await? else {
        return Ok(Err(CaseworkError::Refused("it is not offered to anybody".to_owned())));
    };
    let who = &asked.actor.person;
    if !offer::decline(tx, (&row.case_id, row.round), who.as_str(), asked.now).await? {
        return Ok(Err(CaseworkError::Refused("it is not offered to you".to_owned())));
    }
    let body = json!({ "round": row.round });
    file.note("offer_declined", &Who::Person(who.clone()), When::now(asked.now), &body);
    Ok(Ok(()))
}
