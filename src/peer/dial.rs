//! The caller's side: connects to the owner's address and accepts the owner's certificate alone.
//!
//! Must not know what is asked of the owner.

use super::identity::Identity;
use super::{HANDSHAKE_WITHIN, Link, watch_over};
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error};
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// No connection; nothing was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("no connection: {0}")]
    Connect(std::io::Error),
    #[error("nobody answered there within {} s", HANDSHAKE_WITHIN.as_secs())]
    Silent,
    /// Somebody else has its address, or it was started again a moment ago.
    #[error("somebody answers there whose certificate is not the owner's")]
    Stranger,
    #[error("no encrypted connection: {0}")]
    Tls(String),
}

/// Connects to `addr` (`host:port`), where a peer with the certificate `expected` (DER) listens.
pub(crate) async fn dial(addr: &str, expected: &[u8], me: &Identity) -> Result<Link, DialError> {
    let connected = async {
        let stream = TcpStream::connect(addr).await.map_err(DialError::Connect)?;
        watch_over(&stream).map_err(DialError::Connect)?;
        let owner = Arc::new(Expected {
            certificate: expected.to_vec(),
            algorithms: ring::default_provider().signature_verification_algorithms,
        });
        let config = me.client(owner).map_err(|error| DialError::Tls(error.to_string()))?;
        // The name is not sent, and stands in no certificate.
        let name = ServerName::from(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let link = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(of_tls)?;
        Ok(Link::from(link))
    };
    timeout(HANDSHAKE_WITHIN, connected).await.map_err(|_| DialError::Silent)?
}

fn of_tls(error: std::io::Error) -> DialError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => {
            DialError::Stranger
        }
        _ => DialError::Tls(error.to_string()),
    }
}

/// Accepts one certificate and no other, whatever it says about itself.
#[derive(Debug)]
struct Expected {
    certificate: Vec<u8>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Expected {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.certificate.is_empty() || certificate.as_ref() != self.certificate {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    signatures_of_tls13!();
}
