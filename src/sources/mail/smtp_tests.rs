//! A mail server of our own that does what it is told and keeps a ledger, and what we make of it.

use super::super::config::ImapConfig;
use super::*;
use lettre::address::Envelope;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// At which word the server does something else than to say yes, and what.
#[derive(Clone, Copy)]
struct Mood {
    at: &'static str,
    says: &'static str,
}

const FINE: Mood = Mood { at: "nowhere", says: "" };
/// Hangs up instead of saying something.
const SILENT: &str = "";

/// `user=care@acme.example^Aauth=Bearer fresh-token^A^A`, as it goes over the line.
const FRESH: &str = "dXNlcj1jYXJlQGFjbWUuZXhhbXBsZQFhdXRoPUJlYXJlciBmcmVzaC10b2tlbgEB";

/// What was taken, each mail as it came.
type Ledger = Arc<Mutex<Vec<String>>>;

async fn server(mood: Mood) -> (u16, Ledger) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ledger = Ledger::default();
    let taken = ledger.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, mood, taken.clone()));
        }
    });
    (port, ledger)
}

async fn serve(stream: TcpStream, mood: Mood, ledger: Ledger) {
    let mut stream = BufReader::new(stream);
    if stream.write_all(b"220 fake\r\n").await.is_err() {
        return;
    }
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|n| n > 0) {
        let word = line.split([' ', ':']).next().unwrap_or_default().trim().to_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-fake\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n",
            // Why a token is refused, and after an empty line that it is.
            "AUTH" if line.starts_with("AUTH XOAUTH2") && !line.trim_end().ends_with(FRESH) => {
                "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n"
            }
            "" => "535-5.7.8 not accepted\r\n535 5.7.8 really not\r\n",
            "DATA" => "354 go on\r\n",
            "AUTH" => "235 in\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 fine\r\n",
        };
        let answer = if word == mood.at { mood.says } else { answer };
        if answer == SILENT || stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        if word == "DATA" && answer.starts_with("354") {
            let mut mail = String::new();
            while !mail.ends_with("\r\n.\r\n") {
                if stream.read_line(&mut mail).await.is_ok_and(|n| n == 0) {
                    return;
                }
            }
            let end = if mood.at == "." { mood.says } else { "250 taken\r\n" };
            if end == SILENT || end.starts_with("250") {
                ledger.lock().unwrap().push(mail);
            }
            if end == SILENT || stream.write_all(end.as_bytes()).await.is_err() {
                return;
            }
        }
        line.clear();
    }
}

fn outlet(port: u16) -> Outlet {
    let imap = ImapConfig { password: Some("hush".to_owned().into()), ..ImapConfig::default() };
    let mailbox = Mailbox::new(&imap, "care@acme.example").unwrap();
    let config = SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        security: Security::None,
        ..SmtpConfig::default()
    };
    Outlet::new(&config, &mailbox, "acme.example")
}

fn letter() -> Letter {
    let (from, to) = ("care@acme.example".parse().unwrap(), "mia@shop.example".parse().unwrap());
    let envelope = Envelope::new(Some(from), vec![to]).unwrap();
    Letter { id: "wc.1@acme.example".into(), envelope, bytes: b"Subject: x\r\n\r\nhi\r\n.dot\r\n".to_vec() }
}

async fn sent(mood: Mood) -> (Outcome, usize) {
    let (port, ledger) = server(mood).await;
    let outcome = outlet(port).send(&letter(), Timestamp(5)).await;
    let taken = ledger.lock().unwrap().len();
    (outcome, taken)
}

#[tokio::test]
async fn what_is_taken_is_done_and_stands_there_once() {
    let (port, ledger) = server(FINE).await;
    let outcome = outlet(port).send(&letter(), Timestamp(5)).await;
    assert_eq!(outcome, Outcome::Done { remote_id: "wc.1@acme.example".into(), at: Some(Timestamp(5)) });
    let taken = ledger.lock().unwrap().clone();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].contains("\r\n..dot\r\n"), "a dot at the beginning of a line is no end");
}

#[tokio::test]
async fn a_word_of_the_server_says_what_holds() {
    for (at, says) in [
        ("MAIL", "451 later\r\n"),
        ("RCPT", "450 greylisted\r\n"),
        ("DATA", "421 bye\r\n"),
        (".", "452 full\r\n"),
    ] {
        let (outcome, taken) = sent(Mood { at, says }).await;
        assert!(
            matches!(&outcome, Outcome::Retry { why, .. } if why.contains(&says[..3])),
            "{at}: {outcome:?}"
        );
        assert_eq!(taken, 0, "{at}");
    }
    for (at, says) in
        [("AUTH", "535 no\r\n"), ("MAIL", "550 no\r\n"), ("RCPT", "550 nobody\r\n"), (".", "554 spam\r\n")]
    {
        let (outcome, taken) = sent(Mood { at, says }).await;
        assert!(
            matches!(&outcome, Outcome::Refused { reason } if reason.contains(&says[..3])),
            "{at}: {outcome:?}"
        );
        assert_eq!(taken, 0, "{at}");
    }
}

#[tokio::test]
async fn only_silence_after_the_mail_is_unknown() {
    for at in ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
        let (outcome, taken) = sent(Mood { at, says: SILENT }).await;
        assert!(matches!(outcome, Outcome::Retry { .. }), "{at}: {outcome:?}");
        assert_eq!(taken, 0, "{at}");
    }
    let (outcome, taken) = sent(Mood { at: ".", says: SILENT }).await;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(taken, 1, "it may have been taken, and here it was");
}

#[tokio::test]
async fn nobody_there_is_not_sent_and_no_secret_is_told() {
    let (port, _) = server(Mood { at: "AUTH", says: "535 5.7.8 hush is wrong\r\n" }).await;
    assert!(!format!("{:?}", outlet(port)).contains("hush"));
    let outcome = outlet(9).send(&letter(), Timestamp(5)).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_token_is_read_anew_and_a_refused_one_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let by_token = |port| {
        let imap = ImapConfig { token_file: Some(file.clone()), ..ImapConfig::default() };
        let mailbox = Mailbox::new(&imap, "care@acme.example").unwrap();
        let (host, security) = ("127.0.0.1".to_owned(), Security::None);
        let config = SmtpConfig { host, port: Some(port), security, ..SmtpConfig::default() };
        Outlet::new(&config, &mailbox, "acme.example")
    };
    let (port, ledger) = server(FINE).await;
    std::fs::write(&file, "stale-token\n").unwrap();
    let Outcome::Retry { why, .. } = by_token(port).send(&letter(), Timestamp(5)).await else {
        panic!("a token that somebody renews is no end")
    };
    assert!(why.starts_with(REFUSED_LOG_IN) && why.contains("535") && !why.contains("stale"), "{why}");
    assert!(by_token(port).knock().await.unwrap_err().starts_with(REFUSED_LOG_IN));
    assert!(ledger.lock().unwrap().is_empty());
    std::fs::write(&file, "fresh-token\n").unwrap();
    let outcome = by_token(port).send(&letter(), Timestamp(5)).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(ledger.lock().unwrap().len(), 1);
    let (port, _) = server(Mood { at: "EHLO", says: "250-fake\r\n250 AUTH PLAIN LOGIN\r\n" }).await;
    let why = by_token(port).knock().await.unwrap_err();
    assert!(why.contains("takes no tokens"), "a token never goes by as a password: {why}");
}

#[tokio::test]
async fn knocking_sends_nothing_and_says_what_is_wrong() {
    let (port, ledger) = server(FINE).await;
    let found = outlet(port).knock().await.unwrap();
    assert!(found.starts_with(&format!("127.0.0.1:{port} as ")), "{found}");
    for (at, says, part) in
        [("AUTH", "535 no\r\n", "535"), ("EHLO", SILENT, ""), ("AUTH", "454 not now\r\n", "454")]
    {
        let (port, _) = server(Mood { at, says }).await;
        let why = outlet(port).knock().await.unwrap_err();
        assert!(why.contains(part), "{at}: {why}");
    }
    assert!(ledger.lock().unwrap().is_empty());
}

#[test]
fn the_address_that_a_server_repeats_is_covered() {
    let line = "550 5.1.1 <mia@home.example>: Recipient address rejected: mia@home.example, user unknown";
    assert_eq!(covered(line), "550 5.1.1 <•••>: Recipient address rejected: •••, user unknown");
    assert_eq!(covered("554 spam"), "554 spam");
    assert_eq!(covered("no mailbox mia@home.example"), "no mailbox •••");
}
