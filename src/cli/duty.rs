//! `webcared duty`: plans of who is on duty.
//!
//! With a daemon on the data folder the plan goes through its socket; without one this command takes the lock and
//! does it itself.

use super::args::{DutyCommand, Global};
use super::exit::{Exit, Failure};
use super::user::{ask, print};
use crate::app;
use crate::control::{Answer, DutyRequest, Request};
use crate::domain::duty::whole_day;
use crate::settings;
use std::io::Read as _;

/// Most bytes of a plan that goes through the socket.
const BYTES_MAX: u64 = 512 * 1024;

/// Carries out one request and prints what came of it. Ends with 6 where lines were passed over.
pub fn run(global: &Global, command: &DutyCommand) -> Result<Exit, Failure> {
    let settings = settings::from_env(global.config.as_deref(), &global.flags())?;
    let request = match command {
        DutyCommand::Import { file, plan, zone, whole_days } => {
            let zone = zone.clone().unwrap_or_else(|| settings.duty_zone().to_owned());
            let of_settings = settings.duty.plans.iter().find(|p| p.name == *plan);
            let whole_days = whole_days.clone().or_else(|| of_settings.and_then(|p| p.whole_days.clone()));
            if let Some(hours) = whole_days.as_ref().filter(|hours| whole_day(hours).is_none()) {
                return Err(Failure::Usage(format!(
                    "--whole-days: '{hours}'; allowed: hours as 09:00-17:30"
                )));
            }
            DutyRequest::Import { plan: plan.clone(), text: text(file)?, zone, whole_days }
        }
        DutyCommand::Show => DutyRequest::Show,
    };
    super::runtime()?.block_on(async {
        let answer = if let Some(stream) = super::daemon(&settings).await {
            ask(stream, &Request::Duty(request)).await?
        } else {
            let parts = app::parts(&settings).await?;
            let answer = parts.control().duty(&request).await;
            parts.close().await;
            answer
        };
        let passed_over = matches!(&answer, Answer::Planned { wrong, .. } if *wrong > 0);
        let exit = print(&answer)?;
        Ok(if passed_over { Exit::Quarantined } else { exit })
    })
}

fn text(file: &std::path::Path) -> Result<String, Failure> {
    let other = |what: String| Failure::Other(anyhow::anyhow!("{}: {what}", file.display()));
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    read.map_err(|e| other(e.to_string()))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        return Err(other(format!("larger than {BYTES_MAX} bytes; name it in [[duty.plan]] instead")));
    }
    String::from_utf8(bytes).map_err(|_| other("not UTF-8".to_owned()))
}
