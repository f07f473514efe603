//! TLS settings: trusted authorities, and the client's own certificate.
//!
//! Invariant: verification can't be turned off. If options or the environment name authorities, only those are trusted; otherwise Mozilla's,
//! for machines without certificates, and the system's, for the authority of a company. A named file that can't be used is an error at
//! construction.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use trilogue_core::config::Network;
use trilogue_core::text::dialect::Name;
use trilogue_core::{Error, ErrorKind};

/// Returns the settings that files provide; `None` if no file is named. `secure`: the base URL is https.
pub(crate) fn named(network: &Network, secure: bool) -> Result<Option<ClientConfig>, Error> {
    let roots = match &network.ca_bundle {
        Some(bundle) => Some(trust(&Name("ca_bundle").to_string(), Some(Path::new(bundle)), &[])?),
        None if secure => from_environment()?,
        None => None,
    };
    if roots.is_none() && network.client_cert.is_none() {
        return Ok(None);
    }
    let roots = roots.unwrap_or_else(default_roots);
    finish(roots, network.client_cert.as_deref()).map(Some)
}

/// The settings of a client whose options name no file. Reading the system's certificates costs milliseconds.
pub(crate) fn unnamed() -> Result<ClientConfig, Error> {
    finish(from_environment()?.unwrap_or_else(default_roots), None)
}

fn default_roots() -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // Some entries of a system's store may be unreadable; the others are used.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn finish(roots: RootCertStore, client_cert: Option<&str>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|why| refused(&why))?.with_root_certificates(roots);
    let mut config = match client_cert {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let fail = |why: &dyn Display| refused(&format!("{} {path:?} can't be used: {why}", Name("client_cert")));
            let chain = certificates(Path::new(path)).map_err(|why| fail(&why))?;
            let key = PrivateKeyDer::from_pem_file(path).map_err(|why| match why {
                pem::Error::NoItemsFound => fail(&"it contains no unencrypted private key"),
                why => fail(&why),
            })?;
            builder.with_client_auth_cert(chain, key).map_err(|why| fail(&why))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Returns the roots that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, as OpenSSL reads them.
fn from_environment() -> Result<Option<RootCertStore>, Error> {
    let variable = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    let file = variable("SSL_CERT_FILE").map(PathBuf::from);
    let folders: Vec<_> =
        variable("SSL_CERT_DIR").map(|folders| std::env::split_paths(&folders).collect()).unwrap_or_default();
    if file.is_none() && folders.is_empty() {
        return Ok(None);
    }
    trust("SSL_CERT_FILE or SSL_CERT_DIR", file.as_deref(), &folders).map(Some)
}

/// Reads the roots in a file and in folders. None of them may be missing, and there must be a certificate.
fn trust(what: &str, file: Option<&Path>, folders: &[PathBuf]) -> Result<RootCertStore, Error> {
    let fail = |path: &Path, why: &dyn Display| refused(&format!("{what}: {} can't be used: {why}", path.display()));
    let mut found = match file {
        Some(file) => certificates(file).map_err(|why| fail(file, &why))?,
        None => Vec::new(),
    };
    for folder in folders {
        for entry in std::fs::read_dir(folder).map_err(|why| fail(folder, &why))?.filter_map(Result::ok) {
            // Folders contain other files too, and broken links.
            found.extend(certificates(&entry.path()).unwrap_or_default());
        }
    }
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found);
    if added == 0 {
        let path = file.or(folders.first().map(PathBuf::as_path)).unwrap_or(Path::new(""));
        return Err(fail(path, &"it contains no CA certificate in PEM format (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let describe = |why: pem::Error| match why {
        pem::Error::Io(why) => why.to_string(),
        why => format!("it is not a PEM file: {why}"),
    };
    let all: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(describe)?.collect();
    let all = all.map_err(describe)?;
    if all.is_empty() {
        Err("it contains no PEM certificate (-----BEGIN CERTIFICATE-----)".to_owned())
    } else {
        Ok(all)
    }
}

fn refused(why: &dyn Display) -> Error {
    Error::new(ErrorKind::Configuration, why.to_string())
}
