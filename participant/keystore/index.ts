export { generateHomeSecrets, type HomeKeys, homeKeys } from './keys.js';
