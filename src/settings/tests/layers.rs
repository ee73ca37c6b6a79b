//! Environment, flags and files of secrets over the file; that no secret is ever shown; that the
//! sample configurations are right.

use super::*;
use std::collections::{BTreeSet, HashMap};

#[test]
fn the_environment_wins_over_the_file_and_flags_over_both() {
    let file = format!(
        "listen = '127.0.0.1:1'\n{BRAND}[web]\nlogin_hours = 3\n[[source]]\nname = 'h'\n[source.webhook]\nsecret_file = '/nowhere'\n"
    );
    let env = [
        ("WEBCARED__LISTEN", "127.0.0.1:2"),
        ("WEBCARED__PUBLIC_URL", "https://care.example/"),
        ("webcared__web__login_hours", "4"),
        ("WEBCARED__OUTBOUND__ALLOW_PRIVATE_ADDRESSES", "true"),
        ("WEBCARED__BRAND__0__KEYWORDS", "one, two words"),
        ("WEBCARED__BRAND__0__HASHTAGS", "['x']"),
        ("WEBCARED__SOURCE__0__WEBHOOK__SECRET", SIGNING),
        ("WEBCARED__LOG__FORMAT", "json"),
        ("WEBCARED__LOG__FILTER", ""),
        ("WEBCARED_CONFIG", "x"),
        ("WEBCARED_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("WEBCARED_SERVICE_HOST", "10.0.0.1"),
        ("OTHER__THING", "1"),
    ];
    let flags = Flags { listen: Some("127.0.0.1:3".to_owned()), ..Flags::default() };
    let settings = load_with(&file, &env, &flags).unwrap();
    assert_eq!(settings.listen, "127.0.0.1:3");
    assert_eq!(settings.public_url, "https://care.example");
    assert_eq!(settings.web.login_hours, 4);
    assert!(settings.outbound.allow_private_addresses);
    assert_eq!(settings.brands[0].keywords, ["one", "two words"]);
    assert_eq!(settings.brands[0].hashtags, ["x"]);
    assert_eq!(settings.brands[0].policy, DEFAULT_POLICY);
    assert_eq!(settings.log.format, crate::telemetry::LogFormat::Json);
    assert_eq!(settings.log.filter, "info");
    let secret = settings.sources[0].webhook.as_ref().and_then(|w| w.secret.as_ref());
    assert_eq!(secret.map(ExposeSecret::expose_secret), Some(SIGNING));
}

#[test]
fn mistakes_of_the_environment_name_the_variable() {
    check_env(
        "listen = 'x'\n",
        &[
            ("WEBCARED__WEB__LOGIN_HUORS", "3"),
            ("WEBCARED__WEB__IDLE_MINUTES", "soon"),
            ("WEBCARED__WBE__A", "1"),
            ("WEBCARED__WBE__B", "2"),
            ("WEBCARED__BRAND__0__NAME", "x"),
            ("WEBCARED__LISTEN__PORT", "x"),
            ("WEBCARED__LOG__FORMAT", "yaml"),
            ("WEBCARED_WEB__LOGIN_HOURS", "3"),
            ("WEBCARED_DATA", "x"),
        ],
        &[
            "F:1: listen: 'x'; wanted is ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080",
            "WEBCARED_WEB__LOGIN_HOURS: one '_' after WEBCARED, so it would be passed over; allowed: WEBCARED__SECTION__KEY, or WEBCARED_CONFIG (did you mean 'WEBCARED__WEB__LOGIN_HOURS'?)",
            "WEBCARED_DATA: one '_' after WEBCARED, so it would be passed over; allowed: WEBCARED__SECTION__KEY, or WEBCARED_CONFIG (did you mean 'WEBCARED__DATA'?)",
            "WEBCARED__LISTEN__PORT: listen.port: not a known setting; 'listen' holds one value",
            "WEBCARED__BRAND__0__NAME: brand: a table; allowed: a list",
            "WEBCARED__LOG__FORMAT: log.format: 'yaml'; allowed: people, json",
            "WEBCARED__WBE__A: wbe: not a known setting; allowed: listen, public_url, data, database, log, web, login, outbound, brand, policy, calendar, source, chat, report, retention, answers, attachments, tickets, hook_out, alerts, duty, audit, forecast, public_figure, helpers, planner, translation (did you mean 'web'?)",
            "WEBCARED__WBE__B: wbe: not a known setting; allowed: listen, public_url, data, database, log, web, login, outbound, brand, policy, calendar, source, chat, report, retention, answers, attachments, tickets, hook_out, alerts, duty, audit, forecast, public_figure, helpers, planner, translation (did you mean 'web'?)",
            "WEBCARED__WEB__IDLE_MINUTES: web.idle_minutes: a text; allowed: a whole number",
            "WEBCARED__WEB__LOGIN_HUORS: web.login_huors: not a known setting; allowed: header_seconds, request_seconds, body_bytes_max, connections_max, metrics_token, metrics_token_file, login_hours, idle_minutes, api_per_minute, trusted_proxies, forwarded_header, languages (did you mean 'login_hours'?)",
        ],
    );
    let flags = Flags { listen: Some("nowhere".to_owned()), ..Flags::default() };
    let told = load_with("listen = '127.0.0.1:1'\n", &NONE, &flags).unwrap_err();
    assert_eq!(
        told,
        ["--listen: listen: 'nowhere'; wanted is ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080"]
    );
}

#[test]
fn who_only_says_where_to_listen_is_reached_there() {
    let reached = |text: &str, listen: Option<&str>| {
        let flags = Flags { listen: listen.map(str::to_owned), ..Flags::default() };
        load_with(text, &NONE, &flags).unwrap().public_url
    };
    assert_eq!(reached("", None), "http://127.0.0.1:8080");
    assert_eq!(reached("listen = '127.0.0.1:9000'\n", None), "http://127.0.0.1:9000");
    // Who listens on all addresses is reached by none of that name.
    assert_eq!(reached("", Some("0.0.0.0:8081")), "http://127.0.0.1:8081");
    assert_eq!(reached("", Some("[::]:81")), "http://[::1]:81");
    assert_eq!(reached("public_url = 'https://care.example'\n", Some("0.0.0.0:81")), "https://care.example");
}

#[test]
fn secrets_come_from_files_trimmed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (name, text) in [("token", "  12:abc\n"), ("empty", " \n"), ("url", "postgres://u:hunter2@h/d\n")] {
        std::fs::write(path(name), text).unwrap();
    }
    let (token, empty, url) = (path("token"), path("empty"), path("url"));
    let text = format!(
        "[chat.telegram]\ntoken_file = '{token}'\nteams = [{{ chat = 1 }}]\n[database]\nurl_file = '{url}'\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let bot = settings.chat.telegram.clone().unwrap();
    assert_eq!(bot.token.unwrap().expose_secret(), "12:abc");
    assert_eq!(settings.place().unwrap().shown(), "PostgreSQL at h/d");
    // A value that wins over the file's file, and a flag that wins over both.
    let flags = Flags { database: Some("postgres://v@i/e".into()), ..Flags::default() };
    let settings = load_with(&text, &[("WEBCARED__CHAT__TELEGRAM__TOKEN", "13:x")], &flags).unwrap();
    assert_eq!(settings.place().unwrap().shown(), "PostgreSQL at i/e");
    check(
        &format!("[web]\nmetrics_token = 'x'\nmetrics_token_file = '{token}'\n"),
        &[
            "F:3: web.metrics_token_file: 'metrics_token' is given as well; allowed: one of the two",
            "F:3: web.metrics_token_file: too short to be safe; wanted are 16 characters or more",
        ],
    );
    let wanted = "wanted is a readable file with the secret in it";
    check(
        &format!("[web]\nmetrics_token_file = '{empty}'\n"),
        &[&format!("F:2: web.metrics_token_file: {empty}: empty; {wanted}")],
    );
    check(
        "[web]\nmetrics_token_file = '/no/such'\n",
        &[&format!(
            "F:2: web.metrics_token_file: /no/such: No such file or directory (os error 2); {wanted}"
        )],
    );
}

#[test]
fn secrets_are_never_shown() {
    let good = format!(
        "[database]\nurl = 'postgres://u:hunter2@h/d'\n[web]\nmetrics_token = 'hunter2hunter2hunter2'\n[chat.telegram]\ntoken = '1:hunter2'\nteams = [{{ chat = 1 }}]\n[[source]]\nname = 'h'\nwebhook = {{ secret = '{SIGNING}' }}\n"
    );
    let flags = Flags { database: Some("postgres://u:hunter2@h/d".into()), ..Flags::default() };
    let settings = load_with(&good, &NONE, &flags).unwrap();
    let summary = crate::cli::check::Summary::of(&settings).unwrap();
    let shown = format!("{settings:?}{flags:?}{}{summary:?}", summary.text());
    assert!(!shown.contains("hunter2") && !shown.contains(&SIGNING[6..]), "{shown}");
    for bad in [
        "database = 'postgres://u:hunter2@h/d'",
        "[database]\nurl = 'hunter2'",
        "[database]\nurl = 'mysql://u:hunter2@h/d'",
        "[database]\nurl = 'postgres://u:hunter2@h:port/d'",
        "[database]\nurl = ['hunter2']",
        "[database]\nurll = 'hunter2'",
        "[database]\nurl = 'hunter2\n",
        "[database]\nurl = \"hunter2\\x\"\n",
        "[web]\nmetrics_token = 'hunter2'",
        "[web]\nlogin_hours = 'hunter2'",
        "[chat]\ntelegram = 'hunter2'",
        "[chat.telegram]\ntoken = 'hunter2'",
        "[chat.telegram]\napi_url = 'http://bot.example/bothunter2'",
        "public_url = 'https://u:hunter2@h'",
        "public_url = 'http://u:hunter2@h'",
        "public_url = 'https://h/?hunter2'",
        "[[source]]\nname = 'h'\nwebhook = 'hunter2'",
        "[[source]]\nname = 'h'\nwebhook = { secret = 'hunter2', previous_secret = 'hunter2' }",
        "[[source]]\nname = 'h'\njetstream = { servers = ['wss://u:hunter2@h'] }",
    ] {
        let told = load_with(bad, &NONE, &Flags::default()).unwrap_err().join("\n");
        assert!(!told.contains("hunter2"), "{told}");
    }
    let env = [("WEBCARED__DATABASE", "hunter2"), ("WEBCARED__CHAT__TELEGRAM__TOKEN", "hunter2")];
    let told = load_with("", &env, &Flags::default()).unwrap_err().join("\n");
    assert!(!told.contains("hunter2"), "{told}");
    check("[web]\nmetrics_token = 1234\n", &["F:2: web.metrics_token: a number; allowed: a text"]);
}

#[test]
fn accounts_and_ticket_systems_are_in_the_summary() {
    let text = format!(
        "[[brand]]\nname = 'Acme'\nhandles = ['acme']\n\
         [[source]]\nname = 'toot'\nmastodon = {{ server = 'https://toot.example', token = 'hunter2' }}\n\
         [[tickets]]\nname = 'office'\nbrand = 'Acme'\n\
         webhook = {{ url = 'https://office.example/in', secret = '{SIGNING}' }}\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let told = crate::cli::check::Summary::of(&settings).unwrap().text();
    assert!(told.contains("toot: mastodon its account on https://toot.example\n"), "{told}");
    assert!(told.contains("office: webhook https://office.example/in, for Acme\n"), "{told}");
}

#[test]
fn the_sample_configurations_are_right() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    for name in ["webcared.toml", "first.toml"] {
        let loaded = load(Some(&deploy.join(name)), &Flags::default(), std::iter::empty());
        assert!(loaded.is_ok(), "{name}:\n{}", loaded.unwrap_err());
    }
    let lines = std::fs::read_to_string(deploy.join("first.toml")).unwrap().lines().count();
    assert!(lines <= 15, "the first configuration has {lines} lines");
}

/// What is commented out in the sample is right as well: with all of it, nothing is wrong but that the
/// secrets' files are not there.
#[test]
fn all_that_is_commented_out_in_the_sample_is_right() {
    let sample = include_str!("../../../deploy/webcared.toml");
    let is_setting = |text: &str| {
        let key = text.split(" = ").next().filter(|key| text.len() > key.len());
        let section = text.starts_with('[') && text.ends_with(']');
        section || key.is_some_and(|k| k.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(text) if is_setting(text) => format!("{text}\n"),
        _ => format!("{line}\n"),
    };
    let whole: String = sample.lines().map(line).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("F");
    std::fs::write(&file, whole).unwrap();
    let mistakes = load(Some(&file), &Flags::default(), std::iter::empty()).unwrap_err();
    assert!(
        mistakes.0.iter().all(|m| m.path.ends_with("_file") || m.path == "login.breached_list"),
        "{mistakes}"
    );
    assert_eq!(mistakes.0.len(), 70, "{mistakes}");
}

#[test]
fn mistakes_are_data_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("F");
    std::fs::write(&file, "listne = 'x'\n").unwrap();
    let mistakes = load(Some(&file), &Flags::default(), std::iter::empty()).unwrap_err();
    let json: Vec<HashMap<String, serde_json::Value>> =
        serde_json::from_str(&serde_json::to_string(&mistakes).unwrap()).unwrap();
    assert_eq!(json[0]["line"], 1);
    assert_eq!(json[0]["did_you_mean"], "listen");
    assert!(!json[0].contains_key("variable"));
}

/// The names of keys and sections in a text of settings, also of those that are commented out.
fn names(text: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let mut found = BTreeSet::new();
    for line in text.lines().map(|line| line.trim_start_matches(['#', ' '])) {
        if let Some((section, _)) =
            line.trim_start_matches('[').split_once(']').filter(|_| line.starts_with('['))
            && section.chars().all(|c| is_name(c) || c == '.')
        {
            found.extend(section.split('.'));
        }
        let code = line.split(" #").next().unwrap_or_default();
        let before = code.match_indices(" = ").map(|(at, _)| &code[..at]);
        found.extend(before.filter_map(|text| text.rsplit(|c| !is_name(c)).next()));
    }
    found.remove("");
    found
}

/// What README and the pages show as a setting is in the sample, and all of that can be read.
#[test]
fn pages_name_only_settings_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let known = names(include_str!("../../../deploy/webcared.toml"));
    let pages = std::fs::read_dir(root.join("src/docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut shown = 0;
    for page in pages.chain([root.join("README.md")]) {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in text.split("```toml\n").skip(1) {
            let named = names(block.split("```").next().unwrap());
            let wrong: Vec<&&str> = named.difference(&known).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", page.display());
            shown += named.len();
        }
    }
    assert!(shown > 200, "{shown}");
}

#[test]
fn what_stands_there_twice_has_a_path_and_hides_nothing_else() {
    check(
        "listen = 'x'\nlisten = 'y'\n[log]\nformat = 'json'\nformat = 'people'\nfromat = 'json'\n",
        &[
            "F:1: listen: 'x'; wanted is ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080",
            "F:2: listen: written twice; allowed: each name once",
            "F:5: log.format: written twice; allowed: each name once",
            "F:6: log.fromat: not a known setting; allowed: format, filter (did you mean 'format'?)",
        ],
    );
    let one = "[[brand]]\nname = 'A'\nhandles = ['a']\n";
    let two = "[[brand]]\nname = 'B'\nname = 'C'\nhandles = ['b']\n";
    check(&format!("{one}{two}"), &["F:6: brand[1].name: written twice; allowed: each name once"]);
    let hook =
        format!("[[source]]\nname = 's'\n[source.webhook]\nsecret = '{SIGNING}'\nsecret = 'hunter2'\n");
    check(
        &format!("{BRAND}{hook}[log]\n[log]\nnonsense = 1\n"),
        &[
            "F:8: source[0].webhook.secret: written twice; allowed: each name once",
            "F:10: log: written twice; allowed: each name once",
        ],
    );
    // What cannot be left out alone ends it.
    check("listen = 'x'\nlisten = [\n  'y',\n]\n", &["F:2:1: duplicate key; wanted is TOML"]);
}

#[test]
fn what_stands_below_a_section_and_not_in_it_is_told_so() {
    let told = load_with(&format!("{BRAND}listen = '127.0.0.1:1'\n"), &NONE, &Flags::default()).unwrap_err();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("F:4: brand[0].listen: not a known setting; allowed: name, "), "{told:?}");
    assert!(told[0].ends_with(" (did you mean 'listen, before the first [section]'?)"), "{told:?}");
}
