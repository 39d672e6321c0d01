CREATE VIEW by_hand AS
SELECT
    session_id,
    CASE name WHEN 'command.ran' THEN 'ran' WHEN 'files.applied' THEN 'applied' WHEN 'files.discarded' THEN 'discarded' WHEN 'files.copied' THEN 'copied ' || json_extract_string(body, '$.direction') ELSE 'rewound' END AS what,
    json_extract_string(body, '$.command') AS command,
    CAST(json_extract(body, '$.paths') AS VARCHAR[]) AS paths,
    made_at
FROM kept.facts
WHERE name IN ('command.ran', 'files.applied', 'files.discarded', 'files.rewound', 'files.copied') AND session_id IS NOT NULL;

COMMENT ON VIEW by_hand IS 'What people did themselves in a session: commands they ran, changes they applied or discarded, files they put back or copied';
COMMENT ON COLUMN by_hand.session_id IS 'The session';
COMMENT ON COLUMN by_hand.what IS 'ran, applied, discarded, rewound, copied in or copied out';
COMMENT ON COLUMN by_hand.command IS 'The command that was run';
COMMENT ON COLUMN by_hand.paths IS 'The files that were applied, discarded or copied';
COMMENT ON COLUMN by_hand.made_at IS 'When';
