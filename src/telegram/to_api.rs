//! Turns a reply into a Bot API call: HTML, buttons, limits.
//!
//! Must not know how a call is transported (see `client`) or why it is made.

use super::error::TelegramError;
use super::send_form::SendForm;
use crate::domain::{ChatId, Content, Keyboard, MessageId, Reply, Rich};
use bytes::Bytes;
use frankenstein::input_file::FileUpload;
use frankenstein::methods::{
    AnswerCallbackQueryParams, EditMessageTextParams, SendMessageParams, SendVoiceParams,
};
use frankenstein::types::{InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyMarkup};
use std::path::PathBuf;

/// File name of a voice note; without a known ending Telegram would show it as a plain file.
pub(super) const VOICE_FILE_NAME: &str = "voice.ogg";
/// Longest notice of a callback answer, characters (Bot API "answerCallbackQuery").
const NOTICE_LIMIT: usize = 200;

/// What one API call sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outgoing {
    Text {
        chat: ChatId,
        /// Forum topic.
        thread: Option<i64>,
        /// The message it answers.
        answers: Option<MessageId>,
        /// 1..4096 UTF-16 code units.
        text: Rich,
        keyboard: Keyboard,
    },
    /// A new text for a message sent before.
    Edit {
        chat: ChatId,
        message: MessageId,
        /// 1..4096 UTF-16 code units.
        text: Rich,
        /// An empty one removes the buttons.
        keyboard: Keyboard,
    },
    /// A voice note: OGG/Opus, mono.
    Voice {
        chat: ChatId,
        /// Forum topic.
        thread: Option<i64>,
        /// The message it answers.
        answers: Option<MessageId>,
        /// 0..1024 UTF-16 code units.
        caption: Rich,
        bytes: Bytes,
        /// Length in seconds.
        duration_secs: u32,
    },
    /// The answer to a button press, which stops the button's clock.
    CallbackAnswer {
        /// The callback query's id.
        callback: String,
        /// A short notice, 0..200 characters.
        text: String,
    },
}

impl Outgoing {
    /// The chat it goes to; `None` for a callback answer, which counts towards no chat's limit.
    pub(crate) fn chat(&self) -> Option<ChatId> {
        match self {
            Self::Text { chat, .. } | Self::Edit { chat, .. } | Self::Voice { chat, .. } => Some(*chat),
            Self::CallbackAnswer { .. } => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The new message, if one was created and Telegram named it.
    pub message: Option<MessageId>,
}

/// `None` for a spoken reply, whose audio has to be made first.
pub(crate) fn outgoing(reply: &Reply) -> Option<Outgoing> {
    let Reply { chat, thread, answers, content } = reply.clone();
    match content {
        Content::Text { text, keyboard } => Some(Outgoing::Text { chat, thread, answers, text, keyboard }),
        Content::Edit { message, text, keyboard } => Some(Outgoing::Edit { chat, message, text, keyboard }),
        Content::CallbackAnswer { callback, text } => Some(Outgoing::CallbackAnswer { callback, text }),
        Content::Spoken { .. } => None,
    }
}

pub(super) enum Call<'a> {
    Message(Box<SendMessageParams>),
    Edit(Box<EditMessageTextParams>),
    Callback(AnswerCallbackQueryParams),
    Voice(Box<SendVoiceParams>, &'a Bytes),
}

/// [`TelegramError::ReplyGone`] for an edit of a message that cannot exist.
pub(super) fn call(out: &Outgoing, manner: SendForm) -> Result<Call<'_>, TelegramError> {
    Ok(match out {
        Outgoing::Text { chat, thread, answers, text, keyboard } => Call::Message(Box::new(
            SendMessageParams::builder()
                .chat_id(chat.0)
                .maybe_message_thread_id(manner.thread(*thread))
                .text(manner.text(text))
                .maybe_parse_mode(manner.parse_mode())
                .link_preview_options(LinkPreviewOptions::DISABLED)
                .maybe_reply_parameters(manner.answer_to(*answers))
                .maybe_reply_markup(markup(keyboard).map(ReplyMarkup::InlineKeyboardMarkup))
                .build(),
        )),
        Outgoing::Edit { chat, message, text, keyboard } => Call::Edit(Box::new(
            EditMessageTextParams::builder()
                .chat_id(chat.0)
                .message_id(message_id(*message)?)
                .text(manner.text(text))
                .maybe_parse_mode(manner.parse_mode())
                .link_preview_options(LinkPreviewOptions::DISABLED)
                .maybe_reply_markup(markup(keyboard))
                .build(),
        )),
        Outgoing::Voice { chat, thread, answers, caption, bytes, duration_secs } => Call::Voice(
            Box::new(
                SendVoiceParams::builder()
                    .chat_id(chat.0)
                    .maybe_message_thread_id(manner.thread(*thread))
                    .voice(FileUpload::from(PathBuf::from(VOICE_FILE_NAME)))
                    .maybe_caption(manner.caption(caption))
                    .maybe_parse_mode(manner.parse_mode())
                    .duration(*duration_secs)
                    .maybe_reply_parameters(manner.answer_to(*answers))
                    .build(),
            ),
            bytes,
        ),
        Outgoing::CallbackAnswer { callback, text } => Call::Callback(
            AnswerCallbackQueryParams::builder()
                .callback_query_id(callback.as_str())
                .maybe_text(
                    Some(text.chars().take(NOTICE_LIMIT).collect()).filter(|text: &String| !text.is_empty()),
                )
                .build(),
        ),
    })
}

/// The library's message ids are 32 bits; a larger one cannot exist.
pub(super) fn message_id(message: MessageId) -> Result<i32, TelegramError> {
    i32::try_from(message.0).map_err(|_| TelegramError::ReplyGone)
}

fn markup(keyboard: &Keyboard) -> Option<InlineKeyboardMarkup> {
    let rows: Vec<Vec<InlineKeyboardButton>> = keyboard
        .0
        .iter()
        .filter(|row| !row.is_empty())
        .map(|row| {
            row.iter()
                .map(|button| {
                    let link = button.link().map(str::to_owned);
                    let data = Some(button.data.clone()).filter(|_| link.is_none());
                    InlineKeyboardButton::builder()
                        .text(button.label.as_str())
                        .maybe_url(link)
                        .maybe_callback_data(data)
                        .build()
                })
                .collect()
        })
        .collect();
    (!rows.is_empty()).then(|| InlineKeyboardMarkup::builder().inline_keyboard(rows).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Style;
    use serde_json::{Value, json};

    const AS_MEANT: SendForm = SendForm { html: true, topic: true, reply: true };

    fn text_message(thread: Option<i64>, keyboard: Keyboard) -> Outgoing {
        let text = Rich::plain("5 < 6 & \"x\"\n").push(Style::Bold, "b").push(Style::Quote, "q>");
        Outgoing::Text { chat: ChatId(7), thread, answers: Some(MessageId(5)), text, keyboard }
    }

    fn params(out: &Outgoing, manner: SendForm) -> Value {
        match call(out, manner).unwrap() {
            Call::Message(params) => serde_json::to_value(params),
            Call::Edit(params) => serde_json::to_value(params),
            Call::Callback(params) => serde_json::to_value(params),
            Call::Voice(params, _) => serde_json::to_value(params),
        }
        .unwrap()
    }

    #[test]
    fn a_text_goes_out_escaped_in_its_topic_as_a_reply() {
        let out = text_message(Some(3), Keyboard::row(&[("Yes", "y"), ("No", "n")]));
        assert_eq!(
            params(&out, AS_MEANT),
            json!({"chat_id": 7, "message_thread_id": 3, "parse_mode": "HTML",
                "text": "5 &lt; 6 &amp; &quot;x&quot;\n<b>b</b><blockquote expandable>q&gt;</blockquote>",
                "link_preview_options": {"is_disabled": true},
                "reply_parameters": {"message_id": 5, "allow_sending_without_reply": true},
                "reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"},
                    {"text": "No", "callback_data": "n"}]]}})
        );
        let plain = params(&out, SendForm { html: false, topic: false, reply: false });
        assert!(plain.get("reply_parameters").is_none());
        assert_eq!(plain["text"], "5 < 6 & \"x\"\nbq>");
        assert!(plain.get("parse_mode").is_none() && plain.get("message_thread_id").is_none());
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let sent = params(&text_message(None, Keyboard(vec![vec![]])), AS_MEANT);
        assert!(sent.get("reply_markup").is_none() && sent.get("message_thread_id").is_none());
        let answer = Outgoing::CallbackAnswer { callback: "q".into(), text: String::new() };
        assert_eq!(params(&answer, AS_MEANT), json!({"callback_query_id": "q"}));
        let long = Outgoing::CallbackAnswer { callback: "q".into(), text: "é".repeat(500) };
        assert_eq!(params(&long, AS_MEANT)["text"].as_str().unwrap().chars().count(), 200);
        let voice = Outgoing::Voice {
            chat: ChatId(7),
            thread: None,
            answers: None,
            caption: Rich::plain(" "),
            bytes: Bytes::new(),
            duration_secs: 4,
        };
        let sent = params(&voice, AS_MEANT);
        assert!(sent.get("caption").is_none());
        assert_eq!(sent["duration"], 4);
    }

    #[test]
    fn a_link_opens_and_asks_nothing_back() {
        let keyboard = Keyboard::row(&[("Join", "https://t.me/school"), ("In", "sub:j:7")]);
        assert_eq!(
            params(&text_message(None, keyboard), AS_MEANT)["reply_markup"],
            json!({"inline_keyboard": [[{"text": "Join", "url": "https://t.me/school"},
                {"text": "In", "callback_data": "sub:j:7"}]]})
        );
    }

    #[test]
    fn impossible_message_ids_never_travel() {
        let edit = |id| Outgoing::Edit {
            chat: ChatId(7),
            message: MessageId(id),
            text: Rich::plain("x"),
            keyboard: Keyboard::default(),
        };
        assert_eq!(params(&edit(9), AS_MEANT)["message_id"], 9);
        assert!(matches!(call(&edit(i64::MAX), AS_MEANT), Err(TelegramError::ReplyGone)));
        assert!(AS_MEANT.answer_to(Some(MessageId(i64::MIN))).is_none());
    }
}
