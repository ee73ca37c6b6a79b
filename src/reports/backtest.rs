//! What another policy would have done to a period: how many waits it would have kept and broken, by group, and each
//! wait that would have gone otherwise.

use super::Ask;
use crate::domain::backtest::{Wait, Went, try_on};
use crate::domain::clocks::ObligationKind;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::policy::{Channel, Policy, Selector};
use crate::domain::time::Timestamp;
use crate::store::leading::{self, Span, WaitRow};
use crate::store::{Db, StoreError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many waits are looked at.
const WAITS_MAX: i64 = 500_000;

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
    /// The wait within the case.
    pub wait: i64,
    /// What was promised.
    pub kind: String,
    /// The platform.
    pub platform: String,
    /// The language.
    pub language: String,
    /// `P1` … `P5`.
    pub level: &'static str,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it was answered, RFC 3339.
    pub answered_at: Option<String>,
    /// How it went.
    pub was: Went,
    /// When it was due, RFC 3339.
    pub was_due_at: String,
    /// How it would have gone.
    pub would_be: Went,
    /// When it would have been due, RFC 3339.
    pub would_be_due_at: Option<String>,
}

/// A policy tried on a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Backtest {
    /// The policy that was tried.
    pub policy: String,
    /// First instant, RFC 3339; waits count that began in the period.
    pub from: String,
    /// First instant no longer in it, RFC 3339.
    pub to: String,
    /// All waits.
    pub total: Both,
    /// By `KIND PLATFORM LANGUAGE LEVEL`.
    pub groups: BTreeMap<String, Both>,
    /// Waits that would have gone otherwise, oldest first.
    pub differences: Vec<Difference>,
    /// Whether there were more waits than are looked at.
    pub cut: bool,
}

/// Tries a policy on the waits for answers that began in a period.
pub async fn backtest(db: &Db, policy: &Policy, ask: &Ask, now: Timestamp) -> Result<Backtest, StoreError> {
    let asked = ask.clone();
    let rows = db
        .read("trying a policy", move |tx| {
            Box::pin(async move {
                let of = Span { brands: &asked.brands, from: asked.from, to: asked.to, now };
                leading::waits(tx, of, WAITS_MAX + 1).await
            })
        })
        .await?;
    let most = usize::try_from(WAITS_MAX).unwrap_or(usize::MAX);
    let mut made = Backtest {
        policy: policy.name.clone(),
        from: ask.from.rfc3339(),
        to: ask.to.rfc3339(),
        cut: rows.len() > most,
        ..Backtest::default()
    };
    rows.into_iter().take(most).for_each(|row| one(&mut made, policy, row, now));
    Ok(made)
}

fn one(made: &mut Backtest, policy: &Policy, row: WaitRow, now: Timestamp) {
    let Some(kind) = ObligationKind::from_code(&row.kind) else { return };
    let level = Level::from_number(row.level);
    let channel = Channel::ALL.into_iter().find(|c| c.code() == row.channel);
    let all = Language::TEN.into_iter().chain([Language::Other]);
    let language = all.into_iter().find(|l| l.code() == row.language).unwrap_or(Language::Unknown);
    let answered = row.ended_at.map(Timestamp).filter(|_| matches!(row.state.as_str(), "kept" | "broken"));
    let wait = Wait {
        kind,
        on: Selector {
            channel: channel.unwrap_or_else(|| Channel::of_platform(&row.platform)),
            level,
            language,
        },
        started_at: Timestamp(row.started_at),
        answered_at: answered,
        ended_at: row.ended_at.map(Timestamp).filter(|_| answered.is_none()),
    };
    let (would_be, due) = try_on(policy, &wait, now);
    let was = match (row.late, row.state.as_str()) {
        (1, _) => Went::Broken,
        (_, "kept") => Went::Kept,
        _ => Went::Neither,
    };
    let name = format!("{} {} {} {}", row.kind, row.platform, row.language, level.code());
    for both in [&mut made.total, made.groups.entry(name).or_default()] {
        both.was.add(was);
        both.would_be.add(would_be);
    }
    if was != would_be {
        made.differences.push(Difference {
            brand: row.brand,
            number: row.number,
            wait: row.wait,
            kind: row.kind,
            platform: row.platform,
            language: row.language,
            level: level.code(),
            started_at: wait.started_at.rfc3339(),
            answered_at: answered.map(Timestamp::rfc3339),
            was,
            was_due_at: Timestamp(row.due_at).rfc3339(),
            would_be,
            would_be_due_at: due.map(Timestamp::rfc3339),
        });
    }
}

/// The result for people.
pub fn text(made: &Backtest) -> String {
    let counts = |b: &Both| {
        format!(
            "kept {} -> {}, broken {} -> {}, neither {} -> {}, not promised {}",
            b.was.kept,
            b.would_be.kept,
            b.was.broken,
            b.would_be.broken,
            b.was.neither,
            b.would_be.neither,
            b.would_be.not_promised
        )
    };
    let mut out = format!(
        "Policy '{}', waits begun {} to {}\n{}\n",
        made.policy,
        made.from,
        made.to,
        counts(&made.total)
    );
    for (name, both) in &made.groups {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "  {name}: {}", counts(both));
    }
    let code = |went: Went| serde_json::to_value(went).ok().and_then(|v| Some(v.as_str()?.replace('_', " ")));
    for d in &made.differences {
        let _ = writeln!(
            out,
            "{}#{} {} {}: {} -> {}, due {} -> {}",
            d.brand,
            d.number,
            d.level,
            d.kind.replace('_', " "),
            code(d.was).unwrap_or_default(),
            code(d.would_be).unwrap_or_default(),
            d.was_due_at,
            d.would_be_due_at.as_deref().unwrap_or("never")
        );
    }
    if made.cut {
        let _ = writeln!(out, "Only the first {WAITS_MAX} waits were looked at.");
    }
    out.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
