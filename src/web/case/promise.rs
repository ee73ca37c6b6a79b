//! A promise as part of a form: what was found in the words or typed, what stands beside it, and the choice of what
//! holds. What somebody chose stands there again with every refusal, so that nobody is asked twice.

use super::{Loaded, Said};
use crate::casework::promising::Standing;
use crate::casework::{Act, Beside, CaseworkError, NewPromise, Promising};
use crate::domain::promise::Act as Deed;
use crate::domain::time::Timestamp;
use crate::store::promise::{Call, PromiseRow};
use crate::web::auth::Fields;
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use crate::web::texts::promises::PromiseTexts;
use askama::Template;
use jiff::civil;
use jiff::tz::TimeZone;

/// What is typed into a form about a promise.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    new: NewPromise,
    choice: String,
    why: String,
    standing: Vec<Standing>,
    /// The due time in the team's zone, as a field takes it.
    due: String,
    /// The words as they were found.
    of: String,
}

/// One promise that stands already.
pub struct Stands {
    pub text: Shown,
    pub owed: String,
    pub due: Moment,
}

/// The part of a form.
#[derive(Template)]
#[template(path = "promise.html", config = "src/web/askama.toml")]
pub struct PromisePart {
    pub t: &'static Texts,
    pub p: &'static PromiseTexts,
    /// What its fields are called by, for there may be several forms on a page.
    pub id: &'static str,
    /// It came out of the words of an answer, which can go without it.
    pub found: bool,
    /// The words as they were found in an answer: who changes them is asked anew.
    pub of: String,
    /// The customer told of it.
    pub told: bool,
    pub text: String,
    pub due: String,
    pub owed: Vec<(String, String, bool)>,
    pub act: String,
    pub number: String,
    pub whom: String,
    pub why: String,
    pub choices: Vec<(&'static str, &'static str, bool)>,
    pub standing: Vec<Stands>,
}

impl askama::filters::HtmlSafe for PromisePart {}

/// Who owes something, in words.
pub fn owed_name(code: &str, t: &Texts) -> String {
    if matches!(code, "webcare" | "front_office") { t.name("owed", code) } else { code.to_owned() }
}

/// An instant as a field of day and time takes it.
fn field(at: Timestamp, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// What a browser sends of a field of day and time, in the team's zone.
pub fn local(word: &str, zone: &TimeZone) -> Option<Timestamp> {
    let at: civil::DateTime = word.parse().ok()?;
    Some(Timestamp(at.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
}

fn new(fields: &Fields, zone: &TimeZone) -> NewPromise {
    let text = |field: &str| fields.get(field).trim().to_owned();
    NewPromise {
        text: text("promise_text"),
        // A time that cannot be read is refused like one that is past, with everything that was typed.
        due: local(fields.get("promise_due"), zone).unwrap_or_default(),
        owed_by: text("promise_owed"),
        act: Deed::from_code(fields.get("promise_act")).map_or("", Deed::code).to_owned(),
        call: Call { number: text("call_number"), whom: text("call_whom") },
        told: fields.get("promise_told") == "1",
        beside: match fields.get("promise") {
            "replace" => Beside::Replace,
            "both" => Beside::Both { reason: text("promise_why") },
            _ => Beside::Ask,
        },
    }
}

/// What a form with an answer says of a promise in its words.
pub fn promising(fields: &Fields, zone: &TimeZone) -> Promising {
    // What was said of words that stand there no more holds for nothing.
    let plain = |field: &str| fields.get(field).split_whitespace().collect::<Vec<_>>().join(" ");
    let found = plain("promise_of");
    if !found.is_empty() && !plain("text").contains(&found) {
        return Promising::Ask;
    }
    match fields.get("promise") {
        "" => Promising::Ask,
        "without" => Promising::Without,
        _ => Promising::With(Box::new(new(fields, zone))),
    }
}

/// The act of the form that writes a promise down, where what it contradicts was shown.
pub fn confirmed(fields: &Fields, zone: &TimeZone) -> Option<Act> {
    (!fields.get("promise_due").is_empty()).then(|| Act::Promise(Box::new(new(fields, zone))))
}

/// What a refused form is filled with again.
pub fn typed(fields: &Fields, error: &CaseworkError, zone: &TimeZone) -> Option<Typed> {
    let why = fields.get("promise_why").to_owned();
    if let CaseworkError::Promise(proposal) = error {
        let mut confirmed = proposal.confirmed();
        confirmed.call = new(fields, zone).call;
        confirmed.told = fields.get("promise_told") == "1";
        let due = field(confirmed.due, zone);
        return Some(Typed {
            of: if fields.get("text").is_empty() { String::new() } else { confirmed.text.clone() },
            new: confirmed,
            choice: String::new(),
            why,
            standing: proposal.standing.clone(),
            due,
        });
    }
    let choice = fields.get("promise").to_owned();
    let due = fields.get("promise_due").to_owned();
    (!choice.is_empty()).then(|| Typed {
        of: fields.get("promise_of").to_owned(),
        new: new(fields, zone),
        choice,
        why,
        standing: Vec::new(),
        due,
    })
}

/// The part for the form of this act, if there is anything to say.
pub fn part(said: &Said, act: &str, id: &'static str, t: &'static Texts) -> Option<PromisePart> {
    let typed = said.typed(act)?.promise.as_ref()?;
    let p = t.promises();
    let found = act != "promise";
    let one = |s: &Standing| Stands {
        text: Shown::plain(&s.text),
        owed: owed_name(&s.owed_by, t),
        due: Moment::of(s.due.millis()),
    };
    let beside = matches!(typed.choice.as_str(), "replace" | "both");
    let mut choices = Vec::new();
    if typed.standing.is_empty() && !beside {
        choices.push(("with", p.with));
    } else {
        choices.extend([("replace", p.replace), ("both", p.both)]);
    }
    if found {
        choices
            .push(("without", if typed.standing.is_empty() && !beside { p.without } else { p.keep_theirs }));
    }
    let chosen = if typed.choice.is_empty() { choices[0].0 } else { typed.choice.as_str() };
    let mut owed: Vec<(String, String, bool)> = ["webcare", "front_office"]
        .map(|code| (code.to_owned(), owed_name(code, t), typed.new.owed_by == code))
        .to_vec();
    if !owed.iter().any(|o| o.2) {
        owed.push((typed.new.owed_by.clone(), typed.new.owed_by.clone(), true));
    }
    Some(PromisePart {
        t,
        p,
        id,
        found,
        of: if found { typed.of.clone() } else { String::new() },
        told: typed.new.told,
        text: typed.new.text.clone(),
        due: typed.due.clone(),
        owed,
        act: typed.new.act.clone(),
        number: typed.new.call.number.clone(),
        whom: typed.new.call.whom.clone(),
        why: typed.why.clone(),
        choices: choices.iter().map(|(code, words)| (*code, *words, *code == chosen)).collect(),
        standing: typed.standing.iter().map(one).collect(),
    })
}

/// A call back as a step that is still to be taken, or was.
pub struct Called {
    /// By which number; none where it is covered, or nobody said.
    pub number: Option<Shown>,
    pub covered: bool,
    pub whom: String,
    /// How often it was tried, and when it is to be tried again.
    pub tries: usize,
    pub next: Option<Moment>,
}

/// The call of a promise; the number is shown to whoever may see what is personal.
pub fn called(row: &PromiseRow, found: &Loaded, open: bool) -> Option<Called> {
    if !row.is_call() {
        return None;
    }
    let call = found.contents.get(&row.call_id()).map(|b| Call::of(b)).unwrap_or_default();
    let tries: Vec<_> = found.tries.iter().filter(|t| t.wait == row.wait).collect();
    Some(Called {
        covered: !open && !call.number.is_empty(),
        number: Some(call.number).filter(|n| open && !n.is_empty()).map(|n| Shown::plain(&n)),
        whom: if open { call.whom } else { String::new() },
        next: tries.last().and_then(|t| t.next_at).map(Moment::of),
        tries: tries.len(),
    })
}
