//! The list of routes: a line says path, scope, kind and types, and everything else follows from it.

use super::{Endpoint, Sort, act, days, read, route, run};
use crate::api::pages::PageQuery;
use crate::api::problem::Kind;
use crate::api::{acts, beside, case, cases, customers, duty, figures, hooks, office, promises, shape, wall};
use crate::domain::role::Right;
use crate::tokens::Scope;

/// For what waits for nobody.
macro_rules! at_once {
    ($handler:expr) => {
        |call| Box::pin(std::future::ready($handler(&call)))
    };
}

/// Every route.
pub(super) fn all() -> Vec<Endpoint> {
    [
        cases_to_read(),
        acts_on_cases(),
        super::files::all(),
        ends_of_cases(),
        private(),
        tickets(),
        around(),
        settings(),
        days::all(),
        super::back_door::all(),
        super::voice::all(),
        super::library::all(),
        super::batch::all(),
        on_duty(),
        super::planner::all(),
        super::briefing::all(),
        super::people::all(),
        super::privacy::all(),
        super::registers::all(),
        super::protocols::all(),
        super::collecting::all(),
        super::incidents::all(),
        super::quality::all(),
        super::policies::all(),
        super::templates::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn cases_to_read() -> Vec<Endpoint> {
    vec![
        read::<cases::Cases>(
            "/cases",
            "listCases",
            "Lists cases, a page at a time: a lane in the order of risk, or all in an order that never changes.",
            run!(cases::list),
        )
        .asks::<cases::ListQuery>(),
        read::<case::Whole>(
            "/cases/{case}",
            "readCase",
            "Reads one case: messages, our answers, clocks, tickets, promises, private channel.",
            run!(case::one),
        ),
        read::<case::Timeline>(
            "/cases/{case}/timeline",
            "readTimeline",
            "Reads what happened in a case, oldest first.",
            run!(case::timeline),
        )
        .asks::<case::TimelineQuery>(),
        route::<beside::Previewed>(
            ("POST", "/cases/{case}/preview", Sort::Ask),
            Scope::Act,
            (
                "previewAnswer",
                "Shows what the platform would get, counted as it counts, with personal data that must not stand in public. Sends nothing.",
            ),
            run!(beside::preview),
        )
        .takes::<beside::PreviewBody>(),
    ]
}

fn acts_on_cases() -> Vec<Endpoint> {
    use Scope::{Act, Answer};
    const ANSWERS: &[Kind] = &[Kind::Answered, Kind::Personal];
    vec![
        act::<acts::ClaimBody>("/cases/{case}/claim", Act, "claimCase", "Takes a case."),
        act::<acts::AssignBody>(
            "/cases/{case}/assign",
            Act,
            "assignCase",
            "Hands a case to a colleague, by login; a case of another only by a token of a lead.",
        ),
        act::<acts::ReleaseBody>("/cases/{case}/release", Act, "releaseCase", "Gives a case back."),
        act::<acts::AnswerBody>(
            "/cases/{case}/answer",
            Answer,
            "answerCase",
            "Answers a message. The answer leaves after the undo time, by the account of the brand, once. Who answers an unclaimed case claims it.",
        )
        .or(ANSWERS),
        act::<acts::UndoBody>(
            "/cases/{case}/undo",
            Answer,
            "undoAnswer",
            "Calls back an answer that has not left yet. What changed in the case meanwhile does not matter.",
        ),
        act::<acts::NoteBody>("/cases/{case}/notes", Act, "addNote", "Writes something for colleagues."),
        act::<acts::SnoozeBody>(
            "/cases/{case}/snooze",
            Act,
            "snoozeCase",
            "Puts a case away until an instant; its clocks run on.",
        ),
        act::<acts::AwaitCustomerBody>(
            "/cases/{case}/wait-for-customer",
            Act,
            "waitForCustomer",
            "Says that it is the customer's turn; holds both resolution clocks.",
        ),
        act::<acts::AwaitFrontOfficeBody>(
            "/cases/{case}/wait-for-front-office",
            Act,
            "waitForFrontOffice",
            "Says that it is the front office's turn; the clocks run on.",
        ),
    ]
}

fn ends_of_cases() -> Vec<Endpoint> {
    use Scope::{Act, Answer};
    const ANSWERS: &[Kind] = &[Kind::Answered, Kind::Personal];
    vec![
        act::<acts::ResolveBody>(
            "/cases/{case}/resolve",
            Act,
            "resolveCase",
            "Says that a case is solved, and how it ended.",
        ),
        act::<acts::EndingBody>(
            "/cases/{case}/ending",
            Act,
            "correctEnding",
            "Puts right how a case ended that is over.",
        ),
        act::<acts::DismissBody>(
            "/cases/{case}/dismiss",
            Act,
            "dismissCase",
            "Says that a case is not for us, and why.",
        ),
        act::<acts::ReopenBody>("/cases/{case}/reopen", Act, "reopenCase", "Says that it is not solved after all."),
        act::<acts::CorrectBody>(
            "/cases/{case}/correct",
            Act,
            "correctCase",
            "Puts right what triage said: level, intent, language, whether it needs an answer or a private channel.",
        )
        .needing(Right::Correct),
        act::<acts::ModerateBody>(
            "/cases/{case}/moderate",
            Answer,
            "moderate",
            "Takes a measure against a post or its author, where the platform has it. Blocking, deleting and silencing need a lead or two \
             people: the first one's wish waits a day for somebody else who asks for the same.",
        )
        .needing(Right::Moderate)
        .or(&[Kind::Answered]),
        act::<acts::PassBody>(
            "/cases/{case}/passes/{pass}",
            Answer,
            "decidePass",
            "Decides about a public answer with personal data that a colleague asked for; needs a second person.",
        )
        .needing(Right::Approve)
        .or(ANSWERS),
        act::<acts::ReviewBody>(
            "/cases/{case}/passes/{pass}/review",
            Act,
            "reviewPass",
            "Notes that an answer was looked at which a colleague let pass alone.",
        )
        .needing(Right::Approve),
    ]
}

fn private() -> Vec<Endpoint> {
    use Scope::{Act, Answer};
    const ANSWERS: &[Kind] = &[Kind::Answered, Kind::Personal];
    let all = vec![
        read::<beside::PrivateReady>(
            "/cases/{case}/private",
            "readPrivate",
            "Shows the words that stand ready for the private channel of a case.",
            run!(beside::ready),
        ),
        route::<shape::Acted>(
            ("POST", "/cases/{case}/private/reach", Sort::Write),
            Act,
            ("askReach", "Asks the platform whether and how the customer can be reached in private, and keeps what it says."),
            run!(beside::reach),
        )
        .takes::<beside::Nothing>(),
        act::<acts::OfferBody>("/cases/{case}/private/offer", Answer, "offerPrivate", "Offers a private channel, in public.")
            .or(ANSWERS),
        act::<acts::PrivateMessageBody>(
            "/cases/{case}/private/messages",
            Answer,
            "sendPrivate",
            "Sends a private message by the private way of the account.",
        )
        .or(ANSWERS),
        act::<acts::HoldingBody>(
            "/cases/{case}/private/holding",
            Answer,
            "sendHolding",
            "Sends the approved words for those whose language nobody reads at present.",
        )
        .or(ANSWERS),
        act::<acts::ProposePrivateBody>(
            "/cases/{case}/private/propose",
            Act,
            "proposePrivate",
            "Says that a case is to go on in private; nothing is sent.",
        ),
        act::<acts::RefusePrivateBody>(
            "/cases/{case}/private/refuse",
            Act,
            "refusePrivate",
            "Says that there is no private channel: the customer does not want one, or the platform lets nobody in.",
        ),
        act::<acts::ByHandBody>(
            "/cases/{case}/private/by-hand",
            Act,
            "takeByHand",
            "Takes a case to a channel that no connector has, such as the telephone.",
        ),
        act::<acts::ClosePrivateBody>(
            "/cases/{case}/private/close",
            Act,
            "closePrivate",
            "Says that what was private is settled.",
        ),
    ];
    all.into_iter().chain(joins()).map(|e| e.in_group("Private channel")).collect()
}

/// Which conversations belong to a case.
fn joins() -> Vec<Endpoint> {
    use Scope::Act;
    vec![
        act::<acts::JoinBody>(
            "/cases/{case}/joins/{join}/accept",
            Act,
            "acceptJoin",
            "Says that a conversation belongs to this case.",
        ),
        act::<acts::DeclineBody>(
            "/cases/{case}/joins/{join}/decline",
            Act,
            "declineJoin",
            "Says that a conversation does not belong to this case.",
        ),
        act::<acts::SplitBody>(
            "/cases/{case}/split",
            Act,
            "splitCase",
            "Says that a conversation that was joined does not belong here after all.",
        ),
    ]
}

fn tickets() -> Vec<Endpoint> {
    use Scope::Act;
    let all = vec![
        route::<beside::FoundTickets>(
            ("POST", "/cases/{case}/tickets/find", Sort::Ask),
            Scope::ReadPersonal,
            (
                "findTickets",
                "Looks for the customer's tickets in the front office's systems; writes nowhere.",
            ),
            run!(beside::find),
        )
        .needing(Right::Work)
        .takes::<beside::FindBody>(),
        act::<acts::LinkBody>(
            "/cases/{case}/tickets/link",
            Act,
            "linkTicket",
            "Ties a case to a ticket that there is.",
        ),
        act::<acts::CreateBody>(
            "/cases/{case}/tickets",
            Act,
            "createTicket",
            "Has a ticket made with the whole conversation; once, whatever happens.",
        ),
        act::<acts::UnlinkBody>(
            "/cases/{case}/tickets/{link}/unlink",
            Act,
            "unlinkTicket",
            "Takes a tie away.",
        ),
        act::<acts::NotSolvedBody>(
            "/cases/{case}/tickets/{link}/not-solved",
            Act,
            "ticketNotSolved",
            "Says that the front office holds a ticket for solved and it is not.",
        ),
        act::<acts::WordsGoneBody>(
            "/cases/{case}/tickets/{link}/words-gone",
            Act,
            "ticketWordsGone",
            "Says that words which were withdrawn are gone from the ticket.",
        ),
        act::<customers::CustomerBody>(
            "/cases/{case}/customer",
            Act,
            "sayCustomer",
            "Says that a case is about somebody else than who wrote, and what is known of them.",
        ),
        act::<customers::CustomerBackBody>(
            "/cases/{case}/customer/take-back",
            Act,
            "takeCustomerBack",
            "Says that the customer of a case is who wrote, after all.",
        ),
        act::<promises::PromiseBody>(
            "/cases/{case}/promises",
            Act,
            "addPromise",
            "Writes down what was promised to the customer, and begins its clock.",
        ),
    ];
    all.into_iter().chain(super::promises::all()).map(|e| e.in_group("Tickets and promises")).collect()
}

fn around() -> Vec<Endpoint> {
    let all = vec![
        read::<office::Sources>(
            "/sources",
            "listSources",
            "Says where posts come from, how each source is, and what came.",
            run!(office::sources),
        ),
        read::<office::Checks>(
            "/checks",
            "listChecks",
            "Lists the cases drawn of those that triage thought to need no answer.",
            run!(office::checks),
        )
        .asks::<PageQuery>(),
        route::<office::Decided>(
            ("POST", "/checks/{case}", Sort::Write),
            Scope::Act,
            ("decideCheck", "Says whether such a case needs an answer; one that was missed gets its clock."),
            run!(office::check),
        )
        .takes::<office::CheckBody>()
        .needing(Right::Correct),
        read::<office::Outbox>(
            "/outbox",
            "readOutbox",
            "Lists what is about to leave and what the outbox may not decide alone.",
            run!(office::outbox),
        )
        .asks::<PageQuery>(),
        route::<office::Decided>(
            ("POST", "/outbox/{effect}", Sort::Write),
            Scope::Answer,
            ("settleEffect", "Settles an action by a person's word: it stands there, it goes again, or it is left."),
            run!(office::settle),
        )
        .takes::<office::SettleBody>(),
        read::<office::KillSwitch>(
            "/kill-switch",
            "readKillSwitch",
            "Says whether all sending to customers is stopped.",
            run!(office::is_stopped),
        ),
        route::<office::KillSwitch>(
            ("PUT", "/kill-switch", Sort::Write),
            Scope::Lead,
            ("turnKillSwitch", "Stops all sending to customers, or lets it go on; holds for every replica and over restarts."),
            run!(office::stop),
        )
        .takes::<office::KillSwitch>(),
        read::<hooks::Deliveries>(
            "/hooks-out",
            "listHooksOut",
            "Lists the webhooks that wait, and those that were given up.",
            run!(hooks::list),
        )
        .asks::<hooks::DeliveriesQuery>(),
        route::<office::Decided>(
            ("POST", "/hooks-out/{delivery}/redrive", Sort::Write),
            Scope::Lead,
            ("redriveHookOut", "Sends a webhook once more that was given up."),
            run!(hooks::redrive),
        )
        .takes::<beside::Nothing>(),
    ];
    all.into_iter().map(|e| e.in_group("Around cases")).collect()
}

fn settings() -> Vec<Endpoint> {
    let mut reports = read::<figures::ReportShape>(
        "/reports",
        "readReport",
        "Makes the figures of some days, as JSON or CSV.",
        run!(figures::report),
    )
    .asks::<figures::ReportQuery>()
    .needing(Right::Reports);
    reports.csv = true;
    let all = vec![
        reports,
        read::<figures::Brands>(
            "/brands",
            "listBrands",
            "Lists the brands that the token sees.",
            run!(figures::brands),
        ),
        read::<figures::HideBody>(
            "/brands/{brand}/hide-no-answer",
            "readHideNoAnswer",
            "Says whether what needs no answer leaves the main list of a brand.",
            run!(figures::hidden),
        ),
        route::<figures::HideBody>(
            ("PUT", "/brands/{brand}/hide-no-answer", Sort::Write),
            Scope::Lead,
            (
                "hideNoAnswer",
                "Says whether what needs no answer leaves the main list of a brand; not in its first days.",
            ),
            run!(figures::hide),
        )
        .takes::<figures::HideBody>(),
        read::<figures::Policies>(
            "/policies",
            "listPolicies",
            "Lists what is promised, in words.",
            at_once!(figures::policies),
        ),
        read::<figures::ExplainedShape>(
            "/policies/{policy}/explain",
            "explainPolicy",
            "Says when a message of an instant has to be answered, and why.",
            at_once!(figures::explained),
        )
        .asks::<figures::ExplainQuery>(),
    ];
    all.into_iter().map(|e| e.in_group("Figures and settings")).collect()
}

fn on_duty() -> Vec<Endpoint> {
    let all = vec![
        read::<duty::Now>("/duty", "listOnDuty", "Lists who is on duty now.", run!(duty::now)),
        route::<duty::Now>(
            ("POST", "/duty/on", Sort::Write),
            Scope::Act,
            ("comeOn", "Says that whoever asks is on duty from now; answers with who is on."),
            run!(duty::on),
        )
        .takes::<duty::OnBody>(),
        route::<duty::Off>(
            ("POST", "/duty/off", Sort::Write),
            Scope::Act,
            ("goOff", "Says that whoever asks is off duty from now, also where more was planned."),
            run!(duty::off),
        )
        .takes::<beside::Nothing>(),
        read::<duty::Coverage>(
            "/duty/coverage",
            "readCoverage",
            "Tells for each hour ahead and each promised language how many are on, what is to be expected, and where nobody is.",
            run!(duty::coverage),
        )
        .asks::<duty::CoverageQuery>(),
    ];
    let wall = read::<wall::Wall>(
        "/wall",
        "readWallboard",
        "Tells what the wallboard shows: the next deadline, what is open by level and language, on time today, people on duty, expected waits.",
        run!(wall::read),
    )
    .asks::<wall::WallQuery>();
    all.into_iter().chain([wall]).map(|e| e.in_group("Duty")).collect()
}
