import sys

from fangxian.cli import main

sys.exit(main())
