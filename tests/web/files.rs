//! Files of customers on the page of their case: shown from our own origin, behind the wall, and nothing of them runs.

use crate::harness::{House, post};
use crate::site::Site;
use serde_json::json;
use webcared::domain::file::{FileState, FileWhy, Media};
use webcared::store::attachment::{self, Keeping};

const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Takes a post with files in; gives the ids of the files in their order.
async fn take(house: &House, id: &str, text: &str, files: serde_json::Value) -> Vec<String> {
    let mut post = post(id, "sanne", id, 0, text);
    post["attachments"] = files;
    house.take(&[post]).await;
    let rows: Vec<(String,)> = house
        .all("SELECT id FROM attachment ORDER BY (SELECT seq FROM mention m WHERE m.id = mention_id), place")
        .await;
    rows.into_iter().map(|r| r.0).collect()
}

async fn keep(house: &House, id: &str, media: Media, bytes: &'static [u8]) {
    let (id, now) = (id.to_owned(), house.clock_now());
    let file = Keeping { media, size: media.is_picture().then_some((1, 1)), bytes: bytes.to_vec() };
    let kept = house.write(move |tx| Box::pin(async move { attachment::keep(tx, &id, &file, now).await }));
    assert!(kept.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_stand_beside_their_message_and_what_is_missing_says_why() {
    let site = Site::open().await;
    let files = json!([
        {"url": "https://f.example/1.gif", "type": "image/gif", "alt": "the \"hinge\" <b onmouseover=x>"},
        {"url": "https://f.example/2.pdf", "type": "application/pdf", "name": "<script>alert(1)</script>.pdf"},
        {"url": "https://f.example/3.gif", "type": "image/gif"},
        {"url": "https://f.example/4.mp4", "type": "video/mp4", "name": "film.mp4"},
        {"url": "https://f.example/5.gif", "type": "image/gif"},
    ]);
    let ids = take(&site.house, "1", "@Acme it came broken", files).await;
    keep(&site.house, &ids[0], Media::Gif, GIF).await;
    keep(&site.house, &ids[1], Media::Pdf, b"%PDF-1.7").await;
    let (refused, now) = (ids[2].clone(), site.now());
    let ended = site.house.write(move |tx| {
        Box::pin(async move {
            attachment::end(tx, &refused, FileState::Refused, Some(FileWhy::TooLarge), now).await
        })
    });
    assert!(ended.await.unwrap());
    let agent = site.login("agent", "agent").await;
    let case = site.house.case(1).await.id;
    let page = agent.get(&format!("/cases/{case}")).await.body;
    let href = format!("/cases/{case}/attachments/{}", ids[0]);
    assert!(page.contains(&format!("<img src=\"{href}\"")), "{page}");
    assert!(page.contains("loading=\"lazy\"") && page.contains("the &#34;hinge&#34; &#60;b"), "{page}");
    assert!(!page.contains("<b onmouseover") && !page.contains("<script>alert"));
    for word in
        ["GIF, 35 B", "PDF, 8 B", "not kept: too large", "only named: no picture or PDF", "on its way"]
    {
        assert!(page.contains(word), "{word}");
    }
    assert!(!page.contains("f.example"), "browsers are never sent to where it came from");

    let picture = agent.get(&href).await;
    assert_eq!(picture.status, 200);
    for (name, value) in [
        ("content-type", "image/gif"),
        ("content-disposition", "inline; filename=\"file-1.gif\""),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(picture.header(name), Some(value), "{name}");
    }
    assert!(picture.body.starts_with("GIF89a"));
    let document = agent.get(&format!("/cases/{case}/attachments/{}", ids[1])).await;
    assert_eq!(document.header("content-disposition"), Some("attachment; filename=\"file-2.pdf\""));
    for missing in [&ids[2], &ids[4], &"men_x.y".to_owned()] {
        assert_eq!(agent.get(&format!("/cases/{case}/attachments/{missing}")).await.status, 404);
    }
    assert_eq!(site.stranger().get(&href).await.status, 303, "nobody without a log-in");
    let gone = json!({"platform": "mastodon", "external_id": "1", "deleted": true});
    site.house.take(&[gone]).await;
    assert_eq!(agent.get(&href).await.status, 404, "gone with its post");
}

#[tokio::test(flavor = "multi_thread")]
async fn covered_posts_cover_their_pictures_and_another_case_or_brand_gives_nothing() {
    let site = Site::open().await;
    let files = json!([{"url": "https://f.example/1.gif", "type": "image/gif", "alt": "my card 4111"}]);
    let ids = take(&site.house, "1", "@Acme call me at +31 6 12345678 about my parcel", files).await;
    keep(&site.house, &ids[0], Media::Gif, GIF).await;
    let ids = take(
        &site.house,
        "2",
        "@Tempo broken",
        json!([{"url": "https://f.example/2.gif", "type": "image/gif"}]),
    )
    .await;
    keep(&site.house, &ids[1], Media::Gif, GIF).await;
    let agent = site.login("agent", "agent").await;
    let case = site.house.case(1).await;
    let (path, href) = (format!("/cases/{}", case.id), format!("/cases/{}/attachments/{}", case.id, ids[0]));
    let page = agent.get(&path).await.body;
    assert!(
        !page.contains("/attachments/") && page.contains("covered like the words") && !page.contains("4111"),
        "{page}"
    );
    assert_eq!(agent.get(&href).await.status, 403);
    let open = agent.get(&format!("{path}?unmask=1")).await.body;
    assert!(open.contains(&format!("<img src=\"{href}?unmask=1\"")), "{open}");
    assert_eq!(agent.get(&format!("{href}?unmask=1")).await.status, 200);
    agent
        .press(&path, &format!("{path}/act"), &[("act", "claim"), ("version", &case.version.to_string())])
        .await;
    assert_eq!(agent.get(&href).await.status, 200, "who has claimed it sees it");
    // A file belongs to its own case only, and a brand to those who may see it.
    let other = site.house.cases().await.into_iter().find(|c| c.brand_id != case.brand_id).unwrap();
    assert_eq!(agent.get(&format!("/cases/{}/attachments/{}", case.id, ids[1])).await.status, 404);
    assert_eq!(agent.get(&format!("/cases/{}/attachments/{}", other.id, ids[1])).await.status, 200);
}
