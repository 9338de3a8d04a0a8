import pathlib

import source_tree


def blanked(text: str, tmp_path: pathlib.Path) -> str:
    file = tmp_path / "code.cpp"
    file.write_text(text)
    return source_tree.bare_code(file)


def test_blanks_comments_and_literals(tmp_path):
    text = "int a; // uv_loop\n/* uv_\nrun */ f(\"uv_x \\\" {\", 'u', R\"(uv_ \" )\");"
    bare = blanked(text, tmp_path)
    assert "uv_" not in bare
    assert bare.count("\n") == text.count("\n")
    assert "int a;" in bare and "f(" in bare


def test_keeps_digit_separators(tmp_path):
    assert "uv_run" in blanked("int a = 1'000; uv_run(); int b = 2'000;", tmp_path)


def test_digest_follows_included_headers():
    source = pathlib.Path("edge/base/json.cpp")
    assert pathlib.Path("edge/base/result.h") in source_tree.closure(source)
    assert source_tree.digest(source) == source_tree.digest(source)
    assert source_tree.digest(source) != source_tree.digest(source, "other flags")
