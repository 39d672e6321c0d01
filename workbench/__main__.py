"""`python -m workbench`, begun again isolated: `-m` puts the current folder before everything else."""

import os
import sys

from workbench.start import command

if not sys.flags.isolated:
    begun_again = command("workbench", *sys.argv[1:])
    os.execv(begun_again[0], begun_again)

# Late: only what is isolated may import the rest.
from workbench.cli import main

sys.exit(main())
