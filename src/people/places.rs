//! What somebody is, and which brands they see.

use super::{People, PeopleError};
use crate::domain::audit::Entry;
use crate::domain::role::{Right, Role, Walls};
use crate::domain::time::Timestamp;
use crate::store::{StoreError, Tx, audit, person, setting, token};

/// Nobody could let anybody in any more.
pub(super) const LAST_ADMIN: &str = "this is the only admin; make another one first";

/// Somebody else changed it since.
const CHANGED: &str =
    "somebody changed this since you saw it; look at how it stands and press again if it still holds";

/// How somebody's place stands, for a form to carry: the same only where role and brands are.
pub fn place_state(role: &str, brands: Option<&str>) -> String {
    format!("{role} {}", brands.unwrap_or("*"))
}

/// The role behind a word that people typed.
pub(super) fn role_of(word: &str) -> Result<Role, PeopleError> {
    Role::from_code(word).filter(|r| *r != Role::Service).ok_or_else(|| {
        PeopleError::Invalid(format!("role '{word}': allowed are {}", super::ROLES.join(", ")))
    })
}

/// Whether this is the last one who says who may come in.
pub(super) async fn is_last_admin(tx: &mut Tx, p: &person::PersonRow) -> Result<bool, StoreError> {
    let admin = Role::Admin.code();
    let lets_in = p.role == admin && p.disabled_at.is_none() && p.brands.is_none();
    Ok(lets_in && person::others_in_role(tx, admin, &p.id).await? == 0)
}

/// Whether somebody may do or see less by a place, role and brands as they are stored, than by the one before.
fn is_less(before: (&str, Option<&str>), after: (&str, Option<&str>)) -> bool {
    let may = |role: &str, right: Right| Role::from_code(role).is_some_and(|r| r.may(right));
    let loses = Right::ALL.into_iter().any(|right| may(before.0, right) && !may(after.0, right));
    let is_narrower = match (Walls::stored(before.1), Walls::stored(after.1)) {
        (_, Walls::None) => false,
        (Walls::None, Walls::Within(_)) => true,
        (Walls::Within(old), new) => old.iter().any(|id| !new.let_see(id)),
    };
    loses || is_narrower
}

/// Puts somebody in a place. Who is made less by it keeps nothing of before in the tokens of services that they made: such
/// a token would do for them what they may not.
pub(super) async fn put(
    tx: &mut Tx,
    p: &person::PersonRow,
    (role, brands): (&str, Option<&str>),
    now: Timestamp,
) -> Result<(), StoreError> {
    person::set_place(tx, &p.id, role, brands).await?;
    if is_less((&p.role, p.brands.as_deref()), (role, brands)) {
        token::revoke_made_by(tx, &p.id, now).await?;
    }
    Ok(())
}

impl People {
    /// Says what somebody is and which brands they see, by name (none means every brand); it holds at once.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] with what is allowed; also for the last admin.
    pub async fn set_place(&self, login: &str, role: &str, brands: &[String]) -> Result<(), PeopleError> {
        self.set_place_seen(login, role, brands, "").await
    }

    /// The same, if the place still is as it was seen, by its [`place_state`]; an empty word looks at nothing.
    ///
    /// # Errors
    /// As [`People::set_place`]; also where somebody changed the place since.
    pub async fn set_place_seen(
        &self,
        login: &str,
        role: &str,
        brands: &[String],
        seen: &str,
    ) -> Result<(), PeopleError> {
        let (role, walls) = (role_of(role)?, self.read_brands(brands).await?);
        self.place(login, (Some(role), Some(walls)), seen).await
    }

    /// Says which brands somebody sees, by name; none means every brand.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] with what is allowed.
    pub async fn set_brands(&self, login: &str, brands: &[String]) -> Result<(), PeopleError> {
        let walls = self.read_brands(brands).await?;
        self.place(login, (None, Some(walls)), "").await
    }

    /// Says what somebody is.
    ///
    /// # Errors
    /// [`PeopleError::Invalid`] with what is allowed; also for the last admin.
    pub async fn set_role(&self, login: &str, role: &str) -> Result<(), PeopleError> {
        self.place(login, (Some(role_of(role)?), None), "").await
    }

    async fn place(
        &self,
        login: &str,
        (role, walls): (Option<Role>, Option<Walls>),
        seen: &str,
    ) -> Result<(), PeopleError> {
        let (wanted, now, caller) = (login.trim().to_lowercase(), self.clock.now(), self.caller.clone());
        let seen = seen.to_owned();
        let set = self.db.write_again("setting a role", move |tx| {
            let (wanted, walls, caller) = (wanted.clone(), walls.clone(), caller.clone());
            let seen = seen.clone();
            Box::pin(async move {
                let found = person::by_login(tx, &wanted).await?.filter(|p| p.role != super::SERVICE);
                let Some(p) = found else { return Ok(Err(format!("there is no '{wanted}'"))) };
                if !seen.is_empty() && seen != place_state(&p.role, p.brands.as_deref()) {
                    return Ok(Err(CHANGED.to_owned()));
                }
                let role = role.map_or_else(|| p.role.clone(), |r| r.code().to_owned());
                let brands = walls.map_or_else(|| p.brands.clone(), |w| w.to_stored());
                // An admin who is kept to some brands lets nobody in.
                let lets_in = role == Role::Admin.code() && brands.is_none();
                if !lets_in && is_last_admin(tx, &p).await? {
                    return Ok(Err(LAST_ADMIN.to_owned()));
                }
                put(tx, &p, (&role, brands.as_deref()), now).await?;
                audit::append(tx, &Entry::done(&caller, "person.place", &p.id), now).await?;
                Ok(Ok(()))
            })
        });
        set.await?.map_err(PeopleError::Invalid)
    }

    /// Names of brands as walls; each has to be known.
    pub(super) async fn read_brands(&self, names: &[String]) -> Result<Walls, PeopleError> {
        if names.is_empty() {
            return Ok(Walls::None);
        }
        let brands = self.db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
        let mut ids = Vec::new();
        for name in names {
            let Some(found) = brands.iter().find(|b| b.name.eq_ignore_ascii_case(name.trim())) else {
                let known: Vec<&str> = brands.iter().map(|b| b.name.as_str()).collect();
                let text = format!("brand '{name}': known are {}", known.join(", "));
                return Err(PeopleError::Invalid(text));
            };
            if !ids.contains(&found.id) {
                ids.push(found.id.clone());
            }
        }
        Ok(Walls::Within(ids))
    }
}

#[cfg(test)]
mod tests {
    use super::is_less;

    #[test]
    fn less_is_a_right_or_a_brand_fewer() {
        let (a, ab) = (Some(r#"["brd_a"]"#), Some(r#"["brd_a","brd_b"]"#));
        for (before, after, wanted) in [
            (("lead", None), ("agent", None), true),
            (("lead", None), ("admin", None), false),
            (("lead", None), ("lead", None), false),
            (("lead", None), ("lead", ab), true),
            (("lead", ab), ("lead", a), true),
            (("lead", a), ("lead", ab), false),
            (("lead", a), ("lead", None), false),
            (("agent", a), ("auditor", None), true),
        ] {
            assert_eq!(is_less(before, after), wanted, "{before:?} {after:?}");
        }
    }
}
