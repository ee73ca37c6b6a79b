//! What Request Tracker is asked, and how.

use super::*;

#[test]
fn a_search_cannot_be_broken_out_of() {
    assert_eq!(quoted("x' OR id > '0"), "x\\' OR id > \\'0");
    assert_eq!(quoted("a\\'b\n"), "a\\\\\\'b");
}
