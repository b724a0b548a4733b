//! Positions stated by Ogg pages never shorten what their packets hold; only a last page may end within its
//! packets.

use super::ogg::{Page, join, many_pages, pages};
use super::{kind_file, pcm, wav};

type Bend = (&'static str, fn(&mut Vec<Page>));

/// Ways in which positions are wrong in the world. Pages 0 and 1 (and 2, for Vorbis) are headers.
const BENDS: [Bend; 12] = [
    ("zero", |pages| pages[2..].iter_mut().for_each(|page| page.granule = 0)),
    ("zero but the last", |pages| {
        let last = pages.len() - 1;
        pages[2..last].iter_mut().for_each(|page| page.granule = 0);
    }),
    ("too slow", |pages| pages[2..].iter_mut().for_each(|page| page.granule /= 3)),
    ("beginning again", |pages| {
        let base = pages[4].granule;
        pages[5..].iter_mut().for_each(|page| page.granule -= base);
    }),
    ("backwards", |pages| {
        let mut all: Vec<u64> = pages[2..].iter().map(|page| page.granule).collect();
        all.reverse();
        pages[2..].iter_mut().zip(all).for_each(|(page, granule)| page.granule = granule);
    }),
    ("none", |pages| pages[3..].iter_mut().for_each(|page| page.granule = u64::MAX)),
    ("none in the middle", |pages| pages[4].granule = u64::MAX),
    ("huge in the middle", |pages| pages[4].granule = 1 << 62),
    ("low in the middle", |pages| pages[4].granule = pages[3].granule + 100),
    ("the same twice", |pages| pages[4].granule = pages[3].granule),
    ("an end at zero", |pages| pages.last_mut().unwrap().granule = 0),
    ("no end mark", |pages| pages.last_mut().unwrap().flags = 0),
];

fn bent(what: &str, whole: &[Page], bend: fn(&mut Vec<Page>), less: usize, slack: usize) {
    let clean = pcm(&wav(join(whole)).unwrap());
    let mut pages = whole.to_vec();
    bend(&mut pages);
    let heard = pcm(&wav(join(&pages)).unwrap());
    assert!(heard.len() + less >= clean.len(), "{what}: {} of {}", heard.len(), clean.len());
    // What a last page would have cut off may be heard, and no more.
    assert!(heard.len() <= clean.len() + slack, "{what}: {} of {}", heard.len(), clean.len());
    let sure = clean.len() - less - 400;
    assert_eq!(heard[..sure], clean[..sure], "{what}");
}

#[test]
fn opus_is_heard_whatever_its_pages_say() {
    let whole = many_pages();
    for (what, bend) in BENDS {
        bent(what, &whole, bend, 0, 320);
    }
    // The whole stream begins late, as one that was joined in the middle.
    let late = |pages: &mut Vec<Page>| pages[2..].iter_mut().for_each(|page| page.granule += 48_000_000);
    bent("a late start", &whole, late, 0, 320);
}

#[test]
fn vorbis_is_heard_whatever_its_pages_say() {
    let all = pages(&kind_file("vorbis.ogg"));
    assert!(all.len() > 8, "{} pages", all.len());
    // How long a packet of Vorbis is, its header has to say; a wrong position may cost the last one, of some 40 ms at most.
    for (what, bend) in BENDS {
        bent(what, &all, bend, 1_400, 1_400);
    }
}

#[test]
fn a_page_that_comes_twice_is_heard_once() {
    for whole in [many_pages(), pages(&kind_file("vorbis.ogg"))] {
        let clean = pcm(&wav(join(&whole)).unwrap());
        for twice in 3..whole.len() - 1 {
            let mut pages = whole.clone();
            pages.insert(twice, whole[twice].clone());
            assert_eq!(pcm(&wav(join(&pages)).unwrap()), clean, "page {twice}");
        }
    }
}

#[test]
fn sound_is_found_beside_other_streams() {
    let whole = many_pages();
    let clean = pcm(&wav(join(&whole)).unwrap());
    let other = |flags, sequence, body: &[u8]| Page {
        flags,
        granule: 0,
        serial: 77,
        sequence,
        checksum: 0,
        lacing: vec![body.len() as u8],
        body: body.to_vec(),
    };
    let skeleton = [b"fishead\0\x03\0\0\0".to_vec(), vec![0; 52]].concat();
    let mut pages =
        vec![other(2, 0, &skeleton), whole[0].clone(), other(0, 1, b"fisbone\0"), whole[1].clone()];
    for (n, page) in (2..).zip(&whole[2..]) {
        pages.push(other(0, n, b"a frame of something else"));
        pages.push(page.clone());
    }
    assert_eq!(pcm(&wav(join(&pages)).unwrap()), clean);
}
