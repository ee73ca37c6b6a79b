//! Asking customers afterwards: each case that ended is looked at once, some time after its end, and whoever may be
//! asked gets one message by the private way of the account, through the outbox like everything that customers get.
//!
//! The connector is asked first whether it can write to them, outside of any transaction. What comes back is read by
//! intake.

mod opening;

use super::answering::{self, Answer, Handed};
use super::{Act, Actor, Asked, CaseChanged, Casework};
use crate::casefile::{LAPSED, When, Who};
use crate::catalogue::Watched;
use crate::domain::ids::{ActionId, PersonId};
use crate::domain::judgement::Level;
use crate::domain::ledger;
use crate::domain::survey::{Facts, Why, may_ask, words};
use crate::domain::template::{Filling, TemplateKind, Wanted, fill};
use crate::domain::time::{Span, Timestamp};
use crate::sources::Account;
use crate::sources::private::Reach;
use crate::sources::reply::{PostRef, Reply};
use crate::store::outbox::{KILL_SWITCH, switch};
use crate::store::rows::ActionRow;
use crate::store::survey::{self, EndedCase, SurveyRow};
use crate::store::{StoreError, Tx, answer, intake, peak, protocol};
use serde_json::json;
use std::collections::BTreeSet;

/// The word in the payload of an action that asks.
pub const HANDED: &str = "survey";
/// For so long after its time a case is still asked; what is older was missed.
const LATE: Span = Span::days(3);
/// Questions go after everything that a person waits for.
const PRIORITY: i64 = 45;
/// Most cases of a brand that are looked at in one round.
const BATCH: i64 = 100;
/// Most peaks that are looked at.
const PEAKS_MAX: i64 = 200;
/// How long a connector may take to say whether it can write to somebody.
const ASKED_FOR: Span = Span::seconds(10);

/// Which question is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// How likely they would recommend.
    Score,
    /// What could have been better, once a score came.
    Open,
}

impl Question {
    const fn template(self) -> TemplateKind {
        match self {
            Self::Score => TemplateKind::Survey,
            Self::Open => TemplateKind::SurveyOpen,
        }
    }

    /// The key under which it is asked once a case, whatever crashes.
    fn once(self, case_id: &str) -> String {
        match self {
            Self::Score => format!("survey:{case_id}"),
            Self::Open => format!("survey_open:{case_id}"),
        }
    }

    /// Notes that it is not asked.
    async fn pass(self, tx: &mut Tx, asked: &Asked, case: &EndedCase, why: Why) -> Result<bool, StoreError> {
        match self {
            Self::Score => survey::put(tx, &row(asked, case, why)).await,
            Self::Open => survey::put_open(tx, &asked.brand_id, &asked.case_id, asked.now, None).await,
        }
    }
}

/// A case, and whom to write to by which account.
struct Ready {
    case: EndedCase,
    mention_id: String,
    written_to: String,
    to: PostRef,
    account: Account,
}

/// What was found about a case.
enum Found {
    Pass(EndedCase, Why),
    /// Nothing is decided: it is looked at again.
    Wait,
    Ask(Box<Ready>),
}

impl Casework {
    /// Asks whom it is time to ask; returns how many cases were settled. While all sending is stopped nobody is asked.
    ///
    /// # Errors
    /// The store's; what went before stands.
    pub async fn surveys_due(&self) -> Result<usize, StoreError> {
        let catalogue = self.catalogue.get();
        let mut settled = 0;
        for watched in catalogue.brands.iter().filter(|w| w.brand.survey.enabled) {
            settled += self.survey(watched).await?;
            settled += self.open_questions(watched).await?;
        }
        if settled > 0 {
            self.outbox.notify_waiters();
        }
        Ok(settled)
    }

    async fn survey(&self, watched: &Watched) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let until = now.minus(Span::hours(watched.brand.survey.delay_hours));
        let mut from = (until.minus(LATE), String::new());
        let (mut settled, mut silent) = (0, BTreeSet::new());
        loop {
            let (brand_id, zone, after) = (watched.id.clone(), self.zone.clone(), from.clone());
            let cases = self.db.read("looking whom to ask", move |tx| {
                Box::pin(async move {
                    if switch(tx, KILL_SWITCH).await? || is_busy_day(tx, &brand_id, now, &zone).await? {
                        return Ok(Vec::new());
                    }
                    survey::ended(tx, &brand_id, ((after.0, after.1.as_str()), until), BATCH).await
                })
            });
            let cases = cases.await?;
            // What waits for its account is not in the way of the rest.
            let Some(last) = cases.last() else { return Ok(settled) };
            from = (Timestamp(last.state_since), last.id.clone());
            for case in cases {
                let one = self.survey_one(watched, case, Question::Score, &mut silent).await?;
                settled += usize::from(one);
            }
        }
    }

    /// Settles one case, if it can; an account that did not say whether it can write is not asked again in this round.
    async fn survey_one(
        &self,
        watched: &Watched,
        case: EndedCase,
        question: Question,
        silent: &mut BTreeSet<String>,
    ) -> Result<bool, StoreError> {
        let nobody = Actor { person: PersonId::stored(String::new()), lead: false };
        let asked = self.asked(&watched.id, &case.id, 0, &nobody, Act::Release);
        let looking = asked.clone();
        let found = self.db.read("looking at whom to ask", move |tx| {
            Box::pin(async move { look(tx, &looking, case, question).await })
        });
        let mut found = found.await?;
        if let Found::Ask(ready) = found {
            let account =
                ready.account.source.reply().map_or_else(String::new, |r| r.credential().to_owned());
            if silent.contains(&account) {
                return Ok(false);
            }
            found = match reach(&ready).await {
                Reach::Open => Found::Ask(ready),
                Reach::Unasked { .. } => {
                    silent.insert(account);
                    Found::Wait
                }
                Reach::TheyWrite { .. } | Reach::Nobody { .. } => Found::Pass(ready.case, Why::NoWay),
            };
        }
        let (case_id, brand_id) = (asked.case_id.clone(), asked.brand_id.clone());
        let done = match found {
            Found::Wait => return Ok(false),
            Found::Pass(case, why) => {
                self.db
                    .write("noting who is not asked", move |tx| {
                        let (asked, case) = (asked.clone(), case.clone());
                        Box::pin(async move { question.pass(tx, &asked, &case, why).await })
                    })
                    .await?
            }
            Found::Ask(ready) => {
                let plan = (ready.case, ready.mention_id, ready.written_to);
                let done = self.db.write_again("asking a customer", move |tx| {
                    let (asked, plan) = (asked.clone(), plan.clone());
                    Box::pin(async move { ask(tx, &asked, plan, question).await })
                });
                done.await?
            }
        };
        if done {
            let _ = self.changed.send(CaseChanged { brand_id, case_id });
        }
        Ok(done)
    }
}

/// Whether the local day touches a planned peak or a crisis of a brand.
pub(super) async fn is_busy_day(
    tx: &mut Tx,
    brand_id: &str,
    now: Timestamp,
    zone: &jiff::tz::TimeZone,
) -> Result<bool, StoreError> {
    let day = jiff::Timestamp::from_millisecond(now.millis()).ok().map(|at| at.to_zoned(zone.clone()).date());
    let begin = |day: jiff::civil::Date| {
        day.to_zoned(zone.clone()).ok().map(|z| Timestamp(z.timestamp().as_millisecond()))
    };
    let from = day.and_then(begin).unwrap_or(now);
    let to = day.and_then(|d| d.tomorrow().ok()).and_then(begin).unwrap_or(now);
    let peaks = peak::running(tx, PEAKS_MAX).await?;
    Ok(peaks
        .iter()
        .any(|p| p.brand_id == brand_id && p.starts_at < to.millis() && p.until_at > from.millis()))
}

/// Whether any of two accounts of a person objects to being watched.
pub(super) async fn objects(tx: &mut Tx, accounts: &[(String, String, String)]) -> Result<bool, StoreError> {
    let Some(key) = intake::gone_key(tx).await? else { return Ok(false) };
    let standing = intake::objections(tx).await?;
    let stands = |a: &(String, String, String)| standing.contains(&ledger::account(&key, &a.0, &a.1, &a.2));
    Ok(accounts.iter().any(stands))
}

/// Looks at one case: pure facts first, then whether there is an account and words.
async fn look(tx: &mut Tx, asked: &Asked, case: EndedCase, question: Question) -> Result<Found, StoreError> {
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(Found::Wait) };
    let target = match case.mention_id.as_deref() {
        Some(id) => answer::target(tx, &asked.brand_id, &asked.case_id, Some(id)).await?,
        None => None,
    };
    let written_to = target.as_ref().map_or_else(|| case.author_id.clone(), |t| t.author_id.clone());
    let both = (case.author_id.as_str(), written_to.as_str());
    let accounts = survey::accounts(tx, both).await?;
    let left = matches!(case.ended_why.as_deref(), Some("no_reply" | LAPSED));
    let facts = Facts {
        answered: case.first_answer_at.is_some(),
        left,
        private: target.is_some(),
        // Who gave a score was just asked: the second question belongs to the first.
        asked: match question {
            Question::Score => survey::last_asked(tx, &asked.brand_id, both).await?,
            Question::Open => None,
        },
        busy: false,
        unwanted: case.erased_at.is_some()
            || protocol::was_begun(tx, &asked.brand_id, &asked.case_id).await?
            || objects(tx, &accounts).await?,
    };
    if let Err(why) = may_ask(&facts, &watched.brand.survey, asked.now) {
        return Ok(Found::Pass(case, why));
    }
    let Some(target) = target else { return Ok(Found::Pass(case, Why::NotPrivate)) };
    let seen_by = answer::seen_by(tx, &target.mention_id).await?;
    let account = asked.answers.accounts.for_post(&target.platform, &watched.brand.name, &seen_by);
    let Some(account) = account.filter(|a| a.source.private().is_some()) else {
        return Ok(Found::Pass(case, Why::NoWay));
    };
    let to = answering::post_ref(tx, &target, &account).await?;
    let mention_id = target.mention_id.clone();
    Ok(Found::Ask(Box::new(Ready { case, mention_id, written_to, to, account })))
}

async fn reach(ready: &Ready) -> Reach {
    let Some(way) = ready.account.source.private() else {
        return Reach::Nobody { why: "the account has no private channel".to_owned() };
    };
    let late = Reach::Unasked { why: "the platform did not answer in time".to_owned() };
    tokio::time::timeout(ASKED_FOR.to_std(), way.reachable(&ready.to)).await.unwrap_or(late)
}

fn row(asked: &Asked, case: &EndedCase, why: Why) -> SurveyRow {
    SurveyRow {
        case_id: asked.case_id.clone(),
        brand_id: asked.brand_id.clone(),
        author_id: case.author_id.clone(),
        written_to: case.author_id.clone(),
        state: "passed_over".to_owned(),
        why: why.code().to_owned(),
        asked_at: asked.now.millis(),
        until_at: 0,
        action_id: None,
    }
}

/// Writes a question and its action; tells whether the case is settled by that.
async fn ask(
    tx: &mut Tx,
    asked: &Asked,
    (seen, mention_id, written_to): (EndedCase, String, String),
    question: Question,
) -> Result<bool, StoreError> {
    let Some(mut file) = super::private::open(tx, asked).await? else { return Ok(false) };
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else { return Ok(false) };
    if file.case.version != seen.version || file.case.open == 1 {
        return Ok(false);
    }
    // Who objected while the connector was asked is not written to, nor who stood in a protocol.
    let accounts = survey::accounts(tx, (&seen.author_id, &written_to)).await?;
    if protocol::was_begun(tx, &asked.brand_id, &asked.case_id).await? || objects(tx, &accounts).await? {
        return question.pass(tx, asked, &seen, Why::Unwanted).await;
    }
    let language = file.case.language.clone();
    let wanted = Wanted {
        kind: question.template(),
        language: &language,
        level: Level::from_number(file.case.level),
        platform: &file.case.platform,
    };
    let Some(text) = words::choose(&watched.brand.templates, &wanted) else {
        return question.pass(tx, asked, &seen, Why::NoWords).await;
    };
    let target = answer::target(tx, &asked.brand_id, &asked.case_id, Some(&mention_id)).await?;
    let profile: serde_json::Value = target
        .and_then(|t| serde_json::from_str(t.profile.as_deref().unwrap_or_default()).ok())
        .unwrap_or_default();
    let name = profile["name"].as_str().unwrap_or_default();
    let text = fill(text, &Filling { name, brand: &watched.brand.name, ..Filling::default() });
    let wanted =
        Answer { text, to: Some(mention_id), handed: Handed::Private, automatic: true, ..Answer::default() };
    let prepared = match answering::prepare(tx, asked, &wanted).await? {
        Ok(prepared) if prepared.private && prepared.composed.refused.is_none() => prepared,
        _ => return question.pass(tx, asked, &seen, Why::NoWay).await,
    };
    let Some(reply) = prepared.account.source.reply() else { return Ok(false) };
    let id = asked.mint.id(asked.now, ActionId::new).to_string();
    let until = asked.now.plus(Span::days(watched.brand.survey.answer_days));
    let standing = SurveyRow {
        written_to,
        state: "asked".to_owned(),
        why: String::new(),
        until_at: until.millis(),
        action_id: Some(id.clone()),
        ..row(asked, &seen, Why::NoWay)
    };
    let first = match question {
        Question::Score => survey::put(tx, &standing).await?,
        Question::Open => survey::put_open(tx, &asked.brand_id, &asked.case_id, asked.now, Some(&id)).await?,
    };
    if !first {
        return Ok(false);
    }
    let action = action_of(asked, (&prepared, reply), id, question, &language);
    let (subject, content) = (&prepared.target.author_id, format!("{}/text", action.id));
    answer::put_content(tx, &content, subject, "reply", &prepared.composed.text).await?;
    file.note("survey_asked", &Who::Rule("survey"), When::now(asked.now), &json!({ "action": action.id }));
    super::save(tx, &file, &[action], asked.now).await?;
    Ok(true)
}

/// The action that asks.
fn action_of(
    asked: &Asked,
    (prepared, reply): (&answering::Prepared, &dyn Reply),
    id: String,
    question: Question,
    language: &str,
) -> ActionRow {
    let once = question.once(&asked.case_id);
    let key = reply.new_key(asked.now, super::private::chance(asked));
    let mut action = ActionRow::ready(id, &asked.brand_id, "reply", reply.credential(), once, asked.now);
    action.priority = PRIORITY;
    action.case_id = Some(asked.case_id.clone());
    action.mention_id = Some(prepared.target.mention_id.clone());
    action.expected_id = prepared.account.source.private().and_then(|way| way.expected_id(&key));
    action.answers_id = Some(prepared.target.external_id.clone());
    let mut payload = json!({
        "key": key, "visibility": prepared.composed.visibility, "language": answering::tag(language), "handed": HANDED,
    });
    if question == Question::Open {
        payload["question"] = json!("open");
    }
    action.payload = payload.to_string();
    action
}
