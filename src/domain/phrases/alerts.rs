//! What admins are told unasked. Never a text or a name. Must not know when they are told.

use super::Phrases;
use crate::domain::dead_letter::DeadReason;
use crate::domain::rich::Rich;

impl Phrases {
    pub(crate) fn alert_tutor_down(self, for_ms: i64, waiting: usize) -> Rich {
        // "Stopped 0 s ago" would say no more than "stopped".
        let since = match for_ms {
            ..60_000 => String::new(),
            _ => format!(" {}", phrase!(self, "alert-since", age = self.age(for_ms))),
        };
        Rich::plain(phrase!(self, "alert-tutor-down", since, waiting))
    }

    /// `parts`: the names of those of its servers that do not answer, or fail on everything.
    pub(crate) fn alert_tutor_part_down(self, parts: &[String], for_ms: i64, waiting: usize) -> Rich {
        let since = match for_ms {
            ..60_000 => String::new(),
            _ => format!(" {}", phrase!(self, "alert-since", age = self.age(for_ms))),
        };
        Rich::plain(phrase!(self, "alert-tutor-part-down", since, parts = parts.join(", "), waiting))
    }

    /// The tutor answers, but every turn fails.
    pub(crate) fn alert_tutor_failing(self, waiting: usize) -> Rich {
        Rich::plain(phrase!(self, "alert-tutor-failing", waiting))
    }

    pub(crate) fn alert_tutor_back(self, waiting: usize) -> Rich {
        Rich::plain(phrase!(self, "alert-tutor-back", waiting))
    }

    pub(crate) fn alert_model_down(self, for_ms: i64, waiting: usize) -> Rich {
        let since = match for_ms {
            ..60_000 => String::new(),
            _ => format!(" {}", phrase!(self, "alert-since", age = self.age(for_ms))),
        };
        Rich::plain(phrase!(self, "alert-model-down", since, waiting))
    }

    pub(crate) fn alert_model_back(self, waiting: usize) -> Rich {
        Rich::plain(phrase!(self, "alert-model-back", waiting))
    }

    pub(crate) fn alert_dead_letters(self, fresh: &[(DeadReason, usize)], all: usize) -> Rich {
        let new: usize = fresh.iter().map(|(_, count)| count).sum();
        let reasons: Vec<String> = fresh
            .iter()
            .map(|(reason, count)| format!("\n– {}: {count}", self.dead_reason(*reason)))
            .collect();
        Rich::plain(phrase!(self, "alert-dead-letters", new, all, reasons = reasons.concat()))
    }

    /// `export_of`: time of the export that the store was restored from; `None`: it began empty.
    pub(crate) fn alert_restored(self, export_of: Option<&str>) -> Rich {
        Rich::plain(match export_of {
            Some(moment) => phrase!(self, "alert-restored", moment),
            None => phrase!(self, "alert-restored-empty"),
        })
    }

    pub(crate) fn alert_members_hidden(self) -> Rich {
        Rich::plain(phrase!(self, "alert-members-hidden"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    #[test]
    fn each_alert_speaks_both_languages() {
        let (en, pt) = (Phrases(Language::En), Phrases(Language::Pt));
        let fresh = [(DeadReason::Fault, 1)];
        for (a, b) in [
            (en.alert_tutor_down(61_000, 3), pt.alert_tutor_down(61_000, 3)),
            (en.alert_tutor_back(1), pt.alert_tutor_back(1)),
            (en.alert_tutor_failing(1), pt.alert_tutor_failing(1)),
            (en.alert_dead_letters(&fresh, 2), pt.alert_dead_letters(&fresh, 2)),
            (en.alert_restored(Some("then")), pt.alert_restored(Some("then"))),
            (en.alert_restored(None), pt.alert_restored(None)),
            (en.alert_members_hidden(), pt.alert_members_hidden()),
        ] {
            assert!(a != b && !a.is_blank() && !b.is_blank());
        }
        assert!(en.alert_tutor_down(61_000, 3).to_plain().contains("stopped answering 1 min ago."));
        assert!(en.alert_tutor_down(400, 3).to_plain().contains("stopped answering. "));
        assert!(pt.alert_dead_letters(&fresh, 2).to_plain().contains("novas: 1, no total: 2"));
    }
}
