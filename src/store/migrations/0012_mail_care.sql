-- Mail that people look after: old mail that asks its owner, replies that a server disputes, addresses that nothing
-- reaches, and what owners are told. `mail.state` gets two more: old (its owner is asked first), dropped (given up).

-- When somebody let an old mail be answered after all, or dropped one; 0: nobody did.
ALTER TABLE mail ADD COLUMN admitted_at INTEGER NOT NULL DEFAULT 0;

-- Who else gets a reply, separated by commas.
ALTER TABLE mail_sent ADD COLUMN copies TEXT NOT NULL DEFAULT '';
-- What a server said no with after it had the content: the reply may have arrived all the same, so it is looked
-- for before anything else is done. `refusal`: later or never; empty: it said nothing.
ALTER TABLE mail_sent ADD COLUMN refusal TEXT NOT NULL DEFAULT '';
ALTER TABLE mail_sent ADD COLUMN refused_with TEXT NOT NULL DEFAULT '';

-- Addresses of people whom a reply of ours did not reach. A later mail that is known to be theirs takes the row
-- away. `state`: delayed, dead.
CREATE TABLE mail_address (
    address TEXT    PRIMARY KEY,
    state   TEXT    NOT NULL,
    -- Such as 5.1.1.
    status  TEXT    NOT NULL,
    -- What the last server said.
    said    TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the owner of an understudy is told about its mail. The key makes a repeat a no-op.
CREATE TABLE mail_notice (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT    NOT NULL UNIQUE,
    person  TEXT    NOT NULL,
    -- bounce, loop, limit, old, silent
    kind    TEXT    NOT NULL,
    words   TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    -- When somebody put it aside; 0: it is still to be read.
    seen_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX mail_notice_unseen ON mail_notice (id) WHERE seen_at = 0;
-- For the page and the command, which look at few of many.
CREATE INDEX mail_to_see ON mail (id) WHERE state IN ('parked', 'held', 'old');
