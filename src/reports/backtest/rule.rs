//! Another triage rule, tried on the messages of cases: biases and words of brands as a file of settings has them, and
//! levels that count as another one. What people corrected is laid over it, as it is over what triage says.

use crate::domain::brand::Brand;
use crate::domain::clocks::ObligationKind;
use crate::domain::judgement::Level;
use crate::domain::policy::{Policy, Selector};
use crate::domain::post::Post;
use crate::domain::time::Timestamp;
use crate::folding::{covers, in_force, sort};
use crate::reports::words::Words;
use crate::store::intake::{self, CaseMessage};
use crate::store::tried::{self as store, WaitRow};
use crate::store::{StoreError, Tx, correction};
use crate::triage::{self, Context};
use std::collections::{BTreeMap, HashMap};

/// Another triage rule.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// Brands whose biases and words are tried, by name; others are left as they are.
    pub brands: Vec<Brand>,
    /// Levels that count as another one.
    pub levels: BTreeMap<Level, Level>,
}

impl Rule {
    /// Whether it judges messages anew, so that cases may need an answer that needed none.
    pub const fn judges(&self) -> bool {
        !self.brands.is_empty()
    }

    /// In words.
    pub fn in_words(&self, w: &Words) -> String {
        let mut parts: Vec<String> = Vec::new();
        for brand in &self.brands {
            let biases: Vec<String> =
                brand.triage.biases().iter().map(|(name, bias)| format!("{name} {bias:+}")).collect();
            let words: usize = brand.triage.words.values().map(Vec::len).sum();
            parts.push(format!("{}: {}, {words} {}", brand.name, biases.join(", "), w.own_words));
        }
        parts.extend(self.levels.iter().map(|(from, to)| format!("{from} {} {to}", w.counts_as)));
        parts.join("; ")
    }

    /// Judges a message anew.
    fn judge(&self, brand: &str, message: &mut CaseMessage, words: Option<&(String, String)>) {
        let brand = self.brands.iter().find(|b| b.name.eq_ignore_ascii_case(brand));
        // Words that are gone stay judged as they were.
        if let (Some(brand), Some((tag, text))) = (brand, words) {
            let post = Post {
                text: text.clone(),
                lang_tag: tag.clone(),
                kind: message.kind.clone(),
                ..Post::default()
            };
            let judged = triage::judge(&post, brand, &Context::default());
            message.level = judged.level.number();
            // Whether a review is answered goes by its stars as well, and what is silenced stays so.
            if message.kind != "review" && message.silenced == 0 {
                message.needs_answer = i64::from(judged.needs_answer);
            }
        }
        let level = Level::from_number(message.level);
        message.level = self.levels.get(&level).copied().unwrap_or(level).number();
    }
}

/// The messages of a case as the rule has them, in the platform's order.
pub(super) type Judged = HashMap<String, Vec<CaseMessage>>;

/// Judges the messages of some cases anew.
pub(super) async fn judged(tx: &mut Tx, rule: &Rule, rows: &[WaitRow]) -> Result<Judged, StoreError> {
    let names: HashMap<&str, &str> = rows.iter().map(|r| (r.brand_id.as_str(), r.brand.as_str())).collect();
    let mut cases: Vec<(String, String)> =
        rows.iter().map(|r| (r.brand_id.clone(), r.case_id.clone())).collect();
    cases.sort();
    cases.dedup();
    let words = if rule.judges() { store::words(tx, &cases).await? } else { HashMap::new() };
    let mut corrections: HashMap<String, Vec<correction::CorrectionRow>> = HashMap::new();
    for row in correction::of_cases(tx, &cases).await? {
        corrections.entry(row.mention_id.clone()).or_default().push(row);
    }
    let mut found: Judged = HashMap::new();
    for mut message in intake::messages_of(tx, &cases).await? {
        let brand = names.get(message.brand_id.as_str()).copied().unwrap_or_default();
        let said = words.get(&message.mention_id);
        rule.judge(brand, &mut message, said);
        if let Some(said) = corrections.get(&message.mention_id) {
            in_force(std::slice::from_mut(&mut message), said);
        }
        found.entry(message.case_id.clone()).or_default().push(message);
    }
    for all in found.values_mut() {
        sort(all);
    }
    Ok(found)
}

/// What a rule makes of a wait: by what its target is chosen, and when it would have begun; none where nobody would
/// have been owed an answer.
pub(super) fn laid(
    (row, judges): (&WaitRow, bool),
    messages: &[CaseMessage],
    policy: &Policy,
    on: Selector,
) -> Option<(Selector, Timestamp)> {
    let level = messages.iter().map(|m| m.level).min().map_or(on.level, Level::from_number);
    let on = Selector { level, ..on };
    let levels = &policy.scope.rules.levels;
    let fits = |m: &CaseMessage| levels.is_empty() || levels.contains(&Level::from_number(m.level));
    // A wait began with its message: then the promise covered that.
    let is_own = |m: &CaseMessage| row.wait.is_some() && m.posted_at == row.started_at;
    // Levels alone change no need, and messages that are gone by now tell nothing: the wait stays as it was.
    if !judges || messages.is_empty() {
        let fits = messages.iter().find(|m| is_own(m)).is_none_or(fits);
        return row.wait.filter(|_| fits).map(|_| (on, Timestamp(row.started_at)));
    }
    // A first wait may begin earlier than it did, a later one not before the answer that came before it.
    let first = row.kind == ObligationKind::FirstResponse.code();
    let ends = row.answered_at.or(row.ended_at).filter(|at| *at >= row.started_at).unwrap_or(i64::MAX);
    let inside = |m: &CaseMessage| (first || m.posted_at >= row.started_at) && m.posted_at <= ends;
    let may_begin = |m: &CaseMessage| m.historic == 0 && m.silenced == 0 && fits(m);
    // As clocks have it: once something needed an answer, each later message waits, whatever it says by itself.
    let mut engaged = false;
    let begins = |m: &&CaseMessage| {
        engaged |= m.needs_answer == 1;
        engaged && inside(m) && may_begin(m) && (is_own(m) || covers(policy, on, m))
    };
    let found = messages.iter().find(begins)?;
    Some((on, Timestamp(found.posted_at)))
}
