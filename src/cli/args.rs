//! The command line as clap sees it: flags, subcommands and their help.
//!
//! Only shapes are here; what a command does stands in the file of its name.

mod people;
mod report;

pub use people::{AuditCommand, UserCommand};
pub use report::{BuiltIn, LinesFormat, ReportArgs, ReportFormat, ReportKind, ReportPeriod};

use crate::domain::clocks::ObligationKind;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::policy::Channel;
use crate::domain::time::Timestamp;
use crate::settings::Flags;
use clap::{Args as Group, Parser, Subcommand};
use secrecy::SecretString;
use std::path::PathBuf;

const AFTER: &str = "\
To begin: webcared run --watch NAME --sample, then open the link that it prints.

Exit codes: 0 done, 1 failed, 2 usage, 3 configuration, 4 locked by another instance, 5 database,
6 done but some items were put aside.

Every setting of the file can be given in the environment as WEBCARED__SECTION__KEY, such as
WEBCARED__LOG__FORMAT=json; flags win over the environment, the environment over the file.";

/// Watches what people say about a brand, judges how urgent it is, keeps the clocks the team
/// promised, and tells the team in time.
#[derive(Clone, Debug, Parser)]
#[command(name = "webcared", version, after_help = AFTER, max_term_width = 100)]
pub struct Args {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Clone, Debug, Default, Group)]
pub struct Global {
    /// The file with the settings [env: WEBCARED_CONFIG] [default: ./webcared.toml if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder for data [default: ./webcared-data, or what the settings say]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// PostgreSQL instead of SQLite in the data folder: postgres://USER@HOST/NAME (a password is
    /// better given as database.url_file, for others on the machine can read command lines)
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<SecretString>,
    /// Where the web server listens [default: 127.0.0.1:8080, or what the settings say]
    #[arg(long, global = true, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
}

impl Global {
    /// What of it the settings take.
    pub fn flags(&self) -> Flags {
        Flags { data: self.data.clone(), database: self.database.clone(), listen: self.listen.clone() }
    }
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    Run(RunArgs),
    /// Check the settings and say what they do; all mistakes at once
    Check(CheckArgs),
    /// Try everything outside that the settings name, once, and say how it stands
    ///
    /// Nothing is stored or posted. Fails (exit code 1) where something does not work.
    Doctor(DoctorArgs),
    /// Feed a file of posts through the daemon
    ///
    /// Each line is one post as JSON. Without --now or --as-live the posts are history: they may
    /// open cases, but no clock starts and nobody is alerted.
    Replay(ReplayArgs),
    /// Judge posts from standard input, one JSON object a line; needs no settings
    Triage(TriageArgs),
    /// The promises, and when each falls due
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print the figures of a period
    Report(ReportArgs),
    /// Say what another policy or triage rule would have done to a period, wait by wait
    ///
    /// By the arithmetic of the daemon, on the starts and answers that were, with who owed what was late. Nothing is changed.
    Backtest(super::backtest::BacktestArgs),
    /// Say what is to be expected hour by hour, and how many people keep the promise
    ///
    /// With how wrong it would have been on the last weeks, beside 'as in the week before'. Nothing is changed.
    Forecast(super::forecast::ForecastArgs),
    /// The people who may log in
    #[command(subcommand)]
    User(UserCommand),
    /// Who did what, and whether that still stands
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Write everything, or all about one person, to a file of JSON Lines
    ///
    /// Reads beside a running daemon. What is in it is as secret as the database.
    Export(ExportArgs),
    /// Read an export into an empty database, also on the other engine
    ///
    /// Counts and sums are checked before anything stands. Afterwards all sending is stopped until a lead lets it go on.
    Import(ImportArgs),
    /// The tokens by which programs come in
    #[command(subcommand)]
    Token(TokenCommand),
    /// Where posts come from
    #[command(subcommand)]
    Source(SourceCommand),
    /// Print the words of the console as a file for another language
    ///
    /// Translate what stands in quotes, and name the file in `web.languages`.
    Texts(super::texts::TextsArgs),
    /// Who is on duty
    #[command(subcommand)]
    Duty(DutyCommand),
    /// People's rights, sending, backups
    #[command(flatten)]
    Privacy(super::privacy::PrivacyCommand),
}

/// `duty …`.
#[derive(Clone, Debug, Subcommand)]
pub enum DutyCommand {
    /// Read a plan, iCal or CSV, in the place of what it said before
    ///
    /// Every line that cannot be used is named, and the rest goes on (exit code 6).
    Import {
        /// The file; '-' is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The name of the plan; each name holds what was last read under it
        #[arg(long, value_name = "NAME", default_value = "file")]
        plan: String,
        /// The time zone of its times [default: duty.zone of the settings, or that of the reports]
        #[arg(long, value_name = "ZONE")]
        zone: Option<String>,
        /// The hours of a day without times, as 09:00-17:30 [default: those of the plan in the settings, or all of the day]
        #[arg(long, value_name = "HOURS")]
        whole_days: Option<String>,
    },
    /// Show who is on now
    Show,
}

/// `export`.
#[derive(Clone, Debug, Group)]
pub struct ExportArgs {
    /// Everything
    #[arg(long, required_unless_present = "person")]
    pub all: bool,
    /// Everything about one person: BRAND#NUMBER of a case, a handle, a mail address, an account's id
    #[arg(long, value_name = "WHO", conflicts_with = "all")]
    pub person: Option<String>,
    /// The file that is written; '-' is standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `import`.
#[derive(Clone, Debug, Group)]
pub struct ImportArgs {
    /// The file that is read; '-' is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A copy of the ledger of erasures that was kept elsewhere
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

/// `token …`.
#[derive(Clone, Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it; it is shown this once
    Add {
        /// What it is called, also in timelines, unless it acts in somebody's name
        name: String,
        /// What it may do: read, read_personal, act, answer, lead, admin, account, wall; repeat it for more
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// Only this brand; repeat it for more [default: all brands]
        #[arg(long = "brand", value_name = "NAME")]
        brands: Vec<String>,
        /// In the name of this person, by login [default: a service of the token's name]
        #[arg(long = "for", value_name = "LOGIN")]
        person: Option<String>,
        /// How many days it holds
        #[arg(long, value_name = "N", default_value_t = 90)]
        days: i64,
    },
    /// List the tokens, without what they are made of
    List,
    /// Take a token back; it is refused from the next request on
    Revoke {
        /// Its id, as 'list' shows it
        id: String,
    },
}

/// `source …`.
#[derive(Clone, Debug, Subcommand)]
pub enum SourceCommand {
    /// Ask a source of the settings for one page and print what would be read
    ///
    /// Every problem is named; nothing is stored, and no daemon is needed.
    Try {
        /// The source, by its name in the settings
        name: String,
    },
}

/// `run`.
#[derive(Clone, Debug, Default, Group)]
pub struct RunArgs {
    /// Watch this name as well, as handle, hashtag and word, without writing any settings
    #[arg(long, value_name = "NAME")]
    pub watch: Option<String>,
    /// Fill the inbox with made-up posts, which can be answered; nothing of that leaves this machine
    #[arg(long)]
    pub sample: bool,
}

/// `check`.
#[derive(Clone, Debug, Default, Group)]
pub struct CheckArgs {
    /// Print the result as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `doctor`.
#[derive(Clone, Debug, Default, Group)]
pub struct DoctorArgs {
    /// Only these: names of sources, ticket systems and channels of alerts, or database, telegram, login, translation, report-mail
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Print the result as JSON on standard output
    #[arg(long)]
    pub json: bool,
}

/// `replay`.
#[derive(Clone, Debug, Group)]
pub struct ReplayArgs {
    /// The file of posts; '-' is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How many times faster than the posts were written
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed, conflicts_with = "as_fast_as_possible")]
    pub speed: f64,
    /// Do not wait between posts
    #[arg(long)]
    pub as_fast_as_possible: bool,
    /// Shift all times so that the last post is written now
    #[arg(long, conflicts_with = "as_live")]
    pub now: bool,
    /// Keep the times, and count the posts as if they had come live
    #[arg(long)]
    pub as_live: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0);
    number.ok_or_else(|| "wanted is a number above 0".to_owned())
}

/// `triage`.
#[derive(Clone, Debug, Default, Group)]
pub struct TriageArgs {
    /// Judge for this brand of the settings; left out, every line counts as addressed to the brand
    #[arg(long, value_name = "NAME", global = true)]
    pub brand: Option<String>,
    /// Do something else than judging
    #[command(subcommand)]
    pub measure: Option<TriageMeasure>,
}

/// What `triage` does beside judging.
#[derive(Clone, Debug, Subcommand)]
pub enum TriageMeasure {
    /// Print how well labelled posts are judged
    Eval(TriageEvalArgs),
    /// Print what people corrected and confirmed as labelled posts, one JSON object a line
    ///
    /// Only posts whose words are still kept. The lines hold words of customers: keep them as long
    /// as you may, and no longer.
    Export(TriageExportArgs),
}

/// `triage export`.
#[derive(Clone, Debug, Default, Group)]
pub struct TriageExportArgs {
    /// Corrected on this day or later, such as 2026-11-01, in the zone of report.zone
    #[arg(long, value_name = "DAY")]
    pub from: Option<jiff::civil::Date>,
    /// Corrected on this day or before
    #[arg(long, value_name = "DAY")]
    pub to: Option<jiff::civil::Date>,
}

/// `triage eval`.
#[derive(Clone, Debug, Default, Group)]
pub struct TriageEvalArgs {
    /// Labelled posts as JSON Lines: lang, text, level, intent, needs_answer, needs_private, situation
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A folder with the research sets, measured as far as they are there
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `policy …`.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print the policies: those of the settings, and the ready-made ones
    ///
    /// Where there is a database (--data, --database, or that of the settings), each in the version that counts, with
    /// the versions that were made in the console.
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Say when a message of an instant has to be answered, and why, as JSON
    ///
    /// By the arithmetic of the daemon. What is not said of the message is taken as fitting. Where there is a database
    /// (--data, --database, or that of the settings), by the version made in the console that counts then.
    Explain(ExplainArgs),
}

/// `policy explain`.
#[derive(Clone, Debug, Group)]
pub struct ExplainArgs {
    /// The policy
    #[arg(long, value_name = "NAME")]
    pub policy: String,
    /// Which of its versions in the database [default: the one that counts]
    #[arg(long, value_name = "N")]
    pub policy_version: Option<i64>,
    /// When the message was posted, RFC 3339 with any offset
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub at: Timestamp,
    /// The channel: social, email, forum, review, contact (a contact elsewhere that is recorded here)
    #[arg(long, value_name = "CHANNEL", value_parser = channel, default_value = "social")]
    pub channel: Channel,
    /// The language: en fr nl de it ja no pt ru es, other, unknown
    #[arg(long, value_name = "LANGUAGE", value_parser = language, default_value = "unknown")]
    pub language: Language,
    /// The level, 1 (most urgent) to 5 [default: one that no target names]
    #[arg(long, value_name = "N", value_parser = level)]
    pub level: Option<Level>,
    /// The clock: first_response, next_response, first_resolution, total_resolution, complaint_acknowledge,
    /// complaint_decision
    #[arg(long, value_name = "CLOCK", value_parser = clock, default_value = "first_response")]
    pub clock: ObligationKind,
    /// Only the brand can read it
    #[arg(long, conflicts_with = "public")]
    pub private: bool,
    /// Everybody can read it
    #[arg(long)]
    pub public: bool,
    /// The source by which it comes
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// What it is: post, comment, review, message, mail
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// The handle of the brand that it names
    #[arg(long, value_name = "HANDLE")]
    pub handle: Option<String>,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|e| e.to_string())
}

/// Finds what a code means, or tells the codes there are.
fn coded<T: Copy>(text: &str, all: &[T], code: impl Fn(T) -> &'static str) -> Result<T, String> {
    let known = || all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|one| code(**one).eq_ignore_ascii_case(text)).copied();
    found.ok_or_else(|| format!("allowed: {}", known()))
}

fn channel(text: &str) -> Result<Channel, String> {
    coded(text, &Channel::ALL, Channel::code)
}

fn language(text: &str) -> Result<Language, String> {
    let all: Vec<Language> = Language::TEN.into_iter().chain([Language::Other, Language::Unknown]).collect();
    coded(text, &all, Language::code)
}

fn level(text: &str) -> Result<Level, String> {
    coded(&format!("P{}", text.trim_start_matches(['P', 'p'])), &Level::ALL, Level::code)
}

fn clock(text: &str) -> Result<ObligationKind, String> {
    coded(text, &ObligationKind::NAMED, ObligationKind::code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        assert!(parse("webcared replay posts.jsonl --speed 60 --now").is_ok());
        assert!(parse("webcared replay posts.jsonl --speed 60 --as-fast-as-possible").is_err());
        assert!(parse("webcared replay posts.jsonl --now --as-live").is_err());
        assert!(parse("webcared replay posts.jsonl --speed 0").is_err());
        assert!(parse("webcared triage eval posts.jsonl --brand Acme").is_ok());
        assert!(parse("webcared triage export --brand Acme --from 2026-11-01").is_ok());
        assert!(parse("webcared triage export --from yesterday").is_err());
        assert!(parse("webcared report --from 2026-11-01 --to 2026-11-31").is_err());
        assert!(parse("webcared check --data d --listen 127.0.0.1:1").is_ok());
    }

    #[test]
    fn a_password_in_a_flag_is_never_shown() {
        let line = ["webcared", "--database", "postgres://u:hunter2@h/d", "check"];
        assert!(!format!("{:?}", Args::try_parse_from(line)).contains("hunter2"));
    }
}
