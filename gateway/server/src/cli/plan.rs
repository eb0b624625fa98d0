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
use weft_federation::schema::Supergraph;
use weft_federation::view::ClientSchema;

use super::report::Format as ReportFormat;
use super::{Failure, one_from_stdin, read_input};
use crate::pipeline::bind;

/// Print the query plan of an operation.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The supergraph to plan on.
    #[arg(short, long, value_name = "FILE", env = "WEFT_SUPERGRAPH_PATH", default_value = "supergraph.graphql")]
    supergraph: PathBuf,
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
    one_from_stdin(&[("--supergraph", Some(&arguments.supergraph)), ("OPERATION_FILE", Some(&arguments.operation))])?;
    let variables = arguments.variables.as_deref().map(serde_json::from_str::<&RawValue>).transpose();
    let variables = variables.map_err(|error| Failure::Usage(format!("--variables is not JSON: {error}")))?;
    let supergraph = Source::new(arguments.supergraph.display().to_string(), read_input(&arguments.supergraph)?);
    let operation = Source::new(arguments.operation.display().to_string(), read_input(&arguments.operation)?);

    // What cannot be reached is a matter of `weft compose`; a plan that needs it says so itself.
    let (supergraph, _) = prove(Supergraph::load(&supergraph).map_err(invalid)?);
    let client = ClientSchema::identity(&supergraph);
    let in_operation =
        |errors: Vec<OperationError>| invalid(errors.into_iter().map(|e| located(&operation, e)).collect());
    let bound = bind(&client, &operation.text, arguments.operation_name.as_deref()).map_err(in_operation)?;
    let bits = condition_bits(&client, &bound, variables).map_err(in_operation)?;
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

/// The values of the conditions. Without variables given those that have no default are false, so that an operation
/// can be planned that needs some.
fn condition_bits(
    client: &ClientSchema,
    bound: &BoundOperation,
    given: Option<&RawValue>,
) -> Result<u64, Vec<OperationError>> {
    let identity = Identity::anonymous();
    match (coerce(client, bound, given, &identity), given) {
        (Ok(variables), _) => Ok(variables.condition_bits(bound, &identity)),
        (Err(errors), Some(_)) => Err(errors),
        (Err(_), None) => Ok(0),
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
