"""Finds the room type of a photo with two models of Fanlight, over the Open Inference Protocol.

    python ask_models.py PHOTO [HOST:PORT]
"""

import sys

import numpy
from PIL import Image
from tritonclient.http import InferenceServerClient, InferInput

ROOMS = ["bathroom", "bedroom", "dining_room", "entrance_hall", "exterior", "kitchen", "living_room"]


def view(path):
    """Returns the input of scene@1: the photo with a short side of 256 pixels, cropped to the centre."""
    photo = Image.open(path).convert("RGB")
    scale = 256 / min(photo.size)
    photo = photo.resize([round(side * scale) for side in photo.size], Image.Resampling.LANCZOS)
    left, top = (photo.width - 224) // 2, (photo.height - 224) // 2
    return numpy.asarray(photo.crop((left, top, left + 224, top + 224)))[None]


def ask(client, model, version, name, values, datatype):
    tensor = InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values)
    return client.infer(model, [tensor], model_version=version)


client = InferenceServerClient(sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1:18080")
scene = ask(client, "scene", "1", "input", view(sys.argv[1]), "UINT8")
room = ask(client, "room-type", "1", "scene@1/features", scene.as_numpy("features"), "FP32")
scores = room.as_numpy("probs")[0]
print(f"{ROOMS[scores.argmax()]} {scores.max():.2f}")
