//! What stands around cases: sources, the checks of the safety net, what the outbox may not decide, the switch
//! for all sending.

use super::ask::{Call, Reply, state_of};
use super::pages::{self, PageQuery};
use super::problem::{Kind, Problem};
use super::shape::{Effect, Message, Names, names};
use super::word::{At, DecisionWord, at};
use crate::casework::{CaseworkError, Settling, Verdict};
use crate::domain::ids::ActionId;
use crate::domain::judgement::Level;
use crate::domain::time::Span;
use crate::privacy::By;
use crate::store::console::{self, ShownMessage};
use crate::store::outbox::{Decision, KILL_SWITCH, SwitchRow, sending, switch};
use crate::store::rows::ActionRow;
use crate::store::safety::{self, ToCheck};
use crate::store::{grant, hook, inbox, watch};
use crate::tokens::Scope;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most checks or actions on a page.
const SHOWN_MAX: usize = 200;
/// How long what was drawn is asked for, as in the console.
const ASKED_FOR: Span = Span::days(7);
/// What can still be called back.
const LEAVING: &str = "leaving";
/// The states that wait for a person.
const STATES: [&str; 4] = ["unknown", "held", "by_hand", "refused"];

impl Call {
    /// What concerns every brand is for tokens that see every brand.
    pub fn unbounded(&self) -> Result<(), Problem> {
        if self.bearer.is_unbounded() {
            return Ok(());
        }
        let what = "this concerns every brand, and the token is bound to some";
        Err(Problem::new(Kind::Scope, what))
    }
}

/// Where posts come from, and how that is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Source {
    /// Its name in the settings.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// `fine`, `refused`, `away`, …
    pub state: String,
    /// Why, in plain words.
    pub state_why: String,
    /// Since when.
    pub state_since: At,
    /// When it is tried again.
    pub retry_at: Option<At>,
    /// When it was last heard.
    pub last_heard_at: Option<At>,
    /// From when its posts count.
    pub counts_from: At,
    /// Since when leads have been told that it is deaf.
    pub deaf_since: Option<At>,
    /// What of its credentials ends.
    pub ends: Vec<End>,
    /// Which rights its credential lacks, with the reason: `answer`, `private`.
    pub lacks: BTreeMap<String, String>,
    /// How many payloads came, by what became of them; `received` is their sum with what waits.
    pub counts: BTreeMap<String, i64>,
    /// How many wait for intake.
    pub waiting: i64,
}

/// Something that lets us in, with its end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct End {
    /// What it is.
    pub what: String,
    /// When it ends.
    pub at: At,
    /// Whether it is renewed without a person.
    pub renews: bool,
}

/// All sources.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sources {
    /// By name.
    pub sources: Vec<Source>,
}

/// `GET /sources`.
pub async fn sources(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let read = call.api.db.read("reading the sources", |tx| {
        Box::pin(async move {
            let waiting: BTreeMap<String, i64> = console::waiting_by_source(tx).await?.into_iter().collect();
            let counts = inbox::counts(tx).await?;
            let grants = (grant::ends(tx).await?, grant::lacks(tx).await?);
            Ok((console::sources(tx).await?, waiting, counts, watch::alarms(tx).await?, grants))
        })
    });
    let (rows, waiting, counts, alarms, (ends, lacks)) = read.await?;
    let one = |s: console::ShownSource| {
        let mut sums = BTreeMap::new();
        for (_, what, n) in counts.iter().filter(|(source, _, _)| *source == s.name) {
            *sums.entry(what.clone()).or_insert(0) += n;
        }
        let end = |e: &grant::EndRow| End { what: e.what.clone(), at: at(e.at), renews: e.renews == 1 };
        Source {
            ends: ends.iter().filter(|e| e.source == s.name).map(end).collect(),
            lacks: lacks
                .iter()
                .filter(|l| l.source == s.name)
                .map(|l| (l.of.clone(), l.why.clone()))
                .collect(),
            deaf_since: alarms.iter().find(|a| a.source == s.name).map(|a| at(a.since)),
            waiting: waiting.get(&s.name).copied().unwrap_or(0),
            counts: sums,
            kind: s.kind,
            state: s.state,
            state_why: s.state_why,
            state_since: at(s.state_since),
            retry_at: s.retry_at.map(at),
            last_heard_at: s.last_heard_at.map(at),
            counts_from: at(s.counts_from),
            name: s.name,
        }
    };
    Reply::json(&Sources { sources: rows.into_iter().map(one).collect() })
}

/// A case that was drawn of those that triage thought to need no answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    /// The case, by id.
    pub case: String,
    /// Its short number.
    pub number: i64,
    /// The brand by name.
    pub brand: String,
    /// The day on which it was drawn.
    pub day: String,
    /// The platform.
    pub platform: String,
    /// Its language.
    pub language: String,
    /// `P1` to `P5`.
    pub level: String,
    /// Its first message.
    pub message: Option<Message>,
}

/// What is to be checked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Checks {
    /// By brand, the oldest first; at most 200.
    pub checks: Vec<Check>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
}

/// `GET /checks`.
pub async fn checks(call: Call) -> Result<Reply, Problem> {
    let asked: PageQuery = call.query()?;
    // The brand, the day of the last check and its case.
    let from: Option<(String, String, String)> = pages::key(asked.cursor.as_deref())?;
    let (brands, since) = (call.brands(), call.api.clock.now().minus(ASKED_FOR));
    let ids: Vec<String> = brands.iter().map(|b| b.id.clone()).collect();
    let ids = pages::from_part(ids, from.as_ref().map(|(brand, ..)| brand.as_str()), |id| id)?;
    let read = call.api.db.read("reading what is to be checked", move |tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            let mut behind = from.as_ref().map(|(_, day, case)| (day.as_str(), case.as_str()));
            for brand in &ids {
                let most = pages::rest(pages::one_more(SHOWN_MAX), found.len());
                found.extend(safety::to_check(tx, brand, since, (behind.take(), most)).await?);
            }
            let key = |c: &ToCheck| (c.brand_id.clone(), c.day.clone(), c.case_id.clone());
            let (page, next) = pages::keyed(found, SHOWN_MAX, key);
            let pairs: Vec<_> = page.iter().map(|c| (c.brand_id.clone(), c.mention_id.clone())).collect();
            Ok((page, console::messages(tx, &pairs).await?, next))
        })
    });
    let (found, messages, next) = read.await?;
    let open = call.bearer.has(Scope::ReadPersonal);
    let mut uncovered = Vec::new();
    let one = |c: ToCheck| {
        let is_first = |m: &&ShownMessage| m.brand_id == c.brand_id && m.mention_id == c.mention_id;
        let brand = brands.iter().find(|b| b.id == c.brand_id);
        let message = messages.iter().find(is_first).map(|m| Message::of(m, open));
        if open && message.as_ref().is_some_and(|m| !m.personal.is_empty()) {
            uncovered.push((c.brand_id.clone(), c.case_id.clone()));
        }
        Check {
            message,
            brand: brand.map(|b| b.brand.name.clone()).unwrap_or_default(),
            case: c.case_id,
            number: c.number,
            day: c.day,
            platform: c.platform,
            language: c.language,
            level: Level::from_number(c.level).code().to_owned(),
        }
    };
    let checks = found.into_iter().map(one).collect();
    call.casework().note_all_uncovered(&uncovered, &call.actor()).await?;
    Reply::json(&Checks { checks, next })
}

/// What a person found.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// It needs no answer.
    Right,
    /// It needs one: its clock runs from the time of its post.
    Missed,
}

/// The word about a check.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// What was found.
    pub verdict: VerdictWord,
}

/// Whether something was decided by this request.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Decided {
    /// False where somebody had decided it before.
    pub decided: bool,
}

/// `POST /checks/{case}`.
pub async fn check(call: Call) -> Result<Reply, Problem> {
    let (case, asked): (_, CheckBody) = (call.case().await?, call.body()?);
    let verdict = match asked.verdict {
        VerdictWord::Right => Verdict::Right,
        VerdictWord::Missed => Verdict::Missed,
    };
    let decided = call.casework().check(&case.brand_id, &case.id, &call.actor(), verdict).await?;
    Reply::json(&Decided { decided })
}

/// An action that waits for a person.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Waiting {
    /// The action.
    #[serde(flatten)]
    pub effect: Effect,
    /// The brand by name.
    pub brand: String,
    /// The case, by id.
    pub case: Option<String>,
}

/// What the outbox may not decide alone; at most 200 of both lists on a page, what is leaving first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outbox {
    /// Answers that have not left yet and can be called back, those that go first in front.
    pub leaving: Vec<Waiting>,
    /// By brand, what is unknown, held, to be done by hand, or refused; the latest of each first.
    pub waiting: Vec<Waiting>,
    /// The `cursor` of the next page; none on the last.
    pub next: Option<String>,
    /// Whether all sending is stopped.
    pub stopped: bool,
}

/// The lists of the outbox as they stand one behind another, each with its brand, from the one on in which a page begins.
fn outbox_lists(
    brands: &[(String, String)],
    from: Option<&(String, String, i64, String)>,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let leaving = brands.iter().map(|(id, _)| (LEAVING, id.clone()));
    let waiting = brands.iter().flat_map(|(id, _)| STATES.map(|state| (state, id.clone())));
    let mut all: Vec<(&str, String)> = leaving.chain(waiting).collect();
    let Some((list, brand, ..)) = from else { return Ok(all) };
    let here = |(state, id): &(&str, String)| state == list && id == brand;
    let place = all.iter().position(here).ok_or_else(pages::no_cursor)?;
    Ok(all.split_off(place))
}

/// `GET /outbox`.
pub async fn outbox(call: Call) -> Result<Reply, Problem> {
    let asked: PageQuery = call.query()?;
    // Which of its lists, the brand, the time of the last one there and its id.
    let from: Option<(String, String, i64, String)> = pages::key(asked.cursor.as_deref())?;
    let brands: Vec<(String, String)> = call.brands().into_iter().map(|b| (b.id, b.brand.name)).collect();
    let lists = outbox_lists(&brands, from.as_ref())?;
    let read = call.api.db.read("reading the outbox", move |tx| {
        Box::pin(async move {
            let names: Names = names(tx).await?;
            let mut found: Vec<(&str, ActionRow)> = Vec::new();
            let mut behind = from.as_ref().map(|(_, _, at, id)| (*at, id.as_str()));
            for (list, brand) in lists {
                let most = pages::rest(pages::one_more(SHOWN_MAX), found.len());
                if most == 0 {
                    break;
                }
                let rows = match list {
                    LEAVING => console::leaving(tx, &brand, behind.take(), most).await?,
                    state => console::actions_in(tx, &brand, state, (behind.take(), most)).await?,
                };
                found.extend(rows.into_iter().map(|a| (list, a)));
            }
            let (page, next) = pages::keyed(found, SHOWN_MAX, |(list, a)| {
                let at = if *list == LEAVING { a.not_before } else { a.created_at };
                ((*list).to_owned(), a.brand_id.clone(), at, a.id.clone())
            });
            let name = |id: &str| brands.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
            let one = |(_, a): &(&str, ActionRow)| Waiting {
                effect: Effect::of(a, &names),
                brand: name(&a.brand_id).unwrap_or_default(),
                case: a.case_id.clone(),
            };
            let gone = page.iter().filter(|(list, _)| *list == LEAVING).count();
            let mut leaving: Vec<Waiting> = page.iter().map(one).collect();
            let waiting = leaving.split_off(gone);
            Ok(Outbox { leaving, waiting, next, stopped: switch(tx, KILL_SWITCH).await? })
        })
    });
    Reply::json(&read.await?)
}

/// A person's word about an action.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleBody {
    /// `done`: it stands there. `again`: it does not, send it. `cancel`: leave it.
    pub decision: DecisionWord,
    /// The state in which it was seen, as `GET /outbox` tells it; wanted with `again`.
    #[serde(default)]
    pub state: Option<String>,
    /// How often it had been tried then, likewise. What stands otherwise by now is not settled: `decided` is false.
    #[serde(default)]
    pub attempts: Option<i64>,
}

/// `POST /outbox/{effect}`.
pub async fn settle(call: Call) -> Result<Reply, Problem> {
    let id = ActionId::parse(call.part("effect")).map_err(|_| Problem::not_found())?.to_string();
    let asked: SettleBody = call.body()?;
    let seen = asked.state.as_deref().zip(asked.attempts);
    if seen.is_none() && asked.decision.0 == Decision::Again {
        let what = "with 'again', say how it was seen: its 'state' and its 'attempts'";
        return Err(Problem::new(Kind::Request, format!("attempts: {what}")).by("attempts", what));
    }
    for brand in call.brands() {
        let (at, effect) = (brand.id.clone(), id.clone());
        let read = call.api.db.read("reading an action", move |tx| {
            Box::pin(async move { console::action(tx, &at, &effect).await })
        });
        let is_hook = read.await?.is_some_and(|a| a.kind == hook::KIND);
        if is_hook && !call.bearer.has(Scope::Lead) {
            return Err(Problem::new(Kind::Scope, "what programs are told is settled by scope 'lead'"));
        }
        match call.casework().settle(&brand.id, &id, seen, asked.decision.0, &call.actor()).await {
            Err(CaseworkError::NotFound) => {}
            Err(error) => return Err(error.into()),
            Ok(done) => return Reply::json(&Decided { decided: matches!(done, Settling::Settled) }),
        }
    }
    Err(Problem::not_found())
}

/// The switch for all sending.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KillSwitch {
    /// Whether all sending to customers is stopped.
    pub stopped: bool,
    /// Why. At most 200 characters.
    #[serde(default)]
    pub reason: String,
}

/// The switch, and how it stands for who says what they saw of it.
async fn switched(call: &Call) -> Result<(KillSwitch, i64), Problem> {
    let found: Option<SwitchRow> = call.api.db.read("reading the switch", |tx| Box::pin(sending(tx))).await?;
    let Some(row) = found else { return Ok((KillSwitch::default(), state_of([]))) };
    let now = KillSwitch { stopped: row.value == 1, reason: row.reason };
    let (on, set_at) = (row.value.to_string(), row.set_at.to_string());
    let state = state_of([on.as_str(), set_at.as_str(), now.reason.as_str()]);
    Ok((now, state))
}

/// `GET /kill-switch`.
pub async fn is_stopped(call: Call) -> Result<Reply, Problem> {
    let (now, state) = switched(&call).await?;
    Ok(Reply::json(&now)?.of_version(state))
}

/// `PUT /kill-switch`.
pub async fn stop(call: Call) -> Result<Reply, Problem> {
    call.unbounded()?;
    let asked: KillSwitch = call.body()?;
    if call.if_match.is_some() {
        call.unchanged(switched(&call).await?.1)?;
    }
    let reason = if asked.stopped && asked.reason.trim().is_empty() { "by a program" } else { &asked.reason };
    let by = By::Person(call.bearer.person.clone());
    let privacy = call.api.privacy.called(call.caller.clone());
    privacy.turn_sending(asked.stopped, reason, &by).await?;
    tracing::warn!(stopped = asked.stopped, token.id = call.bearer.token_id, "a program turned the switch");
    Ok(Reply::json(&asked)?.of_version(switched(&call).await?.1))
}
