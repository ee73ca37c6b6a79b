//! What commands ask for, and what they are told.

use super::{By, Preview, Privacy, PrivacyError, Remains};
use serde::{Deserialize, Serialize};

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum PrivacyRequest {
    /// Erase a person, or say what would go.
    Erase {
        /// Who, as people name them.
        who: String,
        /// Do it, rather than saying what would go.
        yes: bool,
        /// Watch them no more.
        stop_watching: bool,
    },
    /// Where words of people who were erased still stand in tickets.
    Remains,
    /// Write down that everything is exported; the command itself reads.
    ExportAll,
    /// All objections.
    Objections,
    /// Watch a person no more.
    Object {
        /// Who.
        who: String,
    },
    /// Watch again.
    TakeBack {
        /// The label of the objection.
        label: String,
    },
    /// Hold a case.
    Hold {
        /// The case, as `BRAND#NUMBER`.
        case: String,
        /// Why.
        ground: String,
        /// For how many days.
        days: i64,
    },
    /// End the hold on a case.
    Release {
        /// The case, as `BRAND#NUMBER`.
        case: String,
    },
    /// Stop all sending, or let it go on.
    Sending {
        /// Whether it is stopped.
        stop: bool,
        /// Why.
        reason: String,
    },
    /// What is kept about staff.
    Staff,
    /// Take what was erased out of the database's files, at once.
    SweepFiles,
}

fn told(preview: &Preview) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(preview.accounts.iter().map(|a| format!("account    {a}")));
    lines.extend(preview.cases.iter().map(|c| format!("case       {c}")));
    lines.extend(preview.about.iter().map(|c| format!("about them {c}")));
    lines.extend(preview.counts.iter().filter(|c| c.1 > 0).map(|(name, n)| format!("{name:<10} {n}")));
    if preview.open > 0 {
        lines.push(format!("open cases that would end: {}", preview.open));
    }
    lines.extend(preview.refused.iter().map(|why| format!("refused: {why}")));
    lines
}

impl Privacy {
    /// What remains in which ticket of which system, a line each.
    fn remaining(&self, all: &[Remains]) -> Vec<String> {
        let catalogue = self.catalogue.get();
        let one = |r: &Remains| {
            let brand = catalogue.brand(&r.brand_id).map_or("?", |w| w.brand.name.as_str());
            let how = match (r.by_hand, r.notes - r.by_hand) {
                (0, _) => "webcared is taking their words away".to_owned(),
                (n, 0) => format!("{n} to be taken away by hand"),
                (n, rest) => format!("{n} to be taken away by hand, {rest} on their way"),
            };
            format!(
                "remains    {} #{}: {} notes of {brand} #{}; {how}",
                r.system, r.ticket_id, r.notes, r.number
            )
        };
        all.iter().map(one).collect()
    }

    /// Carries out what a command asks for; gives lines for the terminal.
    ///
    /// # Errors
    /// [`PrivacyError::Refused`] with what is wrong.
    pub async fn asked(&self, request: &PrivacyRequest) -> Result<Vec<String>, PrivacyError> {
        let by = By::Command;
        match request {
            PrivacyRequest::Erase { who, yes: false, .. } => {
                let mut lines = told(&self.preview(who).await?);
                lines.push("nothing was erased; add --yes to do it".to_owned());
                Ok(lines)
            }
            PrivacyRequest::Erase { who, yes: true, stop_watching } => {
                let done = self.erase(who, *stop_watching, &by).await?;
                let mut lines = told(&done.went);
                lines.retain(|l| !l.starts_with("open cases"));
                lines.push("erased".to_owned());
                lines.extend(self.remaining(&done.remains));
                if !done.files_empty {
                    lines.push("the files of the database are rid of it within the hour".to_owned());
                }
                lines.extend(
                    done.objection.map(|o| format!("not watched any more; taken back by the label {o}")),
                );
                Ok(lines)
            }
            PrivacyRequest::Remains => {
                let all = self.remaining(&self.remains().await?);
                Ok(if all.is_empty() { vec!["nothing remains in tickets".to_owned()] } else { all })
            }
            PrivacyRequest::ExportAll => self.note_export_of_all().await.map(|()| Vec::new()),
            PrivacyRequest::Objections => {
                let all = self.objections().await?;
                let line = |o: &crate::store::objection::ObjectionRow| {
                    let at = crate::domain::time::Timestamp(o.at).rfc3339();
                    format!("{} since {at}, accounts: {}", o.label, o.accounts)
                };
                Ok(all.iter().map(line).collect())
            }
            PrivacyRequest::Object { who } => {
                let label = self.object(who, &by).await?;
                Ok(vec![format!("not watched any more; taken back by the label {label}")])
            }
            PrivacyRequest::TakeBack { label } => {
                if self.take_back(label, &by).await? {
                    Ok(vec![format!("{label} is taken back")])
                } else {
                    Err(PrivacyError::Refused(format!("'{label}': no objection has this label")))
                }
            }
            PrivacyRequest::Hold { case, ground, days } => {
                let (brand, id) = self.case_of(case).await?;
                let until = self.clock.now().plus(crate::domain::time::Span::days((*days).clamp(0, 36_500)));
                self.hold(&brand, &id, ground, until, &by).await?;
                Ok(vec![format!("{case} is held until {}", until.rfc3339())])
            }
            PrivacyRequest::Release { case } => {
                let (brand, id) = self.case_of(case).await?;
                let was = self.release(&brand, &id, &by).await?;
                Ok(vec![if was {
                    format!("{case} is not held any more")
                } else {
                    format!("{case} was not held")
                }])
            }
            PrivacyRequest::Sending { stop, reason } => {
                self.turn_sending(*stop, reason, &by).await?;
                Ok(vec![if *stop { "all sending is stopped" } else { "sending goes on" }.to_owned()])
            }
            PrivacyRequest::Staff => self.staff().await,
            PrivacyRequest::SweepFiles => self.sweep_files().await,
        }
    }
}
