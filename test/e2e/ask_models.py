"""Sends requests to a gateway with the unmodified PyPI tritonclient; prints the answers as JSON.

    python ask_models.py HOST:PORT FOLDER

FOLDER holds tensors, one item after another: pixels.u8 (scene@1), features.f32 and detections.f32 (room-type).
"""

import json
import sys

import numpy
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

host, folder = sys.argv[1:]
client = InferenceServerClient(host, network_timeout=120.0)
pixels = numpy.fromfile(f"{folder}/pixels.u8", numpy.uint8).reshape(-1, 224, 224, 3)
features = numpy.fromfile(f"{folder}/features.f32", numpy.float32).reshape(-1, 1280)
detections = numpy.fromfile(f"{folder}/detections.f32", numpy.float32).reshape(-1, 600)


def tensor(name, values, datatype, binary=True):
    made = InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def ask(model, version, inputs, names, **options):
    """Runs a model. Inputs are tuples of name, values and datatype; the result has the outputs by name."""
    binary = options.pop("binary", True)
    wanted = [InferRequestedOutput(name, binary_data=binary) for name in names]
    made = [tensor(*given, binary) for given in inputs]
    answer = client.infer(model, made, model_version=version, outputs=wanted, timeout=60_000_000, **options)
    response = answer.get_response()
    return {
        "model": f"{response['model_name']}@{response['model_version']}",
        "id": response.get("id"),
        "outputs": {name: answer.as_numpy(name).tolist() for name in names},
    }


def classes(model, version, inputs, name, binary):
    """Returns the two most likely classes of each item, as `score:index:label`."""
    wanted = [InferRequestedOutput(name, binary_data=binary, class_count=2)]
    rows = client.infer(model, [tensor(*given) for given in inputs], model_version=version, outputs=wanted).as_numpy(name)
    return [[text.decode() if isinstance(text, bytes) else text for text in row] for row in rows]


def refusal(call):
    try:
        return {"answer": call()}
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}


scene = [("input", pixels, "UINT8")]
room = [("scene@1/features", features, "FP32"), ("objects@2/detections", detections, "FP32")]
print(
    json.dumps(
        {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "modelReady": [client.is_model_ready("scene", "1"), client.is_model_ready("cats")],
            "server": client.get_server_metadata(),
            "index": client.get_model_repository_index(),
            "metadata": client.get_model_metadata("scene", "1"),
            "config": client.get_model_config("room-type", "2"),
            "scene": {
                "binary": ask("scene", "1", scene, ["probs", "features"], request_id="mine"),
                "json": ask("scene", "1", scene, ["probs", "features"], binary=False),
                "compressed": ask("scene", "1", scene, ["probs", "features"], request_compression_algorithm="gzip", response_compression_algorithm="gzip"),
            },
            "classes": [classes("room-type", "2", room, "probs", binary) for binary in (True, False)],
            "room": {
                "binary": ask("room-type", "stable", room, ["probs"]),
                "json": ask("room-type", "2", room, ["probs"], binary=False),
                "newest": ask("room-type", "", room, ["probs"]),
            },
            "refusals": {
                "model": refusal(lambda: ask("cats", "", scene, ["probs"])),
                "version": refusal(lambda: ask("scene", "9", scene, ["probs"])),
                "shape": refusal(lambda: ask("scene", "1", [("input", pixels[:, :100], "UINT8")], ["probs"])),
                "datatype": refusal(lambda: ask("scene", "1", [("input", pixels.astype(numpy.float32), "FP32")], ["probs"])),
                "name": refusal(lambda: ask("scene", "1", [("image", pixels, "UINT8")], ["probs"])),
                "output": refusal(lambda: ask("scene", "1", scene, ["logits"])),
                "load": refusal(lambda: client.load_model("scene")),
            },
        }
    )
)
