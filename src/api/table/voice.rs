//! The routes of surveys and thanks.

use super::{Endpoint, Sort, read, route, run};
use crate::api::{beside, figures, office, voice};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    let mut survey = read::<voice::SurveyShape>(
        "/reports/survey",
        "readSurvey",
        "Tells whether customers who were asked in some days would recommend the brand: in total, by week, channel, sector, who solved it and language, each with its interval and its cases.",
        run!(voice::figures),
    )
    .asks::<figures::ReportQuery>()
    .needing(Right::Reports);
    survey.csv = true;
    let all = vec![
        survey,
        read::<voice::List>(
            "/thanks",
            "listThanks",
            "Lists the cases of fourteen days that deserve a card, with who wrote it and what was given.",
            run!(voice::list),
        ),
        route::<office::Decided>(
            ("POST", "/cases/{case}/card", Sort::Write),
            Scope::Act,
            ("writeCard", "Says that whoever asks wrote the card of a case of the list."),
            run!(voice::card),
        )
        .takes::<beside::Nothing>(),
        route::<office::Decided>(
            ("POST", "/cases/{case}/gestures", Sort::Write),
            Scope::Act,
            ("giveGesture", "Writes down what was given to the customer of a case."),
            run!(voice::gesture),
        )
        .takes::<voice::GestureBody>(),
    ];
    all.into_iter().map(|e| e.in_group("Surveys and thanks")).collect()
}
