//! The page of one case: the conversation with the box to answer it, what is on its way, why it is
//! urgent, its clocks, its timeline, the forms.
//!
//! Everything about the case is read in one look at the store, so that the page is of one moment;
//! the version it shows goes with every form. Personal data stays covered until the viewer has
//! claimed the case or asks for it.

mod customer;
mod ending;
pub mod files;
pub mod forms;
mod handover;
mod number;
mod office;
mod parts;
pub mod presence;
mod private_box;
pub mod promise;
mod protocols;
mod quotes;
mod reply;
mod said;
pub mod shift;
mod thread;
mod tickets;
mod timeline;
pub mod translation;
mod trouble;
mod way;

pub use ending::of_fields as ending_of;
pub use forms::{colleagues, until};
pub use handover::kinds_named;
pub use number::by_number;
pub use reply::PreviewPart;
pub use said::{Look, Said, Typed};
pub use thread::web as web_address;
pub use tickets::find as find_tickets;
pub use trouble::Trouble;

use super::App;
use super::auth::{Asked, Viewer};
use super::error::Error;
use super::frame::{Frame, brands_of, hue, is_stopped, page as print};
use super::shown::{Left, Moment, Shown};
use super::texts::Texts;
use crate::casework::{Actor, CaseworkError, Preview, Typing};
use crate::domain::ids::CaseId;
use crate::domain::judgement::Level;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::store::alert::HeldRow;
use crate::store::answer::{self, Draft};
use crate::store::attachment::{self, ShownFile};
use crate::store::collecting::ShownCollecting;
use crate::store::console::{self, ShownAnswer, ShownContext, ShownMessage};
use crate::store::enclosed::FileOfOurs;
use crate::store::guard::{self, PassRow};
use crate::store::handover::{ConversationEventRow, HandoverRow, JoinRow};
use crate::store::promise::{PromiseRow, TryRow};
use crate::store::rows::{ActionRow, CaseEventRow, CaseRow, ClockEventRow, ObligationRow};
use crate::store::ticket::{self, LinkRow, Pending, Personal};
use crate::store::ticket_note::{self, NoteRow};
use crate::store::{self, StoreError, Tx, person};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::response::Response;
use forms::Acts;
use reply::Reply;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use thread::Post;
use timeline::{Clock, Event, Fell, Held, Sent};
use way::Way;

/// Most messages, answers and events on one page; the latest are shown, and the others for who asks for all.
const SHOWN_MAX: i64 = 200;
/// Most of them for who asks for all.
const ALL_MAX: i64 = 5_000;
/// Most answers and measures that are looked at.
const EFFECTS_MAX: i64 = 50;
/// How the kinds of events begin whose words are kept beside them.
const WORDED: [&str; 6] = ["note", "ticket_comment", "promise", "goodwill", "complaint", "protocol_step"];

/// One look at the store.
pub struct Loaded {
    case: CaseRow,
    /// Most that was read of each kind.
    most: i64,
    messages: Vec<ShownMessage>,
    answers: Vec<ShownAnswer>,
    context: Vec<ShownContext>,
    /// What each post answers, by the platform's ids.
    answered: HashMap<String, String>,
    /// What they quote.
    quotes: Vec<store::quote::ShownQuote>,
    files: Vec<ShownFile>,
    timeline: Vec<CaseEventRow>,
    clocks: Vec<ObligationRow>,
    fell: Vec<ClockEventRow>,
    held: Vec<HeldRow>,
    actions: Vec<ActionRow>,
    effects: Vec<ActionRow>,
    drafts: Vec<Draft>,
    /// What the viewer has typed beside the answer: kind and words.
    typing: Vec<(String, String)>,
    here: Vec<store::presence::AtCase>,
    /// Who is named in its notes and has not looked yet, by id.
    called: Vec<String>,
    /// Words of notes and of answers on their way, by id.
    contents: HashMap<String, String>,
    names: HashMap<String, String>,
    /// Who else can be handed a case: login and name.
    colleagues: Vec<(String, String)>,
    /// The tickets it is tied to, what is personal of them, and what they are still to be told.
    links: Vec<LinkRow>,
    notes: Vec<NoteRow>,
    tickets: Vec<(String, Personal)>,
    pending: Vec<Pending>,
    promises: Vec<PromiseRow>,
    tries: Vec<TryRow>,
    kill: super::peaks::Switches,
    handover: Option<HandoverRow>,
    joins: Vec<JoinRow>,
    merges: Vec<ConversationEventRow>,
    passes: Vec<PassRow>,
    /// Files of ours, in drafts and with answers.
    enclosed: Vec<FileOfOurs>,
    ended: ending::Ended,
    office: office::Office,
    /// Its incidents, and those that it may be added to: id, number, open.
    incidents: Vec<Joined>,
    open_incidents: Vec<(String, i64)>,
    protocols: protocols::Found,
    collecting: Vec<ShownCollecting>,
    shift: shift::Found,
    translated: translation::Found,
    parts: parts::Found,
    customer: customer::Found,
}

impl Loaded {
    /// The words of the viewer's answer: as just typed, or as kept.
    fn words_of(&self, viewer: &Viewer, said: &Said) -> String {
        let me = viewer.person.id.as_str();
        let kept = || self.drafts.iter().find(|d| d.person_id == me).and_then(|d| d.text.clone());
        said.typed("answer").map(|t| t.text.clone()).or_else(kept).unwrap_or_default()
    }

    /// What the viewer has typed beside the answer and not sent.
    fn typed(&self, what: Typing) -> Option<String> {
        self.typing.iter().find(|(kind, _)| kind == what.code()).map(|(_, text)| text.clone())
    }

    /// Whether there is more than is shown.
    fn is_cut(&self) -> bool {
        let read = [self.messages.len(), self.answers.len(), self.context.len(), self.timeline.len()];
        read.contains(&(self.most as usize))
    }

    /// The latest message that still stands.
    fn latest(&self) -> Option<&ShownMessage> {
        self.messages.iter().find(|m| m.deleted_at.is_none()).or_else(|| self.messages.first())
    }

    /// Somebody of the team by name.
    fn named(&self, id: &str, t: &Texts) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| t.who_person.to_owned())
    }

    /// The messages that came or changed after a version of the case.
    fn news(&self, since: Option<i64>) -> HashSet<String> {
        let Some(seen) = since else { return HashSet::new() };
        let mention = |e: &CaseEventRow| {
            let body: serde_json::Value = serde_json::from_str(&e.body).ok()?;
            Some(body.get("mention")?.as_str()?.to_owned())
        };
        self.timeline
            .iter()
            .filter(|e| e.seq > seen && e.who_kind == "customer")
            .filter_map(mention)
            .collect()
    }

    /// What happened after a version of the case: what and who.
    fn changes(&self, since: Option<i64>, t: &Texts) -> Vec<(String, String)> {
        let Some(seen) = since else { return Vec::new() };
        let shown = self.timeline.iter().filter(|e| e.seq > seen).map(|e| timeline::event(e, self, since, t));
        shown.map(|e| (e.what, e.who)).collect()
    }
}

#[derive(Template)]
#[template(path = "case.html", config = "src/web/askama.toml")]
struct CasePage {
    frame: Frame,
    id: String,
    number: i64,
    version: i64,
    brand: String,
    hue: u8,
    platform: String,
    language: String,
    /// The tag of the language in which the customer writes.
    tongue: Option<&'static str>,
    level: &'static str,
    urgency: i64,
    intent: String,
    state: String,
    with: Option<String>,
    left: Left,
    marks: Vec<&'static str>,
    snoozed: Option<Moment>,
    /// Whether that is because it is left to members; whether closing is proposed, for its topic is solved.
    held: bool,
    solved: bool,
    ended_why: Option<Shown>,
    previous: Option<String>,
    posts: Vec<Post>,
    /// Whether there are older ones that are not shown, and whether they were asked for.
    older: (bool, bool),
    covered: bool,
    unmask: bool,
    reasons: Vec<(String, i32)>,
    clocks: Vec<Clock>,
    fell: Vec<Fell>,
    hushed: Vec<Held>,
    events: Vec<Event>,
    sent: Vec<Sent>,
    way: Way,
    works: bool,
    reply: Option<Reply>,
    private: handover::Box,
    promise: Vec<promise::PromisePart>,
    acts: Acts,
    tickets: tickets::FrontOffice,
    office: office::Part,
    /// Its incidents, and those to which it may be added.
    incidents: (Vec<Joined>, Vec<(String, i64)>),
    protocols: protocols::Part,
    collecting: super::collecting::Part,
    shift: shift::Part,
    customer: customer::Part,
    /// What is told on top, and what was typed into a form that was not taken and does not stand filled in again.
    notice: (Option<String>, Vec<Shown>),
    fine: Option<&'static str>,
    next: String,
    offer_next: bool,
}

/// `GET /cases/{id}`.
pub async fn page(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let t = asked.texts;
    if query.get("fragment").is_some_and(|f| f == "way") {
        let (loaded, _) = look(&app, &viewer, &id, SHOWN_MAX).await?;
        let frame = Frame::of(&app, &asked, &viewer, "inbox", "", loaded.kill.clone());
        return print(&way::way(&loaded, &frame, &viewer, app.clock.now()));
    }
    let notice = match query.get("said").map(String::as_str) {
        Some("already") => Some(t.settled_already),
        _ if query.contains_key("twice") => Some(t.twice),
        _ => None,
    };
    let fine = match query.get("said").map(String::as_str) {
        Some("settled") => Some(t.settled),
        Some("kept") => Some(t.draft_kept),
        _ => None,
    };
    let look = Look::of(&query);
    let again = said::library_words(&app, &viewer, &id, &look).await?;
    let said = Said { notice: notice.map(ToOwned::to_owned), fine, look, again, ..Said::default() };
    shown(&app, &asked, &viewer, &id, said).await
}

/// The brand of a case, if the viewer may see it.
pub async fn brand_for(app: &App, viewer: &Viewer, id: &str) -> Result<(String, String), Error> {
    let id = CaseId::parse(id).map_err(|_| Error::NotFound)?.to_string();
    let found = app.db.read("reading a case's brand", move |tx| {
        Box::pin(async move { store::case::brand_of(tx, &id).await })
    });
    let brand_id = found.await?.ok_or(Error::NotFound)?;
    let brands = brands_of(app, viewer);
    let brand = brands.into_iter().find(|b| b.id == brand_id).ok_or(Error::NotFound)?;
    Ok((brand.id, brand.brand.name))
}

/// Who acts, as casework knows them.
pub fn actor(viewer: &Viewer) -> Actor {
    Actor { person: viewer.person.id.clone(), lead: viewer.person.is_lead() }
}

/// Reads a case that the viewer may see, with the name of its brand.
async fn look(app: &App, viewer: &Viewer, id: &str, most: i64) -> Result<(Loaded, String), Error> {
    let (brand_id, brand) = brand_for(app, viewer, id).await?;
    let case_id = id.to_owned();
    let (now, me) = (app.clock.now(), viewer.person.id.to_string());
    let loaded = app.db.read("reading a case", move |tx| {
        Box::pin(async move { load(tx, &brand_id, (&case_id, &me), (now, most)).await })
    });
    let mut loaded = loaded.await?.ok_or(Error::NotFound)?;
    loaded.ended.asks = ending::asks(app, &loaded.case);
    Ok((loaded, brand))
}

/// Prints the page, with what an act left to say.
pub async fn shown(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    id: &str,
    said: Said,
) -> Result<Response, Error> {
    let most = if said.look.all { ALL_MAX } else { SHOWN_MAX };
    let (mut loaded, brand) = look(app, viewer, id, most).await?;
    loaded.translated = translation::look(app, asked, viewer, (&loaded, &brand)).await?;
    presence::has_looked(app, viewer, &loaded, &said.look).await?;
    let open = loaded.case.case_state()?.is_open();
    let preview = if viewer.person.may_work() && open {
        let (text, to) = (loaded.words_of(viewer, &said), said.look.to.as_deref());
        let found = app.casework.preview(&loaded.case.brand_id, id, &actor(viewer), &text, to).await;
        match found {
            Err(CaseworkError::Store(error)) => return Err(error.into()),
            other => Some(other),
        }
    } else {
        None
    };
    let private = private_box::of(app, asked, viewer, &loaded, &said).await?;
    print(&compose(app, asked, viewer, &loaded, brand, &said, (preview.as_ref(), private)))
}

async fn load(
    tx: &mut Tx,
    brand_id: &str,
    (id, me): (&str, &str),
    (now, most): (Timestamp, i64),
) -> Result<Option<Loaded>, StoreError> {
    let Some(case) = console::case(tx, brand_id, id).await? else { return Ok(None) };
    let (clocks, fell) = console::clocks(tx, brand_id, id).await?;
    let timeline = console::timeline(tx, brand_id, id, most).await?;
    let effects = console::effects_of(tx, brand_id, id, EFFECTS_MAX).await?;
    let note = |e: &CaseEventRow| {
        let body: serde_json::Value = serde_json::from_str(&e.body).ok()?;
        Some(body.get("content")?.as_str()?.to_owned())
    };
    let worded = |e: &&CaseEventRow| WORDED.iter().any(|k| e.kind.starts_with(k));
    let mut ids: Vec<String> = timeline.iter().filter(worded).filter_map(note).collect();
    let passes = guard::of_case(tx, brand_id, id).await?;
    ids.extend(passes.iter().filter(|p| p.state == "asked").map(|p| format!("{}/text", p.id)));
    ids.extend(effects.iter().filter(|a| a.kind == "reply").map(|a| format!("{}/text", a.id)));
    let links = ticket::of_case(tx, brand_id, id).await?;
    let promises = store::promise::of_case(tx, brand_id, id).await?;
    ids.extend(promises.iter().flat_map(|p| [p.content_id(), p.call_id(), p.whom_id()]));
    let people = person::all(tx).await?;
    let waiting: &[String] = if links.is_empty() { &[] } else { std::slice::from_ref(&case.id) };
    Ok(Some(Loaded {
        most,
        tickets: ticket::personal_of(tx, &links).await?,
        pending: ticket::pending(tx, waiting).await?,
        links,
        notes: ticket_note::of_case(tx, brand_id, id).await?,
        promises,
        tries: store::promise::tries_of(tx, brand_id, id).await?,
        messages: console::messages_of(tx, brand_id, id, most).await?,
        answers: console::answers_in(tx, brand_id, &case.conversation_id, most).await?,
        context: console::context_of(tx, &case.conversation_id, most).await?,
        answered: thread::answered(tx, &case, most).await?,
        quotes: store::quote::in_case(tx, (brand_id, id), &case.conversation_id, most).await?,
        files: attachment::of_case(tx, brand_id, id, most).await?,
        actions: console::actions_of(tx, brand_id, id, 20).await?,
        drafts: answer::drafts(tx, brand_id, id).await?,
        typing: store::draft_beside::of(tx, brand_id, (id, me)).await?,
        here: store::presence::of_case(tx, brand_id, id, now).await?,
        called: store::called_in::waiting(tx, brand_id, id).await?,
        contents: answer::contents(tx, &ids).await?.into_iter().collect(),
        colleagues: forms::colleagues(&people, brand_id),
        names: people.into_iter().map(|p| (p.id, p.name)).collect(),
        kill: is_stopped(tx).await?,
        handover: store::handover::of_case(tx, brand_id, id).await?,
        joins: store::handover::joins_of(tx, brand_id, id).await?,
        merges: store::handover::merges_of(tx, brand_id, id).await?,
        passes,
        enclosed: store::enclosed::of_case(tx, brand_id, id).await?,
        ended: ending::load(tx, brand_id, id).await?,
        office: office::load(tx, &case).await?,
        incidents: store::incident::of_case(tx, brand_id, id).await?,
        open_incidents: store::incident::open_of(tx, brand_id).await?,
        protocols: protocols::load(tx, &case, now).await?,
        collecting: store::collecting::shown_of_case(tx, brand_id, id).await?,
        shift: shift::load(tx, brand_id, id, me).await?,
        translated: translation::Found::default(),
        parts: parts::load(tx, brand_id, id).await?,
        customer: customer::load(tx, &case).await?,
        case,
        clocks,
        fell,
        held: store::alert::held(tx, brand_id, id).await?,
        timeline,
        effects,
    }))
}

/// An incident of a case: id, number, whether it is open.
type Joined = (String, i64, i64);
fn compose(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    found: &Loaded,
    brand: String,
    said: &Said,
    (preview, private): (Option<&Result<Preview, CaseworkError>>, handover::Box),
) -> CasePage {
    let (t, now, case, works) = (asked.texts, app.clock.now(), &found.case, viewer.person.may_work());
    let held = case.claim().filter(|c| c.until.is_none_or(|u| u > now));
    let mine = held.as_ref().is_some_and(|c| c.by == viewer.person.id);
    let with = held.map(|c| found.named(c.by.as_str(), t));
    let (open, kill) = (said.look.unmask || mine, found.kill.clone());
    let frame = Frame::of(app, asked, viewer, "inbox", &format!("#{} {brand}", case.number), kill);
    let (ready, other) = (preview.and_then(|p| p.as_ref().ok()), (with.clone().filter(|_| !mine), now));
    let systems = app.casework.ticket_systems(&case.brand_id);
    let reply = reply::shown(found, said, viewer, preview, other, t);
    let acts = || forms::acts(found, now, mine, viewer, said.again.as_ref(), ready, !systems.is_empty(), t);
    CasePage {
        id: case.id.clone(),
        number: case.number,
        version: case.version,
        hue: hue(&brand),
        brand,
        platform: case.platform.clone(),
        language: case.language.clone(),
        tongue: Language::tag_of(&case.language),
        level: Level::from_number(case.level).code(),
        urgency: found.protocols.score(case),
        intent: t.name("intent", &case.intent),
        state: t.name("state", &case.state),
        with,
        left: Left::of(case.due_at, now, t),
        marks: timeline::marks(case, t),
        snoozed: case.snoozed_until.filter(|u| *u > now.millis()).map(Moment::of),
        held: case.held_until.is_some(),
        solved: works && case.open == 1 && case.solved_at.is_some(),
        ended_why: case.ended_why.as_deref().filter(|w| !w.is_empty()).map(Shown::plain),
        previous: case.previous_case_id.clone(),
        posts: thread::posts(found, &said.look, open, reply.as_ref().map(|r| r.to.as_str()), t),
        older: (found.is_cut(), said.look.all),
        unmask: said.look.unmask,
        covered: !open && found.is_covered(),
        reasons: timeline::reasons(found, t),
        protocols: protocols::part(found, app.catalogue.get().brand(&case.brand_id), viewer, works, t),
        collecting: super::collecting::part(&found.collecting, case, viewer, now, t),
        shift: shift::part(found, viewer, works, now, t),
        customer: customer::part(found, said, open, t),
        clocks: found.clocks.iter().map(|o| timeline::clock(o, found, (open, now), t)).collect(),
        fell: found.fell.iter().map(|f| timeline::fell(f, t)).collect(),
        hushed: found.held.iter().map(|h| timeline::held(h, t)).collect(),
        events: found.timeline.iter().map(|e| timeline::event(e, found, said.look.since, t)).collect(),
        sent: timeline::sent(&found.actions, t),
        way: way::way(found, &frame, viewer, now),
        acts: works.then(acts).unwrap_or_default(),
        tickets: tickets::tickets(found, said, &systems, now, t),
        office: office::part(found, app.catalogue.get().brand(&case.brand_id), said, works, t),
        incidents: (found.incidents.clone(), forms::joinable(found, works)),
        works,
        notice: said.told((reply.is_some(), private.offer.is_some()), t),
        reply,
        private,
        promise: promise::parts(said, "promise", "new", t),
        fine: said.fine,
        next: super::next::href(&said.look.skipped, &case.id),
        offer_next: said.look.done,
        frame,
    }
}
