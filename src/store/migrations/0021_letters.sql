-- What is written to the owners of understudies by mail: requests that wait for their yes, and what they were only
-- told on a page before. Nothing of it goes through the outbox: no message is answered by it.

CREATE TABLE owner_letter (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What it is about and whom it goes to; the same is never written twice.
    key        TEXT    NOT NULL UNIQUE,
    person     TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,
    -- ask, digest
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    -- Emptied when it has left: what stays is that it was sent.
    words      TEXT    NOT NULL,
    made_at    INTEGER NOT NULL,
    -- When it is tried next.
    due_at     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- When its content was handed to a server. It is not sent again then, whatever became of it: the page shows the same.
    tried_at   INTEGER NOT NULL DEFAULT 0,
    -- waiting, sent, unclear (the program or the connection ended in the middle), refused, late (it was decided before)
    state      TEXT    NOT NULL DEFAULT 'waiting',
    last_error TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX owner_letter_waiting ON owner_letter (person, due_at) WHERE state = 'waiting';

-- When somebody let a held mail be answered although nobody vouches for its sender; 0: nobody did.
ALTER TABLE mail ADD COLUMN released_at INTEGER NOT NULL DEFAULT 0;
