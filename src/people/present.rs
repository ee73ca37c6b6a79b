//! Somebody who is logged in, and what they may do.

use super::PROOF;
use crate::domain::audit::{Caller, Via};
use crate::domain::ids::PersonId;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::time::Timestamp;

/// What somebody chose for their pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The tag of the language; none where the browser says it.
    pub language: Option<String>,
    /// The IANA name of the time zone; none where that of the team holds.
    pub zone: Option<String>,
}

/// A person who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Their id.
    pub id: PersonId,
    /// The name by which they log in.
    pub login: String,
    /// The name shown.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Which brands they see.
    pub walls: Walls,
    /// The token that forms must carry.
    pub csrf: String,
    /// Whether they have a password.
    pub has_password: bool,
    /// When they last showed who they are.
    pub proved_at: Option<Timestamp>,
    /// Whether they must set a second factor up before anything else.
    pub must_enrol: bool,
    /// Which provider let them in; empty where none did.
    pub provider: String,
    /// What they chose for their pages.
    pub chosen: Chosen,
}

impl Present {
    /// Whether they showed not long ago who they are, as what is dangerous wants.
    pub fn is_proved(&self, now: Timestamp) -> bool {
        self.proved_at.is_some_and(|at| now.since(at) < PROOF)
    }

    /// Whether they may do something.
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }

    /// Whether they may do what only a lead may.
    pub fn is_lead(&self) -> bool {
        self.may(Right::Steer)
    }

    /// Whether they belong to the front office: they see their own queues and findings, and nothing else.
    pub fn is_front_office(&self) -> bool {
        !self.may(Right::See) && self.may(Right::Office)
    }

    /// Whether they may work on cases.
    pub fn may_work(&self) -> bool {
        self.may(Right::Work)
    }

    /// As the audit and casework know them, from an address.
    pub fn caller(&self, from: &str) -> Caller {
        Caller {
            via: Via::Console,
            person: self.id.to_string(),
            token: String::new(),
            role: Some(self.role),
            from: crate::domain::audit::network(from),
        }
    }
}
