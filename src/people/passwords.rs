//! Which passwords are taken: long ones, in which nobody's name stands, and that nobody is known to have lost.
//!
//! A list of lost passwords may have billions of lines. One of hashes is sorted, and searched on the disk by halves;
//! one of plain passwords is read from end to end. Neither is ever held in memory as a whole.

use super::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PeopleError};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The name of the product, which everybody guesses first.
const PRODUCT: &str = "webcared";
/// A name that is shorter is looked for as a word only: it stands inside of many others.
const INSIDE_CHARS_MIN: usize = 4;
/// Fewest different characters.
const DIFFERENT_MIN: usize = 5;
/// Longest line of a list that is looked at, in bytes.
const LINE_BYTES_MAX: u64 = 1024;

/// Checks what needs no list; `names` are those that must not stand in it.
///
/// # Errors
/// [`PeopleError::Invalid`] with what is allowed.
pub fn check(password: &str, names: &[String]) -> Result<(), PeopleError> {
    let length = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length) {
        return Err(PeopleError::Invalid(format!(
            "password: {length} characters; allowed are {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX}, \
             a few words in a row for instance"
        )));
    }
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_MIN {
        let text = format!("password: it has fewer than {DIFFERENT_MIN} different characters");
        return Err(PeopleError::Invalid(text));
    }
    let lower = password.to_lowercase();
    let holds = |name: &str| {
        let name = name.trim().to_lowercase();
        match name.chars().count() {
            0 => false,
            n if n < INSIDE_CHARS_MIN => lower.split(|c: char| !c.is_alphanumeric()).any(|word| word == name),
            _ => lower.contains(&name),
        }
    };
    if let Some(name) = names.iter().map(String::as_str).chain([PRODUCT]).find(|name| holds(name)) {
        let text = format!("password: '{name}' stands in it, which is guessed first");
        return Err(PeopleError::Invalid(text));
    }
    Ok(())
}

/// What a list holds, line by line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// SHA-1 in hexadecimal, sorted, with or without `:COUNT` behind it, as "Have I Been Pwned" gives it out.
    Hashes,
    /// Passwords as they are.
    Plain,
}

/// A list of passwords that others have lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breached {
    path: PathBuf,
    form: Form,
}

impl Breached {
    /// Looks at a list and tells of which form it is.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn open(path: &Path) -> Result<Self, String> {
        let mut reader = BufReader::new(File::open(path).map_err(|e| e.to_string())?);
        let first = line(&mut reader).map_err(|e| e.to_string())?;
        let Some(first) = first.filter(|l| !l.is_empty()) else {
            return Err("its first line is empty".to_owned());
        };
        let form = if hash_of(&first).is_some() { Form::Hashes } else { Form::Plain };
        let found = Self { path: path.to_owned(), form };
        if form == Form::Hashes && !found.looks_sorted().map_err(|e| e.to_string())? {
            return Err("its hashes are not sorted".to_owned());
        }
        Ok(found)
    }

    /// Whether a password stands in it. Reads from the disk; takes long for plain lists.
    ///
    /// # Errors
    /// The disk's.
    pub fn holds(&self, password: &str) -> io::Result<bool> {
        match self.form {
            Form::Hashes => self.search(&sha1(password)),
            Form::Plain => {
                let mut reader = BufReader::new(File::open(&self.path)?);
                while let Some(text) = line(&mut reader)? {
                    if text == password.as_bytes() {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// The hash of the first whole line at or after a place, and where the line after it begins.
    fn at(reader: &mut BufReader<File>, place: u64) -> io::Result<Option<([u8; 40], u64)>> {
        // One byte before, so that a line which begins just here is whole.
        reader.seek(SeekFrom::Start(place.saturating_sub(1)))?;
        if place > 0 {
            let mut skipped = Vec::new();
            reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut skipped)?;
        }
        let Some(text) = line(reader)? else { return Ok(None) };
        let after = reader.stream_position()?;
        Ok(hash_of(&text).map(|hash| (hash, after)))
    }

    fn search(&self, wanted: &[u8; 40]) -> io::Result<bool> {
        let file = File::open(&self.path)?;
        let (mut low, mut high) = (0, file.metadata()?.len());
        let mut reader = BufReader::with_capacity(256, file);
        while low < high {
            let middle = low + (high - low) / 2;
            match Self::at(&mut reader, middle)? {
                Some((hash, _)) if hash == *wanted => return Ok(true),
                Some((hash, after)) if hash < *wanted => low = after.max(middle + 1),
                _ => high = middle,
            }
        }
        Ok(false)
    }

    /// Whether hashes at some places of it rise.
    fn looks_sorted(&self) -> io::Result<bool> {
        const PLACES: u64 = 64;
        let file = File::open(&self.path)?;
        let size = file.metadata()?.len();
        let mut reader = BufReader::with_capacity(256, file);
        let mut before = None;
        for n in 0..PLACES {
            let Some((hash, _)) = Self::at(&mut reader, size / PLACES * n)? else { continue };
            if before.is_some_and(|b| b > hash) {
                return Ok(false);
            }
            before = Some(hash);
        }
        Ok(true)
    }
}

/// One line without its end, cut off where it is too long; nothing at the end.
fn line(reader: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    if reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text)? == 0 {
        return Ok(None);
    }
    while text.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        text.pop();
    }
    Ok(Some(text))
}

/// The hash with which a line begins, in capitals.
fn hash_of(line: &[u8]) -> Option<[u8; 40]> {
    let (hash, rest) = line.split_first_chunk::<40>()?;
    let ends = rest.is_empty() || rest.first() == Some(&b':');
    (ends && hash.iter().all(u8::is_ascii_hexdigit)).then(|| hash.map(|b| b.to_ascii_uppercase()))
}

fn sha1(password: &str) -> [u8; 40] {
    let mut text = String::new();
    for byte in digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref() {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text.as_bytes().try_into().unwrap_or([b'0'; 40])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn names_and_repetitions_are_refused() {
        let names = ["jan".to_owned(), "Acme".to_owned(), "annelies".to_owned()];
        let why = |password: &str| check(password, &names).err().map(|e| e.to_string());
        assert_eq!(why("correct horse battery staple"), None);
        assert_eq!(why("a january in the mountains"), None, "a short name inside of a word");
        for bad in [
            "jan and his friends",
            "the year of ACME 2026",
            "AnneLies-was-here-2026",
            "my webcared password",
            "aaaaaaaaaaaaaaaaaaaa",
            "fourteen chars",
        ] {
            assert!(why(bad).is_some(), "{bad}");
        }
        assert!(check(&"ab".repeat(200), &[]).is_err());
    }

    #[test]
    fn a_sorted_list_is_searched_by_halves() {
        let known: Vec<String> = (0..1000).map(|n| format!("password number {n}")).collect();
        let mut lines: Vec<String> = known
            .iter()
            .enumerate()
            .map(|(n, p)| format!("{}:{n}", String::from_utf8(sha1(p).to_vec()).unwrap()))
            .collect();
        lines.sort();
        for ends in ["\n", "\r\n"] {
            let file = file(&lines.join(ends));
            let list = Breached::open(file.path()).unwrap();
            assert_eq!(list.form, Form::Hashes);
            assert!(known.iter().all(|p| list.holds(p).unwrap()));
            assert!((1000..1200).all(|n| !list.holds(&format!("password number {n}")).unwrap()));
        }
        lines.reverse();
        assert!(Breached::open(file(&lines.join("\n")).path()).unwrap_err().contains("sorted"));
    }

    #[test]
    fn a_plain_list_is_read_and_a_bad_one_is_named() {
        let file1 = file("123456\ncorrect horse battery staple\nqwerty");
        let list = Breached::open(file1.path()).unwrap();
        assert!(list.holds("correct horse battery staple").unwrap() && list.holds("qwerty").unwrap());
        assert!(!list.holds("correct horse battery").unwrap());
        assert!(Breached::open(file("").path()).is_err());
        assert!(Breached::open(Path::new("no/such/file")).is_err());
    }
}
