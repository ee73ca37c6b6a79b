//! Trying a source once, and what its trouble means for whoever set it up.

use super::{SourceTrouble, TroubleState};
use crate::domain::exam::Exam;
use async_trait::async_trait;

/// A source of which more can be tried than reading.
#[async_trait]
pub trait Examine: Send + Sync {
    /// Tries it once: who we are there, and what we may; changes nothing.
    async fn examine(&self) -> Vec<Exam>;

    /// Whether that was all: a look would wait for what comes, or take it from a daemon beside us.
    fn is_all(&self) -> bool {
        false
    }
}

impl SourceTrouble {
    /// This trouble as what was found when something was tried; `refused` is what to do about a refusal.
    pub fn exam(&self, what: impl Into<String>, refused: &str) -> Exam {
        let advice = match self.state {
            TroubleState::NeedsToken | TroubleState::NeedsAccount | TroubleState::NeedsRight => refused,
            TroubleState::RateLimited { .. } => "It mends itself; if it happens often, ask less often.",
            TroubleState::Unreachable => "Is the address right, and may this machine reach it?",
            TroubleState::Gone => "It says so for good: give it the new address, or take it out.",
            TroubleState::WantsMoney => {
                "Buy credits in the platform's console, or set up paying by itself there."
            }
            TroubleState::Capped => "Raise the cap in the platform's console, or wait for its next month.",
            TroubleState::OverBudget { .. } => {
                "Give it a larger budget in the settings, or wait for the next month."
            }
            TroubleState::Broken => "Is this the right address, and the right server for this kind?",
        };
        match self.state {
            TroubleState::RateLimited { .. } => Exam::mind(what, self.why.clone(), advice),
            _ => Exam::bad(what, self.why.clone(), advice),
        }
    }
}
