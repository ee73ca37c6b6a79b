//! House rules as tests: who may import whom, how long things are, which words stand where, what
//! the landed migrations are, and under which licences the dependencies come.

mod licences;
mod migrations;
mod rounds;
mod scan;
mod words;

use scan::{Source, sources};
use std::collections::{BTreeMap, BTreeSet};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Who may import whom. A module that is not in this table may import nothing and be imported by
/// nobody; a new one gets its row here, with the reason in the commit.
const ALLOWED: &[(&str, &str)] = &[
    ("domain", ""),
    // Sentences of the rules for pages and the bot, which may not read one another.
    ("dutch", "domain"),
    ("clock", "domain"),
    ("shutdown", "domain"),
    ("telemetry", "clock domain"),
    ("http_client", "clock domain shutdown"),
    ("triage", "domain"),
    ("store", "domain"),
    // Pure: what a key of a browser has signed.
    ("webauthn", ""),
    ("sealing", ""),
    ("sources", "clock domain http_client sealing shutdown"),
    // Signatures of webhooks, and the words for trouble outside, are those of sources.
    ("tickets", "clock domain http_client sources"),
    ("casefile", "domain store"),
    ("folding", "casefile domain store"),
    ("alerting", "casefile clock domain store"),
    ("telling", "casefile clock domain store"),
    ("announcing", "casefile clock domain store"),
    ("catalogue", "alerting announcing casefile clock domain store telling"),
    // Fetches what calendars name; only the HTTP client and the store are touched.
    ("holidays", "catalogue clock domain http_client shutdown store"),
    // Reads through the traits of sources who may be answered, and guards public answers by triage's
    // pure search for personal data.
    // Who is on duty hears of answers that wait for a colleague; pictures of our own are stripped as customers' are.
    (
        "casework",
        "alerting attaching casefile catalogue clock domain duty folding sources store telling tickets triage",
    ),
    ("deadlines", "casefile casework catalogue clock domain shutdown store"),
    ("intake", "alerting casefile casework catalogue clock domain folding shutdown store telling triage"),
    ("outbox", "clock domain shutdown store"),
    ("answering", "alerting catalogue clock domain intake outbox shutdown sources store"),
    ("ticketing", "casefile casework catalogue clock domain outbox shutdown store telling tickets"),
    // Asks the sources where files are, and fetches them by the client for files.
    ("attaching", "clock domain http_client shutdown sources store"),
    ("mailing", "domain sources"),
    // Says on other channels what the cards of the chat say.
    (
        "alarms",
        "alerting catalogue chat clock courier domain duty http_client mailing outbox shutdown sources store",
    ),
    // Reads plans by the HTTP client; touches no case.
    ("duty", "catalogue clock domain http_client shutdown store"),
    // What it plans is one plan of duty; who is on is duty's to say.
    ("planner", "catalogue clock domain duty shutdown store"),
    ("checking", "catalogue clock domain shutdown store"),
    // Asks sources how answers of members were received; counts nothing.
    ("crediting", "clock domain shutdown sources store"),
    ("watching", "catalogue clock domain shutdown store"),
    // Makes cases part of incidents by the hand of casework, which writes their timelines.
    ("surging", "casework catalogue clock domain shutdown store"),
    ("housekeeping", "clock domain shutdown store"),
    ("receiving", "clock domain shutdown store"),
    ("hooking", "clock domain receiving sources store ticketing tickets web"),
    ("replaying", "domain intake"),
    ("sample", "domain replaying"),
    ("collect", "catalogue clock domain intake shutdown sources store"),
    ("people", "clock domain sealing store webauthn"),
    // Asks a provider of identities who somebody is, and lets them in by the hand of people.
    ("provider", "clock domain http_client people store"),
    ("tokens", "clock domain people store"),
    // Signs as deliveries to us are signed.
    ("courier", "announcing clock domain http_client outbox shutdown sources store"),
    ("moving", "domain store"),
    // Sends words to a service by the HTTP client, without what triage finds personal; says nothing to customers.
    ("translating", "clock domain http_client store triage"),
    // Tells the head of the audit by mail, or signed as what goes to programs.
    ("anchoring", "clock courier domain http_client mailing shutdown sources store"),
    // An erasure ends open cases by the steps of the table, and asks tickets to let go as well.
    ("privacy", "casefile casework catalogue clock domain outbox shutdown store telling"),
    // The console's twin for programs: the console serves it and imports it, never the other way round.
    (
        "api",
        "casework catalogue clock domain duty people planner privacy reports sources store tokens translating",
    ),
    // Examples for the front office are told without what triage finds personal; gaps of duty are duty's to tell;
    // topics that rise are reasons of triage, in Dutch where the page is; another triage rule is tried on messages with
    // what people corrected in them laid over, which is folding's to do.
    ("reports", "catalogue clock domain dutch duty folding store triage"),
    // Reports as mails: made by reports, handed over by mailing.
    ("reporting", "catalogue clock domain mailing outbox reports shutdown sources store"),
    (
        "chat",
        "alerting casework catalogue clock domain dutch duty http_client outbox people reports shutdown store tickets",
    ),
    (
        "web",
        "api casework catalogue clock domain dutch duty intake outbox people planner privacy provider receiving reports shutdown sources store telling tickets tokens translating webauthn",
    ),
    // The concepts to which a brand may add words are triage's to name.
    (
        "settings",
        "alarms anchoring announcing attaching catalogue chat collect courier domain duty http_client mailing people planner privacy provider reporting reports sources store telemetry tickets translating triage web",
    ),
    ("control", "catalogue clock domain duty intake people privacy replaying shutdown store tokens"),
    (
        "app",
        "alerting casework catalogue clock control courier domain duty housekeeping http_client intake people privacy provider settings sources store tickets tokens translating",
    ),
    (
        "doctor",
        "alarms chat clock domain http_client provider reporting settings shutdown sources tickets translating",
    ),
    (
        "running",
        "alarms anchoring answering app attaching catalogue chat checking clock collect courier crediting deadlines domain duty holidays hooking housekeeping http_client intake outbox planner privacy provider receiving replaying reporting \
         sample settings shutdown sources store surging telemetry ticketing tickets translating watching web",
    ),
    (
        "cli",
        "app catalogue clock control courier doctor domain folding moving privacy replaying reporting reports running settings shutdown sources store telemetry tickets triage web",
    ),
    ("main", "cli"),
    ("bin", "domain triage"),
];

fn allowed(module: &str) -> Option<BTreeSet<&'static str>> {
    let row = ALLOWED.iter().find(|(name, _)| *name == module)?;
    Some(row.1.split_whitespace().collect())
}

/// What each module imports, from the code outside tests.
fn imports(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources.iter().filter(|s| s.module != "lib") {
        let found = graph.entry(source.module.clone()).or_default();
        found.extend(source.imports().into_iter().filter(|m| *m != source.module));
    }
    graph
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|s| s.module != "lib") {
        let Some(allowed) = allowed(&source.module) else {
            wrong.push(format!("{}: the module '{}' has no row in the table", source.path, source.module));
            continue;
        };
        for import in source.imports() {
            if import != source.module && !allowed.contains(import.as_str()) {
                wrong.push(format!("{}: '{}' may not import '{import}'", source.path, source.module));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_no_ring_of_modules() {
    let graph = imports(&sources());
    assert!(graph.len() > 10 && graph.values().any(|i| !i.is_empty()), "the scan found nothing");
    assert_eq!(ring(&graph), None, "modules that import each other in a ring");
    let drawn: BTreeMap<String, BTreeSet<String>> = ALLOWED
        .iter()
        .map(|(name, row)| ((*name).to_owned(), row.split_whitespace().map(ToOwned::to_owned).collect()))
        .collect();
    assert_eq!(ring(&drawn), None, "the table itself allows a ring");
}

/// What remains when modules that import nothing more are taken away again and again.
fn ring(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let mut left = graph.clone();
    loop {
        let known: BTreeSet<String> = left.keys().cloned().collect();
        for imports in left.values_mut() {
            imports.retain(|i| known.contains(i));
        }
        let before = left.len();
        left.retain(|_, imports| !imports.is_empty());
        if left.is_empty() {
            return None;
        }
        if left.len() == before {
            return Some(left);
        }
    }
}

#[test]
fn rings_are_seen() {
    let graph = |rows: &[(&str, &[&str])]| -> BTreeMap<String, BTreeSet<String>> {
        rows.iter().map(|(m, i)| ((*m).to_owned(), i.iter().map(|x| (*x).to_owned()).collect())).collect()
    };
    assert_eq!(ring(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &[])])), None);
    let found = ring(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])])).unwrap();
    assert!(found.contains_key("b") && found.contains_key("c"));
}

#[test]
fn files_and_functions_fit_the_head() {
    let mut wrong = Vec::new();
    for source in sources() {
        if source.lines > FILE_LINES_MAX {
            wrong.push(format!("{}: {} lines; at most {FILE_LINES_MAX}", source.path, source.lines));
        }
        for (name, line, lines) in source.functions() {
            if lines > FUNCTION_LINES_MAX {
                wrong.push(format!(
                    "{}:{line}: fn {name} has {lines} lines; at most {FUNCTION_LINES_MAX}",
                    source.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> =
        sources().into_iter().filter(|s| !s.raw.starts_with("//!")).map(|s| s.path).collect();
    assert!(silent.is_empty(), "files that do not begin with `//!`: {silent:?}");
}

#[test]
fn the_map_names_every_module() {
    let page = std::fs::read_to_string(scan::root().join("src/ARCHITECTURE.md")).unwrap();
    let modules = ALLOWED.iter().map(|(name, _)| *name).filter(|name| !["main", "bin"].contains(name));
    let missing: Vec<&str> = modules
        .filter(|name| !page.contains(&format!("[`{name}`]")) && !page.contains(&format!("[`{name}::")))
        .collect();
    assert!(missing.is_empty(), "src/ARCHITECTURE.md does not say what these are for: {missing:?}");
}
