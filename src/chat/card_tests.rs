//! What cards say and keep to themselves.

use super::*;
use crate::chat::burst::CASES_MAX;
use crate::chat::text::MESSAGE_UNITS_MAX;
use crate::chat::texts::Lang;
use crate::domain::ids::CaseId;
use crate::domain::judgement::PersonalDataKind;

const NOW: Timestamp = Timestamp(1_795_512_600_000);

fn look(url: &str) -> Look {
    let zone = TimeZone::get("Europe/Amsterdam").unwrap();
    Look { public_url: url.to_owned(), excerpt: Excerpt::None, zone, lang: Lang::En, reader: None }
}

fn facts(n: u8) -> Facts {
    Facts {
        id: CaseId::new(NOW, [n; 10]).to_string(),
        brand_id: "brd_1".into(),
        brand: "Happy Socks".into(),
        number: 12 + i64::from(n),
        platform: "mastodon".into(),
        language: "nl".into(),
        level: 1,
        state: "new".into(),
        open: 1,
        private: 0,
        due_at: Some(NOW.millis() + 24 * 60_000),
        first_answer_at: None,
        version: 3,
        ended_why: None,
        claimed_name: None,
        claimed_until: None,
        reasons: Some(r#"[{"what":"danger","weight":60},{"what":"same_day_deadline","weight":12}]"#.into()),
        course: "[]".into(),
        personal_data: Some("[]".into()),
        body: Some(r#"{"text":"help <b>me</b> & call 0612345678 now","url":null}"#.into()),
        broken_at: None,
        snoozed_until: None,
        answered_by: None,
        news: None,
        news_by: None,
        files: 0,
        protocol: None,
        needs_private: 0,
        handover: None,
        claimed_by: None,
        calls: 0,
        about_other: 0,
        solved_ticket: None,
    }
}

fn entry(n: u8) -> Entry {
    Entry {
        action: format!("act_{n:0>26}"),
        case: facts(n).id,
        occasion: "arrival".into(),
        kind: None,
        wait: None,
        owed: None,
        at: None,
        repeat: false,
    }
}

#[test]
fn a_card_says_what_triage_and_clocks_say_and_no_more() {
    let message = look("https://care.example").message(&[entry(0)], &[facts(0)], NOW);
    assert_eq!(
        message.text.plain(),
        "#12 · P1 · Happy Socks\nmastodon · nl · danger, same_day_deadline\n\
         new, answer due in 24 min (10:54)\nalert 00000000"
    );
    let again = Facts { course: r#"[{"what":"posts_this_week","weight":4}]"#.into(), ..facts(0) };
    let traits = look("https://care.example").traits(&again, 1);
    assert_eq!(traits, "mastodon · nl · danger, posts_this_week");
    let keys = serde_json::to_string(&message.keyboard).unwrap();
    assert!(keys.contains("Claim") && keys.contains("https://care.example/c/Happy%20Socks/12"), "{keys}");
}

#[test]
fn a_loopback_address_is_no_button() {
    for url in ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080/"] {
        let message = look(url).message(&[entry(0)], &[facts(0)], NOW);
        let keys = serde_json::to_string(&message.keyboard).unwrap();
        assert!(!keys.contains("Open"), "{keys}");
        assert!(message.text.plain().contains("/c/Happy%20Socks/12"));
    }
}

#[test]
fn words_are_masked_escaped_and_only_when_asked_for() {
    let mut look = look("https://care.example");
    let mut f = facts(0);
    let at = "help <b>me</b> & call ".len();
    let span = PersonalData { kind: PersonalDataKind::Phone, start: at, end: at + 10 };
    f.personal_data = Some(serde_json::to_string(&[span]).unwrap());
    assert!(!look.message(&[entry(0)], &[f.clone()], NOW).text.plain().contains("help"));
    look.excerpt = Excerpt::Masked;
    let html = look.message(&[entry(0)], &[f.clone()], NOW).text.html();
    assert!(html.contains("<i>“help &lt;b&gt;me&lt;/b&gt; &amp; call ••• now”</i>"), "{html}");
    f.personal_data = Some(r#"[{"kind":"phone","start":9999,"end":10009}]"#.into());
    assert!(!look.message(&[entry(0)], &[f.clone()], NOW).text.plain().contains("help"));
    f.personal_data = Some("[]".into());
    f.private = 1;
    assert!(!look.message(&[entry(0)], &[f], NOW).text.plain().contains("help"));
}

#[test]
fn a_full_list_fits_and_names_every_case() {
    let all: Vec<u8> = (0..u8::try_from(CASES_MAX).unwrap()).collect();
    let mut f: Vec<Facts> = all.iter().map(|n| facts(*n)).collect();
    for one in &mut f {
        one.brand = "Ä very 👍 long brand 👍👍👍👍👍👍👍👍👍👍👍👍".into();
        one.claimed_name = Some("Somebody with a long name".into());
        one.number += 1_000_000_000;
    }
    let entries: Vec<Entry> = all.iter().map(|n| Entry { repeat: true, ..entry(*n) }).collect();
    let message = look("https://care.example").message(&entries, &f, NOW);
    assert!(message.text.units() <= MESSAGE_UNITS_MAX);
    let text = message.text.plain();
    let html = message.text.html();
    for one in &f {
        assert!(html.contains(&format!("#{}", one.number)), "{text}");
    }
    assert_eq!(message.keyboard, None);
}

#[test]
fn the_fingerprint_follows_the_case_and_not_the_minutes() {
    let look = look("https://care.example");
    let print = |f: &Facts| look.fingerprint(&[entry(0)], std::slice::from_ref(f), NOW);
    let before = facts(0);
    let mut after = before.clone();
    after.claimed_name = Some("Jan".into());
    assert_eq!(print(&before), print(&before));
    assert_ne!(print(&before), print(&after));
    let text = look.message(&[entry(0)], &[after], NOW).text.plain();
    assert!(text.contains("claimed by Jan"), "{text}");
}

#[test]
fn a_broken_promise_and_an_end_are_told() {
    let look = look("https://care.example");
    let mut f = facts(0);
    f.broken_at = Some(NOW.millis() - 5 * 60_000);
    f.due_at = f.broken_at;
    let breach =
        Entry { occasion: "breach".into(), at: f.broken_at, kind: Some("first_response".into()), ..entry(0) };
    assert_eq!(look.standing(&breach, &f, NOW), "promise broken 5 min ago");
    f.open = 0;
    f.state = "dismissed".into();
    f.ended_why = Some("spam".into());
    assert_eq!(look.standing(&breach, &f, NOW), "dismissed: spam");
    f.ended_why = Some("words of a person".into());
    assert_eq!(look.standing(&breach, &f, NOW), "dismissed");
}

#[test]
fn a_private_window_that_closes_is_told_until_it_is_answered() {
    let look = look("https://care.example");
    let mut f = facts(0);
    let closes = Entry { occasion: "window".into(), at: Some(NOW.millis() + 3_600_000), ..entry(0) };
    let said = look.standing(&closes, &f, NOW);
    assert_eq!(said.matches("private window closes in").count(), 1, "{said}");
    let over = Entry { at: Some(NOW.millis()), ..closes.clone() };
    assert!(look.standing(&over, &f, NOW).starts_with("private window has closed"));
    let frees = Entry { kind: Some("then_by_hand".into()), ..closes.clone() };
    let said = look.standing(&frees, &f, NOW);
    assert!(said.starts_with("in 1 h 00 the platform takes only answers written by hand"), "{said}");
    let over = Entry { at: Some(NOW.millis()), ..frees };
    assert!(look.standing(&over, &f, NOW).starts_with("the platform takes only answers written by hand"));
    f.state = "waiting_customer".into();
    assert!(!look.standing(&closes, &f, NOW).contains("private window"), "answered, nothing is owed");
}

#[test]
fn a_promise_is_told_with_who_owes_it_and_when_while_it_stands() {
    let mut look = look("https://care.example");
    let due = NOW.millis() + 24 * 60_000;
    let mut told = Entry { occasion: "promise".into(), at: Some(due), wait: Some(3), ..entry(0) };
    let row = |wait: i64, due_at: i64| crate::store::promise::OwedRow {
        case_id: facts(0).id,
        wait,
        due_at,
        owed_by: "front_office".into(),
        act: "call".into(),
    };
    told.find(&[row(2, due), row(3, due)]);
    let mut f = facts(0);
    assert_eq!(look.standing(&told, &f, NOW), "promise (call) of front office due in 24 min (10:54)");
    look.lang = Lang::Nl;
    // A promise runs on in a case that is over.
    (f.open, f.state) = (0, "resolved".into());
    let dutch = "belofte (bellen) van frontoffice uiterlijk over 24 min (10:54)";
    assert_eq!(look.standing(&told, &f, NOW), dutch);
    assert!(!told.is_over(NOW) && told.is_over(Timestamp(due)), "late is told by itself");
    told.find(&[row(3, due + 60_000)]);
    assert!(told.is_over(NOW), "moved");
    told.find(&[row(2, due)]);
    assert!(told.is_over(NOW), "kept or given up");
    assert!(!entry(0).is_over(NOW), "what is of no promise is not asked");
}

#[test]
fn what_happened_last_is_told_by_whom_and_never_what_was_said() {
    let look = look("https://care.example");
    let say = |f: &Facts| look.message(&[entry(0)], std::slice::from_ref(f), NOW).text.plain();
    let mut f = facts(0);
    f.news_by = Some("Jan".into());
    for (kind, line) in [
        ("answer_queued", "answer on its way, written by Jan"),
        ("answer_undone", "answer called back by Jan"),
        ("note", "note by Jan"),
        ("moderated", "moderated by Jan"),
        ("removed", "removed by its author"),
        ("answer_removed", "our answer was removed there"),
    ] {
        f.news = Some(kind.into());
        assert!(say(&f).contains(&format!("\n{line}\n")), "{}", say(&f));
    }
    f.news = Some("answer_seen".into());
    f.answered_by = Some("Jan".into());
    f.first_answer_at = Some(NOW.millis());
    f.due_at = None;
    assert!(say(&f).contains("\nanswered by Jan\n"), "{}", say(&f));
    f.snoozed_until = Some(NOW.millis() + 3_600_000);
    assert!(say(&f).contains("\nsnoozed until 11:30\n"), "{}", say(&f));
    f.snoozed_until = Some(NOW.millis() + 2 * 86_400_000);
    assert!(say(&f).contains("\nsnoozed until Thu 10:30\n"), "another day: {}", say(&f));
    f.snoozed_until = Some(NOW.millis());
    assert!(!say(&f).contains("snoozed"), "{}", say(&f));
}

#[test]
fn a_dutch_card_holds_no_english() {
    let look = Look { lang: Lang::Nl, ..look("https://care.example") };
    let message = look.message(&[entry(0)], &[facts(0)], NOW);
    assert_eq!(
        message.text.plain(),
        "#12 · P1 · Happy Socks\nmastodon · nl · gevaar, moet vandaag\n\
         nieuw, antwoord uiterlijk over 24 min (10:54)\nmelding 00000000"
    );
    let keys = serde_json::to_string(&message.keyboard).unwrap();
    assert!(keys.contains("Oppakken") && keys.contains("Wegleggen") && keys.contains("Afwijzen"), "{keys}");
    assert_eq!(look.day_time(NOW), "di 10:30");
}

#[test]
fn a_card_offers_a_private_channel_where_one_is_wanted_and_its_end_where_one_stands() {
    let look = look("https://care.example");
    let keys = |f: &Facts| {
        let message = look.message(&[entry(0)], std::slice::from_ref(f), NOW);
        serde_json::to_string(&message.keyboard).unwrap()
    };
    let mut f = facts(0);
    assert!(!keys(&f).contains("private"), "{}", keys(&f));
    f.needs_private = 1;
    assert!(keys(&f).contains("To private"), "{}", keys(&f));
    f.handover = Some("offered".into());
    assert!(keys(&f).contains("Close private") && !keys(&f).contains("To private"), "{}", keys(&f));
    f.handover = Some("closed".into());
    assert!(!keys(&f).contains("private"), "{}", keys(&f));
    f.handover = Some("proposed".into());
    f.open = 0;
    assert!(!keys(&f).contains("private"), "{}", keys(&f));
}

#[test]
fn only_who_has_the_case_finds_its_calls_and_only_in_private() {
    let mut f = facts(0);
    f.calls = 1;
    f.claimed_by = Some("per_jan".into());
    f.claimed_name = Some("Jan".into());
    for (reader, wanted) in [(None, false), (Some("per_jan"), true), (Some("per_eva"), false)] {
        let look = Look { reader: reader.map(Into::into), ..look("https://care.example") };
        let message = look.message(&[entry(0)], std::slice::from_ref(&f), NOW);
        let keys = serde_json::to_string(&message.keyboard).unwrap();
        assert_eq!(keys.contains("\"Call\""), wanted, "{keys}");
    }
}
