CREATE VIEW events AS
SELECT session_id, seq, id, type, thread_id, processed_at, position, CAST(body AS JSON) AS body
FROM kept.events
WHERE seq IS NOT NULL;

COMMENT ON VIEW events IS 'Everything that happened, one row an event as it goes over the wire';
COMMENT ON COLUMN events.session_id IS 'The session';
COMMENT ON COLUMN events.seq IS 'The place in the log of the session, from 1';
COMMENT ON COLUMN events.id IS 'The event, sevt_…';
COMMENT ON COLUMN events.type IS 'The type, agent.tool_use for example';
COMMENT ON COLUMN events.thread_id IS 'The thread that the event names, if it names one';
COMMENT ON COLUMN events.processed_at IS 'When it entered the log';
COMMENT ON COLUMN events.position IS 'The place in the whole log: the cursor of every stream';
COMMENT ON COLUMN events.body IS 'The whole event, as JSON';
