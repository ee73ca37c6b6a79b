//! Calendars, policies that count in them, and scopes: what is right, and the exact mistakes.

use super::*;
use crate::domain::calendar::Hours;

const FORM: &str = "wanted is an opening as HH:MM-HH:MM, 00:00 to 24:00";

/// A calendar that nothing is wrong with, in four lines.
const DESK: &str = "[[calendar]]\nname = 'desk'\nzone = 'Europe/Amsterdam'\nmon = ['09:00-17:00']\n";

#[test]
fn a_policy_counts_in_the_calendars_that_it_names() {
    let text = format!(
        "{DESK}fri = ['22:00-02:00']\nholidays = ['12-25']\n[calendar.exceptions]\n2026-12-24 = ['09:00-12:00']\n\
         2026-12-31 = []\n[[policy]]\nname = 'p'\ncalendar = 'desk'\ntargets = [{{ first_response_minutes = 30 }}, \
         {{ level = 'P1', first_response_minutes = 15, calendar = 'always' }}]\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let policy = settings.policy("p").unwrap();
    assert_eq!(policy.hours("desk").zone(), "Europe/Amsterdam");
    assert_eq!(policy.hours("always"), Hours::Always);
    assert_eq!(
        policy.in_words(),
        "covers messages; within 30 minutes, Monday 9:00-17:00, Friday 22:00-2:00 (Europe/Amsterdam), \
         not on holidays; for P1 within 15 minutes, day and night, every day"
    );
    // As the database keeps it, and as files wrote it before there were calendars.
    let stored = policy.to_stored().unwrap();
    assert_eq!(Policy::from_stored(&stored).unwrap(), policy);
    let [ready, _] = Policy::ready_made();
    assert!(ready.to_stored().unwrap().contains(r#""hours":"always""#));
    check("[[policy]]\nname = 'p'\nhours = 'always'\ntargets = [{ first_response_minutes = 5 }]\n", &[]);
}

#[test]
fn mistakes_of_calendars() {
    check(
        "[[calendar]]\nname = 'a b'\nzone = 'Amsterdam'\nmon = [\n  '09:00-17:00',\n  '16:00-18:00',\n]\n",
        &[
            "F:2: calendar[0].name: 'a b'; allowed: up to 40 letters, digits and '-'",
            "F:3: calendar[0].zone: 'Amsterdam'; wanted is an IANA time zone such as Europe/Amsterdam (did you mean 'Europe/Amsterdam'?)",
            "F:6: calendar[0].mon[1]: '09:00-17:00' and '16:00-18:00' overlap; wanted are openings that at most touch",
        ],
    );
    check(
        "[[calendar]]\nname = 'always'\nzone = 'Europe/Amsterdm'\n",
        &[
            "F:1: calendar[0]: empty: it never opens; wanted is at least one opening on one day of the week, such as mon = [\"09:00-17:00\"]",
            "F:2: calendar[0].name: 'always' has no closed minute and is built in; allowed: a name of its own",
            "F:3: calendar[0].zone: 'Europe/Amsterdm'; wanted is an IANA time zone such as Europe/Amsterdam (did you mean 'Europe/Amsterdam'?)",
        ],
    );
    check(
        &format!(
            "{DESK}tue = ['9-5', '10:00-10:00']\nholidays = ['2026-02-30', 'x']\n[calendar.exceptions]\n2026-13-01 = []\n2026-01-02 = ['late']\n"
        ),
        &[
            &format!("F:5: calendar[0].tue[0]: '9-5'; {FORM}"),
            &format!(
                "F:5: calendar[0].tue[1]: '10:00-10:00'; {FORM}; it is empty, the whole day is 00:00-24:00"
            ),
            "F:6: calendar[0].holidays[0]: '2026-02-30': there is no such day; wanted is a date as YYYY-MM-DD, or MM-DD for every year",
            "F:6: calendar[0].holidays[1]: 'x'; wanted is a date as YYYY-MM-DD, or MM-DD for every year",
            "F:8: calendar[0].exceptions.2026-13-01: '2026-13-01': there is no such day; wanted is a date as YYYY-MM-DD",
            &format!("F:9: calendar[0].exceptions.2026-01-02[0]: 'late'; {FORM}"),
        ],
    );
    check(
        &format!("{DESK}sun = ['20:00-10:00']\n"),
        &[
            "F:4: calendar[0].mon: 20:00-10:00 of sun runs over midnight, for it ends before it begins, and overlaps 9:00-17:00 of mon; wanted are openings that at most touch",
        ],
    );
    check(
        &format!("{DESK}{DESK}"),
        &["F:6: calendar[1].name: 'desk' is the name of calendar[0] too; allowed: each name once"],
    );
    check(
        "[[calendar]]\nname = 'd'\nzone = 'UTC'\nmonday = ['09:00-17:00']\nmon = '9'\n",
        &[
            "F:4: calendar[0].monday: not a known setting; allowed: name, zone, mon, tue, wed, thu, fri, sat, sun, exceptions, holidays, holidays_file, holidays_url",
            "F:5: calendar[0].mon: a text; allowed: a list",
        ],
    );
}

#[test]
fn holidays_of_a_file_and_by_address() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("nl.ics"), folder.path().join("bad.ics"));
    let event =
        |start: &str| format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:{start}\nEND:VEVENT\nEND:VCALENDAR\n");
    std::fs::write(&good, event("20261225")).unwrap();
    std::fs::write(&bad, event("soon")).unwrap();
    let with = |file: &Path| format!("{DESK}holidays = ['12-26']\nholidays_file = '{}'\n", file.display());
    let settings = load_with(&with(&good), &NONE, &Flags::default()).unwrap();
    assert_eq!(settings.calendars[0].holidays, ["12-26", "2026-12-25"]);
    // Beside the settings, wherever the program is run from.
    std::fs::write(folder.path().join("S"), format!("{DESK}holidays_file = 'nl.ics'\n")).unwrap();
    let settings = load(Some(&folder.path().join("S")), &Flags::default(), std::iter::empty()).unwrap();
    assert_eq!(settings.calendars[0].holidays, ["2026-12-25"]);
    let told = load_with(&with(&bad), &NONE, &Flags::default()).unwrap_err();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].ends_with("bad.ics: line 3: DTSTART: 'soon' is no date or time that there is; wanted is a readable iCal file"),
        "{told:?}"
    );
    check(&format!("{DESK}holidays_url = 'https://x.example/a.ics?token=hunter2'\n"), &[]);
    check(
        &format!("{DESK}holidays_url = 'webcal://x.example/hunter2.ics'\n"),
        &[
            "F:5: calendar[0].holidays_url: 'webcal://x.example'; allowed: https://HOST/PATH, or http:// on this machine (did you mean 'https://x.example'?)",
        ],
    );
    check(
        &format!("{DESK}holidays_url = 'http://x.example/hunter2.ics'\n"),
        &[
            "F:5: calendar[0].holidays_url: 'http://x.example' is not encrypted; allowed: https://HOST/PATH, or http:// on this machine",
        ],
    );
}

#[test]
fn policies_name_calendars_that_there_are_and_that_reach() {
    check(
        &format!(
            "{DESK}[[policy]]\nname = 'p'\ncalendar = 'dsk'\ntargets = [{{ first_response_minutes = 30, calendar = 'night' }}]\n"
        ),
        &[
            "F:7: policy[0].calendar: no calendar 'dsk'; allowed: always, desk (did you mean 'desk'?)",
            "F:8: policy[0].targets[0].calendar: no calendar 'night'; allowed: always, desk",
        ],
    );
    // Eight hours a week are 2080 hours in five years; a year round the clock has 8760.
    check(
        &format!(
            "{DESK}[[policy]]\nname = 'p'\ncalendar = 'desk'\ntargets = [{{ total_resolution_minutes = 525600 }}]\n"
        ),
        &[
            "F:8: policy[0].targets[0].total_resolution_minutes: 525600 minutes, of which calendar 'desk' has not as many in 5 years; wanted is a target that its calendar reaches",
        ],
    );
    // A calendar that could not be read is not told twice.
    check(
        "[[calendar]]\nname = 5\nzone = 'UTC'\nmon = ['09:00-17:00']\n[[policy]]\nname = 'p'\ncalendar = 'd'\ntargets = [{ first_response_minutes = 5 }]\n",
        &["F:2: calendar[0].name: the number 5; allowed: a text"],
    );
}

#[test]
fn a_policy_by_itself_may_name_what_stands_elsewhere() {
    let scope = "[policy.scope]\nhandles = ['acme']\nsources = ['toot']\n";
    let text = format!(
        "[[policy]]\nname = 'p'\ntargets = [{{ first_response_minutes = 5 }}]\n{scope}kinds = ['post']\n"
    );
    check(&text, &[]);
    let policy = policy_of(&text).unwrap();
    assert_eq!((policy.scope.rules.handles.len(), policy.scope.rules.sources.len()), (1, 1));
    // What there is nowhere is told all the same.
    let wrong = text.replace("'post'", "'posts'");
    assert!(policy_of(&wrong).unwrap_err().lines()[0].contains("scope.kinds[0]: 'posts'"));
}

#[test]
fn in_the_console_an_address_is_that_of_the_settings() {
    let policy = "[[policy]]\nname = 'p'\ncalendar = 'desk'\ntargets = [{ first_response_minutes = 5 }]\n";
    let with = |url: &str| policy_of(&format!("{policy}{DESK}holidays_url = '{url}'\n"));
    let read = with("settings").unwrap();
    assert!(read.calendars["desk"].spec().is_fed() && read.calendars["desk"].spec().holidays_url.is_none());
    assert!(crate::domain::policy_text::as_toml(&read).contains("holidays_url = \"settings\"\n"));
    assert_eq!(
        with("https://x.example/a.ics").unwrap_err().lines(),
        [
            "calendar[0]: holidays from a file or an address; allowed are dates in 'holidays', and holidays_url = \"settings\" for the address of the settings"
        ]
    );
    // What was fetched is kept apart from its own days, so that other days can come in their place.
    let fetched = |day: &str| -> std::collections::BTreeMap<String, Vec<String>> {
        [("desk".to_owned(), vec![day.to_owned()])].into()
    };
    let (one, other) =
        (read.clone().with_fetched(&fetched("2026-12-25")), read.with_fetched(&fetched("2026-12-26")));
    let (stored, stored_other) = (one.to_stored().unwrap(), other.to_stored().unwrap());
    let back = Policy::from_stored(&stored).unwrap();
    assert_eq!(back, one);
    assert_eq!(back.with_fetched(&fetched("2026-12-26")), other);
    assert!(stored != stored_other && Policy::says_the_same(&stored, &stored_other));
    let own = stored.replace("09:00-17:00", "09:00-16:00");
    assert!(!Policy::says_the_same(&stored, &own));
}

#[test]
fn scopes_list_what_there_is() {
    check_after_brand(
        "[[source]]\nname = 'toot'\njetstream = {}\n[[policy]]\nname = 'p'\nlanguages = ['nl']\ntargets = [{ first_response_minutes = 5 }]\n\
         [policy.scope]\ntext = 'All.'\nhandles = ['acm']\nsources = ['tot']\nkinds = ['posts']\nlanguages = ['en']\nlevels = ['P1']\nvisibility = 'public'\n",
        &[
            "F:13: policy[0].scope.handles[0]: 'acm' is a handle of no brand; allowed: acme (did you mean 'acme'?)",
            "F:14: policy[0].scope.sources[0]: no source 'tot'; allowed: toot (did you mean 'toot'?)",
            "F:15: policy[0].scope.kinds[0]: 'posts'; allowed: post, comment, review, message, mail (did you mean 'post'?)",
            "F:16: policy[0].scope.languages: 'languages' of the policy is given as well; allowed: one of the two",
        ],
    );
    check(
        "[[policy]]\nname = 'p'\ntargets = [{ first_response_minutes = 5 }]\n[policy.scope]\nchannel = 'social'\nvisibility = 'open'\n",
        &[
            "F:5: policy[0].scope.channel: not a known setting; allowed: text, handles, sources, kinds, languages, channels, levels, visibility (did you mean 'channels'?)",
            "F:6: policy[0].scope.visibility: 'open'; allowed: any, public, private",
        ],
    );
    check(
        "[[policy]]\nname = 'p'\nscope = 5\ntargets = [{ first_response_minutes = 5 }]\n",
        &["F:3: policy[0].scope: the number 5; allowed: a text, or a table of what is covered"],
    );
    let text = format!(
        "{BRAND}{DESK}[[policy]]\nname = 'p'\ncalendar = 'desk'\ntargets = [{{ first_response_minutes = 30 }}]\n\
         [policy.scope]\nhandles = ['acme']\nchannels = ['social']\nkinds = ['post', 'comment']\nlanguages = ['nl', 'en']\nvisibility = 'public'\n"
    );
    let policy = load_with(&text, &NONE, &Flags::default()).unwrap().policy("p").unwrap();
    assert_eq!(
        policy.published(),
        "covers public posts and comments to @acme on social platforms in nl, en; within 30 minutes, \
         Monday 9:00-17:00 (Europe/Amsterdam)"
    );
}
