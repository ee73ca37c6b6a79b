//! `[login]` and the proxies in front.

use super::*;

const OIDC: &str = "[login.oidc]\nissuer = 'https://id.example'\nclient_id = 'care'\n";

#[test]
fn a_door_as_it_should_be() {
    let text = "[web]\ntrusted_proxies = ['10.0.0.0/8', '::1']\nforwarded_header = 'forwarded'\n[login]\nsecond_factor = 'required'\n\
        passwords = false\nbreak_glass = 'fire'\nkey = '0123456789abcdef0123456789abcdef'\n[[login.role]]\nrole = 'guest'\n\
        second_factor = 'optional'\nlogin_hours = 4\nidle_minutes = 20\n";
    let text =
        format!("{text}{OIDC}client_secret = 's'\n[[login.oidc.role]]\ngroup = 'care'\nrole = 'agent'\n");
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let oidc = settings.login.oidc.unwrap();
    assert_eq!((oidc.asked().as_str(), oidc.roles.len()), ("openid profile", 1));
    assert_eq!(settings.login.roles[0].login_hours, Some(4));
}

#[test]
fn mistakes_at_the_door_are_named() {
    check(
        "[web]\ntrusted_proxies = ['10.0.0.0/8', '10.0.0.1/8', 'proxy']\n",
        &[
            "F:2: web.trusted_proxies[1]: '10.0.0.1/8': the address has more than its length says; wanted is an address such as 10.0.0.7, or ADDRESS/BITS such as 10.0.0.0/8",
            "F:2: web.trusted_proxies[2]: 'proxy': not an address; wanted is an address such as 10.0.0.7, or ADDRESS/BITS such as 10.0.0.0/8",
        ],
    );
    check(
        "[login]\npasswords = false\nkey = 'short'\n",
        &[
            "F:1: login.break_glass: missing; wanted is the login of one admin who comes in when the provider is down",
            "F:2: login.passwords: false; without [login.oidc] passwords must let people in",
            "F:3: login.key: too short to be safe; wanted are 32 characters or more",
        ],
    );
    check(
        "[[login.role]]\nrole = 'agnet'\nidle_minutes = 0\n",
        &[
            "F:2: login.role[0].role: 'agnet'; allowed: agent, guest, newcomer, lead, front_office, communications, admin, auditor (did you mean 'agent'?)",
            "F:3: login.role[0].idle_minutes: the number 0; allowed: 1 to 43200",
        ],
    );
    check(
        "[login]\nbreak_glass = 'fire'\nbreached_list = '/nowhere'\n",
        &[
            "F:2: login.break_glass: set; it means something where passwords = false",
            "F:3: login.breached_list: No such file or directory (os error 2); wanted is a readable file of SHA-1 hashes in order, or of passwords, one a line",
        ],
    );
    check(
        "[login.oidc]\nissuer = 'http://id.example'\n[[login.oidc.role]]\ngroup = 'x'\nrole = 'boss'\n",
        &[
            "F:1: login.oidc.client_id: empty; wanted is the name under which the provider knows us",
            "F:2: login.oidc.issuer: 'http://id.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:5: login.oidc.role[0].role: 'boss'; allowed: agent, guest, newcomer, lead, front_office, communications, admin, auditor",
        ],
    );
}
