CREATE VIEW files_touched AS
SELECT
    u.session_id,
    u.path,
    count(*) FILTER (u.tool = 'read') AS reads,
    count(*) FILTER (u.tool = 'write') AS writes,
    count(*) FILTER (u.tool = 'edit') AS edits,
    min(u.processed_at) AS first_at,
    max(u.processed_at) AS last_at,
    max(u.seq) AS seq
FROM kept.events AS u
JOIN kept.events AS r ON r.answered = u.position AND r.type = 'agent.tool_result'
WHERE u.type = 'agent.tool_use' AND u.path IS NOT NULL AND u.seq IS NOT NULL AND NOT coalesce(r.is_error, false)
GROUP BY ALL;

COMMENT ON VIEW files_touched IS 'Files that the tools read, write and edit touched without an error, in their sandboxes';
COMMENT ON COLUMN files_touched.session_id IS 'The session';
COMMENT ON COLUMN files_touched.path IS 'The path as the tool was given it';
COMMENT ON COLUMN files_touched.reads IS 'How often it was read';
COMMENT ON COLUMN files_touched.writes IS 'How often it was written whole';
COMMENT ON COLUMN files_touched.edits IS 'How often it was edited';
COMMENT ON COLUMN files_touched.first_at IS 'When it was touched first';
COMMENT ON COLUMN files_touched.last_at IS 'When it was touched last';
COMMENT ON COLUMN files_touched.seq IS 'The place of the last touch in the log of the session';
