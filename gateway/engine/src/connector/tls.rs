//! Owns what configuration says of TLS to a backend: whom to trust, and what to show who asks for a certificate.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::BuilderVerifierExt;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// TLS to a backend, in PEM as its files have it. Only what can be used is made.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    /// Who signs for the backend, in place of whom the system trusts.
    authorities: Option<Vec<u8>>,
    identity: Option<Own>,
}

#[derive(Clone, PartialEq, Eq)]
struct Own {
    /// The gateway's own certificate, and those between it and one that the backend trusts.
    certificates: Vec<u8>,
    key: Vec<u8>,
}

/// Without the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { authorities, identity } = self;
        let authorities = authorities.as_ref().map(Vec::len);
        f.debug_struct("Tls").field("authorities", &authorities).field("identity", &identity.is_some()).finish()
    }
}

/// Which of the files is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsError {
    Authorities(String),
    Identity(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authorities(why) | Self::Identity(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for TlsError {}

impl Tls {
    /// `identity` is a certificate, with those that lead to it, and its key.
    pub fn new(authorities: Option<Vec<u8>>, identity: Option<(Vec<u8>, Vec<u8>)>) -> Result<Self, TlsError> {
        let identity = identity.map(|(certificates, key)| Own { certificates, key });
        let tls = Self { authorities, identity };
        tls.client_config()?;
        Ok(tls)
    }

    /// For an HTTP client, which says itself which versions of HTTP it speaks.
    pub fn client_config(&self) -> Result<ClientConfig, TlsError> {
        let untrusting = |error: rustls::Error| TlsError::Authorities(error.to_string());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(untrusting)?;
        let builder = match &self.authorities {
            Some(pem) => builder.with_root_certificates(trusted(pem).map_err(TlsError::Authorities)?),
            None => builder.with_platform_verifier().map_err(untrusting)?,
        };
        let Some(Own { certificates, key }) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let certificates = read_certificates(certificates).map_err(TlsError::Identity)?;
        let key =
            PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Identity(format!("the key: {error}")))?;
        builder.with_client_auth_cert(certificates, key).map_err(|error| TlsError::Identity(error.to_string()))
    }

    pub(super) fn grpc(&self) -> ClientTlsConfig {
        let config = match &self.authorities {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => system_grpc(),
        };
        match &self.identity {
            Some(Own { certificates, key }) => config.identity(Identity::from_pem(certificates, key)),
            None => config,
        }
    }
}

/// With the system's certificates, or those that SSL_CERT_FILE names.
pub(super) fn system_grpc() -> ClientTlsConfig {
    ClientTlsConfig::new().with_native_roots()
}

fn trusted(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(pem)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

fn read_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => Err("there is no certificate in it".to_owned()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}
