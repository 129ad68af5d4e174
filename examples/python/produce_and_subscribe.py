"""Sends one photo to Fanlight and waits for its tags, without any Fanlight code.

    python produce_and_subscribe.py https://photos.example.com/7.jpg
    python produce_and_subscribe.py kitchen.jpg

Exit codes: 0 tagged, 1 dead letter, 2 no result within the time limit.
"""

import hashlib
import os
import secrets
import sys
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

BROKERS = os.environ.get("FANLIGHT_KAFKA_BROKERS", "127.0.0.1:19092")
REGISTRY = os.environ.get("FANLIGHT_REGISTRY_URL", "http://127.0.0.1:18081/apis/ccompat/v7")
LANE = os.environ.get("LANE", "bulk")
LIMIT_S = float(os.environ.get("LIMIT_S", "60"))

EVENTS, RESULTS, DEAD_LETTERS = (f"{name}.{LANE}" for name in ("listing-images", "image-tags", "dead-letters"))


def derive_id(*parts: str) -> str:
    """Returns the first 128 bits of the SHA-256 of the parts, each followed by a newline, in hex."""
    return hashlib.sha256("".join(part + "\n" for part in parts).encode()).hexdigest()[:32]


def event_of(photo: str) -> dict:
    remote = photo.startswith(("http://", "https://", "s3://"))
    return {
        "listingId": "listing-42",
        "imageId": f"photo-{hashlib.sha256(photo.encode()).hexdigest()[:8]}",
        "url": photo if remote else None,
        "content": None if remote else Path(photo).read_bytes(),
        "pipeline": None,
        "attributes": {"source": "python-example"},
    }


def event_id(event: dict) -> str:
    source = event["url"] or hashlib.sha256(event["content"]).hexdigest()
    return derive_id(event["listingId"], event["imageId"], source, event["pipeline"] or "")


def send(event: dict, registry: SchemaRegistryClient) -> str:
    # Fanlight owns the schema: use the registered one, and do not register another.
    serialize = AvroSerializer(registry, conf={"auto.register.schemas": False, "use.latest.version": True})
    producer = Producer(
        {
            "bootstrap.servers": BROKERS,
            "enable.idempotence": True,
            # The partitioner of Java and Fanlight; librdkafka's default puts the same key on another partition.
            "partitioner": "murmur2_random",
            # A photo of 1 MiB exceeds the client's default limit of 1,000,000 bytes per message.
            "message.max.bytes": 2 * 2**20,
        }
    )
    failures = []
    producer.produce(
        EVENTS,
        key=event["listingId"].encode(),
        value=serialize(event, SerializationContext(EVENTS, MessageField.VALUE)),
        headers={
            "ce_specversion": "1.0",
            "ce_id": event_id(event),
            "ce_type": "fanlight.listing-image.v1",
            "ce_source": "/examples/python",
            "ce_time": datetime.now(timezone.utc).isoformat(),
            "content-type": "application/avro",
            "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
            "fl-client": "python-example",
        },
        on_delivery=lambda error, _message: failures.append(error) if error else None,
    )
    unsent = producer.flush(30)
    if failures or unsent:
        raise SystemExit(f"the event was not written: {failures or 'no answer from the brokers'}")
    return event_id(event)


def open_consumer() -> Consumer:
    """Reads new records only. A real subscriber uses subscribe() and its own group id, and commits after its work."""
    consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": f"python-example-{uuid.uuid4()}", "enable.auto.commit": False})
    positions = []
    for topic in (RESULTS, DEAD_LETTERS):
        for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
            positions.append(TopicPartition(topic, partition, end))
    consumer.assign(positions)
    return consumer


def wait_for(origin: str, consumer: Consumer, registry: SchemaRegistryClient) -> int:
    deserialize = AvroDeserializer(registry)
    seen = set()
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise SystemExit(f"reading failed: {message.error()}")
        headers = {name: (value or b"").decode() for name, value in message.headers() or []}
        if headers.get("fl-origin") != origin:
            continue
        if message.topic() == DEAD_LETTERS:
            if headers["__fanlight.errors.stage"].startswith("sink-"):
                continue  # the photo was tagged, but one store refused the result
            print(f"{headers['__fanlight.errors.code']}: {headers['__fanlight.errors.message']}")
            return 1
        if headers["ce_id"] in seen:
            continue  # delivery is at least once
        seen.add(headers["ce_id"])
        result = deserialize(message.value(), SerializationContext(RESULTS, MessageField.VALUE))
        room = result["roomType"]
        print(f"{result['imageId']} by {result['pipeline']}, {result['width']}x{result['height']} {result['format']}")
        print(f"  room type: {room['name']} {room['score']:.2f}" if room else "  no room type")
        for tag in result["tags"]:
            print(f"  tag: {tag['name']} {tag['score']:.2f} ({tag['model']})")
        print(f"  ce_id {headers['ce_id']}, traceparent {headers['traceparent']}")
        return 0
    print(f"no result within {LIMIT_S:.0f} s")
    return 2


def main() -> int:
    if len(sys.argv) != 2:
        raise SystemExit("usage: produce_and_subscribe.py <photo.jpg | URL>")
    registry = SchemaRegistryClient({"url": REGISTRY})
    consumer = open_consumer()  # opened before the event is sent, so that it cannot miss the result
    try:
        return wait_for(send(event_of(sys.argv[1]), registry), consumer, registry)
    finally:
        consumer.close()


if __name__ == "__main__":
    sys.exit(main())
