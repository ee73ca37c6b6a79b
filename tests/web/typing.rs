//! What is typed beside the public answer survives a reload, for its writer alone, and is gone once it was sent.

use crate::fake::Ledger;
use crate::harness::post;
use crate::site::{Answer, Browser, Site};
use std::sync::Arc;
use webcared::sources::Source;

const HELP: &str = "@Acme my parcel has not arrived and nobody answers, this is annoying";

async fn desk() -> (Site, Arc<Ledger>, Arc<dyn Source>, Browser, String) {
    let site = Site::open().await;
    let (ledger, source) = site.connect(400, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, HELP)]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    (site, ledger, source, jan, path)
}

async fn press(site: &Site, who: &Browser, path: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
    let version = site.house.case(1).await.version.to_string();
    who.press(path, &format!("{path}/{to}"), &[&[("version", version.as_str())], fields].concat()).await
}

async fn drafts(site: &Site) -> Vec<(String, String)> {
    site.house.all("SELECT id, body FROM content WHERE kind = 'draft' ORDER BY id").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_and_a_private_word_are_kept_for_their_writer_and_gone_once_sent() {
    let (site, _ledger, _source, jan, path) = desk().await;
    let note = [("act", "note"), ("text", "She is a <b>builder</b>")];
    let kept = press(&site, &jan, &path, "draft", &note).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    assert_eq!(kept.header("location"), Some(format!("{path}?said=kept#do-note").as_str()));
    let private = [("act", "private_send"), ("text", "We pay it back 👋")];
    let kept = press(&site, &jan, &path, "draft", &private).await;
    assert_eq!(kept.header("location"), Some(format!("{path}?said=kept#private").as_str()));
    let page = jan.get(&path).await.body;
    assert!(page.contains("\nShe is a &#60;b&#62;builder&#60;/b&#62;</textarea>"), "{page}");
    assert!(page.contains("\nWe pay it back 👋</textarea>"), "{page}");
    let els = site.login("els", "agent").await;
    let page = els.get(&path).await.body;
    assert!(
        !page.contains("builder") && !page.contains("We pay it back"),
        "what is typed is its writer's: {page}"
    );
    assert_eq!(drafts(&site).await.len(), 2);
    // The note is written: its draft goes, the other stays.
    let written = press(&site, &jan, &path, "act", &note).await;
    assert_eq!(written.status, 303, "{}", written.body);
    let left = drafts(&site).await;
    assert!(left.len() == 1 && left[0].0.ends_with("/private"), "{left:?}");
    let sent = press(&site, &jan, &path, "act", &private).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert!(drafts(&site).await.is_empty());
    assert_eq!(site.house.count("SELECT COUNT(*) FROM draft_beside").await, 0);
    // That drafts are begun and dropped stands in the audit; no letter of them does.
    let acts: Vec<(String,)> = site.house.all("SELECT act FROM audit WHERE act = 'case.draft'").await;
    assert_eq!(acts.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gets_back_how_a_private_word_goes_and_an_empty_text_drops_the_draft() {
    let (site, _ledger, _source, jan, path) = desk().await;
    let ask = [("act", "private_send"), ("text", "We pay it back"), ("fragment", "1")];
    let part = press(&site, &jan, &path, "draft", &ask).await;
    assert_eq!(part.status, 200, "{}", part.body);
    assert!(
        part.body.contains("id=\"private-count\"") && part.body.contains("for=\"private-text\""),
        "{}",
        part.body
    );
    assert!(part.body.contains("We pay it back") && part.body.contains("acme"), "{}", part.body);
    let page = jan.get(&path).await.body;
    assert_eq!(page.matches("id=\"count\"").count(), 1, "ids stand once: {page}");
    assert_eq!(page.matches("id=\"private-count\"").count(), 1, "{page}");
    let note = press(&site, &jan, &path, "draft", &[("act", "note"), ("text", "x"), ("fragment", "1")]).await;
    assert_eq!(note.status, 204);
    for act in ["private_send", "note"] {
        press(&site, &jan, &path, "draft", &[("act", act), ("text", " "), ("fragment", "1")]).await;
    }
    assert!(drafts(&site).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_refused_act_held_is_kept() {
    let (site, _ledger, _source, jan, path) = desk().await;
    let seen = site.house.case(1).await.version.to_string();
    site.house.take(&[post("2", "sanne", "a", 1, "@Acme and now the second one as well")]).await;
    let fields = [("version", seen.as_str()), ("act", "private_send"), ("text", "Typed before she wrote")];
    let stale = jan.press(&path, &format!("{path}/act"), &fields).await;
    assert_eq!(stale.status, 409, "{}", stale.body);
    assert!(jan.get(&path).await.body.contains("\nTyped before she wrote</textarea>"));
}
