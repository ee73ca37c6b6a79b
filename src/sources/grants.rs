//! What a connector learns of its own credential while it works: when it ends, and which right it lacks.
//!
//! A connector notes what the platform tells; whoever runs it takes the changes and keeps them. Nothing is
//! asked here, and no word of a secret is kept.

use crate::domain::expiry::Expiry;
use crate::domain::time::{Span, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A token that lives no longer is renewed by a program: nobody renews one by hand every other day.
const BY_HAND: Span = Span::days(2);

/// Something that a credential must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To answer in public.
    Answer,
    /// To write in private.
    Private,
}

impl Right {
    /// The word in the store.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Private => "private",
        }
    }
}

/// What changed since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// All ends that are known now, if they changed.
    pub ends: Option<Vec<Expiry>>,
    /// Rights of which something was learned: why one is lacking, or nothing if it is there.
    pub rights: Vec<(Right, Option<String>)>,
}

#[derive(Debug, Default)]
struct State {
    ends: BTreeMap<&'static str, Expiry>,
    ends_changed: bool,
    /// Why a right lacks, or that it is there; what is not known is not in it.
    rights: BTreeMap<Right, Option<String>>,
    rights_changed: Vec<Right>,
}

/// What is known of one credential.
#[derive(Debug, Default)]
pub struct Grants(Mutex<State>);

impl Grants {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes when something ends; `None` if nobody tells.
    pub fn ends(&self, what: &'static str, at: Option<Timestamp>, renews: bool) {
        let mut state = self.state();
        let told = at.map(|at| Expiry { what: what.to_owned(), at, renews });
        if state.ends.get(what) != told.as_ref() {
            match told {
                Some(told) => state.ends.insert(what, told),
                None => state.ends.remove(what),
            };
            state.ends_changed = true;
        }
    }

    /// Notes the end of a token that tells it itself, as a JSON Web Token does.
    pub fn ends_as_told(&self, what: &'static str, token: &str, renews: bool) {
        let told = told_by(token);
        let short = told.is_some_and(|(_, lives)| lives.is_some_and(|l| l <= BY_HAND));
        self.ends(what, told.map(|(at, _)| at), renews || short);
    }

    /// Notes that a right is lacking, with the reason in plain words.
    pub fn lost(&self, right: Right, why: &str) {
        self.note(right, Some(why.to_owned()));
    }

    /// Notes that a right is there.
    pub fn given(&self, right: Right) {
        self.note(right, None);
    }

    fn note(&self, right: Right, why: Option<String>) {
        let mut state = self.state();
        if state.rights.get(&right) != Some(&why) {
            state.rights.insert(right, why);
            if !state.rights_changed.contains(&right) {
                state.rights_changed.push(right);
            }
        }
    }

    /// Everything that has an end.
    pub fn all_ends(&self) -> Vec<Expiry> {
        self.state().ends.values().cloned().collect()
    }

    /// Why a right is lacking, if it is.
    pub fn lacks(&self, right: Right) -> Option<String> {
        self.state().rights.get(&right).cloned().flatten()
    }

    /// Takes what changed; `None` if nothing did.
    pub fn take(&self) -> Option<Changes> {
        let mut state = self.state();
        let changed = std::mem::take(&mut state.rights_changed);
        let rights = changed.into_iter().map(|r| (r, state.rights.get(&r).cloned().flatten())).collect();
        let ends =
            std::mem::take(&mut state.ends_changed).then(|| state.ends.values().cloned().collect::<Vec<_>>());
        let changes = Changes { ends, rights };
        (changes != Changes::default()).then_some(changes)
    }

    /// Has these told again: the store did not take them.
    pub fn put_back(&self, changes: &Changes) {
        let mut state = self.state();
        state.ends_changed |= changes.ends.is_some();
        for (right, _) in &changes.rights {
            if !state.rights_changed.contains(right) {
                state.rights_changed.push(*right);
            }
        }
    }
}

/// When a JSON Web Token ends and how long it lives in all, as it says itself; nothing is verified, for it is
/// only shown.
fn told_by(token: &str) -> Option<(Timestamp, Option<Span>)> {
    let mut parts = token.trim().split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let seconds = |key: &str| claims[key].as_i64().filter(|s| (0..100_000_000_000).contains(s));
    let end = seconds("exp")?;
    Some((Timestamp(end * 1_000), seconds("iat").map(|from| Span((end - from) * 1_000))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_tells_its_end_and_junk_tells_none() {
        let grants = Grants::default();
        grants.ends_as_told("token", &token(r#"{"exp":2000000000,"iat":1990000000}"#), false);
        assert_eq!(grants.all_ends(), [Expiry::by_person("token", Timestamp(2_000_000_000_000))]);
        grants.ends_as_told("token", &token(r#"{"exp":2000000000,"iat":1999996400}"#), false);
        assert!(grants.all_ends()[0].renews, "one of an hour is renewed by a program");
        for junk in ["", "a.b.c", "opaque", &token("{}"), &token(r#"{"exp":-1}"#), &token(r#"{"exp":"x"}"#)] {
            grants.ends_as_told("token", junk, false);
            assert_eq!(grants.all_ends(), [], "{junk}");
        }
    }

    #[test]
    fn changes_are_told_once_and_again_when_they_were_not_taken() {
        let grants = Grants::default();
        assert_eq!(grants.take(), None);
        grants.given(Right::Answer);
        let first = grants.take().unwrap();
        assert_eq!(first, Changes { ends: None, rights: vec![(Right::Answer, None)] });
        grants.given(Right::Answer);
        assert_eq!(grants.take(), None, "known already");
        grants.lost(Right::Answer, "the scope is gone");
        grants.ends("token", Some(Timestamp(5)), true);
        let lost = grants.take().unwrap();
        assert_eq!(lost.rights, [(Right::Answer, Some("the scope is gone".to_owned()))]);
        assert_eq!(lost.ends.as_ref().map(Vec::len), Some(1));
        assert_eq!(grants.lacks(Right::Answer).as_deref(), Some("the scope is gone"));
        grants.put_back(&lost);
        assert_eq!(grants.take(), Some(lost));
        assert_eq!(grants.take(), None);
    }
}
