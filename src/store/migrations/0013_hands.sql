-- What an understudy may do and what it did. No grant means never; no action row and no audit row, no effect.

-- Switched by an admin: what holds when a requester of this class (or one that is trusted more; for `deny`: less) asks.
CREATE TABLE tool_grant (
    person        TEXT    NOT NULL,
    tool          TEXT    NOT NULL,
    -- owner, admin, member, guest, unknown.
    class         TEXT    NOT NULL,
    -- owner, admin, internal, tool, external: the least trusted words for which it holds in full.
    highest_taint TEXT    NOT NULL,
    -- deny, ask, allow.
    mode          TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    PRIMARY KEY (person, tool, class)
) STRICT, WITHOUT ROWID;

-- One row per step that a turn proposed and that may be done. `state`: waiting (for an approval), approved, running,
-- done, failed, uncertain (the program ended in the middle, and it can't be told whether it happened), rejected,
-- expired, withdrawn (its message changed).
CREATE TABLE action (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Derived from the message and the place of the step, so that a turn that runs twice can't act twice.
    idempotency_key TEXT    NOT NULL UNIQUE,
    inbox_id        INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    n               INTEGER NOT NULL,
    person          TEXT    NOT NULL,
    tool            TEXT    NOT NULL,
    arguments       TEXT    NOT NULL,
    -- Over person, tool and arguments: what an approval is bound to.
    fingerprint     TEXT    NOT NULL,
    -- Of the message that led to it; a changed message begins anew.
    message_sha256  TEXT    NOT NULL,
    requester       TEXT    NOT NULL,
    -- The request as JSON, for deciding again before it is done.
    request         TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL DEFAULT 0,
    decided_by      TEXT    NOT NULL DEFAULT '',
    decided_at      INTEGER NOT NULL DEFAULT 0,
    -- What was said of it to people: the receipt when done, the reason when not.
    told            TEXT    NOT NULL DEFAULT '',
    -- What the tool calls what it made, so that it can be found again.
    receipt         TEXT    NOT NULL DEFAULT '',
    -- What a reading tool returned; never trusted.
    found           TEXT    NOT NULL DEFAULT '',
    done_at         INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX action_by_inbox ON action (inbox_id, n);
CREATE INDEX action_waiting ON action (person, id) WHERE state = 'waiting';
CREATE INDEX action_open ON action (id) WHERE state IN ('approved', 'running');

-- What somebody wants to be told later. It becomes a notice in the outbox when it is due.
CREATE TABLE reminder (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The action that set it.
    key      TEXT    NOT NULL UNIQUE,
    inbox_id INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    person   TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    due_at   INTEGER NOT NULL,
    told_at  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX reminder_due ON reminder (due_at) WHERE told_at = 0;

-- What a tool of an MCP server looked like when an admin last looked at it; another look switches it off.
CREATE TABLE mcp_pin (
    server TEXT    NOT NULL,
    tool   TEXT    NOT NULL,
    -- Over name, description and schema.
    sha256 TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (server, tool)
) STRICT, WITHOUT ROWID;

-- SHA-256 over the hash of the row before and this row: empty for rows that were written before there was a chain,
-- until the program seals them at its next start.
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';
