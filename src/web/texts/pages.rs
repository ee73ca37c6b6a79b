//! The words of pages that came later, a file for each.

pub mod brands;
pub mod menu;
pub mod policies;
pub mod quality;
pub mod translation;
pub mod wall;
pub mod written;

use super::Texts;
use crate::domain::wording::Wording;

impl Texts {
    /// The names of the menus in the same language.
    pub fn menu(&self) -> &'static menu::MenuTexts {
        self.pick(&menu::EN, &menu::NL, |p| &p.menu)
    }

    /// The words about brands in the same language.
    pub fn brands(&self) -> &'static brands::BrandTexts {
        self.pick(&brands::EN, &brands::NL, |p| &p.brands)
    }

    /// The words about texts of brands in the same language.
    pub fn templates(&self) -> &'static written::TemplateTexts {
        self.pick(&written::EN, &written::NL, |p| &p.written)
    }

    /// The words about translation in the same language.
    pub fn translation(&self) -> &'static translation::TranslationTexts {
        self.pick(&translation::EN, &translation::NL, |p| &p.translation)
    }

    /// The words of promises in the same language.
    pub fn wording(&self) -> &'static Wording {
        self.pack.map_or_else(|| Wording::of(self.lang), |pack| &pack.wording)
    }

    pub(super) fn named_on_pages(&self, key: &str) -> Option<&'static str> {
        let words = self.menu().named(key).or_else(|| self.wall().named(key));
        let words = words.or_else(|| self.quality().named(key)).or_else(|| self.policies().named(key));
        let words = words.or_else(|| self.brands().named(key)).or_else(|| self.templates().named(key));
        words.or_else(|| self.translation().named(key))
    }

    /// The words about policies in the same language.
    pub fn policies(&self) -> &'static policies::PolicyTexts {
        self.pick(&policies::EN, &policies::NL, |p| &p.policies)
    }

    /// The words about the quality of answers in the same language.
    pub fn quality(&self) -> &'static quality::QualityTexts {
        self.pick(&quality::EN, &quality::NL, |p| &p.quality)
    }

    /// The words of the wallboard in the same language.
    pub fn wall(&self) -> &'static wall::WallTexts {
        self.pick(&wall::EN, &wall::NL, |p| &p.wall)
    }
}
