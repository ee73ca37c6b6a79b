//! Messages and drafts in another language, where that is switched on: what is shown beside a message, and the press that
//! asks for it.

use super::{Loaded, Said, Trouble, Typed, actor, brand_for, shown};
use crate::casework::answering::guarded;
use crate::casework::{CaseChanged, CaseworkError};
use crate::domain::language::Language;
use crate::store::translation::{self as store, TranslationRow};
use crate::translating::{Refusal, ServiceError, TranslatingError, Translator, Wanted};
use crate::web::auth::{Asked, Fields, SentFiles, Viewer};
use crate::web::error::Error;
use crate::web::frame::casework_of;
use crate::web::shown::Shown;
use crate::web::texts::Texts;
use crate::web::texts::pages::translation::TranslationTexts;
use crate::web::{App, acts, enclosed};
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// Most messages of a case that are translated by opening it.
const AUTOMATIC_MAX: usize = 10;

/// What is known of a case's translations; nothing where the module is off.
#[derive(Default)]
pub struct Found {
    rows: Vec<TranslationRow>,
    /// Whether messages in public, and in private, may be translated.
    offers: (bool, bool),
    /// Whether a draft may be: into which language.
    draft: bool,
}

/// A message in the reader's language.
pub struct Translation {
    /// The words.
    pub text: Shown,
    /// From which language, as the service says.
    pub from: String,
    /// Which service.
    pub by: String,
    /// Whether something was covered before it went out.
    pub masked: bool,
    /// The tag of the language.
    pub language: String,
}

impl Found {
    /// The translation of a message as it stands now.
    pub fn of(&self, mention_id: &str, revision: i64, open: bool, t: &Texts) -> Option<Translation> {
        let row = self.rows.iter().find(|r| r.mention_id == mention_id && r.revision == revision)?;
        let words = row.words.as_deref()?;
        let covers = if open { Vec::new() } else { guarded(words, &[], &[]) };
        Some(Translation {
            text: Shown::of(words, &covers, t),
            from: row.from_language.clone(),
            by: row.service.clone(),
            masked: row.masked > 0,
            language: row.language.clone(),
        })
    }

    fn has(&self, mention_id: &str, revision: i64) -> bool {
        let of = |r: &TranslationRow| r.mention_id == mention_id && r.revision == revision;
        self.rows.iter().any(|r| of(r) && r.words.is_some())
    }

    /// Whether a message may be translated at the reader's press.
    pub const fn offers(&self, private: bool) -> bool {
        if private { self.offers.1 } else { self.offers.0 }
    }

    /// Whether the box offers to translate a draft.
    pub const fn draft(&self) -> bool {
        self.draft
    }
}

/// The language that is translated into for a reader: that of the page, or English where it is none of those that we know.
fn tongue(t: &Texts) -> Language {
    match Language::from_tag(t.lang) {
        Language::Other | Language::Unknown => Language::En,
        known => known,
    }
}

/// Reads what was translated of a case for this reader, and begins what its brand has translated without a press.
pub async fn look(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    (loaded, brand): (&Loaded, &str),
) -> Result<Found, Error> {
    let Some(translator) = &app.modules.translator else { return Ok(Found::default()) };
    let (case, to) = (&loaded.case, tongue(asked.texts).code());
    // Who reads the language of the case needs no machine.
    if case.language == to || !viewer.person.may_work() {
        return Ok(Found::default());
    }
    let (brand_id, case_id) = (case.brand_id.clone(), case.id.clone());
    let read = app.db.read("reading translations of a case", move |tx| {
        Box::pin(async move { store::of_case(tx, &brand_id, (&case_id, to)).await })
    });
    let offers = |private| translator.offers(brand, &case.platform, private);
    let known = Language::from_code(&case.language)
        .is_some_and(|l| !matches!(l, Language::Other | Language::Unknown));
    let latest_private = loaded.latest().is_some_and(|m| m.private == 1);
    let found = Found {
        rows: read.await?,
        offers: (offers(false), offers(true)),
        draft: known && offers(latest_private),
    };
    if translator.is_automatic(brand) {
        begin(app, viewer, translator, (loaded, brand), (&found, to));
    }
    Ok(found)
}

/// Has the latest messages translated that are not, in a task of its own; the page is told when they are there.
fn begin(
    app: &App,
    viewer: &Viewer,
    translator: &Translator,
    (loaded, brand): (&Loaded, &str),
    (found, to): (&Found, &str),
) {
    let Some(to) = Language::from_code(to) else { return };
    let lacks = loaded.messages.iter().filter(|m| {
        m.deleted_at.is_none()
            && found.offers(m.private == 1)
            && crate::web::inbox::words(m.body.as_deref()).is_some()
            && !found.has(&m.mention_id, m.revision)
    });
    let wanted: Vec<Wanted> = lacks
        .take(AUTOMATIC_MAX)
        .map(|m| Wanted {
            brand_id: loaded.case.brand_id.clone(),
            brand: brand.to_owned(),
            case_id: loaded.case.id.clone(),
            mention_id: m.mention_id.clone(),
            to,
        })
        .collect();
    if wanted.is_empty() {
        return;
    }
    let (translator, changed) = (translator.by(viewer.caller.clone()), app.changed.clone());
    tokio::spawn(async move {
        let mut any = None;
        for one in wanted {
            match translator.message(&one).await {
                Ok(_) => any = Some(CaseChanged { brand_id: one.brand_id, case_id: one.case_id }),
                // That may hold for this one alone.
                Err(TranslatingError::Refused(_) | TranslatingError::NotFound) => {}
                Err(error) => {
                    tracing::info!(%error, "a message was not translated by itself");
                    break;
                }
            }
        }
        if let Some(changed_case) = any {
            let _ = changed.send(changed_case);
        }
    });
}

/// Why there is no translation, in the reader's language; what a service says of itself stands as it said it.
fn told(t: &TranslationTexts, error: &TranslatingError) -> String {
    let why = match error {
        TranslatingError::NotFound | TranslatingError::Store(_) => "",
        TranslatingError::Refused(why) => match why {
            Refusal::Private => t.no_private,
            Refusal::NotCovered => t.no_cover,
            Refusal::TooLong => t.too_long,
            Refusal::TooPersonal => t.too_personal,
            Refusal::Busy => t.busy,
            Refusal::NoLanguage => t.no_language,
            Refusal::NoWords => t.no_words,
        },
        TranslatingError::Limit(_) => t.used_up,
        TranslatingError::Service(ServiceError::Refused(said)) => {
            return format!("{} {} ({said})", t.failed, t.refused);
        }
        TranslatingError::Service(ServiceError::Away(_)) => t.away,
        TranslatingError::Service(ServiceError::Resting) => t.resting,
    };
    format!("{} {why}", t.failed)
}

/// `POST /cases/{id}/translate`: a message (`what` is its id), or the words of the reply box (`draft`).
pub async fn ask(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Extension(sent): Extension<Arc<SentFiles>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand_id, brand) = brand_for(&app, &viewer, &id).await?;
    let translator = app.modules.translator.as_ref().ok_or(Error::NotFound)?.by(viewer.caller.clone());
    let what = fields.get("what");
    if what == "draft" {
        return draft(&app, &asked, &viewer, (&fields, &sent), (&translator, &brand_id, &brand, &id)).await;
    }
    let to = tongue(asked.texts);
    let wanted = Wanted { brand_id, brand, case_id: id.clone(), mention_id: what.to_owned(), to };
    match translator.message(&wanted).await {
        Ok(_) => {
            let unmask = if fields.get("unmask") == "1" { "?unmask=1" } else { "" };
            Ok(Redirect::to(&format!("/cases/{id}{unmask}#{what}")).into_response())
        }
        Err(TranslatingError::NotFound) => Err(Error::NotFound),
        Err(TranslatingError::Store(error)) => Err(error.into()),
        Err(error) => {
            let notice = Some(told(asked.texts.translation(), &error));
            let page = shown(&app, &asked, &viewer, &id, Said { notice, ..Said::default() }).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
    }
}

/// The words of the box in the customer's language, in the box, with the writer's own below. Nothing is sent.
async fn draft(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    (fields, sent): (&Fields, &SentFiles),
    (translator, brand_id, brand, id): (&Translator, &str, &str, &str),
) -> Result<Response, Error> {
    let (own, t) = (fields.get("text").replace("\r\n", "\n"), asked.texts.translation());
    let seen = fields
        .get("version")
        .parse()
        .map_err(|_| Error::Invalid("version: the number of the view is missing".to_owned()))?;
    let answered = Some(fields.get("to").to_owned()).filter(|to| !to.is_empty());
    let typed = |text: String| Typed { act: "answer".to_owned(), text, ..acts::typed(fields) };
    let look = super::Look { to: answered.clone(), ..super::Look::default() };
    let base = Said { look, ..Said::default() };
    // Their own words and files are kept, whatever the machine makes of them.
    let keeping = async {
        casework_of(app, viewer).keep_draft(brand_id, id, &actor(viewer), seen, &own).await?;
        enclosed::kept(app, viewer, (brand_id, id), fields, sent).await
    };
    let kept = keeping.await;
    match kept {
        Ok(()) => {}
        Err(CaseworkError::Invalid { what, .. }) => {
            let said = Said { trouble: Some(Trouble::Unfit(what)), again: Some(typed(own)), ..base };
            let page = shown(app, asked, viewer, id, said).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        Err(CaseworkError::NotFound) => return Err(Error::NotFound),
        Err(error) => return Err(error.into()),
    }
    let (loaded, _) = super::look(app, viewer, id, super::SHOWN_MAX).await?;
    let case = &loaded.case;
    let to = Language::from_code(&case.language).unwrap_or_default();
    let message = match &answered {
        Some(to) => loaded.messages.iter().find(|m| m.mention_id == *to),
        None => loaded.latest(),
    };
    let private = message.is_none_or(|m| m.private == 1);
    let on = (id, case.platform.as_str(), private);
    let (status, said) = match translator.draft((brand_id, brand), on, &own, to).await {
        Ok(there) => {
            let notice = (there.lost > 0).then(|| t.draft_lost.to_owned());
            let said = Said {
                notice,
                fine: Some(t.draft_there),
                own_words: Some(own),
                again: Some(typed(there.text)),
                ..base
            };
            (StatusCode::OK, said)
        }
        Err(TranslatingError::Store(error)) => return Err(error.into()),
        Err(error) => {
            let notice = Some(told(t, &error));
            (StatusCode::CONFLICT, Said { notice, again: Some(typed(own)), ..base })
        }
    };
    Ok((status, shown(app, asked, viewer, id, said).await?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::texts::{EN, NL, extra};

    #[test]
    fn a_reader_is_translated_for_in_the_language_of_the_page_or_in_english() {
        let of_file = |tag: &str| tongue(extra::read(&format!("lang = \"{tag}\"")).texts.unwrap());
        assert_eq!((tongue(&EN), tongue(&NL)), (Language::En, Language::Nl));
        assert_eq!((of_file("de-AT"), of_file("nb")), (Language::De, Language::No));
        assert_eq!(of_file("fy"), Language::En, "one that we do not know");
    }
}
