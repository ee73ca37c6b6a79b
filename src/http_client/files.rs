//! Fetching files from addresses that strangers wrote: pictures in posts.
//!
//! Stricter than other calls: https alone, no address that is not public whatever the settings allow elsewhere, no
//! proxy, which would look names up out of the guard's sight. Every redirect is looked at like a first address, and
//! there are few of them. The body is read piece by piece and given up as soon as it is too large, whatever length it
//! claimed. Only the base address of a source, which an operator wrote into the settings, may be plain http, and only
//! on this machine.

use super::guard::Guard;
use super::{CONNECT_MAX, CallError, HttpClient, NotSent, RateHint, builder, failed, read, words};
use crate::domain::time::Span;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use std::sync::Arc;
use url::{Host, Url};

/// Most redirects that are followed.
const REDIRECTS_MAX: usize = 4;
const TAKES: HeaderValue =
    HeaderValue::from_static("image/webp,image/png,image/jpeg,image/gif,application/pdf;q=0.8");

/// One file to be fetched.
#[derive(Clone, Debug)]
pub struct FileCall {
    /// Where it is.
    pub url: Url,
    /// A header that its server wants, such as a key; sent to the first address's server only.
    pub header: Option<(HeaderName, HeaderValue)>,
    /// The address of its source in the settings, if it has one.
    pub base: Option<Url>,
    /// How much of it is read.
    pub bytes_max: usize,
    /// How long it may take in all.
    pub within: Span,
}

/// Why a file was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Its address is of a kind that is not fetched.
    #[error("its address is not fetched: {0}")]
    Address(String),
    /// Its address is not public.
    #[error("its address is not public")]
    Private,
    /// It was redirected too often, or nowhere.
    #[error("it was redirected more than {REDIRECTS_MAX} times, or nowhere")]
    Redirects,
    /// It is larger than what is read.
    #[error("it is larger than {0} bytes")]
    TooLarge(usize),
    /// Its server answered something else.
    #[error("its server answers {code}")]
    Status {
        /// The HTTP status.
        code: u16,
        /// What the answer says about the next call.
        hint: RateHint,
    },
    /// No whole answer came.
    #[error("it did not come: {0}")]
    Unreachable(String),
}

/// Fetches files; cheap to clone.
#[derive(Clone, Debug)]
pub struct FileClient {
    strict: reqwest::Client,
    /// For the base address of a source alone.
    lenient: reqwest::Client,
    http: HttpClient,
}

impl FileClient {
    /// A client that calls itself like the other, and honours the same settings for a source's own address.
    pub fn new(http: &HttpClient) -> Result<Self, CallError> {
        let build = |guard: Guard| {
            let built = builder()
                .user_agent(http.user_agent())
                .connect_timeout(CONNECT_MAX.to_std())
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .dns_resolver(Arc::new(guard))
                .no_proxy();
            built.build().map_err(|e| CallError::NotSent {
                cause: NotSent::Tls,
                detail: format!("the client for files could not be set up: {}", words(&e)),
            })
        };
        Ok(Self { strict: build(Guard::new(false))?, lenient: build(Guard::new(true))?, http: http.clone() })
    }

    /// Fetches a file whole.
    pub async fn fetch(&self, call: FileCall) -> Result<Bytes, FileError> {
        let within = call.within.to_std();
        tokio::time::timeout(within, self.follow(call))
            .await
            .unwrap_or_else(|_| Err(FileError::Unreachable("it took too long".to_owned())))
    }

    async fn follow(&self, call: FileCall) -> Result<Bytes, FileError> {
        let mut url = call.url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let client = self.admit(&url, call.base.as_ref())?;
            let mut request = client.get(url.clone()).header(header::ACCEPT, TAKES);
            if let Some((name, value)) = call.header.as_ref().filter(|_| url.origin() == call.url.origin()) {
                request = request.header(name, value);
            }
            let mut response = request.send().await.map_err(|e| sorted(&failed(e)))?;
            let status = response.status();
            if status.is_redirection() {
                let to = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
                url = to.and_then(|l| url.join(l).ok()).ok_or(FileError::Redirects)?;
                continue;
            }
            if !status.is_success() {
                let hint = RateHint::read(response.headers(), self.http.clock.now());
                return Err(FileError::Status { code: status.as_u16(), hint });
            }
            if response.content_length().is_some_and(|n| n > call.bytes_max as u64) {
                return Err(FileError::TooLarge(call.bytes_max));
            }
            return match read(&mut response, call.bytes_max).await.map_err(|e| sorted(&e))? {
                (body, true) => Ok(body),
                (_, false) => Err(FileError::TooLarge(call.bytes_max)),
            };
        }
        Err(FileError::Redirects)
    }

    /// The client that may call an address; `Err` if none may.
    fn admit(&self, url: &Url, base: Option<&Url>) -> Result<&reqwest::Client, FileError> {
        if let Some(base) = base.filter(|b| b.origin() == url.origin())
            && (is_here(base) || (self.http.settings.allow_private_addresses && base.scheme() == "https"))
        {
            Guard::new(true).check(url).map_err(|e| sorted(&e))?;
            return Ok(&self.lenient);
        }
        if url.scheme() != "https" {
            return Err(FileError::Address(format!("{} instead of https", url.scheme())));
        }
        Guard::new(false).check(url).map_err(|e| sorted(&e))?;
        Ok(&self.strict)
    }
}

/// Whether an address names this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// What an error of the client means for a file.
fn sorted(error: &CallError) -> FileError {
    match error {
        CallError::NotSent { cause: NotSent::Refused, .. } => FileError::Private,
        CallError::NotSent { cause: NotSent::BadAddress, detail } => FileError::Address(detail.clone()),
        CallError::NotSent { detail, .. } | CallError::Unknown { detail } => {
            FileError::Unreachable(detail.clone())
        }
        CallError::Status { code, hint, .. } => FileError::Status { code: *code, hint: *hint },
        CallError::TooLarge { bytes_max } => FileError::TooLarge(*bytes_max),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outbound;
    use super::*;
    use crate::clock::SystemClock;

    fn client(allow_private_addresses: bool) -> FileClient {
        let outbound = Outbound { allow_private_addresses, ..Outbound::default() };
        FileClient::new(&HttpClient::new(&outbound, Arc::new(SystemClock::default())).unwrap()).unwrap()
    }

    fn admitted(client: &FileClient, url: &str, base: Option<&str>) -> Result<(), FileError> {
        client.admit(&Url::parse(url).unwrap(), base.map(|b| Url::parse(b).unwrap()).as_ref()).map(|_| ())
    }

    #[test]
    fn only_https_and_public_whatever_else_is_allowed() {
        for client in [client(false), client(true)] {
            assert_eq!(admitted(&client, "https://pictures.example/1.jpg", None), Ok(()));
            for private in [
                "https://127.0.0.1/x",
                "https://169.254.169.254/latest/meta-data",
                "https://10.0.0.8/x",
                "https://[::1]/x",
                "https://[fd00:ec2::254]/x",
                "https://[::ffff:192.168.1.1]/x",
                "https://2130706433/x",
            ] {
                assert_eq!(admitted(&client, private, None), Err(FileError::Private), "{private}");
            }
            for other in [
                "http://pictures.example/1.jpg",
                "ftp://pictures.example/1",
                "file:///etc/passwd",
                "https://u:p@pictures.example/",
            ] {
                assert!(matches!(admitted(&client, other, None), Err(FileError::Address(_))), "{other}");
            }
        }
    }

    #[test]
    fn the_base_of_a_source_on_this_machine_is_the_one_exception() {
        let strict = client(false);
        let base = Some("http://127.0.0.1:8999/");
        assert_eq!(admitted(&strict, "http://127.0.0.1:8999/media/1.jpg", base), Ok(()));
        assert!(
            admitted(&strict, "http://127.0.0.1:9000/1.jpg", base).is_err(),
            "another port is another server"
        );
        assert!(admitted(&strict, "https://10.0.0.8/1.jpg", Some("https://10.0.0.8/")).is_err());
        assert_eq!(admitted(&client(true), "https://10.0.0.8/1.jpg", Some("https://10.0.0.8/")), Ok(()));
        assert!(
            admitted(&client(true), "http://10.0.0.8/1.jpg", Some("http://10.0.0.8/")).is_err(),
            "not encrypted"
        );
    }

    #[tokio::test]
    async fn a_name_is_judged_by_the_address_that_is_connected_to() {
        let call = |url: &str| FileCall {
            url: Url::parse(url).unwrap(),
            header: None,
            base: None,
            bytes_max: 1_000,
            within: Span::seconds(5),
        };
        let found = client(true).fetch(call("https://localhost:9/x.png")).await;
        assert_eq!(found, Err(FileError::Private), "the name says nothing, its address does");
    }
}
