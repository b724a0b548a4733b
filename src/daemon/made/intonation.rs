//! The melody of a voice and of the reply to it, as a picture. Must not know who asked for it.

use super::{Order, Product, Unmade};
use crate::pictures;

pub(super) async fn make(order: &Order<'_>, seq: u64) -> Result<Product, Unmade> {
    let phrases = order.phrases;
    let kept = order.daemon.app.context.reader.contours(order.claim.job.user, Some(seq)).await?;
    let Some(contours) = kept else { return Ok(Product::Words(phrases.no_contours())) };
    let caption = phrases.intonation_caption(&contours);
    order.picture(caption, move || pictures::intonation(&contours, phrases.0)).await
}
