"""The system calls that a worker is refused, and the seccomp filter that refuses them.

A list of what is refused, not of what is allowed: the latter breaks with each C library. What a worker
needs is to compute, to allocate memory, to make threads, to read files and to speak over the socket it
has. Numbers are those of the kernel's tables (x86_64: syscall_64.tbl; aarch64: asm-generic/unistd.h);
the filter is classic BPF as seccomp(2) takes it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_X86_64 = {
    "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49, "listen": 50,
    "socketpair": 53, "accept4": 288, "sendmmsg": 307,
    "fork": 57, "vfork": 58, "execve": 59, "execveat": 322,
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "pidfd_send_signal": 424, "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440,
    "tkill": 200, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297,
    "shmget": 29, "shmat": 30, "semget": 64, "msgget": 68, "mq_open": 240,
    "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87, "symlink": 88,
    "chmod": 90, "chown": 92, "lchown": 94, "truncate": 76, "mknod": 133, "utime": 132, "utimes": 235,
    "fchmod": 91, "fchown": 93,
    "mkdirat": 258, "mknodat": 259, "fchownat": 260, "futimesat": 261, "unlinkat": 263,
    "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "utimensat": 280,
    "renameat2": 316, "fchmodat2": 452,
    "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198,
    "mount": 165, "umount2": 166, "chroot": 161, "pivot_root": 155, "move_mount": 429,
    "open_tree": 428, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "mount_setattr": 442,
    "unshare": 272, "setns": 308, "setsid": 112, "setpgid": 109,
    "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setgroups": 116,
    "setresuid": 117, "setresgid": 119, "setfsuid": 122, "setfsgid": 123, "capset": 126,
    "personality": 135, "acct": 163, "swapon": 167, "swapoff": 168, "reboot": 169,
    "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173,
    "init_module": 175, "delete_module": 176, "finit_module": 313, "kexec_load": 246,
    "kexec_file_load": 320, "quotactl": 179, "settimeofday": 164, "clock_settime": 227,
    "adjtimex": 159, "clock_adjtime": 305, "syslog": 103, "vhangup": 153,
    "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298,
    "userfaultfd": 323, "io_setup": 206, "io_submit": 209, "io_uring_setup": 425, "io_uring_enter": 426,
    "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304, "lookup_dcookie": 212,
    "inotify_init": 253, "inotify_init1": 294, "memfd_create": 319, "memfd_secret": 447,
    "setpriority": 141, "ioprio_set": 251, "sched_setparam": 142, "sched_setscheduler": 144, "sched_setattr": 314,
}  # fmt: skip
_AARCH64 = {
    "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202, "connect": 203,
    "sendto": 206, "sendmsg": 211, "accept4": 242, "sendmmsg": 269,
    "execve": 221, "execveat": 281,
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
    "pidfd_send_signal": 424, "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440,
    "tkill": 130, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240,
    "shmget": 194, "shmat": 196, "semget": 190, "msgget": 186, "mq_open": 180,
    "truncate": 45, "fchmod": 52, "fchown": 55,
    "mkdirat": 34, "mknodat": 33, "fchownat": 54, "unlinkat": 35, "renameat": 38, "linkat": 37,
    "symlinkat": 36, "fchmodat": 53, "utimensat": 88, "renameat2": 276, "fchmodat2": 452,
    "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15,
    "mount": 40, "umount2": 39, "chroot": 51, "pivot_root": 41, "move_mount": 429, "open_tree": 428,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "mount_setattr": 442,
    "unshare": 97, "setns": 268, "setsid": 157, "setpgid": 154,
    "setuid": 146, "setgid": 144, "setreuid": 145, "setregid": 143, "setgroups": 159,
    "setresuid": 147, "setresgid": 149, "setfsuid": 151, "setfsgid": 152, "capset": 91,
    "personality": 92, "acct": 89, "swapon": 224, "swapoff": 225, "reboot": 142,
    "sethostname": 161, "setdomainname": 162,
    "init_module": 105, "delete_module": 106, "finit_module": 273, "kexec_load": 104,
    "kexec_file_load": 294, "quotactl": 60, "settimeofday": 170, "clock_settime": 112,
    "adjtimex": 171, "clock_adjtime": 266, "syslog": 116, "vhangup": 58,
    "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
    "userfaultfd": 282, "io_setup": 0, "io_submit": 2, "io_uring_setup": 425, "io_uring_enter": 426,
    "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265, "lookup_dcookie": 18,
    "inotify_init1": 26, "memfd_create": 279, "memfd_secret": 447,
    "setpriority": 140, "ioprio_set": 30, "sched_setparam": 118, "sched_setscheduler": 119, "sched_setattr": 274,
}  # fmt: skip
_X86_64_ASKED = {"prlimit64": 302, "fcntl": 72, "ioctl": 16, "prctl": 157}
_AARCH64_ASKED = {"prlimit64": 261, "fcntl": 25, "ioctl": 29, "prctl": 167}
"""Calls that a worker needs, and what of them it is refused: what reaches other processes of its user
(limits of theirs, signals by way of a descriptor, input for their terminal) or takes a layer back."""
_SIGNALLED = (8, 10, 15, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY
_TO_OTHERS = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP, TIOCSTI
_LAYERS = (1, 4)  # PR_SET_PDEATHSIG, PR_SET_DUMPABLE
_ARCHITECTURES = {
    # audit number, refused, asked, clone, clone3, kill, tgkill, open, openat, openat2, x32 calls
    "x86_64": (0xC000003E, _X86_64, _X86_64_ASKED, 56, 435, 62, 234, 2, 257, 437, True),
    "aarch64": (0xC00000B7, _AARCH64, _AARCH64_ASKED, 220, 435, 129, 131, None, 56, 437, False),
}

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_CLONE_THREAD = 0x00010000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_SET_SECCOMP, _FILTER = 22, 2


def filtered() -> bool:
    """Whether the filter is known for this machine."""
    return platform.system() == "Linux" and platform.machine() in _ARCHITECTURES


def install() -> bool:
    """Refuse from now on what a worker does not need, in this thread and those it makes.

    Needs "no new privileges". False where the kernel has no such filter.
    """
    if not filtered():
        return False
    program = b"".join(_program(os.getpid()))
    held = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    told = Program(len(program) // 8, ctypes.cast(held, ctypes.c_void_p))
    done = ctypes.CDLL(None).prctl(_SET_SECCOMP, _FILTER, ctypes.byref(told), 0, 0)
    return bool(done == 0)


def _program(pid: int) -> list[bytes]:
    audit, refused, asked, clone, clone3, kill, tgkill, opens, openat, openat2, x32 = (
        _ARCHITECTURES[platform.machine()]
    )
    deny, absent = _ERROR | errno.EPERM, _ERROR | errno.ENOSYS
    steps = [_step(_LOAD, _MACHINE), _step(_EQUAL, audit, 1, 0), _step(_RETURN, _KILL)]
    steps.append(_step(_LOAD, _NUMBER))
    if x32:
        # The same kernel takes calls of another table above this number.
        steps += [_step(_AT_LEAST, 0x40000000, 0, 1), _step(_RETURN, _KILL)]
    for number in refused.values():
        steps += [_step(_EQUAL, number, 0, 1), _step(_RETURN, deny)]
    # Its flags are behind a pointer; the C library takes clone instead, and open for openat2.
    for number in (clone3, openat2):
        steps += [_step(_EQUAL, number, 0, 1), _step(_RETURN, absent)]
    # Threads, no processes.
    steps += _if(clone, 0, [_step(_ANY_BIT, _CLONE_THREAD, 1, 0), _step(_RETURN, deny)])
    # Signals to itself: that is how abort() ends.
    for number in (kill, tgkill):
        steps += _if(number, 0, [_step(_EQUAL, pid, 1, 0), _step(_RETURN, deny)])
    # Limits are its own.
    own = [_step(_EQUAL, 0, 2, 0), _step(_EQUAL, pid, 1, 0), _step(_RETURN, deny)]
    steps += _if(asked["prlimit64"], 0, own)
    for name, argument, values in (
        ("fcntl", 1, _SIGNALLED), ("ioctl", 1, _TO_OTHERS), ("prctl", 0, _LAYERS),
    ):  # fmt: skip
        none = [s for v in values for s in (_step(_EQUAL, v, 0, 1), _step(_RETURN, deny))]
        steps += _if(asked[name], argument, none)
    # Files are for reading.
    if opens is not None:
        steps += _if(opens, 1, [_step(_ANY_BIT, _WRITING, 0, 1), _step(_RETURN, deny)])
    steps += _if(openat, 2, [_step(_ANY_BIT, _WRITING, 0, 1), _step(_RETURN, deny)])
    steps.append(_step(_RETURN, _ALLOW))
    return steps


def _if(number: int, argument: int, then: list[bytes]) -> list[bytes]:
    """For one call: load the low half of an argument, run `then`, which falls through to allowing."""
    inner = [_step(_LOAD, _ARGUMENTS + 8 * argument), *then, _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, 0, len(inner)), *inner]


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)
