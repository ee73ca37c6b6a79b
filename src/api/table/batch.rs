//! The routes of acts on many cases.

use super::{Endpoint, Sort, read, route, run};
use crate::api::pages::PageQuery;
use crate::api::{batch, beside};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<batch::Batches>(
            "/batches",
            "listBatches",
            "Lists one's latest acts on many that can still be undone, or were within that time.",
            run!(batch::list),
        )
        .asks::<PageQuery>()
        .needing(Right::Bulk),
        route::<batch::BatchDone>(
            ("POST", "/batches", Sort::Write),
            Scope::Act,
            ("actOnMany", "Claims, hands over, resolves, dismisses or labels up to a hundred chosen cases, each as seen at its version."),
            run!(batch::act),
        )
        .needing(Right::Bulk)
        .takes::<batch::BatchBody>(),
        route::<batch::BatchDone>(
            ("POST", "/batches/{batch}/undo", Sort::Write),
            Scope::Act,
            ("undoMany", "Undoes an act on many within ten minutes, as far as nothing has happened with its cases since."),
            run!(batch::undo),
        )
        .needing(Right::Bulk)
        .takes::<beside::Nothing>(),
    ];
    // Kept together, as they follow one another in the description.
    all.into_iter().chain(super::account::all()).collect()
}
