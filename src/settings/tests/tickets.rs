//! Ticket systems: bad sections and the exact mistakes they give.

use super::*;
use secrecy::ExposeSecret;

const RT: &str = "[[tickets]]\nname = 'office'\n[tickets.rt]\nurl = 'https://rt.example/tickets'\n\
    token = '1-27-2f0dbb48'\nqueue = 'Webcare'\n[tickets.rt.fields]\nkey = 'CaseKey'\n";

#[test]
fn a_right_section_is_read() {
    let settings = load_with(&format!("{BRAND}{RT}"), &NONE, &Flags::default()).unwrap();
    let system = &settings.tickets[0];
    let rt = system.rt.as_ref().unwrap();
    assert_eq!((rt.every_seconds, rt.fields.key.as_str()), (60, "CaseKey"));
    assert!(!format!("{settings:?}").contains("2f0dbb48"), "the token is never shown");
    let hook = format!(
        "{BRAND}[[tickets]]\nname = 'house'\nbrand = 'Acme'\nnotes = 'customer'\n\
         webhook = {{ url = 'https://a.example/x', secret = '{SIGNING}' }}\n"
    );
    let settings = load_with(&hook, &NONE, &Flags::default()).unwrap();
    assert!(settings.tickets[0].webhook.is_some());
    assert!(!format!("{settings:?}").contains("MDEyMzQ1"), "nor is the secret");
}

#[test]
fn a_token_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "1-27-abc\n").unwrap();
    let text = RT.replace("token = '1-27-2f0dbb48'", &format!("token_file = '{}'", file.display()));
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let token = settings.tickets[0].rt.as_ref().unwrap().token.clone().unwrap();
    assert_eq!(token.expose_secret(), "1-27-abc");
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[[tickets]]\nname = 'a b'\n",
        &[
            "F:4: tickets[0]: no kind; wanted is exactly one of rt, webhook",
            "F:5: tickets[0].name: 'a b'; allowed: up to 40 letters, digits and '-'",
        ],
    );
    check_after_brand(
        "[[tickets]]\nname = 'x'\nbrand = 'Acm'\nnotes = 'loud'\nrt = {}\n",
        &[
            "F:6: tickets[0].brand: no brand 'Acm'; allowed: Acme (did you mean 'Acme'?)",
            "F:7: tickets[0].notes: 'loud'; allowed: inside, customer",
            "F:8: tickets[0].rt.url: not a web address; allowed: https://HOST, or http://HOST on this machine",
            "F:8: tickets[0].rt: no token; wanted is token or token_file",
            "F:8: tickets[0].rt.queue: empty; wanted is the queue in which tickets are made",
            "F:8: tickets[0].rt.fields.key: empty; wanted is a custom field of the queue for our key: without it nobody can tell whether a ticket was made",
        ],
    );
    check_after_brand(
        "[[tickets]]\nname = 'x'\n[tickets.rt]\nurl = 'http://rt.example'\ntoken = 'secret'\nqueue = 'q'\n\
         every_seconds = 1\nfields = { key = \"a'b\", phones = ['{x}'] }\n",
        &[
            "F:7: tickets[0].rt.url: 'http://rt.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:8: tickets[0].rt.token: not a token; wanted is DIGITS-DIGITS-TEXT as Request Tracker gives it",
            "F:10: tickets[0].rt.every_seconds: the number 1; allowed: 5 to 86400",
            "F:11: tickets[0].rt.fields.key: 'a'b'; wanted is the name of a custom field, without '{', '}' and quotation marks",
            "F:11: tickets[0].rt.fields.phones[0]: '{x}'; wanted is the name of a custom field, without '{', '}' and quotation marks",
        ],
    );
    let twice = format!(
        "[[source]]\nname = 'x'\njetstream = {{}}\n[[tickets]]\nname = 'X'\nwebhook = {{ url = 'https://a.example', secret = 'whsec_eA==' }}\n\
         [[tickets]]\nname = 'x'\nwebhook = {{ url = 'https://a.example' }}\n{RT}"
    );
    check_after_brand(
        &twice,
        &[
            "F:8: tickets[0].name: 'X'; allowed: a name that no source has, for both are listed and called by it",
            "F:9: tickets[0].webhook.secret: not a signing secret; wanted is 'whsec_' and base64 of 24 to 64 bytes",
            "F:11: tickets[1].name: 'x'; allowed: a name that no source has, for both are listed and called by it",
            "F:11: tickets[1].name: 'x' is the name of tickets[0] too; allowed: each name once",
            "F:12: tickets[1].webhook: no secret; wanted is secret or secret_file",
        ],
    );
}
