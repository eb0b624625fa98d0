//! Owns the clients of a snapshot: the supergraph's own, and each that has a schema of its own.

use std::collections::HashMap;
use std::sync::Arc;

use weft_federation::view::ClientSchema;

use crate::config::ClientPolicy;
use crate::operations::SavedOperations;

/// One kind of client: what it sees, and what it may do.
pub struct Client {
    pub schema: Arc<ClientSchema>,
    pub policy: ClientPolicy,
    pub operations: SavedOperations,
}

/// Which client's schema an operation is written against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The supergraph's own API.
    Supergraph,
    Client(ClientId),
}

/// Its place among the clients of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientId(u32);

/// Where a request is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint<'a> {
    Supergraph,
    /// A client by its name.
    Client(&'a str),
}

pub struct Clients {
    supergraph: Client,
    others: Vec<(Box<str>, Client)>,
    by_name: HashMap<Box<str>, ClientId>,
}

impl Clients {
    pub fn new(supergraph: Client, others: impl IntoIterator<Item = (Box<str>, Client)>) -> Self {
        let (mut by_name, mut all) = (HashMap::new(), vec![]);
        for (name, client) in others {
            // A folder has no 2^32 folders in it.
            by_name.insert(name.clone(), ClientId(u32::try_from(all.len()).unwrap_or(u32::MAX)));
            all.push((name, client));
        }
        Self { supergraph, others: all, by_name }
    }

    /// `None` for a client that is not there.
    pub fn at(&self, endpoint: Endpoint<'_>) -> Option<View> {
        match endpoint {
            Endpoint::Supergraph => Some(View::Supergraph),
            Endpoint::Client(name) => self.by_name.get(name).copied().map(View::Client),
        }
    }

    /// The client behind a view of this snapshot.
    pub fn get(&self, view: View) -> &Client {
        match view {
            View::Supergraph => &self.supergraph,
            View::Client(ClientId(id)) => &self.others[id as usize].1,
        }
    }

    /// The name of the client behind a view; `None` for the supergraph's own.
    pub fn name(&self, view: View) -> Option<&str> {
        match view {
            View::Supergraph => None,
            View::Client(ClientId(id)) => Some(&self.others[id as usize].0),
        }
    }

    /// The names of those that have a schema of their own, in order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.by_name.keys().map(|name| name.to_string()).collect();
        names.sort_unstable();
        names
    }
}
