//! Trying everything outside that the settings name, once: does it answer, does it let us in, may we do what we
//! will have to do?
//!
//! Nothing is stored, posted, or read further than one page; an account logs in for itself and leaves what the
//! daemon keeps alone. All are tried side by side, each within a bound.

use crate::alarms;
use crate::chat::{self, config::TelegramConfig};
use crate::clock::Clock;
use crate::domain::brand::searched;
use crate::domain::exam::Exam;
use crate::domain::expiry::{Expiry, Stage};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::HttpClient;
use crate::provider;
use crate::reporting;
use crate::settings::Settings;
use crate::shutdown::pause;
use crate::sources::config::SourceConfig;
use crate::sources::webhook::Hook;
use crate::sources::{self, Batch, Closed, Outside, Poll, Sink, Source, Stream, Vault};
use crate::tickets::config::TicketsConfig;
use crate::tickets::{self, Given, Term, TicketSystem};
use crate::translating;
use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

/// The name of the provider of identities among what is tried.
pub const LOGIN: &str = "login";
/// The name of the service that translates.
pub const TRANSLATION: &str = "translation";
/// How long one thing may take.
const PATIENCE: Span = Span::seconds(25);
/// How long a stream may take to connect.
const CONNECTS: Span = Span::seconds(10);
/// What to do about a refusal, where nothing closer is known.
const HELP: &str = "Give it an account or a token with the rights that its page in the help names.";
/// How many streams of a source are tried at once.
const AT_ONCE: usize = 4;
/// How long all streams of a source may take together; less than the source as a whole.
const READS: Span = Span::seconds(15);
/// What tells of deliveries.
const DELIVERIES: &str = "deliveries";
/// A secret below this many bits, as its bytes look, could be guessed.
const STRONG_BITS: u32 = 80;

/// How one thing of the settings stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Patient {
    /// Its name in the settings.
    pub name: String,
    /// What it is: `mastodon`, `tickets_rt`, `telegram`, …
    pub kind: String,
    /// What was tried, in that order.
    pub exams: Vec<Exam>,
}

/// What of the settings looks right and cannot be used all the same, in words. Nothing is asked of anybody.
pub fn unusable(settings: &Settings, http: &HttpClient, clock: &Arc<dyn Clock>) -> Vec<String> {
    let outside = outside(settings, http, clock);
    let of = |config: &SourceConfig| sources::build(std::slice::from_ref(config), &outside).err();
    let mut all: Vec<String> = settings.sources.iter().filter_map(of).map(|e| e.to_string()).collect();
    let of = |config: &TicketsConfig| tickets::build(std::slice::from_ref(config), http, clock).err();
    all.extend(settings.tickets.iter().filter_map(of));
    all
}

/// Tries everything of the settings, or only what has one of these names.
pub async fn examine(
    settings: &Settings,
    names: &[String],
    http: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Patient>, String> {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|n| n.eq_ignore_ascii_case(name));
    let mut tries: Vec<BoxFuture<'_, Patient>> = Vec::new();
    let outside = outside(settings, http, clock);
    for config in settings.sources.iter().filter(|s| wanted(&s.name)) {
        let built = sources::build(std::slice::from_ref(config), &outside).map_err(|e| e.to_string())?;
        for source in built {
            let hooks = format!("{}/hooks/{}", settings.public_url.trim_end_matches('/'), source.name());
            let (now, days) = (clock.now(), settings.alerts.expires_days);
            let dated = dated(settings, source.name());
            let tried = async move {
                let known = async {
                    let mut exams = of_source(&*source, &hooks).await;
                    let told = source.grants().map(sources::Grants::all_ends).unwrap_or_default();
                    exams.extend(dated.iter().chain(&told).map(|end| of_end(end, now, days)));
                    exams
                };
                patient(source.name(), source.kind(), known).await
            };
            tries.push(tried.boxed());
        }
    }
    let systems: Vec<_> = settings.tickets.iter().filter(|t| wanted(&t.name)).cloned().collect();
    for system in tickets::build(&systems, http, clock)? {
        let (now, days, dated) = (clock.now(), settings.alerts.expires_days, dated(settings, system.name()));
        let tried = async move {
            let known = async {
                let mut exams = of_tickets(&*system).await;
                exams.extend(dated.iter().map(|end| of_end(end, now, days)));
                exams
            };
            patient(system.name(), system.kind(), known).await
        };
        tries.push(tried.boxed());
    }
    if let Some(config) = settings.chat.telegram.as_ref().filter(|_| wanted("telegram")) {
        tries.push(patient("telegram", "telegram", of_chat(config, clock)).boxed());
    }
    for channel in settings.alerts.channels.iter().filter(|c| wanted(&c.name)) {
        let kind = channel.kinds().first().copied().unwrap_or("none");
        let name = channel.name.as_str();
        tries.push(
            async move { patient(name, &format!("alerts_{kind}"), alarms::examine(channel, http)).await }
                .boxed(),
        );
    }
    if let Some(mail) = settings.report.mail.as_ref().filter(|_| wanted(reporting::NAME)) {
        tries.push(patient(reporting::NAME, "mail", reporting::examine(mail)).boxed());
    }
    if let Some(config) = settings.login.oidc.as_ref().filter(|_| wanted(LOGIN)) {
        // Named by the settings themselves, it may stand in a private network.
        let http = http.allowing_private().map_err(|e| e.to_string())?;
        let public = settings.public_url.as_str();
        let exams = async move { provider::examine(config, &http, clock, public).await };
        tries.push(async move { patient(LOGIN, "oidc", exams).await }.boxed());
    }
    if settings.translation.service.is_some() && wanted(TRANSLATION) {
        let service = translating::build(&settings.translation, http, clock)?;
        if let Some(service) = service {
            let kind = service.name();
            tries.push(async move { patient(TRANSLATION, kind, service.examine()).await }.boxed());
        }
    }
    Ok(join_all(tries).await)
}

/// What the settings say that ends of a source or ticket system.
fn dated(settings: &Settings, name: &str) -> Vec<Expiry> {
    settings.ends().into_iter().filter(|(of, _)| of == name).flat_map(|(_, ends)| ends).collect()
}

/// How near the end of a credential is.
fn of_end(end: &Expiry, now: Timestamp, days: i64) -> Exam {
    let (what, day) = (format!("end of the {}", end.what), end.at.day());
    let advice = "Make a new one and put it into the settings before that day.";
    match end.stage(now, days) {
        Stage::Far if end.renews => Exam::good(what, format!("{day}; it is renewed by itself")),
        Stage::Far => Exam::good(what, day),
        Stage::Ahead | Stage::Day => Exam::mind(what, day, advice),
        Stage::Over => Exam::bad(what, format!("{day}: it is over"), advice),
    }
}

async fn patient(name: &str, kind: &str, exams: impl Future<Output = Vec<Exam>>) -> Patient {
    let token = CancellationToken::new();
    let exams = tokio::select! {
        exams = exams => exams,
        _ = pause(PATIENCE, &token) => vec![Exam::bad(
            "answer",
            format!("no answer within {PATIENCE}"),
            "Is the address right, and may this machine reach it?",
        )],
    };
    Patient { name: name.to_owned(), kind: kind.to_owned(), exams }
}

/// What sources are handed: words of the settings, and a log-in that is kept nowhere.
fn outside(settings: &Settings, http: &HttpClient, clock: &Arc<dyn Clock>) -> Outside {
    let mut tags: Vec<String> = settings.brands.iter().flat_map(|b| b.hashtags.clone()).collect();
    tags.sort();
    tags.dedup();
    let brands = settings.brands.clone();
    Outside {
        http: http.clone(),
        clock: clock.clone(),
        keep: Arc::new(|_| true),
        tags: Arc::new(move || tags.clone()),
        terms: Arc::new(move |brand: Option<&str>| searched(&brands, brand)),
        vault: Arc::new(Forgetful),
    }
}

/// Keeps nothing: the daemon's own log-in is neither used nor changed.
struct Forgetful;

#[async_trait]
impl Vault for Forgetful {
    async fn load(&self, _credential: &str) -> Option<Vec<u8>> {
        None
    }

    async fn save(&self, _credential: &str, _sealed: &[u8]) -> bool {
        true
    }

    fn keeps(&self) -> bool {
        false
    }
}

async fn of_source(source: &dyn Source, hooks: &str) -> Vec<Exam> {
    let mut exams = match source.examine() {
        Some(examine) => examine.examine().await,
        None => Vec::new(),
    };
    // Where the log-in failed, every reading would say so again.
    let is_all = source.examine().is_some_and(sources::Examine::is_all);
    if exams.iter().any(|e| e.verdict == crate::domain::exam::Verdict::Bad) {
        return exams;
    }
    if let Some(reply) = source.reply() {
        exams.push(Exam::good("files", format!("an answer takes {}", reply.files().in_words())));
    }
    if is_all {
        return exams;
    }
    if let Some(stream) = source.stream() {
        exams.push(connects(stream).await);
    } else if let Some(poll) = source.poll() {
        exams.extend(reads(poll).await);
    }
    if let Some(hook) = source.webhook() {
        exams.extend(of_hook(hook, hooks));
    }
    exams
}

/// What can be told of a source that waits for deliveries, without one.
fn of_hook(hook: &dyn Hook, hooks: &str) -> Vec<Exam> {
    let mut exams = Vec::new();
    if let Some(weakest) = hook.strengths().into_iter().min() {
        exams.push(if weakest < STRONG_BITS {
            let advice = "Make one of 32 random bytes: `openssl rand -base64 32`, behind 'whsec_'.";
            Exam::mind("secret", "it is made of few different bytes and could be guessed", advice)
        } else {
            Exam::good("secret", "hard to guess")
        });
    }
    exams.push(of_address(hooks));
    let says = format!("ready for signed deliveries to {hooks}");
    let advice = "Only a delivery shows whether the other side signs with the same secret.";
    exams.push(Exam::mind(DELIVERIES, says, advice));
    exams
}

/// Whether the address of deliveries looks like one that others can reach.
fn of_address(hooks: &str) -> Exam {
    let what = "address";
    let Ok(url) = Url::parse(hooks) else {
        return Exam::bad(what, format!("'{hooks}' is no web address"), "Set `public_url` in the settings.");
    };
    let here = match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => true,
    };
    if here {
        let advice = "Set `public_url` to the address by which others come, unless the sender runs here too.";
        return Exam::mind(what, format!("only this machine reaches {hooks}"), advice);
    }
    if url.scheme() != "https" {
        let advice = "Let a proxy take them by https, and set `public_url` to that.";
        return Exam::mind(what, format!("{hooks} is not encrypted"), advice);
    }
    Exam::good(what, format!("{hooks}; whether others reach it cannot be told from here"))
}

/// Lays over what was found when deliveries last came, as the daemon's database knows it: source and time.
pub fn with_deliveries(found: &mut [Patient], heard: &[(String, Option<i64>)], now: Timestamp) {
    for patient in found {
        let Some((_, last)) = heard.iter().find(|(name, _)| *name == patient.name) else { continue };
        let Some(exam) = patient.exams.iter_mut().find(|e| e.what == DELIVERIES) else { continue };
        match last {
            Some(at) => {
                let ago = now.since(Timestamp(*at)).max(Span::ZERO);
                *exam = Exam::good(DELIVERIES, format!("the last one with a right signature came {ago} ago"));
            }
            None => exam.found.push_str("; none has come yet"),
        }
    }
}

/// Reads one page of each stream, a few at once, and stores nothing of it.
async fn reads(poll: &dyn Poll) -> Vec<Exam> {
    let streams = poll.streams();
    if streams.is_empty() {
        let advice = "Give the brand hashtags or keywords.";
        return vec![Exam::bad("read", "there is nothing to ask for", advice)];
    }
    let (room, over) = (Semaphore::new(AT_ONCE), CancellationToken::new());
    let tried = join_all(streams.iter().map(|stream| read_one(poll, stream, &room, &over)));
    let timer = CancellationToken::new();
    let bound = async {
        let _ = pause(READS, &timer).await;
        over.cancel();
        std::future::pending::<()>().await;
    };
    let tried = tokio::select! {
        tried = tried => tried,
        () = bound => Vec::new(),
    };
    let mut exams: Vec<Exam> = tried.into_iter().flatten().collect();
    let left = streams.len().saturating_sub(exams.len());
    if left > 0 {
        let found = format!("{left} of {} were not come to within {READS}", streams.len());
        exams.push(Exam::mind("read more", found, "Try this source alone, or look at the page of sources."));
    }
    exams
}

/// Reads one page of a stream; `None` where its turn did not come in time.
async fn read_one(poll: &dyn Poll, stream: &str, room: &Semaphore, over: &CancellationToken) -> Option<Exam> {
    let _room = tokio::select! {
        biased;
        () = over.cancelled() => return None,
        room = room.acquire() => room.ok()?,
    };
    let what = format!("read {stream}");
    let read = tokio::select! {
        read = poll.poll(stream, None) => read,
        () = over.cancelled() => {
            let advice = "Is the address right, and may this machine reach it?";
            return Some(Exam::bad(what, format!("no answer within {READS}"), advice));
        }
    };
    Some(match read {
        Ok(batch) if batch.items.is_empty() => Exam::good(what, "it answers; nothing to show now"),
        Ok(batch) => Exam::good(what, format!("it answers; the first page shows {}", batch.items.len())),
        Err(trouble) => trouble.exam(what, HELP),
    })
}

/// Connects, and hangs up.
async fn connects(stream: &dyn Stream) -> Exam {
    let token = CancellationToken::new();
    let sink = Knock { token: token.clone(), server: Mutex::default(), heard: AtomicBool::new(false) };
    let waited = CancellationToken::new();
    let ended = tokio::select! {
        ended = stream.stream(None, &sink, &token) => ended,
        _ = pause(CONNECTS, &waited) => None,
    };
    let server = sink.server.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match (server, ended) {
        (Some(server), _) => Exam::good("connect", format!("connected to {server}")),
        (None, _) if sink.heard.load(Ordering::Relaxed) => Exam::good("connect", "connected"),
        (None, Some(trouble)) => trouble.exam("connect", HELP),
        (None, None) => Exam::bad(
            "connect",
            format!("no connection within {CONNECTS}"),
            "Is the address right, and may this machine reach it?",
        ),
    }
}

/// A sink that hangs up as soon as somebody answers.
struct Knock {
    token: CancellationToken,
    server: Mutex<Option<String>>,
    heard: AtomicBool,
}

#[async_trait]
impl Sink for Knock {
    async fn commit(&self, _batch: Batch) -> Result<(), Closed> {
        self.heard.store(true, Ordering::Relaxed);
        self.token.cancel();
        Err(Closed)
    }

    fn connected(&self, server: &str) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.to_owned());
        self.token.cancel();
    }

    fn missed(&self, _from: Timestamp, _until: Timestamp) {}
}

async fn of_tickets(system: &dyn TicketSystem) -> Vec<Exam> {
    let mut exams = system.examine().await;
    if exams.is_empty() {
        let kind = *system.can().find_by.first().unwrap_or(&Given::Ticket);
        let text = if kind == Given::Email { "nobody@webcared.invalid" } else { "0" };
        let found = system.find(&[Term { kind, text: text.to_owned() }]).await;
        exams.push(match found {
            Ok(_) => Exam::good("search", "it lets us search"),
            Err(trouble) => trouble.exam("search", HELP),
        });
    }
    exams
}

async fn of_chat(config: &TelegramConfig, clock: &Arc<dyn Clock>) -> Vec<Exam> {
    chat::examine(config, clock).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exam::Verdict;

    #[test]
    fn an_address_of_deliveries_is_told_by_what_it_is() {
        let verdict = |hooks: &str| of_address(hooks).verdict;
        assert_eq!(verdict("https://care.example/hooks/a"), Verdict::Good);
        assert_eq!(verdict("http://care.example/hooks/a"), Verdict::Mind);
        for here in ["http://127.0.0.1:8080/hooks/a", "https://localhost/hooks/a", "http://[::1]:80/hooks/a"]
        {
            assert!(of_address(here).found.contains("only this machine"), "{here}");
        }
        assert_eq!(verdict("/hooks/a"), Verdict::Bad);
    }

    #[test]
    fn a_delivery_that_came_is_the_proof() {
        let exams = vec![Exam::mind(DELIVERIES, "ready", "x")];
        let patient =
            |name: &str| Patient { name: name.into(), kind: "webhook".into(), exams: exams.clone() };
        let mut found = vec![patient("came"), patient("never"), patient("new")];
        let heard = vec![("came".to_owned(), Some(1_000)), ("never".to_owned(), None)];
        with_deliveries(&mut found, &heard, Timestamp(61_000));
        assert_eq!(found[0].exams[0].verdict, Verdict::Good);
        assert!(found[1].exams[0].found.ends_with("none has come yet"));
        assert_eq!(found[2].exams, exams);
    }
}
