//! Every suite against the real program has its turn in `tests/run`: one that nobody names never runs.

use super::scan::root;

#[test]
fn every_live_suite_has_its_turn() {
    let run = std::fs::read_to_string(root().join("tests/run")).unwrap();
    let named: Vec<&str> = run.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut suites = 0;
    for entry in std::fs::read_dir(root().join("tests/live")).unwrap() {
        let path = entry.unwrap().path();
        let Some(suite) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".rs") else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("#[tokio::test") || text.contains("#[test]") {
            suites += 1;
            assert!(named.contains(&suite), "tests/run never runs tests/live/{suite}.rs");
        }
    }
    assert!(suites > 10, "{suites}");
}
