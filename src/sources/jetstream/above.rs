//! What posts of the stream are about, asked for beside it: no post and no frame waits for a slow view.
//!
//! The posts of a batch are stored first; what stands above them follows in a batch of its own, one question after
//! another. It only shows what a conversation is about, so what is still to be asked when a connection ends is let go.

use super::super::RawItem;
use super::super::bluesky::view::PublicView;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;

/// Most batches whose posts wait; of older ones nothing is asked.
const WAITING_MAX: usize = 100;

/// The questions of one connection.
pub(super) struct Above<'a> {
    view: Option<&'a PublicView>,
    waiting: VecDeque<Vec<RawItem>>,
    asking: Option<BoxFuture<'a, Vec<RawItem>>>,
}

impl<'a> Above<'a> {
    /// Questions for a view, if there is one.
    pub(super) const fn of(view: Option<&'a PublicView>) -> Self {
        Self { view, waiting: VecDeque::new(), asking: None }
    }

    /// These posts are stored now.
    pub(super) fn stored(&mut self, items: Vec<RawItem>) {
        let Some(view) = self.view.filter(|_| !items.is_empty()) else { return };
        view.stored(items.iter().map(|item| item.place.clone()).collect());
        self.waiting.push_back(items);
        if self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
        }
    }

    /// What stands above posts, as soon as some is found; whoever waits for something else meanwhile loses nothing.
    pub(super) async fn next(&mut self) -> Vec<RawItem> {
        loop {
            if self.asking.is_none()
                && let Some(view) = self.view
                && let Some(items) = self.waiting.pop_front()
            {
                self.asking = Some(async move { view.above(&items).await }.boxed());
            }
            let Some(asking) = self.asking.as_mut() else { return std::future::pending().await };
            let found = asking.await;
            self.asking = None;
            if !found.is_empty() {
                return found;
            }
        }
    }

    /// What was found is stored now.
    pub(super) fn shown(&self, places: Vec<String>) {
        if let Some(view) = self.view {
            view.stored(places);
        }
    }
}
