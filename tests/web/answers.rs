//! Answering by the console: draft, preview, undo, send, stale views, refusals, unknowns, what follows.

use crate::fake::Ledger;
use crate::harness::post;
use crate::site::{Answer, Browser, Site};
use std::sync::Arc;
use webcared::domain::delivery::Outcome;
use webcared::domain::time::Span;
use webcared::sources::Source;
use webcared::store::source::{self, Fares, Registered};

const PLAIN: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";
const ACCOUNT: &str = "acme@toot.example";

/// A case, its account, and somebody who answers.
async fn desk() -> (Site, Arc<Ledger>, Arc<dyn Source>, Browser, String) {
    let site = Site::open().await;
    let (ledger, source) = site.connect(120, ACCOUNT);
    site.house.take(&[post("1", "sanne", "a", 0, PLAIN)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    (site, ledger, source, jan, path)
}

impl Site {
    async fn press(&self, who: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let version = self.house.case(1).await.version.to_string();
        who.press(path, &format!("{path}/act"), &[&[("version", version.as_str())], fields].concat()).await
    }

    async fn actions(&self) -> Vec<(String, String)> {
        let sql = "SELECT id, state FROM action WHERE kind = 'reply' ORDER BY created_at, id";
        self.house.all(sql).await
    }
}

fn answer(text: &str) -> [(&str, &str); 2] {
    [("act", "answer"), ("text", text)]
}

/// Sends a form of a page again as it stands there, with other fields put over it.
async fn again(who: &Browser, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let (csrf, nonce, version) = (page.field("csrf"), page.field("nonce"), page.field("version"));
    let own = [("csrf", csrf.as_str()), ("nonce", nonce.as_str()), ("version", version.as_str())];
    who.post(&format!("{path}/act"), &[&own, fields].concat()).await
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_by_draft_preview_undo_and_send() {
    let (site, ledger, source, jan, path) = desk().await;
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &["Send as @acme@toot.example", "data-max=\"120\"", "data-counting=\"links\"", "to everybody"],
    );
    // A script keeps the draft and gets the preview; the button does the same and comes back.
    let version = site.house.case(1).await.version.to_string();
    let draft = format!("{path}/draft");
    let words = [("text", "We look <b>into</b> it."), ("version", version.as_str()), ("fragment", "1")];
    let fragment = jan.press(&path, &draft, &words).await;
    assert_eq!(fragment.status, 200, "{}", fragment.body);
    // "@sanne" counts 6, for the server's name does not count.
    holds(&fragment.body, &["30 / 120", "@sanne@toot.example We look &#60;b&#62;into&#60;/b&#62; it."]);
    assert!(!fragment.body.contains("<html"));
    holds(&jan.get(&path).await.body, &["\nWe look &#60;b&#62;into&#60;/b&#62; it.</textarea>"]);
    let kept = jan.press(&path, &draft, &[("text", "We look into it."), ("version", &version)]).await;
    assert_eq!(kept.status, 303);
    assert!(kept.header("location").unwrap().ends_with("?said=kept#reply"), "{}", kept.head);
    // A colleague sees that jan writes, and not what.
    let kim = site.login("kim", "agent").await;
    let seen = kim.get(&path).await.body;
    holds(&seen, &["<strong><bdi dir=\"auto\">jan</bdi></strong> is writing"]);
    assert!(!seen.contains("We look into it"));
    site.house.clock.advance(Span::minutes(5));
    holds(&kim.get(&format!("{path}?fragment=way")).await.body, &["has a draft"]);

    let sent = site.press(&jan, &path, &answer("We look into it.")).await;
    assert_eq!(sent.header("location"), Some(format!("{path}?done=answer#way").as_str()), "{}", sent.body);
    let page = jan.get(&format!("{path}?done=answer")).await.body;
    holds(&page, &["leaves in 10 s", "Undo", "data-moving=\"soon\"", "On its way", "id=\"next\""]);
    site.send_out(&source).await;
    assert!(ledger.sent.lock().unwrap().is_empty(), "it can still be called back");
    // Words that were on their way to be kept while the answer was sent do not come back as a draft.
    let late = [("text", "We look into it."), ("version", version.as_str()), ("fragment", "1")];
    assert_eq!(jan.press(&path, &draft, &late).await.status, 200);
    assert!(!jan.get(&path).await.body.contains("We look into it.</textarea>"));

    let id = site.actions().await[0].0.clone();
    let undone = site.press(&jan, &path, &[("act", "undo"), ("action", &id)]).await;
    assert_eq!(undone.status, 303, "{}", undone.body);
    holds(&jan.get(&path).await.body, &["We look into it.</textarea>", "called an answer back"]);
    site.house.clock.advance(Span::seconds(30));
    site.send_out(&source).await;
    assert!(ledger.sent.lock().unwrap().is_empty());

    let fields = [&answer("We look into it.")[..], &[("resolve", "1"), ("reason", "Put right")]].concat();
    assert_eq!(site.press(&jan, &path, &fields).await.status, 303);
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    let sent = ledger.sent.lock().unwrap().clone();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].text, "@sanne@toot.example We look into it.");
    let case = site.house.case(1).await;
    assert_eq!((case.state.as_str(), case.ended_why.as_deref()), ("resolved", Some("Put right")));
    let page = jan.get(&path).await.body;
    holds(&page, &["us, jan", "We look into it.", "Reopen"]);
    assert!(!page.contains("id=\"reply\"") && !page.contains("id=\"h-way\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_is_never_stale_and_is_of_its_own_case_only() {
    let (site, ledger, source, jan, path) = desk().await;
    site.house.take(&[post("9", "piet", "b", 0, PLAIN)]).await;
    assert_eq!(site.press(&jan, &path, &answer("On it")).await.status, 303);
    let id = site.actions().await[0].0.clone();
    let undo = [("act", "undo"), ("action", id.as_str()), ("version", "1")];
    let other = format!("/cases/{}", site.house.case(2).await.id);
    let foreign = jan.press(&other, &format!("{other}/act"), &undo).await;
    assert_eq!(foreign.status, 404, "an answer of another case");
    site.house.take(&[post("2", "sanne", "a", 1, "@Acme hello?")]).await;
    // What jan began to type since stays, below what comes back.
    let version = site.house.case(1).await.version.to_string();
    let more = [("text", "And more"), ("version", version.as_str()), ("fragment", "1")];
    assert_eq!(jan.press(&path, &format!("{path}/draft"), &more).await.status, 200);
    assert_eq!(jan.press(&path, &format!("{path}/act"), &undo).await.status, 303);
    holds(&jan.get(&path).await.body, &["\nOn it\n\nAnd more</textarea>"]);
    let late = jan.press(&path, &format!("{path}/act"), &undo).await;
    assert_eq!(late.status, 409);
    holds(&late.body, &["left already"]);
    site.house.clock.advance(Span::minutes(1));
    site.send_out(&source).await;
    assert!(ledger.sent.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_view_sends_nothing_and_keeps_the_words() {
    let (site, ledger, source, jan, path) = desk().await;
    let page = jan.get(&path).await;
    site.house.clock.advance(Span::minutes(1));
    site.house.take(&[post("2", "sanne", "a", 1, "@Acme it has come after all, sorry")]).await;
    let fields = [&answer("We send another one")[..], &[("resolve", "1"), ("reason", "Sent anew")]].concat();
    let stale = again(&jan, &page, &path, &fields).await;
    assert_eq!(stale.status, 409);
    let parts =
        ["Nothing was sent", "We send another one</textarea>", "it has come after all", "the customer wrote"];
    holds(&stale.body, &parts);
    holds(&stale.body, &["id=\"reply-resolve\" checked", "value=\"Sent anew\"", ">new</span>"]);
    assert!(site.actions().await.is_empty());
    // Seen and still meant: the page that was shown carries the present version.
    assert_eq!(again(&jan, &stale, &path, &answer("Fine!")).await.status, 303);
    assert!(
        again(&jan, &stale, &path, &answer("Fine!")).await.header("location").unwrap().ends_with("twice=1")
    );
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    assert_eq!(ledger.sent.lock().unwrap().len(), 1);
    assert_eq!(ledger.sent.lock().unwrap()[0].to.external_id, "2", "the latest is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_the_credential_is_refused_stands_beside_the_box() {
    let (site, _, source, jan, path) = desk().await;
    let page = jan.get(&path).await.body;
    assert!(!page.contains("reply-blocked"), "{page}");
    let (name, now) = (source.name().to_owned(), site.house.clock_now());
    let rows = [Registered { name: name.clone(), kind: "mastodon".into(), counts_from: now }];
    let fares = [Fares {
        name,
        state: "needs_token".into(),
        why: "the token was taken back".into(),
        since: now,
        retry_at: None,
        heard_at: None,
        posted_at: None,
    }];
    let noted = site.house.write(move |tx| {
        Box::pin(async move {
            source::register(tx, &rows, now).await?;
            source::put(tx, &fares).await
        })
    });
    noted.await.unwrap();
    holds(&jan.get(&path).await.body, &["reply-blocked", "the token was taken back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_stand_beside_the_box() {
    let (site, _, source, jan, path) = desk().await;
    let empty = site.press(&jan, &path, &answer("  ")).await;
    assert_eq!(empty.status, 422);
    holds(&empty.body, &["write an answer"]);
    let long = "word ".repeat(40);
    let refused = site.press(&jan, &path, &answer(&long)).await;
    assert_eq!(refused.status, 422);
    holds(&refused.body, &["Too long for this platform", "class=\"over\"", long.trim()]);
    // Personal data: marked; only a lead may be sure.
    let words = "Call 06-12345678 please";
    let fields = [&answer(words)[..], &[("sure", "1")]].concat();
    let personal = site.press(&jan, &path, &fields).await;
    assert_eq!(personal.status, 422);
    holds(
        &personal.body,
        &["<mark><bdi dir=\"auto\">06-12345678</bdi></mark>", "must not hold personal data"],
    );
    holds(&personal.body, &["Call 06-12345678 please</textarea>"]);
    assert!(!personal.body.contains("reply-sure"));
    let lead = site.login("lea", "lead").await;
    let asked = site.press(&lead, &path, &answer(words)).await;
    holds(&asked.body, &["name=\"sure\""]);
    assert_eq!(again(&lead, &asked, &path, &fields).await.status, 303);
    // The same message again is asked about first.
    let twice = site.press(&lead, &path, &answer("And this")).await;
    assert_eq!(twice.status, 409);
    holds(&twice.body, &["stands already", "name=\"again\"", "And this</textarea>"]);
    let meant = [&answer("And this")[..], &[("again", "1")]].concat();
    assert_eq!(again(&lead, &twice, &path, &meant).await.status, 303);
    // Somebody else has the case: said before anything is typed, and refused.
    let page = jan.get(&path).await;
    holds(&page.body, &["<strong>lea</strong> has this case"]);
    let taken = again(&jan, &page, &path, &[&answer("Me too")[..], &[("again", "1")]].concat()).await;
    assert_eq!(taken.status, 409);
    holds(&taken.body, &["somebody else has claimed it", "Me too</textarea>"]);
    // An account that is gone, and a post that is gone.
    site.accounts.set(Vec::new());
    site.house.clock.advance(Span::minutes(1));
    holds(&lead.get(&path).await.body, &["No account of this brand can answer"]);
    site.connect(120, ACCOUNT);
    site.send_out(&source).await;
    let mut more = post("3", "sanne", "a", 5, "@Acme hello again");
    more["url"] = "https://toot.example/@sanne/3".into();
    site.house.take(&[more]).await;
    site.accounts.set(Vec::new());
    let none = site.press(&lead, &path, &answer("By hand then")).await;
    holds(
        &none.body,
        &["No account of this brand", "href=\"https://toot.example/@sanne/3\"", "By hand then</textarea>"],
    );
    site.connect(120, ACCOUNT);
    let to: Vec<(String,)> = site.house.all("SELECT id FROM mention WHERE external_id = '3'").await;
    let page = lead.get(&path).await;
    let gone = serde_json::json!({ "platform": "mastodon", "external_id": "3", "deleted": true });
    site.house.take(&[gone]).await;
    let fields = [&answer("Too late")[..], &[("to", to[0].0.as_str())]].concat();
    let removed = again(&lead, &page, &path, &fields).await;
    assert_eq!(removed.status, 409);
    holds(&removed.body, &["the customer removed a message", "Too late</textarea>"]);
    let removed = again(&lead, &removed, &path, &fields).await;
    holds(&removed.body, &["Its author has removed this post", "Too late</textarea>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_is_decided_on_the_page_of_the_case() {
    let (site, ledger, source, jan, path) = desk().await;
    site.house.take(&[post("2", "sanne", "a", 1, "@Acme anybody?")]).await;
    *ledger.next.lock().unwrap() = vec![Outcome::Unknown { evidence: "no answer <i>came</i>".into() }];
    assert_eq!(site.press(&jan, &path, &answer("On it")).await.status, 303);
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    let id = site.actions().await[0].0.clone();
    assert_eq!(site.actions().await, [(id.clone(), "unknown".to_owned())]);
    let page = jan.get(&path).await.body;
    holds(
        &page,
        &["unknown: it may stand on the platform", "It stands on the platform", "no answer &#60;i&#62;came"],
    );
    holds(&page, &["On it"]);
    assert!(!page.contains("id=\"undo-"), "what may have left cannot be called back");
    let case = path.trim_start_matches("/cases/").to_owned();
    holds(&page, &["name=\"seen\" value=\"unknown:1\""]);
    let form = |seen| [("decision", "again"), ("case", case.as_str()), ("seen", seen)];
    // Whoever saw it as it stood before another went decides nothing, or it would stand there twice.
    let old = jan.press(&path, &format!("/outbox/{id}"), &form("unknown:0")).await;
    assert_eq!(old.header("location"), Some(format!("{path}?said=already#way").as_str()));
    assert_eq!(jan.press(&path, &format!("/outbox/{id}"), &form("")).await.status, 422);
    site.send_out(&source).await;
    assert_eq!(ledger.sent.lock().unwrap().len(), 1);
    let decided = jan.press(&path, &format!("/outbox/{id}"), &form("unknown:1")).await;
    assert_eq!(decided.header("location"), Some(format!("{path}?said=settled#way").as_str()));
    site.send_out(&source).await;
    assert_eq!(site.actions().await, [(id, "done".to_owned())]);
    assert_eq!(ledger.sent.lock().unwrap().len(), 2);
    holds(&jan.get(&path).await.body, &["us, jan"]);
    // Refused by the platform: said, with its words, and can be tried again.
    *ledger.next.lock().unwrap() = vec![Outcome::Refused { reason: "blocked you".into() }];
    site.house.take(&[post("3", "sanne", "a", 2, "@Acme really?")]).await;
    assert_eq!(site.press(&jan, &path, &answer("Yes")).await.status, 303);
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    holds(&jan.get(&path).await.body, &["refused by the other side", "blocked you"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_set_on_the_account_page_and_counted() {
    let (site, ledger, source, jan, path) = desk().await;
    let set = async |brand: &str, sign: &str| {
        jan.press("/account", "/account/sign", &[("brand", brand), ("sign", sign)]).await
    };
    for bad in ["a b", "^", "<b>", &"x".repeat(21)] {
        let answer = set("", bad).await;
        assert!(answer.status == 422 || bad == "^" && answer.status == 303, "{bad}: {}", answer.status);
    }
    assert_eq!(set("brd_none", "Jan").await.status, 404);
    assert_eq!(set("", "^Jan").await.header("location"), Some("/account?sign=1"));
    assert_eq!(set(&site.house.brand_id, "JvdB").await.status, 303);
    holds(&jan.get("/account").await.body, &["value=\"^Jan\"", "value=\"^JvdB\""]);
    holds(&jan.get(&path).await.body, &["data-after=\" ^JvdB\"", "data-signed=\"JvdB\""]);
    assert_eq!(set(&site.house.brand_id, "").await.status, 303);
    assert_eq!(site.press(&jan, &path, &answer("On it")).await.status, 303);
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    assert_eq!(ledger.sent.lock().unwrap()[0].text, "@sanne@toot.example On it ^Jan");
    // Undone, the words come back without handle and sign.
    assert_eq!(site.press(&jan, &path, &[&answer("More")[..], &[("again", "1")]].concat()).await.status, 303);
    let id = site.actions().await[1].0.clone();
    assert_eq!(site.press(&jan, &path, &[("act", "undo"), ("action", &id)]).await.status, 303);
    holds(&jan.get(&path).await.body, &["\nMore</textarea>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_shows_what_leaves_with_its_undo() {
    let (site, ledger, source, jan, path) = desk().await;
    assert_eq!(site.press(&jan, &path, &answer("On it")).await.status, 303);
    let page = jan.get("/outbox").await;
    holds(&page.body, &["about to go", "leaves in 10 s", "jan", "value=\"undo\""]);
    let id = page.field("action");
    let undo = [("act", "undo"), ("action", id.as_str()), ("version", "0")];
    let answer = jan.press("/outbox", &format!("{path}/act"), &undo).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    site.house.clock.advance(Span::minutes(1));
    site.send_out(&source).await;
    assert!(ledger.sent.lock().unwrap().is_empty());
    assert!(!jan.get("/outbox").await.body.contains("about to go"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_goes_in_parts_where_that_is_ticked() {
    const ONE: &str = "Your parcel left the depot this morning and is on its way to you.";
    const TWO: &str = "The driver comes between two and five, and calls you just before.";
    let (site, ledger, source, jan, path) = desk().await;
    let long = format!("{ONE} {TWO}");
    let (first, second) =
        (format!("@sanne@toot.example {ONE} 1/2"), format!("@sanne@toot.example {TWO} 2/2"));
    assert!(!jan.get(&path).await.body.contains("reply-split"), "nothing is too long yet");
    let refused = site.press(&jan, &path, &answer(&long)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    holds(&refused.body, &["Too long for this platform", "id=\"reply-split\"", &first, &second]);
    assert!(!refused.body.contains("id=\"reply-split\" checked"));
    // The preview that is read anew keeps what was ticked.
    let version = site.house.case(1).await.version.to_string();
    let words = [("text", long.as_str()), ("version", version.as_str()), ("fragment", "1"), ("split", "1")];
    let fragment = jan.press(&path, &format!("{path}/draft"), &words).await;
    holds(&fragment.body, &["id=\"reply-split\" checked", &first, &second]);
    // What fits is never offered in parts.
    let words = [("text", ONE), ("version", version.as_str()), ("fragment", "1")];
    let fragment = jan.press(&path, &format!("{path}/draft"), &words).await;
    assert!(!fragment.body.contains("reply-split"), "{}", fragment.body);

    let fields = [&answer(&long)[..], &[("split", "1")]].concat();
    assert_eq!(site.press(&jan, &path, &fields).await.status, 303);
    let page = jan.get(&path).await.body;
    holds(&page, &["part 1 of 2", "part 2 of 2: waits for the part before it", "(2 parts)"]);
    assert_eq!(page.matches("id=\"undo-").count(), 1, "it is called back as one");
    site.house.clock.advance(Span::seconds(11));
    site.send_out(&source).await;
    let sent = ledger.sent.lock().unwrap().clone();
    let gone: Vec<(&str, &str)> = sent.iter().map(|o| (o.to.external_id.as_str(), o.text.as_str())).collect();
    assert_eq!(gone, [("1", first.as_str()), ("own-1", second.as_str())]);
    let page = jan.get(&path).await.body;
    holds(&page, &[ONE, TWO, "part 2 of 2"]);
    assert_eq!(page.matches("<li class=\"ours").count(), 1, "it is shown as one answer");
}
