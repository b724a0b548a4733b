//! Whom a connection to a database trusts: one certificate authority, or those of the system.
//!
//! Must not know which database it is.

use super::RemoteError;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;

/// `authority`: certificates in PEM, trusted instead of the system's.
pub fn client_config(authority: Option<&[u8]>) -> Result<ClientConfig, RemoteError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
    let Some(pem) = authority else {
        return Ok(builder.with_platform_verifier().map_err(unusable)?.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| no_certificate())?;
        roots.add(certificate).map_err(|_| no_certificate())?;
    }
    if roots.is_empty() {
        return Err(no_certificate());
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn no_certificate() -> RemoteError {
    RemoteError::Refused("STORE_CA_FILE holds no certificates in PEM that can be used".to_owned())
}

fn unusable(error: rustls::Error) -> RemoteError {
    RemoteError::Refused(format!("TLS cannot be set up: {error}"))
}
