//! The routes of what is given to customers, and of formal complaints.

use super::{Endpoint, act, read, run};
use crate::api::{figures, registers};
use crate::domain::role::Right;
use crate::tokens::Scope::Act;

/// All of them.
pub(super) fn all() -> Vec<Endpoint> {
    let mut all = goodwill();
    all.extend(complaints());
    all.into_iter().map(|e| e.in_group("Goodwill and complaints")).collect()
}

fn goodwill() -> Vec<Endpoint> {
    let mut figures = read::<registers::FiguresShape>(
        "/goodwill",
        "readGoodwill",
        "Counts what was given to customers in a period, with the cases behind it.",
        run!(registers::goodwill_figures),
    )
    .asks::<figures::ReportQuery>()
    .needing(Right::Reports);
    figures.csv = true;
    vec![
        figures,
        act::<registers::ContactBody>(
            "/cases/{case}/contacts",
            Act,
            "addContact",
            "Writes down that the customer made contact elsewhere: by phone, in a shop, by letter, by a web form.",
        ),
        act::<registers::SectorBody>(
            "/cases/{case}/sector",
            Act,
            "saySector",
            "Says which sector of the brand a case is of.",
        ),
        read::<registers::AllGiven>(
            "/cases/{case}/goodwill",
            "listGoodwill",
            "Lists what was given to the customer of a case.",
            run!(registers::given),
        ),
        act::<registers::GrantBody>(
            "/cases/{case}/goodwill",
            Act,
            "giveGoodwill",
            "Gives something to the customer; what is above the limit of the role waits for somebody who may.",
        ),
        act::<registers::DecideBody>(
            "/cases/{case}/goodwill/{goodwill}/decide",
            Act,
            "decideGoodwill",
            "Decides about what a colleague wants to give.",
        )
        .needing(Right::Approve),
        act::<registers::TakeBackBody>(
            "/cases/{case}/goodwill/{goodwill}/take-back",
            Act,
            "takeGoodwillBack",
            "Says that something was not given after all.",
        ),
    ]
}

fn complaints() -> Vec<Endpoint> {
    let mut register = read::<registers::RegisterShape>(
        "/complaints",
        "readComplaints",
        "Reads the register of formal complaints that were made in a period.",
        run!(registers::register),
    )
    .asks::<figures::ReportQuery>()
    .needing(Right::Reports);
    register.csv = true;
    vec![
        register,
        act::<registers::MarkBody>(
            "/cases/{case}/complaint",
            Act,
            "markComplaint",
            "Marks a case as a formal complaint and begins its clocks.",
        ),
        act::<registers::AcknowledgeBody>(
            "/cases/{case}/complaint/acknowledge",
            Act,
            "acknowledgeComplaint",
            "Says that the customer has our word that we have the complaint.",
        ),
        act::<registers::OutcomeBody>(
            "/cases/{case}/complaint/decide",
            Act,
            "decideComplaint",
            "Decides a formal complaint, or puts right what was decided.",
        ),
        act::<registers::UnmarkBody>(
            "/cases/{case}/complaint/unmark",
            Act,
            "unmarkComplaint",
            "Says that a case is no formal complaint after all.",
        ),
    ]
}
