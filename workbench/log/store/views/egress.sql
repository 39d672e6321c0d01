CREATE VIEW egress AS
SELECT
    session_id,
    made_at AS decided_at,
    json_extract_string(body, '$.host') AS host,
    TRY_CAST(json_extract_string(body, '$.port') AS INTEGER) AS port,
    TRY_CAST(json_extract_string(body, '$.allowed') AS BOOLEAN) AS allowed,
    nullif(json_extract_string(body, '$.reason'), '') AS reason,
    json_extract_string(body, '$.credential_ids[*]') AS credential_ids,
    nullif(json_extract_string(body, '$.where'), '') AS injected_in,
    nullif(json_extract_string(body, '$.method'), '') AS method,
    nullif(json_extract_string(body, '$.route'), '') AS route
FROM kept.facts
WHERE name = 'egress.decided';

COMMENT ON VIEW egress IS 'Every request that wanted out, and what was decided; without secrets';
COMMENT ON COLUMN egress.session_id IS 'The session that it was for; none where the engine went out for all';
COMMENT ON COLUMN egress.decided_at IS 'When it was decided';
COMMENT ON COLUMN egress.host IS 'The host';
COMMENT ON COLUMN egress.port IS 'The port';
COMMENT ON COLUMN egress.allowed IS 'Whether the request was let through';
COMMENT ON COLUMN egress.reason IS 'The rule that refused it; placeholder_elsewhere: a placeholder went out as it is';
COMMENT ON COLUMN egress.credential_ids IS 'The credentials whose secret, or placeholder, went along';
COMMENT ON COLUMN egress.injected_in IS 'header or body, where a secret was put in';
COMMENT ON COLUMN egress.method IS 'The HTTP method';
COMMENT ON COLUMN egress.route IS 'model, mcp-… or web-…, where the engine itself asked';
