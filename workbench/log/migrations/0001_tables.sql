-- The tables behind the views. Only the carrying over writes them, always together with the journal's position.

CREATE TABLE kept.carried (position BIGINT NOT NULL);
INSERT INTO kept.carried VALUES (0);

-- Every entry: queued ones have no seq and are followed by a later row of the same id once they were taken.
CREATE TABLE kept.events (
    position BIGINT NOT NULL,
    session_id VARCHAR NOT NULL,
    seq BIGINT,
    id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    thread_id VARCHAR,
    processed_at TIMESTAMPTZ,
    answers VARCHAR,
    tool VARCHAR,
    mcp_server VARCHAR,
    permission VARCHAR,
    path VARCHAR,
    is_error BOOLEAN,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_creation_tokens BIGINT,
    text VARCHAR,
    body VARCHAR NOT NULL
);

CREATE TABLE kept.facts (
    position BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    session_id VARCHAR,
    made_at TIMESTAMPTZ NOT NULL,
    subject VARCHAR,
    body VARCHAR NOT NULL
);

CREATE TABLE kept.documents (
    made BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    body VARCHAR NOT NULL
);

CREATE TABLE kept.states (session_id VARCHAR NOT NULL, body VARCHAR NOT NULL);
