//! Texts that people send with one press: the offer of a private channel, its reminder, and what is
//! said while nobody reads the customer's language.
//!
//! A text is chosen by kind, platform, level and language, the closest fit first; a brand's own go
//! before the ready-made. Variables stand in braces. What is filled in can never be markup, a handle
//! or an address: names lose what platforms would make something of. Pure.

use super::judgement::Level;
use super::protocol::ProtocolKind;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// Longest name that is filled in, as people count.
pub const NAME_MAX: usize = 30;

/// The platforms on which a text may be sent.
pub const PLATFORMS: [&str; 16] = [
    "mastodon",
    "bluesky",
    "telegram",
    "email",
    "x",
    "discourse",
    "reddit",
    "facebook",
    "instagram",
    "threads",
    "youtube",
    "whatsapp",
    "google_business",
    "google_play",
    "app_store",
    "trustpilot",
];

/// What a text is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateKind {
    /// The public word with the way into a private channel.
    #[default]
    Offer,
    /// The one reminder of it.
    Reminder,
    /// What is said while nobody reads the language: sent by a person, never by itself.
    Holding,
    /// What customers are asked after their case ended.
    Survey,
    /// What they are asked once they gave a score.
    SurveyOpen,
    /// What is advised where somebody may harm themselves: the approved help-line text.
    SelfHarm,
    /// What is advised where somebody is threatened.
    Threat,
    /// What is advised where it is about the law.
    Legal,
    /// What is advised to the press.
    Press,
    /// What is advised to who only provokes.
    Troll,
}

impl TemplateKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Offer,
        Self::Reminder,
        Self::Holding,
        Self::Survey,
        Self::SurveyOpen,
        Self::SelfHarm,
        Self::Threat,
        Self::Legal,
        Self::Press,
        Self::Troll,
    ];

    /// The text that a protocol advises.
    pub const fn advised(kind: ProtocolKind) -> Self {
        match kind {
            ProtocolKind::SelfHarm => Self::SelfHarm,
            ProtocolKind::Threat => Self::Threat,
            ProtocolKind::Legal => Self::Legal,
            ProtocolKind::Press => Self::Press,
            ProtocolKind::Troll => Self::Troll,
        }
    }

    /// The code in settings and forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Reminder => "reminder",
            Self::Holding => "holding",
            Self::Survey => "survey",
            Self::SurveyOpen => "survey_open",
            Self::SelfHarm => "self_harm",
            Self::Threat => "threat",
            Self::Legal => "legal",
            Self::Press => "press",
            Self::Troll => "troll",
        }
    }

    /// Reads the code that [`TemplateKind::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// The variables that a text of this kind may hold, and those that it must.
    pub const fn variables(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Offer => (&["name", "customer", "brand", "code", "link", "wait"], &["link"]),
            Self::Reminder => (&["name", "customer", "brand", "code", "link", "wait"], &[]),
            Self::Holding => (&["name", "customer", "brand", "wait"], &[]),
            Self::Survey
            | Self::SurveyOpen
            | Self::SelfHarm
            | Self::Threat
            | Self::Legal
            | Self::Press
            | Self::Troll => (&["name", "brand"], &[]),
        }
    }
}

/// One text of a brand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Template {
    /// What it is for.
    pub kind: TemplateKind,
    /// The language it is in (BCP 47); left out, for every language that has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Only at this level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Only on this platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The words, with variables in braces.
    pub text: String,
}

/// For what a text is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// What for.
    pub kind: TemplateKind,
    /// The customer's language, as a code of ours or BCP 47.
    pub language: &'a str,
    /// The level of the case.
    pub level: Level,
    /// The platform.
    pub platform: &'a str,
}

/// What is filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filling<'a> {
    /// The name of who is answered, as they show it.
    pub name: &'a str,
    /// The name of whose matter it is, where that is somebody else and one is known.
    pub customer: &'a str,
    /// The brand's name.
    pub brand: &'a str,
    /// The reference code.
    pub code: &'a str,
    /// The way in.
    pub link: &'a str,
    /// How long an answer takes, in words.
    pub wait: &'a str,
}

impl Template {
    /// Whether it is for the same as another: of two such the first counts.
    pub fn fits_alike(&self, other: &Self) -> bool {
        let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        self.kind == other.kind
            && self.level == other.level
            && same(self.language.as_deref(), other.language.as_deref())
            && same(self.platform.as_deref(), other.platform.as_deref())
    }

    /// How well it fits: none if it does not, else the more the closer.
    fn fit(&self, on: &Wanted<'_>) -> Option<u8> {
        let language = match self.language.as_deref() {
            None => 0,
            Some(tag) if tag.eq_ignore_ascii_case(on.language) => 3,
            Some(tag) if primary(tag).eq_ignore_ascii_case(primary(on.language)) => 2,
            Some(_) => return None,
        };
        let level = match self.level {
            None => 0,
            Some(level) if level == on.level => 1,
            Some(_) => return None,
        };
        let platform = match self.platform.as_deref() {
            None => 0,
            Some(name) if name.eq_ignore_ascii_case(on.platform) => 1,
            Some(_) => return None,
        };
        (self.kind == on.kind).then_some(language * 4 + platform * 2 + level)
    }

    /// What is wrong with it, in words: unknown variables, missing ones, nothing at all.
    pub fn mistake(&self) -> Option<String> {
        if self.text.trim().is_empty() {
            return Some("empty; wanted is a text".to_owned());
        }
        let (may, must) = self.kind.variables();
        let listed = |names: &[&str]| names.iter().map(|n| format!("{{{n}}}")).collect::<Vec<_>>().join(", ");
        let used = match variables(&self.text) {
            Ok(used) => used,
            Err(open) => return Some(format!("'{open}' is not closed; allowed are {}", listed(may))),
        };
        if let Some(odd) = used.iter().find(|u| !may.contains(u)) {
            return Some(format!("no variable {{{odd}}}; allowed are {}", listed(may)));
        }
        let missing = must.iter().find(|m| !used.contains(m))?;
        Some(format!("{{{missing}}} is missing; without it the customer finds no way in"))
    }
}

fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

fn variables(text: &str) -> Result<Vec<&str>, &str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('{') {
        let inside = &rest[at + 1..];
        let Some(end) = inside.find('}') else {
            return Err(rest[at..].split_whitespace().next().unwrap_or(rest));
        };
        found.push(&inside[..end]);
        rest = &inside[end + 1..];
    }
    Ok(found)
}

/// A text with its variables filled in. Where there is no name, what stands before it closes up.
pub fn fill(text: &str, with: &Filling<'_>) -> String {
    let name = plain_name(with.name);
    let customer = plain_name(with.customer);
    let customer = if customer.is_empty() { name.clone() } else { customer };
    let without = |text: String, variable: &str| {
        text.replace(&format!(" {variable}"), "").replace(&format!("{variable} "), "").replace(variable, "")
    };
    let text = if name.is_empty() { without(text.to_owned(), "{name}") } else { text.to_owned() };
    let text = if customer.is_empty() { without(text, "{customer}") } else { text };
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text.as_str();
    // One pass, so that what was filled in is never taken for a variable.
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let inside = &rest[at + 1..];
        let Some(end) = inside.find('}') else { break };
        out.push_str(match &inside[..end] {
            "name" => &name,
            "customer" => &customer,
            "brand" => with.brand,
            "code" => with.code,
            "link" => with.link,
            "wait" => with.wait,
            _ => "",
        });
        rest = &inside[end + 1..];
    }
    if !rest.starts_with('{') {
        out.push_str(rest);
    }
    out.trim().to_owned()
}

/// A time in words that are read everywhere, hours rounded up.
pub fn wait_in_words(minutes: i64, language: &str) -> String {
    let hour = if primary(language).eq_ignore_ascii_case("nl") { "u" } else { "h" };
    if minutes < 120 { format!("{minutes} min") } else { format!("{} {hour}", (minutes + 59) / 60) }
}

/// A name of which no platform makes a mention, a tag or a link, and which is not endless.
pub fn plain_name(name: &str) -> String {
    let kept =
        |c: char| if c.is_control() || matches!(c, '@' | '#' | '/' | ':' | '{' | '}') { ' ' } else { c };
    let clean: String = name.chars().map(kept).collect();
    // `acme.example` becomes a link on some platforms.
    let words = clean.split_whitespace().filter(|w| !w.trim_matches('.').contains('.'));
    let joined = words.collect::<Vec<_>>().join(" ");
    joined.graphemes(true).take(NAME_MAX).collect::<String>().trim().to_owned()
}

/// The text that fits best: of the brand's own, else the ready-made in the language, else in English.
/// Only offers are ready-made: who says nothing of other texts sends none.
pub fn choose<'a>(own: &'a [Template], wanted: &Wanted<'_>) -> Option<&'a str> {
    let fitting = own.iter().filter_map(|t| Some((t.fit(wanted)?, t)));
    // Of two that fit alike the first counts.
    let best = fitting.fold(None, |best: Option<(u8, &Template)>, (fit, t)| match best {
        Some((before, _)) if before >= fit => best,
        _ => Some((fit, t)),
    });
    best.map(|(_, t)| t.text.as_str()).or_else(|| {
        let tag = primary(wanted.language);
        let of = |tag: &str| OFFERS.iter().find(|(l, _)| *l == tag).map(|(_, text)| *text);
        (wanted.kind == TemplateKind::Offer).then(|| of(tag).or_else(|| of("en")))?
    })
}

/// Ready-made offers in the ten languages.
pub const OFFERS: [(&str, &str); 10] = [
    ("en", "Hi {name}, we would like to help you in private. Write to us here: {link} and mention {code}."),
    ("nl", "Hoi {name}, we helpen je graag privé verder. Stuur ons hier een bericht: {link} en noem {code}."),
    ("fr", "Bonjour {name}, parlons-en en privé. Écrivez-nous ici : {link} en indiquant {code}."),
    ("de", "Hallo {name}, wir helfen dir gern privat weiter. Schreib uns hier: {link} und nenne {code}."),
    ("it", "Ciao {name}, continuiamo in privato. Scrivici qui: {link} indicando {code}."),
    ("es", "Hola {name}, sigamos en privado. Escríbenos aquí: {link} e indica {code}."),
    ("pt", "Olá {name}, vamos continuar em privado. Escreva-nos aqui: {link} e indique {code}."),
    ("no", "Hei {name}, vi hjelper deg gjerne privat. Skriv til oss her: {link} og oppgi {code}."),
    ("ru", "Здравствуйте, {name}! Давайте продолжим в личных сообщениях: {link}. Укажите код {code}."),
    (
        "ja",
        "{name} 様、個別にご対応いたします。こちらからメッセージをお送りください: {link} 受付番号: {code}",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn template(language: &str, level: Option<Level>, platform: Option<&str>, text: &str) -> Template {
        Template {
            language: Some(language.to_owned()).filter(|l| !l.is_empty()),
            level,
            platform: platform.map(ToOwned::to_owned),
            text: text.to_owned(),
            ..Template::default()
        }
    }

    fn wanted(language: &str) -> Wanted<'_> {
        Wanted { kind: TemplateKind::Offer, language, level: Level::P2, platform: "bluesky" }
    }

    #[test]
    fn texts_for_the_same_are_known() {
        let one = template("nl", Some(Level::P1), Some("x"), "one");
        assert!(one.fits_alike(&template("NL", Some(Level::P1), Some("X"), "two")));
        for other in
            [("nl-BE", Some(Level::P1), Some("x")), ("nl", None, Some("x")), ("nl", Some(Level::P1), None)]
        {
            assert!(!one.fits_alike(&template(other.0, other.1, other.2, "two")), "{other:?}");
        }
        let other = Template { kind: TemplateKind::Holding, ..one.clone() };
        assert!(!one.fits_alike(&other));
    }

    #[test]
    fn the_closest_fit_is_chosen_and_language_weighs_most() {
        let own = [
            template("", None, None, "any"),
            template("nl", None, None, "nl"),
            template("nl-BE", None, None, "be"),
            template("nl", None, Some("bluesky"), "nl there"),
            template("nl", Some(Level::P1), Some("bluesky"), "nl there P1"),
            template("", Some(Level::P2), Some("bluesky"), "any there P2"),
        ];
        assert_eq!(choose(&own, &wanted("nl")), Some("nl there"));
        assert_eq!(choose(&own, &wanted("nl-BE")), Some("be"));
        assert_eq!(choose(&own, &wanted("fr")), Some("any there P2"));
        let on_x = Wanted { platform: "x", ..wanted("fr") };
        assert_eq!(choose(&own, &on_x), Some("any"));
        let urgent = Wanted { level: Level::P1, ..wanted("nl") };
        assert_eq!(choose(&own, &urgent), Some("nl there P1"));
    }

    #[test]
    fn without_own_texts_the_ready_made_speak_the_language_and_holding_texts_are_nobodys() {
        assert!(choose(&[], &wanted("nl-NL")).unwrap().starts_with("Hoi"));
        assert!(choose(&[], &wanted("unknown")).unwrap().starts_with("Hi"));
        for kind in [TemplateKind::Holding, TemplateKind::Reminder] {
            assert_eq!(choose(&[], &Wanted { kind, ..wanted("nl") }), None);
        }
        for (language, text) in OFFERS {
            let made = template(language, None, None, text);
            assert_eq!(made.mistake(), None, "{language}");
        }
    }

    #[test]
    fn what_is_filled_in_is_words_and_nothing_else() {
        let with = Filling {
            name: "@eve #1 https://evil.example {code}",
            brand: "Acme",
            code: "WC-1",
            link: "L",
            wait: "2 h",
            customer: "",
        };
        assert_eq!(fill("Hi {name}, {code} {link} {brand}", &with), "Hi eve 1 https code, WC-1 L Acme");
        assert_eq!(fill("An answer takes about {wait}.", &with), "An answer takes about 2 h.");
        assert_eq!([45, 119, 120, 150].map(|m| wait_in_words(m, "nl")), ["45 min", "119 min", "2 u", "3 u"]);
        assert_eq!(wait_in_words(1440, "fr"), "24 h");
        assert_eq!(fill("{name} for {customer}", &with), "eve 1 https code for eve 1 https code");
        let father = Filling { customer: "Piet @x", ..with };
        assert_eq!(fill("{name} for {customer}", &father), "eve 1 https code for Piet x");
        let none = Filling { name: " @ ", ..with };
        assert_eq!(fill("Hi {name}, see {link}", &none), "Hi, see L");
        assert_eq!(fill("{name} 様、", &none), "様、");
        assert_eq!(plain_name(&"é".repeat(90)).chars().count(), NAME_MAX);
        assert_eq!(plain_name("Jan de V."), "Jan de V.");
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = |text: &str| template("nl", None, None, text).mistake().unwrap();
        assert_eq!(wrong("  "), "empty; wanted is a text");
        assert!(wrong("{nam} {link}").starts_with("no variable {nam}; allowed are {name}"));
        assert!(wrong("{link} {code").starts_with("'{code' is not closed"));
        assert!(wrong("hello {name}").starts_with("{link} is missing"));
        let holding =
            Template { kind: TemplateKind::Holding, text: "Soon {link}".into(), ..Template::default() };
        assert!(holding.mistake().unwrap().contains("no variable {link}"));
    }
}
