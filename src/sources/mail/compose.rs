//! From what a person wrote to the mail that leaves: pure, and done before any connection is made.

use super::super::reply::{Composed, Draft, Outgoing};
use super::read::Desk;
use super::{LIMITS, address, subject, thread};
use crate::domain::reply::sign_of;
use crate::domain::time::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::{Address, message::header};

/// A mail that is ready to leave.
#[derive(Debug)]
pub struct Letter {
    /// Its Message-ID, without angle brackets.
    pub id: String,
    /// From whom to whom, as the servers are told.
    pub envelope: Envelope,
    /// The whole mail.
    pub bytes: Vec<u8>,
}

/// What the customer would get, and whether it can be sent.
pub fn compose(draft: &Draft, desk: &Desk) -> Composed {
    let words = draft.text.trim();
    let signed = draft.sign.is_empty() || sign_of(words).is_some_and(|s| s.eq_ignore_ascii_case(&draft.sign));
    let text = if signed { words.to_owned() } else { format!("{words}\n\n^{}", draft.sign) };
    let measure = LIMITS.measure(&text);
    let to = address::plain(&draft.to.author_id);
    let refused = if to.as_ref().is_none_or(|to| to.parse::<Address>().is_err()) {
        Some("its sender has no address that can be answered".to_owned())
    } else if to.as_ref().is_some_and(|to| desk.own.contains(to)) {
        Some("its sender is an address of our own".to_owned())
    } else if to.as_deref().is_some_and(address::is_nobody) {
        Some("its sender says that nobody reads answers".to_owned())
    } else if words.is_empty() {
        Some("empty; write an answer".to_owned())
    } else if !measure.fits {
        Some(format!("{} characters; a mail takes {}", measure.length, measure.max))
    } else {
        None
    };
    Composed { text, visibility: "direct".to_owned(), measure, refused }
}

/// The mail of an answer. The same intent gives the same Message-ID at every attempt.
pub fn render(
    outgoing: &Outgoing,
    desk: &Desk,
    name: Option<&str>,
    now: Timestamp,
) -> Result<Letter, String> {
    let to = address::plain(&outgoing.to.author_id).ok_or("its sender has no address")?;
    if desk.own.contains(&to) || address::is_nobody(&to) {
        return Err("nobody would read it".to_owned());
    }
    let to: Address = to.parse().map_err(|e| format!("the customer's address: {e}"))?;
    let from: Address = desk.address.parse().map_err(|e| format!("our own address: {e}"))?;
    let id = thread::own_id(&outgoing.key, &desk.domain);
    let letter = outgoing.to.letter.clone().unwrap_or_default();
    let titled = if outgoing.to.external_id.is_empty() { subject::opening } else { subject::answering };
    let subject = titled(&letter.subject, &desk.tag, outgoing.case_number);
    let bracketed = |id: &String| format!("<{id}>");
    let above: Vec<String> =
        thread::below(&letter.references, &outgoing.to.external_id).iter().map(bracketed).collect();
    let called = Some(&outgoing.to.author_handle).filter(|h| !h.contains('@') && !h.is_empty()).cloned();
    let mut mail = Message::builder()
        .from(Mailbox::new(name.map(subject::clean), from.clone()))
        .to(Mailbox::new(called, to.clone()))
        .date(std::time::UNIX_EPOCH + std::time::Duration::from_millis(now.millis().unsigned_abs()))
        .message_id(Some(format!("<{id}>")))
        .subject(subject)
        .header(header::MIME_VERSION_1_0);
    if thread::is_real(&outgoing.to.external_id) {
        mail = mail.in_reply_to(format!("<{}>", outgoing.to.external_id));
    }
    if !above.is_empty() {
        mail = mail.references(above.join(" "));
    }
    if outgoing.to.automatic {
        // A reminder or a survey: no program that answers by itself may take it for a person's word (RFC 3834).
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        mail = mail.raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
    }
    let words = outgoing.text.replace("\r\n", "\n").replace('\n', "\r\n");
    let mail = if outgoing.files.is_empty() {
        mail.header(ContentType::TEXT_PLAIN).body(words)
    } else {
        mail.multipart(with_files(outgoing, words)?)
    };
    let mail = mail.map_err(|e| format!("the mail cannot be written: {e}"))?;
    let envelope = Envelope::new(Some(from), vec![to]).map_err(|e| e.to_string())?;
    Ok(Letter { id, envelope, bytes: mail.formatted() })
}

/// The words with the files behind them; the same bytes at every attempt.
fn with_files(outgoing: &Outgoing, words: String) -> Result<MultiPart, String> {
    // Letters and digits only: the key stands in headers, and no part of ours begins a line with it.
    let key: String = outgoing.key.chars().filter(char::is_ascii_alphanumeric).collect();
    let words = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(words);
    let mut all = MultiPart::mixed().boundary(format!("=_webcared_{key}")).singlepart(words);
    for file in &outgoing.files {
        let kind = ContentType::parse(file.media.mime()).map_err(|e| format!("a file's type: {e}"))?;
        all = all.singlepart(Attachment::new(subject::clean(&file.name)).body(file.bytes.to_vec(), kind));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::super::reply::PostRef;
    use super::*;
    use crate::domain::letter::Letter as Stored;
    use mail_parser::MessageParser;

    fn desk() -> Desk {
        Desk {
            address: "care@acme.example".into(),
            own: vec!["care@acme.example".into()],
            domain: "acme.example".into(),
            tag: "#".into(),
        }
    }

    fn outgoing(text: &str, references: Vec<String>) -> Outgoing {
        let letter =
            Stored { subject: "RE: Käputt\r\nBcc: eve@x.example".into(), references, ..Stored::default() };
        Outgoing {
            action_id: "act_1".into(),
            key: "18f.2a".into(),
            to: PostRef {
                external_id: "a1@shop.example".into(),
                author_id: "mia@shop.example".into(),
                letter: Some(letter),
                ..PostRef::default()
            },
            text: text.into(),
            visibility: "direct".into(),
            language: "de".into(),
            made_at: Timestamp(0),
            first_sent_at: None,
            case_number: Some(42),
            files: Vec::new(),
        }
    }

    fn rendered(text: &str, references: Vec<String>) -> (Letter, String) {
        let letter =
            render(&outgoing(text, references), &desk(), Some("Acme Care"), Timestamp(1_795_000_000_000))
                .unwrap();
        let shown = String::from_utf8(letter.bytes.clone()).unwrap();
        (letter, shown)
    }

    #[test]
    fn what_no_person_wrote_says_so_and_nothing_else_does() {
        let (_, shown) = rendered("We send a new one", Vec::new());
        assert!(!shown.contains("Auto-Submitted"), "{shown}");
        let mut reminder = outgoing("Did it arrive?", Vec::new());
        reminder.to.automatic = true;
        let letter = render(&reminder, &desk(), None, Timestamp(1_795_000_000_000)).unwrap();
        let shown = String::from_utf8(letter.bytes).unwrap();
        assert!(shown.contains("Auto-Submitted: auto-generated\r\n"), "{shown}");
    }

    #[test]
    fn an_answer_stands_below_what_it_answers() {
        let text = "Grüße aus Köln — „wir“ kümmern uns. よろしく\n.\nEin Punkt allein";
        let (letter, shown) = rendered(text, vec!["root@shop.example".into()]);
        let read = MessageParser::default().parse(&letter.bytes).unwrap();
        assert_eq!(letter.id, "wc.18f.2a@acme.example");
        assert_eq!(read.message_id(), Some("wc.18f.2a@acme.example"));
        assert_eq!(thread::ids(read.in_reply_to()), ["a1@shop.example"]);
        assert_eq!(thread::ids(read.references()), ["root@shop.example", "a1@shop.example"]);
        assert_eq!(read.subject(), Some("Re: Käputt Bcc: eve@x.example [#42]"));
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), text);
        assert!(read.header_raw("Bcc").is_none() && shown.is_ascii(), "{shown}");
        assert!(shown.lines().all(|l| l.len() < 998), "no line is too long for a mail server");
        assert_eq!(letter.envelope.to()[0].to_string(), "mia@shop.example");
        assert_eq!(
            letter.bytes,
            rendered(text, vec!["root@shop.example".into()]).0.bytes,
            "the same each time"
        );
    }

    #[test]
    fn a_first_mail_stands_below_nothing_and_names_the_code() {
        let letter = Stored { subject: "Acme WC-7K3MQ9XA".into(), ..Stored::default() };
        let to = PostRef { author_id: "Mia@Shop.example".into(), letter: Some(letter), ..PostRef::default() };
        let going = Outgoing { to, ..outgoing("Here we are.", Vec::new()) };
        let sent = render(&going, &desk(), Some("Acme Care"), Timestamp(1_795_000_000_000)).unwrap();
        let read = MessageParser::default().parse(&sent.bytes).unwrap();
        assert!(read.header_raw("In-Reply-To").is_none() && read.header_raw("References").is_none());
        assert_eq!(read.subject(), Some("Acme WC-7K3MQ9XA [#42]"));
        assert_eq!(read.message_id(), Some("wc.18f.2a@acme.example"));
        assert_eq!(sent.envelope.to()[0].to_string(), "mia@shop.example");
    }

    #[test]
    fn files_stand_behind_the_words_and_are_the_same_each_time() {
        use super::super::super::reply::GoingFile;
        use crate::domain::file::Media;
        use mail_parser::MimeHeaders;
        let file = |name: &str, media, bytes: &'static [u8]| GoingFile {
            id: "anf_1".into(),
            name: name.into(),
            alt: String::new(),
            media,
            size: None,
            bytes: bytes.into(),
        };
        let pictures = vec![
            file("Rückgabe\r\nX-Evil: 1.pdf", Media::Pdf, b"%PDF-1.7 \x00\xff"),
            file("a.png", Media::Png, b"\x89PNG"),
        ];
        let outgoing = Outgoing { files: pictures, ..outgoing("Sieh selbst: größer", Vec::new()) };
        let letter = || render(&outgoing, &desk(), None, Timestamp(1_795_000_000_000)).unwrap();
        let (first, second) = (letter(), letter());
        assert_eq!(first.bytes, second.bytes);
        let read = MessageParser::default().parse(&first.bytes).unwrap();
        assert_eq!(read.body_text(0).unwrap().trim_end(), "Sieh selbst: größer");
        let files: Vec<_> = read.attachments().collect();
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].contents(), b"%PDF-1.7 \x00\xff");
        assert!(files[0].attachment_name().unwrap().starts_with("Rückgabe"));
        assert_eq!(files[1].attachment_name(), Some("a.png"));
        assert!(read.header_raw("X-Evil").is_none());
    }

    #[test]
    fn a_thread_without_end_has_a_head_that_servers_take() {
        let ids = (0..200).map(|n| format!("{n}-{}@a-long-name.shop.example", "x".repeat(60))).collect();
        let (letter, shown) = rendered("x", ids);
        let read = MessageParser::default().parse(&letter.bytes).unwrap();
        assert_eq!(thread::ids(read.references()).len(), thread::REFERENCES_MAX);
        assert!(shown.lines().all(|l| l.len() < 998));
    }

    #[test]
    fn what_cannot_be_answered_is_refused_with_words() {
        let composed = |to: &str, text: &str| {
            let to = PostRef { author_id: to.into(), ..PostRef::default() };
            compose(&Draft { text: text.into(), sign: "Jan".into(), to }, &desk())
        };
        let fine = composed("mia@shop.example", "On it.");
        assert_eq!(
            (fine.text.as_str(), fine.visibility.as_str(), fine.refused),
            ("On it.\n\n^Jan", "direct", None)
        );
        assert_eq!(composed("mia@shop.example", "On it. ^jan").text, "On it. ^jan");
        let refused = |to: &str, text: &str| composed(to, text).refused.unwrap();
        assert!(refused("mia", "x").contains("no address"));
        assert!(refused("care@acme.example", "x").contains("our own"));
        assert!(refused("no-reply@shop.example", "x").contains("nobody"));
        assert!(refused("mia@shop.example", " ").contains("empty"));
        assert!(refused("mia@shop.example", &"x".repeat(30_000)).contains("a mail takes 20000"));
    }
}
