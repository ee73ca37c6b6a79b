//! What `webcared user` asks of the daemon.

use super::{Answer, Control};
use serde::{Deserialize, Serialize};

/// What `webcared user` asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum UserRequest {
    /// A new person; answered by a one-time log-in link.
    Add {
        /// The login.
        login: String,
        /// The name shown.
        name: String,
        /// The role.
        role: String,
        /// The queues of the front office that they may see, each as `BRAND/QUEUE`.
        #[serde(default)]
        queues: Vec<String>,
        /// The brands that they see; none means every brand.
        #[serde(default)]
        brands: Vec<String>,
    },
    /// What somebody is from now on.
    Role {
        /// The login.
        login: String,
        /// The role.
        role: String,
    },
    /// The brands that somebody sees from now on.
    Brands {
        /// The login.
        login: String,
        /// By name; none means every brand.
        brands: Vec<String>,
    },
    /// The queues that somebody of the front office may see from now on.
    Queues {
        /// The login.
        login: String,
        /// Each as `BRAND/QUEUE`; none means none.
        queues: Vec<String>,
    },
    /// All persons.
    List,
    /// No more log-in for a person.
    Disable {
        /// The login.
        login: String,
    },
    /// No second factor and no passkeys any more.
    ResetFactors {
        /// The login.
        login: String,
    },
    /// No account at a provider any more.
    Untie {
        /// The login.
        login: String,
    },
    /// A one-time log-in link for a person.
    Link {
        /// The login.
        login: String,
    },
}

impl Control {
    /// Carries out what `webcared user` asks for.
    pub async fn user(&self, request: &UserRequest) -> Answer {
        let said = match request {
            UserRequest::Role { login, role } => {
                self.people.set_role(login, role).await.map(|()| vec![format!("{login} is now: {role}")])
            }
            UserRequest::Brands { login, brands } => self.people.set_brands(login, brands).await.map(|()| {
                let told = if brands.is_empty() { "every brand".to_owned() } else { brands.join(", ") };
                vec![format!("{login} sees: {told}")]
            }),
            UserRequest::Add { login, name, role, queues, brands } => {
                self.people.add_with(login, name, role, queues, brands).await.map(|link| {
                    vec![
                        format!("{login} may log in once by this link, within 30 minutes:"),
                        self.link(&link),
                    ]
                })
            }
            UserRequest::Queues { login, queues } => self.people.set_queues(login, queues).await.map(|set| {
                let told = if set.is_empty() { "none".to_owned() } else { set.join(", ") };
                vec![format!("{login} may see these queues: {told}")]
            }),
            UserRequest::List => self.people.list().await,
            UserRequest::Disable { login } => {
                self.people.disable(login).await.map(|()| vec![format!("{login} may no longer log in")])
            }
            UserRequest::ResetFactors { login } => self.people.reset_factors(login).await.map(|()| {
                vec![format!("{login} has no second factor and no passkeys any more; they are told of it")]
            }),
            UserRequest::Untie { login } => self
                .people
                .untie(login)
                .await
                .map(|()| vec![format!("{login} is no longer tied to an account at the provider")]),
            UserRequest::Link { login } => self.people.link(login).await.map(|link| vec![self.link(&link)]),
        };
        said.map_or_else(|error| Answer::Error(error.to_string()), Answer::Said)
    }
}
