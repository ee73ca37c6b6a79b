//! What answers are worth, and that no cap can be played around.

use super::*;
use crate::domain::time::Span;
use proptest::prelude::*;

const RULES: Rules =
    Rules { accepted: 10, liked: 4, likes_min: 3, daily_max: 25, weekly_max: 60, pair_weekly_max: 2 };
/// A Monday noon.
const MONDAY: Timestamp = Timestamp(1_795_435_200_000);

fn answer(n: usize, helper: &str, asker: &str, hours: i64) -> Answer {
    Answer {
        post: format!("p{n:03}"),
        helper: helper.into(),
        asker: Some(asker.into()),
        at: MONDAY.plus(Span::hours(hours)),
        accepted: true,
        likes: 0,
        void: None,
    }
}

fn points(answers: &[Answer]) -> Vec<(i64, Why)> {
    score(answers, &RULES, &TimeZone::UTC).into_iter().map(|s| (s.points, s.why)).collect()
}

#[test]
fn the_week_begins_on_monday() {
    assert_eq!(monday(day_of(MONDAY, &TimeZone::UTC)), day_of(MONDAY, &TimeZone::UTC));
    assert_eq!(monday(day_of(MONDAY.plus(Span::days(6)), &TimeZone::UTC)), day_of(MONDAY, &TimeZone::UTC));
}

#[test]
fn accepted_or_well_received_once_and_never_both() {
    let liked = Answer { accepted: false, likes: 3, ..answer(1, "a", "x", 1) };
    let both = Answer { likes: 9, ..answer(2, "a", "y", 2) };
    let few = Answer { accepted: false, likes: 2, ..answer(3, "a", "z", 3) };
    assert_eq!(points(&[liked, both, few]), [(4, Why::Liked), (10, Why::Accepted), (0, Why::Nothing)]);
}

#[test]
fn own_topics_staff_and_what_is_gone_or_flagged_count_for_nothing() {
    for void in Void::ALL {
        let one = Answer { void: Some(void), ..answer(1, "a", "x", 1) };
        assert_eq!(points(&[one]), [(0, Why::Void(void))]);
        assert_eq!(Void::from_code(void.code()), Some(void));
    }
    assert_eq!(points(&[answer(1, "a", "a", 1)]), [(0, Why::Void(Void::OwnTopic))]);
}

#[test]
fn caps_cut_the_later_answers() {
    let day: Vec<Answer> = (0..4).map(|n| answer(n, "a", &format!("x{n}"), n as i64)).collect();
    let expected = [(10, Why::Accepted), (10, Why::Accepted), (5, Why::Day), (0, Why::Day)];
    assert_eq!(points(&day), expected);
    let week: Vec<Answer> = (0..8).map(|n| answer(n, "a", &format!("x{n}"), 24 * (n as i64 / 2))).collect();
    let found = points(&week);
    assert_eq!(found.iter().map(|(p, _)| p).sum::<i64>(), 60);
    assert_eq!(found[6], (0, Why::Week));
    let pair: Vec<Answer> = (0..3).map(|n| answer(n, "a", "x", 24 * n as i64)).collect();
    assert_eq!(points(&pair)[2], (0, Why::Pair));
    // A new week, and another helper, begin anew; who is not known any more is no pair.
    assert_eq!(points(&[pair, vec![answer(9, "a", "x", 24 * 7)]].concat())[3], (10, Why::Accepted));
    let nobody: Vec<Answer> =
        (0..3).map(|n| Answer { asker: None, ..answer(n, "a", "", 24 * n as i64) }).collect();
    assert!(points(&nobody).iter().all(|(p, _)| *p == 10));
}

#[test]
fn a_sum_is_of_its_period_and_tells_what_was_cut() {
    let all: Vec<Answer> = (0..4).map(|n| answer(n, "a", &format!("x{n}"), n as i64)).collect();
    let scored = score(&all, &RULES, &TimeZone::UTC);
    let sums = sums(&scored, MONDAY.plus(Span::hours(1)), MONDAY.plus(Span::hours(9)));
    let expected = Sum { answers: 3, accepted: 1, capped: 2, points: 15, ..Sum::default() };
    assert_eq!(sums["a"], expected);
}

fn any_answer() -> impl Strategy<Value = Answer> {
    (0..4_usize, 0..4_usize, 0..400_i64, any::<bool>(), 0..6_i64, 0..8_usize).prop_map(
        |(helper, asker, hours, accepted, likes, void)| Answer {
            post: String::new(),
            helper: format!("m{helper}"),
            asker: Some(format!("m{asker}")),
            at: MONDAY.plus(Span::hours(hours)),
            accepted,
            likes,
            void: Void::ALL.get(void).copied(),
        },
    )
}

proptest! {
    #[test]
    fn no_cap_is_passed_in_whatever_order_answers_are_known(
        answers in proptest::collection::vec(any_answer(), 0..80),
    ) {
        let mut answers = answers;
        for (n, answer) in answers.iter_mut().enumerate() {
            answer.post = format!("p{n:03}");
        }
        let scored = score(&answers, &RULES, &TimeZone::UTC);
        let mut turned = answers.clone();
        turned.reverse();
        prop_assert_eq!(&score(&turned, &RULES, &TimeZone::UTC), &scored);
        let of = |post: &str| answers.iter().find(|a| a.post == post).unwrap();
        let (mut days, mut weeks, mut pairs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for s in &scored {
            let answer = of(&s.post);
            let day = day_of(s.at, &TimeZone::UTC);
            prop_assert!(s.points >= 0);
            if s.points > 0 {
                prop_assert!(answer.void.is_none() && answer.asker.as_ref() != Some(&answer.helper));
                prop_assert!(answer.accepted || answer.likes >= RULES.likes_min);
                *days.entry((&s.helper, day)).or_insert(0) += s.points;
                *weeks.entry((&s.helper, monday(day))).or_insert(0) += s.points;
                *pairs.entry((&s.helper, &answer.asker, monday(day))).or_insert(0) += 1;
            }
        }
        prop_assert!(days.values().all(|n| *n <= RULES.daily_max));
        prop_assert!(weeks.values().all(|n| *n <= RULES.weekly_max));
        prop_assert!(pairs.values().all(|n| *n <= RULES.pair_weekly_max));
    }
}
