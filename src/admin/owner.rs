//! The way to the owner of a shared store, for those who are not it: who it is, a connection to it, and in words why
//! there is none.
//!
//! Must not know what is asked of it.

use super::protocol::{FrameError, GREETING_LIMIT, Greeting, Kind, read, refusal, understand};
use super::request::Refusal;
use super::shared::Shared;
use crate::domain::printable;
use crate::peer::{DialError, Identity, Link, dial};
use crate::store::StoreError;
use crate::store::server::Standing;
use async_trait::async_trait;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::time::timeout;

/// How long a daemon may take to send its greeting.
pub(super) const GREETED_WITHIN: Duration = Duration::from_secs(10);

/// What is known of the owner, and what it may be asked with.
#[async_trait]
pub(crate) trait Lookout: Send + Sync {
    /// As the database said a moment ago.
    async fn standing(&self) -> Result<Standing, StoreError>;

    /// Returns when the store is no longer owned by the daemon with this epoch.
    async fn over(&self, epoch: u64);

    /// What we are to the store.
    fn shared(&self) -> Option<Shared>;

    /// The certificate by which the owner knows us.
    fn identity(&self) -> &Identity;

    /// Host, port and database, for people.
    fn place(&self) -> String;
}

/// The owner, connected and greeted: a request may be sent.
pub(crate) struct Owner {
    pub link: Link,
    pub epoch: u64,
    /// `STORE_NODE`, printable.
    pub node: String,
}

/// Nothing was asked.
#[derive(Debug)]
pub(crate) struct NoWay {
    pub refusal: Refusal,
    /// It may be otherwise in a few seconds.
    pub passing: bool,
}

/// Connects to the owner.
pub(crate) async fn connect(at: &dyn Lookout) -> Result<Owner, NoWay> {
    let standing = at.standing().await;
    let standing = standing
        .map_err(|error| NoWay::of(error.to_string(), matches!(error, StoreError::Unavailable { .. })))?;
    if let Some(why) = absent(&standing, &at.place()) {
        return Err(why);
    }
    let owner = &standing.owner;
    let (node, addr) = (printable::line(&owner.node), printable::line(&owner.addr));
    let unanswered = |why: String, passing| {
        let place = at.place();
        NoWay::of(
            format!(
                "{node} owns the shared store in {place} and cannot be asked at {addr}: {why}. Nothing was done; ask again \
                 in a few seconds, or run the command on {node}"
            ),
            passing,
        )
    };
    let link = dial(&owner.addr, &owner.certificate, at.identity()).await;
    let mut link = link.map_err(|error| {
        let passing = !matches!(error, DialError::Tls(_));
        unanswered(error.to_string(), passing)
    })?;
    match greeted(&mut link).await {
        Ok(_) => Ok(Owner { link, epoch: standing.epoch, node: node.into_owned() }),
        Err(Ungreeted::Refused(refusal)) => Err(unanswered(refusal.text, false)),
        Err(Ungreeted::Version(error)) => Err(unanswered(
            format!("{error}; both machines need the same version of phonicflow-bot"),
            false,
        )),
        Err(Ungreeted::Silent) => Err(unanswered("it says nothing".to_owned(), true)),
        Err(Ungreeted::Broken(_)) => Err(unanswered(
            "it closed the connection; either it does not see us in the database yet, or it answers as many commands as it \
             can"
                .to_owned(),
            true,
        )),
    }
}

/// Why there is no owner that could be asked, as far as the database tells.
pub(crate) fn absent(standing: &Standing, place: &str) -> Option<NoWay> {
    let Standing { epoch, owner, lease_ms, moved, .. } = standing;
    let (node, addr) = (printable::line(&owner.node), printable::line(&owner.addr));
    if let Some(to) = moved {
        let to = printable::line(to);
        return Some(NoWay::of(
            format!("the records of the shared store in {place} were moved to {to}"),
            false,
        ));
    }
    if *epoch == 0 {
        return Some(NoWay::of(
            format!("no daemon has owned the shared store in {place} yet; start one"),
            true,
        ));
    }
    if *lease_ms <= 0 {
        let whence = if addr.is_empty() { String::new() } else { format!(" ({addr})") };
        return Some(NoWay::of(
            format!(
                "nobody owns the shared store in {place} now; the last owner was {node}{whence}, until {} ago. A daemon that \
                 stands by takes over within seconds: ask again, or start one",
                ago(*lease_ms)
            ),
            true,
        ));
    }
    if addr.is_empty() || owner.certificate.is_empty() {
        return Some(NoWay::of(
            format!(
                "{node} owns the shared store in {place} and takes no commands from other machines: run the command there, \
                 or set STORE_PEER_ADDR there"
            ),
            false,
        ));
    }
    None
}

/// What became of a request that was sent to an owner which is gone.
pub(crate) fn cut_off(node: &str, why: &str, changes: bool) -> Refusal {
    let advice = if changes {
        "it is not known whether what was asked has been done: look before you ask again"
    } else {
        "ask again"
    };
    Refusal::failed(format!("the answer of {node} broke off ({why}); {advice}"))
}

impl NoWay {
    fn of(text: String, passing: bool) -> Self {
        Self { refusal: Refusal::unwelcome(text), passing }
    }
}

/// No greeting came.
pub(super) enum Ungreeted {
    /// It does not serve us, and says why.
    Refused(Refusal),
    /// It speaks another version of the protocol.
    Version(FrameError),
    Silent,
    Broken(FrameError),
}

/// Reads the greeting of a daemon.
pub(super) async fn greeted(from: &mut (impl AsyncRead + Unpin)) -> Result<Greeting, Ungreeted> {
    let of = |error: FrameError| match error {
        FrameError::Version { .. } => Ungreeted::Version(error),
        other => Ungreeted::Broken(other),
    };
    match timeout(GREETED_WITHIN, read(from, GREETING_LIMIT)).await {
        Err(_) => Err(Ungreeted::Silent),
        Ok(Err(error)) => Err(of(error)),
        Ok(Ok((Kind::Error, payload))) => Err(Ungreeted::Refused(refusal(&payload))),
        Ok(Ok((_, payload))) => understand(&payload).map_err(of),
    }
}

/// How long ago a lease ended, in words.
fn ago(lease_ms: i64) -> String {
    let seconds = lease_ms.saturating_neg().max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
