//! `[translation]`: a service with its address and key, bounds, and brands and platforms that there are.

use super::super::Settings;
use super::super::mistakes::{listed, nearest, quoted};
use super::super::tree::Step;
use super::{Findings, address_mistake};
use crate::translating::config::Service;

/// Checks the section, where a service is named.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    let config = &settings.translation;
    let at = |key: &'static str| [Step::Key("translation"), key.into()];
    let Some(service) = config.service else {
        let set = config.url.is_some() || config.key.is_some() || !config.automatic.is_empty();
        if set && !found.is_lost(&[Step::Key("translation")], &["service"]) {
            found.add(&at("service"), "missing", "allowed: libretranslate, deepl");
        }
        return;
    };
    match &config.url {
        Some(url) => {
            if let Some((what, allowed)) = address_mistake(url, ("https", "http"), true) {
                found.add(&at("url"), what, allowed);
            }
        }
        None if service == Service::LibreTranslate
            && !found.is_lost(&[Step::Key("translation")], &["url"]) =>
        {
            found.add(&at("url"), "missing", "wanted is the address of your LibreTranslate");
        }
        None => {}
    }
    if service == Service::DeepL
        && config.key.is_none()
        && config.key_file.is_none()
        && !found.is_lost(&[Step::Key("translation")], &["key"])
    {
        found.add(&at("key"), "missing", "wanted is DeepL's key, here or in key_file");
    }
    found.bounds(&at("timeout_seconds"), config.timeout_seconds, (1, 25));
    found.bounds(&at("calls_per_minute"), i64::from(config.calls_per_minute), (1, 6_000));
    found.bounds(&at("characters_per_month"), config.characters_per_month, (0, 1_000_000_000_000));
    found.bounds(&at("price_per_million"), config.price_per_million, (0, 1_000_000));
    let currency = &config.currency;
    if currency.len() != 3 || !currency.chars().all(|c| c.is_ascii_uppercase()) {
        found.add(
            &at("currency"),
            quoted(currency),
            "wanted are the three letters of a currency, such as EUR",
        );
    }
    let brands: Vec<&str> = settings.brands.iter().map(|b| b.name.as_str()).collect();
    for (key, names) in [("brands", &config.brands), ("automatic", &config.automatic)] {
        for (n, name) in names.iter().enumerate() {
            if !brands.iter().any(|b| b.eq_ignore_ascii_case(name)) {
                let path = [Step::Key("translation"), key.into(), Step::At(n)];
                let near = nearest(name, brands.iter().copied());
                found.add_meaning(&path, quoted(name), listed(brands.iter().copied()), near);
            }
        }
    }
    for (n, name) in config.platforms.iter().enumerate() {
        if name.is_empty()
            || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
        {
            let path = [Step::Key("translation"), "platforms".into(), Step::At(n)];
            found.add(&path, quoted(name), "wanted is a platform such as mastodon, bluesky or email");
        }
    }
}
