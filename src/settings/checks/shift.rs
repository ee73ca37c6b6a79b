//! Offers of brands, and the end of shifts: bounds.

use super::super::Settings;
use super::Findings;

/// Checks both.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    for (at, brand) in settings.brands.iter().enumerate() {
        for (key, value, bounds) in brand.routing.bounds() {
            found.bounds(&["brand".into(), at.into(), "routing".into(), key.into()], value, bounds);
        }
    }
    for (key, value, bounds) in settings.duty.shift.bounds() {
        found.bounds(&["duty".into(), "shift".into(), key.into()], value, bounds);
    }
}
