//! How a table of words is made.

/// Words as one struct with both languages. The first table has the others of a language that came as a file with it.
macro_rules! texts {
    ($name:ident $([$more:ident: $pack:ty])?; $($key:ident: $en:literal, $nl:literal;)*) => {
        /// Words of the interface in one language.
        #[derive(Debug)]
        pub struct $name {
            /// The BCP 47 tag of the language.
            pub lang: &'static str,
            $(
                /// The other tables, where the language came as a file.
                pub(in crate::web::texts) $more: Option<&'static $pack>,
            )?
            $(#[doc = $en] pub $key: &'static str),*
        }

        /// English.
        pub static EN: $name = $name { lang: "en", $($more: None,)? $($key: $en),* };
        /// Dutch.
        pub static NL: $name = $name { lang: "nl", $($more: None,)? $($key: $nl),* };

        const WORDS: &[(&str, &str, &str)] = &[$((stringify!($key), $en, $nl)),*];

        impl $name {
            /// Every key with its English and its Dutch words.
            pub(in crate::web::texts) const ALL: &'static [(&'static str, &'static str, &'static str)] = WORDS;

            pub(in crate::web::texts) fn named(&self, key: &str) -> Option<&'static str> {
                match key {
                    $(stringify!($key) => Some(self.$key),)*
                    _ => None,
                }
            }

            /// In a language that came as a file; English where it has no words.
            pub(in crate::web::texts) fn filled(
                lang: &'static str,
                words: &dyn Fn(&'static str) -> Option<&'static str>,
            ) -> Self {
                Self { lang, $($more: None,)? $($key: words(stringify!($key)).unwrap_or($en)),* }
            }
        }
    };
}
pub(in crate::web::texts) use texts;
