-- What runs by the clock, and what came of it.

CREATE TABLE IF NOT EXISTS schedules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id text NOT NULL,
    name text NOT NULL,
    assistant_id bigint NOT NULL,
    expression text NOT NULL,
    timezone text NOT NULL DEFAULT 'UTC',
    input jsonb NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (owner_id, name)
);

CREATE TABLE IF NOT EXISTS schedule_executions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule_id bigint NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    scheduled_for timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'running'
        CHECK (status IN ('running', 'succeeded', 'failed')),
    result jsonb,
    failure text,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    -- The same invocation delivered twice is one execution.
    UNIQUE (schedule_id, scheduled_for)
);

CREATE INDEX IF NOT EXISTS schedule_executions_started_idx
    ON schedule_executions (schedule_id, started_at DESC);
