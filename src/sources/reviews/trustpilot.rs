//! Trustpilot: reviews of companies, by its private interface. Its webhooks carry no signature, so they are not taken; the
//! looks are the truth.

use super::client::{Ask, Login};
use super::config::TrustpilotConfig;
use super::review::{OurAnswer, Review};
use super::{Page, Site, TOKEN_WITHIN, address, each, text_of, time_of};
use crate::http_client::Bearer;
use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const PAGE: usize = 100;

/// The platform.
pub(super) struct Trustpilot {
    /// The user in whose name it is answered.
    pub(super) user: Option<String>,
}

/// The log-in: tokens that the key and its secret get, for a user where one is named.
pub(super) fn login(config: &TrustpilotConfig) -> Result<Login, String> {
    let url = address("trustpilot", "token_url", &config.token_url)?;
    let secret = config.api_secret.as_ref().ok_or("trustpilot: it needs api_secret")?;
    if config.api_key.trim().is_empty() {
        return Err("trustpilot.api_key: empty".to_owned());
    }
    let user = config.username.trim();
    let bearer = match &config.password {
        Some(password) if !user.is_empty() => {
            let password = password.expose_secret().trim();
            let form = [("grant_type", "password"), ("username", user), ("password", password)];
            Bearer::new(url, TOKEN_WITHIN, &form)
        }
        None if user.is_empty() => Bearer::new(url, TOKEN_WITHIN, &[("grant_type", "client_credentials")]),
        _ => return Err("trustpilot: username and password belong together".to_owned()),
    };
    let trimmed = secret.expose_secret().trim().to_owned().into();
    Ok(Login::Bearer(bearer.by_client(config.api_key.trim(), &trimmed)))
}

impl Site for Trustpilot {
    fn platform(&self) -> &'static str {
        "trustpilot"
    }

    fn name(&self) -> &'static str {
        "Trustpilot"
    }

    fn advice(&self) -> &'static str {
        "Are key, secret and user right, and has the company's plan the interface for service reviews?"
    }

    fn list(&self, place: &str, page: Option<&str>) -> Ask {
        let query = vec![
            ("perPage", PAGE.to_string()),
            ("page", page.unwrap_or("1").to_owned()),
            ("orderBy", "createdat.desc".to_owned()),
        ];
        Ask { path: format!("v1/private/business-units/{place}/reviews"), query }
    }

    fn read_page(&self, place: &str, page: Option<&str>, told: &Value) -> Option<Page> {
        told.as_object()?;
        let reviews = each(&told["reviews"], |row| read(place, row))?;
        let here: u32 = page.unwrap_or("1").parse().ok()?;
        let next = (reviews.len() >= PAGE).then(|| here.saturating_add(1).to_string());
        Some(Page { reviews, next })
    }

    fn one(&self, review: &str) -> Ask {
        Ask { path: format!("v1/private/reviews/{review}"), query: Vec::new() }
    }

    fn read_one(&self, _review: &str, told: &Value) -> Option<Review> {
        read(told["businessUnit"]["id"].as_str().unwrap_or_default(), told)
    }

    fn answer(&self, review: &str, text: &str) -> (Method, Ask, Value) {
        let mut body = json!({ "message": text });
        if let Some(user) = &self.user {
            body["authorBusinessUserId"] = json!(user);
        }
        (Method::POST, Ask { path: format!("v1/private/reviews/{review}/reply"), query: Vec::new() }, body)
    }

    fn read_answer(&self, body: &[u8]) -> Option<super::Answered> {
        if body.is_empty() {
            return Some(super::Answered(None));
        }
        let told: Value = serde_json::from_slice(body).ok()?;
        told.as_object()?;
        Some(super::Answered(time_of(&told["reply"]["createdAt"])))
    }
}

fn read(unit: &str, row: &Value) -> Option<Review> {
    let id = text_of(&row["id"])?;
    let posted_at = time_of(&row["createdAt"])?;
    let answer = &row["companyReply"];
    let company = text_of(&row["businessUnit"]["displayName"]);
    let order = text_of(&row["referenceId"]).map(|r| format!("reference {r}"));
    let about: Vec<String> = [company, order].into_iter().flatten().collect();
    Some(Review {
        url: Some(format!("https://www.trustpilot.com/reviews/{id}")),
        id,
        place: unit.to_owned(),
        stars: row["stars"].as_u64().and_then(|n| u8::try_from(n).ok()),
        title: text_of(&row["title"]).unwrap_or_default(),
        text: text_of(&row["text"]).unwrap_or_default(),
        author: text_of(&row["consumer"]["displayName"]).unwrap_or_default(),
        author_id: text_of(&row["consumer"]["id"]),
        about: Some(about.join(", ")).filter(|a| !a.is_empty()),
        language: text_of(&row["language"]),
        posted_at: Some(posted_at),
        edited_at: time_of(&row["updatedAt"]).filter(|at| *at > posted_at),
        answer: text_of(&answer["text"]).map(|text| OurAnswer {
            text,
            at: time_of(&answer["updatedAt"]).or_else(|| time_of(&answer["createdAt"])),
        }),
        ..Review::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_review_is_read_with_times_without_a_zone() {
        let row = json!({"id": "t1", "stars": 1, "title": "Never", "text": "Nothing came", "language": "nl",
            "createdAt": "2026-11-01T10:00:00", "updatedAt": null, "consumer": {"id": "c1", "displayName": "Mia"},
            "businessUnit": {"id": "u1", "displayName": "Acme"}, "companyReply": null, "referenceId": "A-1"});
        let review = read("u1", &row).unwrap();
        assert_eq!(review.posted_at, Timestamp::parse("2026-11-01T10:00:00Z").ok());
        assert_eq!((review.answer, review.edited_at), (None, None));
        assert_eq!(review.about.as_deref(), Some("Acme, reference A-1"));
    }
}
