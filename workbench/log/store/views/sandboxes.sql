CREATE VIEW sandboxes AS
SELECT
    s.session_id,
    s.subject AS container_id,
    json_extract_string(s.body, '$.image') AS image,
    json_extract_string(s.body, '$.image_id') AS image_id,
    s.made_at AS started_at,
    e.made_at AS ended_at,
    json_extract_string(e.body, '$.reason') AS reason,
    json_extract(s.body, '$.warnings') AS warnings
FROM kept.facts AS s
LEFT JOIN (
    SELECT subject, session_id, max(made_at) AS made_at, arg_max(body, position) AS body
    FROM kept.facts WHERE name = 'sandbox.ended' GROUP BY ALL
) AS e ON e.subject = s.subject AND e.session_id = s.session_id
WHERE s.name = 'sandbox.started';

COMMENT ON VIEW sandboxes IS 'One row a container';
COMMENT ON COLUMN sandboxes.session_id IS 'The session';
COMMENT ON COLUMN sandboxes.container_id IS 'The container';
COMMENT ON COLUMN sandboxes.image IS 'The image, by name';
COMMENT ON COLUMN sandboxes.image_id IS 'The image, by id';
COMMENT ON COLUMN sandboxes.started_at IS 'When it was started';
COMMENT ON COLUMN sandboxes.ended_at IS 'When it was ended; NULL while it runs';
COMMENT ON COLUMN sandboxes.reason IS 'Why it was ended';
COMMENT ON COLUMN sandboxes.warnings IS 'What was worth a warning at its start, as JSON';
