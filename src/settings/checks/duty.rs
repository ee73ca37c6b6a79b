//! Plans of duty: each with a name and one place to be read from.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::{Findings, address_mistake, is_plain_name, repeated};
use crate::domain::duty::whole_day;
use jiff::tz::TimeZone;

/// A minute to a day.
const EVERY: (i64, i64) = (1, 1440);
const WHOLE_DAYS: &str = "allowed: hours as 09:00-17:30, over midnight as 22:00-06:00, or all as 00:00-24:00";

/// Checks the section.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    if let Some(zone) = &settings.duty.zone
        && TimeZone::get(zone).is_err()
    {
        found.add(
            &["duty".into(), "zone".into()],
            quoted(zone),
            "allowed: an IANA name, such as Europe/Amsterdam",
        );
    }
    for (n, plan) in settings.duty.plans.iter().enumerate() {
        let here: [Step<'_>; 3] = ["duty".into(), "plan".into(), n.into()];
        let at = |key: &'static str| [here[0], here[1], here[2], key.into()];
        if !is_plain_name(&plan.name) && !found.is_lost(&here, &["name"]) {
            found.add(&at("name"), quoted(&plan.name), "allowed: up to 40 letters, digits and '-'");
        }
        found.bounds(&at("every_minutes"), plan.every_minutes, EVERY);
        if let Some(hours) = plan.whole_days.as_ref().filter(|hours| whole_day(hours).is_none()) {
            found.add(&at("whole_days"), quoted(hours), WHOLE_DAYS);
        }
        match (&plan.file, &plan.url) {
            (Some(_), Some(_)) => {
                found.add(&at("url"), "a file and an address", "allowed: one of file and url");
            }
            (None, None) if !found.is_lost(&here, &["file", "url"]) => {
                found.add(&here, "no file and no url", "wanted is one of them");
            }
            (None, Some(url)) => {
                // Addresses of calendars often have a query that says who asks.
                let bare = url.split(['?', '#']).next().unwrap_or_default();
                if let Some((what, allowed)) = address_mistake(bare, ("https", "http"), true) {
                    found.add(&at("url"), what, allowed);
                }
            }
            _ => {}
        }
    }
    for (n, first) in repeated(settings.duty.plans.iter().map(|p| p.name.as_str())) {
        let name = settings.duty.plans.get(n).map(|p| quoted(&p.name)).unwrap_or_default();
        let path: [Step<'_>; 4] = ["duty".into(), "plan".into(), n.into(), "name".into()];
        found.add(&path, format!("{name} is the name of duty.plan[{first}] too"), "allowed: each name once");
    }
}
