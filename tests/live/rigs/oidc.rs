//! A provider of identities as its authors publish it (npm's oidc-provider), with one client.

use super::{Process, installed};
use crate::daemon::free_port;
use std::path::Path;

/// The provider as it runs; it ends when this is dropped.
pub struct Provider {
    /// Who it is.
    pub issuer: String,
    _process: Process,
}

impl Provider {
    /// With a client that it sends back to this console.
    pub async fn start(public_url: &str) -> Option<Self> {
        let (packages, node) = (installed("node/node_modules/oidc-provider")?, crate::tool("node")?);
        // Modules are looked for beside the script, so it is laid beside them.
        let home = packages.ancestors().nth(2).unwrap();
        let script = home.join("oidc.mjs");
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/peers/oidc.mjs");
        std::fs::copy(ours, &script).unwrap();
        let port = free_port();
        let mut process = Process::start(&node, |command, _| {
            command.arg(&script).current_dir(home).env("PORT", port.to_string());
            command.env("BACK", format!("{public_url}/login/provider/back"));
            command.env("OUT", format!("{public_url}/login"));
        });
        process.ready(|log| async move { log.contains("{\"ready\"").then_some(()) }).await;
        Some(Self { issuer: format!("http://127.0.0.1:{port}"), _process: process })
    }
}
