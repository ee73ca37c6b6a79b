//! What looks after the rest: it draws what is to be checked, ends what nobody came for, watches the sources.

use super::Parts;
use crate::checking::Checking;
use crate::deadlines;
use crate::shutdown::Shutdown;
use crate::watching::Watching;

/// Starts all of it.
pub(super) fn spawn(shutdown: &Shutdown, parts: &Parts) {
    deadlines::spawn_handovers(parts.casework.clone(), shutdown);
    let checking = Checking {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        catalogue: parts.current.clone(),
    };
    checking.spawn(shutdown);
    let watching = Watching {
        db: parts.db.clone(),
        clock: parts.dyn_clock(),
        mint: parts.mint.clone(),
        catalogue: parts.current.clone(),
        owner: parts.owner.clone(),
        outbox: parts.outbox.clone(),
    };
    watching.spawn(shutdown);
}
