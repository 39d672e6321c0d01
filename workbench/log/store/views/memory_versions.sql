CREATE VIEW memory_versions AS
SELECT
    v.store_id,
    s.name AS store,
    v.memory_id,
    v.id AS version_id,
    v.operation,
    v.path,
    v.content,
    v.content_size_bytes,
    json_extract_string(v.created_by, '$.type') AS actor,
    json_extract_string(v.created_by, '$.session_id') AS session_id,
    v.created_at,
    v.redacted_at,
    CAST(v.grounds AS JSON) AS grounds
FROM kept.memory_versions AS v
LEFT JOIN (
    SELECT id, json_extract_string(arg_max(body, version), '$.name') AS name
    FROM kept.documents WHERE kind = 'memory_store' GROUP BY id
) AS s ON s.id = v.store_id;

COMMENT ON VIEW memory_versions IS 'Every change of every memory, with who made it';
COMMENT ON COLUMN memory_versions.store_id IS 'The memory store, memstore_…';
COMMENT ON COLUMN memory_versions.store IS 'The name of the store';
COMMENT ON COLUMN memory_versions.memory_id IS 'The memory, mem_…';
COMMENT ON COLUMN memory_versions.version_id IS 'The version, memver_…';
COMMENT ON COLUMN memory_versions.operation IS 'created, modified or deleted';
COMMENT ON COLUMN memory_versions.path IS 'The path of the memory at that time; NULL when redacted';
COMMENT ON COLUMN memory_versions.content IS 'What it said; NULL for a deletion and when redacted';
COMMENT ON COLUMN memory_versions.content_size_bytes IS 'The size of the content';
COMMENT ON COLUMN memory_versions.actor IS 'Who wrote it: session_actor (an agent), api_actor or user_actor';
COMMENT ON COLUMN memory_versions.session_id IS 'The session whose agent wrote it, if one did';
COMMENT ON COLUMN memory_versions.created_at IS 'When it was written';
COMMENT ON COLUMN memory_versions.redacted_at IS 'When it was redacted, if it was';
COMMENT ON COLUMN memory_versions.grounds IS 'Why a dream wrote it: its lines with their evidence, as JSON';

CREATE VIEW memories AS
SELECT
    v.store_id, v.store, v.memory_id, v.version_id, v.path, v.content, v.content_size_bytes, v.actor, v.session_id,
    v.created_at AS updated_at, v.grounds
FROM memory_versions AS v
SEMI JOIN (
    SELECT arg_max(id, position) AS id FROM kept.memory_versions GROUP BY store_id, memory_id
) AS head ON head.id = v.version_id
WHERE v.operation <> 'deleted';

COMMENT ON VIEW memories IS 'Every memory as it is now';
COMMENT ON COLUMN memories.store_id IS 'The memory store, memstore_…';
COMMENT ON COLUMN memories.store IS 'The name of the store';
COMMENT ON COLUMN memories.memory_id IS 'The memory, mem_…';
COMMENT ON COLUMN memories.version_id IS 'The version that it is now, memver_…';
COMMENT ON COLUMN memories.path IS 'Its path in the store';
COMMENT ON COLUMN memories.content IS 'What it says';
COMMENT ON COLUMN memories.content_size_bytes IS 'The size of the content';
COMMENT ON COLUMN memories.actor IS 'Who wrote it last: session_actor (an agent), api_actor or user_actor';
COMMENT ON COLUMN memories.session_id IS 'The session whose agent wrote it last, if one did';
COMMENT ON COLUMN memories.updated_at IS 'When it was changed last';
COMMENT ON COLUMN memories.grounds IS 'Why a dream wrote it: its lines with their evidence, as JSON';
