//! Being told at once: the account's own stream and those of hashtags, by server-sent events or by web socket.
//!
//! Where it streams the server says itself (`configuration.urls.streaming`, before version 4 `urls.streaming_api`);
//! often that is another host, and the token goes there in a header, never in an address. What arrives is what
//! the looks would find, and is taken in the same way: notifications, our own posts, what carries a tag. An edit
//! or a delete only says that a post is to be looked at again: the API itself then says what is so. The server
//! keeps nothing for who was away; the looks do. Servers send a comment every fifteen seconds; one that is
//! silent for longer is dead.
//!
//! GoToSocial, Pleroma and Akkoma stream by web sockets only, Pixelfed and Friendica not at all: known by what
//! the server says it is, the former are asked for a socket first, and of the latter the looks are all there is. Whoever
//! refuses one way is asked for the other.

use super::super::events::{Event, Parser};
use super::super::fediverse::lenient;
use super::super::fediverse::status::Account;
use super::super::{Batch, Live, Sink, SourceTrouble, TroubleState};
use super::Mastodon;
use super::client::{EVENTS, Failed, Share};
use super::kinds::Streams;
use super::poll::{NOTIFICATIONS, OWN, Row, TAG};
use super::sockets::{self, Socket, Unopened};
use crate::domain::time::Span;
use crate::http_client::{CallError, Flow};
use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

/// What is said to the account, and what it says itself.
const USER: &str = "user";
/// Most connections for hashtags; the others are looked at only.
const TAGS_MAX: usize = 8;
/// How long the beginning of an answer may take.
const BEGINS_WITHIN: Span = Span::seconds(15);
/// Nothing at all for this long: three comments of the server are missing.
const SILENCE_MAX: Duration = Duration::from_secs(50);
/// How many events wait while one is taken; more wait on the line.
const WAITING_MAX: usize = 256;
/// When a server that does not stream is asked again whether it does.
const ASKED_AGAIN: Span = Span::hours(6);

#[async_trait]
impl Live for Mastodon {
    fn channels(&self) -> Vec<String> {
        let tags = self.tags.iter().take(TAGS_MAX).map(|t| format!("{TAG}{t}"));
        std::iter::once(USER.to_owned()).chain(tags).collect()
    }

    async fn listen(
        &self,
        channel: &str,
        sink: &dyn Sink,
        token: &CancellationToken,
    ) -> Option<SourceTrouble> {
        let opened = tokio::select! {
            () = token.cancelled() => return None,
            opened = self.begin(channel) => opened,
        };
        let (me, mut line, host) = match opened {
            Ok(opened) => opened,
            Err(trouble) => return Some(trouble),
        };
        sink.connected(&host);
        // Listening goes on while a thread is asked for: what comes meanwhile waits here, and not on the line.
        let (told, mut waiting) = mpsc::channel::<Event>(WAITING_MAX);
        let closed = CancellationToken::new();
        let read = async move {
            loop {
                match line.next().await {
                    Ok(events) => {
                        for event in events {
                            if told.send(event).await.is_err() {
                                return None;
                            }
                        }
                    }
                    Err(trouble) => return Some(trouble),
                }
            }
        };
        let take = async {
            while let Some(event) = waiting.recv().await {
                // The sink is closed: whoever listens knows.
                if self.happened(channel, &event, &me, sink).await.is_err() {
                    closed.cancel();
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            () = token.cancelled() => None,
            () = closed.cancelled() => None,
            // What was told before the line broke is taken to its end.
            (trouble, ()) = futures_util::future::join(read, take) => trouble,
        }
    }
}

/// A connection of either kind.
enum Line {
    /// Server-sent events.
    Events { flow: Box<Flow>, parser: Parser },
    /// A web socket.
    Socket(Box<Socket>),
}

impl Line {
    /// What comes next, which may be nothing whole yet.
    async fn next(&mut self) -> Result<Vec<Event>, SourceTrouble> {
        match self {
            Self::Events { flow, parser } => {
                let piece = within(SILENCE_MAX, flow.next()).await?;
                let too_long = "the server sends more than anybody reads";
                parser.take(&piece).map_err(|_| SourceTrouble::new(TroubleState::Broken, too_long))
            }
            Self::Socket(socket) => Ok(vec![socket.next().await?]),
        }
    }
}

/// The next piece, if one comes in time.
async fn within(
    silence: Duration,
    next: impl Future<Output = Result<Option<Bytes>, CallError>>,
) -> Result<Bytes, SourceTrouble> {
    match tokio::time::timeout(silence, next).await {
        Err(_) => Err(away("the server fell silent")),
        Ok(Ok(None)) => Err(away("the server closed the connection")),
        Ok(Err(_)) => Err(away("the connection broke")),
        Ok(Ok(Some(piece))) => Ok(piece),
    }
}

/// The sink takes no more.
struct Ended;

impl Mastodon {
    /// Connects; gives who we are, what comes, and from where. Of the two ways the one is tried first by which such a
    /// server is known to stream, and the other where it does not.
    async fn begin(&self, channel: &str) -> Result<(Arc<Account>, Line, String), SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        let me = self.profile.know(&self.client, Share::Reading).await.map_err(trouble)?;
        let instance = self.profile.instance();
        let socket_first = instance.kind.streams == Streams::Sockets;
        if instance.kind.streams == Streams::Nowhere {
            return Err(no_stream(&format!("{} does not stream", instance.kind.name)));
        }
        let url = address(self.client.server(), instance.streaming.as_deref(), channel)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if socket_first && let Some(line) = self.by_socket(&url).await? {
            return Ok((me, line, host));
        }
        let refused = match self.by_events(url.clone()).await {
            Ok(line) => return Ok((me, line, host)),
            Err(refused) if refused.state != TroubleState::Gone => return Err(refused),
            Err(refused) => refused,
        };
        if socket_first {
            return Err(refused);
        }
        match self.by_socket(&url).await {
            Ok(Some(line)) => Ok((me, line, host)),
            Err(trouble) if trouble.state != TroubleState::NeedsToken => Err(trouble),
            // It has said that it does not stream: that a proxy turns sockets away says nothing of our token.
            Ok(None) | Err(_) => Err(refused),
        }
    }

    async fn by_events(&self, url: Url) -> Result<Line, SourceTrouble> {
        let flow = match self.client.listen(url, BEGINS_WITHIN).await {
            Ok(flow) => flow,
            Err(Failed::Call(CallError::Status { code: 401 | 403, .. })) => return Err(not_ours()),
            Err(Failed::Call(CallError::Status { code: 400 | 404 | 405 | 410 | 426 | 501, .. })) => {
                return Err(no_stream("the server does not stream"));
            }
            Err(failed) => return Err(self.client.trouble(&failed)),
        };
        let kind = flow.headers().get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        if kind.is_none_or(|k| !k.trim_start().starts_with(EVENTS)) {
            return Err(no_stream("the server answers with something that is no stream"));
        }
        Ok(Line::Events { flow: Box::new(flow), parser: Parser::default() })
    }

    /// By a web socket; nothing where the server speaks none there.
    async fn by_socket(&self, events: &Url) -> Result<Option<Line>, SourceTrouble> {
        let Some(url) = sockets::address(events) else { return Ok(None) };
        match Socket::open(&self.client, &url).await {
            Ok(socket) => Ok(Some(Line::Socket(Box::new(socket)))),
            Err(Unopened::Otherwise) => Ok(None),
            Err(Unopened::Failed(Failed::Call(CallError::Status { code: 401 | 403, .. }))) => Err(not_ours()),
            Err(Unopened::Failed(failed)) => Err(self.client.trouble(&failed)),
        }
    }

    /// Takes one event. What cannot be taken now, the looks bring.
    async fn happened(
        &self,
        channel: &str,
        event: &Event,
        me: &Arc<Account>,
        sink: &dyn Sink,
    ) -> Result<(), Ended> {
        let raw = || serde_json::from_str::<&RawValue>(&event.data).ok();
        let now = self.client.now();
        let (stream, row) = match (event.kind.as_str(), channel) {
            ("notification", USER) => (NOTIFICATIONS, raw().map(|r| Row::of_notification(r, me, now))),
            ("update", USER) => {
                // Others whom the account follows are here too; what they say to us comes as a notification.
                let own = raw().filter(|r| author(r).as_deref() == Some(me.id.as_str()));
                (OWN, own.map(|r| Row::of_own(r, now)))
            }
            ("update", tag) => (tag, raw().map(|r| Row::of_tagged(r, me, now))),
            // The second name is that of a server that others wrote.
            ("status.update" | "status_update", _) => {
                sink.again(raw().and_then(id).into_iter().collect());
                return Ok(());
            }
            ("delete", _) => {
                let id = event.data.trim().trim_matches('"');
                sink.again(Some(id.to_owned()).filter(|i| !i.is_empty()).into_iter().collect());
                return Ok(());
            }
            _ => return Ok(()), // kinds that are not about posts, and those that we do not know
        };
        // What cannot be read is put aside when a look meets it.
        let Some(row) = row.filter(|row| !matches!(row, Row::Junk { .. })) else { return Ok(()) };
        let page = match self.page(stream, vec![row], me).await {
            Ok(page) if !page.is_cut() => page,
            Ok(_) | Err(_) => return Ok(()),
        };
        if !page.items.is_empty() {
            sink.commit(Batch { items: page.items, ..Batch::default() }).await.map_err(|_closed| Ended)?;
        }
        self.known.stored(stream, page.handed);
        Ok(())
    }
}

#[derive(Deserialize)]
struct Named {
    #[serde(deserialize_with = "lenient::id")]
    id: String,
    #[serde(default)]
    account: Account,
}

fn id(raw: &RawValue) -> Option<String> {
    serde_json::from_str::<Named>(raw.get()).ok().map(|n| n.id)
}

fn author(raw: &RawValue) -> Option<String> {
    serde_json::from_str::<Named>(raw.get()).ok().map(|n| n.account.id)
}

fn not_ours() -> SourceTrouble {
    SourceTrouble::new(
        TroubleState::NeedsToken,
        "the token may not listen to the stream (it needs read:statuses and read:notifications)",
    )
}

fn away(why: &str) -> SourceTrouble {
    SourceTrouble::new(TroubleState::Unreachable, why)
}

fn no_stream(why: &str) -> SourceTrouble {
    SourceTrouble::new(TroubleState::Gone, why).after(ASKED_AGAIN)
}

/// Where a channel is listened to. What the server names is used as it says, but never without encryption where
/// the server itself has it: the token goes there.
fn address(server: &Url, named: Option<&str>, channel: &str) -> Result<Url, SourceTrouble> {
    let broken = |why: &str| SourceTrouble::new(TroubleState::Broken, why).after(ASKED_AGAIN);
    let unreadable = "the address that the server names for streaming cannot be read";
    let text = named.map_or_else(
        || server.as_str().to_owned(),
        |n| n.replacen("ws", "http", usize::from(n.starts_with("ws"))),
    );
    let mut url = Url::parse(&text).map_err(|_| broken(unreadable))?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err(broken(unreadable));
    }
    if server.scheme() == "https" && url.scheme() != "https" {
        return Err(broken("the address that the server names for streaming is not encrypted"));
    }
    let (whole, tag) = match channel.strip_prefix(TAG) {
        Some(tag) => ("hashtag", Some(tag)),
        None => (channel, None),
    };
    let has_path = url.path().trim_end_matches('/').ends_with("/api/v1/streaming");
    {
        let mut path = url.path_segments_mut().map_err(|()| broken(unreadable))?;
        path.pop_if_empty();
        if !has_path {
            path.extend(["api", "v1", "streaming"]);
        }
        path.push(whole);
    }
    url.set_query(None);
    url.set_fragment(None);
    if let Some(tag) = tag {
        url.query_pairs_mut().append_pair("tag", tag);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(server: &str, named: Option<&str>, channel: &str) -> Result<String, String> {
        let server = Url::parse(server).unwrap();
        address(&server, named, channel).map(|u| u.to_string()).map_err(|t| t.why)
    }

    #[tokio::test]
    async fn silence_and_ends_are_told_apart() {
        let (short, long) = (Duration::from_millis(1), Duration::from_mins(1));
        let why = |t: Result<Bytes, SourceTrouble>| t.unwrap_err().why;
        assert_eq!(why(within(short, std::future::pending()).await), "the server fell silent");
        assert_eq!(why(within(long, async { Ok(None) }).await), "the server closed the connection");
        let broken = async { Err(CallError::Unknown { detail: "x".into() }) };
        assert_eq!(why(within(long, broken).await), "the connection broke");
        let piece = Bytes::from_static(b":thump");
        assert_eq!(within(long, async { Ok(Some(piece.clone())) }).await, Ok(piece.clone()));
    }

    #[test]
    fn the_servers_word_for_where_it_streams() {
        let ok = |url: &str| Ok(url.to_owned());
        let host = "https://inst.example/";
        assert_eq!(of(host, None, "user"), ok("https://inst.example/api/v1/streaming/user"));
        assert_eq!(of(host, Some("wss://s.example"), "user"), ok("https://s.example/api/v1/streaming/user"));
        assert_eq!(
            of(host, Some("wss://s.example/api/v1/streaming/?x=1"), "tag/caf\u{e9}"),
            ok("https://s.example/api/v1/streaming/hashtag?tag=caf%C3%A9")
        );
        assert_eq!(
            of("http://127.0.0.1:1/", Some("ws://127.0.0.1:2"), "user"),
            ok("http://127.0.0.1:2/api/v1/streaming/user")
        );
        assert!(of(host, Some("ws://s.example"), "user").unwrap_err().contains("not encrypted"));
        assert!(of(host, Some("nowhere"), "user").unwrap_err().contains("cannot be read"));
        assert!(of(host, Some("wss://a:b@s.example"), "user").is_err());
    }
}
