//! Who may ask what by a token: every route × no token, spoilt ones, too few scopes, another brand; and the
//! description against the routes.

use crate::api_known::KNOWN;
use crate::harness::post;
use crate::programs::{Program, WORK, filled};
use crate::site::{Site, small};
use std::collections::BTreeSet;
use webcared::api::{ROOT, Sort, table};
use webcared::domain::role::{Right, Role};
use webcared::domain::time::Span;
use webcared::tokens::{Scope, TokenError, Wanted};
use webcared::web::config::WebConfig;

#[test]
fn every_route_is_known() {
    let routes: Vec<_> = table().into_iter().map(|r| (r.method, r.path, r.scope)).collect();
    assert_eq!(routes, KNOWN, "decide what the new route needs and list it here");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_stands_in_the_description_and_the_other_way_round() {
    let site = Site::open().await;
    let answer = site.stranger().send("GET", "/api/v1/openapi.json", &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let all = answer.json();
    assert_eq!(all["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, methods) in all["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described.insert(format!("{} {path}", method.to_uppercase()));
            assert!(operation["summary"].as_str().is_some_and(|s| s.len() > 10), "{path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let about = parameter["description"].as_str();
                assert!(about.is_some_and(|d| d.len() > 5), "{method} {path}: {parameter}");
            }
        }
    }
    let mut served: BTreeSet<String> =
        table().iter().map(|r| format!("{} {ROOT}{}", r.method, r.path)).collect();
    served.insert(format!("GET {ROOT}/openapi.json"));
    assert_eq!(described, served);
    for endpoint in table() {
        let path = format!("{ROOT}{}", endpoint.path);
        let responses = &all["paths"][&path][endpoint.method.to_lowercase()]["responses"];
        for kind in endpoint.problems() {
            let told = responses[kind.status().to_string()]["description"].as_str().unwrap_or_default();
            assert!(told.contains(kind.code()), "{endpoint:?}: {}", kind.code());
        }
    }
    for (name, schema) in all["components"]["schemas"].as_object().unwrap() {
        for (field, about) in schema["properties"].as_object().into_iter().flatten() {
            let told =
                about["description"].is_string() || about["$ref"].is_string() || about["anyOf"].is_array();
            assert!(told, "{name}.{field}: {about}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_table_is_closed_to_who_may_not() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "SECRETWORD @Acme where is my parcel?")]).await;
    let case = site.house.case(1).await.id;
    let of_tempo = site.program("tempo", &Scope::ALL, &["Tempo"]).await;
    let revoked = site.program("revoked", &Scope::ALL, &[]).await;
    site.tokens().revoke(&revoked.id).await.unwrap();
    let ended = site.program("ended", &Scope::ALL, &[]).await;
    let end = format!("UPDATE api_token SET until_ms = 1 WHERE id = '{}'", ended.id);
    site.execute(Box::leak(end.into_boxed_str())).await;
    let agent = site.login("agent", "admin").await;
    let mut others = Vec::new();
    for scope in Scope::ALL {
        let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|s| *s != scope).collect();
        others.push((scope, site.program(&format!("no {}", scope.code()), &scopes, &[]).await));
    }
    for endpoint in table() {
        let path = filled(endpoint.path, &case);
        let body = if endpoint.sort == Sort::Read { "" } else { "{}" };
        let match_any = [("if-match", "\"1\"")];
        for (who, program) in [("revoked", &revoked), ("ended", &ended)] {
            let answer = program.ask(endpoint.method, &path, &match_any, body).await;
            assert_eq!(answer.problem(), (401, "token".into()), "{who} {endpoint:?}");
            assert!(
                answer.header("www-authenticate").is_some_and(|h| h.starts_with("Bearer")),
                "{endpoint:?}"
            );
        }
        // A cookie opens nothing here, whoever it belongs to.
        let full = format!("/api/v1{path}");
        let headers = [("content-type", "application/json"), match_any[0]];
        let answer = agent.send(endpoint.method, &full, &headers, body).await;
        assert_eq!(answer.problem(), (401, "token".into()), "{endpoint:?}");
        let (_, lacks) = others.iter().find(|(scope, _)| *scope == endpoint.scope).unwrap();
        let answer = lacks.ask(endpoint.method, &path, &match_any, body).await;
        assert_eq!(answer.problem(), (403, "scope".into()), "{endpoint:?}");
        // Another brand's: what is named is not there, what is listed is not in it.
        let answer = of_tempo.ask(endpoint.method, &path, &match_any, body).await;
        assert!(!answer.body.contains("SECRETWORD") && !answer.body.contains(&case), "{endpoint:?}");
        if endpoint.path.contains("{case}") && endpoint.sort == Sort::Read {
            assert_eq!(answer.problem(), (404, "not-found".into()), "{endpoint:?}");
        } else if endpoint.path.contains("{case}") {
            assert!(matches!(answer.status, 400 | 404), "{endpoint:?}: {}", answer.body);
        }
        let header = |name: &str| answer.header(name).is_some();
        assert!(!header("access-control-allow-origin") && !header("set-cookie"), "{endpoint:?}");
    }
    assert_eq!(site.house.case(1).await.version, site.house.cases().await[0].version);
    let untouched: i64 = site.house.count("SELECT COUNT(*) FROM case_event WHERE who_kind = 'person'").await;
    assert_eq!(untouched, 0, "nobody who may not did anything");
}

/// Every route × every role: a token may what its person may, whatever its scopes say.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_no_more_than_the_role_of_its_person() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "SECRETWORD @Acme where is my parcel?")]).await;
    let case = site.house.case(1).await.id;
    site.login("all", "admin").await;
    let known = ["Acme".to_owned()];
    let wanted = Wanted {
        name: "all".to_owned(),
        person: Some("all".to_owned()),
        scopes: Scope::ALL.to_vec(),
        brands: Vec::new(),
        days: 10,
    };
    let (id, token) = site.tokens().add(&wanted, "t", &known).await.unwrap();
    let program = Program { browser: site.stranger(), id, token };
    for role in Role::ALL {
        let sql = format!("UPDATE person SET role = '{}' WHERE login = 'all'", role.code());
        site.execute(Box::leak(sql.into_boxed_str())).await;
        // A token may ask so often in a minute.
        site.house.clock.advance(Span::minutes(2));
        for endpoint in table() {
            let path = filled(endpoint.path, &case);
            let body = if endpoint.sort == Sort::Read { "" } else { "{\"x\":1}" };
            let answer = program.ask(endpoint.method, &path, &[("if-match", "\"1\"")], body).await;
            let may = endpoint.scope.fits(role) && role.may(endpoint.right);
            assert_eq!(answer.status != 403, may, "{} {endpoint:?}: {}", role.code(), answer.body);
        }
    }
    // Rights that are not those of the scope, by hand.
    let mut special: Vec<_> =
        table().into_iter().filter(|e| e.right != e.scope.right()).map(|e| (e.path, e.right)).collect();
    let mut written = [
        ("/cases/{case}/correct", Right::Correct),
        ("/cases/{case}/moderate", Right::Moderate),
        ("/cases/{case}/collect", Right::Moderate),
        ("/cases/{case}/collect/end", Right::Moderate),
        ("/cases/{case}/passes/{pass}", Right::Approve),
        ("/cases/{case}/passes/{pass}/review", Right::Approve),
        ("/cases/{case}/tickets/find", Right::Work),
        ("/checks/{case}", Right::Correct),
        ("/reports", Right::Reports),
        ("/reports/sent", Right::Reports),
        ("/reports/leads", Right::Reports),
        ("/reports/cases", Right::Reports),
        ("/spending", Right::Reports),
        ("/reports/failure-demand", Right::Reports),
        ("/quality", Right::Work),
        ("/reports/quality", Right::Reports),
        ("/reports/staff", Right::Reports),
        ("/back-door/days", Right::Reports),
        ("/batches", Right::Bulk),
        ("/batches", Right::Bulk),
        ("/batches/{batch}/undo", Right::Bulk),
        ("/findings", Right::FindingsSee),
        ("/findings/{finding}", Right::FindingsSee),
        ("/findings/{finding}", Right::FindingsDecide),
        ("/reports/survey", Right::Reports),
        ("/privacy", Right::Privacy),
        ("/privacy/staff", Right::Privacy),
        ("/privacy/preview", Right::Privacy),
        ("/privacy/export", Right::Privacy),
        ("/privacy/erase", Right::Privacy),
        ("/privacy/objections", Right::Privacy),
        ("/privacy/objections/{label}/take-back", Right::Privacy),
        ("/privacy/holds", Right::Privacy),
        ("/privacy/holds/end", Right::Privacy),
        ("/incidents/{incident}/end", Right::Bulk),
        ("/incidents/{incident}/lines/{line}/withdraw", Right::Bulk),
        ("/incidents/{incident}/answers", Right::Bulk),
        ("/goodwill", Right::Reports),
        ("/cases/{case}/goodwill/{goodwill}/decide", Right::Approve),
        ("/complaints", Right::Reports),
        ("/reports/forecast", Right::Reports),
        ("/reports/monday", Right::Reports),
        ("/reports/helpers", Right::Export),
        ("/audit", Right::Audit),
    ];
    let by_path = |(path, right): &(&'static str, Right)| (*path, right.code());
    special.sort_by_key(by_path);
    written.sort_by_key(by_path);
    assert_eq!(special, written);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_on_the_case_of_another_brand() {
    let site = Site::open().await;
    site.house.take(&[post("1", "sanne", "t", 0, "@Acme where is my parcel?")]).await;
    let case = site.house.case(1).await;
    let tempo = site.program("tempo", &WORK, &["tempo"]).await;
    let path = format!("/cases/{}", case.id);
    tempo.act(&format!("{path}/claim"), case.version, "{}").await.is(404, "not-found");
    tempo.act(&format!("{path}/answer"), case.version, r#"{"text":"x"}"#).await.is(404, "not-found");
    tempo.act(&format!("{path}/dismiss"), case.version, r#"{"reason":"x"}"#).await.is(404, "not-found");
    tempo.get("/cases?brand=Acme").await.is(400, "request");
    assert_eq!(tempo.get("/cases?order=opened").await.json()["cases"], serde_json::json!([]));
    for closed in ["/sources", "/people", "/tokens"] {
        let all = site.program("bound", &Scope::ALL, &["Tempo"]).await;
        all.get(closed).await.is(403, "scope");
    }
    let lead = site.program("bound lead", &Scope::ALL, &["Tempo"]).await;
    lead.ask("PUT", "/kill-switch", &[], r#"{"stopped":true}"#).await.is(403, "scope");
    assert_eq!(site.house.case(1).await, case);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_bounded_by_role_and_end_with_their_person() {
    let site = Site::open().await;
    site.login("audit", "auditor").await;
    site.login("kim", "front_office").await;
    site.login("jan", "agent").await;
    let known = ["Acme".to_owned()];
    let wanted = |person: Option<&str>, scopes: &[Scope]| Wanted {
        name: "crm".to_owned(),
        person: person.map(ToOwned::to_owned),
        scopes: scopes.to_vec(),
        brands: Vec::new(),
        days: 10,
    };
    let refused = |result: Result<(String, String), TokenError>| match result {
        Err(TokenError::Invalid(why)) => why,
        other => panic!("{other:?}"),
    };
    let tokens = site.tokens();
    let why = refused(tokens.add(&wanted(Some("audit"), &[Scope::Act]), "t", &known).await);
    assert!(why.contains("auditor"), "{why}");
    // The front office has pages of its own, cut to its queues; nothing of the API is.
    let why = refused(tokens.add(&wanted(Some("kim"), &[Scope::Read]), "t", &known).await);
    assert!(why.contains("front_office"), "{why}");
    let why = refused(tokens.add(&wanted(Some("nobody"), &[Scope::Read]), "t", &known).await);
    assert!(why.contains("nobody"), "{why}");
    refused(tokens.add(&wanted(None, &[]), "t", &known).await);
    refused(tokens.add(&Wanted { days: 0, ..wanted(None, &[Scope::Read]) }, "t", &known).await);
    refused(tokens.add(&Wanted { days: 400, ..wanted(None, &[Scope::Read]) }, "t", &known).await);
    let other = Wanted { brands: vec!["Other".into()], ..wanted(None, &[Scope::Read]) };
    assert!(refused(tokens.add(&other, "t", &known).await).contains("known are Acme"));

    let (_, token) = tokens.add(&wanted(Some("jan"), &WORK), "t", &known).await.unwrap();
    let jan = Program { browser: site.stranger(), id: String::new(), token: token.clone() };
    let me = jan.get("/me").await.json();
    assert_eq!((me["person_name"].as_str(), me["scopes"][2].as_str()), (Some("jan"), Some("answer")));
    // Only a hash stands in the database, and nobody can be let in by a link as a service.
    let hashes: Vec<(String,)> = site.house.all("SELECT hash FROM api_token").await;
    assert!(hashes.iter().all(|(h,)| h.len() == 43 && !token.contains(h.as_str())));
    tokens.add(&wanted(None, &[Scope::Read]), "t", &known).await.unwrap();
    assert!(site.people.link("service:crm").await.is_err());
    assert!(!site.people.list().await.unwrap().iter().any(|line| line.contains("crm")));
    let held = tokens.list().await.unwrap();
    assert!(
        held.iter().any(|t| t.is_service) && held.iter().any(|t| t.used_at == Some(site.now())),
        "{held:?}"
    );

    site.people.disable("jan").await.unwrap();
    jan.get("/me").await.is(401, "token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_asks_too_often_waits_alone() {
    let config = WebConfig { api_per_minute: 5, ..small() };
    let site =
        Site::build(config, None, crate::harness::House::build(crate::site::engine()).await, None).await;
    let (busy, calm) =
        (site.program("busy", &[Scope::Read], &[]).await, site.program("calm", &[Scope::Read], &[]).await);
    for _ in 0..5 {
        assert_eq!(busy.get("/me").await.status, 200);
    }
    let answer = busy.get("/me").await;
    answer.is(429, "too-many");
    assert_eq!(answer.header("retry-after"), Some("12"));
    assert_eq!(calm.get("/me").await.status, 200);
    site.house.clock.advance(Span::seconds(12));
    assert_eq!(busy.get("/me").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_makes_a_token_on_the_page_and_takes_it_back() {
    let site = Site::open().await;
    let lead = site.login("lena", "lead").await;
    assert!(lead.get("/account").await.body.contains("href=\"/tokens\""));
    let page = lead.get("/tokens").await;
    assert!(!page.body.contains("scope_admin"), "nobody gives away more than they have");
    let fields = [("name", "CRM <b>"), ("scope_read", "1"), ("scope_admin", "1"), ("days", "30")];
    let made = lead.press("/tokens", "/tokens", &fields).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body.contains("CRM &#60;b&#62;"), "{}", made.body);
    let at = made.body.find("webcared_").unwrap();
    let token = made.body[at..].split('<').next().unwrap().to_owned();
    assert!(!lead.get("/tokens").await.body.contains(&token), "shown once");
    let program = Program { browser: site.stranger(), id: String::new(), token };
    assert_eq!(program.get("/me").await.json()["scopes"], serde_json::json!(["read"]));
    let id = lead.get("/tokens").await.field("id");
    assert_eq!(lead.press("/tokens", "/tokens/revoke", &[("id", &id)]).await.status, 303);
    program.get("/me").await.is(401, "token");
    // What was ticked stands there again: without it the token would be for every brand.
    let brands: Vec<(String,)> = site.house.all("SELECT id FROM brand WHERE name = 'Tempo'").await;
    let tempo = format!("brand_{}", brands[0].0);
    let fields = [("name", "x<y"), ("days", "0"), ("scope_read", "1"), (tempo.as_str(), "1")];
    let refused = lead.press("/tokens", "/tokens", &fields).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let kept = ["scope_read", tempo.as_str()].map(|name| format!("name=\"{name}\" value=\"1\" checked"));
    assert!(kept.iter().all(|kept| refused.body.contains(kept)), "{}", refused.body);
    assert!(refused.body.contains("value=\"x&#60;y\""), "{}", refused.body);
}
