//! Bodies of `multipart/form-data`: how files are handed to servers. Pure.
//!
//! The border stands nowhere in what is sent: it is made from the hash of all of it, so that the same form is the same
//! bytes at every attempt.

use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A form with fields and files, in order.
#[derive(Clone, Debug, Default)]
pub struct Form {
    parts: Vec<(String, Bytes)>,
}

/// A name that stands in quotes within a header.
fn quoted(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.replace('"', "%22")
}

impl Form {
    /// Adds a field.
    pub fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{}\"\r\n\r\n", quoted(name));
        self.parts.push((head, Bytes::from(value.into())));
        self
    }

    /// Adds a file with its media type.
    pub fn file(mut self, name: &str, called: &str, mime: &str, bytes: Bytes) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {mime}\r\n\r\n",
            quoted(name),
            quoted(called)
        );
        self.parts.push((head, bytes));
        self
    }

    /// The media type with the border, and the body.
    pub fn finish(self) -> (HeaderValue, Bytes) {
        let mut hash = Sha256::new();
        for (head, body) in &self.parts {
            hash.update(head.as_bytes());
            hash.update(body);
        }
        let mut border = "webcared-".to_owned();
        for byte in &hash.finalize()[..16] {
            // Writing to a text cannot fail.
            let _ = write!(border, "{byte:02x}");
        }
        let mut out = Vec::with_capacity(self.parts.iter().map(|p| p.0.len() + p.1.len() + 64).sum());
        for (head, body) in &self.parts {
            out.extend_from_slice(format!("--{border}\r\n{head}").as_bytes());
            out.extend_from_slice(body);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("--{border}--\r\n").as_bytes());
        let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={border}"));
        // Letters, digits and a dash fit in every header.
        (kind.unwrap_or_else(|_| HeaderValue::from_static("multipart/form-data")), Bytes::from(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_the_same_bytes_each_time_and_names_break_out_of_nothing() {
        let form = || {
            Form::default().field("type", "composer").file(
                "file",
                "a\"\r\nX: y.png",
                "image/png",
                Bytes::from_static(b"\x89PNG\r\n--"),
            )
        };
        let ((kind, body), again) = (form().finish(), form().finish());
        assert_eq!((&kind, &body), (&again.0, &again.1));
        let border = kind.to_str().unwrap().split_once("boundary=").unwrap().1.to_owned();
        let text = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(text.matches(&format!("--{border}")).count(), 3);
        assert!(
            text.contains("name=\"file\"; filename=\"a%22  X: y.png\"\r\nContent-Type: image/png\r\n\r\n")
        );
        assert!(text.contains("name=\"type\"\r\n\r\ncomposer\r\n"));
    }
}
