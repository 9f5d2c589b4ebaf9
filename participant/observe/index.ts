export { type ObservedParticipant, observeParticipant } from './observe-participant.js';
export { Observer, type ToldDuty } from './observer.js';
