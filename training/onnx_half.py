"""Halves a model file: large float32 constants are stored as float16 and cast back when the session is created."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 1024  # values; smaller constants, such as biases, stay as they are


def halve(constants):
    """(nodes that cast back, constants to store); the names that the other nodes use stay the same.

    The runtime folds the casts away once, so computing costs what it did.
    """
    casts, stored = [], []
    for tensor in constants:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALLEST:
            stored.append(tensor)
            continue
        stored.append(numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}_f16"))
        casts.append(helper.make_node("Cast", [f"{tensor.name}_f16"], [tensor.name], to=TensorProto.FLOAT))
    return casts, stored
