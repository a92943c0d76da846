//! One line of the table.

use serde_json::{Value, json};

use super::rounds::Pair;

/// What is measured, and how it is written.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    PerSecond,
    Bytes,
    /// How many times as fast.
    Gain,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::PerSecond => "/s",
            Self::Bytes => "bytes",
            Self::Gain => "x",
        }
    }

    fn told(self, value: f64) -> String {
        let digits = match self {
            Self::PerSecond => 0,
            Self::Gain | Self::Milliseconds => 2,
            _ => 1,
        };
        format!("{value:.digits$} {}", self.name())
    }
}

/// What the contract asks for.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// Of the ratio of figure to floor.
    RatioAtMost(f64),
    RatioAtLeast(f64),
    /// Of the figure itself.
    AtMost(f64),
    /// Nothing: the figure is told for itself.
    None,
}

/// One line of the table.
pub(super) struct Row {
    pub(super) work: &'static str,
    pub(super) about: String,
    pub(super) unit: Unit,
    pub(super) floor: Option<f64>,
    pub(super) figure: f64,
    pub(super) limit: Limit,
}

impl Row {
    pub(super) fn of_pair(work: &'static str, about: String, unit: Unit, pair: Pair, limit: Limit) -> Self {
        Self { work, about, unit, floor: Some(pair.floor), figure: pair.figure, limit }
    }

    pub(super) fn alone(work: &'static str, about: String, unit: Unit, figure: f64, limit: Limit) -> Self {
        Self { work, about, unit, floor: None, figure, limit }
    }

    fn ratio(&self) -> Option<f64> {
        self.floor.map(|floor| self.figure / floor)
    }

    /// Whether the limit is kept, where there is one.
    fn reached(&self) -> Option<bool> {
        match self.limit {
            Limit::RatioAtMost(limit) => self.ratio().map(|ratio| ratio <= limit),
            Limit::RatioAtLeast(limit) => self.ratio().map(|ratio| ratio >= limit),
            Limit::AtMost(limit) => Some(self.figure <= limit),
            Limit::None => None,
        }
    }

    fn limit_told(&self) -> String {
        match self.limit {
            Limit::RatioAtMost(limit) => format!("<= {limit} x"),
            Limit::RatioAtLeast(limit) => format!(">= {limit} x"),
            Limit::AtMost(limit) => format!("<= {limit} {}", self.unit.name()),
            Limit::None => String::new(),
        }
    }

    pub(super) fn cells(&self) -> [String; 6] {
        let reached = self.reached().map_or("", |reached| if reached { "yes" } else { "no" });
        [
            self.about.clone(),
            self.floor.map_or_else(String::new, |floor| self.unit.told(floor)),
            self.unit.told(self.figure),
            self.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2} x")),
            self.limit_told(),
            reached.to_owned(),
        ]
    }

    pub(super) fn view(&self) -> Value {
        let (kind, limit) = match self.limit {
            Limit::RatioAtMost(limit) => (Some("ratio_at_most"), Some(limit)),
            Limit::RatioAtLeast(limit) => (Some("ratio_at_least"), Some(limit)),
            Limit::AtMost(limit) => (Some("figure_at_most"), Some(limit)),
            Limit::None => (None, None),
        };
        json!({
            "work": self.work,
            "about": self.about,
            "unit": self.unit.name(),
            "floor": self.floor,
            "figure": self.figure,
            "ratio": self.ratio(),
            "limit_kind": kind,
            "limit": limit,
            "reached": self.reached(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(floor: f64, figure: f64, limit: Limit) -> Row {
        Row::of_pair("verify", String::new(), Unit::Nanoseconds, Pair { floor, figure }, limit)
    }

    #[test]
    fn a_limit_is_reached_up_to_its_value() {
        assert_eq!(row(100.0, 150.0, Limit::RatioAtMost(1.5)).reached(), Some(true));
        assert_eq!(row(100.0, 151.0, Limit::RatioAtMost(1.5)).reached(), Some(false));
        assert_eq!(row(100.0, 50.0, Limit::RatioAtLeast(0.5)).reached(), Some(true));
        assert_eq!(row(100.0, 49.0, Limit::RatioAtLeast(0.5)).reached(), Some(false));
        assert_eq!(row(1.0, 10.0, Limit::AtMost(10.0)).reached(), Some(true));
        assert_eq!(row(1.0, 10.1, Limit::AtMost(10.0)).reached(), Some(false));
        assert_eq!(row(1.0, 10.1, Limit::None).reached(), None);
    }
}
