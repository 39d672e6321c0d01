-- What makes long texts of short ones takes its memory beside the database's limit, and hears no interrupt: in people's statements
-- these stand in front of the functions of the same names. The bound is in an argument, as a constant call is made in any case.

CREATE MACRO repeat(what, times) AS system.main.repeat(what, CASE
    WHEN strlen(what) * CAST(times AS HUGEINT) > 65536 THEN error('repeat: the text would be longer than 64 KiB')
    ELSE CAST(times AS BIGINT)
END);

CREATE MACRO lpad(what, width, filling) AS system.main.lpad(what, CASE
    WHEN CAST(width AS HUGEINT) > 65536 THEN error('lpad: the text would be longer than 64 KiB') ELSE CAST(width AS INTEGER)
END, filling);

CREATE MACRO rpad(what, width, filling) AS system.main.rpad(what, CASE
    WHEN CAST(width AS HUGEINT) > 65536 THEN error('rpad: the text would be longer than 64 KiB') ELSE CAST(width AS INTEGER)
END, filling);

CREATE MACRO replace(what, part, other) AS system.main.replace(what, part, CASE
    WHEN strlen(other) > 64 AND strlen(what) * CAST(strlen(other) AS HUGEINT) > 1048576
        THEN error('replace: the text could be longer than 1 MiB')
    ELSE other
END);
