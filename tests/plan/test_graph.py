"""The graph of rules, whatever the order in which it is written down."""

import pytest
import yaml

from conftest import ROOT
from soart.plan import graph
from soart.plan.layout import Layout


@pytest.mark.parametrize("turned", [list, reversed])
def test_each_rule_stands_before_those_that_read_what_it_makes(turned, monkeypatch):
    monkeypatch.setattr(graph, "READS", dict(turned(graph.READS.items())))
    config, scene = (yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("config", "scene"))
    layout = Layout(config, scene)
    ordered, reads = graph.rules(layout), graph.reads(layout)
    assert sorted(ordered) == sorted(reads)
    assert ordered[-1] == "write_manifest"
    assert all(ordered.index(made) < ordered.index(name) for name in reads for made in reads[name])
