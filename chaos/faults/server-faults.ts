import type { PlannedFault } from '../plan/schedule.js';
import { isRole, type ServerName } from '../plan/targets.js';
import type { Stack } from '../stack/stack.js';
import type { Injector } from './injector.js';

function serverOf({ target }: PlannedFault): ServerName {
  if (!isRole(target)) return target;
  throw new Error(`${target} is not a server`);
}

interface Door {
  refuse(): Promise<void>;
  accept(): Promise<void>;
}

/** Returns the proxy in front of the server. */
export function doorOf({ http, redis, kafka }: Stack, name: ServerName): Door {
  switch (name) {
    case 'kafka':
      return kafka;
    case 'redis':
    case 'redis-results':
      return redis[name];
    default:
      return http[name];
  }
}

/** Kills the server. Its clients are refused, as they are without a proxy. */
export const crashServer: Injector = async (fault, { stack, wait }) => {
  const name = serverOf(fault);
  const door = doorOf(stack, name);
  await Promise.all([stack.servers.get(name).kill(), door.refuse()]);
  await wait(fault.lastsMs);
  await stack.servers.get(name).start();
  await door.accept();
};

export const freezeServer: Injector = async (fault, { stack, wait }) => {
  const server = stack.servers.get(serverOf(fault));
  server.freeze();
  await wait(fault.lastsMs);
  server.thaw();
};

export const refuseConnections: Injector = async (fault, { stack, wait }) => {
  const door = doorOf(stack, serverOf(fault));
  await door.refuse();
  await wait(fault.lastsMs);
  await door.accept();
};
