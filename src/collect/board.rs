//! How each source fares: kept in memory, told in the log at each change, written to the store
//! every few seconds.
//!
//! A source may read several streams, such as one tag on several servers. Its state is the worst
//! of theirs, and the reason names the streams that trouble it. No network is a state like any
//! other, never an error.

use crate::domain::time::{Span, Timestamp};
use crate::sources::{SourceTrouble, TroubleState};
use crate::store::source::Fares;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A state of a stream, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It answers.
    Connected,
    /// Not tried yet.
    Starting,
    /// Tried again by itself.
    Retrying,
    /// It says that it is gone for good; asked now and then.
    Gone,
    /// Our own budget of the month is used up.
    OverBudget,
    /// The platform's own cap on use is reached.
    Capped,
    /// The platform wants money.
    WantsMoney,
    /// A person must give it an account.
    NeedsAccount,
    /// A person must give its credential a right that it lacks.
    NeedsRight,
    /// A person must give it a token.
    NeedsToken,
}

impl State {
    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Starting => "starting",
            Self::Retrying => "retrying",
            Self::Gone => "gone",
            Self::OverBudget => "over_budget",
            Self::Capped => "capped",
            Self::WantsMoney => "wants_money",
            Self::NeedsAccount => "needs_account",
            Self::NeedsRight => "needs_right",
            Self::NeedsToken => "needs_token",
        }
    }

    fn of(trouble: &SourceTrouble) -> Self {
        match trouble.state {
            TroubleState::Gone => Self::Gone,
            TroubleState::WantsMoney => Self::WantsMoney,
            TroubleState::Capped => Self::Capped,
            TroubleState::OverBudget { .. } => Self::OverBudget,
            TroubleState::NeedsToken => Self::NeedsToken,
            TroubleState::NeedsRight => Self::NeedsRight,
            TroubleState::NeedsAccount => Self::NeedsAccount,
            TroubleState::RateLimited { .. } | TroubleState::Unreachable | TroubleState::Broken => {
                Self::Retrying
            }
        }
    }
}

#[derive(Clone, Debug)]
struct StreamState {
    state: State,
    why: String,
    retry_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Entry {
    streams: BTreeMap<String, StreamState>,
    shown: Option<(State, String)>,
    since: Timestamp,
    heard_at: Option<Timestamp>,
    posted_at: Option<Timestamp>,
    changed: bool,
}

/// The board of all sources that this process reads.
#[derive(Debug, Default)]
pub struct Board {
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl Board {
    /// A stream answers.
    pub fn connected(&self, source: &str, stream: &str, now: Timestamp) {
        self.answers(source, stream, String::new(), now);
    }

    /// A stream answers, and there is something to know about it.
    pub fn answers(&self, source: &str, stream: &str, note: String, now: Timestamp) {
        let fine = StreamState { state: State::Connected, why: note, retry_at: None };
        self.set(source, stream, fine, Some(now), now);
    }

    /// What is to know about something beside the looks, which go on whether it is well or not.
    pub fn beside(&self, source: &str, stream: &str, note: String, now: Timestamp) {
        let fine = StreamState { state: State::Connected, why: note, retry_at: None };
        self.set(source, stream, fine, None, now);
    }

    /// A source that only takes deliveries stands ready; nobody was heard yet.
    pub fn ready(&self, source: &str, now: Timestamp) {
        let fine = StreamState { state: State::Connected, why: String::new(), retry_at: None };
        self.set(source, "", fine, None, now);
    }

    /// A stream is in trouble and will be tried again.
    pub fn trouble(
        &self,
        source: &str,
        stream: &str,
        trouble: &SourceTrouble,
        retry_at: Timestamp,
        now: Timestamp,
    ) {
        let state = State::of(trouble);
        self.set(
            source,
            stream,
            StreamState { state, why: trouble.why.clone(), retry_at: Some(retry_at) },
            None,
            now,
        );
    }

    /// A stream is no longer read.
    pub fn gone(&self, source: &str, stream: &str, now: Timestamp) {
        self.with(source, |name, entry| {
            entry.streams.remove(stream);
            show(name, entry, now);
        });
    }

    /// Another process reads the source: nothing to tell here. Figures cannot be taken away again, so they say that they are
    /// none: a zero would be taken for a source that is down.
    pub fn left(&self, source: &str) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(source);
        metrics::gauge!("webcared_source_up", "source" => source.to_owned()).set(f64::NAN);
        metrics::gauge!("webcared_source_last_heard_seconds", "source" => source.to_owned()).set(f64::NAN);
    }

    /// A source brought a post of this time.
    pub fn posted(&self, source: &str, at: Timestamp) {
        self.with(source, |_, entry| {
            entry.posted_at = entry.posted_at.max(Some(at));
            entry.changed = true;
        });
    }

    /// What changed since this was last asked, for the store; also sets the metrics of silence.
    pub fn take_changed(&self, now: Timestamp) -> Vec<Fares> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fares = Vec::new();
        for (name, entry) in entries.iter_mut() {
            if let Some(heard) = entry.heard_at {
                let silent = now.since(heard).millis() as f64 / 1000.0;
                metrics::gauge!("webcared_source_last_heard_seconds", "source" => name.clone()).set(silent);
            }
            if std::mem::take(&mut entry.changed) {
                fares.push(written(name, entry));
            }
        }
        fares
    }

    /// Has these written again: the store did not take them.
    pub fn put_back(&self, fares: &[Fares]) {
        for f in fares {
            self.with(&f.name, |_, entry| entry.changed = true);
        }
    }

    fn set(&self, source: &str, stream: &str, to: StreamState, heard: Option<Timestamp>, now: Timestamp) {
        self.with(source, |name, entry| {
            entry.streams.insert(stream.to_owned(), to);
            entry.heard_at = entry.heard_at.max(heard);
            entry.changed = true;
            show(name, entry, now);
        });
    }

    fn with(&self, source: &str, act: impl FnOnce(&str, &mut Entry)) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        act(source, entries.entry(source.to_owned()).or_default());
    }
}

fn written(name: &str, entry: &Entry) -> Fares {
    let (state, why) = summary(entry);
    Fares {
        name: name.to_owned(),
        state: state.name().to_owned(),
        why,
        since: entry.since,
        retry_at: entry.streams.values().filter_map(|s| s.retry_at).min(),
        heard_at: entry.heard_at,
        posted_at: entry.posted_at,
    }
}

/// The worst state, and why: the troubled streams, each reason once.
fn summary(entry: &Entry) -> (State, String) {
    let worst = entry.streams.values().map(|s| s.state).max().unwrap_or(State::Starting);
    let told = |s: &&StreamState| match worst {
        State::Connected | State::Starting => !s.why.is_empty(),
        _ => s.state > State::Starting,
    };
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, stream) in entry.streams.iter().filter(|(_, s)| told(s)) {
        reasons.entry(&stream.why).or_default().push(name);
    }
    let told = reasons.iter().take(3).map(|(why, streams)| {
        let whole = streams.len() == entry.streams.len();
        let (first, more) = (streams.first().copied().unwrap_or_default(), streams.len().saturating_sub(1));
        match (whole, more) {
            (true, _) => (*why).to_owned(),
            (false, 0) => format!("{first}: {why}"),
            (false, more) => format!("{first} and {more} more: {why}"),
        }
    });
    (worst, told.collect::<Vec<_>>().join("; "))
}

/// Tells a change once: in the log and in the metrics.
fn show(name: &str, entry: &mut Entry, now: Timestamp) {
    let (state, why) = summary(entry);
    let all = entry.streams.len().max(1) as f64;
    let fine = entry.streams.values().filter(|s| s.state == State::Connected).count() as f64;
    metrics::gauge!("webcared_source_up", "source" => name.to_owned()).set(fine / all);
    if entry.shown.as_ref().is_some_and(|(s, w)| *s == state && *w == why) {
        return;
    }
    if entry.shown.as_ref().is_none_or(|(s, _)| *s != state) {
        entry.since = now;
    }
    entry.changed = true;
    let wait = entry.streams.values().filter_map(|s| s.retry_at).min().map(|at| at.since(now));
    match (state, wait) {
        (State::Connected, _) if why.is_empty() => tracing::info!(source = name, "{name}: connected"),
        (State::Connected, _) => tracing::info!(source = name, "{name}: connected; {why}"),
        (State::Starting, _) => tracing::debug!(source = name, "{name}: starting"),
        (State::Retrying, Some(wait)) if wait < Span::seconds(1) => {
            tracing::warn!(source = name, "{name}: retrying at once: {why}");
        }
        (State::Retrying, Some(wait)) => {
            tracing::warn!(source = name, "{name}: retrying in {wait}: {why}");
        }
        _ => tracing::warn!(source = name, state = state.name(), "{name}: {why}"),
    }
    entry.shown = Some((state, why));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(board: &Board, now: Timestamp) -> Fares {
        let mut fares = board.take_changed(now);
        assert_eq!(fares.len(), 1);
        fares.remove(0)
    }

    #[test]
    fn the_worst_stream_speaks_for_the_source() {
        let (board, now) = (Board::default(), Timestamp(1_000));
        board.connected("tags", "a#x", now);
        assert_eq!(only(&board, now).state, "connected");
        assert!(board.take_changed(now).is_empty(), "nothing new");
        let later = now.plus(Span::seconds(5));
        let wants = SourceTrouble::new(TroubleState::NeedsToken, "it wants a token");
        board.trouble("tags", "b#x", &wants, later.plus(Span::hours(1)), later);
        let fares = only(&board, later);
        assert_eq!((fares.state.as_str(), fares.why.as_str()), ("needs_token", "b#x: it wants a token"));
        assert_eq!((fares.since, fares.heard_at), (later, Some(now)));
        board.trouble("tags", "a#x", &wants, later.plus(Span::hours(1)), later);
        assert_eq!(only(&board, later).why, "it wants a token", "all of them: no names");
        board.gone("tags", "b#x", later);
        board.connected("tags", "a#x", later);
        assert_eq!(only(&board, later).state, "connected");
    }

    #[test]
    fn what_is_to_know_is_told_while_all_is_well() {
        let (board, now) = (Board::default(), Timestamp(1_000));
        board.answers("feeds", "a", "it has moved".into(), now);
        board.connected("feeds", "b", now);
        let fares = only(&board, now);
        assert_eq!((fares.state.as_str(), fares.why.as_str()), ("connected", "a: it has moved"));
        let gone = SourceTrouble::new(TroubleState::Gone, "it is gone for good");
        board.trouble("feeds", "b", &gone, now.plus(Span::days(1)), now);
        let fares = only(&board, now);
        assert_eq!((fares.state.as_str(), fares.why.as_str()), ("gone", "b: it is gone for good"));
        board.gone("feeds", "b", now);
        board.connected("feeds", "a", now);
        assert_eq!(only(&board, now).why, "");
    }

    #[test]
    fn of_a_source_that_another_reads_nothing_is_said() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let (board, now) = (Board::default(), Timestamp(1_000));
        metrics::with_local_recorder(&recorder, || {
            board.connected("jet", "", now);
            assert_eq!(board.take_changed(now).len(), 1);
            assert!(handle.render().contains("webcared_source_up{source=\"jet\"} 1\n"));
            board.left("jet");
            assert!(board.take_changed(now).is_empty());
        });
        let text = handle.render();
        assert!(text.contains("webcared_source_up{source=\"jet\"} NaN\n"), "{text}");
        assert!(text.contains("webcared_source_last_heard_seconds{source=\"jet\"} NaN\n"), "{text}");
    }

    #[test]
    fn a_state_keeps_its_beginning() {
        let board = Board::default();
        let away = SourceTrouble::new(TroubleState::Unreachable, "no network");
        board.trouble("jet", "", &away, Timestamp(60), Timestamp(10));
        board.trouble("jet", "", &away, Timestamp(90), Timestamp(50));
        let fares = only(&board, Timestamp(50));
        assert_eq!((fares.since, fares.retry_at), (Timestamp(10), Some(Timestamp(90))));
    }
}
