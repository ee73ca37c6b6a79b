//! A brand's texts: their variables, their languages, and whether they fit where they would be sent.

use super::super::Settings;
use super::super::mistakes::{listed, quoted};
use super::super::tree::Step;
use super::{Findings, address_mistake};
use crate::domain::brand::Brand;
use crate::domain::handover::code_of;
use crate::domain::reply::SIGN_CHARS_MAX;
use crate::domain::template::{Filling, NAME_MAX, Template, fill};
use crate::sources::reply::documented_limits;

/// The platforms on which somebody can be answered.
const PLATFORMS: [&str; 5] = ["mastodon", "bluesky", "telegram", "email", "x"];
/// The longest name that Mastodon puts in front, with `@` and the blank behind it.
const FRONT_MAX: usize = 32;

/// Checks the texts of all brands.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    for (at, brand) in settings.brands.iter().enumerate() {
        let here: [Step<'_>; 2] = ["brand".into(), at.into()];
        if let Some(link) = &brand.private_link
            && let Some((what, allowed)) = address_mistake(link, ("https", "http"), true)
        {
            found.add(&[here[0], here[1], "private_link".into()], what, allowed);
        }
        for (n, template) in brand.templates.iter().enumerate() {
            one(settings, brand, template, [here[0], here[1], "template".into(), n.into()], found);
        }
    }
}

fn one(
    settings: &Settings,
    brand: &Brand,
    template: &Template,
    here: [Step<'_>; 4],
    found: &mut Findings<'_>,
) {
    let at = |key: &'static str| [here[0], here[1], here[2], here[3], key.into()];
    if let Some(tag) = template.language.as_deref().filter(|t| !is_tag(t)) {
        found.add(&at("language"), quoted(tag), "wanted is a language tag such as nl or pt-BR");
    }
    if let Some(name) = template.platform.as_deref().filter(|n| !PLATFORMS.contains(n)) {
        found.add(&at("platform"), quoted(name), listed(PLATFORMS.iter().copied()));
        return;
    }
    if let Some(mistake) = template.mistake() {
        if found.is_lost(&here, &["text"]) {
            return;
        }
        let (what, allowed) = mistake.split_once("; ").unwrap_or((&mistake, "wanted is a text"));
        found.add(&at("text"), what, allowed);
        return;
    }
    let used: Vec<&str> = match template.platform.as_deref() {
        Some(platform) => vec![platform],
        None => PLATFORMS.into_iter().filter(|p| answers_on(settings, brand, p)).collect(),
    };
    for platform in used {
        if let Some((length, max)) = too_long(settings, brand, template, platform) {
            let what = format!("up to {length} characters with all that is filled in");
            found.add(&at("text"), what, format!("{platform} takes {max}"));
        }
    }
}

/// Whether a brand has an account on a platform.
fn answers_on(settings: &Settings, brand: &Brand, platform: &str) -> bool {
    settings.sources.iter().any(|s| {
        let kind = match platform {
            "mastodon" => s.mastodon.is_some(),
            "telegram" => s.telegram.is_some(),
            "email" => s.mail.is_some(),
            "x" => s.x.is_some(),
            "whatsapp" => s.whatsapp.is_some(),
            _ => s.bluesky.is_some(),
        };
        kind && s.brand.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(&brand.name))
    })
}

/// The longest that a text can become on a platform and how long it may be, if that is longer.
fn too_long(
    settings: &Settings,
    brand: &Brand,
    template: &Template,
    platform: &str,
) -> Option<(usize, usize)> {
    let limits = documented_limits(platform)?;
    let accounts = settings.sources.iter().filter_map(|s| s.bluesky.as_ref());
    let profiles =
        accounts.map(|a| format!("https://bsky.app/profile/{}", a.account.trim_start_matches('@')));
    let code = code_of(0);
    let numbers = settings.sources.iter().filter_map(|s| s.whatsapp.as_ref()?.numbers.first());
    let doors = numbers.map(|n| format!("https://wa.me/{}?text={code}", n.digits()));
    let own = brand.private_link.as_ref().map(|link| link.replace("{code}", &code));
    let links = profiles.chain(doors).chain(own).chain(["https://bsky.app/messages".to_owned()]);
    let link = links.max_by_key(|l| limits.measure(l).length).unwrap_or_default();
    let name = "n".repeat(NAME_MAX);
    let with = Filling { name: &name, brand: &brand.name, code: &code, link: &link };
    let front = if platform == "mastodon" { FRONT_MAX } else { 0 };
    let length = limits.measure(&fill(&template.text, &with)).length + front + SIGN_CHARS_MAX + 2;
    (length > limits.text_max).then_some((length, limits.text_max))
}

fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let letters = |p: &str| p.chars().all(|c| c.is_ascii_alphabetic());
    (2..=3).contains(&first.len())
        && letters(first)
        && parts.all(|p| (2..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()))
}
