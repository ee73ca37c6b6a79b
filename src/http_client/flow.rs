//! An answer that has no end: read piece by piece while it comes.
//!
//! The same guard and the same rules for redirects hold as for every call. How long to wait for the next
//! piece is for whoever reads; the connection is given up after a day, so that no address is believed for ever.

use super::{Call, CallError, HttpClient, REFUSAL_BYTES_MAX, RateHint, failed, read};
use crate::domain::time::Span;
use bytes::Bytes;
use http::HeaderMap;

/// The longest that one answer is read.
const WHOLE: Span = Span::days(1);

/// An answer that is still coming.
#[derive(Debug)]
pub struct Flow {
    response: reqwest::Response,
}

impl Flow {
    /// Its headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece; `None` once the server ended it.
    pub async fn next(&mut self) -> Result<Option<Bytes>, CallError> {
        self.response.chunk().await.map_err(failed)
    }
}

impl HttpClient {
    /// Carries out a call whose answer is read while it comes; waits `within` for its beginning.
    pub async fn open(&self, call: Call, within: Span) -> Result<Flow, CallError> {
        self.guard.check(&call.url)?;
        let request = self.client.request(call.method, call.url).headers(call.headers);
        let asked = request.timeout(WHOLE.to_std()).send();
        let begun = tokio::time::timeout(within.to_std(), asked).await;
        let late = || CallError::Unknown { detail: "the server does not answer".to_owned() };
        let mut response = begun.map_err(|_| late())?.map_err(failed)?;
        let status = response.status();
        if status.is_success() {
            return Ok(Flow { response });
        }
        let hint = RateHint::read(response.headers(), self.clock.now());
        let start = tokio::time::timeout(within.to_std(), read(&mut response, REFUSAL_BYTES_MAX)).await;
        let (start, _) = start.map_err(|_| late())?.unwrap_or_default();
        let start = String::from_utf8_lossy(&start).into_owned();
        Err(CallError::Status { code: status.as_u16(), hint, start })
    }
}
