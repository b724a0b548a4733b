//! The closed sets of what is counted and measured.
//!
//! Their names are stored, appear in the admin's JSON and are label values of metrics: add new ones, never
//! change one. Must not know who counts.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of things that are counted, each with a name that never changes.
macro_rules! closed_set {
    ($(#[$about:meta])* $set:ident { $($(#[$doc:meta])* $one:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $set { $($(#[$doc])* $one,)* }

        impl $set {
            /// In order.
            pub const ALL: &'static [Self] = &[$(Self::$one,)*];

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
        /// Updates accepted into the inbox.
        Taken = "updates_taken",
        /// Updates seen before and skipped.
        Repeated = "updates_repeated",
        /// Updates that could not be decoded.
        Undecodable = "updates_undecodable",
        /// Updates over their sender's rate limit.
        RateLimited = "updates_rate_limited",
        /// Finished voice turns.
        Turns = "turns",
        /// Messages that Telegram accepted.
        Sent = "messages_sent",
        /// Failed attempts at a turn or its preparation that will be retried.
        TurnRetries = "turn_retries",
        /// Failed sends that will be retried.
        SendRetries = "send_retries",
        /// Failed fetches of a spoken answer that will be retried.
        SpeechRetries = "speech_retries",
        /// Polls answered with 429.
        PollThrottled = "poll_throttled",
        /// Sends answered with 429.
        SendThrottled = "send_throttled",
        /// Sends whose outcome stayed unknown.
        Ambiguous = "ambiguous_sends",
        /// Messages that became dead letters.
        DeadLetters = "dead_letters",
        /// Restores of a damaged store.
        Restores = "store_restores",
        /// Audio workers that exceeded their memory limit.
        WorkersOutOfMemory = "audio_workers_out_of_memory",
        /// Audio workers that exceeded their CPU time.
        WorkersOutOfCpu = "audio_workers_out_of_cpu",
        /// Audio workers that exceeded their time limit.
        WorkersOutOfTime = "audio_workers_out_of_time",
        /// Audio workers killed by somebody else.
        WorkersKilled = "audio_workers_killed",
        /// Audio workers that crashed.
        WorkersCrashed = "audio_workers_crashed",
        /// Finished text turns.
        TextTurns = "text_turns",
        /// Tokens of the questions and contexts of finished text turns.
        TokensIn = "tokens_in",
        /// Tokens of the answers of finished text turns.
        TokensOut = "tokens_out",
        /// Texts not answered because the learner's tokens of the day were used up.
        BudgetRefusals = "budget_refusals",
    }
}

closed_set! {
    /// Why an attempt at a message failed.
    Failure {
        /// The tutor was not reachable or took no work.
        TutorDown = "tutor_down",
        /// The tutor's answer did not come in time or broke off.
        TutorTimeout = "tutor_timeout",
        /// The tutor failed.
        TutorFailed = "tutor_failed",
        /// The tutor rejects this audio.
        TutorRefused = "tutor_refused",
        /// The tutor denies access.
        TutorDenied = "tutor_denied",
        /// Audio that cannot be decoded.
        AudioUnreadable = "audio_unreadable",
        /// A file or recording over the limit.
        AudioTooLarge = "audio_too_large",
        /// Telegram was not reachable or failed.
        TelegramDown = "telegram_down",
        /// Telegram refused a request for good.
        TelegramRefused = "telegram_refused",
        /// The learner blocked the bot, or the chat is gone.
        Blocked = "blocked",
        /// A bug of this program.
        Fault = "fault",
        /// A record of the store could not be read.
        Store = "store",
        /// The model server was not reachable.
        ModelUnreachable = "model_unreachable",
        /// It takes no more questions for now.
        ModelBusy = "model_busy",
        /// It failed.
        ModelFailed = "model_failed",
        /// Its answer broke off.
        ModelBroken = "model_broken",
        /// Its answer did not come in time.
        ModelSlow = "model_slow",
        /// Its answer had no text.
        ModelEmpty = "model_empty",
        /// What it sent is no answer.
        ModelUnreadable = "model_unreadable",
        /// The conversation does not fit into the model.
        ModelContext = "model_context",
        /// It has no such model.
        ModelGone = "model_gone",
        /// The model takes no pictures.
        ModelPictures = "model_pictures",
        /// It rejects the question.
        ModelRefused = "model_refused",
        /// It denies access.
        ModelDenied = "model_denied",
        /// It was not asked, because its breaker is open.
        ModelResting = "model_resting",
        /// It cannot be set up as configured.
        ModelSetup = "model_setup",
        /// The speech recogniser was not reachable or took no work.
        RecogniserDown = "recogniser_down",
        /// Its answer did not come in time or broke off.
        RecogniserTimeout = "recogniser_timeout",
        /// It failed, or what it sent is no transcript.
        RecogniserFailed = "recogniser_failed",
        /// It rejects this recording.
        RecogniserRefused = "recogniser_refused",
        /// It denies access, or has not got the model.
        RecogniserDenied = "recogniser_denied",
        /// The speech synthesiser was not reachable or took no work.
        SynthesiserDown = "synthesiser_down",
        /// Its answer did not come in time or broke off.
        SynthesiserTimeout = "synthesiser_timeout",
        /// It failed, or what it sent is no audio.
        SynthesiserFailed = "synthesiser_failed",
        /// It rejects this text.
        SynthesiserRefused = "synthesiser_refused",
        /// It denies access, or has not got the model or voice.
        SynthesiserDenied = "synthesiser_denied",
    }
}

impl Failure {
    /// Whether a model server failed; these are counted for each server as well.
    pub fn is_of_a_model(self) -> bool {
        self.name().starts_with("model_")
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
    /// A stage of a turn whose duration is measured.
    Step {
        /// From acceptance to the first work on it.
        Queue = "queue",
        /// Downloading the recording from Telegram.
        Download = "download",
        /// Converting it to WAV.
        Decode = "decode",
        /// Waiting for a free slot at the tutor.
        Slot = "slot",
        /// The tutor's `/process`.
        Tutor = "tutor",
        /// Fetching the spoken answer.
        Speech = "speech",
        /// Converting it to a voice note.
        Encode = "encode",
        /// Sending one message to Telegram.
        Send = "send",
        /// From the acceptance of a voice to its last reply being sent.
        Turn = "turn",
        /// From asking a chat model to its first words.
        FirstToken = "first_token",
        /// From the acceptance of a text to its last reply being sent.
        TextTurn = "text_turn",
        /// A recording was recognised.
        Hear = "hear",
        /// The chat model judged what was said.
        Judge = "judge",
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
        // `turn` (a stage) and `turns` (a count) differ, and so do all others.
        assert_eq!(unique.len(), names.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }
}
