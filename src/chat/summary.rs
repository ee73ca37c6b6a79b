//! The texts of digests and reports in the chat, made when they are sent, and of lists of cases.
//!
//! An action names the chat and the period or the cases; what is said of them is read anew, so
//! that nothing erased meanwhile is told.

use super::card::{Entry, Look};
use super::figures;
use super::text::{Line, Rich};
use super::texts::Lang;
use crate::domain::judgement::Level;
use crate::domain::time::Timestamp;
use crate::reports::period::{Days, Period, day_of, span};
use crate::reports::{self, Ask};
use crate::store::chat::Facts;
use crate::store::digest::Listed;
use crate::store::rows::ActionRow;
use crate::store::{Db, StoreError, chat};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// How many cases a list names.
pub const LISTED_MAX: usize = 15;

/// What a digest's action holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestBody {
    /// The chat.
    pub chat: String,
    /// The cases that it names, most urgent first.
    pub cases: Vec<String>,
    /// How many there are by level, P1 first.
    pub levels: [i64; 5],
    /// How many promised answers were kept since the last digest.
    pub kept: i64,
}

/// What a report's action holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportBody {
    /// The chat.
    pub chat: String,
    /// The day, as people say it.
    pub day: String,
    /// First instant.
    pub from: i64,
    /// First instant no longer in it.
    pub to: i64,
}

/// What an action says of a source that is deaf, or hears again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct SourceBody {
    source: String,
    /// `refused`, `away`, `silent`, `late`, `back`, `before`, `ends`, `lacks`, `money` or `translation`.
    kind: String,
    why: String,
    since: i64,
    until: i64,
    expected: Option<i64>,
    posts: i64,
    late: i64,
    /// What ends, or which right is lacking.
    what: String,
    /// How near the end is.
    stage: String,
    /// What it was before it heard again.
    was: String,
    cases: Vec<String>,
    /// How many cases there are beside these.
    more: i64,
}

/// The text for an action, if its kind is one of ours.
pub async fn text(
    db: &Db,
    look: &Look,
    action: &ActionRow,
    now: Timestamp,
) -> Result<Option<Rich>, StoreError> {
    let mut rich = match action.kind.as_str() {
        "digest" => match serde_json::from_str(&action.payload) {
            Ok(body) => digest(db, look, &body, now).await?,
            Err(_) => return Ok(None),
        },
        "report" => match serde_json::from_str(&action.payload) {
            Ok(body) => report(db, look, &body, now).await?,
            Err(_) => return Ok(None),
        },
        "source" => match serde_json::from_str(&action.payload) {
            Ok(body) => source(db, look, &body, now).await?,
            Err(_) => return Ok(None),
        },
        "duty" => match super::duty::told(look, action) {
            Some(rich) => rich,
            None => return Ok(None),
        },
        "shift" => match super::shift::told(db, look, action).await? {
            Some(rich) => rich,
            None => return Ok(None),
        },
        "incident" => match super::incident::told(db, look, action).await? {
            Some(rich) => rich,
            None => return Ok(None),
        },
        "finding" => match super::office::finding(db, look, action).await? {
            Some(rich) => rich,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    if action.repeat_marked == 1 {
        rich.line(Line::default().italic(look.lang.message_again(&action.id)));
    }
    Ok(Some(rich.fit(look.lang, &look.public_url)))
}

async fn digest(db: &Db, look: &Look, body: &DigestBody, now: Timestamp) -> Result<Rich, StoreError> {
    let mut rich = Rich::default();
    let all: i64 = body.levels.iter().sum();
    let levels: Vec<String> = Level::ALL
        .iter()
        .zip(body.levels)
        .filter(|(_, n)| *n > 0)
        .map(|(level, n)| format!("{level}: {n}"))
        .collect();
    rich.line(Line::default().bold(look.lang.digest_head(all)).text(format!(" · {}", levels.join(", "))));
    if body.kept > 0 {
        rich.line(Line::plain(look.lang.digest_kept(body.kept)));
    }
    list(db, look, &mut rich, &body.cases, all, now).await?;
    Ok(rich)
}

/// A source that is deaf, or hears again.
async fn source(db: &Db, look: &Look, body: &SourceBody, now: Timestamp) -> Result<Rich, StoreError> {
    let mut rich = Rich::default();
    let name = |what: &str| Line::default().bold(body.source.clone()).text(format!(" {what}"));
    let t = look.lang;
    let lasted = t.span(now.since(Timestamp(body.since)));
    let why = if body.why.is_empty() { String::new() } else { format!(": {}", body.why) };
    match body.kind.as_str() {
        "refused" => {
            rich.line(name(&t.source_refused(&lasted, &why)));
            rich.line(Line::plain(t.source_refused_help()));
        }
        "away" => {
            rich.line(name(&t.source_away(&lasted, &why)));
            rich.line(Line::plain(t.source_away_help()));
        }
        "silent" => {
            let expected = body.expected.unwrap_or_default();
            rich.line(name(&t.source_silent(&lasted)));
            rich.line(Line::plain(t.source_silent_help(expected)));
        }
        "ends" => ends(t, &mut rich, body, now),
        "lacks" => {
            let private = body.what == "private";
            rich.line(name(&if private {
                t.source_lacks_private(&why)
            } else {
                t.source_lacks_answer(&why)
            }));
            rich.line(Line::plain(t.source_lacks_help()));
        }
        "money" => {
            if body.stage == "spent" {
                rich.line(name(&t.source_money_spent(&body.what)));
                rich.line(Line::plain(t.source_money_spent_help(Timestamp(body.until).day())));
            } else {
                rich.line(name(&t.source_money_near(&body.what)));
                rich.line(Line::plain(t.source_money_near_help()));
            }
        }
        "translation" => {
            if body.stage == "spent" {
                rich.line(name(&t.source_translation_spent(&body.what)));
                rich.line(Line::plain(t.source_translation_spent_help(Timestamp(body.until).day())));
            } else {
                rich.line(name(&t.source_translation_near(&body.what)));
                rich.line(Line::plain(t.source_translation_near_help()));
            }
        }
        "before" => before(db, look, &mut rich, body, now).await?,
        "late" => {
            rich.line(name(&t.source_late(&lasted, &why)));
            caught_up(db, look, &mut rich, body, now).await?;
        }
        _ => {
            let deaf = t.span(Timestamp(body.until).since(Timestamp(body.since)));
            let why = if body.was == "down" { t.source_was_down() } else { "" };
            rich.line(name(&t.source_back(deaf, why)));
            caught_up(db, look, &mut rich, body, now).await?;
        }
    }
    let page = format!("{}/sources", look.public_url);
    rich.line(Line::default().link(t.sources_link(), page));
    Ok(rich)
}

/// What stood open before a source began to count.
async fn before(
    db: &Db,
    look: &Look,
    rich: &mut Rich,
    body: &SourceBody,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (t, day) = (look.lang, Timestamp(body.since).day());
    let told = if body.posts == 1 { t.source_before_one(day) } else { t.source_before(day, body.posts) };
    rich.line(Line::default().bold(body.source.clone()).text(format!(" {told}")));
    rich.line(Line::plain(t.source_before_help()));
    let all = body.cases.len() as i64 + body.more;
    list(db, look, rich, &body.cases, all, now).await
}

/// A credential that ends soon, or has ended.
fn ends(t: Lang, rich: &mut Rich, body: &SourceBody, now: Timestamp) {
    let at = Timestamp(body.until);
    let day = at.day();
    let left = at.since(now);
    let told = match body.stage.as_str() {
        "over" => t.source_ends_over(&body.what, &day),
        "day" => t.source_ends_day(&body.what, &day),
        _ => t.source_ends_in(&body.what, &day, t.span(left)),
    };
    rich.line(Line::default().bold(body.source.clone()).text(format!(": {told}")));
    rich.line(Line::plain(t.source_ends_help()));
}

/// What came in late, with the cases.
async fn caught_up(
    db: &Db,
    look: &Look,
    rich: &mut Rich,
    body: &SourceBody,
    now: Timestamp,
) -> Result<(), StoreError> {
    let t = look.lang;
    let posts = if body.posts == 1 { t.one_post().to_owned() } else { t.some_posts(body.posts) };
    rich.line(Line::plain(t.source_caught_up(posts, body.late)));
    if !body.cases.is_empty() {
        rich.line(Line::plain(t.source_told_here()));
    }
    let all = body.cases.len() as i64 + body.more;
    list(db, look, rich, &body.cases, all, now).await
}

async fn report(db: &Db, look: &Look, body: &ReportBody, now: Timestamp) -> Result<Rich, StoreError> {
    let ask = Ask {
        from: Timestamp(body.from),
        to: Timestamp(body.to),
        brands: Vec::new(),
        zone: look.zone.clone(),
    };
    let made = reports::report(db, &ask, now).await?;
    let mut rich = Rich::default();
    rich.line(Line::default().bold(look.lang.report_of(&body.day)));
    for line in figures::lines(look.lang, &made) {
        rich.line(Line::plain(line));
    }
    let t = look.lang;
    let Some((period, days)) = period_of(body, &look.zone) else { return Ok(rich) };
    if let Some((from, to)) = period.before(days).and_then(|days| span(days, &look.zone)) {
        let before =
            reports::report(db, &Ask { from, to, brands: Vec::new(), zone: look.zone.clone() }, now).await?;
        let what = match period {
            Period::Daily => t.before_day(),
            Period::Weekly => t.before_week(),
            Period::Monthly => t.before_month(),
        };
        rich.line(Line::plain(figures::before(t, what, &before)));
    }
    let page = format!("{}/reports?period={}&day={}", look.public_url, period.code(), days.0);
    rich.line(Line::default().link(t.report_link(), page));
    Ok(rich)
}

/// The period of a report and its days, where it is a whole one of the zone.
fn period_of(body: &ReportBody, zone: &TimeZone) -> Option<(Period, Days)> {
    let days = (day_of(Timestamp(body.from), zone)?, day_of(Timestamp(body.to), zone)?);
    let period = Period::ALL.into_iter().find(|p| p.last(days.1) == Some(days))?;
    Some((period, days))
}

/// The figures of today, for a chat that hears of some brands.
pub fn today(t: Lang, report: &reports::Report) -> Rich {
    let mut rich = Rich::default();
    rich.line(Line::default().bold(t.today_head()));
    for line in figures::lines(t, report) {
        rich.line(Line::plain(line));
    }
    rich
}

/// What a chat that hears of no brand is told.
pub fn no_brand(t: Lang) -> Rich {
    Rich { lines: vec![Line::plain(t.no_brand())] }
}

/// A list of cases under a head, which says how many there are in all.
pub async fn cases(
    db: &Db,
    look: &Look,
    head: String,
    count: i64,
    cases: &[Listed],
    now: Timestamp,
) -> Result<Rich, StoreError> {
    let mut rich = Rich::default();
    rich.line(Line::default().bold(head).cut(200));
    let ids: Vec<String> = cases.iter().map(|c| c.id.clone()).collect();
    list(db, look, &mut rich, &ids, count, now).await?;
    Ok(rich)
}

async fn list(
    db: &Db,
    look: &Look,
    rich: &mut Rich,
    ids: &[String],
    all: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let asked = ids.to_vec();
    let facts: Vec<Facts> = db
        .read("reading what a list shows", move |tx| Box::pin(async move { chat::facts(tx, &asked).await }))
        .await?;
    let shown = ids.iter().filter_map(|id| facts.iter().find(|f| f.id == *id)).take(LISTED_MAX);
    let mut listed = 0;
    for f in shown {
        let plain = Entry {
            action: String::new(),
            case: f.id.clone(),
            occasion: String::new(),
            kind: None,
            at: None,
            wait: None,
            owed: None,
            repeat: false,
        };
        rich.line(look.list_line(f, &look.standing(&plain, f, now), None, now));
        listed += 1;
    }
    if all > listed {
        let text = look.lang.and_more(all - listed);
        rich.line(Line::plain(text).link(look.public_url.clone(), look.public_url.clone()));
    }
    Ok(())
}
