//! Owns `weft plan`: how an operation would be answered, without asking anyone.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::value::RawValue;
use weft_federation::compose::prove;
use weft_federation::connect::ConnectorId;
use weft_federation::diagnostics::{Diagnostic, Source, Span};
use weft_federation::operation::{BoundOperation, Identity, OperationError, coerce};
use weft_federation::plan::Planner;
use weft_federation::plan::explain::Explain;
use weft_federation::schema::{Satisfiable, Supergraph};
use weft_federation::suggest::closest;
use weft_federation::view::ClientSchema;

use super::report::Format as ReportFormat;
use super::{Failure, config, one_from_stdin, read_input};
use crate::bff;
use crate::config::{ClientPolicy, Config, GatewayConfig, variables as variables_of_process};
use crate::operations::SavedOperations;
use crate::pipeline::{Client, bind};

/// Where the supergraph is if nothing else is said.
const DEFAULT_SUPERGRAPH: &str = "supergraph.graphql";

/// Print the query plan of an operation.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The supergraph to plan on [default: with --bff what the configuration says, else supergraph.graphql].
    #[arg(short, long, value_name = "FILE", env = "WEFT_SUPERGRAPH_PATH")]
    supergraph: Option<PathBuf>,
    /// The client whose schema the operation is written against. It is planned for one who is all that the schema asks.
    #[arg(long, value_name = "CLIENT")]
    bff: Option<String>,
    /// With --bff: the configuration, which says where the clients are [default: weft.yaml, if it is there].
    #[arg(short, long, value_name = "FILE", env = "WEFT_CONFIG_PATH")]
    config: Option<PathBuf>,
    /// A file with the operation; `-` is stdin.
    #[arg(value_name = "OPERATION_FILE")]
    operation: PathBuf,
    /// Which operation of the file, where it has several.
    #[arg(long, value_name = "NAME")]
    operation_name: Option<String>,
    /// The operation's variables, as a JSON object. They matter for `@skip` and `@include`, which are taken as false
    /// where no value is known.
    #[arg(long, value_name = "JSON")]
    variables: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A paragraph a call.
    Text,
    Json,
    /// A flowchart, for Markdown.
    Mermaid,
}

impl Format {
    /// Diagnostics are for a program where the plan is.
    fn of_report(self) -> ReportFormat {
        match self {
            Self::Text | Self::Mermaid => ReportFormat::Text,
            Self::Json => ReportFormat::Json,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let invalid = |found| Failure::Invalid(found, arguments.format.of_report());
    one_from_stdin(&[
        ("--supergraph", arguments.supergraph.as_deref()),
        ("--config", arguments.config.as_deref()),
        ("OPERATION_FILE", Some(&arguments.operation)),
    ])?;
    let variables = arguments.variables.as_deref().map(serde_json::from_str::<&RawValue>).transpose();
    let variables = variables.map_err(|error| Failure::Usage(format!("--variables is not JSON: {error}")))?;
    let config = match &arguments.bff {
        Some(_) => bff_config(arguments)?,
        None => Config::without_file(&variables_of_process()),
    };
    let default = || PathBuf::from(DEFAULT_SUPERGRAPH);
    let path = arguments.supergraph.clone().or_else(|| config.supergraph.clone()).unwrap_or_else(default);
    let supergraph = Source::new(path.display().to_string(), read_input(&path)?);
    let operation = Source::new(arguments.operation.display().to_string(), read_input(&arguments.operation)?);

    // What cannot be reached is a matter of `weft compose`; a plan that needs it says so itself.
    let (supergraph, _) = prove(Supergraph::load(&supergraph).map_err(invalid)?);
    let client = match &arguments.bff {
        Some(name) => bff_client(name, &config.gateway, &supergraph, arguments.format)?,
        None => Client {
            schema: Arc::new(ClientSchema::identity(&supergraph)),
            // No configuration was read that would say what is too deep.
            policy: ClientPolicy { depth: u32::MAX, ..ClientPolicy::of_supergraph(&config.gateway) },
            operations: SavedOperations::default(),
        },
    };
    let in_operation =
        |errors: Vec<OperationError>| invalid(errors.into_iter().map(|e| located(&operation, e)).collect());
    let bound = bind(&client, &operation.text, arguments.operation_name.as_deref()).map_err(in_operation)?;
    let bits = condition_bits(&client.schema, &bound, variables).map_err(in_operation)?;
    let plan = Planner::new(&supergraph).plan(&bound, bits);
    let plan = plan.map_err(|error| invalid(vec![Diagnostic::error(error.code, error.message)]))?;

    let connector = |id: ConnectorId| supergraph.connectors.coordinate(id);
    let explain = Explain { model: &supergraph.model, operation: &bound, plan: &plan, connector: &connector };
    let text = match arguments.format {
        Format::Text => explain.text(),
        Format::Json => explain.json(),
        Format::Mermaid => explain.mermaid(),
    };
    super::write_result(&text)
}

/// What `weft.yaml` says, and the usual folder of clients where it says nothing of them.
fn bff_config(arguments: &Arguments) -> Result<Config, Failure> {
    let default = || Some(PathBuf::from(config::DEFAULT_FILE)).filter(|path| path.exists());
    let mut config = match arguments.config.clone().or_else(default) {
        Some(path) => config::read(&path, arguments.format.of_report())?,
        None => Config::without_file(&variables_of_process()),
    };
    config.gateway.bff.get_or_insert_with(|| PathBuf::from(config::DEFAULT_CLIENTS));
    Ok(config)
}

/// The client of this name. What is wrong with others does not matter here, as far as they can be read.
fn bff_client(
    name: &str,
    gateway: &GatewayConfig,
    supergraph: &Supergraph<Satisfiable>,
    format: Format,
) -> Result<Client, Failure> {
    let invalid = |found| Failure::Invalid(found, format.of_report());
    let clients = gateway.clients().map_err(invalid)?;
    let Some(files) = clients.iter().find(|client| &*client.name == name) else {
        let names: Vec<&str> = clients.iter().map(|client| &*client.name).collect();
        let known = match (closest(name, names.iter().copied()), &names[..]) {
            (Some(near), _) => format!("did you mean {near}?"),
            (None, []) => "there is none at all".to_owned(),
            (None, names) => format!("there are {}", names.join(", ")),
        };
        return Err(Failure::Usage(format!("--bff {name}: there is no such client; {known}")));
    };
    let (schema, found) = bff::client_schema(files, supergraph);
    match schema {
        Some(schema) if !found.iter().any(Diagnostic::is_error) => {
            let policy = files.policy.clone();
            Ok(Client { schema: Arc::new(schema), policy, operations: SavedOperations::default() })
        }
        Some(_) | None => Err(invalid(found)),
    }
}

/// The values of the conditions. Without variables given those that have no default are false, so that an operation
/// can be planned that needs some; and who asks is all that is needed.
fn condition_bits(
    client: &ClientSchema,
    bound: &BoundOperation,
    given: Option<&RawValue>,
) -> Result<u64, Vec<OperationError>> {
    let identity = Identity::anonymous();
    let needs = bound.conditions.iter().enumerate().filter(|(_, premise)| premise.is_need());
    let needs = needs.fold(0, |bits, (bit, _)| bits | 1 << bit);
    match (coerce(client, bound, given, &identity), given) {
        (Ok(variables), _) => Ok(variables.condition_bits(bound, &identity) | needs),
        (Err(errors), Some(_)) => Err(errors),
        (Err(_), None) => Ok(needs),
    }
}

/// The client's error as a finding in the operation's file.
fn located(operation: &Arc<Source>, error: OperationError) -> Diagnostic {
    let place = error.locations.first().map(|(line, column)| {
        let start = operation.offset(*line, *column);
        // The name, or the one sign, that starts there.
        let rest = &operation.text[start..];
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = name.max(rest.chars().next().map_or(0, char::len_utf8));
        Span::new(operation, start..start + length)
    });
    Diagnostic::error(error.code, error.message).at(place, "")
}
