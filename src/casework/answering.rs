//! Answers, moderation, notes and drafts: what people do that customers or colleagues read.
//!
//! An answer is checked here before it becomes an intent: by the platform's limits, by what it gives
//! away of somebody's data, by whether somebody has answered already. The account is fixed by what
//! is answered. Intent, claim and event go in one transaction; sending is the outbox's business.

pub use super::handed::{Handed, Meant};
use super::splitting::{self, Piece};
use super::typing::Typing;
use super::{Asked, CaseworkError, Files, Promising, customers, enclosing, guarding, mailed, proposing};
use crate::casefile::{CaseFile, When, Who};
use crate::domain::customer::Customer;
use crate::domain::enclosed::FileLimits;
use crate::domain::ending::Ending;
use crate::domain::ids::ActionId;
use crate::domain::incident::Purpose;
use crate::domain::judgement::PersonalData;
use crate::domain::letter::{Letter, warning_of};
use crate::domain::reply::Limits;
use crate::domain::time::{Span, Timestamp};
use crate::sources::held::Away;
use crate::sources::reply::{Composed, Draft, PostRef};
use crate::sources::{Account, Accounts, Private};
use crate::store::answer::{self, Target};
use crate::store::rows::ActionRow;
use crate::store::{StoreError, Tx, draft_beside, guard, window};
use crate::triage::personal;
use serde_json::json;

/// Longest answer, note or draft that is looked at, in characters.
pub const TEXT_CHARS_MAX: usize = 20_000;
/// Answers go before measures of moderation.
const ANSWER_PRIORITY: i64 = 5;
/// Stands for the words where only what is put around them is wanted.
const WORDS: &str = "\u{e000}";

/// With what people answer.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// The accounts that can answer.
    pub accounts: Accounts,
    /// How long an answer can be called back before it leaves.
    pub undo: Span,
}

/// An answer as a person asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The words; the handle in front and the signature are added.
    pub text: String,
    /// The mention that is answered; `None` is the latest of the case.
    pub to: Option<String>,
    /// With this reason the case is resolved once the answer stands.
    pub resolve: Option<String>,
    /// Who solved it, if it is resolved; without a word what is proposed holds.
    pub ending: Option<Ending>,
    /// Another answer to the same mention is meant.
    pub again: bool,
    /// Whether personal data in a public answer is meant, and who stands for that.
    pub meant: Meant,
    /// What it is in a hand-over.
    pub handed: Handed,
    /// What becomes of a promise in its words.
    pub promise: Promising,
    /// Which files go along.
    pub files: Files,
    /// It is one of an answer to many, whose words are looked up.
    pub many: Option<super::ToMany>,
    /// No person wrote it: holding words, a question afterwards.
    pub automatic: bool,
    /// Where it is too long for one post it goes in parts, each an answer to the one before it.
    pub split: bool,
    /// In private by mail: which of the addresses that the customer gave, by the key of [`super::Given`].
    pub by_mail: Option<String>,
}

impl Answer {
    /// Whether it may go to a case that is over and leaves it so: that it is solved, where [`super::many`] let it through.
    fn is_afterwards(&self) -> bool {
        self.many.as_ref().is_some_and(|many| many.purpose == Purpose::Solved)
    }
}

/// Whether an answer would be read by more than the two who talk.
fn is_public(visibility: &str) -> bool {
    !matches!(visibility, "private" | "direct")
}

/// The personal data in a text that a public answer must not hold: none of what the brand allows.
/// `forms` are those of the brand's own references.
pub fn guarded(text: &str, forms: &[String], allow: &[String]) -> Vec<PersonalData> {
    let mut found = Vec::new();
    personal::find_into(text, forms, &mut found);
    found.retain(|f| {
        let part = text.get(f.start..f.end).unwrap_or_default();
        let plain = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        !allow.iter().any(|a| plain(a) == plain(part))
    });
    found
}

/// The post that is answered, as the account's source needs it.
pub(super) async fn post_ref(tx: &mut Tx, target: &Target, account: &Account) -> Result<PostRef, StoreError> {
    let handles = answer::handles(tx, std::slice::from_ref(&target.mention_id)).await?;
    let local_id = handles.into_iter().find(|h| h.1 == account.source.name()).map(|h| h.2);
    let json = |text: &Option<String>| -> serde_json::Value {
        text.as_deref().and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
    };
    Ok(PostRef {
        external_id: target.external_id.clone(),
        authority: target.authority.clone(),
        local_id,
        author_id: target.author_external_id.clone(),
        author_handle: json(&target.profile)["handle"].as_str().unwrap_or_default().to_owned(),
        visibility: match (target.visibility.as_str(), target.private) {
            ("", 0) => "public".to_owned(),
            ("", _) => "direct".to_owned(),
            (told, _) => told.to_owned(),
        },
        url: json(&target.body)["url"].as_str().map(ToOwned::to_owned),
        letter: Letter::stored(target.body.as_deref()),
        warning: warning_of(target.body.as_deref()),
        last_inbound: window::last_inbound(tx, &target.mention_id).await?,
        automatic: false,
    })
}

/// Who answers what, and what the platform would get.
pub(super) struct Prepared {
    pub target: Target,
    pub account: Account,
    pub composed: Composed,
    pub personal: Vec<PersonalData>,
    /// What stands before and behind the words.
    pub around: (String, String),
    pub sign: String,
    /// Whether it goes by the private way of the account.
    pub private: bool,
    pub limits: Limits,
    /// What files may go along.
    pub file_limits: FileLimits,
    /// By what personal data is found in what others would read: the brand's forms, and what it allows.
    pub guard: Option<(Vec<String>, Vec<String>)>,
    /// Who the customer is, where that is somebody else and others would read it.
    pub customer: Option<Customer>,
    /// Where a person must post it, where the platform lets no program do so.
    pub by_hand: Option<String>,
    /// Why the platform would not take it now, and what is left to do.
    pub shut: Option<String>,
    /// The parts in which it could go, where it is too long for one post; else none.
    pub parts: Vec<Piece>,
    /// The address to which it goes as a first mail.
    pub given: Option<String>,
}

impl Prepared {
    /// Whether it goes in parts: where it must, and who writes it asks for that.
    pub fn goes_in_parts(&self, wanted: &Answer) -> bool {
        wanted.split && !self.parts.is_empty()
    }

    /// Why it cannot be sent, whatever else is said of it.
    fn refusal(&self, wanted: &Answer) -> Option<CaseworkError> {
        if let Some(why) = &self.shut {
            return Some(CaseworkError::Refused(why.clone()));
        }
        if self.goes_in_parts(wanted) {
            return None;
        }
        let what = self.composed.refused.clone()?;
        Some(CaseworkError::Invalid { field: "text", what })
    }

    /// What it will be: what goes by the private way is private, whatever box it was typed in.
    pub fn handed(&self, wanted: &Answer) -> Handed {
        if self.private { Handed::Private } else { wanted.handed }
    }
}

pub(super) fn invalid<T>(field: &'static str, what: impl Into<String>) -> Result<T, CaseworkError> {
    Err(CaseworkError::Invalid { field, what: what.into() })
}

/// Why the platform would not take a private message now, and what is left to do.
fn shut(way: &dyn Private, to: &PostRef, asked: &Asked, wanted: &Answer) -> Option<String> {
    let rule = way.window().filter(|_| !way.is_approved(wanted.text.trim()))?;
    rule.refusal(to.last_inbound, asked.now, wanted.automatic || wanted.many.is_some())
}

/// Why nothing reaches the author of a post whose account is away.
fn away(target: &Target) -> Option<String> {
    let how = Away::told(target.away.as_deref()?)?.words();
    let since = Timestamp(target.away_at?).rfc3339();
    Some(format!("their account is {how} since {since}; nothing reaches them until it is back"))
}

/// Prepares an answer; a refusal is a value.
pub(super) async fn prepare(
    tx: &mut Tx,
    asked: &Asked,
    wanted: &Answer,
) -> Result<Result<Prepared, CaseworkError>, StoreError> {
    let (text, to) = (wanted.text.as_str(), wanted.to.as_deref());
    if text.chars().count() > TEXT_CHARS_MAX {
        return Ok(invalid("text", format!("longer than {TEXT_CHARS_MAX} characters")));
    }
    let Some(target) = answer::target(tx, &asked.brand_id, &asked.case_id, to).await? else {
        return Ok(Err(CaseworkError::NotFound));
    };
    if target.deleted_at.is_some() {
        return Ok(Err(CaseworkError::AuthorRemoved));
    }
    let Some(watched) = asked.catalogue.brand(&asked.brand_id) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let (account, written_to) = match mailed::whom(tx, asked, wanted, (&target, &watched.brand.name)).await? {
        Ok(found) => found,
        Err(refused) => return Ok(Err(refused)),
    };
    let given = wanted.by_mail.is_some().then(|| written_to.author_id.clone());
    let sign = answer::sign(tx, asked.actor.person.as_str(), &asked.brand_id).await?.unwrap_or_default();
    let draft = Draft { text: text.trim().to_owned(), sign: sign.clone(), to: written_to };
    let Some(reply) = account.source.reply() else { return Ok(Err(CaseworkError::NotFound)) };
    // What was said in private is answered there, whoever asks for what.
    let own_way =
        account.source.private().filter(|_| target.private == 1 || wanted.handed == Handed::Private);
    if wanted.handed == Handed::Private && own_way.is_none() {
        let why = format!("{} has no private channel here", target.platform);
        return Ok(Err(CaseworkError::Refused(why)));
    }
    let compose = |draft: &Draft| own_way.map_or_else(|| reply.compose(draft), |way| way.compose(draft));
    let by_hand = if own_way.is_none() { reply.by_hand(&draft.to, &compose(&draft).text) } else { None };
    let (private, limits) = (own_way.is_some(), own_way.map_or_else(|| reply.limits(), Private::limits));
    let mut composed = compose(&draft);
    // A private word in public words' stead is another matter: the connector knows when that may be.
    let shut = own_way.filter(|_| target.private == 1).and_then(|way| shut(way, &draft.to, asked, wanted));
    let shut = shut.or_else(|| away(&target).filter(|_| wanted.by_mail.is_none()));
    composed.refused = composed.refused.or_else(|| shut.clone());
    // The handle in front and the signature are ours; only the words can give something away.
    let guard = guarding::forms(tx, asked, &watched.brand, is_public(&composed.visibility)).await?;
    let customer = customers::kept_from_others(tx, asked, guard.is_some()).await?;
    let read = (guard.as_ref(), customer.as_ref(), target.profile.as_deref());
    let personal = customers::given_away(&draft.text, read);
    let file_limits = own_way.map_or_else(|| reply.files(), Private::files);
    let parts = if private { Vec::new() } else { splitting::pieces(reply, &draft, &composed) };
    // A character that no text of ours holds shows what the platform's form puts around the words.
    let framed = compose(&Draft { text: WORDS.to_owned(), ..draft }).text;
    let (before, after) = framed.split_once(WORDS).unwrap_or_default();
    Ok(Ok(Prepared {
        target,
        account,
        composed,
        personal,
        around: (before.to_owned(), after.to_owned()),
        sign,
        private,
        limits,
        file_limits,
        guard,
        customer,
        by_hand,
        shut,
        parts,
        given,
    }))
}

/// Whether an answer of ours to a mention stands or is on its way: of the same kind, for an offer does
/// not answer in private, and a private word is no offer.
pub(super) async fn is_answered(
    tx: &mut Tx,
    brand_id: &str,
    mention_id: &str,
    handed: Handed,
) -> Result<bool, StoreError> {
    let before = answer::about(tx, brand_id, mention_id).await?;
    let alike = |a: &ActionRow| {
        let payload: serde_json::Value = serde_json::from_str(&a.payload).unwrap_or_default();
        // What goes on an answer is none of its own: where the first part was refused, nothing stands.
        if payload["part"]["n"].as_u64().is_some_and(|n| n > 1) {
            return false;
        }
        match handed {
            Handed::No => !["private", "reminder", "survey"].iter().any(|h| payload["handed"] == *h),
            Handed::Offer => payload["handed"] == "offer",
            Handed::Private => payload["handed"] == "private",
        }
    };
    let stands = |a: &ActionRow| a.kind == "reply" && !matches!(a.state.as_str(), "cancelled" | "refused");
    Ok(before.iter().any(|a| stands(a) && alike(a)))
}

/// Whether who answers has the case; who lets a colleague's answer go keeps it, if it is theirs.
fn is_theirs(file: &CaseFile, asked: &Asked, wanted: &Answer) -> bool {
    let passed = wanted.meant == Meant::Passed;
    let theirs = |by: &str| by == asked.actor.person.as_str() || (passed && by == asked.caller.person);
    let claim = file.case.claim();
    claim.is_some_and(|c| theirs(c.by.as_str()) && c.until.is_none_or(|u| u > asked.now))
}

/// Makes an answer an intent.
pub(super) async fn answer(
    tx: &mut Tx,
    file: &mut CaseFile,
    asked: &Asked,
    wanted: &Answer,
) -> Result<Result<Vec<ActionRow>, CaseworkError>, StoreError> {
    if wanted.text.trim().is_empty() {
        return Ok(invalid("text", "empty; write an answer"));
    }
    let over = !file.case.case_state()?.is_open();
    if over && !wanted.is_afterwards() {
        return Ok(Err(CaseworkError::Refused("the case is over; reopen it to answer".to_owned())));
    }
    let prepared = match prepare(tx, asked, wanted).await? {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Some(refused) = prepared.refusal(wanted) {
        return Ok(Err(refused));
    }
    let files = match enclosing::checked(tx, asked, wanted, &prepared).await? {
        Ok(files) => files,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut pass = None;
    if !prepared.personal.is_empty() {
        let what = (prepared.target.mention_id.as_str(), prepared.personal.as_slice());
        match guarding::may_pass(tx, file, asked, wanted, what).await? {
            Ok(found) => pass = found,
            Err(refused) => return Ok(Err(refused)),
        }
    }
    let mention = &prepared.target.mention_id;
    if !wanted.again && is_answered(tx, &asked.brand_id, mention, prepared.handed(wanted)).await? {
        return Ok(Err(CaseworkError::AnsweredAlready));
    }
    let standing = match proposing::before(tx, file, asked, wanted).await? {
        Ok(standing) => standing,
        Err(refused) => return Ok(Err(refused)),
    };
    let when = When::now(asked.now);
    if !over
        && !is_theirs(file, asked, wanted)
        && let Err(error) = file.claim(&asked.actor.person, None, when)
    {
        return super::refused(error);
    }
    let Some(action) = intent(file, asked, wanted, &prepared, files.len()) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let actions = splitting::written(tx, asked, wanted, &prepared, action).await?;
    let (Some(id), Some(last)) = (actions.first().map(|a| &a.id), actions.last().map(|a| &a.id)) else {
        return Ok(Err(CaseworkError::NotFound));
    };
    drop_typed(tx, asked, wanted).await?;
    enclosing::bind(tx, &files, ("going", id)).await?;
    let mut body = told(id, &prepared, (files.len(), actions.len()));
    if let Some(mut pass) = pass {
        pass.action_id = Some(id.clone());
        body["alone"] = json!(true);
        guard::add(tx, &pass).await?;
    }
    file.note(wanted.handed.queued(), &Who::Person(asked.actor.person.clone()), when, &body);
    // What is promised was promised once all of it stands.
    proposing::after(tx, file, asked, wanted, (&standing, last)).await?;
    Ok(Ok(actions))
}

/// Keeps the words of an answer, and the address to which they go where the customer gave one.
pub(super) async fn keep_words(tx: &mut Tx, id: &str, prepared: &Prepared) -> Result<(), StoreError> {
    let subject = &prepared.target.author_id;
    answer::put_content(tx, &format!("{id}/text"), subject, "reply", &prepared.composed.text).await?;
    match &prepared.given {
        Some(address) => answer::put_content(tx, &format!("{id}/to"), subject, "reply_to", address).await,
        None => Ok(()),
    }
}

/// What the timeline tells of an answer, without its words.
fn told(id: &str, prepared: &Prepared, (files, parts): (usize, usize)) -> serde_json::Value {
    let mut body = json!({ "action": id, "mention": prepared.target.mention_id });
    if files > 0 {
        body["files"] = json!(files);
    }
    if parts > 1 {
        body["parts"] = json!(parts);
    }
    if !prepared.personal.is_empty() {
        body["personal_data_meant"] = json!(true);
        body["kinds"] = json!(guarding::kinds(&prepared.personal));
    }
    body
}

/// The action of a prepared answer, that tells with how many files it is made.
fn intent(
    file: &mut CaseFile,
    asked: &Asked,
    wanted: &Answer,
    prepared: &Prepared,
    files: usize,
) -> Option<ActionRow> {
    let reply = prepared.account.source.reply()?;
    let id = asked.mint.id(asked.now, ActionId::new).to_string();
    let chance = u64::from_le_bytes(asked.mint.chance().token_bytes()[..8].try_into().unwrap_or_default());
    let key = reply.new_key(asked.now, chance);
    let once = format!("reply:{id}");
    let mut action = ActionRow::ready(id, &asked.brand_id, "reply", reply.credential(), once, asked.now);
    action.priority = ANSWER_PRIORITY;
    action.case_id = Some(asked.case_id.clone());
    action.mention_id = Some(prepared.target.mention_id.clone());
    action.made_by = Some(asked.actor.person.to_string());
    // By its own way a private message mostly gets an id that no key of ours decides.
    action.expected_id = match prepared.account.source.private().filter(|_| prepared.private) {
        Some(way) => way.expected_id(&key),
        None => reply.expected_id(&key),
    };
    action.answers_id = Some(prepared.target.external_id.clone());
    action.not_before = asked.now.plus(asked.answers.undo).millis();
    let language = tag(&file.case.language);
    let mut payload = json!({ "key": key, "visibility": prepared.composed.visibility, "language": language });
    if files > 0 {
        payload["files"] = json!(files);
    }
    if wanted.automatic || wanted.many.is_some() {
        payload["automatic"] = json!(true);
    }
    if let Some(reason) = &wanted.resolve {
        payload["resolve"] = json!(reason.trim());
    }
    let handed = prepared.handed(wanted);
    if let Some(code) = handed.code() {
        payload["handed"] = json!(code);
        // The row by which what comes back is known.
        if file.case.private == 0 || prepared.given.is_some() {
            let row = file.handover_mut(chance.rotate_left(29), When::now(asked.now));
            if prepared.given.is_some() {
                payload["mail"] = json!(mailed::subject(asked, &row.code));
            }
        }
    }
    action.payload = payload.to_string();
    Some(action)
}

/// The language of an answer as platforms write it; nothing where it is not one of the ten.
pub(super) fn tag(language: &str) -> &str {
    if matches!(language, "other" | "unknown") { "" } else { language }
}

/// Drops the draft of what is sent.
async fn drop_typed(tx: &mut Tx, asked: &Asked, wanted: &Answer) -> Result<(), StoreError> {
    let (case, me) = (asked.case_id.as_str(), asked.actor.person.as_str());
    match wanted.handed {
        Handed::No if wanted.meant != Meant::Passed => answer::drop_draft(tx, case, me).await,
        Handed::Private if !wanted.automatic => {
            let kind = if wanted.by_mail.is_some() { Typing::Mail } else { Typing::Private };
            draft_beside::drop(tx, (case, me, kind.code())).await
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brands_own_numbers_are_no_personal_data() {
        let text = "Call us at +31 20 123 4567 or mail jan@example.org";
        assert_eq!(guarded(text, &[], &[]).len(), 2);
        let left = guarded(text, &[], &["+31201234567".to_owned()]);
        assert_eq!(left.len(), 1);
        assert_eq!(&text[left[0].start..left[0].end], "jan@example.org");
    }
}
