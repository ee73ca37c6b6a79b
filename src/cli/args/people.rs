//! `user` and `audit`: who may come in, and who did what.

use clap::Subcommand;

/// `user …`.
#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person and print a one-time log-in link for them
    Add {
        /// The login
        login: String,
        /// The name that others see [default: the login]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// What the person may do: agent, guest, newcomer, lead, front_office, communications, admin, auditor
        #[arg(long, value_name = "ROLE", default_value = "agent")]
        role: String,
        /// A queue that somebody of the front office may see; give it once for each
        #[arg(long = "queue", value_name = "BRAND/QUEUE")]
        queues: Vec<String>,
        /// A brand that they see; give it once for each [default: every brand]
        #[arg(long = "brand", value_name = "BRAND")]
        brands: Vec<String>,
    },
    /// Say what somebody is; ends their log-ins
    Role {
        /// The login
        login: String,
        /// The role, as in 'user add'
        role: String,
    },
    /// Say which brands somebody sees, in the place of those before; ends their log-ins
    Brands {
        /// The login
        login: String,
        /// A brand; give it once for each, leave it out for every brand
        #[arg(long = "brand", value_name = "BRAND")]
        brands: Vec<String>,
    },
    /// Say which queues somebody of the front office may see, in the place of those before
    Queues {
        /// The login
        login: String,
        /// A queue; give it once for each, leave it out for none
        #[arg(long = "queue", value_name = "BRAND/QUEUE")]
        queues: Vec<String>,
    },
    /// List the people
    List,
    /// Bar a person, and end every log-in of theirs
    Disable {
        /// The login
        login: String,
    },
    /// Take away somebody's second factor and passkeys, who has lost them; ends their log-ins and tells them
    ResetFactors {
        /// The login
        login: String,
    },
    /// Untie somebody from their account at the provider of identities
    Untie {
        /// The login
        login: String,
    },
    /// Print a one-time log-in link for a person
    Link {
        /// The login
        login: String,
    },
}

/// `audit …`.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk the whole chain; name the first row that is missing or was changed (exit code 1)
    ///
    /// Prints the last row as NUMBER:HASH. What was anchored outside earlier goes behind --anchor.
    Verify {
        /// A head as it was told outside; give it once for each
        #[arg(long = "anchor", value_name = "NUMBER:HASH")]
        anchors: Vec<String>,
    },
    /// Write all rows as JSON Lines, oldest first
    Export,
}
