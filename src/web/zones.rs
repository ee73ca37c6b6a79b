//! The time zone of whoever reads: the one that they chose on their account page, else the team's.
//!
//! Times stand on pages in it, and times that are typed are meant in it. Where scripts run and nobody chose, the browser
//! shows its own zone instead, and fields say which one they mean.

use super::App;
use super::auth::Viewer;
use crate::domain::calendar::zone_names;
use jiff::tz::TimeZone;

/// Longest name of a zone.
const NAME_CHARS_MAX: usize = 64;

tokio::task_local! {
    /// Set at the door for whoever comes through it, so that everything of a page is in one zone.
    static HERE: TimeZone;
}

/// Answers a request in the zone of who asks.
pub async fn within<F: Future>(zone: TimeZone, work: F) -> F::Output {
    HERE.scope(zone, work).await
}

/// The zone of whoever asks; UTC before anybody is logged in.
pub fn here() -> TimeZone {
    HERE.try_with(Clone::clone).unwrap_or(TimeZone::UTC)
}

/// The zone of somebody.
pub fn of(app: &App, viewer: &Viewer) -> TimeZone {
    let chosen = viewer.person.chosen.zone.as_deref();
    chosen.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| app.zone.clone())
}

/// The name of a zone, as browsers know it too.
pub fn name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

/// Whether a name is one of those that can be chosen.
pub fn is_known(name: &str) -> bool {
    name.len() <= NAME_CHARS_MAX && names().iter().any(|known| known == name)
}

/// The zones that can be chosen, by their names: places, and UTC.
pub fn names() -> Vec<String> {
    let mut all = zone_names();
    all.retain(|name| name == "UTC" || (name.contains('/') && !name.starts_with("Etc/")));
    all.sort();
    all
}

/// An instant as people read it: day, minute, and the zone in which that is so.
pub fn written(millis: i64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(at.to_zoned(here()).strftime("%Y-%m-%d %H:%M %Z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn times_stand_in_the_zone_of_who_asks_with_its_name() {
        let (first, second) = (1_793_493_000_000, 1_793_496_600_000);
        assert_eq!(written(first).as_deref(), Some("2026-11-01 00:30 UTC"));
        let within = |name: &str, at: i64| {
            let zone = TimeZone::get(name).unwrap();
            async move { super::within(zone, async move { written(at).unwrap() }).await }
        };
        assert_eq!(within("Europe/Amsterdam", first).await, "2026-11-01 01:30 CET");
        // The hour that Amsterdam has twice.
        assert_eq!(within("Europe/Amsterdam", 1_792_888_200_000).await, "2026-10-25 02:30 CEST");
        assert_eq!(within("Europe/Amsterdam", 1_792_891_800_000).await, "2026-10-25 02:30 CET");
        assert_eq!(within("Asia/Kolkata", second).await, "2026-11-01 07:00 IST");
        assert_eq!(written(i64::MAX), None);
    }

    #[test]
    fn zones_are_offered_by_place_once() {
        let all = names();
        assert!(all.iter().any(|n| n == "Europe/Amsterdam") && all.iter().any(|n| n == "UTC"));
        assert!(all.len() > 300 && all.iter().all(|n| n.len() <= NAME_CHARS_MAX), "{}", all.len());
        assert!(is_known("America/Argentina/Buenos_Aires"));
        for bad in ["", "Mars/Olympus", "../../etc/passwd", "Etc/GMT+1", "europe/nowhere"] {
            assert!(!is_known(bad), "{bad}");
        }
    }
}
