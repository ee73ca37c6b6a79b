//! Policies in the console: what is promised and what it covers, which versions there were and who made them, when a message
//! of an instant has to be answered; and for leads a new version, tried on four weeks before it is taken.

use super::auth::{Asked, Fields, Viewer, prove_at};
use super::case::actor;
use super::case::promise::local;
use super::error::Error;
use super::frame::{Frame, brands_of, casework_of, first_press, forget_press, is_stopped, page as print};
use super::shown::Moment;
use super::texts::Texts;
use super::texts::refused;
use super::{App, zones};
use crate::casework::CaseworkError;
use crate::catalogue::{Watched, is_refetched, maker};
use crate::domain::backtest::Owner;
use crate::domain::clocks::ObligationKind;
use crate::domain::explain::{Explained, Question, explain};
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::policy::{Channel, Policy, Target};
use crate::domain::policy_text::as_toml;
use crate::domain::scope::Visibility;
use crate::domain::time::{Span, Timestamp};
use crate::reports::Ask;
use crate::reports::backtest::{Both, Late, backtest};
use crate::store::setting::{self, SettingVersion};
use crate::store::{StoreError, Tx, person};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Most versions of a policy on the page.
const VERSIONS_MAX: i64 = 20;
/// How far back a new version is tried.
const TRIED: Span = Span::days(28);

struct Line {
    channel: String,
    level: String,
    language: String,
    calendar: String,
    minutes: Vec<String>,
}

struct Version {
    number: i64,
    by: String,
    at: Moment,
    from: Option<Moment>,
    state: &'static str,
}

struct One {
    name: String,
    brands: Vec<String>,
    words: String,
    published: String,
    calendars: Vec<String>,
    scope: String,
    warns: String,
    lines: Vec<Line>,
    versions: Vec<Version>,
    may_edit: bool,
}

/// What the form of an explanation holds.
struct Asking {
    policy: String,
    at: String,
    channel: String,
    level: String,
    language: String,
    clock: String,
    /// `public`, `private`, or empty where nobody says.
    seen: String,
    told: Option<Explained>,
    /// In which language it is told why.
    why_in: &'static str,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "policies.html", config = "src/web/askama.toml")]
struct PoliciesPage {
    frame: Frame,
    all: Vec<One>,
    asking: Asking,
    channels: Vec<&'static str>,
    levels: Vec<&'static str>,
    languages: Vec<&'static str>,
    clocks: Vec<(&'static str, &'static str)>,
    notice: Option<&'static str>,
}

/// A group of waits, and of each way that they can go how many went and would have gone so.
type Outcome = (String, [String; 4]);
/// The sum of a text that was tried, its promise in words, what came of it, and how many waits would have gone otherwise.
type Tried = (String, String, Vec<Outcome>, usize);

#[derive(Template)]
#[template(path = "policy_edit.html", config = "src/web/askama.toml")]
struct EditPage {
    frame: Frame,
    name: String,
    text: String,
    from: String,
    /// The latest version when the text was first shown.
    of: String,
    mistakes: Vec<String>,
    /// Where the viewer shows who they are, if they must before it is taken.
    prove: Option<String>,
    /// The sum of the text that was tried, and what came of it.
    tried: Option<Tried>,
}

/// The policies of brands by name, each with its brands.
fn by_name(brands: &[Watched]) -> BTreeMap<String, Vec<&Watched>> {
    let mut found: BTreeMap<String, Vec<&Watched>> = BTreeMap::new();
    for brand in brands {
        found.entry(brand.policy.1.name.clone()).or_default().push(brand);
    }
    found
}

/// Whether somebody sees every brand that promises a policy.
fn sees_all(app: &App, viewer: &Viewer, name: &str) -> bool {
    let catalogue = app.catalogue.get();
    let mut of = catalogue.brands.iter().filter(|b| b.policy.1.name == name);
    of.all(|b| viewer.person.walls.let_see(&b.id))
}

fn line(target: &Target, t: &'static Texts) -> Line {
    let p = t.policies();
    let any = |word: Option<String>| word.unwrap_or_else(|| p.any.to_owned());
    let channel = any(target.channel.map(|c| c.code().to_owned()));
    let kinds = [
        ObligationKind::FirstResponse,
        ObligationKind::NextResponse,
        ObligationKind::FirstResolution,
        ObligationKind::TotalResolution,
    ];
    let minutes = |kind: ObligationKind| {
        target.span(kind).map_or_else(|| "–".to_owned(), |span| (span.millis() / 60_000).to_string())
    };
    Line {
        channel: match target.visibility {
            Visibility::Any => channel,
            Visibility::Public => format!("{channel}, {}", p.public),
            Visibility::Private => format!("{channel}, {}", p.private),
        },
        level: any(target.level.map(|l| l.code().to_owned())),
        language: any(target.language.map(|l| l.code().to_owned())),
        calendar: target.calendar.clone().unwrap_or_default(),
        minutes: kinds.into_iter().map(minutes).collect(),
    }
}

fn version(
    row: &SettingVersion,
    names: &HashMap<String, String>,
    stands: i64,
    now: Timestamp,
    t: &Texts,
) -> Version {
    let p = t.policies();
    let by = || {
        let person = maker(&row.origin).map(|id| names.get(id).cloned().unwrap_or_default());
        person.unwrap_or_else(|| p.by_settings.to_owned())
    };
    let waits = row.counts_from.is_some_and(|from| from > now.millis()) && row.version > stands;
    Version {
        number: row.version,
        by: if is_refetched(&row.origin) { p.by_holidays.to_owned() } else { by() },
        at: Moment::of(row.created_at),
        from: row.counts_from.map(Moment::of),
        state: if row.version == stands {
            p.stands
        } else if waits {
            p.waits
        } else {
            p.over
        },
    }
}

/// What one look at the store brings: versions by policy, names of people, what is stopped.
type Found = (HashMap<String, Vec<SettingVersion>>, HashMap<String, String>, super::peaks::Switches);

async fn find(tx: &mut Tx, policies: &[String]) -> Result<Found, StoreError> {
    let mut versions = HashMap::new();
    for name in policies {
        versions.insert(name.clone(), setting::versions_of(tx, "policy", name, VERSIONS_MAX).await?);
    }
    let names = person::all(tx).await?.into_iter().map(|p| (p.id, p.name)).collect();
    Ok((versions, names, is_stopped(tx).await?))
}

/// `GET /policies`, with what is asked of one of them.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let (t, now, brands) = (asked.texts, app.clock.now(), brands_of(&app, &viewer));
    let (policies, w) = (by_name(&brands), t.wording());
    let wanted: Vec<String> = policies.keys().cloned().collect();
    let read = app.db.read("reading policies", move |tx| Box::pin(async move { find(tx, &wanted).await }));
    let (versions, names, kill) = read.await?;
    let one = |(name, of): (&String, &Vec<&Watched>)| {
        let (stands, policy) = &of[0].policy;
        let rows = versions.get(name).map(Vec::as_slice).unwrap_or_default();
        One {
            name: name.clone(),
            brands: of.iter().map(|b| b.brand.name.clone()).collect(),
            words: policy.in_words_in(w),
            published: policy.published_in(w),
            calendars: policy
                .calendars
                .values()
                .map(|c| format!("{}: {}", c.name(), c.in_words_in(w)))
                .collect(),
            scope: policy.scope.in_words_in(&policy.languages, w),
            warns: policy.warn_percent.iter().map(|p| format!("{p} %")).collect::<Vec<_>>().join(", "),
            lines: policy.targets.iter().map(|target| line(target, t)).collect(),
            versions: rows.iter().map(|row| version(row, &names, *stands, now, t)).collect(),
            may_edit: viewer.person.is_lead() && sees_all(&app, &viewer, name),
        }
    };
    let p = t.policies();
    print(&PoliciesPage {
        all: policies.iter().map(one).collect(),
        asking: asking(&query, &policies, t),
        channels: Channel::ALL.into_iter().map(Channel::code).collect(),
        levels: Level::ALL.into_iter().map(Level::code).collect(),
        languages: Language::TEN.into_iter().map(Language::code).collect(),
        clocks: vec![
            ("first_response", p.first_response),
            ("next_response", p.next_response),
            ("first_resolution", p.first_resolution),
            ("total_resolution", p.total_resolution),
        ],
        notice: query.contains_key("taken").then_some(p.taken),
        frame: Frame::of(&app, &asked, &viewer, "policies", p.policies, kill),
    })
}

fn asking(
    query: &HashMap<String, String>,
    policies: &BTreeMap<String, Vec<&Watched>>,
    t: &'static Texts,
) -> Asking {
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    let mut asking = Asking {
        policy: get("policy"),
        at: get("at"),
        channel: get("channel"),
        level: get("level"),
        language: get("language"),
        clock: get("clock"),
        seen: get("seen"),
        told: None,
        why_in: t.told_in(),
        problem: None,
    };
    let Some(of) = policies.get(&asking.policy) else { return asking };
    let Some(at) = local(&asking.at, &zones::here()) else {
        asking.problem = (!asking.at.is_empty()).then_some(t.policies().bad_time);
        return asking;
    };
    let (number, policy) = &of[0].policy;
    let question = Question {
        at,
        channel: Channel::ALL.into_iter().find(|c| c.code() == asking.channel).unwrap_or(Channel::Social),
        language: Language::from_code(&asking.language).unwrap_or(Language::Unknown),
        level: Level::ALL.into_iter().find(|l| l.code() == asking.level),
        clock: ObligationKind::from_code(&asking.clock).unwrap_or(ObligationKind::FirstResponse),
        private: match asking.seen.as_str() {
            "public" => Some(false),
            "private" => Some(true),
            _ => None,
        },
        source: None,
        kind: None,
        handle: None,
    };
    let mut told = explain(policy, number.to_string(), &question);
    told.why = refused::told(t, &told.why);
    asking.told = Some(told);
    asking
}

/// The policy that somebody may change, as it stands.
fn to_change(app: &App, viewer: &Viewer, name: &str, t: &Texts) -> Result<Policy, Error> {
    let brands = brands_of(app, viewer);
    let watched = brands.iter().find(|b| b.policy.1.name == name).ok_or(Error::NotFound)?;
    if !sees_all(app, viewer, name) {
        return Err(Error::Invalid(t.policies().not_all.to_owned()));
    }
    Ok(watched.policy.1.clone())
}

/// The number of the latest version of a policy, also of one that waits.
async fn latest(app: &App, name: &str) -> Result<String, Error> {
    let name = name.to_owned();
    let read = app.db.read("reading the versions of a policy", move |tx| {
        Box::pin(async move { setting::versions_of(tx, "policy", &name, 1).await })
    });
    Ok(read.await?.first().map(|row| row.version.to_string()).unwrap_or_default())
}

async fn editing(
    app: &App,
    (asked, viewer): (&Asked, &Viewer),
    name: &str,
    (text, from, of): (String, String, String),
    (mistakes, tried): (Vec<String>, Option<Tried>),
) -> Result<Response, Error> {
    let kill = app.db.read("reading a switch", |tx| Box::pin(is_stopped(tx))).await?;
    let of = if of.is_empty() { latest(app, name).await? } else { of };
    let wrong = !mistakes.is_empty();
    let title = format!("{}: {name}", asked.texts.policies().edit);
    let proved = viewer.person.is_proved(app.clock.now());
    let page = print(&EditPage {
        prove: (tried.is_some() && !proved).then(|| prove_at("/policies")),
        frame: Frame::of(app, asked, viewer, "policies", &title, kill),
        name: name.to_owned(),
        text,
        from,
        of,
        mistakes,
        tried,
    })?;
    Ok(if wrong { (StatusCode::UNPROCESSABLE_ENTITY, page).into_response() } else { page })
}

/// `GET /policies/{policy}/edit`.
pub async fn edit(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let policy = to_change(&app, &viewer, &name, asked.texts)?;
    editing(
        &app,
        (&asked, &viewer),
        &name,
        (as_toml(&policy), String::new(), String::new()),
        (Vec::new(), None),
    )
    .await
}

fn sum(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text.as_bytes())[..8])
}

/// Who owed what was late.
fn owed(t: &'static Texts, owner: Owner) -> &'static str {
    let p = t.policies();
    match owner {
        Owner::Person => p.owed_person,
        Owner::Duty => p.owed_duty,
        Owner::Nobody => p.owed_nobody,
        Owner::Team => p.owed_team,
    }
}

/// A group of waits, whose name begins with the code of the clock.
fn group(t: &'static Texts, name: &str) -> String {
    let (p, (clock, rest)) = (t.policies(), name.split_once(' ').unwrap_or((name, "")));
    match clock {
        "first_response" => format!("{} {rest}", p.first_response),
        "next_response" => format!("{} {rest}", p.next_response),
        _ => name.replace('_', " "),
    }
}

/// `was -> would be` of each way that a wait can go.
fn both(b: &Both) -> [String; 4] {
    let pair = |was: i64, would_be: i64| format!("{was} → {would_be}");
    [
        pair(b.was.kept, b.would_be.kept),
        pair(b.was.broken, b.would_be.broken),
        pair(b.was.neither, b.would_be.neither),
        pair(b.was.not_promised, b.would_be.not_promised),
    ]
}

/// `POST /policies/{policy}/edit`: tries a text, or takes what was tried.
pub async fn act(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let t = asked.texts;
    to_change(&app, &viewer, &name, t)?;
    let text = fields.get("text").replace("\r\n", "\n");
    let typed = (text.clone(), fields.get("from").to_owned(), fields.get("of").to_owned());
    let with = |mistakes| editing(&app, (&asked, &viewer), &name, typed.clone(), (mistakes, None));
    let casework = casework_of(&app, &viewer);
    let policy = match casework.read_policy(&name, &text) {
        Ok(policy) => policy,
        Err(mistakes) => return with(mistakes.iter().map(|m| refused::mistake(t, m)).collect()).await,
    };
    let from = local(typed.1.trim(), &zones::here());
    if from.is_none() && !typed.1.trim().is_empty() {
        return with(vec![t.policies().bad_time.to_owned()]).await;
    }
    // What every promise hangs on wants a proof of the last minutes; what was typed stays on the page until then.
    if fields.get("act") != "take" || !viewer.person.is_proved(app.clock.now()) {
        let tried = tried(&app, &viewer, &policy, t).await?;
        let (rows, otherwise) = tried;
        let tried = Some((sum(&text), policy.in_words_in(t.wording()), rows, otherwise));
        return editing(&app, (&asked, &viewer), &name, typed, (Vec::new(), tried)).await;
    }
    if fields.get("tried") != sum(&text) {
        return with(vec![t.policies().changed_text.to_owned()]).await;
    }
    // What a colleague took meanwhile is not overwritten unseen.
    if !typed.2.is_empty() && typed.2 != latest(&app, &name).await? {
        return with(vec![t.policies().taken_meanwhile.to_owned()]).await;
    }
    let once = format!("policy:{name}");
    if !first_press(&app, fields.get("nonce"), &once).await? {
        return Ok(Redirect::to("/policies").into_response());
    }
    match casework.new_policy(&policy, from, typed.2.parse().ok(), &actor(&viewer)).await {
        Ok(_) => Ok(Redirect::to("/policies?taken=1").into_response()),
        Err(error) => {
            forget_press(&app, fields.get("nonce"), &once).await;
            match error {
                CaseworkError::Invalid { .. } | CaseworkError::Refused(_) => {
                    with(vec![refused::told(t, &error.to_string())]).await
                }
                CaseworkError::NotFound => Err(Error::NotFound),
                error => Err(error.into()),
            }
        }
    }
}

/// What a version would have done to the last weeks of the brands that promise it, and how many waits would differ.
async fn tried(
    app: &App,
    viewer: &Viewer,
    policy: &Policy,
    t: &'static Texts,
) -> Result<(Vec<Outcome>, usize), Error> {
    let now = app.clock.now();
    let of = brands_of(app, viewer).into_iter().filter(|b| b.policy.1.name == policy.name);
    let ask =
        Ask { from: now.minus(TRIED), to: now, brands: of.map(|b| b.id).collect(), zone: app.zone.clone() };
    let made = backtest(&app.db, policy, &ask, now).await?;
    let mut rows = vec![(t.policies().all_waits.to_owned(), both(&made.total))];
    let late = |(owner, late): (&Owner, &Late)| {
        let none = || "–".to_owned();
        let pair = format!("{} → {}", late.was, late.would_be);
        (owed(t, *owner).to_owned(), [none(), pair, none(), none()])
    };
    rows.extend(made.broken_by.iter().map(late));
    rows.extend(made.groups.iter().map(|(name, b)| (group(t, name), both(b))));
    Ok((rows, made.differences.len()))
}
