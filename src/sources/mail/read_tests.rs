//! Mails of all kinds, and what becomes of them.

use super::*;
use crate::domain::post::Post;

fn desk() -> Desk {
    Desk {
        address: "care@acme.example".into(),
        own: vec!["care@acme.example".into(), "team@acme.example".into()],
        domain: "acme.example".into(),
        tag: "#".into(),
    }
}

fn envelope() -> Envelope {
    let at = Timestamp::parse("2026-11-24T10:00:00Z").unwrap();
    Envelope {
        place: "INBOX/1/7".into(),
        at: Some(at),
        now: at.plus(crate::domain::time::Span::minutes(1)),
        too_large: None,
        kept_back: false,
        sent: false,
    }
}

fn raw_post(raw: &[u8], envelope: &Envelope) -> RawPost {
    serde_json::from_slice(&desk().read(raw, envelope).body).unwrap()
}

fn post(mail: &str) -> Post {
    raw_post(mail.replace('\n', "\r\n").as_bytes(), &envelope()).check().unwrap()
}

const HEAD: &str =
    "From: Mia <Mia@Shop.example>\nTo: care@acme.example\nDate: Tue, 24 Nov 2026 10:59:00 +0100\n";

#[test]
fn a_first_mail_is_a_private_message_with_its_subject() {
    let found = post(&format!("{HEAD}Message-ID: <a1@shop.example>\nSubject: Broken kettle\n\nIt leaks.\n"));
    assert_eq!(found.text, "Broken kettle\n\nIt leaks.");
    assert_eq!((found.platform.as_str(), found.kind.as_str(), found.private), ("email", "mail", true));
    assert_eq!(
        (found.external_id.as_str(), found.authority.as_str()),
        ("a1@shop.example", "care@acme.example")
    );
    assert_eq!((found.author.id.as_str(), found.author.name.as_str()), ("mia@shop.example", "Mia"));
    assert_eq!(found.conversation_key(), "a1@shop.example");
    assert_eq!(found.posted_at.rfc3339(), "2026-11-24T10:00:00.000Z", "the server's time, not the sender's");
    assert!(found.addressed && !found.own && found.filtered.is_none());
}

#[test]
fn an_answer_stands_below_what_it_answers_in_every_way_that_programs_know() {
    let with = |head: &str| {
        post(&format!("{HEAD}Message-ID: <c@x>\nSubject: Re: Broken kettle [#42]\n{head}\nStill.\n"))
    };
    let full = with("In-Reply-To: <b@acme.example>\nReferences: <a@x>\n <b@acme.example>\n");
    assert_eq!(
        (full.in_reply_to.as_deref(), full.conversation.as_deref()),
        (Some("b@acme.example"), Some("a@x"))
    );
    assert_eq!((full.above.as_slice(), full.text.as_str()), (&["a@x".to_owned()][..], "Still."));
    assert_eq!(full.case_number, Some(42));
    let only_parent = with("In-Reply-To: <b@acme.example>\n");
    assert_eq!(only_parent.conversation.as_deref(), Some("b@acme.example"));
    let only_references = with("References: <a@x><b@acme.example>\n");
    assert_eq!(only_references.in_reply_to.as_deref(), Some("b@acme.example"));
    let nothing = with("");
    assert_eq!(
        (nothing.in_reply_to, nothing.conversation.as_deref(), nothing.case_number),
        (None, Some("c@x"), Some(42))
    );
    let itself = with("In-Reply-To: <c@x>\nReferences: <c@x>\n");
    assert_eq!((itself.in_reply_to, itself.above.len()), (None, 0));
}

#[test]
fn a_mail_without_an_id_keeps_the_one_that_it_gets() {
    let mail = format!("{HEAD}Subject: x\n\nsame\n");
    assert_eq!(post(&mail).external_id, post(&mail).external_id);
    assert_ne!(post(&mail).external_id, post(&mail.replace("same", "other")).external_id);
}

#[test]
fn quotes_and_signatures_are_kept_apart_from_what_was_written() {
    let found = post(&format!(
        "{HEAD}Message-ID: <c@x>\nIn-Reply-To: <b@x>\nSubject: Re: x\n\nNo.\n\nOn 24 Nov 2026 Acme wrote:\n> Is it on?\n-- \nMia\n"
    ));
    assert_eq!(found.text, "No.");
    let folded = found.letter.unwrap().folded;
    assert!(folded.contains("> Is it on?") && folded.contains("Mia"), "{folded}");
}

#[test]
fn html_becomes_text_and_nothing_of_it_is_run() {
    let found = post(&format!(
        "{HEAD}Message-ID: <c@x>\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n<html><head><title>T</title>\
         <style>p {{color:red}}</style></head><body><p>It <b>leaks</b> &amp; smokes</p><script>alert(1)</script>\
         <blockquote>old words</blockquote></body></html>\n"
    ));
    assert_eq!(found.text, "x\n\nIt leaks & smokes");
    assert_eq!(found.letter.unwrap().folded, "old words");
}

#[test]
fn both_forms_of_one_mail_are_read_once_and_attachments_are_named() {
    let found = post(&format!(
        "{HEAD}Message-ID: <c@x>\nSubject: =?utf-8?B?S8OkcHV0dA==?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n\
         --o\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain; charset=iso-8859-1\n\
         Content-Transfer-Encoding: quoted-printable\n\nEs l=E4uft aus.\n--i\nContent-Type: text/html\n\n<p>Es l&auml;uft aus.</p>\n--i--\n\
         --o\nContent-Type: image/jpeg; name=\"foto.jpg\"\nContent-Disposition: attachment; filename=\"foto.jpg\"\n\
         Content-Transfer-Encoding: base64\n\nAAAA\n--o--\n"
    ));
    assert_eq!(found.text, "Käputt\n\nEs läuft aus.\n\n[attached: foto.jpg, image/jpeg, 3 bytes]");
}

#[test]
fn japanese_mails_are_read_in_each_of_their_charsets() {
    let written: [(&str, &[u8]); 3] = [
        ("ISO-2022-JP", b"\x1b$BO3$l$F$$$^$9!#\x1b(B"),
        ("Shift_JIS", b"\x98\x52\x82\xea\x82\xc4\x82\xa2\x82\xdc\x82\xb7\x81\x42"),
        ("EUC-JP", b"\xcf\xb3\xa4\xec\xa4\xc6\xa4\xa4\xa4\xde\xa4\xb9\xa1\xa3"),
    ];
    for (charset, words) in written {
        let head = format!(
            "{HEAD}Message-ID: <c@x>\nSubject: =?ISO-2022-JP?B?GyRCJTElSCVrJE43bxsoQg==?=\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset={charset}\n\n"
        );
        let raw = [head.replace('\n', "\r\n").as_bytes(), words, &b"\r\n"[..]].concat();
        let found = raw_post(&raw, &envelope()).check().unwrap();
        assert_eq!(found.text, "ケトルの件\n\n漏れています。", "{charset}");
    }
}

#[test]
fn words_that_stand_in_markup_alone_are_read() {
    let found = post(&format!(
        "{HEAD}Message-ID: <c@x>\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=i\n\n\
         --i\nContent-Type: text/plain; charset=utf-8\n\n \n--i\nContent-Type: text/html; charset=utf-8\n\n\
         <p>It leaks.</p><blockquote>old words</blockquote>\n--i--\n"
    ));
    assert_eq!(found.text, "x\n\nIt leaks.");
    assert_eq!(found.letter.unwrap().folded, "old words");
}

#[test]
fn what_is_said_of_pictures_stands_beside_the_words_and_is_not_judged() {
    let found = post(&format!(
        "{HEAD}Message-ID: <c@x>\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/html\n\n\
         <p>See <img src=\"https://x.example/1.png\" alt=\"the broken hinge\"></p>\n"
    ));
    assert_eq!(found.text, "x\n\nSee");
    assert_eq!(found.files.len(), 1);
    assert_eq!((found.files[0].alt.as_str(), found.files[0].url.as_str()), ("the broken hinge", ""));
}

#[test]
fn machines_are_filtered_with_the_rule_and_people_are_not() {
    let rule = |head: &str| post(&format!("{HEAD}Message-ID: <c@x>\nSubject: x\n{head}\nhi\n")).filtered;
    assert_eq!(rule("Auto-Submitted: auto-replied\n").as_deref(), Some(loops::AUTO_SUBMITTED));
    assert_eq!(rule("List-Id: <a.b>\n").as_deref(), Some(loops::LIST));
    assert_eq!(rule(""), None);
    let ours = post("From: eve@x.example\nMessage-ID: <wc.1.2@acme.example>\nSubject: x\n\nhi\n");
    assert_eq!(ours.filtered.as_deref(), Some(loops::OWN_MESSAGE_ID));
}

#[test]
fn two_responders_never_begin_to_talk() {
    // What two desks send each other: ours comes there as a mail with an id of ours and no word of being a
    // machine's, which a person wrote; what comes back by a machine says so, and ends here.
    let back = |how: &str| {
        post(&format!(
            "From: info@other.example\nTo: care@acme.example\nMessage-ID: <r@other.example>\n\
             In-Reply-To: <wc.1.2@acme.example>\nSubject: Automatic reply: Re: x\n{how}\nWe got your mail.\n"
        ))
    };
    let responders = [
        "Auto-Submitted: auto-replied\n",
        "X-Auto-Response-Suppress: All\n",
        "Precedence: auto_reply\n",
        "Return-Path: <>\n",
        "X-Autoreply: yes\n",
    ];
    for how in responders {
        let found = back(how);
        assert!(found.filtered.is_some(), "{how}");
    }
    // Our own mail, sent back to us by a rule that passes everything on, under any sender.
    for from in ["info@other.example", "noreply@other.example", "care@acme.example"] {
        let found =
            post(&format!("From: {from}\nMessage-ID: <wc.1.2@acme.example>\nSubject: Re: x\n\nOur answer\n"));
        assert!(found.own || found.filtered.is_some(), "{from}");
    }
}

#[test]
fn our_own_mails_are_answers_wherever_they_were_typed() {
    let own = post(
        "From: Jan <TEAM@acme.example>\nTo: Mia <mia@shop.example>\nMessage-ID: <o@pc>\nIn-Reply-To: <a1@shop.example>\nSubject: Re: x\n\nWe send a new one.\n",
    );
    assert!(own.own && !own.addressed && own.filtered.is_none());
    assert_eq!(own.answers.as_deref(), Some("mia@shop.example"));
    let sent = Envelope { sent: true, ..envelope() };
    let alias = raw_post(
        b"From: jan@acme.example\r\nTo: mia@shop.example\r\nMessage-ID: <p@pc>\r\nSubject: x\r\n\r\nhi",
        &sent,
    );
    assert!(alias.own, "what stands in the folder of sent mails is ours");
    let responder = post(
        "From: care@acme.example\nAuto-Submitted: auto-replied\nMessage-ID: <q@pc>\nSubject: x\n\nWe got it\n",
    );
    assert_eq!(responder.filtered.as_deref(), Some(loops::AUTO_SUBMITTED), "a machine's word is no answer");
}

#[test]
fn a_form_tells_its_writer_by_reply_to() {
    let form = "From: Shop <no-reply@acme.example>\nReply-To: Mia <mia@shop.example>\nMessage-ID: <f@x>\nSubject: Form\n\nhi\n";
    assert_eq!((post(form).author.id.as_str(), post(form).filtered), ("mia@shop.example", None));
    let ours = post(&form.replace("no-reply@", "care@"));
    assert_eq!((ours.author.id.as_str(), ours.own), ("mia@shop.example", false));
    let nobody = post(&form.replace("mia@shop.example", "noreply@shop.example"));
    assert_eq!(nobody.filtered.as_deref(), Some(loops::NO_REPLY_SENDER));
    let plain =
        post("From: mia@shop.example\nReply-To: eve@x.example\nMessage-ID: <f@x>\nSubject: x\n\nhi\n");
    assert_eq!(plain.author.id, "mia@shop.example", "nobody else gets an answer by asking for it");
}

#[test]
fn of_a_mail_that_is_too_large_the_head_is_read_and_that_is_said() {
    let large = Envelope { too_large: Some(40 * 1024 * 1024), ..envelope() };
    let found = raw_post(
        format!("{HEAD}Message-ID: <big@x>\r\nSubject: Photos\r\n\r\n").replace('\n', "\r\n").as_bytes(),
        &large,
    );
    assert_eq!(found.text, "Photos\n\n[the mail is too large (40 MiB); only its head was read]");
}

#[test]
fn broken_mails_are_read_as_far_as_they_can_be() {
    let mut seen = 0;
    let broken: [&[u8]; 10] = [
        b"From: mia@x.example\r\nSubject: =?utf-8?B?broken\r\n\r\nhi",
        b"From: mia@x.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\nh\xe9 \xff\xfe",
        b"From: mia@x.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"From: mia@x.example\r\nContent-Type: multipart/alternative\r\n\r\nno boundary",
        b"From: mia@x.example\nno blank line at all",
        b"From: mia@x.example\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!not base64",
        b"From: mia@x.example\r\nDate: never\r\nMessage-ID: <<<>>>\r\nReferences: >>< \xff\r\n\r\nx",
        b"From: \"mia\" <mia@x.example\r\nSubject: \0\x01\x02\r\n\r\n\0",
        b"From: mia@x.example\r\nContent-Type: text/html\r\n\r\n<p><blockquote><a href=<<<",
        b"\xff\xfe\x00\x01",
    ];
    for raw in broken {
        let item = desk().read(raw, &envelope());
        if let Ok(post) = serde_json::from_slice::<RawPost>(&item.body)
            && let Ok(post) = post.check()
        {
            assert_eq!(post.author.id, "mia@x.example");
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} were read");
    for hopeless in [&b""[..], b"\r\n\r\nno head"] {
        let item = desk().read(hopeless, &envelope());
        let read = serde_json::from_slice::<RawPost>(&item.body).ok().and_then(|p| p.check().ok());
        assert!(read.is_none(), "it has no sender and goes into quarantine");
    }
}

#[test]
fn any_bytes_are_survived() {
    let alphabet: &[u8] = b"From: <a@b>\r\n\r\n--x>>=?utf-8?Q?<blockquote>\xff\x00";
    let mut state = 7_u64;
    for length in 0..400 {
        let mut raw = Vec::with_capacity(length);
        for _ in 0..length {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            raw.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        let item = desk().read(&raw, &envelope());
        assert!(!item.body.is_empty());
    }
}
