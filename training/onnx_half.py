"""Halves a model file: stores large float32 constants as float16, with nodes that cast them back."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

SMALLEST = 1024  # constants with fewer values, such as biases, stay float32


def halve(constants):
    """Returns (nodes that cast back, constants to store); the names that other nodes use stay the same.

    The runtime folds the casts when it creates a session, so inference costs the same.
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
