//! Texts of brands for programs: all that there are, and those of the console written, changed and retired.

use super::ask::{Call, Reply};
use super::problem::Problem;
use super::word::{At, LevelWord, TextKindWord, at};
use crate::casework::templates::{Length, Listed};
use crate::catalogue::maker;
use crate::domain::judgement::Level;
use crate::domain::template::Template as Words;
use crate::store::person;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How long an example is on a platform.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateLength {
    /// The platform.
    pub platform: String,
    /// How long it is, as the platform counts.
    pub length: usize,
    /// How long it may be.
    pub max: usize,
    /// Whether it fits.
    pub fits: bool,
}

impl TemplateLength {
    /// As programs read it.
    pub fn of(length: &Length) -> Self {
        Self {
            platform: length.platform.to_owned(),
            length: length.length,
            max: length.max,
            fits: length.fits,
        }
    }
}

/// A text of a brand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Template {
    /// What it is for: `offer`, `reminder`, `holding`, `survey`, `survey_open`, or a protocol.
    pub kind: String,
    /// The language it is in; none for every language without one of its own.
    pub language: Option<String>,
    /// Only at this level.
    pub level: Option<String>,
    /// Only on this platform.
    pub platform: Option<String>,
    /// The words, with variables in braces.
    pub text: String,
    /// Its id; none for one of the settings, which is changed there.
    pub id: Option<String>,
    /// The number of its version; none for one of the settings.
    pub version: Option<i64>,
    /// Who made the version, by login.
    pub made_by: Option<String>,
    /// When.
    pub made_at: Option<At>,
    /// Its place in the settings; none for one of the console.
    pub place: Option<String>,
    /// Whether it was retired.
    pub retired: bool,
    /// Whether another for the same stands before it, so that nothing chooses it.
    pub shadowed: bool,
    /// Whether what it is for is switched off for this brand.
    pub off: bool,
    /// The words with an example filled in.
    pub example: String,
    /// How long the example is where it may be sent.
    pub lengths: Vec<TemplateLength>,
}

/// The texts of a brand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Templates {
    /// In the order in which they are chosen, the retired ones last.
    pub templates: Vec<Template>,
}

/// A text as somebody writes it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateBody {
    /// What it is for.
    pub kind: TextKindWord,
    /// The language it is in (BCP 47); left out, every language without one of its own.
    #[serde(default)]
    pub language: Option<String>,
    /// Only at this level.
    #[serde(default)]
    pub level: Option<LevelWord>,
    /// Only on this platform.
    #[serde(default)]
    pub platform: Option<String>,
    /// The words, with variables in braces.
    pub text: String,
}

/// A change of a text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateChange {
    /// The version that was seen; if there is another, nothing is changed.
    pub version: i64,
    /// What it is for.
    pub kind: TextKindWord,
    /// The language it is in (BCP 47); left out, every language without one of its own.
    #[serde(default)]
    pub language: Option<String>,
    /// Only at this level.
    #[serde(default)]
    pub level: Option<LevelWord>,
    /// Only on this platform.
    #[serde(default)]
    pub platform: Option<String>,
    /// The words, with variables in braces.
    pub text: String,
}

/// Which version is retired.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRetire {
    /// The version that was seen; if there is another, nothing is retired.
    pub version: i64,
}

/// A version that was made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TemplateMade {
    /// The text, by id.
    pub id: String,
    /// The number of the version.
    pub version: i64,
}

fn one(listed: Listed, logins: &HashMap<String, String>) -> Template {
    let lengths = listed.example.lengths.iter().map(TemplateLength::of);
    let kept = listed.kept.as_ref();
    Template {
        kind: listed.template.kind.code().to_owned(),
        level: listed.template.level.map(|l| l.code().to_owned()),
        id: kept.map(|k| k.id.clone()),
        version: kept.map(|k| k.version),
        made_by: kept.and_then(|k| maker(&k.origin)).and_then(|id| logins.get(id)).cloned(),
        made_at: kept.map(|k| at(k.made_at)),
        place: Some(listed.place.clone()).filter(|p| !p.is_empty()),
        retired: listed.retired,
        shadowed: listed.shadowed,
        off: listed.off,
        lengths: lengths.collect(),
        example: listed.example.text,
        language: listed.template.language,
        platform: listed.template.platform,
        text: listed.template.text,
    }
}

/// `GET /brands/{brand}/templates`.
pub async fn list(call: Call) -> Result<Reply, Problem> {
    let brand = call.brand()?;
    let read =
        call.api.db.read("reading who wrote texts", |tx| Box::pin(async move { person::all(tx).await }));
    let logins: HashMap<String, String> = read.await?.into_iter().map(|p| (p.id, p.login)).collect();
    let all = call.casework().templates(&brand.id);
    Reply::json(&Templates { templates: all.into_iter().map(|listed| one(listed, &logins)).collect() })
}

fn words(
    kind: TextKindWord,
    level: Option<LevelWord>,
    (language, platform): (Option<String>, Option<String>),
    text: &str,
) -> Words {
    let level: Option<Level> = level.map(|l| l.0);
    Words { kind: kind.0, language, level, platform, text: text.trim().to_owned() }
}

/// `POST /brands/{brand}/templates`.
pub async fn add(call: Call) -> Result<Reply, Problem> {
    let (brand, body): (_, TemplateBody) = (call.brand()?, call.body()?);
    let template = words(body.kind, body.level, (body.language, body.platform), &body.text);
    let id = call.casework().add_template(&brand.id, &template, &call.actor()).await?;
    Reply::made(&TemplateMade { id, version: 1 })
}

/// `POST /brands/{brand}/templates/{template}`.
pub async fn change(call: Call) -> Result<Reply, Problem> {
    let (brand, body): (_, TemplateChange) = (call.brand()?, call.body()?);
    let (id, actor) = (call.part("template").to_owned(), call.actor());
    let template = words(body.kind, body.level, (body.language, body.platform), &body.text);
    let casework = call.casework();
    let version = casework.change_template(&brand.id, (&id, body.version), &template, &actor).await?;
    Reply::json(&TemplateMade { id, version })
}

/// `POST /brands/{brand}/templates/{template}/retire`.
pub async fn retire(call: Call) -> Result<Reply, Problem> {
    let (brand, body): (_, TemplateRetire) = (call.brand()?, call.body()?);
    let (id, actor) = (call.part("template").to_owned(), call.actor());
    let version = call.casework().retire_template(&brand.id, (&id, body.version), &actor).await?;
    Reply::json(&TemplateMade { id, version })
}
