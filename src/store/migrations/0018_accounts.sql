-- Who may sign in with a password, and whether a browser has lately proved again who sits before it.

CREATE TABLE account (
    -- As readers lists name them.
    reader          TEXT    PRIMARY KEY,
    name            TEXT    NOT NULL,
    -- 1: runs this installation.
    admin           INTEGER NOT NULL,
    -- Argon2id in PHC form; empty until the invitation was taken up.
    password        TEXT    NOT NULL DEFAULT '',
    -- Wrong passwords since the last right one.
    failures        INTEGER NOT NULL DEFAULT 0,
    locked_until_at INTEGER NOT NULL DEFAULT 0,
    -- SHA-256 of the token of the open invitation; empty when there is none.
    invitation      TEXT    NOT NULL DEFAULT '',
    invited_until_at INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    -- When they last signed in, or 0.
    seen_at         INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX account_invited ON account (invitation) WHERE invitation <> '';

-- When the browser last showed the password or the printed token.
ALTER TABLE session ADD COLUMN confirmed_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX session_by_reader ON session (reader);

-- Until now everybody with the printed token was an admin; whoever is signed in shows who they are once more.
DELETE FROM session;
