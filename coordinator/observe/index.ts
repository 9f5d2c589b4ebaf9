export { type Beacon, lightBeacon, readBeacon } from './beacon.js';
export { folderBytes } from './folder-bytes.js';
export { type ObservedCoordinator, observeCoordinator } from './observe-coordinator.js';
export { Observer } from './observer.js';
export { type CoordinatorStatus, type StalledJob, statusOf } from './status.js';
export { type Stretch, Timeline } from './timeline.js';
