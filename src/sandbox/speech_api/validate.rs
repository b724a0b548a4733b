//! What a strict speech server refuses, each thing as one of the real servers does. It must not know what it answers.

use serde_json::Value;

use super::super::{
    form::Part,
    tutor_api::{check_wav, wav_is_silent},
};
use super::state::{Like, Recording, SpeechOptions, Spoken};

/// A refusal: status, words, OpenAI's code for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct No {
    pub status: u16,
    pub message: String,
    pub code: Option<&'static str>,
}

impl No {
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), code: None }
    }
}

fn no_model(like: Like, id: &str) -> No {
    match like {
        Like::Speaches => No {
            status: 404,
            message: format!(
                "Model '{id}' is not installed locally. You can download the model using `POST /v1/models`"
            ),
            code: None,
        },
        _ => No {
            status: 404,
            message: format!("The model `{id}` does not exist or you do not have access to it."),
            code: Some("model_not_found"),
        },
    }
}

/// Checks a form of `POST /audio/transcriptions`.
pub(super) fn recording(options: &SpeechOptions, parts: &[Part]) -> Result<Recording, No> {
    for part in parts {
        let known = [
            "file",
            "model",
            "language",
            "prompt",
            "response_format",
            "temperature",
            "timestamp_granularities[]",
        ];
        if !known.contains(&part.name.as_str()) {
            return Err(No::bad(format!("Unrecognized request argument supplied: {}", part.name)));
        }
        if part.name != "file" && part.file_name.is_some() {
            return Err(No::bad(format!("Expected '{}' to be a field, not a file.", part.name)));
        }
    }
    let texts = |name: &str| -> Vec<String> {
        let parts = parts.iter().filter(|part| part.name == name);
        parts.map(|part| String::from_utf8_lossy(&part.bytes).into_owned()).collect()
    };
    let one = |name: &str| match texts(name).as_slice() {
        [] => Ok(None),
        [text] => Ok(Some(text.clone())),
        _ => Err(No::bad(format!("Field '{name}' is given more than once."))),
    };
    let mut files = parts.iter().filter(|part| part.name == "file");
    let (Some(file), None) = (files.next(), files.next()) else {
        return Err(No { status: 422, ..No::bad("Field required: file") });
    };
    if file.bytes.len() > options.most_bytes {
        return Err(No {
            status: 413,
            ..No::bad(format!("Maximum content size limit ({}) exceeded.", options.most_bytes))
        });
    }
    let named = file.file_name.as_deref().is_some_and(|name| name.ends_with(".wav"));
    if !named || file.content_type.as_deref() != Some("audio/wav") {
        return Err(No::bad("Unrecognized file format. Supported formats: ['wav']"));
    }
    let samples = check_wav(&file.bytes)
        .map_err(|why| No::bad(format!("Audio file might be corrupted or unsupported: {why}")))?;
    let model = one("model")?.ok_or_else(|| No { status: 422, ..No::bad("Field required: model") })?;
    if options.like != Like::WhisperCpp && !options.recognisers.contains(&model) {
        return Err(no_model(options.like, &model));
    }
    let language = one("language")?;
    if language
        .as_deref()
        .is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_lowercase()))
    {
        return Err(No::bad("Invalid language. Language parameter must be specified in ISO-639-1 format."));
    }
    let response_format = one("response_format")?.unwrap_or_else(|| "json".to_owned());
    if !options.text_formats.contains(&response_format) {
        return Err(No {
            code: Some("unsupported_value"),
            ..No::bad(format!(
                "response_format '{response_format}' is not compatible with model '{model}'. Use 'json' or 'text' instead."
            ))
        });
    }
    let granularities = texts("timestamp_granularities[]");
    if !granularities.is_empty() && (!options.granularities || response_format != "verbose_json") {
        return Err(No::bad("Timestamp granularities are not supported with this response format."));
    }
    if granularities.iter().any(|asked| asked != "word" && asked != "segment") {
        return Err(No::bad("Invalid value for 'timestamp_granularities[]': use 'word' or 'segment'."));
    }
    let silent = wav_is_silent(&file.bytes);
    Ok(Recording { model, language, response_format, granularities, samples, silent, number: 0 })
}

/// Checks a body of `POST /audio/speech`.
pub(super) fn text(options: &SpeechOptions, body: &[u8]) -> Result<Spoken, No> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_| No::bad("We could not parse the JSON body of your request."))?;
    let map = body.as_object().ok_or_else(|| No::bad("The body of your request is no JSON object."))?;
    for name in map.keys() {
        if !["model", "voice", "input", "response_format", "speed"].contains(&name.as_str()) {
            return Err(No::bad(format!("Unrecognized request argument supplied: {name}")));
        }
    }
    let required = |name: &str| {
        let text = map.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| No { status: 422, ..No::bad(format!("Field required: {name}")) })
    };
    let (model, voice, input) = (required("model")?, required("voice")?, required("input")?);
    if !options.synthesisers.contains(&model) {
        return Err(no_model(options.like, &model));
    }
    if !options.voices.contains(&voice) {
        let voices = options.voices.join(", ");
        return Err(No::bad(format!("Voice '{voice}' not found. Available voices: {voices}")));
    }
    if input.chars().count() > options.most_characters {
        return Err(No {
            code: Some("string_above_max_length"),
            ..No::bad(format!("String should have at most {} characters", options.most_characters))
        });
    }
    let response_format = match map.get("response_format") {
        None => None,
        Some(format) => {
            let known = format.as_str().filter(|format| options.sound_formats.iter().any(|k| k == format));
            let words = format!("response_format: Input should be one of {:?}", options.sound_formats);
            Some(known.ok_or(No { status: 422, ..No::bad(words) })?.to_owned())
        }
    };
    match map.get("speed").map(Value::as_f64) {
        None => {}
        Some(Some(speed)) if (0.25..=4.0).contains(&speed) => {}
        Some(_) => return Err(No { status: 422, ..No::bad("speed: Input should be from 0.25 to 4") }),
    }
    Ok(Spoken { model, voice, input, response_format })
}
