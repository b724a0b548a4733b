//! `stats`, `health` and `top`. Must not know how the daemon counts.

use super::{Context, Host, Sink, Stopped};
use crate::admin::request::{Item, PAUSE_LEAST_MS, Refusal, StatsReport};
use std::time::Duration;

/// The daemon's own statistics if one runs, otherwise those it left in the store.
pub(crate) async fn stats(context: &Context, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let stats = match context.host.stats() {
        Some(stats) => Some(stats),
        None => context.store.stats().await?.map(|stats| stats.on_the_day_of(context.host.now())),
    };
    let holdings = context.store.holdings().await?;
    Ok(sink.item(Item::Stats(Box::new(StatsReport { stats, holdings }))).await?)
}

pub(crate) async fn health(host: &dyn Host, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let health = host.health().await;
    let health = health.ok_or_else(|| Refusal::failed("no daemon runs, so there is no health to tell of"))?;
    Ok(sink.item(Item::Health(Box::new(health))).await?)
}

/// A snapshot after each pause, until the client is gone.
pub(crate) async fn watch(context: &Context, pause_ms: u64, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let pause = Duration::from_millis(pause_ms.max(PAUSE_LEAST_MS));
    loop {
        let snapshot = context.host.snapshot().await;
        let snapshot =
            snapshot.ok_or_else(|| Refusal::failed("no daemon runs, so there is nothing to watch"))?;
        sink.item(Item::Snapshot(Box::new(snapshot))).await?;
        sink.flush().await?;
        tokio::time::sleep(pause).await;
    }
}
