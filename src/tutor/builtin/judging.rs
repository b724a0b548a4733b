//! What was heard, judged by the chat model: what it is asked, and what becomes of its answer or of its silence.

use super::Builtin;
use super::part::Trouble;
use crate::domain::backoff::backoff_ms;
use crate::domain::dialogue::{self, Room};
use crate::domain::fluency::{self, Fluency};
use crate::domain::judge::{self, Judgement, Spoken};
use crate::domain::stats::Step as Stopwatch;
use crate::domain::{
    Assessment, Change, DeadReason, Failed, Language, Setback, Tokens, Transcript, Translation, Turn,
    WaitReason,
};
use crate::logging::Event;
use crate::model::{self, Ask, Completed, Fault, Message, ModelError, ModelName, Next, Role, Tried, Usage};
use crate::store::StoreError;
use crate::tutor::overhear::SLOWLY_MS;
use crate::tutor::{Answered, Verdict, Voice};
use std::ops::Range;

/// A wait the learner need not hear of: shorter than most answers take, seconds.
const SOON_SECS: u32 = 5;

/// A question, and how far the asking has come.
struct Question<'a> {
    transcript: &'a Transcript,
    voice_ms: u64,
    model: ModelName,
    turns: Vec<Turn>,
    shown: Range<usize>,
    /// What the learner reads.
    language: Language,
    translated: bool,
    stand_ins: Vec<ModelName>,
    attempts: u32,
    halved: bool,
    stood_in: bool,
}

impl Builtin {
    pub(super) async fn judge(
        &self,
        voice: &Voice<'_>,
        transcript: &Transcript,
        voice_ms: u64,
    ) -> Result<Verdict, StoreError> {
        let mut question = match self.question(voice, transcript, voice_ms).await? {
            Ok(question) => question,
            Err(error) => {
                self.surroundings.telemetry.model_failed(&error.server, error.fault.failure());
                self.model.erred(trouble(&error), self.clock.now());
                return Ok(Verdict::Wait(wait(voice, &error, None, false)));
            }
        };
        loop {
            let ask = self.ask(voice, &question);
            let telemetry = &self.surroundings.telemetry;
            let error = match telemetry.timed(Stopwatch::Judge, self.complete(&question, &ask)).await {
                Ok((judged, usage)) => {
                    self.model.answered(self.clock.now());
                    return Ok(self.answered(voice, question, &ask, judged, usage));
                }
                Err(error) => error,
            };
            question.attempts = question.attempts.saturating_add(1);
            telemetry.model_failed(&error.server, error.fault.failure());
            tracing::warn!(
                event = %Event::ModelFailed,
                seq = voice.job.seq,
                model = question.model.as_str(),
                server = &*error.server,
                kind = error.fault.failure().name(),
                attempt = question.attempts,
                %error,
                "the chat model has not judged a voice"
            );
            if let Some(verdict) = self.unanswered(voice, &mut question, &error) {
                return Ok(verdict);
            }
        }
    }

    async fn question<'a>(
        &self,
        voice: &Voice<'_>,
        transcript: &'a Transcript,
        voice_ms: u64,
    ) -> Result<Result<Question<'a>, ModelError>, StoreError> {
        let (learner, ai) = (voice.learner, &self.options.ai);
        let model = match &learner.model {
            Some(chosen) => ModelName::new(chosen),
            None => match self.options.models.default_model().await {
                Ok(model) => model,
                Err(error) => return Ok(Err(error)),
            },
        };
        let (user, chat) = (voice.incoming.user, voice.incoming.chat);
        let reader = &self.surroundings.reader;
        let turns = reader.turns_in(user, voice.session.id, chat, ai.conversation_length / 2).await?;
        let language = learner.speaks(self.options.default_language);
        let stand_ins = self.options.models.stand_ins(&model).await;
        let mut question = Question {
            transcript,
            voice_ms,
            model,
            turns,
            shown: 0..0,
            language,
            // What is in English already needs no translation into it.
            translated: learner.translation == Translation::Always && language != Language::En,
            stand_ins,
            attempts: 0,
            halved: false,
            stood_in: false,
        };
        self.fit(voice, &mut question);
        Ok(Ok(question))
    }

    /// As much of the conversation as the model has room for.
    fn fit(&self, voice: &Voice<'_>, question: &mut Question<'_>) {
        question.shown = 0..0;
        let asked = self.ask(voice, question);
        let fixed = sum(asked.messages.iter().map(|message| message.text.as_str()));
        let tokens = self.options.models.context_tokens(&question.model).unwrap_or_default();
        let room = Room { messages: self.options.ai.conversation_length, tokens };
        question.shown = dialogue::that_fit(&question.turns, room, fixed);
    }

    fn ask(&self, voice: &Voice<'_>, question: &Question<'_>) -> Ask {
        let unsure = fluency::unsure(&question.transcript.words);
        let unsure: Vec<&str> = unsure.iter().map(|word| word.text.as_str()).collect();
        let prompt = judge::judge(&Spoken {
            transcript: &question.transcript.text,
            unsure: &unsure,
            earlier: question.turns.get(question.shown.clone()).unwrap_or_default(),
            persona: self.options.personas.of(voice.learner.persona.as_deref()),
            level: voice.learner.level,
            language: question.language,
            translated: question.translated,
        });
        let messages = vec![Message::new(Role::System, prompt.system), Message::new(Role::User, prompt.user)];
        let ai = &self.options.ai;
        Ask { messages, max_tokens: ai.max_tokens, temperature: ai.temperature }
    }

    /// Asks once, and once more where what came back is not the object asked for.
    async fn complete(
        &self,
        question: &Question<'_>,
        ask: &Ask,
    ) -> Result<(Judgement, Option<Usage>), ModelError> {
        let schema = judge::judge_schema(question.translated);
        let (came, usage) = self.options.models.complete(&question.model, ask, &schema).await?;
        let said = &question.transcript.text;
        let judged = match &came {
            Completed::Object(object) => judge::judgement(object, said),
            Completed::Words(words) => judge::judgement_in_words(words, said),
        };
        let server = self.options.models.server_name(&question.model).unwrap_or(model::MAIN);
        let empty = || ModelError { server: server.into(), fault: Fault::Empty };
        judged.map(|judged| (judged, usage)).ok_or_else(empty)
    }

    fn answered(
        &self,
        voice: &Voice<'_>,
        question: Question<'_>,
        ask: &Ask,
        judged: Judgement,
        usage: Option<Usage>,
    ) -> Verdict {
        let now = (voice.now)();
        let words = [&judged.coaching, &judged.reply, &judged.coaching_translated, &judged.reply_translated];
        let estimated = || Tokens {
            input: sum(ask.messages.iter().map(|message| message.text.as_str())),
            output: sum(words.iter().map(|words| words.as_str())),
        };
        let tokens =
            usage.map_or_else(estimated, |usage| Tokens { input: usage.input, output: usage.output });
        let speaks = self.options.synthesiser.is_some();
        let assessment = Assessment {
            transcript: question.transcript.text.clone(),
            coaching_audio: speaks && !judged.coaching.is_empty(),
            reply_audio: speaks && !judged.reply.is_empty(),
            coaching: judged.coaching,
            coaching_translated: judged.coaching_translated,
            reply: judged.reply,
            reply_translated: judged.reply_translated,
        };
        tracing::info!(
            event = %Event::ModelAnswered,
            seq = voice.job.seq,
            model = question.model.as_str(),
            tokens_in = tokens.input,
            tokens_out = tokens.output,
            "the chat model has judged a voice"
        );
        let session = voice.session.id;
        let mut changes = voice.opening.to_vec();
        changes.extend([Change::SessionTouched(session, now), Change::TokensSpent(tokens.total(), now)]);
        let turn = Turn {
            model: Some(question.model.as_str().to_owned()),
            tokens,
            corrections: judged.corrections,
            fluency: Fluency::of(&question.transcript.words),
            translated_into: question.language,
            ..Turn::voice(session, now, question.voice_ms, assessment)
        };
        Verdict::Answered(Box::new(Answered { turn, words: question.transcript.words.clone(), changes }))
    }

    /// What follows from an attempt without an answer; `None`: the question, changed, is asked again at once.
    fn unanswered(
        &self,
        voice: &Voice<'_>,
        question: &mut Question<'_>,
        error: &ModelError,
    ) -> Option<Verdict> {
        let tried = Tried {
            model: &question.model,
            attempts: voice.job.model_failures.saturating_add(question.attempts),
            halved: question.halved,
            stand_ins: &question.stand_ins,
            stood_in: question.stood_in,
        };
        match model::next(error, &tried) {
            Next::Halve => {
                let start = question.shown.start;
                let shown = question.turns.get(question.shown.clone()).unwrap_or_default();
                question.shown = start.saturating_add(dialogue::newer_half(shown).start)..question.shown.end;
                question.halved = true;
                None
            }
            Next::StandIn { model, .. } => {
                (question.model, question.stood_in, question.halved) = (model, true, false);
                self.fit(voice, question);
                None
            }
            Next::Wait { secs, slowly } => {
                self.model.erred(trouble(error), self.clock.now());
                Some(Verdict::Wait(wait(voice, error, secs, slowly)))
            }
            Next::GiveUp => Some(Verdict::GiveUp {
                stage: voice.job.stage.clone(),
                reason: DeadReason::ModelRefused,
                what: error.to_string(),
            }),
        }
    }
}

fn trouble(error: &ModelError) -> Trouble {
    match error.fault {
        Fault::Empty | Fault::Busy { status: 429, .. } => Trouble::None,
        ref fault if fault.means_unreachable() => Trouble::Away,
        _ => Trouble::Refuses,
    }
}

fn wait(voice: &Voice<'_>, error: &ModelError, secs: Option<u32>, slowly: bool) -> Setback {
    let asked_ms = secs.map_or(0, |secs| i64::from(secs) * 1000);
    let slowest_ms = if slowly { SLOWLY_MS } else { 0 };
    let failures = voice.job.model_failures;
    // What passes at the second attempt nobody needs to hear of.
    let passing = matches!(error.fault, Fault::Broken(_) | Fault::Failed { .. } | Fault::Empty);
    let soon = secs.is_some_and(|secs| secs <= SOON_SECS);
    Setback {
        reason: WaitReason::ModelDown,
        failed: Some(Failed::Model),
        stage: voice.job.stage.clone(),
        pause_ms: backoff_ms(failures, fastrand::f64()).max(asked_ms).max(slowest_ms),
        tell: failures > 0 || !(passing || soon),
        forgive: false,
        what: error.to_string(),
    }
}

fn sum<'a>(texts: impl Iterator<Item = &'a str>) -> u32 {
    texts.map(dialogue::estimate).fold(0, u32::saturating_add)
}
