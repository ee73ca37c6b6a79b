//! What is kept about the people of the team.

use super::{Privacy, PrivacyError};
use crate::domain::time::Timestamp;
use crate::store::staff;

impl Privacy {
    /// What is kept about staff, as lines: for each person how much of each kind there is and since when, and for how
    /// long each kind is kept.
    ///
    /// # Errors
    /// The store's.
    pub async fn staff(&self) -> Result<Vec<String>, PrivacyError> {
        let people = self.db.read("reading what is kept about staff", |tx| Box::pin(staff::kept(tx))).await?;
        let mut lines = vec![
            "person: login, name, role, a hash of the password, the id in the team's chat; until they are removed by hand".to_owned(),
            "ways in: sealed secrets of apps, hashes of recovery codes, public keys and names of passkeys, their number at a provider; until they are removed"
                .to_owned(),
            "log-ins: when and from which network, until they end; no machines".to_owned(),
            "who has a case before them and who types: some minutes, shown to colleagues at that case".to_owned(),
            "audit: who did what to what, by which door and from which network, as long as the database stands".to_owned(),
            "acts on cases, corrections, checks, calls, duty: who and when; as long as the case (retention.counts_months)"
                .to_owned(),
            "absences: from when until when and why, for 3 months where somebody was ill and after that only that they were away; \
             as long as the case (retention.counts_months); why is told to themselves and leads"
                .to_owned(),
            "words of theirs: notes and answers go with the case's words, findings and grounds with the person".to_owned(),
            "scores of answers, where a brand has them on: who gave and who scored, for brand.quality.keep_months; shown to whose answer it is, to others as averages of five people or more"
                .to_owned(),
            "no keystrokes, no time at the screen, no figures by name unless the settings say so".to_owned(),
        ];
        for (login, name, role, since, disabled, counts) in people {
            let ended =
                disabled.map(|at| format!(", barred {}", Timestamp(at).rfc3339())).unwrap_or_default();
            lines.push(format!("{login} ({name}, {role}), since {}{ended}", Timestamp(since).rfc3339()));
            lines.extend(counts.into_iter().filter(|c| c.1 > 0).map(|(what, n)| format!("  {what}: {n}")));
        }
        Ok(lines)
    }
}
