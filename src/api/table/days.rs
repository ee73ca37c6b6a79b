//! The routes of days and months: what leads note of them, the figures that were mailed, what was spent.

use super::{Endpoint, Sort, read, route, run};
use crate::api::pages::PageQuery;
use crate::api::{beside, days, office, spending};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let all = vec![
        read::<days::Notes>(
            "/day-notes",
            "listDayNotes",
            "Lists what leads noted of days, such as a strike.",
            run!(days::notes),
        )
        .asks::<days::NotesQuery>(),
        read::<days::Note>("/day-notes/{note}", "readDayNote", "Reads a note of a day.", run!(days::one)),
        route::<days::Notes>(
            ("POST", "/day-notes", Sort::Write),
            Scope::Lead,
            (
                "addDayNote",
                "Notes something of a day; it stands beside the day's figures in charts, tables and mails.",
            ),
            run!(days::add),
        )
        .takes::<days::NoteBody>(),
        route::<office::Decided>(
            ("POST", "/day-notes/{note}/remove", Sort::Write),
            Scope::Lead,
            ("removeDayNote", "Takes a note of a day away."),
            run!(days::remove),
        )
        .takes::<beside::Nothing>(),
        read::<days::AllSent>(
            "/reports/sent",
            "listSentReports",
            "Lists the reports that were mailed, with their figures as they were sent.",
            run!(days::sent),
        )
        .asks::<PageQuery>()
        .needing(Right::Reports),
        read::<spending::SpentInMonth>(
            "/spending",
            "listSpending",
            "Says what the platforms that charge were paid in a month, by brand and by kind of call.",
            run!(spending::spending),
        )
        .asks::<spending::SpendingQuery>()
        .needing(Right::Reports),
    ];
    all.into_iter().chain(super::leads::all()).map(|e| e.in_group("Figures and settings")).collect()
}
