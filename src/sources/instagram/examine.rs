//! Trying an account once: its token, what it may, what is delivered to us, how much is used, and how long we may write.

use super::{Instagram, KIND};
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::Examine;
use crate::sources::meta::graph::Share;
use crate::sources::meta::read::{field, list};
use crate::sources::meta::trials::{self, Scope, delivered};
use async_trait::async_trait;

const WITHIN: Span = Span::seconds(6);
const ADVICE: &str =
    "Make a long-lived token anew, by somebody who manages the account and its page, with all rights.";
/// What the token must be allowed where a page stands behind the account.
const SCOPES: [Scope; 4] = [
    ("instagram_basic", "to read what the account posted", false),
    ("instagram_manage_comments", "to read comments, answer, hide and remove", false),
    ("pages_manage_metadata", "to have deliveries made", false),
    ("instagram_manage_messages", "to write in private", true),
];
/// The same where one logs in with Instagram.
const OWN_SCOPES: [Scope; 3] = [
    ("instagram_business_basic", "to read what the account posted", false),
    ("instagram_business_manage_comments", "to read comments, answer, hide and remove", false),
    ("instagram_business_manage_messages", "to write in private", true),
];
/// What must be delivered where one logs in with Instagram, and whether only for private messages.
const FIELDS: [(&str, bool); 2] = [("comments", false), ("messages", true)];

#[async_trait]
impl Examine for Instagram {
    async fn examine(&self) -> Vec<Exam> {
        let query = [("fields", "id,username")];
        let me = self.graph.get(Share::Answering, &[&self.us.id], &query, WITHIN).await;
        let mut exams = match me {
            Err(failed) => return vec![self.graph.trouble(&failed).exam("log in", ADVICE)],
            Ok(me) => {
                let name = field(&me, "username").unwrap_or(&self.us.username);
                if !name.eq_ignore_ascii_case(&self.us.username) {
                    let says = format!("the account {} is '{name}', not '{}'", self.us.id, self.us.username);
                    let advice = "Correct account or username: by the name our own comments are known.";
                    return vec![Exam::bad("log in", says, advice)];
                }
                vec![Exam::good("log in", format!("the account '{name}'"))]
            }
        };
        let scopes: &[Scope] = if self.own_login { &OWN_SCOPES } else { &SCOPES };
        exams.push(self.graph.rights("Instagram", scopes, self.messages, ADVICE).await);
        exams.push(self.deliveries().await);
        exams.push(self.graph.usage_exam("Instagram"));
        exams.push(trials::windows(KIND, self.messages, self.human_agent));
        exams
    }
}

impl Instagram {
    async fn deliveries(&self) -> Exam {
        if self.secrets.is_empty() {
            let says = "no app_secret is given: comments and messages are only heard by looking, mentions not at all";
            return Exam::mind(
                "deliveries",
                says,
                "Mentions come by delivery alone; see the help, Instagram.",
            );
        }
        if !self.own_login && self.talks_at == self.us.id {
            let says = "no page is given, so it cannot be asked whether the app is installed there";
            return Exam::mind("deliveries", says, "Give the id of the page that the account is linked to.");
        }
        let path = [self.talks_at.as_str(), "subscribed_apps"];
        let told = match self.graph.get(Share::Answering, &path, &[], WITHIN).await {
            Ok(told) => told,
            Err(failed) => return self.graph.trouble(&failed).exam("deliveries", ADVICE),
        };
        let advice =
            format!("POST /{}/subscribed_apps?subscribed_fields=…; see the help, Instagram.", self.talks_at);
        if list(&told["data"]).next().is_none() {
            return Exam::bad(
                "deliveries",
                "the app is not installed there, so nothing is delivered",
                advice,
            );
        }
        if !self.own_login {
            // Which fields of Instagram are delivered is set in the app's dashboard, and told nowhere else.
            return Exam::good("deliveries", "the app is installed at the page");
        }
        let (fields, lacks) = delivered(&told, &FIELDS, self.messages);
        if lacks.is_empty() {
            return Exam::good("deliveries", fields.join(", "));
        }
        Exam::bad("deliveries", format!("the account delivers no {}", lacks.join(", ")), advice)
    }
}
