//! The words of pages that came later, a file for each.

pub mod brands;
pub mod menu;
pub mod policies;
pub mod quality;
pub mod translation;
pub mod wall;
pub mod written;

use super::{NL, Texts};

impl Texts {
    /// The names of the menus in the same language.
    pub fn menu(&self) -> &'static menu::MenuTexts {
        if self.lang == NL.lang { &menu::NL } else { &menu::EN }
    }

    /// The words about brands in the same language.
    pub fn brands(&self) -> &'static brands::BrandTexts {
        if self.lang == NL.lang { &brands::NL } else { &brands::EN }
    }

    /// The words about texts of brands in the same language.
    pub fn templates(&self) -> &'static written::TemplateTexts {
        if self.lang == NL.lang { &written::NL } else { &written::EN }
    }

    /// The words about translation in the same language.
    pub fn translation(&self) -> &'static translation::TranslationTexts {
        if self.lang == NL.lang { &translation::NL } else { &translation::EN }
    }

    pub(super) fn named_on_pages(&self, key: &str) -> Option<&'static str> {
        let words = self.menu().named(key).or_else(|| self.wall().named(key));
        let words = words.or_else(|| self.quality().named(key)).or_else(|| self.policies().named(key));
        let words = words.or_else(|| self.brands().named(key)).or_else(|| self.templates().named(key));
        words.or_else(|| self.translation().named(key))
    }

    /// The words about policies in the same language.
    pub fn policies(&self) -> &'static policies::PolicyTexts {
        if self.lang == NL.lang { &policies::NL } else { &policies::EN }
    }

    /// The words about the quality of answers in the same language.
    pub fn quality(&self) -> &'static quality::QualityTexts {
        if self.lang == NL.lang { &quality::NL } else { &quality::EN }
    }

    /// The words of the wallboard in the same language.
    pub fn wall(&self) -> &'static wall::WallTexts {
        if self.lang == NL.lang { &wall::NL } else { &wall::EN }
    }
}
