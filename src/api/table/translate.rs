//! The route that puts a message into another language.

use super::{Endpoint, Sort, route, run};
use crate::api::translate;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    vec![
        // It holds words of a customer, so it is not kept under a key: it is done once as it is.
        route::<translate::Translated>(
            ("POST", "/cases/{case}/messages/{message}/translate", Sort::Ask),
            Scope::Act,
            (
                "translateMessage",
                "Puts a message into another language by the service of the settings, once for each revision and language; never one of a private channel unless the settings say so. Not found where no service is configured.",
            ),
            run!(translate::message),
        )
        .takes::<translate::TranslateBody>(),
    ]
}
