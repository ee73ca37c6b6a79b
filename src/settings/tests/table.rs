//! Bad files and the exact mistakes they give, each with its line.
//!
//! Every case is a whole file; it is written to a folder of its own and read as the program does.

use super::*;
use std::fmt::Write as _;

#[test]
fn nothing_at_all_is_right() {
    check("", &[]);
    let settings = load(None, &Flags::default(), std::iter::empty()).unwrap();
    assert_eq!(settings.listen, "127.0.0.1:8080");
    assert!(settings.brands.is_empty());
}

#[test]
fn what_is_not_toml_is_told_with_line_and_column() {
    check("a = { b = 1, b = 2 }\n", &["F:1:14: duplicate key; wanted is TOML"]);
    check("a = 1\nb = \"x\n", &["F:2:7: invalid basic string, expected `\"`; wanted is TOML"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("F");
    std::fs::write(&file, b"a = 1\nb = '\xff'\n").unwrap();
    let told = load(Some(&file), &Flags::default(), std::iter::empty()).unwrap_err().to_string();
    assert!(told.ends_with("F:2: not UTF-8; wanted is text in UTF-8"), "{told}");
    let told = load(Some(Path::new("/no/F")), &Flags::default(), std::iter::empty()).unwrap_err().to_string();
    assert_eq!(told, "/no/F: No such file or directory (os error 2); wanted is a readable file");
}

#[test]
fn unknown_keys_are_told_with_the_nearest_known_one() {
    check(
        "listne = 'x'\n",
        &[&format!("F:1: listne: not a known setting; {TOP_KEYS} (did you mean 'listen'?)")],
    );
    check("zzz = 'x'\n", &[&format!("F:1: zzz: not a known setting; {TOP_KEYS}")]);
    check(
        "[log]\n\nformt = 'json'\n",
        &["F:3: log.formt: not a known setting; allowed: format, filter (did you mean 'format'?)"],
    );
    check(
        "[[brand]]\nname = 'A'\nhandels = ['a']\n",
        &[
            "F:3: brand[0].handels: not a known setting; allowed: name, handles, hashtags, keywords, exclude, context, domains, compounds, references, own_accounts, languages, allow, template, private_link, policy, triage, safety, sector, front_office, survey, thanks, quality, protocol, routing (did you mean 'handles'?)",
        ],
    );
}

#[test]
fn a_brands_texts_are_checked() {
    let brand = "[[brand]]\nname = 'A'\nhandles = ['a']\n";
    check(
        &format!(
            "{brand}private_link = 'ftp://a.example'\n[[brand.template]]\ntext = 'Hi {{nam}} {{link}}'\n"
        ),
        &[
            "F:4: brand[0].private_link: 'ftp://a.example'; allowed: https://HOST, or http://HOST on this machine",
            "F:6: brand[0].template[0].text: no variable {nam}; allowed are {name}, {customer}, {brand}, {code}, {link}, {wait}",
        ],
    );
    check(
        &format!(
            "{brand}[[brand.template]]\nlanguage = 'dutch please'\nplatform = 'fax'\ntext = '{{link}}'\n"
        ),
        &[
            "F:5: brand[0].template[0].language: 'dutch please'; wanted is a language tag such as nl or pt-BR",
            "F:6: brand[0].template[0].platform: 'fax'; allowed: mastodon, bluesky, telegram, email, x, discourse, reddit, facebook, instagram, threads, youtube, whatsapp, google_business, google_play, app_store, trustpilot",
        ],
    );
    let long = "x".repeat(230);
    check(
        &format!("{brand}[[brand.template]]\nplatform = 'bluesky'\ntext = '{long} {{name}} {{link}}'\n"),
        &[
            "F:6: brand[0].template[0].text: up to 309 characters with all that is filled in; bluesky takes 300",
        ],
    );
    check(
        &format!("{brand}[[brand.template]]\nplatform = 'instagram'\ntext = '{long} {{name}} {{link}}'\n"),
        &[
            "F:6: brand[0].template[0].text: up to 309 characters with all that is filled in; instagram takes 300",
        ],
    );
    check(
        &format!("{brand}[[brand.template]]\nplatform = 'mastodon'\ntext = '{long} {{name}} {{link}}'\n"),
        &[],
    );
    check(
        &format!("{brand}[[brand.template]]\nkind = 'holding'\nlevel = 'P9'\ntext = 'soon'\n"),
        &["F:6: brand[0].template[0].level: 'P9'; allowed: P1, P2, P3, P4, P5 (did you mean 'P1'?)"],
    );
}

/// What is refused in the file is refused in the console, in the same words, and nothing else is.
#[test]
fn texts_of_the_console_are_checked_as_those_of_the_file() {
    use crate::domain::template::{Template, TemplateKind};
    let long = format!("{} {{name}} {{link}}", "x".repeat(230));
    let texts = [
        (TemplateKind::Holding, "", "", "soon"),
        (TemplateKind::Holding, "", "", "soon {code}"),
        (TemplateKind::Offer, "", "", "come here"),
        (TemplateKind::Offer, "dutch please", "", "{link}"),
        (TemplateKind::Offer, "nl", "fax", "{link}"),
        (TemplateKind::Offer, "", "bluesky", long.as_str()),
        (TemplateKind::Press, "", "", "{name"),
        (TemplateKind::Survey, "", "", ""),
    ];
    let plain = load_with(BRAND, &NONE, &Flags::default()).unwrap();
    let facts = TextFacts::of(&plain);
    let filled = |value: &str| Some(value.to_owned()).filter(|v| !v.is_empty());
    for (kind, language, platform, text) in texts {
        let mut file = format!("{BRAND}[[brand.template]]\nkind = '{}'\n", kind.code());
        for (key, value) in [("language", language), ("platform", platform)] {
            if !value.is_empty() {
                writeln!(file, "{key} = '{value}'").unwrap();
            }
        }
        writeln!(file, "text = '{text}'").unwrap();
        let refused = load_with(&file, &NONE, &Flags::default()).err().unwrap_or_default();
        let places: Vec<&str> = refused.iter().filter_map(|r| Some(r.split_once("brand[0].")?.1)).collect();
        let template = Template {
            kind,
            language: filled(language),
            platform: filled(platform),
            text: text.to_owned(),
            ..Template::default()
        };
        let told = facts.mistakes(&plain.brands[0], &template);
        let told: Vec<String> = told.iter().map(|(key, what)| format!("template[0].{key}: {what}")).collect();
        assert_eq!(told, places, "{file}");
        assert_eq!(refused.len(), places.len(), "{refused:?}");
    }
}

#[test]
fn a_brands_triage_is_checked() {
    let brand = "[[brand]]\nname = 'A'\nhandles = ['a']\n";
    check(
        &format!("{brand}[brand.triage]\nurgent = 101\n"),
        &["F:5: brand[0].triage.urgent: 101; allowed: -100 to 100; 0 is the model as it is"],
    );
    check(
        &format!("{brand}[brand.triage.words]\noutage = ['']\n"),
        &["F:5: brand[0].triage.words.outage: 1 words; wanted are 1 to 200 texts that are not empty"],
    );
}

#[test]
fn a_brands_sectors_are_checked() {
    let brand = "[[brand]]\nname = 'A'\nhandles = ['a']\n";
    let fine =
        "[[brand.sector]]\nname = 'repair'\nwords = ['kapot']\nconfirm = 'lead'\nintents = ['outage']\n";
    check(&format!("{brand}{fine}[brand.front_office]\nask_one_in = 4\n"), &[]);
    check(
        &format!("{brand}{fine}{fine}[[brand.sector]]\nname = ' x'\nwords = ['']\n"),
        &[
            "F:10: brand[0].sector[1].name: 'repair' is the name of sector[0] too; allowed: each name once",
            "F:15: brand[0].sector[2].name: ' x'; allowed: up to 40 characters, no space at either end",
            "F:16: brand[0].sector[2].words[0]: ''; wanted is a text that is not empty",
        ],
    );
    check(
        &format!("{brand}[[brand.sector]]\n"),
        &["F:4: brand[0].sector[0].name: missing; it has to be there"],
    );
    check(
        &format!("{brand}[brand.front_office]\nask_one_in = 0\nfirst_time_days = 61\n"),
        &[
            "F:5: brand[0].front_office.ask_one_in: the number 0; allowed: 1 to 1000",
            "F:6: brand[0].front_office.first_time_days: the number 61; allowed: 1 to 60",
        ],
    );
    check(
        &format!(
            "{brand}[brand.front_office]\ncomplaints = true\n[brand.front_office.goodwill]\ncurrency = 'euro'\nlimits = {{ agent = -1, laed = 250 }}\n"
        ),
        &[
            "F:7: brand[0].front_office.goodwill.currency: 'euro'; wanted are three capital letters, such as EUR",
            "F:8: brand[0].front_office.goodwill.limits.agent: -1; allowed: 0 to 1000000, in whole euro",
            "F:8: brand[0].front_office.goodwill.limits.laed: no role 'laed'; allowed: agent, guest, newcomer, lead, communications, admin, service (did you mean 'lead'?)",
        ],
    );
}

#[test]
fn what_stands_under_triage_is_checked() {
    let brand = "[[brand]]\nname = 'A'\nhandles = ['a']\n[brand.safety]\n";
    check(
        &format!("{brand}checks_a_day = 501\n"),
        &["F:5: brand[0].safety.checks_a_day: the number 501; allowed: 0 to 500"],
    );
    check(
        &format!("{brand}sort_only_days = -1\n"),
        &["F:5: brand[0].safety.sort_only_days: the number -1; allowed: 0 to 3650"],
    );
    check(
        &format!("{brand}wrote_again_day = 7\n"),
        &[
            "F:5: brand[0].safety.wrote_again_day: not a known setting; allowed: sort_only_days, checks_a_day, \
           wrote_again_days (did you mean 'wrote_again_days'?)",
        ],
    );
}

#[test]
fn wrong_kinds_and_bounds() {
    check("[web]\nlogin_hours = '12'\n", &["F:2: web.login_hours: a text; allowed: a whole number"]);
    check("[web]\nlogin_hours = 1.5\n", &["F:2: web.login_hours: the number 1.5; allowed: a whole number"]);
    check(
        "[attachments]\nbytes_max = 60000000\ntimeout_seconds = 0\nfetsh = true\n",
        &[
            "F:2: attachments.bytes_max: the number 60000000; allowed: 10000 to 52428800",
            "F:3: attachments.timeout_seconds: the number 0; allowed: 1 to 300",
            "F:4: attachments.fetsh: not a known setting; allowed: fetch, bytes_max, timeout_seconds (did you mean 'fetch'?)",
        ],
    );
    check("[web]\nlogin_hours = 0\n", &["F:2: web.login_hours: the number 0; allowed: 1 to 720"]);
    check(
        "[web]\nbody_bytes_max = -5\n",
        &["F:2: web.body_bytes_max: the number -5; allowed: a whole number, 0 or more"],
    );
    check("listen = 8080\n", &["F:1: listen: the number 8080; allowed: a text"]);
    check("web = 3\n", &["F:1: web: the number 3; allowed: a table"]);
    check("[brand]\nname = 'A'\n", &["F:1: brand: a table; allowed: a list"]);
    check(
        "[outbound]\nallow_private_addresses = 'yes'\n",
        &["F:2: outbound.allow_private_addresses: a text; allowed: true or false"],
    );
    check(
        "[log]\nformat = 'jsn'\n",
        &["F:2: log.format: 'jsn'; allowed: people, json (did you mean 'json'?)"],
    );
    check("[retention]\nraw_days = 91\n", &["F:2: retention.raw_days: the number 91; allowed: 1 to 90"]);
    check(
        "[retention]\ncontent_days = 0\ncounts_months = 200\n",
        &[
            "F:2: retention.content_days: the number 0; allowed: 1 to 3650",
            "F:3: retention.counts_months: the number 200; allowed: 1 to 120",
        ],
    );
    check(
        "[retention]\ncounts_months = 2\n",
        &[
            "F:2: retention.counts_months: the number 2; words are kept for 180 days, and counts at least as long",
        ],
    );
    check(
        "[[retention.platform]]\nname = 'x'\ndismissed_days = 0\n[[retention.platform]]\nname = 'x'\n",
        &[
            "F:3: retention.platform[0].dismissed_days: the number 0; allowed: 1 to 3650",
            "F:5: retention.platform[1].name: 'x'; wanted is the name of a platform, each once",
        ],
    );
}

#[test]
fn what_the_process_needs() {
    check(
        "listen = 'localhost:80'\n",
        &["F:1: listen: 'localhost:80'; wanted is ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080"],
    );
    check(
        "public_url = 'http://care.example'\n",
        &[
            "F:1: public_url: 'http://care.example' is not encrypted, so every log-in would be refused; allowed: https://HOST, or http://HOST on this machine",
        ],
    );
    check("public_url = 'http://[::1]:80/'\n", &[]);
    check(
        "public_url = 'http://localhost.evil.example'\n",
        &[
            "F:1: public_url: 'http://localhost.evil.example' is not encrypted, so every log-in would be refused; allowed: https://HOST, or http://HOST on this machine",
        ],
    );
    check(
        "public_url = 'https://care.example/x'\n",
        &[
            "F:1: public_url: 'https://care.example' and more; allowed: https://HOST, or http://HOST on this machine, without path, '?' and '#'",
        ],
    );
    check(
        "[report]\nmorning = '24:00'\nzone = 'Europe/Amsterdm'\n",
        &[
            "F:2: report.morning: '24:00'; wanted is a time as HH:MM, 00:00 to 23:59",
            "F:3: report.zone: 'Europe/Amsterdm'; wanted is an IANA time zone such as Europe/Amsterdam (did you mean 'Europe/Amsterdam'?)",
        ],
    );
    let told = load_with("[log]\nfilter = 'a=b=c'\n", &NONE, &Flags::default()).unwrap_err();
    assert!(told.len() == 1 && told[0].starts_with("F:2: log.filter: 'a=b=c': "), "{told:?}");
    let database = "allowed: postgres://USER@HOST/NAME, or nothing for SQLite in the data folder";
    check(
        "[database]\nurl = 'postgre://u:hunter2@h/d'\n",
        &[&format!("F:2: database.url: 'postgre://'; {database} (did you mean 'postgres://'?)")],
    );
    check(
        "[database]\nurl = 'hunter2'\n",
        &[&format!("F:2: database.url: not a database address; {database}")],
    );
}

#[test]
fn brands() {
    check(
        "[[brand]]\n",
        &[
            "F:1: brand[0].name: missing; it has to be there",
            "F:1: brand[0]: nothing by which to find it; wanted is at least one of handles, hashtags, keywords",
        ],
    );
    check_after_brand(
        "[[brand]]\nname = 'acme'\nkeywords = ['x']\n",
        &["F:5: brand[1].name: 'acme' is the name of brand[0] too; allowed: each name once"],
    );
    check(
        "[[brand]]\nname = ' A'\nhandles = [\n  '@a',\n  '',\n]\nhashtags = ['#b c']\n",
        &[
            "F:2: brand[0].name: ' A'; allowed: up to 60 characters, no space at either end",
            "F:4: brand[0].handles[0]: '@a'; wanted is the name alone, without '@' and spaces (did you mean 'a'?)",
            "F:5: brand[0].handles[1]: ''; wanted is a text that is not empty",
            "F:7: brand[0].hashtags[0]: '#b c'; wanted is the name alone, without '#' and spaces (did you mean 'bc'?)",
        ],
    );
    check_after_brand(
        "policy = 'social-30'\nlanguages = ['en', 'du']\n",
        &[
            "F:4: brand[0].policy: no policy 'social-30'; allowed: social-30m, round-the-clock-1h (did you mean 'social-30m'?)",
            "F:5: brand[0].languages[1]: 'du'; allowed: en, fr, nl, de, it, ja, no, pt, ru, es, other, unknown (did you mean 'de'?)",
        ],
    );
    check_after_brand(
        "own_accounts = [{ platform = 'mastodon' }]\n",
        &["F:4: brand[0].own_accounts[0].account: missing; it has to be there"],
    );
}

#[test]
fn one_mistake_hides_no_other_and_makes_none() {
    let file = "listne = 'x'\n[[brand]]\nname = 5\nhandles = [7]\npolicy = 'x'\n[[brand]]\nnmae = 'B'\nhandels = ['b']\n[[source]]\nname = 's'\njetsteam = {}\nbrand = 'B'\n";
    let told = load_with(file, &NONE, &Flags::default()).unwrap_err();
    let starts = [
        "F:1: listne: not",
        "F:3: brand[0].name: the number 5;",
        "F:4: brand[0].handles[0]: the number 7;",
        "F:5: brand[0].policy: no policy 'x';",
        "F:7: brand[1].nmae: not",
        "F:8: brand[1].handels: not",
        "F:11: source[0].jetsteam: not",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    assert!(told.iter().zip(starts).all(|(told, start)| told.starts_with(start)), "{told:#?}");
}

#[test]
fn policies() {
    check(
        "[[policy]]\nname = 'p'\nwarn_percent = [80, 50]\ntargets = [\n  { level = 'p1' },\n  { first_response_minutes = 0 },\n]\n",
        &[
            "F:3: policy[0].warn_percent: [80, 50]; allowed: up to four rising whole numbers from 1 to 99",
            "F:5: policy[0].targets[0].level: 'p1'; allowed: P1, P2, P3, P4, P5 (did you mean 'P1'?)",
            "F:6: policy[0].targets[1].first_response_minutes: 0; allowed: 1 to 527040 (a year)",
        ],
    );
    check(
        "[[policy]]\nname = 'social-30m'\n[[policy.targets]]\nfirst_response_minutes = 5\n",
        &["F:2: policy[0].name: 'social-30m' is the name of a ready-made policy; allowed: a name of its own"],
    );
    check("[[policy]]\nname = 'p'\n", &["F:1: policy[0].targets: empty; a policy needs at least one target"]);
    check(
        &format!(
            "{BRAND}policy = 'own'\n[[policy]]\nname = 'own'\ntargets = [{{ first_response_minutes = 5 }}]\n"
        ),
        &[],
    );
}

#[test]
fn sources() {
    let kinds = "wanted is exactly one of jetstream, mastodon_tags, bluesky_search, mastodon, bluesky, telegram, mail, discourse, x, youtube, reddit, whatsapp, google_business, google_play, app_store, trustpilot, facebook, threads, instagram, feed, http, webhook";
    check("[[source]]\nname = 's'\n", &[&format!("F:1: source[0]: no kind; {kinds}")]);
    check(
        "[[source]]\nname = 's'\njetstream = {}\nmastodon_tags = {}\n",
        &[&format!("F:1: source[0]: 2 kinds; {kinds}")],
    );
    check(
        "[[source]]\nnmae = 's'\njetstream = {}\n",
        &[
            "F:2: source[0].nmae: not a known setting; allowed: name, brand, counts_from, jetstream, mastodon_tags, bluesky_search, mastodon, bluesky, telegram, mail, discourse, x, youtube, reddit, whatsapp, google_business, google_play, app_store, trustpilot, facebook, threads, instagram, feed, http, webhook (did you mean 'name'?)",
        ],
    );
    check(
        "[chat.telegram]\ntoken = '42:a'\nteams = [{ chat = -1 }]\n[[source]]\nname = 's'\ntelegram = { token = '42:b' }\n",
        &[
            "F:6: source[0].telegram.token: the bot of chat.telegram; wanted is another bot: one for customers, one for the team",
        ],
    );
    check(
        "[[source]]\nname = 's'\ntelegram = { api_url = 'http://bot.example' }\n",
        &[
            "F:3: source[0].telegram.api_url: 'http://bot.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:3: source[0].telegram: no token; wanted is token or token_file",
        ],
    );
    check_after_brand(
        "\n[[source]]\nbrand = 'Acmee'\ncounts_from = 'yesterday'\n[source.jetstream]\nservers = ['http://a', 'ws://b.example', 'wss://u:pw@c']\nversion = 300\n",
        &[
            "F:5: source[0].name: missing; it has to be there",
            "F:6: source[0].brand: no brand 'Acmee'; allowed: Acme (did you mean 'Acme'?)",
            "F:7: source[0].counts_from: 'yesterday'; wanted is an RFC 3339 instant such as 2026-11-24T09:30:00Z",
            "F:9: source[0].jetstream.servers[0]: 'http://a'; allowed: wss://HOST, or ws://HOST on this machine",
            "F:9: source[0].jetstream.servers[1]: 'ws://b.example' is not encrypted; allowed: wss://HOST, or ws://HOST on this machine",
            "F:9: source[0].jetstream.servers[2]: an address with a user name or password; allowed: wss://HOST, or ws://HOST on this machine",
            "F:10: source[0].jetstream.version: the number 300; allowed: a whole number from 0 to 255",
        ],
    );
    check("[[source]]\nname = 's'\ncounts_from = 2026-11-24T09:30:00Z\njetstream = {}\n", &[]);
    check(
        "[[source]]\nname = 'a'\njetstream = {}\n[[source]]\nname = 'A'\nwebhook = {}\n",
        &[
            "F:5: source[1].name: 'A' is the name of source[0] too; allowed: each name once",
            "F:6: source[1].webhook: no secret; wanted is secret or secret_file",
        ],
    );
    check(
        "[[source]]\nname = 'a b'\n[source.webhook]\nsecret = 'whsec_c2hvcnQ='\nprevious_secret = 'hunter2'\ntolerance_seconds = 0\n",
        &[
            "F:2: source[0].name: 'a b'; allowed: up to 40 letters, digits and '-'",
            "F:4: source[0].webhook.secret: not a signing secret; wanted is 'whsec_' and base64 of 24 to 64 bytes",
            "F:5: source[0].webhook.previous_secret: not a signing secret; wanted is 'whsec_' and base64 of 24 to 64 bytes",
            "F:6: source[0].webhook.tolerance_seconds: the number 0; allowed: 1 to 3600",
        ],
    );
}

#[test]
fn chat() {
    check(
        "[chat.telegram]\n",
        &[
            "F:1: chat.telegram: no token; wanted is token or token_file",
            "F:1: chat.telegram.teams: no chats; wanted is at least one, as { chat = NUMBER }",
        ],
    );
    check("[chat]\ntelegram = '12:secret'\n", &["F:2: chat.telegram: a text; allowed: a table"]);
    check(
        "[answers]\nfrom_chat = true\n[chat.telegram]\ntoken = '12:secret'\nteams = [{ chat = -1 }]\n",
        &[
            "F:2: answers.from_chat: on, and nobody may use it; wanted are chat.telegram.users, who may answer from the chat",
        ],
    );
    check_after_brand(
        "[chat.telegram]\ntoken = 'secret'\napi_url = 'http://bot.example'\nteams = [\n  { chat = -1 },\n  { chat = -1, brands = ['Acm'] },\n  { brands = [] },\n]\nusers = [\n  { id = 7, login = 'a' },\n  { id = 7, login = 'b' },\n  { id = 0, login = 'A' },\n]\nleads = [0]\n",
        &[
            "F:5: chat.telegram.token: not a bot token; wanted is DIGITS:TEXT as BotFather gives it",
            "F:6: chat.telegram.api_url: 'http://bot.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:9: chat.telegram.teams[1].chat: -1 stands here twice; allowed: each id once",
            "F:9: chat.telegram.teams[1].brands[0]: no brand 'Acm'; allowed: Acme (did you mean 'Acme'?)",
            "F:10: chat.telegram.teams[2].chat: missing; it has to be there",
            "F:14: chat.telegram.users[1].id: 7 stands here twice; allowed: each id once",
            "F:15: chat.telegram.users[2].id: the number 0; wanted is a person's Telegram id, 1 or more",
            "F:15: chat.telegram.users[2].login: 'A' stands here twice; allowed: each login once",
            "F:17: chat.telegram.leads[0]: the number 0; wanted is an id of Telegram",
        ],
    );
}

/// Whatever stands in the place of any value of the sample, it is read to the end, and each mistake has
/// its line.
#[test]
fn any_value_may_be_wrong() {
    let sample: Vec<&str> = include_str!("../../../deploy/webcared.toml").lines().collect();
    let mut mistakes = 0;
    for (at, line) in sample.iter().enumerate() {
        let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.contains(' ')) else { continue };
        for value in ["5", "-1", "0.5", "true", "''", "'x'", "'a:b'", "[]", "[7]", "[{}]", "{}", "{ x = 1 }"]
        {
            let changed = format!("{key} = {value}");
            let mut lines = sample.clone();
            lines[at] = &changed;
            for told in load_with(&lines.join("\n"), &NONE, &Flags::default()).err().unwrap_or_default() {
                let number = told.strip_prefix("F:").and_then(|t| t.split(':').next()?.parse::<usize>().ok());
                // A list over several lines leaves its tail behind, which is no TOML.
                assert!(number.is_some_and(|n| n >= 1), "{changed}: {told}");
                mistakes += 1;
            }
        }
    }
    assert!(mistakes > 100, "{mistakes}");
}
