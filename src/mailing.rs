//! Mail to our own people: composed, and handed to a server of the settings, once.
//!
//! It is no channel to customers: those are answered from the mailbox to which they wrote ([`crate::sources`]).

use crate::domain::delivery::Outcome;
use crate::domain::time::Timestamp;
use crate::domain::unseen::marked;
use crate::sources::mail::config::SmtpConfig;
use crate::sources::mail::{Outlet, Ready};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

/// One mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// What makes its Message-ID: the same at every attempt to send the same.
    pub key: String,
    /// To whom.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The words.
    pub text: String,
    /// The same as a page, for programs that show one; empty for none.
    pub html: String,
}

/// Hands mails to one server.
#[derive(Clone, Debug)]
pub struct Mailer {
    outlet: Outlet,
    from: Address,
}

/// Whether a text is a mail address.
pub fn is_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}

impl Mailer {
    /// Sends in the name of `from`.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn new(smtp: &SmtpConfig, from: &str) -> Result<Self, String> {
        let address: Address = from.parse().map_err(|e| format!("from: {e}"))?;
        let outlet = Outlet::alone(smtp, from, address.domain());
        Ok(Self { outlet, from: address })
    }

    /// Sends one mail, once.
    pub async fn send(&self, mail: &Mail, now: Timestamp) -> Outcome {
        match self.compose(mail, now) {
            Ok(ready) => self.outlet.send(&ready, now).await,
            Err(reason) => Outcome::Refused { reason },
        }
    }

    /// Logs in and says good-bye; says who serves there, or why it cannot be.
    ///
    /// # Errors
    /// Why it cannot be, in words.
    pub async fn knock(&self) -> Result<String, String> {
        self.outlet.knock().await
    }

    fn compose(&self, mail: &Mail, now: Timestamp) -> Result<Ready, String> {
        let id = format!("{}@{}", mail.key, self.from.domain());
        let to: Result<Vec<Address>, _> = mail.to.iter().map(|to| to.parse::<Address>()).collect();
        let to = to.map_err(|e| e.to_string())?;
        let subject: String = mail.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // Names and words come from outside: what hides or turns the line around is told by its code.
        let (subject, text, html) = (marked(&subject), marked(&mail.text), marked(&mail.html));
        // Out-of-office replies to a machine help nobody.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mut message = Message::builder()
            .from(Mailbox::new(None, self.from.clone()))
            .date(std::time::UNIX_EPOCH + std::time::Duration::from_millis(now.millis().unsigned_abs()))
            .message_id(Some(format!("<{id}>")))
            .subject(subject)
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
        for to in &to {
            message = message.to(Mailbox::new(None, to.clone()));
        }
        let lines = |text: &str| text.replace('\r', "").replace('\n', "\r\n");
        let text = lines(&text);
        let message = if html.is_empty() {
            message.header(ContentType::TEXT_PLAIN).body(text)
        } else {
            let (html, pictures) = beside(&html, &id);
            let page = SinglePart::html(lines(&html));
            let both = MultiPart::alternative().singlepart(SinglePart::plain(text));
            // The last part is the one that programs prefer.
            message.multipart(if pictures.is_empty() {
                both.singlepart(page)
            } else {
                let png = ContentType::parse("image/png").map_err(|e| e.to_string())?;
                let with =
                    pictures.into_iter().fold(MultiPart::related().singlepart(page), |all, (name, bytes)| {
                        all.singlepart(Attachment::new_inline(name).body(bytes, png.clone()))
                    });
                both.multipart(with)
            })
        };
        let message = message.map_err(|e| e.to_string())?;
        let envelope = Envelope::new(Some(self.from.clone()), to).map_err(|e| e.to_string())?;
        Ok(Ready { id, envelope, bytes: message.formatted() })
    }
}

/// What a picture within a page begins with, its quote included: words from outside have theirs escaped, and are no picture.
const PICTURE: &str = "src=\"data:image/png;base64,";

/// Takes the pictures out of a page, to go beside it under names that it then shows: programs for mail show none that stand
/// in the page itself.
fn beside(html: &str, id: &str) -> (String, Vec<(String, Vec<u8>)>) {
    let (mut page, mut pictures) = (String::with_capacity(html.len()), Vec::new());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(PICTURE) {
        page.push_str(before);
        rest = after;
        let found =
            after.split_once('"').and_then(|(word, behind)| Some((BASE64.decode(word).ok()?, behind)));
        if let Some((bytes, behind)) = found {
            let name = format!("{}.{id}", pictures.len() + 1);
            page.push_str("src=\"cid:");
            page.push_str(&name);
            pictures.push((name, bytes));
            page.push('"');
            rest = behind;
        } else {
            page.push_str(PICTURE);
        }
    }
    page.push_str(rest);
    (page, pictures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_a_page_go_beside_it() {
        let mailer = Mailer::new(&SmtpConfig::default(), "care@acme.example").unwrap();
        let one = |bytes: &[u8]| format!("<img {PICTURE}{}\" alt=\"a\">", BASE64.encode(bytes));
        let mail = Mail {
            key: "k1".into(),
            to: vec!["lead@acme.example".into()],
            subject: "figures".into(),
            text: "words".into(),
            html: format!(
                "<p>said: data:image/png;base64,AAAA</p>{}<p title=\"m\">n</p>{}<p>z</p>",
                one(b"first"),
                one(b"second")
            ),
        };
        let ready = mailer.compose(&mail, Timestamp(1_800_000_000_000)).unwrap();
        let read = mail_parser::MessageParser::default().parse(&ready.bytes).unwrap();
        assert_eq!(read.body_text(0).unwrap().trim(), "words");
        let html = read.body_html(0).unwrap();
        assert!(
            !html.contains(PICTURE) && html.contains("<p title=\"m\">n</p>") && html.contains("<p>z</p>"),
            "{html}"
        );
        assert!(
            html.contains("<p>said: data:image/png;base64,AAAA</p>"),
            "what somebody writes is no picture: {html}"
        );
        for (n, bytes) in [(1, &b"first"[..]), (2, b"second")] {
            let name = format!("{n}.{}", ready.id);
            assert!(html.contains(&format!("src=\"cid:{name}\"")), "{html}");
            let part =
                read.parts.iter().find(|p| mail_parser::MimeHeaders::content_id(*p) == Some(&name)).unwrap();
            assert_eq!(part.contents(), bytes);
        }
    }

    #[test]
    fn foreign_words_neither_hide_nor_end_a_header() {
        let mailer = Mailer::new(&SmtpConfig::default(), "care@acme.example").unwrap();
        let hostile = "Acme\u{202e}gnp\r\nBcc: all@evil.example\0 \u{200b}x";
        let mail = Mail {
            key: "k1".into(),
            to: vec!["lead@acme.example".into()],
            subject: hostile.into(),
            text: format!("{hostile}\n<b>not bold</b>"),
            html: "<p>Acme\u{2066}x &lt;b&gt;</p>".into(),
        };
        let ready = mailer.compose(&mail, Timestamp(1_800_000_000_000)).unwrap();
        let read = mail_parser::MessageParser::default().parse(&ready.bytes).unwrap();
        assert!(read.bcc().is_none(), "{}", String::from_utf8_lossy(&ready.bytes));
        let (subject, text, html) =
            (read.subject().unwrap(), read.body_text(0).unwrap(), read.body_html(0).unwrap());
        assert!(subject.contains("Acme[U+202E]gnp") && subject.contains("[U+200B]x"), "{subject}");
        assert!(text.contains("Acme[U+202E]gnp") && text.contains("[U+0000]"), "{text}");
        assert!(text.contains("<b>not bold</b>"), "{text}");
        assert!(html.contains("Acme[U+2066]x &lt;b&gt;"), "{html}");
        for told in [subject, &*text, &*html] {
            assert!(!told.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\0']), "{told:?}");
        }
    }
}
