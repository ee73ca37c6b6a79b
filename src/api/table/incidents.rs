//! The routes of incidents, answers to many, peaks and the crisis switch.

use super::{Endpoint, Run, Sort, read, route, run};
use crate::api::{beside, incidents, many, peaks, protocols};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Something that is done with an incident and answers with it as it is then.
fn done(path: &'static str, name: &'static str, about: &'static str, run: Run) -> Endpoint {
    route::<incidents::Whole>(("POST", path, Sort::Write), Scope::Act, (name, about), run)
}

pub(super) fn all() -> Vec<Endpoint> {
    let mut all = of_incidents();
    all.extend(of_many());
    all.extend(of_peaks());
    all.into_iter().map(|e| e.in_group("Incidents and peaks")).collect()
}

fn of_incidents() -> Vec<Endpoint> {
    let mut open = done(
        "/incidents",
        "openIncident",
        "Raises an incident: something that many write about at once, with its first cases.",
        run!(incidents::open),
    )
    .takes::<incidents::OpenBody>();
    open.status = 201;
    vec![
        read::<incidents::Incidents>(
            "/incidents",
            "listIncidents",
            "Lists incidents, raised by people or by an unusual rise.",
            run!(incidents::list),
        )
        .asks::<incidents::ListQuery>(),
        open,
        read::<incidents::Whole>(
            "/incidents/{incident}",
            "readIncident",
            "Reads an incident: its cases with which of them are ticked for an answer to many, its words, what happened.",
            run!(incidents::one),
        )
        .asks::<incidents::WholeQuery>(),
        done(
            "/incidents/{incident}/cases",
            "joinIncident",
            "Makes cases part of an incident; a case belongs to one open incident at most.",
            run!(incidents::join),
        )
        .takes::<incidents::JoinBody>(),
        done(
            "/incidents/{incident}/cases/{case}/leave",
            "leaveIncident",
            "Takes a case out of an incident, with its answer to many where that has not left.",
            run!(incidents::leave),
        )
        .takes::<beside::Nothing>(),
        done(
            "/incidents/{incident}/end",
            "endIncident",
            "Ends an incident; its cases go on, each with its own clocks.",
            run!(incidents::end),
        )
        .takes::<beside::Nothing>()
        .needing(Right::Bulk),
    ]
}

fn of_many() -> Vec<Endpoint> {
    let mut approve = done(
        "/incidents/{incident}/lines/{line}/approve",
        "approveWords",
        "Stands for words for many, by name; they never change after.",
        run!(incidents::approve),
    )
    .takes::<beside::Nothing>();
    (approve.scope, approve.right) = (Scope::Lead, Right::Steer);
    vec![
        done(
            "/incidents/{incident}/lines",
            "writeWords",
            "Writes words for many; a lead approves them before they can be used.",
            run!(incidents::write),
        )
        .takes::<incidents::LineBody>(),
        approve,
        done(
            "/incidents/{incident}/lines/{line}/withdraw",
            "withdrawWords",
            "Takes words for many back; what waits with them does not leave.",
            run!(incidents::withdraw),
        )
        .takes::<beside::Nothing>()
        .needing(Right::Bulk),
        route::<many::Sent>(
            ("POST", "/incidents/{incident}/answers", Sort::Write),
            Scope::Answer,
            (
                "answerMany",
                "Answers the cases of a reviewed selection by approved words in their language, each as it was seen; they leave one after another.",
            ),
            run!(many::send),
        )
        .takes::<many::SendBody>()
        .needing(Right::Bulk),
        done(
            "/incidents/{incident}/stop",
            "stopTheRest",
            "Calls off all answers to many that have not begun to leave.",
            run!(incidents::stop),
        )
        .takes::<beside::Nothing>(),
    ]
}

fn of_peaks() -> Vec<Endpoint> {
    vec![
        read::<peaks::Peaks>(
            "/peaks",
            "listPeaks",
            "Lists planned peaks and crises that are not over.",
            run!(peaks::peaks),
        )
        .asks::<protocols::BrandQuery>(),
        read::<peaks::Peak>(
            "/peaks/{peak}",
            "readPeak",
            "Reads a planned peak or a crisis that is not over; its version is its `ETag`.",
            run!(peaks::one),
        ),
        route::<peaks::Peaks>(
            ("POST", "/peaks", Sort::Write),
            Scope::Lead,
            (
                "beginPeak",
                "Enters a planned peak, or switches the crisis on: P4 and P5 are parked, and counted.",
            ),
            run!(peaks::begin_peak),
        )
        .takes::<peaks::PeakBody>(),
        route::<peaks::Peaks>(
            ("POST", "/peaks/{peak}/end", Sort::Write),
            Scope::Lead,
            ("endPeak", "Ends a peak or a crisis before its time."),
            run!(peaks::end_peak),
        )
        .takes::<beside::Nothing>(),
    ]
}
