//! Which queues of the front office somebody may see: said by whoever adds them, by brand and queue.

use super::{People, PeopleError};
use crate::domain::audit::Entry;
use crate::domain::role::Walls;
use crate::store::{audit, back_door, person, setting};

/// Queues bound what the front office sees; who has another role sees all, and must not pass for theirs.
fn fits(role: &str, has_queues: bool) -> Result<(), String> {
    if has_queues && role != "front_office" {
        return Err(format!("role '{role}': queues are for front_office only; everybody else sees all"));
    }
    Ok(())
}

impl People {
    /// Adds a person who may see these queues, each as `BRAND/QUEUE`, within these brands by name (none means every
    /// brand), and returns the path of a one-time link.
    pub async fn add_with(
        &self,
        login: &str,
        name: &str,
        role: &str,
        queues: &[String],
        brands: &[String],
    ) -> Result<String, PeopleError> {
        let walls: Walls = self.read_brands(brands).await?;
        let queues = self.read_queues(queues).await?;
        fits(role, !queues.is_empty()).map_err(PeopleError::Invalid)?;
        let path = self.add_behind(login, name, role, &walls).await?;
        if !queues.is_empty() {
            self.write_queues(login, queues).await?;
        }
        Ok(path)
    }

    /// Sets the queues that somebody may see, and returns them as they were read.
    pub async fn set_queues(&self, login: &str, queues: &[String]) -> Result<Vec<String>, PeopleError> {
        let queues = self.read_queues(queues).await?;
        let told = queues.iter().map(|(brand, queue)| format!("{brand}/{queue}")).collect();
        self.write_queues(login, queues).await?;
        Ok(told)
    }

    /// `BRAND/QUEUE` as brand and queue; the brand has to be known.
    async fn read_queues(&self, queues: &[String]) -> Result<Vec<(String, String)>, PeopleError> {
        let brands = self.db.read("reading brands", |tx| Box::pin(setting::brands(tx))).await?;
        let mut read = Vec::new();
        for text in queues {
            let parts = text.split_once('/').map(|(b, q)| (b.trim(), q.trim()));
            let Some((brand, queue)) = parts.filter(|(_, q)| !q.is_empty() && q.chars().count() <= 120)
            else {
                let text = format!("queue '{text}': wanted is BRAND/QUEUE, such as 'Acme/Repairs'");
                return Err(PeopleError::Invalid(text));
            };
            let Some(found) = brands.iter().find(|b| b.name.eq_ignore_ascii_case(brand)) else {
                let known: Vec<&str> = brands.iter().map(|b| b.name.as_str()).collect();
                let text = format!("queue '{text}': no brand '{brand}'; known are {}", known.join(", "));
                return Err(PeopleError::Invalid(text));
            };
            read.push((found.name.clone(), queue.to_owned()));
        }
        Ok(read)
    }

    async fn write_queues(&self, login: &str, queues: Vec<(String, String)>) -> Result<(), PeopleError> {
        let wanted = login.trim().to_lowercase();
        let (now, caller) = (self.clock.now(), self.caller.clone());
        let set = self.db.write("setting the queues of a person", move |tx| {
            Box::pin(async move {
                let Some(person) = person::by_login(tx, &wanted).await? else {
                    return Ok(Err(format!("there is no '{wanted}'")));
                };
                if let Err(text) = fits(&person.role, !queues.is_empty()) {
                    return Ok(Err(text));
                }
                back_door::set_queues(tx, &person.id, &queues).await?;
                audit::append(tx, &Entry::done(&caller, "person.queues", &person.id), now).await?;
                Ok(Ok(()))
            })
        });
        set.await?.map_err(PeopleError::Invalid)
    }
}
