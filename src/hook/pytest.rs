//! pytest: `conftest.py`, which is imported before any test.

use super::block;

fn lines() -> String {
    // A worker of pytest-xdist imports it too, in the middle of the tests.
    "import os as _os\nimport subprocess as _subprocess\n\n\
     if \"PYTEST_XDIST_WORKER\" not in _os.environ:\n    \
     _subprocess.run([\"devsup\", \"down\", \"--stale\", \"-q\"], check=True)"
        .to_owned()
}

pub(super) fn snippet() -> String {
    lines() + "\n"
}

pub(super) fn install(text: &str) -> String {
    if block::is_in(text) { text.to_owned() } else { block::append(text, &lines()) }
}

pub(super) fn uninstall(text: &str) -> String {
    block::cut(text)
}
