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
use crate::sources::{self, Batch, Closed, Outside, Poll, Sink, Source, Stream, Vault};
use crate::tickets::config::TicketsConfig;
use crate::tickets::{self, Given, Term, TicketSystem};
use crate::translating;
use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// The name of the provider of identities among what is tried.
pub const LOGIN: &str = "login";
/// The name of the service that translates.
pub const TRANSLATION: &str = "translation";
/// How long one thing may take.
const PATIENCE: Span = Span::seconds(20);
/// How long a stream may take to connect.
const CONNECTS: Span = Span::seconds(10);
/// What to do about a refusal, where nothing closer is known.
const HELP: &str = "Give it an account or a token with the rights that its page in the help names.";
/// Most streams of a source that are tried: the rest are of the same kind.
const STREAMS_MAX: usize = 4;

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
    if source.webhook().is_some() {
        let says = format!("ready for signed deliveries to {hooks}");
        let advice = "Only a delivery shows whether the other side signs with the same secret.";
        exams.push(Exam::mind("deliveries", says, advice));
    }
    exams
}

/// Reads one page of each stream, and stores nothing of it.
async fn reads(poll: &dyn Poll) -> Vec<Exam> {
    let streams = poll.streams();
    if streams.is_empty() {
        let advice = "Give the brand hashtags or keywords.";
        return vec![Exam::bad("read", "there is nothing to ask for", advice)];
    }
    let tried = join_all(streams.iter().take(STREAMS_MAX).map(|stream| async move {
        let what = format!("read {stream}");
        match poll.poll(stream, None).await {
            Ok(batch) if batch.items.is_empty() => Exam::good(what, "it answers; nothing to show now"),
            Ok(batch) => Exam::good(what, format!("it answers; the first page shows {}", batch.items.len())),
            Err(trouble) => trouble.exam(what, HELP),
        }
    }));
    let mut exams = tried.await;
    if streams.len() > STREAMS_MAX {
        let left = streams.len() - STREAMS_MAX;
        exams.push(Exam::good("read more", format!("{left} more of the same kind were not tried")));
    }
    exams
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
