"""The driver as it is, but with a host name and a health file of its own.

`python driver_process.py NAME` runs it; its health file is `alive` in TMPDIR.
"""

import os
import sys
from pathlib import Path

from trends import __main__ as process
from trends import driver

NAME = sys.argv[1]
process.name_driver = lambda: f"{NAME}/{os.getpid()}"
process.ALIVE = driver.ALIVE = Path(os.environ["TMPDIR"]) / "alive"

sys.exit(process.main())
