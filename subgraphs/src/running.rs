//! Owns all four services together: where they listen by default, and that they start and stop as one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::service::{Service, StartError};
use crate::{catalog, orders, reviews, shipping};

/// Where each service listens. Port 0 takes any that is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    pub catalog: u16,
    pub orders: u16,
    pub reviews: u16,
    pub shipping: u16,
}

impl Ports {
    /// Any that are free: for tests, of which several run at once.
    pub const ANY: Self = Self { catalog: 0, orders: 0, reviews: 0, shipping: 0 };

    /// `first` and the three after it; any that are free, if `first` is 0 or there are no three after it.
    pub fn starting_at(first: u16) -> Self {
        match (first, first.checked_add(3)) {
            (0, _) | (_, None) => Self::ANY,
            (_, Some(last)) => Self { catalog: first, orders: first + 1, reviews: first + 2, shipping: last },
        }
    }
}

/// 4101 to 4104, which is where `schemas/` say that the services are.
impl Default for Ports {
    fn default() -> Self {
        Self { catalog: 4101, orders: 4102, reviews: 4103, shipping: 4104 }
    }
}

/// The four services, until they are stopped or dropped.
#[derive(Debug)]
#[must_use = "the services stop when this is dropped"]
pub struct Running {
    pub catalog: Service,
    pub orders: Service,
    pub reviews: Service,
    pub shipping: Service,
}

/// Starts all services on this machine's loopback address. If one cannot start, none runs.
pub async fn start(ports: Ports) -> Result<Running, StartError> {
    start_at(IpAddr::V4(Ipv4Addr::LOCALHOST), ports).await
}

/// Starts all services on the given address.
pub async fn start_at(host: IpAddr, ports: Ports) -> Result<Running, StartError> {
    Ok(Running {
        catalog: catalog::start(SocketAddr::new(host, ports.catalog)).await?,
        orders: orders::start(SocketAddr::new(host, ports.orders)).await?,
        reviews: reviews::start(SocketAddr::new(host, ports.reviews)).await?,
        shipping: shipping::start(SocketAddr::new(host, ports.shipping)).await?,
    })
}

impl Running {
    /// In the order of their default ports.
    pub fn services(&self) -> [&Service; 4] {
        let Self { catalog, orders, reviews, shipping } = self;
        [catalog, orders, reviews, shipping]
    }

    /// How many calls the four received together.
    pub fn call_count(&self) -> u64 {
        self.services().iter().map(|service| service.calls().count()).sum()
    }

    /// Switches all faults off and forgets all calls.
    pub fn reset(&self) {
        for service in self.services() {
            service.faults().clear();
            service.calls().clear();
        }
    }

    /// Stops all of them. See [`Service::stop`].
    pub async fn stop(self) {
        let Self { catalog, orders, reviews, shipping } = self;
        tokio::join!(catalog.stop(), orders.stop(), reviews.stop(), shipping.stop());
    }
}
