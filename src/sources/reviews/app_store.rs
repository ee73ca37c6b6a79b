//! The App Store: reviews of apps, by the interface of App Store Connect. A response is published after a while; it stands
//! in the review at once for us.

use super::client::{Ask, Login};
use super::config::AppStoreConfig;
use super::jwt::Signer;
use super::review::{OurAnswer, Review};
use super::{Page, Site, text_of, time_of};
use http::Method;
use serde_json::{Value, json};
use url::Url;

const PAGE: &str = "200";

/// The platform.
pub(super) struct Store;

/// The log-in: tokens that we sign by a key of the team.
pub(super) fn login(config: &AppStoreConfig) -> Result<Login, String> {
    let key = config.private_key.as_ref().ok_or("app_store: it needs private_key_file")?;
    for (field, text) in [("issuer_id", &config.issuer_id), ("key_id", &config.key_id)] {
        if text.trim().is_empty() {
            return Err(format!("app_store.{field}: empty"));
        }
    }
    let signer = Signer::es256(key, config.key_id.trim().to_owned())
        .map_err(|why| format!("app_store.private_key: {why}"))?;
    Ok(Login::Signed { signer, issuer: config.issuer_id.trim().to_owned(), audience: "appstoreconnect-v1" })
}

impl Site for Store {
    fn platform(&self) -> &'static str {
        "app_store"
    }

    fn name(&self) -> &'static str {
        "App Store Connect"
    }

    fn advice(&self) -> &'static str {
        "Make a key with the role Customer Support in App Store Connect; is this machine's clock right?"
    }

    fn tells_changes(&self) -> bool {
        false
    }

    fn list(&self, place: &str, page: Option<&str>) -> Ask {
        let mut query = vec![
            ("sort", "-createdDate".to_owned()),
            ("limit", PAGE.to_owned()),
            ("include", "response".to_owned()),
        ];
        query.extend(page.map(|cursor| ("cursor", cursor.to_owned())));
        Ask { path: format!("v1/apps/{place}/customerReviews"), query }
    }

    fn read_page(&self, place: &str, _page: Option<&str>, told: &Value) -> Option<Page> {
        let rows = told["data"].as_array()?;
        let read = |row: &Value| read(place, row, &told["included"]).ok_or_else(|| row.to_string());
        let next = text_of(&told["links"]["next"]).and_then(|link| {
            let url = Url::parse(&link).ok()?;
            url.query_pairs().find(|(key, _)| key == "cursor").map(|(_, value)| value.into_owned())
        });
        Some(Page { reviews: rows.iter().map(read).collect(), next })
    }

    fn one(&self, review: &str) -> Ask {
        let (_, id) = parts(review);
        let query = vec![("include", "response".to_owned())];
        Ask { path: format!("v1/customerReviews/{id}"), query }
    }

    fn read_one(&self, review: &str, told: &Value) -> Option<Review> {
        read(parts(review).0, &told["data"], &told["included"])
    }

    fn answer(&self, review: &str, text: &str) -> (Method, Ask, Value) {
        let (_, id) = parts(review);
        let body = json!({ "data": { "type": "customerReviewResponses",
            "attributes": { "responseBody": text },
            "relationships": { "review": { "data": { "type": "customerReviews", "id": id } } } } });
        (Method::POST, Ask { path: "v1/customerReviewResponses".to_owned(), query: Vec::new() }, body)
    }

    fn read_answer(&self, body: &[u8]) -> Option<super::Answered> {
        let told: Value = serde_json::from_slice(body).ok()?;
        told["data"]["id"].as_str()?;
        Some(super::Answered(time_of(&told["data"]["attributes"]["lastModifiedDate"])))
    }
}

/// App and review of an id.
fn parts(review: &str) -> (&str, &str) {
    review.split_once('/').unwrap_or(("", review))
}

fn read(app: &str, row: &Value, included: &Value) -> Option<Review> {
    let (id, said) = (text_of(&row["id"])?, &row["attributes"]);
    let response = row["relationships"]["response"]["data"]["id"].as_str();
    let ours = included.as_array().into_iter().flatten().find(|one| {
        one["type"] == "customerReviewResponses" && response.is_some() && one["id"].as_str() == response
    });
    let country = text_of(&said["territory"]);
    let about: Vec<String> = [Some(format!("app {app}")), country].into_iter().flatten().collect();
    Some(Review {
        id: format!("{app}/{id}"),
        place: app.to_owned(),
        stars: said["rating"].as_u64().and_then(|n| u8::try_from(n).ok()),
        title: text_of(&said["title"]).unwrap_or_default(),
        text: text_of(&said["body"]).unwrap_or_default(),
        author: text_of(&said["reviewerNickname"]).unwrap_or_default(),
        about: Some(about.join(", ")),
        posted_at: Some(time_of(&said["createdDate"])?),
        answer: ours.map(|one| &one["attributes"]).and_then(|a| {
            text_of(&a["responseBody"]).map(|text| OurAnswer { text, at: time_of(&a["lastModifiedDate"]) })
        }),
        ..Review::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_review_is_read_with_the_response_that_is_its_own() {
        let told = json!({"data": [{"id": "r1", "type": "customerReviews", "attributes": {"rating": 3, "title": "Ok",
                "body": "It works", "reviewerNickname": "mia", "createdDate": "2026-11-01T03:00:00-07:00", "territory": "NLD"},
            "relationships": {"response": {"data": {"type": "customerReviewResponses", "id": "a1"}}}}],
            "included": [{"type": "customerReviewResponses", "id": "a0", "attributes": {"responseBody": "No"}},
                {"type": "customerReviewResponses", "id": "a1", "attributes": {"responseBody": "Thanks",
                    "lastModifiedDate": "2026-11-01T12:00:00-07:00", "state": "PENDING_PUBLISH"}}],
            "links": {"next": "https://api.example/v1/apps/1/customerReviews?cursor=AoJ.x&limit=200"}});
        let page = Store.read_page("1", None, &told).unwrap();
        let review = page.reviews[0].as_ref().unwrap();
        assert_eq!(review.answer.as_ref().unwrap().text, "Thanks");
        assert_eq!(review.posted_at, Timestamp::parse("2026-11-01T10:00:00Z").ok());
        assert_eq!((review.about.as_deref(), page.next.as_deref()), (Some("app 1, NLD"), Some("AoJ.x")));
    }
}
