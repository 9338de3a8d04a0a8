import check_awaits
import pytest

LONE = [
    "{ co_await f(a); }",
    "{ auto x = co_await f(a); }",
    "{ x = co_await f(a); }",
    "{ co_return co_await f(a); }",
    "{ if (more) co_await f(a); }",
    "{ if (more(a)) x = co_await f(a); else co_await g(); }",
    "{ for (auto& i : list) co_await i.run(ctx); }",
    "{ for (int i = 0; i < n; ++i) co_await next_turn(loop); }",
    "{ this->parts_[i].x = co_await std::exchange(p, nullptr)->read(ctx); }",
    "{ const Result<std::vector<int>> x = co_await f(a, b->c, *d); }",
    "switch (k) { case Kind::kA: co_return co_await f(); default: co_await g(); }",
]
NOT_LONE = [
    "{ g(co_await f(a)); }",
    "{ if (co_await f(a)) return; }",
    "{ while (auto x = co_await f(a)) g(); }",
    "{ for (int i = 0; co_await f(a); ++i) g(); }",
    "{ int y = 1 + co_await f(a); }",
    "{ auto x = (co_await f(a)).value(); }",
    "{ co_await f(A{1}); }",
    "{ co_await f([](int a) { return a; }); }",
    "{ auto x = co_await f(co_await g()); }",
    "{ EXPECT_EQ(co_await f(a), 1); }",
    "{ auto x = ready ? co_await f(a) : 1; }",
]


def judge(code: str) -> list[bool]:
    starts = [i for i in range(len(code)) if code.startswith("co_await", i)]
    return [check_awaits.is_lone(code, start) for start in starts]


@pytest.mark.parametrize("code", LONE)
def test_accepts_lone_awaits(code):
    assert all(judge(code))


@pytest.mark.parametrize("code", NOT_LONE)
def test_finds_awaits_inside_other_expressions(code):
    assert not all(judge(code))
