//! Numbers on WhatsApp: their ids, how we are let in, the templates, the money.

use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::{Findings, address_mistake, repeated};
use crate::sources::config::WhatsappConfig;
use crate::sources::whatsapp::Template;
use secrecy::{ExposeSecret, SecretString};

const SECRET_CHARS_MIN: usize = 16;
const WORD_CHARS_MIN: usize = 12;
const PRICE_MAX: f64 = 100.0;
const BUDGET_MAX: f64 = 10_000_000.0;

/// Checks numbers.
pub(super) fn check(numbers: &WhatsappConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "whatsapp".into()];
    let at = |key: &'static str| [here[0], here[1], "whatsapp".into(), key.into()];
    if !is_id(&numbers.account) && !found.is_lost(&section, &["account"]) {
        let allowed = "wanted is the id of the WhatsApp Business account, of digits only";
        found.add(&at("account"), quoted(&numbers.account), allowed);
    }
    if let Some((what, allowed)) = address_mistake(&numbers.api_url, ("https", "http"), false) {
        found.add(&at("api_url"), what, allowed);
    }
    let version = numbers.version.strip_prefix('v').and_then(|v| v.split_once('.'));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !version.is_some_and(|(major, minor)| digits(major) && digits(minor)) {
        found.add(&at("version"), quoted(&numbers.version), "wanted is a version such as v26.0");
    }
    found.bounds(&at("per_second_max"), i64::from(numbers.per_second_max), (1, 1_000));
    each_number(numbers, here, found);
    secrets(numbers, here, found);
    templates(numbers, here, found);
    money(numbers, here, found);
}

fn each_number(numbers: &WhatsappConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "whatsapp".into()];
    let at = |n: usize, key: &'static str| {
        [here[0], here[1], "whatsapp".into(), "number".into(), n.into(), key.into()]
    };
    if numbers.numbers.is_empty() && !found.is_lost(&section, &["number"]) {
        found.add(
            &section,
            "no number",
            "wanted is at least one [[source.whatsapp.number]] with id and phone",
        );
    }
    for (n, number) in numbers.numbers.iter().enumerate() {
        if !is_id(&number.id) {
            found.add(
                &at(n, "id"),
                quoted(&number.id),
                "wanted is the platform's id of the number, of digits only",
            );
        }
        let fine = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.');
        let is_phone = number.phone.trim().strip_prefix('+').is_some_and(|rest| rest.chars().all(fine));
        if !is_phone || !(8..=15).contains(&number.digits().len()) {
            found.add(&at(n, "phone"), quoted(&number.phone), "wanted is a number such as '+31 20 123 4567'");
        }
    }
    for (again, first) in repeated(numbers.numbers.iter().map(|n| n.id.as_str())) {
        let what = format!("the id of number[{first}] too");
        found.add(&at(again, "id"), what, "allowed: each number once");
    }
}

fn secrets(numbers: &WhatsappConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "whatsapp".into()];
    type Row<'a> = (&'static str, &'static str, &'a Option<SecretString>, bool, bool, usize);
    let all: [Row<'_>; 4] = [
        ("token", "token_file", &numbers.token, numbers.token_file.is_some(), true, SECRET_CHARS_MIN),
        (
            "app_secret",
            "app_secret_file",
            &numbers.app_secret,
            numbers.app_secret_file.is_some(),
            true,
            SECRET_CHARS_MIN,
        ),
        (
            "previous_app_secret",
            "previous_app_secret_file",
            &numbers.previous_app_secret,
            numbers.previous_app_secret_file.is_some(),
            false,
            SECRET_CHARS_MIN,
        ),
        (
            "verify_token",
            "verify_token_file",
            &numbers.verify_token,
            numbers.verify_token_file.is_some(),
            true,
            WORD_CHARS_MIN,
        ),
    ];
    for (key, file_key, secret, from_file, is_needed, chars_min) in all {
        let short = |s: &SecretString| {
            let text = s.expose_secret().trim();
            text.len() < chars_min || text.chars().any(|c| !c.is_ascii_graphic())
        };
        if secret.is_none() && !from_file && is_needed && !found.is_lost(&section, &[key, file_key]) {
            found.add(&section, format!("no {key}"), format!("wanted is {key} or {file_key}"));
        } else if secret.as_ref().is_some_and(short) {
            let key = if from_file { file_key } else { key };
            let allowed = format!("wanted are {chars_min} or more plain characters");
            found.add(&[here[0], here[1], "whatsapp".into(), key.into()], "too short, or no secret", allowed);
        }
    }
}

fn templates(numbers: &WhatsappConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let at = |n: usize, key: &'static str| {
        [here[0], here[1], "whatsapp".into(), "template".into(), n.into(), key.into()]
    };
    for (n, template) in numbers.templates.iter().enumerate() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if template.name.is_empty() || !template.name.chars().all(plain) {
            let allowed = "wanted is its name at the platform: small letters, digits, '_'";
            found.add(&at(n, "name"), quoted(&template.name), allowed);
        }
        let fine = |c: char| c.is_ascii_alphabetic() || c == '_';
        if template.language.len() < 2 || !template.language.chars().all(fine) {
            let allowed = "wanted is a language as the platform writes it, such as nl or en_US";
            found.add(&at(n, "language"), quoted(&template.language), allowed);
        }
        if let Err(why) = Template::read(template) {
            let allowed =
                "wanted are the approved words, with {{1}} or {{name}} where something is filled in";
            found.add(&at(n, "text"), why, allowed);
        }
    }
    let names: Vec<String> = numbers.templates.iter().map(|t| format!("{} {}", t.name, t.language)).collect();
    for (again, first) in repeated(names.iter().map(String::as_str)) {
        let what = format!("the name and language of template[{first}] too");
        found.add(&at(again, "name"), what, "allowed: each once in a language");
    }
}

fn money(numbers: &WhatsappConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    if let Some(usd) = numbers.monthly_usd.filter(|usd| !(0.0..=BUDGET_MAX).contains(usd)) {
        let at = [here[0], here[1], "whatsapp".into(), "monthly_usd".into()];
        found.add(&at, format!("the number {usd}"), format!("allowed: 0 to {BUDGET_MAX} dollars"));
    }
    for (key, price) in numbers.prices.all() {
        if !(0.0..=PRICE_MAX).contains(&price) {
            let at = [here[0], here[1], "whatsapp".into(), "prices".into(), key.into()];
            let allowed = format!("allowed: 0 to {PRICE_MAX} dollars for one");
            found.add(&at, format!("the number {price}"), allowed);
        }
    }
}

fn is_id(id: &str) -> bool {
    (5..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}
