//! The routes of the begin and the end of a shift, and of offers.

use super::{Endpoint, Sort, act, read, route, run};
use crate::api::{beside, briefing};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let lead = |mut endpoint: Endpoint| {
        endpoint.right = Right::Steer;
        endpoint
    };
    let all = vec![
        act::<briefing::DeclineOfferBody>(
            "/cases/{case}/decline-offer",
            Scope::Act,
            "declineOffer",
            "Says that a case that is offered to whoever asks is not for them; it is offered wider at once.",
        ),
        act::<briefing::KeepBody>(
            "/cases/{case}/keep",
            Scope::Act,
            "keepCase",
            "Keeps a case over the end of one's shift, where that is asked.",
        ),
        read::<briefing::Briefings>(
            "/briefing",
            "readBriefing",
            "Tells what somebody should know at the begin of a shift: lines, incidents, peaks, promises, P1 and P2, what the last shift left.",
            run!(briefing::read),
        )
        .asks::<briefing::BriefingQuery>(),
        read::<briefing::Line>(
            "/briefing/lines/{briefing}",
            "readBriefingLine",
            "Reads a line of the briefing that is not over; one that waits for approval only leads.",
            run!(briefing::one),
        ),
        lead(
            route::<briefing::Briefings>(
                ("POST", "/briefing/lines", Sort::Write),
                Scope::Lead,
                ("writeBriefingLine", "Writes a line of the briefing, with an end; it is told once it is approved."),
                run!(briefing::write),
            )
            .takes::<briefing::LineBody>(),
        ),
        lead(
            route::<briefing::Briefings>(
                ("POST", "/briefing/lines/{briefing}/approve", Sort::Write),
                Scope::Lead,
                ("approveBriefingLine", "Approves a line of the briefing."),
                run!(briefing::approve),
            )
            .takes::<beside::Nothing>(),
        ),
        lead(
            route::<briefing::Briefings>(
                ("POST", "/briefing/lines/{briefing}/end", Sort::Write),
                Scope::Lead,
                ("endBriefingLine", "Takes a line of the briefing away before its end."),
                run!(briefing::end),
            )
            .takes::<beside::Nothing>(),
        ),
    ];
    all.into_iter().chain(summaries()).map(|e| e.in_group("Duty")).collect()
}

/// What one shift leaves to the next.
fn summaries() -> Vec<Endpoint> {
    vec![
        read::<briefing::Summaries>(
            "/shift-summaries",
            "listShiftSummaries",
            "Lists what was open when shifts changed: numbers of cases and counts, no words.",
            run!(briefing::summaries),
        )
        .asks::<briefing::SummariesQuery>(),
        route::<briefing::Summaries>(
            ("POST", "/shift-summaries", Sort::Write),
            Scope::Act,
            (
                "handShiftOver",
                "Leaves a line to the next shift, and sums up what is open where that is asked.",
            ),
            run!(briefing::hand_over),
        )
        .takes::<briefing::HandOverBody>(),
    ]
}
