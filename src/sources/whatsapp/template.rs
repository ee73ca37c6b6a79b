//! Approved templates: what may be said when the customer's last message is too long ago. Pure.
//!
//! A person takes one of them and fills it in, so what is sent is known again by its words: a text that is a template
//! with something in the place of each variable goes out as that template, and any other as free words.

use super::config::{Category, TemplateConfig};
use serde_json::{Value, json};

/// Longest value of a variable, in characters.
const VALUE_CHARS_MAX: usize = 1_024;

/// Variables with what stands in their place.
pub type Values = Vec<(String, String)>;

/// A part of a template's words.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Variable(String),
}

/// A template in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its name at the platform.
    pub name: String,
    /// Its language as the platform writes it.
    pub language: String,
    /// What it is for.
    pub category: Category,
    /// Its words as they were approved.
    pub text: String,
    parts: Vec<Part>,
}

impl Template {
    /// Reads a template of the settings; what is wrong with its words is said.
    pub fn read(config: &TemplateConfig) -> Result<Self, String> {
        let text = config.text.trim().to_owned();
        let (mut parts, mut rest) = (Vec::new(), text.as_str());
        while let Some(at) = rest.find("{{") {
            let (before, inside) = (&rest[..at], &rest[at + 2..]);
            let end = inside.find("}}").ok_or("'{{' without '}}'")?;
            let name = inside[..end].trim();
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.is_empty() || !name.chars().all(plain) {
                return Err(format!("'{{{{{name}}}}}' is no variable"));
            }
            if !before.is_empty() {
                parts.push(Part::Words(before.to_owned()));
            } else if matches!(parts.last(), Some(Part::Variable(_))) {
                return Err("two variables with nothing between them".to_owned());
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = &inside[end + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest.to_owned()));
        }
        if !parts.iter().any(|p| matches!(p, Part::Words(words) if !words.trim().is_empty())) {
            return Err("it has no words of its own".to_owned());
        }
        Ok(Self {
            name: config.name.trim().to_owned(),
            language: config.language.trim().to_owned(),
            category: config.category,
            text,
            parts,
        })
    }

    /// What stands in the place of its variables in a text that is this template; `None` if it is not.
    pub fn filled(&self, text: &str) -> Option<Values> {
        let (mut rest, mut values, mut open) = (text.trim(), Values::new(), None::<&str>);
        for (at, part) in self.parts.iter().enumerate() {
            match part {
                Part::Variable(name) => open = Some(name),
                Part::Words(words) => {
                    // The last words of all stand at the end, wherever else they may stand.
                    let is_last = at + 1 == self.parts.len();
                    let found = match (open, is_last) {
                        (None, _) => rest.starts_with(words.as_str()).then_some(0),
                        (Some(_), true) => rest.ends_with(words.as_str()).then(|| rest.len() - words.len()),
                        (Some(_), false) => rest.find(words.as_str()),
                    }?;
                    if let Some(name) = open.take() {
                        add(&mut values, name, &rest[..found])?;
                    }
                    rest = &rest[found + words.len()..];
                }
            }
        }
        match open {
            Some(name) => add(&mut values, name, rest)?,
            None if !rest.is_empty() => return None,
            None => {}
        }
        Some(values)
    }

    /// The part of a message that says which template it is and what stands in it.
    pub fn body(&self, values: &[(String, String)]) -> Value {
        let parameter = |(name, value): &(String, String)| {
            let mut one = json!({ "type": "text", "text": value });
            if !name.bytes().all(|b| b.is_ascii_digit()) {
                one["parameter_name"] = json!(name);
            }
            one
        };
        let mut body = json!({ "name": self.name, "language": { "code": self.language } });
        if !values.is_empty() {
            // In the order of their numbers.
            let mut told: Vec<&(String, String)> = values.iter().collect();
            told.sort_by_key(|(name, _)| name.parse::<u32>().unwrap_or(0));
            let parameters: Vec<Value> = told.into_iter().map(parameter).collect();
            body["components"] = json!([{ "type": "body", "parameters": parameters }]);
        }
        body
    }
}

/// A variable that stands twice is told once, and has one value.
fn add(values: &mut Values, name: &str, text: &str) -> Option<()> {
    let value = value(text)?;
    if let Some((_, known)) = values.iter().find(|(known, _)| known == name) {
        return (*known == value).then_some(());
    }
    values.push((name.to_owned(), value));
    Some(())
}

/// What may stand in the place of a variable: something, in one line, without wide gaps.
fn value(text: &str) -> Option<String> {
    let fine = !text.trim().is_empty()
        && text.chars().count() <= VALUE_CHARS_MAX
        && !text.contains(['\n', '\r', '\t'])
        && !text.contains("    ")
        && !text.contains("{{");
    fine.then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        let config = TemplateConfig {
            name: "again".into(),
            language: "nl".into(),
            text: text.into(),
            ..TemplateConfig::default()
        };
        Template::read(&config).unwrap()
    }

    fn values(of: &str, text: &str) -> Option<Vec<String>> {
        template(of).filled(text).map(|v| v.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn a_filled_template_is_known_by_its_words() {
        let hello = "Hoi {{1}}, we hebben een antwoord over {{2}}. Antwoord om verder te gaan.";
        assert_eq!(
            values(
                hello,
                "Hoi Jan, we hebben een antwoord over bestelling 4711. Antwoord om verder te gaan."
            ),
            Some(vec!["Jan".into(), "bestelling 4711".into()])
        );
        for no in [
            "Hoi Jan, hoe gaat het?",
            "Hoi , we hebben een antwoord over x. Antwoord om verder te gaan.",
            "Hoi {{1}}, we hebben een antwoord over x. Antwoord om verder te gaan.",
            "Hoi Jan, we hebben een antwoord over a\nb. Antwoord om verder te gaan.",
            "Hoi Jan, we hebben een antwoord over x. Antwoord om verder te gaan. ^Jan",
        ] {
            assert_eq!(values(hello, no), None, "{no}");
        }
        assert_eq!(values("Schrijf ons.", " Schrijf ons. "), Some(Vec::new()));
        assert_eq!(values("{{name}} hi", "Jan hi hi"), Some(vec!["Jan hi".into()]), "the last words end it");
        assert_eq!(values("{{1}} is {{1}}.", "a is b."), None, "one variable has one value");
        assert_eq!(values("{{1}} is {{1}}.", "a is a."), Some(vec!["a".into()]));
        assert_eq!(values("About {{topic}}", "About a thing"), Some(vec!["a thing".into()]));
    }

    #[test]
    fn what_is_sent_names_the_template_and_its_values() {
        let two = template("{{2}} and {{1}}");
        let body = two.body(&two.filled("b and a").unwrap());
        assert_eq!(
            body["components"][0]["parameters"],
            json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])
        );
        let named = template("Hi {{name}}!");
        let body = named.body(&named.filled("Hi Ann!").unwrap());
        assert_eq!(body["components"][0]["parameters"][0]["parameter_name"], "name");
        assert_eq!(template("Write.").body(&[]).get("components"), None);
    }

    #[test]
    fn what_cannot_be_a_template_is_said() {
        let read = |text: &str| {
            Template::read(&TemplateConfig { text: text.into(), ..TemplateConfig::default() }).unwrap_err()
        };
        for (text, why) in [
            ("Hi {{1", "without"),
            ("Hi {{Name}}", "no variable"),
            ("{{1}}{{2}} hi", "nothing between"),
            ("{{1}}", "no words"),
        ] {
            assert!(read(text).contains(why), "{text}");
        }
    }
}
