//! What the inbox can be filtered by, and what it is filtered by: chips that can be taken away, fields to choose from.

use super::{Found, Here};
use crate::catalogue::Watched;
use crate::domain::case::CaseState;
use crate::domain::correction::level_from_code;
use crate::domain::filter::{Filter, Key};
use crate::domain::judgement::{Intent, Level};
use crate::domain::label::Label;
use crate::domain::language::Language;
use crate::domain::role::{Right, Role, Walls};
use crate::store::filtered::{Sift, listed};
use crate::store::person::PersonRow;
use crate::web::texts::Texts;

/// A value that is filtered by.
pub struct Chip {
    /// The field and its value, in words.
    pub text: String,
    /// The address without it.
    pub href: String,
}

/// A field to choose from.
pub struct Field {
    /// Its name in addresses.
    pub code: &'static str,
    /// Its name for people.
    pub name: String,
    /// Whether several can be chosen.
    pub many: bool,
    /// Code, words, and whether it is chosen.
    pub options: Vec<(String, String, bool)>,
}

/// What is known that can be chosen.
pub(super) struct Known<'a> {
    /// What was found.
    pub(super) found: &'a Found,
    /// The brands of the viewer.
    pub(super) all: &'a [Watched],
    /// The login of the viewer.
    pub(super) me: &'a str,
}

/// A filter as the store takes it; a colleague that nobody knows has no cases.
pub(super) fn sift(filter: &Filter, people: &[PersonRow], me: &str, spoken: Option<String>) -> Sift {
    let all = |key| listed(filter.all(key));
    let one = |key| filter.one(key).unwrap_or_default().to_owned();
    let owner = match filter.one(Key::Owner) {
        Some("me") => me.to_owned(),
        Some(login) if login != "nobody" => {
            people.iter().find(|p| p.login == login).map_or_else(|| login.to_owned(), |p| p.id.clone())
        }
        other => other.unwrap_or_default().to_owned(),
    };
    let levels = filter
        .all(Key::Level)
        .iter()
        .filter_map(|l| level_from_code(l))
        .map(crate::domain::judgement::Level::number);
    Sift {
        platforms: all(Key::Channel),
        languages: all(Key::Language),
        levels: listed(levels),
        intents: all(Key::Intent),
        states: all(Key::State),
        owner,
        sector: one(Key::Sector),
        label: one(Key::Label),
        incident: one(Key::Incident),
        text: one(Key::Text),
        spoken,
    }
}

/// A value in words.
fn named(key: Key, value: &str, known: &Known<'_>, t: &Texts) -> String {
    let w = t.working();
    match key {
        Key::Intent => t.name("intent", value),
        Key::State => t.name("state", value),
        Key::Label => t.name("label", value),
        Key::Owner if value == "me" || value == known.me => w.owner_me.to_owned(),
        Key::Owner if value == "nobody" => w.owner_nobody.to_owned(),
        Key::Owner => {
            let found = known.found.people.iter().find(|p| p.login == value);
            found.map_or_else(|| value.to_owned(), |p| p.name.clone())
        }
        Key::Incident => {
            let found = known.found.incidents.iter().find(|i| i.0 == value);
            found.map_or_else(|| "…".to_owned(), |(_, number, brand)| incident(*number, brand, known))
        }
        _ => value.to_owned(),
    }
}

fn incident(number: i64, brand_id: &str, known: &Known<'_>) -> String {
    let brand = known.all.iter().find(|b| b.id == brand_id).map_or("", |b| b.brand.name.as_str());
    format!("{number} {brand}")
}

/// What it is filtered by.
pub(super) fn chips(here: &Here, known: &Known<'_>, t: &Texts) -> Vec<Chip> {
    let chip = |(key, value): (Key, &str)| Chip {
        text: format!("{}: {}", t.name("key", key.code()), named(key, value, known, t)),
        href: Here { lane: here.lane, filter: here.filter.without(key, value) }.href(None, here.lane),
    };
    here.filter.pairs().map(chip).collect()
}

/// The values of a field that can be chosen; none where it makes no sense here.
fn values(key: Key, known: &Known<'_>, here: &Here) -> Vec<String> {
    let codes = |all: &[&'static str]| all.iter().map(|c| (*c).to_owned()).collect();
    match key {
        Key::Text => Vec::new(),
        Key::Brand if known.all.len() < 2 => Vec::new(),
        Key::Brand => known.all.iter().map(|b| b.brand.name.clone()).collect(),
        Key::Channel => known.found.platforms.clone(),
        Key::Language => {
            let others = [Language::Other, Language::Unknown];
            Language::TEN.into_iter().chain(others).map(|l| l.code().to_owned()).collect()
        }
        Key::Level => codes(&Level::ALL.map(Level::code)),
        Key::Intent => codes(&Intent::ALL.map(Intent::code)),
        Key::State => codes(&CaseState::ALL.map(CaseState::code)),
        Key::Sector => {
            let shown = known.all.iter().filter(|b| here.shows(&b.brand.name));
            shown.flat_map(|b| b.brand.sectors.iter().map(|s| s.name.clone())).collect()
        }
        Key::Owner => {
            let works = |p: &&PersonRow| {
                let may = Role::from_code(&p.role).is_some_and(|role| role.may(Right::Work));
                // Whoever works for other brands only is nobody's colleague here.
                let walls = Walls::stored(p.brands.as_deref());
                let here = known.all.iter().any(|b| walls.let_see(&b.id));
                p.disabled_at.is_none() && may && here && p.login != known.me
            };
            let people = known.found.people.iter().filter(works).map(|p| p.login.clone());
            ["me".to_owned(), "nobody".to_owned()].into_iter().chain(people).collect()
        }
        Key::Label if known.found.any_label => codes(&Label::ALL.map(Label::code)),
        Key::Label => Vec::new(),
        Key::Incident => known.found.incidents.iter().map(|i| i.0.clone()).collect(),
    }
}

/// What it can be filtered by, with what is chosen.
pub(super) fn fields(here: &Here, known: &Known<'_>, t: &Texts) -> Vec<Field> {
    let field = |key: Key| {
        let mut values = values(key, known, here);
        values.extend(here.filter.all(key).iter().filter(|_| key != Key::Text).cloned());
        let mut options: Vec<(String, String, bool)> = Vec::new();
        for value in values {
            if !options.iter().any(|(code, ..)| *code == value) {
                let (words, here) = (named(key, &value, known, t), here.filter.has(key, &value));
                options.push((value, words, here));
            }
        }
        Field { code: key.code(), name: t.name("key", key.code()), many: key.takes_many(), options }
    };
    Key::ALL.into_iter().map(field).filter(|f| !f.options.is_empty()).collect()
}
