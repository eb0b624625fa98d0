//! The binary: that it starts what it is told to, says where, and stops when it is asked.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Starts the binary on free ports and reads the lines that say where each service is: its name and its URL.
fn start(what: &str, count: usize) -> (Child, Vec<(String, String)>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_weft-subgraphs"))
        .args([what, "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let stdout = child.stdout.take().expect("stdout is piped");
    let lines = BufReader::new(stdout).lines().take(count);
    let services = lines
        .map(|line| {
            let line = line.expect("a line");
            let (name, url) = line.split_once(' ').expect("a name and a URL");
            (name.to_owned(), url.to_owned())
        })
        .collect();
    (child, services)
}

/// Asks the process to end, and tells whether it ended well.
fn terminate(mut child: Child) -> bool {
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("there is a kill");
    assert!(asked.success());
    child.wait().expect("a child can be waited for").success()
}

#[tokio::test]
async fn each_service_starts_alone_and_all_start_together() {
    for (what, expected) in [
        ("catalog", vec!["catalog"]),
        ("orders", vec!["orders"]),
        ("reviews", vec!["reviews"]),
        ("shipping", vec!["shipping"]),
        ("all", vec!["catalog", "orders", "reviews", "shipping"]),
    ] {
        let (child, services) = start(what, expected.len());
        let names: Vec<&str> = services.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected);
        for (name, url) in &services {
            let faults = reqwest::get(format!("{url}/faults")).await.expect("an answer");
            assert_eq!(faults.status(), 200, "{name}");
        }
        assert!(terminate(child), "{what} did not end well");
    }
}

#[test]
fn the_sdl_is_printed() {
    let output = Command::new(env!("CARGO_BIN_EXE_weft-subgraphs")).arg("sdl").output().expect("the binary starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), weft_subgraphs::reviews::sdl());
}
