//! What is given on a case against an oracle that knows only the limits: what stands with what is asked for is within what
//! one's role may give, or somebody else whose role may decides; nobody decides about their own; only who gave it, or a
//! lead, takes it back. What stands is never more than a lead may give.

use super::{block_on, cases};
use crate::harness::{Engine, House, engines, person, post};
use proptest::prelude::*;
use webcared::casework::{Act, Actor, CaseworkError, GoodwillAct};
use webcared::catalogue::Catalogue;
use webcared::domain::goodwill::{GoodwillKind, UNIT};
use webcared::store::goodwill::GoodwillRow;

/// What an agent and a lead may give, in units.
const LIMITS: [i64; 2] = [25, 60];

/// People 1 and 2 are agents, 3 and 4 leads.
fn leads(who: u8) -> bool {
    who > 2
}

fn limit(who: u8) -> i64 {
    LIMITS[usize::from(leads(who))]
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Give(u8, i64),
    /// A lead decides about the gift of that number, if there are so many.
    Decide(u8, usize, bool),
    TakeBack(u8, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = prop::sample::select(vec![1_i64, 5, 12, 13, 24, 25, 26, 35, 60, 61]);
    prop_oneof![
        5 => (1..5u8, amount).prop_map(|(who, n)| Step::Give(who, n)),
        3 => (3..5u8, 0..6usize, any::<bool>()).prop_map(|(who, n, goes)| Step::Decide(who, n, goes)),
        2 => (1..5u8, 0..6usize).prop_map(|(who, n)| Step::TakeBack(who, n)),
    ]
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Gift {
    by: u8,
    units: i64,
    state: &'static str,
}

#[derive(Default)]
struct Oracle(Vec<Gift>);

impl Oracle {
    fn standing(&self) -> i64 {
        self.0.iter().filter(|g| g.state == "granted").map(|g| g.units).sum()
    }

    /// Takes one step; tells whether it may be taken.
    fn take(&mut self, step: Step) -> bool {
        let standing = self.standing();
        match step {
            Step::Give(by, units) => {
                let state = if standing + units <= limit(by) { "granted" } else { "asked" };
                self.0.push(Gift { by, units, state });
                true
            }
            Step::Decide(who, n, goes) => {
                let Some(gift) = self.0.get_mut(n) else { return false };
                let may =
                    gift.state == "asked" && gift.by != who && (!goes || standing + gift.units <= limit(who));
                if may {
                    gift.state = if goes { "granted" } else { "refused" };
                }
                may
            }
            Step::TakeBack(who, n) => {
                let Some(gift) = self.0.get_mut(n) else { return false };
                let may = ["asked", "granted"].contains(&gift.state) && (gift.by == who || leads(who));
                if may {
                    gift.state = "taken_back";
                }
                may
            }
        }
    }
}

async fn rows(house: &House) -> Vec<GoodwillRow> {
    house.all("SELECT * FROM goodwill ORDER BY made_at, id").await
}

async fn take(house: &House, step: Step) -> bool {
    // Each has its own instant, so that their order is known.
    house.clock.advance(webcared::domain::time::Span::seconds(1));
    let ids: Vec<String> = rows(house).await.into_iter().map(|g| g.id).collect();
    let id = |n: usize| ids.get(n).cloned().unwrap_or_else(|| "gdw_none".to_owned());
    let why = || "so it is".to_owned();
    let (who, act) = match step {
        Step::Give(who, units) => {
            let kind = GoodwillKind::Voucher;
            (who, GoodwillAct::Grant { kind, micros: units * UNIT, why: why() })
        }
        Step::Decide(who, n, goes) => (who, GoodwillAct::Decide { id: id(n), goes }),
        Step::TakeBack(who, n) => (who, GoodwillAct::TakeBack { id: id(n), why: why() }),
    };
    let case = house.case(1).await;
    let actor = Actor { person: person(who), lead: leads(who) };
    let done = house.casework.act(&case.brand_id, &case.id, case.version, &actor, Act::Goodwill(act)).await;
    assert!(
        matches!(done, Ok(_) | Err(CaseworkError::Refused(_) | CaseworkError::NotFound)),
        "{step:?}: {done:?}"
    );
    done.is_ok()
}

fn walk(engine: Engine, steps: &[Step]) {
    block_on(async {
        let house = House::build(engine).await;
        let mut catalogue: Catalogue = (*house.current.get()).clone();
        for watched in &mut catalogue.brands {
            let limits = [("agent".to_owned(), LIMITS[0]), ("lead".to_owned(), LIMITS[1])];
            watched.brand.front_office.goodwill.limits = limits.into();
        }
        house.current.set(catalogue);
        house.take(&[post("m1", "jan", "t1", 0, "@acme my parcel never arrived, please help me")]).await;
        let mut oracle = Oracle::default();
        for step in steps {
            assert_eq!(take(&house, *step).await, oracle.take(*step), "{step:?} after {:?}", oracle.0);
            let found = rows(&house).await;
            let stand: Vec<(i64, &str, String)> =
                found.iter().map(|g| (g.micros / UNIT, g.state.as_str(), g.made_by.clone())).collect();
            let wanted: Vec<_> =
                oracle.0.iter().map(|g| (g.units, g.state, person(g.by).to_string())).collect();
            assert_eq!(stand, wanted);
            assert!(oracle.standing() <= LIMITS[1], "never more than anybody may give: {:?}", oracle.0);
        }
    });
}

proptest! {
    #![proptest_config(cases(24))]
    #[test]
    fn goodwill_stands_within_the_limits_of_who_gave_or_approved_it(steps in prop::collection::vec(step(), 1..16)) {
        walk(Engine::Sqlite, &steps);
    }
}

proptest! {
    #![proptest_config(cases(3))]
    #[test]
    fn goodwill_stands_within_the_limits_of_who_gave_or_approved_it_on_postgres(
        steps in prop::collection::vec(step(), 1..16),
    ) {
        for engine in engines().into_iter().filter(|e| *e == Engine::Postgres) {
            walk(engine, &steps);
        }
    }
}
