//! The two services that translate, against fakes that keep what they were asked; the month's limit on both engines.

use crate::harness::{House, on_each};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use webcared::clock::{Clock, SystemClock};
use webcared::domain::exam::Verdict;
use webcared::http_client::{HttpClient, Outbound};
use webcared::store::translation;
use webcared::translating::config::{Service, TranslationConfig};
use webcared::translating::{ServiceError, build};

#[derive(Clone, Default)]
struct Fake {
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    status: Arc<Mutex<u16>>,
}

impl Fake {
    fn answer(&self, headers: &HeaderMap, body: &str, told: &Value) -> (StatusCode, String) {
        let key = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let body = serde_json::from_str(body).unwrap_or_default();
        self.asked.lock().unwrap().push((key.to_owned(), body));
        let status = *self.status.lock().unwrap();
        if status > 0 {
            return (StatusCode::from_u16(status).unwrap(), "{}".to_owned());
        }
        (StatusCode::OK, told.to_string())
    }

    async fn serve(&self) -> String {
        let libre =
            json!({ "translatedText": "Hallo", "detectedLanguage": { "language": "fr", "confidence": 90 } });
        let deepl = json!({ "translations": [{ "detected_source_language": "FR", "text": "Hallo" }] });
        let routes = Router::new()
            .route(
                "/translate",
                post(move |State(f): State<Fake>, h: HeaderMap, b: String| async move {
                    f.answer(&h, &b, &libre)
                }),
            )
            .route(
                "/languages",
                get(|State(f): State<Fake>, h: HeaderMap| async move {
                    f.answer(&h, "", &json!([{ "code": "en" }, { "code": "nl" }]))
                }),
            )
            .route(
                "/v2/translate",
                post(move |State(f): State<Fake>, h: HeaderMap, b: String| async move {
                    f.answer(&h, &b, &deepl)
                }),
            )
            .route(
                "/v2/usage",
                get(|State(f): State<Fake>, h: HeaderMap| async move {
                    f.answer(&h, "", &json!({ "character_count": 10, "character_limit": 500_000 }))
                }),
            )
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}")
    }
}

async fn service(fake: &Fake, service: Service) -> Arc<dyn webcared::translating::Translate> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let http = HttpClient::new(&Outbound::default(), clock.clone()).unwrap();
    let config = TranslationConfig {
        service: Some(service),
        url: Some(fake.serve().await),
        key: Some("the-key".to_owned().into()),
        ..TranslationConfig::default()
    };
    build(&config, &http, &clock).unwrap().unwrap()
}

#[tokio::test]
async fn libretranslate_and_deepl_are_asked_in_their_own_words() {
    let fake = Fake::default();
    let libre = service(&fake, Service::LibreTranslate).await;
    let said = libre.translate("Bonjour", "no").await.unwrap();
    assert_eq!((said.text.as_str(), said.from.as_str()), ("Hallo", "fr"));
    let deepl = service(&fake, Service::DeepL).await;
    let said = deepl.translate("Bonjour", "en").await.unwrap();
    assert_eq!((said.text.as_str(), said.from.as_str()), ("Hallo", "fr"));
    let wanted =
        json!({ "q": "Bonjour", "source": "auto", "target": "nb", "format": "text", "api_key": "the-key" });
    let asked = fake.asked.lock().unwrap().clone();
    assert_eq!(asked[0], (String::new(), wanted));
    let wanted = json!({ "text": ["Bonjour"], "target_lang": "EN-GB" });
    assert_eq!(asked[1], ("DeepL-Auth-Key the-key".to_owned(), wanted));
    for one in [libre, deepl] {
        assert!(one.examine().await.iter().all(|e| e.verdict == Verdict::Good));
    }
}

#[tokio::test]
async fn refusals_are_told_apart_and_a_service_in_trouble_is_left_alone() {
    for (status, counts) in [(403, false), (429, false), (456, false), (400, false), (503, true)] {
        let fake = Fake::default();
        let deepl = service(&fake, Service::DeepL).await;
        *fake.status.lock().unwrap() = status;
        let error = deepl.translate("Bonjour", "nl").await.unwrap_err();
        assert_eq!(error.may_count(), counts, "{status}: {error}");
        assert!(!error.to_string().contains("the-key"));
        if status != 400 {
            assert_eq!(deepl.translate("Bonjour", "nl").await, Err(ServiceError::Resting), "{status}");
            assert_eq!(fake.asked.lock().unwrap().len(), 1);
        }
    }
}

async fn the_limit(house: House) {
    let take = |day: &'static str, n: i64| {
        house.db.write("a test", move |tx| {
            Box::pin(async move {
                translation::reserve(tx, ("translation:x", day, "EUR"), (n, n * 20), Some(100)).await
            })
        })
    };
    assert!(take("2026-11-01", 60).await.unwrap());
    assert!(!take("2026-11-27", 41).await.unwrap(), "two days of one month");
    assert!(take("2026-11-27", 40).await.unwrap(), "a refusal took nothing");
    assert!(!take("2026-11-28", 1).await.unwrap());
    assert!(take("2026-12-01", 100).await.unwrap(), "another month");
    let used = house.db.read("a test", |tx| {
        Box::pin(async move { translation::used(tx, "translation:x", "2026-11").await })
    });
    assert_eq!(used.await.unwrap(), (100, 2_000));
}

#[test]
fn the_limit_of_a_month_holds_on_both_engines() {
    on_each(the_limit);
}
