//! Words of a promise in a language: the sentence is put together here, and who prints it has the words.

/// Says a key in a language; beside it stands the English, which is said where the language has nothing.
pub type Say<'a> = &'a dyn Fn(&'static str, &'static str) -> &'static str;

/// Says it in English.
pub const fn english(_key: &'static str, english: &'static str) -> &'static str {
    english
}
