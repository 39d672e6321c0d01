CREATE VIEW errors AS
SELECT
    session_id,
    processed_at AS happened_at,
    json_extract_string(body, '$.error.type') AS error_type,
    text AS message,
    json_extract_string(body, '$.error.retry_status.type') AS retry_status,
    id AS event_id,
    seq
FROM kept.events
WHERE type = 'session.error' AND seq IS NOT NULL;

COMMENT ON VIEW errors IS 'Errors of sessions; those of tools are in tool_calls';
COMMENT ON COLUMN errors.session_id IS 'The session';
COMMENT ON COLUMN errors.happened_at IS 'When it happened';
COMMENT ON COLUMN errors.error_type IS 'The kind of error, model_overloaded_error for example';
COMMENT ON COLUMN errors.message IS 'What it said';
COMMENT ON COLUMN errors.retry_status IS 'retrying, exhausted or terminal';
COMMENT ON COLUMN errors.event_id IS 'The event, sevt_…';
COMMENT ON COLUMN errors.seq IS 'The place in the log of the session';
