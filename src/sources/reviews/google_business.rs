//! Google Business Profile: reviews of places on Google Maps, by the interface My Business v4.

use super::client::{Ask, Login};
use super::config::GoogleBusinessConfig;
use super::review::{OurAnswer, Review};
use super::{Page, Site, TOKEN_WITHIN, address, each, text_of, time_of};
use crate::http_client::Bearer;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// Reviews on a page; the platform gives no more.
const PAGE: &str = "50";
/// What Google puts before words that it translated, and before the author's own.
const TRANSLATED: &str = "(Translated by Google)";
const ORIGINAL: &str = "(Original)";

/// The platform.
pub(super) struct Business;

/// The log-in: tokens that live for an hour, fetched by the refresh token of an account that manages the places.
pub(super) fn login(config: &GoogleBusinessConfig) -> Result<Login, String> {
    let url = address("google_business", "token_url", &config.token_url)?;
    let (Some(secret), Some(refresh)) = (&config.client_secret, &config.refresh_token) else {
        return Err("google_business: it needs client_secret and refresh_token".to_owned());
    };
    if config.client_id.trim().is_empty() {
        return Err("google_business.client_id: empty".to_owned());
    }
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", config.client_id.trim()),
        ("client_secret", secret.expose_secret().trim()),
        ("refresh_token", refresh.expose_secret().trim()),
    ];
    Ok(Login::Bearer(Bearer::new(url, TOKEN_WITHIN, &form)))
}

impl Site for Business {
    fn platform(&self) -> &'static str {
        "google_business"
    }

    fn name(&self) -> &'static str {
        "Google"
    }

    fn advice(&self) -> &'static str {
        "Let the account in anew with the scope business.manage; it must manage the place, and the project must have been granted the interface."
    }

    fn list(&self, place: &str, page: Option<&str>) -> Ask {
        let mut query = vec![("pageSize", PAGE.to_owned()), ("orderBy", "updateTime desc".to_owned())];
        query.extend(page.map(|token| ("pageToken", token.to_owned())));
        Ask { path: format!("v4/{place}/reviews"), query }
    }

    fn read_page(&self, place: &str, _page: Option<&str>, told: &Value) -> Option<Page> {
        told.as_object()?;
        let reviews = each(&told["reviews"], |row| read(place, row))?;
        Some(Page { reviews, next: text_of(&told["nextPageToken"]) })
    }

    fn one(&self, review: &str) -> Ask {
        Ask { path: format!("v4/{review}"), query: Vec::new() }
    }

    fn read_one(&self, review: &str, told: &Value) -> Option<Review> {
        read(review.split_once("/reviews/")?.0, told)
    }

    fn answer(&self, review: &str, text: &str) -> (Method, Ask, Value) {
        let ask = Ask { path: format!("v4/{review}/reply"), query: Vec::new() };
        (Method::PUT, ask, json!({ "comment": text }))
    }

    fn read_answer(&self, body: &[u8]) -> Option<super::Answered> {
        let told: Value = serde_json::from_slice(body).ok()?;
        told["comment"].is_string().then(|| super::Answered(time_of(&told["updateTime"])))
    }
}

fn read(place: &str, row: &Value) -> Option<Review> {
    let id = text_of(&row["reviewId"])?;
    let stars = match row["starRating"].as_str() {
        Some("ONE") => Some(1),
        Some("TWO") => Some(2),
        Some("THREE") => Some(3),
        Some("FOUR") => Some(4),
        Some("FIVE") => Some(5),
        _ => None,
    };
    let posted_at = time_of(&row["createTime"])?;
    let answer = &row["reviewReply"];
    let anonymous = row["reviewer"]["isAnonymous"] == true;
    Some(Review {
        id: format!("{place}/reviews/{id}"),
        place: place.to_owned(),
        stars,
        text: own_words(row["comment"].as_str().unwrap_or_default()),
        author: text_of(&row["reviewer"]["displayName"]).filter(|_| !anonymous).unwrap_or_default(),
        about: Some(place.rsplit_once('/').map_or(place, |(_, l)| l)).map(|l| format!("location {l}")),
        posted_at: Some(posted_at),
        edited_at: time_of(&row["updateTime"]).filter(|at| *at > posted_at),
        answer: text_of(&answer["comment"])
            .map(|text| OurAnswer { text: own_words(&text), at: time_of(&answer["updateTime"]) }),
        ..Review::default()
    })
}

/// What the author typed, without Google's translation of it.
fn own_words(text: &str) -> String {
    if let Some((before, original)) = text.split_once(ORIGINAL)
        && before.trim_start().starts_with(TRANSLATED)
    {
        return original.trim().to_owned();
    }
    match text.split_once(TRANSLATED) {
        Some((original, _)) if !original.trim().is_empty() => original.trim().to_owned(),
        _ => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_that_were_typed() {
        assert_eq!(own_words("(Translated by Google) Closed\n\n(Original)\nDicht"), "Dicht");
        assert_eq!(own_words("Dicht\n\n(Translated by Google)\nClosed"), "Dicht");
        assert_eq!(own_words(" Dicht "), "Dicht");
    }

    #[test]
    fn a_review_is_read_with_our_answer() {
        let row = json!({"reviewId": "r1", "reviewer": {"displayName": "A", "isAnonymous": true}, "starRating": "TWO",
            "createTime": "2026-11-01T10:00:00Z", "updateTime": "2026-11-02T10:00:00.5Z",
            "reviewReply": {"comment": "Sorry", "updateTime": "2026-11-03T10:00:00Z"}});
        let review = read("accounts/1/locations/2", &row).unwrap();
        assert_eq!((review.stars, review.author.as_str(), review.text.as_str()), (Some(2), "", ""));
        assert!(review.edited_at > review.posted_at);
        assert_eq!(review.answer.unwrap().text, "Sorry");
        assert_eq!(read("p", &json!({"reviewId": 7})), None);
    }
}
