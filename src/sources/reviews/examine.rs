//! Trying a platform of reviews once: whether the credential is taken and each place can be read.

use super::Reviews;
use super::client::Share;
use crate::domain::exam::Exam;
use crate::domain::time::Span;
use crate::sources::{Examine, Right};
use async_trait::async_trait;

const WITHIN: Span = Span::seconds(6);
/// How many places are tried.
const TRIED_MAX: usize = 20;

#[async_trait]
impl Examine for Reviews {
    async fn examine(&self) -> Vec<Exam> {
        let mut exams = Vec::new();
        for place in self.places.iter().take(TRIED_MAX) {
            let what = format!("read {place}");
            let told = self.client.get(Share::Answering, &self.site.list(place, None), WITHIN).await;
            exams.push(match told {
                Err(failed) => self.client.trouble(&failed).exam(what, self.site.advice()),
                Ok(told) => match self.site.read_page(place, None, &told) {
                    Some(page) => {
                        Exam::good(what, format!("{} reviews on the newest page", page.reviews.len()))
                    }
                    None => Exam::bad(what, "the answer is no list of reviews", self.site.advice()),
                },
            });
        }
        if let Some(span) = self.site.shown_for() {
            let days = span.millis() / Span::days(1).millis();
            exams.push(Exam::mind(
                "window",
                format!("only reviews with words of the last {days} days are shown to programs"),
                "Look at what is older by hand, once.",
            ));
        }
        exams.push(self.calls_exam());
        exams.push(match self.grants.lacks(Right::Answer) {
            Some(why) => Exam::bad("answer", why, self.site.advice()),
            None => Exam::mind(
                "answer",
                "whether the credential may answer shows only with an answer",
                "Nothing is written to find out.",
            ),
        });
        exams
    }
}

impl Reviews {
    /// How many calls there are, and how many are left where the platform tells.
    fn calls_exam(&self) -> Exam {
        let (n, per) = self.calls;
        let per = if per <= Span::minutes(1) { "a minute" } else { "an hour" };
        let says = format!("{n} {per} by the settings, of which a fifth is for answers alone");
        match self.client.left() {
            Some(left) => {
                Exam::good("calls", format!("{says}; {} leaves {left} in this hour", self.site.name()))
            }
            None => Exam::good("calls", says),
        }
    }
}
