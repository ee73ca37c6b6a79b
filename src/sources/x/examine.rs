//! Trying an account once: its token and rights, the search, what is left of the month, the webhook and what is
//! delivered to it, and the money.
//!
//! The account's token is good once to be renewed, so a trial beside the daemon does not touch it: the daemon uses it
//! all the time, and says on the page of sources how that goes.

use super::X;
use super::client::{As, Failed, Family};
use super::poll::WITHIN;
use super::post::Me;
use super::read::id_in;
use super::tokens::SCOPES;
use crate::domain::exam::Exam;
use crate::domain::money::{Stage, shown};
use crate::sources::Examine;
use async_trait::async_trait;

const APP: &str = "Copy the app's bearer token from the platform's console into app_token_file.";

#[async_trait]
impl Examine for X {
    async fn examine(&self) -> Vec<Exam> {
        let mut exams = self.log_in().await;
        if self.client.has_app() {
            exams.push(self.app().await);
            exams.push(self.usage().await);
        } else {
            let advice = "Without it there is no search, no stream and no look after the webhook.";
            exams.push(Exam::mind("app", "no app_token is given", advice));
        }
        if self.webhook_url.is_empty() {
            let says = "no webhook_url is given: what is said is only heard by looking";
            exams.push(Exam::mind(
                "webhook",
                says,
                "Deliveries make it quicker, and each is billed; see the help, X.",
            ));
        } else if self.client.has_app() {
            exams.extend(self.webhook_exams().await);
        }
        exams.push(self.money());
        exams
    }

    fn is_all(&self) -> bool {
        true
    }
}

impl X {
    async fn log_in(&self) -> Vec<Exam> {
        if !self.client.tokens.keeps() {
            let says = "not tried: a refresh token is good once, and the daemon needs it";
            let advice = "Whether the daemon's token is taken stands on the page of sources.";
            return vec![Exam::mind("log in", says, advice)];
        }
        let me = self.client.get((Family::Lookup, As::Account), &["users", "me"], &[], WITHIN).await;
        match me {
            Ok(_) => {
                let scopes = self.client.tokens.scopes().await;
                let lacks: Vec<String> = SCOPES
                    .iter()
                    .filter(|(scope, _)| self.messages || !scope.starts_with("dm."))
                    .filter(|(scope, _)| !scopes.iter().any(|s| s == scope))
                    .map(|(scope, why)| format!("{scope} ({why})"))
                    .collect();
                let log_in = Exam::good("log in", format!("@{}", self.account));
                let rights = if lacks.is_empty() {
                    Exam::good("rights", scopes.join(", "))
                } else {
                    Exam::bad(
                        "rights",
                        format!("lacks {}", lacks.join(", ")),
                        "Give the app leave anew with all scopes.",
                    )
                };
                vec![log_in, rights]
            }
            Err(failed) => {
                let advice = "Give the app leave anew, and put the new refresh token into the settings.";
                vec![self.client.trouble(&failed).exam("log in", advice)]
            }
        }
    }

    async fn app(&self) -> Exam {
        let query = [("query", "from:x"), ("max_results", "10")];
        if !self.search {
            return Exam::good("app", "an app_token is given; the search is switched off");
        }
        match self
            .client
            .get((Family::Search, As::App), &["tweets", "counts", "recent"], &query[..1], WITHIN)
            .await
        {
            Ok(_) => Exam::good("app", "its token may search"),
            Err(failed) => self.client.trouble(&failed).exam("app", APP),
        }
    }

    /// How much of what X lets the project read in a month is left, as X tells it.
    async fn usage(&self) -> Exam {
        let what = "usage";
        let silent = |why: &str| {
            let advice = "It stands in the platform's console; X refuses what is too much.";
            Exam::mind(what, format!("X does not tell how many posts may still be read{why}"), advice)
        };
        let told = match self.client.get((Family::Manage, As::App), &["usage", "tweets"], &[], WITHIN).await {
            Ok(told) => told,
            Err(failed) => return silent(&format!(" ({})", failed.words())),
        };
        let number = |key: &str| id_in(&told["data"], key).and_then(|n| n.parse::<i64>().ok());
        let (Some(used), Some(cap)) = (number("project_usage"), number("project_cap")) else {
            return silent("");
        };
        let left = cap.saturating_sub(used).max(0);
        let says = format!("{left} of {cap} posts of the month may still be read");
        match left {
            0 => Exam::bad(what, says, "Raise the cap in the platform's console, or wait for the month."),
            left if left < cap / 5 => Exam::mind(what, says, "Look less often, or raise the cap."),
            _ => Exam::good(what, says),
        }
    }

    async fn webhook_exams(&self) -> Vec<Exam> {
        let failed = |failed: Failed| vec![self.client.trouble(&failed).exam("webhook", APP)];
        let found = match self.registered().await {
            Ok(found) => found,
            Err(f) => return failed(f),
        };
        let webhook = found.as_ref().map(|f| f.id.clone());
        let mut exams = vec![match found {
            None => {
                Exam::mind("webhook", "X knows none at this address", "The daemon registers it when it runs.")
            }
            Some(found) if found.valid => Exam::good("webhook", format!("{} is valid", self.webhook_url)),
            Some(_) => {
                let advice = "Can X reach the address from outside, and is api_secret the app's? The daemon asks X to check it again.";
                Exam::bad("webhook", "X holds it for invalid and delivers nothing", advice)
            }
        }];
        let Some(Me { id, .. }) = self.me.get().cloned() else {
            exams.push(Exam::mind(
                "deliveries",
                "not asked: user_id is not given",
                "Give user_id, which saves a call as well.",
            ));
            return exams;
        };
        match self.subscribed(&id, webhook.as_deref()).await {
            Err(f) => exams.extend(failed(f)),
            Ok(there) => {
                let lacks: Vec<&str> =
                    self.wanted_events().into_iter().filter(|w| !there.iter().any(|t| t == w)).collect();
                exams.push(if lacks.is_empty() {
                    Exam::good("deliveries", there.join(", "))
                } else {
                    let says = format!("not delivered: {}", lacks.join(", "));
                    Exam::mind("deliveries", says, "The daemon asks for them when it runs.")
                });
            }
        }
        exams
    }

    fn money(&self) -> Exam {
        let Some(budget) = self.purse.budget() else {
            let advice = "Set monthly_usd; without it, nothing stops reading but X.";
            return Exam::mind("money", "no budget is set: it is only counted", advice);
        };
        let says = format!("{} {} a month", shown(budget), self.purse.currency());
        match self.purse.stage() {
            Stage::Spent => Exam::bad(
                "money",
                format!("{says}, all of it is used up"),
                "Give it more, or wait for the next month.",
            ),
            Stage::Near | Stage::Calm => {
                Exam::good("money", format!("{says}; what is left stands on the page of sources"))
            }
        }
    }
}
