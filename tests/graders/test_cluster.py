"""A real scheduler and real workers on this machine: who may judge, and what happens when one of them goes away."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client, get_worker

from graders.cluster import DEATHS, ClusterError, ClusterExecutor
from graders.cluster_worker import VersionMismatch, call, versions
from graders.grade import grade_assignment
from graders.judge import JudgeError, available
from tests.graders.tiny_course import ASSIGNMENT, LIMITS, LOADER, hand_in, submission

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 90.0  # at most; everything here waits for conditions
SQUARES = "def double(x):\n    return x * x"
# where a scheduler is killed, distributed leaves its sockets to the collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a test leaves to the collector is collected while its filter of warnings holds."""
    yield
    gc.collect()


class Cluster:
    """A scheduler on a port of its own and its workers, each the leader of a process group."""

    def __init__(self, folder: Path, protocol: str = "tcp", **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.address = folder, f"{protocol}://127.0.0.1:{self.port}"
        (folder / "t").mkdir()
        self.environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TMPDIR": str(folder / "t"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]), **environment,
        }
        self.started: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start_scheduler()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """The scheduler; again on the same port."""
        protocol = self.address.split("://")[0]
        self.scheduler = self._run("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--protocol", protocol, "--no-dashboard")
        return self.scheduler

    def worker(self, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        """A worker, by default without a nanny that starts it anew."""
        local = ("--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder / "t"))
        return self._run("worker", self.address, *local, *(options or ("--no-nanny",)), **environment)

    def executor(self, **settings: Any) -> ClusterExecutor:
        """The executor for the tiny course."""
        return ClusterExecutor(self.address, ASSIGNMENT, LOADER, **{"start_seconds": SECONDS, "patience": SECONDS, **settings})

    def stop(self) -> None:
        """End all that was started."""
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _run(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            self.started.append(subprocess.Popen(
                [sys.executable, "-m", "dask", *words], cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True, env={**self.environment, **environment},
            ))
        return self.started[-1]


def wait_for(condition: Callable[[], Any]) -> Any:
    """What ``condition`` gives, once it gives something."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def hold(folder: str, name: str = "") -> int:
    """Runs on a worker: says which process it is, and waits until it may end."""
    Path(folder, f"pid-{os.getpid()}-{name}").touch()
    wait_for(Path(folder, "go").exists)
    return os.getpid()


def held(folder: Path) -> list[int]:
    """The processes that ``hold``."""
    return [int(path.name.split("-")[1]) for path in folder.glob("pid-*")]


def die() -> None:
    """Runs on a worker: ends it as the system does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


def where(_job: Any = None) -> str:
    """Runs on a worker: the name of the worker."""
    return str(get_worker().name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes folders."""
    return lambda: tmp_path_factory.mktemp("cluster")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for ``hold``; what still holds at the end of the test is let go."""
    yield tmp_path
    (tmp_path / "go").touch()


@pytest.fixture(scope="module")
def cluster(folder: Callable[[], Path]) -> Iterator[Cluster]:
    """Two workers and one that offers a GPU, with nannies that start them anew."""
    if not available()[0]:
        pytest.skip(available()[1])
    made = Cluster(folder())
    made.worker("--nworkers", "2", "--name", "plain")
    made.worker("--resources", "GPU=1", "--name", "gpu")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def executor(cluster: Cluster) -> Iterator[ClusterExecutor]:
    """All three workers of ``cluster``, and what calls need by their first argument."""
    made = cluster.executor(resources_of=lambda first=None, *rest: first if isinstance(first, dict) else {})
    yield made
    made.shutdown(cancel_futures=True)


def test_a_cohort_gets_what_is_due_though_a_worker_dies(cluster: Cluster, executor: ClusterExecutor, course: Path) -> None:
    wait_for(lambda: executor.capacity == 3)
    content = {"ann": submission(), "bob": submission(double=SQUARES), "cat": b"not a notebook", "dan": submission(mean=SQUARES)}
    for student, submitted in content.items():
        hand_in(course, student, submitted)
    victims = [pid for pid, name in {executor.submit(named_pid).result() for _ in range(20)} if name != "gpu"]
    os.kill(victims[0], signal.SIGKILL)
    found = grade_assignment(ASSIGNMENT, course, limits=LIMITS, loader=LOADER, executor=executor)
    assert {r.student: (r.score, r.sandbox) for r in found} == {
        "ann": (6.0, "bubblewrap"), "bob": (5.0, "bubblewrap"), "cat": (0.0, "bubblewrap"), "dan": (4.0, "bubblewrap"),
    }


def named_pid() -> tuple[int, str]:
    """Runs on a worker: its process and name."""
    return os.getpid(), where()


def test_the_job_of_a_worker_that_dies_goes_to_another(executor: ClusterExecutor, place: Path) -> None:
    future = executor.submit(hold, str(place))
    (victim,) = wait_for(lambda: held(place))
    os.kill(victim, signal.SIGKILL)
    (place / "go").touch()
    assert future.result(SECONDS) != victim


def test_a_submission_that_kills_every_worker_is_named_and_the_others_go_on(executor: ClusterExecutor) -> None:
    culprit, others = executor.submit(die), [executor.submit(where) for _ in range(6)]
    with pytest.raises(JudgeError, match=f"died, {DEATHS} times"):
        culprit.result(SECONDS)
    assert {future.result(SECONDS) for future in others} <= {"plain-0", "plain-1", "gpu"}


def test_errors_of_a_job_come_back_as_they_are(executor: ClusterExecutor) -> None:
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result(SECONDS)


def test_no_more_jobs_are_with_the_scheduler_than_there_are_workers(cluster: Cluster, executor: ClusterExecutor, place: Path) -> None:
    wait_for(lambda: executor.capacity == 3)
    futures = [executor.submit(hold, str(place), str(n)) for n in range(30)]
    wait_for(lambda: len(held(place)) == 3)
    with Client(cluster.address, set_as_default=False) as client:
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 3
    (place / "go").touch()
    assert len({future.result(SECONDS) for future in futures}) == 3


def test_a_job_that_needs_a_gpu_goes_where_one_is(executor: ClusterExecutor) -> None:
    wait_for(lambda: executor.capacity == 3)
    futures = [executor.submit(where, {"GPU": 1}) for _ in range(4)]
    assert {future.result(SECONDS) for future in futures} == {"gpu"}


@pytest.mark.parametrize("needs", [{"TPU": 1}, {"GPU": 2}])
def test_what_no_worker_offers_is_said_and_the_others_go_on(needs: dict[str, float], executor: ClusterExecutor) -> None:
    future, other = executor.submit(where, needs), executor.submit(where)
    with pytest.raises(ClusterError, match=r"no worker offers .PU=.*--resources"):
        future.result(SECONDS)
    assert other.result(SECONDS)


def test_an_interrupted_run_does_not_wait_for_its_workers(cluster: Cluster, place: Path) -> None:
    def press_ctrl_c() -> None:
        with cluster.executor() as own:
            futures.extend(own.submit(hold, str(place)) for _ in range(9))
            wait_for(lambda: held(place))
            raise KeyboardInterrupt

    futures: list[Any] = []
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()
    assert all(isinstance(future.exception(0), ClusterError) for future in futures)


def test_a_worker_that_changed_under_its_address_is_noticed_by_the_job_itself() -> None:
    assert call(versions(ASSIGNMENT, LOADER), ASSIGNMENT, LOADER, divmod, (7, 2), {}) == (3, 1)
    with pytest.raises(VersionMismatch, match=r"numpy .*, here 0\.1"):
        call({**versions(ASSIGNMENT, LOADER), "numpy": "0.1"}, ASSIGNMENT, LOADER, divmod, (7, 2), {})


def test_what_a_changed_worker_sent_back_goes_to_another_or_ends_with_the_reason(cluster: Cluster) -> None:
    with cluster.executor(patience=0.5) as own:
        own._expected = {**own._expected, "numpy": "0.1"}
        with pytest.raises(ClusterError, match=r"numpy .*, here 0\.1"):
            own.submit(where).result(SECONDS)


@pytest.fixture(scope="module")
def changed(folder: Callable[[], Path]) -> Path:
    """A copy of the course in which one line of the judge differs."""
    copy = folder()
    for name in ("graders", "datacentric_helpers", "tests/graders"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests" / "__init__.py").touch()
    with (copy / "graders" / "judge" / "session.py").open("a", encoding="utf-8") as file:
        file.write("# of another day\n")
    return copy


@pytest.fixture(scope="module")
def unfit(folder: Callable[[], Path], changed: Path) -> Iterator[Cluster]:
    """A worker with another judge, and one without bubblewrap."""
    made = Cluster(folder())
    made.worker(PYTHONPATH=str(changed))
    made.worker(PATH=str(Path(sys.executable).parent))
    yield made
    made.stop()


def test_workers_of_another_version_or_without_a_sandbox_are_refused_with_the_reason(unfit: Cluster) -> None:
    with Client(unfit.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=SECONDS)
    with pytest.raises(ClusterError, match=r"(?s)can be used") as refused:
        unfit.executor()
    assert "dcai" in str(refused.value)
    assert "bubblewrap is not installed" in str(refused.value)


def test_no_job_goes_to_a_worker_of_another_version_that_joins_later(unfit: Cluster, changed: Path) -> None:
    good = unfit.worker()
    try:
        with Client(unfit.address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=SECONDS)
        with unfit.executor() as own:
            known = set(own.refused)
            unfit.worker(PYTHONPATH=str(changed))
            wait_for(lambda: set(own.refused) - known)
            assert {own.submit(os.getpid).result(SECONDS) for _ in range(6)} == {good.pid}
    finally:
        os.killpg(good.pid, signal.SIGKILL)


@pytest.fixture
def own_cluster(folder: Callable[[], Path]) -> Iterator[Cluster]:
    """A scheduler with one worker, for a test that ends them."""
    made = Cluster(folder())
    made.worker()
    yield made
    made.stop()


def test_a_scheduler_that_comes_back_finds_everything_handed_out_again(own_cluster: Cluster, place: Path) -> None:
    told: list[str] = []
    with own_cluster.executor(tell=told.append) as own:
        futures = [own.submit(hold, str(place)), own.submit(hold, str(place))]
        (before,) = wait_for(lambda: held(place))
        os.kill(own_cluster.scheduler.pid, signal.SIGKILL)
        own_cluster.start_scheduler()
        own_cluster.worker()
        wait_for(lambda: len(held(place)) == 2)
        (place / "go").touch()
        assert before not in {future.result(SECONDS) for future in futures}
    assert [text.split(own_cluster.address)[1] for text in told] == [f" is gone: waiting {SECONDS:g} seconds for it", " is back"]


def test_a_scheduler_that_stays_away_ends_the_run_with_the_reason(own_cluster: Cluster, place: Path) -> None:
    with own_cluster.executor(patience=1.0) as own:
        futures = [own.submit(hold, str(place)) for _ in range(3)]
        wait_for(lambda: held(place))
        os.killpg(own_cluster.scheduler.pid, signal.SIGKILL)
        for future in futures:
            with pytest.raises(ClusterError, match="no scheduler answers"):
                future.result(SECONDS)
        with pytest.raises(ClusterError, match="no scheduler answers"):
            own.submit(where)


@pytest.mark.parametrize(
    ("protocol", "message"),
    [("tcp", "no scheduler answers.*dask scheduler"), ("smoke", "cannot be used"), ("tls", "certificates")],
)
def test_an_address_that_is_none_is_said_at_once(protocol: str, message: str) -> None:
    with pytest.raises(ClusterError, match=message):
        ClusterExecutor(f"{protocol}://127.0.0.1:1", ASSIGNMENT, LOADER, start_seconds=1.0)


def test_a_scheduler_without_workers_says_how_to_start_one(folder: Callable[[], Path]) -> None:
    made = Cluster(folder())
    try:
        with pytest.raises(ClusterError, match=r"no worker at .*dask worker tcp://"):
            made.executor(start_seconds=8.0)
    finally:
        made.stop()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate: sudo apt install openssl")
def test_a_cluster_can_be_encrypted(folder: Callable[[], Path]) -> None:
    place = folder()
    certificate, key = str(place / "certificate.pem"), str(place / "key.pem")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=dcai", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    whose = ("scheduler", "worker", "client")
    tls = {"ca-file": certificate, **{f"{who}.cert": certificate for who in whose}, **{f"{who}.key": key for who in whose}}
    environment = {f"DASK_DISTRIBUTED__COMM__TLS__{name.replace('.', '__').replace('-', '_').upper()}": path for name, path in tls.items()}
    made = Cluster(place, "tls", **environment)
    try:
        made.worker()
        with dask.config.set({f"distributed.comm.tls.{name}": path for name, path in tls.items()}), made.executor() as own:
            assert own.submit(divmod, 7, 2).result(SECONDS) == (3, 1)
    finally:
        made.stop()
