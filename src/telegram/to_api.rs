//! Turns a reply into a Bot API call: HTML, buttons, files, limits.
//!
//! Must not know how a call is transported (see `client`) or why it is made.

use super::error::TelegramError;
use super::send_form::SendForm;
use crate::domain::{ChatId, Content, Keyboard, Keys, MessageId, Reply, Rich};
use bytes::Bytes;
use frankenstein::input_file::FileUpload;
use frankenstein::methods::{
    AnswerCallbackQueryParams, EditMessageTextParams, SendDocumentParams, SendMessageParams, SendPhotoParams,
    SendVoiceParams,
};
use frankenstein::types::{
    InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, LinkPreviewOptions, ReplyKeyboardMarkup,
    ReplyKeyboardRemove, ReplyMarkup,
};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

/// File name of a voice note; without a known ending Telegram would show it as a plain file.
const VOICE_FILE_NAME: &str = "voice.ogg";
const PHOTO_FILE_NAME: &str = "picture.png";
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
    /// A message that changes what stands below the input field.
    Keys {
        chat: ChatId,
        /// Forum topic.
        thread: Option<i64>,
        /// The message it answers.
        answers: Option<MessageId>,
        /// 1..4096 UTF-16 code units.
        text: Rich,
        keys: Keys,
    },
    File {
        chat: ChatId,
        /// Forum topic.
        thread: Option<i64>,
        /// The message it answers.
        answers: Option<MessageId>,
        /// 0..1024 UTF-16 code units.
        caption: Rich,
        keyboard: Keyboard,
        file: Attachment,
    },
    /// The answer to a button press, which stops the button's clock.
    CallbackAnswer {
        /// The callback query's id.
        callback: String,
        /// A short notice, 0..200 characters.
        text: String,
    },
}

/// A file as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attachment {
    /// A voice note: OGG/Opus, mono; with its length in seconds.
    Voice { bytes: Bytes, duration_secs: u32 },
    /// A picture: PNG of at most 10 MB, its sides together at most 10,000 px (Bot API "sendPhoto").
    Photo { bytes: Bytes },
    /// Any file of at most 50 MB (Bot API "sendDocument").
    Document { bytes: Bytes, name: String, mime: &'static str },
}

impl Outgoing {
    /// The chat it goes to; `None` for a callback answer, which counts towards no chat's limit.
    pub(crate) fn chat(&self) -> Option<ChatId> {
        match self {
            Self::Text { chat, .. }
            | Self::Edit { chat, .. }
            | Self::Keys { chat, .. }
            | Self::File { chat, .. } => Some(*chat),
            Self::CallbackAnswer { .. } => None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The new message, if one was created and Telegram named it.
    pub message: Option<MessageId>,
    /// The `file_id` of the voice note that was sent: it can be fetched again by it.
    pub voice: Option<String>,
}

/// `None` for what has to be fetched or made first.
pub(crate) fn outgoing(reply: &Reply) -> Option<Outgoing> {
    let Reply { chat, thread, answers, content } = reply.clone();
    match content {
        Content::Text { text, keyboard } => Some(Outgoing::Text { chat, thread, answers, text, keyboard }),
        Content::Edit { message, text, keyboard } => Some(Outgoing::Edit { chat, message, text, keyboard }),
        Content::CallbackAnswer { callback, text } => Some(Outgoing::CallbackAnswer { callback, text }),
        Content::Keys { text, keys } => Some(Outgoing::Keys { chat, thread, answers, text, keys }),
        Content::Spoken { .. } | Content::Made(_) => None,
    }
}

pub(super) enum Call {
    Message(Box<SendMessageParams>),
    Edit(Box<EditMessageTextParams>),
    Callback(AnswerCallbackQueryParams),
    File(Upload),
}

/// A call that carries a file.
pub(super) struct Upload {
    pub(super) method: &'static str,
    /// The parameter that holds the file.
    pub(super) field: &'static str,
    /// All parameters; the file stands there by its name alone.
    pub(super) params: Value,
    pub(super) bytes: Bytes,
    pub(super) name: String,
    pub(super) mime: &'static str,
}

/// [`TelegramError::ReplyGone`] for an edit of a message that cannot exist.
pub(super) fn call(out: &Outgoing, manner: SendForm) -> Result<Call, TelegramError> {
    Ok(match out {
        Outgoing::Text { chat, thread, answers, text, keyboard } => {
            let keys = markup(keyboard).map(ReplyMarkup::InlineKeyboardMarkup);
            message(manner, *chat, *thread, *answers, text, keys)
        }
        Outgoing::Keys { chat, thread, answers, text, keys } => {
            message(manner, *chat, *thread, *answers, text, Some(below_the_input(keys)))
        }
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
        Outgoing::File { .. } => Call::File(upload(out, manner)?),
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

fn upload(out: &Outgoing, manner: SendForm) -> Result<Upload, TelegramError> {
    let Outgoing::File { chat, thread, answers, caption, keyboard, file } = out else {
        return Err(TelegramError::Setup("only a file is uploaded".into()));
    };
    /// The parameters that all files share.
    macro_rules! params {
        ($params:ident.$field:ident = $name:expr $(, $more:ident = $value:expr)?) => {
            written(
                &$params::builder()
                    .chat_id(chat.0)
                    .maybe_message_thread_id(manner.thread(*thread))
                    .$field(FileUpload::from(PathBuf::from($name)))
                    .maybe_caption(manner.caption(caption))
                    .maybe_parse_mode(manner.parse_mode())
                    .maybe_reply_parameters(manner.answer_to(*answers))
                    .maybe_reply_markup(markup(keyboard).map(ReplyMarkup::InlineKeyboardMarkup))
                    $(.$more($value))?
                    .build(),
            )?
        };
    }
    let (method, field, params, bytes, name, mime) = match file {
        Attachment::Voice { bytes, duration_secs } => {
            let params = params!(SendVoiceParams.voice = VOICE_FILE_NAME, duration = *duration_secs);
            ("sendVoice", "voice", params, bytes, VOICE_FILE_NAME, "audio/ogg")
        }
        Attachment::Photo { bytes } => {
            let params = params!(SendPhotoParams.photo = PHOTO_FILE_NAME);
            ("sendPhoto", "photo", params, bytes, PHOTO_FILE_NAME, "image/png")
        }
        Attachment::Document { bytes, name, mime } => {
            let params = params!(SendDocumentParams.document = name);
            ("sendDocument", "document", params, bytes, name.as_str(), *mime)
        }
    };
    Ok(Upload { method, field, params, bytes: bytes.clone(), name: name.to_owned(), mime })
}

fn written(params: &impl Serialize) -> Result<Value, TelegramError> {
    serde_json::to_value(params).map_err(|_| super::client::unencodable())
}

/// The library's message ids are 32 bits; a larger one cannot exist.
pub(super) fn message_id(message: MessageId) -> Result<i32, TelegramError> {
    i32::try_from(message.0).map_err(|_| TelegramError::ReplyGone)
}

fn message(
    manner: SendForm,
    chat: ChatId,
    thread: Option<i64>,
    answers: Option<MessageId>,
    text: &Rich,
    keys: Option<ReplyMarkup>,
) -> Call {
    Call::Message(Box::new(
        SendMessageParams::builder()
            .chat_id(chat.0)
            .maybe_message_thread_id(manner.thread(thread))
            .text(manner.text(text))
            .maybe_parse_mode(manner.parse_mode())
            .link_preview_options(LinkPreviewOptions::DISABLED)
            .maybe_reply_parameters(manner.answer_to(answers))
            .maybe_reply_markup(keys)
            .build(),
    ))
}

fn below_the_input(keys: &Keys) -> ReplyMarkup {
    let key = |text: &str| KeyboardButton::builder().text(text);
    match keys {
        Keys::Location { share, cancel } => ReplyMarkup::ReplyKeyboardMarkup(
            ReplyKeyboardMarkup::builder()
                .keyboard(vec![vec![key(share).request_location(true).build()], vec![key(cancel).build()]])
                .resize_keyboard(true)
                .one_time_keyboard(true)
                .build(),
        ),
        Keys::Gone => {
            ReplyMarkup::ReplyKeyboardRemove(ReplyKeyboardRemove::builder().remove_keyboard(true).build())
        }
    }
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
            Call::File(upload) => Ok(upload.params),
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
        let voice = Outgoing::File {
            chat: ChatId(7),
            thread: None,
            answers: None,
            caption: Rich::plain(" "),
            keyboard: Keyboard::default(),
            file: Attachment::Voice { bytes: Bytes::new(), duration_secs: 4 },
        };
        let sent = params(&voice, AS_MEANT);
        assert!(sent.get("caption").is_none() && sent.get("reply_markup").is_none());
        assert_eq!(sent["duration"], 4);
    }

    #[test]
    fn a_file_goes_out_in_its_topic_as_a_reply_with_caption_and_buttons() {
        let bytes = Bytes::from_static(b"x");
        let document =
            || Attachment::Document { bytes: bytes.clone(), name: "cards.csv".into(), mime: "text/csv" };
        for (file, method, field, name) in [
            (Attachment::Voice { bytes: bytes.clone(), duration_secs: 1 }, "sendVoice", "voice", "voice.ogg"),
            (Attachment::Photo { bytes: bytes.clone() }, "sendPhoto", "photo", "picture.png"),
            (document(), "sendDocument", "document", "cards.csv"),
        ] {
            let out = Outgoing::File {
                chat: ChatId(7),
                thread: Some(3),
                answers: Some(MessageId(5)),
                caption: Rich::plain("a & b"),
                keyboard: Keyboard::row(&[("Yes", "y")]),
                file,
            };
            let Call::File(upload) = call(&out, AS_MEANT).unwrap() else { panic!("{method}") };
            assert_eq!((upload.method, upload.field, upload.name.as_str()), (method, field, name));
            let params = upload.params;
            assert_eq!((&params["caption"], &params["message_thread_id"]), (&json!("a &amp; b"), &json!(3)));
            assert_eq!(params["reply_parameters"]["message_id"], 5);
            assert_eq!(params["reply_markup"]["inline_keyboard"][0][0]["callback_data"], "y");
        }
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
