//! How English words sound: the Carnegie Mellon Pronouncing Dictionary (American), packed into one sorted file.
//!
//! The file is part of the program and is searched where it lies, so nothing of it is in memory before the first look, and
//! then some pages are. A line of it is a word, then its pronunciations: one byte a sound (0x80 and its place in [`SOUNDS`]),
//! 0xFF between two of them. `CMUDICT=FILE cargo test --lib practice::dictionary` packs the original, `cmudict.dict`, anew.

static PACKED: &[u8] = include_bytes!("../../assets/pronunciation/cmudict.packed");

/// Set on the bytes that are sounds; words are ASCII.
const IS_SOUND: u8 = 0x80;
const BETWEEN: u8 = 0xFF;
const END: u8 = b'\n';

/// The sounds: the dictionary's name, the phonetic sign. The schwa is AH without stress there; of the others the stress is
/// left out, because a shifted stress is no other sound. Their order is the file's.
const SOUNDS: [(&str, &str); 40] = [
    ("AA", "ɑ"),
    ("AE", "æ"),
    ("AH", "ʌ"),
    ("AO", "ɔ"),
    ("AW", "aʊ"),
    ("AY", "aɪ"),
    ("B", "b"),
    ("CH", "tʃ"),
    ("D", "d"),
    ("DH", "ð"),
    ("EH", "ɛ"),
    ("ER", "ɝ"),
    ("EY", "eɪ"),
    ("F", "f"),
    ("G", "ɡ"),
    ("HH", "h"),
    ("IH", "ɪ"),
    ("IY", "iː"),
    ("JH", "dʒ"),
    ("K", "k"),
    ("L", "l"),
    ("M", "m"),
    ("N", "n"),
    ("NG", "ŋ"),
    ("OW", "oʊ"),
    ("OY", "ɔɪ"),
    ("P", "p"),
    ("R", "r"),
    ("S", "s"),
    ("SH", "ʃ"),
    ("T", "t"),
    ("TH", "θ"),
    ("UH", "ʊ"),
    ("UW", "uː"),
    ("V", "v"),
    ("W", "w"),
    ("Y", "j"),
    ("Z", "z"),
    ("ZH", "ʒ"),
    ("AH0", "ə"),
];

/// One sound of American English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound(u8);

impl Sound {
    /// Its sign in the International Phonetic Alphabet.
    pub fn sign(self) -> &'static str {
        SOUNDS.get(usize::from(self.0 & !IS_SOUND)).map_or("", |(_, sign)| sign)
    }
}

/// The ways a word is pronounced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pronunciations(&'static [u8]);

impl Pronunciations {
    /// Of a word in lower case; empty where it is not known.
    pub fn of(word: &str) -> Self {
        find(PACKED, word).map(Self).unwrap_or_default()
    }

    pub fn is_known(self) -> bool {
        !self.0.is_empty()
    }

    pub fn each(self) -> impl Iterator<Item = &'static [u8]> {
        self.0.split(|byte| *byte == BETWEEN).filter(|sounds| !sounds.is_empty())
    }

    /// Whether the two words may sound the same.
    pub fn meet(self, other: Self) -> bool {
        self.each().any(|sounds| other.each().any(|others| others == sounds))
    }
}

/// The sounds of one pronunciation.
pub fn sounds_of(bytes: &[u8]) -> Vec<Sound> {
    bytes.iter().map(|byte| Sound(*byte)).collect()
}

/// The sounds of a word in a sorted file of lines, by halving the bytes between two ends of lines.
fn find<'a>(packed: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let (mut low, mut high) = (0, packed.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let before = packed.get(low..middle)?;
        let start = before.iter().rposition(|byte| *byte == END).map_or(low, |at| low + at + 1);
        let rest = packed.get(start..high)?;
        let length = rest.iter().position(|byte| *byte == END).unwrap_or(rest.len());
        let line = rest.get(..length)?;
        let letters = line.iter().position(|byte| *byte >= IS_SOUND).unwrap_or(line.len());
        let (here, sounds) = line.split_at_checked(letters)?;
        match here.cmp(word.as_bytes()) {
            std::cmp::Ordering::Equal => return Some(sounds),
            std::cmp::Ordering::Less => low = start + length + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// `cmudict.dict` as a file of lines. Words with a dot or a hyphen are left out: what is looked up has neither.
    fn packed(original: &str) -> Vec<u8> {
        let code = |name: &str| {
            let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
            let wanted = if name == "AH0" { name } else { plain };
            let place = SOUNDS.iter().position(|(known, _)| *known == wanted);
            IS_SOUND | u8::try_from(place.unwrap_or_else(|| panic!("no sound {name}"))).unwrap()
        };
        let mut words: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
        for line in original.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut parts = line.split_whitespace();
            let Some(word) = parts.next() else { continue };
            let word = word.split('(').next().unwrap_or_default();
            if !word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'\'') {
                continue;
            }
            let sounds: Vec<u8> = parts.map(code).collect();
            let ways = words.entry(word).or_default();
            if !sounds.is_empty() && !ways.contains(&sounds) {
                ways.push(sounds);
            }
        }
        let line =
            |(word, ways): (&str, Vec<Vec<u8>>)| [word.as_bytes(), &ways.join(&BETWEEN), &[END]].concat();
        words.into_iter().flat_map(line).collect()
    }

    fn signs(word: &str) -> Vec<String> {
        let one = |sounds: &'static [u8]| sounds_of(sounds).into_iter().map(Sound::sign).collect();
        Pronunciations::of(word).each().map(one).collect()
    }

    #[test]
    fn the_original_is_packed_where_it_is_named() {
        let small = packed(
            "a AH0\na(2) EY1\na.m. EY2 EH1 M\nlive L AY1 V\nlive(2) L IH1 V # twice\nlive(3) L IH0 V\n",
        );
        assert_eq!(small, b"a\xa7\xff\x8c\nlive\x94\x85\xa2\xff\x94\x90\xa2\n");
        if let Some(original) = std::env::var_os("CMUDICT") {
            let to = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/pronunciation/cmudict.packed");
            std::fs::write(to, packed(&std::fs::read_to_string(original).unwrap())).unwrap();
        }
    }

    #[test]
    fn words_are_found_with_all_their_ways() {
        for (word, expected) in [
            ("ship", &["ʃɪp"][..]),
            ("sheep", &["ʃiːp"]),
            ("live", &["laɪv", "lɪv"]),
            ("a", &["ə", "eɪ"]),
            ("they're", &["ðɛr"]),
            ("record", &["rəkɔrd", "rɛkɝd", "rɪkɔrd"]),
            ("thought", &["θɔt"]),
        ] {
            assert_eq!(signs(word), expected, "{word}");
        }
        for unknown in ["", "qqq", "ship ", "Ship", "zzzzzzzz", "'", "ship\n", "ação"] {
            assert!(!Pronunciations::of(unknown).is_known(), "{unknown}");
        }
    }

    /// Each line is found by its word, so the file is sorted and whole.
    #[test]
    fn every_line_is_found() {
        let lines: Vec<&[u8]> = PACKED.split(|byte| *byte == END).filter(|line| !line.is_empty()).collect();
        assert!(lines.len() > 120_000, "{}", lines.len());
        assert!(PACKED.ends_with(&[END]));
        for line in lines {
            let letters = line.iter().position(|byte| *byte >= IS_SOUND).unwrap();
            let word = std::str::from_utf8(&line[..letters]).unwrap();
            assert_eq!(find(PACKED, word), Some(&line[letters..]), "{word}");
            let known = |byte: &u8| usize::from(*byte & !IS_SOUND) < SOUNDS.len() || *byte == BETWEEN;
            assert!(line[letters..].iter().all(known), "{word}");
        }
    }
}
