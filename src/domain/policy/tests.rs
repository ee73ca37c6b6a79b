//! Promises: what they hold and what is as it always was.

use super::*;

fn on(channel: Channel, language: Language) -> Selector {
    Selector { channel, level: Level::P3, language, private: Some(false) }
}

#[test]
fn the_closest_target_that_names_the_kind_counts() {
    let [policy, _] = Policy::ready_made();
    let check = |channel, kind, minutes| {
        assert_eq!(
            policy.target(kind, &on(channel, Language::Nl)).map(|p| p.span),
            Some(Span::minutes(minutes)),
            "{channel} {kind:?}"
        );
    };
    check(Channel::Social, ObligationKind::FirstResponse, 30);
    check(Channel::Email, ObligationKind::FirstResponse, 120);
    check(Channel::Email, ObligationKind::FirstResolution, 24 * 60);
    assert!(policy.mistakes().is_empty());
}

#[test]
fn what_began_in_private_may_have_a_target_of_its_own() {
    let minutes = |n| Target { first_response_minutes: Some(n), ..Target::default() };
    let targets = vec![
        minutes(60),
        Target { channel: Some(Channel::Social), ..minutes(30) },
        Target { channel: Some(Channel::Social), visibility: Visibility::Private, ..minutes(15) },
        Target { visibility: Visibility::Public, ..minutes(45) },
    ];
    let policy = Policy { targets, ..Policy::default() };
    let span = |channel, private| {
        let on = Selector { private, ..on(channel, Language::Nl) };
        policy.target(ObligationKind::FirstResponse, &on).map(|p| p.span.millis() / 60_000)
    };
    assert_eq!(span(Channel::Social, Some(true)), Some(15));
    assert_eq!(span(Channel::Email, Some(true)), Some(60));
    assert_eq!(span(Channel::Email, Some(false)), Some(45));
    // Where nobody knows, what is promised for both holds.
    assert_eq!([span(Channel::Social, None), span(Channel::Email, None)], [Some(30), Some(60)]);
    // What says nothing of it is written as it always was.
    let stored = policy.to_stored().unwrap();
    assert_eq!(stored.matches("visibility").count(), 2, "{stored}");
    assert_eq!(Policy::from_stored(&stored).unwrap(), policy);
}

#[test]
fn a_promise_in_ten_languages_covers_no_eleventh() {
    let [_, klm] = Policy::ready_made();
    assert_eq!(klm.target(ObligationKind::FirstResponse, &on(Channel::Social, Language::Other)), None);
    assert!(klm.target(ObligationKind::FirstResponse, &on(Channel::Social, Language::Unknown)).is_some());
    assert!(klm.mistakes().is_empty());
}

#[test]
fn mistakes_name_the_field() {
    let bad = Policy {
        warn_percent: vec![80, 50],
        targets: vec![Target { first_response_minutes: Some(0), ..Target::default() }],
        ..Policy::default()
    };
    let found = bad.mistakes();
    assert!(found.iter().any(|m| m.starts_with("warn_percent")));
    assert!(found.iter().any(|m| m.starts_with("targets[0].first_response_minutes: 0")));
}
