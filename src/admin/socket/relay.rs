//! A standby's way of answering: it hands a request on to the owner of the shared store, and the answer back, frame by
//! frame and unchanged.
//!
//! Must not know what is asked, beyond whether it changes anything.

use super::Answer;
use crate::admin::execute::{Sink, Stopped};
use crate::admin::owner::{Lookout, connect, cut_off};
use crate::admin::protocol::{ANSWER_LIMIT, FrameError, Kind, read, refusal, write};
use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufReader};

/// Hands on a request as it came (`payload`).
pub(super) async fn relay<W: AsyncWrite + Send + Unpin>(
    at: &dyn Lookout,
    payload: &[u8],
    changes: bool,
    answer: &mut Answer<W>,
) -> Result<(), Stopped> {
    let mut owner = connect(at).await.map_err(|no_way| no_way.refusal)?;
    let broken = |why: &dyn std::fmt::Display| cut_off(&owner.node, &why.to_string(), changes);
    let sent = async {
        write(&mut owner.link, Kind::Json, payload).await?;
        owner.link.flush().await
    };
    sent.await.map_err(|error: io::Error| broken(&error))?;
    let mut from = BufReader::with_capacity(64 << 10, owner.link);
    loop {
        if from.buffer().is_empty() {
            answer.flush().await?;
        }
        let frame = tokio::select! {
            frame = read(&mut from, ANSWER_LIMIT) => frame,
            () = at.over(owner.epoch) => return Err(broken(&"it owns the store no longer").into()),
        };
        match frame {
            Ok((Kind::End, _)) => return Ok(()),
            Ok((Kind::Error, payload)) => return Err(refusal(&payload).into()),
            Ok((kind, payload)) => answer.frame(kind, &payload).await?,
            Err(FrameError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(broken(&"it closed the connection").into());
            }
            Err(error) => return Err(broken(&error).into()),
        }
    }
}
