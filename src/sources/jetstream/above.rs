//! What posts of the stream are about, asked for beside it: no post and no frame waits for a slow view.
//!
//! The posts of a batch are stored first; what stands above them follows in a batch of its own, one question after
//! another. What is still to be asked when a connection ends is asked on the next one.

use super::super::RawItem;
use super::super::bluesky::view::PublicView;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most batches whose posts wait; of older ones nothing is asked.
const WAITING_MAX: usize = 100;

/// Batches whose posts wait, whatever becomes of the connection that brought them.
pub(super) type Waiting = Mutex<VecDeque<Vec<RawItem>>>;

/// The questions of one connection.
pub(super) struct Above<'a> {
    view: Option<&'a PublicView>,
    waiting: &'a Waiting,
    /// What is asked at present, and its question.
    asked: Option<Vec<RawItem>>,
    asking: Option<BoxFuture<'a, Vec<RawItem>>>,
}

impl Drop for Above<'_> {
    fn drop(&mut self) {
        if let Some(items) = self.asked.take() {
            self.line().push_front(items);
        }
    }
}

impl<'a> Above<'a> {
    /// Questions for a view, if there is one: those that wait, and those to come.
    pub(super) const fn of(view: Option<&'a PublicView>, waiting: &'a Waiting) -> Self {
        Self { view, waiting, asked: None, asking: None }
    }

    fn line(&self) -> MutexGuard<'a, VecDeque<Vec<RawItem>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These posts are stored now.
    pub(super) fn stored(&mut self, items: Vec<RawItem>) {
        let Some(view) = self.view.filter(|_| !items.is_empty()) else { return };
        view.stored(items.iter().map(|item| item.place.clone()).collect());
        let mut line = self.line();
        line.push_back(items);
        if line.len() > WAITING_MAX {
            line.pop_front();
        }
    }

    fn first(&self) -> Option<Vec<RawItem>> {
        self.line().pop_front()
    }

    /// What stands above posts, as soon as some is found; whoever waits for something else meanwhile loses nothing.
    pub(super) async fn next(&mut self) -> Vec<RawItem> {
        loop {
            if self.asking.is_none()
                && let Some(view) = self.view
                && let Some(items) = self.first()
            {
                self.asked = Some(items.clone());
                self.asking = Some(async move { view.above(&items).await }.boxed());
            }
            let Some(asking) = self.asking.as_mut() else { return std::future::pending().await };
            let found = asking.await;
            (self.asked, self.asking) = (None, None);
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
