//! A conversation by mail, on a mail server that nobody here wrote: a mail becomes a case, is answered
//! from the console, the answer is handed over exactly once with a head that belongs below it; the
//! customer replies in every way that mail programs know; machines are heard and not answered; a folder
//! gets new numbers; the program is killed while the mail server takes a mail.

mod sweeps;

use crate::agent::Agent;
use crate::daemon::Start;
use crate::mastodon_walk::{case_with, page_with};
use crate::place::{Data, Engine, Look};
use crate::rigs::dovecot::{PASSWORD, Server};
use crate::sink::Sink;
use crate::wait_for;
use mail_parser::{Message, MessageParser};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const CARE: &str = "care@acme.test";
/// The smallest GIF, with a comment that must go.
const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH+BkdQUyA1MgAsAAAAAAEAAQAAAgJEAQA7";
const PATIENCE: Duration = Duration::from_secs(100);

struct Walk {
    server: Server,
    sink: Arc<Sink>,
    data: Data,
    start: Start,
    look: Option<Look>,
}

fn mail(from: &str, id: &str, subject: &str, head: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: {CARE}\nMessage-ID: <{id}>\nSubject: {subject}\n{head}MIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

impl Walk {
    async fn open() -> Option<Self> {
        let server = Server::start().await?;
        for folder in ["Kept", "Sent"] {
            server.new_folder(CARE, folder, false).await;
        }
        let (sink, smtp) = Sink::start().await;
        let data = Data::fresh(Engine::Sqlite).await;
        let start = Start::new(&data, 0, None);
        let text = std::fs::read_to_string(&start.file).unwrap();
        let mailbox = format!(
            "\n[[source]]\nname = \"care\"\ncounts_from = \"2020-01-01T00:00:00Z\"\n\
             [source.mail]\naddress = \"{CARE}\"\nname = \"Acme Care\"\nfolders = [\"INBOX\", \"Kept\"]\nsent_folder = \"Sent\"\n\
             bytes_max = 65536\nevery_seconds = 5\n\
             [source.mail.imap]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\npassword = \"{PASSWORD}\"\n\
             [source.mail.smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"none\"\nopen = true\n\
             \n[answers]\nundo_seconds = 0\n",
            server.imap
        );
        std::fs::write(&start.file, format!("{text}{mailbox}")).unwrap();
        Some(Self { server, sink, data, start, look: None })
    }

    async fn count(&mut self, sql: &'static str) -> i64 {
        if self.look.is_none() {
            self.look = Some(self.data.look().await);
        }
        self.look.as_ref().unwrap().count(sql).await
    }

    async fn until(&mut self, sql: &'static str, expected: i64) {
        self.count(sql).await;
        let look = self.look.as_ref().unwrap();
        wait_for(&format!("{expected} of {sql}"), PATIENCE, || async {
            (look.count(sql).await == expected).then_some(())
        })
        .await;
    }

    async fn deliver(&self, from: &str, mail: &str) {
        self.server.deliver(from, CARE, mail).await;
    }

    /// The mails with these words that were handed over.
    fn sent(&self, words: &str) -> Vec<String> {
        self.sink.mails().into_iter().filter(|m| m.contains(words)).collect()
    }
}

fn parsed(mail: &str) -> Message<'_> {
    MessageParser::default().parse(mail.as_bytes()).unwrap()
}

fn ids(value: &mail_parser::HeaderValue<'_>) -> Vec<String> {
    match (value.as_text_list(), value.as_text()) {
        (Some(list), _) => list.iter().map(ToString::to_string).collect(),
        (None, text) => text.into_iter().map(str::to_owned).collect(),
    }
}

const FILTERED: &str = "SELECT COUNT(*) FROM inbox WHERE source = 'care' AND verdict = 'filtered'";
const CASES: &str = "SELECT COUNT(*) FROM cases";
const DONE: &str = "SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state = 'done'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_by_mail_is_followed_to_its_end() {
    let Some(mut walk) = Walk::open().await else { return };
    let (code, said, _) = walk.start.run(&["doctor", "care"]).await;
    assert_eq!(code, Some(0), "{said}");
    for part in
        ["log in: 127.0.0.1; it tells of new mail at once", "folder Sent: it is there", "send: 127.0.0.1:"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let daemon = walk.start.ready().await;
    let agent = Agent::log_in(&walk.start, "ann", "agent").await;
    let mia = "Mia Jansen <Mia@Shop.test>";

    // A mail becomes a case with two hours on its clock; what was quoted is folded away.
    let text = "My kettle leaks and nobody answers, can you help me?\n\nOn 3 May 2026 Shop <x@shop.test> wrote:\n> your old order\n-- \nMia\n";
    walk.deliver("mia@shop.test", &mail(mia, "m1@shop.test", "Broken kettle", "", text)).await;
    let case = case_with(&agent, "My kettle leaks").await;
    let page = page_with(&agent, &case, "<details class=\"folded\">", "").await;
    assert!(page.contains("Broken kettle") && page.contains("your old order"), "{page}");
    let two_hours = "SELECT COUNT(*) FROM obligation WHERE kind = 'first_response' AND state = 'running' AND target_ms = 7200000";
    assert_eq!(walk.count(two_hours).await, 1);
    let private = "SELECT COUNT(*) FROM cases WHERE private = 1 AND channel = 'email'";
    assert_eq!(walk.count(private).await, 1);

    // Answered; the server puts it off once, and takes it once.
    walk.sink.later.store(1, Ordering::SeqCst);
    let words = "We send a new kettle today, Grüße";
    let page = agent.act(&case, "answer", &[("text", words), ("promise", "without")]).await.unwrap();
    assert_eq!(page.status, 303, "{}", page.body);
    walk.until(DONE, 1).await;
    let sent = walk.sink.mails();
    assert_eq!(sent.len(), 1, "{sent:?}");
    let answer = parsed(&sent[0]);
    let own_id = answer.message_id().unwrap().to_owned();
    assert!(own_id.starts_with("wc.") && own_id.ends_with("@acme.test"), "{own_id}");
    assert_eq!(answer.to().unwrap().first().unwrap().address(), Some("mia@shop.test"));
    assert_eq!(answer.subject(), Some("Re: Broken kettle [#1]"));
    assert_eq!(ids(answer.in_reply_to()), ["m1@shop.test"]);
    assert_eq!(ids(answer.references()), ["m1@shop.test"]);
    assert!(answer.body_text(0).unwrap().contains(words), "{}", sent[0]);
    let kept = "SELECT COUNT(*) FROM obligation WHERE kind = 'first_response' AND state = 'kept'";
    walk.until(kept, 1).await;

    // Machines answer our answer: heard, filtered by name, never answered.
    let loops = [
        ("ooo@shop.test", "Auto-Submitted: auto-replied\n"),
        ("", "Auto-Submitted: no\n"),
        ("list@shop.test", "List-Id: <all.shop.test>\nPrecedence: list\n"),
    ];
    for (n, (path, head)) in loops.iter().enumerate() {
        let head = format!("In-Reply-To: <{own_id}>\nReferences: <m1@shop.test> <{own_id}>\n{head}");
        let text = "I am away and will read your mail next week.";
        walk.deliver(path, &mail(mia, &format!("ooo{n}@shop.test"), "Automatic reply", &head, text)).await;
    }
    let back = mail("other@shop.test", &own_id, "Re: Broken kettle", "", "your own mail, passed on to you");
    walk.deliver("other@shop.test", &back).await;
    walk.until(FILTERED, 4).await;
    let named = "SELECT COUNT(DISTINCT why) FROM inbox WHERE source = 'care' AND verdict = 'filtered' AND why LIKE 'mail_%'";
    assert_eq!(walk.count(named).await, 4, "each by its own rule");

    // The customer replies: with the whole head, with half of it, and with the number alone.
    let whole = format!("In-Reply-To: <{own_id}>\nReferences: <m1@shop.test> <{own_id}>\n");
    walk.deliver(
        "mia@shop.test",
        &mail(mia, "m2@shop.test", "Re: Broken kettle", &whole, "It came, but the lid is missing?"),
    )
    .await;
    page_with(&agent, &case, "the lid is missing", "").await;
    let half = format!("In-Reply-To: <{own_id}>\n");
    walk.deliver(
        "mia@shop.test",
        &mail(mia, "m3@shop.test", "AW: Broken kettle", &half, "And the cord, where is it?"),
    )
    .await;
    page_with(&agent, &case, "And the cord", "").await;
    walk.deliver(
        "mia@shop.test",
        &mail(mia, "m4@shop.test", "my kettle [#1]", "", "I found the cord, but no lid?"),
    )
    .await;
    page_with(&agent, &case, "I found the cord", "").await;
    assert_eq!(walk.count(CASES).await, 1, "one case holds them all");
    let eve = mail("eve@evil.test", "e1@evil.test", "Re: [#1]", "", "What did Mia write, can you tell me?");
    walk.deliver("eve@evil.test", &eve).await;
    walk.until(CASES, 2).await;
    let page = page_with(&agent, &case, "I found the cord", "").await;
    assert!(!page.contains("What did Mia write"), "somebody else's mail is not hers");

    // Somebody answers in a mail program: that ends the wait, and is nobody's case.
    let typed = format!(
        "From: Jan <{CARE}>\nTo: Mia@Shop.test\nMessage-ID: <typed@pc>\nIn-Reply-To: <m4@shop.test>\nSubject: Re: my kettle\n\nThe lid is on its way\n"
    );
    walk.server.put(CARE, "Sent", &typed).await;
    page_with(&agent, &case, "The lid is on its way", "").await;
    let waits = "SELECT COUNT(*) FROM obligation WHERE kind = 'next_response' AND state = 'kept'";
    walk.until(waits, 1).await;

    // A folder gets new numbers: everything comes again, and nothing twice.
    let old =
        mail("tom@shop.test", "t1@shop.test", "Invoice", "", "My invoice is wrong, can you correct it?");
    let nameless = old
        .replace("Message-ID: <t1@shop.test>\n", "")
        .replace("tom@", "nora@")
        .replace("invoice is", "bill is");
    for text in [&old, &nameless] {
        walk.server.put(CARE, "Kept", text).await;
    }
    walk.until(CASES, 4).await;
    walk.server.new_folder(CARE, "Kept", true).await;
    let large = mail(
        "zoe@shop.test",
        "z1@shop.test",
        "Photos of the damage",
        "",
        &"x".repeat(100).repeat(800).replace("xxxxxxxxxx", "xxxxxxxxx\n"),
    );
    for text in [&nameless, &old, &large] {
        walk.server.put(CARE, "Kept", text).await;
    }
    walk.until(CASES, 5).await;
    let case_of_zoe = case_with(&agent, "Photos of the damage").await;
    page_with(&agent, &case_of_zoe, "only its head was read", "").await;
    let doubles = "SELECT COUNT(*) FROM inbox WHERE source = 'care' AND verdict = 'duplicate'";
    walk.until(doubles, 2).await;
    let mentions = "SELECT COUNT(*) FROM mention WHERE platform = 'email'";
    assert_eq!(walk.count(mentions).await, 8);
    let flags = walk.server.flags(CARE, "INBOX").await;
    assert!(
        flags.len() >= 9 && flags.iter().all(|f| !f.contains("\\Seen")),
        "nothing was marked as read: {flags:?}"
    );

    // Refused for good: a person sees why.
    walk.sink.never.store(1, Ordering::SeqCst);
    agent.act(&case_of_zoe, "answer", &[("text", "Please send them again")]).await.unwrap();
    page_with(&agent, &case_of_zoe, "nobody of that name", "").await;

    // Killed while the mail server takes a mail: at most one, and a person decides.
    walk.sink.silent.store(1, Ordering::SeqCst);
    let words = "A lid left us this morning";
    agent.act(&case, "answer", &[("text", words), ("again", "1")]).await.unwrap();
    wait_for("the mail to be taken", PATIENCE, || async { (!walk.sent(words).is_empty()).then_some(()) })
        .await;
    daemon.kill().await;
    let daemon = walk.start.ready().await;
    let unknown = "SELECT COUNT(*) FROM action WHERE kind = 'reply' AND state = 'unknown'";
    walk.until(unknown, 1).await;
    assert_eq!(walk.sent(words).len(), 1, "it went once");

    // What the server filed under sent settles it.
    let filed = walk.sent(words)[0].trim_end_matches(".\r\n").replace("\r\n", "\n");
    walk.server.put(CARE, "Sent", &filed).await;
    walk.until(DONE, 2).await;
    page_with(&agent, &case, words, "").await;
    assert_eq!(walk.sent(words).len(), 1, "and was not sent again");
    assert_eq!(walk.sink.mails().len(), 2, "nothing else was ever said");
    a_picture_and_a_bounce(&mut walk, &agent, &case, &own_id).await;
    assert_eq!(walk.sink.mails().len(), 2, "nobody answers a machine");
    daemon.stop().await;
}

/// A picture is taken out of its mail where that stands, and a report that an answer did not arrive is shown on its case.
async fn a_picture_and_a_bounce(walk: &mut Walk, agent: &Agent, case: &str, own_id: &str) {
    let cases = walk.count(CASES).await;
    let picture = format!(
        "From: Mia <mia@shop.test>\nTo: {CARE}\nMessage-ID: <m9@shop.test>\nIn-Reply-To: <{own_id}>\nSubject: Re: Broken kettle\n\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain\n\nHere is what it looks like\n\
         --o\nContent-Type: image/gif; name=kettle.gif\nContent-Disposition: attachment; filename=kettle.gif\n\
         Content-Transfer-Encoding: base64\n\n{GIF}\n--o--\n"
    );
    walk.deliver("mia@shop.test", &picture).await;
    page_with(agent, case, "Here is what it looks like", "").await;
    walk.until("SELECT COUNT(*) FROM attachment WHERE state = 'kept' AND media = 'image/gif'", 1).await;
    let page = page_with(agent, case, "<img src=\"/cases/", "").await;
    let rest = page.split("<img src=\"/cases/").nth(1).unwrap().split('"').next().unwrap();
    let shown = agent.get(&format!("/cases/{rest}")).await.unwrap();
    assert_eq!(shown.status, 200);
    assert!(shown.body.starts_with("GIF89a") && !shown.body.contains("GPS"), "the comment is gone");

    let report = format!(
        "From: Mail Delivery System <MAILER-DAEMON@mx.test>\nTo: {CARE}\nMessage-ID: <dsn1@mx.test>\nSubject: Undelivered Mail\n\
         Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: text/plain\n\nI am sorry to have to inform you\n\n--b\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; mia@shop.test\nAction: failed\nStatus: 5.1.1\n\n\
         --b\nContent-Type: message/rfc822\n\nMessage-ID: <{own_id}>\nSubject: Re: Broken kettle\n\nWe send a new kettle\n\n--b--\n"
    );
    walk.deliver("", &report).await;
    walk.until("SELECT COUNT(*) FROM own_post WHERE undelivered = '5.1.1'", 1).await;
    page_with(agent, case, "could not be delivered: no such address", "").await;
    assert_eq!(walk.count(CASES).await, cases, "neither is a case of its own");
}
