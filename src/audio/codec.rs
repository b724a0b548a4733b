//! From a codec's parameters to its decoder, refusing rates and channel counts outside our limits. Must not
//! know containers.

use std::sync::LazyLock;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;

use super::error::AudioError;
use super::opus::OpusDecoder;
use super::resample::RATES;

/// Most channels mixed down: more than any recorder makes, fewer than a header can claim.
const MAX_CHANNELS: usize = 8;

static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut codecs = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut codecs);
    codecs.register_audio_decoder::<OpusDecoder>();
    codecs
});

pub(super) fn parameters(
    codec: AudioCodecId,
    rate: u32,
    channels: u16,
    extra: Option<Vec<u8>>,
) -> AudioCodecParameters {
    let mut params = AudioCodecParameters::new();
    params.for_codec(codec).with_sample_rate(rate).with_channels(Channels::Discrete(channels));
    if let Some(extra) = extra {
        params.with_extra_data(extra.into_boxed_slice());
    }
    params
}

pub(super) fn open(params: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, AudioError> {
    if let Some(rate) = params.sample_rate {
        check_rate(rate)?;
    }
    if let Some(channels) = &params.channels {
        check_channels(channels.count())?;
    }
    CODECS.make_audio_decoder(params, &AudioDecoderOptions::default()).map_err(|error| match error {
        Error::DecodeError(detail) => AudioError::Corrupt { detail },
        Error::Unsupported(what) | Error::LimitError(what) => AudioError::unsupported(what),
        _ => AudioError::Corrupt { detail: "the codec's parameters are incomplete" },
    })
}

pub(super) fn check_rate(rate: u32) -> Result<(), AudioError> {
    if RATES.contains(&rate) {
        return Ok(());
    }
    Err(AudioError::unsupported(format!("a sample rate of {rate} Hz")))
}

pub(super) fn check_channels(count: usize) -> Result<(), AudioError> {
    if (1..=MAX_CHANNELS).contains(&count) {
        return Ok(());
    }
    Err(AudioError::unsupported(format!("{count} channels")))
}
