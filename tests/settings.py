"""The product's settings, on a private PostgreSQL of the tests' own below the checkout."""

import os
from pathlib import Path

os.environ.setdefault("FANGXIAN_HOME", str(Path(__file__).parents[1] / ".data" / "tests"))
os.environ.setdefault("FANGXIAN_MODE", "demo")
os.environ.setdefault("FANGXIAN_LOG", "WARNING")

from fangxian.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
