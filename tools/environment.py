"""Create .venv and install what requirements.txt pins, unless that has been done already.

Run by the Makefile with whatever Python the machine has, so this file sticks to old syntax.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "installed.sha256"
OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11")


def wanted(root=ROOT):
    """Hash what the installation depends on: the pins and the part of pyproject.toml pip reads."""
    package = (root / "pyproject.toml").read_bytes().partition(b"\n[tool.ruff")[0]
    return hashlib.sha256((root / "requirements.txt").read_bytes() + package).hexdigest()


def is_ready():
    """Say whether .venv works and holds exactly what is wanted."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text().strip() == wanted()


def stop(message):
    """End with a message for a person instead of a traceback."""
    sys.exit("\n" + message.strip() + "\n")


def require_new_python():
    """Refuse a Python that is too old, and name a newer one when the machine has it."""
    if sys.version_info >= OLDEST:
        return
    have = "{}.{}".format(*sys.version_info)
    found = [name for name in NEWER if shutil.which(name)]
    hint = "make book PYTHON=" + found[0] if found else "install Python 3.11 or newer"
    stop(f"This book needs Python 3.11 or newer; {sys.executable} is {have}.\nTry: {hint}")


def version_of(python):
    """Return 'major.minor' of an interpreter, or '' when it does not run."""
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.check_output([str(python), "-c", code], text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def create():
    """Make an empty .venv with pip in it."""
    require_new_python()
    print("Creating .venv with " + sys.executable, flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=False)
    if done.returncode or not version_of(PYTHON):
        shutil.rmtree(str(ENVIRONMENT), ignore_errors=True)
        version = "{}.{}".format(*sys.version_info)
        stop(
            "Python's own 'venv' could not make an environment with pip in it.\n"
            f"On Debian and Ubuntu: apt-get install python{version}-venv\n"
            "Then run the same command again."
        )


def pip(*arguments):
    """Run pip inside .venv, showing one line for every twenty packages."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", *arguments]
    lines, collected = [], 0
    environment = dict(os.environ, PIP_ROOT_USER_ACTION="ignore")
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=str(ROOT),
        env=environment,
    ) as process:
        for line in process.stdout:
            lines.append(line)
            collected += line.startswith("Collecting")
            if line.startswith("Collecting") and collected % 20 == 0:
                print(f"  {collected} packages found", flush=True)
            if line.startswith("Installing collected"):
                print("  installing them", flush=True)
    if process.returncode:
        STAMP.unlink(missing_ok=True)
        stop("".join(lines[-25:]) + "\npip failed; the lines above say why.")


def install():
    """Install the pinned packages, then this one in place."""
    print("Installing requirements.txt (1.3 GB the first time: minutes, once)", flush=True)
    pip("-r", "requirements.txt")
    # The pins bring setuptools, so that this step needs no network.
    pip("--no-deps", "--no-build-isolation", "-e", ".")
    # Matplotlib tells stderr when it first looks at the fonts, which would end up in a notebook.
    subprocess.run([str(PYTHON), "-c", "import matplotlib.font_manager"], check=True)
    STAMP.write_text(wanted() + "\n")


def main():
    """Bring .venv up to date; do nothing when it is."""
    named_by_hand = "--this-python" in sys.argv
    if named_by_hand:
        require_new_python()
    here = "{}.{}".format(*sys.version_info)
    other = named_by_hand and version_of(PYTHON) != here
    if is_ready() and not other:
        return
    if other or not PYTHON.exists() or not version_of(PYTHON):
        create()
    install()


if __name__ == "__main__":
    main()
