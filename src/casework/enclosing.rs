//! Files that go along with an answer: put into somebody's draft, looked at against what the platform takes, bound to
//! the answer in its transaction.
//!
//! A file belongs to the draft of who put it in until an answer takes it; the answer that is called back gives it back.
//! What a picture tells of the place and the hour is taken out before it is kept, as from customers' pictures.

use super::answering::{Answer, Prepared, invalid};
use super::{Act, Actor, Asked, Casework, CaseworkError, customers};
use crate::attaching::strip::{Unfit, strip};
use crate::domain::enclosed::{Called, FILE_BYTES_MAX, FILES_MAX, Fact, size};
use crate::domain::file::Media;
use crate::domain::ids::AnswerFileId;
use crate::store::enclosed::{self, FileOfOurs, New};
use crate::store::{StoreError, Tx, case};

/// Which files go along with an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// None; what stands in a draft stays there.
    #[default]
    None,
    /// All that stand in the draft of who answers.
    Draft,
    /// These of them, in this order.
    These(Vec<String>),
    /// Those that wait with an answer for a second person.
    OfPass(String),
}

/// A file as somebody hands it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedIn {
    /// What it is called where it comes from.
    pub name: String,
    /// What a picture shows.
    pub alt: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What is known of a file without its bytes.
pub fn fact(file: &FileOfOurs) -> Option<Fact> {
    let called = called(file);
    Some(Fact {
        media: Media::from_mime(&file.media)?,
        bytes: usize::try_from(file.bytes).unwrap_or(usize::MAX),
        alt_chars: called.alt.chars().count(),
        name: called.name,
    })
}

/// What a file is called and shows.
pub fn called(file: &FileOfOurs) -> Called {
    serde_json::from_str(&file.body).unwrap_or_default()
}

/// A file that somebody handed in: what it is, its width and height, its bytes, and what it is called.
type Cleaned = (Media, Option<(i64, i64)>, Vec<u8>, Called);

/// What is left of what somebody handed in, once it is known what it is.
fn cleaned(handed: HandedIn) -> Result<Cleaned, CaseworkError> {
    let name = Called::cleaned(&handed.name, "", Media::Pdf).name;
    if handed.bytes.is_empty() {
        return invalid("files", format!("'{name}' is empty"));
    }
    if handed.bytes.len() > FILE_BYTES_MAX {
        let (has, most) = (size(handed.bytes.len()), size(FILE_BYTES_MAX));
        return invalid("files", format!("'{name}' has {has}; allowed are {most} a file"));
    }
    let Some(media) = Media::of(&handed.bytes) else {
        return invalid("files", format!("'{name}' is no JPEG, PNG, GIF, WebP or PDF"));
    };
    let called = Called::cleaned(&handed.name, &handed.alt, media);
    if !media.is_picture() {
        return Ok((media, None, handed.bytes, called));
    }
    match strip(media, &handed.bytes) {
        Ok(clean) => {
            let size = (i64::from(clean.width), i64::from(clean.height));
            Ok((media, Some(size), clean.bytes, called))
        }
        Err(Unfit::Broken) => invalid("files", format!("'{name}' is damaged")),
        Err(Unfit::TooLarge) => invalid("files", format!("'{name}' has too many pixels")),
    }
}

impl Casework {
    /// Puts a file into the draft of who acts; the same file again is that file, with the new description.
    pub async fn enclose(
        &self,
        (brand_id, case_id): (&str, &str),
        actor: &Actor,
        handed: HandedIn,
    ) -> Result<FileOfOurs, CaseworkError> {
        let (media, size, bytes, called) = cleaned(handed)?;
        let asked = self.asked(brand_id, case_id, 0, actor, Act::Release);
        let new = New {
            id: asked.mint.id(asked.now, AnswerFileId::new).to_string(),
            brand_id: brand_id.to_owned(),
            case_id: case_id.to_owned(),
            subject: String::new(),
            person_id: actor.person.to_string(),
            media: media.mime(),
            size,
            // Two texts, which JSON can always write.
            body: serde_json::to_string(&called).unwrap_or_default(),
            bytes,
        };
        let kept = self.db.write_again("keeping a file of ours", move |tx| {
            let (asked, new) = (asked.clone(), new.clone());
            Box::pin(async move { keep(tx, &asked, new).await })
        });
        kept.await?
    }

    /// The files in the draft of who acts.
    pub async fn enclosed(
        &self,
        (brand_id, case_id): (&str, &str),
        actor: &Actor,
    ) -> Result<Vec<FileOfOurs>, CaseworkError> {
        let (brand, case, person) = (brand_id.to_owned(), case_id.to_owned(), actor.person.to_string());
        let found = self.db.read("reading files of a draft", move |tx| {
            Box::pin(async move { enclosed::of_draft(tx, (&brand, &case), &person).await })
        });
        Ok(found.await?)
    }

    /// Says anew what a picture in the draft of who acts shows; tells whether it stands there.
    pub async fn describe_file(
        &self,
        (brand_id, case_id): (&str, &str),
        actor: &Actor,
        (file, alt): (&str, &str),
    ) -> Result<bool, CaseworkError> {
        let (brand, case, person) = (brand_id.to_owned(), case_id.to_owned(), actor.person.to_string());
        let (file, alt) = (file.to_owned(), alt.to_owned());
        let said = self.db.write_again("describing a file of ours", move |tx| {
            let (brand, case, person, file, alt) =
                (brand.clone(), case.clone(), person.clone(), file.clone(), alt.clone());
            Box::pin(async move {
                let all = enclosed::of_draft(tx, (&brand, &case), &person).await?;
                let Some(found) = all.into_iter().find(|f| f.id == file) else { return Ok(false) };
                describe(tx, &found, &alt).await?;
                Ok(true)
            })
        });
        Ok(said.await?)
    }

    /// Takes a file out of the draft of who acts; tells whether it stood there.
    pub async fn take_file_out(
        &self,
        (brand_id, case_id): (&str, &str),
        actor: &Actor,
        file: &str,
    ) -> Result<bool, CaseworkError> {
        let (brand, case, person) = (brand_id.to_owned(), case_id.to_owned(), actor.person.to_string());
        let file = file.to_owned();
        let gone = self.db.write_again("taking a file of ours out", move |tx| {
            let (brand, case, person, file) = (brand.clone(), case.clone(), person.clone(), file.clone());
            Box::pin(async move {
                // An answer that takes the file at this moment holds the case: one of both comes first.
                if case::get(tx, &brand, &case).await?.is_none() {
                    return Ok(false);
                }
                let all = enclosed::of_draft(tx, (&brand, &case), &person).await?;
                let found: Vec<FileOfOurs> = all.into_iter().filter(|f| f.id == file).collect();
                enclosed::remove(tx, &found).await?;
                Ok(!found.is_empty())
            })
        });
        Ok(gone.await?)
    }
}

async fn describe(tx: &mut Tx, file: &FileOfOurs, alt: &str) -> Result<Called, StoreError> {
    let media = Media::from_mime(&file.media).unwrap_or(Media::Pdf);
    let fresh = Called::cleaned(&called(file).name, alt, media);
    let body = serde_json::to_string(&fresh).unwrap_or_default();
    // The row stands; its subject stays.
    crate::store::answer::put_content(tx, &file.id, "", "answer_file", &body).await?;
    Ok(fresh)
}

async fn keep(
    tx: &mut Tx,
    asked: &Asked,
    mut new: New,
) -> Result<Result<FileOfOurs, CaseworkError>, StoreError> {
    let Some(row) = case::look(tx, &asked.brand_id, &asked.case_id).await? else {
        return Ok(Err(CaseworkError::NotFound));
    };
    let at = (asked.brand_id.as_str(), asked.case_id.as_str());
    let all = enclosed::of_draft(tx, at, &new.person_id).await?;
    let digest = enclosed::digest_of(&new.bytes);
    if let Some(same) = all.iter().find(|f| f.digest == digest) {
        let fresh: Called = serde_json::from_str(&new.body).unwrap_or_default();
        let alt = if fresh.alt.is_empty() { called(same).alt } else { fresh.alt };
        describe(tx, same, &alt).await?;
        new.id.clone_from(&same.id);
    } else {
        if all.len() >= FILES_MAX {
            return Ok(invalid("files", format!("at most {FILES_MAX} stand in one draft; take some out")));
        }
        new.subject.clone_from(&row.author_id);
        enclosed::add(tx, &new, asked.now).await?;
    }
    let all = enclosed::of_draft(tx, at, &new.person_id).await?;
    Ok(all.into_iter().find(|f| f.id == new.id).ok_or(CaseworkError::NotFound))
}

/// The files that an answer is to take along.
async fn meant(
    tx: &mut Tx,
    asked: &Asked,
    files: &Files,
) -> Result<Result<Vec<FileOfOurs>, CaseworkError>, StoreError> {
    let (at, me) = ((asked.brand_id.as_str(), asked.case_id.as_str()), asked.actor.person.as_str());
    Ok(match files {
        Files::None => Ok(Vec::new()),
        Files::Draft => Ok(enclosed::of_draft(tx, at, me).await?),
        Files::OfPass(pass) => {
            let all = enclosed::of_case(tx, at.0, at.1).await?;
            Ok(all.into_iter().filter(|f| f.state == "asked" && f.goes_with == *pass).collect())
        }
        Files::These(ids) => {
            let all = enclosed::of_draft(tx, at, me).await?;
            let mut found: Vec<FileOfOurs> = Vec::new();
            for id in ids {
                match all.iter().find(|f| f.id == *id) {
                    Some(file) if !found.contains(file) => found.push(file.clone()),
                    Some(_) => {}
                    None => {
                        let what = "one of them does not stand in your draft of this case; upload it first";
                        return Ok(invalid("files", what));
                    }
                }
            }
            Ok(found)
        }
    })
}

/// Why the platform would not take these files with this answer.
pub(super) fn refused(prepared: &Prepared, files: &[FileOfOurs]) -> Option<String> {
    let facts: Vec<Fact> = files.iter().filter_map(fact).collect();
    let platform = platform_name(&prepared.target.platform);
    if let Some(why) = prepared.file_limits.refuse(&platform, &facts, &prepared.composed.text) {
        return Some(why);
    }
    // What stands with a picture is read like the words.
    let guard = Some(prepared.guard.as_ref()?);
    let read = (guard, prepared.customer.as_ref(), prepared.target.profile.as_deref());
    files.iter().map(called).find_map(|c| {
        let given = [&c.alt, &c.name].iter().any(|t| !customers::given_away(t, read).is_empty());
        given.then(|| {
            format!("the name or description of '{}' holds personal data; a public answer must not", c.name)
        })
    })
}

/// The platform as people call it.
pub fn platform_name(platform: &str) -> String {
    match platform {
        "email" => "a mail".to_owned(),
        "discourse" => "the forum".to_owned(),
        other => {
            let mut chars = other.chars();
            chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
        }
    }
}

/// The files of an answer, if the platform takes them.
pub(super) async fn checked(
    tx: &mut Tx,
    asked: &Asked,
    wanted: &Answer,
    prepared: &Prepared,
) -> Result<Result<Vec<FileOfOurs>, CaseworkError>, StoreError> {
    let files = match meant(tx, asked, &wanted.files).await? {
        Ok(files) => files,
        Err(refused) => return Ok(Err(refused)),
    };
    Ok(match refused(prepared, &files) {
        Some(why) => invalid("files", why),
        None => Ok(files),
    })
}

/// Binds files to what they wait or go with.
pub(super) async fn bind(
    tx: &mut Tx,
    files: &[FileOfOurs],
    (state, with): (&str, &str),
) -> Result<(), StoreError> {
    let ids: Vec<String> = files.iter().map(|f| f.id.clone()).collect();
    enclosed::put_with(tx, &ids, (state, with), None).await
}

/// Gives the files of an answer back to somebody's draft.
pub(super) async fn give_back(tx: &mut Tx, asked: &Asked, with: &str, whose: &str) -> Result<(), StoreError> {
    let all = enclosed::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    let ids: Vec<String> = all.into_iter().filter(|f| f.goes_with == with).map(|f| f.id).collect();
    enclosed::put_with(tx, &ids, ("draft", ""), Some(whose)).await
}

/// Takes the files of an answer away that a second person let not pass.
pub(super) async fn drop_of(tx: &mut Tx, asked: &Asked, with: &str) -> Result<(), StoreError> {
    let all = enclosed::of_case(tx, &asked.brand_id, &asked.case_id).await?;
    let found: Vec<FileOfOurs> = all.into_iter().filter(|f| f.goes_with == with).collect();
    enclosed::remove(tx, &found).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_it_says_it_is_is_taken() {
        let handed = |name: &str, bytes: &[u8]| {
            cleaned(HandedIn { name: name.into(), alt: String::new(), bytes: bytes.to_vec() })
        };
        let why = |name: &str, bytes: &[u8]| handed(name, bytes).unwrap_err().to_string();
        assert!(why("x.svg", b"<svg>").contains("no JPEG, PNG, GIF, WebP or PDF"));
        assert!(why("x.png", b"").contains("is empty"));
        assert!(why("x.png", b"\x89PNG\r\n\x1a\nxx").contains("damaged"));
        let (media, size, _, called) = handed("a/b.pdf", b"%PDF-1.7 ...").unwrap();
        assert_eq!((media, size, called.name.as_str()), (Media::Pdf, None, "b.pdf"));
        assert!(why("large.pdf", &[b"%PDF-".to_vec(), vec![0; FILE_BYTES_MAX]].concat()).contains("10.5 MB"));
    }
}
