//! The private box of a case page, without a script: asked, offered, written, joined, taken out again; and
//! who stands for personal data in public.

use crate::fake::Ledger;
use crate::harness::post;
use crate::site::{Answer, Browser, Site};
use serde_json::json;
use std::sync::Arc;
use webcared::domain::time::Span;
use webcared::sources::Source;
use webcared::store::handover::JoinRow;

const HELP: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";

async fn desk() -> (Site, Arc<Ledger>, Arc<dyn Source>, Browser, String) {
    let site = Site::open().await;
    let (ledger, source) = site.connect(400, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, HELP)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    (site, ledger, source, jan, path)
}

async fn press(site: &Site, who: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let version = site.house.case(1).await.version.to_string();
    who.press(path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
}

/// Lets leave what can no longer be called back.
async fn send_out(site: &Site, source: &Arc<dyn Source>) {
    site.house.clock.advance(Span::seconds(11));
    site.send_out(source).await;
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_asked_in_and_answered_there() {
    let (site, ledger, source, jan, path) = desk().await;
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &["id=\"private\"", "Private channel", "See how they can be reached", "id=\"private-send\""],
    );
    assert!(!page.contains("id=\"private-offer\""), "it is asked for first");
    press(&site, &jan, &path, &[("act", "private_ask")]).await;
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &["They can be written to", "Hi sanne,", "https://toot.example/@acme", "Offer in public as @acme"],
    );
    press(&site, &jan, &path, &[("act", "private_offer"), ("text", "")]).await;
    send_out(&site, &source).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["<strong>offered</strong>", "the way in stands there", "Send another one"]);
    assert_eq!(site.house.case(1).await.state, "waiting_private");
    // A second press is told so, and what was typed stays.
    let again = press(&site, &jan, &path, &[("act", "private_offer"), ("text", "Please <b>come</b>")]).await;
    holds(&again.body, &["Please &#60;b&#62;come&#60;/b&#62;", "already"]);
    let mut came = post("2", "sanne", "dm", 1, "here, my order is 4711-2290");
    (came["private"], came["visibility"]) = (json!(true), json!("direct"));
    site.house.clock.advance(Span::minutes(2));
    let old = site.house.case(1).await.version.to_string();
    site.house.take(&[came]).await;
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &["the private talk stands in this case", "A private conversation was joined", "Take it out again"],
    );
    assert!(!page.contains("id=\"private-offer\""), "who is in needs no offer");
    // Who wrote one meanwhile does not lose it with its box.
    let late = [("act", "private_offer"), ("text", "Please come <in>"), ("version", old.as_str())];
    let late = jan.press(&path, &format!("{path}/act"), &late).await;
    assert_eq!(late.status, 409);
    holds(&late.body, &["id=\"left-words\"", "Please come &#60;in&#62;"]);
    press(&site, &jan, &path, &[("act", "private_send"), ("text", "We send 4711-2290 again")]).await;
    send_out(&site, &source).await;
    let sent = ledger.sent.lock().unwrap().clone();
    assert_eq!(sent.len(), 2);
    assert_eq!((sent[1].visibility.as_str(), sent[1].to.external_id.as_str()), ("direct", "2"));
    // Taken out again, it is a case of its own.
    let talk: Vec<(String,)> = site.house.all("SELECT conversation_id FROM conversation_event").await;
    press(&site, &jan, &path, &[("act", "private_split"), ("conversation", &talk[0].0)]).await;
    assert_eq!(site.house.cases().await.len(), 2);
    holds(&jan.get(&path).await.body, &["a private conversation was taken out again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_words_are_taken_into_the_box_of_what_is_private() {
    let site = Site::open().await;
    site.connect(400, "acme@toot.example");
    let mut came = post("1", "sanne", "dm", 0, "@acme please help me, my parcel has not arrived");
    (came["private"], came["visibility"]) = (json!(true), json!("direct"));
    site.house.take(&[came]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    let page = jan.get(&path).await.body;
    holds(&page, &["id=\"reply-approved\"", "again (en)", "0.05 USD", "template=0#reply"]);
    let page = jan.get(&format!("{path}?template=0")).await.body;
    holds(&page, &["\nHello {{1}}, we have an answer. Reply to go on.</textarea>"]);
    let page = jan.get(&format!("{path}?template=7")).await.body;
    assert!(!page.contains("Reply to go on.</textarea>"), "there is none of that number");
    let (public, _, _, jan, path) = desk().await;
    assert!(!jan.get(&path).await.body.contains("reply-approved"), "nothing of it where others read");
    drop(public);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_belong_here_waits_for_a_person_in_two_languages() {
    let (site, _, _, jan, path) = desk().await;
    let mut came = post("2", "sanne", "dm", 1, "@acme please help me, I wrote before");
    (came["private"], came["visibility"]) = (json!(true), json!("direct"));
    site.house.clock.advance(Span::minutes(2));
    site.house.take(&[came]).await;
    let joins: Vec<JoinRow> = site.house.all("SELECT * FROM handover_join").await;
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &["A private conversation may belong here", "the same account", "It belongs here", "It does not"],
    );
    let other = format!("/cases/{}", site.house.case(2).await.id);
    holds(&jan.get(&other).await.body, &["This may belong to another case", &format!("{path}#private")]);
    press(&site, &jan, &path, &[("act", "private_join"), ("join", &joins[0].id)]).await;
    assert_eq!(site.house.case(2).await.state, "resolved");
    holds(&jan.get(&path).await.body, &["A private conversation was joined", "by a person"]);
    let auditor = site.login("anna", "auditor").await;
    let page = auditor.get(&path).await.body;
    holds(&page, &["Private channel"]);
    for not in ["Take it out again", "private-ask", "private-send"] {
        assert!(!page.contains(not), "{not}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_in_public_waits_for_a_second_person() {
    let (site, ledger, source, jan, path) = desk().await;
    let text = "mail us at jan@example.org";
    let page = press(&site, &jan, &path, &[("act", "answer"), ("text", text)]).await;
    holds(&page.body, &["<mark>", "Ask a second person", "I am alone on shift"]);
    let fields = [("act", "answer"), ("text", text), ("sure", "ask"), ("why", "they want it so")];
    press(&site, &jan, &path, &fields).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["they want it so", "email"]);
    assert!(!page.contains("I stand for it"), "not the one who wrote it");
    let pass: Vec<(String,)> = site.house.all("SELECT id FROM guard_pass").await;
    let anna = site.login("anna", "agent").await;
    holds(&anna.get(&path).await.body, &["I stand for it, send it", "jan@example.org"]);
    // With somebody else on duty nobody is alone.
    let fields = [("act", "answer"), ("text", text), ("sure", "alone"), ("why", "nobody here")];
    let page = press(&site, &jan, &path, &fields).await;
    holds(&page.body, &["somebody else is on duty"]);
    press(&site, &anna, &path, &[("act", "pass"), ("pass", &pass[0].0)]).await;
    send_out(&site, &source).await;
    assert_eq!(ledger.sent.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_let_pass_alone_is_looked_at_the_day_after() {
    let (site, _, source, jan, path) = desk().await;
    let text = "mail us at jan@example.org";
    let fields = [("act", "answer"), ("text", text), ("sure", "alone"), ("why", "nobody is here")];
    assert_eq!(press(&site, &jan, &path, &fields).await.status, 303);
    send_out(&site, &source).await;
    let anna = site.login("anna", "agent").await;
    assert!(!anna.get("/checks").await.body.contains("h-review"), "not before the day after");
    site.house.clock.advance(Span::hours(13));
    let again = site.login("bea", "agent").await;
    let page = again.get("/checks").await.body;
    holds(&page, &["Let pass by somebody alone", &format!("{path}#private"), "email"]);
    let page = again.get(&path).await.body;
    holds(&page, &["nobody is here", "I have looked at it"]);
    let pass: Vec<(String,)> = site.house.all("SELECT id FROM guard_pass").await;
    press(&site, &again, &path, &[("act", "review"), ("pass", &pass[0].0)]).await;
    assert!(!again.get("/checks").await.body.contains("h-review"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_that_it_is_needed_and_that_it_is_not_wanted() {
    let (site, _, source, jan, path) = desk().await;
    let page = jan.get(&path).await.body;
    holds(&page, &["This needs a private channel", "They do not want one"]);
    press(&site, &jan, &path, &[("act", "private_propose")]).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["<strong>needs a private channel</strong>"]);
    assert!(!page.contains("value=\"private_propose\""), "once");
    press(&site, &jan, &path, &[("act", "private_ask")]).await;
    press(&site, &jan, &path, &[("act", "private_offer"), ("text", "")]).await;
    send_out(&site, &source).await;
    assert!(!jan.get(&path).await.body.contains("id=\"private-answered\""));
    site.house.clock.advance(Span::minutes(5));
    site.house.take(&[post("2", "sanne", "a", 4, "@acme no thanks, here is fine")]).await;
    holds(&jan.get(&path).await.body, &["id=\"private-answered\"", "answered in public since the offer"]);
    press(&site, &jan, &path, &[("act", "private_refuse"), ("reason", "rather in <b>public</b>")]).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["<strong>not wanted, or nobody is let in</strong>"]);
    assert!(!page.contains("<b>public") && !page.contains("id=\"private-answered\""));
    assert!(matches!(site.house.case(1).await.state.as_str(), "new" | "working"));
}

#[tokio::test(flavor = "multi_thread")]
async fn until_when_a_newcomers_answer_is_their_buddys_is_counted_down() {
    let (site, _ledger, _source, jan, path) = desk().await;
    let nell = site.login("nell", "newcomer").await;
    press(&site, &nell, &path, &[("act", "answer"), ("text", "One moment, we look at it")]).await;
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &[
            "<strong>A second person is asked</strong>: newcomer",
            "Their buddy looks at it first, if one is on duty",
        ],
    );
    let clock = page.split("class=\"hint buddy\"").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(clock.contains("data-due=\"") && clock.contains(" left</time>"), "{clock}");
    let nl = [("accept-language", "nl"), ("accept", "text/html")];
    holds(&jan.send("GET", &path, &nl, "").await.body, &[": nieuweling", "Eerst kijkt de buddy"]);
    site.house.clock.advance(Span::minutes(90));
    let page = jan.get(&path).await.body;
    holds(&page, &["One moment, we look at it", "I stand for it, send it"]);
    assert!(!page.contains("class=\"hint buddy\""), "anybody may by now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_proposes_a_private_channel_and_says_that_there_is_none() {
    let (site, ledger, _, jan, path) = desk().await;
    let crm = site.program("crm", &crate::programs::WORK, &[]).await;
    let act = async |name: &str, body: &str| {
        crm.act(&format!("{path}/private/{name}"), site.house.case(1).await.version, body).await
    };
    let proposed = act("propose", "{}").await;
    assert_eq!(proposed.status, 200, "{}", proposed.body);
    let refused = act("refuse", r#"{"note":"wants it in <b>public</b>"}"#).await;
    assert_eq!(refused.status, 200, "{}", refused.body);
    let page = jan.get(&path).await.body;
    holds(&page, &["wants it in &#60;b&#62;public&#60;/b&#62;"]);
    assert!(ledger.sent.lock().unwrap().is_empty(), "nothing is sent");
    crm.act(&format!("{path}/private/propose"), 0, "{}").await.is(412, "stale");
    let events = "SELECT COUNT(*) FROM case_event WHERE kind IN ('private_proposed', 'private_refused')";
    assert_eq!(site.house.count(events).await, 2);
}
