//! What a daemon proves itself by: a key that never leaves this process, and a certificate made of it.
//!
//! Must not know who trusts it.

use super::guests::Shown;
use rcgen::{CertificateParams, KeyPair};
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::{default_provider, sign::any_ecdsa_type};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use std::fmt;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// No key, or none that TLS can use: the system gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("no certificate for the other daemons of the shared store could be made: {0}")]
pub(crate) struct IdentityError(String);

/// Made at each start, and gone with the process: there is nothing to renew, revoke or steal from a disk.
#[derive(Clone)]
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: Arc<SingleCertAndKey>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    pub(crate) fn make() -> Result<Self, IdentityError> {
        let failed = |error: &dyn std::fmt::Display| IdentityError(error.to_string());
        // No names, and valid always: peers compare the whole certificate, and their clocks may differ.
        let params = CertificateParams::new(Vec::new()).map_err(|error| failed(&error))?;
        let mut pair = KeyPair::generate().map_err(|error| failed(&error))?;
        let made = params.self_signed(&pair);
        let secret = Zeroizing::new(pair.serialize_der());
        pair.zeroize();
        let certificate = made.map_err(|error| failed(&error))?.der().clone();
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(secret.as_slice()));
        let key = any_ecdsa_type(&der).map_err(|error| failed(&error))?;
        let key = Arc::new(SingleCertAndKey::from(CertifiedKey::new(vec![certificate.clone()], key)));
        Ok(Self { certificate, key })
    }

    /// DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Takes a client that shows any certificate and has its key; which certificates are welcome is asked afterwards.
    pub(super) fn server(&self) -> Result<ServerConfig, rustls::Error> {
        let provider = Arc::new(default_provider());
        let shown = Arc::new(Shown::new(&provider));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(shown)
            .with_cert_resolver(self.key.clone());
        // A session that is resumed shows no certificate.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    /// Trusts the server that `verifier` accepts.
    pub(super) fn client(
        &self,
        verifier: Arc<dyn ServerCertVerifier>,
    ) -> Result<ClientConfig, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(self.key.clone());
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        Ok(config)
    }
}

/// Identities that only an attacker has.
#[cfg(test)]
impl Identity {
    pub(super) fn resolver(&self) -> Arc<SingleCertAndKey> {
        self.key.clone()
    }

    fn showing(&self, chain: Vec<CertificateDer<'static>>) -> Self {
        use rustls::client::ResolvesClientCert;
        let own = self.key.resolve(&[], &[]).map(|own| own.key.clone());
        let shown = own.map(|key| CertifiedKey::new(chain, key));
        let key = shown.map_or_else(|| self.key.clone(), |shown| Arc::new(SingleCertAndKey::from(shown)));
        Self { certificate: self.certificate.clone(), key }
    }

    /// Its own key under the certificate of another one.
    pub(super) fn with_certificate_of(&self, other: &Self) -> Self {
        self.showing(vec![other.certificate.clone()])
    }

    /// Its own certificate, and another one's behind it.
    pub(super) fn followed_by(&self, other: &Self) -> Self {
        self.showing(vec![self.certificate.clone(), other.certificate.clone()])
    }
}
