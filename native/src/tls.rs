//! Which servers are trusted.
//!
//! Law: verification can't be turned off. Roots are Mozilla's, so that a machine with no certificates still works, and those of
//! the system, so that a company's own authority (or `SSL_CERT_FILE`) works too.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// The TLS settings of a client whose base URL is secure or not: reading the system's certificates costs milliseconds, which a
/// client of a plain http server need not pay.
pub(crate) fn config(secure: bool) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if secure {
        // Some entries of a system's store may be unreadable; the others still count.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions.map_err(|why| why.to_string())?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
