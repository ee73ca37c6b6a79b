//! Logging in by a provider of identities, against one of our own with a ledger.

use crate::authenticator::b64;
use crate::front_door::GOOD;
use crate::site::{Answer, Browser, Door, Site};
use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use webcared::clock::Clock;
use webcared::domain::time::Span;
use webcared::people::rules::Rules;
use webcared::provider::config::{GroupRole, OidcConfig};

/// What a visit asked for, as the provider heard it.
#[derive(Clone, Debug)]
struct Visit {
    nonce: String,
    challenge: String,
    redirect: String,
    used: bool,
}

/// How the provider behaves, and all that it was asked.
pub struct Inner {
    issuer: String,
    visits: HashMap<String, Visit>,
    /// Every exchange: the code, and whether it was let through.
    exchanges: Vec<(String, bool)>,
    keys_read: usize,
    /// By which key it signs: its name, and a pair.
    signs: (String, Ed25519KeyPair),
    /// Instead of that, by one on P-256.
    es256: Option<EcdsaKeyPair>,
    /// What is put into the token, or over it.
    claims: Value,
    /// What is told elsewhere.
    pub more: Value,
    /// The header of the token, where it lies.
    header: Option<Value>,
    now: i64,
}

#[derive(Clone)]
pub struct Fake(Arc<Mutex<Inner>>);

fn fresh() -> Ed25519KeyPair {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap()
}

fn on_p256() -> EcdsaKeyPair {
    let (of, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(of, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(of, pkcs8.as_ref(), &random).unwrap()
}

async fn described(State(fake): State<Fake>) -> Json<Value> {
    let issuer = fake.0.lock().unwrap().issuer.clone();
    Json(json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/userinfo"), "end_session_endpoint": format!("{issuer}/out"),
        "authorization_response_iss_parameter_supported": true }))
}

async fn keys(State(fake): State<Fake>) -> Json<Value> {
    let mut inner = fake.0.lock().unwrap();
    inner.keys_read += 1;
    let okp = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": inner.signs.0,
        "x": b64(inner.signs.1.public_key().as_ref()) });
    let mut all = vec![okp, json!({ "kty": "oct", "kid": "secret", "k": b64("a secret of nobody") })];
    if let Some(pair) = &inner.es256 {
        let point = pair.public_key().as_ref();
        all.push(json!({ "kty": "EC", "crv": "P-256", "kid": "p256", "x": b64(&point[1..33]), "y": b64(&point[33..]) }));
    }
    Json(json!({ "keys": all }))
}

async fn token(
    State(fake): State<Fake>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> impl IntoResponse {
    let mut inner = fake.0.lock().unwrap();
    let known = headers.get("authorization").is_some_and(|v| v == &format!("Basic {}", basic()));
    let code = form.get("code").cloned().unwrap_or_default();
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    let visit = inner.visits.get(&code).cloned().filter(|v| {
        known
            && !v.used
            && form["grant_type"] == "authorization_code"
            && form["redirect_uri"] == v.redirect
            && b64(Sha256::digest(verifier.as_bytes())) == v.challenge
    });
    inner.exchanges.push((code.clone(), visit.is_some()));
    let Some(visit) = visit else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    };
    inner.visits.get_mut(&code).unwrap().used = true;
    let mut claims = json!({ "iss": inner.issuer, "aud": "care", "sub": "4711", "nonce": visit.nonce,
        "iat": inner.now, "exp": inner.now + 300, "preferred_username": "jan", "name": "Jan Jansen" });
    for (name, value) in inner.claims.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let header = inner.header.clone().unwrap_or_else(|| match inner.es256 {
        Some(_) => json!({ "alg": "ES256", "kid": "p256" }),
        None => json!({ "alg": "EdDSA", "kid": inner.signs.0 }),
    });
    let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let signature = match (header["alg"].as_str().unwrap(), &inner.es256) {
        ("none", _) => String::new(),
        ("HS256", _) => {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"a secret of nobody");
            b64(ring::hmac::sign(&key, message.as_bytes()))
        }
        (_, Some(pair)) => b64(pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap()),
        _ => b64(inner.signs.1.sign(message.as_bytes())),
    };
    let token = format!("{message}.{signature}");
    (StatusCode::OK, Json(json!({ "id_token": token, "access_token": "at", "token_type": "Bearer" })))
}

async fn userinfo(State(fake): State<Fake>, headers: HeaderMap) -> impl IntoResponse {
    if headers.get("authorization").is_none_or(|v| v != "Bearer at") {
        return (StatusCode::UNAUTHORIZED, Json(json!({})));
    }
    (StatusCode::OK, Json(fake.0.lock().unwrap().more.clone()))
}

fn basic() -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode("care:the+secret")
}

impl Fake {
    async fn listen() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self(Arc::new(Mutex::new(Inner {
            issuer,
            visits: HashMap::new(),
            exchanges: Vec::new(),
            keys_read: 0,
            signs: ("one".into(), fresh()),
            es256: None,
            claims: json!({}),
            more: json!({}),
            header: None,
            now: crate::harness::START.millis() / 1000,
        })));
        let routes = axum::Router::new()
            .route("/.well-known/openid-configuration", get(described))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        fake
    }

    fn config(&self) -> OidcConfig {
        OidcConfig {
            issuer: self.0.lock().unwrap().issuer.clone(),
            client_id: "care".into(),
            client_secret: Some("the secret".to_owned().into()),
            create_people: true,
            button: "Log in with Acme".into(),
            ..OidcConfig::default()
        }
    }

    pub fn set(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.0.lock().unwrap());
    }

    /// The provider has shown its page, and sends the browser back.
    fn lets_through(&self, to: &str) -> HashMap<String, String> {
        let url = url::Url::parse(to).unwrap();
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(
            (asked["response_type"].as_str(), asked["client_id"].as_str()),
            ("code", "care"),
            "{asked:?}"
        );
        assert_eq!(
            (asked["code_challenge_method"].as_str(), asked["scope"].as_str()),
            ("S256", "openid profile")
        );
        let mut inner = self.0.lock().unwrap();
        let code = format!("code-{}", inner.visits.len());
        let visit = Visit {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect: asked["redirect_uri"].clone(),
            used: false,
        };
        inner.visits.insert(code.clone(), visit);
        [("code", code), ("state", asked["state"].clone()), ("iss", inner.issuer.clone())]
            .map(|(k, v)| (k.to_owned(), v))
            .into()
    }
}

async fn back(who: &Browser, said: &HashMap<String, String>) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
    who.get(&format!("/login/provider/back?{query}")).await
}

/// One whole visit.
pub async fn visit(fake: &Fake, who: &Browser) -> Answer {
    let to = who.get("/login/provider?next=/duty").await;
    assert_eq!(to.status, 303, "{}", to.body);
    let said = fake.lets_through(to.header("location").unwrap());
    back(who, &said).await
}

pub async fn opened(change: impl FnOnce(&mut OidcConfig)) -> (Fake, Site) {
    let fake = Fake::listen().await;
    let mut config = fake.config();
    change(&mut config);
    let site = Site::behind(Door { oidc: Some(config), ..Door::default() }).await;
    (fake, site)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_comes_in_by_the_provider_and_is_known_by_their_number() {
    let (fake, site) = opened(|_| {}).await;
    let who = site.stranger();
    assert!(who.get("/login").await.body.contains("Log in with Acme"));
    let answer = visit(&fake, &who).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/duty")), "{}", answer.body);
    assert!(who.get("/account").await.body.contains("Jan Jansen"));
    // Another login and another name at the provider: it is still the same person here.
    fake.set(|i| i.claims = json!({ "preferred_username": "jan2", "name": "J." }));
    let again = site.stranger();
    assert_eq!(visit(&fake, &again).await.status, 303);
    let people: Vec<(String, String)> = site.house.all("SELECT login, role FROM person").await;
    assert_eq!(people, [("jan".to_owned(), "newcomer".to_owned())]);
    // The same login with another number is somebody else, and is not let in to their place.
    fake.set(|i| i.claims = json!({ "sub": "666" }));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 403);
    // Out, here and there.
    let csrf = who.get("/account").await.field("csrf");
    let out = who.post("/logout", &[("csrf", &csrf)]).await;
    assert_eq!(out.header("location"), Some("/login?out=1"));
    let page = who.get("/login?out=1").await.body;
    assert!(page.contains("/out?client_id=care") && page.contains("post_logout_redirect_uri"), "{page}");
    let rows = "SELECT COUNT(*) FROM audit WHERE act = 'login.provider' AND outcome = 'done'";
    assert_eq!(site.house.count(rows).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_fit_lets_nobody_in() {
    let (fake, site) = opened(|_| {}).await;
    let now = fake.0.lock().unwrap().now;
    let spoilt = [
        json!({ "nonce": "another" }),
        json!({ "aud": "other" }),
        json!({ "aud": ["care", "other"] }),
        json!({ "azp": "other" }),
        json!({ "iss": "http://evil.example" }),
        json!({ "exp": now - 61 }),
        json!({ "iat": now + 120 }),
        json!({ "sub": "" }),
    ];
    for claims in spoilt {
        fake.set(|i| i.claims = claims.clone());
        let who = site.stranger();
        assert_eq!(visit(&fake, &who).await.status, 401, "{claims}");
        assert_eq!(who.get("/").await.status, 303);
    }
    fake.set(|i| i.claims = json!({}));
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": "secret" }),
        json!({ "alg": "EdDSA", "kid": "nobody's" }),
        json!({ "alg": "RS256", "kid": "one" }),
    ] {
        fake.set(|i| i.header = Some(header.clone()));
        assert_eq!(visit(&fake, &site.stranger()).await.status, 401, "{header}");
    }
    // Its own name, by another's key.
    fake.set(|i| i.header = None);
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
    fake.set(|i| i.signs.1 = fresh());
    assert_eq!(visit(&fake, &site.stranger()).await.status, 401);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM login_session").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_read_anew_when_they_change_and_not_for_everybody_who_asks() {
    let (fake, site) = opened(|_| {}).await;
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
    assert_eq!(fake.0.lock().unwrap().keys_read, 1);
    fake.set(|i| i.signs = ("two".into(), fresh()));
    site.house.clock.advance(Span::minutes(2));
    fake.set(|i| i.now += 120);
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
    assert_eq!(fake.0.lock().unwrap().keys_read, 2);
    for _ in 0..5 {
        fake.set(|i| i.header = Some(json!({ "alg": "EdDSA", "kid": "made up" })));
        assert_eq!(visit(&fake, &site.stranger()).await.status, 401);
    }
    assert_eq!(fake.0.lock().unwrap().keys_read, 2, "once a minute");
    // Another kind of key.
    site.house.clock.advance(Span::minutes(2));
    fake.set(|i| {
        i.now += 120;
        i.header = None;
        i.es256 = Some(on_p256());
    });
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_belongs_to_one_browser_and_is_good_once() {
    let (fake, site) = opened(|_| {}).await;
    let (jan, thief) = (site.stranger(), site.stranger());
    let begin = |who: &Browser| {
        let (address, cookie) = (who.address, who.cookie.lock().unwrap().clone());
        async move {
            let browser = Browser { address, cookie: Mutex::new(cookie) };
            let to = browser.get("/login/provider").await;
            let cookie = browser.cookie.lock().unwrap().clone();
            (to.header("location").unwrap().to_owned(), cookie)
        }
    };
    let (to, cookie) = begin(&jan).await;
    *jan.cookie.lock().unwrap() = cookie;
    let mine = fake.lets_through(&to);
    // The thief has a visit of their own, and lays their code or their whole answer under jan's.
    let (to, cookie) = begin(&thief).await;
    *thief.cookie.lock().unwrap() = cookie;
    let theirs = fake.lets_through(&to);
    let mut swapped = mine.clone();
    swapped.insert("code".into(), theirs["code"].clone());
    assert_eq!(back(&jan, &theirs).await.status, 401, "begun in another browser");
    assert_eq!(back(&jan, &swapped).await.status, 401, "a code of another visit");
    assert!(!fake.0.lock().unwrap().exchanges.iter().any(|e| e.1), "the verifier gives it away");
    assert_eq!(back(&jan, &mine).await.status, 401, "the state was used up");
    // A good one, and then once more.
    let (to, cookie) = begin(&jan).await;
    *jan.cookie.lock().unwrap() = cookie.clone();
    let good = fake.lets_through(&to);
    assert_eq!(back(&jan, &good).await.status, 303);
    let again = Browser { address: site.address, cookie: Mutex::new(cookie) };
    assert_eq!(back(&again, &good).await.status, 401);
    // The same code in a visit of its own: the provider refuses it, and nobody comes in.
    let (to, cookie) = begin(&again).await;
    *again.cookie.lock().unwrap() = cookie;
    let mut replayed = fake.lets_through(&to);
    replayed.insert("code".into(), good["code"].clone());
    assert_eq!(back(&again, &replayed).await.status, 401);
    // Sent back by somebody else, by nobody, with an error, too late, with nothing.
    for (name, value) in
        [("iss", Some("http://evil.example")), ("iss", None), ("error", Some("access_denied"))]
    {
        let (to, cookie) = begin(&again).await;
        *again.cookie.lock().unwrap() = cookie;
        let mut said = fake.lets_through(&to);
        match value {
            Some(value) => said.insert(name.into(), value.into()),
            None => said.remove(name),
        };
        assert_eq!(back(&again, &said).await.status, 401, "{name} {value:?}");
    }
    let (to, cookie) = begin(&again).await;
    *again.cookie.lock().unwrap() = cookie;
    let late = fake.lets_through(&to);
    site.house.clock.advance(Span::minutes(10));
    assert_eq!(back(&again, &late).await.status, 401);
    assert_eq!(back(&again, &HashMap::new()).await.status, 401);
    assert_eq!(site.house.count("SELECT COUNT(*) FROM login_session").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_give_roles_and_who_is_in_none_stays_out() {
    let (fake, site) = opened(|c| {
        c.roles = [("bosses", "lead"), ("team", "agent")]
            .map(|(group, role)| GroupRole { group: group.into(), role: role.into() })
            .to_vec();
    })
    .await;
    // The token does not tell the groups; the provider does, elsewhere.
    fake.set(|i| i.more = json!({ "sub": "4711", "groups": ["team"] }));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
    let role = || async { site.house.all::<(String,)>("SELECT role FROM person").await[0].0.clone() };
    assert_eq!(role().await, "agent");
    fake.set(|i| i.more = json!({ "sub": "4711", "groups": ["team", "bosses"] }));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
    assert_eq!(role().await, "lead");
    fake.set(|i| i.more = json!({ "sub": "4711", "groups": ["guests"] }));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 403);
    // What is told of somebody else is told of nobody.
    fake.set(|i| i.more = json!({ "sub": "666", "groups": ["bosses"] }));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_is_let_in_as_the_settings_say() {
    let (fake, site) = opened(|c| c.create_people = false).await;
    assert_eq!(visit(&fake, &site.stranger()).await.status, 403);
    site.people.add("jan", "Jan", "agent").await.unwrap();
    assert_eq!(visit(&fake, &site.stranger()).await.status, 403, "a login alone ties nothing");
    let (fake, site) = opened(|c| {
        c.create_people = false;
        c.tie_by_login = true;
    })
    .await;
    site.people.add("jan", "Jan", "agent").await.unwrap();
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
    fake.set(|i| i.claims = json!({ "sub": "666" }));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 403, "tied once, and to one");
    site.people.disable("jan").await.unwrap();
    fake.set(|i| i.claims = json!({}));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_in_is_a_proof_only_where_they_logged_in_there_just_now() {
    let (fake, site) = opened(|_| {}).await;
    let now = fake.0.lock().unwrap().now;
    for (at, proved) in [(Value::Null, false), (json!(now - 3600), false), (json!(now - 30), true)] {
        fake.set(|i| i.claims = json!({ "auth_time": at }));
        let who = site.stranger();
        assert_eq!(visit(&fake, &who).await.status, 303);
        let begun = who.press("/account", "/account/second", &[("act", "begin")]).await;
        let wanted = if proved { "/account/second" } else { "/account/prove?next=%2Faccount%2Fsecond" };
        assert_eq!(begun.header("location"), Some(wanted), "{at}");
        assert!(who.get("/account/prove").await.body.contains("/login/provider?proof=1"));
    }
    let to = site.stranger().get("/login/provider?proof=1").await;
    let to = to.header("location").unwrap();
    assert!(to.contains("prompt=login") && to.contains("max_age=600"), "{to}");
    assert_eq!(site.house.count("SELECT COUNT(*) FROM person WHERE brands = '[]'").await, 1, "no brand");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_can_be_off_for_all_but_one() {
    let fake = Fake::listen().await;
    let mut rules = Rules::new(Span::hours(12), Span::minutes(120));
    rules.passwords = false;
    rules.break_glass = Some("fire".into());
    let oidc = Some(fake.config());
    let site = Site::behind(Door { rules: Some(rules), oidc, ..Door::default() }).await;
    for login in ["fire", "eva"] {
        let who = site.login(login, "admin").await;
        let id = who.get("/account").await;
        assert_eq!(id.body.contains("action=\"/account/password\""), login == "fire");
        let csrf = id.field("csrf");
        who.post("/account/password", &[("csrf", &csrf), ("password", GOOD)]).await;
        let answer = site.stranger().post("/login", &[("login", login), ("password", GOOD)]).await;
        assert_eq!(answer.status, if login == "fire" { 303 } else { 401 }, "{login}");
    }
    assert!(site.stranger().get("/login").await.body.contains("Passwords let nobody in"));
    assert_eq!(visit(&fake, &site.stranger()).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_there_is_no_trace_of_one() {
    let site = Site::open().await;
    let who = site.stranger();
    assert!(!who.get("/login").await.body.contains("provider"));
    for path in ["/login/provider", "/login/provider/back?state=x&code=y"] {
        assert_eq!(who.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_proves_the_provider() {
    use webcared::domain::exam::Verdict;
    let fake = Fake::listen().await;
    let clock: Arc<dyn Clock> = webcared::clock::ManualClock::at(crate::harness::START);
    let outbound = webcared::http_client::Outbound { allow_private_addresses: true, ..Default::default() };
    let http = webcared::http_client::HttpClient::new(&outbound, clock.clone()).unwrap();
    let exams = webcared::provider::examine(&fake.config(), &http, &clock, "https://care.example").await;
    let all: Vec<_> = exams.iter().map(|e| (e.what.as_str(), e.verdict)).collect();
    assert_eq!(
        all,
        [
            ("description", Verdict::Good),
            ("keys", Verdict::Good),
            ("client", Verdict::Good),
            ("sends back to", Verdict::Mind)
        ]
    );
    assert_eq!(exams[3].found, "https://care.example/login/provider/back");
    let wrong = OidcConfig { issuer: format!("{}/", fake.config().issuer), ..fake.config() };
    let exams = webcared::provider::examine(&wrong, &http, &clock, "https://care.example").await;
    assert_eq!(exams[0].verdict, Verdict::Bad);
}
