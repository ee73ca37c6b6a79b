//! Reports: the morning, the zone, and what goes by mail to whom and when.

use super::super::Settings;
use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::calendars::nearest_zone;
use super::sources::refers_to_brand;
use super::{Findings, is_plain_name, repeated};
use crate::mailing::is_address;
use crate::reporting::config::LetterConfig;
use crate::reports::words::Words;
use jiff::tz::TimeZone;

const TIME: &str = "wanted is a time as HH:MM, 00:00 to 23:59";

/// Checks all of it.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    let report = &settings.report;
    if let Some(morning) = &report.morning
        && !is_time_of_day(morning)
    {
        found.add(&["report".into(), "morning".into()], quoted(morning), TIME);
    }
    zone(&report.zone, &["report".into(), "zone".into()], found);
    modules(settings, found);
    let Some(mail) = &report.mail else { return };
    let section = [Step::Key("report"), "mail".into()];
    let at = |key: &'static str| [section[0], section[1], key.into()];
    if !is_address(&mail.from) && !found.is_lost(&section, &["from"]) {
        found.add(&at("from"), quoted(&mail.from), "wanted is a mail address");
    }
    super::mail::outlet(&mail.smtp, &at("smtp"), found);
    for (n, owner) in mail.owners.iter().enumerate() {
        let entry = [section[0], section[1], "owner".into(), n.into()];
        let at = |key: &'static str| [entry[0], entry[1], entry[2], entry[3], key.into()];
        if owner.name.trim().is_empty() && !found.is_lost(&entry, &["name"]) {
            found.add(&at("name"), "missing", "wanted is the owner as findings name them");
        }
        if owner.to.is_empty() && !found.is_lost(&entry, &["to"]) {
            found.add(&at("to"), "nobody", "wanted is at least one mail address");
        }
        for (m, to) in owner.to.iter().enumerate().filter(|(_, to)| !is_address(to)) {
            let path = [entry[0], entry[1], entry[2], entry[3], "to".into(), m.into()];
            found.add(&path, quoted(to), "wanted is a mail address");
        }
        if let Some(language) = owner.language.as_ref().filter(|l| !Words::has(l)) {
            found.add(&at("language"), quoted(language), "allowed: en, nl");
        }
    }
    if mail.letters.is_empty() && mail.owners.is_empty() && !found.is_lost(&section, &["letter"]) {
        found.add(&section, "no letter", "wanted is at least one [[report.mail.letter]]");
    }
    for (n, one) in mail.letters.iter().enumerate() {
        letter(settings, one, [section[0], section[1], "letter".into(), n.into()], found);
    }
    for (n, first) in repeated(mail.letters.iter().map(|l| l.name.as_str())) {
        let name = mail.letters.get(n).map(|l| quoted(&l.name)).unwrap_or_default();
        let path = [section[0], section[1], "letter".into(), n.into(), "name".into()];
        let what = format!("{name} is the name of report.mail.letter[{first}] too");
        found.add(&path, what, "allowed: each name once");
    }
}

/// What optional modules need.
fn modules(settings: &Settings, found: &mut Findings<'_>) {
    let minutes = [
        ("handling_minutes", settings.forecast.handling_minutes),
        ("patience_minutes", settings.forecast.patience_minutes),
    ];
    for (key, n) in minutes {
        if let Some(n) = n.filter(|n| !(0.1..=10_000.0).contains(n)) {
            found.add(&["forecast".into(), key.into()], format!("the number {n}"), "allowed: 0.1 to 10000");
        }
    }
    let h = &settings.helpers;
    let points = [
        ("accepted_points", h.accepted_points),
        ("liked_points", h.liked_points),
        ("likes_min", h.likes_min),
        ("daily_max", h.daily_max),
        ("weekly_max", h.weekly_max),
        ("pair_weekly_max", h.pair_weekly_max),
    ];
    for (key, n) in points {
        found.bounds(&["helpers".into(), key.into()], n, (1, 1_000_000));
    }
    planner(settings, found);
    found.bounds(&["answers".into(), "newcomer_passes".into()], settings.answers.newcomer_passes, (0, 1_000));
    for (n, brand) in settings.public_figure.brands.iter().enumerate() {
        refers_to_brand(settings, brand, &["public_figure".into(), "brands".into(), n.into()], found);
    }
}

/// What the planner needs.
fn planner(settings: &Settings, found: &mut Findings<'_>) {
    let p = &settings.planner;
    found.bounds(&["planner".into(), "guest_seats".into()], p.guest_seats, (1, 50));
    found.bounds(&["planner".into(), "full_day_hours".into()], p.full_day_hours, (1, 24));
    for (key, text) in [("guest_from", &p.guest_from), ("guest_until", &p.guest_until)] {
        if !is_time_of_day(text) {
            found.add(&["planner".into(), key.into()], quoted(text), TIME);
        }
    }
    if is_time_of_day(&p.guest_from) && is_time_of_day(&p.guest_until) && p.guest_day().is_none() {
        let allowed = "allowed: a time after guest_from";
        found.add(&["planner".into(), "guest_until".into()], quoted(&p.guest_until), allowed);
    }
}

fn letter(settings: &Settings, one: &LetterConfig, here: [Step<'_>; 4], found: &mut Findings<'_>) {
    let at = |key: &'static str| [here[0], here[1], here[2], here[3], key.into()];
    let nth = |key: &'static str, n: usize| [here[0], here[1], here[2], here[3], key.into(), n.into()];
    if !is_plain_name(&one.name) && !found.is_lost(&here, &["name"]) {
        found.add(&at("name"), quoted(&one.name), "allowed: up to 40 letters, digits and '-'");
    }
    if one.to.is_empty() && !found.is_lost(&here, &["to"]) {
        found.add(&at("to"), "nobody", "wanted is at least one mail address");
    }
    for (n, to) in one.to.iter().enumerate().filter(|(_, to)| !is_address(to)) {
        found.add(&nth("to", n), quoted(to), "wanted is a mail address");
    }
    if !is_time_of_day(&one.at) {
        found.add(&at("at"), quoted(&one.at), TIME);
    }
    if let Some(name) = &one.zone {
        zone(name, &at("zone"), found);
    }
    if !Words::has(&one.language) {
        found.add(&at("language"), quoted(&one.language), "allowed: en, nl");
    }
    for (n, brand) in one.brands.iter().enumerate() {
        refers_to_brand(settings, brand, &nth("brands", n), found);
    }
    if !one.queues.is_empty() && !one.kind.is_for_the_office() {
        let what = format!("queues of a letter of kind \"{}\"", one.kind.code());
        found.add(&at("queues"), what, "allowed: with kind \"failure_demand\" or \"yesterday\"");
    }
    for (n, queue) in one.queues.iter().enumerate() {
        match queue.split_once('/') {
            Some((brand, name)) if !brand.trim().is_empty() && !name.trim().is_empty() => {
                refers_to_brand(settings, brand.trim(), &nth("queues", n), found);
            }
            _ => found.add(&nth("queues", n), quoted(queue), "wanted is BRAND/QUEUE, as on the tickets"),
        }
    }
}

fn zone(name: &str, path: &[Step<'_>], found: &mut Findings<'_>) {
    if TimeZone::get(name).is_err() {
        let wanted = "wanted is an IANA time zone such as Europe/Amsterdam";
        found.add_meaning(path, quoted(name), wanted, nearest_zone(name));
    }
}

fn is_time_of_day(text: &str) -> bool {
    let number = |part: &str, below: u8| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|n| n < below)
    };
    text.split_once(':').is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60))
}
