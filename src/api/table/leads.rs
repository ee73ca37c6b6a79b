//! The routes of what leads read.

use super::{Endpoint, read, run};
use crate::api::{behind, leads, team};
use crate::domain::role::Right;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let mut report = read::<leads::LeadsShape>(
        "/reports/leads",
        "readLeadsReport",
        "Makes the report to leads of a day, a week or a month: each kind of promise by brand, channel, language, level and sector, with the period before and the same of last year, as JSON or CSV.",
        run!(leads::report),
    )
    .asks::<leads::LeadsQuery>()
    .needing(Right::Reports);
    report.csv = true;
    let mut staff = read::<team::StaffReport>(
        "/reports/staff",
        "readStaffReport",
        "Tells what people did in some days, as far as the settings let it be told: of groups of at least five in a whole month, of whom the token acts for, to leads of each by name; as JSON or CSV.",
        run!(team::report),
    )
    .asks::<team::StaffQuery>()
    .needing(Right::Reports);
    staff.csv = true;
    let cases = read::<behind::CasesBehind>(
        "/reports/cases",
        "listCasesBehind",
        "Lists the cases behind a figure of a report to leads: kept or broken promises of a kind, or what began, is open, is late and the like, of the whole or of a group.",
        run!(behind::cases),
    )
    .asks::<behind::BehindQuery>()
    .needing(Right::Reports);
    vec![report, cases, staff]
}
