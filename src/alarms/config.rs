//! The settings of alerts: `[alerts]`.

use crate::alerting::Team;
use crate::chat::texts::Lang;
use crate::domain::escalation::{Chain, DUTY, LEADS, Step, TEAM};
use crate::domain::judgement::Level;
use crate::domain::time::Span;
use crate::sources::mail::config::SmtpConfig;
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// What the credential of a channel begins with; its name follows.
pub const CREDENTIAL: &str = "alert:";

/// `[alerts]`: left out, only the bot tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// Where alerts go beside the bot: `[[alerts.channel]]`.
    #[serde(rename = "channel")]
    pub channels: Vec<ChannelConfig>,
    /// Who is told when nobody takes a case: `[[alerts.chain]]`; left out, a built-in one holds.
    #[serde(rename = "chain")]
    pub chains: Vec<ChainConfig>,
    /// After how many seconds without delivery the fallback of a channel is asked.
    pub failover_seconds: i64,
    /// The channel that is asked when Telegram does not take what is for chat.telegram.teams.
    pub telegram_fallback: Option<String>,
    /// How many days ahead it is told that a credential of a source or ticket system ends.
    pub expires_days: i64,
    /// After what share of a private window, in percent, it is told that it closes.
    pub window_percent: i64,
    /// An outside watch that is told that all is well.
    pub heartbeat: Option<HeartbeatConfig>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            channels: Vec::new(),
            chains: Vec::new(),
            failover_seconds: 60,
            telegram_fallback: None,
            expires_days: crate::domain::expiry::AHEAD_DAYS,
            window_percent: crate::domain::window::WARN_PERCENT,
            heartbeat: None,
        }
    }
}

/// What a channel hears by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything that a team is told.
    #[default]
    Team,
    /// Broken promises, and the steps of chains that name leads.
    Leads,
    /// Only steps of chains that name it, and what another channel could not deliver.
    Step,
}

/// One `[[alerts.channel]]`: exactly one of the kinds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelConfig {
    /// The name by which chains call it.
    pub name: String,
    /// The brands of which it hears; left out, all.
    pub brands: Vec<String>,
    /// What it hears by itself.
    pub role: Role,
    /// The channel that is asked when this one does not deliver.
    pub fallback: Option<String>,
    /// In which language it tells: `en` or `nl`; left out, English.
    pub language: String,
    /// Hours in which only P1 is told, as `22:00-07:00` in the zone of the reports.
    pub quiet: Option<String>,
    /// Most messages in an hour; P1 is told beyond it. 0 for no limit.
    pub messages_per_hour_max: i64,
    /// Mail.
    pub email: Option<EmailConfig>,
    /// Slack.
    pub slack: Option<SlackConfig>,
    /// Microsoft Teams.
    pub teams: Option<TeamsConfig>,
    /// PagerDuty, or who speaks its Events API v2.
    pub pagerduty: Option<PagerDutyConfig>,
    /// A signed webhook.
    pub webhook: Option<WebhookConfig>,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            brands: Vec::new(),
            role: Role::Team,
            fallback: None,
            language: String::new(),
            quiet: None,
            messages_per_hour_max: 30,
            email: None,
            slack: None,
            teams: None,
            pagerduty: None,
            webhook: None,
        }
    }
}

/// `alerts.channel.email`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmailConfig {
    /// From which address.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// The server that sends.
    pub smtp: SmtpConfig,
}

/// `alerts.channel.slack`: an incoming webhook, or a bot's token and a channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlackConfig {
    /// The incoming webhook's address; whoever knows it may write there.
    pub url: Option<SecretString>,
    /// A file that holds it.
    pub url_file: Option<PathBuf>,
    /// A bot's token.
    pub token: Option<SecretString>,
    /// A file that holds it.
    pub token_file: Option<PathBuf>,
    /// The channel to which the bot writes.
    pub channel: String,
    /// Slack's address.
    pub api_url: String,
}

impl Default for SlackConfig {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            token: None,
            token_file: None,
            channel: String::new(),
            api_url: "https://slack.com/api".to_owned(),
        }
    }
}

/// `alerts.channel.teams`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TeamsConfig {
    /// The workflow's address; whoever knows it may write there.
    pub url: Option<SecretString>,
    /// A file that holds it.
    pub url_file: Option<PathBuf>,
}

/// `alerts.channel.pagerduty`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PagerDutyConfig {
    /// The integration key of the service.
    pub routing_key: Option<SecretString>,
    /// A file that holds it.
    pub routing_key_file: Option<PathBuf>,
    /// Where events go.
    pub url: String,
}

impl Default for PagerDutyConfig {
    fn default() -> Self {
        let url = "https://events.pagerduty.com/v2/enqueue".to_owned();
        Self { routing_key: None, routing_key_file: None, url }
    }
}

/// `alerts.channel.webhook`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookConfig {
    /// Where it is told.
    pub url: String,
    /// The signing secret: `whsec_` and base64.
    pub secret: Option<SecretString>,
    /// A file that holds it.
    pub secret_file: Option<PathBuf>,
    /// Whether it may stand in a private network or on this machine.
    pub allow_private_address: bool,
}

/// `alerts.heartbeat`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeartbeatConfig {
    /// The address that is called; whoever knows it may say that all is well.
    pub url: Option<SecretString>,
    /// A file that holds it.
    pub url_file: Option<PathBuf>,
    /// How often.
    pub every_seconds: i64,
}

impl Default for HeartbeatConfig {
    fn default() -> Self {
        Self { url: None, url_file: None, every_seconds: 60 }
    }
}

/// One `[[alerts.chain]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChainConfig {
    /// Only for these brands; left out, all.
    pub brands: Vec<String>,
    /// Only under these policies; left out, all.
    pub policies: Vec<String>,
    /// For these levels.
    pub levels: Vec<String>,
    /// The steps.
    #[serde(rename = "step")]
    pub steps: Vec<StepConfig>,
    /// How many minutes after the last step it is told again; 0 for never.
    pub repeat_minutes: i64,
    /// How often it is told again at most.
    pub repeat_max: i64,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            brands: Vec::new(),
            policies: Vec::new(),
            levels: vec!["P1".to_owned(), "P2".to_owned()],
            steps: Vec::new(),
            repeat_minutes: 0,
            repeat_max: 4,
        }
    }
}

/// One `[[alerts.chain.step]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StepConfig {
    /// How many minutes nobody took the case.
    pub after_minutes: i64,
    /// Who is told: `team`, `leads`, `duty`, or channels by name.
    pub to: Vec<String>,
}

impl ChannelConfig {
    /// The kinds that it names.
    pub fn kinds(&self) -> Vec<&'static str> {
        let all = [
            ("email", self.email.is_some()),
            ("slack", self.slack.is_some()),
            ("teams", self.teams.is_some()),
            ("pagerduty", self.pagerduty.is_some()),
            ("webhook", self.webhook.is_some()),
        ];
        all.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect()
    }

    /// The language in which it tells.
    pub fn lang(&self) -> Lang {
        Lang::from_tag(&self.language).unwrap_or_default()
    }

    /// The credential of its actions.
    pub fn credential(&self) -> String {
        format!("{CREDENTIAL}{}", self.name)
    }

    fn team(&self) -> Team {
        Team {
            credential: self.credential(),
            chat: self.name.clone(),
            brands: self.brands.clone(),
            leads: self.role == Role::Leads,
        }
    }
}

impl AlertsConfig {
    /// The channels that hear of things by themselves.
    pub fn teams(&self) -> Vec<Team> {
        self.channels.iter().filter(|c| c.role != Role::Step).map(ChannelConfig::team).collect()
    }

    /// Every channel, also those that hear only of what names them.
    pub fn all_channels(&self) -> Vec<Team> {
        self.channels.iter().map(ChannelConfig::team).collect()
    }

    /// A channel by name.
    pub fn channel(&self, name: &str) -> Option<&ChannelConfig> {
        self.channels.iter().find(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// Who is told by a step, of those who hear of things by themselves and of the channels.
    pub fn told(&self, to: &[String], teams: &[Team]) -> Vec<Team> {
        let mut told: Vec<Team> = Vec::new();
        for name in to {
            let found: Vec<Team> = match name.as_str() {
                TEAM => teams.iter().filter(|t| !t.leads).cloned().collect(),
                LEADS => teams.iter().filter(|t| t.leads).cloned().collect(),
                // Who that is, is only known when it is told.
                DUTY => Vec::new(),
                name => self.channel(name).map(ChannelConfig::team).into_iter().collect(),
            };
            for team in found {
                if !told.contains(&team) {
                    told.push(team);
                }
            }
        }
        told
    }

    /// The chains, or the built-in one.
    pub fn chains(&self) -> Vec<Chain> {
        if self.chains.is_empty() {
            return vec![Chain::built_in()];
        }
        self.chains.iter().map(ChainConfig::chain).collect()
    }

    /// The channel that stands in for a credential.
    pub fn fallback(&self, credential: &str) -> Option<&ChannelConfig> {
        let name = match credential.strip_prefix(CREDENTIAL) {
            Some(name) => self.channel(name)?.fallback.as_deref(),
            None => self.telegram_fallback.as_deref(),
        };
        self.channel(name?)
    }
}

/// A level as settings name it.
pub fn level(text: &str) -> Option<Level> {
    [Level::P1, Level::P2, Level::P3, Level::P4, Level::P5]
        .into_iter()
        .find(|l| l.to_string().eq_ignore_ascii_case(text))
}

impl ChainConfig {
    fn chain(&self) -> Chain {
        let step = |s: &StepConfig| Step { after: Span::minutes(s.after_minutes), to: s.to.clone() };
        let most = usize::try_from(self.repeat_max).unwrap_or(0);
        Chain {
            brands: self.brands.clone(),
            policies: self.policies.clone(),
            levels: self.levels.iter().filter_map(|l| level(l)).collect(),
            steps: self.steps.iter().map(step).collect(),
            repeat: (self.repeat_minutes > 0).then(|| (Span::minutes(self.repeat_minutes), most)),
        }
    }
}
