//! No format lets a name become code; every part stands in every format.

use super::*;
use proptest::prelude::*;

fn report() -> Report {
    let evil = "<script>=1+1</script>".to_owned();
    let row = Row { platform: evil.clone(), language: "nl".into(), mentions: 3, ..Row::default() };
    Report {
        from: "2026-11-23T00:00:00.000Z".into(),
        to: "2026-11-24T00:00:00.000Z".into(),
        brands: vec!["=cmd()|x, \"y\"".into()],
        platforms: vec![Row { language: String::new(), ..row.clone() }],
        rows: vec![row],
        ..Report::default()
    }
}

#[test]
fn what_triage_misses_stands_in_every_format_with_how_many_were_checked() {
    let mut report = report();
    let not = "Missed by triage: not measured, nothing was checked";
    for format in [Format::Text, Format::Html] {
        assert!(write(&report, format).contains(not), "{format:?}");
    }
    assert!(write(&report, Format::Csv).contains("missed_by_triage,0,0,,,\r\n"));
    let json = |report: &Report| -> serde_json::Value {
        serde_json::from_str(&write(report, Format::Json)).unwrap()
    };
    assert_eq!(json(&report)["missed_by_triage"]["rate_percent"], serde_json::Value::Null);
    report.missed_by_triage = Missed::of(20, 1);
    let told = "Missed by triage: 5.0 %, 1 of 20 checked needed an answer (95 %: 0.9 to 23.6 %)";
    for format in [Format::Text, Format::Html] {
        assert!(write(&report, format).contains(told), "{format:?}");
    }
    assert!(write(&report, Format::Csv).contains("missed_by_triage,20,1,5.0,0.9,23.6\r\n"));
    assert_eq!(json(&report)["missed_by_triage"]["high_percent"], 23.6);
}

#[test]
fn no_format_lets_a_name_become_code() {
    let report = report();
    let page = write(&report, Format::Html);
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert!(!page.contains("http"), "the page loads nothing");
    let table = write(&report, Format::Text);
    assert!(table.lines().nth(2).is_some_and(|l| l == "First-time resolution"), "{table}");
    assert!(table.lines().any(|l| l.starts_with("channel  ")), "{table}");
    let json: serde_json::Value = serde_json::from_str(&write(&report, Format::Json)).unwrap();
    assert_eq!(json["total"]["first_response"]["on_time_percent"], serde_json::Value::Null);
    assert_eq!(json["rows"][0]["mentions"], 3);
}

proptest! {
    #[test]
    fn no_cell_is_a_formula_and_every_cell_reads_back(text in "[=+@,\"\\-\\t\\r\\na-z]{0,12}") {
        let cell = csv_cell(&text);
        let quoted = cell.strip_prefix('"').and_then(|c| c.strip_suffix('"'));
        prop_assert!(quoted.is_some() || !cell.contains([',', '"', '\n', '\r']));
        let inner = quoted.map_or(cell.clone(), |q| q.replace("\"\"", "\""));
        prop_assert!(!inner.starts_with(['=', '+', '-', '@', '\t', '\r']));
        let guarded = format!("'{text}");
        prop_assert!(inner == text || inner == guarded);
    }
}

#[test]
fn foreign_words_are_inert_in_every_cell() {
    for (text, cell) in [
        ("＝cmd()", "'＝cmd()"),
        ("＠SUM(1)", "'＠SUM(1)"),
        (" =1+1", "' =1+1"),
        ("\u{202e}=1", "[U+202E]=1"),
        ("a\u{200b}b\u{1b}[31m", "a[U+200B]b[U+001B][31m"),
        ("\0,", "\"[U+0000],\""),
        ("-5", "-5"),
        ("-2.5", "-2.5"),
        ("-5+1", "'-5+1"),
        ("-", "'-"),
        ("👩‍👩‍👧‍👦 5", "👩‍👩‍👧‍👦 5"),
    ] {
        assert_eq!(csv_cell(text), cell, "{text:?}");
    }
}
