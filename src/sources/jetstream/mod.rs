//! Bluesky's public stream of all posts, filtered here by the words of the brands.
//!
//! One connection carries every post of the network; what no brand's word is in is dropped before
//! the inbox and only counted. The cursor is handed over with each batch, so that after a break
//! reading goes on where storing ended; another server is asked by time, a little earlier. Versions
//! 1 and 2 of the protocol are built from their published descriptions (as of November 2026) and were never reached while
//! building. Changes and deletions of posts that are kept act as they come, and so does word of their authors' accounts
//! (in `told`); kept posts are looked at again by the public view besides, which also tells what they answer or quote.

mod above;
mod counts;
mod ended;
mod frame;
mod source;
mod told;

use super::bluesky::blobs::{Blobs, DIRECTORY};
use super::bluesky::view::PublicView;
use super::config::JetstreamConfig;
use super::{Batch, CallError, Keep, Outside, RawItem, Sink, SourceTrouble, Stream, Tally, TroubleState};
use crate::clock::Clock;
use crate::domain::post::{Glimpse, RawPost};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::HttpClient;
use above::{Above, Waiting};
use async_trait::async_trait;
use counts::Counts;
use ended::{closed, ended, host};
use frame::{Cursor, Event, Position, Seen, What};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use tokio_util::sync::CancellationToken;
use told::{Authors, Deletes, Told};

/// The servers of version 2, used where the settings leave those of version 1.
pub const SERVERS_V2: [&str; 2] =
    ["wss://jetstream.us-west.bsky.network", "wss://jetstream.us-east.bsky.network"];

/// A batch is handed over when it has this many posts,
const BATCH_MAX: usize = 200;
/// or this long after its first,
const BATCH_WAIT: Duration = Duration::from_millis(500);
/// and with no post in it, its cursor after this long.
const CURSOR_WAIT: Duration = Duration::from_secs(5);
/// What has come is read to its end, then nothing for this long: waking up for each few events would cost
/// more than reading them.
const REST: Duration = Duration::from_millis(25);
/// Most events read without looking at anything else.
const READ_MAX: usize = 500;
/// How far back of the cursor another connection begins.
const OVERLAP_US: i64 = 5_000_000;
/// A hole in the stream that is worth telling.
const HOLE: Span = Span::minutes(2);
/// More than any record of the network, however it is written down: a frame above that would end every connection at the
/// same place, for whoever writes such a thing.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
const HANDSHAKE_MAX: Duration = Duration::from_secs(15);
const PING_EVERY: Duration = Duration::from_secs(15);
/// Nothing at all for this long, not even an answer to a ping: the connection is dead.
const SILENCE_MAX: Duration = Duration::from_secs(45);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The stream of all posts.
pub struct Jetstream {
    name: String,
    counts_from: Option<Timestamp>,
    config: JetstreamConfig,
    http: HttpClient,
    blobs: Blobs,
    view: Option<PublicView>,
    clock: Arc<dyn Clock>,
    keep: Keep,
    tally: Arc<Tally>,
    /// Which server is next; moves on after trouble.
    turn: AtomicUsize,
    /// Set when the server keeps nothing as old as our number: go on by time.
    by_time: AtomicBool,
    /// Deletes of posts that may come after them.
    deletes: Mutex<Deletes>,
    /// Posts of which is still to be asked what they are about.
    waiting: Waiting,
}

impl Jetstream {
    /// A stream after the settings; its servers must be web socket addresses.
    pub fn new(
        name: &str,
        counts_from: Option<Timestamp>,
        config: &JetstreamConfig,
        outside: &Outside,
    ) -> Self {
        let mut config = config.clone();
        if config.version == 2 && config.servers == JetstreamConfig::default().servers {
            config.servers = SERVERS_V2.map(str::to_owned).to_vec();
        }
        let tally = Arc::<Tally>::default();
        Self {
            name: name.to_owned(),
            counts_from,
            view: PublicView::new(&config.posts_server, outside, tally.clone()),
            config,
            http: outside.http.clone(),
            blobs: Blobs::new(outside.http.clone(), outside.clock.clone(), DIRECTORY),
            clock: outside.clock.clone(),
            keep: outside.keep.clone(),
            tally,
            turn: AtomicUsize::new(0),
            by_time: AtomicBool::new(false),
            deletes: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    fn server(&self) -> &str {
        let turn = self.turn.load(Ordering::Relaxed);
        let servers = &self.config.servers;
        servers.get(turn % servers.len().max(1)).map_or("", String::as_str)
    }

    /// Where to begin at `server`: behind what is stored, else as the settings say.
    fn start(&self, server: &str, from: Option<&Cursor>) -> Option<i64> {
        match from {
            Some(cursor) if self.by_time.swap(false, Ordering::Relaxed) => {
                Some((cursor.us - OVERLAP_US).max(0))
            }
            Some(cursor) => Some(frame::resume_at(self.config.version, server, cursor, OVERLAP_US)),
            None if self.config.first_minutes > 0 => {
                let back = self.clock.now().minus(Span::minutes(self.config.first_minutes));
                Some(back.millis().saturating_mul(1000))
            }
            None => None,
        }
    }

    async fn open(&self, server: &str, at: Option<i64>) -> Result<Socket, SourceTrouble> {
        let broken = |why: &str| SourceTrouble::new(TroubleState::Broken, why);
        let url = frame::address(self.config.version, server, at)
            .ok_or_else(|| broken("the server's address cannot be read"))?;
        let mut request =
            url.as_str().into_client_request().map_err(|_| broken("the server's address cannot be read"))?;
        if let Ok(value) = self.http.user_agent().parse() {
            request.headers_mut().insert(http::header::USER_AGENT, value);
        }
        self.tally.add(&format!("public@{}", url.host_str().unwrap_or_default()));
        let now = self.clock.now();
        let wants = TroubleState::NeedsToken;
        let tcp = self.http.connect(&url).await.map_err(|e| SourceTrouble::of(&e, wants, now))?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let shake = client_async_tls_with_config(request, tcp, Some(limits), None);
        match tokio::time::timeout(HANDSHAKE_MAX, shake).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(WsError::Http(answer))) => Err(self.refused(&answer, now)),
            Ok(Err(error)) => Err(ended(&error)),
            Err(_) => Err(SourceTrouble::new(TroubleState::Unreachable, "the server does not answer")),
        }
    }

    /// What a refused handshake means.
    fn refused(&self, answer: &http::Response<Option<Vec<u8>>>, now: Timestamp) -> SourceTrouble {
        let body = answer.body().as_deref().unwrap_or_default();
        let start = String::from_utf8_lossy(&body[..body.len().min(1_000)]).into_owned();
        if answer.status() == 400 && start.contains("CursorTooOld") {
            return self.too_old();
        }
        let hint = crate::http_client::RateHint::read(answer.headers(), now);
        let error = CallError::Status { code: answer.status().as_u16(), hint, start };
        SourceTrouble::of(&error, TroubleState::NeedsToken, now)
    }

    fn too_old(&self) -> SourceTrouble {
        self.by_time.store(true, Ordering::Relaxed);
        SourceTrouble::new(
            TroubleState::Broken,
            "the server keeps nothing as old as our place; going on by time",
        )
        .after(Span::seconds(1))
    }

    async fn run(
        &self,
        from: Option<Cursor>,
        sink: &dyn Sink,
        token: &CancellationToken,
    ) -> Option<SourceTrouble> {
        let server = self.server().to_owned();
        let at = self.start(&server, from.as_ref());
        let opened = tokio::select! {
            () = token.cancelled() => return None,
            opened = self.open(&server, at) => opened,
        };
        let mut socket = match opened {
            Ok(socket) => socket,
            Err(trouble) => return Some(trouble),
        };
        sink.connected(&host(&server));
        let (counts, pending) = (Counts::of(&self.name), Pending::default());
        let (told, authors) = (Told::default(), Authors::default());
        let above = Above::of(self.view.as_ref(), &self.waiting);
        let reader =
            Reader { jetstream: self, sink, server, asked: from, at, counts, pending, told, authors, above };
        let ended = reader.read(&mut socket, token).await;
        let goodbye = tokio::time::timeout(Duration::from_millis(300), socket.close(None));
        let _ = goodbye.await;
        ended
    }
}

/// A post in our form, if it is worth keeping and can be read later.
fn wanted(seen: Seen<'_>, keep: &dyn Fn(&Glimpse<'_>) -> bool) -> Option<RawPost> {
    if !keep(&seen.glimpse()) {
        return None;
    }
    Some(seen.post()).filter(|post| post.clone().check().is_ok())
}

/// What one frame of the stream leaves behind the filter: a new post that is worth keeping.
pub fn filtered(version: u8, frame: &str, keep: &dyn Fn(&Glimpse<'_>) -> bool) -> Option<RawPost> {
    match frame::read(version, frame) {
        Event::Post(seen, _) => wanted(*seen, keep),
        _ => None,
    }
}

/// What was read and not handed over yet.
#[derive(Default)]
struct Pending {
    items: Vec<RawItem>,
    at: Option<Position>,
    due: Option<Instant>,
}

/// Reads one connection.
struct Reader<'a> {
    jetstream: &'a Jetstream,
    sink: &'a dyn Sink,
    server: String,
    /// The cursor that was asked for, until the first frame shows whether it was honoured.
    asked: Option<Cursor>,
    /// The place asked for, in the server's terms.
    at: Option<i64>,
    counts: Counts,
    pending: Pending,
    told: Told,
    authors: Authors,
    above: Above<'a>,
}

/// How reading ended.
enum End {
    /// Asked to stop, or the sink closed.
    Quiet,
    /// Trouble.
    Trouble(SourceTrouble),
}

impl Reader<'_> {
    async fn read(mut self, socket: &mut Socket, token: &CancellationToken) -> Option<SourceTrouble> {
        let mut ping = tokio::time::interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        let mut rest = None;
        let end = loop {
            let due = self.pending.due;
            let step = tokio::select! {
                biased;
                () = token.cancelled() => Err(End::Quiet),
                () = until(due) => self.hand_over().await,
                found = self.above.next() => self.show(found).await,
                _ = ping.tick() => {
                    if heard.elapsed() > SILENCE_MAX {
                        Err(End::Trouble(SourceTrouble::new(TroubleState::Unreachable, "the server fell silent")))
                    } else {
                        socket.send(Message::Ping(Bytes::new())).await.map_err(|e| End::Trouble(ended(&e)))
                    }
                }
                message = after(rest, socket) => {
                    heard = Instant::now();
                    let taken = self.take_all(message, socket).await;
                    rest = matches!(taken, Ok(true)).then(|| heard + REST);
                    taken.map(|_| ())
                }
            };
            if let Err(end) = step {
                break end;
            }
        };
        // What was read is stored before the connection is given up.
        let handed =
            if matches!(end, End::Quiet) && !token.is_cancelled() { Ok(()) } else { self.hand_over().await };
        match (end, handed) {
            (End::Trouble(trouble), Ok(())) => Some(trouble),
            _ => None,
        }
    }

    /// Takes a message and what is there already behind it; tells whether nothing is left there.
    async fn take_all(
        &mut self,
        first: Option<Result<Message, WsError>>,
        socket: &mut Socket,
    ) -> Result<bool, End> {
        let mut message = first;
        for _ in 1..READ_MAX {
            self.take_one(message).await?;
            match socket.next().now_or_never() {
                Some(next) => message = next,
                None => return Ok(true),
            }
        }
        self.take_one(message).await?;
        Ok(false)
    }

    async fn take_one(&mut self, message: Option<Result<Message, WsError>>) -> Result<(), End> {
        match message {
            Some(Ok(message)) => self.take(message).await,
            Some(Err(error)) => Err(End::Trouble(ended(&error))),
            None => Err(End::Trouble(closed())),
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Err(End::Trouble(closed())),
            _ => return Ok(()),
        };
        match frame::read(self.jetstream.config.version, text.as_str()) {
            Event::Post(seen, position) => {
                self.passed(position);
                self.counts.seen.increment(1);
                self.posted(*seen, position);
            }
            Event::Edited(seen, position) => {
                self.passed(position);
                self.counts.other(What::Update);
                self.told.edited(&seen.edited(), Timestamp(position.micros.div_euclid(1000)));
                self.due_in(BATCH_WAIT);
            }
            Event::Deleted(uri, position) => {
                self.passed(position);
                self.counts.other(What::Delete);
                self.deletes().note(&uri, position.micros);
                self.told.deleted(uri);
                self.due_in(BATCH_WAIT);
            }
            Event::Account(news, position) => {
                self.passed(position);
                self.counts.other(What::Account);
                self.told.account(news);
                self.due_in(BATCH_WAIT);
            }
            Event::Other(what, position) => {
                self.passed(position);
                self.counts.other(what);
            }
            Event::Info(info) => {
                tracing::info!(source = %self.jetstream.name, info = %info.escape_debug(), "word from the server about our place");
            }
            Event::Failed(error) if error == "CursorTooOld" => {
                return Err(End::Trouble(self.jetstream.too_old()));
            }
            Event::Failed(error) => {
                let why = format!("the server ended the stream: {}", super::shortened(&error));
                return Err(End::Trouble(SourceTrouble::new(TroubleState::Unreachable, why)));
            }
            Event::Unreadable => {
                metrics::counter!("webcared_firehose_unreadable_total", "source" => self.jetstream.name.clone())
                    .increment(1);
            }
        }
        let full = self.pending.items.len() >= BATCH_MAX || self.told.is_full();
        if full { self.hand_over().await } else { Ok(()) }
    }

    /// A new post: kept for the batch if it is worth that. One that was deleted already goes with its delete, so that
    /// nobody else brings it in.
    fn posted(&mut self, seen: Seen<'_>, position: Position) {
        let Some(post) = wanted(seen, &*self.jetstream.keep) else {
            self.counts.dropped.increment(1);
            return;
        };
        let at = Timestamp(position.micros.div_euclid(1000));
        self.authors.note(&post.author.id);
        if self.deletes().came_after(&post.external_id, position.micros) {
            self.told.deleted(post.external_id.clone());
        }
        self.pending.items.push(RawItem::of(post.external_id.clone(), &post, at));
        self.due_in(BATCH_WAIT);
    }

    fn deletes(&self) -> std::sync::MutexGuard<'_, Deletes> {
        self.jetstream.deletes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the place on; the first frame of a connection also shows whether there is a hole.
    fn passed(&mut self, position: Position) {
        if let Some(asked) = self.asked.take() {
            let (was, is) = (Timestamp(asked.us / 1000), Timestamp(position.micros / 1000));
            if is.since(was) > HOLE && self.at.is_some_and(|at| position.seq != Some(at)) {
                self.sink.missed(was, is);
            }
        }
        let first = self.pending.at.is_none();
        let further = |at: Position| match (position.seq, at.seq) {
            (Some(new), Some(old)) => new > old,
            _ => position.micros > at.micros,
        };
        if self.pending.at.is_none_or(further) {
            self.pending.at = Some(position);
        }
        if first {
            self.due_in(CURSOR_WAIT);
        }
    }

    fn due_in(&mut self, wait: Duration) {
        let at = Instant::now() + wait;
        self.pending.due = Some(self.pending.due.map_or(at, |due| due.min(at)));
    }

    async fn hand_over(&mut self) -> Result<(), End> {
        let Pending { mut items, at, .. } = std::mem::take(&mut self.pending);
        let Some(at) = at else { return Ok(()) };
        self.told.look_up(&mut items, &self.authors, self.sink).await.map_err(|_closed| End::Quiet)?;
        let server = at.seq.map(|_| self.server.clone());
        let cursor = Cursor { us: at.micros, seq: at.seq, server }.write();
        let batch = Batch { items: items.clone(), cursor, more: false };
        self.sink.commit(batch).await.map_err(|_closed| End::Quiet)?;
        self.above.stored(items);
        Ok(())
    }

    /// Hands over what posts are about that are stored already; it has no place in the stream.
    async fn show(&mut self, items: Vec<RawItem>) -> Result<(), End> {
        let places = items.iter().map(|item| item.place.clone()).collect();
        let batch = Batch { items, ..Batch::default() };
        self.sink.commit(batch).await.map_err(|_closed| End::Quiet)?;
        self.above.shown(places);
        Ok(())
    }
}

/// The next message, not before an instant.
async fn after(rest: Option<Instant>, socket: &mut Socket) -> Option<Result<Message, WsError>> {
    if let Some(rest) = rest {
        until(Some(rest)).await;
    }
    socket.next().await
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => {
            let _ = tokio::time::timeout_at(due, std::future::pending::<()>()).await;
        }
        None => std::future::pending().await,
    }
}

#[async_trait]
impl Stream for Jetstream {
    async fn stream(
        &self,
        from: Option<String>,
        sink: &dyn Sink,
        token: &CancellationToken,
    ) -> Option<SourceTrouble> {
        let from = from.as_deref().and_then(Cursor::read);
        let trouble = self.run(from, sink, token).await;
        if trouble.is_some() && !self.by_time.load(Ordering::Relaxed) {
            self.turn.fetch_add(1, Ordering::Relaxed);
        }
        trouble
    }
}
