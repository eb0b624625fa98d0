//! Runs query plans: calls backends, puts together what they answer, and writes the client's response.
//!
//! [`Connectors`] are built once per supergraph, [`PreparedPlan`]s once per operation, and [`execute`] runs one for a
//! request; [`subscribe`] runs one for each event of a subscription.

pub mod connector;
mod context;
pub mod execute;
mod introspect;
pub mod policy;
mod prepared;
pub mod response;

#[cfg(test)]
mod testing;

pub use connector::{ConfigError, Connectors, ConnectorsConfig, HeaderRule, SourceConfig, Tls, TlsError, is_reserved};
pub use context::{ErrorDetail, RequestContext};
pub use execute::{EventStream, ExecutionResult, Subscription, SubscriptionLimits, denial, execute, subscribe};
pub use prepared::{PreparedPlan, Refused};
