//! What can be wrong with `[translation]`.

use super::*;
use secrecy::ExposeSecret;

#[test]
fn translation_names_a_service_with_address_and_key() {
    check_after_brand(
        "[translation]\nservice = 'libretranslate'\n",
        &["F:4: translation.url: missing; wanted is the address of your LibreTranslate"],
    );
    check_after_brand(
        "[translation]\nservice = 'deepl'\n",
        &["F:4: translation.key: missing; wanted is DeepL's key, here or in key_file"],
    );
    check_after_brand(
        "[translation]\nurl = 'https://t.example'\n",
        &["F:4: translation.service: missing; allowed: libretranslate, deepl"],
    );
    check_after_brand(
        "[translation]\nservice = 'libretranslate'\nurl = 'http://t.example'\ntimeout_seconds = 90\n\
         currency = 'euro'\nautomatic = ['Acmee']\nplatforms = ['X y']\n",
        &[
            "F:6: translation.url: 'http://t.example' is not encrypted; allowed: https://HOST, or http://HOST on this machine",
            "F:7: translation.timeout_seconds: the number 90; allowed: 1 to 25",
            "F:8: translation.currency: 'euro'; wanted are the three letters of a currency, such as EUR",
            "F:9: translation.automatic[0]: 'Acmee'; allowed: Acme (did you mean 'Acme'?)",
            "F:10: translation.platforms[0]: 'X y'; wanted is a platform such as mastodon, bluesky or email",
        ],
    );
}

#[test]
fn its_key_comes_from_the_environment_too_and_nothing_is_on_by_itself() {
    let text = format!("{BRAND}[translation]\nservice = 'deepl'\n");
    let settings = load_with(&text, &[("WEBCARED__TRANSLATION__KEY", "abc:fx")], &Flags::default()).unwrap();
    assert_eq!(settings.translation.key.as_ref().unwrap().expose_secret(), "abc:fx");
    assert_eq!(settings.translation.limit(), Some(500_000));
    assert!(!settings.translation.private && settings.translation.automatic.is_empty());
    let off = load_with(BRAND, &NONE, &Flags::default()).unwrap();
    assert!(off.translation.service.is_none());
}
