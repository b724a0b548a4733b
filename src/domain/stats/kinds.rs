//! The closed sets of what is counted and measured.
//!
//! Their names are on disk, in the admin's JSON and (as label values) in the metrics: one may be added, none changed.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A closed set of things that are counted, each with a name that never changes.
macro_rules! closed_set {
    ($(#[$about:meta])* $set:ident { $($(#[$doc:meta])* $one:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $set { $($(#[$doc])* $one,)* }

        impl $set {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$one,)*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$one => $name,)* }
            }
        }

        impl Serialize for $set {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $set {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let name = String::deserialize(from)?;
                let found = Self::ALL.iter().find(|one| one.name() == name);
                found.copied().ok_or_else(|| D::Error::custom("a name this program does not know"))
            }
        }
    };
}

closed_set! {
    /// What is counted.
    Count {
        /// Updates taken into the inbox.
        Taken = "updates_taken",
        /// Updates seen before and left alone.
        Repeated = "updates_repeated",
        /// Updates that could not be decoded.
        Undecodable = "updates_undecodable",
        /// Updates over their sender's rate limit.
        RateLimited = "updates_rate_limited",
        /// Finished turns of the tutor.
        Turns = "turns",
        /// Messages Telegram took.
        Sent = "messages_sent",
        /// Attempts at a turn or its preparation that are repeated later.
        TurnRetries = "turn_retries",
        /// Sends that are repeated later.
        SendRetries = "send_retries",
        /// Fetches of a spoken answer that are repeated later.
        SpeechRetries = "speech_retries",
        /// Polls that Telegram answered by "too many requests".
        PollThrottled = "poll_throttled",
        /// Sends that Telegram answered by "too many requests".
        SendThrottled = "send_throttled",
        /// Sends whose fate stayed unknown.
        Ambiguous = "ambiguous_sends",
        /// Messages given up.
        DeadLetters = "dead_letters",
        /// Restores of a damaged store.
        Restores = "store_restores",
        /// Audio workers that a recording made want more memory than they may have.
        WorkersOutOfMemory = "audio_workers_out_of_memory",
        /// Audio workers that used up their CPU time.
        WorkersOutOfCpu = "audio_workers_out_of_cpu",
        /// Audio workers that did not finish in time.
        WorkersOutOfTime = "audio_workers_out_of_time",
        /// Audio workers killed from outside.
        WorkersKilled = "audio_workers_killed",
        /// Audio workers that broke in another way.
        WorkersCrashed = "audio_workers_crashed",
    }
}

closed_set! {
    /// What went wrong with a message, attempt by attempt.
    Failure {
        /// The tutor was not reachable or took no work.
        TutorDown = "tutor_down",
        /// The tutor's answer did not come in time or broke off.
        TutorTimeout = "tutor_timeout",
        /// The tutor answered with a fault of its own.
        TutorFailed = "tutor_failed",
        /// The tutor does not take this audio.
        TutorRefused = "tutor_refused",
        /// The tutor does not let us in.
        TutorDenied = "tutor_denied",
        /// Audio that cannot be read.
        AudioUnreadable = "audio_unreadable",
        /// A file or a recording over the limit.
        AudioTooLarge = "audio_too_large",
        /// Telegram was not reachable or failed.
        TelegramDown = "telegram_down",
        /// Telegram refused a request for good.
        TelegramRefused = "telegram_refused",
        /// The learner blocked the bot, or the chat is gone.
        Blocked = "blocked",
        /// A fault of this program.
        Fault = "fault",
        /// A record of the store could not be read.
        Store = "store",
    }
}

closed_set! {
    /// What a poll came to. Polls go on while nothing happens, so they are no part of a [`Tally`](super::Tally).
    Poll {
        /// Answered.
        Completed = "completed",
        /// 409: another program polls.
        Conflict = "conflict",
        /// 409: a webhook is set.
        Webhook = "webhook",
        /// 401.
        Unauthorized = "unauthorized",
        /// 429.
        Throttled = "throttled",
        /// Telegram failed or was not reached.
        Unavailable = "unavailable",
        /// Anything else.
        Other = "other",
    }
}

closed_set! {
    /// A stage of the voice turn whose duration is measured.
    Step {
        /// From acceptance to the first work on it.
        Queue = "queue",
        /// The file's way from Telegram.
        Download = "download",
        /// Any format to WAV.
        Decode = "decode",
        /// Waiting for a place at the tutor.
        Slot = "slot",
        /// The tutor's `/process`.
        Tutor = "tutor",
        /// Fetching the spoken answer.
        Speech = "speech",
        /// WAV to a voice note.
        Encode = "encode",
        /// One message on its way to Telegram.
        Send = "send",
        /// From acceptance to the last reply being out.
        Turn = "turn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fit_for_labels() {
        let names = Count::ALL.iter().map(|one| one.name());
        let names = names.chain(Failure::ALL.iter().map(|one| one.name()));
        let names: Vec<_> = names.chain(Step::ALL.iter().map(|one| one.name())).collect();
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        // `turn` the stage and `turns` the count are two; all others differ, too.
        assert_eq!(unique.len(), names.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
