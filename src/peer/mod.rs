//! Connections between the daemons of a shared store: TLS 1.3 in which each side knows the other's certificate.
//!
//! There is no certificate authority and no file: every daemon makes a key and a certificate when it starts and writes
//! the certificate into the database it shares with the others. Who may write there may do to the store whatever the
//! commands can do, so being listed there is all that a peer has to prove:
//!
//! ```text
//! standby -> owner   the owner's certificate must be the one in the database (`dial`)
//! owner -> standby   the caller's certificate must be one of a candidate that is in the database now (`guests`)
//! ```
//!
//! Owns rcgen and tokio-rustls, and the limits of a connection. Must not know the database or what is said over a
//! connection.

/// What the verifiers of both sides do with signatures: whoever shows a certificate has to have its key, in TLS 1.3 alone. For
/// an `impl` of rustls' traits, which cannot share methods, of a type with `algorithms`.
macro_rules! signatures_of_tls13 {
    () => {
        fn verify_tls12_signature(
            &self,
            _message: &[u8],
            _certificate: &rustls::pki_types::CertificateDer<'_>,
            _signature: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            Err(rustls::Error::General("TLS 1.2 is not offered".to_owned()))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &rustls::pki_types::CertificateDer<'_>,
            signature: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            self.algorithms.supported_schemes()
        }
    };
}

mod dial;
mod guests;
mod identity;
mod listener;
#[cfg(test)]
mod tests;

pub(crate) use dial::{DialError, dial};
pub(crate) use guests::{GuestList, Guests};
pub(crate) use identity::Identity;
pub(crate) use listener::Listener;

use rustix::net::sockopt;
use std::time::Duration;
use tokio::net::TcpStream;

/// A connection to a peer whose certificate is known.
pub(crate) type Link = tokio_rustls::TlsStream<TcpStream>;

/// How long both sides may take until a connection is encrypted.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may be silent before the system asks whether the other machine is there, and how long it waits
/// for each of the [`PROBES`] answers. Within 11 s the end of a machine is noticed.
const PROBED_AFTER: Duration = Duration::from_secs(5);
const PROBED_EVERY: Duration = Duration::from_secs(2);
const PROBES: u32 = 3;
/// How long what was sent may stay unacknowledged by the other machine, ms.
const UNACKNOWLEDGED_MS: u32 = 11_000;

/// Has the system notice when the other machine is gone. Without it a connection would last until somebody writes.
fn watch_over(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, PROBED_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, PROBED_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, PROBES)?;
    sockopt::set_tcp_user_timeout(stream, UNACKNOWLEDGED_MS)?;
    Ok(())
}
