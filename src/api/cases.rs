//! Lists of cases: lanes by risk, and all of them in orders that hold still.

use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use super::shape::{Case, Message, Names, names};
use super::word::{IntentWord, LabelWord, LaneWord, LanguageWord, LevelWord};
use crate::catalogue::Watched;
use crate::domain::case::CaseState;
use crate::domain::ids::CaseId;
use crate::domain::time::Timestamp;
use crate::store::console::{self, ShownMessage};
use crate::store::filtered::{self, Sift};
use crate::store::lanes::{self, Lane, Place};
use crate::store::listed::{self, Order};
use crate::store::rows::CaseRow;
use crate::store::{StoreError, Tx, sector};
use crate::tokens::Scope;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const PAGE_MAX: usize = 200;
const EXCERPT_CHARS: usize = 280;

/// In which order cases are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderWord {
    /// As the console shows a lane: the greatest risk first. A case that becomes more urgent while you turn pages
    /// may move past you.
    #[default]
    Risk,
    /// As they were opened here. This never changes: none is missed and none comes twice.
    Opened,
    /// As they last changed. What changes meanwhile comes again; a change of the last seconds may come to stand before
    /// what was read, so begin again from a cursor that is a minute old.
    Changed,
}

/// Which cases are wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListQuery {
    /// The order; filters other than `brand` and `lane` go with `opened` and `changed` only.
    pub order: OrderWord,
    /// The lane, with order `risk`.
    pub lane: Option<LaneWord>,
    /// Only this brand, by name.
    pub brand: Option<String>,
    /// Only this state.
    pub state: Option<StateWord>,
    /// Only open ones, or only those that are not.
    pub open: Option<bool>,
    /// Only this level.
    pub level: Option<LevelWord>,
    /// Only this platform.
    pub platform: Option<String>,
    /// Only this language.
    pub language: Option<LanguageWord>,
    /// Only this intent.
    pub intent: Option<IntentWord>,
    /// Only those that need an answer, or only those that do not.
    pub needs_answer: Option<bool>,
    /// Only those that this person has claimed, by id.
    pub claimed_by: Option<String>,
    /// Only those whose author has this label.
    pub label: Option<LabelWord>,
    /// Only those of this sector, by its name.
    pub sector: Option<String>,
    /// Words that one message of the case holds, all of them.
    #[serde(rename = "q")]
    pub words: Option<String>,
    /// Where the page begins: `next` of the page before, with the same question.
    pub cursor: Option<String>,
    /// Most cases, 1 to 200; 50 without a word.
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u16>,
}

/// A state of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the states are those of the table of states")]
pub enum StateWord {
    New,
    Working,
    WaitingCustomer,
    WaitingFrontOffice,
    WaitingPrivate,
    Resolved,
    Closed,
    Dismissed,
}

impl StateWord {
    const fn state(self) -> CaseState {
        match self {
            Self::New => CaseState::New,
            Self::Working => CaseState::Working,
            Self::WaitingCustomer => CaseState::WaitingCustomer,
            Self::WaitingFrontOffice => CaseState::WaitingFrontOffice,
            Self::WaitingPrivate => CaseState::WaitingPrivate,
            Self::Resolved => CaseState::Resolved,
            Self::Closed => CaseState::Closed,
            Self::Dismissed => CaseState::Dismissed,
        }
    }
}

/// One case of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Listed {
    /// The case.
    #[serde(flatten)]
    pub case: Case,
    /// The beginning of its first message; personal data in it is covered unless it may be read.
    pub excerpt: Option<String>,
    /// Its sector by name, where it is of one: as a person said it, or as it was proposed.
    pub sector: Option<String>,
}

/// A page of cases.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cases {
    /// The cases.
    pub cases: Vec<Listed>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// The last case of a page, for the next one.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Cursor {
    #[serde(rename = "r")]
    Risk(i64, bool, i64, String),
    #[serde(rename = "o")]
    Opened(String),
    #[serde(rename = "c")]
    Changed(i64, String),
}

impl Cursor {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str, order: OrderWord) -> Result<Self, Problem> {
        let read: Option<Self> =
            URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match (read, order) {
            (Some(Self::Risk(level, undated, due, id)), OrderWord::Risk)
                if lanes::RANKS.contains(&level) && CaseId::parse(&id).is_ok() =>
            {
                Ok(Self::Risk(level, undated, due, id))
            }
            (Some(Self::Opened(id)), OrderWord::Opened) if CaseId::parse(&id).is_ok() => Ok(Self::Opened(id)),
            (Some(Self::Changed(at, id)), OrderWord::Changed) if CaseId::parse(&id).is_ok() => {
                Ok(Self::Changed(at, id))
            }
            _ => {
                let what = "take it as it came, with the same order";
                Err(Problem::new(Kind::Request, format!("cursor: {what}")).by("cursor", what))
            }
        }
    }
}

/// What one look brings: cases, their first messages, names, and sectors by the case.
type Found = (Vec<CaseRow>, Vec<ShownMessage>, Names, Vec<(String, String)>);

/// `GET /cases`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let asked: ListQuery = call.query()?;
    let brands = call.chosen(asked.brand.as_ref())?;
    let limit = usize::from(asked.limit.unwrap_or(50));
    if !(1..=PAGE_MAX).contains(&limit) {
        let what = format!("{limit}; allowed are 1 to {PAGE_MAX}");
        return Err(Problem::new(Kind::Request, format!("limit: {what}")).by("limit", what));
    }
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let ((cases, messages, names, sectors), looked_to) = match asked.order {
        OrderWord::Risk => by_risk(&call, &asked, ids, limit + 1).await?,
        OrderWord::Opened | OrderWord::Changed => (by_list(&call, &asked, ids, limit + 1).await?, None),
    };
    let more = cases.len() > limit;
    let shown = &cases[..cases.len().min(limit)];
    let next = match shown.last().filter(|_| more) {
        Some(last) => Some(cursor_of(&asked, last).write()),
        // A look along very many cases that found less than a page goes on where it ended.
        None => looked_to.map(|p| Cursor::Risk(p.level, p.undated, p.due_at, p.id).write()),
    };
    let me = call.bearer.person.as_str();
    let open_to_all = call.bearer.has(Scope::ReadPersonal);
    let mut uncovered = Vec::new();
    let listed = shown.iter().map(|c| {
        let first = messages.iter().find(|m| m.brand_id == c.brand_id && m.mention_id == c.first_mention_id);
        let mine = is_mine(c, me, call.api.clock.now());
        let first = first.map(|m| Message::of(m, open_to_all || mine));
        if open_to_all && !mine && first.as_ref().is_some_and(|m| !m.personal.is_empty()) {
            uncovered.push((c.brand_id.clone(), c.id.clone()));
        }
        let words = first.and_then(|m| m.text);
        Listed {
            case: Case::of(c, name_of(&brands, &c.brand_id), &names),
            excerpt: words.map(|w| w.chars().take(EXCERPT_CHARS).collect()),
            sector: sectors.iter().find(|(id, _)| *id == c.id).map(|(_, name)| name.clone()),
        }
    });
    let listed: Vec<Listed> = listed.collect();
    call.casework().note_all_uncovered(&uncovered, &call.actor()).await?;
    Reply::json(&Cases { cases: listed, next })
}

fn cursor_of(asked: &ListQuery, last: &CaseRow) -> Cursor {
    match asked.order {
        OrderWord::Risk => {
            let place = Place::of(lane(asked), last);
            Cursor::Risk(place.level, place.undated, place.due_at, place.id)
        }
        OrderWord::Opened => Cursor::Opened(last.id.clone()),
        OrderWord::Changed => Cursor::Changed(last.changed_at, last.id.clone()),
    }
}

fn lane(asked: &ListQuery) -> Lane {
    asked.lane.map_or(Lane::All, |l| l.0)
}

fn name_of<'a>(brands: &'a [Watched], id: &str) -> &'a str {
    brands.iter().find(|b| b.id == id).map_or("", |b| b.brand.name.as_str())
}

/// Whether somebody has claimed it who may so see what is covered, as in the console.
pub fn is_mine(case: &CaseRow, me: &str, now: Timestamp) -> bool {
    case.claim().is_some_and(|c| c.by.as_str() == me && c.until.is_none_or(|u| u > now))
}

async fn by_risk(
    call: &Call,
    asked: &ListQuery,
    brands: Vec<String>,
    limit: usize,
) -> Result<(Found, Option<Place>), Problem> {
    let filtered = asked.state.is_some()
        || asked.open.is_some()
        || asked.level.is_some()
        || asked.platform.is_some()
        || asked.language.is_some()
        || asked.intent.is_some()
        || asked.needs_answer.is_some()
        || asked.claimed_by.is_some()
        || asked.label.is_some()
        || asked.sector.is_some()
        || asked.words.is_some();
    if filtered {
        let what = "filters go with order=opened or order=changed; a lane goes with order=risk";
        return Err(Problem::new(Kind::Request, what).by("order", what));
    }
    let after = match asked.cursor.as_deref().map(|c| Cursor::read(c, asked.order)).transpose()? {
        Some(Cursor::Risk(level, undated, due_at, id)) => Some(Place { level, undated, due_at, id }),
        _ => None,
    };
    let lane = lane(asked);
    let wanted =
        lanes::Wanted { lane, who: call.bearer.person.to_string(), now: call.api.clock.now(), after, limit };
    let read = call.api.db.read("listing cases", move |tx| {
        Box::pin(async move {
            let (mut cases, mut edge): (Vec<CaseRow>, Option<Place>) = (Vec::new(), None);
            let spoken = if lane.is_sifted() { filtered::spoken_by(tx, &wanted.who).await? } else { None };
            let sift = Sift { spoken, ..Sift::default() };
            for brand in &brands {
                if lane.is_sifted() {
                    let page = filtered::page(tx, brand, &wanted, &sift).await?;
                    cases.extend(page.cases);
                    edge = [edge, page.looked_to].into_iter().flatten().min();
                } else {
                    cases.extend(lanes::page(tx, brand, &wanted).await?);
                }
            }
            cases.sort_by_cached_key(|c| Place::of(lane, c));
            // What lies behind the edge of one brand waits until all have been looked at up to there.
            if let Some(edge) = &edge {
                cases.retain(|c| Place::of(lane, c) <= *edge);
            }
            cases.truncate(wanted.limit);
            Ok((with_messages(tx, cases).await?, edge))
        })
    });
    Ok(read.await?)
}

async fn by_list(
    call: &Call,
    asked: &ListQuery,
    brands: Vec<String>,
    limit: usize,
) -> Result<Found, Problem> {
    if asked.lane.is_some() {
        let what = "a lane goes with order=risk; here use state, open, claimed_by and the other filters";
        return Err(Problem::new(Kind::Request, what).by("lane", what));
    }
    if asked.words.as_ref().is_some_and(|w| !listed::has_words(w)) {
        let what = "there is no word in it to search by";
        return Err(Problem::new(Kind::Request, format!("q: {what}")).by("q", what));
    }
    let after = match asked.cursor.as_deref().map(|c| Cursor::read(c, asked.order)).transpose()? {
        Some(Cursor::Opened(id)) => (0, id),
        Some(Cursor::Changed(at, id)) => (at, id),
        _ => (0, String::new()),
    };
    let wanted = listed::Wanted {
        order: if asked.order == OrderWord::Changed { Order::Changed } else { Order::Opened },
        after,
        state: asked.state.map(|s| s.state().code().to_owned()),
        open: asked.open,
        level: asked.level.map(|l| l.0.number()),
        platform: asked.platform.clone(),
        language: asked.language.map(|l| l.0.code().to_owned()),
        intent: asked.intent.map(|i| i.0.code().to_owned()),
        needs_answer: asked.needs_answer,
        claimed_by: asked.claimed_by.clone(),
        words: asked.words.clone(),
        label: asked.label.map(|l| (l.0.code().to_owned(), call.api.clock.now().millis())),
        sector: asked.sector.clone(),
        limit: limit as i64,
    };
    let read = call.api.db.read("listing cases", move |tx| {
        Box::pin(async move {
            let mut cases = Vec::new();
            for brand in &brands {
                cases.extend(listed::page(tx, brand, &wanted).await?);
            }
            match wanted.order {
                Order::Opened => cases.sort_by(|a, b| a.id.cmp(&b.id)),
                Order::Changed => cases.sort_by(|a, b| (a.changed_at, &a.id).cmp(&(b.changed_at, &b.id))),
            }
            cases.truncate(limit);
            with_messages(tx, cases).await
        })
    });
    Ok(read.await?)
}

async fn with_messages(tx: &mut Tx, cases: Vec<CaseRow>) -> Result<Found, StoreError> {
    let pairs: Vec<(String, String)> =
        cases.iter().map(|c| (c.brand_id.clone(), c.first_mention_id.clone())).collect();
    let messages = console::messages(tx, &pairs).await?;
    let of: Vec<(String, String)> = cases.iter().map(|c| (c.brand_id.clone(), c.id.clone())).collect();
    let sectors = sector::of_cases(tx, &of).await?;
    Ok((cases, messages, names(tx).await?, sectors))
}
