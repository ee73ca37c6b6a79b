//! Words that stand only where they belong, and words that stand nowhere.

use super::scan::{Source, root, sources};
use std::process::Command;

/// Names that say nothing about what a module is for.
const EMPTY_NAMES: [&str; 8] =
    ["manager", "helper", "helpers", "util", "utils", "common", "service", "services"];
/// Calls that end the process or hide a mistake.
const BANNED_CALLS: [&str; 7] =
    [".unwrap()", ".expect(", "todo!", "unimplemented!", "dbg!", "AssertSqlSafe", "panic!("];
/// What only one engine knows: allowed where `pick` chooses between two texts.
const ONE_ENGINE: [&str; 18] = [
    "json_each",
    "jsonb",
    "json_array_elements",
    "FOR UPDATE",
    "SKIP LOCKED",
    "ILIKE",
    "ANY(",
    "now()",
    "interval '",
    "strftime",
    "datetime(",
    "julianday",
    "unixepoch",
    " GLOB ",
    " MATCH ",
    "tsvector",
    "tsquery",
    "ON DUPLICATE",
];

#[test]
fn module_names_say_what_they_are_for() {
    let named = |s: &Source| {
        let mut parts = s.path.trim_end_matches(".rs").split('/');
        parts.any(|p| EMPTY_NAMES.contains(&p) || p.starts_with("new_"))
    };
    let wrong: Vec<String> = sources().into_iter().filter(named).map(|s| s.path).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn nothing_ends_the_process_by_surprise() {
    let mut wrong = Vec::new();
    for source in sources() {
        for call in BANNED_CALLS {
            // A constant is worked out when it is built, and what goes wrong there does not build.
            let built = |at: usize| line_of(&source.code, at).contains("const ");
            // One joins constant statements; the other names tables and columns as the schema itself names them, quoted.
            let sound = ["src/store/script.rs", "src/store/whole.rs"];
            if call == "AssertSqlSafe" && sound.contains(&source.path.as_str()) {
                continue;
            }
            for (at, _) in source.code.match_indices(call).filter(|(at, _)| !built(*at)) {
                wrong.push(format!("{}:{}: {call}", source.path, source.line(at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The line in which a place stands.
fn line_of(code: &str, at: usize) -> &str {
    let start = code[..at].rfind('\n').map_or(0, |n| n + 1);
    code[start..].lines().next().unwrap_or_default()
}

fn is_statement(text: &str) -> bool {
    let has = |word: &str| text.contains(word);
    (has("SELECT ") && has("FROM "))
        || has("INSERT INTO ")
        || has("DELETE FROM ")
        || (has("UPDATE ") && has(" SET "))
        || has("CREATE TABLE ")
        || has("PRAGMA ")
}

#[test]
fn sql_stands_in_the_store_only() {
    let (mut inside, mut wrong) = (0, Vec::new());
    for source in sources() {
        // The language in which Salesforce is asked only looks like it.
        let foreign = source.path == "src/tickets/salesforce.rs";
        for (at, text) in source.texts.iter().filter(|_| !foreign) {
            match (is_statement(text), source.module.as_str()) {
                (true, "store") => inside += 1,
                (true, _) => wrong.push(format!("{}:{}: {text}", source.path, source.line(*at))),
                _ => {}
            }
        }
        for word in ["sqlx::query", "sqlx::raw_sql"] {
            if source.module != "store" && source.code.contains(word) {
                wrong.push(format!("{}: {word}", source.path));
            }
        }
    }
    assert!(inside > 50, "only {inside} statements found in the store: the scan is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_of_one_engine_stand_where_pick_chooses() {
    let mut wrong = Vec::new();
    for source in sources().into_iter().filter(|s| s.module == "store") {
        let picks = picks(&source);
        let words = |text: &str| ONE_ENGINE.iter().find(|w| text.contains(**w)).copied();
        let outside = |at: usize| !picks.iter().any(|(from, to)| (*from..*to).contains(&at));
        for (at, text) in source.texts.iter().filter(|(at, _)| outside(*at)) {
            if let Some(word) = words(text).filter(|_| is_statement(text)) {
                wrong.push(format!("{}:{}: '{word}' outside `pick`", source.path, source.line(*at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where calls of `pick` begin and end.
fn picks(source: &Source) -> Vec<(usize, usize)> {
    let end = |at: usize| {
        let mut depth = 0;
        for (n, b) in source.code.bytes().enumerate().skip(at) {
            match b {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 && b == b')' {
                return n;
            }
        }
        source.code.len()
    };
    source.code.match_indices(".pick(").map(|(at, _)| (at, end(at))).collect()
}

/// Every tracked file of text, with its path.
fn tracked() -> Vec<(String, String)> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let list = String::from_utf8(listed.stdout).unwrap();
    let paths = list.split('\0').filter(|p| !p.is_empty());
    let read = |p: &str| Some((p.to_owned(), String::from_utf8(std::fs::read(root().join(p)).ok()?).ok()?));
    paths.filter_map(read).collect()
}

#[test]
fn no_file_speaks_of_one_machine() {
    // Written in two halves, so that this file does not hold what it looks for.
    let banned = [
        concat!("/wo", "rk/"),
        concat!("../sha", "red"),
        concat!("/tm", "p/"),
        concat!("/ro", "ot/"),
        concat!("static.cra", "tes.io"),
        concat!("py", "pi.org"),
        concat!("deb.deb", "ian.org"),
        concat!("registry.npm", "js.org"),
    ];
    let files = tracked();
    assert!(files.len() > 50, "only {} files found", files.len());
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(p, _)| !p.ends_with("lock") && !p.ends_with("lock.json")) {
        for word in banned {
            for (n, line) in text.lines().enumerate().filter(|(_, l)| l.contains(word)) {
                wrong.push(format!("{path}:{}: '{word}' in: {line}", n + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names in calls of one of these macros, with where they stand.
fn named_in(source: &Source, calls: &[&str]) -> Vec<(usize, String)> {
    let is_named = |at: usize| {
        let before = source.code[..at].trim_end();
        calls.iter().any(|call| before.ends_with(call))
    };
    let named = source.texts.iter().filter(|(at, text)| text.starts_with("\"webcared_") && is_named(*at));
    named.map(|(at, text)| (*at, text.trim_matches('"').to_owned())).collect()
}

#[test]
fn every_figure_says_what_it_means() {
    let sources = sources();
    let of = |calls: &'static [&'static str]| {
        sources.iter().flat_map(move |s| named_in(s, calls).into_iter().map(move |(at, name)| (s, at, name)))
    };
    let described: Vec<String> = of(&["describe_counter!(", "describe_gauge!(", "describe_histogram!("])
        .map(|(_, _, name)| name)
        .collect();
    assert!(described.len() > 10, "only {} figures found", described.len());
    let silent: Vec<String> = of(&["counter!(", "gauge!(", "histogram!("])
        .filter(|(_, _, name)| !described.contains(name))
        .map(|(s, at, name)| format!("{}:{}: {name}", s.path, s.line(at)))
        .collect();
    assert!(silent.is_empty(), "figures that `promtool check metrics` would refuse:\n{}", silent.join("\n"));
    // What an alert or a panel waits for has to be counted somewhere.
    let counted: Vec<String> = of(&["counter!(", "gauge!(", "histogram!("])
        .filter(|(s, ..)| s.path != "src/telemetry.rs")
        .map(|(_, _, name)| name)
        .collect();
    let told: Vec<&String> = described.iter().filter(|name| !counted.contains(name)).collect();
    assert!(told.is_empty(), "figures that are described and never counted: {told:?}");
}
