//! Every route of the interface, with who may ask it and how it is described: nothing is served that does not
//! stand here, and nothing stands here that is not described.

use super::acts::{Body, carry_out};
use super::ask::{Call, Reply};
use super::problem::{Kind, Problem};
use super::shape;
use crate::domain::role::Right;
use crate::tokens::Scope;
use futures_util::future::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};

mod account;
mod back_door;
mod batch;
mod briefing;
mod collecting;
mod days;
mod files;
mod incidents;
mod leads;
mod library;
mod people;
mod planner;
mod policies;
mod privacy;
mod promises;
mod protocols;
mod quality;
mod registers;
mod rest;
mod routes;
mod seen;
mod templates;
mod translate;
mod voice;

/// What every path begins with.
pub const ROOT: &str = "/api/v1";

/// Describes a type.
pub type Describe = fn(&mut SchemaGenerator) -> Schema;
/// Carries a request out.
pub type Run = fn(Call) -> BoxFuture<'static, Result<Reply, Problem>>;

/// What kind of request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Changes nothing; its answer has an `ETag`.
    Read,
    /// Changes nothing, but has a body.
    Ask,
    /// Changes something; may have a key under which it is done once.
    Write,
    /// The same for a case, of which the version that was seen must be named.
    Act,
}

/// One route.
pub struct Endpoint {
    /// The method.
    pub method: &'static str,
    /// The path behind [`ROOT`], with `{names}`.
    pub path: &'static str,
    /// What a token must be allowed to.
    pub scope: Scope,
    /// What whom it acts for must be allowed to, by the table of roles.
    pub right: Right,
    /// What kind of request it is.
    pub sort: Sort,
    /// Its name for programs that are made from the description.
    pub name: &'static str,
    /// The group in which it is shown.
    pub group: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// What stands behind the question mark.
    pub query: Option<Describe>,
    /// What is sent.
    pub body: Option<Describe>,
    /// What is answered.
    pub reply: Describe,
    /// With what status.
    pub status: u16,
    /// Whether a file may come along.
    pub files: bool,
    /// Whether it may answer in CSV as well.
    pub csv: bool,
    /// What else may be wrong with it than with every request of its kind.
    pub wrong: &'static [Kind],
    /// The read that shows what it changes: its path, and how it is read. By the `ETag` of that somebody may say what
    /// they saw.
    pub seen: Option<(&'static str, Run)>,
    /// Carries it out.
    pub run: Run,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {ROOT}{} ({})", self.method, self.path, self.scope.code())
    }
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

impl Endpoint {
    fn asks<T: JsonSchema>(mut self) -> Self {
        self.query = Some(of::<T>);
        self
    }

    fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(of::<T>);
        self
    }

    /// Another right than that of its scope.
    const fn needing(mut self, right: Right) -> Self {
        self.right = right;
        self
    }

    const fn in_group(mut self, group: &'static str) -> Self {
        self.group = group;
        self
    }

    /// A file comes along.
    const fn with_files(mut self) -> Self {
        self.files = true;
        self
    }

    /// Something is made by it.
    const fn making(mut self) -> Self {
        self.status = 201;
        self
    }

    const fn or(mut self, wrong: &'static [Kind]) -> Self {
        self.wrong = wrong;
        self
    }

    /// Every problem that it may answer.
    pub fn problems(&self) -> Vec<Kind> {
        use Kind::{
            AnswerLost, Body, InFlight, Internal, Invalid, KeyReused, Media, NotFound, Refused, Request,
            Scope, Stale, Token, TooLarge, TooMany, Unavailable, Version,
        };
        let mut all = vec![Request, Token, Scope, NotFound, TooMany, Internal, Unavailable];
        if self.sort != Sort::Read {
            all.extend([Body, TooLarge, Media, Invalid, Refused]);
        }
        if matches!(self.sort, Sort::Write | Sort::Act) {
            all.extend([InFlight, KeyReused]);
        }
        if self.sort == Sort::Write {
            all.push(AnswerLost);
        }
        if self.sort == Sort::Act {
            all.extend([Stale, Version]);
        }
        if self.method == "PUT" || self.seen.is_some() {
            all.push(Stale);
        }
        all.extend(self.wrong);
        all.sort_unstable();
        all.dedup();
        all
    }
}

macro_rules! run {
    ($handler:expr) => {
        |call| Box::pin($handler(call))
    };
}
use run;

fn route<R: JsonSchema>(
    of_what: (&'static str, &'static str, Sort),
    scope: Scope,
    words: (&'static str, &'static str),
    run: Run,
) -> Endpoint {
    answering(of_what, scope, words, of::<R>, run)
}

fn answering(
    (method, path, sort): (&'static str, &'static str, Sort),
    scope: Scope,
    (name, about): (&'static str, &'static str),
    reply: Describe,
    run: Run,
) -> Endpoint {
    Endpoint {
        method,
        path,
        scope,
        right: scope.right(),
        sort,
        name,
        group: "Cases",
        about,
        query: None,
        body: None,
        reply,
        status: 200,
        files: false,
        csv: false,
        wrong: &[],
        seen: None,
        run,
    }
}

fn read<R: JsonSchema>(path: &'static str, name: &'static str, about: &'static str, run: Run) -> Endpoint {
    route::<R>(("GET", path, Sort::Read), Scope::Read, (name, about), run)
}

fn act<B: Body + 'static>(
    path: &'static str,
    scope: Scope,
    name: &'static str,
    about: &'static str,
) -> Endpoint {
    route::<shape::Acted>(("POST", path, Sort::Act), scope, (name, about), carry_out::<B>).takes::<B>()
}

/// Everything that can be asked.
pub fn table() -> Vec<Endpoint> {
    seen::with_reads(routes::all())
}
