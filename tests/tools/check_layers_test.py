import check_layers
import pytest

ALLOWED = [
    ("edge/base", "edge/base/result.h"),
    ("edge/net", "edge/loop/task.h"),
    ("edge/blocks", "components/state/state.h"),
    ("edge/api", "edge/blocks/state.h"),
    ("edge/daemon", "components/state/sqlite.h"),
    ("components", "edge/store/db.h"),
    ("tests", "edge/net/http1/server.h"),
]
FORBIDDEN = [
    ("edge/base", "edge/loop/task.h"),
    ("edge/store", "edge/loop/loop.h"),
    ("edge/blocks", "components/state/sqlite.h"),
    ("edge/blocks", "edge/net/http1/server.h"),
    ("edge/api", "components/state/sqlite.h"),
    ("edge/policy", "edge/blocks/state.h"),
    ("components", "edge/blocks/state.h"),
    ("sync/core", "edge/loop/task.h"),
]


@pytest.mark.parametrize("layer, included", ALLOWED)
def test_allows_includes_downward(layer, included):
    assert check_layers.is_allowed(layer, included)


@pytest.mark.parametrize("layer, included", FORBIDDEN)
def test_refuses_includes_upward_or_sideways(layer, included):
    assert not check_layers.is_allowed(layer, included)
