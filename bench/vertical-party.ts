import { boundGarbage, garbageBytes } from '../contract/index.js';
import { startParticipant } from '../participant/main.js';

/** One participant process of the vertical benches: HOME, and `plaintext` for jobs without encryption. Ends when its parent lets go, and says what it used. */
const [home, word] = process.argv.slice(2);
const plaintext = word === 'plaintext';
// As `fedrisk participant start` does.
boundGarbage(garbageBytes.participant);
const running = await startParticipant({ home: home as string, logLevel: 'error', plaintext });
await running.connected;
process.send?.({ connected: true });
process.once('disconnect', () => void running.close().then(() => process.exit()));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, peakMiB: Math.round(maxRSS / 1024) });
});
