//! Trying an account once: whether the app and the log-in are taken, who we are there, whether the inbox is open, how
//! the chosen subreddits stand to us, and how many calls are left.

use super::Reddit;
use super::client::{KEPT, Share};
use super::thing::field;
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::Examine;
use async_trait::async_trait;

const WITHIN: Span = Span::seconds(6);
/// Most subreddits that are tried.
const SUBREDDITS_MAX: usize = 10;
const ADVICE: &str = "Has Reddit approved the app, and are its id, its secret and the account's password or refresh token right?";
const SCOPES: &str =
    "Let the account in anew with the scopes identity, read, history, submit and privatemessages.";

#[async_trait]
impl Examine for Reddit {
    async fn examine(&self) -> Vec<Exam> {
        let me = match self.client.get(Share::Answering, "api/v1/me", &[], WITHIN).await {
            Ok(me) => me,
            Err(failed) => return vec![self.client.trouble(&failed).exam("log in", ADVICE)],
        };
        let mut exams = vec![match field(&me, "name") {
            Some(name) if name.eq_ignore_ascii_case(&self.account) && me["is_suspended"] == true => {
                Exam::bad(
                    "log in",
                    format!("u/{name} is suspended: nothing that it writes is seen"),
                    "Ask Reddit to lift it, or use another account.",
                )
            }
            Some(name) if name.eq_ignore_ascii_case(&self.account) => {
                Exam::good("log in", format!("u/{name}"))
            }
            Some(name) => Exam::bad(
                "log in",
                format!("the log-in is of u/{name}, not of u/{}", self.account),
                "Log in as the account itself when you make the refresh token.",
            ),
            None => Exam::bad("log in", "Reddit does not tell whose log-in it is", ADVICE),
        }];
        exams.push(match self.list(Share::Answering, "message/inbox", &[("limit", "1")]).await {
            Ok(_) => Exam::good("read inbox", "what answers and names the account is read"),
            Err(failed) => self.client.trouble(&failed).exam("read inbox", SCOPES),
        });
        for subreddit in self.subreddits.iter().chain(&self.search_in).take(SUBREDDITS_MAX) {
            exams.push(self.place(subreddit).await);
        }
        exams.push(self.calls_exam());
        exams
    }
}

impl Reddit {
    /// How many calls there are by the settings, and how many Reddit itself says that are left.
    fn calls_exam(&self) -> Exam {
        let says = format!("{} a minute by the settings", self.calls_per_minute);
        let Some((left, until)) = self.client.left() else {
            return Exam::good("calls", format!("{says}; Reddit does not tell how many are left"));
        };
        let wait = until.since(self.client.now());
        let says = format!("{says}; Reddit leaves {left} for the next {wait}");
        if left < KEPT {
            let advice = "Only answers go on until then: does another program use the same app?";
            return Exam::mind("calls", says, advice);
        }
        Exam::good("calls", says)
    }

    /// How a subreddit stands to us.
    async fn place(&self, subreddit: &str) -> Exam {
        let what = format!("r/{subreddit}");
        match self.client.get(Share::Answering, &format!("r/{subreddit}/about"), &[], WITHIN).await {
            Ok(about) if about["data"]["user_is_banned"] == true => Exam::mind(
                what,
                "the account is banned there: it reads and cannot answer",
                "Ask its moderators, or answer by hand elsewhere.",
            ),
            Ok(about) if about["data"]["user_is_muted"] == true => {
                Exam::mind(what, "the account is muted there", "Ask its moderators.")
            }
            Ok(_) => Exam::good(what, "it is open to the account"),
            Err(failed) if matches!(failed.status(), Some(403 | 404)) => Exam::bad(
                what,
                format!("it is not open to the account ({})", failed.words()),
                "Is its name right, and may the account see it?",
            ),
            Err(failed) => self.client.trouble(&failed).exam(what, ADVICE),
        }
    }
}
