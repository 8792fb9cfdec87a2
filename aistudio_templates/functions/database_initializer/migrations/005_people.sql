-- Who the users are, where mail must not go any more, and what is done once only.

CREATE TABLE IF NOT EXISTS users (
    id text PRIMARY KEY CHECK (id <> ''),
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND email LIKE '_%@_%'),
    display_name text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE OR REPLACE TRIGGER users_touch BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE OR REPLACE FUNCTION hash_of_address(address text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT encode(sha256(convert_to(lower(address), 'UTF8')), 'hex') $$;

-- A hash, since the entry must outlive the user's row and need not name anyone. An address
-- is written to again once its row, found by hash_of_address, is deleted.
CREATE TABLE IF NOT EXISTS suppressed_addresses (
    address_hash text PRIMARY KEY CHECK (length(address_hash) = 64),
    reason text NOT NULL CHECK (reason IN ('bounce', 'complaint')),
    detail text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The same message delivered twice is one notification.
CREATE UNIQUE INDEX IF NOT EXISTS notifications_once_idx
    ON notifications (schedule_execution_id, recipient_id, channel);

-- Tells an invocation's next attempt, which goes on, from a second invocation, which does not.
ALTER TABLE schedule_executions ADD COLUMN IF NOT EXISTS invocation_id text;
