//! Filters as links, saved filters, acts on many with undo, and colleagues at the same case, as browsers meet them.

use crate::harness::post;
use crate::site::{Answer, Browser, Site};
use webcared::domain::time::Span;
use webcared::tokens::Scope;

const PLAIN: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";
const DANGER: &str =
    "@Acme my charger caught fire while my child was sleeping next to it, there is smoke everywhere";

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

/// The rows of the inbox by number.
fn rows(page: &Answer) -> Vec<String> {
    page.body
        .split("id=\"row-")
        .skip(1)
        .map(|r| r.split('#').nth(1).unwrap().split('<').next().unwrap().to_owned())
        .collect()
}

pub async fn open() -> Site {
    let site = Site::open().await;
    let posts = [
        post("1", "sanne", "a", 0, "@Acme where is my parcel with the zebra?"),
        post("2", "tom", "b", 1, DANGER),
        post("3", "eva", "c", 2, PLAIN),
        post("4", "bo", "d", 3, "@Acme waar blijft mijn pakket, ik wacht al drie dagen op een antwoord"),
    ];
    site.house.take(&posts).await;
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_a_link_with_chips_that_can_be_taken_away() {
    let site = open().await;
    let jan = site.login("jan", "agent").await;
    let all = jan.get("/").await;
    assert_eq!(rows(&all).len(), 4);
    let page = jan.get("/?lane=all&text=ZEBRA+parcel&channel=mastodon").await;
    assert_eq!(rows(&page), ["1"]);
    holds(&page.body, &["Words: ZEBRA parcel", "Channel: mastodon", "value=\"ZEBRA parcel\""]);
    // Taking the words away leaves the channel.
    holds(&page.body, &["href=\"/?lane=all&#38;channel=mastodon\""]);
    assert_eq!(rows(&jan.get("/?language=nl").await), ["4"]);
    assert_eq!(rows(&jan.get("/?level=P1").await), ["2"]);
    assert_eq!(rows(&jan.get("/?level=P1,P5&level=P9").await).first().map(String::as_str), Some("2"));
    assert!(rows(&jan.get("/?owner=me").await).is_empty());
    assert_eq!(rows(&jan.get("/?owner=nobody&brand=Acme").await).len(), 4);
    assert_eq!(rows(&jan.get("/?brand=Nowhere").await).len(), 4, "a brand that nobody sees is no brand");
    let case = site.house.case(3).await;
    let path = format!("/cases/{}", case.id);
    let act = [("act", "dismiss"), ("reason", "spam"), ("version", "1")];
    assert_eq!(jan.press(&path, &format!("{path}/act"), &act).await.status, 303);
    let ended = jan.get("/?state=dismissed").await;
    assert_eq!(rows(&ended), ["3"]);
    holds(&ended.body, &["Ended cases"]);
    assert_eq!(rows(&jan.get("/?fragment=1&level=P1").await), ["2"]);
    for strange in ["/?text=%27%22*&lane=x", "/?text=%00", "/?after=9.9.9&text=a", "/?incident=inc_1&label=x"]
    {
        assert_eq!(jan.get(strange).await.status, 200, "{strange}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_saved_for_who_saves_it() {
    let site = open().await;
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let fields = [("do", "save"), ("name", "My <zebras>"), ("query", "lane=late&text=zebra&evil=1&level=P1")];
    let answer = jan.press("/?text=zebra", "/filters", &fields).await;
    assert_eq!(answer.header("location"), Some("/?lane=late&text=zebra&level=P1"));
    let page = jan.get("/").await.body;
    holds(&page, &["My &#60;zebras&#62;", "/?lane=late&#38;text=zebra&#38;level=P1"]);
    assert!(!kim.get("/").await.body.contains("zebras"));
    // Looking through it counts as use, looking elsewhere does not.
    site.execute("UPDATE saved_filter SET created_at = 0").await;
    let used = "SELECT COUNT(*) FROM saved_filter WHERE created_at > 0";
    jan.get("/?lane=late&text=zebra").await;
    assert_eq!(site.house.count(used).await, 0);
    jan.get("/?lane=late&text=zebra&level=P1").await;
    assert_eq!(site.house.count(used).await, 1);
    let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let gone = [("do", "remove"), ("id", id.as_str())];
    kim.press("/", "/filters", &gone).await;
    assert!(jan.get("/").await.body.contains("zebras"), "nobody takes away what another saved");
    jan.press("/", "/filters", &gone).await;
    assert!(!jan.get("/").await.body.contains("zebras"));
    let kept = site.house.count("SELECT COUNT(*) FROM content WHERE kind = 'saved_filter'").await;
    assert_eq!(kept, 0, "the words go with it");
    assert_eq!(jan.press("/", "/filters", &[("do", "save"), ("name", " ")]).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_dismissed_after_a_look_and_undone() {
    let site = open().await;
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let page = jan.get("/bulk?lane=all&owner=nobody").await;
    assert_eq!(page.status, 200);
    let boxes: Vec<&str> = page.body.split("type=\"checkbox\" name=\"case\"").skip(1).collect();
    assert_eq!(boxes.len(), 4);
    let fire = boxes.iter().find(|b| b.contains("#2<")).unwrap();
    assert!(!fire.split('>').next().unwrap().contains("checked") && fire.contains("urgent"), "{fire}");
    let values: Vec<String> = boxes
        .iter()
        .filter(|b| b.split('>').next().unwrap().contains("checked"))
        .map(|b| b.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
        .collect();
    assert!(!values.is_empty() && values.len() < 4, "{values:?}");
    let mut fields: Vec<(&str, &str)> = values.iter().map(|v| ("case", v.as_str())).collect();
    fields.push(("do", "dismiss"));
    let empty = jan.press("/bulk", "/bulk", &fields).await;
    assert_eq!(empty.status, 422, "a reason is needed");
    fields.push(("reason", "not for us"));
    let done = jan.press("/bulk", "/bulk", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let at = done.header("location").unwrap().to_owned();
    assert_eq!(rows(&jan.get("/?state=dismissed").await).len(), values.len());
    holds(&jan.get(&at).await.body, &[&format!("done with {} cases", values.len()), "Undo it"]);
    assert_eq!(kim.get(&at).await.status, 404, "another's act is none of hers");
    let undoes = format!("action=\"{at}\"");
    holds(&jan.get("/bulk").await.body, &["What you did in the last ten minutes", &undoes]);
    assert!(!kim.get("/bulk").await.body.contains(&at));
    assert_eq!(jan.press(&at, &at, &[]).await.status, 303);
    holds(&jan.get(&at).await.body, &[&format!("undone with {} cases", values.len())]);
    let latest = jan.get("/bulk").await.body;
    assert!(latest.contains(&at) && !latest.contains(&undoes), "{latest}");
    assert!(rows(&jan.get("/?state=dismissed").await).is_empty());
    assert_eq!(rows(&jan.get("/").await).len(), 4);
    // Chosen by hand, one of them stale.
    let (one, two) = (site.house.case(1).await, site.house.case(3).await);
    let picked = jan.get(&format!("/bulk?case={}&case={}&case=x", one.id, two.id)).await;
    assert_eq!(picked.body.matches("name=\"case\"").count(), 2);
    let (a, b) = (format!("{}:{}", one.id, one.version), format!("{}:{}", two.id, two.version - 1));
    let done = jan.press("/bulk", "/bulk", &[("case", &a), ("case", &b), ("do", "claim")]).await;
    let at = done.header("location").unwrap().to_owned();
    holds(&jan.get(&at).await.body, &["done with 1 cases", "changed since you saw it", "#3<"]);
    let dutch = [("accept", "text/html"), ("accept-language", "nl")];
    holds(&jan.send("GET", &at, &dutch, "").await.body, &["de zaak is veranderd sinds je haar zag"]);
    site.house.clock.advance(Span::minutes(11));
    assert!(!jan.get(&at).await.body.contains("Undo it"));
    let newcomer = site.login("new", "newcomer").await;
    assert_eq!(newcomer.get("/bulk").await.status, 403);
}

async fn say(site: &Site, who: &Browser, kind: &str) {
    let path = format!("/cases/{}", site.house.case(1).await.id);
    assert_eq!(who.press(&path, &format!("{path}/presence"), &[("kind", kind)]).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_at_the_same_case_see_each_other_and_hear_of_an_answer_before_they_send() {
    let site = open().await;
    site.connect(300, "acme@toot.example");
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let version = site.house.case(1).await.version.to_string();
    say(&site, &jan, "look").await;
    holds(&kim.get(&path).await.body, &["also looks at this"]);
    assert!(!jan.get(&path).await.body.contains("also looks at this"), "nobody sees themselves");
    say(&site, &jan, "type").await;
    holds(&kim.get(&format!("{path}?fragment=way")).await.body, &["is typing"]);
    say(&site, &jan, "leave").await;
    assert!(!kim.get(&path).await.body.contains("also looks at this"));
    say(&site, &jan, "look").await;
    site.house.clock.advance(Span::minutes(1));
    assert!(!kim.get(&path).await.body.contains("also looks at this"), "it runs out");
    // Both write; the first to send is told to the second before anything goes.
    let send = |text: &'static str| [("act", "answer"), ("text", text)];
    let fields = [&[("version", version.as_str())], &send("It is on its way")[..]].concat();
    assert_eq!(jan.press(&path, &format!("{path}/act"), &fields).await.status, 303);
    let fields = [&[("version", version.as_str())], &send("We look into it")[..]].concat();
    let second = kim.press(&path, &format!("{path}/act"), &fields).await;
    assert_eq!(second.status, 409);
    holds(&second.body, &["id=\"reply-problem\"", "We look into it"]);
    let sent = site.house.count("SELECT COUNT(*) FROM action WHERE kind = 'reply'").await;
    assert_eq!(sent, 1);
    let path_of = format!("{path}/presence");
    assert_eq!(jan.press(&path, &path_of, &[("kind", "dance")]).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_note_names_sees_it_in_the_inbox_until_they_look() {
    let site = open().await;
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let case = site.house.case(1).await;
    let path = format!("/cases/{}", case.id);
    let fields = [("act", "note"), ("text", "@kim can you look?"), ("version", "1")];
    assert_eq!(jan.press(&path, &format!("{path}/act"), &fields).await.status, 303);
    holds(&kim.get("/").await.body, &["id=\"named\"", "You are named in a note", "#1<"]);
    assert!(!jan.get("/").await.body.contains("id=\"named\""));
    kim.get(&path).await;
    assert!(!kim.get("/").await.body.contains("id=\"named\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn my_languages_are_those_that_i_take_up() {
    let site = open().await;
    let jan = site.login("jan", "agent").await;
    assert!(!jan.get("/").await.body.contains("lane=languages"), "where nobody said any there is no lane");
    site.execute("INSERT INTO duty_said (id, person_id, is_on, from_ms, until_ms, languages, sectors, via) SELECT 'd', id, 1, 0, 1, '[\"nl\"]', '[]', 'console' FROM person WHERE login = 'jan'").await;
    holds(&jan.get("/").await.body, &["lane=languages", "My languages"]);
    assert_eq!(rows(&jan.get("/?lane=languages").await), ["4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_proposed_approved_offered_used_and_counted() {
    let site = open().await;
    site.connect(300, "acme@toot.example");
    let (jan, lea) = (site.login("jan", "agent").await, site.login("lea", "lead").await);
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let write = |title: &'static str, text: &'static str| {
        [("do", "write"), ("brand", "Acme"), ("language", "en"), ("title", title), ("text", text)]
    };
    let parcel = write("Where a parcel is", "Hi {name}, your parcel is on its way, says {brand}.");
    assert_eq!(jan.press("/library", "/library", &parcel).await.status, 303);
    let page = jan.get("/library").await.body;
    holds(&page, &["Where a parcel is", "proposed"]);
    assert!(!page.contains("value=\"approve\""), "an agent approves nothing");
    assert!(
        !jan.get(&format!("{path}/library")).await.body.contains("Where a parcel is"),
        "not yet approved"
    );
    let id = page.split("class=\"card\" id=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let approve = [("do", "approve"), ("brand", "Acme"), ("id", id.as_str())];
    assert_eq!(jan.press("/library", "/library", &approve).await.status, 409);
    assert_eq!(lea.press("/library", "/library", &approve).await.status, 303);
    let shops = write("When shops are open", "Our shops are open from nine to six.");
    assert_eq!(lea.press("/library", "/library", &shops).await.status, 303);
    // A form that is pressed twice writes one answer.
    let form = lea.get("/library").await;
    let (csrf, nonce) = (form.field("csrf"), form.field("nonce"));
    let twice = write("Pressed twice", "Only one of these stays.");
    let twice = [&[("csrf", csrf.as_str()), ("nonce", nonce.as_str())][..], &twice[..]].concat();
    assert_eq!(lea.post("/library", &twice).await.status, 303);
    assert_eq!(lea.post("/library", &twice).await.status, 303);
    let made: Vec<(i64,)> =
        site.house.all("SELECT COUNT(*) FROM content WHERE body LIKE '%Only one of these stays.%'").await;
    assert_eq!(made, [(1,)]);
    let wrong = write("x", "Hello {order}");
    let wrong = [&wrong[..], &[("replaces", id.as_str())]].concat();
    let refused = lea.press("/library", "/library", &wrong).await;
    assert_eq!(refused.status, 422);
    // What it was to replace is not forgotten with the refusal.
    holds(
        &refused.body,
        &[
            "Hello {order}</textarea>",
            &format!("name=\"replaces\" value=\"{id}\">\n<label for=\"write-brand\">"),
        ],
    );
    // What is like the case is offered, filled in; what is not is found by its words.
    let part = jan.get(&format!("{path}/library?fragment=1")).await.body;
    holds(&part, &["Where a parcel is", "Hi sanne, your parcel is on its way, says Acme."]);
    assert!(!part.contains("shops"));
    holds(&jan.get(&format!("{path}/library?text=shops")).await.body, &["When shops are open"]);
    // Without a script the box is filled by a link.
    let filled = jan.get(&format!("{path}?use={id}")).await.body;
    holds(&filled, &["Hi sanne, your parcel", &format!("id=\"reply-library\" value=\"{id}\"")]);
    let version = site.house.case(1).await.version.to_string();
    let text = "Hi sanne, your parcel is on its way, says Acme.";
    let fields = [
        ("act", "answer"),
        ("library", id.as_str()),
        ("text", text),
        ("version", version.as_str()),
        ("resolve", "1"),
        ("reason", "told"),
    ];
    let sent = jan.press(&path, &format!("{path}/act"), &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let uses: Vec<(i64, i64)> = site.house.all("SELECT seq, edited FROM library_use").await;
    assert_eq!((uses.len(), uses[0].1), (1, 0), "it went as it was");
    holds(&jan.get("/library?text=parcel").await.body, &["used 1, changed before sending 0"]);
    // Where it is offered stands how like it is, in which language, and what came of it.
    let part = jan.get(&format!("{path}/library?fragment=1")).await.body;
    holds(&part, &["likeness ", " %", "<abbr>en</abbr>", "used 1, changed before sending 0"]);
    listed_by_program(&site).await;
    // What came of the case counts with it.
    let outcomes =
        [("resolve", "case resolved after it 1, opened again 0"), ("reopen", "it 1, opened again 1")];
    for (does, outcome) in outcomes {
        let version = site.house.case(1).await.version.to_string();
        let fields = [("act", does), ("reason", "told"), ("version", version.as_str())];
        let done = jan.press(&path, &format!("{path}/act"), &fields).await;
        assert_eq!(done.status, 303, "{}", done.body);
        holds(&jan.get("/library?text=parcel").await.body, &[outcome]);
    }
    // A better one takes its place once a lead approves it.
    let better =
        [&write("Where a parcel is", "Your parcel is near.")[..], &[("replaces", id.as_str())]].concat();
    assert_eq!(lea.press("/library", "/library", &better).await.status, 303);
    let page = jan.get("/library").await.body;
    assert!(page.contains("Your parcel is near.") && !page.contains(&format!("id=\"{id}\"")));
    assert_eq!(jan.get(&format!("{path}?use={id}")).await.status, 200, "one that is withdrawn fills nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_too_long_for_the_brands_account_says_so_where_it_stands() {
    let site = open().await;
    site.connect(300, "acme@toot.example");
    let long = "parcels and their ways ".repeat(20);
    let lea = site.login("lea", "lead").await;
    let short = [("do", "write"), ("brand", "Acme"), ("language", "en"), ("title", "No"), ("text", "Short.")];
    assert_eq!(lea.press("/library", "/library", &short).await.status, 303);
    let write =
        [("do", "write"), ("brand", "Acme"), ("language", "nl"), ("title", "All"), ("text", long.as_str())];
    assert_eq!(lea.press("/library", "/library", &write).await.status, 303);
    let page = lea.get("/library?language=nl").await.body;
    holds(&page, &["Too long for one post there: mastodon (459 / 300)"]);
    assert!(!lea.get("/library?language=en").await.body.contains("Too long for"), "the others fit");
    let program = site.program("LONG", &[Scope::Read], &[]).await;
    let all = program.get("/brands/Acme/library?language=nl").await.json();
    assert_eq!(all["answers"][0]["too_long"][0]["max"].as_u64(), Some(300));
}

/// The library with what came of it, as a program reads it.
async fn listed_by_program(site: &Site) {
    let program = site.program("CRM", &[Scope::Read], &[]).await;
    let all = program.get("/brands/Acme/library").await.json();
    let one = |n: usize| (all["answers"][n]["title"].as_str().unwrap(), all["answers"][n]["used"].as_i64());
    assert_eq!(one(0), ("Pressed twice", Some(0)));
    assert_eq!(one(2), ("Where a parcel is", Some(1)));
    assert!(all["next"].is_null(), "there are no more");
    let first = all["answers"][0]["id"].as_str().unwrap();
    let rest = program.get(&format!("/brands/Acme/library?cursor={first}")).await.json();
    assert_eq!(rest["answers"].as_array().unwrap().len(), 2);
    let like = program.get("/brands/Acme/library?q=shops").await.json();
    assert_eq!(like["answers"][0]["title"].as_str(), Some("When shops are open"));
    assert_eq!(program.get("/brands/Acme/library?cursor=x").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_on_many_by_program_is_done_once_under_its_key() {
    let site = open().await;
    let program = site.program("CRM", &[Scope::Read, Scope::Act], &[]).await;
    let case = site.house.case(1).await;
    let body = format!(
        r#"{{"do":"dismiss","reason":"spam","cases":[{{"case":"{}","version":{}}}]}}"#,
        case.id, case.version
    );
    let key = [("idempotency-key", "one")];
    let done = program.ask("POST", "/batches", &key, &body).await;
    assert_eq!((done.status, done.json()["done"].as_i64()), (200, Some(1)), "{}", done.body);
    let again = program.ask("POST", "/batches", &key, &body).await;
    assert_eq!((again.status, &again.body), (200, &done.body), "who lost the answer is told it");
    assert_eq!(site.house.count("SELECT COUNT(*) FROM batch").await, 1);
}
