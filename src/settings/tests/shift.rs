//! `[brand.routing]` and `[duty.shift]`: what is read, and the exact mistakes that bad sections give.

use super::*;
use crate::domain::judgement::Level;

#[test]
fn a_right_section_is_read_and_nothing_is_offered_without_one() {
    let none = load_with(BRAND, &NONE, &Flags::default()).unwrap();
    assert!(none.brands[0].routing.is_default() && none.brands[0].routing.offers.is_none());
    assert!(none.duty.shift.claims_end && none.duty.shift.summaries);
    let text = format!(
        "{BRAND}[brand.routing]\noffers = 'P3'\nminutes = 4\n[duty.shift]\nask_minutes = 20\nsummaries = false\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let routing = &settings.brands[0].routing;
    assert_eq!((routing.offers, routing.minutes, routing.at_once), (Some(Level::P3), 4, 3));
    assert_eq!((settings.duty.shift.ask_minutes, settings.duty.shift.summaries), (20, false));
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[brand.routing]\nminutes = 0\nshare_percent = 80\n[duty.shift]\ngrace_minutes = 500\n",
        &[
            "F:5: brand[0].routing.minutes: the number 0; allowed: 1 to 120",
            "F:6: brand[0].routing.share_percent: the number 80; allowed: 1 to 50",
            "F:8: duty.shift.grace_minutes: the number 500; allowed: 0 to 120",
        ],
    );
}
