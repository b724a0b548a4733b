//! `stats`, and the daemon's health.

use super::{Context, Sink, Stopped};
use crate::admin::request::{Item, Refusal, StatsReport};

/// The numbers: the daemon's own where one runs, else those it left in the store.
pub async fn stats(context: &Context, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let stats = match context.host.stats() {
        Some(stats) => Some(stats),
        None => context.store.stats().await?.map(|stats| stats.as_of(context.host.now())),
    };
    let holdings = context.store.holdings().await?;
    Ok(sink.item(Item::Stats(Box::new(StatsReport { stats, holdings }))).await?)
}

/// How the daemon is.
pub async fn health(context: &Context, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let health = context.host.health().await;
    let health = health.ok_or_else(|| Refusal::failed("no daemon runs, so there is no health to tell of"))?;
    Ok(sink.item(Item::Health(Box::new(health))).await?)
}
