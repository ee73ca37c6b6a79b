//! Trying a channel once: whether the credential is taken, what the channel is called, what is left of the day.

use super::Youtube;
use super::units::{Share, WRITE};
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::Examine;
use async_trait::async_trait;
use serde_json::Value;

const WITHIN: Span = Span::seconds(6);
const ADVICE: &str =
    "Make a key of the project with YouTube Data API v3 switched on, or let the channel in anew.";

#[async_trait]
impl Examine for Youtube {
    async fn examine(&self) -> Vec<Exam> {
        let query = [("part", "snippet"), ("id", self.channel.as_str())];
        let told = self.client.get::<Value>(Share::Answering, "channels", &query, WITHIN).await;
        let mut exams = vec![match &told {
            Err(failed) => return vec![self.client.trouble(failed).exam("log in", ADVICE)],
            Ok(told) => match told["items"][0]["snippet"]["title"].as_str() {
                Some(title) => Exam::good("log in", format!("the channel '{title}'")),
                None => Exam::bad(
                    "log in",
                    format!("YouTube knows no channel {}", self.channel),
                    "The id stands in the channel's advanced settings, and begins with UC.",
                ),
            },
        }];
        exams.push(if self.client.has_login() {
            let mine = [("part", "id"), ("mine", "true")];
            match self.client.get::<Value>(Share::Answering, "channels", &mine, WITHIN).await {
                Ok(told) if told["items"][0]["id"] == self.channel.as_str() => {
                    Exam::good("rights", "the log-in is the channel's own: it answers and moderates")
                }
                Ok(_) => Exam::bad(
                    "rights",
                    "the log-in is of another channel",
                    "Log in as the channel itself when you make the refresh token.",
                ),
                Err(failed) => self.client.trouble(&failed).exam("rights", ADVICE),
            }
        } else {
            Exam::mind("rights", "there is no log-in: comments are read only", "Answers go by hand.")
        });
        let (spent, all) = self.client.units.spent(self.client.now());
        let left = all.saturating_sub(spent);
        exams.push(Exam::good(
            "units",
            format!("{all} a day by the settings, of which {} answers can be made", left / WRITE),
        ));
        exams
    }
}
