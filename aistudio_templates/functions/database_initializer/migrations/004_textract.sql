-- Scans that Textract reads, and how many pages a month that makes.

CREATE TABLE IF NOT EXISTS textract_jobs (
    -- Our own job's id, which Textract gives back as its JobTag: the row is there before
    -- Textract can answer.
    job_id text PRIMARY KEY,
    textract_job_id text UNIQUE,
    -- No foreign key: a document may be deleted while Textract reads it.
    document_id bigint NOT NULL,
    month date NOT NULL,
    page_count integer NOT NULL CHECK (page_count > 0),
    status text NOT NULL DEFAULT 'reserved'
        CHECK (status IN ('reserved', 'started', 'succeeded', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);

CREATE INDEX IF NOT EXISTS textract_jobs_open_idx
    ON textract_jobs (created_at) WHERE finished_at IS NULL;

CREATE TABLE IF NOT EXISTS textract_usage (
    month date PRIMARY KEY,
    page_count bigint NOT NULL CHECK (page_count >= 0)
);
