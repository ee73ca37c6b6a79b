//! What is never taken for somebody's words, and never answered: automatic replies, bounces, lists,
//! senders that nobody reads, and what came from ourselves. Each has a rule with a name.
//!
//! Two programs that answer each other would never end; so whatever says of itself that a machine wrote
//! it is filtered, and nothing here is ever answered by itself.

use super::address;
use mail_parser::{Message, MimeHeaders};

/// The program says that it answered by itself (RFC 3834).
pub const AUTO_SUBMITTED: &str = "mail_auto_submitted";
/// The program asks that nobody answers by themselves, or is an older responder.
pub const AUTO_RESPONSE: &str = "mail_auto_response";
/// Sent to many.
pub const BULK: &str = "mail_bulk";
/// From a mailing list.
pub const LIST: &str = "mail_list";
/// A report of a mail system: not delivered, delayed, displayed.
pub const REPORT: &str = "mail_report";
/// Sent with an empty return path, as reports are.
pub const EMPTY_RETURN_PATH: &str = "mail_empty_return_path";
/// Its sender says that nobody reads answers.
pub const NO_REPLY_SENDER: &str = "mail_no_reply_sender";
/// A mail of ours that came back under another sender.
pub const OWN_MESSAGE_ID: &str = "mail_own_message_id";

/// How responders that say so in no header begin their subjects, in the ten languages and their neighbours. A person's
/// answer to one begins with what programs put in front of answers.
const AUTOMATIC: [&str; 19] = [
    "automatic reply:",
    "auto reply:",
    "auto-reply:",
    "autoreply:",
    "out of office:",
    "out of office reply:",
    "automatisch antwoord:",
    "afwezigheidsbericht:",
    "automatische antwort:",
    "abwesenheitsnotiz:",
    "réponse automatique:",
    "respuesta automática:",
    "risposta automatica:",
    "resposta automática:",
    "autosvar:",
    "automatisk svar:",
    "автоответ:",
    "автоматический ответ:",
    "自動応答:",
];

/// The rule by which a mail is filtered, if there is one. `sender` is who wrote it, `ours` whether the
/// Message-ID is one that we gave.
pub fn rule(message: &Message<'_>, sender: &str, ours: bool) -> Option<&'static str> {
    let head = |name: &'static str| message.header_raw(name).map(|text| text.trim().to_lowercase());
    let word = |name| head(name).map(|t| t.split([';', ' ', '(']).next().unwrap_or_default().to_owned());
    if word("Auto-Submitted").is_some_and(|w| !w.is_empty() && w != "no") {
        return Some(AUTO_SUBMITTED);
    }
    // Some servers name in the head alone whom a mail did not reach.
    if is_report(message) || head("X-Failed-Recipients").is_some() {
        return Some(REPORT);
    }
    if head("Return-Path").is_some_and(|path| path.replace(' ', "") == "<>") {
        return Some(EMPTY_RETURN_PATH);
    }
    let asks = ["X-Auto-Response-Suppress", "X-Autoreply", "X-Auto-Reply", "X-Autorespond", "X-Loop"];
    if asks.into_iter().filter_map(word).any(|w| !w.is_empty() && w != "no" && w != "none") {
        return Some(AUTO_RESPONSE);
    }
    // Before a colon the French put a blank, and the Japanese a wide one.
    let titled = message.subject().unwrap_or_default().trim().to_lowercase();
    let titled = titled.replace(" :", ":").replace('\u{a0}', "").replace('\u{ff1a}', ":");
    if AUTOMATIC.iter().any(|front| titled.starts_with(front)) {
        return Some(AUTO_RESPONSE);
    }
    if word("Precedence").is_some_and(|w| matches!(w.as_str(), "bulk" | "list" | "junk" | "auto_reply")) {
        return Some(BULK);
    }
    // A form of a shop may leave by a service that adds a way out of lists; who filled it in is a person.
    let is_form = || !address::all(message.from()).iter().any(|(from, _)| from == sender);
    let leaves = || head("List-Unsubscribe").is_some() && !is_form();
    if head("List-Id").is_some() || head("List-Post").is_some() || leaves() {
        return Some(LIST);
    }
    if address::is_nobody(sender) {
        return Some(NO_REPLY_SENDER);
    }
    ours.then_some(OWN_MESSAGE_ID)
}

fn is_report(message: &Message<'_>) -> bool {
    message.content_type().is_some_and(|t| {
        let report = t.subtype().is_some_and(|s| s.eq_ignore_ascii_case("report"));
        t.ctype().eq_ignore_ascii_case("multipart") && report
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;

    fn ruled(head: &str, sender: &str, ours: bool) -> Option<&'static str> {
        let text = format!("From: {sender}\r\nSubject: x\r\n{head}\r\n\r\nbody\r\n");
        let message = MessageParser::default().parse(text.as_bytes()).unwrap();
        rule(&message, sender, ours)
    }

    #[test]
    fn each_machine_is_known_by_its_own_rule() {
        for (head, expected) in [
            ("Auto-Submitted: auto-replied", AUTO_SUBMITTED),
            ("Auto-Submitted: auto-generated; owner-email=\"x\"", AUTO_SUBMITTED),
            ("X-Auto-Response-Suppress: DR, OOF, AutoReply", AUTO_RESPONSE),
            ("X-Autoreply: yes", AUTO_RESPONSE),
            ("Precedence: bulk", BULK),
            ("precedence: Junk", BULK),
            ("Precedence: list", BULK),
            ("List-Id: Our news <news.example.org>", LIST),
            ("List-Unsubscribe: <mailto:off@news.example>", LIST),
            ("List-Post: <mailto:all@news.example>", LIST),
            ("X-Loop: desk@shop.example", AUTO_RESPONSE),
            ("X-Failed-Recipients: jan@x.example", REPORT),
            ("Return-Path: <>", EMPTY_RETURN_PATH),
            ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", REPORT),
        ] {
            assert_eq!(ruled(head, "jan@x.example", false), Some(expected), "{head}");
        }
        assert_eq!(ruled("X-A: b", "no-reply@x.example", false), Some(NO_REPLY_SENDER));
        assert_eq!(ruled("X-A: b", "MAILER-DAEMON@x.example", false), Some(NO_REPLY_SENDER));
        assert_eq!(ruled("X-A: b", "jan@x.example", true), Some(OWN_MESSAGE_ID));
    }

    #[test]
    fn a_form_that_leaves_by_a_service_for_lists_is_its_writer_s() {
        let text = b"From: Shop <no-reply@acme.example>\r\nReply-To: mia@shop.example\r\n\
            List-Unsubscribe: <mailto:off@service.example>\r\nSubject: Form\r\n\r\nhi\r\n";
        let message = MessageParser::default().parse(text.as_slice()).unwrap();
        assert_eq!(rule(&message, "mia@shop.example", false), None);
    }

    #[test]
    fn a_responder_that_says_so_in_its_subject_alone_is_one() {
        let of = |subject: &str| {
            let text = format!("From: jan@x.example\r\nSubject: {subject}\r\n\r\nI am away\r\n");
            rule(&MessageParser::default().parse(text.as_bytes()).unwrap(), "jan@x.example", false)
        };
        for subject in [
            "Automatic reply: Re: Kettle [#42]",
            "OUT OF OFFICE: Kettle",
            "Automatisch antwoord: Ketel",
            "Réponse automatique : Bouilloire",
            "Автоматический ответ: Чайник",
            "自動応答:ケトル",
        ] {
            assert_eq!(of(subject), Some(AUTO_RESPONSE), "{subject}");
        }
        for subject in [
            "Re: Automatic reply: Kettle",
            "Automatic reply of your shop is wrong",
            "Out of office chairs?",
            "",
        ] {
            assert_eq!(of(subject), None, "{subject}");
        }
    }

    #[test]
    fn a_person_is_no_machine() {
        for head in [
            "Auto-Submitted: no",
            "Precedence: first-class",
            "Return-Path: <jan@x.example>",
            "X-Auto-Response-Suppress: None",
            "Content-Type: multipart/mixed; boundary=b",
            "X-Mailer: Outlook",
        ] {
            assert_eq!(ruled(head, "jan@x.example", false), None, "{head}");
        }
    }
}
