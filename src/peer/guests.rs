//! Which certificates a listener accepts: those of the candidates that are in the database now.
//!
//! Must not know the database: the caller asks it.

use async_trait::async_trait;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DistinguishedName, Error};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long an answer of the database is used for: strangers can make it ask no more often than this.
const FRESH: Duration = Duration::from_secs(1);

/// Whose certificates are welcome.
#[async_trait]
pub(crate) trait GuestList: Send + Sync {
    /// Certificates (DER) of the candidates that are there now; `None`: that cannot be found out.
    async fn certificates(&self) -> Option<Vec<Vec<u8>>>;
}

/// The list as it was a moment ago.
pub(crate) struct Guests<L> {
    list: L,
    /// When it was asked for, and what it said.
    known: Mutex<Option<(Instant, Vec<Vec<u8>>)>>,
}

impl<L: GuestList> Guests<L> {
    pub(crate) fn new(list: L) -> Self {
        Self { list, known: Mutex::default() }
    }

    /// Whether this certificate belongs to a candidate. The list used is at most [`FRESH`] old, and a certificate that
    /// is not in it is looked for in one that was asked for after it had been shown.
    pub(crate) async fn welcome(&self, certificate: &[u8]) -> bool {
        let shown = Instant::now();
        // Held while the database is asked: those who knock meanwhile share its answer.
        let mut known = self.known.lock().await;
        loop {
            let asked = match &*known {
                Some((asked, list)) if asked.elapsed() < FRESH || *asked >= shown => {
                    if list.iter().any(|it| it == certificate) {
                        return true;
                    }
                    if *asked >= shown {
                        return false;
                    }
                    *asked
                }
                Some((asked, _)) => *asked,
                None => shown.checked_sub(FRESH).unwrap_or(shown),
            };
            tokio::time::sleep_until(asked + FRESH).await;
            let asked = Instant::now();
            *known = Some((asked, self.list.certificates().await.unwrap_or_default()));
        }
    }
}

/// Accepts every certificate whose owner has its key. Nothing is sent to it before [`Guests::welcome`] has agreed,
/// which cannot be asked in the middle of a handshake, as the database may have to be.
#[derive(Debug)]
pub(super) struct Shown {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Shown {
    pub(super) fn new(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms }
    }
}

impl ClientCertVerifier for Shown {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // A candidate's certificate is signed by itself.
        if !chain.is_empty() {
            return Err(CertificateError::UnknownIssuer.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    signatures_of_tls13!();
}
