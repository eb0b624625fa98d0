//! Owns a Redis for a test, and what can stand between it and who asks it.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Std};
use std::process::{Child, Command, Stdio};

use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How often a port that was free was taken before it was listened on.
const ATTEMPTS: usize = 20;

/// Whether there is a `redis-server`. Where all tests must run, there has to be.
pub fn is_here() -> bool {
    let run = Command::new("redis-server").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_here = run.is_ok_and(|status| status.success());
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "1" || ci == "true");
    assert!(is_here || !is_ci, "there is no redis-server, which CI needs; .ci/run installs it");
    if !is_here {
        println!("skipped: there is no redis-server on this machine");
    }
    is_here
}

/// It ends with the test, however the test ends.
pub struct Server {
    pub address: SocketAddr,
    process: Option<Child>,
}

impl Server {
    /// Listens when this returns.
    pub fn start() -> Self {
        for _ in 0..ATTEMPTS {
            let free = Std::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a free port");
            let mut server = Self { address: free, process: None };
            if server.start_again() {
                return server;
            }
        }
        panic!("no port was free for long enough");
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// On the same port, with nothing in it; `false` if it cannot listen there.
    pub fn start_again(&mut self) -> bool {
        let port = self.address.port().to_string();
        let mut process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let log = BufReader::new(process.stdout.take().expect("it is piped"));
        let is_ready = log.lines().map_while(Result::ok).any(|line| line.contains("Ready to accept connections"));
        self.process = Some(process);
        if !is_ready {
            self.stop();
        }
        is_ready
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Passes everything on, until it is told not to.
pub struct Stalling {
    pub address: SocketAddr,
    is_open: watch::Sender<bool>,
}

impl Stalling {
    pub async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let (is_open, opened) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(to).await.expect("it is there");
                let ((from, mut back), (mut answers, mut questions)) = (client.into_split(), server.into_split());
                let mut opened = opened.clone();
                tokio::spawn(async move { copy(&mut answers, &mut back).await });
                tokio::spawn(async move {
                    let mut bytes = vec![0; 4096];
                    loop {
                        if from.readable().await.is_err() || opened.wait_for(|is_open| *is_open).await.is_err() {
                            return;
                        }
                        match from.try_read(&mut bytes) {
                            Ok(0) => return,
                            Ok(length) => {
                                let mut question = &bytes[..length];
                                if copy(&mut question, &mut questions).await.is_err() {
                                    return;
                                }
                            }
                            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                            Err(_) => return,
                        }
                    }
                });
            }
        });
        Self { address, is_open }
    }

    /// Nothing comes through any more, and nothing is closed.
    pub fn stall(&self) {
        self.is_open.send_replace(false);
    }

    pub fn go_on(&self) {
        self.is_open.send_replace(true);
    }
}
