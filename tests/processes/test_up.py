"""manage.py up: starts the real parts, ends them together, leaves nothing behind, refuses in one line."""

import os
import signal
import socket
import sys
import time

import pytest

from tests import servers

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
    pytest.mark.xdist_group("up"),
]
PARTS = ("valkey", "web", "worker", "worker-long", "beat", "sealer")


@pytest.mark.once
def test_starts_all_parts_and_ends_them_on_sigterm(up):
    product = up()
    product.wait_until_open()
    assert all(f"{part} (" in product.output() for part in PARTS)
    assert product.status() == 200
    product.wait_until_healthy()
    product.process.send_signal(signal.SIGTERM)
    assert product.ends_without_trace()
    assert (product.process.returncode, "Stopping" in product.output()) == (0, True)


@pytest.mark.once
def test_interrupt_during_the_start_ends_everything(up):
    product = up()
    while "Starting" not in product.output():
        assert product.process.poll() is None, product.output()
    time.sleep(0.5)
    product.look()
    product.process.send_signal(signal.SIGINT)
    assert product.ends_without_trace()
    assert product.process.returncode == 0


@pytest.mark.once
def test_dead_web_server_is_named_and_ends_the_rest(up):
    """People would only see that nothing answers: whoever supervises the product is to know, and to start it whole."""
    product = up()
    product.wait_until_open()
    os.kill(product.pid_of("web"), signal.SIGKILL)
    assert product.ends_without_trace()
    assert product.process.returncode == 1
    assert "web (process" in product.output().splitlines()[-1]
    assert "ended by signal SIGKILL" in product.output()


@pytest.mark.once
def test_every_other_part_is_started_again_and_the_pages_stay(up):
    """What these parts do is told by rows, so a new process goes on where the killed one stopped."""
    product = up(WORKER_DEAF_SECONDS="5")
    product.wait_until_open()
    product.wait_until_healthy()
    for part in (part for part in PARTS if part != "web"):
        os.kill(product.pid_of(part), signal.SIGKILL)
        product.wait_until_told(f"{part} was started again")
        assert product.status() == 200
    product.look()
    product.wait_until_healthy()
    product.process.send_signal(signal.SIGTERM)
    assert product.ends_without_trace()
    assert product.process.returncode == 0


@pytest.mark.once
def test_killed_supervisor_leaves_no_orphan(up):
    product = up()
    product.wait_until_open()
    deadline = time.monotonic() + 20
    while len(product.look()) < 10:  # itself, valkey, web and its one, worker and two, worker-long and one, beat
        assert time.monotonic() < deadline, product.seen
        time.sleep(0.1)
    product.process.kill()
    assert product.ends_without_trace(), product.left_behind()


@pytest.mark.once
def test_second_one_in_the_same_folder_is_refused_and_disturbs_nothing(up):
    first = up()
    first.wait_until_open()
    second = up()
    assert second.process.wait(20) == 1
    assert second.output().strip() == (
        f"CommandError: The tracker is already running here (process {first.process.pid}, "
        f"http://localhost:{first.port}): stop it first or give VAR_DIR another folder."
    )
    assert first.status() == 200


@pytest.mark.once
def test_taken_port_is_refused_before_anything_starts(up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        product = up(PORT=str(taken.getsockname()[1]))
        assert product.process.wait(20) == 1
    assert product.output().startswith(f"CommandError: Port {product.port} cannot be used")
    assert len(product.output().strip().splitlines()) == 1


@pytest.mark.once
def test_killed_one_does_not_block_the_next(up):
    first = up()
    first.wait_until_open()
    first.process.kill()
    assert first.ends_without_trace()
    second = up(PORT=str(first.port))
    second.wait_until_open()


@pytest.mark.once
def test_given_broker_is_used_and_told(up):
    with servers.valkey_server() as folder:
        product = up(REDIS_URL=f"unix://{folder}/valkey.sock?db=0")
        product.wait_until_open()
        assert "Found: Redis or Valkey at" in product.output()
        assert "valkey (" not in product.output()


def test_given_database_is_used_and_told(up, pytestconfig):
    if pytestconfig.getoption("--db") != "postgresql":
        pytest.skip("runs in the PostgreSQL half of the suite")
    product = up(DATABASE_URL=os.environ["DATABASE_URL"])
    product.wait_until_open()
    assert "Found: PostgreSQL 18" in product.output()


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "address"),
    [("REDIS_URL", "redis://127.0.0.1:{port}/0"), ("DATABASE_URL", "postgres://tracker@127.0.0.1:{port}/tracker")],
)
def test_unreachable_server_is_refused_by_name(up, name, address):
    product = up(**{name: address.format(port=servers.free_port())})
    assert product.process.wait(30) == 1
    assert product.output().startswith(f"CommandError: {name}: ")
    assert len(product.output().strip().splitlines()) == 1
