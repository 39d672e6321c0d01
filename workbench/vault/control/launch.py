"""The first statements of the vault's process: no debugger and no core dump, before it holds a secret."""

import ctypes
import gc
import os
import resource
import sys

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38

if __name__ == "__main__":
    if sys.platform == "linux":
        _libc = ctypes.CDLL(None, use_errno=True)
        if _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) or _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            sys.exit("the vault cannot protect its memory on this system")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)

    _descriptors = [int(number) for number in sys.argv[1].split(",")]
    _low = 3
    for _number in sorted(_descriptors):
        os.closerange(_low, _number)
        _low = _number + 1
    os.closerange(_low, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    # Started without site-packages and without the environment's paths: what it may import was handed over.
    sys.path.extend(sys.argv[2].split(os.pathsep))
    # Modules are no garbage: looking for some in between holds up the start.
    gc.disable()
    # Late: it may be imported only now.
    from workbench.vault.control.program import main

    gc.freeze()
    gc.enable()
    main(*_descriptors)
