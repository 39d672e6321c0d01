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
    -- The child thread in whose log it stands; NULL for the primary one. `thread_id` is what the event itself names.
    thread VARCHAR,
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
    body VARCHAR NOT NULL,
    -- What answers a call or a request has here what is asked of both most: joined by names of 27 characters, ten million events
    -- would be asked for seconds.
    answered BIGINT,
    began_at TIMESTAMPTZ,
    model VARCHAR,
    purpose VARCHAR,
    hour_tokens BIGINT,
    is_fast BOOLEAN
);

CREATE TABLE kept.facts (
    position BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    session_id VARCHAR,
    thread VARCHAR,
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

-- Every version of every memory. The newest version of a memory is what it is now.
CREATE TABLE kept.memory_versions (
    position BIGINT NOT NULL,
    store_id VARCHAR NOT NULL,
    memory_id VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    operation VARCHAR NOT NULL,
    path VARCHAR,
    content VARCHAR,
    content_sha256 VARCHAR,
    content_size_bytes BIGINT,
    created_by VARCHAR NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    redacted_at TIMESTAMPTZ,
    redacted_by VARCHAR,
    grounds VARCHAR
);

-- List prices in USD per million tokens of the models in this log: written from the program's own list at each opening.
CREATE TABLE kept.prices (
    model VARCHAR NOT NULL,
    input DOUBLE,
    output DOUBLE,
    cache_write_5m DOUBLE,
    cache_write_1h DOUBLE,
    cache_read DOUBLE,
    long_prompt BIGINT,
    fast BIGINT
);

-- Records of the journal that the tables cannot take, so that they stand in nothing's way. The journal keeps them.
CREATE TABLE kept.aside (position BIGINT NOT NULL, session_id VARCHAR, seq BIGINT, reason VARCHAR NOT NULL);
