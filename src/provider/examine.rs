//! Whether a provider is set up as the settings say: what it says of itself, its keys, and whether it knows us.

use super::config::OidcConfig;
use super::found::{Description, Found};
use super::{BACK, exchange};
use crate::clock::Clock;
use crate::domain::exam::Exam;
use crate::http_client::{CallError, HttpClient};
use serde_json::Value;
use std::sync::Arc;

/// A code that no provider ever gave.
const NO_CODE: &str = "webcared-doctor-asks-only-whether-you-know-it";

/// Tries a provider as far as that goes without a person.
pub async fn examine(
    config: &OidcConfig,
    http: &HttpClient,
    clock: &Arc<dyn Clock>,
    public_url: &str,
) -> Vec<Exam> {
    let found = Found::new(config, http.clone(), clock.clone());
    let described = match found.description().await {
        Ok(described) => described,
        Err(why) => {
            let advice = "Is login.oidc.issuer right to the letter, and may this machine reach it?";
            return vec![Exam::bad("description", why, advice)];
        }
    };
    let mut exams = vec![Exam::good("description", format!("{} describes itself", described.issuer))];
    exams.push(match found.keys(false).await {
        Ok(keys) if keys.is_empty() => {
            let advice = "Let it sign by RS256, ES256 or EdDSA.";
            Exam::bad("keys", "it has no key by which we would believe a token", advice)
        }
        Ok(keys) => Exam::good("keys", format!("{} that can be used", keys.len())),
        Err(why) => Exam::bad("keys", why, "Ask whoever runs the provider."),
    });
    let methods = &described.code_challenge_methods_supported;
    if !methods.is_empty() && !methods.iter().any(|m| m == "S256") {
        exams.push(Exam::bad("PKCE", "it does not take S256", "Ask whoever runs the provider."));
    }
    let back = format!("{}{BACK}", public_url.trim_end_matches('/'));
    exams.push(knows_us(config, &described, &back, http).await);
    exams.push(Exam::mind(
        "sends back to",
        back,
        "The provider must have exactly this address among those of the client; only a log-in shows it.",
    ));
    exams
}

/// Exchanges a code that does not exist: who is known hears that of the code, who is not hears it of themselves.
async fn knows_us(config: &OidcConfig, described: &Description, back: &str, http: &HttpClient) -> Exam {
    const STATUSES: &[u16] = &[400, 401, 403];
    let what = "client";
    let call = match exchange(config, described, back, (NO_CODE, NO_CODE)) {
        Ok(call) => call.takes(STATUSES),
        Err(why) => return Exam::bad(what, why, "Ask whoever runs the provider."),
    };
    let answer = match http.send(call).await {
        Ok(answer) => answer,
        Err(CallError::Status { code, .. }) => {
            return Exam::bad(what, format!("it answered {code}"), "Ask whoever runs the provider.");
        }
        Err(error) => {
            return Exam::bad(what, error.to_string(), "May this machine reach its token endpoint?");
        }
    };
    let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let error = said.as_ref().and_then(|v| v.get("error")).and_then(Value::as_str);
    match error {
        Some("invalid_grant") => Exam::good(what, format!("it knows '{}'", config.client_id)),
        Some("invalid_client" | "unauthorized_client") => Exam::bad(
            what,
            format!("it does not know '{}' with this secret", config.client_id),
            "Look at client_id and client_secret; the client must be allowed the authorization code grant.",
        ),
        _ => Exam::mind(
            what,
            "it answered nothing by which it can be told whether it knows us",
            "Only a log-in shows it.",
        ),
    }
}
