-- The verdict on each clause of a document, kept as soon as it is there, so that a review goes on where it was.
CREATE TABLE review_clause (
    inbox_id INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE,
    n        INTEGER NOT NULL,
    -- Over document, clause and request: another text is another review.
    print    TEXT    NOT NULL,
    -- The clause and its verdict as JSON.
    judged   TEXT    NOT NULL,
    -- What the owner says it is, as JSON; empty until they have.
    ruled    TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (inbox_id, n)
) STRICT, WITHOUT ROWID;
