//! Somebody else whose matter a case is: the customer, where that is not who wrote. A daughter writes for her father: she
//! is the reporter, he is the customer. What is known of them is personal; pure.

use super::judgement::{PersonalData, PersonalDataKind};
use serde::{Deserialize, Serialize};

/// Longest piece of what is known of a customer, in characters.
pub const CHARS_MAX: usize = 120;
/// How much of a telephone number tells it, whatever stands before it: the last so many digits.
const PHONE_DIGITS: usize = 9;
/// Shorter words and numbers are found everywhere.
const FOUND_CHARS_MIN: usize = 4;
/// Words by which people are addressed: they name nobody.
const COURTESY: &[&str] = &[
    "mevrouw", "meneer", "mijnheer", "heer", "dame", "familie", "vader", "moeder", "dochter", "zoon",
    "klant", "madam", "madame", "monsieur", "mister", "miss", "missus", "family", "father", "mother",
    "daughter", "customer", "herr", "frau", "vater", "mutter", "señor", "señora", "senhor", "senhora",
    "signor", "signora", "herra", "fru",
];

/// What is known of a customer; each piece may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    /// What they are called.
    pub name: String,
    /// Their customer number.
    pub number: String,
    /// Their mail address.
    pub email: String,
    /// Their telephone number.
    pub phone: String,
}

impl Customer {
    /// Reads what was kept.
    pub fn of(body: &str) -> Self {
        serde_json::from_str(body).unwrap_or_default()
    }

    /// As it is kept.
    pub fn body(&self) -> String {
        // A struct of texts can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn pieces(&self) -> [(&'static str, &str); 4] {
        [("name", &self.name), ("number", &self.number), ("email", &self.email), ("phone", &self.phone)]
    }

    /// Without what stands around each piece.
    pub fn trimmed(&self) -> Self {
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            name: plain(&self.name),
            number: plain(&self.number),
            email: plain(&self.email),
            phone: plain(&self.phone),
        }
    }

    /// Which pieces are known, by name.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.pieces().into_iter().filter(|(_, text)| !text.is_empty()).map(|(kind, _)| kind).collect()
    }

    /// What is wrong with it, if anything is: the field, and why.
    pub fn mistake(&self) -> Option<(&'static str, String)> {
        if self.kinds().is_empty() {
            return Some((
                "name",
                "say who it is about: a name, a customer number, a mail address or a phone".into(),
            ));
        }
        let odd = |text: &str| text.chars().count() > CHARS_MAX || text.chars().any(char::is_control);
        if let Some((field, _)) = self.pieces().into_iter().find(|(_, text)| odd(text)) {
            return Some((field, format!("wanted are at most {CHARS_MAX} characters, in one line")));
        }
        if !self.email.is_empty() && email_key(&self.email).is_none() {
            return Some(("email", "that is no mail address".into()));
        }
        if !self.phone.is_empty() && phone_key(&self.phone).is_none() {
            return Some(("phone", "that is no telephone number; nine digits or more".into()));
        }
        None
    }

    /// By what it is known that two are the same customer: kind and plain text. A name says nothing.
    pub fn keys(&self) -> Vec<(&'static str, String)> {
        let keys = [
            ("number", number_key(&self.number)),
            ("email", email_key(&self.email)),
            ("phone", phone_key(&self.phone)),
        ];
        keys.into_iter().filter_map(|(kind, key)| Some((kind, key?))).collect()
    }

    /// By what everything of one customer is followed: the same without numbers that stand for many people (`0000`,
    /// `unknown`).
    pub fn leads(&self) -> Vec<(&'static str, String)> {
        let mut keys = self.keys();
        keys.retain(|(kind, plain)| *kind != "number" || tells_one(plain));
        keys
    }

    /// All that is known, in one line for colleagues.
    pub fn line(&self) -> String {
        let number =
            if self.number.is_empty() { String::new() } else { format!("customer number {}", self.number) };
        let all = [self.name.clone(), number, self.email.clone(), self.phone.clone()];
        all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Where a text gives them away: their name or a word of it, their number, address or telephone. `known` is what
    /// who wrote is called: what they share with the customer gives nothing away.
    pub fn found_in(&self, text: &str, known: &str) -> Vec<PersonalData> {
        let all = squashed(text);
        let mut found = Vec::new();
        let mut add = |kind, places: Vec<(usize, usize)>| {
            found.extend(places.into_iter().map(|(start, end)| PersonalData { kind, start, end }));
        };
        if let Some(key) = phone_key(&self.phone) {
            add(PersonalDataKind::Phone, places(&all, &key, false));
        }
        add(PersonalDataKind::Email, places(&all, &self.email, true));
        add(PersonalDataKind::Reference, places(&all, &self.number, true));
        let shared: Vec<String> = words(known).collect();
        let names: Vec<String> = words(&self.name).filter(|w| !shared.contains(w)).collect();
        if !names.is_empty() {
            add(PersonalDataKind::Name, places(&all, &self.name, true));
        }
        for word in names.iter().filter(|w| !COURTESY.contains(&w.as_str())) {
            add(PersonalDataKind::Name, places(&all, word, true));
        }
        found
    }
}

/// What a word that somebody typed may be the key of: a mail address, a telephone number, a customer number.
pub fn readings(word: &str) -> Vec<(&'static str, String)> {
    let word = word.trim();
    if let Some(key) = email_key(word) {
        return vec![("email", key)];
    }
    let phone = word.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
    let phone = phone_key(word).filter(|_| phone).map(|key| ("phone", key));
    let number = word.chars().any(|c| c.is_ascii_digit()) && !word.contains(['#', '@', '/']);
    let number = number_key(word).filter(|_| number).map(|key| ("number", key));
    phone.into_iter().chain(number).collect()
}

/// What an account tells of who has it, where its id on the platform is a mail address or a telephone.
pub fn account_key(platform: &str, external_id: &str) -> Option<(&'static str, String)> {
    match platform {
        "email" => email_key(external_id).map(|key| ("email", key)),
        "whatsapp" if external_id.bytes().all(|b| b.is_ascii_digit()) => {
            phone_key(external_id).map(|key| ("phone", key))
        }
        _ => None,
    }
}

/// The digits of a telephone as somebody wrote it, and whether they are all of it: with the code of its country they are
/// one telephone's, without it only the end of one.
pub fn dialled(text: &str) -> Option<(String, bool)> {
    let text = text.trim().replace("(0)", "");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let whole = if text.starts_with('+') { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    if let Some(whole) = whole.filter(|d| d.len() >= PHONE_DIGITS) {
        return Some((whole.to_owned(), true));
    }
    let end = digits.trim_start_matches('0');
    (end.len() >= PHONE_DIGITS).then(|| (end.to_owned(), false))
}

/// Whether a number is one customer's: a placeholder has no digit, or one sign all over.
fn tells_one(number: &str) -> bool {
    let first = number.chars().next();
    number.chars().any(|c| c.is_ascii_digit()) && number.chars().any(|c| Some(c) != first)
}

fn email_key(text: &str) -> Option<String> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let fits = !local.is_empty() && domain.contains('.') && !text.trim().contains(char::is_whitespace);
    fits.then(|| text.trim().to_lowercase())
}

fn phone_key(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().checked_sub(PHONE_DIGITS)?;
    Some(digits[from..].to_owned())
}

fn number_key(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    Some(plain).filter(|key| !key.is_empty())
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase)
}

/// A letter or digit in small, with where it stands in the text.
type At = (char, usize, usize);

/// The letters and digits of a text.
fn squashed(text: &str) -> Vec<At> {
    let plain = text.char_indices().filter(|(_, c)| c.is_alphanumeric());
    plain.flat_map(|(at, c)| c.to_lowercase().map(move |small| (small, at, at + c.len_utf8()))).collect()
}

/// Where letters and digits stand one after another, whatever stands between them; `whole`: not within a longer word.
fn places(text: &[At], wanted: &str, whole: bool) -> Vec<(usize, usize)> {
    let wanted: Vec<char> = squashed(wanted).into_iter().map(|at| at.0).collect();
    let n = wanted.len();
    if n < FOUND_CHARS_MIN {
        return Vec::new();
    }
    let stands = |(at, window): (usize, &[At])| {
        let (first, last) = (window.first()?, window.last()?);
        let is = window.iter().map(|c| c.0).eq(wanted.iter().copied());
        let before = at.checked_sub(1).and_then(|i| text.get(i)).is_some_and(|b| b.2 == first.1);
        let after = text.get(at + n).is_some_and(|a| a.1 == last.2);
        (is && !(whole && (before || after))).then_some((first.1, last.2))
    };
    text.windows(n).enumerate().filter_map(stands).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piet() -> Customer {
        Customer {
            name: "Piet Jansen".into(),
            number: "KL-88 41".into(),
            email: "Piet@Home.example".into(),
            phone: "+31 6 1234 5678".into(),
        }
    }

    fn found(text: &str, known: &str) -> Vec<String> {
        let mut all: Vec<String> =
            piet().found_in(text, known).iter().map(|f| text[f.start..f.end].to_owned()).collect();
        all.dedup();
        all
    }

    #[test]
    fn two_are_the_same_customer_by_what_they_gave_however_it_is_written() {
        let other = Customer { phone: "06-12345678".into(), number: "kl8841".into(), ..Customer::default() };
        for key in other.keys() {
            assert!(piet().keys().contains(&key), "{key:?}");
        }
        assert!(Customer { name: "Piet Jansen".into(), ..Customer::default() }.keys().is_empty());
        assert_eq!(readings("piet@home.example"), [("email", "piet@home.example".to_owned())]);
        assert!(piet().keys().contains(&readings("0031612345678")[0]));
        assert_eq!(readings("KL8841"), [("number", "KL8841".to_owned())]);
        assert!(readings("piet").is_empty() && readings("Acme#12").is_empty());
    }

    #[test]
    fn a_customer_is_followed_by_what_is_theirs_alone() {
        for many in ["0000", "unknown", "N/A", "9"] {
            let customer = Customer { number: many.into(), ..piet() };
            assert_eq!(
                customer.leads().iter().map(|k| k.0).collect::<Vec<_>>(),
                ["email", "phone"],
                "{many}"
            );
        }
        assert_eq!(piet().leads(), piet().keys());
        assert_eq!(account_key("email", "Piet@Home.example"), Some(("email", "piet@home.example".into())));
        assert_eq!(account_key("whatsapp", "31612345678"), Some(("phone", "612345678".into())));
        assert_eq!(account_key("whatsapp", "NL.1341612345678"), None);
        assert_eq!(account_key("mastodon", "piet@home.example"), None, "a name there is no mail address");
        for whole in ["+31 (0)6 1234 5678", "0031612345678", "+31612345678"] {
            assert_eq!(dialled(whole), Some(("31612345678".to_owned(), true)), "{whole}");
        }
        assert_eq!(dialled("06-12345678"), Some(("612345678".to_owned(), false)));
        assert_eq!(dialled("31612345678"), Some(("31612345678".to_owned(), false)));
        assert_eq!(dialled("12"), None);
    }

    #[test]
    fn a_text_gives_them_away_by_name_number_address_or_phone() {
        assert_eq!(found("We called Mr JANSEN.", ""), ["JANSEN"]);
        assert_eq!(found("We called piet jansen today", "").first().map(String::as_str), Some("piet jansen"));
        assert_eq!(found("number KL8841 is fine", ""), ["KL8841"]);
        assert_eq!(found("on 0612345678", ""), ["612345678"]);
        assert_eq!(found("to piet@home.example", "")[0], "piet@home.example");
        for nothing in ["We called your father", "jansens and pieter", "order 99 KL88419"] {
            assert_eq!(found(nothing, ""), Vec::<String>::new(), "{nothing}");
        }
        // A daughter of the same name is greeted by hers.
        assert_eq!(found("Hi Mia Jansen, we will look", "Mia Jansen"), Vec::<String>::new());
        assert_eq!(found("Hi Mia, we called Piet Jansen", "Mia Jansen")[0], "Piet Jansen");
    }

    #[test]
    fn what_says_nothing_is_refused() {
        assert_eq!(Customer::default().mistake().map(|m| m.0), Some("name"));
        assert_eq!(piet().mistake(), None);
        let of = |email: &str, phone: &str| Customer { email: email.into(), phone: phone.into(), ..piet() };
        assert_eq!(of("piet at home", "").mistake().map(|m| m.0), Some("email"));
        assert_eq!(of("", "12").mistake().map(|m| m.0), Some("phone"));
        let long = Customer { name: "x".repeat(CHARS_MAX + 1), ..Customer::default() };
        assert_eq!(long.mistake().map(|m| m.0), Some("name"));
        assert_eq!(Customer::of(&piet().body()), piet());
        assert_eq!(
            piet().line(),
            "Piet Jansen, customer number KL-88 41, Piet@Home.example, +31 6 1234 5678"
        );
    }
}
