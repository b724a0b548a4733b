//! Prometheus text, read strictly, and the names that queries use.

use std::collections::{BTreeMap, BTreeSet};

/// One metric with its samples.
#[derive(Debug, Default)]
pub struct Family {
    pub kind: String,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

pub struct Exposition(pub BTreeMap<String, Family>);

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// `{a="b",c="d"}` with what follows it.
fn labels(text: &str) -> (BTreeMap<String, String>, &str) {
    let mut found = BTreeMap::new();
    let mut rest = text.strip_prefix('{').unwrap();
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("unclosed label: {text}"));
        assert!(is_name(name) && !value.contains('\\'), "{text}");
        assert!(found.insert(name.to_owned(), value.to_owned()).is_none(), "twice {name}: {text}");
        rest = after;
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    (found, rest.strip_prefix('}').unwrap_or_else(|| panic!("unclosed labels: {text}")))
}

impl Exposition {
    /// Panics on anything that is not as the format and its conventions have it.
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut helped = BTreeSet::new();
        let mut current = String::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(!help.trim().is_empty() && helped.insert(name.to_owned()), "{line}");
                continue;
            }
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert!(is_name(name) && name.starts_with("phonicflow_") && helped.contains(name), "{line}");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                let family = Family { kind: kind.to_owned(), samples: Vec::new() };
                assert!(families.insert(name.to_owned(), family).is_none(), "{line}");
                current = name.to_owned();
                continue;
            }
            assert!(!line.starts_with('#'), "{line}");
            let end = line.find(['{', ' ']).unwrap();
            let (name, rest) = line.split_at(end);
            let (labels, rest) = if rest.starts_with('{') { labels(rest) } else { Default::default() };
            let rest = if labels.is_empty() { &line[end..] } else { rest };
            let value: f64 = rest.trim().parse().unwrap_or_else(|_| panic!("{line}"));
            let family = families.get_mut(&current).unwrap_or_else(|| panic!("before any TYPE: {line}"));
            let fits = match family.kind.as_str() {
                "histogram" => ["_bucket", "_sum", "_count"]
                    .iter()
                    .any(|end| name.strip_suffix(end) == Some(current.as_str())),
                _ => name == current,
            };
            assert!(fits, "{line} beneath the TYPE of {current}");
            family.samples.push(Sample { name: name.to_owned(), labels, value });
        }
        let read = Self(families);
        read.check();
        read
    }

    fn check(&self) {
        for (name, family) in &self.0 {
            assert!(!family.samples.is_empty(), "{name} without samples");
            assert_eq!(name.ends_with("_total"), family.kind == "counter", "{name}");
            let mut series = BTreeSet::new();
            for sample in &family.samples {
                assert!(series.insert((&sample.name, &sample.labels)), "twice: {sample:?}");
                assert!(sample.value.is_nan() || sample.value >= 0.0, "{sample:?}");
                for label in sample.labels.keys() {
                    let known = ["kind", "of", "call", "stage", "version", "le", "server"];
                    assert!(known.contains(&label.as_str()), "label {label} of {name}");
                }
            }
            if family.kind == "histogram" {
                assert!(name.ends_with("_seconds"), "{name}");
                self.check_histogram(name, family);
            }
        }
    }

    fn check_histogram(&self, name: &str, family: &Family) {
        let mut series: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
        for sample in family.samples.iter().filter(|sample| sample.name.ends_with("_bucket")) {
            let mut labels = sample.labels.clone();
            let le: f64 = labels.remove("le").unwrap().parse().unwrap();
            series.entry(labels).or_default().push((le, sample.value));
        }
        for (labels, buckets) in series {
            assert!(buckets.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 <= two[1].1), "{buckets:?}");
            let (last, all) = buckets[buckets.len() - 1];
            let labels: Vec<_> = labels.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!((last, all), (f64::INFINITY, self.value(&format!("{name}_count"), &labels)));
            self.value(&format!("{name}_sum"), &labels);
        }
    }

    /// The value of the one series with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let wanted: BTreeMap<String, String> =
            labels.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let all = self.0.values().flat_map(|family| &family.samples);
        let found = all.filter(|sample| sample.name == name && sample.labels == wanted).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{name} {labels:?}");
        found[0].value
    }

    /// Names a query may use, each with the values of each label.
    pub fn series(&self) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
        let mut found: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for sample in self.0.values().flat_map(|family| &family.samples) {
            let labels = found.entry(sample.name.clone()).or_default();
            for (label, value) in &sample.labels {
                labels.entry(label.clone()).or_default().insert(value.clone());
            }
        }
        found
    }
}

/// What one query names.
#[derive(Debug, Default)]
pub struct Names {
    pub metrics: Vec<String>,
    /// (metric, label, value where it is matched for equality).
    pub matched: Vec<(String, String, Option<String>)>,
    /// Labels in `by (…)`.
    pub grouped: Vec<String>,
}

/// The names in a PromQL expression.
pub fn names_in(query: &str) -> Names {
    let mut names = Names::default();
    let mut rest = query;
    while let Some(at) = rest.find("phonicflow_") {
        rest = &rest[at..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        if let Some(inner) = rest.strip_prefix('{') {
            let inner = inner.split_once('}').unwrap_or_else(|| panic!("unclosed: {query}")).0;
            for part in inner.split(',').filter(|part| !part.trim().is_empty()) {
                let at = part.find(['=', '!']).unwrap_or_else(|| panic!("no matcher {part:?}: {query}"));
                let (label, matcher) = part.split_at(at);
                let value = matcher.strip_prefix("=\"").and_then(|value| value.strip_suffix('"'));
                names.matched.push((name.clone(), label.trim().to_owned(), value.map(str::to_owned)));
            }
        }
        names.metrics.push(name);
    }
    for (at, _) in query.match_indices("by (") {
        let inner = query[at + 4..].split_once(')').unwrap().0;
        names.grouped.extend(inner.split(',').map(|label| label.trim().to_owned()));
    }
    names
}

#[test]
fn the_names_in_a_query_are_found() {
    let names = names_in(
        "histogram_quantile(0.95, sum by (le, stage) (rate(phonicflow_x_seconds_bucket{stage=\"tutor\",kind!=\"a\"}[5m]))) \
         > phonicflow_y",
    );
    assert_eq!(names.metrics, ["phonicflow_x_seconds_bucket", "phonicflow_y"]);
    assert_eq!(names.grouped, ["le", "stage"]);
    assert_eq!(names.matched[0].2.as_deref(), Some("tutor"));
    assert_eq!((names.matched[1].1.as_str(), names.matched[1].2.as_deref()), ("kind", None));
}
