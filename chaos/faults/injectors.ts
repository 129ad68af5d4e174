import type { ActName } from '../plan/acts.js';
import type { Injector } from './injector.js';
import { crashServer, freezeServer, refuseConnections } from './server-faults.js';
import { failingStore, landLate, lateStore, resettingStore, slowStore } from './store-faults.js';
import {
  addWorker,
  cutLink,
  freezeWorker,
  killWorker,
  loseWorkerByKill,
  loseWorkerBySignal,
  slowLink,
  terminateWorker,
} from './worker-faults.js';

/** How each fault of `plan/acts.ts` happens. */
export const injectors: Readonly<Record<ActName, Injector>> = {
  kill: killWorker,
  terminate: terminateWorker,
  freeze: freezeWorker,
  join: addWorker,
  'leave-by-kill': loseWorkerByKill,
  'leave-by-signal': loseWorkerBySignal,
  // A new process gets the signal before it is ready.
  'terminate-at-start': addWorker,
  'cut-link': cutLink,
  'slow-link': slowLink,
  crash: crashServer,
  'freeze-server': freezeServer,
  'freeze-broker': freezeServer,
  refuse: refuseConnections,
  slow: slowStore,
  reset: resettingStore,
  'land-late': landLate,
  late: lateStore,
  'answer-500': failingStore(500),
  'answer-503': failingStore(503),
};
