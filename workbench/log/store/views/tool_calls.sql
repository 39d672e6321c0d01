CREATE VIEW tool_calls AS
SELECT
    u.session_id,
    u.tool,
    CASE u.type WHEN 'agent.tool_use' THEN 'built-in' WHEN 'agent.mcp_tool_use' THEN 'mcp' ELSE 'custom' END AS kind,
    u.mcp_server,
    json_extract(u.body, '$.input') AS input,
    coalesce(r.began_at, u.processed_at) AS started_at,
    r.processed_at AS ended_at,
    -- Waiting for a person is no duration: a call that was asked for and never began has none.
    CASE WHEN NOT (coalesce(u.permission IN ('ask', 'deny'), false) AND r.began_at = u.processed_at
            AND u.type <> 'agent.custom_tool_use')
        THEN (epoch_us(r.processed_at) - epoch_us(r.began_at)) / 1000.0 END AS duration_ms,
    CASE WHEN r.answered IS NOT NULL THEN coalesce(r.is_error, false) END AS is_error,
    array_to_string(json_extract_string(r.body, '$.content[*].text'), E'\n') AS result,
    u.permission AS evaluated_permission,
    u.id AS tool_use_id,
    u.seq,
    u.thread AS thread_id
FROM kept.events AS u
LEFT JOIN kept.events AS r
    ON r.answered = u.position
    AND r.type IN ('agent.tool_result', 'agent.mcp_tool_result', 'user.custom_tool_result', 'user.tool_result')
WHERE u.type IN ('agent.tool_use', 'agent.mcp_tool_use', 'agent.custom_tool_use') AND u.seq IS NOT NULL
    -- A call of a child thread that asks stands in the primary one's log as well.
    AND (u.thread IS NOT NULL OR u.thread_id IS NULL);

COMMENT ON VIEW tool_calls IS 'One row a tool call: built-in, mcp and custom';
COMMENT ON COLUMN tool_calls.session_id IS 'The session';
COMMENT ON COLUMN tool_calls.tool IS 'The name of the tool';
COMMENT ON COLUMN tool_calls.kind IS 'built-in, mcp or custom';
COMMENT ON COLUMN tool_calls.mcp_server IS 'The MCP server of the tool, for mcp';
COMMENT ON COLUMN tool_calls.input IS 'What the tool was given, as JSON';
COMMENT ON COLUMN tool_calls.started_at IS 'When it began to run; when it was asked for, while it runs and where that is not known';
COMMENT ON COLUMN tool_calls.ended_at IS 'When its result came; NULL while there is none';
COMMENT ON COLUMN tool_calls.duration_ms IS 'From start to result, in milliseconds; NULL where it never began to run';
COMMENT ON COLUMN tool_calls.is_error IS 'Whether it failed; NULL while there is no result';
COMMENT ON COLUMN tool_calls.result IS 'The text of its result';
COMMENT ON COLUMN tool_calls.evaluated_permission IS 'allow, ask or deny, as the gate decided';
COMMENT ON COLUMN tool_calls.tool_use_id IS 'The event of the call, sevt_…';
COMMENT ON COLUMN tool_calls.seq IS 'The place of the call in the log of the session';
COMMENT ON COLUMN tool_calls.thread_id IS 'The child thread that made the call; NULL for the primary one';
