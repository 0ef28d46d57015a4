//! How much waits in the queues, for monitors: only unfinished rows are looked at, through their own indexes.

use super::{Store, StoreError, pauses::not_paused};

/// How much waits, and for how long; what is paused waits without being late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepths {
    /// Unfinished messages per state.
    pub inbox: [(&'static str, u64); 3],
    /// Replies that have not left, per state.
    pub outbox: [(&'static str, u64); 5],
    /// Seconds that the oldest message which may be answered has waited for it.
    pub inbox_oldest_due_s: u64,
    /// Seconds that the oldest reply which may leave has waited for it.
    pub outbox_oldest_due_s: u64,
}

impl Store {
    /// Counts what is not finished.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn queue_depths(&self, now: i64) -> Result<QueueDepths, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(concat!(
            "SELECT 'inbox', state, count(*) FROM inbox WHERE state IN ('ready', 'running') GROUP BY state
             UNION ALL SELECT 'inbox', 'parked', count(*) FROM inbox WHERE state = 'parked'
             UNION ALL SELECT 'outbox', state, count(*) FROM outbox
                       WHERE state IN ('ready', 'sending', 'uncertain') GROUP BY state
             UNION ALL SELECT 'outbox', 'draft', count(*) FROM outbox WHERE state = 'draft'
             UNION ALL SELECT 'outbox', 'parked', count(*) FROM outbox WHERE state = 'parked'
             UNION ALL SELECT 'due', 'inbox', min(due.run_after_at) FROM inbox AS due WHERE due.state = 'ready'",
            not_paused!(),
            "HAVING min(due.run_after_at) IS NOT NULL
             UNION ALL SELECT 'due', 'outbox', min(due.run_after_at) FROM outbox AS due
                       WHERE due.state IN ('ready', 'uncertain')",
            not_paused!(),
            "HAVING min(due.run_after_at) IS NOT NULL"
        ))
        .fetch_all(&self.readers)
        .await?;
        let of = |kind: &str, of: &str| {
            let row = rows.iter().find(|(k, name, _)| k == kind && name == of);
            row.map(|(_, _, n)| *n)
        };
        let count = |queue: &str, state: &'static str| {
            (state, u64::try_from(of(queue, state).unwrap_or(0)).unwrap_or(0))
        };
        let age = |queue: &str| {
            // What is due in the future, because it waits for its retry, is not late.
            of("due", queue).map_or(0, |at| u64::try_from(now.saturating_sub(at)).unwrap_or(0))
        };
        Ok(QueueDepths {
            inbox: ["ready", "running", "parked"].map(|state| count("inbox", state)),
            outbox: ["draft", "ready", "sending", "uncertain", "parked"].map(|state| count("outbox", state)),
            inbox_oldest_due_s: age("inbox"),
            outbox_oldest_due_s: age("outbox"),
        })
    }
}
