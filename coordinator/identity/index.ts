export { type AuthenticatedCall, authenticate, nameForLog } from './authenticate.js';
export {
  type AuthorityConfig,
  type CoordinatorHome,
  type CoordinatorInit,
  initCoordinator,
  openCoordinatorHome,
  operatorName,
} from './coordinator-home.js';
export { enrolmentHandlers, type RefusalListener } from './handlers.js';
export { createInvitation, invitationMs } from './invitation.js';
export { type Caller, type PartyRow, Registry } from './registry.js';
export { type RegistryEvent, type RegistryEventOf, type RegistryLog, registryEvent } from './registry-log.js';
