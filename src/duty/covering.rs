//! Coverage: who is planned against what is promised and what is to be expected, and telling of gaps in time.

use super::{Duty, brand_hours, touching};
use crate::catalogue::{Catalogue, Watched};
use crate::clock::Mint;
use crate::domain::clocks::ObligationKind;
use crate::domain::duty::{self, Hour, Need, gaps, hours};
use crate::domain::ids::ActionId;
use crate::domain::language::Language;
use crate::domain::role::Walls;
use crate::domain::time::{Span, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, bulk, console, duty as store, person};
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::Notify;

/// How many weeks of its own history tell what is to be expected.
const WEEKS: i64 = 8;
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
/// How often it at most it is told that nobody is on while something is due, by hours of the clock.
const AGAIN: Span = Span::hours(1);

/// One language ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageCover {
    /// The language.
    pub language: Language,
    /// The tightest promise of a first answer, in minutes.
    pub tightest: Option<i64>,
    /// Each hour, with how many cases to answer are to be expected in it, in tenths.
    pub hours: Vec<(Hour, i64)>,
    /// The stretches without anybody while somebody is owed an answer.
    pub gaps: Vec<(Timestamp, Timestamp)>,
}

impl LanguageCover {
    /// Its code; `any` where no language is named.
    pub const fn name(&self) -> &'static str {
        name_of(self.language)
    }
}

const fn name_of(language: Language) -> &'static str {
    if matches!(language, Language::Unknown) { "any" } else { language.code() }
}

/// A week ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// Its first hour.
    pub from: Timestamp,
    /// Each language that is promised.
    pub languages: Vec<LanguageCover>,
}

impl Duty {
    /// The hours from the present one on against these brands' promises and their history.
    /// What is to be expected goes by the hours of the week on the wall of a zone, whatever its clock did since.
    pub async fn cover(&self, brands: &[String], count: usize, zone: &TimeZone) -> Result<Cover, StoreError> {
        let (now, catalogue, brands) = (self.clock.now(), self.catalogue.get(), brands.to_vec());
        let zone = zone.clone();
        let read = self.db.read("reading coverage", move |tx| {
            Box::pin(async move { cover(tx, &catalogue, &brands, now, (count, &zone)).await })
        });
        read.await
    }
}

/// Where nobody was on duty between two instants while an answer was owed, by language; none where nobody has ever
/// worked with duty. Whole hours of the clock are looked at.
pub async fn gaps_between(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<Vec<(&'static str, Timestamp, Timestamp)>>, StoreError> {
    if !store::is_used(tx).await? {
        return Ok(None);
    }
    planned_gaps(tx, catalogue, brands, (from, to)).await.map(Some)
}

/// The same for whoever plans: a plan that is empty by now leaves everything open.
pub async fn planned_gaps(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<(&'static str, Timestamp, Timestamp)>, StoreError> {
    let first = Timestamp(from.millis().div_euclid(HOUR.millis()) * HOUR.millis());
    let count = usize::try_from(to.since(first).millis() / HOUR.millis()).unwrap_or(0);
    let on = on_between(tx, first, to).await?;
    let all: Vec<String>;
    let brands = if brands.is_empty() {
        all = catalogue.brands.iter().map(|b| b.id.clone()).collect();
        &all
    } else {
        brands
    };
    let mut found = Vec::new();
    for need in needs(catalogue, brands) {
        let of_need = gaps(&hours(&need, &on, first, count));
        found.extend(of_need.into_iter().map(|(a, b)| (name_of(need.language), a, b)));
    }
    Ok(found)
}

/// What the brands promise, by language.
fn needs(catalogue: &Catalogue, brands: &[String]) -> Vec<Need> {
    let mut found: BTreeMap<Language, Need> = BTreeMap::new();
    for watched in catalogue.brands.iter().filter(|b| brands.contains(&b.id)) {
        let policy = &watched.policy.1;
        let own = if policy.languages.is_empty() { &watched.brand.languages } else { &policy.languages };
        let tight = policy.targets.iter().filter_map(|t| Some((t, t.span(ObligationKind::FirstResponse)?)));
        let tight: Vec<(Option<Language>, i64)> =
            tight.map(|(t, span)| (t.language, span.millis() / 60_000)).collect();
        // Who names no language promises to answer in whichever.
        let any = [Language::Unknown];
        let own: &[Language] = if own.is_empty() { &any } else { own };
        for language in own.iter().copied() {
            let mine = tight.iter().filter(|(l, _)| l.is_none_or(|l| l == language)).map(|(_, m)| *m).min();
            let need = found.entry(language).or_insert(Need { language, hours: Vec::new(), tightest: None });
            need.hours.extend(brand_hours(watched));
            need.tightest = need.tightest.into_iter().chain(mine).min();
        }
    }
    found.into_values().collect()
}

/// The hours from the present one on against these brands' promises and their history, in a read of one's own.
pub async fn cover(
    tx: &mut Tx,
    catalogue: &Catalogue,
    brands: &[String],
    now: Timestamp,
    (count, zone): (usize, &TimeZone),
) -> Result<Cover, StoreError> {
    let from = Timestamp(now.millis().div_euclid(HOUR.millis()) * HOUR.millis());
    let to = from.plus(Span::hours(i64::try_from(count).unwrap_or(0)));
    let on = on_between(tx, from, to).await?;
    let arrivals = store::arrivals(tx, brands, now.minus(Span::days(7 * WEEKS))).await?;
    let mut by_hour: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for (hour, language, n) in &arrivals {
        let hour = of_week(Timestamp(hour * HOUR.millis()), zone);
        *by_hour.entry((hour, language.as_str())).or_default() += n;
    }
    let expected = |language: Language, at: Timestamp| {
        let hour = of_week(at, zone);
        let all = by_hour.range((hour, "")..(hour + 1, ""));
        let of = |l: &str| language == Language::Unknown || l == language.code();
        let n: i64 = all.filter(|((_, l), _)| of(l)).map(|(_, n)| n).sum();
        n * 10 / WEEKS
    };
    let one = |need: &Need| {
        let hours = hours(need, &on, from, count);
        LanguageCover {
            language: need.language,
            tightest: need.tightest,
            gaps: gaps(&hours),
            hours: hours.into_iter().map(|h| (h.clone(), expected(need.language, h.from))).collect(),
        }
    };
    Ok(Cover { from, languages: needs(catalogue, brands).iter().map(one).collect() })
}

/// The hour of the week on the wall of a zone; Monday 0:00 is 0.
fn of_week(at: Timestamp, zone: &TimeZone) -> i64 {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default().to_zoned(zone.clone());
    i64::from(at.weekday().to_monday_zero_offset()) * 24 + i64::from(at.hour())
}

/// Everybody's stretches on duty; who may no longer log in has none.
async fn on_between(tx: &mut Tx, from: Timestamp, to: Timestamp) -> Result<Vec<duty::Present>, StoreError> {
    let (said, shifts) = touching(tx, from, to).await?;
    Ok(duty::spans(&said, &shifts, from, to))
}

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

/// Who is told of which brands.
struct Told<'a> {
    credential: &'a str,
    chat: &'a str,
    brands: Vec<&'a Watched>,
    /// Names the team among those of its chat: its brands, and nothing where it hears of all.
    team: String,
    leads: bool,
    /// A chat of leads beside the teams.
    beside: bool,
}

/// The teams, each by itself though several share a chat, and the chats of leads beside them.
fn told_to<'a>(catalogue: &'a Catalogue, leads: &'a [(String, String)]) -> Vec<Told<'a>> {
    let mut all = Vec::new();
    for team in &catalogue.teams {
        let brands: Vec<&Watched> = catalogue.brands.iter().filter(|b| team.hears(&b.brand.name)).collect();
        let ids: Vec<&str> = brands.iter().map(|b| b.id.as_str()).collect();
        all.push(Told {
            credential: &team.credential,
            chat: &team.chat,
            team: if team.brands.is_empty() { String::new() } else { format!(":{}", ids.join(",")) },
            brands,
            leads: team.leads,
            beside: false,
        });
    }
    for (credential, chat) in leads {
        all.push(Told {
            credential,
            chat,
            brands: catalogue.brands.iter().collect(),
            team: String::new(),
            leads: true,
            beside: true,
        });
    }
    all
}

impl Told<'_> {
    /// The chat and the team in it, for what is noted as told.
    fn place(&self) -> String {
        format!("{}:{}{}", self.credential, self.chat, self.team)
    }

    /// Its brands by name, where it does not hear of all.
    fn named(&self) -> Vec<&str> {
        self.brands.iter().map(|b| b.brand.name.as_str()).filter(|_| !self.team.is_empty()).collect()
    }
}

/// Gaps that begin within a day or an hour, once each, a message for each team and round; leads, who plan, are told as well.
async fn ahead(
    tx: &mut Tx,
    (catalogue, leads): (&Catalogue, &[(String, String)]),
    mint: &Mint,
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let mut actions = Vec::new();
    let first = Timestamp(now.millis().div_euclid(HOUR.millis()) * HOUR.millis());
    // A gap that begins within a day is told to its end, which may be days later.
    let on = on_between(tx, first, first.plus(Span::hours(HOURS_AHEAD))).await?;
    for to in told_to(catalogue, leads) {
        let brands: Vec<String> = to.brands.iter().map(|b| b.id.clone()).collect();
        let needs = needs(catalogue, &brands);
        let count = usize::try_from(HOURS_AHEAD).unwrap_or(0);
        let all: Vec<_> = needs.iter().map(|need| (need, gaps(&hours(need, &on, first, count)))).collect();
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
                let body = json!({ "chat": to.chat, "kind": stage, "gaps": told, "brands": to.named() });
                actions.push(action(mint, &to, stage, &body, now));
            }
        }
    }
    Ok(actions)
}

/// What is due of one brand of which nobody on duty hears: how many cases, and of these P1 and P2.
async fn due_unseen(
    tx: &mut Tx,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<BTreeMap<String, (i64, i64)>, StoreError> {
    let on = super::on_at(tx, now).await?;
    let walls: HashMap<String, Walls> = if on.is_empty() {
        HashMap::new()
    } else {
        let people = person::all(tx).await?;
        people.into_iter().map(|p| (p.id, Walls::stored(p.brands.as_deref()))).collect()
    };
    let mut found = BTreeMap::new();
    for brand in &catalogue.brands {
        let seen = on.iter().any(|o| walls.get(&o.present.person).is_some_and(|w| w.let_see(&brand.id)));
        // Outside a brand's hours nobody is expected to be on.
        if !seen && brand_hours(brand).iter().any(|h| h.is_open(now)) {
            let due = store::due_by(tx, &brand.id, now.plus(DUE_SOON), now).await?;
            found.insert(brand.id.clone(), due);
        }
    }
    Ok(found)
}

/// Something is due and nobody is on who sees its brand: teams are told once an hour while it lasts, leads once for the whole
/// stretch, and again where it lasts for days. Where the first P1 or P2 is due it is told once more, for that rings.
async fn nobody(
    tx: &mut Tx,
    (catalogue, leads): (&Catalogue, &[(String, String)]),
    mint: &Mint,
    now: Timestamp,
) -> Result<Vec<ActionRow>, StoreError> {
    let unseen = due_unseen(tx, catalogue, now).await?;
    if unseen.values().all(|(due, _)| *due == 0) {
        return Ok(Vec::new());
    }
    let hour = now.millis().div_euclid(AGAIN.millis()).to_string();
    let before = on_between(tx, now.minus(REMEMBERED), now).await?;
    // Who is still on for other brands ends no stretch.
    let since = before.iter().map(|p| p.until.millis()).filter(|until| *until < now.millis()).max();
    let since = since.unwrap_or_default();
    let stretch = format!("since:{since}");
    let all = told_to(catalogue, leads);
    // Leads who read along in their team's chat hear it there.
    let there: Vec<(&str, &str)> = all.iter().filter(|t| !t.beside).map(|t| (t.credential, t.chat)).collect();
    let mut actions = Vec::new();
    for to in all.iter().filter(|t| !t.beside || !there.contains(&(t.credential, t.chat))) {
        let of = to.brands.iter().filter_map(|b| unseen.get(&b.id));
        let (due, urgent) = of.fold((0_i64, 0_i64), |sum, n| (sum.0 + n.0, sum.1 + n.1));
        if due == 0 {
            continue;
        }
        let once = if to.leads { &stretch } else { &hour };
        let name = format!("duty_nobody:{}:{once}", to.place());
        let mut first = console::first_time(tx, &name, now, now.plus(REMEMBERED)).await?;
        if urgent > 0 {
            // What was told of less may wait for the end of quiet hours.
            first = console::first_time(tx, &format!("{name}:urgent"), now, now.plus(REMEMBERED)).await?;
        }
        if first {
            let body = json!({ "chat": to.chat, "kind": "nobody", "due": due, "urgent": urgent,
                "brands": to.named() });
            actions.push(action(mint, to, "nobody", &body, now));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_the_week_is_that_of_the_wall_on_both_sides_of_a_changed_clock() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let of = |text: &str| of_week(Timestamp::parse(text).unwrap(), &zone);
        // The last Monday of summer time and the first after it, at nine.
        assert_eq!((of("2026-10-19T07:30:00Z"), of("2026-10-26T08:30:00Z")), (9, 9));
        assert_eq!(of("2026-10-25T22:59:59Z"), 6 * 24 + 23);
    }
}
