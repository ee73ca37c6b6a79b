//! `[login.oidc]`: the provider that lets people in, and what its claims mean here.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `[login.oidc]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcConfig {
    /// The issuer, as its own description names it.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// What shows that it is us; left out for a public client.
    pub client_secret: Option<SecretString>,
    /// A file that holds it.
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for; `openid` always is.
    pub scopes: Vec<String>,
    /// The claim that holds the login.
    pub login_claim: String,
    /// The claim that holds the name shown.
    pub name_claim: String,
    /// The claim that lists groups.
    pub groups_claim: String,
    /// Which group gives which role, the first that fits; without any, roles are set here by admins.
    #[serde(rename = "role")]
    pub roles: Vec<GroupRole>,
    /// Which group gives sight of which brands, all that fit together; without any, admins say here who sees which.
    #[serde(rename = "brand")]
    pub brands: Vec<GroupBrands>,
    /// Whether who is not known here is added when they first come.
    pub create_people: bool,
    /// Whether somebody who was added here before is tied to the account that claims their login, once.
    pub tie_by_login: bool,
    /// What the button says.
    pub button: String,
}

/// `[[login.oidc.role]]`: a group and the role of who is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupRole {
    /// The group, as the claim names it.
    pub group: String,
    /// The role.
    pub role: String,
}

/// What stands for every brand, also those to come.
pub const EVERY_BRAND: &str = "*";

/// `[[login.oidc.brand]]`: a group and the brands that who is in it sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupBrands {
    /// The group, as the claim names it.
    pub group: String,
    /// The brands by name, or `*` for all.
    pub brands: Vec<String>,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            scopes: ["openid", "profile"].map(str::to_owned).to_vec(),
            login_claim: "preferred_username".to_owned(),
            name_claim: "name".to_owned(),
            groups_claim: "groups".to_owned(),
            roles: Vec::new(),
            brands: Vec::new(),
            create_people: false,
            tie_by_login: false,
            button: "Log in with your organisation".to_owned(),
        }
    }
}

impl OidcConfig {
    /// All scopes, `openid` first.
    pub fn asked(&self) -> String {
        let others = self.scopes.iter().filter(|s| *s != "openid").cloned();
        std::iter::once("openid".to_owned()).chain(others).collect::<Vec<_>>().join(" ")
    }
}
