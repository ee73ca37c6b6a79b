//! The routes of promises: what is promised in a case, and what becomes of each.

use super::{Endpoint, Run, Sort, read, route, run};
use crate::api::promises::{self, OfPromise};
use crate::api::shape;
use crate::tokens::Scope;

fn of<B: OfPromise + 'static>(path: &'static str, name: &'static str, about: &'static str) -> Endpoint {
    let run: Run = run!(promises::carry_out::<B>);
    route::<shape::Acted>(("POST", path, Sort::Act), Scope::Act, (name, about), run).takes::<B>()
}

/// Every route of promises that are made.
pub(super) fn all() -> Vec<Endpoint> {
    vec![
        read::<promises::Listed>(
            "/cases/{case}/promises",
            "listPromises",
            "Lists what is promised in a case: id, state, who owes it, until when, where and by whom it was made.",
            run!(promises::list),
        ),
        of::<promises::TriedBody>(
            "/cases/{case}/promises/{promise}/tries",
            "promiseCallTried",
            "Says that the customer was called as promised: reached, which keeps it, or not.",
        ),
        of::<promises::KeepBody>(
            "/cases/{case}/promises/{promise}/keep",
            "keepPromise",
            "Says that a promise was kept.",
        ),
        of::<promises::MoveBody>(
            "/cases/{case}/promises/{promise}/move",
            "movePromise",
            "Says that a promise is due at another time. What contradicts that is asked about first.",
        )
        .or(&[crate::api::problem::Kind::Promise]),
        of::<promises::BreakBody>(
            "/cases/{case}/promises/{promise}/break",
            "breakPromise",
            "Says that a promise will not be kept: it counts as broken.",
        ),
        of::<promises::DropBody>(
            "/cases/{case}/promises/{promise}/drop",
            "dropPromise",
            "Says that a promise need not be kept any more, and why.",
        ),
    ]
}
