CREATE VIEW files AS
SELECT
    d.id AS file_id,
    json_extract_string(d.body, '$.scope.id') AS session_id,
    json_extract_string(d.body, '$.filename') AS filename,
    json_extract_string(d.body, '$.workbench.path') AS path,
    json_extract_string(d.body, '$.mime_type') AS mime_type,
    CAST(json_extract(d.body, '$.size_bytes') AS BIGINT) AS size_bytes,
    CAST(json_extract(d.body, '$.downloadable') AS BOOLEAN) AS downloadable,
    TRY_CAST(json_extract_string(d.body, '$.created_at') AS TIMESTAMPTZ) AS created_at,
    TRY_CAST(json_extract_string(d.body, '$.expires_at') AS TIMESTAMPTZ) AS expires_at,
    json_extract_string(d.body, '$.workbench.copy_of') AS copy_of,
    json_extract_string(d.body, '$.workbench.sha256') AS sha256
FROM kept.documents AS d
WHERE d.kind = 'file'
QUALIFY row_number() OVER (PARTITION BY d.id ORDER BY d.version DESC) = 1;

COMMENT ON VIEW files IS 'Files that were uploaded, that sessions have mounted, and that agents left for you';
COMMENT ON COLUMN files.file_id IS 'The file, file_…';
COMMENT ON COLUMN files.session_id IS 'The session that it belongs to; NULL for an upload';
COMMENT ON COLUMN files.filename IS 'Its name';
COMMENT ON COLUMN files.path IS 'Where the agent left it, below its outputs folder; NULL for an upload';
COMMENT ON COLUMN files.mime_type IS 'What it is, such as text/csv';
COMMENT ON COLUMN files.size_bytes IS 'The size of its content';
COMMENT ON COLUMN files.downloadable IS 'Whether the API gives its content: what agents left is, an upload is not';
COMMENT ON COLUMN files.created_at IS 'When it was made';
COMMENT ON COLUMN files.expires_at IS 'When it ends by itself, if it does';
COMMENT ON COLUMN files.copy_of IS 'The upload that a session has mounted, if it is one';
COMMENT ON COLUMN files.sha256 IS 'The hash of its content, which is kept once for all files that have it';
