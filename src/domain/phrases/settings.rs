//! The sentences of `/settings`, the time zone among them. Must not know how a setting is kept.

use super::Phrases;
use crate::domain::Timestamp;
use crate::domain::learner::{Level, Translation};
use crate::domain::local_day::local_minute;
use crate::domain::places;
use crate::domain::rich::{Rich, Style};

/// What a learner has chosen.
#[derive(Debug)]
pub(crate) struct SettingsView<'a> {
    pub translation: Translation,
    pub voice_reply: bool,
    pub slower: bool,
    pub level: Option<Level>,
    /// `None`: there is no choice.
    pub persona: Option<&'a str>,
    /// Minutes; 0 is none.
    pub daily_goal: u16,
    /// When it comes, minutes since midnight.
    pub reminder: Option<u16>,
    pub zone: Option<&'a str>,
    pub now: Timestamp,
}

/// A setting with two values, and the one it is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    VoiceReply(bool),
    Slower(bool),
}

/// What the clocks of a zone show.
pub(crate) fn time_of_day_in(now: Timestamp, zone: &str) -> String {
    time_of_day(local_minute(now, Some(zone)))
}

/// A minute of the day.
pub(crate) fn time_of_day(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Phrases {
    pub(crate) fn settings(self, view: &SettingsView<'_>) -> Rich {
        let none = || phrase!(self, "settings-unknown");
        let level = view.level.map_or_else(none, |level| self.level(level));
        let zone = view.zone.map_or_else(none, |zone| self.zone_with_time(zone, view.now));
        let persona = view.persona.map(|persona| (phrase!(self, "settings-persona"), persona.to_owned()));
        let reminder = view.reminder.map_or_else(|| self.on_or_off(false), time_of_day);
        let lines = [
            Some((phrase!(self, "settings-language"), self.language_name())),
            Some((phrase!(self, "settings-level"), level)),
            Some((phrase!(self, "settings-translation"), self.translation(view.translation))),
            Some((phrase!(self, "settings-voice"), self.on_or_off(view.voice_reply))),
            Some((phrase!(self, "settings-slower"), self.on_or_off(view.slower))),
            persona,
            Some((phrase!(self, "settings-goal"), self.goal(view.daily_goal))),
            Some((phrase!(self, "settings-reminder"), reminder)),
            Some((phrase!(self, "settings-zone"), zone)),
        ];
        let title =
            Rich::default().push(Style::Bold, phrase!(self, "settings-title")).push(Style::Plain, "\n");
        lines.into_iter().flatten().fold(title, |text, (name, value)| {
            text.push(Style::Plain, format!("\n{name}: ")).push(Style::Bold, value)
        })
    }

    fn on_or_off(self, on: bool) -> String {
        if on { phrase!(self, "settings-on") } else { phrase!(self, "settings-off") }
    }

    fn zone_with_time(self, zone: &str, now: Timestamp) -> String {
        phrase!(self, "settings-zone-now", place = places::name_of(zone), time = time_of_day_in(now, zone))
    }

    /// `/settings` in a group.
    pub(crate) fn settings_in_private(self) -> Rich {
        Rich::plain(phrase!(self, "settings-in-private"))
    }

    /// Back to all of them.
    pub(crate) fn settings_button(self) -> String {
        phrase!(self, "settings-button")
    }

    pub(crate) fn switch_button(self, switch: Switch) -> String {
        match switch {
            Switch::VoiceReply(true) => phrase!(self, "settings-voice-on-button"),
            Switch::VoiceReply(false) => phrase!(self, "settings-voice-off-button"),
            Switch::Slower(true) => phrase!(self, "settings-slower-on-button"),
            Switch::Slower(false) => phrase!(self, "settings-slower-off-button"),
        }
    }

    pub(crate) fn language_page_button(self) -> String {
        phrase!(self, "settings-language-button")
    }

    pub(crate) fn translation_page_button(self) -> String {
        phrase!(self, "settings-translation-button")
    }

    pub(crate) fn level_page_button(self) -> String {
        phrase!(self, "settings-level-button")
    }

    pub(crate) fn persona_page_button(self) -> String {
        phrase!(self, "settings-persona-button")
    }

    pub(crate) fn goal_page_button(self) -> String {
        phrase!(self, "settings-goal-button")
    }

    pub(crate) fn reminder_page_button(self) -> String {
        phrase!(self, "settings-reminder-button")
    }

    pub(crate) fn zone_page_button(self) -> String {
        phrase!(self, "settings-zone-button")
    }

    pub(crate) fn translation_menu(self) -> Rich {
        Rich::plain(phrase!(self, "translation-menu"))
    }

    /// When there is a translation, as on its button.
    pub(crate) fn translation(self, when: Translation) -> String {
        match when {
            Translation::Always => phrase!(self, "translation-always-button"),
            Translation::OnTap => phrase!(self, "translation-on-tap-button"),
            Translation::Never => phrase!(self, "translation-never-button"),
        }
    }

    pub(crate) fn goal_menu(self) -> Rich {
        Rich::plain(phrase!(self, "goal-menu"))
    }

    /// A daily goal, as on its button.
    pub(crate) fn goal(self, minutes: u16) -> String {
        match minutes {
            0 => phrase!(self, "goal-none-button"),
            _ => phrase!(self, "goal-button", minutes),
        }
    }

    /// Above the times of day a reminder may come at.
    pub(crate) fn reminder_menu(self, chosen: Option<u16>, zone: Option<&str>) -> Rich {
        let text = Rich::plain(phrase!(self, "reminder-menu"));
        match chosen {
            Some(minute) => text.push(Style::Plain, "\n\n").append(self.reminder_set(Some(minute), zone)),
            None => text,
        }
    }

    pub(crate) fn no_reminder_button(self) -> String {
        phrase!(self, "no-reminder-button")
    }

    /// When the reminder comes from now on, minutes since midnight.
    pub(crate) fn reminder_set(self, minute: Option<u16>, zone: Option<&str>) -> Rich {
        let time = time_of_day(minute.unwrap_or_default());
        Rich::plain(match (minute, zone) {
            (None, _) => phrase!(self, "reminder-is-off"),
            (Some(_), Some(zone)) => phrase!(self, "reminder-is-set", time, place = places::name_of(zone)),
            (Some(_), None) => phrase!(self, "reminder-is-set-utc", time),
        })
    }

    /// A time nobody can read.
    pub(crate) fn remind_how(self) -> Rich {
        Rich::plain(phrase!(self, "remind-how"))
    }

    pub(crate) fn zone_menu(self, chosen: Option<&str>, now: Timestamp) -> Rich {
        let text = Rich::plain(phrase!(self, "zone-menu"));
        match chosen {
            Some(zone) => text
                .push(Style::Plain, format!("\n\n{}: ", phrase!(self, "settings-zone")))
                .push(Style::Bold, self.zone_with_time(zone, now)),
            None => text,
        }
    }

    pub(crate) fn zone_elsewhere_button(self) -> String {
        phrase!(self, "zone-elsewhere-button")
    }

    pub(crate) fn zone_ask_button(self) -> String {
        phrase!(self, "zone-ask-button")
    }

    /// A part of the world, by its place in [`places::REGIONS`].
    pub(crate) fn region_button(self, region: usize) -> String {
        match region {
            0 => phrase!(self, "region-africa-button"),
            1 => phrase!(self, "region-america-button"),
            2 => phrase!(self, "region-asia-button"),
            3 => phrase!(self, "region-europe-button"),
            _ => phrase!(self, "region-oceans-button"),
        }
    }

    pub(crate) fn earlier_button(self) -> String {
        phrase!(self, "zone-earlier-button")
    }

    pub(crate) fn later_button(self) -> String {
        phrase!(self, "zone-later-button")
    }

    /// Asks for a city or a location.
    pub(crate) fn zone_ask(self) -> Rich {
        Rich::plain(phrase!(self, "zone-ask"))
    }

    pub(crate) fn zone_asked_notice(self) -> String {
        phrase!(self, "zone-asked-notice")
    }

    pub(crate) fn zone_share_button(self) -> String {
        phrase!(self, "zone-share-button")
    }

    pub(crate) fn zone_cancel_button(self) -> String {
        phrase!(self, "zone-cancel-button")
    }

    pub(crate) fn zone_kept(self) -> Rich {
        Rich::plain(phrase!(self, "zone-kept"))
    }

    pub(crate) fn zone_which(self) -> Rich {
        Rich::plain(phrase!(self, "zone-which"))
    }

    pub(crate) fn zone_unknown(self) -> Rich {
        Rich::plain(phrase!(self, "zone-unknown"))
    }

    pub(crate) fn zone_set(self, zone: &str, now: Timestamp) -> Rich {
        let (place, time) = (places::name_of(zone), time_of_day_in(now, zone));
        Rich::plain(phrase!(self, "zone-set", place, time))
    }
}
