CREATE VIEW memory_reads AS
WITH named AS (
    SELECT session_id, tool, processed_at, seq, id, thread,
        -- What stands behind the folder of all stores, up to a blank, a quote or the end of a command.
        unnest(regexp_extract_all(body, '/mnt/memory/([^\s"\\;|&>)`''*]*)', 1)) AS place
    FROM kept.events
    WHERE type = 'agent.tool_use' AND seq IS NOT NULL AND tool IN ('bash', 'read', 'grep', 'glob') AND contains(body, '/mnt/memory/')
)
SELECT
    session_id, split_part(place, '/', 1) AS store, nullif(substr(place, length(split_part(place, '/', 1)) + 1), '') AS path, tool,
    processed_at, id AS tool_use_id, seq, thread AS thread_id
FROM named;

COMMENT ON VIEW memory_reads IS 'Where calls named memories: one row a place';
COMMENT ON COLUMN memory_reads.session_id IS 'The session';
COMMENT ON COLUMN memory_reads.store IS 'The folder of the store under /mnt/memory';
COMMENT ON COLUMN memory_reads.path IS 'The memory, or a folder of them; NULL for the whole store';
COMMENT ON COLUMN memory_reads.tool IS 'The tool that was called';
COMMENT ON COLUMN memory_reads.processed_at IS 'When it was called';
COMMENT ON COLUMN memory_reads.tool_use_id IS 'The event of the call, sevt_…';
COMMENT ON COLUMN memory_reads.seq IS 'The place of the call in the log of the session';
COMMENT ON COLUMN memory_reads.thread_id IS 'The child thread that called; NULL for the primary one';
