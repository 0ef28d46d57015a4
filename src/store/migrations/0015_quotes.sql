-- Whether what was told of an action holds words of others, such as the title of an appointment: a later turn of the
-- conversation reads them, so it trusts its thread less.
ALTER TABLE action ADD COLUMN quotes INTEGER NOT NULL DEFAULT 0;
