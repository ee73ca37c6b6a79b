//! The settings of WhatsApp numbers.

use secrecy::SecretString;
use serde::Deserialize;
use std::path::PathBuf;

/// `source.whatsapp`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WhatsappConfig {
    /// The id of the WhatsApp Business account to which the numbers belong.
    pub account: String,
    /// The numbers, `[[source.whatsapp.number]]`; the first is the one to which customers are led.
    #[serde(rename = "number")]
    pub numbers: Vec<NumberConfig>,
    /// The token of a system user of the business.
    pub token: Option<SecretString>,
    /// A file that holds the token.
    pub token_file: Option<PathBuf>,
    /// The app's secret, by which deliveries are signed.
    pub app_secret: Option<SecretString>,
    /// A file that holds the app's secret.
    pub app_secret_file: Option<PathBuf>,
    /// The secret before this one, while it is changed.
    pub previous_app_secret: Option<SecretString>,
    /// A file that holds the secret before this one.
    pub previous_app_secret_file: Option<PathBuf>,
    /// The word by which the platform and we know each other when the webhook is set up; chosen by us.
    pub verify_token: Option<SecretString>,
    /// A file that holds that word.
    pub verify_token_file: Option<PathBuf>,
    /// When the token ends, as a day such as 2027-01-31 or an instant; left out, nobody knows.
    pub expires: Option<String>,
    /// The platform's address.
    pub api_url: String,
    /// The version of the interface.
    pub version: String,
    /// How many messages a second go out.
    pub per_second_max: u32,
    /// The approved templates, `[[source.whatsapp.template]]`.
    #[serde(rename = "template")]
    pub templates: Vec<TemplateConfig>,
    /// What may be spent on templates in a month, in dollars; left out, it is only counted.
    pub monthly_usd: Option<f64>,
    /// What a template costs.
    pub prices: Prices,
}

impl Default for WhatsappConfig {
    fn default() -> Self {
        Self {
            account: String::new(),
            numbers: Vec::new(),
            token: None,
            token_file: None,
            app_secret: None,
            app_secret_file: None,
            previous_app_secret: None,
            previous_app_secret_file: None,
            verify_token: None,
            verify_token_file: None,
            expires: None,
            api_url: "https://graph.facebook.com".to_owned(),
            version: "v26.0".to_owned(),
            per_second_max: 60,
            templates: Vec::new(),
            monthly_usd: None,
            prices: Prices::default(),
        }
    }
}

/// `[[source.whatsapp.number]]`: a number of the business.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NumberConfig {
    /// The platform's id of the number.
    pub id: String,
    /// The number itself, as people write it.
    pub phone: String,
}

impl NumberConfig {
    /// The digits of the number alone, with the country's code.
    pub fn digits(&self) -> String {
        self.phone.chars().filter(char::is_ascii_digit).collect()
    }
}

/// What a template is for; it decides what it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// About something that the customer has under way.
    #[default]
    Utility,
    /// Anything that sells.
    Marketing,
    /// A code to log in.
    Authentication,
}

impl Category {
    /// Its name, in counts and as the platform writes it in lower case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Utility => "utility",
            Self::Marketing => "marketing",
            Self::Authentication => "authentication",
        }
    }
}

/// `[[source.whatsapp.template]]`: a template that the platform has approved, in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateConfig {
    /// Its name at the platform.
    pub name: String,
    /// Its language as the platform writes it, such as `nl` or `en_US`.
    pub language: String,
    /// What it is for.
    pub category: Category,
    /// The words of its body as they were approved, with `{{1}}` or `{{name}}` where something is filled in.
    pub text: String,
}

/// `source.whatsapp.prices`: dollars for one message of a template. They depend on the customer's country and change;
/// these are near what was published for western Europe in 2026.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// One that sells.
    pub marketing: f64,
    /// One about something under way.
    pub utility: f64,
    /// One that holds a code.
    pub authentication: f64,
}

impl Default for Prices {
    fn default() -> Self {
        Self { marketing: 0.16, utility: 0.05, authentication: 0.05 }
    }
}

impl Prices {
    /// What one of a category costs, in dollars.
    pub const fn of(&self, category: Category) -> f64 {
        match category {
            Category::Marketing => self.marketing,
            Category::Utility => self.utility,
            Category::Authentication => self.authentication,
        }
    }

    /// All of them by name, as they stand in the settings.
    pub const fn all(&self) -> [(&'static str, f64); 3] {
        [("marketing", self.marketing), ("utility", self.utility), ("authentication", self.authentication)]
    }
}
