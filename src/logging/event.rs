//! What a line of the log is about, as the word in its field `event`: stable, while the wording may change.
//!
//! Admins filter by these words and tests wait for them; `docs/operating.md` lists them. Must not know who logs them.

use std::fmt;

macro_rules! events {
    ($($variant:ident = $word:literal,)*) => {
        /// The field `event` of a line of the log, written as `event = %Event::MessageTaken`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Event {
            $($variant,)*
        }

        impl Event {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

events! {
    // Starting and stopping
    Starting = "starting",
    ConfigWarning = "config_warning",
    Disabled = "disabled",
    Connected = "connected",
    ConnectFailed = "connect_failed",
    ConnectHeld = "connect_held",
    ConnectRefused = "connect_refused",
    TokenDoubted = "token_doubted",
    StandingBy = "standing_by",
    NodeNameShared = "node_name_shared",
    TakenOver = "taken_over",
    SteppedDown = "stepped_down",
    DatabaseLost = "database_lost",
    DatabaseBack = "database_back",
    DatabaseCaution = "database_caution",
    StopRequested = "stop_requested",
    Stopping = "stopping",
    WorkParked = "work_parked",
    Stopped = "stopped",
    DaemonFailed = "daemon_failed",
    UncleanEnd = "unclean_end",
    Panicked = "panicked",
    WatchdogSilent = "watchdog_silent",
    AdminSocketReady = "admin_socket_ready",
    AdminSocketFailed = "admin_socket_failed",
    AdminRefused = "admin_refused",
    PeersReady = "peers_ready",
    PeersFailed = "peers_failed",
    PeerRefused = "peer_refused",
    MetricsServed = "metrics_served",
    // Polling
    PollFailed = "poll_failed",
    PollHeld = "poll_held",
    PollRefused = "poll_refused",
    PollConflict = "poll_conflict",
    PollRecovered = "poll_recovered",
    TokenRevoked = "token_revoked",
    WebhookFound = "webhook_found",
    WebhookRemoved = "webhook_removed",
    UpdateSkipped = "update_skipped",
    InboxFull = "inbox_full",
    InboxHasRoom = "inbox_has_room",
    BotRenamed = "bot_renamed",
    // A message and its answer
    MessageTaken = "message_taken",
    RateLimited = "rate_limited",
    SenderFull = "sender_full",
    VoiceSubmitted = "voice_submitted",
    MessageAnswered = "message_answered",
    MessageWaits = "message_waits",
    AttemptFailed = "attempt_failed",
    DeadLetter = "dead_letter",
    HandlerFailed = "handler_failed",
    MessageEndedDaemon = "message_ended_daemon",
    ExpectationTold = "expectation_told",
    PreviewShown = "preview_shown",
    ModelAsked = "model_asked",
    ModelAnswered = "model_answered",
    ModelFailed = "model_failed",
    // Sending
    MessageSent = "message_sent",
    AnswerDelivered = "answer_delivered",
    SendFailed = "send_failed",
    SendHeld = "send_held",
    SendUnconfirmed = "send_unconfirmed",
    SendGivenUp = "send_given_up",
    SendRefused = "send_refused",
    Undeliverable = "undeliverable",
    LearnerGone = "learner_gone",
    GroupMigrated = "group_migrated",
    VoiceLate = "voice_late",
    VoiceMissing = "voice_missing",
    FileRefused = "file_refused",
    NotMade = "not_made",
    // Tutor, audio, channel
    TutorAnswers = "tutor_answers",
    TutorSilent = "tutor_silent",
    TutorRefuses = "tutor_refuses",
    TutorFailsOnVoice = "tutor_fails_on_voice",
    RecordingNotFetched = "recording_not_fetched",
    AudioWorkerFailed = "audio_worker_failed",
    AudioWorkerEnded = "audio_worker_ended",
    ChannelHidden = "channel_hidden",
    ChannelVisible = "channel_visible",
    // Store
    StoreDamaged = "store_damaged",
    StoreRestored = "store_restored",
    StoreRestoredLately = "store_restored_lately",
    StoreBeginsEmpty = "store_begins_empty",
    ExportPassedOver = "export_passed_over",
    StoreExported = "store_exported",
    ExportFailed = "export_failed",
    DeletedBytesCleared = "deleted_bytes_cleared",
    DeletedBytesLeft = "deleted_bytes_left",
    DeletedBytesNotCleared = "deleted_bytes_not_cleared",
    // Admins
    AdminTold = "admin_told",
    AdminMenuRemoved = "admin_menu_removed",
    AdminMenuRefused = "admin_menu_refused",
    AdminMenuUnreachable = "admin_menu_unreachable",
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
