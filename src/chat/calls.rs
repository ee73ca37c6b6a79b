//! Promised calls: each as a message of its own with the steps as buttons, in the private chat of who has the case.
//!
//! The number stands there and nowhere else, for as long as they have the case and the call is to be made; the
//! message follows the case, so that it goes with either. A group is told numbers of cases and times only.

use super::card::{Look, Message, claimant};
use super::deliver::{ALERT, CREDENTIAL, TelegramDeliver, refused};
use super::handle::{Handler, actor, done_already, may, sees};
use super::kept::Kept;
use super::place::Place;
use super::press::Pressed;
use super::speaking::Asking;
use super::text::{Line, Rich};
use super::token::Try;
use crate::casework::{Act, CaseworkError};
use crate::domain::delivery::Outcome;
use crate::domain::role::Right;
use crate::domain::time::{Span, Timestamp};
use crate::store::chat::Facts;
use crate::store::chat_person::{self, CallRow};
use crate::store::promise::{self, Call};
use crate::store::rows::{ActionRow, CaseEventRow};
use crate::store::{StoreError, Tx, about, answer, case, chat, console};
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The kind of such a message, and of its action.
pub(super) const CALL: &str = "call";
/// How many calls are shown when somebody asks for them.
const SHOWN_MAX: i64 = 8;
/// When a morning begins.
const MORNING: Time = Time::constant(9, 0, 0, 0);

/// What the card's row keeps, and what its action says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CallBody {
    /// The brand.
    pub brand: String,
    /// The case.
    pub case: String,
    /// The wait of the promise.
    pub wait: i64,
    /// When it was last sent or edited.
    #[serde(default)]
    pub edited_at: i64,
}

/// A promised call with all that its message says.
#[derive(Clone, Debug)]
pub(super) struct ToCall {
    body: CallBody,
    facts: Facts,
    /// The call, while it is to be made.
    row: Option<CallRow>,
    call: Call,
}

impl ToCall {
    /// Reads one as it is now; nothing if its case is gone.
    pub(super) async fn read(tx: &mut Tx, body: CallBody) -> Result<Option<Self>, StoreError> {
        let Some(facts) = chat::facts(tx, std::slice::from_ref(&body.case)).await?.pop() else {
            return Ok(None);
        };
        let open = chat_person::calls_in(tx, &body.brand, &body.case).await?;
        let row = open.into_iter().find(|c| c.wait == body.wait);
        let rows = promise::of_case(tx, &body.brand, &body.case).await?;
        let call = match rows.iter().find(|p| p.wait == body.wait) {
            Some(p) => {
                let said = answer::contents(tx, &[p.call_id()]).await?.pop();
                let said = said.map(|(_, body)| Call::of(&body)).unwrap_or_default();
                p.call(said, about::words(tx, &body.brand, &body.case).await?.as_ref())
            }
            None => Call::default(),
        };
        Ok(Some(Self { body, facts, row, call }))
    }

    /// When the message was last sent or edited, as far as its row knows.
    pub(super) const fn edited_at(&self) -> i64 {
        self.body.edited_at
    }

    /// Whether it is still to be made.
    fn is_open(&self) -> bool {
        self.row.is_some() && self.facts.open != 0
    }

    /// The message; the number only for who has the case, in private.
    pub(super) fn message(&self, look: &Look, now: Timestamp) -> Message {
        let (t, f, mut text) = (look.lang, &self.facts, Rich::default());
        let button = look.button_url(f);
        let seen = look.seen(&f.id, f.version);
        let Some(row) = self.row.as_ref().filter(|_| self.is_open()) else {
            text.line(Line::plain(t.call_over(f.number)));
            return Message { text, keyboard: seen.link(button) };
        };
        text.line(Line::default().bold(t.call_head(f.number, &f.brand)).cut(300));
        text.line(Line::plain(times(look, row, now)));
        let has = claimant(f, now).is_some() && f.claimed_by.is_some() && f.claimed_by == look.reader;
        if has {
            if !self.call.whom.is_empty() {
                text.line(Line::plain(t.call_whom(&self.call.whom)).cut(200));
            }
            let number = match self.call.number.as_str() {
                "" => t.call_no_number().to_owned(),
                number => t.call_number(number),
            };
            text.line(Line::plain(number).cut(200));
        } else {
            text.line(Line::plain(t.call_not_yours()));
        }
        if button.is_none() {
            let url = look.case_url(f);
            text.line(Line::default().link(url.clone(), url));
        }
        let keyboard = if has { Some(seen.call(button)) } else { seen.link(button) };
        Message { text, keyboard }
    }
}

/// When a call is due, how often it was tried, and when again.
fn times(look: &Look, row: &CallRow, now: Timestamp) -> String {
    let (t, due) = (look.lang, Timestamp(row.due_at));
    let mut parts = vec![if due >= now {
        t.call_due(t.span(due.since(now)), look.time_from(due, now))
    } else {
        t.call_late(t.span(now.since(due)))
    }];
    match row.tries {
        0 => {}
        1 => parts.push(t.call_tried_once().to_owned()),
        n => parts.push(t.call_tries(n)),
    }
    if let Some(next) = row.next_at {
        parts.push(t.call_next(look.time_from(Timestamp(next), now)));
    }
    parts.join(" · ")
}

/// The wait that an event of a promise is about.
fn wait_of(event: &CaseEventRow) -> Option<i64> {
    let body: serde_json::Value = serde_json::from_str(&event.body).ok()?;
    body["wait"].as_i64()
}

/// Tomorrow morning on the wall of a zone.
fn tomorrow(look: &Look, now: Timestamp) -> Option<Timestamp> {
    let here = jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned(look.zone.clone());
    let at = here.date().tomorrow().ok()?.to_datetime(MORNING).to_zoned(look.zone.clone()).ok()?;
    Some(Timestamp(at.timestamp().as_millisecond()))
}

impl TelegramDeliver {
    /// Shows one promised call.
    pub(super) async fn send_call(
        &self,
        place: Place,
        look: &Look,
        action: &ActionRow,
    ) -> Result<Outcome, StoreError> {
        let Ok(mut body) = serde_json::from_str::<CallBody>(&action.payload) else {
            return Ok(refused("the payload names no call"));
        };
        if place.is_group() {
            return Ok(refused("calls are shown in private only"));
        }
        let now = self.clock.now();
        body.edited_at = now.millis();
        let read = self
            .db
            .read("reading a promised call", move |tx| Box::pin(async move { ToCall::read(tx, body).await }));
        let Some(call) = read.await? else { return Ok(refused("the case is gone")) };
        let turn = self.telegram.turn(place.chat);
        let _turn = turn.lock().await;
        let message = call.message(look, now);
        let kept = Kept {
            kind: CALL,
            body: serde_json::to_string(&call.body).unwrap_or_default(),
            case: call.facts.id.clone(),
            made_at: now,
            stale_at: None,
        };
        Ok(self.send_kept(place, &message, Some(kept)).await)
    }
}

impl Handler {
    /// `/calls`: the calls of who asks that are to be made.
    pub(super) async fn calls(&self, a: &Asking, brands: Vec<String>) -> Result<Rich, StoreError> {
        let one = |text: &str| Ok(Rich { lines: vec![Line::plain(text)] });
        let Some(me) = a.person.as_ref().filter(|p| may(p, Right::Work)) else {
            self.note_refused(a.person.as_ref(), Right::Work, "/calls").await?;
            return one(a.mine.lang.do_not_know_you());
        };
        let (t, now, id) = (a.here.lang, self.deliver.clock.now(), me.id.clone());
        let read = self.deliver.db.read("reading promised calls", move |tx| {
            Box::pin(async move {
                let calls = chat_person::calls_of(tx, &brands, &id, now, SHOWN_MAX).await?;
                let cases: Vec<String> = calls.iter().map(|c| c.case_id.clone()).collect();
                Ok((chat::facts(tx, &cases).await?, calls))
            })
        });
        let (facts, calls) = read.await?;
        if calls.is_empty() {
            return one(t.calls_none());
        }
        let mut rich = Rich::default();
        rich.line(Line::default().bold(t.calls_head(calls.len())));
        for call in &calls {
            let Some(f) = facts.iter().find(|f| f.id == call.case_id) else { continue };
            let line = Line::default().link(format!("#{}", f.number), a.here.case_url(f));
            rich.line(line.text(format!(" {} · {}", f.brand, times(&a.here, call, now))).cut(200));
        }
        if a.place.is_group() {
            rich.line(Line::plain(t.calls_in_private()));
        } else {
            self.show_calls(a.place, &calls).await?;
        }
        Ok(rich)
    }

    /// Has some calls shown in a private chat.
    async fn show_calls(&self, place: Place, calls: &[CallRow]) -> Result<(), StoreError> {
        let now = self.deliver.clock.now().millis();
        for c in calls {
            let body = json!({
                "chat": place.to_string(), "brand": c.brand_id, "case": c.case_id, "wait": c.wait, "asked": true,
            });
            let once = format!("{CALL}:{place}:{}:{}:{now}", c.case_id, c.wait);
            self.send_soon(CALL, (&c.brand_id, &c.case_id), vec![(once, body)]).await?;
        }
        Ok(())
    }

    /// A press about a promised call.
    pub(super) async fn call(&self, p: &Pressed, step: Try) -> Result<String, StoreError> {
        let t = p.mine.lang;
        let key = (p.place.chat.to_string(), p.message.to_string(), p.token.id.clone());
        let read = self.deliver.db.read("reading a promised call", move |tx| {
            Box::pin(async move {
                let Some(card) = chat::card(tx, CREDENTIAL, &key.0, &key.1).await? else { return Ok(None) };
                let body = match card.kind.as_str() {
                    CALL => serde_json::from_str::<CallBody>(&card.body).unwrap_or_default(),
                    ALERT if chat::card_lists(tx, CREDENTIAL, &key.0, &key.1, &key.2).await? => {
                        let brand = case::brand_of(tx, &key.2).await?.unwrap_or_default();
                        CallBody { brand, case: key.2, ..CallBody::default() }
                    }
                    _ => return Ok(None),
                };
                let open = chat_person::calls_in(tx, &body.brand, &body.case).await?;
                Ok(ToCall::read(tx, body).await?.map(|call| (call, open)))
            })
        });
        let Some((call, open)) = read.await?.filter(|(c, _)| c.body.case == p.token.id) else {
            return Ok(t.unknown_button().to_owned());
        };
        let f = &call.facts;
        if p.place.is_group() || !sees(&p.presser, &call.body.brand) || !may(&p.presser, Right::Work) {
            self.note_refused(Some(&p.presser), Right::Work, "button").await?;
            return Ok(t.not_allowed().to_owned());
        }
        let now = self.deliver.clock.now();
        if claimant(f, now).is_none() || f.claimed_by.as_deref() != Some(p.presser.id.as_str()) {
            return Ok(t.call_claim_first().to_owned());
        }
        let next = match step {
            Try::Open => {
                self.show_calls(p.place, &open).await?;
                return Ok(t.private_opened().to_owned());
            }
            Try::Missed => {
                self.keyboard(p, p.mine.seen(&p.token.id, p.token.seen).call_again()).await;
                return Ok(t.call_when().to_owned());
            }
            Try::HalfHour => Some(now.plus(Span::minutes(30))),
            Try::TwoHours => Some(now.plus(Span::hours(2))),
            Try::Tomorrow => tomorrow(&p.mine, now),
            Try::Reached | Try::NoNext | Try::Done => None,
        };
        self.tried(p, &call, step, next).await
    }

    async fn tried(
        &self,
        p: &Pressed,
        call: &ToCall,
        step: Try,
        next: Option<Timestamp>,
    ) -> Result<String, StoreError> {
        let (t, wait, n) = (p.mine.lang, call.body.wait, call.facts.number);
        let (act, kind) = match step {
            Try::Done => (Act::KeepPromise { wait }, "promise_kept"),
            Try::Reached => (Act::CallTried { wait, reached: true, next: None }, "promise_kept"),
            _ => (Act::CallTried { wait, reached: false, next }, "call_not_reached"),
        };
        let (brand, id, seen) = (call.body.brand.clone(), call.body.case.clone(), p.token.seen);
        let since = self.deliver.db.read("reading a timeline", move |tx| {
            Box::pin(async move { console::events_since(tx, &brand, &id, seen).await })
        });
        // Another call of the case is another matter.
        let mut since = since.await?;
        since.retain(|event| wait_of(event) == Some(wait));
        if done_already(&since, &p.presser, kind) {
            return Ok(t.did_already().to_owned());
        }
        let casework = self.casework_of(&p.presser);
        let done = casework.act(&call.body.brand, &call.body.case, seen, &actor(&p.presser), act).await;
        self.follow.notify_one();
        let now = self.deliver.clock.now();
        Ok(match done {
            // It may have been settled without a call.
            Ok(_) if step == Try::Done => t.is_kept(n),
            Ok(_) if kind == "promise_kept" => t.call_reached(n),
            Ok(_) => match next {
                Some(at) => t.call_missed(n, p.mine.time_from(at, now)),
                None => t.call_missed_only(n),
            },
            Err(CaseworkError::Store(error)) => return Err(error),
            Err(CaseworkError::NotFound) => t.call_over(n),
            Err(error) => t.not_possible(t.refusal(&error)),
        })
    }
}
