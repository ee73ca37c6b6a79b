//! How a connection ended, in words for people.

use super::super::{SourceTrouble, TroubleState};
use tokio_tungstenite::tungstenite::Error as WsError;

/// The other side closed it.
pub(super) fn closed() -> SourceTrouble {
    SourceTrouble::new(TroubleState::Unreachable, "the server closed the connection")
}

/// What broke a connection, as trouble of its source.
pub(super) fn ended(error: &WsError) -> SourceTrouble {
    let state = match error {
        WsError::Capacity(_) | WsError::Utf8(_) | WsError::Url(_) | WsError::HttpFormat(_) => {
            TroubleState::Broken
        }
        _ => TroubleState::Unreachable,
    };
    SourceTrouble::new(
        state,
        format!("the connection broke: {}", super::super::shortened(&error.to_string())),
    )
}

/// The host of a server's address.
pub(super) fn host(server: &str) -> String {
    url::Url::parse(server).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default()
}
