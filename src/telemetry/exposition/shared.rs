//! What `/metrics` shows of a store that several daemons share: of its owner beside the rest, of a daemon that stands by alone.
//!
//! Must not know how the values are gathered.

use super::{Family, GAUGES, Gauges, Page, flag};

/// Those of [`GAUGES`] that a daemon has in every role.
const OF_EVERY_ROLE: &[&str] =
    &["phonicflow_healthy", "phonicflow_process_start_time_seconds", "phonicflow_build_info"];

type SharedValue = fn(&SharedGauges) -> f64;

/// Of a store that several daemons share.
const SHARED: &[Family<SharedValue>] = &[
    ("phonicflow_owner", "1: this daemon owns the store; 0: it stands by.", &[(&[], |now| flag(now.owner))]),
    (
        "phonicflow_store_epoch",
        "How often a daemon has become the owner of the store.",
        &[(&[], |now| now.epoch as f64)],
    ),
    (
        "phonicflow_database_reachable",
        "1: the database answered this daemon lately.",
        &[(&[], |now| flag(now.reachable))],
    ),
    (
        "phonicflow_lease_left_seconds",
        "Left of the ownership of the store, as this daemon knows it; 0: nobody owns it.",
        &[(&[], |now| now.lease_left_secs)],
    ),
];

/// As [`Gauges`]; what they mean stands in [`SHARED`].
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedGauges {
    pub owner: bool,
    /// How often this process has become the owner.
    pub take_overs: u64,
    pub epoch: u64,
    pub reachable: bool,
    pub lease_left_secs: f64,
}

/// As [`render`], of a daemon that stands by: it works on nothing.
pub(crate) fn render_standby(shared: &SharedGauges, healthy: bool, started_secs: f64) -> String {
    let mut page = Page::default();
    page.shared(shared);
    let gauges = Gauges { healthy, started_secs, ..Gauges::default() };
    for (name, help, series) in GAUGES.iter().filter(|(name, ..)| OF_EVERY_ROLE.contains(name)) {
        page.family(name, "gauge", help);
        for (labels, value) in *series {
            page.sample(name, labels, value(&gauges));
        }
    }
    page.0
}

impl Page {
    pub(super) fn shared(&mut self, shared: &SharedGauges) {
        let take_overs = "phonicflow_take_overs_total";
        self.family(
            take_overs,
            "counter",
            "How often this daemon has become the owner of the store since its start.",
        );
        self.sample(take_overs, &[], shared.take_overs);
        for (name, help, series) in SHARED {
            self.family(name, "gauge", help);
            for (labels, value) in *series {
                self.sample(name, labels, value(shared));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_shows_its_role_and_none_of_the_owner_s_work() {
        let shared = SharedGauges { take_overs: 2, epoch: 7, reachable: true, ..SharedGauges::default() };
        let page = render_standby(&shared, true, 5.0);
        for line in [
            "phonicflow_owner 0",
            "phonicflow_take_overs_total 2",
            "phonicflow_store_epoch 7",
            "phonicflow_database_reachable 1",
            "phonicflow_healthy 1",
            "phonicflow_process_start_time_seconds 5",
        ] {
            assert!(page.lines().any(|it| it == line), "{line} is missing in\n{page}");
        }
        assert!(!page.contains("inbox") && !page.contains("NaN"), "{page}");
        assert_eq!(page.matches("# TYPE phonicflow_build_info gauge").count(), 1);
    }
}
