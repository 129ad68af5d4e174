import { isRole, type RoleName } from '../plan/targets.js';
import type { PlannedFault } from '../plan/schedule.js';
import { signalGroup } from '../stack/signals.js';
import type { Worker } from '../stack/fleet.js';
import type { Injector, Scene } from './injector.js';

/** Time (ms) after which a supervisor starts a process again. */
const restartMs = 1_000;
const slowLinkMs = 400;

function roleOf({ target }: PlannedFault): RoleName {
  if (isRole(target)) return target;
  throw new Error(`${target} is not a role`);
}

/** Returns the oldest running process of the role; undefined if other faults have ended all of them. */
function victimOf(fault: PlannedFault, { stack }: Scene): Worker | undefined {
  return stack.fleet.running(roleOf(fault))[0];
}

export const killWorker: Injector = async (fault, scene) => {
  await killOne(fault, scene);
  await scene.wait(restartMs);
  await scene.stack.fleet.start(roleOf(fault));
};

export const loseWorkerByKill: Injector = (fault, scene) => killOne(fault, scene);

export const loseWorkerBySignal: Injector = async (fault, scene) => {
  const victim = victimOf(fault, scene);
  if (victim) await scene.stack.fleet.terminate(victim);
};

export const terminateWorker: Injector = async (fault, scene) => {
  const victim = victimOf(fault, scene);
  if (victim) await scene.stack.fleet.terminate(victim);
  await scene.stack.fleet.start(roleOf(fault));
};

export const freezeWorker: Injector = async (fault, scene) => {
  const victim = victimOf(fault, scene);
  if (!victim) return;
  victim.state = 'frozen';
  signalGroup(victim.process.pid, 'SIGSTOP');
  await scene.wait(fault.lastsMs);
  signalGroup(victim.process.pid, 'SIGCONT');
  victim.state = 'running';
};

export const addWorker: Injector = async (fault, scene) => {
  const added = await scene.stack.fleet.start(roleOf(fault));
  await scene.wait(fault.lastsMs);
  await scene.stack.fleet.terminate(added);
};

export const cutLink: Injector = async (fault, { stack, wait }) => {
  stack.kafka.setMood({ kind: 'cut' }, roleOf(fault));
  await wait(fault.lastsMs);
  stack.kafka.setMood({ kind: 'open' }, roleOf(fault));
};

export const slowLink: Injector = async (fault, { stack, wait }) => {
  stack.kafka.setMood({ kind: 'slow', delayMs: slowLinkMs }, roleOf(fault));
  await wait(fault.lastsMs);
  stack.kafka.setMood({ kind: 'open' }, roleOf(fault));
};

async function killOne(fault: PlannedFault, scene: Scene): Promise<void> {
  const victim = victimOf(fault, scene);
  if (!victim) return;
  victim.state = 'ending';
  signalGroup(victim.process.pid, 'SIGKILL');
  await victim.process.exited;
}
