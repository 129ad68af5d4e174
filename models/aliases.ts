import type { Routes } from './routing.js';

/** Aliases that pipelines may name, and where they lead until `fanlight models alias` says otherwise. */
export const defaultRoutes: Routes = new Map([['room-type@stable', { to: 'room-type@2' }]]);
