//! Finding one's way in what is known of a batch.

use super::plan::Known;
use std::collections::HashMap;

/// Where in [`Known`] things stand, so that no post of the batch looks through all of it.
#[derive(Debug, Default)]
pub struct Index {
    /// Cases by conversation.
    pub cases_in: HashMap<String, Vec<usize>>,
    /// Messages by case.
    pub messages_of: HashMap<String, Vec<usize>>,
    /// Clocks by case.
    pub clocks_of: HashMap<String, Vec<usize>>,
}

impl Index {
    /// Looks through everything once.
    pub fn of(known: &Known) -> Self {
        let mut index = Self::default();
        for (at, case) in known.cases.iter().enumerate() {
            index.cases_in.entry(case.conversation_id.clone()).or_default().push(at);
        }
        for (at, message) in known.messages.iter().enumerate() {
            index.messages_of.entry(message.case_id.clone()).or_default().push(at);
        }
        for (at, clock) in known.clocks.iter().enumerate() {
            index.clocks_of.entry(clock.case_id.clone()).or_default().push(at);
        }
        index
    }
}

/// The rows of a list at the places that an index names.
pub fn at_places<'k, T>(
    rows: &'k [T],
    index: &'k HashMap<String, Vec<usize>>,
    key: &str,
) -> impl Iterator<Item = &'k T> {
    index.get(key).into_iter().flatten().filter_map(|at| rows.get(*at))
}
