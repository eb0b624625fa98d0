//! Owns the page at `/`, and `/_weft/dev`, by which it knows when to show itself anew. Everything is made here or in the files beside
//! this one: a browser fetches nothing from elsewhere, and may not.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use weft_federation::diagnostics::Diagnostic;

use super::board::{Board, Files, State as Shown};
use super::html::{escaped, excerpt};
use crate::http::Gateway;
use crate::this_machine::is_this_machine;

/// Scripts and styles are of this server alone, and nobody may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";

/// The page, what it is made of, and its state.
pub fn routes(board: Arc<Board>) -> Router<Arc<Gateway>> {
    Router::new()
        .route("/", get(page))
        .route("/_weft/dev", get(state))
        .route("/_weft/dev.css", get(async || ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("page.css"))))
        .route(
            "/_weft/dev.js",
            get(async || ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("page.js"))),
        )
        .layer(middleware::from_fn(guard))
        .with_state(board)
}

async fn guard(request: Request, next: Next) -> Response {
    let mut response = match authority(request.uri(), request.headers()) {
        Some(authority) if is_this_machine(authority) => next.run(request).await,
        Some(_) | None => (StatusCode::FORBIDDEN, REFUSED).into_response(),
    };
    let headers: [(HeaderName, &'static str); 4] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

const REFUSED: &str = "The page of weft dev is for the machine that it runs on: open it as http://localhost:PORT/.\n";

/// Which server the client means, be it by HTTP/1.1 or HTTP/2.
fn authority<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let of_uri = uri.authority().map(|authority| authority.as_str());
    of_uri.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()))
}

/// What tools may want to know, and the page: whether it shows what is.
#[derive(Serialize)]
struct Told<'a> {
    version: &'a str,
    /// Whether the files are served as they are now.
    sound: bool,
    /// Where the schemas that are served are; `null` as long as there is none.
    endpoints: Option<Vec<String>>,
    /// A line each: place, severity, code, message.
    errors: Vec<String>,
    warnings: Vec<String>,
}

async fn state(State(board): State<Arc<Board>>) -> impl IntoResponse {
    let shown = board.state();
    let lines = |found: &[Diagnostic]| found.iter().map(ToString::to_string).collect();
    let (sound, errors, warnings) = match &shown.files {
        Files::Sound(warnings) => (true, vec![], lines(warnings)),
        Files::Mistaken(found) => (false, lines(found), vec![]),
    };
    let endpoints = shown.clients.as_ref().map(|clients| endpoints(clients).map(|(_, path)| path).collect());
    let told = Told { version: &shown.version, sound, endpoints, errors, warnings };
    // Strings alone: this cannot fail.
    ([(CONTENT_TYPE, "application/json")], serde_json::to_string(&told).unwrap_or_default())
}

/// Names for people, and paths.
fn endpoints(clients: &[String]) -> impl Iterator<Item = (&str, String)> {
    let own = std::iter::once(("supergraph", "/graphql".to_owned()));
    own.chain(clients.iter().map(|name| (name.as_str(), format!("/bff/{name}/graphql"))))
}

async fn page(State(board): State<Arc<Board>>, uri: Uri, headers: HeaderMap) -> impl IntoResponse {
    let authority = authority(&uri, &headers).unwrap_or_default();
    ([(CONTENT_TYPE, HTML)], render(&board.state(), &format!("http://{authority}")))
}

/// The page of a state, for who has it from `origin`.
fn render(shown: &Shown, origin: &str) -> String {
    let mut html = String::from(HEAD);
    let version = escaped(&shown.version);
    let (class, title, more) = summary(shown);
    html.push_str(&format!("<main id=\"state\" data-version=\"{version}\">\n"));
    html.push_str(&format!("<section class=\"status {class}\"><h2>{title}</h2><p>{}</p></section>\n", escaped(&more)));
    if let Files::Mistaken(found) = &shown.files {
        excerpts(found, "What is wrong", &mut html);
    }
    if let Some(clients) = &shown.clients {
        html.push_str("<section><h2>Served</h2>\n<table><tbody>\n");
        for (name, path) in endpoints(clients) {
            let address = escaped(&format!("{origin}{path}"));
            html.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td><code>{address}</code></td></tr>\n",
                escaped(name)
            ));
        }
        html.push_str("</tbody></table></section>\n");
    }
    if let Files::Sound(warnings) = &shown.files {
        excerpts(warnings, "Warnings", &mut html);
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

/// A class, a heading, and what else there is to say of a state.
fn summary(shown: &Shown) -> (&'static str, String, String) {
    let took = format!("{} ms", shown.took.as_millis());
    let what = match shown.changed.as_slice() {
        [] => format!("Read in {took}."),
        changed => format!("{} reloaded in {took}.", changed.join(", ")),
    };
    match &shown.files {
        Files::Sound(_) => ("good", "All good".to_owned(), what),
        Files::Mistaken(found) => {
            let errors = match found.len() {
                1 => "1 error".to_owned(),
                count => format!("{count} errors"),
            };
            let served = match shown.clients {
                Some(_) => "What was there before is served on until it is mended.",
                None => "Nothing is served until it is mended.",
            };
            ("bad", errors, served.to_owned())
        }
    }
}

/// What was found, each drawn as in a terminal.
fn excerpts(found: &[Diagnostic], title: &str, html: &mut String) {
    if found.is_empty() {
        return;
    }
    html.push_str(&format!("<section><h2>{title}</h2>\n"));
    for diagnostic in found {
        html.push_str(&format!("<pre>{}</pre>\n", excerpt(diagnostic)));
    }
    html.push_str("</section>\n");
}

/// The icon is empty, so that browsers do not ask for one.
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>weft dev</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/_weft/dev.css">
<script src="/_weft/dev.js" defer></script>
</head>
<body>
<header><h1>weft dev</h1><p id="gone" hidden>weft dev has stopped, or cannot be reached.</p></header>
"#;
