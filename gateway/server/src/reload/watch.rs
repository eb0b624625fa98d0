//! Owns noticing that files have changed, by looking at them: times and sizes are the same on every system, on network drives and in
//! containers, where events of the file system are not. A few hundred files take about a millisecond.

use std::path::PathBuf;

use crate::files::Seen;

/// After so many looks a change counts although files change still: something may write without end.
const PATIENCE: u32 = 10;

/// Files, as they were when they were read.
pub struct Watch {
    seen: Seen,
    unsettled: Option<Unsettled>,
}

struct Unsettled {
    last: Seen,
    looks: u32,
}

/// What one look has shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Poll {
    Unchanged,
    /// Files have changed, since the last look too: an editor may be in the middle of saving, or several files are saved.
    Settling,
    /// Since they were read, and not since the last look.
    Changed(Vec<PathBuf>),
}

impl Watch {
    pub fn new(seen: Seen) -> Self {
        Self { seen, unsettled: None }
    }

    pub fn poll(&mut self) -> Poll {
        let now = self.seen.now();
        let changed = self.seen.changed(&now);
        if changed.is_empty() {
            self.unsettled = None;
            return Poll::Unchanged;
        }
        let looks = self.unsettled.as_ref().map_or(0, |unsettled| unsettled.looks);
        let is_settled = self.unsettled.as_ref().is_some_and(|unsettled| unsettled.last == now);
        if is_settled || looks >= PATIENCE {
            self.unsettled = None;
            return Poll::Changed(changed);
        }
        self.unsettled = Some(Unsettled { last: now, looks: looks + 1 });
        Poll::Settling
    }
}
