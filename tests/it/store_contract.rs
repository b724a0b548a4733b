//! What a store promises, as scenarios run on every engine.
//!
//! Owns the bench (a store that can be crashed and reopened) and the builders of messages. Must not know how
//! any store works inside.

use crate::engines::{Engine, Home};
use crate::skip::{Lacks, skip};
use futures_util::FutureExt;
use phonicflow_bot::domain::{
    Body, Chat, ChatId, ChatKind, Content, Incoming, Keyboard, MessageId, OtherKind, Outcome, Recording,
    Reply, Rich, Timestamp, UserId, WorkKind,
};
use phonicflow_bot::secret::KeyMaterial;
use phonicflow_bot::store::{AcceptPolicy, Claim, Claimed, Store};
use std::ops::Deref;

#[path = "store_contract/accepting.rs"]
mod accepting;
#[path = "store_contract/albums.rs"]
mod albums;
#[path = "store_contract/breaking.rs"]
mod breaking;
#[path = "store_contract/burying.rs"]
mod burying;
#[path = "store_contract/delivering.rs"]
mod delivering;
#[path = "store_contract/flushing.rs"]
mod flushing;
#[path = "store_contract/keeping.rs"]
mod keeping;
#[path = "store_contract/knowing.rs"]
mod knowing;
#[path = "store_contract/outside.rs"]
mod outside;
#[path = "store_contract/overtaking.rs"]
mod overtaking;
#[path = "store_contract/practising.rs"]
mod practising;
#[path = "store_contract/working.rs"]
mod working;

/// The moment the scenarios begin.
pub const T0: Timestamp = Timestamp(1_700_000_000_000);

/// A moment `ms` milliseconds after the beginning.
pub fn at(ms: i64) -> Timestamp {
    T0.plus_ms(ms)
}

/// The key of the encrypted stores under test.
pub fn test_key() -> KeyMaterial {
    KeyMaterial::new(b"a key for tests, of no use elsewhere".to_vec())
}

/// A store under test.
pub struct Bench {
    store: Option<Store>,
    pub home: Home,
}

impl Bench {
    /// A fresh store; `None`, and the test is recorded as left out, where the engine cannot run.
    pub fn on(engine: Engine, sealed: bool, test: &str) -> Option<Self> {
        if let Some(program) = engine.lacks() {
            skip(test.trim_start_matches("it::"), Lacks::Means, &format!("needs {program}"));
            return None;
        }
        let mut bench = Self { store: None, home: Home::new(engine, sealed.then(test_key)) };
        bench.crash();
        Some(bench)
    }

    /// A fresh store in memory.
    pub fn memory() -> Self {
        Self::on(Engine::Memory, false, "").unwrap()
    }

    /// A fresh encrypted store on disk.
    pub fn sealed_sled() -> Self {
        Self::on(Engine::Sled, true, "").unwrap()
    }

    /// Drops the store without closing it and opens it again.
    pub fn crash(&mut self) {
        self.store = None;
        self.store = Some(self.home.open().unwrap());
    }

    /// Whether it is encrypted.
    pub fn is_sealed(&self) -> bool {
        self.home.key.is_some()
    }

    /// Takes messages without limits at `T0`; they must be new.
    pub async fn take(&self, batch: Vec<Incoming>) -> Vec<u64> {
        let expected = batch.len();
        let accepted = self.accept(batch, policy(), T0).await.unwrap();
        assert_eq!(accepted.taken.len(), expected);
        accepted.taken.into_iter().map(|(_, seq)| seq).collect()
    }

    /// Claims a row that must be there.
    pub async fn get(&self, kind: WorkKind, now: Timestamp) -> Claim {
        self.claim(kind, now).await.unwrap().row().expect("a claimable row")
    }

    /// Asserts that there is nothing to claim.
    pub async fn none(&self, kind: WorkKind, now: Timestamp) {
        self.due(kind, now).await;
    }

    /// When to ask again; there must be nothing to claim.
    pub async fn due(&self, kind: WorkKind, now: Timestamp) -> Option<Timestamp> {
        match self.claim(kind, now).await.unwrap() {
            Claimed::Nothing { due } => due,
            Claimed::Row(claim) => panic!("unexpected claim of row {}", claim.lease.seq),
        }
    }

    /// Whether a wake-up of this kind was given since the last look.
    pub fn rang(&self, kind: WorkKind) -> bool {
        self.wakeup(kind).notified().now_or_never().is_some()
    }
}

impl Deref for Bench {
    type Target = Store;

    fn deref(&self) -> &Self::Target {
        self.store.as_ref().unwrap()
    }
}

/// No limits; each message has its place as the daemon gives it.
pub fn policy() -> AcceptPolicy {
    AcceptPolicy {
        per_user: None,
        global: None,
        waiting_each: None,
        placement: phonicflow_bot::placement_with_model,
    }
}

/// A message in a private chat, or in a group where `chat` is negative.
pub fn message(update_id: i64, user: i64, chat: i64, body: Body) -> Incoming {
    let kind = if chat < 0 { ChatKind::Group } else { ChatKind::Private };
    Incoming {
        update_id,
        chat: Chat { id: ChatId(chat), kind, thread: None },
        user: UserId(user),
        client_language: None,
        message: Some(MessageId(update_id)),
        date: T0,
        body,
    }
}

/// A voice message.
pub fn voice(update_id: i64, user: i64, chat: i64) -> Incoming {
    let recording = Recording {
        file_id: format!("file-{update_id}"),
        size: Some(1000),
        duration_secs: Some(5),
        mime: Some("audio/ogg".to_owned()),
        extension: None,
    };
    message(update_id, user, chat, Body::Voice(recording))
}

/// A command without arguments.
pub fn command(update_id: i64, user: i64, chat: i64, name: &str) -> Incoming {
    message(update_id, user, chat, Body::Command { name: name.to_owned(), args: String::new() })
}

/// A text for the chat model.
pub fn text(update_id: i64, user: i64, chat: i64) -> Incoming {
    message(update_id, user, chat, Body::Text("a text".to_owned()))
}

/// A sticker: local lane, counts for the rate.
pub fn sticker(update_id: i64, user: i64, chat: i64) -> Incoming {
    message(update_id, user, chat, Body::Other(OtherKind::Sticker))
}

/// A reply to a chat.
pub fn reply(chat: i64, text: &str) -> Reply {
    Reply {
        chat: ChatId(chat),
        thread: None,
        answers: None,
        content: Content::Text { text: Rich::plain(text), keyboard: Keyboard::default() },
    }
}

/// What a text reply says.
pub fn words(reply: &Reply) -> String {
    match &reply.content {
        Content::Text { text, .. } => text.to_plain(),
        other => panic!("not a text: {other:?}"),
    }
}

/// An outcome of `count` replies.
pub fn replies(chat: i64, count: usize) -> Outcome {
    Outcome::reply((0..count).map(|n| reply(chat, &format!("reply {n}"))).collect())
}

/// Runs a future as the daemon's runtime would.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

macro_rules! on_engine {
    ($engines:ident $engine:ident $sealed:literal; $($module:ident: $($name:ident)*;)*) => {
        mod $engines { $($(
            #[test]
            fn $name() {
                use crate::{engines::Engine, store_contract::{$module, Bench, block_on}};
                let test = concat!(module_path!(), "::", stringify!($name));
                if let Some(mut bench) = Bench::on(Engine::$engine, $sealed, test) {
                    block_on($module::$name(&mut bench));
                }
            }
        )*)* }
    };
}

macro_rules! scenarios {
    ($($scenarios:tt)*) => {
        on_engine! { on_memory Memory false; $($scenarios)* }
        on_engine! { on_sealed_memory Memory true; $($scenarios)* }
        on_engine! { on_sled Sled false; $($scenarios)* }
        on_engine! { on_sealed_sled Sled true; $($scenarios)* }
        on_engine! { on_postgres Postgres false; $($scenarios)* }
        on_engine! { on_sealed_postgres Postgres true; $($scenarios)* }
        on_engine! { on_redis Redis false; $($scenarios)* }
        on_engine! { on_sealed_redis Redis true; $($scenarios)* }
    };
}

scenarios! {
    accepting:
        rows_survive_a_crash_in_order
        repeats_are_told
        the_oldest_update_ids_are_forgotten
        the_rate_is_judged_by_date_and_survives_a_restart
        buttons_do_not_use_up_the_rate
        beyond_the_limit_on_all_messages_wait
        nobody_fills_the_inbox_alone
        presence_changes_only_the_learner
        a_number_is_never_given_twice;
    burying:
        a_buried_row_can_be_retried
        a_waiting_row_can_be_hurried_and_dropped
        a_dropped_row_leaves_a_word_to_its_learner
        a_buried_delivery_keeps_its_replies
        a_row_can_be_buried_twice;
    working:
        each_kind_has_its_rows_and_each_row_one_lease
        only_the_oldest_row_of_a_lane_is_worked_on
        lanes_do_not_wait_for_one_another
        a_learner_has_one_conversation_at_a_time
        a_group_is_answered_in_order
        a_newcomer_goes_before_the_second_message
        longest_due_goes_first
        bells_ring
        a_submission_is_remembered
        leases_end_with_a_crash
        a_deferred_row_waits
        each_failure_has_a_count_of_its_own
        ends_of_the_daemon_are_counted_for_what_was_in_hands
        a_notice_goes_out_beside_the_row
        a_claim_nobody_took_is_claimable_again
        the_place_in_the_queue
        the_oldest_row_says_since_when_its_kind_waits;
    albums:
        its_parts_are_one_row_that_waits_for_the_last
        albums_of_others_and_single_pictures_stay_apart
        in_a_group_its_other_parts_come_along_and_nothing_else;
    overtaking:
        what_leaves_a_conversation_goes_before_what_waits_for_the_tutor
        it_waits_for_what_is_at_work_or_waits_for_anything_else
        nothing_of_the_conversation_is_worked_on_beside_it
        what_is_answered_elsewhere_goes_before_what_is_stuck
        it_waits_until_the_learner_knows_that_the_answer_comes_later
        a_conversation_that_was_left_is_forgotten_when_nobody_looks_at_it_any_more;
    delivering:
        replies_are_struck_off_one_by_one
        a_row_without_replies_is_gone
        what_a_sent_message_tells_of_a_turn_is_kept_as_it_is_struck_off
        a_failed_send_is_tried_later
        what_has_been_shown_already_is_kept
        what_cannot_be_sent_is_dropped
        a_moved_group_keeps_its_messages
        moved_rows_keep_their_age
        chats_may_move_on
        one_message_is_given_up_and_the_rest_stays
        an_answer_not_begun_goes_first;
    keeping:
        turns_are_numbered_and_paged
        what_becomes_known_of_a_turn_is_kept_with_it
        what_was_said_in_one_chat_is_not_found_from_another
        numbers_are_kept_and_holdings_counted
        a_late_turn_is_counted_in_the_archive
        a_turn_without_a_session_gets_one
        sessions_are_listed_in_pages
        a_deleted_learner_leaves_nothing
        purges_are_asked_for_until_done
        archived_sessions_expire
        the_log_key_stays;
    knowing:
        a_membership_is_kept_and_goes_with_its_learner
        an_announcement_is_made_once_and_survives
        an_alert_goes_with_its_admin
        menus_and_a_hidden_channel_are_kept;
    practising:
        what_is_kept_twice_is_one_card
        cards_come_on_the_day_they_are_due
        days_are_the_learners_own_and_outlive_the_turns
        a_reminder_is_sent_once_a_local_date
        a_reminder_nobody_needs_is_left_out
        the_last_few_turns_keep_how_they_sounded;
    breaking:
        a_closed_store_says_so_and_can_be_opened_at_once
        much_at_once_is_kept_in_order;
    outside:
        a_store_opens_with_its_own_key_alone
        an_export_holds_all_of_it_for_any_engine
        of_a_deleted_learner_no_record_is_left
        who_waits_for_a_commit_shares_the_next_one;
}
