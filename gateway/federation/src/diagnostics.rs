//! Owns what is said to people about their files: a [`Diagnostic`] with a code, a message and
//! spans, and the drawn excerpt that shows it.
//!
//! Diagnostics are accumulated, never thrown: a phase returns all that it found.

use std::fmt::Write as _;
use std::sync::Arc;

/// A text that diagnostics point into: a file's path as the user wrote it, and its content.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into() })
    }

    /// One-based line and column (in characters) of a byte offset; an offset past the end is the end.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.bytes().filter(|byte| *byte == b'\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The byte offset of a one-based line and column (in characters); one past the end is the end.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &self.text[start..];
        rest.char_indices().nth(column.saturating_sub(1)).map_or(self.text.len(), |(at, _)| start + at)
    }
}

/// A byte range of a [`Source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub source: Arc<Source>,
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(source: &Arc<Source>, range: std::ops::Range<usize>) -> Self {
        Self { source: Arc::clone(source), start: range.start, end: range.end }
    }

    /// Whether another span lies within this one.
    pub fn contains(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && self.start <= other.start && other.end <= self.end
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    /// Worth knowing, such as descriptions that differ between subgraphs.
    Hint,
}

/// One finding. `code` is stable and is what tools match on; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    /// The subgraph that it is about, if it is about one.
    pub subgraph: Option<String>,
    /// The first is where it is; the others, with their notes, are what it conflicts with.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub note: String,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            subgraph: None,
            labels: Vec::new(),
            help: None,
        }
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    pub fn hint(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Hint, ..Self::error(code, message) }
    }

    pub fn in_subgraph(mut self, name: impl Into<String>) -> Self {
        self.subgraph = Some(name.into());
        self
    }

    /// Adds a place; without one the finding is about the whole.
    pub fn at(mut self, span: impl Into<Option<Span>>, note: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.labels.push(Label { span, note: note.into() });
        }
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The finding as people read it in a terminal: a heading, the excerpt drawn, and the help.
    /// `color` adds ANSI colours.
    pub fn draw(&self, color: bool) -> String {
        use ariadne::{Color, Config, IndexType, Report, ReportKind};
        let (kind, tint) = match self.severity {
            Severity::Error => (ReportKind::Error, Color::Red),
            Severity::Warning => (ReportKind::Warning, Color::Yellow),
            Severity::Hint => (ReportKind::Advice, Color::Cyan),
        };
        let message = match &self.subgraph {
            Some(name) => format!("[{name}] {}", self.message),
            None => self.message.clone(),
        };
        let Some(first) = self.labels.first() else {
            let mut text = format!("{kind} {}: {message}\n", self.code);
            if let Some(help) = &self.help {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "  help: {help}");
            }
            return text;
        };
        let place = |span: &Span| (span.source.path.clone(), span.start..span.end.max(span.start));
        let mut report = Report::build(kind, place(&first.span))
            .with_config(Config::default().with_color(color).with_index_type(IndexType::Byte))
            .with_code(self.code)
            .with_message(message);
        for label in &self.labels {
            // A label without a message would not be underlined, so an empty one is set too.
            let drawn = ariadne::Label::new(place(&label.span)).with_color(tint).with_message(&label.note);
            report = report.with_label(drawn);
        }
        if let Some(help) = &self.help {
            report = report.with_help(help);
        }
        let cache = ariadne::sources(
            self.labels.iter().map(|label| (label.span.source.path.clone(), label.span.source.text.clone())),
        );
        let mut out = Vec::new();
        match report.finish().write(cache, &mut out) {
            Ok(()) => String::from_utf8_lossy(&out).into_owned(),
            Err(_) => self.to_string() + "\n",
        }
    }
}

/// One line: `path:line:column: error[CODE]: message`, for logs and tools.
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(label) = self.labels.first() {
            let (line, column) = label.span.source.line_column(label.span.start);
            write!(f, "{}:{line}:{column}: ", label.span.source.path)?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        write!(f, "{severity}[{}]: ", self.code)?;
        if let Some(name) = &self.subgraph {
            write!(f, "[{name}] ")?;
        }
        f.write_str(&self.message)
    }
}
