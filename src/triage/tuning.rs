//! A brand's own settings of triage, applied to the thresholds of the model.
//!
//! A bias makes one level or need easier or harder to reach; zero everywhere is the model as it is.
//! The scores themselves never change, so that the order of posts stays that of the model.

use super::verdict::Thresholds;
use crate::domain::brand::Tuning;

/// How far a bias of one hundred moves a threshold of scores between 0 and 1.
const REACH: f32 = 0.3;
/// The same for scores without bounds.
const WIDE_REACH: f32 = 3.0;

/// Moves thresholds by a brand's biases.
pub fn apply(tuning: &Tuning, thresholds: &mut Thresholds) {
    let part = |bias: i8| f32::from(bias.clamp(-100, 100)) / 100.0;
    thresholds[0] = (thresholds[0] - part(tuning.p1) * REACH).clamp(0.02, 0.98);
    thresholds[1] = (thresholds[1] - part(tuning.urgent) * REACH).clamp(0.02, 0.98);
    thresholds[4] -= part(tuning.needs_private) * WIDE_REACH;
    thresholds[5] -= part(tuning.needs_answer) * WIDE_REACH;
    thresholds[6] -= part(tuning.needs_answer) * WIDE_REACH;
}
