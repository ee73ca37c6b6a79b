//! Being watched: the log on standard error, and the figures for Prometheus.
//!
//! The log is for people (short lines, colours on a terminal only) or JSON for machines; its times
//! are UTC and come from the injected clock. The figures are kept by a recorder whose text the web
//! server hands out; nothing listens here. Neither ever holds the words or names of customers. What others say of a
//! failure may stand in the log: a line stays one line, and what hides or steers a terminal is told by its code.

use crate::clock::Clock;
use crate::domain::time::Span;
use crate::domain::unseen::one_line;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// `[log]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// For whom it is written.
    pub format: LogFormat,
    /// What is written: a level, or levels by part such as `warn,webcared=debug`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::People, filter: "info".to_owned() }
    }
}

impl LogConfig {
    /// The filter, read.
    pub fn filter(&self) -> Result<EnvFilter, ParseError> {
        EnvFilter::builder().parse(&self.filter)
    }
}

/// For whom the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Short lines for people.
    #[default]
    People,
    /// One JSON object a line for machines.
    Json,
}

/// Why the log or the recorder could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("log.filter: {0}")]
    Filter(#[from] ParseError),
    /// Something else in this process logs or records already.
    #[error("telemetry was set up already: {0}")]
    Already(String),
}

/// Sets up the log of this process, once.
pub fn start_log(config: &LogConfig, clock: Arc<dyn Clock>) -> Result<(), TelemetryError> {
    let colours = std::io::stderr().is_terminal();
    let subscriber = subscriber(config, clock, colours, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|e| TelemetryError::Already(e.to_string()))
}

/// What writes the log: to `writer`, in the form that is configured.
fn subscriber<W>(
    config: &LogConfig,
    clock: Arc<dyn Clock>,
    colours: bool,
    writer: W,
) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, ParseError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let colours = colours && config.format == LogFormat::People;
    let common = tracing_subscriber::fmt()
        .with_env_filter(config.filter()?)
        .with_timer(Times(clock))
        .with_writer(Seen { to: writer, colours })
        .with_ansi(colours);
    Ok(match config.format {
        LogFormat::People => Box::new(common.compact().finish()),
        LogFormat::Json => Box::new(common.json().flatten_event(true).with_current_span(true).finish()),
    })
}

/// Writes the log to where another does, with nothing in it that hides.
#[derive(Debug)]
struct Seen<W> {
    to: W,
    colours: bool,
}

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Seen<W> {
    type Writer = SeenLine<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        SeenLine { to: self.to.make_writer(), colours: self.colours }
    }
}

/// Where one event goes, which comes whole with the end of its line.
#[derive(Debug)]
struct SeenLine<W> {
    to: W,
    colours: bool,
}

impl<W: std::io::Write> std::io::Write for SeenLine<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let (line, end) = text.strip_suffix('\n').map_or((&*text, ""), |line| (line, "\n"));
        let line = one_line(line, self.colours) + end;
        self.to.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

/// Times of the log: UTC with milliseconds, by the injected clock.
#[derive(Clone, Debug)]
struct Times(Arc<dyn Clock>);

impl FormatTime for Times {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str(&self.0.now().rfc3339())
    }
}

/// How often the recorder wants [`PrometheusHandle::run_upkeep`], so that it does not grow.
pub const UPKEEP_EVERY: Span = Span::seconds(5);
/// Upper bounds of the times that are counted in classes, in seconds: from a second to half a day,
/// fine around the minute within which a deadline should be recorded.
const SECONDS: &[f64] =
    &[1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1800.0, 3600.0, 14_400.0, 43_200.0];

/// Sets up the recorder of this process, once, and describes the figures. Whoever holds the handle
/// renders it, and runs its upkeep every [`UPKEEP_EVERY`].
pub fn metrics_handle() -> Result<PrometheusHandle, TelemetryError> {
    let already = |e: &dyn fmt::Display| TelemetryError::Already(e.to_string());
    let recorder = builder().map_err(|e| already(&e))?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|e| already(&e))?;
    describe();
    Ok(handle)
}

fn builder() -> Result<PrometheusBuilder, metrics_exporter_prometheus::BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
}

/// What figures about platforms mean.
fn describe_platforms() {
    describe_counter!(
        "webcared_hook_challenges_total",
        "Challenges of platforms, by how they were answered."
    );
    describe_counter!(
        "webcared_translations_total",
        "Texts to be translated, by service and how that ended."
    );
    describe_counter!(
        "webcared_translated_characters_total",
        "Characters that went to a service that translates."
    );
    describe_counter!("webcared_spent_micros_total", "What platforms charge, in millionths, by what for.");
    describe_gauge!(
        "webcared_spent_this_month",
        "What the brand of a source has spent on its platform this month."
    );
    describe_gauge!(
        "webcared_budget_of_month",
        "What the brand of a source may spend on its platform in a month."
    );
}

/// What each figure means; `promtool check metrics` asks for it.
fn describe() {
    describe_platforms();
    describe_counter!("webcared_received_total", "Items that sources brought, before anything is decided.");
    describe_counter!("webcared_hook_deliveries_total", "Deliveries by webhook, by how they were answered.");
    describe_counter!("webcared_settled_total", "Items that were settled, by what became of them.");
    describe_gauge!("webcared_inbox_waiting", "Items that wait to be settled.");
    describe_gauge!("webcared_sending_stopped", "1 while somebody has stopped all sending.");
    describe_counter!("webcared_erasures_total", "Persons that were erased.");
    describe_gauge!("webcared_files_to_sweep", "Tables, or files, that still hold what was erased.");
    describe_counter!("webcared_retention_total", "Cases whose words were let go, by kind.");
    describe_gauge!("webcared_inbox_oldest_seconds", Unit::Seconds, "Age of the oldest item that waits.");
    describe_gauge!(
        "webcared_source_up",
        "1 while a source is connected or its last look went well, less while only a part of it is; NaN where another process reads it."
    );
    describe_gauge!(
        "webcared_source_last_heard_seconds",
        Unit::Seconds,
        "Seconds since a source last answered, even if it had nothing."
    );
    describe_gauge!(
        "webcared_source_silent",
        "1 while a source brings nothing although much was to be expected."
    );
    describe_counter!(
        "webcared_live_breaks_total",
        "Times that a stream beside the looks broke or was refused."
    );
    describe_counter!("webcared_swept_total", "Items that only a second reading of their source found.");
    describe_gauge!(
        "webcared_cases_open",
        "Open cases that need an answer, by brand and level, whether they were answered or not."
    );
    describe_gauge!("webcared_obligations_late", "Open cases of which a deadline has passed, by brand.");
    describe_histogram!(
        "webcared_clock_detection_seconds",
        Unit::Seconds,
        "Seconds from when a deadline passed to when that was recorded."
    );
    describe_gauge!("webcared_actions", "Things to be sent, by their state.");
    describe_gauge!("webcared_attachments", "Files that customers put into posts, by their state.");
    describe_gauge!("webcared_attachments_bytes", "Bytes of the files that are kept.");
    describe_counter!("webcared_attachments_total", "Tries to fetch a file of a post, by how they ended.");
    describe_counter!("webcared_action_outcomes_total", "Attempts to send, by kind and outcome.");
    describe_counter!("webcared_hooks_out_total", "Webhooks that went out, by whether they were taken.");
    describe_counter!(
        "webcared_alerts_held_total",
        "Alerts held back by quiet hours or the limit of a channel."
    );
    describe_counter!("webcared_escalations_total", "Steps of escalation that were told.");
    describe_counter!("webcared_offers_total", "Rounds in which cases were offered.");
    describe_counter!("webcared_claims_returned_total", "Claims that ended with a shift.");
    describe_counter!("webcared_alert_failovers_total", "Alerts that another channel told instead.");
    describe_counter!("webcared_http_requests_total", "Requests answered, by route and status.");
    describe_counter!("webcared_database_errors_total", "Errors of the database.");
    describe_counter!(
        "webcared_source_gaps_total",
        "Times that a source could not give all that was posted."
    );
    describe_counter!("webcared_firehose_seen_total", "Posts that a stream of everything brought by.");
    describe_counter!("webcared_firehose_dropped_total", "Posts of a stream that are about no brand.");
    describe_counter!("webcared_firehose_other_total", "Events of a stream that are no posts.");
    describe_counter!("webcared_firehose_unreadable_total", "Events of a stream that could not be read.");
    describe_counter!("webcared_chat_ignored_total", "Updates of the chat from people it does not know.");
    describe_counter!(
        "webcared_web_connections_refused_total",
        "Connections refused, for too many were open."
    );
    describe_counter!("webcared_web_connections_cut_total", "Connections cut, for they took too long.");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::time::Timestamp;
    use metrics::{counter, gauge, histogram};
    use std::io::Write;
    use std::sync::{Mutex, PoisonError};

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let config = LogConfig { format, filter: filter.to_owned() };
        let clock = ManualClock::at(Timestamp(1_800_000_000_123));
        let subscriber = subscriber(&config, clock, true, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(case.id = 7, "a case was opened");
            tracing::debug!("too small to be told");
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn people_get_short_lines_in_utc() {
        let text = logged(LogFormat::People, "info");
        assert!(text.contains("2027-01-15T08:00:00.123Z"), "{text}");
        assert!(text.contains("a case was opened"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn machines_get_json() {
        let json: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json, "info")).unwrap();
        assert_eq!(json["timestamp"], "2027-01-15T08:00:00.123Z");
        assert_eq!(json["message"], "a case was opened");
        assert_eq!(json["case.id"], 7);
        assert_eq!(logged(LogFormat::Json, "warn"), "");
    }

    #[test]
    fn foreign_words_forge_no_line_and_steer_no_terminal() {
        let hostile =
            "refused\u{202e}gnp\n2027-01-15T08:00:00.123Z  INFO all is well \u{200b}\u{1b}[2J\u{9b}31m";
        for (format, colours) in
            [(LogFormat::People, false), (LogFormat::People, true), (LogFormat::Json, false)]
        {
            let kept = Kept::default();
            let writer = kept.clone();
            let config = LogConfig { format, filter: "info".to_owned() };
            let clock = ManualClock::at(Timestamp(1_800_000_000_123));
            let subscriber = subscriber(&config, clock, colours, move || writer.clone()).unwrap();
            tracing::subscriber::with_default(subscriber, || {
                tracing::warn!(error = %hostile, why = ?hostile, "a server said: {hostile}");
            });
            let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
            assert_eq!(text.lines().count(), 1, "{format:?}: {text:?}");
            assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{9b}']), "{format:?}: {text:?}");
            assert!(!text.contains("\u{1b}[2J"), "{format:?}: {text:?}");
            assert!(text.contains("[U+202E]gnp"), "{format:?}: {text:?}");
            if format == LogFormat::Json {
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(json["level"], "WARN");
            }
        }
    }

    /// The text of the figures with each of them once, which is also what a lint can be run over.
    #[test]
    fn every_figure_is_described() {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            describe();
            counter!("webcared_received_total", "source" => "s").increment(1);
            counter!("webcared_settled_total", "source" => "s", "verdict" => "case").increment(1);
            gauge!("webcared_inbox_waiting").set(1.0);
            gauge!("webcared_inbox_oldest_seconds").set(1.0);
            gauge!("webcared_source_up", "source" => "s").set(1.0);
            gauge!("webcared_source_last_heard_seconds", "source" => "s").set(1.0);
            gauge!("webcared_source_silent", "source" => "s").set(0.0);
            gauge!("webcared_cases_open", "brand" => "b", "level" => "P1").set(1.0);
            gauge!("webcared_obligations_late", "brand" => "b").set(1.0);
            histogram!("webcared_clock_detection_seconds").record(42.0);
            gauge!("webcared_actions", "state" => "ready").set(1.0);
            counter!("webcared_action_outcomes_total", "kind" => "alert", "outcome" => "done").increment(1);
            counter!("webcared_http_requests_total", "route" => "/", "status" => "200").increment(1);
            counter!("webcared_database_errors_total").increment(1);
            gauge!("webcared_sending_stopped").set(0.0);
        });
        let text = handle.render();
        assert_eq!(text.matches("# TYPE ").count(), 15, "{text}");
        assert_eq!(text.matches("# HELP ").count(), 15, "{text}");
        assert!(text.contains("webcared_clock_detection_seconds_bucket{le=\"60\"} 1"), "{text}");
        let deployed = [
            include_str!("../deploy/prometheus/alerts.yml"),
            include_str!("../deploy/grafana/dashboard.json"),
        ];
        for name in
            deployed.iter().flat_map(|file| file.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
        {
            let figure = name.trim_end_matches("_bucket").trim_end_matches("_count");
            let known = text.contains(&format!("# TYPE {figure} "));
            assert!(known || !name.starts_with("webcared_"), "{name} is used in deploy/ and is no figure");
        }
    }
}
