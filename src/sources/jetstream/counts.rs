//! The counts of one stream.

use super::frame::What;

/// Those that rise with every post are looked up once a connection.
pub(super) struct Counts {
    pub(super) seen: metrics::Counter,
    pub(super) dropped: metrics::Counter,
    source: String,
}

impl Counts {
    /// Of a source by name.
    pub(super) fn of(source: &str) -> Self {
        Self {
            seen: metrics::counter!("webcared_firehose_seen_total", "source" => source.to_owned()),
            dropped: metrics::counter!("webcared_firehose_dropped_total", "source" => source.to_owned()),
            source: source.to_owned(),
        }
    }

    /// Something came that is no new post.
    pub(super) fn other(&self, what: What) {
        metrics::counter!("webcared_firehose_other_total", "source" => self.source.clone(), "what" => what.label())
            .increment(1);
    }
}
