//! Colleagues who are named in a note by `@login`.

/// Most colleagues that one note names.
pub const NAMED_MAX: usize = 10;

/// The logins that a note names, in small letters, each once, in order. An address (`ann@example.org`) names nobody.
pub fn named(text: &str) -> Vec<String> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut found: Vec<String> = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let begins = c == '@' && !part(before) && before != '@';
        before = c;
        if !begins {
            continue;
        }
        let rest = &text[at + 1..];
        let login: String = rest.chars().take_while(|c| part(*c)).collect();
        // `@jan@toot.example` is an account elsewhere.
        let elsewhere = rest[login.len()..].starts_with('@');
        let login = login.trim_end_matches(['.', '-', '_']).to_lowercase();
        if !login.is_empty() && !elsewhere && !found.contains(&login) && found.len() < NAMED_MAX {
            found.push(login);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn logins_are_found_and_addresses_are_not() {
        assert_eq!(named("@Jan, ask @kim.b. (or @lea-2)"), ["jan", "kim.b", "lea-2"]);
        assert_eq!(named("mail ann@example.org, see @jan@toot.example and @@x"), [""; 0]);
        assert_eq!(named("@jan @jan @JAN"), ["jan"]);
        assert_eq!(named("@ @. nothing"), [""; 0]);
    }

    proptest! {
        #[test]
        fn any_text_names_at_most_so_many(text in "\\PC{0,60}|[@a-z. ]{0,60}") {
            let found = named(&text);
            prop_assert!(found.len() <= NAMED_MAX);
            prop_assert!(found.iter().all(|l| !l.is_empty() && !l.contains('@')));
        }
    }
}
