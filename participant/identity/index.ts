export { fetchCards, ownCard, publishCard } from './cards.js';
export {
  callTimeoutMs,
  channelOptions,
  type Dial,
  type HomeCredentials,
  homeCredentials,
} from './credentials.js';
export { type Enrolled, enroll } from './enroll.js';
export { listPeers, type PeerRow, trustPeer } from './peers.js';
export { type Pin, type Pins, readPins } from './pins.js';
export { unaryCall } from './unary-call.js';
