//! What people do with the pages: find the most urgent case, claim, answer a stale view, dismiss.

use crate::harness::{House, answer, post};
use crate::site::{Browser, Site, engine, small};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use webcared::casework::{Act, Actor, Casework};
use webcared::domain::ids::PersonId;
use webcared::domain::time::Span;
use webcared::store::alert::{self, HeldRow};
use webcared::store::rows::{ActionRow, CaseRow};
use webcared::store::{bulk, outbox};

const PLAIN: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";
const DANGER: &str =
    "@Acme my charger caught fire while my child was sleeping next to it, there is smoke everywhere";
const PHONE: &str = "@Acme my parcel is still not here, call me on 06-12345678 please, I am waiting";

async fn act(
    browser: &Browser,
    case: &CaseRow,
    version: i64,
    fields: &[(&str, &str)],
) -> crate::site::Answer {
    let path = format!("/cases/{}", case.id);
    let version = version.to_string();
    let all = [&[("version", version.as_str())], fields].concat();
    browser.press(&path, &format!("{path}/act"), &all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_shows_the_most_urgent_first_with_its_time_left() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN), post("2", "piet", "b", 0, DANGER)]).await;
    let agent = site.login("Agent", "agent").await;
    let page = agent.get("/").await.body;
    let (danger, plain) = (page.find("#2<").unwrap(), page.find("#1<").unwrap());
    assert!(danger < plain, "{page}");
    for part in
        ["charger caught fire", "min left", "class=\"level P1\"", "Acme", "mastodon", "nobody", "datetime="]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    site.house.clock.advance(Span::minutes(100));
    let page = agent.get("/?lane=late").await.body;
    assert!(page.contains("h 10 late") && page.contains("left late"), "{page}");
    let dutch = agent.send("GET", "/", &[("accept-language", "nl"), ("accept", "text/html")], "").await.body;
    assert!(dutch.contains("lang=\"nl\"") && dutch.contains("te laat"), "{dutch}");
    let fragment = agent.get("/?lane=all&fragment=1").await.body;
    assert!(fragment.contains("#1<") && !fragment.contains("<html"));
}

/// A page as somebody has it who reads Dutch.
async fn dutch_page(who: &Browser, path: &str) -> String {
    who.send("GET", path, &[("accept-language", "nl"), ("accept", "text/html")], "").await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn claiming_unmasks_and_takes_it_off_the_unclaimed_lane() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PHONE)]).await;
    let case = site.house.case(1).await;
    let jan = site.login("jan", "agent").await;
    let path = format!("/cases/{}", case.id);
    let covered = jan.get(&path).await.body;
    assert!(covered.contains("class=\"covered\"") && !covered.contains("12345678"), "{covered}");
    assert!(!jan.get("/").await.body.contains("12345678"));
    for page in [path.as_str(), "/"] {
        let dutch = dutch_page(&jan, page).await;
        assert!(dutch.contains("class=\"covered\">telefoon<"), "what is covered is named in Dutch: {dutch}");
    }
    assert!(jan.get(&format!("{path}?unmask=1")).await.body.contains("12345678"));
    let answer = act(&jan, &case, case.version, &[("act", "claim")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(path.as_str())));
    assert!(jan.get(&path).await.body.contains("12345678"));
    assert!(jan.get("/?lane=mine").await.body.contains("#1<"));
    assert!(!jan.get("/?lane=unclaimed").await.body.contains("#1<"));
    // Words in another language than the page's are named by it, for who has them read out.
    assert!(dutch_page(&jan, &path).await.contains("<div class=\"post\" lang=\"en\">"));
    assert!(dutch_page(&jan, "/?lane=mine").await.contains("<div class=\"line\" lang=\"en\">"));
    let other = site.login("kim", "agent").await;
    assert!(!other.get(&path).await.body.contains("12345678"), "covered for everybody else");
    assert!(!other.get("/?lane=mine").await.body.contains("#1<"));
    assert_eq!(jan.get("/c/acme/1").await.header("location"), Some(path.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_view_shows_what_changed_and_keeps_what_was_typed() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let case = site.house.case(1).await;
    let jan = site.login("jan", "agent").await;
    site.house.clock.advance(Span::minutes(1));
    site.house.take(&[post("2", "sanne", "a", 1, "@Acme it is here now, but broken")]).await;
    let stale = act(&jan, &case, case.version, &[("act", "dismiss"), ("reason", "typed with care")]).await;
    assert_eq!(stale.status, 409);
    for part in ["has changed since", "value=\"typed with care\"", "class=\"fresh\"", "but broken"] {
        assert!(stale.body.contains(part), "{part} in {}", stale.body);
    }
    assert_eq!(site.house.case(1).await.state, "new");
    // The page shown now carries the present version: pressing again works.
    let (csrf, nonce, version) = (stale.field("csrf"), stale.field("nonce"), stale.field("version"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("nonce", &nonce),
        ("version", &version),
        ("act", "dismiss"),
        ("reason", "typed with care"),
    ];
    let path = format!("/cases/{}/act", case.id);
    assert_eq!(jan.post(&path, &fields).await.status, 303);
    let case = site.house.case(1).await;
    assert_eq!((case.state.as_str(), case.ended_why.as_deref()), ("dismissed", Some("typed with care")));
    // The same form once more does nothing.
    let again = jan.post(&path, &fields).await;
    assert!(again.header("location").unwrap().ends_with("?twice=1"), "{}", again.head);
    assert_eq!(site.house.case(1).await.version, case.version);
    let page = jan.get(&format!("/cases/{}", case.id)).await.body;
    assert!(page.contains("typed with care") && page.contains("Reopen"), "{page}");
    assert_eq!(act(&jan, &case, case.version, &[("act", "reopen")]).await.status, 303);
    assert_eq!(site.house.case(1).await.state, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_said_in_words() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let case = site.house.case(1).await;
    let empty = act(&jan, &case, case.version, &[("act", "dismiss"), ("reason", "  ")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.body.contains("say in a few words"), "{}", empty.body);
    assert_eq!(act(&jan, &case, case.version, &[("act", "claim")]).await.status, 303);
    let case = site.house.case(1).await;
    let taken = act(&kim, &case, case.version, &[("act", "claim")]).await;
    assert_eq!(taken.status, 409);
    assert!(taken.body.contains("somebody else has claimed it"), "{}", taken.body);
    assert!(!taken.body.contains("value=\"release\""), "only a lead gives back for others");
    assert_eq!(act(&jan, &case, case.version, &[("act", "wait")]).await.status, 303);
    let case = site.house.case(1).await;
    assert_eq!(act(&jan, &case, case.version, &[("act", "resolve"), ("reason", "")]).await.status, 303);
    assert_eq!(site.house.case(1).await.state, "resolved");
    let auditor = site.login("audit", "auditor").await;
    let page = auditor.get(&format!("/cases/{}", case.id)).await;
    assert!(page.status == 200 && !page.body.contains("/act\""), "an auditor looks only");
    for id in ["cas_00000000000000000000000000", "x", "%27%3B--"] {
        assert_eq!(jan.get(&format!("/cases/{id}")).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conversation_is_in_the_platforms_order() {
    let site = Site::open().await;
    // Arrives backwards.
    site.house.clock.advance(Span::minutes(30));
    site.house.take(&[post("3", "sanne", "a", 9, "@Acme third words")]).await;
    site.house.take(&[answer("2", "1", "a", 5)]).await;
    site.house.take(&[post("1", "sanne", "a", 0, "@Acme first words, my parcel is lost")]).await;
    let agent = site.login("agent", "agent").await;
    let page = agent.get(&format!("/cases/{}", site.house.case(1).await.id)).await.body;
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words} in {page}"));
    assert!(at("first words") < at("looking into it") && at("looking into it") < at("third words"));
    assert!(
        page.contains("class=\"ours\"") && page.contains("first answer") && page.contains("text_model")
            || page.contains("text model")
    );
}

async fn hint(stream: &mut tokio::net::TcpStream, wanted: &str) {
    let mut seen = String::new();
    let reading = async {
        let mut buf = [0; 2048];
        while !seen.contains(wanted) {
            let n = stream.read(&mut buf).await.unwrap();
            assert!(n > 0, "the stream ended: {seen}");
            seen += &String::from_utf8_lossy(&buf[..n]);
        }
    };
    tokio::time::timeout(Duration::from_secs(8), reading).await.expect("a hint");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_pages_hear_of_this_and_of_other_processes() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN), post("2", "piet", "b", 0, PLAIN)]).await;
    let jan = site.login("jan", "agent").await;
    let mut live = jan.connect().await;
    let cookie = jan.cookie.lock().unwrap().clone();
    live.write_all(format!("GET /live HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    hint(&mut live, "event: hello").await;
    let (one, two) = (site.house.case(1).await, site.house.case(2).await);
    assert_eq!(act(&jan, &one, one.version, &[("act", "claim")]).await.status, 303);
    hint(&mut live, &one.id).await;
    // Another process has a channel of its own; only the database tells of it.
    site.house.clock.advance(Span::seconds(30));
    let (db, mint) = (site.house.db.clone(), site.house.mint.clone());
    let other = Casework::new(
        db,
        site.house.clock.clone(),
        mint,
        site.house.current.clone(),
        tokio::sync::broadcast::Sender::new(4),
    );
    let actor = Actor { person: PersonId::new(site.now(), [9; 10]), lead: false };
    other.act(&two.brand_id, &two.id, two.version, &actor, Act::Claim { until: None }).await.unwrap();
    hint(&mut live, &two.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_outbox_may_not_decide_is_decided_by_people() {
    let site = Site::open().await;
    let (brand, now) = (site.house.brand_id.clone(), site.now());
    let mint = site.house.mint.clone();
    let ids: Vec<String> =
        (0..3).map(|_| mint.id(now, webcared::domain::ids::ActionId::new).to_string()).collect();
    let rows: Vec<ActionRow> = ids
        .iter()
        .zip(["unknown", "held", "by_hand"])
        .map(|(id, state)| {
            let mut row = ActionRow::ready(id.clone(), &brand, "reply", "mastodon", format!("k{id}"), now);
            row.state = state.to_owned();
            row.detail = if state == "by_hand" {
                "https://toot.example/reply".into()
            } else {
                "<b>no answer came".into()
            };
            row
        })
        .collect();
    site.house.write(move |tx| Box::pin(async move { bulk::insert_actions(tx, &rows).await })).await.unwrap();
    let agent = site.login("agent", "agent").await;
    let page = agent.get("/outbox").await.body;
    assert!(
        page.contains("It stands on the platform")
            && page.contains("send it again")
            && page.contains("https://toot.example/reply")
    );
    assert!(!page.contains("<b>no") && !page.contains("Stop all sending"), "{page}");
    for (id, seen, decision, state) in [
        (&ids[0], "unknown:0", "done", "done"),
        (&ids[1], "held:0", "again", "ready"),
        (&ids[2], "by_hand:0", "cancel", "cancelled"),
    ] {
        let form = [("decision", decision), ("seen", seen)];
        let answer = agent.press("/outbox", &format!("/outbox/{id}"), &form).await;
        assert_eq!(answer.header("location"), Some("/outbox?said=settled"), "{}", answer.body);
        let states: Vec<(String, String)> = site.house.all("SELECT id, state FROM action").await;
        assert!(states.contains(&(id.clone(), state.to_owned())), "{states:?}");
    }
    let lead = site.login("lead", "lead").await;
    let stop = async |stop: &str| {
        lead.press("/outbox", "/outbox/kill", &[("stop", stop), ("reason", "wrong words")]).await.status
    };
    let silent = lead.press("/outbox", "/outbox/kill", &[("stop", "1"), ("reason", " ")]).await.status;
    assert_eq!(silent, 422, "a reason is needed");
    assert_eq!(stop("1").await, 303);
    assert!(agent.get("/").await.body.contains("All sending is stopped"));
    assert!(agent.get("/outbox").await.body.contains("wrong words"));
    site.house.clock.advance(webcared::domain::time::Span::seconds(2));
    assert!(site.stranger().get("/readyz").await.body.contains("sending: all sending is stopped"));
    let on =
        site.house.db.read("test", |tx| Box::pin(outbox::switch(tx, outbox::KILL_SWITCH))).await.unwrap();
    assert!(on);
    assert_eq!(stop("0").await, 303);
    assert!(!agent.get("/").await.body.contains("All sending is stopped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_add_up_and_help_is_there() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN), serde_json::json!({ "no": "post" })]).await;
    site.execute(
        "INSERT INTO source (name, kind, counts_from, state, state_why, state_since)
         VALUES ('toots', 'mastodon', 0, 'refused', 'The server refused our token; make a new one.', 1790000000000)",
    )
    .await;
    let agent = site.login("agent", "agent").await;
    let page = agent.get("/sources").await.body;
    for part in ["The server refused our token", "adds up", "<td>2</td>", "Show personal data"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let open = page.split("/sources?open=").nth(1).and_then(|p| p.split('#').next()).unwrap();
    assert!(!page.contains("&#34;no&#34;"), "as it came it is shown to who asks");
    assert!(agent.get(&format!("/sources?open={open}")).await.body.contains("&#34;no&#34;"));
    assert!(!page.contains("Open from before"), "what counts is no history");
    site.execute("UPDATE mention SET historic = 1, source = 'toots'").await;
    site.execute("UPDATE cases SET historic = 1").await;
    let page = agent.get("/sources").await.body;
    let case = site.house.case(1).await;
    let link = format!("<a href=\"/cases/{}\">#1</a>", case.id);
    assert_eq!(
        (page.contains("Open from before it began to count"), page.contains(&link)),
        (true, true),
        "{page}"
    );
    site.execute("UPDATE intake_count SET n = n + 1 WHERE what = 'received'").await;
    assert!(agent.get("/sources").await.body.contains("does not add up by 1"));
    assert!(agent.get("/help").await.body.contains("/help/webhook"));
    assert!(agent.get("/help/webhook").await.body.contains("<table>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let site = Site::build(small(), None, House::build(engine()).await, None).await;
    let many: Vec<_> = (0..130)
        .map(|n| {
            post(
                &format!("{n}"),
                &format!("a{n}"),
                &format!("t{n}"),
                0,
                if n % 3 == 0 { DANGER } else { PLAIN },
            )
        })
        .collect();
    site.house.take(&many).await;
    // Some have no deadline.
    site.execute("UPDATE cases SET due_at = NULL WHERE number % 7 = 0").await;
    let agent = site.login("agent", "agent").await;
    let (mut path, mut seen, mut pages) = ("/?lane=all".to_owned(), Vec::new(), 0);
    loop {
        let page = agent.get(&path).await.body;
        seen.extend(page.match_indices("id=\"row-").map(|(at, _)| page[at + 8..at + 38].to_owned()));
        pages += 1;
        let Some(at) = page.find("class=\"next\" href=\"") else { break };
        path = page[at + 19..].split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    let distinct: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!((pages, seen.len(), distinct.len()), (3, 130, 130));
}

#[tokio::test(flavor = "multi_thread")]
async fn why_an_alert_came_later_stands_on_its_case() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let case = site.house.case(1).await;
    let path = format!("/cases/{}", case.id);
    let agent = site.login("Agent", "agent").await;
    assert!(!agent.get(&path).await.body.contains("Alerts held back"));
    let now = site.now().millis();
    let held = HeldRow {
        action_id: "act_1".into(),
        brand_id: case.brand_id.clone(),
        case_id: case.id.clone(),
        channel: "alert:night-room".into(),
        why: "quiet".into(),
        held_at: now,
        until_at: now + 3_600_000,
    };
    let noted = site.house.write(move |tx| {
        let held = [held.clone()];
        Box::pin(async move { alert::hold(tx, &held).await })
    });
    noted.await.unwrap();
    let page = agent.get(&path).await.body;
    assert!(page.contains("Alerts held back") && page.contains("night-room"), "{page}");
    assert!(page.contains("quiet hours, until"), "{page}");
}

/// The keys that the script takes: each stands before a colon, bare or in quotes.
fn taken(script: &str) -> Vec<char> {
    let block = script.split("const keys = {").nth(1).unwrap().split("\n  };").next().unwrap();
    let begins = |c: Option<char>| matches!(c, None | Some(' ' | '\n' | ','));
    let mut found = Vec::new();
    for (at, _) in block.match_indices(": ") {
        let mut before = block[..at].chars().rev();
        let key = match (before.next(), before.next()) {
            (Some('"'), Some(key)) if before.next() == Some('"') => Some(key),
            (Some(key), next) if key.is_ascii_lowercase() && begins(next) => Some(key),
            _ => None,
        };
        found.extend(key);
    }
    found
}

#[test]
fn every_key_stands_in_the_list_and_in_the_help() {
    let found = taken(include_str!("../../src/web/assets/keys.js"));
    assert!(found.len() >= 19 && found.contains(&'?') && found.contains(&'/'), "{found:?}");
    let list = include_str!("../../src/web/templates/layout.html");
    let help = include_str!("../../src/docs/console.md");
    for key in found {
        assert!(list.contains(&format!("<kbd>{key}</kbd>")), "{key} is not in the list");
        assert!(help.contains(&format!("`{key}`")), "{key} is not in the help");
    }
}
