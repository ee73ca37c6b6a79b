//! The routes of what is collected.

use super::{Endpoint, act, read, run};
use crate::api::collecting;
use crate::api::pages::PageQuery;
use crate::domain::role::Right;
use crate::tokens::Scope;

pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<collecting::AllCollecting>(
            "/collecting",
            "listCollecting",
            "Lists the threads and authors that are collected, and those that were of late.",
            run!(collecting::list),
        )
        .asks::<collecting::CollectingQuery>(),
        read::<collecting::CollectedPosts>(
            "/cases/{case}/collected",
            "listCollected",
            "Lists the posts that are collected with a case, the latest first.",
            run!(collecting::posts),
        )
        .asks::<PageQuery>(),
        act::<collecting::CollectBody>(
            "/cases/{case}/collect",
            Scope::Act,
            "collect",
            "Collects the thread of a case or its author from now on: what is not urgent, asks nothing and needs no private channel gets no case of its own.",
        )
        .needing(Right::Moderate),
        act::<collecting::CollectEndBody>(
            "/cases/{case}/collect/end",
            Scope::Act,
            "endCollecting",
            "Collects no more; what is collected stays where it is.",
        )
        .needing(Right::Moderate),
        act::<collecting::CollectOutBody>(
            "/cases/{case}/collected/release",
            Scope::Act,
            "releaseCollected",
            "Gives a collected post, and what its author said in that thread after it, a case of its own.",
        ),
    ];
    all.into_iter().map(|e| e.in_group("Collecting")).collect()
}
