//! The routes of the quality of answers.

use super::{Endpoint, Sort, read, route, run};
use crate::api::{figures, office, quality};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<quality::List>(
            "/quality",
            "listQuality",
            "Lists the drawn answers that wait for a score, and what was said of the answers of whom the token acts for.",
            run!(quality::list),
        )
        .needing(Right::Work),
        route::<office::Decided>(
            ("POST", "/quality/{sample}/score", Sort::Write),
            Scope::Answer,
            ("scoreAnswer", "Scores a colleague's answer; false where somebody had."),
            run!(quality::score),
        )
        .takes::<quality::ScoreBody>(),
        route::<office::Decided>(
            ("POST", "/quality/{sample}/seen", Sort::Write),
            Scope::Act,
            ("seeScore", "Says that whose answer it is has seen its scores, with one line if they like."),
            run!(quality::seen),
        )
        .takes::<quality::SeenBody>(),
        read::<quality::Averages>(
            "/reports/quality",
            "readQuality",
            "Tells the averages of scored answers in some days; of fewer than five people none.",
            run!(quality::averages),
        )
        .asks::<figures::ReportQuery>()
        .needing(Right::Reports),
    ];
    all.into_iter().map(|e| e.in_group("Quality")).collect()
}
