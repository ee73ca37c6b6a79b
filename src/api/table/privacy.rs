//! The routes of privacy.

use super::{Endpoint, Sort, read, route, run};
use crate::api::privacy;
use crate::domain::role::Right;
use crate::tokens::Scope;

pub(super) fn all() -> Vec<Endpoint> {
    let routes = vec![
        Endpoint {
            scope: Scope::Lead,
            ..read::<privacy::State>(
                "/privacy",
                "readPrivacy",
                "Says who is not watched, what is held, what retention and erasures took away of late.",
                run!(privacy::state),
            )
        },
        staff(),
        route::<privacy::Kept>(
            ("POST", "/privacy/preview", Sort::Ask),
            Scope::Lead,
            (
                "previewErasure",
                "Says what is kept of a person, over all linked accounts, and what an erasure would take.",
            ),
            run!(privacy::preview),
        )
        .takes::<privacy::WhoBody>(),
        route::<privacy::Exported>(
            ("POST", "/privacy/export", Sort::Ask),
            Scope::Admin,
            ("exportPerson", "Gives everything that is kept about a person, over all linked accounts."),
            run!(privacy::export),
        )
        .takes::<privacy::WhoBody>(),
        route::<privacy::Erased>(
            ("POST", "/privacy/erase", Sort::Write),
            Scope::Admin,
            ("erasePerson", "Erases a person over all linked accounts; this cannot be undone."),
            run!(privacy::erase),
        )
        .takes::<privacy::EraseBody>(),
        route::<privacy::Objection>(
            ("POST", "/privacy/objections", Sort::Write),
            Scope::Lead,
            ("objectToWatching", "Watches an author no more: what they write is filtered and counted."),
            run!(privacy::object),
        )
        .takes::<privacy::WhoBody>(),
        route::<privacy::Done>(
            ("POST", "/privacy/objections/{label}/take-back", Sort::Write),
            Scope::Lead,
            ("takeObjectionBack", "Watches an author again."),
            run!(privacy::take_back),
        ),
        route::<privacy::Done>(
            ("POST", "/privacy/holds", Sort::Write),
            Scope::Lead,
            ("holdCase", "Holds a case: nothing of it is erased or let go until the hold ends by itself."),
            run!(privacy::hold),
        )
        .takes::<privacy::HoldBody>(),
        route::<privacy::Done>(
            ("POST", "/privacy/holds/end", Sort::Write),
            Scope::Lead,
            ("endHold", "Ends the hold on a case before its time."),
            run!(privacy::release),
        )
        .takes::<privacy::ReleaseBody>(),
    ];
    routes.into_iter().map(|r| r.in_group("Privacy").needing(Right::Privacy)).collect()
}

fn staff() -> Endpoint {
    Endpoint {
        scope: Scope::Admin,
        ..read::<privacy::StaffData>(
            "/privacy/staff",
            "readStaffData",
            "Says what is kept about the people of the team, how much of each kind and for how long.",
            run!(privacy::staff),
        )
    }
}
