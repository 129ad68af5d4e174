"""Reads a .pth file of the pre-1.6 torch format, without torch and without running code that the pickle names."""
import collections
import pickle

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": np.float32, "LongStorage": np.int64}


class _Unpickler(pickle.Unpickler):
    """Accepts tensors, their storages and ordered dicts; refuses every other name."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, stride, *rest: (storage, offset, size, stride)
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if name in DTYPES:
            return name
        raise pickle.UnpicklingError(f"refused {module}.{name}")

    def persistent_load(self, pid):
        _, kind, key, _, _ = pid[:5]
        self.storages.setdefault(key, [np.dtype(DTYPES[kind]), None])
        return key


def read_state_dict(path):
    """Returns {tensor name: array}. The tensors were saved permuted, so strides count, not only sizes."""
    with open(path, "rb") as file:
        if pickle.load(file) != MAGIC or pickle.load(file) != 1001:
            raise ValueError(f"{path} is not a torch file of the legacy format")
        pickle.load(file)
        unpickler = _Unpickler(file)
        described = unpickler.load()
        for key in pickle.load(file):
            storage = unpickler.storages[key]
            count = int(np.frombuffer(file.read(8), "<i8")[0])
            storage[1] = np.frombuffer(file.read(count * storage[0].itemsize), storage[0])
    tensors = {}
    for name, (key, offset, size, stride) in described.items():
        values = unpickler.storages[key][1]
        strides = [step * values.itemsize for step in stride]
        tensors[name] = np.array(np.lib.stride_tricks.as_strided(values[offset:], size, strides))
    return tensors
