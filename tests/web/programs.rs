//! A program that asks by a token, for the tests of the interface.

use crate::site::{Answer, Browser, Site};
use serde_json::Value;
use webcared::tokens::{Scope, Tokens, Wanted};

/// Every scope that an agent's work needs.
pub const WORK: [Scope; 3] = [Scope::Read, Scope::Act, Scope::Answer];

/// A program with a token.
pub struct Program {
    pub browser: Browser,
    pub id: String,
    pub token: String,
}

impl Site {
    pub fn tokens(&self) -> Tokens {
        Tokens::new(self.house.db.clone(), self.house.clock.clone(), self.house.mint.clone())
    }

    /// A token that acts for somebody.
    pub async fn acting(&self, login: &str, scopes: &[Scope]) -> Program {
        let wanted = Wanted {
            name: format!("of {login}"),
            person: Some(login.to_owned()),
            scopes: scopes.to_vec(),
            brands: Vec::new(),
            days: 10,
        };
        let known = ["Acme".to_owned(), "Tempo".to_owned()];
        let (id, token) = self.tokens().add(&wanted, "test", &known).await.unwrap();
        Program { browser: self.stranger(), id, token }
    }

    pub async fn program(&self, name: &str, scopes: &[Scope], brands: &[&str]) -> Program {
        let wanted = Wanted {
            name: name.to_owned(),
            person: None,
            scopes: scopes.to_vec(),
            brands: brands.iter().map(|b| (*b).to_owned()).collect(),
            days: 30,
        };
        let known = ["Acme".to_owned(), "Tempo".to_owned()];
        let (id, token) = self.tokens().add(&wanted, "test", &known).await.unwrap();
        Program { browser: self.stranger(), id, token }
    }
}

impl Program {
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        all.extend(headers);
        self.browser.send(method, &format!("/api/v1{path}"), &all, body).await
    }

    /// An act on a case at a version.
    pub async fn act(&self, path: &str, version: i64, body: &str) -> Answer {
        self.ask("POST", path, &[("if-match", &format!("\"{version}\""))], body).await
    }
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.head, self.body))
    }

    /// The problem that it is: status and kind.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{} {}",
            self.head,
            self.body
        );
        let body = self.json();
        assert_eq!(body["status"], self.status, "{body}");
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        let kind = body["type"].as_str().unwrap().strip_prefix("urn:webcared:problem:").unwrap();
        (self.status, kind.to_owned())
    }

    #[track_caller]
    pub fn is(&self, status: u16, kind: &str) {
        assert_eq!(self.problem(), (status, kind.to_owned()), "{}", self.body);
    }
}

pub fn filled(path: &str, case: &str) -> String {
    let zeros = "0".repeat(26);
    path.replace("{case}", case)
        .replace("{effect}", &format!("act_{zeros}"))
        .replace("{delivery}", &format!("act_{zeros}"))
        .replace("{join}", &format!("jon_{zeros}"))
        .replace("{pass}", &format!("gua_{zeros}"))
        .replace("{finding}", &format!("fin_{zeros}"))
        .replace("{link}", &format!("tkl_{zeros}"))
        .replace("{batch}", &format!("bat_{zeros}"))
        .replace("{answer}", &format!("lib_{zeros}"))
        .replace("{promise}", "0")
        .replace("{goodwill}", &format!("gdw_{zeros}"))
        .replace("{brand}", "Acme")
        .replace("{policy}", "social-30m")
        .replace("{login}", "nobody")
        .replace("{label}", "nothing0")
        .replace("{protocol}", "press")
        .replace("{step}", "who_asks")
        .replace("{kind}", "vip")
        .replace("{incident}", &format!("inc_{zeros}"))
        .replace("{line}", &format!("lin_{zeros}"))
        .replace("{sample}", &format!("qua_{zeros}"))
        .replace("{passkey}", "none")
        .replace("{session}", "0000000000000000")
        .replace("{token}", "tok_none")
        .replace("{template}", &format!("tpl_{zeros}"))
        .replace("{filter}", &format!("sfl_{zeros}"))
        .replace("{payload}", &format!("inb_{zeros}"))
        .replace("{peak}", &format!("pek_{zeros}"))
}
