//! `[[brand.protocol]]`: what is read, and the exact mistakes that bad sections give.

use super::*;
use crate::domain::protocol::{ProtocolKind, ProtocolRule};
use crate::domain::time::Span;

#[test]
fn a_right_section_is_read_and_the_built_in_one_holds_without() {
    let none = load_with(BRAND, &NONE, &Flags::default()).unwrap();
    assert!(none.brands[0].protocols.is_empty());
    let text = format!(
        "{BRAND}[[brand.protocol]]\nkind = 'press'\ntell = ['role:communications', 'team']\ndeadline_minutes = 45\n\
         [[brand.template]]\nkind = 'self_harm'\nlanguage = 'nl'\ntext = 'Bel 113.'\n"
    );
    let settings = load_with(&text, &NONE, &Flags::default()).unwrap();
    let press = ProtocolRule::of(&settings.brands[0].protocols, ProtocolKind::Press);
    assert_eq!((press.deadline(), press.told().len()), (Some(Span::minutes(45)), 2));
}

#[test]
fn every_mistake_is_named() {
    let found = load_with(
        &format!(
            "{BRAND}[[brand.protocol]]\nkind = 'press'\ntell = ['role:communication']\nagain_minutes = 0\n\
             [[brand.protocol]]\nkind = 'press'\n"
        ),
        &NONE,
        &Flags::default(),
    )
    .err()
    .unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found
            .iter()
            .any(|m| m.contains("F:6: brand[0].protocol[0].tell[0]") && m.contains("role:communications")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|m| m.contains("F:7: brand[0].protocol[0].again_minutes: the number 0; allowed: 1 to 240")),
        "{found:?}"
    );
    assert!(
        found.iter().any(|m| m.contains("brand[0].protocol[1].kind: 'press' is the kind of protocol[0] too")),
        "{found:?}"
    );
}
