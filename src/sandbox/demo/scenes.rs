//! The recorded conversation: voices and a text, and what the stand-in tutor and the stand-in model say to them. Must not
//! know how it is played.

/// A recorded voice, and what the stand-in tutor (which cannot listen) says about it.
pub(crate) struct Scene {
    /// Name of the recording in the chat.
    pub name: &'static str,
    pub seconds: u32,
    pub voice: &'static [u8],
    /// Transcript, coaching and reply, the latter two in English and Portuguese.
    pub words: [&'static str; 5],
    /// What the stand-in model finds corrected in the coaching: said, better, why, kind.
    pub corrections: &'static [[&'static str; 4]],
}

pub(crate) const SCENES: [Scene; 3] = [
    Scene {
        name: "01-market.ogg, Opus SILK 16 kbit/s",
        seconds: 4,
        voice: include_bytes!("../../../assets/voice/01-market.ogg"),
        words: [
            "Yesterday I go to the market and I buyed two apples.",
            "Yesterday asks for the past: \"I went to the market and I bought two apples.\" \"Bought\" rhymes with \"caught\".",
            "\"Yesterday\" pede o passado: \"I went to the market and I bought two apples.\" \"Bought\" rima com \"caught\".",
            "Good. I went to the market and I bought two apples. What will you make with them?",
            "Muito bem. O que você vai fazer com elas?",
        ],
        corrections: &[
            [
                "Yesterday I go to the market",
                "Yesterday I went to the market",
                "“Yesterday” asks for the past.",
                "grammar",
            ],
            ["I buyed two apples", "I bought two apples", "The past of “buy” is “bought”.", "grammar"],
        ],
    },
    Scene {
        name: "02-weather.ogg, Opus hybrid 32 kbit/s",
        seconds: 8,
        voice: include_bytes!("../../../assets/voice/02-weather.ogg"),
        words: [
            "The weather is more better today, so I am going walk in the park. My sister like very much the flowers.",
            "Say \"better\", not \"more better\", and \"I am going to walk\". With \"my sister\" it is \"likes\": \"My sister likes the flowers <very much> & so do I\" is a full sentence.",
            "Diga \"better\", não \"more better\", e \"I am going to walk\". Com \"my sister\" usa-se \"likes\".",
            "A walk sounds lovely! Which flowers does your sister like best?",
            "Que passeio gostoso! De quais flores sua irmã mais gosta?",
        ],
        corrections: &[
            [
                "The weather is more better today",
                "The weather is better today",
                "“Better” is a comparative already.",
                "grammar",
            ],
            ["I am going walk", "I am going to walk", "“Going” takes “to” before the verb.", "grammar"],
            ["My sister like", "My sister likes", "With “my sister” the verb ends in “s”.", "grammar"],
        ],
    },
    Scene {
        name: "03-travel.ogg, Opus CELT 64 kbit/s",
        seconds: 6,
        voice: include_bytes!("../../../assets/voice/03-travel.ogg"),
        words: [
            "I have visited London since two years. It was very beautiful city.",
            "For a finished time say \"I visited London two years ago\". And \"It was *a* very beautiful city\": do not drop the article.",
            "Para um tempo terminado: \"I visited London two years ago\". E não esqueça o artigo: \"*a* very beautiful city\".",
            "London is wonderful. What did you like most about it?",
            "Londres é maravilhosa. Do que você mais gostou?",
        ],
        corrections: &[
            [
                "I have visited London since two years",
                "I visited London two years ago",
                "A finished time takes the simple past.",
                "grammar",
            ],
            [
                "It was very beautiful city",
                "It was a very beautiful city",
                "One of many cities: it takes “a”.",
                "grammar",
            ],
        ],
    },
];

/// How the card is said that was kept from a correction.
pub(crate) struct Drill {
    /// Part of the label of the button that keeps it.
    pub kept: &'static str,
    pub voice: &'static [u8],
    pub seconds: u32,
    /// What a recogniser makes of the voice.
    pub heard: &'static str,
}

pub(crate) const DRILL: Drill = Drill {
    kept: "The weather is better",
    voice: include_bytes!("../../../assets/voice/02-weather.ogg"),
    seconds: 8,
    heard: "The weather is batter today",
};

/// A card of the learner's own.
pub(crate) const OWN_CARD: &str = "/card I have 30 years → I am 30 years old";

/// What the learner writes, and the stand-in model's answer to it.
pub(crate) const TEXT: (&str, &str) = (
    "Whats the diference between say and tell?",
    "Good question! **Tell** needs a *person*, **say** does not:\n\n\
     | say | tell |\n| --- | --- |\n| say something | tell *someone* something |\n| \"I'm late,\" she said | She told me she was late |\n\n\
     Small corrections:\n\n- Whats → **What's** (short for \"what is\")\n- diference → **difference**\n\n\
     What did your teacher tell you last week?",
);

/// What the stand-in model says to whatever else is written.
pub(crate) const STAND_IN: &str =
    "I am a stand-in for a chat model and cannot think. With `AI_API_URL` set, a real one answers here.";
