//! Owns texts and drawn excerpts as HTML.
//!
//! An excerpt is drawn without colours, since whether a terminal takes them is not for a page to follow; and then what is drawn around
//! the source gets classes.

use weft_federation::diagnostics::{Diagnostic, Severity};

/// A finding as in a terminal, for a `pre`: the classes are `error`, `warning` and `hint` for what points, `frame` for the rest that is
/// drawn, and `help`.
pub fn excerpt(diagnostic: &Diagnostic) -> String {
    let class = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    };
    drawn(&diagnostic.draw(false), class)
}

/// A text as HTML, be it in an element or in an attribute with quotes.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' | '\t' => html.push(character),
            control if control.is_control() => html.push('\u{fffd}'),
            other => html.push(other),
        }
    }
    html
}

fn drawn(text: &str, class: &str) -> String {
    let (heading, body) = text.trim_end().split_once('\n').unwrap_or((text.trim_end(), ""));
    let (kind, message) = heading.split_once(": ").unwrap_or((heading, ""));
    let mut html = format!("{} {}", span(class, &format!("{kind}:")), escaped(message));
    for line in body.lines() {
        html.push('\n');
        let (frame, rest) = frame(line);
        html.push_str(&span("frame", frame));
        // What is right of a line's number is the source.
        if frame.contains(|c: char| c.is_ascii_digit()) {
            html.push_str(&escaped(rest));
        } else {
            pointers(rest, class, &mut html);
        }
    }
    html
}

/// The left edge of a line, with its number if it has one.
fn frame(line: &str) -> (&str, &str) {
    let edge = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
    let rest = edge.trim_start_matches(is_drawn);
    // Where nothing is drawn after it, it is no edge.
    if rest.len() == edge.len() { ("", line) } else { line.split_at(line.len() - rest.len()) }
}

/// What is below a line of the source: strokes that point, and words.
fn pointers(text: &str, class: &str, html: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find(is_drawn) {
        let (before, strokes) = rest.split_at(start);
        let after = strokes.trim_start_matches(is_drawn);
        html.push_str(&escaped(before));
        html.push_str(&span(class, &strokes[..strokes.len() - after.len()]));
        rest = after;
    }
    match rest.trim_start().strip_prefix("Help:") {
        Some(help) => html.push_str(&format!(" {}{}", span("help", "Help:"), escaped(help))),
        None => html.push_str(&escaped(rest)),
    }
}

/// Box drawing, blocks and geometric shapes.
fn is_drawn(character: char) -> bool {
    ('\u{2500}'..='\u{25ff}').contains(&character)
}

fn span(class: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<span class=\"{class}\">{}</span>", escaped(text)) }
}

#[cfg(test)]
mod tests {
    use weft_federation::diagnostics::{Source, Span};

    use super::*;

    #[test]
    fn texts_are_escaped() {
        let cases = [
            ("a < b\n\t& 'c' \"d\">", "a &lt; b\n\t&amp; &#39;c&#39; &quot;d&quot;&gt;"),
            ("\u{1b}[31m\r\0", "\u{fffd}[31m\u{fffd}\u{fffd}"),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_excerpt_has_classes_around_its_source() {
        let source = Source::new("<a>.graphql", "type A { b: \"─\" <script> }");
        let found =
            Diagnostic::error("BAD", "no <b>: 1 < 2").at(Span::new(&source, 9..10), "this <i>").help("try \"c\"");
        let expected = "\
<span class=\"error\">[BAD] Error:</span> no &lt;b&gt;: 1 &lt; 2
<span class=\"frame\">   ╭─</span>[ &lt;a&gt;.graphql:1:10 ]
<span class=\"frame\">   │</span>
<span class=\"frame\"> 1 │</span> type A { b: &quot;─&quot; &lt;script&gt; }
<span class=\"frame\">   │</span>          <span class=\"error\">┬</span>  
<span class=\"frame\">   │</span>          <span class=\"error\">╰──</span> this &lt;i&gt;
<span class=\"frame\">   │</span> 
<span class=\"frame\">   │</span> <span class=\"help\">Help:</span> try &quot;c&quot;
<span class=\"frame\">───╯</span>";
        assert_eq!(excerpt(&found), expected);
    }

    #[test]
    fn a_finding_without_a_place_has_nothing_drawn() {
        let found = Diagnostic::warning("BAD", "no\n10 <b>").help("mend it");
        let expected = "<span class=\"warning\">Warning BAD:</span> no\n10 &lt;b&gt;\n  help: mend it";
        assert_eq!(excerpt(&found), expected);
    }
}
