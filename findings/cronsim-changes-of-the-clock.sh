#!/usr/bin/env bash
# cronsim 2.8 (PyPI): with a zone it fires an hour that the clock skips, and a repeated hour once.
#
# A schedule in wall-clock time is commonly told as: what does not exist does not fire, what comes twice fires twice. cronsim follows
# Debian's cron instead: a fixed time in the skipped hour fires at the first moment after it, and one in the repeated hour fires the
# first time alone, while a wildcard hour (`*`) fires both times. Stepped over times without a zone it knows nothing of clocks, so that
# each can be mapped to the moments at which clocks show it: none, one or two.
#
# Seen on 2026-11-29 with Python 3.11:
#   30 2 * * * on 2027-03-28 in Europe/Berlin: 2027-03-28T03:00:00+02:00
#   30 2 * * * on 2027-10-31 in Europe/Berlin: 2027-10-31T02:30:00+02:00
#   30 * * * * on 2027-10-31 in Europe/Berlin: 2027-10-31T02:30:00+02:00 2027-10-31T02:30:00+01:00
#   without a zone: 2027-03-28T02:30:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check cronsim==2.8 tzdata
"$folder/venv/bin/python" - <<'PY'
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

berlin = ZoneInfo("Europe/Berlin")


def between(expression, start, end):
    found = []
    for moment in islice(CronSim(expression, start), 10):
        if moment >= end:
            break
        found.append(moment)
    return found


skipped = between("30 2 * * *", datetime(2027, 3, 28, 0, tzinfo=berlin), datetime(2027, 3, 28, 12, tzinfo=berlin))
print("30 2 * * * on 2027-03-28 in Europe/Berlin:", *(one.isoformat() for one in skipped))
assert [(one.hour, one.minute) for one in skipped] == [(3, 0)]

repeated = between("30 2 * * *", datetime(2027, 10, 31, 0, tzinfo=berlin), datetime(2027, 10, 31, 12, tzinfo=berlin))
print("30 2 * * * on 2027-10-31 in Europe/Berlin:", *(one.isoformat() for one in repeated))
assert len(repeated) == 1

hourly = between("30 * * * *", datetime(2027, 10, 31, 2, tzinfo=berlin), datetime(2027, 10, 31, 3, tzinfo=berlin))
print("30 * * * * on 2027-10-31 in Europe/Berlin:", *(one.isoformat() for one in hourly))
assert len(hourly) == 2

naive = next(CronSim("30 2 * * *", datetime(2027, 3, 28)))
print("without a zone:", naive.isoformat())
assert (naive.hour, naive.minute) == (2, 30)
PY
