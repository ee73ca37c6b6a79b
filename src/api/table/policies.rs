//! The routes of versions of policies.

use super::{Endpoint, Sort, read, route, run};
use crate::api::policies;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<policies::Versions>(
            "/policies/{policy}/versions",
            "listPolicyVersions",
            "Lists the versions of a policy, the latest first, with who made each and from when it counts.",
            run!(policies::versions),
        ),
        route::<policies::Tried>(
            ("POST", "/policies/{policy}/try", Sort::Ask),
            Scope::Lead,
            ("tryPolicy", "Tells what a version of a policy would have done to four weeks; nothing is kept."),
            run!(policies::attempt),
        )
        .takes::<policies::TryBody>(),
        route::<policies::Made>(
            ("POST", "/policies/{policy}/versions", Sort::Write),
            Scope::Lead,
            (
                "addPolicyVersion",
                "Takes a new version of a policy; it touches only what begins after it counts.",
            ),
            run!(policies::add),
        )
        .takes::<policies::VersionBody>(),
    ];
    all.into_iter().map(|e| e.in_group("Figures and settings")).collect()
}
