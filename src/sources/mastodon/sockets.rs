//! Being told at once by a web socket, where a server streams by nothing else or refuses events.
//!
//! What comes is the same as by events, each in one message. The token goes along in headers, one of which is that of the
//! sub-protocol, as every server of the kind takes it; it stands in no address. Servers knock now and then; one that
//! neither speaks nor answers our own knocking is dead.

use super::super::events::Event;
use super::super::{SourceTrouble, TroubleState};
use super::client::{Client, Failed};
use crate::http_client::CallError;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;

/// Longest message that is read.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
const HANDSHAKE_MAX: Duration = Duration::from_secs(15);
/// Nothing for so long: we knock; for so long once more: the server is dead.
const KNOCK_AFTER: Duration = Duration::from_secs(25);

/// An open connection.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// Why none came about.
#[derive(Debug)]
pub enum Unopened {
    /// The server does not speak so here; another way may work.
    Otherwise,
    /// It is as with any call.
    Failed(Failed),
}

/// One message of a server: the event with its words, which are a text of their own.
#[derive(Deserialize)]
struct Told {
    event: String,
    #[serde(default)]
    payload: Value,
}

/// The event of a message; nothing where it is none.
fn event(text: &str) -> Option<Event> {
    let told: Told = serde_json::from_str(text).ok()?;
    let data = match told.payload {
        Value::String(words) => words,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    Some(Event { kind: told.event, data })
}

/// The address for a socket, from the one for events: the channel stands behind the question mark.
pub fn address(events: &Url) -> Option<Url> {
    let mut url = events.clone();
    let channel = url.path_segments()?.next_back()?.to_owned();
    url.path_segments_mut().ok()?.pop();
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).ok()?;
    let tag = url.query_pairs().find(|(name, _)| name == "tag").map(|(_, tag)| tag.into_owned());
    url.query_pairs_mut().clear().append_pair("stream", &channel);
    if let Some(tag) = tag {
        url.query_pairs_mut().append_pair("tag", &tag);
    }
    Some(url)
}

impl Socket {
    /// Connects; `url` is that of [`address`].
    pub async fn open(client: &Client, url: &Url) -> Result<Self, Unopened> {
        let mut request = url.as_str().into_client_request().map_err(|_| Unopened::Otherwise)?;
        let headers = request.headers_mut();
        if let Some(bearer) = client.bearer() {
            headers.insert(header::AUTHORIZATION, bearer.clone());
            let token = bearer.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default();
            if let Ok(mut token) = HeaderValue::from_bytes(token) {
                token.set_sensitive(true);
                headers.insert(header::SEC_WEBSOCKET_PROTOCOL, token);
            }
        }
        if let Ok(agent) = HeaderValue::from_str(client.user_agent()) {
            headers.insert(header::USER_AGENT, agent);
        }
        let tcp = client.connect(url).await.map_err(Unopened::Failed)?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let shake = client_async_tls_with_config(request, tcp, Some(limits), None);
        let unknown =
            |detail: &str| Unopened::Failed(Failed::Call(CallError::Unknown { detail: detail.into() }));
        match tokio::time::timeout(HANDSHAKE_MAX, shake).await {
            Ok(Ok((socket, _))) => Ok(Self(socket)),
            Ok(Err(Error::Http(answer))) => match answer.status().as_u16() {
                code @ (401 | 403 | 429 | 500..=599) => {
                    let hint = crate::http_client::RateHint::read(answer.headers(), client.now());
                    let start = String::new();
                    Err(Unopened::Failed(Failed::Call(CallError::Status { code, hint, start })))
                }
                _ => Err(Unopened::Otherwise),
            },
            // No socket is spoken there: another protocol, or an answer that does not fit.
            Ok(Err(Error::Protocol(_))) => Err(Unopened::Otherwise),
            Ok(Err(_)) => Err(unknown("the connection broke")),
            Err(_) => Err(unknown("the server does not answer")),
        }
    }

    /// The next event.
    pub async fn next(&mut self) -> Result<Event, SourceTrouble> {
        let away = |why: &str| SourceTrouble::new(TroubleState::Unreachable, why);
        let mut knocked = false;
        loop {
            match tokio::time::timeout(KNOCK_AFTER, self.0.next()).await {
                Err(_) if knocked => return Err(away("the server fell silent")),
                Err(_) => {
                    knocked = true;
                    if self.0.send(Message::Ping(Bytes::new())).await.is_err() {
                        return Err(away("the connection broke"));
                    }
                }
                Ok(None | Some(Ok(Message::Close(_)))) => {
                    return Err(away("the server closed the connection"));
                }
                Ok(Some(Err(Error::Capacity(_)))) => {
                    let why = "the server sends more than anybody reads";
                    return Err(SourceTrouble::new(TroubleState::Broken, why));
                }
                Ok(Some(Err(_))) => return Err(away("the connection broke")),
                Ok(Some(Ok(Message::Text(text)))) => match event(text.as_str()) {
                    Some(event) => return Ok(event),
                    None => knocked = false,
                },
                Ok(Some(Ok(_))) => knocked = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_event_whatever_its_words_are() {
        let of = |text: &str| event(text).map(|e| (e.kind, e.data));
        let pair = |kind: &str, data: &str| Some((kind.to_owned(), data.to_owned()));
        let told = r#"{"stream":["user"],"event":"update","payload":"{\"id\":\"7\"}"}"#;
        assert_eq!(of(told), pair("update", r#"{"id":"7"}"#));
        assert_eq!(of(r#"{"event":"delete","payload":"12"}"#), pair("delete", "12"));
        assert_eq!(
            of(r#"{"event":"notification","payload":{"id":"7"}}"#),
            pair("notification", r#"{"id":"7"}"#)
        );
        assert_eq!(of(r#"{"event":"filters_changed"}"#), pair("filters_changed", ""));
        assert_eq!(of("thump"), None);
    }

    #[test]
    fn the_channel_stands_behind_the_question_mark() {
        let of = |url: &str| address(&Url::parse(url).unwrap()).unwrap().to_string();
        assert_eq!(
            of("https://s.example/api/v1/streaming/user"),
            "wss://s.example/api/v1/streaming?stream=user"
        );
        assert_eq!(
            of("http://127.0.0.1:2/api/v1/streaming/hashtag?tag=caf%C3%A9"),
            "ws://127.0.0.1:2/api/v1/streaming?stream=hashtag&tag=caf%C3%A9"
        );
    }
}
