//! What people do besides answering: note, snooze, moderate, wait, go to the next case; and what
//! stands around a conversation.

use crate::harness::{answer, post};
use crate::site::{Answer, Browser, Site};
use webcared::domain::time::{Span, Timestamp};
use webcared::sources::reply::Measure;

const PLAIN: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";
const DANGER: &str =
    "@Acme my charger caught fire while my child was sleeping next to it, there is smoke everywhere";

async fn act(site: &Site, who: &Browser, number: i64, fields: &[(&str, &str)]) -> Answer {
    let case = site.house.case(number).await;
    let (path, version) = (format!("/cases/{}", case.id), case.version.to_string());
    who.press(&path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snoozed_case_leaves_the_lanes_until_its_time() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let jan = site.login("jan", "agent").await;
    assert_eq!(act(&site, &jan, 1, &[("act", "claim")]).await.status, 303);
    for (word, until) in [
        ("15m", site.now().plus(Span::minutes(15))),
        // The start is in the evening of 21 September in Amsterdam.
        ("morning", Timestamp::parse("2026-09-22T07:00:00Z").unwrap()),
    ] {
        assert_eq!(act(&site, &jan, 1, &[("act", "snooze"), ("for", word)]).await.status, 303);
        assert_eq!(site.house.case(1).await.snoozed_until, Some(until.millis()), "{word}");
    }
    for lane in ["all", "mine", "unclaimed", "late"] {
        assert!(!jan.get(&format!("/?lane={lane}")).await.body.contains("#1<"), "{lane}");
    }
    assert_eq!(jan.get("/next").await.header("location"), Some("/?lane=unclaimed&said=none"));
    holds(&jan.get("/?lane=snoozed").await.body, &["#1<", "snoozed until"]);
    holds(&jan.get(&format!("/cases/{}", site.house.case(1).await.id)).await.body, &["Wake it", "snoozed"]);
    assert_eq!(act(&site, &jan, 1, &[("act", "snooze"), ("for", "wake")]).await.status, 303);
    holds(&jan.get("/?lane=mine").await.body, &["#1<"]);
    assert_eq!(act(&site, &jan, 1, &[("act", "snooze"), ("for", "1h")]).await.status, 303);
    site.house.clock.advance(Span::minutes(61));
    holds(&jan.get("/?lane=late").await.body, &["#1<"]);
    assert_eq!(act(&site, &jan, 1, &[("act", "snooze"), ("for", "4h")]).await.status, 303);
    site.house.take(&[post("2", "sanne", "a", 65, "@Acme hello?")]).await;
    holds(&jan.get("/?lane=mine").await.body, &["#1<"]);
    assert_eq!(act(&site, &jan, 1, &[("act", "snooze"), ("for", "<b>")]).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_case_is_the_most_urgent_that_is_nobodys_or_mine() {
    let site = Site::open().await;
    site.connect(300, "acme@toot.example");
    let posts =
        [post("1", "a", "a", 0, PLAIN), post("2", "b", "b", 1, DANGER), post("3", "c", "c", 2, PLAIN)];
    site.house.take(&posts).await;
    let (jan, kim) = (site.login("jan", "agent").await, site.login("kim", "agent").await);
    let at = async |number: i64| format!("/cases/{}", site.house.case(number).await.id);
    let next = async |who: &Browser, from: &str| {
        who.get(from).await.header("location").unwrap().split('?').next().unwrap().to_owned()
    };
    assert_eq!(next(&jan, "/next").await, at(2).await);
    // Passing over goes on to the one after, and at the end says so.
    let page = jan.get(&at(2).await).await.body;
    let href = page.split("href=\"/next").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let over = jan.get(&format!("/next{href}")).await.header("location").unwrap().to_owned();
    assert!(over.starts_with(&at(1).await), "{over}");
    let page = jan.get(&over).await.body;
    let href = page.split("href=\"/next").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(next(&jan, &format!("/next{href}")).await, at(3).await);
    // Taken by kim: not for jan. Waiting: for nobody. Answered, still on its way: for nobody.
    assert_eq!(act(&site, &kim, 2, &[("act", "claim")]).await.status, 303);
    assert_eq!((next(&jan, "/next").await, next(&kim, "/next").await), (at(1).await, at(2).await));
    assert_eq!(act(&site, &jan, 1, &[("act", "front")]).await.status, 303);
    assert_eq!(next(&jan, "/next").await, at(3).await);
    assert_eq!(act(&site, &jan, 3, &[("act", "answer"), ("text", "On it")]).await.status, 303);
    assert_eq!(jan.get("/next").await.header("location"), Some("/?lane=unclaimed&said=none"));
    holds(&jan.get("/?lane=unclaimed&said=none").await.body, &["Nothing waits for you"]);
    assert_eq!(site.house.case(1).await.state, "waiting_front_office");
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_stand_in_the_timeline_and_only_there() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let jan = site.login("jan", "agent").await;
    let note = "Spoke to <b>depot</b>:\u{202e} parcel found";
    assert_eq!(act(&site, &jan, 1, &[("act", "note"), ("text", note)]).await.status, 303);
    let page = jan.get(&format!("/cases/{}", site.house.case(1).await.id)).await.body;
    holds(&page, &["noted", "Spoke to &#60;b&#62;depot", "U+202E"]);
    let bodies: Vec<(String,)> = site.house.all("SELECT body FROM case_event").await;
    assert!(bodies.iter().all(|(b,)| !b.contains("depot")), "words stand in content only");
    assert_eq!(act(&site, &jan, 1, &[("act", "note"), ("text", " ")]).await.status, 422);
    // On a stale view a note waits, with its words.
    let stale = site.house.case(1).await;
    site.house.take(&[post("2", "sanne", "a", 1, "@Acme hello?")]).await;
    let path = format!("/cases/{}", stale.id);
    let version = stale.version.to_string();
    let fields = [("act", "note"), ("text", "typed with care"), ("version", version.as_str())];
    let answer = jan.press(&path, &format!("{path}/act"), &fields).await;
    assert_eq!(answer.status, 409);
    holds(&answer.body, &["has changed since", "\ntyped with care</textarea>"]);
    // So do the words of every other form: filled in again, or told where it is not.
    let fields = [
        ("act", "promise"),
        ("text", "we ring on Friday"),
        ("due", "2026-09-25T10:00"),
        ("owed_by", "front_office"),
        ("version", version.as_str()),
    ];
    let answer = jan.press(&path, &format!("{path}/act"), &fields).await;
    assert_eq!(answer.status, 409);
    holds(
        &answer.body,
        &["value=\"we ring on Friday\"", "value=\"2026-09-25T10:00\"", "id=\"do-promise\" open"],
    );
    assert!(!answer.body.contains("otherwise than what was promised"), "{}", answer.body);
    let fields = [
        ("act", "goodwill"),
        ("kind", "voucher"),
        ("amount", "12.50"),
        ("reason", "long <wait>"),
        ("version", version.as_str()),
    ];
    let answer = jan.press(&path, &format!("{path}/act"), &fields).await;
    assert_eq!(answer.status, 409);
    holds(&answer.body, &["id=\"left-words\"", "12.50", "long &#60;wait&#62;"]);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM promise").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_are_those_of_the_account_and_of_the_role() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let (jan, lead) = (site.login("jan", "agent").await, site.login("lea", "lead").await);
    let path = format!("/cases/{}", site.house.case(1).await.id);
    assert!(!jan.get(&path).await.body.contains("do-moderate"), "no account, no measures");
    let (ledger, source) = site.connect(300, "acme@toot.example");
    let page = jan.get(&path).await.body;
    holds(&page, &["value=\"like\"", "value=\"mute\"", "value=\"report\""]);
    assert!(page.contains("value=\"block\"") && !page.contains("value=\"unlike\""), "{page}");
    let take = async |who: &Browser, measure: &str, reason: &str| {
        act(&site, who, 1, &[("act", "moderate"), ("measure", measure), ("reason", reason)]).await
    };
    assert_eq!(take(&jan, "like", "").await.status, 303);
    let bare = take(&jan, "mute", " ").await;
    assert_eq!(bare.status, 422);
    holds(&bare.body, &["name the house rule", "id=\"do-moderate\" open"]);
    // Blocking needs a lead or two people: the wish of one stands there, and nobody is their own second person.
    assert_eq!(take(&jan, "block", "threats").await.status, 303);
    holds(&jan.get(&path).await.body, &["asked a second person for: Block the author"]);
    let refused = take(&jan, "block", "threats <b>").await;
    assert_eq!(refused.status, 409);
    holds(
        &refused.body,
        &["&#39;block&#39; waits for a second person or a lead", "value=\"threats &#60;b&#62;\""],
    );
    assert_eq!(take(&lead, "block", "threats").await.status, 303);
    assert_eq!(take(&jan, "unblock", "x").await.status, 409, "this account has no such measure");
    assert_eq!(take(&jan, "hug", "x").await.status, 422);
    site.send_out(&source).await;
    let taken = ledger.moderated.lock().unwrap().clone();
    assert_eq!(taken, [(Measure::Like, String::new()), (Measure::Block, "threats".to_owned())]);
    let page = jan.get(&path).await.body;
    holds(&page, &["moderated: Like", "moderated: Block the author", "value=\"unlike\""]);
    assert!(!page.contains("value=\"like\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_shows_what_stands_around_it_and_what_became_of_it() {
    let site = Site::open().await;
    site.connect(300, "acme@toot.example");
    let mut around =
        post("0", "otto", "a", -5, "has anybody heard of parcels lately? mail me: otto@example.org");
    around["context"] = true.into();
    let mut mine = post("1", "sanne", "a", 0, PLAIN);
    mine["in_reply_to"] = "0".into();
    site.house.clock.advance(Span::minutes(30));
    site.house
        .take(&[mine.clone(), around, answer("2", "1", "a", 5), post("3", "sanne", "a", 6, "@Acme and?")])
        .await;
    let jan = site.login("jan", "agent").await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let page = jan.get(&path).await.body;
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words} in {page}"));
    assert!(
        at("heard of parcels") < at("my parcel has not") && at("my parcel has not") < at("looking into it")
    );
    holds(&page, &["class=\"around\"", ">context</span>"]);
    assert!(!page.contains("otto@example.org"), "a bystander's data is covered");
    // Which one is answered can be chosen.
    let first: Vec<(String,)> = site.house.all("SELECT id FROM mention WHERE external_id = '1'").await;
    let chosen = format!("{path}?to={}", first[0].0);
    holds(&page, &[&format!("href=\"{chosen}#reply\"")]);
    let page = jan.get(&chosen).await.body;
    holds(&page, &["theirs chosen", &format!("name=\"to\" value=\"{}\"", first[0].0)]);
    holds(&jan.get(&format!("{path}?to=%22%3E%3Cb%3E")).await.body, &["id=\"case\""]);
    // Edited after our answer, and our answer removed.
    mine["text"] = "@Acme my parcel came, but broken".into();
    mine["edited_at"] = site.now().rfc3339().into();
    let gone = serde_json::json!({ "platform": "mastodon", "external_id": "2", "deleted": true });
    site.house.take(&[mine]).await;
    holds(&jan.get(&path).await.body, &["edited after our answer", "came, but broken"]);
    let mut ours = answer("2", "1", "a", 5);
    ours["text"] = "@sanne we have found it".into();
    ours["edited_at"] = site.now().rfc3339().into();
    site.house.take(&[ours]).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["we have found it", "our answer was edited there"]);
    assert!(!page.contains("looking into it"));
    site.house.take(&[gone]).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["This answer of ours was removed"]);
    assert!(!page.contains("we have found it"));
    // All taken back by the customer: the case is closed and asks for nothing.
    let gone = |id: &str| serde_json::json!({ "platform": "mastodon", "external_id": id, "deleted": true });
    site.house.take(&[gone("1"), gone("3")]).await;
    let page = jan.get(&path).await.body;
    holds(&page, &["Removed by its author", "Reopen"]);
    assert!(!page.contains("broken") && !page.contains("id=\"reply\""));
    assert!(!jan.get("/").await.body.contains("#1<"));
}

#[tokio::test(flavor = "multi_thread")]
async fn resolving_arrives_filled_in_and_offers_the_next() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let jan = site.login("jan", "agent").await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    holds(&jan.get(&path).await.body, &["id=\"reason-resolve\"", "value=\"Put right\"", "<datalist"]);
    let done = act(&site, &jan, 1, &[("act", "resolve"), ("reason", "Put right")]).await;
    let to = done.header("location").unwrap().to_owned();
    assert_eq!(to, format!("{path}?done=1"));
    holds(&jan.get(&to).await.body, &["class=\"button next main\""]);
    let auditor = site.login("audit", "auditor").await;
    let page = auditor.get(&path).await.body;
    for part in ["id=\"reply\"", "id=\"next\"", "/act\"", "do-note"] {
        assert!(!page.contains(part), "{part}");
    }
    let dutch = jan.send("GET", &path, &[("accept-language", "nl"), ("accept", "text/html")], "").await.body;
    holds(&dutch, &["Volgende zaak", "Heropenen"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_handed_to_a_colleague_with_a_line() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let jan = site.login("jan", "agent").await;
    let kim = site.login("kim", "agent").await;
    let (lea, aud) = (site.login("lea", "lead").await, site.login("aud", "auditor").await);
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let page = jan.get(&path).await.body;
    holds(&page, &["Hand to a colleague", "<option value=\"kim\">", "<option value=\"lea\">"]);
    assert!(!page.contains("<option value=\"jan\">") && !page.contains("<option value=\"aud\">"));
    assert!(!aud.get(&path).await.body.contains("Hand to a colleague"));
    let hand = |to: &'static str| [("act", "assign"), ("colleague", to), ("text", "she waits for a call")];
    for nobody in ["nobody", "", "aud"] {
        let answer = act(&site, &jan, 1, &hand(nobody)).await;
        assert_eq!(answer.status, 422, "{nobody}");
        holds(&answer.body, &["she waits for a call"]);
    }
    assert_eq!(site.house.case(1).await.claimed_by, None, "nothing was written");
    assert_eq!(act(&site, &jan, 1, &hand("Kim")).await.status, 303);
    holds(&kim.get("/?lane=mine").await.body, &["#1<"]);
    holds(&kim.get(&path).await.body, &["handed it to", "she waits for a call"]);
    assert!(!jan.get(&path).await.body.contains("Hand to a colleague"), "it is Kim's now");
    assert_eq!(act(&site, &jan, 1, &hand("jan")).await.status, 409);
    assert_eq!(act(&site, &lea, 1, &hand("jan")).await.status, 303, "a lead hands on anybody's");
    holds(&jan.get("/?lane=mine").await.body, &["#1<"]);
}
