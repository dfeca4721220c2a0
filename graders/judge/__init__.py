'''The judge: runs a learner's notebook where it can do no harm, and scores it where it can change nothing.

    trusted: the grader's process                        │ untrusted: inside bubblewrap
                                                         │
    session.plan           which cell checks what; cases │   zygote: has imported the libraries, runs nobody's code
    warm / provisioner ── asks for a kernel ─────────────┼──►  └─ forks, each into namespaces of its own:
                                                         │          ipykernel, the learner's cells
    kernel.Kernel  ── zmq over unix sockets ─────────────┼──►  runs cells; what it prints is cleaned, cut, shown
    oracle.Oracle  ◄─ one socket, one connection ────────┼───  check("id", function): inputs in, outcomes out, as
    session._assess        compares, when the kernel is  │       bytes of wire.py
                           gone                          │

Read in this order: ``limits``, ``sandbox`` (files and namespaces), ``confine`` and ``zygote`` (what runs inside, before the learner's
code), ``supervise``, ``warm`` and ``provisioner`` (how it is started and ended), ``kernel`` (how it is watched), ``oracle`` and ``service``
(what comes out, what runs beside), ``session`` (what it is worth), ``report``, ``verdict``.

**What is inside.** The system's programs and libraries, this Python with its packages, and ``datacentric_helpers``, all
read-only; an empty home and temporary folder of limited size; one case's inputs at a time. **What is not**: references, hidden
cases, expected values (the workbook's public ones included), this repository, other submissions, the gradebook, a network, a GPU.

**The walls.** One outer sandbox for the warm process; each kernel in user, mount, process, ipc, host-name and network namespaces
of its own inside that (a cold kernel: in an outer sandbox of its own). No capability, no way to gain one, no new user
namespace, and a seccomp filter against the system calls that have been doors before (``confine.REFUSED``), on x86_64 and aarch64.

**What decides the score.** Only ``CheckResult.share``, which ``_assess`` computes outside from the outcomes that came over the
socket. Anything else that the kernel sends (text, errors, results, a redefined ``check``, a patched comparator) can be
seen in the report at most. No answer, a malformed, late, extra, duplicate or misnumbered one scores 0.

**What it protects against**: reading or changing anything of the grader's or of others; the network; endless loops, memory and
fork bombs, floods of output, full disks, kernels that die or lie about the protocol; forged, early or repeated answers.

**What it does not protect against**: holes in the Linux kernel or in bubblewrap; a learner who writes down inputs seen in one
grading and computes the answers elsewhere; a solution that somebody else wrote; code that looks up the *public* cases' answers by
hand (hidden cases are drawn for each learner); slowness below the limits. See ``graders/README.md``.
'''

from graders.judge.limits import Limits
from graders.judge.sandbox import available
from graders.judge.session import JudgeError, NoSandboxError, judge_notebook
from graders.judge.verdict import CheckResult, Verdict

__all__ = ["CheckResult", "JudgeError", "Limits", "NoSandboxError", "Verdict", "available", "judge_notebook"]
