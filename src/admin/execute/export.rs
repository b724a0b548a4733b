//! `sessions export`: everything held about a learner, piece by piece. Must not know what the pieces are, or
//! what the files look like.

use super::{Context, Sink, Stopped, sessions};
use crate::admin::request::{Item, Refusal, Wanted};
use crate::domain::data_export::Held;

pub(crate) async fn held(context: &Context, wanted: Wanted, sink: &mut dyn Sink) -> Result<(), Stopped> {
    let user = match wanted {
        Wanted::User(user) => user,
        Wanted::Session(id) => {
            let found = sessions::find(context, id).await?;
            found
                .ok_or_else(|| Refusal::not_found(format!("no session {id}; `sessions list` shows all")))?
                .user
        }
    };
    let (mut after, mut any) = (None, false);
    loop {
        let page = context.store.held(user, after).await?;
        for held in page.held {
            // The learner they belong to goes first.
            if !std::mem::replace(&mut any, true) {
                sink.item(Item::Held(Box::new(Held::User(user)))).await?;
            }
            sink.item(Item::Held(Box::new(held))).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None if any => return Ok(()),
            None => return Err(Refusal::not_found(format!("nothing is held about user {user}")).into()),
        }
    }
}
