//! Templates: text with `{placeholder}`s, built in or from a folder.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use keycask::NoticeKind;

use super::facts::{Facts, NAMES};
use crate::failure::Failure;

macro_rules! built_in {
    ($kind:literal) => {
        (
            $kind,
            [
                include_str!(concat!("../../templates/", $kind, ".subject")),
                include_str!(concat!("../../templates/", $kind, ".txt")),
                include_str!(concat!("../../templates/", $kind, ".html")),
            ],
        )
    };
}

const BUILT_IN: [(&str, [&str; 3]); 7] = [
    built_in!("rotated"),
    built_in!("emergency_rotated"),
    built_in!("revoked"),
    built_in!("window_ending"),
    built_in!("expiring"),
    built_in!("rotation_due"),
    built_in!("leak_reported"),
];
/// The ends of the files' names, in the order of [`BUILT_IN`].
const PARTS: [&str; 3] = ["subject", "txt", "html"];

/// The templates of every kind.
pub(crate) struct Templates {
    of: BTreeMap<&'static str, [Template; 3]>,
}

/// A notice as it is mailed.
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Templates {
    /// The built-in ones, and those of a folder in their place.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, Failure> {
        let mut of = BTreeMap::new();
        for (kind, parts) in BUILT_IN {
            let [subject, text, html] = parts.map(|part| Template::parse(part, kind));
            of.insert(kind, [subject?, text?, html?]);
        }
        let mut templates = Self { of };
        folder.map_or(Ok(()), |folder| templates.read(folder))?;
        Ok(templates)
    }

    /// The subject, the text and the HTML; `None` for a kind without templates.
    pub(super) fn render(&self, kind: NoticeKind, facts: &Facts<'_>) -> Option<Rendered> {
        let [subject, text, html] = self.of.get(kind.as_str())?;
        Some(Rendered {
            subject: subject.render(facts, str::to_owned),
            text: text.render(facts, str::to_owned),
            html: html.render(facts, escape),
        })
    }

    fn read(&mut self, folder: &Path) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::argument(format!("--templates: read {}: {error}", folder.display()))
        };
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(part) = PARTS.iter().position(|part| path.extension() == Some(OsStr::new(part))) else {
                continue;
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let kind = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
            let templates = self.of.get_mut(kind).ok_or_else(|| unknown_kind(&name))?;
            templates[part] = Template::parse(&fs::read_to_string(&path).map_err(failed)?, &name)?;
            if part == 0 && !templates[part].is_one_line() {
                return Err(Failure::argument(format!("--templates: {name}: a subject is one line of text")));
            }
        }
        Ok(())
    }
}

/// A misspelt name would leave the built-in template in its place, and nobody would know.
fn unknown_kind(name: &str) -> Failure {
    let known: Vec<_> = BUILT_IN.iter().map(|(kind, _)| *kind).collect();
    Failure::argument(format!(
        "--templates: {name}: there is no such kind of notice; the kinds are {}",
        known.join(", ")
    ))
}

enum Piece {
    Text(String),
    Value(&'static str),
}

struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads a template. A placeholder is a word of small letters and `_` in braces; other braces, such as
    /// those of a style sheet, are text.
    fn parse(text: &str, name: &str) -> Result<Self, Failure> {
        let mut pieces = Vec::new();
        let mut rest = text.trim_end();
        while let Some((before, word, after)) = next_placeholder(rest) {
            let known = NAMES.iter().find(|known| **known == word).ok_or_else(|| {
                Failure::argument(format!(
                    "template {name}: there is no placeholder {{{word}}}; there are {}",
                    NAMES.join(", ")
                ))
            })?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Value(known)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }

    fn render(&self, facts: &Facts<'_>, write: impl Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(name) => write(&facts.value(name).unwrap_or_default()),
        };
        self.pieces.iter().map(piece).collect()
    }

    fn is_one_line(&self) -> bool {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(name) => (*name).to_owned(),
        };
        let line: String = self.pieces.iter().map(text).collect();
        !line.is_empty() && !line.contains(char::is_control)
    }
}

/// The text before the first placeholder, its word, and what follows it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(open, _)| {
        let (word, after) = text[open + 1..].split_once('}')?;
        let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_word.then(|| (&text[..open], word, after))
    })
}

/// Source: the HTML standard, "Escaping a string", and `'` for values in single quotes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_templates_and_their_placeholders_are_known() {
        let templates = Templates::load(None).unwrap();
        for kind in NoticeKind::ALL {
            let parts = &templates.of[kind.as_str()];
            assert!(parts[0].is_one_line(), "{kind}");
        }
        assert_eq!(templates.of.len(), NoticeKind::ALL.len());
    }

    #[test]
    fn a_placeholder_is_a_word_in_braces_and_other_braces_are_text() {
        assert_eq!(
            next_placeholder("a{b: c} {} { name } {name} {owner}"),
            Some(("a{b: c} {} { name } ", "name", " {owner}"))
        );
        assert_eq!(next_placeholder("p{color:red}"), None);
        assert_eq!(next_placeholder("{name"), None);
        assert_eq!(next_placeholder("{{name}}"), Some(("{", "name", "}")));
        let error = Template::parse("Dear {customer}", "revoked.txt").err().unwrap();
        assert!(error.message.contains("revoked.txt") && error.message.contains("{customer}"), "{error:?}");
    }

    #[test]
    fn html_is_escaped() {
        assert_eq!(escape(r#"<a href="x" id='y'>&"#), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
    }
}
