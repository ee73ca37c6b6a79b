//! What platforms of reviews bring along to be checked: as sources that are read, and as accounts that answer.

use super::answers;
use super::fixtures::{at, no_more, ok, rows};
use super::{Fixtures, NOON};
use crate::reviews_site::{Rev, answers as is_answer, config, known_as, list_path, page, row, taken};
use crate::site::{Asked, Reply};
use serde_json::{Value, json};
use webcared::sources::TroubleState;
use webcared::sources::reply::PostRef;

fn told(kind: &str, items: &[i64], more: bool) -> String {
    let review = |n: i64| {
        let (id, text) = (format!("r{n}"), "help".to_owned());
        row(kind, &Rev { id, stars: 1, text, at: at(n), changed: None, answer: None })
    };
    let mut told = page(kind, &rows(items, more, review), &[], None);
    told["new"] = json!({});
    told.to_string()
}

fn token(asked: &Asked) -> Option<Reply> {
    let given = json!({"access_token": "s3cret-access", "expires_in": 3599});
    (asked.path == "/token").then(|| ok(&given))
}

fn refused(state: &TroubleState) -> bool {
    matches!(state, TroubleState::NeedsToken | TroubleState::NeedsRight)
}

macro_rules! reads {
    ($kind:ident) => {
        pub(super) fn $kind() -> Fixtures {
            const KIND: &str = stringify!($kind);
            Fixtures {
                kind: KIND,
                config: |url| config(KIND, url),
                is_page: |asked| asked.path == list_path(KIND),
                page: |_, items, more| told(KIND, items, more),
                around: token,
                refused,
                limits: no_more,
                heeds_headers: true,
                is_patient: false,
                secret: Some(("s3cret", false)),
            }
        }
    };
}
reads!(google_business);
reads!(google_play);
reads!(app_store);
reads!(trustpilot);

macro_rules! answers {
    ($test:ident, $kind:literal) => {
        #[tokio::test]
        async fn $test() {
            fn success(_: &webcared::sources::reply::Outgoing) -> Value {
                taken($kind, answers::TEXT, NOON)
            }
            answers::checked(answers::Fixtures {
                kind: $kind,
                config: |url| config($kind, url),
                to: || PostRef {
                    external_id: known_as($kind, "r1"),
                    visibility: "public".into(),
                    ..PostRef::default()
                },
                is_post: |asked| is_answer($kind, asked).is_some(),
                success,
                around: token,
                limits: answers::no_more,
                heeds_headers: true,
                key: None,
                secret: ("s3cret", false),
            })
            .await;
        }
    };
}
answers!(a_place_answers_as_all_must, "google_business");
answers!(an_app_on_play_answers_as_all_must, "google_play");
answers!(an_app_on_the_app_store_answers_as_all_must, "app_store");
answers!(a_company_answers_as_all_must, "trustpilot");
