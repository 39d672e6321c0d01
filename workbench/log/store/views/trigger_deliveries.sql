CREATE VIEW trigger_deliveries AS
SELECT
    d.id AS delivery_id,
    json_extract_string(d.body, '$.trigger') AS "trigger",
    json_extract_string(d.body, '$.trigger_id') AS trigger_id,
    json_extract_string(d.body, '$.deployment_id') AS deployment_id,
    TRY_CAST(json_extract_string(d.body, '$.received_at') AS TIMESTAMPTZ) AS received_at,
    json_extract_string(d.body, '$.state') AS state,
    json_extract_string(d.body, '$.title') AS title,
    nullif(json_extract_string(d.body, '$.words'), '') AS reason,
    json_extract_string(d.body, '$.session_id') AS session_id
FROM kept.documents AS d
WHERE d.kind = 'trigger_delivery'
QUALIFY row_number() OVER (PARTITION BY d.id ORDER BY d.version DESC) = 1;

COMMENT ON VIEW trigger_deliveries IS 'What came to triggers, wrong signatures too, and the session that it started';
COMMENT ON COLUMN trigger_deliveries.delivery_id IS 'The delivery, tdlv_…';
COMMENT ON COLUMN trigger_deliveries."trigger" IS 'The name of the trigger';
COMMENT ON COLUMN trigger_deliveries.trigger_id IS 'The trigger, trig_…';
COMMENT ON COLUMN trigger_deliveries.deployment_id IS 'The deployment whose session it starts';
COMMENT ON COLUMN trigger_deliveries.received_at IS 'When it came';
COMMENT ON COLUMN trigger_deliveries.state IS 'waiting, started, failed, refused or ignored';
COMMENT ON COLUMN trigger_deliveries.title IS 'What came, in a few words';
COMMENT ON COLUMN trigger_deliveries.reason IS 'Why it started nothing';
COMMENT ON COLUMN trigger_deliveries.session_id IS 'The session that it started';
