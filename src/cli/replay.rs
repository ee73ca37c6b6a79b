//! `webcared replay`: recorded posts through the same pipeline, at speed.
//!
//! With a daemon on the data folder the posts go through its socket; without one this command
//! takes the lock and does the same work itself. Posts are only acknowledged in the final counts
//! once they are committed.

use super::args::{Global, ReplayArgs};
use super::exit::{Exit, Failure};
use crate::app::{self, Parts};
use crate::clock::{Clock, SystemClock};
use crate::control::{Answer, Counts, Request, next_line};
use crate::domain::time::Timestamp;
use crate::replaying::{self, Times, shift_to, time_of, wait_before};
use crate::settings::{self, Settings};
use crate::shutdown::pause;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio_util::sync::CancellationToken;

/// Replays and prints the five counts as JSON on standard output.
pub fn run(global: &Global, args: &ReplayArgs) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let counts = super::runtime()?.block_on(go(&settings, args))?;
    finish(&counts)
}

#[expect(clippy::print_stdout, reason = "the counts are this command's result")]
fn finish(counts: &Counts) -> Result<Exit, Failure> {
    println!("{}", serde_json::to_string(counts).map_err(anyhow::Error::from)?);
    Ok(if counts.quarantined > 0 { Exit::Quarantined } else { Exit::Done })
}

async fn go(settings: &Settings, args: &ReplayArgs) -> Result<Counts, Failure> {
    if let Some(stream) = super::daemon(settings).await {
        return Ok(through_daemon(stream, args).await?);
    }
    if settings.brands.is_empty() {
        let text = "replay: no brand is watched, so nothing would match; put a [[brand]] into the settings, \
                    or replay into a running `webcared run --watch NAME`";
        return Err(Failure::Usage(text.to_owned()));
    }
    let parts = app::parts(settings).await?;
    let counts = here(&parts, args).await;
    parts.close().await;
    Ok(counts?)
}

/// Where the lines come from: a file or standard input.
struct Source {
    name: String,
    lines: Box<dyn tokio::io::AsyncBufRead + Unpin + Send>,
    /// How long it is; nothing where it is no file that can be read again.
    bytes: Option<u64>,
}

impl Source {
    async fn open(file: &Path) -> anyhow::Result<Self> {
        if file == Path::new("-") {
            let name = "standard input".to_owned();
            return Ok(Self { name, lines: Box::new(BufReader::new(tokio::io::stdin())), bytes: None });
        }
        let name = file.display().to_string();
        let open = tokio::fs::File::open(file).await.with_context(|| name.clone())?;
        let bytes = open.metadata().await.ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
        Ok(Self { name, lines: Box::new(BufReader::with_capacity(256 * 1024, open)), bytes })
    }

    async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        next_line(&mut self.lines).await.with_context(|| self.name.clone())
    }
}

/// The times that the lines get, for which `--now` must know the last of them: a file is read twice, and what can be read
/// but once is kept.
async fn times(wish: &ReplayArgs, now: Timestamp) -> anyhow::Result<(Times, Option<Vec<Vec<u8>>>)> {
    if !wish.now {
        return Ok((if wish.as_live { Times::AsLive } else { Times::History }, None));
    }
    let mut source = Source::open(&wish.file).await?;
    let (mut last, mut kept) = (None, source.bytes.is_none().then(Vec::new));
    while let Some(line) = source.next().await? {
        last = time_of(&line).max(last);
        if let Some(lines) = &mut kept {
            lines.push(line);
        }
    }
    Ok((Times::Shifted(shift_to(last, now)), kept))
}

/// The lines one after another, paced if a speed was asked for.
struct Paced {
    source: Source,
    kept: Option<std::vec::IntoIter<Vec<u8>>>,
    times: Times,
    speed: Option<f64>,
    previous: Option<Timestamp>,
    bar: ProgressBar,
}

impl Paced {
    async fn open(wish: &ReplayArgs, now: Timestamp) -> anyhow::Result<Self> {
        let (times, kept) = times(wish, now).await?;
        let source = if kept.is_some() {
            Source { name: String::new(), lines: Box::new(BufReader::new(tokio::io::empty())), bytes: None }
        } else {
            Source::open(&wish.file).await?
        };
        let bytes = kept.as_ref().map(|k| k.iter().map(|l| l.len() as u64 + 1).sum()).or(source.bytes);
        let bar = progress(bytes);
        Ok(Self {
            source,
            kept: kept.map(Vec::into_iter),
            times,
            speed: (!wish.as_fast_as_possible).then_some(wish.speed),
            previous: None,
            bar,
        })
    }

    async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let line = match &mut self.kept {
            Some(kept) => kept.next(),
            None => self.source.next().await?,
        };
        let Some(line) = line else { return Ok(None) };
        self.bar.inc(line.len() as u64 + 1);
        if let Some(speed) = self.speed {
            let at = time_of(&line);
            pause(wait_before(self.previous, at, speed), &CancellationToken::new()).await;
            self.previous = at.or(self.previous);
        }
        Ok(Some(self.times.line(&line)))
    }
}

fn progress(bytes: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(bytes, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
    let style = "{bar:30} {percent:>3} % {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left {msg}";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

async fn here(parts: &Parts, args: &ReplayArgs) -> anyhow::Result<Counts> {
    let mut lines = Paced::open(args, parts.clock.now()).await?;
    let mut taking = parts.control().taking(replaying::SOURCE, lines.times);
    let mut shown = 0;
    while let Some(line) = lines.next().await? {
        // Paced lines go one by one, so that each is there when its time has come.
        taking.line(line, lines.speed.is_none()).await?;
        if taking.tally.received != shown {
            shown = taking.tally.received;
            lines.bar.set_message(format!("{shown} posts"));
        }
    }
    taking.flush().await?;
    lines.bar.finish_and_clear();
    Ok(taking.tally.into())
}

async fn through_daemon(stream: UnixStream, args: &ReplayArgs) -> anyhow::Result<Counts> {
    let mut lines = Paced::open(args, SystemClock::default().now()).await?;
    let (read, mut write) = stream.into_split();
    let request = Request::Replay { counts: lines.times != Times::History };
    let answers = tokio::spawn(listen(BufReader::new(read), lines.bar.clone()));
    let sent = send(&request, &mut lines, &mut write).await;
    drop(write);
    // Where it broke off, what the daemon says of it tells more than that nobody listened any more.
    let counts = answers.await??;
    sent?;
    lines.bar.finish_and_clear();
    Ok(counts)
}

/// Sends the request and its lines to the daemon.
async fn send(request: &Request, lines: &mut Paced, to: &mut OwnedWriteHalf) -> anyhow::Result<()> {
    let mut head = serde_json::to_vec(request)?;
    head.push(b'\n');
    to.write_all(&head).await?;
    while let Some(line) = lines.next().await? {
        to.write_all(&line).await?;
        to.write_all(b"\n").await?;
    }
    to.shutdown().await?;
    Ok(())
}

/// Reads the daemon's answers up to the last.
async fn listen(
    mut from: BufReader<tokio::net::unix::OwnedReadHalf>,
    bar: ProgressBar,
) -> anyhow::Result<Counts> {
    let mut line = String::new();
    loop {
        line.clear();
        if from.read_line(&mut line).await? == 0 {
            anyhow::bail!(
                "the daemon stopped before all posts were in; replay again, nothing is taken in twice"
            );
        }
        match serde_json::from_str::<Answer>(&line)? {
            Answer::Progress(counts) => bar.set_message(format!("{} posts", counts.received)),
            Answer::Replayed(counts) => return Ok(counts),
            Answer::Error(error) => anyhow::bail!("{error}"),
            Answer::Said(_) | Answer::Planned { .. } => anyhow::bail!("the daemon answered something else"),
        }
    }
}
