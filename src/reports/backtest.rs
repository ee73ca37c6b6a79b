//! What another policy or another triage rule would have done to a period: how many waits it would have kept and broken,
//! by group, who owed those that were late, and each wait that would have gone otherwise.

mod owed;
mod rule;

pub use rule::Rule;

use super::Ask;
use super::words::{EN, Words};
use crate::domain::backtest::{Hand, Owner, Wait, Went, try_on};
use crate::domain::clocks::ObligationKind;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::policy::{Channel, Policies, Policy, Selector};
use crate::domain::time::Timestamp;
use crate::store::leading::Span;
use crate::store::tried::{self as store, WaitRow};
use crate::store::{Db, StoreError, Tx, setting};
use owed::Rota;
use rule::{Judged, judged};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

/// How many waits are looked at.
const WAITS_MAX: i64 = 500_000;
/// How many are looked at together.
const CHUNK: usize = 1000;

/// Waits counted by how they went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// In time.
    pub kept: i64,
    /// Late.
    pub broken: i64,
    /// Not due, or ended before it was.
    pub neither: i64,
    /// Not promised anything.
    pub not_promised: i64,
}

impl Counts {
    const fn add(&mut self, went: Went) {
        *match went {
            Went::Kept => &mut self.kept,
            Went::Broken => &mut self.broken,
            Went::Neither => &mut self.neither,
            Went::NotPromised => &mut self.not_promised,
        } += 1;
    }
}

/// What was, and what would have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Both {
    /// As it was.
    pub was: Counts,
    /// Under the policy that is tried.
    pub would_be: Counts,
}

/// One wait that would have gone otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The brand.
    pub brand: String,
    /// The case's short number.
    pub number: i64,
    /// The wait within the case; none where the case had none.
    pub wait: Option<i64>,
    /// What was promised.
    pub kind: &'static str,
    /// The platform.
    pub platform: String,
    /// The language.
    pub language: String,
    /// `P1` … `P5`.
    pub level: &'static str,
    /// The level that it would have had.
    pub would_be_level: &'static str,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it was answered, RFC 3339.
    pub answered_at: Option<String>,
    /// How it went.
    pub was: Went,
    /// When it was due, RFC 3339; none where nothing was promised.
    pub was_due_at: Option<String>,
    /// Who owed the answer then.
    pub was_owed_by: Option<Owner>,
    /// How it would have gone.
    pub would_be: Went,
    /// When it would have been due, RFC 3339.
    pub would_be_due_at: Option<String>,
    /// Who owed the answer then.
    pub would_be_owed_by: Option<Owner>,
}

/// Late answers of one owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Late {
    /// As it was.
    pub was: i64,
    /// As it would have been.
    pub would_be: i64,
}

/// A policy, a triage rule or both, tried on a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Backtest {
    /// The policy that was tried; none where each wait stays under its own.
    pub policy: Option<String>,
    /// The triage rule that was tried, in words.
    pub triage: Option<String>,
    /// First instant, RFC 3339; waits count that began in the period.
    pub from: String,
    /// First instant no longer in it, RFC 3339.
    pub to: String,
    /// All waits.
    pub total: Both,
    /// By `KIND PLATFORM LANGUAGE LEVEL`.
    pub groups: BTreeMap<String, Both>,
    /// The late ones by who owed the answer at its deadline.
    pub broken_by: BTreeMap<Owner, Late>,
    /// Waits that would have gone otherwise, oldest first.
    pub differences: Vec<Difference>,
    /// Whether there were more waits than are looked at.
    pub cut: bool,
}

/// What is tried on a period.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Another policy; none leaves each wait under the one under which it began.
    pub policy: Option<Policy>,
    /// Another triage rule; none leaves levels and needs as they are.
    pub rule: Option<Rule>,
}

/// Tries a policy on the waits for answers that began in a period.
pub async fn backtest(db: &Db, policy: &Policy, ask: &Ask, now: Timestamp) -> Result<Backtest, StoreError> {
    tried(db, &Trial { policy: Some(policy.clone()), rule: None }, ask, now).await
}

/// Tries a policy, a triage rule or both on the waits for answers that began in a period. A rule that judges anew is also
/// tried on the cases that were thought to need no answer.
pub async fn tried(db: &Db, trial: &Trial, ask: &Ask, now: Timestamp) -> Result<Backtest, StoreError> {
    let (asked, judges) = (ask.clone(), trial.rule.as_ref().is_some_and(Rule::judges));
    let read = db.read("trying a policy", move |tx| {
        Box::pin(async move {
            let of = Span { brands: &asked.brands, from: asked.from, to: asked.to, now };
            let mut rows = store::waits(tx, of, WAITS_MAX + 1).await?;
            if judges {
                rows.extend(store::unneeded(tx, of, WAITS_MAX + 1).await?);
                rows.sort_by_key(|row| row.started_at);
            }
            let rota = Rota::read(tx, asked.from, asked.to.min(now)).await?;
            Ok((rows, rota, policies(tx).await?))
        })
    });
    let (rows, rota, policies) = read.await?;
    let most = usize::try_from(WAITS_MAX).unwrap_or(usize::MAX);
    let mut made = Backtest {
        policy: trial.policy.as_ref().map(|p| p.name.clone()),
        triage: trial.rule.as_ref().map(|rule| rule.in_words(&EN)),
        from: ask.from.rfc3339(),
        to: ask.to.rfc3339(),
        cut: rows.len() > most,
        ..Backtest::default()
    };
    for rows in rows.get(..most).unwrap_or(&rows).chunks(CHUNK) {
        let anew = match trial.rule.clone() {
            None => Judged::new(),
            Some(rule) => {
                let rows = rows.to_vec();
                db.read("judging anew", move |tx| Box::pin(async move { judged(tx, &rule, &rows).await }))
                    .await?
            }
        };
        let lines: Vec<Line<'_>> =
            rows.iter().filter_map(|row| line(row, trial, &policies, &anew, now)).collect();
        let told: BTreeSet<&str> =
            lines.iter().filter(|l| l.is_told()).map(|l| l.row.case_id.as_str()).collect();
        let told: Vec<String> = told.into_iter().map(ToOwned::to_owned).collect();
        let hands = db
            .read("reading who had cases", move |tx| Box::pin(async move { store::hands(tx, &told).await }))
            .await?;
        for line in &lines {
            let hands = hands.get(&line.row.case_id).map_or(&[][..], Vec::as_slice);
            count(&mut made, line, &rota, hands);
        }
    }
    Ok(made)
}

/// Every version of every policy.
async fn policies(tx: &mut Tx) -> Result<Policies, StoreError> {
    let mut versions = HashMap::new();
    for row in setting::all_versions(tx, "policy").await? {
        let policy = Policy::from_stored(&row.body)
            .map_err(|e| StoreError::Corrupt { what: "reading a policy", found: e.to_string() })?;
        versions.insert((row.name, row.version), policy);
    }
    Ok(Policies::new(versions))
}

/// A wait as it went and as it would have gone.
struct Line<'a> {
    row: &'a WaitRow,
    kind: ObligationKind,
    language: Language,
    level: Level,
    answered: Option<Timestamp>,
    was: Went,
    would_be: Went,
    would_be_due: Option<Timestamp>,
}

impl Line<'_> {
    /// Whether it matters who owed the answer.
    fn is_told(&self) -> bool {
        self.was != self.would_be || self.was == Went::Broken || self.would_be == Went::Broken
    }
}

/// One wait; none where the case had no wait and would have none.
fn line<'a>(
    row: &'a WaitRow,
    trial: &Trial,
    policies: &Policies,
    anew: &Judged,
    now: Timestamp,
) -> Option<Line<'a>> {
    let kind = ObligationKind::from_code(&row.kind)?;
    let channel = Channel::ALL.into_iter().find(|c| c.code() == row.channel);
    let all = Language::TEN.into_iter().chain([Language::Other]);
    let language = all.into_iter().find(|l| l.code() == row.language).unwrap_or(Language::Unknown);
    let on = Selector {
        channel: channel.unwrap_or_else(|| Channel::of_platform(&row.platform)),
        level: Level::from_number(row.level),
        language,
        private: Some(row.private == 1),
    };
    let was = match (row.late, row.state.as_str()) {
        (_, "") => Went::NotPromised,
        (1, _) => Went::Broken,
        (_, "kept") => Went::Kept,
        _ => Went::Neither,
    };
    let policy = trial.policy.as_ref().or_else(|| policies.get(&row.policy, row.policy_version));
    let started = Timestamp(row.started_at);
    let laid = match (&trial.rule, policy) {
        (None, _) => Some((on, started)),
        // A version that is gone promises what it did.
        (Some(_), None) => row.wait.map(|_| (on, started)),
        (Some(rule), Some(policy)) => {
            let messages = anew.get(&row.case_id).map_or(&[][..], Vec::as_slice);
            rule::laid((row, rule.judges()), messages, policy, on)
        }
    };
    let (on, started) = laid.unwrap_or((on, started));
    let answered = row.answered_at.map(Timestamp).filter(|at| *at >= started);
    let ended_at = row.ended_at.map(Timestamp).filter(|_| answered.is_none());
    let wait = Wait { kind, on, started_at: started, answered_at: answered, ended_at };
    // What nothing changes went as it did: raises on its way are not played again.
    let same = trial.policy.is_none() && on.level.number() == row.level && started.millis() == row.started_at;
    let (would_be, would_be_due) = match (laid, policy) {
        (None, _) => (Went::NotPromised, None),
        (Some(_), Some(policy)) if !(same && row.wait.is_some()) => try_on(policy, &wait, now),
        _ => (was, row.due_at.map(Timestamp)),
    };
    if row.wait.is_none() && would_be == Went::NotPromised {
        return None;
    }
    Some(Line { row, kind, language, level: on.level, answered, was, would_be, would_be_due })
}

fn count(made: &mut Backtest, line: &Line<'_>, rota: &Rota, hands: &[Hand]) {
    let row = line.row;
    let name = format!("{} {} {} {}", row.kind, row.platform, row.language, line.level.code());
    for both in [&mut made.total, made.groups.entry(name).or_default()] {
        both.was.add(line.was);
        both.would_be.add(line.would_be);
    }
    if !line.is_told() {
        return;
    }
    let owner = |at: Timestamp| rota.owner(hands, (line.language, row.sector.as_str()), at);
    let was_owed_by = row.due_at.map(|at| owner(Timestamp(at)));
    let would_be_owed_by = line.would_be_due.map(owner);
    for (went, owed_by, is_was) in [(line.was, was_owed_by, true), (line.would_be, would_be_owed_by, false)] {
        let Some(owner) = owed_by.filter(|_| went == Went::Broken) else { continue };
        let late = made.broken_by.entry(owner).or_default();
        *(if is_was { &mut late.was } else { &mut late.would_be }) += 1;
    }
    if line.was != line.would_be {
        made.differences.push(Difference {
            brand: row.brand.clone(),
            number: row.number,
            wait: row.wait,
            kind: line.kind.code(),
            platform: row.platform.clone(),
            language: row.language.clone(),
            level: Level::from_number(row.level).code(),
            would_be_level: line.level.code(),
            started_at: Timestamp(row.started_at).rfc3339(),
            answered_at: line.answered.map(Timestamp::rfc3339),
            was: line.was,
            was_due_at: row.due_at.map(|at| Timestamp(at).rfc3339()),
            was_owed_by,
            would_be: line.would_be,
            would_be_due_at: line.would_be_due.map(Timestamp::rfc3339),
            would_be_owed_by,
        });
    }
}

/// The result for people, in English.
pub fn text(made: &Backtest) -> String {
    text_in(made, made.triage.as_deref(), &EN)
}

/// The result for people in a language; `triage` is the rule that was tried in its words.
pub fn text_in(made: &Backtest, triage: Option<&str>, w: &Words) -> String {
    let counts = |b: &Both| {
        format!(
            "{} {} -> {}, {} {} -> {}, {} {} -> {}, {} {}",
            w.went_kept,
            b.was.kept,
            b.would_be.kept,
            w.went_broken,
            b.was.broken,
            b.would_be.broken,
            w.went_neither,
            b.was.neither,
            b.would_be.neither,
            w.went_not_promised,
            b.would_be.not_promised
        )
    };
    let policy = made.policy.as_ref().map(|p| format!("{} '{p}'", w.tried_policy));
    let triage = triage.map(|rule| format!("{}: {rule}", w.tried_triage));
    let what: Vec<String> = policy.into_iter().chain(triage).collect();
    let days = format!("{} {} {} {}", w.tried_waits, made.from, w.tried_to, made.to);
    let mut out = format!("{}, {days}\n{}\n", what.join("; "), counts(&made.total));
    for (owner, late) in &made.broken_by {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{} {}: {} -> {}", w.late_owed_by, owed_by(*owner, w), late.was, late.would_be);
    }
    for (name, both) in &made.groups {
        let (kind, rest) = name.split_once(' ').unwrap_or((name.as_str(), ""));
        let kind = kind_in(kind, w);
        let _ = writeln!(out, "  {kind} {rest}: {}", counts(both));
    }
    for d in &made.differences {
        let _ = writeln!(out, "{}", difference(d, w));
    }
    if made.cut {
        let _ = writeln!(out, "{} ({WAITS_MAX}).", w.only_first);
    }
    out.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// A kind of promise; in English by its code, as it stands in JSON.
fn kind_in(code: &str, w: &Words) -> String {
    if w.lang == EN.lang { code.replace('_', " ") } else { w.name(code) }
}

const fn owed_by(owner: Owner, w: &Words) -> &'static str {
    match owner {
        Owner::Person => w.owed_person,
        Owner::Duty => w.owed_duty,
        Owner::Nobody => w.owed_nobody,
        Owner::Team => w.owed_team,
    }
}

const fn gone(went: Went, w: &Words) -> &'static str {
    match went {
        Went::Kept => w.went_kept,
        Went::Broken => w.went_broken,
        Went::Neither => w.went_neither,
        Went::NotPromised => w.went_not_promised,
    }
}

fn difference(d: &Difference, w: &Words) -> String {
    let due = |at: Option<&String>, by: Option<Owner>| {
        let by = by.map_or(String::new(), |owner| format!(" ({})", owed_by(owner, w)));
        format!("{}{by}", at.map_or(w.due_never, String::as_str))
    };
    let level = if d.level == d.would_be_level {
        d.level.to_owned()
    } else {
        format!("{} -> {}", d.level, d.would_be_level)
    };
    format!(
        "{}#{} {level} {}: {} -> {}, {} {} -> {}",
        d.brand,
        d.number,
        kind_in(d.kind, w),
        gone(d.was, w),
        gone(d.would_be, w),
        w.due,
        due(d.was_due_at.as_ref(), d.was_owed_by),
        due(d.would_be_due_at.as_ref(), d.would_be_owed_by)
    )
}
