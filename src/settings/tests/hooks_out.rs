//! Webhooks that go out: bad sections and the exact mistakes they give.

use super::*;

#[test]
fn a_right_section_is_read_and_shows_no_secret() {
    let text = format!(
        "{BRAND}[[hook_out]]\nname = 'crm'\nurl = 'https://crm.example/told?by=us'\nsecret = '{SIGNING}'\n\
         brands = ['Acme']\nevents = ['case.created']\nwith_text = true\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let endpoint = settings.hooks_out[0].endpoint();
    assert_eq!((endpoint.name.as_str(), endpoint.events.len()), ("crm", 1));
    assert!(!format!("{settings:?}").contains("MDEyMzQ1"), "the secret is never shown");
}

#[test]
fn every_mistake_is_named() {
    check_after_brand(
        "[[hook_out]]\nname = 'a b'\nurl = 'http://crm.example/x'\n",
        &[
            "F:4: hook_out[0]: no secret; wanted is secret or secret_file",
            "F:5: hook_out[0].name: 'a b'; allowed: up to 40 letters, digits and '-'",
            "F:6: hook_out[0].url: 'http://crm.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
        ],
    );
    check_after_brand(
        "[[hook_out]]\nname = 'x'\nurl = 'https://crm.example'\nsecret = 'short'\nbrands = ['Acm']\nevents = ['case.creation']\nevery = 1\n",
        &[
            "F:7: hook_out[0].secret: not a signing secret; wanted is 'whsec_' and base64 of 24 to 64 bytes",
            "F:8: hook_out[0].brands[0]: no brand 'Acm'; allowed: Acme (did you mean 'Acme'?)",
            &format!(
                "F:9: hook_out[0].events[0]: 'case.creation'; allowed: {}",
                crate::announcing::TYPES.join(", ")
            ),
            "F:10: hook_out[0].every: not a known setting; allowed: name, url, secret, secret_file, previous_secret, previous_secret_file, brands, events, with_text, allow_private_address",
        ],
    );
}

#[test]
fn the_head_of_the_audit_is_told_at_places_of_the_settings() {
    check(
        "[audit]\nanchor = ['vault']\n",
        &[
            "F:2: audit.anchor[0]: 'vault'; wanted is the name of a hook_out, or of an alerts.channel with email",
        ],
    );
}
