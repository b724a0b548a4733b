//! Makes the documents of `/export` and the file of cards. Must not know what is held, or how it is worded.

use super::{Order, Product, Unmade};
use crate::domain::data_export::{DataExport, Held, anki};
use crate::domain::outcome::Keyboard;
use crate::domain::{Card, ExportFormat, Rich, Timestamp};
use crate::telegram::Attachment;

/// Of more than this, as stored, the rest is left out, bytes: the documents grow to some three times as much, and Telegram
/// takes 50 MB (Bot API "sendDocument").
const MOST_BYTES: usize = 12 << 20;
/// Cards fetched at once.
const CARDS: usize = 500;

pub(super) async fn document(order: &Order<'_>, format: ExportFormat) -> Result<Product, Unmade> {
    let (store, user, now) = (&order.daemon.app.store, order.claim.job.user, order.daemon.clock.now());
    let mut export = DataExport::default();
    export.add(Held::User(user));
    let (mut after, mut bytes) = (None, 0);
    loop {
        let page = store.held(user, after).await?;
        bytes += page.bytes;
        page.held.into_iter().for_each(|held| export.add(held));
        match page.next {
            Some(_) if bytes > MOST_BYTES => {
                export.leave_out_the_rest();
                break;
            }
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let (name, mime) = match format {
        ExportFormat::Json => (name(now, "json"), "application/json"),
        ExportFormat::Markdown => (name(now, "md"), "text/markdown"),
    };
    let written = tokio::task::spawn_blocking(move || match format {
        ExportFormat::Json => export.json(now),
        ExportFormat::Markdown => export.markdown(now),
    });
    let text = written.await.map_err(|_| Unmade::Never("the daemon stops".to_owned()))?;
    let caption = match format {
        ExportFormat::Json => order.phrases.export_for_machines(),
        ExportFormat::Markdown => order.phrases.export_to_read(),
    };
    Ok(file(text, name, mime, caption))
}

pub(super) async fn cards(order: &Order<'_>) -> Result<Product, Unmade> {
    let (store, user, now) = (&order.daemon.app.store, order.claim.job.user, order.daemon.clock.now());
    let mut cards: Vec<Card> = Vec::new();
    loop {
        let after = cards.last().map_or(0, |card| card.id);
        let page = store.cards(user, after, CARDS).await?;
        let last = page.len() < CARDS;
        cards.extend(page);
        if last {
            break;
        }
    }
    if cards.is_empty() {
        return Ok(Product::Words(order.phrases.no_cards_to_export()));
    }
    let count = cards.len();
    let written = tokio::task::spawn_blocking(move || anki::cards(&cards));
    let text = written.await.map_err(|_| Unmade::Never("the daemon stops".to_owned()))?;
    Ok(file(text, name(now, "cards.csv"), "text/csv", order.phrases.cards_for_anki(count)))
}

fn file(text: String, name: String, mime: &'static str, caption: Rich) -> Product {
    let file = Attachment::Document { bytes: text.into(), name, mime };
    Product::File { file, caption, keyboard: Keyboard::default() }
}

/// Sorts by date, and says whose it is.
fn name(now: Timestamp, end: &str) -> String {
    format!("phonicflow-{}.{end}", crate::domain::data_export::date_of(now))
}
