//! Starts one demo backend, or all, and serves until it is interrupted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use weft_subgraphs::{Ports, Service, StartError, catalog, orders, reviews, shipping, start_at};

/// The demo backends: REST, gRPC and GraphQL services of one shop, with switchable faults.
#[derive(Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Arguments {
    /// What to start.
    what: What,
    /// Where it listens, 0 for any port that is free; `all` takes this port and the three after it [default: 4101 catalog,
    /// 4102 orders, 4103 reviews, 4104 shipping]
    #[arg(long)]
    port: Option<u16>,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// REST: users and products.
    Catalog,
    /// gRPC: orders, with reflection.
    Orders,
    /// GraphQL at /graphql: reviews and questions.
    Reviews,
    /// REST: shipments.
    Shipping,
    /// All four.
    All,
    /// None: prints the SDL of `reviews`, which is schemas/reviews.graphql.
    Sdl,
}

const AFTER_HELP: &str = r#"Faults are switched at run time, on every service alike, by plain HTTP on its own port:
  curl -X PUT http://127.0.0.1:4102/faults -d '{"delay_ms": 200, "error_rate": 0.5}'
  curl -X PUT http://127.0.0.1:4102/faults -d '{"hang": true}'      no answer
  curl -X PUT http://127.0.0.1:4102/faults -d '{"reset": true}'     a reset connection
  curl -X PUT http://127.0.0.1:4102/faults -d '{}'                  all well again
GET /faults shows what is on, GET /calls the calls that came, DELETE /calls forgets them."#;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(Arguments { what, port, host }: Arguments) -> Result<(), StartError> {
    // Before anything is announced: whoever reads the announcement may at once ask for the end.
    let interrupted = pin!(interrupted());
    let default = Ports::default();
    let at = |default| SocketAddr::new(host, port.unwrap_or(default));
    match what {
        What::Catalog => serve(catalog::start(at(default.catalog)).await?, interrupted).await,
        What::Orders => serve(orders::start(at(default.orders)).await?, interrupted).await,
        What::Reviews => serve(reviews::start(at(default.reviews)).await?, interrupted).await,
        What::Shipping => serve(shipping::start(at(default.shipping)).await?, interrupted).await,
        What::All => {
            let running = start_at(host, port.map_or(default, Ports::starting_at)).await?;
            for service in running.services() {
                println!("{service}");
            }
            interrupted.await;
            running.stop().await;
        }
        What::Sdl => print!("{}", reviews::sdl()),
    }
    Ok(())
}

async fn serve(service: Service, interrupted: impl Future<Output = ()>) {
    println!("{service}");
    interrupted.await;
    service.stop().await;
}

/// Ends at Ctrl-C and at SIGTERM, for which it listens from the moment it is called. Where they cannot be listened for,
/// the system's own way of ending a process remains.
#[cfg(unix)]
fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async move {
        match signals {
            [Ok(mut interrupt), Ok(mut terminate)] => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            [Err(_), _] | [_, Err(_)] => std::future::pending().await,
        }
    }
}

/// Ends at Ctrl-C.
#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
