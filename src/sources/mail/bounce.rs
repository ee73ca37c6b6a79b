//! What a mail system reports of a mail of ours: not delivered, or delayed (RFC 3464).
//!
//! Only what a machine can read counts: a part `message/delivery-status` with an action, and the Message-ID of the mail
//! that it is about, from its returned head or body or from what the report answers. Of the reason only the status code is
//! kept: the words beside it hold addresses and whatever a server likes to say. Pure.

use super::thread;
use crate::domain::letter::Undelivered;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// Most of a part that is read, in bytes.
const PART_BYTES_MAX: usize = 64 * 1024;

/// What a mail reports, if it is such a report.
pub fn of(message: &Message<'_>) -> Option<Undelivered> {
    let root = message.content_type()?;
    let subtype = root.subtype().unwrap_or_default();
    if !(root.ctype().eq_ignore_ascii_case("multipart") && subtype.eq_ignore_ascii_case("report")) {
        return None;
    }
    let report = message.parts.iter().find(|p| is(p, "delivery-status"))?;
    let fields = text(report);
    let action = field(&fields, "action")?.to_lowercase();
    let failed = match action.split([' ', ';', '(']).next().unwrap_or_default() {
        "failed" => true,
        "delayed" => false,
        // Delivered, relayed, expanded: all is well.
        _ => return None,
    };
    let status = field(&fields, "status").as_deref().and_then(code).unwrap_or_else(|| "5.0.0".to_owned());
    Some(Undelivered { of: about(message)?, failed, status })
}

/// The Message-ID of the mail that a report is about.
fn about(message: &Message<'_>) -> Option<String> {
    let returned = message.parts.iter().skip(1).find_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().and_then(thread::plain),
        _ if is(part, "rfc822-headers") || is(part, "rfc822") => {
            let head = text(part);
            let head = MessageParser::default().parse_headers(head.as_bytes())?;
            head.message_id().and_then(thread::plain)
        }
        _ => None,
    });
    let answered = || thread::ids(message.in_reply_to()).into_iter().next();
    returned.or_else(answered).or_else(|| thread::ids(message.references()).pop())
}

fn is(part: &MessagePart<'_>, subtype: &str) -> bool {
    part.content_type().and_then(|t| t.subtype()).is_some_and(|s| s.eq_ignore_ascii_case(subtype))
}

fn text(part: &MessagePart<'_>) -> String {
    let bytes = match &part.body {
        PartType::Message(inner) => inner.raw_message(),
        _ => part.contents(),
    };
    String::from_utf8_lossy(&bytes[..bytes.len().min(PART_BYTES_MAX)]).into_owned()
}

/// The first value of a field of any recipient; ours have one.
fn field(text: &str, name: &str) -> Option<String> {
    let value = |line: &str| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    text.lines().find_map(value).filter(|v| !v.is_empty())
}

/// A status code (RFC 3463): a class, a subject, a detail.
fn code(value: &str) -> Option<String> {
    let code = value.split([' ', '(', ';']).next()?;
    let parts: Vec<&str> = code.split('.').collect();
    let number = |p: &&str| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(number))
        .then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: &str, returned: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.shop.example\nTo: care@acme.example\nSubject: Undelivered Mail\nAuto-Submitted: auto-replied\n\
             MIME-Version: 1.0\nMessage-ID: <dsn1@mx>\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
             --b\nContent-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.shop.example\n\nFinal-Recipient: rfc822; mia@shop.example\n{status}\
             Diagnostic-Code: smtp; 550 5.1.1 <mia@shop.example> unknown\n\n--b\n{returned}\n--b--\n"
        )
        .replace('\n', "\r\n")
    }

    const WHOLE: &str = "Content-Type: message/rfc822\n\nMessage-ID: <wc.k1@acme.example>\nSubject: Re: Kettle\n\nOn its way.\n";
    const HEAD: &str =
        "Content-Type: text/rfc822-headers\n\nSubject: Re: Kettle\nMessage-ID: <wc.k1@acme.example>\n";

    fn read(mail: &str) -> Option<Undelivered> {
        of(&MessageParser::default().parse(mail.as_bytes()).unwrap())
    }

    #[test]
    fn a_failure_names_our_mail_and_its_code_and_nobody_s_address() {
        for returned in [WHOLE, HEAD] {
            let found = read(&report("Action: failed\nStatus: 5.1.1\n", returned)).unwrap();
            assert_eq!(
                (found.of.as_str(), found.failed, found.status.as_str()),
                ("wc.k1@acme.example", true, "5.1.1")
            );
        }
        let late = read(&report("Action: delayed\nStatus: 4.4.1 (no answer)\n", WHOLE)).unwrap();
        assert_eq!((late.failed, late.status.as_str()), (false, "4.4.1"));
        let odd = read(&report("Action: Failed (expired)\nStatus: <mia@shop.example>\n", WHOLE)).unwrap();
        assert_eq!((odd.failed, odd.status.as_str()), (true, "5.0.0"));
    }

    #[test]
    fn where_nothing_was_returned_what_it_answers_counts() {
        let mail = report("Action: failed\nStatus: 5.2.2\n", "Content-Type: text/plain\n\nnothing\n");
        assert_eq!(read(&mail), None);
        let answering = mail.replacen("Subject:", "In-Reply-To: <wc.k2@acme.example>\r\nSubject:", 1);
        assert_eq!(read(&answering).unwrap().of, "wc.k2@acme.example");
    }

    #[test]
    fn what_was_delivered_or_is_no_report_says_nothing() {
        assert_eq!(read(&report("Action: delivered\nStatus: 2.0.0\n", WHOLE)), None);
        assert_eq!(read(&report("", WHOLE)), None);
        assert_eq!(read("From: a@x\r\nSubject: Action: failed\r\n\r\nAction: failed\r\n"), None);
    }
}
