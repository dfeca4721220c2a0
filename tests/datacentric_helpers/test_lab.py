import json
import socket

import pytest

from datacentric_helpers import doctor, lab


def test_a_port_in_use_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert lab.free_port(port) > port


@pytest.mark.parametrize("port", [0, -1, 70000])
def test_a_number_that_is_no_port_is_refused(port):
    with pytest.raises(ValueError, match="65535"):
        lab.free_port(port)


def test_the_server_listens_on_loopback_only_and_the_token_is_not_on_the_command_line(workbook_folder):
    line = lab.command(workbook_folder, 8888, browser=False)
    assert "--ServerApp.ip=127.0.0.1" in line
    assert not any("token" in part for part in line)


def test_a_folder_that_is_no_workbook_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"workbook\.json"):
        lab.serve(tmp_path)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_jupyterlabs_settings_switch_off_the_news(language):
    settings = json.loads((lab.SETTINGS / language / "overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_the_doctor_finds_this_machine_fit():
    findings = {f.name: f for f in doctor.examine()}
    assert findings["Python"].state == findings["packages"].state == findings["Korean font"].state == "ok"


def test_the_doctor_names_a_package_of_the_wrong_version(tmp_path, monkeypatch):
    lock = tmp_path / "requirements.lock"
    lock.write_text("numpy==0.1 \\\n    --hash=sha256:00\nnosuch-package==1.0 ; sys_platform == 'never' \\\n")
    monkeypatch.setattr(doctor, "LOCK", lock)
    finding = doctor._packages()
    assert finding.state == "missing"
    assert "numpy" in finding.detail
    assert "nosuch" not in finding.detail
    assert "make lab" in finding.remedy
