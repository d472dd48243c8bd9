"""Only a folder that is new, empty, or was made by a run takes results."""

import pytest

from workflow.lib.settings.results_folder import MARKER, folder_fault, mark_folder


@pytest.fixture
def root(tmp_path):
    for name in ("data", "models", "workflow/lib", "my"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "my/config.yaml").write_text("seed: 1")
    (tmp_path / "file").write_text("")
    (tmp_path / "lost").symlink_to("nowhere")
    (tmp_path / "disguised").symlink_to("data")
    return tmp_path


@pytest.mark.parametrize("results", ["results", "results/second", "my/results", "new/deep/folder"])
def test_a_new_folder_is_taken(root, results):
    assert folder_fault(results, root) is None


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ("data", "belongs to the project (data)"),
        ("data/results", "belongs to the project (data)"),
        ("Models", "belongs to the project (models)"),
        ("workflow/lib", "belongs to the project (workflow)"),
        ("disguised/new", "belongs to the project (data)"),
        (".git", "belongs to the project (.git)"),
        (".", "belongs to the project (.)"),
        ("file", "leads over file, a file"),
        ("file/results", "leads over file, a file"),
        ("lost", "leads over lost, a link that leads nowhere"),
        ("my", "holds files that no run of this version made (config.yaml)"),
    ],
)
def test_a_folder_of_somebody_else_is_not(root, results, words):
    assert words in folder_fault(results, root)


def test_a_folder_that_a_run_made_is_taken_again(root):
    mark_folder("results/quick", root)
    (root / "results/quick/effects.csv").write_text("")
    assert folder_fault("results/quick", root) is None
    assert folder_fault("results", root) is None


def test_a_folder_with_files_of_others_is_never_marked(root):
    mark_folder("my/results", root)
    assert not (root / "my" / MARKER).exists()
    assert (root / "my/results" / MARKER).is_file()


def test_an_empty_folder_and_one_behind_a_link_are_taken(root, tmp_path_factory):
    (root / "empty").mkdir()
    (root / "results").symlink_to(tmp_path_factory.mktemp("disk"))
    assert folder_fault("empty", root) is None
    assert folder_fault("results", root) is None
