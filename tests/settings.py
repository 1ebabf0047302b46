"""The product's settings, on a private PostgreSQL of the tests' own below the checkout."""

import os
from pathlib import Path

os.environ.setdefault("FANGXIAN_HOME", str(Path(__file__).parents[1] / ".data" / "tests"))
# A server for each worker: another's open transaction would delay what is sealed here.
worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker and Path(os.environ["FANGXIAN_HOME"]).name != worker:
    os.environ["FANGXIAN_HOME"] = str(Path(os.environ["FANGXIAN_HOME"]) / worker)
os.environ.setdefault("FANGXIAN_MODE", "demo")
os.environ.setdefault("FANGXIAN_LOG", "WARNING")

from fangxian.settings import *  # noqa: E402, F403

DASHBOARD_HOLD_SECONDS = ROUND_HOLD_SECONDS = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
