//! What somebody types on the page of a case and has not sent: an answer, a private word, a mail, a note. Kept on the
//! server, so that it survives a reload; a script gets the preview back.

use super::App;
use super::acts::{plain_lines, typed, version};
use super::auth::{Asked, Fields, SentFiles, Viewer};
use super::case::{Look, PreviewPart, Said, Trouble, Typed, actor, brand_for, shown};
use super::enclosed;
use super::error::Error;
use super::frame::{casework_of, page as print};
use crate::casework::{Actor, Casework, CaseworkError, Handed, Typing};
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// Which draft the form of an act fills; the answer's own is none of them.
fn of_act(fields: &Fields) -> Option<Typing> {
    match fields.get("act") {
        "note" => Some(Typing::Note),
        "private_send" if fields.get("mail_to").is_empty() => Some(Typing::Private),
        "private_send" => Some(Typing::Mail),
        _ => None,
    }
}

/// Keeps the words of an act that was refused.
pub(super) async fn kept(
    casework: &Casework,
    (brand_id, id): (&str, &str),
    by: &Actor,
    seen: i64,
    fields: &Fields,
) -> Result<(), Error> {
    let text = plain_lines(fields.get("text"));
    let kept = match (fields.get("act"), of_act(fields)) {
        ("answer", _) => casework.keep_draft(brand_id, id, by, seen, &text).await,
        (_, Some(what)) => casework.keep_beside((brand_id, id), by, seen, (what, &text)).await,
        _ => Ok(()),
    };
    match kept {
        Ok(()) | Err(CaseworkError::Invalid { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// `POST /cases/{id}/draft`: keeps what was typed. A script gets the preview back, a form its page.
pub async fn keep(
    State(app): State<App>,
    Extension(asked): Extension<Arc<Asked>>,
    Extension(viewer): Extension<Arc<Viewer>>,
    Extension(fields): Extension<Arc<Fields>>,
    Extension(sent): Extension<Arc<SentFiles>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let (brand_id, _) = brand_for(&app, &viewer, &id).await?;
    if let Some(what) = of_act(&fields) {
        return beside(&app, &asked, &viewer, (&fields, what), (&brand_id, &id)).await;
    }
    let (seen, text, by) = (version(&fields)?, plain_lines(fields.get("text")), actor(&viewer));
    let to = Some(fields.get("to").to_owned()).filter(|to| !to.is_empty());
    let by_script = fields.get("fragment") == "1";
    let keeping = async {
        casework_of(&app, &viewer).keep_draft(&brand_id, &id, &by, seen, &text).await?;
        if by_script {
            return Ok(());
        }
        enclosed::kept(&app, &viewer, (&brand_id, &id), &fields, &sent).await
    };
    match keeping.await {
        Ok(()) => {}
        Err(CaseworkError::Invalid { what, .. }) if !by_script => {
            let look = Look { to, ..Look::default() };
            let again = Some(Typed { act: "answer".to_owned(), ..typed(&fields) });
            let said = Said { trouble: Some(Trouble::Unfit(what)), again, look, ..Said::default() };
            let page = shown(&app, &asked, &viewer, &id, said).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        Err(error) => return Err(error.into()),
    }
    if !by_script {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("said", "kept");
        if let Some(to) = &to {
            query.append_pair("to", to);
        }
        return Ok(Redirect::to(&format!("/cases/{id}?{}#reply", query.finish())).into_response());
    }
    let preview = app.casework.preview(&brand_id, &id, &by, &text, to.as_deref()).await?;
    print(&PreviewPart::of(&id, &preview, (&text, fields.get("split") == "1"), asked.texts))
}

/// A draft beside the answer. Of a private word the preview comes back, of what has none nothing does.
async fn beside(
    app: &App,
    asked: &Asked,
    viewer: &Viewer,
    (fields, what): (&Fields, Typing),
    (brand_id, id): (&str, &str),
) -> Result<Response, Error> {
    let (seen, text, by) = (version(fields)?, plain_lines(fields.get("text")), actor(viewer));
    casework_of(app, viewer).keep_beside((brand_id, id), &by, seen, (what, &text)).await?;
    if fields.get("fragment") != "1" {
        let place = if what == Typing::Note { "do-note" } else { "private" };
        return Ok(Redirect::to(&format!("/cases/{id}?said=kept#{place}")).into_response());
    }
    if what != Typing::Private {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let about = (text.as_str(), None);
    match app.casework.preview_as(brand_id, id, &by, about, Handed::Private).await {
        Ok(preview) => print(&PreviewPart::of(id, &preview, (&text, false), asked.texts).of_box("private")),
        Err(CaseworkError::Store(error)) => Err(error.into()),
        // It is kept all the same.
        Err(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}
