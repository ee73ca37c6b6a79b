//! What is asked of whom at the door: a second factor, how long a log-in holds, whether passwords let anybody in.

use super::passwords::Breached;
use crate::domain::role::Role;
use crate::domain::time::Span;
use serde::Deserialize;

/// Whether a second factor must be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// By who has one.
    #[default]
    Optional,
    /// By everybody; who has none is led to set one up before anything else.
    Required,
}

/// What holds for one role, in the place of what holds for all: `[[login.role]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleRules {
    /// The role.
    pub role: String,
    /// Whether they must have a second factor.
    pub second_factor: Option<SecondFactor>,
    /// Hours after which a log-in of theirs ends in any case.
    pub login_hours: Option<i64>,
    /// Minutes without a request after which it ends.
    pub idle_minutes: Option<i64>,
}

/// What is asked at the door.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How long a log-in holds in any case.
    pub login_span: Span,
    /// How long it holds unused.
    pub idle_span: Span,
    /// Whether a second factor must be shown.
    pub second_factor: SecondFactor,
    /// What else holds for some roles.
    pub roles: Vec<RoleRules>,
    /// Whether passwords and passkeys let people in.
    pub passwords: bool,
    /// Who comes in by them although they let nobody else in, by login.
    pub break_glass: Option<String>,
    /// Passwords that others have lost.
    pub breached: Option<Breached>,
}

impl Rules {
    /// With these spans, and what is asked where nothing is said.
    pub fn new(login_span: Span, idle_span: Span) -> Self {
        Self {
            login_span,
            idle_span,
            second_factor: SecondFactor::Optional,
            roles: Vec::new(),
            passwords: true,
            break_glass: None,
            breached: None,
        }
    }

    fn of(&self, role: &str) -> Option<&RoleRules> {
        self.roles.iter().find(|r| r.role == role)
    }

    /// How long a log-in of somebody in this role holds in any case, and unused.
    pub fn spans(&self, role: &str) -> (Span, Span) {
        let own = self.of(role);
        (
            own.and_then(|r| r.login_hours).map_or(self.login_span, Span::hours),
            own.and_then(|r| r.idle_minutes).map_or(self.idle_span, Span::minutes),
        )
    }

    /// Whether somebody in this role must have a second factor.
    pub fn wants_second(&self, role: Role) -> bool {
        let own = self.of(role.code()).and_then(|r| r.second_factor);
        own.unwrap_or(self.second_factor) == SecondFactor::Required
    }

    /// Whether somebody comes in by what they have here: a password, a passkey.
    pub fn lets_in(&self, login: &str) -> bool {
        self.passwords || self.break_glass.as_deref().is_some_and(|only| only.eq_ignore_ascii_case(login))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_its_own_rules_and_the_rest_those_of_all() {
        let mut rules = Rules::new(Span::hours(12), Span::minutes(120));
        rules.roles = vec![RoleRules {
            role: "admin".into(),
            second_factor: Some(SecondFactor::Required),
            login_hours: Some(4),
            idle_minutes: None,
        }];
        assert_eq!(rules.spans("admin"), (Span::hours(4), Span::minutes(120)));
        assert_eq!(rules.spans("agent"), (Span::hours(12), Span::minutes(120)));
        assert!(rules.wants_second(Role::Admin) && !rules.wants_second(Role::Agent));
        rules.second_factor = SecondFactor::Required;
        rules.roles[0].second_factor = Some(SecondFactor::Optional);
        assert!(!rules.wants_second(Role::Admin) && rules.wants_second(Role::Agent));
    }

    #[test]
    fn one_may_come_in_where_passwords_are_off() {
        let mut rules = Rules::new(Span::hours(12), Span::minutes(120));
        assert!(rules.lets_in("jan"));
        rules.passwords = false;
        rules.break_glass = Some("Fire".into());
        assert!(!rules.lets_in("jan") && rules.lets_in("fire"));
    }
}
