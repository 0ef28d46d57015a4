-- A reminder that is dropped when somebody writes in its conversation first: a follow-up.
ALTER TABLE reminder ADD COLUMN unless_answered INTEGER NOT NULL DEFAULT 0;
