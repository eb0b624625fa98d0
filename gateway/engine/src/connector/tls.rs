//! Owns the one TLS provider of the process: every client and server takes it from here.

use std::sync::OnceLock;

/// Makes rustls use `ring`. Whoever makes a client calls it before; all calls but the first do nothing.
pub fn install_tls_provider() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // It fails where the program that embeds this has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
