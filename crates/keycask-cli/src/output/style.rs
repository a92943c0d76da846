//! Colours, by what they mean.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// The styles of the command; all plain where colours are off.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Palette {
    pub(crate) title: Style,
    pub(crate) good: Style,
    pub(crate) bad: Style,
    pub(crate) ending: Style,
    pub(crate) faint: Style,
}

impl Palette {
    pub(crate) fn new(colours: bool) -> Self {
        if !colours {
            return Self::default();
        }
        Self {
            title: Style::new().bold(),
            good: AnsiColor::Green.on_default(),
            bad: AnsiColor::Red.on_default().bold(),
            ending: AnsiColor::Yellow.on_default(),
            faint: Style::new().dimmed(),
        }
    }
}

/// The text in a style.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
