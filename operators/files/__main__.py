"""``python -m operators.files``."""

import sys

from operators.files.process import main

sys.exit(main())
