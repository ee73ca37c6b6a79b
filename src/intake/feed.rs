//! Feeding a stream of lines to intake: one part reads and judges ahead while the other commits.
//!
//! Lines are cut into batches; each batch is read and judged on a thread of its own (it is pure
//! work), a few batches ahead, and they are committed one after another in the order of the lines.
//! What is held in memory is bounded by the number of batches on the way.

use super::{Intake, Item, Reader, SourceRules, Tally};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

/// Lines in one batch, and so in one commit where nobody else wants to write: a page of an index that
/// many posts touch is written once for all of them.
const LINES: usize = 2000;
/// Lines in the first batch; each later one has twice as many up to [`LINES`], so that the database
/// has work soon.
const LINES_FIRST: usize = 250;
/// A line longer than this is taken as junk: its beginning is kept, the rest is skipped.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// Why feeding ended before the lines did.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The lines could not be read.
    #[error("reading the lines: {0}")]
    Lines(#[from] io::Error),
    /// The database could not take them; what was reported before is stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread that read or judged was lost.
    #[error("reading the posts was interrupted")]
    Interrupted,
}

/// What is done to a line before it is read, such as moving its times.
pub type Prepare = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// How lines are to be taken.
#[derive(Clone)]
pub struct Feed {
    /// The source under which they are counted.
    pub source: String,
    /// What is known of that source.
    pub rules: SourceRules,
    /// What is done to each line first.
    pub prepare: Option<Prepare>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("source", &self.source)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// Takes all lines in and returns what they came to; `on_progress` hears the sum after each commit.
/// An empty line is nothing. A line that cannot be read is quarantined under its number.
pub async fn feed(
    intake: &Intake,
    lines: impl BufRead + Send + 'static,
    how: Feed,
    mut on_progress: impl FnMut(&Tally),
) -> Result<Tally, FeedError> {
    // One thread is left for the database; two batches wait besides those being judged.
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get().saturating_sub(1)).clamp(1, 8);
    let (sender, mut batches) = mpsc::channel::<JoinHandle<Vec<Item>>>(workers);
    let (reader, received_at) = (intake.reader(), intake.now());
    let by = reader.clone();
    let cutting = spawn_blocking(move || cut(lines, &Arc::new(how), &by, received_at, &sender));
    let mut sum = Tally::default();
    while let Some(batch) = batches.recv().await {
        let items = batch.await.map_err(|_| FeedError::Interrupted)?;
        sum.add(intake.take_in_turn(items, &reader).await?);
        on_progress(&sum);
    }
    cutting.await.map_err(|_| FeedError::Interrupted)??;
    Ok(sum)
}

/// One line with its number.
type Line = (u64, Vec<u8>);

fn cut(
    mut lines: impl BufRead,
    how: &Arc<Feed>,
    reader: &Arc<Reader>,
    received_at: Timestamp,
    sender: &mpsc::Sender<JoinHandle<Vec<Item>>>,
) -> io::Result<()> {
    let (mut number, mut size) = (0, LINES_FIRST);
    loop {
        let mut batch = Vec::with_capacity(size);
        while batch.len() < size {
            let Some(line) = next_line(&mut lines)? else { break };
            number += 1;
            if !line.is_empty() {
                batch.push((number, line));
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        size = LINES.min(size * 2);
        let (how, reader) = (how.clone(), reader.clone());
        let judged = spawn_blocking(move || judge(batch, &how, &reader, received_at));
        if sender.blocking_send(judged).is_err() {
            // Whoever commits has given up and says why.
            return Ok(());
        }
    }
}

/// The next line without its end; `None` after the last.
fn next_line(lines: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == LINE_BYTES_MAX && line.last() != Some(&b'\n') {
        lines.skip_until(b'\n')?;
    }
    let kept = line.trim_ascii_end().len();
    line.truncate(kept);
    Ok(Some(line))
}

fn judge(batch: Vec<Line>, how: &Feed, reader: &Reader, received_at: Timestamp) -> Vec<Item> {
    let one = |(number, line): Line| {
        let line = match &how.prepare {
            Some(prepare) => prepare(&line),
            None => line,
        };
        let read = reader.read(&line, &how.rules, received_at);
        // Only what cannot be read is kept as it came.
        let body = if read.is_err() { line } else { Vec::new() };
        Item {
            inbox_id: None,
            source: how.source.clone(),
            place: number.to_string(),
            received_at,
            body,
            read,
        }
    };
    batch.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_without_their_ends_and_the_last_needs_none() {
        let mut text: &[u8] = b"one\r\n\ntwo\nthree";
        let mut found = Vec::new();
        while let Some(line) = next_line(&mut text).unwrap() {
            found.push(String::from_utf8(line).unwrap());
        }
        assert_eq!(found, ["one", "", "two", "three"]);
    }

    #[test]
    fn an_endless_line_is_cut_and_the_next_one_is_whole() {
        let mut text = vec![b'x'; LINE_BYTES_MAX as usize + 10];
        text.extend_from_slice(b"\nnext\n");
        let mut text = &text[..];
        assert_eq!(next_line(&mut text).unwrap().unwrap().len() as u64, LINE_BYTES_MAX);
        assert_eq!(next_line(&mut text).unwrap().unwrap(), b"next");
    }
}
