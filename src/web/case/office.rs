//! What a case page says of the front office beside tickets: the sector, the contacts before and elsewhere.

mod given;

use super::{Loaded, Said};
use crate::casework::ending::known;
use crate::catalogue::Watched;
use crate::domain::back_door::{self, Clues};
use crate::domain::contact::ContactKind;
use crate::domain::sector::Sector;
use crate::domain::time::Timestamp;
use crate::store::finding::{self, FindingRow};
use crate::store::rows::CaseRow;
use crate::store::sector::{self, ContactRow, SectorRow};
use crate::store::{StoreError, Tx, answer};
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use std::collections::HashMap;
use std::fmt::Write;

/// What the store knows.
pub struct Office {
    pub clues: Clues,
    sector: Option<SectorRow>,
    contacts: Vec<ContactRow>,
    findings: Vec<FindingRow>,
    words: HashMap<String, String>,
    pub given: given::Rows,
}

/// Reads it.
pub async fn load(tx: &mut Tx, case: &CaseRow) -> Result<Office, StoreError> {
    let contacts = sector::contacts_of(tx, &case.brand_id, &case.id).await?;
    let ids: Vec<String> = contacts.iter().map(|c| format!("{}/text", c.id)).collect();
    Ok(Office {
        clues: sector::clues(tx, case).await?,
        sector: sector::of_case(tx, &case.brand_id, &case.id).await?,
        words: answer::contents(tx, &ids).await?.into_iter().collect(),
        findings: finding::of_case(tx, &case.brand_id, &case.id).await?,
        contacts,
        given: given::load(tx, case).await?,
    })
}

/// A contact elsewhere as it is shown.
pub struct Contact {
    pub kind: String,
    pub at: Moment,
    pub text: Option<Shown>,
}

/// The part of the page.
pub struct Part {
    /// There is something to show or to do.
    pub shown: bool,
    /// The sector in words, and whether it is only proposed.
    pub sector: Option<(String, bool)>,
    /// The sectors to choose from, and whether each holds; none where the brand has none.
    pub choice: Vec<(String, bool)>,
    /// The findings it belongs to: number and state.
    pub findings: Vec<(i64, String)>,
    /// The words of a finding that was not taken.
    pub finding_again: Option<String>,
    /// The contacts with the front office before, in words.
    pub before: Option<String>,
    pub contacts: Vec<Contact>,
    /// How a contact can be made: code and words.
    pub kinds: Vec<(&'static str, String)>,
    /// The note of a contact that was not taken.
    pub contact_again: Option<String>,
    /// Goodwill and a formal complaint.
    pub given: given::Part,
}

/// Makes the part.
pub fn part(found: &Loaded, watched: Option<&Watched>, said: &Said, works: bool, t: &'static Texts) -> Part {
    let office = &found.office;
    let sectors = watched.map_or(&[][..], |w| w.brand.sectors.as_slice());
    let now = office.sector.as_ref().filter(|s| !s.sector.is_empty());
    let sector = now.map(|s| match (&s.said_by, s.certainty) {
        (None, certain) => (format!("{}, {certain} %", s.sector), true),
        (Some(_), _) => (s.sector.clone(), false),
    });
    let before = before(found, t);
    let contacts: Vec<Contact> = office.contacts.iter().map(|c| contact(c, office, t)).collect();
    let given = given::part(&office.given, found, watched, t);
    Part {
        shown: works
            || !given.gifts.is_empty()
            || given.formal.is_some()
            || sector.is_some()
            || before.is_some()
            || !contacts.is_empty()
            || !office.findings.is_empty(),
        choice: if works { choice(sectors, now.map_or("", |s| s.sector.as_str())) } else { Vec::new() },
        findings: office.findings.iter().map(|f| (f.number, t.name("findingstate", &f.state))).collect(),
        finding_again: said.typed("raise_finding").map(|a| a.text.clone()),
        sector,
        before,
        contacts,
        kinds: if works {
            ContactKind::ALL.into_iter().map(|k| (k.code(), t.name("contact", k.code()))).collect()
        } else {
            Vec::new()
        },
        contact_again: said.typed("contact").map(|a| a.text.clone()),
        given,
    }
}

fn contact(row: &ContactRow, office: &Office, t: &Texts) -> Contact {
    Contact {
        kind: t.name("contact", &row.kind),
        at: Moment::of(row.at),
        text: office.words.get(&format!("{}/text", row.id)).map(|text| Shown::plain(text)),
    }
}

/// `Contacts with the front office before: 2 (9 d earlier); promised for 12:00, and that had passed`.
fn before(found: &Loaded, t: &Texts) -> Option<String> {
    let opened = Timestamp(found.case.opened_at);
    let known = known(&found.case, &found.links, None, Clues::default());
    let before = back_door::before(&known.tickets, opened);
    let first = before.first_at?;
    let o = t.office();
    let mut text =
        format!("{}: {} ({} {})", o.contacts_before, before.contacts, opened.since(first), o.earlier);
    if let Some(due) = before.promised_at {
        let _ = write!(text, "; {} {}", o.promised_for, Moment::of(due.millis()).text);
        if before.broken {
            let _ = write!(text, ", {}", o.had_passed);
        }
    }
    Some(text)
}

/// The sectors by name, none of them first.
fn choice(sectors: &[Sector], now: &str) -> Vec<(String, bool)> {
    if sectors.is_empty() {
        return Vec::new();
    }
    let none = (String::new(), now.is_empty());
    std::iter::once(none).chain(sectors.iter().map(|s| (s.name.clone(), s.name == now))).collect()
}
