import { boundedRequest } from '../../../adapters/stores/bounded-request.js';
import { unavailable } from '../../../adapters/stores/failures.js';
import type { ScriptCall } from '../../../sinks/redis/request.js';
import type { RedisService } from '../../../sinks/redis/service.js';
import type { StoreServer } from './store-server.js';

/** Time (ms) after which the service of the product gives up a silent Redis. */
const silenceMs = 2_000;

/** Hashes of photos, and sets of photos. `store` does what the script of `sinks/redis/script.ts` does. */
export class RedisPhotos {
  readonly hashes = new Map<string, Map<string, string>>();
  readonly sets = new Map<string, Set<string>>();

  store({ key, args }: ScriptCall): void {
    const [prefix = '', image = '', pipeline = '', time = '', id = '', setsText = '', result = '', ...fields] = args;
    const photo = this.hashes.get(key) ?? new Map<string, string>();
    const heldTime = photo.get(`eventTime:${pipeline}`);
    const heldResult = photo.get(`result:${pipeline}`) ?? '{}';
    if (heldTime !== undefined && isOlder({ time, id }, { time: heldTime, id: idOf(heldResult) })) return;

    this.hashes.set(key, photo);
    const wanted = new Set(JSON.parse(setsText) as string[]);
    for (const set of wanted) this.#members(prefix + set).add(image);
    const heldSets = photo.get(`sets:${pipeline}`);
    // A world has one pipeline, so no other pipeline can name a set.
    for (const set of JSON.parse(heldSets ?? '[]') as string[])
      if (!wanted.has(set)) this.#members(prefix + set).delete(image);
    photo.set(`eventTime:${pipeline}`, time).set(`sets:${pipeline}`, setsText).set(`result:${pipeline}`, result);
    const held = photo.get('eventTime');
    if (held !== undefined && isOlder({ time, id }, { time: held, id: photo.get('resultId') ?? '' })) return;
    photo.set('resultId', id);
    for (let index = 0; index + 1 < fields.length; index += 2)
      photo.set(fields[index] as string, fields[index + 1] as string);
  }

  #members(set: string): Set<string> {
    const members = this.sets.get(set) ?? new Set<string>();
    this.sets.set(set, members);
    return members;
  }
}

interface Version {
  readonly time: string;
  readonly id: string;
}

function isOlder(one: Version, other: Version): boolean {
  return one.time === other.time ? one.id < other.id : Number(one.time) < Number(other.time);
}

function idOf(result: string): string {
  return (JSON.parse(result) as { readonly id?: string }).id ?? '';
}

/** Sends calls to a simulated Redis, in place of the service of the product. */
export function createSimRedisService(server: StoreServer, photos: RedisPhotos): RedisService {
  async function send<Answer>(name: string, apply: () => Answer, signal?: AbortSignal): Promise<Answer> {
    try {
      return await boundedRequest(silenceMs, signal, (bound) => server.request(name, apply, bound));
    } catch (thrown) {
      throw unavailable('the simulated Redis', 'cannot be used', thrown);
    }
  }

  return {
    open: () => send('redis info', () => undefined),
    async run(calls: readonly ScriptCall[], signal?: AbortSignal) {
      await send(`redis ${calls.length} results`, () => calls.forEach((call) => photos.store(call)), signal);
      return calls.map(() => undefined);
    },
    close: () => Promise.resolve(),
  };
}
