//! The routes of protocols and of labels on authors.

use super::{Endpoint, act, read, run};
use crate::api::protocols;
use crate::domain::role::Right;
use crate::tokens::Scope;

pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<protocols::Protocols>(
            "/protocols",
            "listProtocols",
            "Lists the protocols that are proposed or run, and those that were over of late.",
            run!(protocols::list),
        )
        .asks::<protocols::BrandQuery>(),
        act::<protocols::StartBody>(
            "/cases/{case}/protocols",
            Scope::Act,
            "startProtocol",
            "Begins a protocol, whether or not it is proposed: what it locks is locked, and those are told whom it names.",
        ),
        act::<protocols::DeclineBody>(
            "/cases/{case}/protocols/{protocol}/decline",
            Scope::Act,
            "declineProtocol",
            "Says that a protocol that is proposed is not needed, and why.",
        ),
        act::<protocols::TakeBody>(
            "/cases/{case}/protocols/{protocol}/take",
            Scope::Act,
            "takeProtocol",
            "Takes a protocol that runs: nobody is told of it again.",
        ),
        act::<protocols::StepBody>(
            "/cases/{case}/protocols/{protocol}/steps/{step}",
            Scope::Act,
            "doProtocolStep",
            "Notes a step of a protocol as done, with what was found or done.",
        ),
        act::<protocols::EndBody>(
            "/cases/{case}/protocols/{protocol}/end",
            Scope::Act,
            "endProtocol",
            "Ends a protocol that runs, with a reason.",
        ),
        act::<protocols::LabelBody>(
            "/cases/{case}/labels",
            Scope::Act,
            "labelAuthor",
            "Labels the author of a case for its brand, with a reason and an end.",
        ),
        act::<protocols::UnlabelBody>(
            "/cases/{case}/labels/{kind}/end",
            Scope::Act,
            "unlabelAuthor",
            "Takes a label of the author of a case away.",
        ),
        Endpoint {
            scope: Scope::Lead,
            ..read::<protocols::Labels>(
                "/labels",
                "listLabels",
                "Lists the labels on authors that hold.",
                run!(protocols::labels),
            )
            .asks::<protocols::LabelsQuery>()
            .needing(Right::Steer)
        },
    ];
    all.into_iter().map(|e| e.in_group("Protocols and labels")).collect()
}
