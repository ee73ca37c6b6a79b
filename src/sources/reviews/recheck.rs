//! Whether reviews and our answers still stand, and how they read by now.

use super::Reviews;
use super::client::{Failed, Share};
use super::poll::WITHIN;
use super::review::{Named, Review, answer_id, left_beside};
use crate::domain::time::Span;
use crate::sources::reply::PostRef;
use crate::sources::{Recheck, SourceTrouble, Standing};
use async_trait::async_trait;

/// Most posts in one question; each is a call.
const AT_ONCE: usize = 10;
/// How long before its end a window of the platform is taken for over.
const EARLY: Span = Span::hours(12);

#[async_trait]
impl Recheck for Reviews {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn standing(&self, posts: &[PostRef]) -> Result<Vec<Standing>, SourceTrouble> {
        let mut standing = Vec::with_capacity(posts.len());
        for asked in posts {
            standing.push(self.stands(asked).await.map_err(|failed| self.client.trouble(&failed))?);
        }
        Ok(standing)
    }
}

impl Reviews {
    /// A review as it is now; `None` where the platform says that there is none.
    pub(super) async fn review(&self, share: Share, id: &str) -> Result<Option<Review>, Failed> {
        match self.client.get(share, &self.site.one(id), WITHIN).await {
            Ok(told) => self.site.read_one(id, &told).map(Some).ok_or(Failed::Unreadable),
            Err(failed) if failed.is_absent() => Ok(None),
            Err(failed) => Err(failed),
        }
    }

    /// A review that the platform says is not there is gone where its place can be read: one that we may not see any
    /// more, or read no more, takes no review along.
    async fn gone(&self, id: &str) -> Result<Standing, Failed> {
        let holds =
            |place: &&String| id.strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let place = if id.contains('/') { self.places.iter().find(holds) } else { self.places.first() };
        let Some(place) = place else { return Ok(Standing::Unknown) };
        match self.page_of(place, None).await {
            Ok(_) => Ok(Standing::Gone),
            Err(failed) if failed.is_refused() => Ok(Standing::Unknown),
            Err(failed) => Err(failed),
        }
    }

    async fn stands(&self, asked: &PostRef) -> Result<Standing, Failed> {
        let left = left_beside(asked.local_id.as_deref());
        let now = self.client.now();
        let named = Named::of(&asked.external_id);
        // What is shown for a while only is not taken for deleted when that is over; of our answers nothing tells
        // since when their review stands.
        let in_window = self.site.shown_for().is_none_or(|span| {
            left.is_some_and(|(_, at)| now.since(at) < Span(span.millis() - EARLY.millis()))
        });
        if !in_window {
            return Ok(Standing::Unknown);
        }
        let review = match self.review(Share::Reading, named.review()).await {
            Ok(Some(review)) => review,
            Ok(None) => return self.gone(named.review()).await,
            // One place that refuses keeps nobody from looking at the others.
            Err(failed) if failed.is_refused() => return Ok(Standing::Unknown),
            Err(failed) => return Err(failed),
        };
        Ok(match (named, &review.answer) {
            (Named::Answer(_), None) => Standing::Gone,
            (Named::Answer(id), Some(ours)) if answer_id(id, &ours.text) == asked.external_id => review
                .our_post(self.about(), now)
                .map_or(Standing::Unknown, |p| Standing::Stands(Box::new(p))),
            // Another answer of ours took its place: it was given, and nobody took it back.
            (Named::Answer(_), Some(_)) => Standing::Unknown,
            (Named::Said(_), _) if left.is_some_and(|(mark, _)| mark != review.mark()) => {
                // Where no time of the change is told it is not as old as the review: our answer would stand after it.
                let before = left.map(|(_, at)| at);
                let at = review.last_at().filter(|at| Some(*at) > before && *at <= now).unwrap_or(now);
                let mut post = review.post(self.about(), Some(at), now);
                post.edited_at = Some(at.rfc3339());
                Standing::Stands(Box::new(post))
            }
            (Named::Said(_), _) => {
                let mut post = review.post(self.about(), None, now);
                post.edited_at = None;
                Standing::Stands(Box::new(post))
            }
        })
    }
}
