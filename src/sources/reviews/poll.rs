//! Reading the reviews of a place: page by page from the newest down to where the last look ended, and some hours
//! beyond, for lists show some things late.

use super::client::{Failed, Share};
use super::review::Review;
use super::{Page, Reviews};
use crate::domain::post::RawPost;
use crate::domain::time::{Span, Timestamp};
use crate::sources::taken::{Met, Taken, hash};
use crate::sources::{Aside, Batch, Poll, RawItem, SourceTrouble};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// How far behind the last look's end a look reads on.
const OVERLAP: Span = Span::hours(6);
/// Most pages of one look.
const PAGES_MAX: u32 = 40;
/// How often at most the same words of a review are a further message, where no time tells one change from another.
const AGAIN_MAX: u64 = 20;
pub(super) const WITHIN: Span = Span::seconds(12);

/// Where a place was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// The newest review that looks which came to their end have seen.
    top: i64,
    /// The page at which this look goes on, and the newest review that it has seen.
    at: Option<(String, i64)>,
    pages: u32,
    taken: Taken,
}

#[async_trait]
impl Poll for Reviews {
    fn every(&self) -> Span {
        self.every
    }

    fn streams(&self) -> Vec<String> {
        self.places.clone()
    }

    async fn poll(&self, stream: &str, cursor: Option<&str>) -> Result<Batch, SourceTrouble> {
        let trouble = |failed: Failed| self.client.trouble(&failed);
        let before = cursor.and_then(|c| serde_json::from_str::<Cursor>(c).ok());
        let is_first = before.is_none();
        let mut next = before.clone().unwrap_or_default();
        let token = next.at.as_ref().map(|(token, _)| token.clone());
        let mut lapsed = false;
        let page = match self.page_of(stream, token.as_deref()).await {
            // The word for a page lapses after a while: from the front, past what is known, and on with the next
            // look, for it may lapse again.
            Err(failed) if failed.status() == Some(400) && token.is_some() => {
                (next.at, next.pages, lapsed) = (None, 0, true);
                self.page_of(stream, None).await
            }
            page => page,
        };
        let page = page.map_err(trouble)?;
        let now = self.client.now();
        let mut items = Vec::new();
        let (mut newest, mut oldest) = (0, i64::MAX);
        for row in page.reviews.iter().rev() {
            match row {
                Ok(review) => {
                    let at = review.last_at().unwrap_or(now).millis();
                    (newest, oldest) = (newest.max(at), oldest.min(at));
                    self.take(review, &mut next.taken, now, &mut items);
                }
                Err(raw) => {
                    let name = hash(&["unreadable", raw]);
                    if next.taken.meet(name, 0) == Met::New {
                        next.taken.keep(name, 0, now);
                        items.push(RawItem::unreadable(raw));
                    }
                }
            }
        }
        let more = go_on(&mut next, page.next, (newest, oldest), is_first) && !lapsed;
        let changed = before.as_ref() != Some(&next);
        // Hashes, numbers and words for pages, all of which JSON can write.
        let cursor = changed.then(|| serde_json::to_string(&next).unwrap_or_default());
        Ok(Batch { items, cursor, more })
    }

    fn aside(&self, _stream: &str) -> Aside {
        let days = self.site.shown_for().map(|span| span.millis() / Span::days(1).millis());
        let note = days.map(|days| {
            let name = self.site.name();
            format!("{name} shows reviews with words of the last {days} days only: what is older is not seen")
        });
        Aside { note, ..Aside::default() }
    }
}

/// Notes where a look stands; whether it goes on.
fn go_on(next: &mut Cursor, page: Option<String>, (newest, oldest): (i64, i64), is_first: bool) -> bool {
    let top = next.at.as_ref().map_or(0, |(_, top)| *top).max(newest);
    next.pages = next.pages.saturating_add(1);
    let known = oldest <= Timestamp(next.top).minus(OVERLAP).millis();
    let ends = is_first || known || next.pages >= PAGES_MAX;
    if let Some(token) = page.filter(|_| !ends) {
        next.at = Some((token, top));
        true
    } else {
        (next.at, next.pages, next.top) = (None, 0, next.top.max(top));
        false
    }
}

impl Reviews {
    /// A page of a place's reviews.
    pub(super) async fn page_of(&self, place: &str, page: Option<&str>) -> Result<Page, Failed> {
        let told = self.client.get(Share::Reading, &self.site.list(place, page), WITHIN).await?;
        self.site.read_page(place, page, &told).ok_or(Failed::Unreadable)
    }

    /// Takes what is new or changed of a review, and our answer where it is.
    fn take(&self, review: &Review, taken: &mut Taken, now: Timestamp, items: &mut Vec<RawItem>) {
        let (name, mark) = (hash(&[&review.id]), review.mark());
        match taken.meet(name, mark) {
            Met::Same => taken.touch(name),
            met => {
                let changed = match met {
                    Met::Changed { before } => {
                        Some(review.last_at().filter(|at| *at > before && *at <= now).unwrap_or(now))
                    }
                    _ => None,
                };
                // Who changes it back and forth says something each time, also where the platform keeps the date. Where it
                // tells one, the same words of the same time are an older copy that was shown once more, and no change.
                let counts = changed.is_some() && !self.site.tells_changes();
                let again = if counts { taken.times(review.change(), now).min(AGAIN_MAX) } else { 0 };
                taken.keep(name, mark, changed.or(review.last_at()).unwrap_or(now));
                let said = Review { again, ..review.clone() };
                items.push(self.item(&said.post(self.about(), changed, now), now));
            }
        }
        if let Some(ours) = review.our_post(self.about(), now) {
            let (name, words) = (hash(&["answer", &review.id]), hash(&[&ours.external_id]));
            if taken.meet(name, words) == Met::Same {
                taken.touch(name);
            } else {
                taken.keep(name, words, now);
                items.push(self.item(&ours, now));
            }
        }
    }

    /// The item of a post.
    pub(super) fn item(&self, post: &RawPost, now: Timestamp) -> RawItem {
        let at = Timestamp::parse(&post.created_at).unwrap_or(now);
        RawItem::of(format!("{}/{}", self.name, post.external_id), post, at)
    }
}
