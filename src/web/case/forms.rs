//! What a viewer may do with a case, as forms: only what state, claim and role allow is offered.
//!
//! Casework decides; a form that is not here is one that it would refuse.

use super::{Loaded, Typed, ending};
use crate::casework::{Preview, Typing};
use crate::domain::case::{self as states, CaseEvent};
use crate::domain::correction::{Field, yes_or_no};
use crate::domain::judgement::{Intent, Level};
use crate::domain::language::Language;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::time::{Span, Timestamp};
use crate::sources::reply::Measure;
use crate::store::person::PersonRow;
use crate::store::rows::{ActionRow, CaseRow, ObligationRow};
use crate::web::auth::Viewer;
use crate::web::texts::Texts;
use jiff::civil;
use jiff::tz::TimeZone;

/// How long a case can be put away, as the words in forms.
pub const SNOOZES: [&str; 4] = ["15m", "1h", "4h", "morning"];

/// One act as a form.
pub struct Form {
    pub act: &'static str,
    pub label: &'static str,
    /// The label of its reason, if it takes one.
    pub reason: Option<&'static str>,
    pub needed: bool,
    pub filled: String,
    /// It is shown again, with what was typed.
    pub again: bool,
    /// What people often write there.
    pub suggestions: Vec<&'static str>,
}

/// Everything that can be done besides answering.
#[derive(Default)]
pub struct Acts {
    pub forms: Vec<Form>,
    /// Snoozing: word and label of each button.
    pub snoozes: Vec<(&'static str, &'static str)>,
    pub wakes: bool,
    /// The words of a note that was not taken.
    pub note: String,
    /// Measures: word and label.
    pub measures: Vec<(&'static str, String)>,
    /// The mention that they are about.
    pub mention: String,
    /// The reason of a measure that was not taken.
    pub moderate_again: Option<String>,
    /// Colleagues to whom it can be handed, login and name; nobody where it cannot be.
    pub colleagues: Vec<(String, String)>,
    /// Handing it on was not taken: the login and the line.
    pub assign_again: Option<(String, String)>,
    /// What triage said, to be put right.
    pub corrections: Vec<Choice>,
    /// A correction was not taken.
    pub correct_again: bool,
    /// How it ends, beside the reason of resolving.
    pub ending: Vec<Choice>,
    /// How it ended, to be put right.
    pub put_right: Vec<Choice>,
}

/// One field of a judgement as a choice.
pub struct Choice {
    pub name: &'static str,
    pub label: String,
    /// Code, words, and whether it holds at present.
    pub options: Vec<(&'static str, String, bool)>,
}

/// What holds of a case at present, field by field, with what else it could be.
fn corrections(case: &CaseRow, clocks: &[ObligationRow], t: &'static Texts) -> Vec<Choice> {
    // Somebody said of the last message that it needs no answer, though earlier ones did.
    let response = |o: &&ObligationRow| o.kind.ends_with("_response");
    let last = clocks.iter().filter(response).max_by_key(|o| (o.wait, o.part));
    let silenced = last.is_some_and(|o| o.ended_by.as_deref() == Some("no_answer_needed"));
    let flag = |is: i64| {
        [false, true]
            .map(|yes| (yes_or_no(yes), if yes { t.yes } else { t.no }.to_owned(), yes == (is == 1)))
            .to_vec()
    };
    let options = |field| match field {
        Field::Level => {
            let now = Level::from_number(case.level);
            Level::ALL.into_iter().map(|l| (l.code(), l.code().to_owned(), l == now)).collect()
        }
        Field::Intent => {
            let of = |i: Intent| (i.code(), t.name("intent", i.code()), i.code() == case.intent);
            Intent::ALL.into_iter().map(of).collect()
        }
        Field::Language => {
            let others = [Language::Other, Language::Unknown];
            let of = |l: Language| (l.code(), l.code().to_owned(), l.code() == case.language);
            Language::TEN.into_iter().chain(others).map(of).collect()
        }
        Field::NeedsAnswer => flag(if silenced { 0 } else { case.needs_answer }),
        Field::NeedsPrivate => flag(case.needs_private),
    };
    let one = |f: Field| Choice { name: f.code(), label: t.name("field", f.code()), options: options(f) };
    Field::ALL.into_iter().map(one).collect()
}

/// The acts that the state and the claim allow this viewer.
#[expect(clippy::too_many_arguments, reason = "what a page knows; a struct would only rename it")]
pub fn acts(
    found: &Loaded,
    now: Timestamp,
    mine: bool,
    viewer: &Viewer,
    again: Option<&Typed>,
    preview: Option<&Preview>,
    has_tickets: bool,
    t: &'static Texts,
) -> Acts {
    let case = &found.case;
    let Ok(state) = case.case_state() else { return Acts::default() };
    let typed = |act: &str| again.filter(|a| a.act == act);
    let snoozed = case.snoozed_until.is_some_and(|u| u > now.millis());
    let lead = viewer.person.is_lead();
    // An account matter that no ticket knows of is not resolved without a word of why.
    let unregistered = has_tickets && case.needs_private == 1 && found.links.is_empty();
    let measures = preview.map(|p| offered(p.measures, &found.effects)).unwrap_or_default();
    let moderates = viewer.person.may(Right::Moderate);
    let may = |m: &Measure| moderates || matches!(m, Measure::Like | Measure::Unlike);
    let measures: Vec<Measure> = measures.into_iter().filter(may).collect();
    Acts {
        forms: forms(case, now, mine, viewer, again, unregistered, t),
        snoozes: if state.is_open() {
            vec![
                (SNOOZES[0], t.snooze_15m),
                (SNOOZES[1], t.snooze_1h),
                (SNOOZES[2], t.snooze_4h),
                (SNOOZES[3], t.snooze_morning),
            ]
        } else {
            Vec::new()
        },
        wakes: snoozed,
        note: typed("note").map(|a| a.text.clone()).or_else(|| found.typed(Typing::Note)).unwrap_or_default(),
        measures: measures.into_iter().map(|m| (m.code(), t.name("measure", m.code()))).collect(),
        colleagues: if states::assign(state, case.claim().as_ref(), &viewer.person.id, lead, now).is_ok() {
            found.colleagues.iter().filter(|(login, _)| *login != viewer.person.login).cloned().collect()
        } else {
            Vec::new()
        },
        assign_again: typed("assign").map(|a| (a.colleague.clone(), a.text.clone())),
        mention: preview.map(|p| p.mention_id.clone()).unwrap_or_default(),
        moderate_again: typed("moderate").map(|a| a.reason.clone()),
        corrections: corrections(case, &found.clocks, t),
        correct_again: typed("correct").is_some(),
        ending: ending::choices(found, typed("resolve"), t),
        put_right: ending::put_right(found, typed("ending"), t),
    }
}

/// Those who work on cases of this brand at present.
pub fn colleagues(people: &[PersonRow], brand_id: &str) -> Vec<(String, String)> {
    let may = |p: &PersonRow| Role::from_code(&p.role).is_some_and(|role| role.may(Right::Work));
    let sees = |p: &PersonRow| Walls::stored(p.brands.as_deref()).let_see(brand_id);
    let works = people.iter().filter(|p| p.disabled_at.is_none() && may(p) && sees(p));
    works.map(|p| (p.login.clone(), p.name.clone())).collect()
}

/// Until when a case is put away; `None` for a word that is none of ours. `wake` is now.
pub fn until(word: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    match word {
        "wake" => Some(now),
        "15m" => Some(now.plus(Span::minutes(15))),
        "1h" => Some(now.plus(Span::hours(1))),
        "4h" => Some(now.plus(Span::hours(4))),
        "morning" => {
            let today = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(zone.clone()).date();
            let morning = today.tomorrow().ok()?.to_datetime(civil::time(9, 0, 0, 0));
            Some(Timestamp(morning.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond()))
        }
        _ => None,
    }
}

/// The measure of an action, if it is one of moderation.
pub fn taken(action: &ActionRow) -> Option<Measure> {
    let payload: serde_json::Value = serde_json::from_str(&action.payload).ok()?;
    Measure::from_code(payload.get("measure")?.as_str()?)
}

/// The measures that make sense: what was taken can be taken back, and not the other way round.
fn offered(has: &[Measure], effects: &[ActionRow]) -> Vec<Measure> {
    // Latest first; what was refused or called off did not happen.
    let happened = |a: &&ActionRow| !matches!(a.state.as_str(), "refused" | "cancelled");
    let stands = |measure: Measure| {
        let back = measure.undone_by();
        let mut about = effects.iter().filter(happened).filter_map(taken);
        about.find(|m| *m == measure || Some(*m) == back) == Some(measure)
    };
    let fits = |m: &Measure| match Measure::ALL.into_iter().find(|first| first.undone_by() == Some(*m)) {
        Some(first) => stands(first),
        None => m.undone_by().is_none() || !stands(*m),
    };
    has.iter().copied().filter(|m| fits(m)).collect()
}

/// How such a case is usually solved.
pub fn usual_reason(intent: &str, t: &'static Texts) -> &'static str {
    match intent {
        "question" => t.solved_question,
        "request" => t.solved_request,
        "complaint" | "churn" | "safety_legal" => t.solved_complaint,
        "outage" => t.solved_outage,
        "compliment" | "praise" => t.solved_compliment,
        _ => t.solved_explained,
    }
}

/// What people often write when they resolve.
pub fn ways_to_solve(t: &'static Texts) -> Vec<&'static str> {
    vec![
        t.solved_question,
        t.solved_request,
        t.solved_complaint,
        t.solved_outage,
        t.solved_explained,
        t.solved_compliment,
        t.solved_front,
    ]
}

fn forms(
    case: &CaseRow,
    now: Timestamp,
    mine: bool,
    viewer: &Viewer,
    again: Option<&Typed>,
    unregistered: bool,
    t: &'static Texts,
) -> Vec<Form> {
    let Ok(state) = case.case_state() else { return Vec::new() };
    let (held, person) = (case.claim(), &viewer.person);
    let may = |event| states::next(state, held.is_some(), event).is_ok();
    let waits = |event, code: &str| may(event) && case.state != code;
    let can_claim = !mine && states::claim(state, held.as_ref(), &person.id, now).is_ok();
    let can_release = states::release(state, held.as_ref(), &person.id, person.is_lead()).is_ok();
    let wait = waits(CaseEvent::AwaitCustomer, "waiting_customer");
    let front = waits(CaseEvent::AwaitFrontOffice, "waiting_front_office");
    let solved = if unregistered { "" } else { usual_reason(&case.intent, t) };
    let how = if unregistered { t.ticket_wants_reason } else { t.reason_resolve };
    let all = [
        (can_claim, "claim", t.act_claim, None, ""),
        (wait, "wait", t.act_wait, None, ""),
        (front, "front", t.act_front, None, ""),
        (can_release, "release", t.act_release, None, ""),
        (!state.is_open() && may(CaseEvent::Reopen), "reopen", t.act_reopen, None, ""),
        (may(CaseEvent::Resolve), "resolve", t.act_resolve, Some(how), solved),
        (may(CaseEvent::Dismiss), "dismiss", t.act_dismiss, Some(t.reason_dismiss), ""),
    ];
    let form = |(_, act, label, reason, usual): (bool, &'static str, _, _, &str)| {
        let kept = again.filter(|a| a.act == act);
        Form {
            act,
            label,
            reason,
            needed: act == "dismiss" || (act == "resolve" && unregistered),
            filled: kept.map_or_else(|| usual.to_owned(), |a| a.reason.clone()),
            again: kept.is_some(),
            suggestions: match act {
                "resolve" => ways_to_solve(t),
                "dismiss" => vec![t.dismissed_other, t.dismissed_spam, t.dismissed_double],
                _ => Vec::new(),
            },
        }
    };
    all.into_iter().filter(|(fits, ..)| *fits).map(form).collect()
}

/// The incidents that a case may be added to.
pub fn joinable(found: &Loaded, works: bool) -> Vec<(String, i64)> {
    let free = works && found.case.open == 1 && found.incidents.iter().all(|i| i.2 == 0);
    if free { found.open_incidents.clone() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_morning_is_that_of_the_zone_also_when_the_clocks_change() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let morning = |now: &str| until("morning", at(now), &zone).unwrap();
        assert_eq!(morning("2026-03-28T12:00:00Z"), at("2026-03-29T07:00:00Z"), "summer time begins");
        assert_eq!(morning("2026-10-24T12:00:00Z"), at("2026-10-25T08:00:00Z"), "summer time ends");
        assert_eq!(morning("2026-07-01T22:30:00Z"), at("2026-07-03T07:00:00Z"), "it is past midnight there");
        assert_eq!(until("15m", Timestamp(0), &zone), Some(Timestamp(900_000)));
        assert_eq!(until("wake", Timestamp(5), &zone), Some(Timestamp(5)));
        assert_eq!(until("<b>", Timestamp(0), &zone), None);
    }

    #[test]
    fn what_was_taken_can_be_taken_back_and_not_taken_twice() {
        let action = |measure: &str, state: &str| {
            let mut row =
                ActionRow::ready("a".into(), "b", "moderate", "c", measure.to_owned(), Timestamp(0));
            row.payload = format!("{{\"measure\":\"{measure}\"}}");
            row.state = state.to_owned();
            row
        };
        use Measure::{Block, Like, Mute, Report, Unlike, Unmute};
        let has = [Like, Unlike, Mute, Unmute, Block, Report];
        assert_eq!(offered(&has, &[]), [Like, Mute, Block, Report]);
        assert_eq!(offered(&has, &[action("like", "done")]), [Unlike, Mute, Block, Report]);
        let both = [action("unlike", "done"), action("like", "done")];
        assert_eq!(offered(&has, &both), [Like, Mute, Block, Report]);
        assert_eq!(offered(&has, &[action("like", "refused")]), [Like, Mute, Block, Report]);
    }
}
