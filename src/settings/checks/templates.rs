//! A brand's texts: their variables, their languages, and whether they fit where they would be sent.

use super::super::Settings;
use super::super::mistakes::{listed, quoted};
use super::super::tree::Step;
use super::{Findings, address_mistake};
use crate::domain::brand::Brand;
use crate::domain::handover::code_of;
use crate::domain::judgement::Level;
use crate::domain::reply::SIGN_CHARS_MAX;
use crate::domain::template::{
    Filling, NAME_MAX, OFFERS, PLATFORMS, Template, TemplateKind, Wanted, choose, fill,
};
use crate::sources::config::SourceConfig;
use crate::sources::reply::documented_limits;

/// The longest name that Mastodon puts in front, with `@` and the blank behind it.
const FRONT_MAX: usize = 32;

/// Digits of the longest id of an account on X.
const X_ID_MAX: usize = 20;
/// Characters of the longest name of a bot on Telegram.
const BOT_NAME_MAX: usize = 32;

/// What of the settings texts are checked by: where brands answer, and which links may be filled in. The same holds for
/// texts of the file and for those that are written in the console.
#[derive(Clone, Debug, Default)]
pub struct TextFacts {
    /// The platform of each account, with its brand; nothing for all brands.
    answers: Vec<(&'static str, Option<String>)>,
    /// The ways in that may be filled in, and on which platform alone; on none means on all.
    links: Vec<(Option<&'static str>, String)>,
}

/// A mistake in a text: the field, what it found, and what is allowed.
type Wrong = (&'static str, String, String);

/// Checks the texts of all brands.
pub(super) fn check(settings: &Settings, found: &mut Findings<'_>) {
    let facts = TextFacts::of(settings);
    for (at, brand) in settings.brands.iter().enumerate() {
        let here: [Step<'_>; 2] = ["brand".into(), at.into()];
        if let Some(link) = &brand.private_link {
            let place = [here[0], here[1], "private_link".into()];
            if let Some((what, allowed)) = address_mistake(link, ("https", "http"), true) {
                found.add(&place, what, allowed);
            } else {
                for (what, allowed) in facts.ready_made(brand) {
                    found.add(&place, what, allowed);
                }
            }
        }
        for (n, template) in brand.templates.iter().enumerate() {
            let place: [Step<'_>; 4] = [here[0], here[1], "template".into(), n.into()];
            for (key, what, allowed) in facts.wrong(brand, template) {
                // What was taken out as wrong is no empty text besides.
                if key != "text" || !found.is_lost(&place, &["text"]) {
                    found.add(&[place[0], place[1], place[2], place[3], key.into()], what, allowed);
                }
            }
        }
    }
}

impl TextFacts {
    /// Of these settings.
    pub fn of(settings: &Settings) -> Self {
        let mut facts = Self::default();
        for source in &settings.sources {
            facts.answers.extend(platforms(source).into_iter().map(|p| (p, source.brand.clone())));
            facts.links.extend(ways_in(source));
        }
        facts.links.push((None, "https://bsky.app/messages".to_owned()));
        facts
    }

    /// Every mistake of a text of a brand: the field, and what is wrong with it.
    pub fn mistakes(&self, brand: &Brand, template: &Template) -> Vec<(&'static str, String)> {
        let wrong = self.wrong(brand, template).into_iter();
        wrong.map(|(key, what, allowed)| (key, format!("{what}; {allowed}"))).collect()
    }

    fn wrong(&self, brand: &Brand, template: &Template) -> Vec<Wrong> {
        let mut all = Vec::new();
        if let Some(tag) = template.language.as_deref().filter(|t| !is_tag(t)) {
            let allowed = "wanted is a language tag such as nl or pt-BR";
            all.push(("language", quoted(tag), allowed.to_owned()));
        }
        if let Some(name) = template.platform.as_deref().filter(|n| !PLATFORMS.contains(n)) {
            all.push(("platform", quoted(name), listed(PLATFORMS.iter().copied())));
            return all;
        }
        if let Some(mistake) = template.mistake() {
            let (what, allowed) = mistake.split_once("; ").unwrap_or((&mistake, "wanted is a text"));
            all.push(("text", what.to_owned(), allowed.to_owned()));
            return all;
        }
        let used: Vec<&str> = match template.platform.as_deref() {
            Some(platform) => vec![platform],
            None => PLATFORMS.into_iter().filter(|p| self.answers_on(brand, p)).collect(),
        };
        for platform in used {
            if let Some((length, max)) = self.too_long(brand, template, platform) {
                let what = format!("up to {length} characters with all that is filled in");
                all.push(("text", what, format!("{platform} takes {max}")));
            }
        }
        all
    }

    /// Where the ready-made offers become too long with what a brand has filled in, and nothing of its own is chosen
    /// before them: on each platform the longest, how much too long it is, and what is allowed.
    fn ready_made(&self, brand: &Brand) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for platform in PLATFORMS.into_iter().filter(|p| self.answers_on(brand, p)) {
            let longest = OFFERS.into_iter().filter_map(|(language, text)| {
                let chosen = |level| {
                    let kind = TemplateKind::Offer;
                    choose(&brand.templates, &Wanted { kind, language, level, platform }) == Some(text)
                };
                let made = Template { text: text.to_owned(), ..Template::default() };
                let (length, max) = self.too_long(brand, &made, platform)?;
                Level::ALL.into_iter().any(chosen).then_some((length, max, language))
            });
            if let Some((length, max, language)) = longest.max() {
                let what = format!(
                    "with this the ready-made offer in '{language}' becomes up to {length} characters, {} too many",
                    length - max
                );
                all.push((
                    what,
                    format!("{platform} takes {max}; write a shorter offer, or take a shorter link"),
                ));
            }
        }
        all
    }

    /// Whether a brand has an account on a platform.
    fn answers_on(&self, brand: &Brand, platform: &str) -> bool {
        let mut accounts = self.answers.iter().filter(|(name, _)| *name == platform);
        accounts.any(|(_, of)| of.as_ref().is_none_or(|b| b.eq_ignore_ascii_case(&brand.name)))
    }

    /// The longest that a text can become on a platform and how long it may be, if that is longer.
    fn too_long(&self, brand: &Brand, template: &Template, platform: &str) -> Option<(usize, usize)> {
        let limits = documented_limits(platform)?;
        let code = code_of(0);
        let own = brand.private_link.as_ref().map(|link| link.replace("{code}", &code));
        let there = |on: Option<&str>| on.is_none_or(|name| name == platform);
        let links = self.links.iter().filter(|(on, _)| there(*on)).map(|(_, link)| link.clone()).chain(own);
        let link = links.max_by_key(|l| limits.measure(l).length).unwrap_or_default();
        let name = "n".repeat(NAME_MAX);
        let with = Filling {
            name: &name,
            brand: &brand.name,
            code: &code,
            link: &link,
            wait: "1440 min",
            customer: "",
        };
        let front = if platform == "mastodon" { FRONT_MAX } else { 0 };
        let length = limits.measure(&fill(&template.text, &with)).length + front + SIGN_CHARS_MAX + 2;
        (length > limits.text_max).then_some((length, limits.text_max))
    }
}

/// The platforms on which a source answers.
fn platforms(source: &SourceConfig) -> Vec<&'static str> {
    // What a source is called in the settings is its platform's word, but for mail.
    let word = |kind: &str| if kind == "mail" { "email".to_owned() } else { kind.to_owned() };
    let given: Vec<String> = source.kinds().into_iter().map(word).collect();
    PLATFORMS.into_iter().filter(|p| given.iter().any(|k| k == p)).collect()
}

/// The addresses by which customers come to a source's account in private, as long as they can become, and on which platform
/// alone they are named.
fn ways_in(source: &SourceConfig) -> Vec<(Option<&'static str>, String)> {
    let code = code_of(0);
    let mut ways = Vec::new();
    if let Some(c) = &source.bluesky {
        let name = c.account.trim_start_matches('@');
        ways.push((Some("bluesky"), format!("https://bsky.app/profile/{name}")));
    }
    if source.x.is_some() {
        let id = "9".repeat(X_ID_MAX);
        ways.push((Some("x"), format!("https://x.com/messages/compose?recipient_id={id}&text={code}")));
    }
    if let Some(c) = &source.discourse {
        let server = c.server.trim_end_matches('/');
        ways.push((Some("discourse"), format!("{server}/new-message?username={}&title={code}", c.account)));
    }
    if let Some(c) = &source.reddit {
        let way = format!("https://www.reddit.com/message/compose?to={}&subject={code}", c.account);
        ways.push((Some("reddit"), way));
    }
    if let Some(c) = &source.facebook {
        ways.push((Some("facebook"), format!("https://m.me/{}?ref={code}", c.username)));
    }
    if let Some(c) = &source.instagram {
        ways.push((Some("instagram"), format!("https://ig.me/m/{}?ref={code}", c.username)));
    }
    // By these customers of every platform may come.
    if let Some(number) = source.whatsapp.as_ref().and_then(|c| c.numbers.first()) {
        ways.push((None, format!("https://wa.me/{}?text={code}", number.digits())));
    }
    if source.telegram.is_some() {
        ways.push((None, format!("https://t.me/{}?start={code}", "b".repeat(BOT_NAME_MAX))));
    }
    if let Some(c) = source.mail.as_ref().filter(|c| c.smtp.is_some()) {
        ways.push((None, c.address.clone()));
    }
    ways
}

fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let letters = |p: &str| p.chars().all(|c| c.is_ascii_alphabetic());
    (2..=3).contains(&first.len())
        && letters(first)
        && parts.all(|p| (2..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()))
}
