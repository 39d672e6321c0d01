CREATE VIEW messages AS
SELECT
    session_id, seq, id AS event_id,
    split_part(type, '.', 1) AS sender,
    text, processed_at, thread AS thread_id
FROM kept.events
WHERE type IN ('user.message', 'user.define_outcome', 'agent.message', 'system.message') AND seq IS NOT NULL;

COMMENT ON VIEW messages IS 'What was said: one row a message of user, agent or system, and a goal by its description';
COMMENT ON COLUMN messages.session_id IS 'The session';
COMMENT ON COLUMN messages.seq IS 'The place in the log of the session, from 1';
COMMENT ON COLUMN messages.event_id IS 'The event, sevt_…';
COMMENT ON COLUMN messages.sender IS 'user, agent or system';
COMMENT ON COLUMN messages.text IS 'The text; other blocks are named in brackets';
COMMENT ON COLUMN messages.processed_at IS 'When it entered the log';
COMMENT ON COLUMN messages.thread_id IS 'The child thread in which it was said; NULL for the primary one';
