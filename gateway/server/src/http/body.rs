//! Owns reading a request's body under a limit, and in time.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

/// A body beyond the limit is read on and thrown away up to this many bytes, or the limit if that is more: a client that is
/// still sending when the answer comes and the connection closes often never sees the answer.
const MAX_DISCARDED: usize = 16 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    TooLarge {
        limit: usize,
    },
    /// The client went away, or broke the protocol.
    Broken,
    /// The client sends too slowly.
    Late,
}

/// Reads the whole body, of at most `limit` bytes, by `deadline`.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize, deadline: Instant) -> Result<Bytes, BodyError> {
    timeout_at(deadline, read_whole(headers, body, limit)).await.unwrap_or(Err(BodyError::Late))
}

async fn read_whole(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let max_discarded = MAX_DISCARDED.max(limit);
    if announced.is_some_and(|length| length > max_discarded || length > limit && headers.contains_key(EXPECT)) {
        return Err(BodyError::TooLarge { limit });
    }
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        length += data.len();
        if length > max_discarded {
            break;
        } else if length > limit {
            first = Bytes::new();
            joined = BytesMut::new();
        } else if joined.is_empty() && first.is_empty() {
            // Most bodies come in one piece, which is not copied.
            first = data;
        } else {
            if joined.is_empty() {
                joined.reserve(announced.unwrap_or_default().clamp(length, limit));
                joined.extend_from_slice(&std::mem::take(&mut first));
            }
            joined.extend_from_slice(&data);
        }
    }
    if length > limit {
        return Err(BodyError::TooLarge { limit });
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use std::time::Duration;

    const LIMIT: usize = 1 << 20;

    async fn read_pieces(pieces: &[usize]) -> Result<usize, BodyError> {
        let pieces = pieces.iter().map(|length| Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; *length])));
        let body = Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()));
        read_whole(&HeaderMap::new(), body, LIMIT).await.map(|bytes| bytes.len())
    }

    #[tokio::test]
    async fn a_body_is_read_whole_or_refused() {
        let cases: [(&[usize], Result<usize, BodyError>); 6] = [
            (&[], Ok(0)),
            (&[10], Ok(10)),
            (&[1, 0, 2, 3], Ok(6)),
            (&[LIMIT - 1, 1], Ok(LIMIT)),
            (&[LIMIT, 1], Err(BodyError::TooLarge { limit: LIMIT })),
            (&[LIMIT; 17], Err(BodyError::TooLarge { limit: LIMIT })),
        ];
        for (pieces, expected) in cases {
            assert_eq!(read_pieces(pieces).await, expected, "{pieces:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_ends_with_its_time() {
        let drops = |count: usize| {
            let drops = stream::iter(0..count).then(|_| async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, std::io::Error>(Bytes::from_static(b"x"))
            });
            Body::from_stream(drops)
        };
        for (count, expected) in [(29, Ok(29)), (31, Err(BodyError::Late)), (usize::MAX, Err(BodyError::Late))] {
            let deadline = Instant::now() + Duration::from_secs(30);
            let found = read(&HeaderMap::new(), drops(count), LIMIT, deadline).await;
            assert_eq!(found.map(|bytes| bytes.len()), expected, "{count}");
        }
    }
}
