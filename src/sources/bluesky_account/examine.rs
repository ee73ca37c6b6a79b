//! Trying an account once: whether its app password is taken, and who that is.

use super::BlueskyAccount;
use crate::domain::exam::Exam;
use crate::sources::Examine;
use async_trait::async_trait;

#[async_trait]
impl Examine for BlueskyAccount {
    async fn examine(&self) -> Vec<Exam> {
        let pass = match self.line.session.pass(&self.line.caller).await {
            Ok(pass) => pass,
            Err(trouble) => {
                let advice = "Make an app password in the account's settings, under Privacy and security.";
                return vec![trouble.exam("log in", advice)];
            }
        };
        let who = self.line.session.who();
        let handle = who.handle.unwrap_or_else(|| pass.did.clone());
        let host = pass.server.host_str().unwrap_or_default();
        let mut exams = vec![Exam::good("log in", format!("@{handle} ({}) at {host}", pass.did))];
        if !self.has_chat {
            exams.push(Exam::mind(
                "private messages",
                "switched off",
                "With chat = true and an app password that may use direct messages, customers can be moved there.",
            ));
        }
        exams
    }
}
