//! Owns the text of an imported schema, laid out as a person would: what is short on one line, what is long in blocks.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::mapping::{self, flat, lines};
use super::model::{
    About, Argument, Connect, Definition, Field, Header, Input, Item, Object, Request, Schema, Selected, Source,
    SourceProtocol,
};

/// How long a line may get, about.
const WIDTH: usize = 110;

/// The whole file.
pub fn schema(schema: &Schema) -> String {
    let mut writer = Writer { schema, mapped: mapping::needs_mapping(schema), out: String::new() };
    writer.head();
    for root in schema.roots.iter().filter(|root| !root.fields.is_empty()) {
        writer.line(0, "");
        writer.line(0, &format!("type {} {{", root.name));
        for field in &root.fields {
            writer.field(field);
        }
        writer.line(0, "}");
    }
    for (name, definition) in &schema.types {
        writer.line(0, "");
        writer.definition(name, definition);
    }
    if schema.types.values().any(|definition| matches!(definition, Definition::Input(Input { one_of: true, .. }))) {
        writer.line(0, "");
        writer.line(0, "directive @oneOf on INPUT_OBJECT");
    }
    if !schema.left_out.is_empty() {
        writer.line(0, "");
        writer.line(0, "# Left out:");
        for left in &schema.left_out {
            writer.comment(0, &format!("- {}: {}", left.what, left.why));
        }
    }
    writer.out
}

struct Writer<'s> {
    schema: &'s Schema,
    mapped: HashSet<String>,
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indent));
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn comment(&mut self, indent: usize, text: &str) {
        // A lone carriage return ends a line too, and what follows it would be no comment.
        for line in printable(text).lines() {
            self.line(indent, format!("# {line}").trim_end());
        }
    }

    fn head(&mut self) {
        for comment in &self.schema.header {
            self.comment(0, comment);
        }
        let imports_key = self.schema.types.values().any(|definition| match definition {
            Definition::Object(object) => object.key.is_some(),
            Definition::Input(_) | Definition::Enum { .. } | Definition::Scalar { .. } => false,
        });
        let federation = "https://specs.apollo.dev/federation/v2.12";
        self.line(0, "extend schema");
        if imports_key {
            self.line(2, &format!("@link(url: \"{federation}\", import: [\"@key\"])"));
        } else {
            self.line(2, &format!("@link(url: \"{federation}\")"));
        }
        self.line(2, "@link(url: \"https://specs.apollo.dev/connect/v0.3\", import: [\"@source\", \"@connect\"])");
        if self.schema.additions {
            self.line(2, "@link(url: \"https://specs.weft.dev/connect/v0.1\")");
        }
        for source in &self.schema.sources {
            self.source(source);
        }
    }

    fn source(&mut self, source: &Source) {
        for comment in &source.comments {
            self.comment(2, comment);
        }
        self.line(2, "@source(");
        self.line(4, &format!("name: {}", string(&source.name)));
        let headers = headers(&source.headers);
        match &source.protocol {
            SourceProtocol::Http { base_url, query } => {
                let mut parts = vec![format!("baseURL: {}", string(base_url))];
                parts.extend((!query.is_empty()).then(|| format!("queryParams: {}", string(&flat(query)))));
                parts.extend(headers);
                self.braces(4, "http", &parts);
            }
            SourceProtocol::Grpc { address, service, proto } => {
                let files: Vec<String> = proto.iter().map(|file| string(file)).collect();
                let mut parts = vec![format!("address: {}", string(address))];
                parts.extend(service.as_ref().map(|service| format!("service: {}", string(service))));
                parts.push(format!("proto: [{}]", files.join(", ")));
                parts.extend(headers);
                self.braces(4, "grpc", &parts);
            }
        }
        if let Some(message) = &source.message {
            self.line(4, &format!("errors: {{ message: {} }}", string(message)));
        }
        self.line(2, ")");
    }

    /// `name: { parts }`, on one line where that is short.
    fn braces(&mut self, indent: usize, name: &str, parts: &[String]) {
        let short = format!("{name}: {{ {} }}", parts.join(", "));
        if indent + short.len() <= WIDTH && !short.contains('\n') {
            return self.line(indent, &short);
        }
        self.line(indent, &format!("{name}: {{"));
        for part in parts {
            for line in part.lines() {
                self.line(indent + 2, line);
            }
        }
        self.line(indent, "}");
    }

    fn about(&mut self, indent: usize, about: &About) {
        for comment in &about.comments {
            self.comment(indent, comment);
        }
        let Some(description) = &about.description else { return };
        let text = without_paragraph_tags(&printable(description));
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if !text.contains('\n') && indent + text.len() + 2 <= WIDTH {
            return self.line(indent, &string(text));
        }
        self.line(indent, "\"\"\"");
        for line in text.lines() {
            let line = line.trim_end().replace("\"\"\"", "\\\"\"\"");
            self.line(indent, &line);
        }
        self.line(indent, "\"\"\"");
    }

    fn definition(&mut self, name: &str, definition: &Definition) {
        match definition {
            Definition::Object(object) => self.object(name, object),
            Definition::Input(input) => {
                self.about(0, &input.about);
                self.line(0, &format!("input {name}{} {{", if input.one_of { " @oneOf" } else { "" }));
                for field in &input.fields {
                    self.about(2, &field.about);
                    self.line(2, &argument(field));
                }
                self.line(0, "}");
            }
            Definition::Enum { about, values } => {
                self.about(0, about);
                self.line(0, &format!("enum {name} {{"));
                for value in values {
                    self.about(2, &value.about);
                    self.line(2, &format!("{}{}", value.name, deprecated(&value.about)));
                }
                self.line(0, "}");
            }
            Definition::Scalar { description } => {
                self.line(0, &string(description));
                self.line(0, &format!("scalar {name}"));
            }
        }
    }

    fn object(&mut self, name: &str, object: &Object) {
        self.about(0, &object.about);
        let key = object.key.as_ref().map(|key| format!(" @key(fields: {})", string(key)));
        self.line(0, &format!("type {name}{} {{", key.unwrap_or_default()));
        for field in &object.fields {
            self.field(field);
        }
        self.line(0, "}");
    }

    fn field(&mut self, field: &Field) {
        self.about(2, &field.about);
        let end = format!(": {}{}", field.ty, deprecated(&field.about));
        let arguments: Vec<String> = field.arguments.iter().map(argument).collect();
        let short = format!("{}({})", field.name, arguments.join(", "));
        let is_told = field.arguments.iter().any(|it| it.about.description.is_some() || !it.about.comments.is_empty());
        if arguments.is_empty() {
            self.line(2, &format!("{}{end}", field.name));
        } else if !is_told && 2 + short.len() + end.len() <= WIDTH {
            self.line(2, &format!("{short}{end}"));
        } else {
            self.line(2, &format!("{}(", field.name));
            for (written, argument) in arguments.iter().zip(&field.arguments) {
                self.about(4, &argument.about);
                self.line(4, written);
            }
            self.line(2, &format!("){end}"));
        }
        if let Some(connect) = &field.connect {
            self.connect(field, connect);
        }
    }

    fn connect(&mut self, field: &Field, connect: &Connect) {
        self.line(4, "@connect(");
        if let Some(source) = self.schema.sources.get(connect.source) {
            self.line(6, &format!("source: {}", string(&source.name)));
        }
        if connect.entity {
            self.line(6, "entity: true");
        }
        match &connect.request {
            Request::Http { method, url, query, headers: named, body } => {
                let mut parts = vec![format!("{method}: {}", string(url))];
                parts.extend((!query.is_empty()).then(|| format!("queryParams: {}", mapping(query, 8))));
                parts.extend(headers(named));
                let body = body.as_ref().map(|body| mapping::body(self.schema, &self.mapped, field, body));
                parts.extend(body.map(|items| format!("body: {}", mapping(&items, 8))));
                self.braces(6, "http", &parts);
            }
            Request::Grpc { method, body } => {
                let mut parts = vec![format!("method: {}", string(method))];
                let body = body.as_ref().map(|body| mapping::body(self.schema, &self.mapped, field, body));
                parts.extend(body.map(|items| format!("body: {}", mapping(&items, 8))));
                self.braces(6, "grpc", &parts);
            }
        }
        let selection = match &connect.selection {
            Selected::Fields => match mapping::selection(self.schema, field).as_slice() {
                // What was an object has become JSON.
                [] => string("$"),
                items => mapping(items, 6),
            },
            Selected::Value(value) => string(value),
        };
        for line in format!("selection: {selection}").lines() {
            self.line(6, line);
        }
        self.line(4, ")");
    }
}

/// A mapping as a string: short and without quotes in quotes, any other as a block.
fn mapping(items: &[Item], indent: usize) -> String {
    let short = flat(items);
    if short.len() + indent + 16 <= WIDTH && !short.contains(['"', '\\']) {
        return string(&short);
    }
    let mut text = String::from("\"\"\"\n");
    for line in lines(items, WIDTH - indent) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.replace("\"\"\"", "\\\"\"\""));
    }
    text.push_str("\"\"\"");
    text
}

fn headers(headers: &[Header]) -> Option<String> {
    let one = |header: &Header| match header {
        Header::From(name) => format!("{{ name: {0}, from: {0} }}", string(name)),
        Header::Value { name, value } => format!("{{ name: {}, value: {} }}", string(name), string(value)),
    };
    let all: Vec<String> = headers.iter().map(one).collect();
    let short = format!("headers: [{}]", all.join(", "));
    let is_short = all.len() < 2 || short.len() <= WIDTH - 10;
    (!all.is_empty()).then(|| if is_short { short } else { format!("headers: [\n  {}\n]", all.join("\n  ")) })
}

fn argument(argument: &Argument) -> String {
    let default = argument.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
    format!("{}: {}{default}{}", argument.name, argument.ty, deprecated(&argument.about))
}

fn deprecated(about: &About) -> String {
    match about.deprecated.as_deref() {
        None => String::new(),
        Some("") => " @deprecated".to_owned(),
        Some(reason) => format!(" @deprecated(reason: {})", string(reason)),
    }
}

/// A text as a GraphQL string on one line.
pub fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            character if character.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Descriptions are Markdown, where an empty line says what `<p>` says.
fn without_paragraph_tags(text: &str) -> String {
    if !text.contains("<p>") {
        return text.to_owned();
    }
    let paragraphs = text.split("<p>").flat_map(|part| part.split("</p>")).map(str::trim);
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Without what GraphQL does not have in block strings and comments.
fn printable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
