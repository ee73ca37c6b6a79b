//! What people do with cases, by program: each body becomes one act of casework, and nothing is decided here.

use super::ask::{Call, Reply};
use super::problem::Problem;
use super::promises::InWords;
use super::word::{
    At, BackDoorWord, DifferenceWord, IntentWord, LanguageWord, LevelWord, MeasureWord, SolvedWord,
};
use crate::casework::{Act, Answer, Files, Handed, Meant, PrivateAct};
use crate::domain::correction::Corrected;
use crate::domain::ending::Ending;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A body that says what is to be done with a case.
pub trait Body: DeserializeOwned + JsonSchema {
    /// The act; what stands in the address goes with it.
    fn act(self, call: &Call) -> Result<Act, Problem>;
}

/// Carries out what a body says.
pub fn carry_out<B: Body>(call: Call) -> BoxFuture<'static, Result<Reply, Problem>> {
    let act = call.body::<B>().and_then(|body| body.act(&call));
    // What comes after is the same for every body.
    done(call, act)
}

fn done(call: Call, act: Result<Act, Problem>) -> BoxFuture<'static, Result<Reply, Problem>> {
    Box::pin(async move { call.act(act?).await })
}

macro_rules! body {
    (
        $(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* }
        |$it:pat_param, $call:pat_param| $act:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type,)* }

        impl Body for $name {
            fn act(self, call: &Call) -> Result<Act, Problem> {
                let ($it, $call) = (self, call);
                Ok($act)
            }
        }
    };
}

/// How a case ended.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// Who solved it.
    pub solved: SolvedWord,
    /// Why webcare could what the front office could not.
    #[serde(default)]
    pub difference: Option<DifferenceWord>,
    /// Why the customer came here.
    #[serde(default)]
    pub back_door: Option<BackDoorWord>,
}

impl Ended {
    fn ending(self) -> Ending {
        Ending {
            solved: self.solved.0,
            difference: self.difference.map(|d| d.0),
            back_door: self.back_door.map(|b| b.0),
        }
    }
}

/// Who stands for personal data in a public answer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeantWord {
    /// Nobody: such an answer is refused with the places.
    #[default]
    No,
    /// The one who answers, who must be a lead.
    Sure,
    /// The one who answers, for nobody else is on duty; `why` says why it must stand in public.
    Alone,
    /// A second person is asked; the answer waits for them. `why` says why it must stand in public.
    Ask,
}

/// An answer that is meant for sending.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    /// The words; the handle in front and the signature are added.
    pub text: String,
    /// The message that is answered, by id; without a word the latest.
    #[serde(default)]
    pub to: Option<String>,
    /// Whether the case is resolved once the answer stands.
    #[serde(default)]
    pub resolve: bool,
    /// The reason with which it is resolved.
    #[serde(default)]
    pub reason: String,
    /// How it ended, if it is resolved; without a word what is proposed holds.
    #[serde(default)]
    pub ending: Option<Ended>,
    /// Whether another answer to the same message is meant.
    #[serde(default)]
    pub again: bool,
    /// Who stands for personal data in it.
    #[serde(default)]
    pub meant: MeantWord,
    /// Why personal data must stand in public.
    #[serde(default)]
    pub why: String,
    /// What becomes of a promise in its words.
    #[serde(default)]
    pub promise: InWords,
    /// Files that go along, by their ids, in this order; upload them first.
    #[serde(default)]
    pub files: Vec<String>,
    /// Whether it goes in numbered parts, each an answer to the one before it, where it is too long for one post and the
    /// platform has threads; without a word such an answer is refused. The preview shows the parts.
    #[serde(default)]
    pub split: bool,
}

fn named(files: Vec<String>) -> Files {
    if files.is_empty() { Files::None } else { Files::These(files) }
}

impl Body for AnswerBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        let reason = self.why.clone();
        let asks = matches!(self.meant, MeantWord::Ask);
        let answer = Answer {
            text: self.text.replace("\r\n", "\n"),
            to: self.to,
            resolve: self.resolve.then_some(self.reason),
            ending: self.ending.map(Ended::ending),
            again: self.again,
            meant: match self.meant {
                MeantWord::No | MeantWord::Ask => Meant::No,
                MeantWord::Sure => Meant::Sure,
                MeantWord::Alone => Meant::Alone { reason: self.why },
            },
            handed: Handed::No,
            promise: self.promise.meant(),
            files: named(self.files),
            many: None,
            automatic: false,
            split: self.split,
            by_mail: None,
        };
        Ok(if asks { Act::AskPass { answer, reason } } else { Act::Answer(answer) })
    }
}

/// What is to be put right; what is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CorrectBody {
    /// Its level.
    pub level: Option<LevelWord>,
    /// Its intent.
    pub intent: Option<IntentWord>,
    /// Its language.
    pub language: Option<LanguageWord>,
    /// Whether it needs an answer.
    pub needs_answer: Option<bool>,
    /// Whether it needs a private channel.
    pub needs_private: Option<bool>,
}

impl Body for CorrectBody {
    fn act(self, _: &Call) -> Result<Act, Problem> {
        Ok(Act::Correct(Corrected {
            level: self.level.map(|l| l.0),
            intent: self.intent.map(|i| i.0),
            language: self.language.map(|l| l.0),
            needs_answer: self.needs_answer,
            needs_private: self.needs_private,
        }))
    }
}

body!(
    /// Takes a case.
    ClaimBody {
        /// When the claim ends by itself; without a word it does not.
        #[serde(default)]
        until: Option<At>,
    }
    |it, _| Act::Claim { until: it.until.map(|at| at.0) }
);
body!(
    /// Hands it to a colleague.
    AssignBody {
        /// Their login.
        to: String,
        /// What they should know; kept as a note for colleagues.
        #[serde(default)]
        line: String,
    }
    |it, _| Act::Assign { to: it.to, line: it.line }
);
body!(
    /// Gives it back.
    ReleaseBody {}
    |_, _| Act::Release
);
body!(
    /// It is the customer's turn.
    AwaitCustomerBody {}
    |_, _| Act::AwaitCustomer
);
body!(
    /// It is the front office's turn.
    AwaitFrontOfficeBody {}
    |_, _| Act::AwaitFrontOffice
);
body!(
    /// It is solved.
    ResolveBody {
        /// How; needed where no ticket knows of a matter of the front office's.
        #[serde(default)]
        reason: String,
        /// How it ended; without a word what is proposed holds.
        #[serde(default)]
        ending: Option<Ended>,
    }
    |it, _| Act::Resolve { reason: it.reason, ending: it.ending.map(Ended::ending) }
);
body!(
    /// Puts right how it ended.
    EndingBody {
        /// How it ended.
        ending: Ended,
    }
    |it, _| Act::Ending(it.ending.ending())
);
body!(
    /// It is not for us.
    DismissBody {
        /// Why, in a few words.
        reason: String,
    }
    |it, _| Act::Dismiss { reason: it.reason }
);
body!(
    /// It is not solved after all.
    ReopenBody {}
    |_, _| Act::Reopen
);
body!(
    /// Calls an answer back that has not left yet.
    UndoBody {
        /// The answer: the id of its effect.
        effect: String,
    }
    |it, _| Act::Undo { action: it.effect }
);
body!(
    /// Something for colleagues.
    NoteBody {
        /// The words.
        text: String,
    }
    |it, _| Act::Note { text: it.text.replace("\r\n", "\n") }
);
body!(
    /// Puts it away; its clocks run on.
    SnoozeBody {
        /// Until when; an instant that is past brings it back.
        until: At,
    }
    |it, _| Act::Snooze { until: it.until.0 }
);
body!(
    /// Takes a measure against a post or its author.
    ModerateBody {
        /// Which.
        measure: MeasureWord,
        /// The message, by id; without a word the latest.
        #[serde(default)]
        message: Option<String>,
        /// The house rule.
        #[serde(default)]
        reason: String,
    }
    |it, _| Act::Moderate { measure: it.measure.0, mention: it.message, reason: it.reason }
);
body!(
    /// Ties it to a ticket that there is.
    LinkBody {
        /// The ticket system by name.
        system: String,
        /// The ticket by its number there.
        ticket: String,
    }
    |it, _| Act::LinkTicket { system: it.system, ticket: it.ticket, seen: None }
);
body!(
    /// Has a ticket made, with the whole conversation.
    CreateBody {
        /// The ticket system by name.
        system: String,
    }
    |it, _| Act::CreateTicket { system: it.system }
);
body!(
    /// Takes the tie to a ticket away.
    UnlinkBody {}
    |_, call| Act::UnlinkTicket { link: call.part("link").to_owned() }
);
body!(
    /// The front office holds the ticket for solved, and it is not.
    NotSolvedBody {}
    |_, call| Act::NotSolved { link: call.part("link").to_owned() }
);
body!(
    /// Words that were withdrawn are gone from the ticket: somebody took them away there.
    WordsGoneBody {}
    |_, call| Act::TicketWordsGone { link: call.part("link").to_owned() }
);
body!(
    /// Offers a private channel, in public.
    OfferBody {
        /// The words; none takes the brand's own.
        #[serde(default)]
        text: String,
        /// Whether another offer is meant.
        #[serde(default)]
        again: bool,
    }
    |it, _| Act::Private(PrivateAct::Offer { text: it.text.replace("\r\n", "\n"), again: it.again })
);
body!(
    /// A private message to the customer.
    PrivateMessageBody {
        /// The words.
        text: String,
        /// Whether another answer to the same message is meant.
        #[serde(default)]
        again: bool,
        /// What becomes of a promise in its words.
        #[serde(default)]
        promise: InWords,
        /// Files that go along, by their ids; upload them first.
        #[serde(default)]
        files: Vec<String>,
        /// By mail, to this one of the addresses that the customer gave, by its key; none is the platform's own way.
        #[serde(default)]
        mail_to: Option<String>,
    }
    |it, _| {
        let files = named(it.files);
        let text = it.text.replace("\r\n", "\n");
        let promise = it.promise.meant();
        let (handed, by_mail) = (Handed::Private, it.mail_to);
        Act::Answer(Answer { text, again: it.again, handed, promise, files, by_mail, ..Answer::default() })
    }
);
body!(
    /// A case is to go on in private.
    ProposePrivateBody {}
    |_, _| Act::Private(PrivateAct::Propose)
);
body!(
    /// The customer does not want a private channel, or the platform lets nobody in.
    RefusePrivateBody {
        /// Why.
        #[serde(default)]
        note: String,
    }
    |it, _| Act::Private(PrivateAct::Refuse { note: it.note })
);
body!(
    /// Takes it to a channel that no connector has.
    ByHandBody {
        /// Which.
        #[serde(default)]
        note: String,
    }
    |it, _| Act::Private(PrivateAct::ByHand { note: it.note })
);
body!(
    /// What was private is settled.
    ClosePrivateBody {}
    |_, _| Act::Private(PrivateAct::Close)
);
body!(
    /// Sends the approved words for those whose language nobody reads at present.
    HoldingBody {
        /// Whether another answer to the same message is meant.
        #[serde(default)]
        again: bool,
        /// What becomes of the promise in them; left out, they promise what they say.
        #[serde(default)]
        promise: InWords,
    }
    |it, _| Act::Private(PrivateAct::Holding { again: it.again, promise: it.promise.meant() })
);
body!(
    /// A conversation that was proposed belongs to this case.
    JoinBody {}
    |_, call| Act::Private(PrivateAct::Join { join: call.part("join").to_owned() })
);
body!(
    /// A conversation that was proposed does not belong to this case.
    DeclineBody {}
    |_, call| Act::Private(PrivateAct::Decline { join: call.part("join").to_owned() })
);
body!(
    /// A conversation that was joined does not belong here after all.
    SplitBody {
        /// The conversation, by id.
        conversation: String,
    }
    |it, _| Act::Private(PrivateAct::Split { conversation: it.conversation })
);
body!(
    /// Decides about a public answer with personal data that a colleague asked for.
    PassBody {
        /// Whether it goes.
        goes: bool,
        /// Why it does not; may be empty.
        #[serde(default)]
        reason: String,
    }
    |it, call| Act::Pass { pass: call.part("pass").to_owned(), goes: it.goes, reason: it.reason }
);
body!(
    /// Notes that an answer was looked at which a colleague let pass alone.
    ReviewBody {}
    |_, call| Act::Review { pass: call.part("pass").to_owned() }
);
