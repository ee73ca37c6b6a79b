//! What a case page says of goodwill and of a formal complaint, and the forms for both.

use super::super::Loaded;
use crate::catalogue::Watched;
use crate::domain::complaint::Outcome;
use crate::domain::goodwill::{GoodwillKind, shown};
use crate::store::complaint::{self, ComplaintRow};
use crate::store::goodwill::{self, GoodwillRow};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx};
use crate::web::shown::Moment;
use crate::web::texts::Texts;

/// What the store knows.
#[derive(Default)]
pub struct Rows {
    goodwill: Vec<GoodwillRow>,
    complaint: Option<ComplaintRow>,
}

impl Rows {
    /// Whether something was given.
    pub fn is_given(&self) -> bool {
        self.goodwill.iter().any(|g| g.state == "granted")
    }
}

/// Reads it.
pub async fn load(tx: &mut Tx, case: &CaseRow) -> Result<Rows, StoreError> {
    Ok(Rows {
        goodwill: goodwill::of_case(tx, &case.brand_id, &case.id).await?,
        complaint: complaint::of_case(tx, &case.brand_id, &case.id).await?,
    })
}

/// One gift as it is shown.
pub struct Gift {
    pub id: String,
    pub what: String,
    pub state: String,
    pub by: String,
    pub at: Moment,
    /// It waits for a second person.
    pub asked: bool,
    /// It may be taken back.
    pub stands: bool,
}

/// A formal complaint as it is shown.
pub struct Formal {
    pub made: Moment,
    pub acknowledged: Option<Moment>,
    pub outcome: Option<String>,
}

/// The part of the page.
pub struct Part {
    pub gifts: Vec<Gift>,
    pub kinds: Vec<(&'static str, String)>,
    pub currency: String,
    /// The brand keeps a register.
    pub register: bool,
    pub formal: Option<Formal>,
    pub outcomes: Vec<(&'static str, String)>,
}

/// Makes the part.
pub fn part(rows: &Rows, found: &Loaded, watched: Option<&Watched>, t: &'static Texts) -> Part {
    let office = watched.map(|w| &w.brand.front_office);
    let one = |g: &GoodwillRow| Gift {
        id: g.id.clone(),
        what: format!("{} {}, {}", shown(g.micros), g.currency, t.name("goodwill", &g.kind)),
        state: t.name("goodwillstate", &g.state),
        by: found.names.get(&g.made_by).cloned().unwrap_or_default(),
        at: Moment::of(g.made_at),
        asked: g.state == "asked",
        stands: matches!(g.state.as_str(), "asked" | "granted"),
    };
    let formal = rows.complaint.as_ref().filter(|c| c.unmarked_at.is_none()).map(|c| Formal {
        made: Moment::of(c.marked_at),
        acknowledged: c.acknowledged_at.map(Moment::of),
        outcome: c.outcome.as_ref().map(|o| t.name("outcome", o)),
    });
    Part {
        gifts: rows.goodwill.iter().map(one).collect(),
        kinds: GoodwillKind::ALL.into_iter().map(|k| (k.code(), t.name("goodwill", k.code()))).collect(),
        currency: office.map(|o| o.goodwill.currency.clone()).unwrap_or_default(),
        register: office.is_some_and(|o| o.complaints),
        formal,
        outcomes: Outcome::ALL.into_iter().map(|o| (o.code(), t.name("outcome", o.code()))).collect(),
    }
}
