import { fileURLToPath } from 'node:url';
import { startParticipant } from '../participant/main.js';

/** One participant process of bench/round: HOME sealed|plain. Ends when its parent lets go. */
const [home, mode] = process.argv.slice(2);
const workerFile = fileURLToPath(new URL('round-plain-worker.js', import.meta.url));
const running = await startParticipant({
  home: home as string,
  compareSolo: false,
  logLevel: 'error',
  ...(mode === 'plain' && { workerFile }),
});
await running.connected;
process.send?.('connected');
process.once('disconnect', () => void running.close().then(() => process.exit()));
