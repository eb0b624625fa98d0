//! Owns the two tables from a backend's status to `extensions.code`.

use crate::execute::BackendStatus;

/// The code that a failed call has, unless its `errors` mapping says another.
pub fn code(status: BackendStatus) -> &'static str {
    match status {
        BackendStatus::Http(status) => match status {
            400 | 422 => "BAD_USER_INPUT",
            401 => "UNAUTHENTICATED",
            403 => "FORBIDDEN",
            404 | 410 => "NOT_FOUND",
            409 => "CONFLICT",
            429 => "UPSTREAM_RATE_LIMITED",
            503 => "SUBREQUEST_UNAVAILABLE",
            504 => "SUBGRAPH_TIMEOUT",
            _ => "SUBREQUEST_HTTP_ERROR",
        },
        BackendStatus::Grpc(status) => match tonic::Code::from_i32(status) {
            tonic::Code::InvalidArgument | tonic::Code::OutOfRange | tonic::Code::FailedPrecondition => {
                "BAD_USER_INPUT"
            }
            tonic::Code::Unauthenticated => "UNAUTHENTICATED",
            tonic::Code::PermissionDenied => "FORBIDDEN",
            tonic::Code::NotFound => "NOT_FOUND",
            tonic::Code::AlreadyExists | tonic::Code::Aborted => "CONFLICT",
            tonic::Code::ResourceExhausted => "UPSTREAM_RATE_LIMITED",
            tonic::Code::DeadlineExceeded => "SUBGRAPH_TIMEOUT",
            tonic::Code::Unavailable => "SUBREQUEST_UNAVAILABLE",
            tonic::Code::Ok
            | tonic::Code::Cancelled
            | tonic::Code::Unknown
            | tonic::Code::Unimplemented
            | tonic::Code::Internal
            | tonic::Code::DataLoss => "SUBREQUEST_FAILED",
        },
    }
}

/// Whether the call succeeded, as far as its protocol says.
pub fn is_success(status: BackendStatus) -> bool {
    match status {
        BackendStatus::Http(status) => (200..300).contains(&status),
        BackendStatus::Grpc(status) => status == 0,
    }
}

/// Whether there is nothing under the name asked for.
pub fn is_missing(status: BackendStatus) -> bool {
    match status {
        BackendStatus::Http(status) => matches!(status, 404 | 410),
        BackendStatus::Grpc(status) => tonic::Code::from_i32(status) == tonic::Code::NotFound,
    }
}
