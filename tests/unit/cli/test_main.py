"""The command line as a whole: exit codes, one sentence on standard error, and the way in."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tlcore import __version__
from tlcore.cli.main import main
from tlcore.data.samples import SAMPLE_SETS
from tlcore.settings import PROJECT_ROOT, get_settings


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def one_sentence(text: str) -> str:
    """The only line of a text."""
    (line,) = text.splitlines()
    return line


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("predict", "--help"), ("--version",)])
def test_help_is_no_error(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    assert "tlcore" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "tlcore: the following arguments are required: COMMAND; see tlcore --help"),
        (("dance",), "tlcore: argument COMMAND: invalid choice: 'dance'"),
        (("train",), "tlcore train: the following arguments are required: DIR|ZIP|SAMPLE; see tlcore train --help"),
        (("train", "x", "--epochs", "many"), "tlcore train: argument --epochs: invalid int value: 'many'"),
        (("train", "x", "--dance"), "tlcore: unrecognized arguments: --dance"),
        (("predict", "m.zip"), "tlcore predict: the following arguments are required: IMAGE"),
        (("data",), "tlcore data: the following arguments are required: DIR|ZIP"),
        (("fetch-weights",), "tlcore fetch-weights: the following arguments are required: NAME"),
    ],
)
def test_arguments_that_make_no_command_are_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], complaint: str
) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert one_sentence(err).startswith(complaint)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("data", "nowhere"), "tlcore: There is no file or folder at nowhere"),
        (("train", "nowhere"), "tlcore: There is no folder or zip at nowhere; the sample sets are digits, fabrics"),
        (("train", "digits", "--backbone", "resnet19"), "tlcore: There is no network named 'resnet19'. Did you mean"),
        (
            ("train", "digits", "--lr", "nan"),
            "tlcore: The learning rate can't be nan: input should be a finite number.",
        ),
        (("train", "digits", "--strategy", "magic"), "tlcore: The strategy can't be 'magic': "),
        (("train", "digits", "--set", "dropout"), "tlcore: '--set dropout' should read NAME=VALUE."),
        (("train", "digits", "--set", "drop=1"), "tlcore: There is no setting called 'drop'."),
        (("train", "digits", "--set", "strategy=[1]"), "tlcore: The strategy can't be [1]: "),
        (("train", "digits", "--strategy", "probe-then-tune", "--set", "epochs=x"), "tlcore: The epochs can't be 'x'"),
        (("train", "digits", "--backbone", "mnasnet1_0"), "tlcore: Pretrained weights for mnasnet1_0 are not on this"),
        (("train", "digits", "--strategy", "scratch", "--device", "tpu"), "tlcore: There is no device 'tpu' here; "),
        (("port-free", "--port", "99999"), "tlcore: A port is a number from 0 to 65535, not 99999."),
        (("predict", "nowhere.zip", "a.jpg"), "tlcore: There is no model file at nowhere.zip."),
        (("fetch-weights", "resnet19"), "tlcore: There is no network named 'resnet19'. Did you mean"),
    ],
)
def test_bad_input_is_two_and_one_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert one_sentence(err).startswith(complaint)


def test_a_variable_that_can_not_be_is_two_and_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLCORE_THREADS", "two")
    get_settings.cache_clear()
    code, out, err = run(capsys, "data", "digits")
    assert (code, out) == (2, "")
    assert one_sentence(err).startswith("tlcore: TLCORE_THREADS can't be 'two': ")


def test_a_worker_takes_the_device_of_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlcore.jobs.running import supervisor

    def started(_devices: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(supervisor, "LocalExecutor", started)
    assert run(capsys, "worker", "--device", "cpu")[0] == 130
    monkeypatch.setenv("TLCORE_DEVICE", "tpu")
    get_settings.cache_clear()
    code, _, err = run(capsys, "worker")
    assert (code, "There is no device 'tpu' here" in err) == (2, True)
    assert run(capsys, "worker", "--device", "cpu")[0] == 130


def test_with_json_the_sentence_is_on_standard_output_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "data", "/nowhere/at/all", "--json")
    assert code == 2
    sentence = json.loads(one_sentence(out))["error"]
    assert sentence.startswith("There is no file or folder at /nowhere/at/all")
    assert one_sentence(err) == f"tlcore: {sentence}"


def test_a_keyboard_interrupt_is_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlcore.cli.machine import doctor as doctor_command

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor_command, "examine", interrupted)
    assert run(capsys, "doctor") == (130, "", "tlcore: interrupted\n")


def test_a_programming_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a person can act on is a sentence."""
    from tlcore.cli.machine import doctor as doctor_command

    monkeypatch.setattr(doctor_command, "examine", lambda: {}["bug"])
    with pytest.raises(KeyError):
        main(["doctor"])


def test_python_dash_m_is_the_way_in() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tlcore", "--version"], cwd=PROJECT_ROOT, capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"tlcore {__version__}\n")


def test_bad_input_needs_no_torch() -> None:
    """A typing error is answered at once."""
    code = (
        "import sys; from tlcore.cli.main import main; "
        "code = main(['train', 'digits', '--backbone', 'resnet19']); sys.exit(10 + ('torch' in sys.modules) + code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, check=False, text=True)
    assert done.returncode == 12


def test_a_python_without_what_it_needs_is_one_sentence() -> None:
    """Someone's own Python, as after `make run` but outside its environment; -S leaves installed packages out."""
    command = [sys.executable, "-S", "-m", "tlcore", "doctor"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not installed for this Python; after `make run`, use .venv/bin/python" in one_sentence(done.stderr)


def test_help_names_every_sample_set(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "train", "--help")
    assert all(name in out for name in SAMPLE_SETS)
    readme = (PROJECT_ROOT / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in SAMPLE_SETS)
