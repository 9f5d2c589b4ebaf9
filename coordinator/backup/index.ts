export { type BackupOrder, writeBackup } from './backup.js';
export { type RestoreOrder, restoreBackup } from './restore.js';
