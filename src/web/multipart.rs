//! Forms that carry files (`multipart/form-data`), as browsers send them. Pure.
//!
//! The whole body is there already and bounded. What does not add up is no form: nothing is guessed.

use axum::body::Bytes;

/// Most parts of one form.
const PARTS_MAX: usize = 150;

/// A file that came with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// The field.
    pub field: String,
    /// What it is called there.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// What a form holds: its fields and its files, each in order.
pub type Parts = (Vec<(String, String)>, Vec<SentFile>);

/// The border that a content type names, if it is one of such forms.
pub fn border(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let found = rest.split(';').find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    // The standard's longest.
    (1..=70).contains(&found.len()).then_some(found)
}

/// The fields of a form as both engines keep them: PostgreSQL takes no U+0000, and where one stood a mark stands for it.
pub fn clean(mut fields: Vec<(String, String)>) -> Vec<(String, String)> {
    for (_, value) in fields.iter_mut().filter(|(_, value)| value.contains('\0')) {
        *value = value.replace('\0', "\u{fffd}");
    }
    fields
}

/// Cuts a body into its parts; `None` where it is no form with that border. A file field that was left empty is none.
pub fn parse(body: &Bytes, border: &str) -> Option<Parts> {
    let (first, between) = (format!("--{border}"), format!("\r\n--{border}"));
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    let mut at = find(body, first.as_bytes(), 0)? + first.len();
    for _ in 0..PARTS_MAX {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some((fields, files));
        }
        let start = at + 2;
        rest.starts_with(b"\r\n").then_some(())?;
        let head_end = find(body, b"\r\n\r\n", start.saturating_sub(2))?;
        let head = std::str::from_utf8(body.get(start..head_end.max(start))?).ok()?;
        let from = head_end + 4;
        let end = find(body, between.as_bytes(), from.saturating_sub(2).max(start))?;
        let content = body.slice(from.min(end)..end);
        at = end + between.len();
        let (field, name) = disposition(head)?;
        match name {
            None => fields.push((field, String::from_utf8_lossy(&content).into_owned())),
            Some(name) if name.is_empty() && content.is_empty() => {}
            Some(name) => files.push(SentFile { field, name, bytes: content }),
        }
    }
    None
}

fn find(body: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let rest = body.get(from..)?;
    memchr_like(rest, what).map(|at| from + at)
}

/// The first place of some bytes; jumps from one first byte to the next.
fn memchr_like(rest: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut at = 0;
    while let Some(step) = rest.get(at..)?.iter().position(|b| *b == first) {
        at += step;
        if rest[at..].starts_with(what) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The field's name, and the file's if it is one.
fn disposition(head: &str) -> Option<(String, Option<String>)> {
    let line = head.lines().find_map(|l| {
        let (name, value) = l.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.trim())
    })?;
    let value = |name: &str| {
        let at = line.find(&format!("; {name}=\""))? + name.len() + 4;
        let rest = line.get(at..)?;
        let end = rest.find('"')?;
        // As browsers write what would break out of the quotes.
        Some(rest[..end].replace("%22", "\"").replace("%0D", " ").replace("%0A", " "))
    };
    line.starts_with("form-data").then_some(())?;
    Some((value("name")?, value("filename")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::form::Form;

    fn read(body: &[u8]) -> Option<Parts> {
        parse(&Bytes::copy_from_slice(body), "x")
    }

    #[test]
    fn fields_and_files_come_as_they_were_sent() {
        let bytes = Bytes::from_static(b"\x89PNG\r\n--almost\r\n\r\n\0");
        let form = Form::default()
            .field("text", "Hé,\r\nthere")
            .file("file", "a \"b\".png", "image/png", bytes.clone())
            .field("empty", "")
            .file("file", "", "application/octet-stream", Bytes::new());
        let (kind, body) = form.finish();
        let (fields, files) = parse(&body, &border(kind.to_str().unwrap()).unwrap()).unwrap();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(fields, [pair("text", "Hé,\r\nthere"), pair("empty", "")]);
        assert_eq!(files, [SentFile { field: "file".into(), name: "a \"b\".png".into(), bytes }]);
    }

    #[test]
    fn no_field_holds_what_a_database_does_not_keep() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(clean(vec![pair("a", "x\0y"), pair("b", "é")]), [pair("a", "x\u{fffd}y"), pair("b", "é")]);
    }

    #[test]
    fn what_does_not_add_up_is_no_form() {
        let fine = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
        assert_eq!(read(fine).unwrap().0, [("a".to_owned(), "1".to_owned())]);
        for end in 0..fine.len() - 4 {
            assert_eq!(read(&fine[..end]), None, "{end}");
        }
        assert_eq!(read(b"--x\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--x--"), None);
        let many = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n".repeat(200);
        assert_eq!(read(&many), None);
        for wrong in ["multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-data; boundary="]
        {
            assert_eq!(border(wrong), None, "{wrong}");
        }
        assert_eq!(border("Multipart/Form-Data; charset=utf-8; boundary=\"x y\"").as_deref(), Some("x y"));
    }
}
