//! Reports by mail: bad sections and the exact mistakes they give.

use super::*;
use crate::domain::staff::StaffFigures;
use crate::reporting::config::LetterKind;

#[test]
fn a_right_section_is_read_and_left_out_there_is_none() {
    let none = load_with(BRAND, &NONE, &Flags::default()).unwrap();
    assert!(none.report.mail.is_none());
    let text = format!(
        "{BRAND}[report.mail]\nfrom = 'a@b.example'\nsmtp = {{ host = 'smtp.example', password = 'MDEy' }}\n\
         [[report.mail.letter]]\nname = 'leads'\nto = ['c@d.example']\n\
         [[report.mail.letter]]\nname = 'monday'\nkind = 'monday'\nto = ['c@d.example']\nat = '06:15'\n\
         zone = 'Asia/Tokyo'\nbrands = ['Acme']\nlanguage = 'nl'\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    assert!(!format!("{settings:?}").contains("MDEy"), "the secret is never shown");
    let letters = settings.report.mail.unwrap().letters;
    assert_eq!((letters[0].kind, letters[0].at.as_str()), (LetterKind::Weekly, "07:30"));
    assert_eq!((letters[1].kind, letters[1].language.as_str()), (LetterKind::Monday, "nl"));
}

#[test]
fn what_is_told_of_staff_is_one_of_four_words_and_of_the_team_unless_said() {
    let none = load_with(BRAND, &NONE, &Flags::default()).unwrap();
    assert_eq!(none.report.staff_figures, StaffFigures::Team);
    let text = format!("{BRAND}[report]\nstaff_figures = 'named'\n");
    assert_eq!(load_with(&text, &NONE, &Flags::default()).unwrap().report.staff_figures, StaffFigures::Named);
    check_after_brand(
        "[report]\nstaff_figures = 'all'\n",
        &["F:5: report.staff_figures: 'all'; allowed: none, team, own, named"],
    );
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[report.mail]\nfrom = 'nobody'\nsmtp = { host = '' }\n\
         [[report.mail.letter]]\nname = 'a b'\nto = []\nat = '7 uur'\nzone = 'Europe/Amsterdm'\n\
         [[report.mail.letter]]\nname = 'x'\nkind = 'yearly'\nto = ['c']\nbrands = ['Acne']\nlanguage = 'fr'\n",
        &[
            "F:5: report.mail.from: 'nobody'; wanted is a mail address",
            "F:6: report.mail.smtp.host: empty; wanted is the name of a server such as smtp.example.com",
            "F:8: report.mail.letter[0].name: 'a b'; allowed: up to 40 letters, digits and '-'",
            "F:9: report.mail.letter[0].to: nobody; wanted is at least one mail address",
            "F:10: report.mail.letter[0].at: '7 uur'; wanted is a time as HH:MM, 00:00 to 23:59",
            "F:11: report.mail.letter[0].zone: 'Europe/Amsterdm'; wanted is an IANA time zone such as Europe/Amsterdam (did you mean 'Europe/Amsterdam'?)",
            "F:14: report.mail.letter[1].kind: 'yearly'; allowed: daily, weekly, monthly, monday, failure_demand, yesterday",
            "F:15: report.mail.letter[1].to[0]: 'c'; wanted is a mail address",
            "F:16: report.mail.letter[1].brands[0]: no brand 'Acne'; allowed: Acme (did you mean 'Acme'?)",
            "F:17: report.mail.letter[1].language: 'fr'; allowed: en, nl",
        ],
    );
}
