import { type RegistryEvent, type RegistryLog, registryEvent } from '../../coordinator/identity/index.js';

/** A registry log that several registries can share, as two processes share a database. */
export class MemoryRegistryLog implements RegistryLog {
  readonly events: RegistryEvent[] = [];

  async append(event: RegistryEvent): Promise<void> {
    this.events.push(registryEvent.parse(event));
  }

  async read(afterIndex: number) {
    return this.events.slice(afterIndex + 1).map((event, offset) => ({
      index: afterIndex + 1 + offset,
      event: structuredClone(event),
    }));
  }
}
