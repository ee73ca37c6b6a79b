//! The routes of the back door.

use super::{Endpoint, Sort, act, read, route, run};
use crate::api::pages::PageQuery;
use crate::api::{back_door, figures, findings, office};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let mut demand = read::<back_door::DemandShape>(
        "/reports/failure-demand",
        "readFailureDemand",
        "Tells what people came round the back for in some days: by cause, promise, team, sector and brand, with the work that it took and examples without names.",
        run!(back_door::failure_demand),
    )
    .asks::<figures::ReportQuery>()
    .needing(Right::Reports);
    demand.csv = true;
    let mut day = read::<back_door::DayShape>(
        "/back-door/days",
        "readBackDoorDay",
        "Lists the cases of a day that webcare solved and that were the front office's, with what is done about each.",
        run!(back_door::day),
    )
    .asks::<back_door::DayQuery>()
    .needing(Right::Reports);
    day.csv = true;
    let all = vec![
        demand,
        day,
        route::<office::Decided>(
            ("POST", "/back-door/cases/{case}", Sort::Write),
            Scope::Lead,
            (
                "sayBackDoorLine",
                "Says who of the front office sees to a case of the list, what they do, by when.",
            ),
            run!(back_door::say),
        )
        .takes::<back_door::LineBody>(),
    ];
    all.into_iter().chain(of_findings()).map(|e| e.in_group("Back door")).collect()
}

fn of_findings() -> Vec<Endpoint> {
    vec![
        read::<findings::Findings>(
            "/findings",
            "listFindings",
            "Lists what makes cases and who can take it away, with its cases and what became of it.",
            run!(findings::list),
        )
        .asks::<PageQuery>()
        .needing(Right::FindingsSee),
        read::<findings::Finding>(
            "/findings/{finding}",
            "readFinding",
            "Reads a finding with its cases and what became of it; its version is its `ETag`.",
            run!(findings::one),
        )
        .needing(Right::FindingsSee),
        act::<findings::RaiseBody>(
            "/cases/{case}/findings",
            Scope::Act,
            "raiseFinding",
            "Raises a finding from a case to whoever can take it away.",
        ),
        act::<findings::AttachBody>(
            "/cases/{case}/findings/count",
            Scope::Act,
            "countToFinding",
            "Counts a case to a finding that stands.",
        ),
        route::<office::Decided>(
            ("POST", "/findings/{finding}", Sort::Write),
            Scope::Lead,
            (
                "decideFinding",
                "Says what becomes of a finding; those who raised it are told when it is fixed or declined.",
            ),
            run!(findings::decide),
        )
        .takes::<findings::DecideBody>()
        .needing(Right::FindingsDecide),
    ]
}
