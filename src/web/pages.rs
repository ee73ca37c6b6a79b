//! The pages as values: what each template is given.

use super::error::WebError;
use crate::people::Present;
use askama::Template;
use axum::response::{Html, IntoResponse, Response};

/// Renders a page.
pub fn html(page: &impl Template) -> Result<Response, WebError> {
    Ok(Html(page.render()?).into_response())
}

/// Who looks at a page, for its head.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Name shown.
    pub name: String,
    /// The token that forms must carry.
    pub csrf: String,
    /// Whether they may do what a lead may.
    pub lead: bool,
}

impl Viewer {
    /// Of a person who is logged in.
    pub fn of(present: &Present) -> Self {
        Self { name: present.name.clone(), csrf: present.csrf.clone(), lead: present.is_lead() }
    }
}

/// A page of one message.
#[derive(Template)]
#[template(path = "message.html", config = "src/web/askama.toml")]
pub struct MessagePage<'a> {
    /// Heading.
    pub title: &'a str,
    /// What is said.
    pub text: &'a str,
}

/// The log-in page.
#[derive(Template)]
#[template(path = "login.html", config = "src/web/askama.toml")]
pub struct LoginPage<'a> {
    /// What went wrong, or nothing.
    pub trouble: &'a str,
    /// The login as typed.
    pub login: &'a str,
}

/// The page behind a one-time link.
#[derive(Template)]
#[template(path = "link.html", config = "src/web/askama.toml")]
pub struct LinkPage<'a> {
    /// What went wrong, or nothing.
    pub trouble: &'a str,
    /// The token of the link.
    pub token: &'a str,
}

/// The page to set a password.
#[derive(Template)]
#[template(path = "password.html", config = "src/web/askama.toml")]
pub struct PasswordPage<'a> {
    /// Who looks.
    pub viewer: Viewer,
    /// What went wrong, or nothing.
    pub trouble: &'a str,
    /// Whether there is none yet.
    pub first: bool,
}

/// One lane as a tab.
#[derive(Clone, Debug)]
pub struct LaneTab {
    /// The word in the address.
    pub code: &'static str,
    /// The name shown.
    pub name: &'static str,
    /// How many cases, if counted.
    pub count: String,
    /// Whether it is the one shown.
    pub here: bool,
}

/// One line of the inbox.
#[derive(Clone, Debug)]
pub struct InboxLine {
    /// The case.
    pub id: String,
    /// Its short number.
    pub number: i64,
    /// `P1` … `P5`.
    pub level: String,
    /// Its state in words.
    pub state: String,
    /// The platform.
    pub platform: String,
    /// The language.
    pub language: String,
    /// The intent in words.
    pub intent: String,
    /// Who wrote.
    pub author: String,
    /// The beginning of the first message, masked.
    pub beginning: String,
    /// Reason names.
    pub reasons: String,
    /// Who has it.
    pub claimed_by: String,
    /// Time left, in words.
    pub left: String,
    /// The deadline, RFC 3339.
    pub due: String,
    /// Whether it is late.
    pub late: bool,
    /// Whether it is a sample.
    pub sample: bool,
}

/// The inbox.
#[derive(Template)]
#[template(path = "inbox.html", config = "src/web/askama.toml")]
pub struct InboxPage {
    /// Who looks.
    pub viewer: Viewer,
    /// The brand shown.
    pub brand: String,
    /// All brands: name and whether it is the one shown.
    pub brands: Vec<(String, bool)>,
    /// The lanes.
    pub lanes: Vec<LaneTab>,
    /// The word of the lane shown.
    pub lane: &'static str,
    /// The lines.
    pub lines: Vec<InboxLine>,
    /// The next page, 0 if there is none.
    pub next: i64,
    /// Whether nothing can be sent.
    pub stopped: bool,
}

/// One message of a talk.
#[derive(Clone, Debug)]
pub struct TalkLine {
    /// Whether we wrote it.
    pub ours: bool,
    /// Who wrote it.
    pub who: String,
    /// The words, masked or not.
    pub text: String,
    /// Where to read it.
    pub url: String,
    /// When, RFC 3339.
    pub at: String,
    /// When, in words.
    pub ago: String,
    /// `edited`, `private`, …
    pub marks: String,
    /// Level and intent, for a customer's message.
    pub judged: String,
}

/// One obligation as shown.
#[derive(Clone, Debug)]
pub struct ClockLine {
    /// What was promised, in words.
    pub kind: String,
    /// Where it stands, in words.
    pub state: String,
    /// The deadline, RFC 3339.
    pub due: String,
    /// Time left, in words, while it runs.
    pub left: String,
    /// Whether it is late or broken.
    pub bad: bool,
}

/// One event as shown.
#[derive(Clone, Debug)]
pub struct EventLine {
    /// When, RFC 3339.
    pub at: String,
    /// When, in words.
    pub ago: String,
    /// What, in words.
    pub what: String,
    /// Who, in words.
    pub who: String,
}

/// The page of a case.
#[derive(Template)]
#[template(path = "case.html", config = "src/web/askama.toml")]
pub struct CasePage {
    /// Who looks.
    pub viewer: Viewer,
    /// The brand.
    pub brand: String,
    /// The case in a line.
    pub line: InboxLine,
    /// The version seen, which forms carry.
    pub version: i64,
    /// Something that the person must know before anything else.
    pub notice: String,
    /// What happened since the view that was acted on.
    pub since: Vec<EventLine>,
    /// The talk.
    pub talk: Vec<TalkLine>,
    /// Why it scored so: name and weight.
    pub reasons: Vec<(String, i32)>,
    /// The urgency.
    pub urgency: i64,
    /// The clocks.
    pub clocks: Vec<ClockLine>,
    /// The timeline.
    pub events: Vec<EventLine>,
    /// Whether personal data is masked here.
    pub masked: bool,
    /// Whether the person has claimed it.
    pub mine: bool,
    /// Whether anybody has.
    pub claimed: bool,
    /// Whether it is open.
    pub open: bool,
    /// Whether it needs a private channel.
    pub needs_private: bool,
    /// The reason as typed, when a form comes back.
    pub typed: String,
    /// Whether the person may work on cases.
    pub may_work: bool,
}

/// One source as shown.
#[derive(Clone, Debug)]
pub struct SourceLine {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its state in plain words.
    pub state: String,
    /// Whether it is well.
    pub well: bool,
    /// Last heard, in words.
    pub heard: String,
    /// From when it counts.
    pub counts_from: String,
    /// The counts: received, five verdicts, waiting.
    pub counts: [i64; 7],
    /// Whether they add up.
    pub adds_up: bool,
}

/// One quarantined payload as shown.
#[derive(Clone, Debug)]
pub struct QuarantineLine {
    /// The source and place.
    pub place: String,
    /// When it came, in words.
    pub ago: String,
    /// What is wrong with it.
    pub why: String,
    /// The beginning of its bytes.
    pub bytes: String,
}

/// The page of sources.
#[derive(Template)]
#[template(path = "sources.html", config = "src/web/askama.toml")]
pub struct SourcesPage {
    /// Who looks.
    pub viewer: Viewer,
    /// The sources.
    pub sources: Vec<SourceLine>,
    /// What could not be read.
    pub quarantine: Vec<QuarantineLine>,
}

/// One action as shown.
#[derive(Clone, Debug)]
pub struct ActionLine {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its state in words.
    pub state: String,
    /// What is known.
    pub detail: String,
    /// The case it is about.
    pub case_id: String,
    /// When it was meant, in words.
    pub ago: String,
    /// How often it was tried.
    pub attempts: i64,
}

/// The page of the outbox.
#[derive(Template)]
#[template(path = "outbox.html", config = "src/web/askama.toml")]
pub struct OutboxPage {
    /// Who looks.
    pub viewer: Viewer,
    /// What somebody should look at.
    pub actions: Vec<ActionLine>,
    /// How many are in each state: state, how many.
    pub counts: Vec<(String, i64)>,
    /// Whether nothing can be sent.
    pub stopped: bool,
}

/// A page of the help.
#[derive(Template)]
#[template(path = "help.html", config = "src/web/askama.toml")]
pub struct HelpPage<'a> {
    /// The pages there are: address and title.
    pub pages: &'a [(&'static str, &'static str)],
    /// The page itself, made by us from our own text.
    pub body: &'a str,
}
