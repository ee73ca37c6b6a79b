//! Programs that look after the account of the person in whose name they act. They hold no log-in, so each dangerous act
//! shows anew who stands behind it: by password, and by a code where there is a second factor.

use super::{Chosen, People, PeopleError, Present, SERVICE, Ways};
use crate::domain::audit::Entry;
use crate::domain::ids::PersonId;
use crate::domain::role::{Role, Walls};
use crate::store::{audit, person};

/// What somebody shows before something dangerous is done in their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The password.
    Password,
    /// The password and a code of the app, or a recovery code.
    PasswordAndCode,
    /// What only a browser can be asked for: a passkey, or the provider that lets them in.
    Browser,
}

impl Proof {
    /// What is asked of somebody who has these ways.
    pub const fn of(has_password: bool, ways: Ways) -> Self {
        match (has_password, ways.app, ways.passkeys > 0) {
            (true, true, _) => Self::PasswordAndCode,
            (true, false, false) => Self::Password,
            _ => Self::Browser,
        }
    }

    /// Its word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordAndCode => "password_and_code",
            Self::Browser => "browser",
        }
    }
}

impl People {
    /// The person in whose name a token acts; nobody where that is a service, which has no account.
    ///
    /// # Errors
    /// The store's.
    pub async fn behind(&self, id: &PersonId) -> Result<Option<Present>, PeopleError> {
        let wanted = id.to_string();
        let found = self
            .db
            .read("looking a person up", move |tx| Box::pin(async move { person::by_id(tx, &wanted).await }));
        let Some(p) = found.await?.filter(|p| p.disabled_at.is_none() && p.role != SERVICE) else {
            return Ok(None);
        };
        let Some(role) = Role::from_code(&p.role) else { return Ok(None) };
        Ok(Some(Present {
            role,
            walls: Walls::stored(p.brands.as_deref()),
            has_password: p.password.is_some(),
            id: PersonId::stored(p.id),
            login: p.login,
            name: p.name,
            csrf: String::new(),
            proved_at: None,
            must_enrol: false,
            provider: String::new(),
            // A program reads no pages.
            chosen: Chosen::default(),
        }))
    }

    /// Shows by password, and by a code where there is a second factor, who stands behind a program. Wrong tries count
    /// as those to log in, and are written down.
    ///
    /// # Errors
    /// [`PeopleError::Denied`] for a wrong password or code, [`PeopleError::TooMany`] for too many tries.
    pub async fn show(
        &self,
        who: &Present,
        (password, code): (&str, &str),
        address: &str,
    ) -> Result<(), PeopleError> {
        let p = self.checked(("login.prove", false), &who.login, password, address).await?;
        if self.ways(&p.id).await?.is_some() {
            self.code(&p, code, address).await?;
        }
        let (now, caller) = (self.clock.now(), self.caller.clone());
        let noted = self.db.write("noting a proof", move |tx| {
            Box::pin(async move { audit::append(tx, &Entry::done(&caller, "login.prove", &p.id), now).await })
        });
        Ok(noted.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_what_a_program_can_give_or_a_browser() {
        let ways = |app, passkeys| Ways { app, passkeys, codes: 0 };
        let all = [
            (true, ways(false, 0), Proof::Password),
            (true, ways(true, 0), Proof::PasswordAndCode),
            (true, ways(true, 2), Proof::PasswordAndCode),
            (true, ways(false, 1), Proof::Browser),
            (false, ways(false, 0), Proof::Browser),
            (false, ways(true, 0), Proof::Browser),
        ];
        for (has_password, ways, wanted) in all {
            assert_eq!(Proof::of(has_password, ways), wanted, "{has_password} {ways:?}");
        }
    }
}
