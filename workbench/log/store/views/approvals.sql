CREATE VIEW approvals AS
SELECT
    u.session_id,
    u.tool,
    u.mcp_server,
    json_extract(u.body, '$.input') AS input,
    u.processed_at AS asked_at,
    c.processed_at AS answered_at,
    (epoch_us(c.processed_at) - epoch_us(u.processed_at)) / 1000.0 AS waited_ms,
    c.permission AS answer,
    c.text AS deny_message,
    u.id AS tool_use_id,
    u.seq
FROM kept.events AS u
LEFT JOIN kept.events AS c ON c.answered = u.position AND c.type = 'user.tool_confirmation'
WHERE u.permission = 'ask' AND u.type IN ('agent.tool_use', 'agent.mcp_tool_use') AND u.seq IS NOT NULL;

COMMENT ON VIEW approvals IS 'Tool calls that a person was asked about';
COMMENT ON COLUMN approvals.session_id IS 'The session';
COMMENT ON COLUMN approvals.tool IS 'The name of the tool';
COMMENT ON COLUMN approvals.mcp_server IS 'The MCP server of the tool, if it is of one';
COMMENT ON COLUMN approvals.input IS 'What the tool was to be given, as JSON';
COMMENT ON COLUMN approvals.asked_at IS 'When it was asked';
COMMENT ON COLUMN approvals.answered_at IS 'When the answer was taken up; NULL while it waits';
COMMENT ON COLUMN approvals.waited_ms IS 'How long it waited for the answer, in milliseconds';
COMMENT ON COLUMN approvals.answer IS 'allow or deny; NULL while it waits';
COMMENT ON COLUMN approvals.deny_message IS 'What the person said with a no';
COMMENT ON COLUMN approvals.tool_use_id IS 'The event of the call, sevt_…';
COMMENT ON COLUMN approvals.seq IS 'The place of the call in the log of the session';
