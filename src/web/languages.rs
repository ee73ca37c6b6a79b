//! The languages of the pages: English and Dutch, and those that the settings name as files; which one a reader sees.
//!
//! A reader sees what they chose on their account page, in whatever browser they log in; before it is known who they are,
//! what was chosen in this browser, and else what the browser asks for.

use super::auth::{Asked, Fields, Viewer};
use super::error::Error;
use super::texts::extra;
use super::texts::{EN, NL, Texts};
use super::{App, zones};
use crate::people::Chosen;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The cookie that remembers a choice.
const COOKIE: &str = "webcared-language";
/// How long a browser remembers it: a year, in seconds.
const YEAR: u32 = 31_536_000;
/// The largest file that is read: many times what a language takes.
const FILE_BYTES_MAX: u64 = 2_000_000;

/// What is to be said of a file of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The file.
    pub file: String,
    /// The line, counted from 1; none where the file cannot be read.
    pub line: Option<usize>,
    /// The key with its table.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What is wanted.
    pub wanted: String,
    /// Whether it is only that a text is missing, which English stands for.
    pub missing: bool,
}

impl fmt::Display for Remark {
    /// As mistakes of the settings are told: the place first, so that editors can jump to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let path = if self.path.is_empty() { String::new() } else { format!("{}: ", self.path) };
        write!(f, ": {path}{}; {}", self.found, self.wanted)
    }
}

/// The languages beside English and Dutch.
#[derive(Clone, Debug, Default)]
pub struct Languages {
    texts: Vec<&'static Texts>,
    /// Each by its tag and its name in itself.
    names: Vec<(&'static str, &'static str)>,
}

impl Languages {
    /// Reads the files, and tells what is to be said of them. One that is no language is left out.
    pub fn read(files: &[PathBuf]) -> (Self, Vec<Remark>) {
        let mut all = Self::default();
        let mut remarks = Vec::new();
        for file in files {
            let name = file.display().to_string();
            match contents(file) {
                Ok(text) => remarks.extend(all.add(&name, &text)),
                Err(found) => remarks.push(Remark {
                    file: name,
                    line: None,
                    path: String::new(),
                    found,
                    wanted: format!("wanted is a file of at most {FILE_BYTES_MAX} bytes of UTF-8"),
                    missing: false,
                }),
            }
        }
        (all, remarks)
    }

    /// Takes the words of one file in.
    pub fn add(&mut self, file: &str, text: &str) -> Vec<Remark> {
        let read = extra::read(text);
        let told = |r: extra::Remark| Remark {
            file: file.to_owned(),
            line: Some(r.line),
            path: r.path,
            found: r.found,
            wanted: r.wanted,
            missing: r.missing,
        };
        let mut remarks: Vec<Remark> = read.remarks.into_iter().map(told).collect();
        let Some(texts) = read.texts else { return remarks };
        if self.texts.iter().any(|t| t.lang.eq_ignore_ascii_case(texts.lang)) {
            remarks.insert(
                0,
                Remark {
                    file: file.to_owned(),
                    line: Some(1),
                    path: "lang".to_owned(),
                    found: format!("'{}', as in another file", texts.lang),
                    wanted: "wanted is each language once; the first one counts".to_owned(),
                    missing: false,
                },
            );
            return remarks;
        }
        self.texts.push(texts);
        self.names.push((texts.lang, read.name));
        remarks
    }

    /// The tags of the languages that came as files.
    pub fn tags(&self) -> Vec<&'static str> {
        self.names.iter().map(|(tag, _)| *tag).collect()
    }

    /// What is shown to whoever asks.
    pub(super) fn of(&self, headers: &HeaderMap) -> &'static Texts {
        let chosen = chosen(headers).and_then(|tag| self.exactly(tag));
        chosen.unwrap_or_else(|| {
            let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
            Texts::asked(asked.unwrap_or_default(), &self.texts)
        })
    }

    fn exactly(&self, tag: &str) -> Option<&'static Texts> {
        [&EN, &NL].into_iter().chain(self.texts.iter().copied()).find(|t| t.lang == tag)
    }

    /// The same request once it is known who asks: in the language that they chose, if they did.
    pub(super) fn spoken_by(&self, viewer: &Viewer, asked: &Asked) -> Option<Asked> {
        let texts = self.exactly(viewer.person.chosen.language.as_deref()?)?;
        // A second time at the door says the same.
        asked.spoken.get_or_init(|| texts);
        Some(Asked { texts, languages: self.marked(texts.lang), ..asked.clone() })
    }

    /// What may be chosen: tag, name in itself, and whether it was.
    pub(super) fn choices(&self, headers: &HeaderMap) -> Vec<(&'static str, &'static str, bool)> {
        self.marked(chosen(headers).unwrap_or_default())
    }

    fn marked(&self, here: &str) -> Vec<(&'static str, &'static str, bool)> {
        let own = [(EN.lang, "English"), (NL.lang, "Nederlands")];
        own.into_iter()
            .chain(self.names.iter().copied())
            .map(|(tag, name)| (tag, name, tag == here))
            .collect()
    }
}

/// The words of the console as a file to write another language into; `language` is one that is built in.
pub fn template(language: &str) -> String {
    extra::template(language)
}

fn contents(file: &Path) -> Result<String, String> {
    let size = std::fs::metadata(file).map_err(|e| e.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("{size} bytes"));
    }
    std::fs::read_to_string(file).map_err(|e| e.to_string())
}

/// The tag in the cookie.
fn chosen(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, tag)| tag)
}

/// `POST /account/language`: the language of the pages, none for what the browser asks for, and the zone of their times,
/// none for the team's. Who chose has both in whatever browser; the cookie has the page of a log-in speak it too.
pub async fn choose(
    State(app): State<App>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
) -> Result<Response, Error> {
    let tag = fields.get("language");
    let known = app.modules.languages.exactly(tag).map(|t| t.lang);
    if known.is_none() && !tag.is_empty() {
        return Err(Error::Invalid("language: one of those offered".to_owned()));
    }
    let zone = fields.get("zone");
    if !zone.is_empty() && !zones::is_known(zone) {
        return Err(Error::Invalid("zone: one of those offered".to_owned()));
    }
    let zone = Some(zone.to_owned()).filter(|zone| !zone.is_empty());
    let chosen = Chosen { language: known.map(ToOwned::to_owned), zone };
    app.people.by(viewer.caller.clone()).choose(&viewer.person.id, chosen).await?;
    let (tag, age) = known.map_or(("", 0), |tag| (tag, YEAR));
    let secure = if app.public_url.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={tag}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/account?language=1")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(cookie: &'static str, asked: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
        headers
    }

    #[test]
    fn a_choice_wins_over_what_the_browser_asks_for() {
        let mut all = Languages::default();
        all.add("fy.toml", "lang = \"fy\"\nname = \"Frysk\"\n[console]\ninbox = \"Postfek\"");
        let lang = |cookie, asked| all.of(&headers(cookie, asked)).lang;
        assert_eq!(lang("webcared-language=fy", "nl"), "fy");
        assert_eq!(lang("a=b; webcared-language=en; c=d", "nl"), "en");
        assert_eq!(lang("webcared-language=xx", "nl"), "nl", "one that is gone");
        assert_eq!(lang("webcared-language=", "fy-NL,nl;q=0.5"), "fy");
        let choices = all.choices(&headers("webcared-language=fy", "nl"));
        assert_eq!(choices[2], ("fy", "Frysk", true));
        assert!(!choices[0].2 && !choices[1].2);
    }

    #[test]
    fn a_remark_begins_with_its_place() {
        let told = Languages::default().add("fy.toml", "lang = \"fy\"\n[console]\nfoo = \"x\"");
        let text = told[0].to_string();
        assert!(text.starts_with("fy.toml:3: console.foo: there is no such text; "), "{text}");
        let missing = told.iter().find(|r| r.missing && r.path == "console.inbox").unwrap();
        assert_eq!(missing.to_string(), "fy.toml:2: console.inbox: missing; shown in English");
    }

    #[test]
    fn the_same_language_twice_and_a_file_that_is_not_there_are_told() {
        let mut all = Languages::default();
        all.add("a.toml", "lang = \"fy\"");
        let told = all.add("b.toml", "lang = \"fy\"");
        assert_eq!((told[0].file.as_str(), told[0].path.as_str()), ("b.toml", "lang"));
        assert_eq!(all.tags(), ["fy"]);
        let (none, told) = Languages::read(&[PathBuf::from("/nowhere/x.toml")]);
        assert!(none.tags().is_empty());
        assert!(told.len() == 1 && told[0].line.is_none() && !told[0].missing, "{told:?}");
    }
}
