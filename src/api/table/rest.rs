//! The routes of what stands beside the daily work: drafts, files of customers, saved filters, the audit, how triage
//! does, what is to be expected, people's places.

use super::{Endpoint, Sort, read, route, run};
use crate::api::pages::PageQuery;
use crate::api::problem::Kind;
use crate::api::{
    ahead, attachments, audit, beside, drafts, enclosed, figure, filters, office, presence, quarantine,
    staff, triage,
};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    [of_cases(), of_filters(), of_leads(), of_people()].into_iter().flatten().collect()
}

fn of_cases() -> Vec<Endpoint> {
    let of_act = |mut endpoint: Endpoint| {
        endpoint.scope = Scope::Act;
        endpoint.right = Scope::Act.right();
        endpoint
    };
    vec![
        of_act(read::<drafts::Draft>(
            "/cases/{case}/draft",
            "readDraft",
            "Reads what the person whom the token acts for has typed about a case and not sent.",
            run!(drafts::read),
        )),
        route::<drafts::DraftKept>(
            ("PUT", "/cases/{case}/draft", Sort::Write),
            Scope::Act,
            ("keepDraft", "Keeps what is typed about a case and not sent, as the console does; no words take it away."),
            run!(drafts::keep),
        )
        .takes::<drafts::DraftBody>(),
        // It holds words, so it is not kept under a key.
        route::<drafts::TranslatedDraft>(
            ("POST", "/cases/{case}/draft/translate", Sort::Ask),
            Scope::Act,
            (
                "translateDraft",
                "Puts words into the customer's language by the service of the settings; keeps nothing and sends nothing. Not found where no service is configured.",
            ),
            run!(drafts::translate),
        )
        .takes::<drafts::TranslateDraftBody>(),
        read::<attachments::Attachments>(
            "/cases/{case}/attachments",
            "listAttachments",
            "Lists the files that customers put into the messages of a case.",
            run!(attachments::list),
        ),
        read::<attachments::AttachmentBytes>(
            "/cases/{case}/attachments/{file}",
            "readAttachment",
            "Gives the bytes of such a file, where it is kept; covered as the words of its message are.",
            run!(attachments::one),
        ),
        read::<enclosed::FilesEnclosed>(
            "/cases/{case}/enclosed",
            "listEnclosed",
            "Lists the files that go, or went, along with our answers to a case.",
            run!(enclosed::list),
        ),
        read::<crate::api::attachments::AttachmentBytes>(
            "/cases/{case}/enclosed/{file}",
            "readEnclosed",
            "Gives the bytes of a file that goes, or went, along with an answer.",
            run!(enclosed::one),
        ),
        read::<presence::AllPresent>(
            "/cases/{case}/presence",
            "listPresent",
            "Tells who else has a case before them in the console, and who types.",
            run!(presence::list),
        ),
    ]
}

fn of_filters() -> Vec<Endpoint> {
    let all = vec![
        read::<filters::AllSaved>(
            "/filters",
            "listFilters",
            "Lists the filters of the inbox that the person whom the token acts for has saved.",
            run!(filters::list),
        ),
        route::<filters::SavedOne>(
            ("POST", "/filters", Sort::Write),
            Scope::Act,
            ("saveFilter", "Saves a filter of the inbox under a name."),
            run!(filters::save),
        )
        .takes::<filters::SaveBody>()
        .making(),
        route::<office::Decided>(
            ("POST", "/filters/{filter}/remove", Sort::Write),
            Scope::Act,
            ("removeFilter", "Takes a saved filter away."),
            run!(filters::remove),
        )
        .takes::<beside::Nothing>(),
        read::<quarantine::AllUnread>(
            "/sources/quarantine",
            "listQuarantine",
            "Lists the deliveries of sources that could not be read, without their bytes.",
            run!(quarantine::list),
        )
        .asks::<PageQuery>(),
        Endpoint {
            scope: Scope::ReadPersonal,
            right: Scope::ReadPersonal.right(),
            ..read::<quarantine::UnreadBytes>(
                "/sources/quarantine/{payload}",
                "readQuarantined",
                "Gives such a delivery with its bytes, as they came.",
                run!(quarantine::one),
            )
        },
    ];
    all.into_iter().map(|e| e.in_group("Around cases")).collect()
}

fn of_leads() -> Vec<Endpoint> {
    let lead = |endpoint: Endpoint| Endpoint { scope: Scope::Lead, right: Scope::Lead.right(), ..endpoint };
    let of_triage = lead(read::<triage::TriageAll>(
        "/triage",
        "readTriage",
        "Says how triage does for each brand, by what people corrected and checked in ninety days.",
        run!(triage::read),
    ));
    let figures = lead(read::<figure::PublicFigures>(
        "/public-figures",
        "listPublicFigures",
        "Says what everybody may see of the brands, where that module is on.",
        run!(figure::list),
    ));
    let one_figure = lead(read::<figure::PublicFigure>(
        "/public-figures/{brand}",
        "readPublicFigure",
        "Says what everybody may see of a brand, where that module is on.",
        run!(figure::one),
    ));
    let all = vec![
        of_triage,
        figures,
        one_figure,
        route::<figure::PublicFigure>(
            ("PUT", "/public-figures/{brand}", Sort::Write),
            Scope::Lead,
            ("freezePublicFigure", "Keeps what is shown of a brand as it is, or lets it go on; seen within a minute."),
            run!(figure::freeze),
        )
        .takes::<figure::FreezeBody>(),
        read::<ahead::ForecastShape>(
            "/reports/forecast",
            "readForecast",
            "Tells what is to be expected in a week, hour by hour, where that module is on.",
            run!(ahead::ahead),
        )
        .asks::<ahead::BrandQuery>()
        .needing(Right::Reports),
        read::<ahead::MondayShape>(
            "/reports/monday",
            "readMonday",
            "Tells a week on one page, as it is mailed on a Monday.",
            run!(ahead::of_monday),
        )
        .asks::<ahead::MondayQuery>()
        .needing(Right::Reports),
        read::<ahead::Helpers>(
            "/reports/helpers",
            "listHelpers",
            "Lists who of a forum's members helped how often, with points, where that module is on; it is written down.",
            run!(ahead::helpers),
        )
        .asks::<ahead::HelpersQuery>()
        .needing(Right::Export),
        read::<audit::AuditActs>(
            "/audit",
            "listAudit",
            "Lists who did what, the latest first; for tokens that act for an admin or an auditor.",
            run!(audit::list),
        )
        .asks::<audit::AuditQuery>()
        .needing(Right::Audit),
    ];
    all.into_iter().map(|e| e.in_group("Figures and settings")).collect()
}

fn of_people() -> Vec<Endpoint> {
    let all = vec![
        Endpoint {
            scope: Scope::Admin,
            right: Right::People,
            ..read::<staff::Person>(
                "/people/{login}",
                "readPerson",
                "Tells of somebody who may log in; its version goes into `If-Match` when their place is put.",
                run!(staff::one),
            )
        },
        route::<staff::Person>(
            ("PUT", "/people/{login}/place", Sort::Write),
            Scope::Admin,
            ("placePerson", "Says what somebody is and which brands they see; ends their log-ins."),
            run!(staff::place),
        )
        .takes::<staff::PlaceBody>(),
        route::<staff::Person>(
            ("POST", "/people/{login}/log-ins/end", Sort::Write),
            Scope::Admin,
            ("endLogIns", "Ends every open log-in of somebody to the console."),
            run!(staff::end_log_ins),
        )
        .takes::<beside::Nothing>(),
        route::<staff::Person>(
            ("POST", "/people/{login}/factors/reset", Sort::Write),
            Scope::Admin,
            ("resetFactors", "Takes away what somebody has beside a password, who has lost it; ends their log-ins."),
            run!(staff::reset_factors),
        )
        .takes::<beside::Nothing>(),
        route::<crate::api::account::Account>(
            ("PUT", "/account/sign", Sort::Write),
            Scope::Account,
            ("setSign", "Sets the sign that stands under the person's answers, for a brand or for all; an empty one takes it away."),
            run!(crate::api::account::set_sign),
        )
        .takes::<crate::api::account::SignBody>()
        .or(&[Kind::Refused]),
    ];
    all.into_iter().map(|e| e.in_group("People and tokens")).collect()
}
