//! The front door in a real browser: a passkey by Chromium's virtual authenticator, and logging in by a provider that
//! nobody here wrote.

use crate::axe;
use crate::browser::Browser;
use crate::daemon::Start;
use crate::pages::{self, Made};
use crate::place::{Data, Engine};
use crate::rigs::oidc::Provider;
use crate::sender::now;
use serde_json::json;
use thirtyfour::prelude::*;
use webcared::people::totp;

/// The console under a name, for keys are bound to names.
fn named(start: &Start, more: &str) {
    let text = std::fs::read_to_string(&start.file).unwrap();
    let text = text.replace("http://127.0.0.1:", "http://localhost:");
    std::fs::write(&start.file, format!("{text}\n{more}")).unwrap();
}

async fn link(start: &Start, login: &str) -> String {
    let (code, told, trouble) = start.run(&["user", "add", login, "--role", "agent"]).await;
    assert_eq!(code, Some(0), "{trouble}");
    told.split_whitespace().find(|w| w.contains("/login/")).expect(&told).to_owned()
}

/// The bytes that a secret in groups of letters stands for.
fn base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for c in text.bytes().filter(|c| *c != b' ') {
        held = (held << 5) | u32::from(if c >= b'A' { c - b'A' } else { c - b'2' + 26 });
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

async fn visit(browser: &Browser, start: &Start, path: &str) {
    browser.page.goto(format!("http://localhost:{}{path}", start.port)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_added_and_lets_its_owner_in() {
    let Some(browser) = Browser::start().await else { return };
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    named(&start, "");
    let daemon = start.ready().await;
    browser.tell("WebAuthn.enable", json!({})).await;
    let options = json!({ "options": { "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true } });
    browser.tell("WebAuthn.addVirtualAuthenticator", options).await;
    browser.page.goto(link(&start, "anna").await).await.unwrap();
    browser.named("Log in").await.click().await.unwrap();
    browser.at("/account").await;
    visit(&browser, &start, "/account/second").await;
    browser.id("name").await.send_keys("my laptop").await.unwrap();
    axe::check(&browser, "second factor and passkeys").await;
    browser.press("passkey").await;
    browser.says("my laptop").await;
    browser.says("not used yet").await;
    browser.named("Log out").await.click().await.unwrap();
    browser.at("/login").await;
    axe::check(&browser, "log-in with passkeys").await;
    browser.press("passkey").await;
    browser.says("Inbox").await;
    visit(&browser, &start, "/account/second").await;
    browser.says("last used").await;
    // An app beside it: the picture is seen, and nothing of the page was refused by its own rules.
    browser.named("Set an app up").await.click().await.unwrap();
    browser.id("secret").await;
    axe::check(&browser, "setting an app up").await;
    eprintln!("screenshot: {}", browser.picture("second-factor.png").await.display());
    let secret = base32(&browser.id("secret").await.text().await.unwrap());
    let code = totp::code(&secret, totp::step(now()));
    browser.id("code").await.send_keys(TypingData::from(code) + Key::Enter).await.unwrap();
    browser.id("codes").await;
    axe::check(&browser, "recovery codes").await;
    browser.named("Log out").await.click().await.unwrap();
    browser.at("/login").await;
    let (code, told, trouble) = start.run(&["user", "link", "anna"]).await;
    assert_eq!(code, Some(0), "{trouble}");
    browser.page.goto(told.split_whitespace().find(|w| w.contains("/login/")).expect(&told)).await.unwrap();
    browser.named("Log in").await.click().await.unwrap();
    browser.at("/login/second").await;
    browser.id("code").await;
    axe::check(&browser, "second factor asked for").await;
    assert_eq!(pages::missed(Made::Door, &[browser.path().await]), [""; 0]);
    browser.no_trouble().await;
    browser.close().await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_comes_in_by_a_provider_of_others_making() {
    let data = Data::fresh(Engine::Sqlite).await;
    let start = Start::new(&data, 0, None);
    let public = format!("http://localhost:{}", start.port);
    let Some(provider) = Provider::start(&public).await else { return };
    let Some(browser) = Browser::start().await else { return };
    named(
        &start,
        &format!(
            "[login.oidc]\nissuer = '{}'\nclient_id = 'care'\nclient_secret = \"a secret of nobody's\"\n\
             scopes = ['openid', 'profile', 'groups']\ncreate_people = true\nbutton = 'Log in with Acme'\n\
             [[login.oidc.role]]\ngroup = 'team'\nrole = 'lead'\n",
            provider.issuer
        ),
    );
    let daemon = start.ready().await;
    let (_, told, _) = start.run(&["doctor", "login"]).await;
    assert!(told.contains("it knows 'care'"), "{told}");
    visit(&browser, &start, "/duty").await;
    browser.named("Log in with Acme").await.click().await.unwrap();
    // Its own pages: a name, any password, and consent.
    let field = |name: &'static str| format!("//input[@name='{name}']");
    let login = crate::wait_for("the provider's page", std::time::Duration::from_secs(30), || async {
        browser.page.find(By::XPath(field("login"))).await.ok()
    });
    login.await.send_keys("joris").await.unwrap();
    let password = browser.page.find(By::XPath(field("password"))).await.unwrap();
    password.send_keys("anything").await.unwrap();
    browser.page.find(By::XPath("//button[@type='submit']")).await.unwrap().click().await.unwrap();
    browser.named("Continue").await.click().await.unwrap();
    browser.at("/duty").await;
    visit(&browser, &start, "/account").await;
    browser.says("Name of joris").await;
    browser.says("lead").await;
    browser.named("Log out").await.click().await.unwrap();
    browser.says("Log out there as well").await;
    browser.no_trouble().await;
    browser.close().await;
    daemon.stop().await;
}
