"""The first nodes of every committed image model: from uint8 RGB pixels to the input that the network was trained on.

Tensors travel with one byte per channel, so cast, transposition, mean and colour order belong to the graph, and
JavaScript touches no pixel. Only the scale is folded into the first convolution. Folding the mean as well would require
padding with the mean, because the convolution pads with zeros *after* the subtraction. One subtraction of 150,528
values costs less than a separate padding node.
"""
import hashlib
import sys
import time

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

SIDE = 224


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_sha256(path, expected):
    """Exits with one sentence if the source weights are not the file that this script was written for."""
    actual = sha256(path)
    if actual != expected:
        sys.exit(f"{path} has sha256 {actual}, not {expected}: install the version pinned in requirements.txt.")


def prelude(mean_rgb):
    """Returns nodes and constants from uint8 RGB `input` [N,224,224,3] to float `pixels` [N,3,224,224] minus the mean."""
    nodes = [
        helper.make_node("Transpose", ["input"], ["planes"], perm=[0, 3, 1, 2], name="to_planes"),
        helper.make_node("Cast", ["planes"], ["planes_f32"], to=TensorProto.FLOAT, name="to_float"),
        helper.make_node("Sub", ["planes_f32", "mean_rgb"], ["pixels"], name="subtract_mean"),
    ]
    mean = np.asarray(mean_rgb, np.float32).reshape(1, 3, 1, 1)
    return nodes, [numpy_helper.from_array(mean, "mean_rgb")]


def input_info():
    return helper.make_tensor_value_info("input", TensorProto.UINT8, ["N", SIDE, SIDE, 3])


def session(model_bytes):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model_bytes, options, providers=["CPUExecutionProvider"])


def sample_images(count, seed=1):
    """Returns [count,224,224,3] uint8: smooth gradients and noise, bright up to the border, to exercise padding."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (count, 8, 8, 3)).repeat(28, 1).repeat(28, 2)
    return np.clip(coarse + rng.normal(0, 20, coarse.shape), 0, 255).astype(np.uint8)


def milliseconds_per_image(runs, images, rounds=15):
    """Returns the time per image (ms) of each function of `runs` on the batch `images`: interleaved, the fastest round.

    The fastest round counts, because other work on the machine only adds time.
    """
    best = [float("inf")] * len(runs)
    for _ in range(rounds):
        for index, run in enumerate(runs):
            start = time.perf_counter()
            run()
            best[index] = min(best[index], time.perf_counter() - start)
    return [1000 * seconds / len(images) for seconds in best]


def compare(name, before, after, to_before, images, outputs, tolerance=1e-4):
    """Prints the largest score difference and one-thread latencies; exits if the scores differ.

    outputs: {name in the new model: function from the old model's outputs (a dict) to the same array}.
    """
    old_feed_name = before.get_inputs()[0].name
    old_names = [output.name for output in before.get_outputs()]
    old = dict(zip(old_names, before.run(None, {old_feed_name: to_before(images)})))
    new = dict(zip(outputs, after.run(list(outputs), {"input": images})))
    for output, from_old in outputs.items():
        difference = float(np.abs(from_old(old) - new[output]).max())
        print(f"{name} {output}: largest difference {difference:.2e} over {len(images)} images")
        if difference > tolerance:
            sys.exit(f"{name}: {output} differs by {difference:.2e}, more than {tolerance}.")
    for batch in (1, 8):
        x = images[:batch]
        floats = to_before(x)
        ready, outside, inside = milliseconds_per_image([
            lambda: before.run(None, {old_feed_name: floats}),
            lambda: before.run(None, {old_feed_name: to_before(x)}),
            lambda: after.run(None, {"input": x}),
        ], x)
        print(f"{name} batch {batch}, one thread, ms/image: {ready:.2f} from ready floats, "
              f"{outside:.2f} with the conversion outside, {inside:.2f} from uint8")
