import type { AliasRoutes } from './alias-route.js';

/**
 * Aliases that pipelines may name, with their initial routes. `fanlight models alias` changes the routes at run time.
 */
export const defaultAliasRoutes: AliasRoutes = new Map([['room-type@stable', { to: 'room-type@2' }]]);
