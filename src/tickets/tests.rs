use super::*;

fn kinds(word: &str) -> Vec<Given> {
    Term::readings(word).into_iter().map(|t| t.kind).collect()
}

#[test]
fn a_word_is_what_it_may_be() {
    use Given::{Email, Phone, Reference, Ticket};
    assert_eq!(kinds(" jan@example.org "), [Email]);
    assert_eq!(kinds("#17"), [Ticket]);
    assert_eq!(kinds("17"), [Ticket, Reference]);
    assert_eq!(kinds("06-12 34 56 78"), [Phone, Reference]);
    assert_eq!(kinds("0612345678"), [Ticket, Phone, Reference]);
    assert_eq!(kinds("NL-2026-55"), [Ticket, Reference]);
    assert!(kinds("").is_empty() && kinds("a\u{0}b").is_empty() && kinds(&"9".repeat(300)).is_empty());
}
