//! Owns what is said of clients that were there before, and whose folders are gone.

use std::path::Path;
use std::time::SystemTime;

use weft_federation::diagnostics::Diagnostic;

use crate::bff::ClientFiles;
use crate::config::{Exposure, GatewayConfig};

const CODE: &str = "CLIENT_REMOVED";

/// Of the clients in the folder `before`, those that the configuration's folder has no more. Whether that breaks anybody is as for
/// any other promise: of partners nobody knows what they send, and of others what they have saved.
pub fn gone(gateway: &GatewayConfig, before: &Path, now: SystemTime) -> Vec<Diagnostic> {
    let mut there = gateway.clone();
    there.bff = Some(before.to_owned());
    // What was wrong with them is told by the check of what they were then.
    let (clients, _) = there.readable_clients();
    let is_gone = |client: &&ClientFiles| match &gateway.bff {
        Some(folder) => !folder.join(&*client.name).is_dir(),
        None => true,
    };
    let is_due = |client: &&ClientFiles| !client.policy.lifecycle.is_over(now);
    clients.iter().filter(is_gone).filter(is_due).map(tell).collect()
}

fn tell(client: &ClientFiles) -> Diagnostic {
    let name = &client.name;
    let message = format!("the client {name} is removed: its users are answered with 404");
    let announce = "say in the `lifecycle` of its client.yaml when it ends (`sunset`), and remove it after that day";
    let has_saved = !client.operations.documents.is_empty() || !client.operations.manifests.is_empty();
    match (client.policy.exposure, has_saved) {
        (Exposure::Partner, _) => Diagnostic::error(CODE, message).help(format!("leave the folder; {announce}")),
        (Exposure::Internal | Exposure::FirstParty, true) => Diagnostic::error(CODE, message)
            .help(format!("if no app in use sends its saved operations, remove these first; else {announce}")),
        (Exposure::Internal | Exposure::FirstParty, false) => {
            Diagnostic::warning(CODE, message).help("it has no saved operations; see that nobody uses it")
        }
    }
}
