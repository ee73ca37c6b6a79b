//! A promise as part of a form: what was found in the words or typed, what stands beside it, and the choice of what
//! holds. What somebody chose stands there again with every refusal, so that nobody is asked twice.

use super::{Loaded, Said};
use crate::casework::promising::Standing;
use crate::casework::proposing::AT_ONCE_MAX;
use crate::casework::{Act, Beside, CaseworkError, NewPromise, Promising, Proposal};
use crate::domain::promise::Act as Deed;
use crate::domain::promise::whom::ToWhom;
use crate::domain::time::Timestamp;
use crate::store::promise::{Call, PromiseRow};
use crate::web::auth::Fields;
use crate::web::shown::{Moment, Shown};
use crate::web::texts::Texts;
use crate::web::texts::promises::PromiseTexts;
use askama::Template;
use jiff::civil;
use jiff::tz::TimeZone;

/// What is typed into a form about promises.
pub type Typed = Vec<One>;

/// One of them.
#[derive(Clone, Debug, Default)]
pub struct One {
    new: NewPromise,
    choice: String,
    why: String,
    standing: Vec<Standing>,
    /// The due time in the zone of who types, as a field takes it.
    due: String,
    /// The words as they were found.
    of: String,
}

/// What stands behind the names of the fields of the n-th promise of a form.
fn suffix(n: usize) -> String {
    if n == 0 { String::new() } else { format!("_{n}") }
}

/// A field of the n-th promise of a form.
fn get<'a>(fields: &'a Fields, name: &str, n: usize) -> &'a str {
    if n == 0 { fields.get(name) } else { fields.get(&format!("{name}{}", suffix(n))) }
}

/// How many promises a form holds: those of which something is said, without a gap.
fn count(fields: &Fields) -> usize {
    (0..AT_ONCE_MAX).take_while(|n| !get(fields, "promise", *n).is_empty()).count()
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
    /// What its fields are called by, for there may be several forms on a page, and several promises in one.
    pub id: String,
    /// What stands behind the names of its fields.
    pub n: String,
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
    /// To whom it is made: codes, words, and which holds.
    pub to: Vec<(&'static str, String, bool)>,
    pub to_words: String,
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

/// What a browser sends of a field of day and time, in a zone.
pub fn local(word: &str, zone: &TimeZone) -> Option<Timestamp> {
    let at: civil::DateTime = word.parse().ok()?;
    Some(Timestamp(at.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
}

fn new(fields: &Fields, n: usize, zone: &TimeZone) -> NewPromise {
    let text = |field: &str| get(fields, field, n).trim().to_owned();
    NewPromise {
        text: text("promise_text"),
        // A time that cannot be read is refused like one that is past, with everything that was typed.
        due: local(get(fields, "promise_due", n), zone).unwrap_or_default(),
        owed_by: text("promise_owed"),
        act: Deed::from_code(get(fields, "promise_act", n)).map_or("", Deed::code).to_owned(),
        call: Call { number: text("call_number"), whom: text("call_whom") },
        to: ToWhom::from_code(get(fields, "promise_to", n)),
        to_words: if get(fields, "promise_to", n) == ToWhom::Other.code() {
            text("promise_to_words")
        } else {
            String::new()
        },
        told: get(fields, "promise_told", n) == "1",
        beside: beside(get(fields, "promise", n), get(fields, "promise_why", n)),
    }
}

/// What becomes of what stands and says otherwise, as a form says it.
pub fn beside(word: &str, why: &str) -> Beside {
    match word {
        "replace" => Beside::Replace,
        "both" => Beside::Both { reason: why.trim().to_owned() },
        _ => Beside::Ask,
    }
}

/// What a form with an answer says of the promises in its words: each is meant or not.
pub fn promising(fields: &Fields, zone: &TimeZone) -> Promising {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all = count(fields);
    // What was said of words that stand there no more holds for nothing.
    let gone = |n: &usize| {
        let found = plain(get(fields, "promise_of", *n));
        !found.is_empty() && !plain(fields.get("text")).contains(&found)
    };
    if all == 0 || (0..all).any(|n| gone(&n)) {
        return Promising::Ask;
    }
    let meant: Vec<NewPromise> =
        (0..all).filter(|n| get(fields, "promise", *n) != "without").map(|n| new(fields, n, zone)).collect();
    if meant.is_empty() { Promising::Without } else { Promising::With(meant) }
}

/// The act of the form that writes a promise down, where what it contradicts was shown.
pub fn confirmed(fields: &Fields, zone: &TimeZone) -> Option<Act> {
    let is_shown = ["promise", "promise_due"].iter().any(|name| !fields.get(name).is_empty());
    is_shown.then(|| Act::Promise(Box::new(new(fields, 0, zone))))
}

/// What a refused form is filled with again.
pub fn typed(fields: &Fields, error: &CaseworkError, zone: &TimeZone) -> Option<Typed> {
    let all = count(fields);
    if let CaseworkError::Promise(proposals) = error {
        // What was not meant stays not meant, whatever is asked about the others.
        let meant: Vec<usize> = (0..all).filter(|n| get(fields, "promise", *n) != "without").collect();
        let asked = |(at, proposal): (usize, &Proposal)| {
            let n = meant.get(at).copied().unwrap_or(at);
            let mut confirmed = proposal.confirmed();
            let typed = new(fields, n, zone);
            (confirmed.call, confirmed.told) = (typed.call, typed.told);
            (confirmed.to, confirmed.to_words) = (typed.to, typed.to_words);
            let of = Some(get(fields, "promise_of", n).to_owned()).filter(|of| !of.is_empty());
            One {
                of: of.unwrap_or_else(|| {
                    if fields.get("text").is_empty() { String::new() } else { confirmed.text.clone() }
                }),
                due: field(confirmed.due, zone),
                new: confirmed,
                choice: String::new(),
                why: get(fields, "promise_why", n).to_owned(),
                standing: proposal.standing.clone(),
            }
        };
        let without = (0..all).filter(|n| get(fields, "promise", *n) == "without");
        let without = without.map(|n| again(fields, n, zone));
        return Some(proposals.iter().enumerate().map(asked).chain(without).collect());
    }
    if all == 0 && fields.get("act") == "promise" {
        return Some(vec![plainly(fields, zone)]);
    }
    (all > 0).then(|| (0..all).map(|n| again(fields, n, zone)).collect())
}

/// One as the plain form holds it, which stands on the page before anything was found or shown.
fn plainly(fields: &Fields, zone: &TimeZone) -> One {
    let text = |field: &str| fields.get(field).trim().to_owned();
    let to = ToWhom::from_code(fields.get("promise_to"));
    let new = NewPromise {
        text: text("text"),
        due: local(fields.get("due"), zone).unwrap_or_default(),
        owed_by: Some(text("team")).filter(|team| !team.is_empty()).unwrap_or_else(|| text("owed_by")),
        act: Deed::from_code(fields.get("promise_act")).map_or("", Deed::code).to_owned(),
        call: Call { number: text("call_number"), whom: text("call_whom") },
        to,
        to_words: text("promise_to_words"),
        told: fields.get("promise_told") == "1",
        ..NewPromise::default()
    };
    One { new, due: fields.get("due").to_owned(), ..One::default() }
}

/// One as it was typed.
fn again(fields: &Fields, n: usize, zone: &TimeZone) -> One {
    let text = |field: &str| get(fields, field, n).to_owned();
    One {
        new: new(fields, n, zone),
        choice: text("promise"),
        why: text("promise_why"),
        standing: Vec::new(),
        due: text("promise_due"),
        of: text("promise_of"),
    }
}

/// The parts for the form of this act, one for each promise; none if there is nothing to say.
pub fn parts(said: &Said, act: &str, id: &'static str, t: &'static Texts) -> Vec<PromisePart> {
    let typed = said.typed(act).and_then(|typed| typed.promise.as_ref());
    let all = typed.into_iter().flatten().enumerate();
    all.map(|(n, typed)| part(typed, act != "promise", (id, n), t)).collect()
}

fn part(typed: &One, found: bool, (id, n): (&str, usize), t: &'static Texts) -> PromisePart {
    let p = t.promises();
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
    PromisePart {
        t,
        p,
        id: if n == 0 { id.to_owned() } else { format!("{id}-{n}") },
        n: suffix(n),
        found,
        of: if found { typed.of.clone() } else { String::new() },
        told: typed.new.told,
        text: typed.new.text.clone(),
        due: typed.due.clone(),
        owed,
        act: typed.new.act.clone(),
        to: to_choice(typed.new.to, t),
        to_words: typed.new.to_words.clone(),
        number: typed.new.call.number.clone(),
        whom: typed.new.call.whom.clone(),
        why: typed.why.clone(),
        choices: choices.iter().map(|(code, words)| (*code, *words, *code == chosen)).collect(),
        standing: typed.standing.iter().map(one).collect(),
    }
}

/// To whom a promise can be made: nothing said, and each of all.
pub fn to_choice(chosen: Option<ToWhom>, t: &Texts) -> Vec<(&'static str, String, bool)> {
    let one = |w: ToWhom| (w.code(), t.name("to", w.code()), chosen == Some(w));
    let none = ("", t.promises().to_unsaid.to_owned(), chosen.is_none());
    std::iter::once(none).chain(ToWhom::ALL.into_iter().map(one)).collect()
}

/// To whom a promise was made, in words; to somebody else by what is kept of them, for who may see it.
pub fn to_whom(row: &PromiseRow, found: &Loaded, open: bool, t: &Texts) -> String {
    let said = found.contents.get(&row.whom_id()).filter(|_| open);
    said.cloned().unwrap_or_else(|| t.name("to", &row.to_whom))
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
    let call = row.call(call, found.customer.about.as_ref().map(|a| &a.1));
    let tries: Vec<_> = found.tries.iter().filter(|t| t.wait == row.wait).collect();
    Some(Called {
        covered: !open && !call.number.is_empty(),
        number: Some(call.number).filter(|n| open && !n.is_empty()).map(|n| Shown::plain(&n)),
        whom: if open { call.whom } else { String::new() },
        next: tries.last().and_then(|t| t.next_at).map(Moment::of),
        tries: tries.len(),
    })
}
