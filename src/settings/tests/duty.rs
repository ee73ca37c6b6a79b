//! `[duty]`: what is read, and the exact mistakes that bad sections give.

use super::*;

#[test]
fn a_right_section_is_read_and_gaps_are_told_without_one() {
    let none = load_with(BRAND, &NONE, &Flags::default()).unwrap();
    assert!(none.duty.alerts && none.duty.plans.is_empty());
    assert_eq!(none.duty_zone(), "Europe/Amsterdam");
    let text = format!(
        "{BRAND}[duty]\nzone = 'Asia/Tokyo'\nalerts = false\n[[duty.plan]]\nname = 'rota'\nfile = 'rota.csv'\nwhole_days = '22:00-06:00'\n\
         [[duty.plan]]\nname = 'guests'\nurl = 'https://plan.example/a.ics?key=1'\nevery_minutes = 60\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    assert_eq!(
        (settings.duty_zone(), settings.duty.alerts, settings.duty.plans.len()),
        ("Asia/Tokyo", false, 2)
    );
    assert_eq!((settings.duty.plans[0].every_minutes, settings.duty.plans[1].every_minutes), (15, 60));
    assert_eq!(
        (settings.duty.plans[0].whole_day(), settings.duty.plans[1].whole_day()),
        ((1320, 1800), (0, 1440))
    );
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[duty]\nzone = 'Mars/Base'\n[[duty.plan]]\nname = 'a b'\n[[duty.plan]]\nname = 'x'\nfile = 'a'\nurl = 'https://b.example'\n\
         [[duty.plan]]\nname = 'X'\nurl = 'http://c.example/x'\nevery_minutes = 0\nwhole_days = '9-17'\n\
         [[duty.plan]]\nname = 'y'\nfile = 'y'\nwhole_days = '09:00-09:00'\n",
        &[
            "F:5: duty.zone: 'Mars/Base'; allowed: an IANA name, such as Europe/Amsterdam",
            "F:6: duty.plan[0]: no file and no url; wanted is one of them",
            "F:7: duty.plan[0].name: 'a b'; allowed: up to 40 letters, digits and '-'",
            "F:11: duty.plan[1].url: a file and an address; allowed: one of file and url",
            "F:13: duty.plan[2].name: 'X' is the name of duty.plan[1] too; allowed: each name once",
            "F:14: duty.plan[2].url: 'http://c.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:15: duty.plan[2].every_minutes: the number 0; allowed: 1 to 1440",
            "F:16: duty.plan[2].whole_days: '9-17'; allowed: hours as 09:00-17:30, over midnight as 22:00-06:00, or all as 00:00-24:00",
            "F:20: duty.plan[3].whole_days: '09:00-09:00'; allowed: hours as 09:00-17:30, over midnight as 22:00-06:00, or all as 00:00-24:00",
        ],
    );
}
