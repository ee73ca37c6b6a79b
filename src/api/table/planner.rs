//! The routes of the planner; nothing where the module is off.

use super::{Endpoint, Sort, read, route, run};
use crate::api::{beside, planner};
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    [shifts(), swaps(), absences(), guests()].into_iter().flatten().map(|e| e.in_group("Planner")).collect()
}

fn shifts() -> Vec<Endpoint> {
    vec![
        read::<planner::Shifts>(
            "/planner/shifts",
            "listPlannedShifts",
            "Lists the days of planned shifts, with swaps and absences folded in.",
            run!(planner::shifts),
        )
        .asks::<planner::SpanQuery>(),
        read::<planner::ShiftShape>(
            "/planner/shifts/{shift}",
            "readPlannedShift",
            "Reads a shift as it is planned; its version is its `ETag`.",
            run!(planner::shift),
        ),
        route::<planner::MadeOne>(
            ("POST", "/planner/shifts", Sort::Write),
            Scope::Lead,
            ("planShift", "Plans a shift on one day or again and again."),
            run!(planner::add_shift),
        )
        .takes::<planner::ShiftBody>(),
        route::<planner::MadeOne>(
            ("POST", "/planner/shifts/{shift}/change", Sort::Write),
            Scope::Lead,
            (
                "changeShift",
                "Changes a shift on one day or from a day on; answers with the id under which it goes on.",
            ),
            run!(planner::change_shift),
        )
        .takes::<planner::ChangeShiftBody>(),
        route::<planner::Changed>(
            ("POST", "/planner/shifts/{shift}/end", Sort::Write),
            Scope::Lead,
            ("endShift", "Ends a shift after a day; what is over stays."),
            run!(planner::end_shift),
        )
        .takes::<planner::EndBody>(),
        route::<planner::Changed>(
            ("POST", "/planner/shifts/{shift}/skip", Sort::Write),
            Scope::Lead,
            ("skipShift", "Takes one day of a shift out."),
            run!(planner::skip),
        )
        .takes::<planner::SkipBody>(),
    ]
}

fn swaps() -> Vec<Endpoint> {
    vec![
        read::<planner::Swaps>(
            "/planner/swaps",
            "listSwaps",
            "Lists swaps of the days ahead.",
            run!(planner::swaps),
        ),
        read::<planner::SwapShape>(
            "/planner/swaps/{swap}",
            "readSwap",
            "Reads a swap of a day ahead.",
            run!(planner::swap),
        ),
        route::<planner::MadeOne>(
            ("POST", "/planner/swaps", Sort::Write),
            Scope::Act,
            ("askSwap", "Asks to give away one day of the own shift."),
            run!(planner::ask_swap),
        )
        .takes::<planner::SwapBody>(),
        route::<planner::Changed>(
            ("POST", "/planner/swaps/{swap}/take", Sort::Write),
            Scope::Act,
            ("takeSwap", "Takes what somebody wants to give away."),
            run!(planner::take),
        )
        .takes::<beside::Nothing>(),
        route::<planner::Changed>(
            ("POST", "/planner/swaps/{swap}/withdraw", Sort::Write),
            Scope::Act,
            ("withdrawSwap", "Withdraws the own swap, or gives back what was taken."),
            run!(planner::withdraw),
        )
        .takes::<beside::Nothing>(),
        route::<planner::Changed>(
            ("POST", "/planner/swaps/{swap}/approve", Sort::Write),
            Scope::Lead,
            ("approveSwap", "Lets a swap hold."),
            run!(planner::approve),
        )
        .takes::<beside::Nothing>(),
        route::<planner::Changed>(
            ("POST", "/planner/swaps/{swap}/refuse", Sort::Write),
            Scope::Lead,
            ("refuseSwap", "Refuses a swap."),
            run!(planner::refuse),
        )
        .takes::<beside::Nothing>(),
    ]
}

fn absences() -> Vec<Endpoint> {
    vec![
        read::<planner::Absences>(
            "/planner/absences",
            "listAbsences",
            "Lists who is away.",
            run!(planner::absences),
        )
        .asks::<planner::SpanQuery>(),
        route::<planner::UncoveredShape>(
            ("POST", "/planner/absences", Sort::Write),
            Scope::Lead,
            ("addAbsence", "Writes an absence down; answers with what it leaves open."),
            run!(planner::add_absence),
        )
        .takes::<planner::AbsenceBody>(),
        route::<planner::Changed>(
            ("POST", "/planner/absences/{absence}/call-off", Sort::Write),
            Scope::Lead,
            ("callAbsenceOff", "Calls an absence off."),
            run!(planner::call_off),
        )
        .takes::<beside::Nothing>(),
    ]
}

fn guests() -> Vec<Endpoint> {
    vec![
        read::<planner::QuarterShape>(
            "/planner/guests",
            "readGuests",
            "Tells who served on support days of a quarter, and the plan that waits for a lead.",
            run!(planner::guests),
        )
        .asks::<planner::QuarterQuery>(),
        route::<planner::Changed>(
            ("POST", "/planner/guests/propose", Sort::Write),
            Scope::Lead,
            ("proposeGuests", "Proposes a plan of support days for a quarter."),
            run!(planner::propose),
        )
        .takes::<planner::ProposeBody>(),
        route::<planner::Changed>(
            ("POST", "/planner/guests/{proposal}/decide", Sort::Write),
            Scope::Lead,
            ("decideGuests", "Accepts a proposed plan, so that its days are shifts, or discards it."),
            run!(planner::decide),
        )
        .takes::<planner::DecideBody>(),
    ]
}
