//! Translation in the console and for programs: no trace where it is off, by a press, by a setting, of a draft; masked,
//! bounded, kept with the author's words and gone with them.

use crate::harness::post;
use crate::site::{Browser, Door, Site};
use async_trait::async_trait;
use serde_json::json;
use std::sync::{Arc, Mutex};
use webcared::domain::exam::Exam;
use webcared::tokens::Scope;
use webcared::translating::config::TranslationConfig;
use webcared::translating::{Foreign, ServiceError, Translate};

const WORDS: &str =
    "@Acme Bonjour, mon colis n'est pas arrivé, appelez le 06-12345678 s'il vous plaît, merci";

/// A service of two letters: it puts the language in front and answers what it was given.
#[derive(Debug, Default)]
struct FakeService {
    asked: Mutex<Vec<(String, String)>>,
    fails: Mutex<Option<ServiceError>>,
}

#[async_trait]
impl Translate for FakeService {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn translate(&self, text: &str, to: &str) -> Result<Foreign, ServiceError> {
        self.asked.lock().unwrap().push((text.to_owned(), to.to_owned()));
        match self.fails.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => Ok(Foreign { text: format!("<{to}> {text}"), from: "fr".to_owned() }),
        }
    }

    async fn examine(&self) -> Vec<Exam> {
        Vec::new()
    }
}

impl FakeService {
    fn ledger(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }
}

async fn desk(config: TranslationConfig) -> (Site, Arc<FakeService>, Browser, String) {
    let service = Arc::new(FakeService::default());
    let door = Door { translation: Some((config, service.clone())), ..Door::default() };
    let site = Site::behind(door).await;
    site.connect(300, "acme@toot.example");
    site.house.take(&[french()]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    (site, service, jan, path)
}

fn french() -> serde_json::Value {
    let mut post = post("1", "sanne", "a", 0, WORDS);
    post["lang"] = "fr".into();
    post
}

async fn mention(site: &Site) -> String {
    let ids: Vec<(String,)> = site.house.all("SELECT id FROM mention").await;
    ids[0].0.clone()
}

async fn press(who: &Browser, path: &str, fields: &[(&str, &str)]) -> crate::site::Answer {
    who.press(path, &format!("{path}/translate"), fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_service_is_configured_there_is_no_trace() {
    let site = Site::open().await;
    site.house.take(&[french()]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    let page = jan.get(&path).await.body;
    assert!(!page.contains("ranslat"), "{page}");
    let id = mention(&site).await;
    assert_eq!(press(&jan, &path, &[("what", &id), ("version", "1")]).await.status, 404);
    assert!(!site.login("lia", "lead").await.get("/sources").await.body.contains("id=\"translation\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_translated_once_by_a_press_without_what_is_personal() {
    let config = TranslationConfig { price_per_million: 20, ..TranslationConfig::default() };
    let (site, service, jan, path) = desk(config).await;
    assert_eq!(site.house.case(1).await.language, "fr", "what the test says is French");
    let page = jan.get(&path).await.body;
    assert!(page.contains(">Translate<") && service.ledger().is_empty(), "nothing goes by itself: {page}");
    let opened = "name=\"unmask\" value=\"1\"";
    assert!(!page.contains(opened) && jan.get(&format!("{path}?unmask=1")).await.body.contains(opened));
    let id = mention(&site).await;
    for _ in 0..2 {
        let answer = press(&jan, &path, &[("what", &id), ("version", "1")]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let ledger = service.ledger();
    assert_eq!(ledger.len(), 1, "kept, and not asked again");
    assert_eq!(ledger[0].1, "en");
    assert!(!ledger[0].0.contains("12345678") && !ledger[0].0.contains("@Acme"), "{ledger:?}");
    let page = jan.get(&path).await.body;
    assert!(page.contains("Machine translation") && page.contains("&#60;en&#62;"), "{page}");
    assert!(page.contains("mon colis") && page.contains("•••"), "the original always stands there: {page}");
    let kept: Vec<(String, String)> =
        site.house.all("SELECT c.subject, c.body FROM content c WHERE c.kind = 'translation'").await;
    let authors: Vec<(String,)> = site.house.all("SELECT author_id FROM mention").await;
    assert_eq!(kept[0].0, authors[0].0, "it goes with the author's words");
    assert!(!kept[0].1.contains("12345678"));
    let used = ledger[0].0.chars().count();
    let sources = site.login("lia", "lead").await.get("/sources").await.body;
    assert!(sources.contains(&format!("<strong>{used}</strong> of 500000 characters")), "{sources}");
    let acts: Vec<(i64,)> = site.house.all("SELECT COUNT(*) FROM audit WHERE act = 'translation.ask'").await;
    assert_eq!(acts[0].0, 1);
    // Whoever takes the post back takes this along.
    site.house.take(&[json!({ "platform": "mastodon", "external_id": "1", "deleted": true })]).await;
    let left: Vec<(i64,)> = site.house.all("SELECT COUNT(*) FROM content WHERE kind = 'translation'").await;
    let rows: Vec<(i64,)> = site.house.all("SELECT COUNT(*) FROM translation").await;
    assert_eq!((left[0].0, rows[0].0), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_is_asking_for_is_not_asked_for_again() {
    let (site, service, jan, path) = desk(TranslationConfig::default()).await;
    site.execute(
        "INSERT INTO lease (name, owner, epoch, until_ms)
         SELECT 'translation/' || brand_id || '/' || mention_id || '/1/en', 'another', 1, 99999999999999 FROM judgement",
    )
    .await;
    let id = mention(&site).await;
    let fields = [("what", id.as_str()), ("version", "1")];
    assert_eq!((press(&jan, &path, &fields).await.status, service.ledger().len()), (409, 0));
    site.execute("UPDATE lease SET until_ms = 0 WHERE owner = 'another'").await;
    assert_eq!((press(&jan, &path, &fields).await.status, service.ledger().len()), (303, 1));
    let turns: Vec<(i64,)> =
        site.house.all("SELECT COUNT(*) FROM lease WHERE name LIKE 'translation/%'").await;
    assert_eq!(turns[0].0, 0, "a turn leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_and_limits_leave_the_page_whole_and_count_only_what_went_out() {
    let config = TranslationConfig { characters_per_month: 150, ..TranslationConfig::default() };
    let (site, service, jan, path) = desk(config).await;
    let id = mention(&site).await;
    let fields = [("what", id.as_str()), ("version", "1")];
    *service.fails.lock().unwrap() = Some(ServiceError::Refused("it does not take our key".to_owned()));
    let answer = press(&jan, &path, &fields).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("does not take our key") && answer.body.contains("mon colis"),
        "{}",
        answer.body
    );
    let units = || async {
        let all: Vec<(i64,)> =
            site.house.all("SELECT units FROM api_use WHERE credential = 'translation:fake'").await;
        all[0].0
    };
    assert_eq!(units().await, 0, "what never went out is given back");
    *service.fails.lock().unwrap() = Some(ServiceError::Away("cut off".to_owned()));
    assert_eq!(press(&jan, &path, &fields).await.status, 409);
    let once = units().await;
    assert!(once > 0, "what may have been done counts");
    let tries: Vec<(i64,)> = site.house.all("SELECT COUNT(*) FROM audit WHERE act = 'translation.ask'").await;
    assert_eq!(tries[0].0, 2, "what went out is written down, whatever came of it");
    *service.fails.lock().unwrap() = None;
    let answer = press(&jan, &path, &fields).await;
    assert!(answer.body.contains("The limit of this month is reached"), "{}", answer.body);
    assert_eq!((service.ledger().len(), units().await), (2, once), "nothing more went out");
    let noted: Vec<(String,)> =
        site.house.all("SELECT value FROM meta WHERE name = 'translation_reached'").await;
    assert!(noted[0].0.contains("\"stage\":2") && noted[0].0.contains("\"limit\":150"), "{noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_does_not_fit_stops_no_shorter_one() {
    let config = TranslationConfig { characters_per_month: 400, ..TranslationConfig::default() };
    let (site, service, jan, path) = desk(config).await;
    let version = site.house.case(1).await.version.to_string();
    let long = "We are sorry, it comes tomorrow. ".repeat(14);
    let fields = [("what", "draft"), ("version", version.as_str()), ("text", long.as_str())];
    let answer = press(&jan, &path, &fields).await;
    assert_eq!((answer.status, service.ledger().len()), (409, 0), "{}", answer.body);
    let noted: Vec<(String,)> =
        site.house.all("SELECT value FROM meta WHERE name = 'translation_reached'").await;
    assert!(noted.is_empty(), "nothing is used: {noted:?}");
    let id = mention(&site).await;
    let version = site.house.case(1).await.version.to_string();
    let answer = press(&jan, &path, &[("what", &id), ("version", &version)]).await;
    assert_eq!((answer.status, service.ledger().len()), (303, 1), "a shorter one goes: {}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_messages_stay_in_the_house_unless_the_settings_say_otherwise() {
    for private in [false, true] {
        let (site, service, jan, path) =
            desk(TranslationConfig { private, ..TranslationConfig::default() }).await;
        site.execute("UPDATE mention SET private = 1").await;
        assert_eq!(jan.get(&path).await.body.contains(">Translate<"), private);
        let id = mention(&site).await;
        let answer = press(&jan, &path, &[("what", &id), ("version", "1")]).await;
        assert_eq!((answer.status, service.ledger().len()), if private { (303, 1) } else { (409, 0) });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_comes_back_for_review_and_nothing_is_sent() {
    let (site, service, jan, path) = desk(TranslationConfig::default()).await;
    let version = site.house.case(1).await.version.to_string();
    let own = "We are sorry, we call 06-12345678 today";
    let fields = [("what", "draft"), ("version", version.as_str()), ("text", own)];
    let answer = press(&jan, &path, &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(service.ledger()[0].1, "fr");
    assert!(!service.ledger()[0].0.contains("12345678"));
    assert!(answer.body.contains("&#60;fr&#62; We are sorry, we call 06-12345678"), "{}", answer.body);
    assert!(answer.body.contains("Nothing was sent") && answer.body.contains("reply-own-text"));
    let actions: Vec<(i64,)> = site.house.all("SELECT COUNT(*) FROM action WHERE kind = 'reply'").await;
    assert_eq!(actions[0].0, 0);
    let drafts: Vec<(String,)> = site.house.all("SELECT body FROM content WHERE kind = 'draft'").await;
    assert_eq!(drafts[0].0, own, "one's own words are what is kept");
    let many = "call 06-12345678, ".repeat(70);
    let fields = [("what", "draft"), ("version", version.as_str()), ("text", many.as_str())];
    let answer = press(&jan, &path, &fields).await;
    assert_eq!(
        (answer.status, service.ledger().len()),
        (409, 1),
        "more than is found for certain stays here"
    );
    assert!(answer.body.contains("too much personal data"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_may_have_it_done_by_opening_the_case() {
    let config = TranslationConfig { automatic: vec!["acme".to_owned()], ..TranslationConfig::default() };
    let (_site, service, jan, path) = desk(config).await;
    assert!(jan.get(&path).await.body.contains("mon colis"));
    for _ in 0..100 {
        if jan.get(&path).await.body.contains("&#60;en&#62;") {
            assert_eq!(service.ledger().len(), 1);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it never came: {:?}", service.ledger());
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_ask_by_language() {
    let (site, service, _, _) = desk(TranslationConfig::default()).await;
    let program = site.program("p", &[Scope::Act], &[]).await;
    let case = site.house.case(1).await;
    let path = format!("/cases/{}/messages/{}/translate", case.id, mention(&site).await);
    let key = [("idempotency-key", "a-key-of-mine")];
    let answer = program.ask("POST", &path, &key, &json!({ "to": "nl" }).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let kept: Vec<(i64,)> = site.house.all("SELECT COUNT(*) FROM api_once").await;
    assert_eq!(kept[0].0, 0, "its words stand in no other place");
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&told["machine"], &told["from"], &told["to"]), (&json!(true), &json!("fr"), &json!("nl")));
    assert!(told["text"].as_str().unwrap().starts_with("<nl>") && !answer.body.contains("12345678"));
    assert_eq!(program.ask("POST", &path, &[], &json!({ "to": "other" }).to_string()).await.status, 409);
    let draft = format!("/cases/{}/draft/translate", case.id);
    let words = json!({ "text": "We call 06-12345678 today" }).to_string();
    let there = program.ask("POST", &draft, &[], &words).await.json();
    assert_eq!((&there["language"], &there["machine"]), (&json!("fr"), &json!(true)), "{there}");
    assert!(there["text"].as_str().unwrap().starts_with("<fr> We call 06-12345678"), "{there}");
    assert!(!service.ledger()[1].0.contains("12345678"));
    let none = json!({ "text": "x", "to": "men_nothing" }).to_string();
    program.ask("POST", &draft, &[], &none).await.is(422, "invalid");
    let none = format!("/cases/{}/messages/men_nothing/translate", case.id);
    assert_eq!(program.ask("POST", &none, &[], &json!({ "to": "nl" }).to_string()).await.status, 404);
    assert_eq!(service.ledger().len(), 2);
}
