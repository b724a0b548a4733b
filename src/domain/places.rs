//! Where the time zones are: a place by what a learner types, or by coordinates, of which only the zone is kept.
//!
//! Owns `assets/places.tsv`. Must not know who asks.

use super::ids::Timestamp;
use super::local_day::{self, local_minute};
use std::sync::LazyLock;

/// Most places offered where several fit.
const MOST: usize = 8;
/// Longest typed name looked at, characters.
const NAME_LIMIT: usize = 64;

/// A city, or whatever else a zone is known by.
#[derive(Debug, PartialEq)]
pub struct Place {
    /// IANA name of its time zone.
    pub zone: &'static str,
    /// As on the globe: x and y in the plane of the equator, z to the north pole.
    at: [f64; 3],
    /// At least one.
    names: Vec<&'static str>,
}

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let text = include_str!("../../assets/places.tsv");
    text.lines().filter(|line| !line.starts_with('#')).filter_map(Place::read).collect()
});

impl Place {
    fn read(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        let (zone, lat, lon) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Self { zone, at: on_the_globe(lat, lon)?, names: fields.next()?.split('|').collect() })
    }

    /// As most people write it.
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or(self.zone)
    }
}

/// `None`: nowhere on the globe.
fn on_the_globe(lat: f64, lon: f64) -> Option<[f64; 3]> {
    if !(lat.abs() <= 90.0 && lon.abs() <= 180.0) {
        return None;
    }
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    Some([lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()])
}

/// The zone of the nearest place to these degrees; `None` where there is no such point.
pub fn nearest(lat: f64, lon: f64) -> Option<&'static str> {
    let here = on_the_globe(lat, lon)?;
    let nearness = |place: &Place| here.iter().zip(place.at).map(|(a, b)| a * b).sum::<f64>();
    PLACES.iter().max_by(|a, b| nearness(a).total_cmp(&nearness(b))).map(|place| place.zone)
}

/// A zone's own place.
pub fn of_zone(zone: &str) -> Option<&'static Place> {
    by_zone(|known| known == zone)
}

/// The own place of the zone whose name fits.
pub fn by_zone(fits: impl Fn(&str) -> bool) -> Option<&'static Place> {
    PLACES.iter().find(|place| fits(place.zone))
}

/// How a zone is called.
pub fn name_of(zone: &str) -> String {
    let last = || zone.rsplit('/').next().unwrap_or(zone).replace('_', " ");
    of_zone(zone).map_or_else(last, |place| place.name().to_owned())
}

/// What was meant by a typed name.
#[derive(Debug, PartialEq)]
pub enum Meant {
    /// An IANA name.
    Zone(String),
    /// One of these, each in a zone of its own.
    Several(Vec<&'static Place>),
    Nothing,
}

/// The zone a learner means by the name of a city or of a zone, or by an offset from UTC; however it is written, with a slip
/// or two.
pub fn meant(typed: &str) -> Meant {
    let typed: String = typed.trim().chars().take(NAME_LIMIT).collect();
    if let Some(zone) = offset(&typed).or_else(|| local_day::zone_named(&typed.replace(' ', "_"))) {
        return Meant::Zone(zone);
    }
    // "São Paulo, Brazil" and "são paulo brasil": the country is left out.
    let mut words: Vec<String> = match typed.split(',').next() {
        Some(city) => folded(city).split(' ').map(str::to_owned).collect(),
        None => Vec::new(),
    };
    while !words.is_empty() {
        let found = search(&words.join(" "));
        match found.as_slice() {
            [] => {}
            [one] => return Meant::Zone(one.zone.to_owned()),
            _ => return Meant::Several(found),
        }
        words.pop();
    }
    Meant::Nothing
}

/// Places of this name; else those it is the beginning of; else the nearest ones with a slip.
fn search(name: &str) -> Vec<&'static Place> {
    let length = name.chars().count();
    if length < 2 {
        return Vec::new();
    }
    let those = |fits: &dyn Fn(&str) -> bool| {
        let mut found: Vec<&'static Place> = Vec::new();
        for place in PLACES.iter().filter(|place| place.names.iter().any(|own| fits(&folded(own)))) {
            if found.len() < MOST && found.iter().all(|known| known.zone != place.zone) {
                found.push(place);
            }
        }
        found
    };
    let exact = those(&|own| own == name);
    if !exact.is_empty() {
        return exact;
    }
    let begun = those(&|own| length > 2 && own.starts_with(name));
    if !begun.is_empty() {
        return begun;
    }
    let slips = match length {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    };
    let far = |slips: usize| those(&|own| strsim::damerau_levenshtein(own, name) == slips);
    (1..=slips).map(far).find(|found| !found.is_empty()).unwrap_or_default()
}

/// `UTC-3`, `GMT+2`, `+5`, as the zone without daylight saving time (whose names count westward).
fn offset(typed: &str) -> Option<String> {
    let upper = typed.to_uppercase().replace(' ', "");
    let number = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper);
    let number = number.strip_suffix(":00").unwrap_or(number).replace('−', "-");
    let signed = number.starts_with(['+', '-']);
    let hours: i8 = number.parse().ok().filter(|_| signed)?;
    match hours {
        0 => Some("UTC".to_owned()),
        -12..=14 => Some(format!("Etc/GMT{:+}", -hours)),
        _ => None,
    }
}

/// Lower case, without accents and punctuation, single spaces.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match bare(c) {
            Some(c) => out.push(c),
            // A mark of its own behind the letter, as some keyboards write accents; else what separates words, or nothing does.
            None if matches!(c, '\u{300}'..='\u{36f}' | '\'' | '’')
                || out.ends_with(' ')
                || out.is_empty() => {}
            None => out.push(' '),
        }
    }
    out.trim_end().to_owned()
}

/// A letter without its accent; `None` for what separates words.
fn bare(c: char) -> Option<char> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' | 'ģ' => 'g',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ț' | 'ţ' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c if c.is_alphanumeric() => c,
        _ => return None,
    })
}

/// Parts of the world, by the beginnings of the zones in them.
pub const REGIONS: [&[&str]; 5] = [
    &["Africa/"],
    &["America/"],
    &["Asia/"],
    &["Europe/"],
    &["Atlantic/", "Australia/", "Indian/", "Pacific/"],
];

/// The zones of a part of the world by their own places, from the earliest time of day there to the latest.
pub fn in_region(region: usize, now: Timestamp) -> Vec<&'static Place> {
    let beginnings = REGIONS.get(region).copied().unwrap_or_default();
    let mut found: Vec<&'static Place> = Vec::new();
    for place in PLACES.iter().filter(|place| beginnings.iter().any(|own| place.zone.starts_with(own))) {
        if found.iter().all(|known| known.zone != place.zone) {
            found.push(place);
        }
    }
    found.sort_by_key(|place| (ahead_of_utc(now, place.zone), place.name()));
    found
}

/// Minutes that the clocks there are ahead of UTC now.
fn ahead_of_utc(now: Timestamp, zone: &str) -> i32 {
    let (there, here) = (i32::from(local_minute(now, Some(zone))), i32::from(local_minute(now, None)));
    let days = local_day::local_day(now, Some(zone)) - local_day::local_day(now, None);
    days * 24 * 60 + there - here
}

/// Zones where most speakers of a language live, by its IETF tag.
pub fn near_language(tag: &str) -> &'static [&'static str] {
    let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    match primary.as_str() {
        "pt" => &[
            "America/Sao_Paulo",
            "America/Manaus",
            "America/Rio_Branco",
            "America/Noronha",
            "Europe/Lisbon",
            "Atlantic/Azores",
            "Africa/Maputo",
            "Africa/Lagos",
        ],
        "es" => &[
            "America/Mexico_City",
            "America/Bogota",
            "America/Lima",
            "America/Santiago",
            "America/Caracas",
            "America/Argentina/Buenos_Aires",
            "Europe/Madrid",
            "Atlantic/Canary",
        ],
        "fr" => &[
            "Europe/Paris",
            "Europe/Brussels",
            "America/Toronto",
            "Africa/Abidjan",
            "Africa/Algiers",
            "Africa/Casablanca",
        ],
        "de" => &["Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/London"],
        "it" => &["Europe/Rome", "Europe/Zurich", "Europe/London", "America/New_York"],
        "ru" => &[
            "Europe/Moscow",
            "Europe/Samara",
            "Asia/Yekaterinburg",
            "Asia/Novosibirsk",
            "Asia/Irkutsk",
            "Asia/Vladivostok",
            "Asia/Almaty",
            "Asia/Tashkent",
        ],
        "uk" => &["Europe/Kyiv", "Europe/Warsaw", "Europe/Berlin", "Europe/London"],
        "pl" => &["Europe/Warsaw", "Europe/London", "Europe/Berlin", "America/Chicago"],
        "tr" => &["Europe/Istanbul", "Europe/Berlin"],
        "ar" => &[
            "Africa/Cairo",
            "Asia/Riyadh",
            "Asia/Dubai",
            "Asia/Baghdad",
            "Africa/Casablanca",
            "Africa/Algiers",
        ],
        "fa" => &["Asia/Tehran", "Asia/Kabul"],
        "hi" | "bn" | "ta" | "te" | "mr" | "ur" => {
            &["Asia/Kolkata", "Asia/Karachi", "Asia/Dhaka", "Asia/Dubai"]
        }
        "zh" => &["Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong", "Asia/Singapore"],
        "ja" => &["Asia/Tokyo", "America/Los_Angeles"],
        "ko" => &["Asia/Seoul", "America/Los_Angeles"],
        "vi" => &["Asia/Ho_Chi_Minh", "Asia/Bangkok"],
        "id" | "ms" => &["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Singapore"],
        _ => &[
            "Europe/London",
            "Europe/Berlin",
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Los_Angeles",
            "Asia/Kolkata",
            "Australia/Sydney",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_in_a_zone_there_is_and_on_the_globe() {
        let lines = include_str!("../../assets/places.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(PLACES.len(), lines.count());
        for place in PLACES.iter() {
            assert!(local_day::is_zone(place.zone), "{place:?}");
            assert!(place.names.iter().all(|name| !folded(name).is_empty()), "{place:?}");
        }
        for tag in [
            "pt", "es", "fr", "de", "it", "ru", "uk", "pl", "tr", "ar", "fa", "hi", "zh", "ja", "ko", "vi",
            "id", "en", "",
        ] {
            for zone in near_language(tag) {
                assert!(of_zone(zone).is_some(), "{tag}: {zone}");
            }
        }
        let now = Timestamp(1_768_000_000_000);
        let all: usize = (0..REGIONS.len()).map(|region| in_region(region, now).len()).sum();
        assert!(all > 290, "{all}");
    }

    #[test]
    fn what_is_typed_is_found_however_it_is_written() {
        for (typed, zone) in [
            ("São Paulo", "America/Sao_Paulo"),
            ("sao paulo", "America/Sao_Paulo"),
            ("  SAO   PAULO  ", "America/Sao_Paulo"),
            ("Sa\u{303}o Paulo", "America/Sao_Paulo"),
            ("sao pualo", "America/Sao_Paulo"),
            ("São Paulo, Brasil", "America/Sao_Paulo"),
            ("sao paulo brasil", "America/Sao_Paulo"),
            ("america/sao_paulo", "America/Sao_Paulo"),
            ("America/Sao Paulo", "America/Sao_Paulo"),
            ("Florianopolis", "America/Sao_Paulo"),
            ("florianopoliss", "America/Sao_Paulo"),
            ("Salvador", "America/Bahia"),
            ("lisboa", "Europe/Lisbon"),
            ("München", "Europe/Berlin"),
            ("munic", "Europe/Berlin"),
            ("Москва", "Europe/Moscow"),
            ("東京", "Asia/Tokyo"),
            ("bogota", "America/Bogota"),
            ("Medelín", "America/Bogota"),
            ("nyc", "America/New_York"),
            ("St. Louis", "America/Chicago"),
            ("kathmandu", "Asia/Kathmandu"),
            ("UTC", "UTC"),
            ("utc-3", "Etc/GMT+3"),
            ("GMT +2", "Etc/GMT-2"),
            ("+5:00", "Etc/GMT-5"),
            ("utc+0", "UTC"),
        ] {
            assert_eq!(meant(typed), Meant::Zone(zone.to_owned()), "{typed}");
        }
        for typed in ["", " ", "x", "qqqqqqq", "🏠", "+99", "/", "....", "nowhere at all"] {
            assert_eq!(meant(typed), Meant::Nothing, "{typed}");
        }
        let Meant::Several(found) = meant("san") else { panic!("several") };
        assert!(found.len() > 2 && found.len() <= MOST, "{found:?}");
        let _ = meant(&"ã".repeat(10_000));
    }

    #[test]
    fn a_point_is_in_the_zone_of_the_nearest_place() {
        for (lat, lon, zone) in [
            (-23.5, -46.6, "America/Sao_Paulo"),
            (-22.0, -47.9, "America/Sao_Paulo"),
            (-3.1, -60.0, "America/Manaus"),
            (30.0, -90.0, "America/Chicago"),
            (25.8, -80.2, "America/New_York"),
            (38.7, -9.1, "Europe/Lisbon"),
            (42.2, -8.7, "Europe/Madrid"),
            (48.1, 11.6, "Europe/Berlin"),
            (27.7, 85.3, "Asia/Kathmandu"),
            (-31.5, 159.0, "Australia/Lord_Howe"),
            // On both sides of the line where dates change.
            (-17.5, 179.9, "Pacific/Fiji"),
            (-17.5, -179.9, "Pacific/Fiji"),
            (1.9, -157.4, "Pacific/Kiritimati"),
        ] {
            assert_eq!(nearest(lat, lon), Some(zone), "{lat} {lon}");
        }
        for (lat, lon) in [(f64::NAN, 0.0), (0.0, f64::INFINITY), (91.0, 0.0), (0.0, -181.0)] {
            assert_eq!(nearest(lat, lon), None, "{lat} {lon}");
        }
    }
}
