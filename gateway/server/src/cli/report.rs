//! Owns how diagnostics leave the program: drawn for people, a JSON object a line for tools, or
//! annotations of a pull request. All on stderr.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;
use weft_federation::diagnostics::{Diagnostic, Label, Severity};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With excerpts, drawn.
    Text,
    /// One JSON object a line.
    Json,
    /// Commands that GitHub Actions makes annotations of.
    Github,
}

/// Writes findings to stderr.
pub fn diagnostics(found: &[Diagnostic], format: Format) {
    let stderr = io::stderr();
    let color = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut stderr = stderr.lock();
    for diagnostic in found {
        let text = match format {
            Format::Text => diagnostic.draw(color) + "\n",
            Format::Json => json(diagnostic) + "\n",
            Format::Github => annotation(diagnostic) + "\n",
        };
        // Where stderr is closed there is nobody to tell.
        let _ = stderr.write_all(text.as_bytes());
    }
    if format == Format::Text && !found.is_empty() {
        let _ = writeln!(stderr, "{}", summary(found));
    }
}

/// `2 errors, 1 warning`
fn summary(found: &[Diagnostic]) -> String {
    let counted = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Hint, "hint")];
    let parts = counted.iter().filter_map(|(severity, name)| {
        match found.iter().filter(|diagnostic| diagnostic.severity == *severity).count() {
            0 => None,
            1 => Some(format!("1 {name}")),
            count => Some(format!("{count} {name}s")),
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    severity: &'static str,
    code: &'a str,
    message: &'a str,
    subgraph: Option<&'a str>,
    help: Option<&'a str>,
    /// The first is where it is, the others are what it conflicts with.
    places: Vec<JsonPlace<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonPlace<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    note: &'a str,
}

fn json(diagnostic: &Diagnostic) -> String {
    let places = diagnostic.labels.iter().map(|Label { span, note }| {
        let (line, column) = span.source.line_column(span.start);
        let (end_line, end_column) = span.source.line_column(span.end);
        JsonPlace { file: &span.source.path, line, column, end_line, end_column, note }
    });
    let shown = JsonDiagnostic {
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        },
        code: diagnostic.code,
        message: &diagnostic.message,
        subgraph: diagnostic.subgraph.as_deref(),
        help: diagnostic.help.as_deref(),
        places: places.collect(),
    };
    // Strings and numbers alone: this cannot fail.
    serde_json::to_string(&shown).unwrap_or_default()
}

/// `::warning file=a.graphql,line=2,col=1,title=CODE::message`, as the workflow commands of GitHub Actions are written.
fn annotation(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let mut properties = vec![];
    if let Some(Label { span, .. }) = diagnostic.labels.first() {
        let (line, column) = span.source.line_column(span.start);
        properties.push(format!("file={}", escaped_property(&span.source.path)));
        properties.push(format!("line={line},col={column}"));
    }
    properties.push(format!("title={}", escaped_property(diagnostic.code)));
    let subgraph = diagnostic.subgraph.as_ref().map(|name| format!("[{name}] ")).unwrap_or_default();
    let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let text = escaped(&format!("{subgraph}{}{help}", diagnostic.message));
    format!("::{level} {}::{text}", properties.join(","))
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_federation::diagnostics::{Source, Span};

    #[test]
    fn a_finding_is_one_line_for_tools() {
        let source = Source::new("a.graphql", "type A\ntype A");
        let found = Diagnostic::error("TWICE", "A is there twice")
            .in_subgraph("a")
            .at(Span::new(&source, 7..13), "again")
            .help("remove one");
        assert_eq!(
            json(&found),
            concat!(
                r#"{"severity":"error","code":"TWICE","message":"A is there twice","subgraph":"a","help":"remove one","#,
                r#""places":[{"file":"a.graphql","line":2,"column":1,"endLine":2,"endColumn":7,"note":"again"}]}"#
            )
        );
        assert_eq!(
            annotation(&found),
            "::error file=a.graphql,line=2,col=1,title=TWICE::[a] A is there twice%0Ahelp: remove one"
        );
        let elsewhere = Diagnostic::hint("H", "100%: a, b").at(Span::new(&Source::new("a,b.graphql", ""), 0..0), "");
        assert_eq!(annotation(&elsewhere), "::notice file=a%2Cb.graphql,line=1,col=1,title=H::100%25: a, b");
        assert_eq!(summary(&[found.clone(), found, Diagnostic::warning("W", "")]), "2 errors, 1 warning");
    }
}
