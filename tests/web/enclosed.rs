//! Files that go along with answers, by the reply box without any script, and by program.

use crate::harness::post;
use crate::programs::WORK;
use crate::site::{Answer, Browser, Site};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use webcared::domain::time::Span;

const PDF: &str = "%PDF-1.7 the terms";
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\x7f\x7f\x7f,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Sends the reply box as a browser does: all of it, with files.
async fn send(
    who: &Browser,
    case: &str,
    to: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str)],
) -> Answer {
    let page = who.get(case).await;
    let (csrf, nonce, version) = (page.field("csrf"), page.field("nonce"), page.field("version"));
    let own = [("csrf", csrf.as_str()), ("nonce", nonce.as_str()), ("version", version.as_str())];
    let mut body = String::new();
    for (name, value) in own.iter().chain([&("act", "answer")]).chain(fields) {
        body += &format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    for (name, bytes) in files {
        body += &format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: x/y\r\n\r\n{bytes}\r\n"
        );
    }
    body += "--xyz--\r\n";
    let headers = [("content-type", "multipart/form-data; boundary=xyz"), ("accept", "text/html")];
    who.send("POST", &format!("{case}/{to}"), &headers, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reply_box_takes_files_without_scripts_and_they_go_with_the_words() {
    let site = Site::open().await;
    let (ledger, source) = site.connect(120, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, "@Acme my parcel has not arrived, this is annoying")]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let jan = site.login("jan", "agent").await;
    let page = jan.get(&path).await.body;
    for part in ["enctype=\"multipart/form-data\"", "type=\"file\"", "At most 2: JPG, GIF, PDF; each at most"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let kept =
        send(&jan, &path, "draft", &[("text", "See the terms")], &[("terms <b>.pdf", PDF), ("", "")]).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    let page = jan.get(&path).await.body;
    for part in ["See the terms</textarea>", "terms &#60;b&#62;.pdf", "PDF, 18 bytes", "/enclosed/anf_"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let href = page.split("href=\"").find(|p| p.contains("/enclosed/")).unwrap().split('"').next().unwrap();
    let file = jan.get(href).await;
    assert_eq!((file.status, file.body.as_str()), (200, PDF));
    assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    let kim = site.login("kim", "agent").await;
    assert_eq!(kim.get(href).await.status, 404, "what stands in a draft only its writer sees");
    assert!(!kim.get(&path).await.body.contains("terms"));

    // Too much is refused with the words of why, and nothing is lost.
    let wrong = send(&jan, &path, "act", &[("text", "See the terms")], &[("run.exe", "MZ...")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("&#39;run.exe&#39; is no JPEG, PNG, GIF, WebP or PDF"), "{}", wrong.body);
    let many = [("b.pdf", "%PDF-1"), ("c.pdf", "%PDF-2")];
    let wrong = send(&jan, &path, "act", &[("text", "See the terms")], &many).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("3 files; Mastodon takes 2") && wrong.body.contains("b.pdf"),
        "{}",
        wrong.body
    );
    let out: Vec<String> = wrong
        .body
        .split("name=\"out\" value=\"")
        .skip(2)
        .map(|p| p.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(out.len(), 2);
    assert!(ledger.sent.lock().unwrap().is_empty());
    // Taken out and sent with one press.
    let fields = [("text", "See the terms"), ("out", out[0].as_str()), ("out", out[1].as_str())];
    let sent = send(&jan, &path, "act", &fields, &[]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert!(kim.get(&path).await.body.contains("terms &#60;b&#62;.pdf"), "on its way all see it");
    assert_eq!(kim.get(href).await.status, 200);
    site.house.clock.advance(Span::minutes(1));
    site.send_out(&source).await;
    let sent = ledger.sent.lock().unwrap().clone();
    assert_eq!((sent.len(), sent[0].files.len()), (1, 1));
    assert_eq!(
        (sent[0].files[0].name.as_str(), &sent[0].files[0].bytes[..]),
        ("terms <b>.pdf", PDF.as_bytes())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_files_is_read_from_whom_the_door_knows_and_where_it_belongs() {
    let site = Site::open().await;
    site.connect(120, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, "@Acme my parcel has not arrived, this is annoying")]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let headers = [("content-type", "multipart/form-data; boundary=xyz")];
    let stranger = site.stranger().send("POST", &format!("{path}/act"), &headers, "--xyz--").await;
    assert_eq!(stranger.status, 303, "{}", stranger.body);
    let jan = site.login("jan", "agent").await;
    let broken = jan.send("POST", &format!("{path}/act"), &headers, "--xyz\r\nrubbish").await;
    assert_eq!(broken.status, 422, "{}", broken.body);
    let elsewhere = jan.send("POST", "/account/sign", &headers, "--xyz--").await;
    assert_eq!(elsewhere.status, 422);
    let body = "--xyz\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nclaim\r\n--xyz--";
    assert_eq!(
        jan.send("POST", &format!("{path}/act"), &headers, body).await.status,
        403,
        "no token of the session"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_uploads_names_and_sends() {
    let site = Site::open().await;
    let (ledger, source) = site.connect(120, "acme@toot.example");
    site.house.take(&[post("1", "sanne", "a", 0, "@Acme my parcel has not arrived, this is annoying")]).await;
    let path = format!("/cases/{}", site.house.case(1).await.id);
    let program = site.program("p", &WORK, &["Acme"]).await;
    let files = format!("{path}/files");
    let upload = |name: &str, bytes: &[u8]| {
        json!({"name": name, "alt": "a dot", "base64": STANDARD.encode(bytes)}).to_string()
    };
    let made = program.ask("POST", &files, &[], &upload("dot.gif", GIF)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let file = made.json();
    assert_eq!(
        (&file["media"], &file["width"], &file["alt"]),
        (&json!("image/gif"), &json!(1), &json!("a dot"))
    );
    assert!(
        file["case"].as_str().is_some_and(|case| path.ends_with(case)),
        "an erasure finds it by its case"
    );
    program.ask("POST", &files, &[], &upload("x.svg", b"<svg>")).await.is(422, "invalid");
    program.ask("POST", &files, &[], r#"{"name":"x","base64":"***"}"#).await.is(422, "invalid");
    let large = program.ask("POST", &files, &[], &upload("large.pdf", &vec![b'%'; 500_000])).await;
    large.is(422, "invalid");
    let other = program.ask("POST", &files, &[], &upload("b.pdf", PDF.as_bytes())).await.json();
    let id = |file: &serde_json::Value| file["id"].as_str().unwrap().to_owned();
    let left = program.ask("POST", &format!("{files}/{}/remove", id(&other)), &[], "{}").await;
    assert_eq!((left.status, left.json()["files"].as_array().unwrap().len()), (200, 1));
    let others = site.program("looks", &[webcared::tokens::Scope::Read], &["Acme"]).await;
    assert_eq!(
        others.get(&format!("{path}/enclosed")).await.json()["files"],
        json!([]),
        "a draft is its writer's"
    );
    others.get(&format!("{path}/enclosed/{}", id(&file))).await.is(404, "not-found");
    let ready = program.get(&files).await.json();
    assert_eq!(ready["files"][0]["id"], file["id"]);
    let shown = program.ask("POST", &format!("{path}/preview"), &[], r#"{"text":"See"}"#).await.json();
    assert_eq!((&shown["files"][0]["id"], &shown["files_refused"]), (&file["id"], &json!(null)));
    assert!(shown["files_taken"].as_str().unwrap().starts_with("up to 2 files (JPG, GIF, PDF)"), "{shown}");

    let version = site.house.case(1).await.version;
    let unknown = json!({"text": "See", "files": ["anf_1"]}).to_string();
    program.act(&format!("{path}/answer"), version, &unknown).await.is(422, "invalid");
    let body = json!({"text": "See", "files": [id(&file)]}).to_string();
    let done = program.act(&format!("{path}/answer"), version, &body).await;
    assert_eq!(done.status, 200, "{}", done.body);
    site.house.clock.advance(Span::minutes(1));
    site.send_out(&source).await;
    let sent = ledger.sent.lock().unwrap().clone();
    assert_eq!((sent.len(), sent[0].files.len(), sent[0].files[0].alt.as_str()), (1, 1, "a dot"));
    assert_eq!(program.get(&files).await.json()["files"], json!([]));
    // What was sent is still there to be looked at, by whoever sees the case.
    let other = site.program("other", &[webcared::tokens::Scope::Read], &["Acme"]).await;
    let all = other.get(&format!("{path}/enclosed")).await.json();
    assert_eq!(
        (&all["files"][0]["id"], &all["files"][0]["state"], all["files"].as_array().unwrap().len()),
        (&file["id"], &json!("going"), 1)
    );
    let bytes = other.get(&format!("{path}/enclosed/{}", id(&file))).await.json();
    assert_eq!((&bytes["media"], &bytes["base64"]), (&json!("image/gif"), &json!(STANDARD.encode(GIF))));
    other.get(&format!("{path}/enclosed/anf_1")).await.is(404, "not-found");
}
