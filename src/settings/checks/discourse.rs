//! A forum of Discourse: its address, its account, its key, its bounds.

use super::super::mistakes::quoted;
use super::super::tree::Step;
use super::sources::DAY_SECONDS;
use super::{Findings, address_mistake};
use crate::sources::config::DiscourseConfig;
use secrecy::ExposeSecret;

const SECRET_CHARS_MIN: usize = 12;

/// Checks a forum.
pub(super) fn check(forum: &DiscourseConfig, here: [Step<'_>; 2], found: &mut Findings<'_>) {
    let section = [here[0], here[1], "discourse".into()];
    let at = |key: &'static str| [here[0], here[1], "discourse".into(), key.into()];
    if !found.is_lost(&section, &["server"])
        && let Some((what, allowed)) = address_mistake(&forum.server, ("https", "http"), true)
    {
        found.add(&at("server"), what, allowed);
    }
    if !is_name(&forum.account) && !found.is_lost(&section, &["account"]) {
        let allowed = "wanted is the name of the account that answers, without '@'";
        found.add(&at("account"), quoted(&forum.account), allowed);
    }
    if forum.api_key.is_none()
        && forum.api_key_file.is_none()
        && !found.is_lost(&section, &["api_key", "api_key_file"])
    {
        found.add(&section, "no api_key", "wanted is api_key or api_key_file");
    }
    let secrets = [
        ("api_key", "api_key_file", &forum.api_key, forum.api_key_file.is_some()),
        ("webhook_secret", "webhook_secret_file", &forum.webhook_secret, forum.webhook_secret_file.is_some()),
    ];
    for (key, file_key, secret, from_file) in secrets {
        let short = |s: &str| s.len() < SECRET_CHARS_MIN || s.chars().any(|c| !c.is_ascii_graphic());
        if secret.as_ref().is_some_and(|s| short(s.expose_secret())) {
            let key = if from_file { file_key } else { key };
            let allowed =
                format!("wanted are {SECRET_CHARS_MIN} or more plain characters, as the forum has it");
            found.add(&at(key), "not a key of a forum", allowed);
        }
    }
    for (n, name) in forum.staff.iter().enumerate().filter(|(_, name)| !is_name(name)) {
        let path = [here[0], here[1], "discourse".into(), "staff".into(), n.into()];
        found.add(&path, quoted(name), "wanted is the name of an account, without '@'");
    }
    for (n, id) in forum.categories.iter().enumerate() {
        let path = [here[0], here[1], "discourse".into(), "categories".into(), n.into()];
        found.bounds(&path, *id, (1, i64::from(i32::MAX)));
    }
    found.bounds(&at("every_seconds"), forum.every_seconds, (5, DAY_SECONDS));
    found.bounds(&at("calls_per_minute"), i64::from(forum.calls_per_minute), (1, 6_000));
    found.bounds(&at("length_min"), i64::try_from(forum.length_min).unwrap_or(i64::MAX), (1, 1_000));
    found.bounds(&at("silence_days"), forum.silence_days, (1, 3_650));
    found.bounds(&at("members_first_minutes"), forum.members_first_minutes, (0, 7 * 1_440));
    found.bounds(&at("solved_by_likes"), forum.solved_by_likes, (0, 10_000));
}

/// Whether a text may be the name of an account: letters of any script, digits, '.', '_' and '-'.
fn is_name(name: &str) -> bool {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=60).contains(&name.chars().count()) && name.chars().all(fine)
}
