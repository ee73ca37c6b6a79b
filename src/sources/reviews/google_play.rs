//! Google Play: reviews of apps, by the interface Android Publisher v3. Shown to programs are only reviews with words whose
//! last change lies within a week, so a look that comes late by more than that has missed some.

use super::client::{Ask, Login};
use super::config::GooglePlayConfig;
use super::jwt::Signer;
use super::review::{OurAnswer, Review};
use super::{Page, Site, TOKEN_WITHIN, address, each, text_of};
use crate::domain::time::{Span, Timestamp};
use crate::http_client::{Bearer, written};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

const PAGE: &str = "100";
const SCOPE: &str = "https://www.googleapis.com/auth/androidpublisher";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long a signed assertion lives, at most an hour.
const LIFE: Span = Span::minutes(30);

/// The platform.
pub(super) struct Play;

/// The file of a service account.
#[derive(Deserialize)]
struct Account {
    client_email: String,
    private_key: SecretString,
    #[serde(default)]
    private_key_id: Option<String>,
    #[serde(default)]
    token_uri: Option<String>,
}

/// The log-in: tokens that live for an hour, fetched by what the service account signs.
pub(super) fn login(config: &GooglePlayConfig) -> Result<Login, String> {
    let file = config.service_account.as_ref().ok_or("google_play: it needs service_account_file")?;
    // What a parser says of it could show the key.
    let account: Account = serde_json::from_str(file.expose_secret())
        .map_err(|_| "google_play.service_account: it is no file of a service account")?;
    let told = config.token_url.clone().or(account.token_uri);
    let token_url = told.unwrap_or_else(|| "https://oauth2.googleapis.com/token".to_owned());
    let url = address("google_play", "token_url", &token_url)?;
    let signer = Signer::rs256(&account.private_key, account.private_key_id)
        .map_err(|why| format!("google_play.service_account: private_key: {why}"))?;
    let make = move |now: Timestamp| {
        let claims = json!({ "iss": account.client_email, "scope": SCOPE, "aud": token_url });
        let assertion = signer.token(claims, now, LIFE)?;
        Some(written(&[("grant_type", GRANT), ("assertion", assertion.expose_secret())]))
    };
    Ok(Login::Bearer(Bearer::made(url, TOKEN_WITHIN, Box::new(make))))
}

impl Site for Play {
    fn platform(&self) -> &'static str {
        "google_play"
    }

    fn name(&self) -> &'static str {
        "Google Play"
    }

    fn advice(&self) -> &'static str {
        "Give the service account the right 'Reply to reviews' for the app in the Play Console, and switch the Android Publisher interface on."
    }

    fn shown_for(&self) -> Option<Span> {
        Some(Span::days(7))
    }

    fn list(&self, place: &str, page: Option<&str>) -> Ask {
        let mut query = vec![("maxResults", PAGE.to_owned())];
        query.extend(page.map(|token| ("token", token.to_owned())));
        Ask { path: format!("androidpublisher/v3/applications/{place}/reviews"), query }
    }

    fn read_page(&self, place: &str, _page: Option<&str>, told: &Value) -> Option<Page> {
        told.as_object()?;
        let reviews = each(&told["reviews"], |row| read(place, row))?;
        Some(Page { reviews, next: text_of(&told["tokenPagination"]["nextPageToken"]) })
    }

    fn one(&self, review: &str) -> Ask {
        let (package, id) = parts(review);
        Ask { path: format!("androidpublisher/v3/applications/{package}/reviews/{id}"), query: Vec::new() }
    }

    fn read_one(&self, review: &str, told: &Value) -> Option<Review> {
        read(parts(review).0, told)
    }

    fn answer(&self, review: &str, text: &str) -> (Method, Ask, Value) {
        let (package, id) = parts(review);
        let path = format!("androidpublisher/v3/applications/{package}/reviews/{id}:reply");
        (Method::POST, Ask { path, query: Vec::new() }, json!({ "replyText": text }))
    }

    fn read_answer(&self, body: &[u8]) -> Option<super::Answered> {
        let told: Value = serde_json::from_slice(body).ok()?;
        told["result"].as_object()?;
        Some(super::Answered(seconds(&told["result"]["lastEdited"])))
    }
}

/// Package and review of an id.
fn parts(review: &str) -> (&str, &str) {
    review.split_once('/').unwrap_or(("", review))
}

/// An instant in seconds and nanoseconds; the seconds come as a text.
fn seconds(value: &Value) -> Option<Timestamp> {
    let seconds = &value["seconds"];
    let seconds = seconds.as_i64().or_else(|| seconds.as_str()?.parse().ok())?;
    let nanos = value["nanos"].as_i64().unwrap_or(0).clamp(0, 999_999_999);
    Some(Timestamp(seconds.checked_mul(1_000)?.checked_add(nanos / 1_000_000)?))
}

fn read(package: &str, row: &Value) -> Option<Review> {
    let id = text_of(&row["reviewId"])?;
    let comments = row["comments"].as_array()?;
    let said = comments.iter().map(|c| &c["userComment"]).find(|c| c.is_object())?;
    let ours = comments.iter().map(|c| &c["developerComment"]).rfind(|c| c.is_object());
    // Title and text come as one, parted by a tab. A translation stands in place of the text, the original beside it.
    let whole = text_of(&said["originalText"]).or_else(|| text_of(&said["text"])).unwrap_or_default();
    let (title, text) = whole.split_once('\t').unwrap_or(("", &whole));
    let last = seconds(&said["lastModified"])?;
    let version = text_of(&said["appVersionName"]);
    let device = text_of(&said["deviceMetadata"]["productName"]).or_else(|| text_of(&said["device"]));
    let about: Vec<String> = [Some(package.to_owned()), version.map(|v| format!("version {v}")), device]
        .into_iter()
        .flatten()
        .collect();
    Some(Review {
        id: format!("{package}/{id}"),
        place: package.to_owned(),
        stars: said["starRating"].as_u64().and_then(|n| u8::try_from(n).ok()),
        title: title.to_owned(),
        text: text.to_owned(),
        author: text_of(&row["authorName"]).unwrap_or_default(),
        about: Some(about.join(", ")),
        language: text_of(&said["reviewerLanguage"]),
        url: Some(format!("https://play.google.com/store/apps/details?id={package}&reviewId={id}")),
        posted_at: Some(last),
        // Only the last change is told. A review that was forgotten in between and is met again has changed by then.
        edited_at: Some(last),
        answer: ours.and_then(|c| {
            text_of(&c["text"]).map(|text| OurAnswer { text, at: seconds(&c["lastModified"]) })
        }),
        ..Review::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_is_read_with_title_version_and_our_answer() {
        let row = json!({"reviewId": "gp:1", "authorName": "Mia", "comments": [
            {"userComment": {"text": "Bad\tit crashes", "lastModified": {"seconds": "1795608000", "nanos": 5_000_000},
                "starRating": 1, "reviewerLanguage": "nl", "appVersionName": "4.2", "device": "panther"}},
            {"developerComment": {"text": "Sorry", "lastModified": {"seconds": 1_795_608_100}}}]});
        let review = read("com.acme", &row).unwrap();
        assert_eq!((review.title.as_str(), review.text.as_str()), ("Bad", "it crashes"));
        assert_eq!(review.about.as_deref(), Some("com.acme, version 4.2, panther"));
        assert_eq!(review.posted_at, Some(Timestamp(1_795_608_000_005)));
        assert_eq!(review.edited_at, review.posted_at);
        assert_eq!(review.answer.unwrap().at, Some(Timestamp(1_795_608_100_000)));
        assert_eq!(
            Play.answer("com.acme/gp:1", "x").1.path,
            "androidpublisher/v3/applications/com.acme/reviews/gp:1:reply"
        );
    }
}
