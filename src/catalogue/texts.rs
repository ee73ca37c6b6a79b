//! Texts of brands that people write in the console: a version each time, beside those of the settings.
//!
//! They are laid before the texts of the settings, so that of two that fit alike the console's counts, and whoever
//! chooses a text finds both in one list.

use super::{Catalogue, corrupt};
use crate::domain::brand::Brand;
use crate::domain::template::Template;
use crate::store::setting::{self, SettingVersion};
use crate::store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The kind under which their versions stand.
pub const KIND: &str = "template";

/// A text as one version of it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The brand.
    pub brand_id: String,
    /// Whether it was retired: then nothing chooses it.
    #[serde(default)]
    pub retired: bool,
    /// What it is.
    pub template: Template,
}

impl Text {
    /// Reads a version.
    ///
    /// # Errors
    /// Where the row is none of ours.
    pub fn of(row: &SettingVersion) -> Result<Self, StoreError> {
        serde_json::from_str(&row.body).map_err(corrupt("reading a text"))
    }

    /// As a version is kept.
    ///
    /// # Errors
    /// Where it cannot be written down.
    pub fn to_stored(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(corrupt("writing a text"))
    }
}

/// A text of the console in its latest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// The number of the version.
    pub version: i64,
    /// When the version was made, epoch ms.
    pub made_at: i64,
    /// Who made it: see [`super::maker`].
    pub origin: String,
    /// What it says.
    pub text: Text,
}

/// A mistake in a text: the field, and what is wrong with it.
pub type TextMistake = (&'static str, String);

/// Tells the mistakes of a text of a brand.
type Reads = dyn Fn(&Brand, &Template) -> Vec<TextMistake> + Send + Sync;

/// How texts are checked; the settings know where each brand answers.
#[derive(Clone)]
pub struct TextRules(Arc<Reads>);

impl TextRules {
    /// Checks by `reads`.
    pub fn new(reads: impl Fn(&Brand, &Template) -> Vec<TextMistake> + Send + Sync + 'static) -> Self {
        Self(Arc::new(reads))
    }

    /// Every mistake of a text of a brand.
    pub fn mistakes(&self, brand: &Brand, template: &Template) -> Vec<TextMistake> {
        (self.0)(brand, template)
    }
}

impl Default for TextRules {
    fn default() -> Self {
        Self::new(|_, template| template.mistake().map(|what| ("text", what)).into_iter().collect())
    }
}

impl fmt::Debug for TextRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextRules")
    }
}

/// Lays the texts of the console, as they stand, before those of the settings.
pub(super) async fn lay(tx: &mut Tx, catalogue: &mut Catalogue) -> Result<(), StoreError> {
    let mut kept = Vec::new();
    for row in setting::current(tx, KIND).await? {
        let text = Text::of(&row)?;
        let (version, made_at) = (row.version, row.created_at);
        kept.push(Kept { id: row.name, version, made_at, origin: row.origin, text });
    }
    for watched in &mut catalogue.brands {
        let of_settings = watched.settings_texts().to_vec();
        let of = kept.iter().filter(|k| k.text.brand_id == watched.id && !k.text.retired);
        let mut all: Vec<Template> = of.map(|k| k.text.template.clone()).collect();
        watched.laid = all.len();
        all.extend(of_settings);
        watched.brand.templates = all;
    }
    catalogue.texts = kept;
    catalogue.text_versions = setting::count(tx, KIND).await?;
    Ok(())
}

/// Whether the database holds versions that a catalogue does not know.
pub(super) async fn is_stale(tx: &mut Tx, catalogue: &Catalogue) -> Result<bool, StoreError> {
    Ok(setting::count(tx, KIND).await? != catalogue.text_versions)
}
