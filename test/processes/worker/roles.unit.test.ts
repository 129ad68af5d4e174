import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { localDeployment } from '../../../local/deployment.js';
import { chooseLanes, chooseRole, plansOf } from '../../../processes/worker/call.js';
import { roleNames, roles } from '../../../processes/worker/roles.js';
import { consumerGroups } from '../../../processes/worker/groups.js';
import { fanlightTopology } from '../../../topology/main.js';

const staged = fanlightTopology('staged', []);
const ofGroups = [...new Set(consumerGroups(staged).map(({ role }) => role))].sort();

describe('roles', () => {
  it('have unique names', () => {
    const names = roleNames(staged);
    expect(new Set(names).size).toBe(names.length);
  });

  it('match the roles of the consumer groups', () => {
    expect(roleNames(staged).sort()).toEqual(ofGroups);
  });

  it('are all started by fanlight up, in both placements', () => {
    for (const placement of ['staged', 'compact'] as const) {
      const topology = fanlightTopology(placement, []);
      const wanted = [...new Set(consumerGroups(topology).map(({ role }) => role))].sort();
      const started = localDeployment(topology).flatMap(({ args: [command, role = ''] }) =>
        command === 'worker' ? [role] : [],
      );
      expect([...new Set(started)].sort()).toEqual(wanted);
    }
  });

  it('are all services of the compose file', () => {
    const file = parse(readFileSync(new URL('../../../docker-compose.yml', import.meta.url), 'utf8')) as {
      services: Record<string, { command?: unknown }>;
    };
    const commands = Object.values(file.services).flatMap(({ command }) =>
      Array.isArray(command) ? [command as string[]] : [],
    );
    const started = commands.flatMap(([first, role = '']) => (first === 'worker' ? [role] : []));
    expect([...new Set(started)].sort()).toEqual(ofGroups);
  });
});

describe('the arguments of fanlight worker', () => {
  const all = chooseLanes(undefined, staged);
  const compact = fanlightTopology('compact', []);
  const refusal = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      const { message, remedy } = error as { message: string; remedy: string };
      return [message, remedy];
    }
    return undefined;
  };

  it.each(ofGroups)('select the role %s', (name) => {
    expect(roles).toContain(chooseRole(name, all, staged));
  });

  it('are refused with a message and a remedy when the role has no work', () => {
    const realtime = chooseLanes('realtime', staged);
    expect(refusal(() => chooseRole('fetchh', all, staged))).toEqual([
      'There is no stage "fetchh".',
      `Choose from: ${roleNames(staged).join(', ')}.`,
    ]);
    expect(refusal(() => chooseRole('share', realtime, staged))).toEqual([
      'No clients share realtime.',
      'Start `fanlight worker share` for other lanes.',
    ]);
    expect(refusal(() => chooseRole('infer', chooseLanes('bulk', compact), compact))).toEqual([
      'In bulk, infer runs inside the stage fetch.',
      'Start `fanlight worker fetch --lanes bulk` instead.',
    ]);
    expect(refusal(() => chooseLanes('bulk,fast', staged))).toEqual([
      'There is no lane fast.',
      'Choose from: realtime, bulk, backfill.',
    ]);
    expect(refusal(() => plansOf('fetch', all, 'acme', staged))?.[0]).toBe(
      'The stage fetch has no dedicated queue acme in these lanes.',
    );
  });
});
