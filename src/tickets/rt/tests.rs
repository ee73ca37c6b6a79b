//! What Request Tracker writes, and what we read out of it.

use super::*;

#[test]
fn a_search_cannot_be_broken_out_of() {
    assert_eq!(quoted("x' OR id > '0"), "x\\' OR id > \\'0");
    assert_eq!(quoted("a\\'b\n"), "a\\\\\\'b");
}

#[test]
fn ids_and_times_are_read_however_they_come() {
    assert_eq!(number(&json!("20")).as_deref(), Some("20"));
    assert_eq!(number(&json!(20)).as_deref(), Some("20"));
    assert_eq!(number(&json!(null)), None);
    assert_eq!(time(&json!("1970-01-01T00:00:00Z")), None);
    assert_eq!(time(&json!("1970-01-01T00:00:01Z")), Some(Timestamp(1_000)));
}

#[test]
fn words_of_a_letter_in_html_are_read() {
    assert_eq!(bare("<p>we &amp; you</p><p>tomorrow</p>"), "we & you tomorrow");
}
