//! What a message on a channel says: the facts of cards in plain words, never a customer's.

use crate::alerting;
use crate::chat::card::{Entry, Look, claimant};
use crate::chat::texts::Lang;
use crate::domain::judgement::Level;
use crate::domain::time::Timestamp;
use crate::domain::unseen::marked;
use crate::store::chat::Facts;
use crate::store::promise::OwedRow;
use crate::store::rows::ActionRow;
use serde_json::Value;

/// One case in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The case's id.
    pub case: String,
    /// Its short number.
    pub number: i64,
    /// Its brand by name.
    pub brand: String,
    /// Its platform.
    pub platform: String,
    /// Its level.
    pub level: Level,
    /// Why it is told: `arrival`, `warning`, `promise`, `breach`, `unknown`, `escalation` and others.
    pub occasion: String,
    /// How it stands, in one line.
    pub standing: String,
    /// Platform, language and reasons.
    pub traits: String,
    /// Its page.
    pub url: String,
    /// The alert by the end of its id, and whether it may have been told already.
    pub tag: String,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What makes a second one known as the same: made of the ids of all its alerts.
    pub key: String,
    /// In one line.
    pub title: String,
    /// Words that are of no case, as of a source that is deaf.
    pub words: String,
    /// The cases, each listed.
    pub items: Vec<Item>,
    /// When it is sent.
    pub at: Timestamp,
    /// In which language it is.
    pub lang: Lang,
    /// Whether it rings although it is of no case: nobody is on duty while something is due.
    pub rings: bool,
}

impl Item {
    /// With what hides in names and words told by its code: channels show plain text.
    fn told(self) -> Self {
        Self {
            brand: marked(&self.brand),
            platform: marked(&self.platform),
            standing: marked(&self.standing),
            traits: marked(&self.traits),
            ..self
        }
    }

    /// The case in one line.
    pub fn line(&self) -> String {
        format!(
            "#{} {} {} · {} · {} · {}",
            self.number, self.level, self.brand, self.standing, self.traits, self.tag
        )
    }
}

impl Notice {
    /// A message about cases.
    pub fn of(key: &str, items: Vec<Item>, (at, lang): (Timestamp, Lang)) -> Self {
        let items: Vec<Item> = items.into_iter().map(Item::told).collect();
        let title = match items.as_slice() {
            [one] => format!("#{} {} {}: {}", one.number, one.level, one.brand, one.standing),
            many => lang.cases_need_you(many.len()),
        };
        Self { key: key.to_owned(), title, words: String::new(), items, at, lang, rings: false }
    }

    /// All of it in plain text.
    pub fn text(&self) -> String {
        let mut lines = vec![self.title.clone(), String::new()];
        if !self.words.is_empty() {
            lines.push(self.words.clone());
        }
        for item in &self.items {
            lines.push(item.line());
            lines.push(item.url.clone());
        }
        lines.join("\n")
    }
}

/// What an alert's action says of its case now; nothing if there is nobody to be told any more.
pub fn item(
    look: &Look,
    action: &ActionRow,
    (facts, running): (&Facts, &[OwedRow]),
    now: Timestamp,
) -> Option<Item> {
    let body: Value = serde_json::from_str(&action.payload).unwrap_or_default();
    let occasion = body["occasion"].as_str().unwrap_or("arrival").to_owned();
    let is_taken = claimant(facts, now).is_some() || facts.open == 0;
    if is_taken && matches!(occasion.as_str(), "arrival" | "escalation") {
        return None;
    }
    let mut entry = Entry {
        action: action.id.clone(),
        case: facts.id.clone(),
        occasion: occasion.clone(),
        kind: body["kind"].as_str().map(str::to_owned),
        at: body["at"].as_i64(),
        wait: body["wait"].as_i64(),
        owed: None,
        repeat: action.repeat_marked == 1,
    };
    entry.find(running);
    if entry.is_over(now) {
        return None;
    }
    let mut standing = look.standing(&entry, facts, now);
    if occasion == "escalation" {
        standing = look.lang.nobody_took_it(&standing);
    }
    if occasion == alerting::PROTOCOL {
        let (kind, stage) = (body["protocol"].as_str(), body["stage"].as_str());
        let again = stage.is_some_and(|s| s.starts_with("again"));
        standing = look.lang.protocol_stands(&look.protocol_name(kind.unwrap_or_default()), again, &standing);
    }
    if occasion == "unknown" {
        look.lang.answer_unknown().clone_into(&mut standing);
    }
    if let Some(name) = claimant(facts, now) {
        standing = look.lang.stands_claimed(&standing, name);
    }
    Some(Item {
        case: facts.id.clone(),
        number: facts.number,
        brand: facts.brand.clone(),
        platform: facts.platform.clone(),
        level: Level::from_number(facts.level),
        occasion,
        standing,
        traits: look.traits(facts, 3),
        url: look.case_url(facts),
        tag: look.tag(&action.id, action.repeat_marked == 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_in_names_is_told_by_its_code_on_every_channel() {
        let item = Item {
            case: "c".into(),
            number: 7,
            brand: "Acme\u{202e}x".into(),
            platform: "mastodon".into(),
            level: Level::from_number(1),
            occasion: "breach".into(),
            standing: "claimed by J\u{200b}an\u{1b}[31m".into(),
            traits: "\u{2066}nl".into(),
            url: "https://care.example/c/Acme/7".into(),
            tag: "abc".into(),
        };
        let notice = Notice::of("k", vec![item], (Timestamp(1), Lang::En));
        for told in [&notice.title, &notice.text()] {
            assert!(told.contains("Acme[U+202E]x") && told.contains("J[U+200B]an[U+001B][31m"), "{told}");
            assert!(!told.contains(['\u{202e}', '\u{200b}', '\u{1b}', '\u{2066}']), "{told:?}");
        }
        assert!(notice.text().contains("[U+2066]nl"));
    }
}
