-- A reminder that is dropped when somebody writes in its conversation first: a follow-up.
ALTER TABLE reminder ADD COLUMN unless_answered INTEGER NOT NULL DEFAULT 0;

-- When somebody last wrote in a conversation that the understudy takes part in, where the words were kept nowhere
-- because they were not for it.
CREATE TABLE overheard (
    conversation TEXT    PRIMARY KEY,
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When a tool stopped waiting for the end of its letter, which is then said where it was asked for; 0: it did not.
ALTER TABLE owner_letter ADD COLUMN given_up_at INTEGER NOT NULL DEFAULT 0;
