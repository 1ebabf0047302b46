"""Install a wheel into a new environment and look whether it is whole: it must need no Node.

`python tools/wheel.py dist/fangxian-….whl`
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
WANTED = {
    "built styles and scripts": "fangxian/web/static/web/app.js",
    "the phone app": "fangxian/web/static/web/phone.js",
    "its service worker": "fangxian/web/static/web/worker.js",
    "its decoder of codes": "fangxian/web/static/web/decoder.wasm",
    "fonts for paper": "fangxian/kernel/fonts/NotoSansSC-Bold.ttf",
    "their licence": "fangxian/kernel/fonts/LICENCE.txt",
    "templates of paper": "fangxian/people/paper/cards.typ",
    "icons": "fangxian/web/static/web/sprite.svg",
    "licences of what is built in": "fangxian/web/static/web/LICENCES.txt",
    "Chinese words": "locale/zh_Hans/LC_MESSAGES/django.mo",
    "policy packs": "fangxian/protocol/packs/cn-v9.toml",
    "pages": "fangxian/web/templates/web/base.html",
    "our licence": "licenses/LICENSE",
}
UNWANTED = ("/tests/", "node_modules", ".data/", "/collected/")
SERVES = """
import os, sys, tempfile
os.environ["FANGXIAN_HOME"] = tempfile.mkdtemp()
os.environ["FANGXIAN_MODE"] = "demo"
os.environ["DJANGO_SETTINGS_MODULE"] = "fangxian.settings"
import django
django.setup()
from fangxian.web import assets
assets.gather()
from django.templatetags.static import static
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware
from django.http import HttpResponse
serve = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))
for name in ("web/app.js", "web/app.css", "web/sprite.svg", "web/phone.js", "web/decoder.wasm"):
    answer = serve(RequestFactory().get(static(name), headers={"accept-encoding": "br"}))
    size = len(b"".join(answer.streaming_content))
    assert answer.status_code == 200 and answer["Content-Encoding"] == "br", (name, answer)
    assert "immutable" in answer["Cache-Control"], answer.headers
    answer.close()
    print(f"{static(name)}: {size // 1024} KiB on the wire")
"""


def main(wheel: Path) -> int:
    names = zipfile.ZipFile(wheel).namelist()
    faults = [
        f"no {what}" for what, end in WANTED.items() if not any(n.endswith(end) for n in names)
    ]
    faults += [f"should not be inside: {n}" for n in names if any(u in n for u in UNWANTED)]
    for fault in faults:
        print(f"{wheel.name}: {fault}")
    if faults:
        return 1
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder], check=True)
        install = ["uv", "pip", "install", "--quiet", "--python", str(python)]
        subprocess.run(
            [*install, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True
        )
        subprocess.run([*install, "--no-deps", str(wheel.resolve())], check=True)
        alone = {"PATH": "/usr/bin:/bin", "HOME": folder}
        serves = [str(python), "-W", "ignore", "-c", SERVES]
        subprocess.run(serves, check=True, cwd=folder, env=alone)
        command = [str(python.parent / "fangxian"), "--help"]
        subprocess.run(command, check=True, cwd=folder, env=alone, stdout=subprocess.DEVNULL)
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, whole, and needs no Node")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
