//! The text turn: what a chat model is asked, and what becomes of its answer or of its silence.
//!
//! The worker records each question before it is asked, and shows the answer as it grows. Must not know how.

use crate::bot::files::{self, Content, Unseen};
use crate::bot::retry_policy::{give_up_with, wait_or_give_up};
use crate::bot::{Disposition, HandlerContext};
use crate::domain::backoff::backoff_ms;
use crate::domain::dialogue::{self, Room};
use crate::domain::lesson;
use crate::domain::outcome::Keyboard;
use crate::domain::phrases::Phrases;
use crate::domain::stats::Count;
use crate::domain::{
    Assessment, Body, Change, DeadReason, Failed, FileKind, Incoming, Job, Learner, Outcome, Reply, Rich,
    Setback, Stage, Task, Timestamp, Tokens, Turn, TurnKind, WaitReason,
};
use crate::logging::Event;
use crate::model::{
    self, Ask, Fault, Image, Message, ModelError, ModelName, Models, Next, Role, Tried, Usage,
};
use crate::store::{Claim, StoreError};
use crate::telegram::{Retry, TelegramError};
use std::ops::Range;
use uuid::Uuid;

/// A wait the learner need not hear of: shorter than most answers take.
const SOON_SECS: u32 = 5;
/// Pause before a server is asked again that only a person can mend, milliseconds.
const SLOWLY_MS: i64 = 60_000;

/// One text in work.
pub struct TextTurn<'a> {
    context: &'a HandlerContext,
    /// Who can be asked.
    pub models: &'a Models,
    job: &'a Job,
    /// The message.
    pub incoming: &'a Incoming,
    learner: &'a Learner,
}

/// What a model is asked, and how far the asking has come.
pub struct Question {
    /// Whom.
    pub model: ModelName,
    /// What.
    pub ask: Ask,
    /// A freshly opened session, to be recorded with the question.
    pub changes: Vec<Change>,
    session: Uuid,
    instructions: String,
    words: String,
    images: Vec<Image>,
    turns: Vec<Turn>,
    shown: Range<usize>,
    stand_ins: Vec<ModelName>,
    attempts: u32,
    halved: bool,
    stood_in: bool,
    /// A model that is no longer there.
    gone: Option<ModelName>,
}

/// A whole answer.
pub struct Answer {
    /// As the model wrote it.
    pub text: String,
    /// What it cost, where the server says.
    pub usage: Option<Usage>,
    /// It ends before the model was done, by a limit.
    pub cut: bool,
}

/// Result of a step before the model is asked.
pub enum Step<T> {
    /// Continue with the next step.
    Go(T),
    /// The outcome is decided.
    Settled(Box<Disposition>),
}

/// What follows from an attempt.
pub enum After {
    /// Ask again, at once.
    Ask,
    /// The message's fate is decided.
    Settled(Box<Disposition>),
}

impl<'a> TextTurn<'a> {
    /// The turn in a claim, when it is one and there is a model to be asked.
    pub fn of(context: &'a HandlerContext, claim: &'a Claim) -> Option<Self> {
        let models = context.models.as_deref()?;
        let Task::Handle(incoming, _) = &claim.job.task else { return None };
        incoming.body.words()?;
        Some(Self { context, models, job: &claim.job, incoming, learner: &claim.learner })
    }

    /// The sentences in the learner's language.
    pub fn phrases(&self) -> Phrases {
        self.context.phrases(self.learner)
    }

    fn say(&self, text: Rich) -> Disposition {
        Disposition::Commit(Outcome::reply(Reply::texts(self.incoming, text, Keyboard::default())))
    }

    /// What is to be asked.
    ///
    /// # Errors
    /// The store's, when reading.
    pub async fn prepare(&self, now: Timestamp) -> Result<Step<Question>, StoreError> {
        let ai = &self.context.rules.ai;
        let settled = |verdict| Ok(Step::Settled(Box::new(verdict)));
        let spent = self.learner.tokens.on(now);
        if ai.tokens_per_day > 0 && spent >= u64::from(ai.tokens_per_day) {
            self.context.telemetry.count(Count::BudgetRefusals);
            return settled(self.say(self.phrases().tokens_used_up(now)));
        }
        let model = match &self.learner.model {
            Some(chosen) => ModelName::new(chosen),
            None => match self.models.default_model().await {
                Ok(model) => model,
                Err(error) => {
                    self.count(&error);
                    return settled(self.wait(&error, None, false, now));
                }
            },
        };
        let rules = &self.context.rules;
        let (session, changes) = lesson::session_for(
            self.learner,
            self.incoming.chat,
            Uuid::new_v4(),
            self.job.accepted_at,
            rules.session_timeout_ms,
        );
        let turns = self
            .context
            .reader
            .turns_in(self.incoming.user, session.id, self.incoming.chat, ai.conversation_length / 2)
            .await?;
        let language = self.learner.speaks(rules.default_language);
        let persona = self.context.personas.of(self.learner.persona.as_deref());
        let instructions =
            persona.map(|persona| persona.prompt(self.learner.level, language)).unwrap_or_default();
        let words =
            dialogue::question(self.incoming.body.words().unwrap_or_default(), self.incoming.body.quoted());
        let (words, images) = match self.look_at_files(words, &model, now).await {
            Step::Go(seen) => seen,
            Step::Settled(verdict) => return Ok(Step::Settled(verdict)),
        };
        let stand_ins = self.models.stand_ins(&model).await;
        let mut question = Question {
            ask: Ask { messages: Vec::new(), max_tokens: ai.max_tokens, temperature: ai.temperature },
            model,
            changes,
            session: session.id,
            instructions,
            words,
            images,
            turns,
            shown: 0..0,
            stand_ins,
            attempts: 0,
            halved: false,
            stood_in: false,
            gone: None,
        };
        self.fit(&mut question);
        Ok(Step::Go(question))
    }

    /// The question with what is in its files: documents as text, as far as there is room, and pictures beside it.
    async fn look_at_files(
        &self,
        words: String,
        model: &ModelName,
        now: Timestamp,
    ) -> Step<(String, Vec<Image>)> {
        let Body::Files(sent) = &self.incoming.body else { return Step::Go((words, Vec::new())) };
        let settled = |verdict| Step::Settled(Box::new(verdict));
        let room = self.models.context_tokens(model).unwrap_or_default();
        let (mut texts, mut images) = (Vec::new(), Vec::new());
        for file in &sent.files {
            if file.kind == FileKind::Picture && self.models.sees(model) == Some(false) {
                return settled(self.say(self.phrases().model_is_blind()));
            }
            match files::content(self.context, file).await {
                Ok(Content::Picture { mime, bytes }) => images.push(Image { mime: mime.to_owned(), bytes }),
                Ok(Content::Text(text)) => texts.push(text),
                Err(Unseen::Refused(refusal)) => return settled(self.say(refusal.sentence(self.phrases()))),
                Err(Unseen::Download(error)) => return settled(self.not_fetched(&error, now)),
                Err(Unseen::Worker(error)) => return settled(self.not_read(&error.to_string(), now)),
            }
        }
        Step::Go((dialogue::with_documents(&words, &texts, room / 2), images))
    }

    /// Telegram does not hand a file out.
    fn not_fetched(&self, error: &TelegramError, now: Timestamp) -> Disposition {
        let pause_ms = match error.retry() {
            Retry::No => return self.say(self.phrases().file_gone()),
            Retry::After(secs) => i64::try_from(secs).unwrap_or(60).saturating_mul(1000),
            Retry::Yes | Retry::Unsure => backoff_ms(self.job.download_failures, fastrand::f64()),
        };
        self.set_back(WaitReason::TelegramDown, Failed::Download, pause_ms, error.to_string(), now)
    }

    /// No worker process could read a file, through no fault of its own.
    fn not_read(&self, what: &str, now: Timestamp) -> Disposition {
        let pause_ms = backoff_ms(self.job.faults, fastrand::f64());
        self.set_back(WaitReason::Fault, Failed::Fault, pause_ms, what.to_owned(), now)
    }

    fn set_back(
        &self,
        reason: WaitReason,
        failed: Failed,
        pause_ms: i64,
        what: String,
        now: Timestamp,
    ) -> Disposition {
        let failed = Some(failed);
        let (stage, tell, forgive) = (Stage::Taken, false, false);
        let setback = Setback { reason, failed, stage, pause_ms, tell, forgive, what };
        wait_or_give_up(self.job, self.incoming, self.phrases(), &self.context.rules, setback, now)
    }

    /// As much of the conversation as the model has room for.
    fn fit(&self, question: &mut Question) {
        let ai = &self.context.rules.ai;
        let tokens = self.models.context_tokens(&question.model).unwrap_or_default();
        let room = Room { messages: ai.conversation_length, tokens };
        let fixed =
            dialogue::estimate(&question.instructions).saturating_add(dialogue::estimate(&question.words));
        question.show(dialogue::that_fit(&question.turns, room, fixed));
    }

    /// The stage to record before it is asked.
    pub fn stage(&self, question: &Question) -> Stage {
        let attempt = self.job.submissions.saturating_add(question.attempts).saturating_add(1);
        Stage::Asked { model: question.model.as_str().to_owned(), attempt }
    }

    /// What follows from an answer, or from its absence.
    pub fn judge(&self, question: &mut Question, came: Result<Answer, ModelError>, now: Timestamp) -> After {
        question.attempts = question.attempts.saturating_add(1);
        let error = match came {
            Ok(answer) => return settled(self.answered(question, answer, now)),
            Err(error) => error,
        };
        self.count(&error);
        tracing::warn!(
            event = %Event::ModelFailed,
            seq = self.job.seq,
            model = question.model.as_str(),
            server = &*error.server,
            kind = error.fault.failure().name(),
            attempt = question.attempts,
            %error,
            "the chat model has not answered"
        );
        let tried = Tried {
            model: &question.model,
            attempts: self.job.model_failures.saturating_add(question.attempts),
            halved: question.halved,
            stand_ins: &question.stand_ins,
            stood_in: question.stood_in,
        };
        match model::next(&error, &tried) {
            Next::Halve => {
                question.halved = true;
                let newer = dialogue::newer_half(question.shown_turns());
                let start = question.shown.start.saturating_add(newer.start);
                question.show(start..question.shown.end);
                After::Ask
            }
            Next::StandIn { model, gone } => {
                let before = std::mem::replace(&mut question.model, model);
                question.gone = gone.then_some(before);
                (question.stood_in, question.halved) = (true, false);
                self.fit(question);
                After::Ask
            }
            Next::Wait { secs, slowly } => settled(self.wait(&error, secs, slowly, now)),
            Next::GiveUp if error.fault == Fault::Blind => settled(self.say(self.phrases().model_is_blind())),
            Next::GiveUp if error.fault == Fault::ContextTooLong => {
                settled(self.say(self.phrases().too_much_for_the_model()))
            }
            Next::GiveUp => {
                let replies =
                    Reply::texts(self.incoming, self.phrases().model_refused(), Keyboard::default());
                settled(give_up_with(replies, Stage::Taken, DeadReason::ModelRefused, error.to_string()))
            }
        }
    }

    fn count(&self, error: &ModelError) {
        self.context.telemetry.model_failed(&error.server, error.fault.failure());
    }

    /// Waits as a voice waits for a tutor that is down.
    fn wait(&self, error: &ModelError, secs: Option<u32>, slowly: bool, now: Timestamp) -> Disposition {
        self.context.model_reach.failed(now);
        let asked_ms = secs.map_or(0, |secs| i64::from(secs) * 1000);
        let slowest_ms = if slowly { SLOWLY_MS } else { 0 };
        let pause_ms = backoff_ms(self.job.model_failures, fastrand::f64()).max(asked_ms).max(slowest_ms);
        // What passes at the second attempt nobody needs to hear of.
        let passing = matches!(error.fault, Fault::Broken(_) | Fault::Failed { .. } | Fault::Empty);
        let soon = secs.is_some_and(|secs| secs <= SOON_SECS);
        let setback = Setback {
            reason: WaitReason::ModelDown,
            failed: Some(Failed::Model),
            stage: Stage::Taken,
            pause_ms,
            tell: self.job.model_failures > 0 || !(passing || soon),
            forgive: false,
            what: error.to_string(),
        };
        wait_or_give_up(self.job, self.incoming, self.phrases(), &self.context.rules, setback, now)
    }

    fn answered(&self, question: &Question, answer: Answer, now: Timestamp) -> Disposition {
        self.context.model_reach.answered(now);
        let mut reply = answer.text.trim().to_owned();
        if answer.cut {
            reply.push_str(" …");
        }
        let tokens = question.cost(&answer);
        let mut changes =
            vec![Change::SessionTouched(question.session, now), Change::TokensSpent(tokens.total(), now)];
        let mut text = lesson::written(&reply);
        if let Some(gone) = question.gone.as_ref().map(ModelName::as_str)
            && self.learner.told_gone.as_deref() != Some(gone)
        {
            text = text.append(self.phrases().model_gone(gone, question.model.as_str()));
            changes.push(Change::ToldGone(gone.to_owned()));
        }
        let replies = Reply::texts(self.incoming, text, Keyboard::default());
        // Of what was sent without a word only that is kept: something was.
        let said = self.incoming.body.words().filter(|words| !words.trim().is_empty()).unwrap_or("📎");
        let assessment = Assessment { transcript: said.to_owned(), reply, ..Assessment::default() };
        let turn = Turn {
            kind: TurnKind::Text,
            model: Some(question.model.as_str().to_owned()),
            chat: Some(self.incoming.chat),
            tokens,
            ..Turn::voice(question.session, now, 0, assessment)
        };
        tracing::info!(
            event = %Event::ModelAnswered,
            seq = self.job.seq,
            model = question.model.as_str(),
            tokens_in = tokens.input,
            tokens_out = tokens.output,
            "the chat model has answered"
        );
        Disposition::Commit(Outcome { changes, turn: Some(turn), replies, ..Outcome::default() })
    }
}

impl Question {
    fn shown_turns(&self) -> &[Turn] {
        self.turns.get(self.shown.clone()).unwrap_or_default()
    }

    /// Asks with these turns as the context.
    fn show(&mut self, turns: Range<usize>) {
        self.shown = turns;
        let mut messages = vec![Message::new(Role::System, &*self.instructions)];
        for turn in self.shown_turns() {
            let (learner, tutor) = dialogue::exchange(turn);
            messages.push(Message::new(Role::User, learner));
            messages.push(Message::new(Role::Assistant, tutor));
        }
        messages.push(Message { images: self.images.clone(), ..Message::new(Role::User, &*self.words) });
        self.ask.messages = messages;
    }

    /// As the server counted it, else as estimated.
    fn cost(&self, answer: &Answer) -> Tokens {
        match answer.usage {
            Some(usage) => Tokens { input: usage.input, output: usage.output },
            None => {
                let asked = self.ask.messages.iter().map(|message| dialogue::estimate(&message.text));
                Tokens { input: asked.fold(0, u32::saturating_add), output: dialogue::estimate(&answer.text) }
            }
        }
    }
}

fn settled(verdict: Disposition) -> After {
    After::Settled(Box::new(verdict))
}
