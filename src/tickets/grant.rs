//! Tokens by OAuth 2.0 client credentials.

use crate::http_client::Bearer;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Tokens that a client gets by its own secret, for a scope if one is to be named.
pub(super) fn grant(url: Url, client: &str, secret: &SecretString, scope: Option<&str>) -> Bearer {
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("client_secret", secret.expose_secret().trim()),
    ];
    form.extend(scope.map(|scope| ("scope", scope)));
    Bearer::new(url, super::line::ASIDE_MAX, &form)
}
