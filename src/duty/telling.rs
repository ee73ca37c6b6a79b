//! Telling in time: gaps in duty that lie ahead, and that something is due while nobody is on.

use super::covering::{held, hour_of, name_of, on_between, walls};
use super::{Duty, brand_hours, on_at, on_then};
use crate::catalogue::{Catalogue, Watched};
use crate::clock::Mint;
use crate::domain::duty::gaps;
use crate::domain::ids::ActionId;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, bulk, console, duty as store};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

const HOUR: Span = Span::hours(1);
const ROUND: Span = Span::seconds(60);
/// How far ahead gaps are followed to their end.
const HOURS_AHEAD: i64 = 24 + 168;
/// How long before a gap it is told of: the day before, and the hour before.
const AHEAD: [(&str, Span); 2] = [("day", Span::hours(24)), ("hour", HOUR)];
/// How far ahead something must be due to be told of when nobody is on.
const DUE_SOON: Span = Span::minutes(30);
/// How long it is remembered that something was told.
const REMEMBERED: Span = Span::days(4);
/// How often at most a team is told again that nobody is on while something is due.
const AGAIN: Span = Span::hours(1);

/// Looks ahead for gaps, and tells the teams of them; and when something is due while nobody is on.
#[derive(Clone, Debug)]
pub struct Watch {
    duty: Duty,
    outbox: Arc<Notify>,
    /// Credential and chat of leads beside the teams, who plan for all brands.
    leads: Vec<(String, String)>,
}

impl Watch {
    /// Looks at what `duty` knows.
    pub const fn new(duty: Duty, outbox: Arc<Notify>) -> Self {
        Self { duty, outbox, leads: Vec::new() }
    }

    /// Tells chats of leads as well what lies ahead, and that nobody is on while something is due: the credential of each, and the chat.
    pub fn telling(mut self, leads: Vec<(String, String)>) -> Self {
        self.leads = leads;
        self
    }

    /// One round; returns how many messages were made.
    pub async fn run_once(&self) -> Result<usize, StoreError> {
        let now = self.duty.clock.now();
        let (catalogue, mint) = (self.duty.catalogue.get(), self.duty.mint.clone());
        let leads = self.leads.clone();
        let made = self.duty.db.write_again("looking for gaps in duty", move |tx| {
            let (catalogue, mint, leads) = (catalogue.clone(), mint.clone(), leads.clone());
            Box::pin(async move {
                // A team that neither plans nor says anything has no gaps.
                if !store::is_used(tx).await? {
                    return Ok(0);
                }
                let mut actions = ahead(tx, (&catalogue, &leads), &mint, now).await?;
                actions.extend(nobody(tx, (&catalogue, &leads), &mint, now).await?);
                bulk::insert_actions(tx, &actions).await?;
                Ok(actions.len())
            })
        });
        let made = made.await?;
        if made > 0 {
            self.outbox.notify_waiters();
        }
        Ok(made)
    }

    /// Runs until the order to stop.
    pub fn spawn(self, shutdown: &Shutdown) {
        let watch = Arc::new(self);
        shutdown.spawn_every("duty gaps", ROUND, move || {
            let watch = watch.clone();
            async move {
                if let Err(error) = watch.run_once().await {
                    tracing::warn!(%error, "gaps in duty could not be looked for; it tries again");
                }
                0
            }
        });
    }
}

/// A chat that is told, of whatever its teams and leads hear of: what two of them hear of is told there once.
struct Told<'a> {
    credential: &'a str,
    chat: &'a str,
    /// Each brand, and whether it is told of every hour: leads alone hear once.
    brands: Vec<(&'a Watched, bool)>,
}

/// The chats of teams and those of leads beside them, each once.
fn told_to<'a>(catalogue: &'a Catalogue, leads: &'a [(String, String)]) -> Vec<Told<'a>> {
    let mut all: Vec<Told<'a>> = Vec::new();
    let mut put = |credential: &'a str, chat: &'a str, brand: &'a Watched, hourly: bool| {
        let at = all.iter().position(|t| (t.credential, t.chat) == (credential, chat));
        let at = at.unwrap_or_else(|| {
            all.push(Told { credential, chat, brands: Vec::new() });
            all.len() - 1
        });
        match all[at].brands.iter_mut().find(|(b, _)| b.id == brand.id) {
            Some((_, every_hour)) => *every_hour |= hourly,
            None => all[at].brands.push((brand, hourly)),
        }
    };
    for team in &catalogue.teams {
        for brand in catalogue.brands.iter().filter(|b| team.hears(&b.brand.name)) {
            put(&team.credential, &team.chat, brand, !team.leads);
        }
    }
    for (credential, chat) in leads {
        catalogue.brands.iter().for_each(|brand| put(credential, chat, brand, false));
    }
    all
}

impl Told<'_> {
    /// The chat, for what is noted as told.
    fn place(&self) -> String {
        format!("{}:{}", self.credential, self.chat)
    }
}

/// These brands by name, where they are not all that there are.
fn named<'a>(catalogue: &Catalogue, brands: &[&'a Watched]) -> Vec<&'a str> {
    let all = brands.len() == catalogue.brands.len();
    brands.iter().filter(|_| !all).map(|b| b.brand.name.as_str()).collect()
}

/// Gaps that begin within a day or an hour, once each, a message for each chat and round; leads, who plan, are told as well.
async fn ahead(
    tx: &mut Tx,
    (catalogue, leads): (&Catalogue, &[(String, String)]),
    mint: &Mint,
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let mut actions = Vec::new();
    let first = hour_of(now);
    // A gap that begins within a day is told to its end, which may be days later.
    let on = on_between(tx, first, first.plus(Span::hours(HOURS_AHEAD))).await?;
    let walls = walls(tx).await?;
    for to in told_to(catalogue, leads) {
        let heard: Vec<&Watched> = to.brands.iter().map(|(brand, _)| *brand).collect();
        let brands: Vec<String> = heard.iter().map(|b| b.id.clone()).collect();
        let count = usize::try_from(HOURS_AHEAD).unwrap_or(0);
        let all = held(catalogue, &brands, (&on, &walls), (first, count)).into_iter();
        let all: Vec<_> = all.map(|(need, hours)| (need, gaps(&hours))).collect();
        for (stage, span) in AHEAD {
            let mut told = Vec::new();
            for (language, gaps) in &all {
                for (from, until) in gaps {
                    let left = from.since(now);
                    // What has begun is past telling ahead, and what is told an hour ahead is not told as a day
                    // ahead in the same breath.
                    let past = if stage == "day" { HOUR } else { Span::ZERO };
                    if left > span || left <= past {
                        continue;
                    }
                    let code = language.language.code();
                    let name = format!("duty_gap:{}:{stage}:{code}:{}", to.place(), from.millis());
                    if !console::first_time(tx, &name, now, now.plus(REMEMBERED)).await? {
                        continue;
                    }
                    told.push(json!({ "language": name_of(language.language), "from": from.millis(),
                        "until": until.millis(), "tightest": language.tightest }));
                }
            }
            if !told.is_empty() {
                let body = json!({ "chat": to.chat, "kind": stage, "gaps": told,
                    "brands": named(catalogue, &heard) });
                actions.push(action(mint, &to, stage, &body, now));
            }
        }
    }
    Ok(actions)
}

/// A brand of which nobody on duty hears while something is due.
struct Unseen {
    /// How many cases are due,
    due: i64,
    /// and of these P1 and P2.
    urgent: i64,
    /// When the last one went off who saw the brand, which names the stretch; 0 where that is days ago.
    since: i64,
}

/// The brands of which nobody on duty hears though something is due, by id.
async fn due_unseen(
    tx: &mut Tx,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<BTreeMap<String, Unseen>, StoreError> {
    let on = on_at(tx, now).await?;
    let walls = walls(tx).await?;
    let sees = |person: &str, brand: &str| walls.get(person).is_some_and(|w| w.let_see(brand));
    // Up to just after this instant, so that who goes off in it is told from who stays; and with those who may no longer
    // log in, for that begins no other stretch.
    let before = on_then(tx, now.minus(REMEMBERED), now.plus(Span(1))).await?;
    let mut found = BTreeMap::new();
    for brand in &catalogue.brands {
        // Outside a brand's hours nobody is expected to be on.
        let is_open = || brand_hours(brand).iter().any(|h| h.is_open(now));
        if on.iter().any(|o| sees(&o.present.person, &brand.id)) || !is_open() {
            continue;
        }
        let (due, urgent) = store::due_by(tx, &brand.id, now.plus(DUE_SOON), now).await?;
        if due > 0 {
            // Who comes and goes for other brands ends no stretch of this one.
            let left = before.iter().filter(|p| p.until <= now && sees(&p.person, &brand.id));
            let since = left.map(|p| p.until.millis()).max().unwrap_or_default();
            found.insert(brand.id.clone(), Unseen { due, urgent, since });
        }
    }
    Ok(found)
}

/// Something is due and nobody is on who sees its brand: each chat is told once of a brand and stretch, and where a team reads
/// it once an hour while it lasts; leads again where it lasts for days. Where the first P1 or P2 is due it is told once more,
/// for that rings.
async fn nobody(
    tx: &mut Tx,
    (catalogue, leads): (&Catalogue, &[(String, String)]),
    mint: &Mint,
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let unseen = due_unseen(tx, catalogue, now).await?;
    let mut actions = Vec::new();
    for to in told_to(catalogue, leads) {
        let of = |brand: &Watched| unseen.get(&brand.id);
        let place = format!("duty_nobody:{}", to.place());
        // Asked first, so that of two replicas one waits here for what the other tells.
        let again = to.brands.iter().any(|(brand, hourly)| *hourly && of(brand).is_some())
            && console::first_since(tx, &place, now, now.plus(AGAIN)).await?;
        let (mut told, mut due, mut urgent, mut by_hour) = (Vec::new(), 0, 0, false);
        for (brand, hourly) in &to.brands {
            let Some(found) = of(brand) else { continue };
            let name = format!("{place}:{}:{}", brand.id, found.since);
            let mut first = console::first_time(tx, &name, now, now.plus(REMEMBERED)).await?;
            if found.urgent > 0 {
                // What was told of less may wait for the end of quiet hours.
                let rings = format!("{name}:urgent");
                first |= console::first_time(tx, &rings, now, now.plus(REMEMBERED)).await?;
            }
            if first || *hourly && again {
                told.push(*brand);
                (due, urgent) = (due + found.due, urgent + found.urgent);
                by_hour |= *hourly;
            }
        }
        if told.is_empty() {
            continue;
        }
        if by_hour {
            // Whatever was just told counts as this hour's word.
            console::note(tx, &place, now, now.plus(AGAIN)).await?;
        }
        let body = json!({ "chat": to.chat, "kind": "nobody", "due": due, "urgent": urgent,
            "brands": named(catalogue, &told) });
        actions.push(action(mint, &to, "nobody", &body, now));
    }
    Ok(actions)
}

fn action(mint: &Mint, to: &Told<'_>, what: &str, body: &serde_json::Value, now: Timestamp) -> ActionRow {
    let id = mint.id(now, ActionId::new).to_string();
    let once = format!("duty:{}:{what}:{}", to.place(), now.millis());
    let mut action = ActionRow::ready(id, "", "duty", to.credential, once, now);
    action.payload = body.to_string();
    action
}
