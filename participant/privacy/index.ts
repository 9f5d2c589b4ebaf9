export { type Outgoing, writeOutgoing } from './outgoing.js';
export { type Protection, sealed } from './protection.js';
