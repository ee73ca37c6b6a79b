//! Trying an account once: its token, whose it is, what it may, how many replies are left today, and what is delivered.
//!
//! The daemon renews the token, so after sixty days the one of the settings is over although the daemon's is not: a trial
//! beside the daemon says so, and takes it for no mistake.

use super::Threads;
use super::poll::{FIELDS, WITHIN};
use super::quota::Used;
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::Examine;
use crate::sources::meta::GraphMeaning;
use crate::sources::meta::graph::Share;
use crate::sources::meta::read::{field, id_in};
use async_trait::async_trait;

/// A right by its name, and the smallest question that needs it: its path, and what stands behind it.
type Try<'a> = (&'static str, &'a [&'a str], &'a [(&'a str, &'a str)]);

const SHORT: Span = Span::seconds(6);
const ADVICE: &str =
    "Give the app leave anew with all scopes, and put the new long-lived token into the settings.";
/// A word that nobody writes: a search that finds nothing is free.
const NO_WORD: &str = "webcared8f3c1d7e5a";

#[async_trait]
impl Examine for Threads {
    async fn examine(&self) -> Vec<Exam> {
        let me = self.client.get(Share::Answering, &["me"], &[("fields", "id,username")], SHORT).await;
        let me = match me {
            Ok(me) => me,
            Err(failed)
                if failed.meaning() == Some(GraphMeaning::TokenInvalid) && !self.client.tokens.keeps() =>
            {
                let says = "the token of the settings is over; the daemon goes on with those that it renewed";
                let advice = "Whether the daemon's token is taken stands on the page of sources.";
                return vec![Exam::mind("log in", says, advice)];
            }
            Err(failed) => return vec![self.client.trouble(&failed).exam("log in", ADVICE)],
        };
        let (id, name) = (id_in(&me, "id").unwrap_or_default(), field(&me, "username").unwrap_or_default());
        if !self.me.is(name) {
            let says = format!("the token is of @{name}, not of @{}", self.me.name);
            let advice =
                "Give the token of this account; if it was renamed, change 'account' in the settings.";
            return vec![Exam::bad("log in", says, advice)];
        }
        if id != self.me.id {
            let says = format!("@{name} has the number {id}, not {}", self.me.id);
            return vec![Exam::bad("log in", says, "Put that number into 'user_id' in the settings.")];
        }
        let mut exams = vec![Exam::good("log in", format!("@{name}")), self.end()];
        exams.extend(self.rights().await);
        exams.extend(self.quotas().await);
        exams.push(self.deliveries());
        let says = "Threads has no private messages: customers are moved by the brand's own way in";
        exams.push(Exam::good("private", says));
        exams
    }
}

impl Threads {
    fn end(&self) -> Exam {
        let ends = self.client.tokens.grants.all_ends();
        match (self.client.tokens.why_not_renewed(), ends.first()) {
            (Some(why), _) => Exam::mind("token", why, ADVICE),
            (None, Some(end)) => Exam::good("token", format!("until {}, renewed each day", end.at.day())),
            (None, None) => {
                Exam::good("token", "its end is not known; the daemon renews it once it is a day old")
            }
        }
    }

    /// Each right by the smallest thing that needs it.
    async fn rights(&self) -> Vec<Exam> {
        let id = self.me.id.as_str();
        let tries: [Try<'_>; 3] = [
            ("read mentions", &[id, "mentions"], &[("fields", FIELDS), ("limit", "1")]),
            ("read replies", &[id, "replies"], &[("fields", FIELDS), ("limit", "1")]),
            ("search", &["keyword_search"], &[("q", NO_WORD), ("search_type", "RECENT"), ("fields", "id")]),
        ];
        let mut exams = Vec::new();
        for (what, path, query) in tries {
            if what == "search" && !self.search {
                exams.push(Exam::good(what, "the search is switched off"));
                continue;
            }
            exams.push(match self.client.get(Share::Answering, path, query, WITHIN).await {
                Ok(value) if value["data"].is_array() => Exam::good(what, "it may"),
                Ok(_) => Exam::bad(what, "the answer is no list", "Is api_url right?"),
                Err(failed) => self.client.trouble(&failed).exam(what, ADVICE),
            });
        }
        if self.search {
            let (_, max) = self.searches.used(self.client.now());
            let says = format!(
                "{max} searches that find something in 24 hours; how many are left, the daemon knows"
            );
            exams.push(Exam::good("searches", says));
        }
        exams
    }

    async fn quotas(&self) -> Vec<Exam> {
        let quota = match self.quota(SHORT).await {
            Ok(quota) => quota,
            Err(failed) => return vec![self.client.trouble(&failed).exam("answer", ADVICE)],
        };
        let of = |what: &'static str, used: Option<Used>| match used {
            None => {
                Exam::mind(what, "Threads does not tell how many are left", "It refuses what is too many.")
            }
            Some(used) if used.is_up() => {
                let says = format!("{} in 24 hours are used up", used.words());
                Exam::bad(what, says, "They come back one by one; until then answers wait.")
            }
            Some(used) => Exam::good(what, format!("{} in 24 hours are used", used.words())),
        };
        vec![of("replies", quota.replies), of("posts", quota.posts)]
    }

    fn deliveries(&self) -> Exam {
        if self.secrets.is_empty() {
            let says = "no app_secret is given: what is said is only heard by looking";
            return Exam::mind("deliveries", says, "Deliveries make it quicker; see the help, Threads.");
        }
        let says = "taken where they are signed; which of them are made stands in the app's dashboard";
        Exam::good("deliveries", says)
    }
}
