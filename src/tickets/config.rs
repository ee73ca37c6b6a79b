//! The settings of ticket systems: `[[tickets]]`, one kind each.

use super::NewTicket;
use crate::domain::ticket_status::{Becomes, Means};
use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// One `[[tickets]]` of the settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketsConfig {
    /// The name by which it is listed and addressed (`/hooks/NAME`): letters, digits, `-`.
    pub name: String,
    /// The brand whose front office uses it; left out, every brand's does.
    #[serde(default)]
    pub brand: Option<String>,
    /// When its credential ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    #[serde(default)]
    pub expires: Option<String>,
    /// Whether notes are for colleagues only, `inside`, or go to the `customer` as well.
    #[serde(default)]
    pub notes: NotesFor,
    /// Which status a ticket gets when something becomes of the case; by default none.
    #[serde(default)]
    pub status: Becomes,
    /// What the statuses of the system mean, where that is not what is ready-made.
    #[serde(default)]
    pub means: Means,
    /// Request Tracker 5 or later.
    #[serde(default)]
    pub rt: Option<RtConfig>,
    /// Zendesk Support.
    #[serde(default)]
    pub zendesk: Option<ZendeskConfig>,
    /// Zammad.
    #[serde(default)]
    pub zammad: Option<ZammadConfig>,
    /// Freshdesk.
    #[serde(default)]
    pub freshdesk: Option<FreshdeskConfig>,
    /// Jira Service Management in the cloud.
    #[serde(default)]
    pub jira: Option<JiraConfig>,
    /// Salesforce Service Cloud.
    #[serde(default)]
    pub salesforce: Option<SalesforceConfig>,
    /// OTRS 6, Znuny, or another of its kin.
    #[serde(default)]
    pub otrs: Option<OtrsConfig>,
    /// Dynamics 365 Customer Service.
    #[serde(default)]
    pub dynamics: Option<DynamicsConfig>,
    /// A system of one's own, by a pair of signed webhooks.
    #[serde(default)]
    pub webhook: Option<GenericConfig>,
}

impl TicketsConfig {
    /// The kinds there are.
    pub const KINDS: [&'static str; 9] =
        ["rt", "zendesk", "zammad", "freshdesk", "jira", "salesforce", "otrs", "dynamics", "webhook"];

    /// The kinds that this one is given; it must be one.
    pub fn kinds(&self) -> Vec<&'static str> {
        let given = [
            self.rt.is_some(),
            self.zendesk.is_some(),
            self.zammad.is_some(),
            self.freshdesk.is_some(),
            self.jira.is_some(),
            self.salesforce.is_some(),
            self.otrs.is_some(),
            self.dynamics.is_some(),
            self.webhook.is_some(),
        ];
        Self::KINDS.into_iter().zip(given).filter(|(_, given)| *given).map(|(kind, _)| kind).collect()
    }

    /// Where it stands and where in it tickets are made, for people.
    pub fn reach(&self) -> String {
        let made = |url: &str, what: &str, place: &str| match place {
            "" => url.to_owned(),
            place => format!("{url}, {what} {place}"),
        };
        if let Some(c) = &self.rt {
            made(&c.url, "queue", &c.queue)
        } else if let Some(c) = &self.zendesk {
            made(&c.url, "group", c.group.as_deref().unwrap_or_default())
        } else if let Some(c) = &self.zammad {
            made(&c.url, "group", &c.group)
        } else if let Some(c) = &self.freshdesk {
            made(&c.url, "group", c.group.as_deref().unwrap_or_default())
        } else if let Some(c) = &self.jira {
            made(&c.url, "project", &c.project)
        } else if let Some(c) = &self.salesforce {
            made(&c.url, "owner", c.owner.as_deref().unwrap_or_default())
        } else if let Some(c) = &self.otrs {
            made(&c.url, "queue", &c.queue)
        } else if let Some(c) = &self.dynamics {
            made(&c.url, "customer", &c.customer)
        } else {
            self.webhook.as_ref().map(|c| c.url.clone()).unwrap_or_default()
        }
    }
}

/// Who may read what we write on a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotesFor {
    /// Colleagues only; nobody is mailed.
    #[default]
    Inside,
    /// The customer too: several systems mail it.
    Customer,
}

/// `tickets.rt`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RtConfig {
    /// Its web address, with the path under which it stands.
    pub url: String,
    /// A token of the user in whose name we work.
    pub token: Option<SecretString>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// The queue in which tickets are made.
    pub queue: String,
    /// Which custom field of the queue holds what.
    pub fields: FieldNames,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for RtConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: None,
            token_file: None,
            queue: String::new(),
            fields: FieldNames::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.KIND.fields`: fields of one's own as the system names them; one that is left out is not used.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldNames {
    /// Holds the key of the action that made the ticket; must be there where the system has no better place.
    pub key: String,
    /// Holds the address of our case.
    pub case: Option<String>,
    /// Holds the language of the case.
    pub language: Option<String>,
    /// Holds its level, `P1` to `P5`.
    pub level: Option<String>,
    /// Holds by when the front office promised something, as an instant or a day; for systems that do not tell it by
    /// themselves.
    pub due: Option<String>,
    /// Fields in which a customer or order number is looked for.
    pub references: Vec<String>,
    /// Fields in which a telephone number is looked for.
    pub phones: Vec<String>,
}

impl FieldNames {
    /// The fields that a new ticket fills besides that of the key, with what stands in them.
    pub fn of<'a>(&'a self, new: &'a NewTicket) -> Vec<(&'a str, &'a str)> {
        let all = [(&self.case, &new.case_url), (&self.language, &new.language), (&self.level, &new.level)];
        all.into_iter().filter_map(|(field, value)| Some((field.as_deref()?, value.as_str()))).collect()
    }
}

/// `tickets.KIND.hook`: the secret by which deliveries of the system are known.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HookConfig {
    /// The secret; without one nothing is taken from outside, and we only look.
    pub secret: Option<SecretString>,
    /// A file that holds the secret.
    pub secret_file: Option<PathBuf>,
    /// The secret before this one, accepted while the other side changes over.
    pub previous_secret: Option<SecretString>,
    /// A file that holds the secret before this one.
    pub previous_secret_file: Option<PathBuf>,
}

/// `tickets.zendesk`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZendeskConfig {
    /// Its web address, such as `https://acme.zendesk.com`.
    pub url: String,
    /// The mail address of the agent in whose name we work.
    pub user: String,
    /// An API token.
    pub token: Option<SecretString>,
    /// A file that holds it.
    pub token_file: Option<PathBuf>,
    /// The group, by number, that gets the tickets we make.
    pub group: Option<String>,
    /// Which ticket fields, by number, hold what; our key needs none.
    pub fields: FieldNames,
    /// How deliveries of its webhook are known.
    pub hook: HookConfig,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for ZendeskConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            user: String::new(),
            token: None,
            token_file: None,
            group: None,
            fields: FieldNames::default(),
            hook: HookConfig::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.zammad`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZammadConfig {
    /// Its web address.
    pub url: String,
    /// An access token of the agent in whose name we work.
    pub token: Option<SecretString>,
    /// A file that holds it.
    pub token_file: Option<PathBuf>,
    /// The group in which tickets are made.
    pub group: String,
    /// The customer, by login or mail address, for whom they are made until the front office enters who it is.
    pub customer: String,
    /// Which object attributes hold what.
    pub fields: FieldNames,
    /// How deliveries of its webhook are known.
    pub hook: HookConfig,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for ZammadConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: None,
            token_file: None,
            group: String::new(),
            customer: String::new(),
            fields: FieldNames::default(),
            hook: HookConfig::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.freshdesk`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FreshdeskConfig {
    /// Its web address, such as `https://acme.freshdesk.com`.
    pub url: String,
    /// The API key of the agent in whose name we work.
    pub token: Option<SecretString>,
    /// A file that holds it.
    pub token_file: Option<PathBuf>,
    /// The mail address for which tickets are made until the front office enters who it is.
    pub requester: String,
    /// The group, by number, that gets the tickets we make.
    pub group: Option<String>,
    /// Which custom fields (`cf_…`) hold what; our key is a tag.
    pub fields: FieldNames,
    /// How deliveries of its webhook are known.
    pub hook: HookConfig,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for FreshdeskConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            token: None,
            token_file: None,
            requester: String::new(),
            group: None,
            fields: FieldNames::default(),
            hook: HookConfig::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.jira`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JiraConfig {
    /// Its web address, such as `https://acme.atlassian.net`.
    pub url: String,
    /// The mail address of the agent in whose name we work.
    pub user: String,
    /// An API token.
    pub token: Option<SecretString>,
    /// A file that holds it.
    pub token_file: Option<PathBuf>,
    /// The key of the service project in which requests are made.
    pub project: String,
    /// The kind of request that is made.
    pub issue_type: String,
    /// Which custom fields (`customfield_…`) hold what; our key is a label.
    pub fields: FieldNames,
    /// How deliveries of its webhook are known.
    pub hook: HookConfig,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for JiraConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            user: String::new(),
            token: None,
            token_file: None,
            project: String::new(),
            issue_type: "Service Request".to_owned(),
            fields: FieldNames::default(),
            hook: HookConfig::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.salesforce`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SalesforceConfig {
    /// The address of the organisation, such as `https://acme.my.salesforce.com`.
    pub url: String,
    /// The consumer key of the connected app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Option<SecretString>,
    /// A file that holds it.
    pub client_secret_file: Option<PathBuf>,
    /// The version of the interface.
    pub version: String,
    /// The queue or person, by id, that owns the cases we make.
    pub owner: Option<String>,
    /// What stands as the origin of a case.
    pub origin: String,
    /// Which fields (`…__c`) hold what.
    pub fields: FieldNames,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for SalesforceConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            version: "v62.0".to_owned(),
            owner: None,
            origin: "Web".to_owned(),
            fields: FieldNames::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.otrs`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OtrsConfig {
    /// The address of the web service, up to and with its name.
    pub url: String,
    /// The login of the agent in whose name we work.
    pub user: String,
    /// Its password.
    pub password: Option<SecretString>,
    /// A file that holds it.
    pub password_file: Option<PathBuf>,
    /// The queue in which tickets are made.
    pub queue: String,
    /// The customer user for whom they are made until the front office enters who it is.
    pub customer: String,
    /// The state in which they are made.
    pub state: String,
    /// The priority with which they are made.
    pub priority: String,
    /// Which dynamic fields hold what.
    pub fields: FieldNames,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for OtrsConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            user: String::new(),
            password: None,
            password_file: None,
            queue: String::new(),
            customer: String::new(),
            state: "new".to_owned(),
            priority: "3 normal".to_owned(),
            fields: FieldNames::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.dynamics`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DynamicsConfig {
    /// The address of the organisation, such as `https://acme.crm4.dynamics.com`.
    pub url: String,
    /// The directory (tenant) in which the app is registered.
    pub tenant: String,
    /// The id of the app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Option<SecretString>,
    /// A file that holds it.
    pub client_secret_file: Option<PathBuf>,
    /// Where tokens are granted.
    pub login_url: String,
    /// The account or contact, as `accounts(ID)`, for which cases are made until the front office enters who it is.
    pub customer: String,
    /// Which columns hold what.
    pub fields: FieldNames,
    /// How often to look what changed, in seconds.
    pub every_seconds: i64,
}

impl Default for DynamicsConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            tenant: String::new(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            login_url: "https://login.microsoftonline.com".to_owned(),
            customer: String::new(),
            fields: FieldNames::default(),
            every_seconds: 60,
        }
    }
}

/// `tickets.webhook`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenericConfig {
    /// The address that we call.
    pub url: String,
    /// The secret with which both sides sign, `whsec_` and base64 as Standard Webhooks writes it.
    pub secret: Option<SecretString>,
    /// A file that holds the secret.
    pub secret_file: Option<PathBuf>,
    /// The secret before this one, accepted while the other side changes over.
    pub previous_secret: Option<SecretString>,
    /// A file that holds the secret before this one.
    pub previous_secret_file: Option<PathBuf>,
}
