"""The levels of the sandbox hold what they promise, as root and as anybody."""

import os
import platform
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import hostile
import pytest
from click.testing import CliRunner
from grading import needs_the_sandbox

from mytutor.cli import main
from mytutor.grading import wire
from mytutor.grading.sandbox import landlock, levels, probing, running, seccomp

LINUX = platform.system() == "Linux"


@needs_the_sandbox
def test_nothing_gets_out_of_the_strong_sandbox():
    assert probing.escapes("strong") == []
    assert probing.choose("strong").level == "strong"


@pytest.mark.skipif(not LINUX or not landlock.version(), reason="this kernel has no Landlock")
def test_nothing_gets_out_of_the_medium_sandbox():
    assert probing.escapes("medium") == []


@pytest.mark.skipif(not LINUX, reason="it needs fork and /proc")
def test_the_weak_sandbox_is_known_to_be_weak():
    assert "read a file of yours" in probing.escapes("weak")
    assert "could read and delete your files" in probing.choose("weak").says


def test_without_bubblewrap_a_batch_is_refused_and_told_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "a.ipynb").write_text(hostile.right(1))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    out = tmp_path / "grades.csv"
    done = CliRunner().invoke(main, ["grade", str(tmp_path), "--out", str(out)])
    assert done.exit_code == 2
    assert "apt-get install bubblewrap" in done.output
    assert "--sandbox medium" in done.output
    assert not out.exists()


def test_a_sandbox_that_holds_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(probing, "lacking", lambda level: "")
    monkeypatch.setattr(probing, "escapes", lambda level: ["read a file of yours"])
    with pytest.raises(probing.Refused, match="could read a file of yours"):
        probing.choose("strong")


@needs_the_sandbox
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be both")
def test_an_ordinary_user_grades_with_the_strong_sandbox_too(tmp_path):
    """In a copy of what is needed, below the folder that is empty inside, as 'nobody'."""
    work = Path("/tmp") / f"mytutor-nobody-{os.getpid()}"
    shutil.copytree(levels.PACKAGE, work / "mytutor")
    try:
        packages = Path(sys.modules["numpy"].__file__).parents[1]
        for name in ("numpy", "numpy.libs", "click", "platformdirs"):
            shutil.copytree(packages / name, work / name)
        handed_in = work / "handed-in"
        handed_in.mkdir()
        (handed_in / "a.ipynb").write_text(hostile.right(1))
        (handed_in / "b.ipynb").write_text(hostile.hostile("fork bomb", work, 1))
        done = _as_nobody(work, "grade", handed_in, "--out", handed_in / "grades.csv")
        assert "sandbox: strong" in done.stdout, done.stderr
        assert "momentum: 1 right, 1 named" in done.stdout
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _as_nobody(work, *arguments):
    python, user = "/usr/bin/python3", pwd.getpwnam("nobody")
    same = (python, "-c", "import sys; print(*sys.version_info[:2])")
    version = subprocess.run(same, capture_output=True, text=True).stdout.split()
    if version != [str(n) for n in sys.version_info[:2]]:
        pytest.skip("the system's Python has another version")
    shutil.chown(work / "handed-in", user.pw_uid)
    return subprocess.run(
        [python, "-B", "-c", "from mytutor.cli import main; main()", *map(str, arguments)],
        env={"PYTHONPATH": str(work), "PATH": "/usr/bin:/bin", "HOME": str(work)},
        cwd="/tmp",
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
    )


def test_a_sandbox_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr(probing, "lacking", lambda level: "")
    monkeypatch.setattr(probing, "escapes", lambda level: [probing.DEAD])
    line = ["sh", "-c", "echo bwrap: no permission >&2; exit 1"]
    monkeypatch.setattr(probing, "command", lambda level: line)
    with pytest.raises(probing.Refused, match="bwrap: no permission"):
        probing.choose("strong")


@needs_the_sandbox
def test_threads_work_inside():
    cell = "import threading\nfound = []\nt = threading.Thread(target=found.append, args=(1,))\n"
    (frame,) = running.run(
        "strong", [cell + "t.start()\nt.join()"], [running.Asked("found", [])], running.Limits()
    )
    assert b'"value": [1]' in frame.payload


@needs_the_sandbox
def test_nothing_of_the_grader_is_seen_inside(monkeypatch):
    monkeypatch.setenv("MYTUTOR_SECRET", "canary")
    hidden = [__file__, "/etc/passwd", "/etc/shadow", "/proc/self", "/home", "/var", "/sys"]
    cell = (
        f"import os\nseen = [p for p in {hidden} if os.path.exists(p)]\n"
        "seen += [*os.environ.values(), *os.listdir('/tmp'), str(os.getuid())]"
    )
    (frame,) = running.run("strong", [cell], [running.Asked("seen", [])], running.Limits())
    seen = wire.decode(frame.payload).value
    assert not set(hidden) & set(seen)
    assert "canary" not in seen
    assert seen[-1] == "1000"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_for_the_machine(machine):
    code = seccomp.program(7, machine)
    assert len(code) % 8 == 0
    assert len(code) // 8 < 4096


def test_an_unknown_machine_has_no_filter():
    with pytest.raises(OSError, match="no filter"):
        seccomp.program(7, "pdp11")


@pytest.mark.parametrize(
    "data",
    [
        bytes(3),
        b"\xff" * 8,
        running.HEADER.pack(2, 0) + b"{}",
        running.HEADER.pack(4, 0) + b"null",
        running.HEADER.pack(1, 0) + b"[" * 9999,
        running.HEADER.pack(9999, 0) + b"[" * 9999,
    ],
)
def test_frames_that_are_none_are_dropped(data):
    frames = {}
    running._take(bytearray(data), frames, 1)
    assert not frames
