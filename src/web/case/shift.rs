//! On the page of a case: that it is offered to who looks, what is asked at the end of their shift, and what somebody
//! wrote who left.

use super::Loaded;
use crate::domain::time::Timestamp;
use crate::store::offer::{self, OfferRow};
use crate::store::rows::CaseEventRow;
use crate::store::{StoreError, Tx, shift};
use crate::web::auth::Viewer;
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use crate::web::texts::shift::ShiftTexts;
use std::collections::HashMap;

/// What of it is read.
#[derive(Debug, Default)]
pub struct Found {
    offers: Vec<OfferRow>,
    ask: Option<(String, i64)>,
}

pub async fn load(tx: &mut Tx, brand_id: &str, id: &str, me: &str) -> Result<Found, StoreError> {
    let offers = offer::among(tx, &[id.to_owned()], me).await?;
    Ok(Found { offers, ask: shift::open_of(tx, brand_id, id).await? })
}

/// An offer as it is shown.
pub struct Offered {
    pub what: String,
    pub until: Option<Moment>,
    pub reasons: String,
}

/// The part of the page.
pub struct Part {
    pub s: &'static ShiftTexts,
    pub offered: Option<Offered>,
    /// When the shift ends, or ended, and whether that is past.
    pub asks: Option<(Moment, bool)>,
    /// Drafts of who left: name and words.
    pub left: Vec<(String, Shown)>,
}

/// The reasons of a choice in words.
pub fn reasons(row: &OfferRow, t: &Texts) -> String {
    let why = row.why();
    let words: Vec<String> =
        why.iter().map(|r| format!("{} {:+}", t.name("route", &r.what), r.weight)).collect();
    words.join(", ")
}

/// Who left by the end of their shift.
fn leavers(timeline: &[CaseEventRow]) -> Vec<String> {
    let by_shift = |e: &&CaseEventRow| e.kind == "release" && e.who.as_deref() == Some("shift_end");
    let person = |e: &CaseEventRow| {
        let body: serde_json::Value = serde_json::from_str(&e.body).ok()?;
        Some(body["person"].as_str()?.to_owned())
    };
    timeline.iter().filter(by_shift).filter_map(person).collect()
}

pub fn part(found: &Loaded, viewer: &Viewer, works: bool, now: Timestamp, t: &Texts) -> Part {
    let me = viewer.person.id.as_str();
    let free = found.case.claim().is_none_or(|c| c.until.is_some_and(|u| u <= now));
    let offered = found.shift.offers.first().filter(|_| works && free && found.case.open == 1).map(|o| {
        Offered { what: t.name("width", &o.width), until: o.until_at.map(Moment::of), reasons: reasons(o, t) }
    });
    let asks = found.shift.ask.as_ref().filter(|(who, _)| works && who == me);
    let left = leavers(&found.timeline);
    let drafts = found.drafts.iter().filter(|d| {
        works
            && d.person_id != me
            && left.contains(&d.person_id)
            && found.case.claimed_by.as_ref() != Some(&d.person_id)
    });
    let name = |id: &str| found.names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned());
    Part {
        s: t.shift(),
        offered,
        asks: asks.map(|(_, at)| (Moment::of(*at), *at <= now.millis())),
        left: drafts.filter_map(|d| Some((name(&d.person_id), Shown::plain(d.text.as_deref()?)))).collect(),
    }
}

/// What an event of a shift or an offer says beside its name.
pub fn told(e: &CaseEventRow, names: &HashMap<String, String>, t: &Texts) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(&e.body).ok()?;
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned());
    let word = |key: &str| body[key].as_str();
    let holds = || {
        let codes = body["holds"].as_array().into_iter().flatten().filter_map(|h| h.as_str());
        codes.map(|h| t.name("holds", h)).collect::<Vec<_>>().join(", ")
    };
    match e.kind.as_str() {
        "offered" => {
            let width = word("width").unwrap_or_default();
            let row = OfferRow { reasons: body["route"].to_string(), ..OfferRow::default() };
            let (to, why) = (t.name("towhom", width), reasons(&row, t));
            Some(match body["people"][0].as_str().filter(|_| width == "person") {
                Some(id) if why.is_empty() => format!("{to} {}", name(id)),
                Some(id) => format!("{to} {} ({why})", name(id)),
                None => to,
            })
        }
        "shift_asked" => Some(format!("{}: {}", name(word("person")?), holds())),
        "release" if e.who.as_deref() == Some("shift_end") => {
            let why = format!("{}: {}", name(word("person")?), t.name("left", word("why")?));
            let holds = holds();
            Some(if holds.is_empty() { why } else { format!("{why} ({holds})") })
        }
        _ => None,
    }
}
