//! What no sample holds, to be looked at: a translation beside its original, quotes, protocols at every stage, a thread that
//! is collected, a private talk that was joined, labels, a link to the wallboard. All parts of a page are opened first,
//! for what is folded away is not looked at.

use crate::agent::Agent;
use crate::axe;
use crate::browser::Browser;
use crate::daemon::Start;
use crate::mastodon_walk::{case_with, page_with};
use crate::pages::{self, Made};
use crate::sender::{deliver, post};
use crate::toot::Toot;
use crate::wait_for;
use crate::workday::{Desk, PATIENCE};
use axum::{Json, Router, routing};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use webcared::domain::time::Span;

const FRENCH: &str = "@acme Bonjour, mon colis n'est pas arrivé, où est-il s'il vous plaît, merci beaucoup";
const PRESS: &str = "Hi @acme, I'm a journalist with the Gazette, could you comment on your shop?";
const HELP: &str = "my parcel is a week late and nobody answers";

/// A service that speaks as LibreTranslate does; its address.
async fn translator() -> String {
    let answer = |Json(asked): Json<Value>| async move {
        let text = format!("In English: {}", asked["q"].as_str().unwrap_or_default());
        Json(json!({ "translatedText": text, "detectedLanguage": { "language": "fr", "confidence": 90 } }))
    };
    let routes = Router::new().route("/translate", routing::post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

/// Delivers posts under an id that nothing else has.
async fn come(start: &Start, id: &str, posts: Vec<Value>) {
    assert_eq!(deliver(start.port, id, &Value::Array(posts)).await, Some(202), "{id}");
}

/// Presses an act, which is done.
async fn done(who: &Agent, case: &str, act: &str, fields: &[(&str, &str)]) {
    let page = who.act(case, act, fields).await.unwrap();
    assert_eq!(page.status, 303, "{act}: {}", page.body);
}

/// Who looks, and at what they looked.
struct Eyes<'a> {
    browser: &'a Browser,
    start: &'a Start,
    seen: Vec<String>,
}

impl Eyes<'_> {
    /// Looks at a page that says something, with all its parts open.
    async fn look(&mut self, path: &str, words: &str) {
        self.browser.visit(self.start, path).await;
        self.look_here(path, words).await;
        self.seen.push(path.to_owned());
    }

    /// The same of the page that is there.
    async fn look_here(&self, what: &str, words: &str) {
        let open = "document.querySelectorAll('main details').forEach((part) => { part.open = true; })";
        self.browser.page.execute(open, vec![]).await.unwrap();
        self.browser.says(words).await;
        axe::check(self.browser, &format!("{what}: {words}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_sample_holds_is_looked_at_too() {
    let service = translator().await;
    let set = move |start: Start| {
        let text = std::fs::read_to_string(&start.file).unwrap();
        let more = format!("\n[translation]\nservice = \"libretranslate\"\nurl = \"{service}\"\n");
        std::fs::write(&start.file, text + more.as_str()).unwrap();
        start
    };
    let Some(desk) = Desk::with(1, Toot::start().await, set).await else { return };
    let (browser, start) = (&desk.browser, &desk.start);
    let agent = Agent::log_in(start, "noor", "agent").await;
    let lead = Agent::log_in(start, "mia", "lead").await;
    let mut eyes = Eyes { browser, start, seen: Vec::new() };
    comes_in(&mut eyes).await;
    wall_by_link(&mut eyes).await;
    translated(&mut eyes, &agent).await;
    quoted(&mut eyes, &agent).await;
    under_protocol(&mut eyes, (&agent, &lead)).await;
    collected(&mut eyes, &agent).await;
    joined(&mut eyes, (&desk, &agent)).await;
    assert_eq!(pages::missed(Made::States, &eyes.seen), [""; 0]);
    desk.close().await;
}

/// The door, and the page behind a link.
async fn comes_in(eyes: &mut Eyes<'_>) {
    eyes.look("/login", "Log in").await;
    let args = ["user", "add", "lea", "--name", "Lea Bos", "--role", "lead"];
    let (code, told, trouble) = eyes.start.run(&args).await;
    assert_eq!(code, Some(0), "{trouble}");
    let link = told.split_whitespace().find(|w| w.contains("/login/")).expect(&told);
    eyes.browser.page.goto(link).await.unwrap();
    eyes.look_here("log-in by link", "Log in").await;
    eyes.seen.push(eyes.browser.path().await);
    eyes.browser.named("Log in").await.click().await.unwrap();
    eyes.browser.at("/account").await;
}

/// A message in another language, before and after it was put into the reader's.
async fn translated(eyes: &mut Eyes<'_>, agent: &Agent) {
    let mut french = post("fr1", Span::minutes(3), FRENCH);
    french["lang"] = "fr".into();
    come(eyes.start, "french", vec![french]).await;
    let path = format!("/cases/{}", case_with(agent, "mon colis").await);
    eyes.look(&path, "Translate").await;
    eyes.browser.named("Translate").await.click().await.unwrap();
    eyes.browser.says("In English:").await;
    eyes.look_here("case, translated", "Machine translation").await;
    assert!(eyes.browser.text().await.contains("mon colis"), "the original stands beside it");
    eprintln!("{}", eyes.browser.picture("translated.png").await.display());
}

/// A long message, one that quotes it, and one that quotes what nobody here knows.
async fn quoted(eyes: &mut Eyes<'_>, agent: &Agent) {
    let long = "It stood still on the bridge and would not move again for an hour. ".repeat(16);
    let around = post("q1", Span::minutes(9), &format!("@acme my scooter broke, who helps me? {long}"));
    let mut quoting = post("q2", Span::minutes(8), "@acme the very same with mine, what do you do about it?");
    quoting["quotes"] = "q1".into();
    let mut unknown = post("q3", Span::minutes(7), "@acme and where is the money for mine, please?");
    unknown["quotes"] = "https://far.example/unknown".into();
    come(eyes.start, "quotes", vec![around, quoting, unknown]).await;
    for (words, says) in [
        ("my scooter broke", "would not move again"),
        ("the very same with mine", "my scooter broke"),
        ("and where is the money for mine", "not kept here"),
    ] {
        let path = format!("/cases/{}", case_with(agent, words).await);
        eyes.look(&path, says).await;
        assert_eq!(eyes.browser.has("//blockquote[@class='quoted']").await, words != "my scooter broke");
    }
}

/// Protocols that are proposed, begun, taken, done in part, and ended; a label beside them.
async fn under_protocol(eyes: &mut Eyes<'_>, (agent, lead): (&Agent, &Agent)) {
    let lamp = |n: usize, colour: &str| {
        post(&format!("lamp{n}"), Span::minutes(5), &format!("@acme where is my order of the {colour} lamp?"))
    };
    let posts = vec![
        post("press1", Span::minutes(6), PRESS),
        lamp(1, "red"),
        lamp(2, "blue"),
        lamp(3, "green"),
        lamp(4, "white"),
    ];
    come(eyes.start, "protocols", posts).await;
    let press = case_with(agent, "journalist with the Gazette").await;
    let path = format!("/cases/{press}");
    eyes.look(&path, "Press").await;
    done(agent, &press, "protocol_start", &[("protocol", "press")]).await;
    done(lead, &press, "protocol_take", &[("protocol", "press")]).await;
    let step = [("protocol", "press"), ("step", "who_asks"), ("note", "Eva of the Gazette, by five")];
    done(lead, &press, "protocol_step", &step).await;
    let label = [("label", "vip"), ("reason", "gold contract"), ("until", "")];
    done(agent, &press, "label", &label).await;
    eyes.look(&path, "Eva of the Gazette").await;
    eprintln!("{}", eyes.browser.picture("protocol.png").await.display());
    for (colour, kind) in [("red", "threat"), ("blue", "legal"), ("green", "troll"), ("white", "self_harm")] {
        let case = case_with(agent, &format!("order of the {colour} lamp")).await;
        done(agent, &case, "protocol_start", &[("protocol", kind)]).await;
        let path = format!("/cases/{case}");
        eyes.look(&path, "nobody has taken it").await;
        assert!(eyes.browser.has(&format!("//*[@id='protocol-{kind}']")).await, "{kind}");
        if kind == "troll" {
            let end = [("protocol", kind), ("reason", "a real question"), ("false_alarm", "1")];
            done(lead, &case, "protocol_end", &end).await;
            eyes.look(&path, "ended").await;
        }
    }
    eyes.look("/protocols", "Press").await;
    eyes.look("/labels", "gold contract").await;
}

/// A thread that is collected, what it holds, and the case that keeps it.
async fn collected(eyes: &mut Eyes<'_>, agent: &Agent) {
    come(
        eyes.start,
        "thread",
        vec![post("c0", Span::minutes(2), "@acme why is the yellow tram always late?")],
    )
    .await;
    let case = case_with(agent, "the yellow tram").await;
    done(agent, &case, "collect", &[("scope", "thread"), ("reason", "a storm"), ("until", "")]).await;
    let long = "what a bunch of clowns, honk honk ".repeat(60);
    let rants = ["what a bunch of clowns", long.as_str(), "clowns all of you"];
    let posts = rants.into_iter().enumerate().map(|(n, text)| {
        let mut rant = post(&format!("c{}", n + 1), Span::ZERO, &format!("@acme {text}"));
        rant["conversation_id"] = "thread-c0".into();
        rant["url"] = format!("https://toot.example/@c/{n}").into();
        rant
    });
    come(eyes.start, "storm", posts.collect()).await;
    let path = format!("/collecting/{case}");
    wait_for("what is collected", PATIENCE, || async {
        agent.get(&path).await?.body.contains("c3@toot.example").then_some(())
    })
    .await;
    eyes.look(&path, "c1@toot.example").await;
    eprintln!("{}", eyes.browser.picture("collected.png").await.display());
    eyes.look(&format!("{path}?hidden=2"), "c1@toot.example").await;
    eyes.look("/collecting", "a storm").await;
    eyes.look(&format!("/cases/{case}"), "a storm").await;
    eyes.look("/?lane=all", "the yellow tram").await;
}

/// A customer who was asked in, and whose private talk stands in the case.
async fn joined(eyes: &mut Eyes<'_>, (desk, agent): (&Desk, &Agent)) {
    desk.toot().customer_posts("maria", &format!("@acme {HELP}, where is it?"));
    let case = case_with(agent, HELP).await;
    done(agent, &case, "private_ask", &[]).await;
    page_with(agent, &case, "They can be written to", "").await;
    done(agent, &case, "private_offer", &[("text", "")]).await;
    page_with(agent, &case, "<strong>offered</strong>", "").await;
    let path = format!("/cases/{case}");
    desk.stand(1).await;
    eyes.look(&path, "offered").await;
    desk.toot().customer_writes_in_private("maria", "@acme here I am, it is parcel 4711-2290");
    page_with(agent, &case, "the private talk stands in this case", "").await;
    eyes.look(&path, "here I am").await;
    done(agent, &case, "private_send", &[("text", "It lies at our desk since Monday")]).await;
    desk.stand(2).await;
    page_with(agent, &case, "It lies at our desk since Monday", "").await;
    eyes.look(&path, "It lies at our desk since Monday").await;
    eprintln!("{}", eyes.browser.picture("joined.png").await.display());
}

/// A link to the wallboard, as the page of tokens makes it, and what it shows.
async fn wall_by_link(eyes: &mut Eyes<'_>) {
    eyes.browser.visit(eyes.start, "/tokens").await;
    eyes.browser.id("name").await.send_keys("the screen").await.unwrap();
    let choose = "document.querySelectorAll('[name=scope_wall], [name^=brand_]').forEach((b) => { b.checked = true; }); \
        document.querySelector('form[action=\"/tokens\"]').requestSubmit()";
    eyes.browser.page.execute(choose, vec![]).await.unwrap();
    let link = "//a[contains(@href, '/wall/')]";
    let link = wait_for("the link", PATIENCE, || async {
        eyes.browser.page.find(By::XPath(link)).await.ok()?.prop("href").await.ok()?
    });
    let link = url::Url::parse(&link.await).unwrap().path().to_owned();
    eyes.look_here("a token was made", "the screen").await;
    eyes.look(&link, "Late").await;
}
