//! A promise in an answer: proposed once, confirmed by one press, with or without scripts; calls as steps.

use crate::harness::post;
use crate::site::{Answer, Browser, Site};
use serde_json::json;
use webcared::domain::time::Span;
use webcared::tokens::Scope;

const PLAIN: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";
const WORDS: &str = "We call you within two hours.";

async fn desk() -> (Site, Browser, String) {
    let site = Site::open().await;
    site.connect(120, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    (site, jan, path)
}

async fn press(site: &Site, jan: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let version = site.house.case(1).await.version.to_string();
    jan.press(path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
}

async fn count(site: &Site, sql: &'static str) -> i64 {
    let rows: Vec<(i64,)> = site.house.all(sql).await;
    rows[0].0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_in_an_answer_comes_back_once_and_goes_with_one_press() {
    let (site, jan, path) = desk().await;
    let refused = press(&site, &jan, &path, &[("act", "answer"), ("text", WORDS)]).await;
    assert_eq!(refused.status, 422);
    for part in ["Your words promise something", "call you within two hours", "value=\"without\"", WORDS] {
        assert!(refused.body.contains(part), "{part} in {}", refused.body);
    }
    assert_eq!(count(&site, "SELECT COUNT(*) FROM promise").await, 0, "nothing is written silently");
    let due = refused.body.split("name=\"promise_due\" type=\"datetime-local\" value=\"").nth(1).unwrap();
    let due = due.split('"').next().unwrap().to_owned();
    let said = [
        ("act", "answer"),
        ("text", WORDS),
        ("promise", "with"),
        ("promise_text", "call you within two hours"),
        ("promise_due", due.as_str()),
        ("promise_owed", "webcare"),
        ("promise_act", "call"),
        ("call_number", "0612345678"),
    ];
    // Other words by now: what was confirmed of those before holds for nothing.
    let mut other = said.to_vec();
    other[1].1 = "We call you tomorrow.";
    other.push(("promise_of", "call you within two hours"));
    let again = press(&site, &jan, &path, &other).await;
    assert!(again.status == 422 && again.body.contains("call you tomorrow"), "{}", again.body);
    assert_eq!(count(&site, "SELECT COUNT(*) FROM promise").await, 0);
    let mut said = said.to_vec();
    said.push(("promise_of", "call you within two hours"));
    let sent = press(&site, &jan, &path, &said).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = jan.get(&path).await.body;
    assert!(page.contains("0612345678") && page.contains("value=\"not_reached\""), "{page}");
    // Another sees that there is a number, not the number.
    let kim = site.login("kim", "agent").await;
    assert!(!kim.get(&path).await.body.contains("0612345678"));
    // Called back, the promise was not made.
    let id: Vec<(String,)> = site.house.all("SELECT id FROM action WHERE kind = 'reply'").await;
    assert_eq!(press(&site, &jan, &path, &[("act", "undo"), ("action", &id[0].0)]).await.status, 303);
    let open = "SELECT COUNT(*) FROM obligation WHERE kind = 'promise' AND ended_at IS NULL";
    assert_eq!(count(&site, open).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_promise_it_goes_and_the_choice_stays_with_another_refusal() {
    let (site, jan, path) = desk().await;
    let long = format!("{WORDS} {}", "We are sorry. ".repeat(12));
    let fields =
        [("act", "answer"), ("text", long.as_str()), ("promise", "without"), ("promise_act", "call")];
    let refused = press(&site, &jan, &path, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("value=\"without\" checked"), "{}", refused.body);
    let sent = press(&site, &jan, &path, &[("act", "answer"), ("text", WORDS), ("promise", "without")]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(count(&site, "SELECT COUNT(*) FROM promise").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_asked_once_confirms_and_tells_of_the_call() {
    let (site, _, path) = desk().await;
    let crm = site.program("CRM", &[Scope::Read, Scope::ReadPersonal, Scope::Act, Scope::Answer], &[]).await;
    let version = || async { site.house.case(1).await.version };
    let answer = |promise: serde_json::Value| json!({ "text": WORDS, "promise": promise }).to_string();
    let act = format!("{path}/answer");
    let refused = crm.act(&act, version().await, &answer(json!("ask"))).await;
    refused.is(422, "promise");
    let found = refused.json()["promise"].clone();
    assert_eq!(
        (found["act"].as_str(), found["owed_by"].as_str()),
        (Some("call"), Some("webcare")),
        "{found}"
    );
    assert_eq!(count(&site, "SELECT COUNT(*) FROM promise").await, 0, "nothing is written silently");
    let mut promise = found;
    promise["number"] = json!("0612345678");
    let sent = crm.act(&act, version().await, &answer(json!({ "with": promise }))).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let waits: Vec<(i64,)> = site.house.all("SELECT wait FROM promise").await;
    let tries = format!("{path}/promises/{}/tries", waits[0].0);
    let tried = crm.act(&tries, version().await, r#"{"reached": false}"#).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    let running = "SELECT COUNT(*) FROM obligation WHERE kind = 'promise' AND state = 'running'";
    assert_eq!(count(&site, running).await, 1, "not reached keeps nothing");
    let reached = crm.act(&tries, version().await, r#"{"reached": true}"#).await;
    assert_eq!(reached.status, 200, "{}", reached.body);
    let kept = "SELECT COUNT(*) FROM obligation WHERE kind = 'promise' AND state = 'kept'";
    assert_eq!(count(&site, kept).await, 1);
    assert_eq!(count(&site, "SELECT COUNT(*) FROM call_try").await, 2);
    // One at another time is refused with what stands; a new one of the front office stands beside, with a reason.
    let new = |beside: &str| {
        json!({ "text": "before four", "due": site.now().plus(Span::hours(9)).rfc3339(), "owed_by": "front_office",
            "beside": beside, "reason": "told by the customer", "told": true })
    };
    let add = format!("{path}/promises");
    assert_eq!(crm.act(&add, version().await, &new("ask").to_string()).await.status, 200);
    let mut other = new("ask");
    other["due"] = json!(site.now().plus(Span::hours(3)).rfc3339());
    let refused = crm.act(&add, version().await, &other.to_string()).await;
    refused.is(422, "promise");
    assert_eq!(refused.json()["standing"][0]["text"], "before four", "{}", refused.body);
    other["beside"] = json!("both");
    assert_eq!(crm.act(&add, version().await, &other.to_string()).await.status, 200);
    assert_eq!(count(&site, running).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_replaced_holds_again_when_the_answer_is_called_back() {
    let (site, jan, path) = desk().await;
    let crm = site.program("CRM", &[Scope::Read, Scope::Act, Scope::Answer], &[]).await;
    let version = || async { site.house.case(1).await.version };
    let due = |hours: i64| site.now().plus(Span::hours(hours)).rfc3339();
    let theirs = json!({ "text": "a mechanic calls", "due": due(9), "owed_by": "front_office" });
    let added = crm.act(&format!("{path}/promises"), version().await, &theirs.to_string()).await;
    assert_eq!(added.status, 200, "{}", added.body);
    // That of a ticket is its subject: covered for whoever may not read what is personal.
    site.execute("UPDATE promise SET origin = 'ticket'").await;
    let opener = site.program("Opener", &[Scope::Read, Scope::ReadPersonal], &[]).await;
    assert_eq!(crm.get(&path).await.json()["promises"][0]["text"], json!(null));
    assert_eq!(opener.get(&path).await.json()["promises"][0]["text"], "a mechanic calls");
    let looks = "SELECT COUNT(*) FROM audit WHERE act = 'case.uncover'";
    assert_eq!(count(&site, looks).await, 1, "a look is on record");
    let timeline = format!("{path}/timeline");
    assert!(!crm.get(&timeline).await.body.contains("a mechanic calls"));
    assert_eq!(count(&site, looks).await, 1, "covered as it is");
    let reader = site.program("Reader", &[Scope::Read, Scope::ReadPersonal], &[]).await;
    assert!(reader.get(&timeline).await.body.contains("a mechanic calls"));
    assert_eq!(count(&site, looks).await, 2, "so is one on the timeline");
    let running = || async {
        let sql = "SELECT due_at FROM obligation WHERE kind = 'promise' AND state = 'running'";
        let rows: Vec<(i64,)> = site.house.all(sql).await;
        rows.into_iter().map(|r| r.0).collect::<Vec<_>>()
    };
    let first = running().await;
    let ours =
        json!({ "text": "within two hours", "due": due(2), "owed_by": "webcare", "beside": "replace" });
    let body = json!({ "text": WORDS, "promise": { "with": ours } }).to_string();
    let sent = crm.act(&format!("{path}/answer"), version().await, &body).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    assert!(running().await.len() == 1 && running().await != first, "one took the place of the other");
    let id: Vec<(String,)> = site.house.all("SELECT id FROM action WHERE kind = 'reply'").await;
    let undone =
        crm.act(&format!("{path}/undo"), version().await, &json!({ "effect": id[0].0 }).to_string()).await;
    assert_eq!(undone.status, 200, "{}", undone.body);
    assert_eq!(running().await, first, "it holds again");
    assert!(jan.get(&path).await.body.contains("the promise before it holds again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_promises_each_is_meant_or_not() {
    let (site, jan, path) = desk().await;
    let words = "We call you within two hours. We refund you within three days.";
    let refused = press(&site, &jan, &path, &[("act", "answer"), ("text", words)]).await;
    assert_eq!(refused.status, 422);
    for part in
        ["name=\"promise_text\"", "name=\"promise_text_1\"", "call you within two hours", "refund you"]
    {
        assert!(refused.body.contains(part), "{part} in {}", refused.body);
    }
    let due = |name: &str| {
        let mark = format!("name=\"{name}\" type=\"datetime-local\" value=\"");
        let at = refused.body.split(&mark).nth(1).unwrap();
        at.split('"').next().unwrap().to_owned()
    };
    let (first, second) = (due("promise_due"), due("promise_due_1"));
    let said = [
        ("act", "answer"),
        ("text", words),
        ("promise", "without"),
        ("promise_due", first.as_str()),
        ("promise_text", "call you within two hours"),
        ("promise_1", "with"),
        ("promise_due_1", second.as_str()),
        ("promise_text_1", "refund you within three days"),
        ("promise_owed_1", "webcare"),
        ("promise_act_1", "refund"),
    ];
    let sent = press(&site, &jan, &path, &said).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let rows: Vec<(String,)> = site.house.all("SELECT act FROM promise").await;
    assert_eq!(rows, [("refund".to_owned(),)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_listed_and_acted_on_by_its_id() {
    let (site, jan, path) = desk().await;
    let crm = site.program("CRM", &[Scope::Read, Scope::ReadPersonal, Scope::Act, Scope::Answer], &[]).await;
    let version = || async { site.house.case(1).await.version };
    let words = "We call you within two hours. We refund you within three days.";
    let asked = json!({ "text": words, "promise": "ask" }).to_string();
    let refused = crm.act(&format!("{path}/answer"), version().await, &asked).await;
    refused.is(422, "promise");
    let found: Vec<serde_json::Value> =
        refused.json()["promises"].as_array().unwrap().iter().map(|p| p["promise"].clone()).collect();
    assert_eq!(found.len(), 2, "{}", refused.body);
    let both = json!({ "text": words, "promise": { "each": found } }).to_string();
    let sent = crm.act(&format!("{path}/answer"), version().await, &both).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    // What was promised is told with the answer to the act.
    let told = sent.json()["promises"].clone();
    assert_eq!(told.as_array().unwrap().len(), 2, "{told}");
    assert_eq!((told[0]["state"].as_str(), told[0]["origin"].as_str()), (Some("running"), Some("answer")));
    let list = crm.get(&format!("{path}/promises")).await.json();
    assert_eq!(list["promises"], told);
    let (call, refund) = (told[0]["id"].as_str().unwrap(), told[1]["id"].as_str().unwrap());
    let due = site.now().plus(Span::hours(5)).rfc3339();
    let later = json!({ "due": due, "reason": "they asked for the evening" }).to_string();
    let moved = crm.act(&format!("{path}/promises/{call}/move"), version().await, &later).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert_eq!(moved.json()["promises"][0]["due"].as_str().unwrap()[..16], due[..16]);
    let broken = format!("{path}/promises/{refund}/break");
    let broken = crm.act(&broken, version().await, r#"{"reason": "the bank is shut"}"#).await;
    assert_eq!(broken.json()["promises"][1]["state"], "broken", "{}", broken.body);
    let kept = crm.act(&format!("{path}/promises/{call}/keep"), version().await, "{}").await;
    assert_eq!(kept.json()["promises"][0]["state"], "kept", "{}", kept.body);
    let gone = crm.act(&format!("{path}/promises/prm_x_9/keep"), version().await, "{}").await;
    assert_eq!(gone.status, 404);
    assert!(jan.get(&path).await.body.contains("said that a promise will not be kept"));
}
