def test_small(timeline):
    print(timeline.event("nis-taken"))
    assert timeline.event("nis-taken")["fronts"] == '["3rd Ukrainian Front"]'
