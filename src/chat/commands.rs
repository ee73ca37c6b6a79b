//! Commands: what is open, mine or late, why a case is urgent, the figures of today; the others go where they belong.
//!
//! Answers name cases, levels, reasons and colleagues, never the customer and never the customer's
//! words. A chat is told of its brands only. In groups what is not a command of ours is ignored, unless it names us.

use super::card::{Look, claimant, protocol_line};
use super::handle::Handler;
use super::speaking::Asking;
use super::summary;
use super::text::{Line, Rich};
use super::texts::Lang;
use crate::casework::protocols::standing;
use crate::domain::clocks::ObligationKind;
use crate::domain::correction::Field;
use crate::domain::judgement::{Level, Reason};
use crate::domain::label::Label;
use crate::domain::protocol::{ProtocolKind, ProtocolState};
use crate::domain::time::{Span, Timestamp};
use crate::reports;
use crate::store::chat::Facts;
use crate::store::correction::{self, Said};
use crate::store::explain::{self, Judged};
use crate::store::rows::{CaseRow, ObligationRow};
use crate::store::{StoreError, Tx, case, chat, digest, label, protocol};

/// Every command, in the order of the help.
const COMMANDS: &[&str] = &[
    "/open",
    "/mine",
    "/late",
    "/why",
    "/today",
    "/status",
    "/claim",
    "/assign",
    "/handover",
    "/snooze",
    "/tickets",
    "/link",
    "/promise",
    "/kept",
    "/resolve",
    "/goodwill",
    "/complaint",
    "/contact",
    "/sector",
    "/finding",
    "/thanks",
    "/yesterday",
    "/private",
    "/calls",
    "/approvals",
    "/duty",
    "/briefing",
    "/on",
    "/off",
    "/language",
    "/zone",
    "/quiet",
    "/limits",
    "/stop_sending",
    "/resume_sending",
    "/help",
];
/// The command of the register of complaints, which brands may do without.
const REGISTER: &str = "/complaint";
/// How far ahead `/late` looks.
const SOON: Span = Span::minutes(10);
/// How many cases a list names at most.
const LISTED: i64 = summary::LISTED_MAX as i64;
/// How many reasons `/why` names.
const REASONS_MAX: usize = 12;

/// A case with what `/why` tells of it.
struct Explained {
    case: CaseRow,
    facts: Facts,
    clocks: Vec<ObligationRow>,
    judged: Option<Judged>,
    said: Vec<Said>,
    /// Its open protocols, and what was said of its author: in words.
    beside: Vec<Beside>,
}

impl Handler {
    /// Answers a command; what is none of ours is answered in private, and where it names us.
    pub(super) async fn command(&self, mut a: Asking, text: &str) -> Result<(), StoreError> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let (word, bot) = word.split_once('@').map_or((word, None), |(word, bot)| (word, Some(bot)));
        if let Some(bot) = bot {
            if !self.deliver.telegram.is_named(bot).await {
                return Ok(());
            }
            a.named = true;
        }
        if let Some(rich) = self.answered(&a, word, rest.trim()).await? {
            let look = if word == "/language" { self.deliver.look_at(a.place).await } else { a.here.clone() };
            self.say(a.place, &look, rich, None).await;
        }
        Ok(())
    }

    /// What a command is answered with; nothing for what is not ours.
    async fn answered(&self, a: &Asking, word: &str, rest: &str) -> Result<Option<Rich>, StoreError> {
        let now = self.deliver.clock.now();
        let (db, look, t) = (&self.deliver.db, &a.here, a.here.lang);
        let brands = self.brands_for(a);
        let rich = match word {
            "/open" => {
                let found = db.read("reading open cases", move |tx| {
                    Box::pin(async move { digest::open_cases(tx, &brands, LISTED).await })
                });
                let (count, cases) = found.await?;
                summary::cases(db, look, t.open_head(count), count, &cases, now).await?
            }
            "/mine" => self.mine(a, brands, now).await?,
            "/late" => self.late(look, brands, now).await?,
            "/why" => self.why(look, rest, &brands, now).await?,
            // Figures of no brand would be figures of all.
            "/today" if brands.is_empty() => summary::no_brand(t),
            "/today" => {
                let Some(ask) = self.morning.today(now, brands) else { return Ok(None) };
                summary::today(t, &reports::report(db, &ask, now).await?)
            }
            "/status" => self.status(a).await?,
            "/claim" | "/assign" | "/handover" | "/snooze" | "/link" | "/promise" | "/kept" | "/private"
            | "/resolve" | "/goodwill" | "/complaint" | "/tickets" | "/contact" | "/sector" | "/finding" => {
                return self.work(a, word, rest, &brands).await;
            }
            "/thanks" if rest.is_empty() => self.thanks(a, brands).await?,
            "/thanks" => return self.work(a, word, rest, &brands).await,
            "/yesterday" => self.yesterday(a).await?,
            "/calls" => self.calls(a, brands).await?,
            "/approvals" => self.approvals(a, brands).await?,
            "/on" | "/off" => self.on_or_off(a, word, rest, brands).await?,
            "/duty" => self.who_is_on(look).await?,
            "/briefing" => self.briefing(a, brands).await?,
            "/language" | "/zone" | "/quiet" | "/limits" => self.about_me(a, word, rest).await?,
            "/stop_sending" | "/resume_sending" => self.stop_or_go(a, word, rest).await?,
            "/help" | "/start" => {
                let stands = |line: &&str| self.keeps_register() || !line.starts_with(REGISTER);
                Rich { lines: t.help().lines().filter(stands).map(Line::plain).collect() }
            }
            _ if a.place.is_group() && !a.named => return Ok(None),
            _ => {
                let known = COMMANDS.iter().filter(|c| **c != REGISTER || self.keeps_register());
                let all: Vec<&str> = known.copied().collect();
                Rich { lines: vec![Line::plain(t.unknown_command(all.join(", ")))] }
            }
        };
        Ok(Some(rich))
    }

    async fn mine(&self, a: &Asking, brands: Vec<String>, now: Timestamp) -> Result<Rich, StoreError> {
        let Some(person) = a.person.clone() else {
            return Ok(Rich { lines: vec![Line::plain(a.mine.lang.do_not_know_you())] });
        };
        let (db, name) = (&self.deliver.db, person.name.clone());
        let found = db.read("reading claimed cases", move |tx| {
            Box::pin(async move {
                let offered = super::shift::offered(tx, &brands, &person.id, now).await?;
                Ok((offered, digest::claimed_cases(tx, &brands, &person.id, now, LISTED).await?))
            })
        });
        let (offered, (count, cases)) = found.await?;
        let t = a.here.lang;
        let mine = summary::cases(db, &a.here, t.mine_head(count, name), count, &cases, now).await?;
        if offered.is_empty() {
            return Ok(mine);
        }
        // What somebody offered them comes first.
        let n = i64::try_from(offered.len()).unwrap_or(0);
        let mut rich = summary::cases(db, &a.here, t.offered_head(n), n, &offered, now).await?;
        rich.lines.extend(mine.lines);
        Ok(rich)
    }

    async fn late(&self, look: &Look, brands: Vec<String>, now: Timestamp) -> Result<Rich, StoreError> {
        let (db, t) = (&self.deliver.db, look.lang);
        let found = db.read("reading late cases", move |tx| {
            Box::pin(async move { digest::late_cases(tx, &brands, now, now.plus(SOON), LISTED).await })
        });
        let (late, soon, cases) = found.await?;
        summary::cases(db, look, t.late_head(late, soon, t.span(SOON)), late + soon, &cases, now).await
    }

    async fn why(
        &self,
        look: &Look,
        asked: &str,
        brands: &[String],
        now: Timestamp,
    ) -> Result<Rich, StoreError> {
        let t = look.lang;
        let one = |text: String| Ok(Rich { lines: vec![Line::plain(text)] });
        let Some((name, number)) = case_asked(asked) else { return one(t.tell_which_why().to_owned()) };
        let catalogue = self.casework.catalogue().get();
        let of_name = |id: &&String| {
            name.is_none_or(|n| catalogue.brand(id).is_some_and(|w| w.brand.name.eq_ignore_ascii_case(n)))
        };
        let wanted: Vec<String> = brands.iter().filter(of_name).cloned().collect();
        let mut found = self.explained(wanted, number, now).await?;
        let Some(first) = found.pop() else { return one(t.no_such_case(number)) };
        if !found.is_empty() {
            return one(t.several_brands(number, "/why", super::text::cut(&first.facts.brand, 40)));
        }
        Ok(explain(look, &first, now))
    }

    async fn explained(
        &self,
        brands: Vec<String>,
        number: i64,
        now: Timestamp,
    ) -> Result<Vec<Explained>, StoreError> {
        let read = self.deliver.db.read("reading why a case is urgent", move |tx| {
            Box::pin(async move {
                let mut found = Vec::new();
                for brand in &brands {
                    let Some(id) = case::by_number(tx, brand, number).await? else { continue };
                    let Some(row) = case::look(tx, brand, &id).await? else { continue };
                    let Some(facts) = chat::facts(tx, std::slice::from_ref(&id)).await?.pop() else {
                        continue;
                    };
                    let clocks = case::clocks(tx, &id).await?;
                    let judged = explain::judged(tx, brand, &id).await?;
                    let said = correction::said(tx, brand, &id).await?;
                    let beside = beside(tx, &row, now).await?;
                    found.push(Explained { case: row, facts, clocks, judged, said, beside });
                }
                Ok(found)
            })
        });
        read.await
    }
}

/// Why a case is as urgent as it is, in words.
fn explain(look: &Look, e: &Explained, now: Timestamp) -> Rich {
    let (t, f, mut rich) = (look.lang, &e.facts, Rich::default());
    let level = Level::from_number(e.case.level);
    rich.line(Line::default().bold(format!("#{} · {level} · {}", e.case.number, f.brand)).cut(300));
    // Where people put triage right, what holds is what they said.
    let judged = e.judged.as_ref().filter(|_| e.said.is_empty());
    let intent = t.name("intent", judged.map_or(e.case.intent.as_str(), |j| j.intent.as_str()));
    rich.line(Line::plain(t.intent_line(&f.platform, &f.language, intent, e.case.urgency)));
    rich.line(Line::plain(reasons(t, e.judged.as_ref(), &e.case)).cut(600));
    for line in corrections(t, &e.said) {
        rich.line(Line::plain(line).cut(300));
    }
    for beside in &e.beside {
        let line = match beside {
            Beside::Protocol(kind, state) => protocol_line(t, *kind, *state),
            Beside::Label(code, points) => t.author_is(t.name("label", code), format!("{points:+}")),
        };
        rich.line(Line::plain(line).cut(300));
    }
    let private = if e.case.needs_private == 1 { t.wants_private() } else { t.wants_no_private() };
    rich.line(Line::plain(private));
    let state = t.name("state", &e.case.state);
    let who = match (claimant(f, now), e.case.open) {
        (Some(name), _) => t.state_claimed(state, name),
        (None, 0) => state,
        (None, _) => t.state_nobody(state),
    };
    rich.line(Line::plain(who).cut(200));
    if let Some(away) = look.put_away(f, now) {
        rich.line(Line::plain(away));
    }
    let running: Vec<&ObligationRow> = e.clocks.iter().filter(|o| o.ended_at.is_none()).collect();
    for clock in &running {
        rich.line(Line::plain(left(t, clock, now, &look.time_from(Timestamp(clock.due_at), now))));
    }
    if running.is_empty() {
        rich.line(Line::plain(t.no_clock()));
    }
    let url = look.case_url(f);
    rich.line(Line::default().link(url.clone(), url));
    rich
}

/// What stands beside a case.
enum Beside {
    /// An open protocol.
    Protocol(ProtocolKind, ProtocolState),
    /// A label on its author, with what it moves.
    Label(String, i64),
}

/// The open protocols of a case, and the labels on its author with what each moves.
async fn beside(tx: &mut Tx, case: &CaseRow, now: Timestamp) -> Result<Vec<Beside>, StoreError> {
    let mut all = Vec::new();
    for row in protocol::of_case(tx, &case.brand_id, &case.id).await? {
        if let Some((kind, state)) = standing(&row).filter(|(_, state)| state.is_open()) {
            all.push(Beside::Protocol(kind, state));
        }
    }
    for row in label::of_author(tx, &case.brand_id, &case.author_id, now).await? {
        let points = Label::from_code(&row.label).map_or(0, Label::points);
        all.push(Beside::Label(row.label, points));
    }
    Ok(all)
}

/// Brand, if one is named, and number: `12`, `#12`, `Acme 12`, `Acme & Co #12`.
fn case_asked(text: &str) -> Option<(Option<&str>, i64)> {
    let at = text.rfind(|c: char| c.is_whitespace() || c == '#');
    let (brand, number) = match at {
        Some(at) => (text[..at].trim_end_matches('#').trim(), text[at..].trim_start_matches('#').trim()),
        None => ("", text),
    };
    let number = number.parse().ok().filter(|n| *n > 0)?;
    Some(((!brand.is_empty()).then_some(brand), number))
}

/// The reasons with their weights, those of the words and what the course of the case added; names only.
fn reasons(t: Lang, judged: Option<&Judged>, case: &CaseRow) -> String {
    let mut found: Vec<Reason> =
        judged.and_then(|j| serde_json::from_str(&j.reasons).ok()).unwrap_or_default();
    found.truncate(REASONS_MAX);
    found.extend(case.course_reasons());
    if found.is_empty() {
        return t.no_reasons().to_owned();
    }
    let words: Vec<String> =
        found.iter().map(|r| format!("{} {:+}", t.name("reason", &r.what), r.weight)).collect();
    t.because(words.join(", "))
}

/// What people put right, each field once: from what triage said to what holds now, and by whom.
fn corrections(t: Lang, said: &[Said]) -> Vec<String> {
    let word = |field: Field, code: &str| match (field, code) {
        (Field::NeedsAnswer | Field::NeedsPrivate, "1") => t.yes().to_owned(),
        (Field::NeedsAnswer | Field::NeedsPrivate, _) => t.no().to_owned(),
        (Field::Intent, code) => t.name("intent", code),
        _ => code.to_owned(),
    };
    let line = |field: Field| {
        let first = said.iter().find(|s| s.field == field.code())?;
        let last = said.iter().rfind(|s| s.field == field.code())?;
        let (was, became) = (word(field, &first.was), word(field, &last.became));
        let name = last.name.as_deref().unwrap_or_else(|| t.somebody());
        Some(t.corrected(name, t.name("field", field.code()), was, became))
    };
    Field::ALL.into_iter().filter_map(line).collect()
}

/// A clock and what is left of it.
fn left(t: Lang, o: &ObligationRow, now: Timestamp, due_at: &str) -> String {
    let kind = ObligationKind::from_code(&o.kind).unwrap_or(ObligationKind::Promise);
    let what = t.name("clock", kind.code());
    let due = Timestamp(o.due_at);
    match (o.held_since, due >= now) {
        (Some(_), _) => t.clock_still(what),
        (None, true) => t.clock_left(what, t.span(due.since(now)), due_at),
        (None, false) => t.clock_late(what, t.span(now.since(due))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_in_the_help_of_each_language() {
        for lang in Lang::ALL {
            for command in COMMANDS {
                let stands = lang
                    .help()
                    .split(|c: char| c.is_whitespace() || matches!(c, ':' | ';' | ','))
                    .any(|word| word == *command);
                assert!(stands, "{command} in {lang:?}");
            }
        }
    }

    #[test]
    fn a_case_is_asked_for_by_number_and_brand() {
        for (text, wanted) in [
            ("12", Some((None, 12))),
            ("#12", Some((None, 12))),
            ("Acme 12", Some((Some("Acme"), 12))),
            ("Acme & Co #12", Some((Some("Acme & Co"), 12))),
            ("Acme#12", Some((Some("Acme"), 12))),
            ("", None),
            ("Acme", None),
            ("-3", None),
            ("é é", None),
        ] {
            assert_eq!(case_asked(text), wanted, "{text}");
        }
    }
}
