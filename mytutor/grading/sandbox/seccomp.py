"""A filter for system calls: no new processes, programs, sockets, namespaces; but threads."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

__all__ = ["install", "program"]

# What is refused with "not permitted", by its number on x86-64 and on 64-bit ARM (-1: not there).
REFUSED = {
    "fork": (57, -1),
    "vfork": (58, -1),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "personality": (135, 92),
    "fanotify_init": (300, 262),
    "modify_ldt": (154, -1),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "vhangup": (153, 58),
    "mlock": (149, 228),
    "mlockall": (151, 230),
    "mlock2": (325, 284),
    "landlock_create_ruleset": (444, 444),
}
CLONE = (56, 220)
CLONE3 = 435
KILL = (62, 129)
TGKILL = (234, 131)
PRLIMIT = (302, 261)
FCNTL = (72, 25)
IOCTL = (16, 29)
MMAP = (9, 222)
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7), "arm64": (1, 0xC00000B7)}

CLONE_THREAD = 0x10000
OWNERS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: a signal to another process
IOCTLS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into a terminal
SHARED_MEMORY = 0x21  # MAP_SHARED | MAP_ANONYMOUS: memory that no limit counts

ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, ENOMEM = 0x50001, 0x50026, 0x5000C
LOAD, EQUAL, AT_LEAST, BITS, RETURN, AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16


def program(process: int, machine: str) -> bytes:
    """The filter as instructions for a process, which may signal itself; OSError if unknown."""
    if machine not in ARCHITECTURES:
        raise OSError(f"there is no filter of system calls for {machine!r}")
    column, audit = ARCHITECTURES[machine]
    code = [
        *((LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL_PROCESS)),
        (LOAD, 0, 0, NUMBER),
        *((AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, EPERM)),  # the other numbering of x86
        *((EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ENOSYS)),
    ]
    for numbers in REFUSED.values():
        if numbers[column] >= 0:
            code += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, EPERM)]
    code += _argument(CLONE[column], 0, [(BITS, 1, 0, CLONE_THREAD)], EPERM)
    code += _argument(KILL[column], 0, [(EQUAL, 1, 0, process)], EPERM)
    code += _argument(TGKILL[column], 0, [(EQUAL, 1, 0, process)], EPERM)
    code += _argument(PRLIMIT[column], 0, [(EQUAL, 2, 0, 0), (EQUAL, 1, 0, process)], EPERM)
    code += _refuse(FCNTL[column], 1, OWNERS)
    code += _refuse(IOCTL[column], 1, IOCTLS)
    masked = [(AND, 0, 0, SHARED_MEMORY), (EQUAL, 0, 1, SHARED_MEMORY)]
    code += [(EQUAL, 0, 5, MMAP[column]), (LOAD, 0, 0, ARGUMENTS + 8 * 3), *masked]
    code += [(RETURN, 0, 0, ENOMEM), (RETURN, 0, 0, ALLOW)]
    code += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


Instruction = tuple[int, int, int, int]


def _argument(call: int, place: int, tests: list[Instruction], refusal: int) -> list[Instruction]:
    """For one call: refuse unless a test on one of its arguments jumps over the refusal."""
    inside = [(LOAD, 0, 0, ARGUMENTS + 8 * place), *tests, (RETURN, 0, 0, refusal)]
    inside.append((RETURN, 0, 0, ALLOW))
    return [(EQUAL, 0, len(inside), call), *inside]


def _refuse(call: int, place: int, values: tuple[int, ...]) -> list[Instruction]:
    """For one call: refuse when one of its arguments has one of these values."""
    inside: list[Instruction] = [(LOAD, 0, 0, ARGUMENTS + 8 * place)]
    for value in values:
        inside += [(EQUAL, 0, 1, value), (RETURN, 0, 0, EPERM)]
    inside.append((RETURN, 0, 0, ALLOW))
    return [(EQUAL, 0, len(inside), call), *inside]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38


def install() -> None:
    """Put the filter on this process for good; OSError when the system refuses."""
    code = program(os.getpid(), platform.machine())
    library = ctypes.CDLL(None, use_errno=True)
    given = _Program(len(code) // 8, code)
    for call in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, 2, ctypes.byref(given), 0, 0)):
        if library.prctl(*(c if not isinstance(c, int) else ctypes.c_ulong(c) for c in call)):
            raise OSError(ctypes.get_errno(), f"prctl({call[0]}) was refused")
