//! The learner's weeks as a picture, of the days and cards that are kept. Must not know who asked for it.

use super::{Order, Product, Unmade};
use crate::domain::local_day::local_day;
use crate::domain::{CardTotals, ProgressView};
use crate::pictures;

pub(super) async fn make(order: &Order<'_>) -> Result<Product, Unmade> {
    let (reader, phrases) = (&order.daemon.app.context.reader, order.phrases);
    let (user, learner) = (order.claim.job.user, &order.claim.learner);
    let today = local_day(order.daemon.clock.now(), learner.zone.as_deref());
    let days = reader.days(user, i32::MIN).await?;
    let counts = reader.card_counts(user, today).await?;
    let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
    let (all, learnt) = (count(counts.cards), count(counts.learnt));
    let cards = CardTotals { all, due: count(counts.due + counts.new), learnt };
    let view = ProgressView::of(&days, today, learner.daily_goal, cards);
    let caption = phrases.progress_caption(&view);
    order.picture(caption, move || pictures::progress(&view, phrases.0)).await
}
