//! Carries out a text turn: each question is recorded before it is asked, the answer is shown while it grows,
//! a press of its stop button is obeyed.
//!
//! A kill at any moment leaves the row as it was recorded: the next start asks again, and continues in the
//! same preview. Must not know what is asked, or what becomes of an answer.

use super::DaemonContext;
use super::preview::Preview;
use super::progress::take_away;
use super::shutdown::Stop;
use super::worker::conclude;
use crate::bot::Disposition;
use crate::bot::growing::Answering;
use crate::bot::handlers::text_turn::{After, Answer, Question, Step, TextTurn};
use crate::domain::stats::Step as Stopwatch;
use crate::logging::Event;
use crate::model::{ModelError, Step as Grown};
use crate::store::{Claim, StoreError};
use crate::telegram::Action;
use crate::waiting::waiting;
use std::sync::Arc;
use std::time::Instant;

/// How the asking ended.
enum Asked {
    /// With an answer or an error.
    Came(Result<Answer, ModelError>),
    /// The shutdown signal came.
    Stopping,
}

pub async fn text(daemon: &Arc<DaemonContext>, claim: Claim, mut stop: Stop) -> Result<(), StoreError> {
    let context = daemon.app.context.clone();
    let Some(turn) = TextTurn::of(&context, &claim) else {
        return conclude(daemon, &claim, Disposition::Commit(Default::default())).await;
    };
    let (store, lease, chat) = (&daemon.app.store, claim.lease, turn.incoming.chat);
    if !claim.job.told_late {
        let (user, message) = (claim.job.user, turn.incoming.message);
        daemon.chat_actions.begin(lease.seq, user, chat.id, chat.thread, message, Action::Typing);
        daemon.progress.take_up(&claim.job);
    }
    if claim.job.failures() == 0 {
        daemon.telemetry.took_ms(Stopwatch::Queue, daemon.clock.now().since_ms(claim.job.accepted_at));
    }
    let prepared = tokio::select! {
        prepared = turn.prepare(daemon.clock.now()) => prepared?,
        () = stop.raised() => return store.release(lease).await,
    };
    let mut question = match prepared {
        Step::Go(question) => question,
        Step::Settled(verdict) => return conclude(daemon, &claim, *verdict).await,
    };
    let answering = context.growing.begin(lease.seq);
    let mut preview = Preview::of(daemon, &claim, turn.incoming, turn.phrases());
    loop {
        // From here on tokens may have been spent; after a crash this stage makes the daemon ask again.
        let changes = std::mem::take(&mut question.changes);
        if let Err(error) = store.submit(lease, turn.stage(&question), changes).await {
            preview.end().await?;
            if let Some(message) = daemon.progress.end(lease.seq).await {
                take_away(daemon, Some(chat.id), message).await;
            }
            return Err(error);
        }
        tracing::info!(event = %Event::ModelAsked, seq = lease.seq, model = question.model.as_str(), "chat model asked");
        let asked = waiting(ask(daemon, &turn, &question, &mut preview, &answering, &mut stop)).await?;
        let Asked::Came(came) = asked else {
            preview.end().await?;
            return store.release(lease).await;
        };
        if let After::Settled(verdict) = turn.judge(&mut question, came, daemon.clock.now()) {
            preview.end().await?;
            return conclude(daemon, &claim, *verdict).await;
        }
    }
}

/// Asks once, and shows the answer as it arrives.
async fn ask(
    daemon: &DaemonContext,
    turn: &TextTurn<'_>,
    question: &Question,
    preview: &mut Preview,
    answering: &Answering,
    stop: &mut Stop,
) -> Result<Asked, StoreError> {
    let asked = Instant::now();
    let mut silent = true;
    let begun = tokio::select! {
        begun = turn.models.stream(&question.model, &question.ask) => begun,
        () = stop.raised() => return Ok(Asked::Stopping),
    };
    let mut answer = match begun {
        Ok(answer) => answer,
        Err(error) => return Ok(Asked::Came(Err(error))),
    };
    loop {
        let due = preview.due();
        let look = async {
            match due {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let has_words = !answer.text().trim().is_empty();
        if silent && has_words {
            silent = false;
            daemon.telemetry.took(Stopwatch::FirstToken, asked.elapsed());
        }
        tokio::select! {
            grown = answer.next() => match grown {
                Ok(Grown::Grew) => preview.grew(),
                Ok(Grown::Ended(end)) => {
                    // It came in one piece.
                    if silent {
                        daemon.telemetry.took(Stopwatch::FirstToken, asked.elapsed());
                    }
                    let text = answer.text().to_owned();
                    return Ok(Asked::Came(Ok(Answer { text, usage: end.usage, cut: end.cut })));
                }
                Err(error) => return Ok(Asked::Came(Err(error))),
            },
            called = preview.called() => called?,
            () = look => preview.show(answer.text()),
            // The text so far is the answer.
            () = answering.stopped(), if has_words => {
                let (text, usage) = (answer.text().to_owned(), answer.usage());
                return Ok(Asked::Came(Ok(Answer { text, usage, cut: false })));
            }
            () = stop.raised() => return Ok(Asked::Stopping),
        }
    }
}
