//! Languages that come as files: the same keys as the tables here, in TOML, a table of the file for each of ours.
//!
//! A key that is missing is English. What is wrong in a file is told with its line, and counts as missing.

use super::sentences::{self, Said};
use super::{NL, Texts, figures};
use crate::domain::wording::Wording;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::ops::Range;
use toml_edit::{Item, TableLike};

/// The table of the file for the first of ours.
const MAIN: &str = "console";
/// Most characters of one text: no text of ours comes near it.
const CHARS_MAX: usize = 2000;

/// The keys of a table, each with its English and its Dutch.
type Keys = &'static [(&'static str, &'static str, &'static str)];

/// The tables beside the first.
macro_rules! pack {
    ($($name:ident: $table:ty;)*) => {
        /// All tables but the first, in one language.
        #[derive(Debug)]
        pub struct Pack {
            $(pub(in crate::web::texts) $name: $table,)*
            /// What the rules say.
            pub(in crate::web::texts) said: Said,
            /// The words of figures.
            pub(in crate::web::texts) figures: crate::reports::words::Words,
            /// The words of promises.
            pub(in crate::web::texts) wording: Wording,
        }

        /// Every table of ours by its name in the file, with keys, English and Dutch.
        const TABLES: &[(&str, Keys)] =
            &[(MAIN, Texts::ALL), $((stringify!($name), <$table>::ALL)),*];

        fn pack(lang: &'static str, words: &Words) -> Pack {
            Pack {
                $($name: <$table>::filled(lang, &|key| words.get(&(stringify!($name), key)).copied()),)*
                said: Said::of(&|table, key| words.get(&(table, key)).copied()),
                figures: figures::filled(lang, &|table, key| words.get(&(table, key)).copied()),
                wording: Wording::filled(lang, &|key| words.get(&(SPOKEN, key)).copied()),
            }
        }
    };
}

pack! {
    alerts: super::alerts::AlertTexts;
    brands: super::pages::brands::BrandTexts;
    collecting: super::collecting::CollectingTexts;
    doors: super::doors::DoorTexts;
    duty: super::duty::DutyTexts;
    ending: super::ending::EndingTexts;
    files: super::files::FilesTexts;
    given: super::given::GivenTexts;
    incidents: super::incidents::IncidentTexts;
    menu: super::pages::menu::MenuTexts;
    money: super::money::MoneyTexts;
    office: super::office::OfficeTexts;
    people: super::people::PeopleTexts;
    planner: super::planner::PlannerTexts;
    policies: super::pages::policies::PolicyTexts;
    privacy: super::privacy::PrivacyTexts;
    private: super::private::PrivateTexts;
    promises: super::promises::PromiseTexts;
    protocols: super::protocols::ProtocolTexts;
    quality: super::pages::quality::QualityTexts;
    reports: super::reports::ReportsTexts;
    shift: super::shift::ShiftTexts;
    tokens: super::tokens::TokenTexts;
    translation: super::pages::translation::TranslationTexts;
    voice: super::voice::VoiceTexts;
    wall: super::pages::wall::WallTexts;
    working: super::working::WorkingTexts;
    written: super::pages::written::TemplateTexts;
}

/// The table of the file for the words of promises.
const SPOKEN: &str = "spoken";

/// Every table of a file: ours, those of figures and of promises, and those of what the rules say.
fn tables() -> impl Iterator<Item = (&'static str, Keys)> {
    let promises = std::iter::once((SPOKEN, Wording::ALL));
    TABLES.iter().copied().chain(figures::tables()).chain(promises).chain(sentences::tables())
}

/// Words of a file that are right, by table and key.
type Words = HashMap<(&'static str, &'static str), &'static str>;

/// What is to be said of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// The line, counted from 1.
    pub line: usize,
    /// The key with its table.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What is wanted.
    pub wanted: String,
    /// Whether it is only that a text is missing, which English stands for.
    pub missing: bool,
}

/// A file that was read.
pub struct Read {
    /// The words; none where the file can be no language.
    pub texts: Option<&'static Texts>,
    /// The name of the language in itself.
    pub name: &'static str,
    /// What is to be said of it.
    pub remarks: Vec<Remark>,
}

/// The tables with their words in English (or Dutch) as a file to write another language into.
pub fn template(language: &str) -> String {
    let dutch = language == NL.lang;
    let mut text = String::from(
        "# Words of the console. Put the tag and the name of the language here, and its words in the place of these.\n\
         # What stands in braces, such as {name}, stays as it is; {} stand for what varies, in their order. A key that is left\n\
         # out is shown in English. Keys in quotes are sentences of the rules: translate what stands behind the sign.\n",
    );
    let name = if dutch { "Nederlands" } else { "English" };
    // Writing to a text cannot fail.
    let _ = write!(text, "lang = {}\nname = {}\n", quoted(language), quoted(name));
    for (table, keys) in tables() {
        let _ = write!(text, "\n[{table}]\n");
        for (key, en, nl) in keys {
            let is_bare = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let key = if is_bare { (*key).to_owned() } else { quoted(key) };
            let _ = writeln!(text, "{key} = {}", quoted(if dutch { nl } else { en }));
        }
    }
    text
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Reads a file. Its words are kept for as long as the process runs: pages hold on to them, and files are read once.
pub fn read(text: &str) -> Read {
    let nothing = |remark| Read { texts: None, name: "", remarks: vec![remark] };
    let line = |span: Option<Range<usize>>| {
        let at = span.map_or(0, |s| s.start).min(text.len());
        text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1
    };
    let document = match toml_edit::Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let found = error.message().lines().collect::<Vec<_>>().join(", ");
            let line = line(Some(error.span().unwrap_or(text.len()..text.len())));
            return nothing(Remark { line, found, wanted: "wanted is TOML".to_owned(), ..Remark::default() });
        }
    };
    let top = document.as_table();
    let head = |key: &str| top.get(key).and_then(Item::as_str).map(str::trim);
    let Some(lang) = head("lang").filter(|tag| is_tag(tag)) else {
        return nothing(Remark {
            line: line(top.get("lang").and_then(Item::span)),
            path: "lang".to_owned(),
            found: "no tag of a language, or one that is built in".to_owned(),
            wanted: "wanted is such as 'de' or 'fy-NL'".to_owned(),
            missing: false,
        });
    };
    let name = head("name").filter(|name| is_plain(name) && name.chars().count() <= 40).unwrap_or(lang);
    let mut words = Words::new();
    let mut remarks = Vec::new();
    for (key, item) in top.iter().filter(|(key, _)| !["lang", "name"].contains(key)) {
        let known = tables().find(|(table, _)| *table == key);
        let (Some((table, keys)), Some(found)) = (known, item.as_table_like()) else {
            let span = top.get_key_value(key).and_then(|(k, _)| k.span()).or_else(|| item.span());
            remarks.push(Remark { line: line(span), ..unknown(key, tables().map(|(t, _)| t)) });
            continue;
        };
        of_table((table, keys), found, &line, (&mut words, &mut remarks));
    }
    for (table, keys) in tables() {
        let begins = line(top.get(table).and_then(Item::span));
        missing((table, keys), &words, begins, &mut remarks);
    }
    remarks.sort_by(|a, b| (a.missing, a.line, &a.path).cmp(&(b.missing, b.line, &b.path)));
    let (lang, name) = (kept(lang), kept(name));
    let all: &'static Pack = Box::leak(Box::new(pack(lang, &words)));
    let first = Texts::filled(lang, &|key| words.get(&(MAIN, key)).copied());
    let texts: &'static Texts = Box::leak(Box::new(Texts { pack: Some(all), ..first }));
    Read { texts: Some(texts), name, remarks }
}

fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// The tag of a language that is not built in.
fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
    let first = parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && letters(p));
    let rest = parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    first && rest && tag != super::EN.lang && tag != NL.lang
}

/// Whether a text holds nothing that does not show: such characters turn a page around or break its lines.
fn is_plain(text: &str) -> bool {
    let turns =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    !text.trim().is_empty() && !text.chars().any(|c| c.is_control() || turns(c))
}

fn unknown<'a>(path: &str, known: impl Iterator<Item = &'a str>) -> Remark {
    let near = |name: &&str| strsim::damerau_levenshtein(name, path.rsplit('.').next().unwrap_or(path));
    let near = known.min_by_key(near).map(|name| format!("; the nearest is '{name}'")).unwrap_or_default();
    Remark {
        path: path.to_owned(),
        found: "there is no such text".to_owned(),
        wanted: format!("wanted are the keys that `webcared texts` prints{near}"),
        ..Remark::default()
    }
}

/// Takes the words of one table, and tells what is wrong with them.
fn of_table(
    (table, keys): (&'static str, Keys),
    found: &dyn TableLike,
    line: &dyn Fn(Option<Range<usize>>) -> usize,
    (words, remarks): (&mut Words, &mut Vec<Remark>),
) {
    for (key, item) in found.iter() {
        let span = found.get_key_value(key).and_then(|(k, _)| k.span()).or_else(|| item.span());
        let (line, path) = (line(span), format!("{table}.{key}"));
        let Some((known, english, _)) = keys.iter().find(|(known, ..)| *known == key) else {
            remarks.push(Remark { line, ..unknown(&path, keys.iter().map(|(k, ..)| *k)) });
            continue;
        };
        let wrong = match item.as_str() {
            None => Some(("no text".to_owned(), "wanted is a text in quotes".to_owned())),
            Some(text) => fault(text, english),
        };
        match (wrong, item.as_str()) {
            (None, Some(text)) => {
                // What the English has at its ends, it has to hold pieces apart.
                let text = if *english == english.trim() { text.trim() } else { text };
                words.insert((table, *known), kept(text));
            }
            (wrong, _) => {
                let (found, wanted) = wrong.unwrap_or_default();
                remarks.push(Remark { line, path, found, wanted, missing: false });
            }
        }
    }
}

/// What is wrong with a text, and what is wanted.
fn fault(text: &str, english: &str) -> Option<(String, String)> {
    if !is_plain(text) || text.chars().count() > CHARS_MAX {
        let wanted = format!("wanted are 1 to {CHARS_MAX} characters that show, in one line");
        return Some((
            "an empty text, one too long, or one with characters that do not show".to_owned(),
            wanted,
        ));
    }
    let (theirs, ours) = (text.matches("{}").count(), english.matches("{}").count());
    if theirs != ours {
        let wanted = format!("wanted as often as in English: {{}}, {ours} times");
        return Some((format!("{{}}, {theirs} times"), wanted));
    }
    let (theirs, ours) = (placeholders(text), placeholders(english));
    let listed = |all: &BTreeSet<&str>| {
        let names: Vec<String> = all.iter().map(|name| format!("{{{name}}}")).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    (theirs != ours)
        .then(|| (format!("in braces: {}", listed(&theirs)), format!("wanted in braces: {}", listed(&ours))))
}

/// The names in braces.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    parts.map(|(name, _)| name).filter(|name| !name.is_empty() && !name.contains(' ')).collect()
}

/// What the file leaves out, at the line where its table begins.
fn missing((table, keys): (&'static str, Keys), words: &Words, line: usize, remarks: &mut Vec<Remark>) {
    for (key, ..) in keys.iter().filter(|(key, ..)| !words.contains_key(&(table, *key))) {
        let path = format!("{table}.{key}");
        // What stands there and is wrong is told once.
        if !remarks.iter().any(|r| r.path == path) {
            remarks.push(Remark {
                line,
                path,
                found: "missing".to_owned(),
                wanted: "shown in English".to_owned(),
                missing: true,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::EN;
    use super::*;

    const FRISIAN: &str = r#"lang = "fy"
name = "Frysk"

[console]
inbox = "Postfek"
outbox = "Utgeand <b>&amp;"
log_inn = "Ynlogge"
help = 7
skip = ""

[working]
library_text = "Tekst; {name} wurdt ynfolle"

[duty]
duty = "Tsjinst"

[nowhere]
"#;

    #[test]
    fn a_file_gives_its_words_and_english_for_the_rest() {
        let read = read(FRISIAN);
        let t = read.texts.unwrap();
        assert_eq!((t.lang, read.name), ("fy", "Frysk"));
        assert_eq!((t.inbox, t.sources, t.help), ("Postfek", EN.sources, EN.help));
        assert_eq!((t.duty().duty, t.duty().lang, t.menu().work), ("Tsjinst", "fy", EN.menu().work));
        assert_eq!(t.working().library_text, EN.working().library_text, "its braces do not match");
        assert_eq!(t.name("state", "working"), "working");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_what_is_missing_behind_it() {
        let remarks = read(FRISIAN).remarks;
        let wrong: Vec<(usize, &str)> =
            remarks.iter().filter(|r| !r.missing).map(|r| (r.line, r.path.as_str())).collect();
        let wanted = [
            (7, "console.log_inn"),
            (8, "console.help"),
            (9, "console.skip"),
            (12, "working.library_text"),
            (17, "nowhere"),
        ];
        assert_eq!(wrong, wanted);
        assert!(remarks[0].wanted.contains("'log_in'"), "{:?}", remarks[0]);
        assert_eq!(remarks[3].found, "in braces: {name}");
        assert_eq!(remarks[3].wanted, "wanted in braces: {brand}, {customer}, {name}");
        let missing = |path: &str| remarks.iter().find(|r| r.missing && r.path == path).map(|r| r.line);
        assert_eq!(missing("console.log_in"), Some(4), "at its table");
        assert_eq!(missing("wall.wall"), Some(1), "a table that is not there");
        assert_eq!(missing("console.help"), None, "told already");
    }

    #[test]
    fn the_template_is_a_language_without_a_gap() {
        for (language, own) in [("en", &EN), ("nl", &NL)] {
            let text = template(language).replacen(&format!("lang = \"{language}\""), "lang = \"fy\"", 1);
            let read = read(&text);
            assert!(read.remarks.is_empty(), "{language}: {:?}", read.remarks);
            let t = read.texts.unwrap();
            assert_eq!((t.inbox, t.wall().wall, t.planner().lang), (own.inbox, own.wall().wall, "fy"));
        }
    }

    #[test]
    fn what_is_no_language_gives_none() {
        for (text, line) in [
            ("lang = \"nl\"", 1),
            ("\nlang = \"Deutsch\"", 2),
            ("[console]\ninbox = \"x\"", 1),
            ("lang = \"de\"\ninbox = ", 2),
        ] {
            let read = read(text);
            assert!(read.texts.is_none(), "{text}");
            assert_eq!((read.remarks.len(), read.remarks[0].line), (1, line), "{text}: {:?}", read.remarks);
        }
    }

    #[test]
    fn a_language_is_chosen_by_its_tag_or_by_what_is_nearest() {
        let german = read("lang = \"de-AT\"\n[console]\ninbox = \"Postfach\"").texts.unwrap();
        let more = [german];
        let asked = |header: &str| Texts::asked(header, &more).lang;
        assert_eq!(asked("de-DE,de;q=0.9,en;q=0.5"), "de-AT");
        assert_eq!(asked("nl,de;q=0.5"), "nl");
        assert_eq!(asked("fr,en;q=0.1"), "en");
        assert_eq!(Texts::of_tag("DE-at", &more).map(|t| t.inbox), Some("Postfach"));
        assert!(Texts::of_tag("fr", &more).is_none() && Texts::of_tag("", &more).is_none());
    }
}
