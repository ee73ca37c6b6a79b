//! Pictures and documents that customers send.
//!
//! A message holds an id; the address to which it leads lives for minutes and wants the token, so it is asked for at the
//! moment of fetching and written down nowhere. The token goes to the platform's own hosts only.

use super::{Failed, Whatsapp};
use crate::domain::file::FileNote;
use crate::domain::time::Span;
use crate::http_client::CallError;
use crate::sources::media::{Found, Media, Unfound};
use crate::sources::meta::GraphMeaning;
use async_trait::async_trait;
use http::{Method, header};
use url::Url;

const WITHIN: Span = Span::seconds(9);
/// Where the platform keeps files.
const HOSTS: [&str; 3] = ["fbsbx.com", "facebook.com", "whatsapp.net"];

impl Whatsapp {
    /// Whether an address is the platform's own: there the token may go.
    fn is_own(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let of =
            |own: &&str| host.strip_suffix(*own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let same = url.origin() == self.base.origin();
        same || (url.scheme() == "https" && HOSTS.iter().any(of))
    }
}

#[async_trait]
impl Media for Whatsapp {
    fn base(&self) -> Option<&Url> {
        Some(&self.base)
    }

    async fn find(&self, file: &FileNote, bytes_max: usize) -> Result<Found, Unfound> {
        if file.handle.is_empty() || !file.handle.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Unfound::Gone);
        }
        let told = match self.call((Method::GET, &[file.handle.as_str()]), &[], None, WITHIN).await {
            Ok(told) => told,
            Err(Failed::Call(CallError::Status { code: 410, .. })) => return Err(Unfound::Gone),
            Err(Failed::Refused(error, 400 | 404, _))
                if matches!(error.meaning(), GraphMeaning::Gone | GraphMeaning::Other) =>
            {
                return Err(Unfound::Gone);
            }
            Err(failed) => return Err(self.trouble(&failed).into()),
        };
        let size = told["file_size"].as_u64().or_else(|| told["file_size"].as_str()?.parse().ok());
        if size.is_some_and(|n| n > bytes_max as u64) {
            return Err(Unfound::TooLarge);
        }
        let url = told["url"].as_str().and_then(|u| Url::parse(u).ok()).ok_or(Unfound::Later(None))?;
        if !self.is_own(&url) {
            return Err(Unfound::Denied);
        }
        Ok(Found::At { url, header: Some((header::AUTHORIZATION, self.token.clone())) })
    }
}
