//! Reports by mail: each once a period, whatever crashes, with two processes; what is sent is what was kept; and a
//! mail that nobody confirmed comes again as the same one. The mail server of the tests keeps its own ledger.

use crate::harness::{House, START, answer, on_each, post};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use webcared::clock::{Chance, Clock};
use webcared::domain::time::{Span, Timestamp};
use webcared::outbox::Worker;
use webcared::reporting::config::{LetterConfig, LetterKind, ReportMailConfig};
use webcared::reporting::{self, Parts};
use webcared::sources::mail::config::{Security, SmtpConfig};
use webcared::store::published;

/// Takes everything and says so.
const TAKES: u8 = 0;
/// Takes everything and hangs up before it says so.
const HANGS_UP: u8 = 1;
/// Takes everything and says nothing for ever.
const SILENT: u8 = 2;
/// Is full for now.
const FULL: u8 = 3;

/// A mail server; what it took, in order.
pub struct Post {
    took: Mutex<Vec<String>>,
    mood: AtomicU8,
}

impl Post {
    pub async fn open() -> (Arc<Self>, u16) {
        let post = Arc::new(Self { took: Mutex::default(), mood: AtomicU8::new(TAKES) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = post.clone();
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                tokio::spawn(Self::serve(served.clone(), line));
            }
        });
        (post, port)
    }

    async fn serve(self: Arc<Self>, line: tokio::net::TcpStream) {
        let (read, mut write) = line.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 fake\r\n").await.unwrap();
        let (mut in_data, mut mail) = (false, String::new());
        while let Ok(Some(said)) = lines.next_line().await {
            mail.push_str(&said);
            mail.push('\n');
            let mood = self.mood.load(Ordering::SeqCst);
            let answer: &[u8] = match said.get(..4).unwrap_or(&said) {
                _ if in_data && said == "." => {
                    in_data = false;
                    self.took.lock().unwrap().push(std::mem::take(&mut mail));
                    match mood {
                        HANGS_UP => return,
                        SILENT => std::future::pending().await,
                        _ => b"250 ok\r\n",
                    }
                }
                _ if in_data => continue,
                "MAIL" if mood == FULL => b"452 come again\r\n",
                "DATA" => {
                    in_data = true;
                    mail.clear();
                    b"354 go on\r\n"
                }
                _ => b"250 ok\r\n",
            };
            if write.write_all(answer).await.is_err() {
                return;
            }
        }
    }

    /// Takes nothing from now on.
    pub fn fill(&self) {
        self.mood.store(FULL, Ordering::SeqCst);
    }

    pub fn took(&self) -> Vec<String> {
        // As a reader sees it: without the soft ends of lines, and signs as such.
        self.took.lock().unwrap().iter().map(|m| m.replace("=\n", "").replace("=3D", "=")).collect()
    }
}

pub fn letter(name: &str, kind: LetterKind) -> LetterConfig {
    LetterConfig {
        name: name.into(),
        to: vec!["lead@acme.example".into()],
        kind,
        brands: vec!["Acme".into()],
        ..LetterConfig::default()
    }
}

pub fn config(port: u16, letters: Vec<LetterConfig>) -> ReportMailConfig {
    let host = "127.0.0.1".to_owned();
    let smtp = SmtpConfig { host, port: Some(port), security: Security::None, ..SmtpConfig::default() };
    ReportMailConfig { from: "webcared@acme.example".into(), smtp, letters, owners: Vec::new() }
}

/// One process.
pub struct Desk {
    pub maker: reporting::Maker,
    worker: Worker,
}

pub fn desk(house: &House, config: &ReportMailConfig, owner: &str) -> Desk {
    let clock: Arc<dyn Clock> = house.clock.clone();
    let parts = Parts {
        db: house.db.clone(),
        clock: clock.clone(),
        mint: house.mint.clone(),
        catalogue: house.current.clone(),
        owner: owner.into(),
        outbox: Arc::default(),
        public_url: "https://care.example".into(),
        zone: jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap(),
    };
    let deliver = Arc::new(reporting::deliverer(&parts, config).unwrap());
    let worker = Worker::new(house.db.clone(), clock, Chance::seeded(3), owner.into(), deliver);
    Desk { maker: reporting::maker(&parts, config), worker }
}

impl Desk {
    pub async fn pass(&self) {
        self.maker.run_once().await.unwrap();
        while self.worker.run_once().await.unwrap() > 0 {}
    }
}

/// One question, answered late.
async fn late(house: &House) {
    house.take(&[post("1", "jan", "a", 0, "@Acme SECRETWORD my router is dead, can you help?")]).await;
    house.advance(Span::minutes(60)).await;
    house.take(&[answer("own-1", "1", "a", 51)]).await;
}

/// To the morning after, half past seven in Amsterdam and a little.
async fn morning(house: &House) {
    let at = Timestamp::parse("2026-09-22T05:30:05Z").unwrap();
    house.advance(at.since(house.clock.now())).await;
}

#[test]
fn a_report_goes_once_with_two_processes_and_over_restarts() {
    on_each(|house| async move {
        assert_eq!(START.day(), "2026-09-21");
        let (office, port) = Post::open().await;
        let config = config(port, vec![letter("leads", LetterKind::Daily)]);
        late(&house).await;
        let early = desk(&house, &config, "a");
        early.pass().await;
        assert_eq!(office.took().len(), 0, "set up in the afternoon: the day before is not news");
        morning(&house).await;
        for owner in ["a", "b", "a2"] {
            // A process that made it and died, one beside it, and the one that comes after.
            let desk = desk(&house, &config, owner);
            desk.maker.run_once().await.unwrap();
            house.advance(Span::minutes(2)).await;
        }
        let (a, b) = (desk(&house, &config, "c"), desk(&house, &config, "d"));
        tokio::join!(a.pass(), b.pass());
        for hour in 0..30 {
            house.advance(Span::minutes(30)).await;
            desk(&house, &config, &format!("e{hour}")).pass().await;
        }
        let took = office.took();
        assert_eq!(took.len(), 1, "{took:?}");
        for wanted in [
            "Subject: Daily report, Acme, 2026-09-21",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "Auto-Submitted: auto-generated",
            "Message-ID: <report.leads.daily.2026-09-21@acme.example>",
            "href=\"https://care.example/reports/cases?period=daily&amp;day=2026-09-21&amp;by=total",
            "https://care.example/c/Acme/1",
            // The chart goes with it, under the name by which the page shows it.
            "src=\"cid:1.report.leads.daily.2026-09-21@acme.example\"",
            "Content-ID: <1.report.leads.daily.2026-09-21@acme.example>",
            "Content-Type: image/png",
        ] {
            assert!(took[0].contains(wanted), "{wanted}: {}", took[0]);
        }
        assert_eq!(took[0].matches(" src=").count(), 1, "{}", took[0]);
        for never in ["SECRETWORD", "jan@", "<script", "src=\"http", "data:", "<link"] {
            assert!(!took[0].contains(never), "{never}: {}", took[0]);
        }
        let rows = house.db.read("reading", |tx| Box::pin(published::list(tx, 9))).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert!(rows[0].figures.contains("\"total/first_response/late\":1"), "{}", rows[0].figures);
        assert!(rows[0].page.is_empty() && rows[0].words.is_empty(), "what is kept are counts");
    });
}

#[test]
fn a_server_that_is_full_gets_the_same_mail_later() {
    on_each(|house| async move {
        let (office, port) = Post::open().await;
        let config = config(port, vec![letter("leads", LetterKind::Daily)]);
        desk(&house, &config, "a").pass().await;
        late(&house).await;
        morning(&house).await;
        office.mood.store(FULL, Ordering::SeqCst);
        desk(&house, &config, "a").pass().await;
        assert_eq!(office.took().len(), 0);
        // What comes in meanwhile changes nothing in what is sent.
        house.take(&[post("9", "piet", "z", 30, "@Acme can you help?")]).await;
        office.mood.store(TAKES, Ordering::SeqCst);
        for _ in 0..60 {
            house.advance(Span::minutes(1)).await;
            desk(&house, &config, "b").pass().await;
        }
        let took = office.took();
        assert_eq!(took.len(), 1);
        let rows = house.db.read("reading", |tx| Box::pin(published::list(tx, 9))).await.unwrap();
        assert!(rows[0].figures.contains("\"total/cases\":1"), "{}", rows[0].figures);
    });
}

#[test]
fn what_nobody_confirmed_comes_once_more_as_the_same_mail_and_says_so() {
    on_each(|house| async move {
        let (office, port) = Post::open().await;
        let config = config(port, vec![letter("leads", LetterKind::Daily)]);
        desk(&house, &config, "a").pass().await;
        late(&house).await;
        morning(&house).await;
        // The process dies while the server has the mail and says nothing.
        office.mood.store(SILENT, Ordering::SeqCst);
        let first = desk(&house, &config, "a");
        first.maker.run_once().await.unwrap();
        let sending = tokio::time::timeout(std::time::Duration::from_secs(3), first.worker.run_once());
        assert!(sending.await.is_err() && office.took().len() == 1);
        office.mood.store(TAKES, Ordering::SeqCst);
        for _ in 0..90 {
            house.advance(Span::minutes(1)).await;
            let now = house.clock.now();
            house
                .write(move |tx| Box::pin(async move { webcared::store::outbox::sweep(tx, now).await }))
                .await
                .unwrap();
            desk(&house, &config, "b").pass().await;
        }
        let took = office.took();
        assert_eq!(took.len(), 2, "rather once more than lost");
        let id = |mail: &str| mail.lines().find(|l| l.starts_with("Message-ID")).unwrap().to_owned();
        assert_eq!(id(&took[0]), id(&took[1]), "so that programs show it once");
        assert!(!took[0].contains("was sent again") && took[1].contains("was sent again"), "{}", took[1]);
        // A server that never says clearly is not asked for ever.
        office.mood.store(HANGS_UP, Ordering::SeqCst);
        house.advance(Span::hours(24)).await;
        for _ in 0..120 {
            house.advance(Span::minutes(1)).await;
            desk(&house, &config, "c").pass().await;
        }
        assert_eq!(office.took().len(), 4, "twice, then a person sees it in the outbox");
        let refused = "SELECT COUNT(*) FROM action WHERE kind = 'report' AND state = 'refused'";
        assert_eq!(house.count(refused).await, 1);
    });
}

#[test]
fn each_letter_has_its_own_time_zone_language_and_brands() {
    on_each(|house| async move {
        let (office, port) = Post::open().await;
        let dutch = LetterConfig { language: "nl".into(), ..letter("nl", LetterKind::Daily) };
        let tokyo = LetterConfig {
            zone: Some("Asia/Tokyo".into()),
            brands: vec!["Tempo".into()],
            ..letter("tokyo", LetterKind::Daily)
        };
        let gone = LetterConfig { brands: vec!["Nobody".into()], ..letter("gone", LetterKind::Daily) };
        let config = config(port, vec![dutch, tokyo, gone]);
        desk(&house, &config, "a").pass().await;
        late(&house).await;
        // Half past seven in Tokyo is half past ten at night in Greenwich.
        let night = Timestamp::parse("2026-09-21T22:30:01Z").unwrap();
        house.advance(night.since(house.clock.now())).await;
        desk(&house, &config, "a").pass().await;
        let took = office.took();
        assert_eq!(took.len(), 1);
        assert!(took[0].contains("Daily report, Tempo, 2026-09-21"), "{}", took[0]);
        assert!(!took[0].contains("Acme"), "the wall between brands");
        let link = "/reports?period=daily&amp;day=2026-09-21&amp;brand=Tempo&amp;zone=Asia%2FTokyo";
        assert!(took[0].contains(link), "its links lead to the days of its zone: {}", took[0]);
        morning(&house).await;
        for _ in 0..5 {
            desk(&house, &config, "a").pass().await;
            house.advance(Span::seconds(2)).await;
        }
        let took = office.took();
        assert_eq!(took.len(), 2);
        assert!(
            took[1].contains("Dagrapport, Acme, 2026-09-21") && took[1].contains("eerste antwoord"),
            "{}",
            took[1]
        );
        assert!(!took[1].contains("zone="), "{}", took[1]);
    });
}

#[test]
fn the_doctor_tries_the_mail_server_and_sends_nothing() {
    on_each(|_house| async move {
        let (office, port) = Post::open().await;
        let found = reporting::examine(&config(port, vec![letter("leads", LetterKind::Daily)])).await;
        assert_eq!(found[0].verdict, webcared::domain::exam::Verdict::Good, "{found:?}");
        assert_eq!(office.took().len(), 0);
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = closed.local_addr().unwrap().port();
        drop(closed);
        let found = reporting::examine(&config(port, Vec::new())).await;
        assert_eq!(found[0].verdict, webcared::domain::exam::Verdict::Bad, "{found:?}");
    });
}

#[test]
fn the_page_of_a_monday_goes_on_monday_at_half_past_seven() {
    on_each(|house| async move {
        let (office, port) = Post::open().await;
        let monday = LetterConfig { language: "nl".into(), ..letter("monday", LetterKind::Monday) };
        let config = config(port, vec![monday]);
        desk(&house, &config, "a").pass().await;
        late(&house).await;
        let to = |text: &str| Timestamp::parse(text).unwrap();
        house.advance(to("2026-09-28T05:29:59Z").since(house.clock.now())).await;
        desk(&house, &config, "a").pass().await;
        assert_eq!(office.took().len(), 0, "none is early");
        house.advance(Span::seconds(2)).await;
        desk(&house, &config, "a").pass().await;
        desk(&house, &config, "b").pass().await;
        let took = office.took();
        assert_eq!(took.len(), 1);
        for wanted in ["Maandagpagina, Acme, 2026-09-21 t/m 2026-09-27", "beslissing gevraagd", "Acme#1"] {
            assert!(took[0].contains(wanted), "{wanted}: {}", took[0]);
        }
        assert!(!took[0].contains("SECRETWORD"));
        // What was corrected since the last one of this name stands in the next report, here in none.
        let rows = house.db.read("reading", |tx| Box::pin(published::list(tx, 9))).await.unwrap();
        assert!(rows[0].figures.contains("\"late/"), "{}", rows[0].figures);
    });
}

#[test]
fn the_next_letter_says_what_was_corrected_in_the_one_before() {
    on_each(|house| async move {
        let (office, port) = Post::open().await;
        let config = config(port, vec![letter("leads", LetterKind::Daily)]);
        desk(&house, &config, "a").pass().await;
        house.take(&[post("1", "jan", "a", 0, "@Acme my router is dead, can you help?")]).await;
        house.advance(Span::minutes(60)).await;
        morning(&house).await;
        desk(&house, &config, "a").pass().await;
        // The platform tells late that the answer was there in time.
        house.take(&[answer("own-1", "1", "a", 3)]).await;
        house.advance(Span::hours(24)).await;
        desk(&house, &config, "a").pass().await;
        let took = office.took();
        assert_eq!(took.len(), 2);
        assert!(!took[0].contains("Corrected since"), "{}", took[0]);
        assert!(took[1].contains("first response late: as sent 1, now 0"), "{}", took[1]);
    });
}
