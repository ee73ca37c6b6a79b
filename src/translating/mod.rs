//! Messages in a reader's language and drafts in a customer's, by a service that the settings name; an optional module.
//!
//! A text goes out only when somebody asks, or when a case is opened whose brand asks for it by a setting; never one of a
//! private channel and never with personal data, unless the settings say so. What comes back is kept as content of the
//! author of the message, so that it goes when their words go. Characters are counted before they leave, over all
//! replicas, and given back only where the service says no or was never reached. Nothing is ever sent to a customer from
//! here.

pub mod config;
mod limit;
mod speaking;

pub use speaking::{Foreign, ServiceError, Translate, build};

use crate::clock::{Clock, Mint};
use crate::domain::audit::{Caller, Entry};
use crate::domain::ids::TranslationId;
use crate::domain::judgement::PersonalData;
use crate::domain::language::Language;
use crate::domain::masking::{Masked, mask};
use crate::domain::money;
use crate::domain::time::{Span, Timestamp};
use crate::store::console::ShownMessage;
use crate::store::rows::CaseRow;
use crate::store::translation::{self as store, TranslationRow};
use crate::store::{Db, StoreError, audit, console, lease};
use crate::triage::personal;
use config::{PersonalRule, TranslationConfig};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest text that is sent, in characters.
pub const CHARS_MAX: usize = 5_000;
/// Most messages of a case among which one is looked for.
const MESSAGES_MAX: i64 = 200;

/// So long a text may be asked for before another replica may ask as well; longer than any call may take.
const TURN: Span = Span::minutes(1);

/// A case, one of its messages, and the translation of it that is kept.
type Found = (CaseRow, ShownMessage, Option<TranslationRow>);

/// What forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is of a private channel.
    #[error("messages of private channels are not sent to the service")]
    Private,
    /// Its brand or platform is none of those in the settings.
    #[error("the settings do not have this brand or platform translated")]
    NotCovered,
    /// More than [`CHARS_MAX`].
    #[error("it is longer than 5,000 characters")]
    TooLong,
    /// More personal data than can be found for certain.
    #[error("it holds too much personal data")]
    TooPersonal,
    /// Somebody else's press has it under way.
    #[error("it is being translated")]
    Busy,
    /// No language of ours.
    #[error("the language is not known")]
    NoLanguage,
    /// An empty draft.
    #[error("there are no words to translate")]
    NoWords,
}

/// Why there is no translation.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TranslatingError {
    /// There is no such message, or its words are gone.
    #[error("there is no such message")]
    NotFound,
    /// The settings or the text forbid it; the words say which.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The characters of this month are used up.
    #[error("the {0} characters of this month are used up")]
    Limit(i64),
    /// The service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which message, and into which language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The brand by id.
    pub brand_id: String,
    /// The brand by name.
    pub brand: String,
    /// The case.
    pub case_id: String,
    /// The message.
    pub mention_id: String,
    /// The language.
    pub to: Language,
}

/// A draft in the customer's language, for somebody to read before it goes anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftThere {
    /// The words.
    pub text: String,
    /// How many pieces of personal data got lost on the way and must be put in by hand.
    pub lost: usize,
}

/// What was used this month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The service.
    pub service: &'static str,
    /// Characters.
    pub characters: i64,
    /// How many are allowed.
    pub limit: Option<i64>,
    /// What they cost, in millionths.
    pub micros: i64,
    /// In which currency.
    pub currency: String,
}

/// Translates; cheap to clone.
#[derive(Clone, Debug)]
pub struct Translator {
    db: Db,
    clock: Arc<dyn Clock>,
    mint: Arc<Mint>,
    config: Arc<TranslationConfig>,
    service: Arc<dyn Translate>,
    caller: Caller,
    /// What is being asked for by this process, so that two readers pay once.
    busy: Arc<Mutex<HashSet<String>>>,
}

impl Translator {
    /// Keeps in `db` what `service` says, within `config`.
    pub fn new(
        (db, clock, mint): (Db, Arc<dyn Clock>, Arc<Mint>),
        config: TranslationConfig,
        service: Arc<dyn Translate>,
    ) -> Self {
        let (config, caller, busy) = (Arc::new(config), Caller::default(), Arc::default());
        Self { db, clock, mint, config, service, caller, busy }
    }

    /// The same for somebody whom a door let in.
    pub fn by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// Whether what stands on a platform, in private or not, may be translated for a brand.
    pub fn offers(&self, brand: &str, platform: &str, private: bool) -> bool {
        self.config.covers(brand, platform) && (self.config.private || !private)
    }

    /// Whether a brand's messages are translated without a press.
    pub fn is_automatic(&self, brand: &str) -> bool {
        self.config.is_automatic(brand)
    }

    fn credential(&self) -> String {
        format!("translation:{}", self.service.name())
    }

    /// What was used this month.
    ///
    /// # Errors
    /// Trouble of the store.
    pub async fn used(&self) -> Result<Used, StoreError> {
        let (credential, month) = (self.credential(), money::month(self.clock.now()));
        let read = self.db.read("reading how much was translated", move |tx| {
            Box::pin(async move { store::used(tx, &credential, &month).await })
        });
        let (characters, micros) = read.await?;
        Ok(Used {
            service: self.service.name(),
            characters,
            limit: self.config.limit(),
            micros,
            currency: self.config.currency.clone(),
        })
    }

    /// A message in another language: as it is kept, or as the service says now.
    ///
    /// # Errors
    /// Why not, in words for people; nothing is kept then.
    pub async fn message(&self, wanted: &Wanted) -> Result<TranslationRow, TranslatingError> {
        let to = named(wanted.to)?;
        let (case, message, kept) = self.found(wanted, to).await?.ok_or(TranslatingError::NotFound)?;
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let body = message.body.as_deref().filter(|_| message.deleted_at.is_none());
        let text = body.and_then(text_of).ok_or(TranslatingError::NotFound)?;
        self.allowed(&wanted.brand, &case.platform, message.private == 1)?;
        let places: Vec<PersonalData> = serde_json::from_str(&message.personal_data).unwrap_or_default();
        let masked = self.masked(&text, places)?;
        self.room(&masked.text).await?;
        let busy = TranslatingError::Refused(Refusal::Busy);
        let key = format!("translation/{}/{}/{}/{to}", wanted.brand_id, wanted.mention_id, message.revision);
        let Some(_turn) = Turn::of(&self.busy, key.clone()) else { return Err(busy) };
        let id = self.mint.id(self.clock.now(), TranslationId::new).to_string();
        match self.begin(wanted, (message.revision, to), (&key, &id)).await? {
            Some(true) => {}
            Some(false) => return Err(busy),
            // Another replica was just done with it.
            None => return self.again(wanted, to).await,
        }
        let (said, characters) = match self.asked(&masked.text, to).await {
            Ok(said) => said,
            Err(error) => {
                self.end(&key, &id).await?;
                self.tried("translation.ask", (&wanted.brand_id, &wanted.case_id), &error).await?;
                return Err(error);
            }
        };
        let row = TranslationRow {
            id,
            brand_id: wanted.brand_id.clone(),
            mention_id: wanted.mention_id.clone(),
            revision: message.revision,
            language: to.to_owned(),
            from_language: said.from.chars().take(20).collect(),
            service: self.service.name().to_owned(),
            characters,
            masked: i64::try_from(masked.taken.len()).unwrap_or(i64::MAX),
            at: self.clock.now().millis(),
            words: Some(masked.covered(&said.text)),
        };
        if self.keep(wanted, &row, &key).await? { Ok(row) } else { self.again(wanted, to).await }
    }

    /// The case and the message as they stand, and the translation of it that is kept, with its words.
    async fn found(&self, wanted: &Wanted, to: &'static str) -> Result<Option<Found>, StoreError> {
        let asked = wanted.clone();
        let read = self.db.read("reading a message to be translated", move |tx| {
            Box::pin(async move {
                let Some(case) = console::case(tx, &asked.brand_id, &asked.case_id).await? else {
                    return Ok(None);
                };
                let all = console::messages_of(tx, &asked.brand_id, &asked.case_id, MESSAGES_MAX).await?;
                let Some(message) = all.into_iter().find(|m| m.mention_id == asked.mention_id) else {
                    return Ok(None);
                };
                let of = (asked.mention_id.as_str(), message.revision);
                let kept = store::get(tx, &asked.brand_id, of, to).await?;
                Ok(Some((case, message, kept.filter(|k| k.words.is_some()))))
            })
        });
        read.await
    }

    /// What another process kept meanwhile.
    async fn again(&self, wanted: &Wanted, to: &'static str) -> Result<TranslationRow, TranslatingError> {
        let found = self.found(wanted, to).await?;
        found.and_then(|(_, _, kept)| kept).ok_or(TranslatingError::NotFound)
    }

    /// Takes the turn to ask for a text, over all replicas: `false` while another has it, none where it is kept by now.
    async fn begin(
        &self,
        wanted: &Wanted,
        (revision, to): (i64, &'static str),
        (key, id): (&str, &str),
    ) -> Result<Option<bool>, StoreError> {
        let (asked, key, id, now) = (wanted.clone(), key.to_owned(), id.to_owned(), self.clock.now());
        let begun = self.db.write_again("beginning a translation", move |tx| {
            let (asked, key, id) = (asked.clone(), key.clone(), id.clone());
            Box::pin(async move {
                if lease::take(tx, &key, &id, now, TURN).await?.is_none() {
                    return Ok(Some(false));
                }
                let kept = store::get(tx, &asked.brand_id, (&asked.mention_id, revision), to).await?;
                if kept.is_some_and(|k| k.words.is_some()) {
                    store::end_turn(tx, &key, &id).await?;
                    return Ok(None);
                }
                Ok(Some(true))
            })
        });
        begun.await
    }

    /// Gives the turn to ask for a text back.
    async fn end(&self, key: &str, id: &str) -> Result<(), StoreError> {
        let (key, id) = (key.to_owned(), id.to_owned());
        let ended = self.db.write_again("ending a translation", move |tx| {
            let (key, id) = (key.clone(), id.clone());
            Box::pin(async move { store::end_turn(tx, &key, &id).await })
        });
        ended.await
    }

    /// Keeps a translation and ends its turn; `false` where nothing was kept.
    async fn keep(&self, wanted: &Wanted, row: &TranslationRow, key: &str) -> Result<bool, StoreError> {
        let entry = Entry::done(&self.caller, "translation.ask", &wanted.case_id).in_brand(&wanted.brand_id);
        let (row, key, now) = (row.clone(), key.to_owned(), Timestamp(row.at));
        let kept = self.db.write_again("keeping a translation", move |tx| {
            let (row, entry, key) = (row.clone(), entry.clone(), key.clone());
            Box::pin(async move {
                let kept = store::put(tx, &row).await?;
                // What went out is written down also where nothing is left to keep it with.
                audit::append(tx, &entry, now).await?;
                store::end_turn(tx, &key, &row.id).await?;
                Ok(kept)
            })
        });
        kept.await
    }

    /// A draft in the customer's language. Nothing of it is kept, and nothing is sent to anybody.
    ///
    /// # Errors
    /// Why not, in words for people.
    pub async fn draft(
        &self,
        (brand_id, brand): (&str, &str),
        (case_id, platform, private): (&str, &str, bool),
        text: &str,
        to: Language,
    ) -> Result<DraftThere, TranslatingError> {
        let to = named(to)?;
        if text.trim().is_empty() {
            return Err(TranslatingError::Refused(Refusal::NoWords));
        }
        self.allowed(brand, platform, private)?;
        let masked = self.masked(text, Vec::new())?;
        let said = match self.asked(&masked.text, to).await {
            Ok((said, _)) => said,
            Err(error) => {
                self.tried("translation.draft", (brand_id, case_id), &error).await?;
                return Err(error);
            }
        };
        let entry = Entry::done(&self.caller, "translation.draft", case_id).in_brand(brand_id);
        let now = self.clock.now();
        let noted = self.db.write_again("noting that a draft was translated", move |tx| {
            let entry = entry.clone();
            Box::pin(async move { audit::append(tx, &entry, now).await })
        });
        noted.await?;
        let (text, lost) = masked.restored(&said.text);
        Ok(DraftThere { text, lost })
    }

    /// Writes down that words went out, or may have, though nothing came of it.
    async fn tried(
        &self,
        act: &str,
        (brand_id, case_id): (&str, &str),
        error: &TranslatingError,
    ) -> Result<(), StoreError> {
        if !matches!(error, TranslatingError::Service(ServiceError::Refused(_) | ServiceError::Away(_))) {
            return Ok(());
        }
        let (entry, now) = (Entry::done(&self.caller, act, case_id).in_brand(brand_id), self.clock.now());
        let noted = self.db.write_again("noting a try to translate", move |tx| {
            let entry = entry.clone();
            Box::pin(async move { audit::append(tx, &entry, now).await })
        });
        noted.await
    }

    fn allowed(&self, brand: &str, platform: &str, private: bool) -> Result<(), TranslatingError> {
        if private && !self.config.private {
            return Err(TranslatingError::Refused(Refusal::Private));
        }
        if !self.config.covers(brand, platform) {
            return Err(TranslatingError::Refused(Refusal::NotCovered));
        }
        Ok(())
    }

    /// What of a text goes out.
    fn masked(&self, text: &str, mut places: Vec<PersonalData>) -> Result<Masked, Refusal> {
        match self.config.personal_data {
            PersonalRule::Send => Ok(Masked { text: text.to_owned(), taken: Vec::new() }),
            PersonalRule::Mask => {
                let mut found = Vec::new();
                personal::find_into(text, &[], &mut found);
                // Behind so many it looks no further, and the rest would go out as it is.
                if found.len() >= personal::FINDS_MAX {
                    return Err(Refusal::TooPersonal);
                }
                places.extend(found);
                Ok(mask(text, &places))
            }
        }
    }

    /// Asks the service within the limit of the month; how many characters went out stands beside.
    async fn asked(&self, text: &str, to: &str) -> Result<(Foreign, i64), TranslatingError> {
        let n = text.chars().count();
        if n > CHARS_MAX {
            return Err(TranslatingError::Refused(Refusal::TooLong));
        }
        let characters = i64::try_from(n).unwrap_or(i64::MAX);
        let micros = self.config.micros(characters);
        let (credential, day) = (self.credential(), self.clock.now().day());
        let (currency, limit) = (self.config.currency.clone(), self.config.limit());
        let of = (credential.clone(), day.clone(), currency.clone());
        let counted = self.db.write_again("counting what is translated", move |tx| {
            let of = of.clone();
            Box::pin(
                async move { store::reserve(tx, (&of.0, &of.1, &of.2), (characters, micros), limit).await },
            )
        });
        if !counted.await? {
            noted(self.service.name(), "limit");
            self.refused().await?;
            return Err(TranslatingError::Limit(limit.unwrap_or_default()));
        }
        self.reached().await?;
        let said = self.service.translate(text, to).await;
        match &said {
            Err(error) if !error.may_count() => {
                let of = (credential, day, currency);
                let given = self.db.write_again("giving back what was not translated", move |tx| {
                    let of = of.clone();
                    Box::pin(
                        async move { store::count(tx, (&of.0, &of.1, &of.2), (-characters, -micros)).await },
                    )
                });
                given.await?;
            }
            _ => self.measure(characters, micros),
        }
        noted(self.service.name(), if said.is_ok() { "done" } else { "failed" });
        Ok((said?, characters))
    }

    fn measure(&self, characters: i64, micros: i64) {
        let positive = |n: i64| u64::try_from(n).unwrap_or(0);
        metrics::counter!("webcared_translated_characters_total", "service" => self.service.name())
            .increment(positive(characters));
        metrics::counter!("webcared_spent_micros_total", "credential" => self.credential(), "unit" => "character")
            .increment(positive(micros));
    }
}

fn noted(service: &'static str, outcome: &'static str) {
    metrics::counter!("webcared_translations_total", "service" => service, "outcome" => outcome).increment(1);
}

/// The code of a language that texts can be put into.
fn named(to: Language) -> Result<&'static str, TranslatingError> {
    match to {
        Language::Other | Language::Unknown => Err(TranslatingError::Refused(Refusal::NoLanguage)),
        known => Ok(known.code()),
    }
}

/// The words of a post, which are kept as a JSON object.
fn text_of(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("text")?.as_str().filter(|t| !t.trim().is_empty()).map(ToOwned::to_owned)
}

/// That one text is being asked for; ends with its owner.
struct Turn {
    busy: Arc<Mutex<HashSet<String>>>,
    key: String,
}

impl Turn {
    fn of(busy: &Arc<Mutex<HashSet<String>>>, key: String) -> Option<Self> {
        let fresh = busy.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        fresh.then(|| Self { busy: busy.clone(), key })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
