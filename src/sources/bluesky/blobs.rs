//! A picture of Bluesky at its author's own server, for when the network's image service does not have it: accounts
//! of other networks, and pictures that the service has not fetched yet.
//!
//! A DID names its server: `did:plc` by the directory, `did:web` by a document on the host itself. The bytes are given
//! there by `com.atproto.sync.getBlob` to anybody. From the published lexicon and the DID methods' documents, as of
//! November 2026; checked against a fake. Whether the address may be called, and how much is read, is not decided here.

use crate::clock::Clock;
use crate::domain::file::FileNote;
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Call, HttpClient};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// The directory of `did:plc`.
pub const DIRECTORY: &str = "https://plc.directory";
const WITHIN: Span = Span::seconds(8);
/// How long the server of an account is remembered; accounts move.
const HOLDS: Span = Span::hours(6);
/// How long it is remembered that one could not be found.
const FAILED: Span = Span::minutes(10);
/// Largest document of a DID in bytes.
const BYTES_MAX: usize = 64 * 1024;
/// How many are remembered.
const SERVERS_MAX: usize = 1_000;

/// Finds pictures at their authors' servers.
pub struct Blobs {
    http: HttpClient,
    /// For hosts that a DID names: those of strangers.
    public: Option<HttpClient>,
    clock: Arc<dyn Clock>,
    directory: Option<Url>,
    /// How the hosts that DIDs name are asked; the host itself stands in the DID.
    web: Option<Url>,
    servers: Mutex<HashMap<String, (Option<Url>, Timestamp)>>,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").field("directory", &self.directory).finish_non_exhaustive()
    }
}

impl Blobs {
    /// Asks a directory, by its web address.
    pub fn new(http: HttpClient, clock: Arc<dyn Clock>, directory: &str) -> Self {
        let public = http.public_only().ok();
        let (directory, web) = (Url::parse(directory).ok(), Url::parse("https://host.invalid").ok());
        Self { http, public, clock, directory, web, servers: Mutex::default() }
    }

    /// Where the author's own server gives a picture; `None` where that cannot be found out.
    pub async fn at_author(&self, file: &FileNote) -> Option<Url> {
        let (did, cid) = file.handle.rsplit_once('/')?;
        if !cid.bytes().all(|b| b.is_ascii_alphanumeric()) || !did.starts_with("did:") {
            return None;
        }
        let mut url = self.server_of(did).await?;
        url.path_segments_mut().ok()?.pop_if_empty().extend(["xrpc", "com.atproto.sync.getBlob"]);
        url.query_pairs_mut().append_pair("did", did).append_pair("cid", cid);
        Some(url)
    }

    async fn server_of(&self, did: &str) -> Option<Url> {
        let now = self.clock.now();
        let held = self.servers.lock().unwrap_or_else(PoisonError::into_inner).get(did).cloned();
        let holds = |known: bool| if known { HOLDS } else { FAILED };
        if let Some((server, _)) = held.filter(|(server, at)| now.since(*at) < holds(server.is_some())) {
            return server;
        }
        let server = self.looked_up(did).await;
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.len() >= SERVERS_MAX {
            servers.clear();
        }
        servers.insert(did.to_owned(), (server.clone(), now));
        server
    }

    async fn looked_up(&self, did: &str) -> Option<Url> {
        let asked = self.document_at(did)?;
        let http = if did.starts_with("did:web:") { self.public.as_ref()? } else { &self.http };
        let call = Call::get(asked.clone()).bytes_max(BYTES_MAX).within(WITHIN);
        let answer = http.send(call).await.ok()?;
        let document: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        if document["id"].as_str() != Some(did) {
            return None;
        }
        Url::parse(&server_in(&document, &asked)?).ok()
    }

    /// Where the document of a DID stands.
    fn document_at(&self, did: &str) -> Option<Url> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if !did.chars().all(plain) {
            return None;
        }
        if let Some(host) = did.strip_prefix("did:web:") {
            // Neither a port nor a path.
            if host.is_empty() || host.contains(':') {
                return None;
            }
            let mut at = self.web.clone()?;
            at.set_host(Some(host)).ok()?;
            at.set_path("/.well-known/did.json");
            return Some(at);
        }
        let mut url = self.directory.clone().filter(|_| did.starts_with("did:plc:"))?;
        url.path_segments_mut().ok()?.pop_if_empty().push(did);
        Some(url)
    }
}

/// The account's own server as its DID document names it; never less protected than the one that was asked.
pub fn server_in(document: &serde_json::Value, asked: &Url) -> Option<String> {
    let services = document.get("service")?.as_array()?;
    let is_it = |s: &&serde_json::Value| s["id"].as_str().is_some_and(|id| id.ends_with("#atproto_pds"));
    let told = services.iter().find(is_it)?["serviceEndpoint"].as_str()?;
    let url = Url::parse(told).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.host().is_some();
    (plain && (url.scheme() == "https" || url.scheme() == asked.scheme())).then(|| told.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::http_client::Outbound;
    use serde_json::json;
    use tokio::net::TcpListener;

    fn blobs() -> Blobs {
        let settings = Outbound { allow_private_addresses: true, ..Outbound::default() };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        Blobs::new(HttpClient::new(&settings, clock.clone()).unwrap(), clock, DIRECTORY)
    }

    fn picture(did: &str) -> FileNote {
        FileNote { handle: format!("{did}/bafkreia"), ..FileNote::default() }
    }

    #[test]
    fn a_did_says_where_its_document_stands() {
        let at = |did: &str| blobs().document_at(did).map(String::from);
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(at("did:web:shop.example"), of("https://shop.example/.well-known/did.json"));
        assert_eq!(at("did:plc:anna"), of("https://plc.directory/did:plc:anna"));
        for none in [
            "did:web:",
            "did:web:shop.example:user:anna",
            "did:web:shop.example%3A8080",
            "did:web:a@b.example",
            "did:web:shop.example/x",
            "did:key:z6Mk",
        ] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[tokio::test]
    async fn a_picture_of_somebody_with_a_host_of_their_own_is_found_and_no_private_host_is_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (did, pds) = ("did:web:127.0.0.1", url.clone());
        let document = json!({"id": did, "alsoKnownAs": ["at://shop.example"], "service": [
            {"id": "#other", "type": "X", "serviceEndpoint": "https://other.example"},
            {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}]});
        let told = move || {
            let document = document.clone();
            async move { axum::Json(document) }
        };
        let app = axum::Router::new().route("/.well-known/did.json", axum::routing::get(told));
        let task = tokio::spawn(async move { axum::serve(listener, app).await });
        // As it is: strangers name the host, so that a private one is never called.
        let guarded = Blobs { web: Url::parse(&url).ok(), ..blobs() };
        assert_eq!(guarded.at_author(&picture(did)).await, None);
        // With a client that may, in the place of the public network.
        let open = Blobs { web: Url::parse(&url).ok(), public: Some(blobs().http), ..blobs() };
        let found = open.at_author(&picture(did)).await.map(String::from);
        let wanted = "/xrpc/com.atproto.sync.getBlob?did=did%3Aweb%3A127.0.0.1&cid=bafkreia";
        assert_eq!(found, Some(format!("{url}{wanted}")));
        task.abort();
        assert_eq!(open.at_author(&picture(did)).await.map(String::from), found, "it is remembered");
        assert_eq!(open.at_author(&picture("did:web:localhost")).await, None, "nobody is there");
    }
}
