//! The routes of the library of answers.

use super::{Endpoint, Sort, read, route, run};
use crate::api::{library, office};
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<library::LibraryList>(
            "/brands/{brand}/library",
            "listLibrary",
            "Lists the answers of the library of a brand with how often they were used and what came of it; by q those that are most like some words.",
            run!(library::list),
        )
        .asks::<library::LibraryQuery>(),
        read::<library::LibraryAnswer>(
            "/brands/{brand}/library/{answer}",
            "readLibrary",
            "Reads an answer of the library that is proposed or approved; its version is its `ETag`.",
            run!(library::one),
        ),
        route::<library::LibraryWritten>(
            ("POST", "/brands/{brand}/library", Sort::Write),
            Scope::Act,
            ("writeLibrary", "Writes an answer for the library: approved at once by a lead, proposed by everybody else."),
            run!(library::write),
        )
        .takes::<library::LibraryBody>(),
        route::<office::Decided>(
            ("POST", "/brands/{brand}/library/{answer}", Sort::Write),
            Scope::Lead,
            ("decideLibrary", "Approves a proposed answer of the library, or withdraws one."),
            run!(library::decide),
        )
        .takes::<library::LibraryDecision>(),
    ];
    all.into_iter().map(|e| e.in_group("Library")).collect()
}
