//! Owns drawn excerpts as HTML: a terminal's colours become classes, and everything else is escaped.

/// The classes `red`, `green`, `yellow`, `blue`, `magenta`, `cyan` and `dim`; colours beyond them are dim.
pub fn to_html(drawn: &str) -> String {
    let (mut html, mut rest, mut is_open) = (String::with_capacity(drawn.len() * 2), drawn, false);
    while let Some(at) = rest.find(ESCAPE) {
        escape(&rest[..at], &mut html);
        let after = &rest[at + ESCAPE.len_utf8()..];
        // Another sequence than one of colours has no meaning here, and neither has one that does not end.
        let (codes, tail) = match after.strip_prefix('[').and_then(|sequence| sequence.split_once('m')) {
            Some((codes, tail)) if codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') => {
                (Some(codes), tail)
            }
            Some(_) | None => (None, after),
        };
        if let Some(codes) = codes {
            if is_open {
                html.push_str("</span>");
            }
            let class = class(codes);
            is_open = class.is_some();
            if let Some(class) = class {
                html.push_str(&format!("<span class=\"{class}\">"));
            }
        }
        rest = tail;
    }
    escape(rest, &mut html);
    if is_open {
        html.push_str("</span>");
    }
    html
}

/// Writes a text as HTML, be it in an element or in an attribute with quotes.
pub fn escape(text: &str, html: &mut String) {
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
}

const ESCAPE: char = '\u{1b}';

fn class(codes: &str) -> Option<&'static str> {
    let mut codes = codes.split(';');
    match codes.next() {
        Some("31" | "91") => Some("red"),
        Some("32" | "92") => Some("green"),
        Some("33" | "93") => Some("yellow"),
        Some("34" | "94") => Some("blue"),
        Some("35" | "95") => Some("magenta"),
        Some("36" | "96") => Some("cyan"),
        Some("38" | "90" | "2") => Some("dim"),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_classes_and_the_rest_is_escaped() {
        let cases = [
            ("a < b\n\t& 'c' \"d\"", "a &lt; b\n\t&amp; &#39;c&#39; &quot;d&quot;"),
            ("\u{1b}[31mError:\u{1b}[0m x", "<span class=\"red\">Error:</span> x"),
            ("\u{1b}[38;5;246m│\u{1b}[33m!", "<span class=\"dim\">│</span><span class=\"yellow\">!</span>"),
            ("\u{1b}[31m</pre><script>", "<span class=\"red\">&lt;/pre&gt;&lt;script&gt;</span>"),
            ("\u{1b}[2Jx \u{1b}]0;title\u{7}", "[2Jx ]0;title\u{fffd}"),
            ("\u{1b}[31\"><script>m", "[31&quot;&gt;&lt;script&gt;m"),
            ("\u{1b}", ""),
            ("\r\0", "\u{fffd}\u{fffd}"),
        ];
        for (drawn, expected) in cases {
            assert_eq!(to_html(drawn), expected, "{drawn:?}");
        }
    }
}
