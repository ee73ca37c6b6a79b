//! Being watched: the log on standard error, and the figures for Prometheus.
//!
//! The log is for people (short lines, colours on a terminal only) or JSON for machines; its times
//! are UTC and come from the injected clock. The figures are kept by a recorder whose text the web
//! server hands out; nothing listens here. Neither ever holds the words or names of customers.

use crate::clock::Clock;
use crate::domain::time::Span;
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
    let common = tracing_subscriber::fmt()
        .with_env_filter(config.filter()?)
        .with_timer(Times(clock))
        .with_writer(writer)
        .with_ansi(colours && config.format == LogFormat::People);
    Ok(match config.format {
        LogFormat::People => Box::new(common.compact().finish()),
        LogFormat::Json => Box::new(common.json().flatten_event(true).with_current_span(true).finish()),
    })
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
/// fine around the minute in which a post should be found.
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

/// What each figure means; `promtool check metrics` asks for it.
fn describe() {
    describe_counter!("webcared_received_total", "Items that sources brought, before anything is decided.");
    describe_counter!("webcared_settled_total", "Items that were settled, by what became of them.");
    describe_gauge!("webcared_inbox_waiting", "Items that wait to be settled.");
    describe_gauge!("webcared_inbox_oldest_seconds", Unit::Seconds, "Age of the oldest item that waits.");
    describe_gauge!("webcared_source_up", "1 while a source is connected or its last look went well.");
    describe_gauge!(
        "webcared_source_last_heard_seconds",
        Unit::Seconds,
        "Seconds since a source last answered, even if it had nothing."
    );
    describe_gauge!("webcared_cases_open", "Open cases by brand and level.");
    describe_gauge!(
        "webcared_obligations_late",
        "Promises whose deadline has passed and that are still open."
    );
    describe_histogram!(
        "webcared_clock_detection_seconds",
        Unit::Seconds,
        "Seconds from the time of a post to the time at which it was here."
    );
    describe_gauge!("webcared_actions", "Things to be sent, by their state.");
    describe_counter!("webcared_action_outcomes_total", "Attempts to send, by kind and outcome.");
    describe_counter!("webcared_http_requests_total", "Requests answered, by route and status.");
    describe_counter!("webcared_database_errors_total", "Errors of the database.");
}
