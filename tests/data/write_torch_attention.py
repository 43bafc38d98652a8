"""Make torch_attention.json; not run by the tests, which need no PyTorch.

python3 -m venv /somewhere/else && /somewhere/else/bin/pip install torch==2.13.0 numpy
/somewhere/else/bin/python tests/data/write_torch_attention.py > tests/data/torch_attention.json
"""

import json

import torch

torch.manual_seed(20231103)
cases = []
for shape, scale in [
    ((2, 3, 5, 4, 6), None),
    ((1, 4, 2, 12, 12), None),
    ((2, 3, 5, 4, 6), 1.0),
    ((1, 2, 3, 3, 2), 200.0),
]:
    batch, n, m, d, p = shape
    query, key, value = (torch.randn(batch, *size, dtype=torch.float64) for size in ((n, d), (m, d), (m, p)))
    output = torch.nn.functional.scaled_dot_product_attention(query, key, value, scale=scale)
    case = {"query": query, "key": key, "value": value, "output": output}
    cases.append({"scale": scale} | {name: tensor.tolist() for name, tensor in case.items()})
print(json.dumps({"torch": torch.__version__.partition("+")[0], "cases": cases}))
